/* Each program compiles alone and observes what its experiment claims. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/lab/experiment.h"

struct named {
    char name[32];
};

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

/* Its exit status; 127: it could not be executed. */
static int run(const char *const *arguments)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    (void)waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

ParameterizedTestParameters(programs, compile_alone_and_observe)
{
    return all_programs();
}

ParameterizedTest(struct named *named, programs, compile_alone_and_observe, .timeout = 600)
{
    char directory[] = "/tmp/reaptop-test-XXXXXX", source[64], program[64];
    const char *const compile[] = {"cc", "-Wall", "-Wextra", "-Werror", "-pthread",
                                   "-o", program, source,    NULL};
    const char *const execute[] = {program, NULL};

    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(source, sizeof(source), "%s/x.c", directory);
    (void)snprintf(program, sizeof(program), "%s/x", directory);
    FILE *file = fopen(source, "we");
    cr_assert_not_null(file);
    cr_expect_geq(fputs(lab_program(named->name), file), 0);
    (void)fclose(file);
    int compiled = run(compile), observed = compiled == 0 ? run(execute) : -1;
    (void)unlink(source);
    (void)unlink(program);
    (void)rmdir(directory);
    if (compiled == 127)
        cr_skip("no C compiler is installed");
    cr_expect_eq(compiled, 0, "%s does not compile", named->name);
    if (observed == 77)
        cr_skip("this machine does not have what it shows");
    cr_expect_eq(observed, 0, "%s observes something else: status %d", named->name, observed);
}

/* As long as can be read on one screen and a half; longer ones with the reason. */
static const struct {
    const char *name;
    unsigned lines;
} longer[] = {
    {"fault", 65}, /* three kinds of fault, a handler to come back from, and a file */
};

Test(programs, are_20_to_60_lines)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++) {
        const char *text = lab_program(experiments[i]->name);
        unsigned lines = 0, most = 60;
        for (const char *at = text; at && (at = strchr(at, '\n')) != NULL; at++)
            lines++;
        for (size_t j = 0; j < ELEMENTS(longer); j++)
            if (strcmp(experiments[i]->name, longer[j].name) == 0)
                most = longer[j].lines;
        if (text)
            cr_expect(lines >= 20 && lines <= most, "%s: %u lines", experiments[i]->name, lines);
    }
}

/* How many lines of the program are marked as that step's. */
static unsigned marked(const char *name, unsigned step)
{
    unsigned count = 0;
    const char *line = lab_program(name);

    for (const char *end; line && (end = strchr(line, '\n')) != NULL; line = end + 1)
        count += lab_program_line_is_of(name, step, line, (size_t)(end - line));
    return count;
}

Test(programs, lines_of_a_step_are_marked)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++) {
        unsigned all = 0;
        for (unsigned j = 0; j < lab_step_count(experiments[i]); j++) {
            unsigned here = marked(experiments[i]->name, j);
            all += here;
            cr_expect_leq(here, 12, "%s step %u: %u lines", experiments[i]->name, j + 1, here);
        }
        cr_expect_eq(all > 0, lab_program(experiments[i]->name) != NULL, "%s",
                     experiments[i]->name);
    }
    cr_expect_eq(marked("no-such", 0), 0);
    cr_expect_eq(marked("zombie", LAB_STEPS_MAX), 0);
}

Test(programs, there_are_some_and_no_other_name_has_one)
{
    cr_expect_not_null(lab_program("fork"));
    cr_expect_null(lab_program("no-such"));
}
