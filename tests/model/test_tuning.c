#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/tuning.h"

static const char *forecast(enum tuning_kind kind, const struct tuning_facts *facts,
                            const struct tuning *want, bool *ret_is_allowed)
{
    static struct strbuf text;
    strbuf_clear(&text);
    *ret_is_allowed = tuning_forecast(kind, facts, want, false, &text);
    return strbuf_text(&text);
}

/* A process of ours with the usual limits, and we are nobody special. */
static struct tuning_facts ordinary(void)
{
    struct tuning_facts facts = {
        .now = {.nice = 0},
        .ruid = 1000,
        .euid = 1000,
        .our_euid = 1000,
        .has_ids = true,
        .has_limits = true,
        .threads = 1,
    };
    (void)cpu_mask_parse("0-3", 3, &facts.online);
    facts.now.cpus = facts.allowed = facts.online;
    return facts;
}

Test(tuning, lists_of_processors)
{
    static const struct {
        const char *text, *again;
    } lists[] = {{"0", "0"},
                 {"0-3", "0-3"},
                 {"3,1,2", "1-3"},
                 {"0,2-4,63-65\n", "0,2-4,63-65"},
                 {"", "none"}};
    static const char *const wrong[] = {"-1",   "3-1",           "a",  "1-", "1,,2",
                                        "1024", "0-99999999999", "1 2"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct cpu_mask mask = {{0}};
        struct strbuf out = STRBUF_INIT;
        cr_expect_eq(cpu_mask_parse(lists[i].text, strlen(lists[i].text), &mask), 0, "%s",
                     lists[i].text);
        cpu_mask_describe(&mask, &out);
        cr_expect_str_eq(strbuf_text(&out), lists[i].again);
        strbuf_done(&out);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct cpu_mask mask = {{7}};
        cr_expect_lt(cpu_mask_parse(wrong[i], strlen(wrong[i]), &mask), 0, "%s", wrong[i]);
        cr_expect_eq(mask.bits[0], 7);
    }
}

Test(tuning, the_command_that_would_do_it)
{
    struct tuning want = {.nice = -5,
                          .io_class = IO_CLASS_BEST_EFFORT,
                          .io_level = 2,
                          .policy = POLICY_FIFO,
                          .rt_priority = 10};
    static const char *const commands[TUNING_COUNT][2] = {
        [TUNING_NICE] = {"renice -n -5 -p 812", "renice -n -5 -p $(ls /proc/812/task)"},
        [TUNING_AFFINITY] = {"taskset -pc 0-1 812", "taskset -a -pc 0-1 812"},
        [TUNING_IO] = {"ionice -c 2 -n 2 -p 812", "ionice -c 2 -n 2 -p $(ls /proc/812/task)"},
        [TUNING_POLICY] = {"chrt --fifo -p 10 812", "chrt -a --fifo -p 10 812"},
    };
    (void)cpu_mask_parse("0-1", 3, &want.cpus);
    for (int kind = 0; kind < TUNING_COUNT; kind++)
        for (int all = 0; all < 2; all++) {
            struct strbuf out = STRBUF_INIT;
            tuning_command((enum tuning_kind)kind, &want, 812, all != 0, &out);
            cr_expect_str_eq(strbuf_text(&out), commands[kind][all]);
            strbuf_done(&out);
        }
}

Test(tuning, who_may_change_a_nice_value)
{
    bool is_allowed;
    struct tuning_facts facts = ordinary();
    struct tuning more = {.nice = 5}, less = {.nice = -5};
    (void)forecast(TUNING_NICE, &facts, &more, &is_allowed);
    cr_expect(is_allowed);
    cr_expect(strstr(forecast(TUNING_NICE, &facts, &less, &is_allowed), "RLIMIT_NICE"));
    cr_expect_not(is_allowed);
    facts.limit_nice = 25; /* down to -5 */
    (void)forecast(TUNING_NICE, &facts, &less, &is_allowed);
    cr_expect(is_allowed);
    facts.euid = facts.ruid = 0;
    cr_expect(strstr(forecast(TUNING_NICE, &facts, &more, &is_allowed), "owner"));
    cr_expect_not(is_allowed);
    facts.we_have_sys_nice = true;
    (void)forecast(TUNING_NICE, &facts, &less, &is_allowed);
    cr_expect(is_allowed);
    facts.is_zombie = true;
    cr_expect(strstr(forecast(TUNING_NICE, &facts, &less, &is_allowed), "zombie"));
}

Test(tuning, what_changes_and_what_does_not)
{
    bool is_allowed;
    struct tuning_facts facts = ordinary();
    struct tuning want = facts.now;
    cr_expect(strstr(forecast(TUNING_NICE, &facts, &want, &is_allowed), "Nothing changes"));
    want.nice = 5;
    facts.threads = 3;
    facts.has_autogroup = true;
    facts.now.nice = -1;
    const char *text = forecast(TUNING_NICE, &facts, &want, &is_allowed);
    cr_expect(strstr(text, "2 other threads keep their own"), "%s", text);
    cr_expect(strstr(text, "Autogroups are on"), "%s", text);
    cr_expect(strstr(text, "cannot take it back"), "%s", text);
}

Test(tuning, processors_policies_and_io)
{
    bool is_allowed;
    struct tuning_facts facts = ordinary();
    struct tuning want = facts.now;
    (void)cpu_mask_parse("9", 1, &want.cpus);
    cr_expect(strstr(forecast(TUNING_AFFINITY, &facts, &want, &is_allowed), "online"));
    cr_expect_not(is_allowed);
    (void)cpu_mask_parse("3", 1, &want.cpus);
    (void)cpu_mask_parse("0-1", 3, &facts.allowed);
    cr_expect(strstr(forecast(TUNING_AFFINITY, &facts, &want, &is_allowed), "control group"));
    want.policy = POLICY_RR;
    want.rt_priority = 10;
    cr_expect(strstr(forecast(TUNING_POLICY, &facts, &want, &is_allowed), "RLIMIT_RTPRIO"));
    cr_expect_not(is_allowed);
    want.io_class = IO_CLASS_REALTIME;
    (void)forecast(TUNING_IO, &facts, &want, &is_allowed);
    cr_expect_not(is_allowed);
    want.io_class = IO_CLASS_IDLE;
    cr_expect(strstr(forecast(TUNING_IO, &facts, &want, &is_allowed), "mq-deadline"));
    cr_expect(is_allowed);
}
