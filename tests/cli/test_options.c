#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/cli/options.h"

enum {
    WORDS_MAX = 8
};

/* Splits at blanks into argv, which begins with the program's name. */
static int words(char *line, char **argv)
{
    int argc = 0;
    argv[argc++] = (char *)"reaptop";
    for (char *word = strtok(line, " "); word && argc < WORDS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return argc;
}

struct bad_case {
    char line[40];
    char says[56];
};

ParameterizedTestParameters(options, wrong)
{
    static struct bad_case cases[] = {
        {"--delay abc", "--delay: invalid value 'abc'"},
        {"-d 10ms", "at least 50ms"},
        {"-d", "-d: it needs an argument"},
        {"--delay", "--delay: it needs an argument"},
        {"-n 0", "--iterations: invalid value '0'"},
        {"-p 12,x", "--pid: invalid value 'x'"},
        {"-p 0", "--pid: invalid value '0'"},
        {"-p 2147483648", "--pid: invalid value '2147483648'"},
        {"-p 1,,2", "--pid: invalid value ''"},
        {"-u no-such-user-here", "--user: invalid value 'no-such-user-here'"},
        {"-S Q", "--state: invalid value 'Q'"},
        {"-s shoe", "--sort: invalid value 'shoe'"},
        {"--color=pink", "--color: invalid value 'pink'"},
        {"--frobnicate", "--frobnicate: no such"},
        {"-%", "-%: no such"},
    };
    return cr_make_param_array(struct bad_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct bad_case *one, options, wrong)
{
    char line[40], *argv[WORDS_MAX + 1];
    strcpy(line, one->line);
    int argc = words(line, argv);
    struct options options = OPTIONS_INIT;
    struct error error = ERROR_INIT;
    cr_expect_eq(options_take(&options, &argc, argv, NULL, true, &error), -EINVAL, "%s", one->line);
    cr_expect(strstr(error.message, one->says), "%s: %s", one->line, error.message);
    options_done(&options);
}

Test(options, are_taken_and_operands_left)
{
    char line[] = "-d1.5s tree -J 12 --pid=7,8";
    char *argv[WORDS_MAX + 1];
    int argc = words(line, argv);
    struct options options = OPTIONS_INIT;
    struct error error = ERROR_INIT;

    cr_assert_eq(options_take(&options, &argc, argv, NULL, true, &error), 0, "%s", error.message);
    cr_expect_eq(options.delay_ns, 1500000000);
    cr_assert_eq(argc, 5);
    cr_expect_str_eq(argv[1], "tree");
    cr_expect_not(options.json, "what is behind the command is the command's");

    argc--;
    cr_assert_eq(options_take(&options, &argc, argv + 1, NULL, false, &error), 0);
    cr_assert_eq(argc, 2);
    cr_expect_str_eq(argv[2], "12");
    cr_expect(options.json);
    cr_assert_eq(options.pid_count, 2);
    cr_expect_eq(options.pids[1], 8);
    options_done(&options);
}

Test(options, a_command_s_own_come_first)
{
    static const struct option_info own[] = {{"signals", '\0', NULL, "own flag"},
                                             {"sort", 's', "KEY", "own sort"},
                                             {NULL, 0, NULL, NULL}};
    char line[] = "--signals -s swap -A";
    char *argv[WORDS_MAX + 1];
    int argc = words(line, argv);
    struct options options = OPTIONS_INIT;
    struct error error = ERROR_INIT;
    cr_assert_eq(options_take(&options, &argc, argv, own, false, &error), 0, "%s", error.message);
    cr_expect_str_eq(options.own[0], "");
    cr_expect_str_eq(options.own[1], "swap");
    cr_expect_not(options.has_sort);
    cr_expect(options.ascii);
    options_done(&options);
}

Test(options, users_and_states_make_a_filter)
{
    char line[] = "-S DZ -u 0,12";
    char *argv[WORDS_MAX + 1];
    int argc = words(line, argv);
    struct options options = OPTIONS_INIT;
    cr_assert_eq(options_take(&options, &argc, argv, NULL, false, NULL), 0);
    struct strbuf expression = STRBUF_INIT;
    options_filter_expression(&options, &expression);
    cr_expect_str_eq(strbuf_text(&expression), "state=DZ and (uid=0 or uid=12)");
    strbuf_done(&expression);
    options_done(&options);
}

Test(options, one_that_is_not_followed_is_named)
{
    _cleanup_(options_done) struct options options = OPTIONS_INIT;
    char line[] = "-J -u 0", *argv[WORDS_MAX + 1];
    int argc = words(line, argv);
    cr_assert_eq(options_take(&options, &argc, argv, NULL, false, NULL), 0);
    cr_expect_null(options_unused(&options, OPTIONS_SELECTIVE));
    cr_expect_null(options_unused(&options, "uJ"));
    cr_expect_str_eq(options_unused(&options, "J"), "--user");
    cr_expect_str_eq(options_unused(&options, "du"), "--json");
}
