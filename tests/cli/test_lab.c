#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/lab/lab.h"
#include "support/capture.h"

/* The status; output and errors in the buffers, which belong to the test. */
static int run(struct options options, const char *name, struct strbuf *out, struct strbuf *err)
{
    char command[] = "lab", operand[32];
    char *argv[] = {command, operand, NULL};

    (void)snprintf(operand, sizeof(operand), "%s", name ? name : "");
    cr_assert_eq(capture_begin(), 0);
    int status = command_lab(&options, name ? 2 : 1, argv);
    capture_end(out, err);
    return status;
}

Test(lab, lists_every_experiment_under_its_chapter)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    cr_expect_eq(run((struct options){0}, NULL, &out, &err), EXIT_DONE);
    for (size_t i = 0; i < count; i++)
        cr_expect_not_null(strstr(strbuf_text(&out), experiments[i]->title), "%s",
                           experiments[i]->name);
    cr_expect_not_null(strstr(strbuf_text(&out), lab_chapter_title(LAB_SYNC)));
    cr_expect_eq(err.length, 0);
}

Test(lab, narrates_with_the_evidence)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;

    cr_expect_eq(run((struct options){0}, "zombie", &out, &err), EXIT_DONE);
    const char *text = strbuf_text(&out);
    cr_expect_not_null(strstr(text, "(child) Z "), "%s", text);
    cr_expect_not_null(strstr(text, "zombie: seen"), "%s", text);
    cr_expect_eq(err.length, 0, "%s", strbuf_text(&err));
}

Test(lab, gives_steps_and_observations_as_json)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;

    cr_assert_eq(run((struct options){.json = true}, "orphan", &out, &err), EXIT_DONE);
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc, "%s", strbuf_text(&out));
    cr_expect_str_eq(json_string_value(json_object_get(doc, "schema")), "reaptop/lab/1");
    cr_expect_str_eq(json_string_value(json_object_get(doc, "result")), "seen");
    json_t *steps = json_object_get(doc, "steps");
    cr_expect_eq(json_array_size(steps), lab_step_count(lab_find("orphan")));
    json_t *sights = json_object_get(json_array_get(steps, 0), "observations");
    cr_expect_eq(json_array_size(sights), lab_sight_count(&lab_find("orphan")->steps[0]));
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(sights, 0), "result")),
                     "seen");
    json_decref(doc);
}

Test(lab, refuses_what_it_does_not_know_and_what_it_may_not)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;

    cr_expect_eq(run((struct options){0}, "zomby", &out, &err), EXIT_USAGE);
    cr_expect_not_null(strstr(strbuf_text(&err), "zomby"));
    strbuf_clear(&err);
    cr_expect_eq(run((struct options){.readonly = true}, "zombie", &out, &err), EXIT_USAGE);
    cr_expect_not_null(strstr(strbuf_text(&err), "--readonly"));
    cr_expect_eq(out.length, 0);
}

static bool nobody_is_left(void)
{
    for (int turn = 0; turn < 5000; turn++) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid < 0 && errno == ECHILD)
            return true;
        if (pid == 0)
            (void)poll(NULL, 0, 2);
    }
    return false;
}

/* What comes until the other end is closed, as a string. */
static void drain(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;
    while ((got = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
}

Test(lab, control_c_ends_it_and_leaves_nobody)
{
    static char told[1 << 16];
    int output[2], status = 0;
    char byte;

    (void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* whoever is left comes to us */
    cr_assert_eq(pipe(output), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char command[] = "lab", name[] = "all";
        char *argv[] = {command, name, NULL};
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(output[1], 1);
        (void)close(output[0]);
        (void)close(output[1]);
        _exit(command_lab(&(struct options){0}, 2, argv));
    }
    (void)close(output[1]);
    cr_assert_eq(read(output[0], &byte, 1), 1, "the first row");
    cr_assert_eq(kill(pid, SIGINT), 0);
    drain(output[0], told, sizeof(told));
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 130, "status %#x", status);
    cr_expect_not_null(strstr(told, " seen, "), "the sum of those that were run: %s", told);
    cr_expect(nobody_is_left());
    (void)close(output[0]);
}

Test(lab, worksheets_ask_and_answers_tell_without_running_anything)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    struct options asks = {.readonly = true, .own = {[2] = ""}};
    struct options tells = {.readonly = true, .own = {[3] = ""}};
    const struct lab_step *step = &lab_find("zombie")->steps[0];

    cr_expect_eq(run(asks, "zombie", &out, &err), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), step->question));
    cr_expect_null(strstr(strbuf_text(&out), "Answer: "), "%s", strbuf_text(&out));
    strbuf_clear(&out);
    cr_expect_eq(run(tells, "all", &out, &err), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "Answer: 2 an entry in state Z"));
    cr_expect_eq(err.length, 0, "%s", strbuf_text(&err));
}

Test(lab, the_source_is_the_program_alone)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    struct options source = {.own = {[1] = ""}};

    cr_expect_eq(run(source, "zombie", &out, &err), EXIT_DONE);
    cr_expect_str_eq(strbuf_text(&out), lab_program("zombie"));
    cr_expect_eq(run(source, "all", &out, &err), EXIT_USAGE);
}

Test(lab, a_trace_is_of_one_experiment_alone)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    struct options trace = {.own = {[6] = ""}}, both = {.own = {[0] = "", [6] = ""}};
    struct options readonly = {.readonly = true, .own = {[6] = ""}};

    cr_expect_eq(run(trace, "all", &out, &err), EXIT_USAGE);
    cr_expect_eq(run(trace, NULL, &out, &err), EXIT_USAGE);
    cr_expect_eq(run(both, "zombie", &out, &err), EXIT_USAGE);
    cr_expect_eq(run(readonly, "zombie", &out, &err), EXIT_USAGE);
    cr_expect_eq(out.length, 0, "%s", strbuf_text(&out));
}

Test(lab, step_by_step_waits_for_lines_and_answers_predictions)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    struct options stepwise = {.own = {[0] = ""}};
    int input[2];

    cr_assert_eq(pipe(input), 0);
    cr_assert_eq(write(input[1], "2\n1\n\n\n", 6), 6);
    cr_assert_eq(dup2(input[0], STDIN_FILENO), STDIN_FILENO);
    cr_expect_eq(run(stepwise, "zombie", &out, &err), EXIT_DONE);
    const char *text = strbuf_text(&out);
    cr_expect_not_null(strstr(text, "Your prediction was right: 2"), "%s", text);
    cr_expect_not_null(strstr(text, "You predicted otherwise; it is: 3"), "%s", text);
    cr_expect_not_null(strstr(text, "Answer: 1"), "%s", text);
    (void)close(input[0]);
    (void)close(input[1]);
}

/* The script goes down standard input. */
static int play_script(const char *script, struct strbuf *out, struct strbuf *err)
{
    char command[] = "lab", play[] = "play", file[] = "-";
    char *argv[] = {command, play, file, NULL};
    int input[2];

    cr_assert_eq(pipe(input), 0);
    cr_assert_eq(write(input[1], script, strlen(script)), (ssize_t)strlen(script));
    (void)close(input[1]);
    cr_assert_eq(dup2(input[0], STDIN_FILENO), STDIN_FILENO);
    (void)close(input[0]);
    cr_assert_eq(capture_begin(), 0);
    int status = command_lab(&(struct options){0}, 3, argv);
    capture_end(out, err);
    return status;
}

Test(lab, play_runs_a_script_and_prints_each_step_as_c)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    int status = play_script("fork\nkill 2\nwait # the first\n", &out, &err);
    cr_expect_eq(status, EXIT_DONE, "%s", strbuf_text(&err));
    cr_expect_not_null(strstr(strbuf_text(&out), "fork();"), "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&out), "SIGKILL"), "%s", strbuf_text(&out));
}

/* It looks like kill(1)'s, and means something else. */
Test(lab, play_refuses_a_third_word)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    int status = play_script("fork\nkill 2 USR1\n", &out, &err);
    cr_expect_eq(status, EXIT_USAGE, "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&err), "line 2: USR1"), "%s", strbuf_text(&err));
    cr_expect_null(strstr(strbuf_text(&out), "SIGKILL"), "%s", strbuf_text(&out));
}

Test(lab, tells_the_system_calls_of_its_processes)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    struct options options = {0};

    options.own[4] = ""; /* --syscalls */
    int status = run(options, "zombie", &out, &err);
    if (strstr(strbuf_text(&err), "no system calls are shown"))
        cr_skip("ptrace is not granted");
    cr_expect_eq(status, EXIT_DONE, "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&out), "a child is born"), "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&out), "is reaped"), "%s", strbuf_text(&out));
    cr_expect_null(strstr(strbuf_text(&out), " lab-host prctl"), "%s", strbuf_text(&out));
    cr_expect_null(strstr(strbuf_text(&out), "poll("), "what leads the roles is left out");
    cr_expect_null(strstr(strbuf_text(&out), " read("), "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&err), "are left out"), "%s", strbuf_text(&err));
    cr_expect_not_null(strstr(strbuf_text(&out), "zombie: seen"));
    cr_expect(nobody_is_left());
}

Test(lab, asks_the_missed_questions_again)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    char command[] = "lab", quiz[] = "quiz", name[] = "zombie";
    char *argv[] = {command, quiz, name, NULL};
    const struct lab_experiment *experiment = lab_find("zombie");
    size_t count = lab_step_count(experiment);
    char answers[64] = "frog\n\n"; /* none of the choices; then: not known */
    int input[2];

    for (size_t i = 1; i <= count; i++) {
        char line[16];
        (void)snprintf(line, sizeof(line), "%d\n", experiment->steps[i % count].right + 1);
        strcat(answers, line);
    }
    cr_assert_eq(pipe(input), 0);
    cr_assert_eq(write(input[1], answers, strlen(answers)), (ssize_t)strlen(answers));
    (void)close(input[1]);
    cr_assert_eq(dup2(input[0], STDIN_FILENO), STDIN_FILENO);
    cr_assert_eq(capture_begin(), 0);
    int status = command_lab(&(struct options){0}, 3, argv);
    capture_end(&out, &err);
    char score[64];
    (void)snprintf(score, sizeof(score), "%zu asked, %zu right at the first time", count,
                   count - 1);
    cr_expect_eq(status, EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "Again: zombie"), "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&out), score), "%s", strbuf_text(&out));
    cr_expect_null(strstr(strbuf_text(&out), "still to ask"));
    cr_expect_not_null(strstr(strbuf_text(&err), "frog"), "%s", strbuf_text(&err));
    (void)close(input[0]);
}

/* What `events --from FILE` prints. */
static int read_events(char *file, struct strbuf *out, struct strbuf *err)
{
    char command[] = "events";
    char *argv[] = {command, NULL};
    struct options options = OPTIONS_INIT;

    options.own[1] = file; /* --from */
    cr_assert_eq(capture_begin(), 0);
    int status = command_events(&options, 1, argv);
    capture_end(out, err);
    return status;
}

static const char *find_after(const char *text, const char *wanted)
{
    const char *found = text ? strstr(text, wanted) : NULL;
    cr_expect_not_null(found, "%s", wanted);
    return found;
}

Test(lab, a_lesson_holds_the_processes_and_what_was_told)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    struct options options = {.has_delay = true, .delay_ns = 1000000, .own = {[5] = NULL}};
    const char *directory = getenv("TMPDIR");
    char file[256];

    (void)snprintf(file, sizeof(file), "%s/reaptop-lesson.%d", directory ? directory : "/tmp",
                   (int)getpid());
    options.own[5] = file; /* --record */
    cr_expect_eq(run(options, "zombie", &out, &err), EXIT_DONE, "%s", strbuf_text(&err));
    cr_expect_not_null(strstr(strbuf_text(&out), "zombie: seen"));
    cr_expect_eq(run(options, "zombie", &out, &err), EXIT_USAGE);
    cr_expect_not_null(strstr(strbuf_text(&err), "is not written over"), "%s", strbuf_text(&err));

    strbuf_clear(&out);
    cr_expect_eq(read_events(file, &out, &err), EXIT_DONE);
    const char *at = find_after(strbuf_text(&out), "note     zombie: Dead, but not gone");
    at = find_after(at, "What does the process table have of the child now?");
    at = find_after(at, "child exited with status 7");
    at = find_after(at, "seen: its state is Z, zombie");
    at = find_after(at, "Answer: 2 an entry in state Z");
    at = find_after(at, "Step 3 of 3");
    (void)find_after(at, "The experiment as a whole");
    cr_expect_eq(unlink(file), 0);
    cr_expect(nobody_is_left());
}

Test(lab, a_lesson_is_one_experiment)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    struct options options = {0};

    options.own[5] = "/nowhere/lesson"; /* --record */
    cr_expect_eq(run(options, "all", &out, &err), EXIT_USAGE);
    cr_expect_not_null(strstr(strbuf_text(&err), "--record FILE NAME"), "%s", strbuf_text(&err));
    cr_expect_eq(run(options, "zombie", &out, &err), EXIT_FAULT);
    cr_expect_not_null(strstr(strbuf_text(&err), "/nowhere/lesson: No such file"));
    cr_expect_eq(out.length, 0);
}
