#include "reaptop/source/parse_stat.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/model/process.h"
#include "reaptop/model/snapshot.h"

/* proc(5)'s numbers. */
enum stat_field {
    STAT_PPID = 4,
    STAT_PGID = 5,
    STAT_SID = 6,
    STAT_TTY = 7,
    STAT_TPGID = 8,
    STAT_FLAGS = 9,
    STAT_MINOR_FAULTS = 10,
    STAT_MAJOR_FAULTS = 12,
    STAT_UTIME = 14,
    STAT_STIME = 15,
    STAT_CHILD_UTIME = 16,
    STAT_CHILD_STIME = 17,
    STAT_PRIORITY = 18,
    STAT_NICE = 19,
    STAT_THREADS = 20,
    STAT_START = 22,
    STAT_VIRTUAL = 23,
    STAT_RSS = 24,
    STAT_WCHAN = 35,
    STAT_EXIT_SIGNAL = 38,
    STAT_PROCESSOR = 39,
    STAT_RT_PRIORITY = 40,
    STAT_POLICY = 41,
    STAT_EXIT_CODE = 52,
};

/* One decimal number of [at, end), sign allowed; the byte after it, or NULL. */
static const char *read_number(const char *at, const char *end, uint64_t *ret_value)
{
    int is_negative = at < end && *at == '-';
    at += is_negative;
    if (at == end || !isdigit((unsigned char)*at))
        return NULL;

    uint64_t value = 0;
    for (; at < end && isdigit((unsigned char)*at); at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return NULL;
        value = value * 10 + digit;
    }
    if (is_negative && value > (uint64_t)INT64_MAX)
        return NULL;
    *ret_value = is_negative ? 0 - value : value;
    return at;
}

/* Fills values[4…] and returns the last field's number; 0 where a byte is not a number's. */
static int read_fields(const char *at, const char *end, uint64_t values[STAT_FIELDS + 1])
{
    int field = STAT_PPID - 1;
    while (field < STAT_FIELDS && at < end && *at == ' ') {
        at = read_number(at + 1, end, &values[field + 1]);
        if (!at)
            return 0;
        field++;
    }
    /* A later kernel may print more behind it. */
    return at == end || *at == '\n' || *at == ' ' ? field : 0;
}

static int is_int32(uint64_t value)
{
    return (int64_t)value >= INT32_MIN && (int64_t)value <= INT32_MAX;
}

/*
 * Without ptrace access the kernel prints 0 for the exit code. Field 35 tells
 * the two apart: it is 1 for a task that does not run, but only with that
 * access, and never while other threads of the process live.
 */
static int32_t exit_status(char state, int fields, const uint64_t values[STAT_FIELDS + 1])
{
    uint64_t code = values[STAT_EXIT_CODE];
    if (!state_is_dead(state) || fields < STAT_EXIT_CODE || code > INT32_MAX)
        return -1;
    return code != 0 || values[STAT_WCHAN] != 0 ? (int32_t)code : -1;
}

int parse_stat(const char *text, size_t length, struct stat_line *ret_line)
{
    const char *end = text + length;
    const char *open = length > 0 ? memchr(text, '(', length) : NULL;
    const char *close = length > 0 ? memrchr(text, ')', length) : NULL;
    if (!open || !close || close < open || end - close < 4 || close[1] != ' ')
        return -EBADMSG;

    uint64_t pid;
    const char *behind_pid = read_number(text, open, &pid);
    if (!behind_pid || behind_pid + 1 != open || *behind_pid != ' ' || pid > INT_MAX)
        return -EBADMSG;

    uint64_t values[STAT_FIELDS + 1] = {0};
    int fields = read_fields(close + 3, end, values);
    if (fields < STAT_START)
        return -EBADMSG;

    static const enum stat_field narrow[] = {
        STAT_PPID, STAT_PGID,    STAT_SID,         STAT_TTY,       STAT_TPGID,       STAT_PRIORITY,
        STAT_NICE, STAT_THREADS, STAT_EXIT_SIGNAL, STAT_PROCESSOR, STAT_RT_PRIORITY, STAT_POLICY};
    for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
        if (!is_int32(values[narrow[i]]))
            return -EBADMSG;

    struct stat_line line = {
        .pid = (pid_t)pid,
        .state = close[2],
        .fields = fields,
        .ppid = (pid_t)values[STAT_PPID],
        .pgid = (pid_t)values[STAT_PGID],
        .sid = (pid_t)values[STAT_SID],
        .tty = (uint32_t)values[STAT_TTY],
        .tpgid = (pid_t)values[STAT_TPGID],
        .flags = values[STAT_FLAGS],
        .minor_faults = values[STAT_MINOR_FAULTS],
        .major_faults = values[STAT_MAJOR_FAULTS],
        .utime_ticks = values[STAT_UTIME],
        .stime_ticks = values[STAT_STIME],
        .child_utime_ticks = values[STAT_CHILD_UTIME],
        .child_stime_ticks = values[STAT_CHILD_STIME],
        .priority = (int32_t)values[STAT_PRIORITY],
        .nice = (int32_t)values[STAT_NICE],
        .threads = (uint32_t)values[STAT_THREADS],
        .start_ticks = values[STAT_START],
        .virtual_bytes = values[STAT_VIRTUAL],
        .rss_pages = values[STAT_RSS],
        .exit_signal = (int32_t)values[STAT_EXIT_SIGNAL],
        .processor = (int32_t)values[STAT_PROCESSOR],
        .rt_priority = (int32_t)values[STAT_RT_PRIORITY],
        .policy = (int32_t)values[STAT_POLICY],
        .exit_status = exit_status(close[2], fields, values),
    };
    size_t comm_length = (size_t)(close - open - 1);
    line.comm_length = comm_length < STAT_COMM_SIZE ? comm_length : STAT_COMM_SIZE - 1;
    memcpy(line.comm, open + 1, line.comm_length);
    *ret_line = line;
    return 0;
}

void process_from_stat(const struct stat_line *line, struct process *ret_process)
{
    *ret_process = (struct process){
        .id = {.pid = line->pid, .start_ticks = line->start_ticks},
        .tgid = line->pid,
        .ppid = line->ppid,
        .pgid = line->pgid,
        .sid = line->sid,
        .tpgid = line->tpgid,
        .tty = line->tty,
        .state = line->state,
        .is_kernel = (line->flags & STAT_KERNEL_THREAD) != 0,
        .has_execed = (line->flags & STAT_FORK_NO_EXEC) == 0,
        .threads = line->threads,
        .nice = line->nice,
        .priority = line->priority,
        .rt_priority = line->rt_priority,
        .policy = line->policy,
        .processor = line->processor,
        .utime_ticks = line->utime_ticks,
        .stime_ticks = line->stime_ticks,
        .virtual_kib = line->virtual_bytes / 1024,
        .rss_kib = line->rss_pages * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024),
        .minor_faults = line->minor_faults,
        .major_faults = line->major_faults,
        .cpu_percent = CPU_UNKNOWN,
        .exit_status = line->exit_status,
    };
}
