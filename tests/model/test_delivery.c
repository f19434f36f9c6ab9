#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/model/event.h"

static struct strbuf text;

static void done(void)
{
    strbuf_done(&text);
}

TestSuite(delivery, .fini = done);

/* As the tracepoint and the life make it. */
static const char *words(int signal, enum signal_cause cause, enum signal_fate fate, pid_t sender)
{
    struct event event = {.kind = EVENT_SIGNAL,
                          .source = EVENT_FROM_TRACE,
                          .id.pid = 7,
                          .comm = "target",
                          .signal = signal,
                          .sender = sender,
                          .code = 77,
                          .cause = cause,
                          .fate = fate,
                          .handler = 0x55d0c0de};
    if (sender > 0)
        (void)snprintf(event.detail, sizeof event.detail, "sender");
    strbuf_clear(&text);
    event_describe(&event, &text);
    return strbuf_text(&text);
}

Test(delivery, who_sent_it_and_what_became_of_it)
{
    cr_expect_str_eq(words(SIGTERM, CAUSE_KILL, FATE_DEFAULT, 9),
                     "7 target was sent SIGTERM by 9 sender, kill(2); delivered: default action, "
                     "it ends");
    cr_expect_str_eq(words(SIGUSR1, CAUSE_KILL, FATE_HANDLED, 7),
                     "7 target was sent SIGUSR1 by itself, kill(2); delivered to its handler at "
                     "0x55d0c0de");
    cr_expect_str_eq(words(SIGUSR1, CAUSE_SIGQUEUE, FATE_BLOCKED, 9),
                     "7 target was sent SIGUSR1 by 9 sender, sigqueue(3); blocked: pending");
    cr_expect_str_eq(words(SIGUSR1, CAUSE_OTHER, FATE_MERGED, 9),
                     "7 target was sent SIGUSR1 by 9 sender, si_code 77; one was pending already: "
                     "the two are one");
    cr_expect_str_eq(
        words(SIGCHLD, CAUSE_CHILD_STOPPED, FATE_IGNORED, 9),
        "7 target was sent SIGCHLD by the kernel: its child 9 sender stopped; ignored");
}

Test(delivery, the_kernel_s_own_are_reported_with_what_was_inferred)
{
    cr_expect_str_eq(words(SIGINT, CAUSE_TERMINAL_KEY, FATE_DEFAULT, 0),
                     "7 target was sent SIGINT by the kernel: its terminal's interrupt key, Ctrl-C "
                     "(inferred); delivered: default action, it ends");
    cr_expect_str_eq(words(SIGPIPE, CAUSE_BROKEN_PIPE, FATE_DEFAULT, 7),
                     "7 target was sent SIGPIPE by the kernel: it wrote to a pipe or socket "
                     "without a reader (inferred); delivered: default action, it ends");
    cr_expect_str_eq(words(SIGKILL, CAUSE_OOM, FATE_DEFAULT, 9),
                     "7 target was sent SIGKILL by the kernel: memory ran out, and its OOM killer "
                     "chose this one, while 9 sender ran; delivered: default action, it ends");
    cr_expect_str_eq(words(SIGCONT, CAUSE_KILL, FATE_IGNORED, 9),
                     "7 target was sent SIGCONT by 9 sender, kill(2); no handler: it goes on if it "
                     "was stopped");
}

Test(delivery, causes_from_the_kernel_s_codes)
{
    static const struct {
        int signal, code;
        bool is_to_process, is_own;
        enum signal_cause cause;
    } cases[] = {
        {SIGTERM, SI_USER, true, false, CAUSE_KILL},
        {SIGPIPE, SI_USER, false, true, CAUSE_BROKEN_PIPE},
        {SIGPIPE, SI_USER, true, true, CAUSE_KILL},
        {SIGPIPE, SI_USER, false, false, CAUSE_KILL},
        {SIGPIPE, SI_TKILL, false, true, CAUSE_TGKILL},
        {SIGXFSZ, SI_USER, false, true, CAUSE_FILE_LIMIT},
        {SIGABRT, SI_TKILL, false, true, CAUSE_ABORT},
        {SIGABRT, SI_TKILL, false, false, CAUSE_TGKILL},
        {SIGQUIT, SI_KERNEL, true, false, CAUSE_TERMINAL_KEY},
        {SIGHUP, SI_KERNEL, true, false, CAUSE_HANGUP},
        {SIGTTIN, SI_KERNEL, true, true, CAUSE_BACKGROUND},
        {SIGKILL, SI_KERNEL, true, true, CAUSE_KERNEL},
        {SIGSEGV, SEGV_MAPERR, false, true, CAUSE_NOT_MAPPED},
        {SIGSEGV, 4, false, true, CAUSE_FAULT},
        {SIGILL, ILL_ILLOPC, false, true, CAUSE_FAULT},
        {SIGCHLD, CLD_KILLED, true, false, CAUSE_CHILD_KILLED},
        {SIGUSR1, -99, true, false, CAUSE_OTHER},
        {SIGUSR1, 99, true, false, CAUSE_OTHER},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        cr_expect_eq(
            delivery_cause(cases[i].signal, cases[i].code, cases[i].is_to_process, cases[i].is_own),
            cases[i].cause, "signal %d code %d", cases[i].signal, cases[i].code);
}

Test(delivery, every_cause_and_fate_has_a_name_of_its_own)
{
    for (int i = 0; i < CAUSE_COUNT; i++)
        for (int j = 0; j < i; j++)
            cr_expect_str_neq(delivery_cause_name((enum signal_cause)i),
                              delivery_cause_name((enum signal_cause)j));
    for (int i = 0; i < FATE_COUNT; i++)
        for (int j = 0; j < i; j++)
            cr_expect_str_neq(delivery_fate_name((enum signal_fate)i),
                              delivery_fate_name((enum signal_fate)j));
}
