#include "reaptop/source/parse_trace.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"

enum {
    SIGNALS_MAX = 64,
    NAME_MOST = 15
};

#define UNNAMED "<...>-"   /* the kernel kept no name for that number */
#define WORKER  "kworker/" /* the kernel's threads that feed terminals, among other things */

/* include/trace/events/signal.h of the kernel */
static const enum signal_fate fates[] = {FATE_SENT, FATE_IGNORED, FATE_MERGED, FATE_LOST,
                                         FATE_STRIPPED};

/* ---- the line ---- */

/* The number behind `key`, which must be there; false where it is none. */
static bool take_number(const char **at, const char *key, int64_t least, int64_t most,
                        int64_t *ret_value)
{
    size_t length = strlen(key);
    if (strncmp(*at, key, length) != 0)
        return false;
    char digits[24];
    const char *begin = *at + length;
    size_t count = strcspn(begin, " \n");
    if (count == 0 || count >= sizeof(digits))
        return false;
    memcpy(digits, begin, count);
    digits[count] = '\0';
    *at = begin + count;
    return number_parse(digits, least, most, ret_value) == 0;
}

static const char *last_of(const char *text, const char *needle)
{
    const char *last = NULL;
    for (const char *at = strstr(text, needle); at; at = strstr(at + 1, needle))
        last = at;
    return last;
}

/* "7789.940516", of CLOCK_BOOTTIME, behind the flags: nanoseconds, 0 where it is none. */
static uint64_t take_time(const char *from)
{
    unsigned long long seconds;
    unsigned micro;
    const char *blank = strrchr(from, ' ');
    if (!blank || sscanf(blank, " %12llu.%6u:", &seconds, &micro) != 2)
        return 0;
    return (uint64_t)seconds * NS_PER_SEC + (uint64_t)micro * NS_PER_US;
}

/* The letter behind the need to reschedule tells of an interrupt (ftrace.rst, "irqs-off"). */
static bool is_in_interrupt(const char *bracket)
{
    const char *flags = strchr(bracket, ']');
    return flags && strnlen(flags, 5) == 5 && strchr("hHsZz", flags[4]);
}

/* "  bash": what stands before the number, without the padding. */
static void take_name(const char *from, const char *end, struct event *event)
{
    while (end - from > NAME_MOST || (from < end && *from == ' '))
        from++;
    if (strncmp(from, UNNAMED, strlen(UNNAMED)) == 0)
        return;
    memcpy(event->detail, from, (size_t)(end - from));
    event->detail[end - from] = '\0';
}

/* "  bash-31888   [001] dN.2.  7789.940516:" */
static bool take_sender(char *prefix, struct event *event)
{
    char *bracket = strrchr(prefix, '[');
    if (!bracket)
        return false;
    event->mono_ns = take_time(bracket);
    bool is_interrupted = is_in_interrupt(bracket);
    *bracket = '\0';
    char *dash = strrchr(prefix, '-');
    int64_t pid;
    if (!dash)
        return false;
    const char *at = dash;
    if (!take_number(&at, "-", 0, INT_MAX, &pid))
        return false;
    if (is_interrupted || pid == 0)
        return true;
    event->sender = (pid_t)pid;
    take_name(prefix, dash, event);
    return true;
}

/* "comm=NAME" up to `next`, which NAME may hold too. */
static bool take_comm(const char **at, const char *key, const char *next, struct event *event)
{
    if (strncmp(*at, key, strlen(key)) != 0)
        return false;
    const char *comm = *at + strlen(key), *end = last_of(comm, next);
    if (!end || end - comm >= EVENT_COMM_SIZE)
        return false;
    memcpy(event->comm, comm, (size_t)(end - comm));
    *at = end;
    return true;
}

/* ---- each tracepoint ---- */

static bool take_numbers(const char **at, struct event *event)
{
    int64_t signal, number, code;
    if (!take_number(at, "sig=", 1, SIGNALS_MAX, &signal) ||
        !take_number(at, " errno=", INT_MIN, INT_MAX, &number) ||
        !take_number(at, " code=", INT_MIN, INT_MAX, &code))
        return false;
    event->signal = (int32_t)signal;
    event->code = (int32_t)code;
    return true;
}

static bool take_generate(const char *at, struct traced *traced)
{
    struct event *event = &traced->event;
    int64_t pid, group, result;
    if (!take_numbers(&at, event) || !take_comm(&at, " comm=", " pid=", event) ||
        !take_number(&at, " pid=", 1, INT_MAX, &pid) || !take_number(&at, " grp=", 0, 1, &group) ||
        !take_number(&at, " res=", 0, (int64_t)ELEMENTS(fates) - 1, &result))
        return false;
    event->kind = EVENT_SIGNAL;
    event->id.pid = (pid_t)pid;
    event->fate = fates[result];
    event->cause = delivery_cause(event->signal, event->code, group == 1, pid == event->sender);
    traced->is_to_process = group == 1;
    return true;
}

void parse_trace_leave_out_worker(struct event *event)
{
    if (event->kind != EVENT_SIGNAL || event->cause != CAUSE_TERMINAL_KEY ||
        strncmp(event->detail, WORKER, strlen(WORKER)) != 0)
        return;
    event->sender = 0;
    event->detail[0] = '\0';
}

/* Who runs is the target here. */
static bool take_deliver(const char *at, struct traced *traced)
{
    struct event *event = &traced->event;
    unsigned long long handler;
    if (!take_numbers(&at, event) || sscanf(at, " sa_handler=%16llx", &handler) != 1 ||
        event->sender <= 0)
        return false;
    event->kind = EVENT_DELIVERY;
    event->id.pid = event->sender;
    (void)memcpy(event->comm, event->detail, sizeof(event->detail));
    event->sender = 0;
    event->detail[0] = '\0';
    event->fate = handler == 0 ? FATE_DEFAULT : handler == 1 ? FATE_SKIPPED : FATE_HANDLED;
    event->handler = event->fate == FATE_HANDLED ? handler : 0;
    return true;
}

static bool take_victim(const char *at, struct traced *traced)
{
    struct event *event = &traced->event;
    int64_t pid;
    unsigned long long anon, file, shmem;
    if (!take_number(&at, "pid=", 1, INT_MAX, &pid))
        return false;
    event->kind = EVENT_OOM;
    event->id.pid = (pid_t)pid;
    if (!take_comm(&at, " comm=", " total-vm=", event))
        return *at == '\0';
    const char *sizes = strstr(at, " anon-rss=");
    if (sizes && sscanf(sizes, " anon-rss=%15llukB file-rss:%15llukB shmem-rss:%15llukB", &anon,
                        &file, &shmem) == 3)
        event->count = anon + file + shmem;
    return true;
}

static const struct tracepoint {
    const char *mark; /* longer than any name */
    bool (*take)(const char *at, struct traced *traced);
} tracepoints[] = {
    {" signal_generate: ", take_generate},
    {" signal_deliver: ", take_deliver},
    {" mark_victim: pid=", take_victim},
};

/* Where its fields begin, with `mark` cut off; NULL: no such tracepoint. */
static const char *find_fields(char *text, const struct tracepoint *tracepoint)
{
    char *mark = strstr(text, tracepoint->mark);
    if (!mark)
        return NULL;
    *mark = '\0';
    return strchr(mark + 1, ':') + 2;
}

static int take_loss(const char *text, struct traced *traced)
{
    const char *at = strstr(text, "[LOST ");
    int64_t count;
    if (strncmp(text, "CPU:", 4) != 0 || !at || !take_number(&at, "[LOST ", 1, INT64_MAX, &count) ||
        strcmp(at, " EVENTS]") != 0)
        return 0;
    traced->event.kind = EVENT_LOST;
    traced->event.count = (uint64_t)count;
    return 1;
}

int parse_trace_line(const char *line, size_t length, struct traced *ret)
{
    char text[TRACE_LINE_MAX];
    if (length >= sizeof(text) || memchr(line, '\0', length))
        return 0;
    memcpy(text, line, length);
    text[length] = '\0';

    struct traced traced = {.event = {.source = EVENT_FROM_TRACE, .exit_status = EXIT_UNKNOWN}};
    for (size_t i = 0; i < ELEMENTS(tracepoints); i++) {
        const char *at = find_fields(text, &tracepoints[i]);
        if (!at)
            continue;
        if (!take_sender(text, &traced.event))
            return 0;
        if (!tracepoints[i].take(at, &traced))
            return strstr(at, "comm=") ? -EAGAIN : 0;
        *ret = traced;
        return 1;
    }
    int r = take_loss(text, &traced);
    if (r > 0)
        *ret = traced;
    return r;
}
