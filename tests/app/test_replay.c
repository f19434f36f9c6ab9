#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/terminal.h"

#define FIXTURE "tests/fixtures/recording/version-1.jsonl"

static struct terminal *t;
static char path[4096];

/* The recording is five seconds long: it is held at once, so that time stands still. */
static void start(const char *file)
{
    char cwd[2048];
    cr_assert_not_null(getcwd(cwd, sizeof(cwd)));
    (void)snprintf(path, sizeof(path), "%s%s%s", file[0] == '/' ? "" : cwd,
                   file[0] == '/' ? "" : "/", file);
    t = terminal_start(&(struct terminal_options){
        .rows = 24,
        .cols = 120,
        .argv = (const char *[]){terminal_reaptop(), "replay", path, NULL}});
    cr_assert_not_null(t);
}

static void teardown(void)
{
    terminal_free(t);
    t = NULL;
}

TestSuite(replay, .fini = teardown);

static bool reach(const char *keys, const char *text)
{
    return terminal_send(t, keys) && terminal_wait_text(t, text);
}

Test(replay, time_is_under_the_keys)
{
    start(FIXTURE);
    cr_assert(terminal_wait_text(t, "build7"));
    cr_expect(reach("@23:13:20\r", "replay 23:13:20"));
    cr_expect(terminal_wait_text(t, "held"));
    cr_expect(terminal_wait_text(t, "burn"));
    cr_expect(terminal_wait_no_text(t, "sleep 60"), "not born yet");
    cr_expect(reach("]", "replay 23:13:21"));
    cr_expect(terminal_wait_text(t, "sleep 60"));
    cr_expect(reach("710D", "replay 23:13:22"), "the death of 710");
    cr_expect(terminal_wait_text(t, "Z zombie"));
    cr_expect(reach("[", "replay 23:13:21"));
    cr_expect(reach("720}", "replay 23:13:22"), "720's next event: it was stopped");
    cr_expect(reach("}", "replay 23:13:23"));
    cr_expect(terminal_wait_text(t, "adopted by 1"));
    cr_expect(reach("{", "replay 23:13:22"));
    cr_expect(reach("B", "replay 23:13:21"), "its birth");
    cr_expect(reach("@-1s\r", "replay 23:13:20"));
    cr_expect(reach("))", "x4"));
    cr_expect(reach("p", "The recording ends here"));
    cr_expect(terminal_wait_text(t, "100% x4 end"));
    cr_expect(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0);
}

Test(replay, nothing_can_be_changed_and_what_was_not_recorded_says_so)
{
    start(FIXTURE);
    cr_assert(reach("@23:13:20\r", "replay 23:13:20"));
    cr_expect(reach("k", "This is a recording"));
    cr_expect(reach("710\r", "was not recorded"));
    cr_expect(terminal_send(t, TERMINAL_ESCAPE));
    cr_expect(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0);
}

static bool is_screen(struct terminal *terminal, const void *data)
{
    return strcmp(terminal_text(terminal), data) == 0;
}

Test(replay, the_same_recording_gives_the_same_screens)
{
    char first[16384];
    start(FIXTURE);
    for (int round = 0; round < 2; round++) {
        cr_assert(reach("@23:13:20\r", "replay 23:13:20"));
        cr_assert(reach("]]]", "replay 23:13:23"));
        cr_assert(reach("g", "replay 23:13:23"));
        /* Drawn from the top: the last row is the last to come. */
        cr_assert(terminal_wait_text(t, "700 bash was reaped by 1"));
        if (round == 0)
            (void)snprintf(first, sizeof(first), "%s", terminal_text(t));
        cr_expect(terminal_wait(t, is_screen, first));
    }
}

Test(replay, a_cut_recording_is_shown_to_the_cut)
{
    char name[] = "/tmp/reaptop-cut-XXXXXX", bytes[8192];
    int from = open(FIXTURE, O_RDONLY | O_CLOEXEC), to = mkstemp(name);
    ssize_t length = read(from, bytes, sizeof(bytes));
    cr_assert_gt(length, 100);
    cr_assert_eq(write(to, bytes, (size_t)length - 30), length - 30);
    start(name);
    cr_expect(terminal_wait_text(t, "build7"));
    cr_expect(reach("))))))", "the recording is cut at line 8: the line breaks off"));
    cr_expect(terminal_wait_text(t, "x64 cut"));
    (void)unlink(name);
    (void)close(from);
    (void)close(to);
}

Test(replay, down_a_pipe_keys_come_from_the_terminal)
{
    char cwd[2048], line[8192];
    cr_assert_not_null(getcwd(cwd, sizeof(cwd)));
    (void)snprintf(line, sizeof(line), "cat %s/" FIXTURE " | %s replay -", cwd, terminal_reaptop());
    t = terminal_start(&(struct terminal_options){
        .rows = 24, .cols = 120, .argv = (const char *[]){"/bin/sh", "-c", line, NULL}});
    cr_assert(terminal_wait_text(t, "pipe 23:13:24 end"));
    cr_expect(reach("[", "is not kept"));
    cr_expect(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0);
}

Test(replay, what_is_no_recording_is_told)
{
    start("/etc/passwd");
    cr_expect(terminal_wait_text(t, "/etc/passwd: line 1: it is no reaptop recording"));
    cr_expect_eq(terminal_wait_end(t), 3);
}
