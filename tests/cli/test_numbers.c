/*
 * Numbers that are a thread's, and numbers that are wide: what the commands say
 * of them, of real processes.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "run_command.h"
#include "support/spawn.h"

enum {
    WIDE_FD = 10000,
    OUTPUT_MAX = 4096
};

TestSuite(numbers, .fini = spawn_done);

static void expect(const char *command, pid_t pid, const char *holds)
{
    int status = -1;
    const char *text = run_command(command, pid, false, &status);
    cr_expect_not_null(strstr(text, holds), "%s %d lacks \"%s\": %s", command, (int)pid, holds,
                       text);
}

/* ---- a thread's ---- */

static void *report_tid(void *unused)
{
    spawn_report((int32_t)gettid());
    (void)pause();
    return unused;
}

static int run_thread(void *unused)
{
    pthread_t thread;
    spawn_ready();
    (void)pthread_create(&thread, NULL, report_tid, unused);
    (void)pthread_join(thread, NULL);
    return 0;
}

Test(numbers, a_thread_s_is_told_as_such)
{
    char words[64];
    int32_t tid = 0;
    pid_t pid = spawn_child(run_thread, NULL);
    cr_assert(spawn_receive(pid, &tid));
    cr_assert_neq(spawn_await_state(tid, "S"), '\0');
    (void)snprintf(words, sizeof(words), "%d is a thread of process %d", (int)tid, (int)pid);
    expect("tree", tid, words);
    expect("events", tid, words);
    expect("send -n TERM", tid, words);
    (void)snprintf(words, sizeof(words), "a thread of %d", (int)pid);
    expect("show", tid, words);
    (void)snprintf(words, sizeof(words), "%d (thread of %d)", (int)tid, (int)pid);
    expect("why", tid, words);
    (void)snprintf(words, sizeof(words), "\"pid\":%d,\"tid\":%d", (int)pid, (int)tid);
    expect("why -J", tid, words);
}

/* ---- wide ones ---- */

static int open_wide(void *unused)
{
    struct rlimit limit;
    (void)unused;
    bool is_allowed = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max > WIDE_FD;
    limit.rlim_cur = limit.rlim_max;
    int fd = is_allowed && setrlimit(RLIMIT_NOFILE, &limit) == 0 ? open("/dev/zero", O_RDONLY) : -1;
    spawn_ready();
    spawn_report(fd >= 0 && dup2(fd, WIDE_FD) == WIDE_FD);
    return spawn_pause(NULL);
}

/* The columns of `text` stand in a line: each line with a target has it where the heading is. */
Test(numbers, files_keeps_its_columns_behind_a_wide_descriptor)
{
    int status = -1, at = -1, lines = 0;
    int32_t is_open = 0;
    pid_t pid = spawn_child(open_wide, NULL);
    cr_assert(spawn_receive(pid, &is_open));
    if (!is_open)
        cr_skip_test("RLIMIT_NOFILE does not allow descriptor 10000 here");
    char *rest = (char *)(uintptr_t)run_command("files", pid, false, &status);
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        const char *target = strstr(line, at < 0 ? "TARGET" : "/dev/zero");
        if (!target)
            continue;
        if (at < 0)
            at = (int)(target - line);
        cr_expect_eq(target - line, at, "%s", line);
        cr_expect_eq(target[-1], ' ', "%s", line);
        lines += strstr(line, "10000 ") != NULL;
    }
    cr_assert_eq(lines, 1, "one line for descriptor 10000");
}

/* In a namespace of its own the number to begin with can be chosen, and is no longer than PID_MAX.
 */
static const char *tree_of_wide_pids(void)
{
    static char output[OUTPUT_MAX];
    FILE *shell = popen("unshare -fp --mount-proc sh -c '"
                        "echo 119999 >/proc/sys/kernel/ns_last_pid || exit; "
                        "sleep 300 & \"$REAPTOP\" tree; kill $!' 2>/dev/null",
                        "r");
    size_t length = shell ? fread(output, 1, sizeof(output) - 1, shell) : 0;
    output[length] = '\0';
    if (shell)
        (void)pclose(shell);
    return output;
}

/* One letter, whichever it is, where the heading says STATE. */
static void expect_letter(const char *line, size_t at)
{
    cr_assert_lt(at + 1, strlen(line), "%s", line);
    cr_expect(line[at - 1] == ' ' && line[at] != ' ' && line[at + 1] == ' ', "%s", line);
}

Test(numbers, tree_keeps_its_columns_beside_a_wide_pid)
{
    if (!getenv("REAPTOP"))
        cr_skip_test("REAPTOP is not set");
    const char *text = tree_of_wide_pids(), *state = strstr(text, "STATE"),
               *line = strstr(text, "\n120000 ");
    if (!line)
        cr_skip_test("no PID of six digits can be had here");
    cr_assert_not_null(state, "%s", text);
    expect_letter(line + 1, (size_t)(state - text));
    const char *init = strstr(text, "\n     1 ");
    cr_assert_not_null(init, "%s", text);
    expect_letter(init + 1, (size_t)(state - text));
}
