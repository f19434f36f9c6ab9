#include <criterion/criterion.h>
#include <jansson.h>
#include <locale.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "support/capture.h"

static struct strbuf out, err;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void teardown(void)
{
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(command_explain, .init = setup, .fini = teardown);

static int explain(bool json, const char *topic, const char *more)
{
    struct options options = {.json = json};
    char *argv[] = {(char *)"explain", (char *)topic, (char *)more, NULL};
    int argc = 1 + (topic != NULL) + (more != NULL);
    strbuf_clear(&out);
    strbuf_clear(&err);
    cr_assert_eq(capture_begin(), 0);
    int status = command_explain(&options, argc, argv);
    capture_end(&out, &err);
    return status;
}

Test(command_explain, a_state_letter)
{
    cr_assert_eq(explain(false, "Z", NULL), EXIT_DONE);
    cr_assert_eq(strncmp(strbuf_text(&out), "Z, state: zombie\n", 17), 0);
    cr_assert_not_null(strstr(strbuf_text(&out), "wait(2)"));
    cr_assert_eq(err.length, 0);
}

Test(command_explain, a_term_of_two_words)
{
    cr_assert_eq(explain(false, "page", "frame"), EXIT_DONE);
    cr_assert_not_null(strstr(strbuf_text(&out), "page frame, term"));
    cr_assert_eq(explain(false, "event", "exit"), EXIT_DONE);
    cr_assert_not_null(strstr(strbuf_text(&out), "exit, event"));
}

Test(command_explain, the_name_of_a_call_keeps_its_lower_case)
{
    cr_expect_eq(explain(false, "all system calls are atomic", NULL), 0);
    cr_expect_not_null(strstr(out.data, "  write(2) may take"), "%s", out.data);
    cr_expect_eq(explain(false, "T", NULL), 0);
    cr_expect_not_null(strstr(out.data, "A signal (SIGSTOP"), "%s", out.data);
}

Test(command_explain, json)
{
    cr_assert_eq(explain(true, "SIGKILL", NULL), EXIT_DONE);
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc);
    cr_assert_str_eq(json_string_value(json_object_get(doc, "schema")), "reaptop/explain/1");
    json_t *entry = json_array_get(json_object_get(doc, "entries"), 0);
    cr_assert_str_eq(json_string_value(json_object_get(entry, "name")), "KILL");
    cr_assert_eq(json_integer_value(json_object_get(entry, "number")), 9);
    json_decref(doc);

    cr_assert_eq(explain(true, "states", NULL), EXIT_DONE);
    doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_eq(json_array_size(json_object_get(doc, "entries")), 9);
    json_decref(doc);
}

Test(command_explain, unknown_topics_get_suggestions_and_exit_1)
{
    cr_assert_eq(explain(false, "zomby", NULL), EXIT_NO_MATCH);
    cr_assert_eq(out.length, 0);
    cr_assert_str_eq(strbuf_text(&err),
                     "reaptop: explain: 'zomby': no such topic; perhaps: zombie\n");
    cr_assert_eq(explain(true, "qqqqqq", NULL), EXIT_NO_MATCH);
    cr_assert_eq(out.length, 0);
}

Test(command_explain, a_hostile_topic_reaches_the_terminal_harmless)
{
    cr_assert_eq(explain(false, "\x1b]52;c;x\a\n", NULL), EXIT_NO_MATCH);
    cr_assert_null(strchr(strbuf_text(&err), '\x1b'));
    cr_assert_null(strchr(strbuf_text(&err), '\a'));
    cr_assert_eq(strchr(strbuf_text(&err), '\n'), err.data + err.length - 1);
}

Test(command_explain, plurals_list_a_kind)
{
    cr_assert_eq(explain(false, "states", NULL), EXIT_DONE);
    cr_assert_not_null(strstr(strbuf_text(&out), "|   D   |"));
    cr_assert_eq(explain(false, "columns", NULL), EXIT_DONE);
    cr_assert_not_null(strstr(strbuf_text(&out), "\nTHR       threads       threads in the"));
    cr_assert_eq(explain(false, "errnos", NULL), EXIT_DONE);
    cr_assert_not_null(strstr(strbuf_text(&out), "ESRCH"));
    cr_assert_eq(explain(false, NULL, NULL), EXIT_DONE);
    cr_assert_not_null(strstr(strbuf_text(&out), "explain states"));
}
