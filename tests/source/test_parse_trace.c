#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/source/parse_trace.h"

#define WHERE "            bash-31888   [001] dN.2.  7789.940516: "
#define HEAD  WHERE "signal_generate: "

static struct traced parse_all(const char *line)
{
    struct traced traced = {0};
    cr_assert_eq(parse_trace_line(line, strlen(line), &traced), 1, "%s", line);
    return traced;
}

static struct event parse(const char *line)
{
    return parse_all(line).event;
}

Test(parse_trace, a_kill)
{
    struct traced traced = parse_all(HEAD "sig=15 errno=0 code=0 comm=sleep pid=31921 grp=1 res=0");
    struct event event = traced.event;
    cr_expect(traced.is_to_process);
    cr_expect_eq(event.kind, EVENT_SIGNAL);
    cr_expect_eq(event.source, EVENT_FROM_TRACE);
    cr_expect_eq(event.sender, 31888);
    cr_expect_str_eq(event.detail, "bash");
    cr_expect_eq(event.id.pid, 31921);
    cr_expect_eq(event.id.start_ticks, 0);
    cr_expect_eq(event.signal, 15);
    cr_expect_eq(event.code, 0);
    cr_expect_str_eq(event.comm, "sleep");
    cr_expect_eq(event.cause, CAUSE_KILL);
    cr_expect_eq(event.fate, FATE_SENT);
    cr_expect_eq(event.mono_ns, UINT64_C(7789940516000));
}

Test(parse_trace, codes_and_results)
{
    static const struct {
        const char *rest;
        enum signal_cause cause;
        enum signal_fate fate;
    } cases[] = {
        {"sig=17 errno=0 code=1 comm=a pid=1 grp=1 res=1", CAUSE_CHILD_EXITED, FATE_IGNORED},
        {"sig=11 errno=0 code=1 comm=a pid=1 grp=0 res=0", CAUSE_NOT_MAPPED, FATE_SENT},
        {"sig=2 errno=0 code=128 comm=a pid=1 grp=1 res=0", CAUSE_TERMINAL_KEY, FATE_SENT},
        {"sig=10 errno=0 code=-6 comm=a pid=1 grp=0 res=2", CAUSE_TGKILL, FATE_MERGED},
        {"sig=34 errno=0 code=-1 comm=a pid=1 grp=1 res=3", CAUSE_SIGQUEUE, FATE_LOST},
        {"sig=40 errno=11 code=-2 comm=a pid=1 grp=1 res=4", CAUSE_POSIX_TIMER, FATE_STRIPPED},
        {"sig=15 errno=0 code=77 comm=a pid=1 grp=1 res=0", CAUSE_OTHER, FATE_SENT},
        {"sig=13 errno=0 code=0 comm=bash pid=31888 grp=0 res=0", CAUSE_BROKEN_PIPE, FATE_SENT},
        {"sig=13 errno=0 code=0 comm=bash pid=31888 grp=1 res=0", CAUSE_KILL, FATE_SENT},
        {"sig=13 errno=0 code=0 comm=a pid=1 grp=0 res=0", CAUSE_KILL, FATE_SENT},
        {"sig=6 errno=0 code=-6 comm=bash pid=31888 grp=0 res=0", CAUSE_ABORT, FATE_SENT},
        {"sig=9 errno=0 code=128 comm=bash pid=31888 grp=1 res=0", CAUSE_KERNEL, FATE_SENT},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        char line[256];
        (void)snprintf(line, sizeof line, "%s%s", HEAD, cases[i].rest);
        cr_expect_eq(parse(line).cause, cases[i].cause, "%s", line);
        cr_expect_eq(parse(line).fate, cases[i].fate, "%s", line);
    }
}

Test(parse_trace, who_was_interrupted_is_no_sender)
{
    struct event event = parse("          <idle>-0       [001] dNh2. 1.0: signal_generate: sig=14 "
                               "errno=0 code=128 comm=a pid=7 grp=1 res=0");
    cr_expect_eq(event.sender, 0);
    event =
        parse("           burn-77      [001] d.h2. 1.0: signal_generate: sig=14 errno=0 code=128 "
              "comm=a pid=7 grp=1 res=0");
    cr_expect_eq(event.sender, 0, "a timer's interrupt came while it ran");
    cr_expect_str_eq(event.detail, "");
    cr_expect_eq(event.cause, CAUSE_ALARM);
    event =
        parse("    kworker/u8:1-24314   [001] d..2. 1.0: signal_generate: sig=2 errno=0 code=128 "
              "comm=a pid=7 grp=1 res=0");
    parse_trace_leave_out_worker(&event);
    cr_expect_eq(event.sender, 0, "the kernel's worker took the key from the terminal");
    cr_expect_str_eq(event.detail, "");
    event = parse("    kworker/u8:1-24314   [001] d..2. 1.0: signal_generate: sig=2 errno=0 code=0 "
                  "comm=a pid=7 grp=1 res=0");
    parse_trace_leave_out_worker(&event);
    cr_expect_eq(event.sender, 24314, "anybody can take that name and call kill");
    event =
        parse("           <...>-77      [001] d..2. 1.0: signal_generate: sig=15 errno=0 code=0 "
              "comm=a pid=7 grp=1 res=0");
    cr_expect_eq(event.sender, 77);
    cr_expect_str_eq(event.detail, "");
}

Test(parse_trace, what_arrives)
{
    struct event event =
        parse(WHERE "signal_deliver: sig=10 errno=0 code=0 sa_handler=7f7f2bcd4d00 "
                    "sa_flags=c000000");
    cr_expect_eq(event.kind, EVENT_DELIVERY);
    cr_expect_eq(event.id.pid, 31888);
    cr_expect_str_eq(event.comm, "bash");
    cr_expect_eq(event.sender, 0);
    cr_expect_eq(event.fate, FATE_HANDLED);
    cr_expect_eq(event.handler, UINT64_C(0x7f7f2bcd4d00));
    event = parse(WHERE "signal_deliver: sig=9 errno=0 code=0 sa_handler=0 sa_flags=0");
    cr_expect_eq(event.fate, FATE_DEFAULT);
    event = parse(WHERE "signal_deliver: sig=17 errno=0 code=1 sa_handler=1 sa_flags=0");
    cr_expect_eq(event.fate, FATE_SKIPPED);
}

Test(parse_trace, the_oom_killer_s_choice)
{
    struct event event =
        parse(WHERE "mark_victim: pid=28042 comm=a total-vm=1kB total-vm=121656kB anon-rss=25032kB "
                    "file-rss:3644kB shmem-rss:8kB uid=0 pgtables=116kB oom_score_adj=0");
    cr_expect_eq(event.kind, EVENT_OOM);
    cr_expect_eq(event.id.pid, 28042);
    cr_expect_eq(event.sender, 31888);
    cr_expect_str_eq(event.comm, "a total-vm=1kB");
    cr_expect_eq(event.count, 25032 + 3644 + 8);
    event = parse(WHERE "mark_victim: pid=28042");
    cr_expect_eq(event.id.pid, 28042);
    cr_expect_eq(event.count, 0);
}

Test(parse_trace, names_that_look_like_the_rest)
{
    struct event event = parse("  a-1 [0] 5.5: x-77 [003] d..1. 1.000002: signal_generate: sig=9 "
                               "errno=0 code=0 comm= pid=1 grp=1 pid=42 grp=1 res=0");
    cr_expect_eq(event.sender, 77);
    cr_expect_eq(event.id.pid, 42);
    cr_expect_str_eq(event.comm, " pid=1 grp=1");
    cr_expect_eq(event.mono_ns, UINT64_C(1000002000));
}

Test(parse_trace, a_newline_in_a_name_hides_nothing)
{
    static const char first[] = HEAD "sig=9 errno=0 code=0 comm=a";
    static const char both[] = HEAD "sig=9 errno=0 code=0 comm=a\nb pid=42 grp=1 res=0";
    struct traced traced;
    cr_expect_eq(parse_trace_line(first, strlen(first), &traced), -EAGAIN);
    cr_expect_str_eq(parse(both).comm, "a\nb");
    cr_expect_eq(parse(both).id.pid, 42);
    cr_expect_eq(parse("b-77 [003] d..1. 1.0: signal_generate: sig=9 errno=0 code=0 comm=c "
                       "pid=42 grp=1 res=0")
                     .sender,
                 77);
}

Test(parse_trace, losses_are_counted)
{
    struct event event = parse("CPU:1 [LOST 32 EVENTS]");
    cr_expect_eq(event.kind, EVENT_LOST);
    cr_expect_eq(event.count, 32);
}

Test(parse_trace, anything_else_is_no_event)
{
    static const char *const lines[] = {
        "",
        "\n",
        "# tracer: nop",
        "signal_generate: sig=15",
        " signal_generate: sig=15 errno=0 code=0 comm=a pid=1 grp=1 res=0",
        "bash-1 signal_generate: sig=15 errno=0 code=0 comm=a pid=1 grp=1 res=0",
        "bash-x [001] d 1.0: signal_generate: sig=15 errno=0 code=0 comm=a pid=1 grp=1 res=0",
        "[001] d 1.0: signal_generate: sig=15 errno=0 code=0 comm=a pid=1 grp=1 res=0",
        HEAD "sig=0 errno=0 code=0 comm=a pid=1 grp=1 res=0",
        HEAD "sig=65 errno=0 code=0 comm=a pid=1 grp=1 res=0",
        HEAD "sig=15 errno=0 code=99999999999 comm=a pid=1 grp=1 res=0",
        HEAD "sig=15 errno=0 code=0 pid=1 grp=1 res=0",
        HEAD "sig=15 errno=0 code=0 comm=a pid=-1 grp=1 res=0",
        HEAD "sig=15 errno=0 code=0 comm=a pid=1 grp=2 res=0",
        HEAD "sig=15 errno=0 code=0 comm=a pid=1 grp=1 res=5",
        HEAD "sig=15 errno=0 code=0 comm=a pid=1 grp=1",
        HEAD "sig=15 errno=0 code=0 comm=a\n",
        WHERE "signal_deliver: sig=9 errno=0 code=0",
        "          <idle>-0 [001] d..1. 1.0: signal_deliver: sig=9 errno=0 code=0 sa_handler=0",
        WHERE "mark_victim: pid=0",
        WHERE "mark_victim: pid=x comm=a total-vm=1kB",
        "CPU:[LOST 9 pid=1 grp=1 res=0",
        "CPU:1 [LOST EVENTS]",
        "CPU:1 [LOST 99999999999999999999999 EVENTS]",
        "CPU:1",
        "[LOST 5 EVENTS]",
    };
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        struct traced traced = {.event.sender = 4711};
        cr_expect_leq(parse_trace_line(lines[i], strlen(lines[i]), &traced), 0, "%s", lines[i]);
        cr_expect_eq(traced.event.sender, 4711, "untouched: %s", lines[i]);
    }
    struct traced event;
    char *huge = calloc(1, 100000);
    cr_assert_not_null(huge);
    memset(huge, 'a', 100000);
    memcpy(huge, HEAD, strlen(HEAD));
    cr_expect_eq(parse_trace_line(huge, 100000, &event), 0);
    free(huge);
    cr_expect_eq(parse_trace_line("a\0b", 3, &event), 0);
}
