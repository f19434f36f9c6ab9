/* Each program's copy that reports its lines runs, observes the same, and executes what is marked.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program_trace.h"
#include "reaptop/base/array.h"
#include "reaptop/lab/experiment.h"

struct named {
    char name[32];
};

/*
 * The run executes this program anew, as it does reaptop. So this becomes the reaptop beside it,
 * whose main() begins with program_run_enter(): a constructor is too early for pthread_exit(3) of
 * it.
 */
__attribute__((constructor)) static void enter(int argc, char **argv)
{
    char path[PATH_MAX];

    if (argc < 1 || !getenv(TRACE_VARIABLE))
        return;
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/../reaptop"));
    path[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        memcpy(slash, "/../reaptop", sizeof("/../reaptop"));
    (void)execv(path, argv);
    _exit(127);
}

static struct criterion_test_params all_programs(void)
{
    static struct named names[128];
    size_t count, n = 0;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++)
        if (lab_program(experiments[i]->name))
            (void)snprintf(names[n++].name, sizeof(names[0].name), "%s", experiments[i]->name);
    return cr_make_param_array(struct named, names, n);
}

static int run_to_end(struct program_run *run)
{
    int r;

    while ((r = program_run_take(run)) == 0) {
        struct pollfd fd = {.fd = program_run_fd(run), .events = POLLIN};
        (void)poll(&fd, 1, -1);
    }
    return r;
}

static const char *line_of(const char *name, unsigned number, size_t *ret_length)
{
    const char *text = lab_program(name);

    for (; number > 1; number--)
        text = strchr(text, '\n') + 1;
    *ret_length = strcspn(text, "\n");
    return text;
}

/* No blank line, directive, comment or lone brace. */
static bool has_code(const char *text, size_t length)
{
    while (length > 0 && isspace((unsigned char)*text))
        text++, length--;
    return length > 1 && *text != '#' && strncmp(text, "/*", 2) != 0 && strncmp(text, "* ", 2) != 0;
}

static bool was_executed(const struct lab_trace *trace, unsigned number)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->lines[i].line == number)
            return true;
    return false;
}

/* What a line that is marked as a step's need not be executed for. */
static const struct {
    const char *name;
    const char *text; /* in the line */
    const char *reason;
} exceptions[] = {
    {"atomic", "failures++;", "two threads that meet are chance"},
    {"channel", "pthread_cond_wait(&changed", "a full or empty channel is chance"},
    {"waitgroup", "static int left", "its value is there before main()"},
};

static bool is_exception(const char *name, const char *text, size_t length)
{
    for (size_t i = 0; i < ELEMENTS(exceptions); i++)
        if (strcmp(exceptions[i].name, name) == 0 &&
            memmem(text, length, exceptions[i].text, strlen(exceptions[i].text)))
            return true;
    return false;
}

/* Does a statement go on behind that line? */
static bool is_open(const char *text, size_t length)
{
    const char *comment = memmem(text, length, "/*", 2);

    if (comment)
        length = (size_t)(comment - text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    return length > 0 && !strchr(";{}", text[length - 1]);
}

/* Of a statement of several lines the first is reported. */
static unsigned begin_of(const char *name, unsigned line)
{
    size_t length;

    while (line > 1) {
        const char *before = line_of(name, line - 1, &length);
        if (*before == '#' || !is_open(before, length))
            break;
        line--;
    }
    return line;
}

/* Itself, or a line of its statement before it. */
static bool was_begun(const struct lab_trace *trace, const char *name, unsigned line)
{
    for (unsigned at = begin_of(name, line); at <= line; at++)
        if (was_executed(trace, at))
            return true;
    return false;
}

static void expect_marks_executed(const char *name, const struct lab_trace *trace)
{
    for (unsigned line = 1; line <= lab_program_lines(name); line++) {
        size_t length;
        const char *text = line_of(name, line, &length);
        bool is_marked = false;
        for (unsigned step = 0; step < LAB_STEPS_MAX; step++)
            is_marked |= lab_program_line_is_of(name, step, text, length);
        if (is_marked && !is_exception(name, text, length))
            cr_expect(was_begun(trace, name, line), "%s:%u: marked and not executed: %.*s", name,
                      line, (int)length, text);
    }
}

ParameterizedTestParameters(programs, report_their_lines)
{
    return all_programs();
}

ParameterizedTest(struct named *named, programs, report_their_lines, .timeout = 600)
{
    struct program_run *run = NULL;
    struct error error = ERROR_INIT;

    cr_assert_eq(program_run_start(named->name, &run, &error), 0, "%s", error.message);
    cr_assert_eq(run_to_end(run), 1);
    const struct lab_trace *trace = program_run_trace(run);
    if (trace->is_timed_out)
        cr_skip("this machine was too busy for it");
    if (WIFEXITED(trace->status) && WEXITSTATUS(trace->status) == PROGRAM_RUN_SKIPPED)
        cr_skip("this machine does not have what it shows");
    cr_expect_eq(trace->status, 0, "%s: wait status %#x: %s", named->name, (unsigned)trace->status,
                 trace->output);
    cr_expect_gt(trace->count, 0);
    cr_expect_eq(trace->lost, 0);
    for (size_t i = 0; i < trace->count; i++) {
        size_t length;
        const char *text = line_of(named->name, trace->lines[i].line, &length);
        cr_expect(has_code(text, length), "%s:%u: %.*s", named->name, trace->lines[i].line,
                  (int)length, text);
    }
    expect_marks_executed(named->name, trace);
    cr_expect_null(program_run_stop(run));
}

/* fork: the parent's and the child's lines, and what they wrote where it was written. */
Test(programs, parent_and_child_are_told_apart)
{
    struct program_run *run = NULL;
    struct error error = ERROR_INIT;

    cr_assert_eq(program_run_start("fork", &run, &error), 0, "%s", error.message);
    cr_assert_eq(run_to_end(run), 1);
    const struct lab_trace *trace = program_run_trace(run);
    const struct lab_line *first = &trace->lines[0];
    size_t of_child = 0;
    cr_expect_eq(first->process, 1);
    cr_expect_eq(first->output, 0);
    for (size_t i = 0; i < trace->count; i++) {
        const struct lab_line *line = &trace->lines[i];
        cr_expect_eq(line->process == 1, line->pid == first->pid);
        cr_expect_eq(line->pid, line->tid);
        if (line->process == 2) {
            cr_expect_eq(line->parent, first->pid);
            of_child++;
        }
        cr_expect_geq(line->output, i > 0 ? line[-1].output : 0);
    }
    cr_expect_gt(of_child, 0);
    cr_expect_gt(trace->output_size, 0);
    (void)program_run_stop(run);
}

Test(programs, one_that_is_stopped_early_leaves_nothing)
{
    struct program_run *run = NULL;
    struct error error = ERROR_INIT;

    cr_assert_eq(program_run_start("zombie", &run, &error), 0, "%s", error.message);
    cr_expect_null(program_run_stop(run));
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
    cr_expect_eq(errno, ECHILD);
    cr_expect_eq(program_run_start("no-such", &run, &error), -ENOENT);
}

/* ---- memory that a program has written anything into ---- */

static void report(struct trace_memory *memory, uint32_t line, uint32_t output)
{
    struct trace_record *record = &memory->records[memory->next++];

    *record = (struct trace_record){
        .pid = 7, .tid = 7, .parent = 1, .process = 1, .nth = 1, .output = output, .line = line};
}

Test(programs, reports_that_cannot_be_are_refused)
{
    struct trace_memory *memory = calloc(1, sizeof(*memory));
    struct lab_trace trace = LAB_TRACE_INIT;

    cr_assert_not_null(memory);
    memory->output_size = 4;
    memory->output_total = 9;
    memcpy(memory->output, "abcd", 4);
    report(memory, 1, 0);
    report(memory, 0, 0);
    report(memory, 21, 0);
    report(memory, UINT32_MAX, 0);
    report(memory, 2, 0);
    memory->records[4].pid = -1;
    report(memory, 3, 0);
    memory->records[5].process = 0;
    report(memory, 20, 3);
    report(memory, 20, 2);          /* less than before */
    report(memory, 20, UINT32_MAX); /* not known */
    report(memory, 20, 5);          /* more than there is */
    cr_assert_eq(program_trace_read(memory, 20, &trace), 0);
    cr_expect_eq(trace.count, 5);
    cr_expect_eq(trace.refused, 5);
    cr_expect_eq(trace.lost, 0);
    cr_expect_eq(trace.lines[1].output, 3);
    cr_expect_eq(trace.lines[2].output, 3);
    cr_expect_eq(trace.lines[3].output, 3);
    cr_expect_eq(trace.lines[4].output, 4);
    cr_expect_str_eq(trace.output, "abcd");
    cr_expect_eq(trace.output_total, 9);
    lab_trace_done(&trace);
    free(memory);
}

Test(programs, a_count_beyond_the_memory_is_no_place)
{
    struct trace_memory *memory = calloc(1, sizeof(*memory));
    struct lab_trace trace = LAB_TRACE_INIT;

    cr_assert_not_null(memory);
    memory->next = UINT32_MAX;
    memory->output_size = UINT32_MAX;
    cr_assert_eq(program_trace_read(memory, 20, &trace), 0);
    cr_expect_eq(trace.count, 0);
    cr_expect_eq(trace.refused, TRACE_RECORDS);
    cr_expect_eq(trace.lost, UINT32_MAX - TRACE_RECORDS);
    cr_expect_eq(trace.output_size, TRACE_OUTPUT);
    lab_trace_done(&trace);
    free(memory);
}
