#include "reaptop/model/signals.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"

Test(signals, there_are_62_in_order_without_the_c_librarys_own)
{
    cr_assert_eq(signals_count(), 62);
    for (size_t i = 1; i < signals_count(); i++)
        cr_assert_lt(signals[i - 1].number, signals[i].number);
    cr_assert_null(signal_find(0));
    cr_assert_null(signal_find(-1));
    cr_assert_null(signal_find(32));
    cr_assert_null(signal_find(33));
    cr_assert_null(signal_find(65));
}

Test(signals, every_name_reads_back_as_its_number)
{
    for (size_t i = 0; i < signals_count(); i++) {
        char with_prefix[32];
        char digits[32];
        (void)snprintf(with_prefix, sizeof(with_prefix), "sig%s", signals[i].name);
        (void)snprintf(digits, sizeof(digits), "%d", signals[i].number);
        cr_assert_eq(signal_from_text(signals[i].name), signals[i].number);
        cr_assert_eq(signal_from_text(with_prefix), signals[i].number);
        cr_assert_eq(signal_from_text(digits), signals[i].number);
        cr_assert_eq(signal_find(signals[i].number), &signals[i]);
        cr_assert_str_eq(signal_name(signals[i].number), signals[i].name);
        cr_assert_gt(strlen(signals[i].meaning), 0);
    }
}

/* The C library knows the standard ones too. */
Test(signals, standard_names_agree_with_the_c_library)
{
    for (int number = 1; number < 32; number++) {
        const char *theirs = sigabbrev_np(number);
        cr_assert_not_null(theirs);
        cr_assert_eq(signal_from_text(theirs), number, "%s", theirs);
    }
}

Test(signals, texts)
{
    const struct {
        const char *text;
        int number;
    } cases[] = {
        {"TERM", SIGTERM},
        {"SIGTERM", SIGTERM},
        {"sigterm", SIGTERM},
        {"15", 15},
        {"CLD", SIGCHLD},
        {"IOT", SIGABRT},
        {"SIGPOLL", SIGIO},
        {"POLL", SIGIO},
        {"RTMIN", SIGRTMIN},
        {"RTMIN+0", SIGRTMIN},
        {"SIGRTMIN+3", SIGRTMIN + 3},
        {"rtmin+30", SIGRTMAX},
        {"RTMAX", SIGRTMAX},
        {"RTMAX-1", SIGRTMAX - 1},
        {"RTMAX-30", SIGRTMIN},
        {"", -EINVAL},
        {"SIG", -EINVAL},
        {"0", -EINVAL},
        {"-1", -EINVAL},
        {"32", -EINVAL},
        {"33", -EINVAL},
        {"65", -EINVAL},
        {"99999999999999999999", -EINVAL},
        {"15x", -EINVAL},
        {" TERM", -EINVAL},
        {"SIGSIGTERM", -EINVAL},
        {"RTMIN-1", -EINVAL},
        {"RTMIN+31", -EINVAL},
        {"RTMIN+-1", -EINVAL},
        {"RTMIN+", -EINVAL},
        {"RTMAX+1", -EINVAL},
        {"RTMAX-31", -EINVAL},
        {"RTMINX", -EINVAL},
        {"SIG15", -EINVAL},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        cr_expect_eq(signal_from_text(cases[i].text), cases[i].number, "\"%s\" gave %d",
                     cases[i].text, signal_from_text(cases[i].text));
}

Test(signals, default_actions)
{
    const struct {
        int number;
        enum signal_action action;
    } cases[] = {
        {SIGHUP, SIGNAL_TERMINATES},   {SIGQUIT, SIGNAL_DUMPS_CORE},  {SIGKILL, SIGNAL_TERMINATES},
        {SIGSEGV, SIGNAL_DUMPS_CORE},  {SIGCHLD, SIGNAL_IS_IGNORED},  {SIGURG, SIGNAL_IS_IGNORED},
        {SIGWINCH, SIGNAL_IS_IGNORED}, {SIGCONT, SIGNAL_CONTINUES},   {SIGSTOP, SIGNAL_STOPS},
        {SIGTSTP, SIGNAL_STOPS},       {SIGTTIN, SIGNAL_STOPS},       {SIGTTOU, SIGNAL_STOPS},
        {SIGIO, SIGNAL_TERMINATES},    {SIGPWR, SIGNAL_TERMINATES},   {SIGSYS, SIGNAL_DUMPS_CORE},
        {SIGRTMIN, SIGNAL_TERMINATES}, {SIGRTMAX, SIGNAL_TERMINATES},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        cr_expect_eq(signal_find(cases[i].number)->action, cases[i].action, "%s",
                     signal_name(cases[i].number));
}

Test(signals, sets)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    signal_set set = signal_bit(1) | signal_bit(15) | signal_bit(SIGRTMIN + 1) | signal_bit(64);
    signal_set_describe(set, &out);
    cr_assert_str_eq(strbuf_text(&out), "HUP TERM RTMIN+1 RTMAX");
    cr_assert(signal_set_has(set, 64));
    cr_assert_not(signal_set_has(set, 2));
    cr_assert_not(signal_set_has(~UINT64_C(0), 0));
    cr_assert_not(signal_set_has(~UINT64_C(0), 65));

    strbuf_clear(&out);
    signal_set_describe(UINT64_MAX & ~signal_bit(SIGKILL) & ~signal_bit(SIGSTOP), &out);
    cr_assert_str_eq(strbuf_text(&out), "all but KILL STOP");

    strbuf_clear(&out);
    signal_set_describe(UINT64_MAX & ~signal_bit(32), &out);
    cr_assert_str_eq(strbuf_text(&out), "all");

    strbuf_clear(&out);
    signal_set_describe(0, &out);
    cr_assert_str_eq(strbuf_text(&out), "");

    strbuf_clear(&out);
    signal_set_describe(signal_bit(32), &out);
    cr_assert_str_eq(strbuf_text(&out), "32");
}
