/* A run that was recorded by hand, as the screen and the command line show it. */
#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/cli/trace_narration.h"

enum {
    PARENT = 4711,
    CHILD = 4712,
    FORK = 11,     /* pid_t pid = fork(); */
    IS_CHILD = 17, /* if (pid == 0) { */
    NUMBER = 18,   /* number = 2; */
    CHILD_SAYS = 19,
    WAIT = 23, /* waitpid(pid, &status, 0); */
};

static struct lab_line lines[] = {
    {.pid = PARENT, .tid = PARENT, .parent = 1, .process = 1, .line = FORK, .nth = 1},
    {.pid = PARENT, .tid = PARENT, .parent = 1, .process = 1, .line = WAIT, .nth = 1},
    {.pid = CHILD, .tid = CHILD, .parent = PARENT, .process = 2, .line = IS_CHILD, .nth = 1},
    {.pid = CHILD, .tid = CHILD, .parent = PARENT, .process = 2, .line = NUMBER, .nth = 16},
    {.pid = CHILD, .tid = CHILD, .parent = PARENT, .process = 2, .line = CHILD_SAYS, .nth = 1},
};

static char output[] = "child \033[31m\nparent\n";

static const struct lab_trace trace = {
    .lines = lines,
    .count = ELEMENTS(lines),
    .output = output,
    .output_size = sizeof(output) - 1,
    .output_total = 100,
    .lost = 3,
};

/* Does a line of the document hold both texts? */
static bool has_line(const struct document *doc, const char *one, const char *other)
{
    for (size_t i = 0; i < doc->line_count; i++) {
        if (doc->lines[i].span_count == 0)
            continue;
        const struct document_span *first = &doc->spans[doc->lines[i].first_span];
        const struct document_span *last = first + doc->lines[i].span_count - 1;
        const char *from = strbuf_text(&doc->text) + first->start;
        size_t size = last->start + last->length - first->start;
        if (memmem(from, size, one, strlen(one)) && memmem(from, size, other, strlen(other)))
            return true;
    }
    return false;
}

Test(trace_narration, each_line_has_its_process_and_what_was_written_before)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    trace_narration_lines(&doc, "fork", &trace);
    trace_narration_end(&doc, &trace);
    cr_expect(has_line(&doc, "4711", "pid_t pid = fork();"));
    cr_expect(has_line(&doc, "4712", "a child of 4711"));
    cr_expect(has_line(&doc, "number = 2;", "executed 16 times"));
    cr_expect(has_line(&doc, "| ", "parent"));
    cr_expect(has_line(&doc, "Exit status 0", ""));
    cr_expect(has_line(&doc, "3 more lines", ""));
    cr_expect(has_line(&doc, "Of 100 bytes", ""));
}

Test(trace_narration, a_step_marks_the_line_and_where_the_others_are)
{
    size_t line = 0;
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    trace_narration_step(&doc, "fork", &trace, 2, 40, &line);
    cr_expect(has_line(&doc, "Executed line 3 of 5", "a child of 4711"));
    cr_expect(has_line(&doc, ">    4712  17", "if (pid == 0) {"));
    cr_expect(has_line(&doc, "     4711  23", "waitpid(pid"));
    cr_expect_not(has_line(&doc, "4711  11", ""), "only its last line");
    cr_expect_not(has_line(&doc, "| ", "child"), "not written yet");
    cr_expect_eq(line, 17, "below the heading");
}

Test(trace_narration, on_few_rows_the_lines_around_the_marked_one_are_shown)
{
    size_t line = 0;
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    trace_narration_step(&doc, "fork", &trace, 4, 14, &line);
    cr_expect_leq(doc.line_count, 18);
    cr_expect(has_line(&doc, ">    4712  19", "dprintf"));
    cr_expect_not(has_line(&doc, "int main(void)", ""));
    cr_expect(has_line(&doc, "| ", "parent"));
    cr_expect_lt(line, doc.line_count);
}

Test(trace_narration, a_line_that_the_program_has_not_is_no_text)
{
    size_t length = 7;

    cr_expect_null(trace_narration_text("fork", 0, &length));
    cr_expect_null(trace_narration_text("fork", 27, &length));
    cr_expect_null(trace_narration_text("no-such", 1, &length));
    cr_expect_not_null(trace_narration_text("fork", 26, &length));
    cr_expect_eq(length, 1);
}
