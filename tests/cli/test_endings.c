/*
 * A process whose first thread has ended, as every command tells of it: each
 * surface must say the same. Whole processes that end are in test_deaths.c.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/spawn.h"

static int fds[2] = {-1, -1};
static char output[1 << 16];

static void release(void)
{
    spawn_done();
}

TestSuite(endings, .fini = release, .timeout = 600);

static const char *reaptop(const char *command)
{
    char line[256];
    const char *program = getenv("REAPTOP");
    (void)snprintf(line, sizeof(line), "%s %s 2>&1", program ? program : "build/reaptop", command);
    FILE *pipe = popen(line, "r");
    cr_assert_not_null(pipe);
    size_t length = fread(output, 1, sizeof(output) - 1, pipe);
    output[length] = '\0';
    (void)pclose(pipe);
    return output;
}

/* Each row: a command, what it must hold, and what it must not. */
struct claim {
    const char *command; /* the process's PID is put behind it */
    const char *holds, *lacks;
};

static void expect(const struct claim *claims, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++) {
        char command[128];
        (void)snprintf(command, sizeof(command), "%s %d", claims[i].command, (int)pid);
        const char *text = reaptop(command);
        cr_expect_not_null(strstr(text, claims[i].holds), "%s lacks \"%s\":\n%s", command,
                           claims[i].holds, text);
        if (claims[i].lacks)
            cr_expect_null(strstr(text, claims[i].lacks), "%s has \"%s\":\n%s", command,
                           claims[i].lacks, text);
    }
}

/* ---- the first thread has ended, others live ---- */

static char memory[8 << 20];

static void *live_on(void *argument)
{
    (void)pthread_join(*(pthread_t *)argument, NULL); /* until main's thread has ended */
    memset(memory, 1, sizeof(memory));
    spawn_ready();
    (void)pause();
    return NULL;
}

static int end_first_thread(void *argument)
{
    static pthread_t first;
    pthread_t thread;
    (void)argument;
    (void)close(fds[1]);
    first = pthread_self();
    (void)pthread_create(&thread, NULL, live_on, &first);
    pthread_exit(NULL);
}

static int hold_writer(void *argument)
{
    (void)close(fds[0]);
    return spawn_pause(argument);
}

Test(endings, a_process_whose_first_thread_has_ended)
{
    cr_assert_eq(pipe(fds), 0);
    pid_t pid = spawn_child(end_first_thread, NULL);
    pid_t writer = spawn_child(hold_writer, NULL);
    (void)close(fds[0]);
    (void)close(fds[1]);
    cr_assert(pid > 0 && writer > 0);
    static const struct claim claims[] = {
        {"tree", "its first thread has ended, 1 live on", "defunct"},
        {"tree", "1 live on", "   0K "},
        {"show", "its first thread has ended, 1 live on", "no longer has it"},
        {"show -J", "\"living_thread\"", "\"exit_status\""},
        {"why", "its first thread has ended", "parent to wait"},
        {"maps", "anonymous", "no longer has it"},
        {"pages", "ADDRESS", "no longer has it"},
        {"files", "pipe:[", "no longer has it"},
        {"signals", "its first thread has ended, 1 live on", "a zombie"},
        {"send -n TERM", "the process ends", "zombie"},
    };
    expect(claims, sizeof(claims) / sizeof(claims[0]), pid);
    char reader[32];
    (void)snprintf(reader, sizeof(reader), "read by %d", (int)pid);
    const struct claim peer = {"files", reader, "nobody holds the other end"};
    expect(&peer, 1, writer);
}
