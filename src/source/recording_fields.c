#include "recording_fields.h"

#include "reaptop/model/process.h"
#include <string.h>

#define PID_MOST  INT32_MAX
#define TIME_MOST INT64_MAX
#define REAL_MOST 1000000000

static const char *access_name(int access)
{
    return access_word((enum access)access);
}

static const char *kind_name(int kind)
{
    return event_kind_name((enum event_kind)kind);
}

static const char *source_name(int source)
{
    return event_source_name((enum event_source)source);
}

static const char *reason_name(int reason)
{
    static const char *const names[] = {
        [ADOPT_UNKNOWN] = "unknown", [ADOPT_BY_INIT] = "init", [ADOPT_BY_SUBREAPER] = "subreaper"};
    return names[reason];
}

static const char *cause_name(int cause)
{
    return delivery_cause_name((enum signal_cause)cause);
}

static const char *fate_name(int fate)
{
    return delivery_fate_name((enum signal_fate)fate);
}

/* clang-format off */
#define H(key, type, member, ...) {key, type, offsetof(struct recording_header, member), __VA_ARGS__}
#define P(key, type, member, ...) {key, type, offsetof(struct process, member), __VA_ARGS__}
#define M(key, type, member, ...) {key, type, offsetof(struct machine, member), __VA_ARGS__}
#define E(key, type, member, ...) {key, type, offsetof(struct event, member), __VA_ARGS__}

const struct recorded_field recorded_headers[] = {
    H("host", RECORDED_ARRAY, host, 0, 64, NULL),
    H("kernel", RECORDED_ARRAY, kernel, 0, 64, NULL),
    H("started_ns", RECORDED_UINT64, started_ns, 0, INT64_MAX, NULL),
    H("interval_ns", RECORDED_UINT64, interval_ns, 1, INT64_MAX / 2, NULL),
    H("utc_offset_s", RECORDED_INT32, utc_offset_s, -86400, 86400, NULL),
    H("arguments", RECORDED_BOOL, has_arguments, 0, 0, NULL),
    H("threads", RECORDED_BOOL, has_threads, 0, 0, NULL),
    H("kernel_events", RECORDED_BOOL, has_kernel_events, 0, 0, NULL),
    H("all_events", RECORDED_BOOL, has_all_events, 0, 0, NULL),
    H("signals", RECORDED_BOOL, has_signals, 0, 0, NULL),
    H("notes", RECORDED_BOOL, has_notes, 0, 0, NULL),
    {NULL, RECORDED_INT32, 0, 0, 0, NULL},
};

const struct recorded_field recorded_processes[] = {
    P("start_ticks", RECORDED_UINT64, id.start_ticks, 0, INT64_MAX, NULL),
    P("tgid", RECORDED_INT32, tgid, 1, PID_MOST, NULL),
    P("ppid", RECORDED_INT32, ppid, 0, PID_MOST, NULL),
    P("pgid", RECORDED_INT32, pgid, -1, PID_MOST, NULL),
    P("sid", RECORDED_INT32, sid, -1, PID_MOST, NULL),
    P("tpgid", RECORDED_INT32, tpgid, -1, PID_MOST, NULL),
    P("tty_device", RECORDED_UINT32, tty, 0, UINT32_MAX, NULL),
    P("tty", RECORDED_TEXT, tty_name, 0, 0, NULL),
    P("state", RECORDED_CHAR, state, 0, 0, NULL),
    P("is_kernel", RECORDED_BOOL, is_kernel, 0, 0, NULL),
    P("has_execed", RECORDED_BOOL, has_execed, 0, 0, NULL),
    P("comm", RECORDED_TEXT, comm, 0, 0, NULL),
    P("threads", RECORDED_UINT32, threads, 0, UINT32_MAX, NULL),
    P("nice", RECORDED_INT32, nice, -20, 19, NULL),
    P("priority", RECORDED_INT32, priority, INT32_MIN, INT32_MAX, NULL),
    P("rt_priority", RECORDED_INT32, rt_priority, 0, INT32_MAX, NULL),
    P("policy", RECORDED_INT32, policy, 0, INT32_MAX, NULL),
    P("processor", RECORDED_INT32, processor, -1, INT32_MAX, NULL),
    P("utime_ticks", RECORDED_UINT64, utime_ticks, 0, INT64_MAX, NULL),
    P("stime_ticks", RECORDED_UINT64, stime_ticks, 0, INT64_MAX, NULL),
    P("virtual_kib", RECORDED_UINT64, virtual_kib, 0, INT64_MAX, NULL),
    P("rss_kib", RECORDED_UINT64, rss_kib, 0, INT64_MAX, NULL),
    P("minor_faults", RECORDED_UINT64, minor_faults, 0, INT64_MAX, NULL),
    P("major_faults", RECORDED_UINT64, major_faults, 0, INT64_MAX, NULL),
    P("exit_status", RECORDED_INT32, exit_status, -1, INT32_MAX, NULL),
    P("ignores_sigchld", RECORDED_BOOL, ignores_sigchld, 0, 0, NULL),
    P("tracer", RECORDED_INT32, tracer, 0, INT32_MAX, NULL),
    P("uid", RECORDED_UINT32, uid, 0, UINT32_MAX, NULL),
    P("user", RECORDED_TEXT, user, 0, 0, NULL),
    P("host", RECORDED_TEXT, host, 0, 0, NULL),
    P("argv", RECORDED_TEXT, argv, 0, 0, NULL),
    P("argv_access", RECORDED_WORD, argv_access, 0, ACCESS_COUNT - 1, access_name),
    {NULL, RECORDED_INT32, 0, 0, 0, NULL},
};

const struct recorded_field recorded_machines[] = {
    M("processors", RECORDED_UINT32, processors, 0, UINT32_MAX, NULL),
    M("load_1", RECORDED_REAL, load[0], -1, REAL_MOST, NULL),
    M("load_5", RECORDED_REAL, load[1], -1, REAL_MOST, NULL),
    M("load_15", RECORDED_REAL, load[2], -1, REAL_MOST, NULL),
    M("cpu_user_percent", RECORDED_REAL, cpu_user_percent, -1, 1000, NULL),
    M("cpu_system_percent", RECORDED_REAL, cpu_system_percent, -1, 1000, NULL),
    M("cpu_iowait_percent", RECORDED_REAL, cpu_iowait_percent, -1, 1000, NULL),
    M("memory_total_kib", RECORDED_UINT64, memory_total_kib, 0, INT64_MAX, NULL),
    M("memory_available_kib", RECORDED_UINT64, memory_available_kib, 0, INT64_MAX, NULL),
    M("swap_total_kib", RECORDED_UINT64, swap_total_kib, 0, INT64_MAX, NULL),
    M("swap_free_kib", RECORDED_UINT64, swap_free_kib, 0, INT64_MAX, NULL),
    {NULL, RECORDED_INT32, 0, 0, 0, NULL},
};

const struct recorded_field recorded_events[] = {
    E("event", RECORDED_WORD, kind, 0, EVENT_KIND_COUNT - 1, kind_name),
    E("source", RECORDED_WORD, source, 0, EVENT_SOURCE_COUNT - 1, source_name),
    E("mono_ns", RECORDED_UINT64, mono_ns, 0, TIME_MOST, NULL),
    E("time_ns", RECORDED_UINT64, time_ns, 0, TIME_MOST, NULL),
    E("pid", RECORDED_INT32, id.pid, 0, PID_MOST, NULL),
    E("start_ticks", RECORDED_UINT64, id.start_ticks, 0, INT64_MAX, NULL),
    E("ppid", RECORDED_INT32, ppid, 0, PID_MOST, NULL),
    E("comm", RECORDED_ARRAY, comm, 0, EVENT_COMM_SIZE - 1, NULL),
    E("exit_status", RECORDED_INT32, exit_status, -1, INT32_MAX, NULL),
    E("from", RECORDED_INT32, from, INT32_MIN, INT32_MAX, NULL),
    E("to", RECORDED_INT32, to, INT32_MIN, INT32_MAX, NULL),
    E("autoreaped", RECORDED_BOOL, is_autoreaped, 0, 0, NULL),
    E("reason", RECORDED_WORD, reason, 0, ADOPT_BY_SUBREAPER, reason_name),
    E("state_from", RECORDED_CHAR, state_from, 0, 0, NULL),
    E("state_to", RECORDED_CHAR, state_to, 0, 0, NULL),
    E("detail", RECORDED_ARRAY, detail, 0, EVENT_COMM_SIZE - 1, NULL),
    E("signal", RECORDED_INT32, signal, 0, 64, NULL),
    E("sender", RECORDED_INT32, sender, 0, PID_MOST, NULL),
    E("code", RECORDED_INT32, code, INT32_MIN, INT32_MAX, NULL),
    E("cause", RECORDED_WORD, cause, 0, CAUSE_COUNT - 1, cause_name),
    E("fate", RECORDED_WORD, fate, 0, FATE_COUNT - 1, fate_name),
    E("handler", RECORDED_UINT64, handler, 0, INT64_MAX, NULL),
    E("delay_ms", RECORDED_INT32, delay_ms, 0, INT32_MAX, NULL),
    E("count", RECORDED_UINT64, count, 0, INT64_MAX, NULL),
    {NULL, RECORDED_INT32, 0, 0, 0, NULL},
};
/* clang-format on */

struct process recorded_usual_process(pid_t pid)
{
    return (struct process){
        .id.pid = pid,
        .tgid = pid,
        .tpgid = -1,
        .state = 'S',
        .has_execed = true,
        .comm = "",
        .threads = 1,
        .priority = 20,
        .cpu_percent = CPU_UNKNOWN,
        .exit_status = -1,
    };
}

struct machine recorded_usual_machine(void)
{
    return (struct machine){
        .load = {-1, -1, -1},
        .cpu_user_percent = CPU_UNKNOWN,
        .cpu_system_percent = CPU_UNKNOWN,
        .cpu_iowait_percent = CPU_UNKNOWN,
    };
}

struct event recorded_usual_event(void)
{
    return (struct event){
        .kind = EVENT_KIND_COUNT, .source = EVENT_FROM_CONNECTOR, .exit_status = EXIT_UNKNOWN};
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool recorded_is_same(const struct recorded_field *field, const void *a, const void *b)
{
    static const size_t sizes[] = {
        [RECORDED_INT32] = sizeof(int32_t),   [RECORDED_UINT32] = sizeof(uint32_t),
        [RECORDED_UINT64] = sizeof(uint64_t), [RECORDED_CHAR] = sizeof(char),
        [RECORDED_BOOL] = sizeof(bool),       [RECORDED_REAL] = sizeof(double),
        [RECORDED_WORD] = sizeof(int),
    };
    const char *left = (const char *)a + field->offset, *right = (const char *)b + field->offset;
    if (field->type == RECORDED_TEXT)
        return is_same_text(*(const char *const *)left, *(const char *const *)right);
    if (field->type == RECORDED_ARRAY)
        return strcmp(left, right) == 0;
    return memcmp(left, right, sizes[field->type]) == 0;
}
