#include "reaptop/model/field.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "field_extra.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"

#define STAT(number)  "/proc/PID/stat field " number
#define STATUS(lines) "/proc/PID/status " lines

const struct field_info fields[FIELD_COUNT] = {
    [FIELD_PID] = {"pid", NULL, VALUE_INTEGER, false, N_("process ID"), STAT("1"), "proc(5)", true},
    [FIELD_PPID] = {"ppid", "parent", VALUE_INTEGER, false,
                    N_("PID of the parent: who must collect it when it ends"), STAT("4"),
                    "getppid(2)", true},
    [FIELD_PGID] = {"pgid", "pgrp", VALUE_INTEGER, false,
                    N_("process group: one job of a shell, signalled as a whole"), STAT("5"),
                    "setpgid(2)", true},
    [FIELD_SID] = {"sid", "session", VALUE_INTEGER, false,
                   N_("session: the process groups of one login or terminal"), STAT("6"),
                   "setsid(2)", true},
    [FIELD_TGID] = {"tgid", NULL, VALUE_INTEGER, false,
                    N_("thread group: the PID that all its threads share"), "/proc/PID/status Tgid",
                    "clone(2)"},
    [FIELD_TTY] = {"tty", NULL, VALUE_TEXT, false, N_("controlling terminal"), STAT("7"), "tty(4)",
                   true},
    [FIELD_STATE] = {"state", "s", VALUE_TEXT, false,
                     N_("process state: R S D T t Z X I P (explain states)"), STAT("3"), "proc(5)",
                     true},
    [FIELD_COMM] = {"comm", "name", VALUE_TEXT, false,
                    N_("command name: at most 15 bytes, changed by exec and by itself"), STAT("2"),
                    "proc(5)", true},
    [FIELD_ARGV] = {"argv", "args", VALUE_TEXT, false,
                    N_("command line: the arguments, which the process may overwrite"),
                    "/proc/PID/cmdline", "proc(5)", true},
    [FIELD_UID] = {"uid", NULL, VALUE_INTEGER, false,
                   N_("user ID: the effective one, the real one where it is shown"),
                   "owner of /proc/PID; /proc/PID/status Uid", "credentials(7)", true},
    [FIELD_USER] = {"user", NULL, VALUE_TEXT, false, N_("the user ID's name"),
                    "/proc/PID/status Uid and the user database", "credentials(7)", true},
    [FIELD_THREADS] = {"threads", "thr", VALUE_INTEGER, true,
                       N_("threads in the process, this one included"), STAT("20"), "pthreads(7)",
                       true},
    [FIELD_NICE] = {"nice", "ni", VALUE_INTEGER, false,
                    N_("nice value: -20 takes the most processor time, 19 the least"), STAT("19"),
                    "sched(7)"},
    [FIELD_PRIORITY] = {"priority", "pri", VALUE_INTEGER, false,
                        N_("scheduling priority as the kernel counts it; negative: real-time"),
                        STAT("18"), "sched(7)"},
    [FIELD_RT_PRIORITY] = {"rt_priority", NULL, VALUE_INTEGER, true,
                           N_("real-time priority, 1 to 99; 0 for other policies"), STAT("40"),
                           "sched(7)"},
    [FIELD_POLICY] = {"policy", NULL, VALUE_INTEGER, false,
                      N_("scheduling policy: 0 other, 1 fifo, 2 rr, 3 batch, 5 idle, 6 deadline"),
                      STAT("41"), "sched(7)"},
    [FIELD_PROCESSOR] = {"processor", "psr", VALUE_INTEGER, false, N_("processor it last ran on"),
                         STAT("39"), "proc(5)"},
    [FIELD_CPU_PERCENT] = {"cpu_percent", "cpu", VALUE_REAL, true,
                           N_("processor time since the last refresh; 100 is one processor"),
                           STAT("14 and 15, from one refresh to the next"), "proc(5)", true},
    [FIELD_TIME_TICKS] = {"time_ticks", "time", VALUE_INTEGER, true,
                          N_("processor time since its start, user and system, in clock ticks"),
                          STAT("14 and 15"), "times(2)"},
    [FIELD_RSS_KIB] = {"rss_kib", "rss", VALUE_INTEGER, true,
                       N_("resident set size: its pages that are in memory now, shared included"),
                       STAT("24"), "proc(5)", true},
    [FIELD_MEMORY_PERCENT] = {"memory_percent", "mem", VALUE_REAL, true,
                              N_("resident set size in percent of the machine's memory"),
                              STAT("24") "; /proc/meminfo MemTotal", "proc(5)"},
    [FIELD_VIRTUAL_KIB] = {"virtual_kib", "virt", VALUE_INTEGER, true,
                           N_("size of its address space, touched or not"), STAT("23"), "proc(5)"},
    [FIELD_MINOR_FAULTS] = {"minor_faults", "minflt", VALUE_INTEGER, true,
                            N_("page faults that needed no disk"), STAT("10"), "getrusage(2)"},
    [FIELD_MAJOR_FAULTS] = {"major_faults", "majflt", VALUE_INTEGER, true,
                            N_("page faults that had to read from disk"), STAT("12"),
                            "getrusage(2)"},
    [FIELD_START_TICKS] = {"start_ticks", "start", VALUE_INTEGER, false,
                           N_("when it started, in clock ticks after boot"), STAT("22"), "proc(5)",
                           true},
    [FIELD_AGE_SECONDS] = {"age_seconds", "age", VALUE_REAL, true, N_("time since its start"),
                           STAT("22 and the boot clock"), "proc(5)"},
    [FIELD_SUBTREE_CPU] =
        {"subtree_cpu_percent", "subtree_cpu", VALUE_REAL, true,
         N_("processor time of it and all its descendants since the last refresh"),
         STAT("14 and 15 of each, added up by PPID"), "proc(5)"},
    [FIELD_SUBTREE_RSS] = {"subtree_rss_kib", "subtree_rss", VALUE_INTEGER, true,
                           N_("resident memory of it and all its descendants; shared pages count "
                              "in each"),
                           STAT("24 of each, added up by PPID"), "proc(5)"},
    [FIELD_HOST] = {"host", NULL, VALUE_TEXT, false,
                    N_("machine that it runs on, where several are seen with --host"), "--host",
                    "ssh(1)"},
    [FIELD_SHARED_KIB] = {"shared_kib", "shr", VALUE_INTEGER, true,
                          N_("resident pages of files and of shared memory"),
                          STATUS("RssFile and RssShmem"), "proc(5)"},
    [FIELD_PRIVATE_KIB] =
        {"private_kib", "priv", VALUE_INTEGER, true,
         N_("resident anonymous pages: its own, but for what a fork still shares"),
         STATUS("RssAnon"), "proc(5)"},
    [FIELD_SWAP_KIB] = {"swap_kib", "swap", VALUE_INTEGER, true,
                        N_("anonymous pages that are in swap space"), STATUS("VmSwap"), "proc(5)"},
    [FIELD_PSS_KIB] = {"pss_kib", "pss", VALUE_INTEGER, true,
                       N_("proportional set size: a page that n processes share counts 1/n; the "
                          "kernel walks all its pages for it"),
                       "/proc/PID/smaps_rollup Pss", "proc(5)"},
    [FIELD_IO_READ_RATE] = {"io_read_kib_per_second", "io_r", VALUE_REAL, true,
                            N_("read from storage, KiB per second since the last refresh"),
                            "/proc/PID/io read_bytes, from one refresh to the next", "proc(5)"},
    [FIELD_IO_WRITE_RATE] = {"io_write_kib_per_second", "io_w", VALUE_REAL, true,
                             N_("written to storage, KiB per second since the last refresh"),
                             "/proc/PID/io write_bytes, from one refresh to the next", "proc(5)"},
    [FIELD_IO_READ_KIB] = {"io_read_kib", "read", VALUE_INTEGER, true,
                           N_("read from storage since its start"), "/proc/PID/io read_bytes",
                           "proc(5)"},
    [FIELD_IO_WRITE_KIB] = {"io_write_kib", "written", VALUE_INTEGER, true,
                            N_("written to storage since its start"), "/proc/PID/io write_bytes",
                            "proc(5)"},
    [FIELD_CONTEXT_SWITCHES] = {"context_switches", "ctxt", VALUE_INTEGER, true,
                                N_("context switches of both kinds, of this thread alone"),
                                STATUS("voluntary_ctxt_switches and nonvoluntary_ctxt_switches"),
                                "proc(5)"},
    [FIELD_VOLUNTARY_SWITCHES] = {"voluntary_switches", "vol", VALUE_INTEGER, true,
                                  N_("context switches because it waited, of this thread alone"),
                                  STATUS("voluntary_ctxt_switches"), "getrusage(2)"},
    [FIELD_INVOLUNTARY_SWITCHES] =
        {"involuntary_switches", "invol", VALUE_INTEGER, true,
         N_("context switches because another was put in its place, of this thread alone"),
         STATUS("nonvoluntary_ctxt_switches"), "getrusage(2)"},
    [FIELD_PENDING] = {"pending", NULL, VALUE_TEXT, false,
                       N_("signals that were sent and not delivered yet"),
                       STATUS("SigPnd and ShdPnd"), "signal(7)"},
    [FIELD_BLOCKED] = {"blocked", NULL, VALUE_TEXT, false,
                       N_("signals that it blocks, of its first thread"), STATUS("SigBlk"),
                       "signal(7)"},
    [FIELD_IGNORED] = {"ignored", NULL, VALUE_TEXT, false, N_("signals that it ignores"),
                       STATUS("SigIgn"), "signal(7)"},
    [FIELD_CAUGHT] = {"caught", NULL, VALUE_TEXT, false, N_("signals that it has a handler for"),
                      STATUS("SigCgt"), "signal(7)"},
    [FIELD_OOM_SCORE] = {"oom_score", "oom", VALUE_INTEGER, true,
                         N_("who is ended first when memory runs out: the highest score"),
                         "/proc/PID/oom_score", "proc(5)"},
    [FIELD_DESCRIPTORS] = {"descriptors", "fds", VALUE_INTEGER, true,
                           N_("how many descriptors are open"), "/proc/PID/fd", "proc(5)"},
    [FIELD_WCHAN] = {"wchan", NULL, VALUE_TEXT, false,
                     N_("the kernel's function in which it sleeps"), "/proc/PID/wchan", "proc(5)"},
    [FIELD_SYSCALL] = {"syscall", NULL, VALUE_TEXT, false, N_("the system call that it is in"),
                       "/proc/PID/syscall", "proc(5)"},
    [FIELD_CGROUP] = {"cgroup", NULL, VALUE_TEXT, false, N_("control group, as a path"),
                      "/proc/PID/cgroup", "cgroups(7)"},
    [FIELD_UNIT] = {"unit", NULL, VALUE_TEXT, false,
                    N_("unit of systemd, by the name of its control group"), "/proc/PID/cgroup",
                    "systemd.unit(5)"},
    [FIELD_CONTAINER] = {"container", NULL, VALUE_TEXT, false,
                         N_("container, by the name of its control group"), "/proc/PID/cgroup",
                         "cgroups(7)"},
    [FIELD_THROTTLED_PERCENT] =
        {"throttled_percent", "throttled", VALUE_REAL, true,
         N_(
             "in how many of its periods its control group was out of its quota of processor time: "
             "it waits then, and its state is R all the same"),
         "/proc/PID/cgroup, and there cpu.stat: nr_throttled of nr_periods", "cgroups(7)"},
    [FIELD_NAMESPACES] = {"namespaces", "ns", VALUE_TEXT, false,
                          N_("kinds of namespaces in which it is not where reaptop is"),
                          "/proc/PID/ns", "namespaces(7)"},
    [FIELD_EXE] = {"exe", NULL, VALUE_TEXT, false, N_("path of the program that it runs"),
                   "/proc/PID/exe", "proc(5)"},
    [FIELD_CWD] = {"cwd", NULL, VALUE_TEXT, false, N_("working directory"), "/proc/PID/cwd",
                   "proc(5)"},
    [FIELD_SECURITY] = {"security", NULL, VALUE_TEXT, false,
                        N_("label of the security module, such as SELinux or AppArmor"),
                        "/proc/PID/attr/current", "proc(5)"},
    [FIELD_PORT] = {"port", NULL, VALUE_LIST, false,
                    N_("local ports of its TCP and UDP sockets, of our network namespace"),
                    "/proc/PID/fd and /proc/net", "proc(5)"},
    [FIELD_FILE] = {"file", NULL, VALUE_LIST, false,
                    N_("what its descriptors refer to: paths, pipe:[N], socket:[N]"),
                    "/proc/PID/fd", "proc(5)"},
    [FIELD_ENVIRONMENT] = {"environment", "env", VALUE_LIST, false,
                           N_("its environment at its start: NAME, or NAME=VALUE"),
                           "/proc/PID/environ", "environ(7)"},
};

int field_from_name(const char *name)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (strcasecmp(name, fields[i].name) == 0 ||
            (fields[i].alias && strcasecmp(name, fields[i].alias) == 0))
            return i;
    return -EINVAL;
}

static struct value integer(int64_t value)
{
    return (struct value){.type = VALUE_INTEGER, .integer = value};
}

static struct value real(double value, bool is_known)
{
    return (struct value){.type = is_known ? VALUE_REAL : VALUE_UNKNOWN, .real = value};
}

static struct value text(const char *value)
{
    return (struct value){.type = value ? VALUE_TEXT : VALUE_UNKNOWN, .text = value};
}

/* The state letter as a string, without storage of its own. */
static const char *state_text(char state)
{
    static const char letters[] = "A\0B\0C\0D\0E\0F\0G\0H\0I\0J\0K\0L\0M\0N\0O\0P\0Q\0R\0S\0T\0"
                                  "U\0V\0W\0X\0Y\0Z\0a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0"
                                  "o\0p\0q\0r\0s\0t\0u\0v\0w\0x\0y\0z";
    const char *found = state != '\0' ? memchr(letters, state, sizeof(letters)) : NULL;
    return found ? found : "?";
}

/* Values that stand in struct process as they are. */
struct member {
    enum {
        MEMBER_NONE,
        MEMBER_I32,
        MEMBER_U32,
        MEMBER_U64
    } kind;
    size_t offset;
};

#define MEMBER(name)                                                                               \
    {                                                                                              \
        _Generic(((struct process *)0)->name, int32_t                                              \
                 : MEMBER_I32, uint32_t                                                            \
                 : MEMBER_U32, uint64_t                                                            \
                 : MEMBER_U64),                                                                    \
            offsetof(struct process, name)                                                         \
    }

static const struct member members[FIELD_COUNT] = {
    [FIELD_PID] = MEMBER(id.pid),
    [FIELD_PPID] = MEMBER(ppid),
    [FIELD_PGID] = MEMBER(pgid),
    [FIELD_SID] = MEMBER(sid),
    [FIELD_TGID] = MEMBER(tgid),
    [FIELD_UID] = MEMBER(uid),
    [FIELD_THREADS] = MEMBER(threads),
    [FIELD_NICE] = MEMBER(nice),
    [FIELD_PRIORITY] = MEMBER(priority),
    [FIELD_RT_PRIORITY] = MEMBER(rt_priority),
    [FIELD_POLICY] = MEMBER(policy),
    [FIELD_PROCESSOR] = MEMBER(processor),
    [FIELD_RSS_KIB] = MEMBER(rss_kib),
    [FIELD_VIRTUAL_KIB] = MEMBER(virtual_kib),
    [FIELD_MINOR_FAULTS] = MEMBER(minor_faults),
    [FIELD_MAJOR_FAULTS] = MEMBER(major_faults),
    [FIELD_START_TICKS] = MEMBER(id.start_ticks),
};

static int64_t member_value(const struct process *process, const struct member *member)
{
    const void *at = (const char *)process + member->offset;
    if (member->kind == MEMBER_I32)
        return *(const int32_t *)at;
    return member->kind == MEMBER_U32 ? *(const uint32_t *)at : (int64_t) * (const uint64_t *)at;
}

/* What is true of a machine too, which is no process and uses nothing itself. */
static bool a_host_has(enum field field)
{
    switch (field) {
    case FIELD_PID:
    case FIELD_PPID:
    case FIELD_STATE:
    case FIELD_COMM:
    case FIELD_ARGV:
    case FIELD_START_TICKS:
    case FIELD_SUBTREE_CPU:
    case FIELD_SUBTREE_RSS:
    case FIELD_HOST:
        return true;
    default:
        return false;
    }
}

struct value field_value(enum field field, const struct process *process)
{
    if (pid_is_host(process->id.pid) && !a_host_has(field))
        return (struct value){.type = VALUE_UNKNOWN};
    if (field_part(field) != EXTRA_NONE)
        return field_extra_value(field, process);
    if (field < FIELD_COUNT && members[field].kind != MEMBER_NONE) {
        int64_t number = member_value(process, &members[field]);
        return integer(field <= FIELD_TGID ? pid_local((pid_t)number) : number);
    }
    switch (field) {
    case FIELD_TTY:
        return text(process->tty_name);
    case FIELD_STATE:
        return text(state_text(process->state));
    case FIELD_COMM:
        return text(process->comm);
    case FIELD_ARGV:
        return text(access_has_value(process->argv_access) ? process->argv : NULL);
    case FIELD_USER:
        return text(process->user);
    case FIELD_CPU_PERCENT:
        return real(process->cpu_percent, process->cpu_percent >= 0);
    case FIELD_TIME_TICKS:
        return integer((int64_t)(process->utime_ticks + process->stime_ticks));
    case FIELD_MEMORY_PERCENT:
        return real((double)process->memory_percent,
                    process->memory_percent > 0 || process->rss_kib == 0);
    case FIELD_AGE_SECONDS:
        return real(clock_seconds(process->age_ns), true);
    case FIELD_SUBTREE_CPU:
        return real(process->subtree_cpu_percent,
                    process->subtree_count > 0 && process->subtree_cpu_percent >= 0);
    case FIELD_SUBTREE_RSS:
        return process->subtree_count > 0 ? integer((int64_t)process->subtree_rss_kib)
                                          : (struct value){.type = VALUE_UNKNOWN};
    case FIELD_HOST:
        return text(process->host);
    default:
        break;
    }
    return (struct value){.type = VALUE_UNKNOWN};
}

static int compare_values(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_UNKNOWN || b->type == VALUE_UNKNOWN)
        return (a->type == VALUE_UNKNOWN) - (b->type == VALUE_UNKNOWN);
    switch (a->type) {
    case VALUE_INTEGER:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case VALUE_REAL:
        return (a->real > b->real) - (a->real < b->real);
    case VALUE_LIST:
        return (a->size > b->size) - (a->size < b->size);
    default:
        return strcmp(a->text, b->text);
    }
}

int field_compare(enum field field, const struct process *a, const struct process *b)
{
    struct value left = field_value(field, a), right = field_value(field, b);
    return compare_values(&left, &right);
}
