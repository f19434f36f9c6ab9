/*
 * Long work that Ctrl-C ends: the signal is pending before the command begins, so that it is
 * there at the first look at it, whatever the machine does meanwhile.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/progress.h"
#include "support/capture.h"

#define FIXTURE "tests/fixtures/recording/version-1.jsonl"

enum {
    WORDS_MOST = 8
};

static struct strbuf out, err;

static void teardown(void)
{
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(progress, .fini = teardown);

static int run_words(int argc, char **argv)
{
    struct options options = OPTIONS_INIT;
    struct error error = ERROR_INIT;
    const struct command *command = command_find(argv[0]);
    cr_assert_not_null(command);
    cr_assert_eq(
        options_take(&options, &argc, argv, command->options, command->stops_at_operand, &error), 0,
        "%s", error.message);
    int status = command->run(&options, argc, argv);
    options_done(&options);
    return status;
}

/* PID in the line is ours. Its exit status; what it wrote is in `out` and `err`. SIGINT is no
 * longer pending afterwards. */
static int run_interrupted(const char *line)
{
    char words[256], self[16], *argv[WORDS_MOST + 1], *rest = NULL;
    int argc = 0;
    sigset_t set, former;
    (void)snprintf(words, sizeof(words), "%s", line);
    (void)snprintf(self, sizeof(self), "%d", (int)getpid());
    for (char *word = strtok_r(words, " ", &rest); word && argc < WORDS_MOST;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = strcmp(word, "PID") == 0 ? self : word;
    argv[argc] = NULL;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    cr_assert_eq(sigprocmask(SIG_BLOCK, &set, &former), 0);
    (void)raise(SIGINT);
    strbuf_clear(&out);
    strbuf_clear(&err);
    cr_assert_eq(capture_begin(), 0);
    int status = run_words(argc, argv);
    capture_end(&out, &err);
    cr_expect_eq(sigpending(&set), 0);
    cr_expect_not(sigismember(&set, SIGINT), "%s took it", line);
    (void)sigprocmask(SIG_SETMASK, &former, NULL);
    return status;
}

/* A command and what it says of how far it came. */
struct work {
    const char *line, *says;
};

Test(progress, control_c_ends_long_work_with_what_is_known)
{
    static const struct work works[] = {
        {"who /", "reaptop: who: ended after "},
        {"pages PID", " pages\n"},
        {"pages PID PID", " pages\n"},
        {"lab all", "reaptop: lab: ended after 0 of "},
        {"tree --from " FIXTURE, "reaptop: tree: ended after 0 of "},
        {"show --from " FIXTURE " 710", "reaptop: show: ended after 0 of "},
        {"why --from " FIXTURE " 710", "reaptop: why: ended after 0 of "},
    };
    for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
        cr_expect_eq(run_interrupted(works[i].line), EXIT_INTERRUPTED, "%s: %s", works[i].line,
                     strbuf_text(&err));
        cr_expect_not_null(strstr(strbuf_text(&err), works[i].says), "%s: %s", works[i].line,
                           strbuf_text(&err));
    }
}

Test(progress, json_stays_whole_and_says_that_it_is_cut)
{
    cr_expect_eq(run_interrupted("pages -J PID"), EXIT_INTERRUPTED);
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc, "%s", strbuf_text(&out));
    cr_expect_str_eq(json_string_value(json_object_get(doc, "pages_cut")), "interrupted");
    cr_expect_gt(json_integer_value(json_object_get(json_object_get(doc, "counts"), "pages")), 0);
    json_decref(doc);

    cr_expect_eq(run_interrupted("lab -J all"), EXIT_INTERRUPTED);
    doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc, "%s", strbuf_text(&out));
    cr_expect_eq(json_array_size(json_object_get(doc, "experiments")), 0);
    cr_expect(json_is_true(json_object_get(doc, "experiments_cut")));
    json_decref(doc);
}

Test(progress, pages_say_their_sum_so_far)
{
    cr_expect_eq(run_interrupted("pages PID"), EXIT_INTERRUPTED);
    cr_expect_not_null(strstr(strbuf_text(&out), "  all "), "%s", strbuf_text(&out));
}
