#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/source/parse_trace.h"

#define HEAD "            bash-31888   [001] dN.2.  7789.940516: signal_generate: "

static struct event parse(const char *line)
{
    struct event event = {0};
    cr_assert_eq(parse_trace_line(line, strlen(line), &event), 1, "%s", line);
    return event;
}

Test(parse_trace, a_kill)
{
    struct event event = parse(HEAD "sig=15 errno=0 code=0 comm=sleep pid=31921 grp=1 res=0");
    cr_expect_eq(event.kind, EVENT_SIGNAL);
    cr_expect_eq(event.source, EVENT_FROM_TRACE);
    cr_expect_eq(event.sender, 31888);
    cr_expect_eq(event.id.pid, 31921);
    cr_expect_eq(event.id.start_ticks, 0);
    cr_expect_eq(event.signal, 15);
    cr_expect_str_eq(event.comm, "sleep");
    cr_expect_str_eq(event.detail, "kill(2), delivered");
    cr_expect_eq(event.mono_ns, UINT64_C(7789940516000));
}

Test(parse_trace, codes_and_results_in_words)
{
    static const struct {
        const char *rest, *detail;
    } cases[] = {
        {"sig=17 errno=0 code=1 comm=a pid=1 grp=1 res=1", "its child exited, ignored"},
        {"sig=11 errno=0 code=1 comm=a pid=1 grp=0 res=0",
         "an address that is not mapped, delivered"},
        {"sig=2 errno=0 code=128 comm=a pid=1 grp=1 res=0", "by the kernel, delivered"},
        {"sig=10 errno=0 code=-6 comm=a pid=1 grp=0 res=2", "tgkill(2), already pending"},
        {"sig=34 errno=0 code=-1 comm=a pid=1 grp=1 res=3", "sigqueue(3), the queue was full"},
        {"sig=40 errno=11 code=-2 comm=a pid=1 grp=1 res=4",
         "a timer, delivered without its details"},
        {"sig=15 errno=0 code=77 comm=a pid=1 grp=1 res=0", "si_code 77, delivered"},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        char line[256];
        (void)snprintf(line, sizeof line, "%s%s", HEAD, cases[i].rest);
        cr_expect_str_eq(parse(line).detail, cases[i].detail);
    }
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
        "CPU:1 [LOST EVENTS]",
        "CPU:1 [LOST 99999999999999999999999 EVENTS]",
        "CPU:1",
        "[LOST 5 EVENTS]",
    };
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        struct event event = {.sender = 4711};
        cr_expect_eq(parse_trace_line(lines[i], strlen(lines[i]), &event), 0, "%s", lines[i]);
        cr_expect_eq(event.sender, 4711, "untouched: %s", lines[i]);
    }
    struct event event;
    char *huge = calloc(1, 100000);
    cr_assert_not_null(huge);
    memset(huge, 'a', 100000);
    memcpy(huge, HEAD, strlen(HEAD));
    cr_expect_eq(parse_trace_line(huge, 100000, &event), 0);
    free(huge);
    cr_expect_eq(parse_trace_line("a\0b", 3, &event), 0);
}
