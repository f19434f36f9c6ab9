/* A control group that is out of memory, and whom the kernel kills. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "experiment_cgroup.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/visibility.h"

enum {
    LIMIT_MIB = 24,
    GREEDY_MIB = 64,
    BIG_MIB = 14,
    SMALL_MIB = 12,
    MODEST_MIB = 2
};

static struct role *greedy, *big, *small;
static char why_not[512];
static int kernel_log = -1;

/* Each word is a number of MiB to have, in all. */
static void oom_role(struct bench *bench)
{
    size_t size = (size_t)GREEDY_MIB << 20, have = 0;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    (void)madvise(memory, size, MADV_NOHUGEPAGE);
    for (;;) {
        size_t want = (size_t)role_await(bench) << 20;
        for (; have < want; have += (size_t)sysconf(_SC_PAGESIZE))
            memory[have] = 1;
        role_report(bench, (int64_t)(have >> 20));
    }
}

static void set_limit(struct bench *bench)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%d", LIMIT_MIB << 20);
    (void)cgroup_write(bench, cgroup_is_v2(bench) ? "memory.max" : "memory.limit_in_bytes", text);
    /* So that pages do not go to swap instead. */
    (void)cgroup_write(bench, cgroup_is_v2(bench) ? "memory.swap.max" : "memory.swappiness", "0");
}

static int64_t kills(struct bench *bench)
{
    return cgroup_number(bench, cgroup_is_v2(bench) ? "memory.events" : "memory.oom_control",
                         "oom_kill");
}

/* A process of the group; NULL: none, and why_not says why. */
static struct role *spawn_in_group(struct bench *bench, const char *name)
{
    struct role *role = role_spawn(bench, name, oom_role);
    int r = cgroup_add(bench, role->pid);

    if (r < 0)
        (void)snprintf(why_not, sizeof(why_not),
                       _("a process cannot be moved into a control group (%s): as root"),
                       strerror(-r));
    return r < 0 ? NULL : role;
}

/* vm.panic_on_oom 2 would end the machine instead. */
static bool would_panic(void)
{
    char text[8] = "";
    _cleanup_file_ FILE *stream = fopen("/proc/sys/vm/panic_on_oom", "re");

    return stream && fgets(text, sizeof(text), stream) && text[0] == '2';
}

/* The line of the kernel's log that says whom it killed. */
static bool log_has_kill(pid_t pid, char *ret_line, size_t size)
{
    char record[1024], killed[64];
    ssize_t length;

    (void)snprintf(killed, sizeof(killed), "Killed process %d ", pid);
    while ((length = read(kernel_log, record, sizeof(record) - 1)) > 0 ||
           (length < 0 && errno == EPIPE)) {
        record[length > 0 ? length : 0] = '\0';
        char *text = strchr(record, ';');
        if (!text || !strstr(text, killed))
            continue;
        text[strcspn(text, "\n")] = '\0';
        (void)snprintf(ret_line, size, "%.200s", text + 1);
        return true;
    }
    return false;
}

static void see_log(struct bench *bench, unsigned sight, pid_t pid)
{
    char line[256] = "";

    if (kernel_log < 0) {
        see_skipped(bench, sight,
                    _("the kernel's log cannot be read (/dev/kmsg wants "
                      "CAP_SYSLOG, and a container often has none)"));
        return;
    }
    if (visibility_is_in_pid_namespace()) {
        see_skipped(bench, sight,
                    _("the kernel's log has the numbers of the first PID namespace, and this is "
                      "another"));
        return;
    }
    bool seen = until(bench, log_has_kill(pid, line, sizeof(line)));
    (void)see(bench, sight, seen, "/dev/kmsg: %s", seen ? line : _("no such line"));
}

static void oom_limit(struct bench *bench)
{
    if (would_panic())
        (void)snprintf(why_not, sizeof(why_not), "%s",
                       _("vm.panic_on_oom is 2: the machine would panic"));
    else if (cgroup_make(bench, CGROUP_MEMORY, why_not, sizeof(why_not)) == 0)
        greedy = spawn_in_group(bench, "greedy");
    if (see_lacking(bench, 3, why_not))
        return;
    kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (kernel_log >= 0)
        (void)lseek(kernel_log, 0, SEEK_END);
    set_limit(bench);
    int64_t before = kills(bench);
    bool is_modest = is_left_out(bench, 1, 1);
    bool is_sent = is_sight_broken(bench, 1, 2) || is_sight_broken(bench, 1, 3);
    role_go(bench, greedy, is_modest || is_sent ? MODEST_MIB : GREEDY_MIB);
    if (is_sent)
        (void)kill(greedy->pid, SIGKILL);
    (void)see_killed(bench, 0, greedy->pid, SIGKILL);
    int64_t after = kills(bench);
    (void)see(bench, 1, after > before, "%s: oom_kill %" PRId64,
              cgroup_is_v2(bench) ? "memory.events" : "memory.oom_control", after);
    see_log(bench, 2, greedy->pid);
}

static void set_adjustment(pid_t pid, const char *text)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, text, strlen(text));
}

/* Two processes for which the limit is too small. The second asks while the first sleeps. */
static bool have_two(struct bench *bench, const char *adjustment, int wanted_mib)
{
    big = spawn_in_group(bench, "big");
    small = spawn_in_group(bench, "small");
    if (!big || !small || role_ask(bench, big, BIG_MIB) != BIG_MIB)
        return false;
    if (adjustment)
        set_adjustment(small->pid, adjustment);
    role_go(bench, small, wanted_mib);
    return true;
}

static void oom_victim(struct bench *bench)
{
    if (see_lacking(bench, 2, why_not))
        return;
    if (!have_two(bench,
                  is_sight_broken(bench, 2, 1) || is_sight_broken(bench, 2, 2) ? "1000" : NULL,
                  is_broken(bench, 2) ? MODEST_MIB : SMALL_MIB))
        return;
    (void)see_killed(bench, 0, big->pid, SIGKILL);
    (void)see_reported(bench, 1, small, _("the small one has, in MiB"), SMALL_MIB);
}

static void oom_adjusted(struct bench *bench)
{
    int status;

    if (see_lacking(bench, 3, why_not))
        return;
    (void)kill(small->pid, SIGKILL);
    (void)bench_reap(bench, small->pid, &status);
    if (!have_two(bench, bench->broken_step == 3 ? "0" : "1000", SMALL_MIB))
        return;
    char text[32] = "";
    bool is_set = observe_file(small->pid, "oom_score_adj", text, sizeof(text));
    (void)see_killed(bench, 0, small->pid, SIGKILL);
    (void)see(bench, 1, is_set && strcmp(text, "1000") == 0, "/proc/%d/oom_score_adj: %s",
              small->pid, text);
    (void)see_state(bench, 2, big->pid, "S");
}

const struct lab_experiment experiment_oom = {
    .name = "oom",
    .chapter = LAB_PAGES,
    .place = 5,
    .title = N_("Out of memory"),
    .question = N_("Whom does the kernel kill when memory runs out, and who can tell?"),
    .roles = {{"greedy", N_("wants more than the group may have")},
              {"big", N_("has much and sleeps")},
              {"small", N_("wants a little more")}},
    .steps =
        {
            {
                .does = N_("A control group may have 24 MiB. A process in it writes to 64 MiB, "
                           "which mmap() gave it without complaint."),
                .question = N_("What happens?"),
                .choices = {N_("the write gives ENOMEM"), N_("SIGSEGV ends it"),
                            N_("SIGKILL ends it")},
                .right = 2,
                .sees = {{N_("it is ended by SIGKILL"), "waitpid(2)", N_("it wants 2 MiB only")},
                         {N_("the group counts a kill by the kernel"),
                          "memory.events (v2) or memory.oom_control (v1)",
                          N_("the lab sends SIGKILL, not the kernel")},
                         {N_("the kernel's log names the process and the reason"), "/dev/kmsg",
                          N_("the lab sends SIGKILL, not the kernel")}},
                .explains = N_("A write cannot fail with an error: there is no call to return it "
                               "from. SIGKILL tells nothing of its sender; only the counter and "
                               "the log tell this end from kill -9. Look there first when a "
                               "container exits with 137, which is 128 + 9."),
                .manual = "cgroups(7), proc(5)",
                .breaks = N_("it wants 2 MiB only"),
                .run = oom_limit,
            },
            {
                .does = N_("One process has 14 MiB and sleeps. Another one asks for 12."),
                .question = N_("Which one is killed?"),
                .choices = {N_("the one that asks"), N_("the one that has most")},
                .right = 1,
                .sees = {{N_("the big one is ended by SIGKILL"), "waitpid(2)",
                          N_("the small one's oom_score_adj is 1000")},
                         {N_("the small one has its 12 MiB"), "what the process itself reports",
                          N_("the small one's oom_score_adj is 1000")}},
                .explains = N_("The kernel wants to free much by killing little, so it takes the "
                               "process with most memory (/proc/PID/oom_score). Whoever asked "
                               "just happened to come last."),
                .manual = "proc(5)",
                .breaks = N_("the small one wants 2 MiB only"),
                .run = oom_victim,
            },
            {
                .does = N_("The same once more, but the small one's oom_score_adj is 1000."),
                .question = N_("Which one is killed now?"),
                .choices = {N_("the big one again"), N_("the small one"), N_("both")},
                .right = 1,
                .sees = {{N_("the small one is ended by SIGKILL"), "waitpid(2)",
                          N_("its oom_score_adj is 0")},
                         {N_("its oom_score_adj was 1000"), "/proc/PID/oom_score_adj",
                          N_("its oom_score_adj is 0")},
                         {N_("the big one lives and sleeps"), "/proc/PID/stat field 3",
                          N_("the small one's oom_score_adj is 0")}},
                .explains = N_("oom_score_adj is added to the score, in thousandths of what there "
                               "is; -1000 means never. Anybody may raise it; lowering it wants "
                               "CAP_SYS_RESOURCE."),
                .manual = "proc(5)",
                .breaks = N_("its oom_score_adj is 0"),
                .run = oom_adjusted,
            },
        },
    .reading = "cgroups(7), proc(5), mmap(2)",
};
