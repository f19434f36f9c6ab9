/* ps | grep | awk: how a shell joins programs, and what it can do with them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static struct role *roles[3], *target, *shell;

static int links[2][2], result[2];
static char listed[64]; /* "PID,PID,PID": what ps lists, however many others there are */

enum {
    LINES_LISTED = 4, /* ps writes a heading and three processes */
    PATIENCE = 4,     /* ps -e reads of every process, and there may be many */
};
static const char *const programs[3] = {"ps", "grep", "awk"};

/* Joins its standard input and output as a shell does, and then becomes the program. */
static void pipeline_role(struct bench *bench, unsigned index)
{
    static const char *const arguments[3][4] = {
        {"ps", "-p", listed, NULL},
        {"grep", "-v", "no such line", NULL},
        {"awk", "END { print NR }", NULL, NULL},
    };

    if (index > 0)
        (void)dup2(links[index - 1][0], 0);
    if (!is_broken(bench, 1))
        (void)dup2(index < 2 ? links[index][1] : result[1], 1);
    for (size_t i = 0; i < 2; i++) {
        (void)close(links[i][0]);
        (void)close(links[i][1]);
    }
    (void)close(result[0]);
    (void)close(result[1]);
    role_report(bench, 0);
    (void)role_await(bench);
    (void)snprintf(listed, sizeof(listed), "%d,%d,%d", bench->host_pid, bench->guard_pid, getpid());
    if (!is_broken(bench, 2))
        (void)execvp(programs[index], (char *const *)arguments[index]);
    role_report(bench, -errno);
    if (is_broken(bench, 2))
        role_idle(bench);
    _exit(127);
}

static void pipeline_first(struct bench *bench)
{
    pipeline_role(bench, 0);
}

static void pipeline_second(struct bench *bench)
{
    pipeline_role(bench, 1);
}

static void pipeline_third(struct bench *bench)
{
    pipeline_role(bench, 2);
}

static void pipeline_join(struct bench *bench)
{
    static void (*const plays[3])(struct bench *) = {pipeline_first, pipeline_second,
                                                     pipeline_third};
    static const char *const names[3] = {"first", "second", "third"};
    int64_t ready;

    if (pipe2(links[0], O_CLOEXEC) < 0 || pipe2(links[1], O_CLOEXEC) < 0 ||
        pipe2(result, O_CLOEXEC) < 0)
        return;
    for (size_t i = 0; i < 3; i++)
        roles[i] = role_spawn(bench, names[i], plays[i]);
    for (size_t i = 0; i < 2; i++) {
        (void)close(links[i][0]);
        (void)close(links[i][1]);
    }
    (void)close(result[1]);
    for (size_t i = 0; i < 3; i++)
        if (!role_receive(bench, roles[i], &ready))
            return;
    for (unsigned i = 0; i < 2; i++) {
        char out[64] = "", in[64] = "";
        (void)observe_link(roles[i]->pid, "fd/1", out, sizeof(out));
        (void)observe_link(roles[i + 1]->pid, "fd/0", in, sizeof(in));
        (void)see(bench, i, strncmp(out, "pipe:", 5) == 0 && strcmp(out, in) == 0,
                  "/proc/%d/fd/1 -> %s, /proc/%d/fd/0 -> %s", roles[i]->pid, out, roles[i + 1]->pid,
                  in);
    }
}

/* The programs from the last to the first, so that each finds its reader waiting. */
static void pipeline_exec(struct bench *bench)
{
    for (unsigned i = 2; i >= 1; i--) {
        char comm[64] = "";
        role_go(bench, roles[i], 'x');
        /* awk may be a link to one of several programs; comm is the name it was called by. */
        bool seen = until(bench, observe_file(roles[i]->pid, "comm", comm, sizeof(comm)) &&
                                     strcmp(comm, programs[i]) == 0);
        int64_t failed;
        if (!seen && !is_broken(bench, 2) && role_receive(bench, roles[i], &failed))
            see_skipped(bench, 2 - i, _("%s is not installed"), programs[i]);
        else
            (void)see(bench, 2 - i, seen, "/proc/%d/comm: %s", roles[i]->pid, comm);
    }
    (void)see_sleep(bench, 2, roles[1]->pid, "pipe_read|pipe_wait", SYS_read);
}

static void pipeline_flow(struct bench *bench)
{
    char text[32] = "";
    int status[3] = {-1, -1, -1};
    int64_t failed;

    if (!is_broken(bench, 3))
        role_go(bench, roles[0], 'x');
    bool readable =
        until(bench, poll(&(struct pollfd){.fd = result[0], .events = POLLIN}, 1, 0) > 0);
    ssize_t length = readable ? read(result[0], text, sizeof(text) - 1) : 0;
    long lines = length > 0 ? strtol(text, NULL, 10) : 0;
    for (size_t i = 0; i < 3; i++)
        if (bench_reap(bench, roles[i]->pid, &status[i]) <= 0)
            break;
    if (WIFEXITED(status[0]) && WEXITSTATUS(status[0]) == 127 &&
        role_receive(bench, roles[0], &failed)) {
        see_skipped(bench, 0, _("ps is not installed"));
        see_skipped(bench, 1, _("ps is not installed"));
        return;
    }
    (void)see(bench, 0, lines == LINES_LISTED, _("awk wrote: %ld"), lines);
    (void)see(bench, 1, status[0] == 0 && status[1] == 0 && status[2] == 0,
              _("waitpid() of ps, grep, awk: exit statuses %d, %d, %d"), status[0], status[1],
              status[2]);
}

/* A name that no other process has: other runs of the lab may look for theirs. */
static char target_name[16];
static struct bench *target_bench;

static void target_handler(int number)
{
    role_report(target_bench, number);
}

static void pipeline_target(struct bench *bench)
{
    target_bench = bench;
    (void)signal(SIGUSR1, target_handler);
    (void)prctl(PR_SET_NAME, target_name);
    role_report(bench, 0);
    role_idle(bench);
}

static void pipeline_shell(struct bench *bench)
{
    char line[256];

    (void)role_await(bench);
    (void)snprintf(line, sizeof(line),
                   "command -v ps && command -v awk && command -v xargs || exit 127; "
                   "ps -e -o pid= -o comm= | awk '$2 == \"%s\" { print $1 }' | xargs kill -%s",
                   target_name, is_left_out(bench, 4, 1) ? "0" : "USR1");
    (void)execl("/bin/sh", "sh", "-c", is_sight_broken(bench, 4, 2) ? "exit 1" : line,
                (char *)NULL);
    _exit(127);
}

static void pipeline_signal(struct bench *bench)
{
    int64_t ready;
    int status = 0;

    (void)snprintf(target_name, sizeof(target_name), "aim-%d", bench->host_pid);
    if (bench->broken_step != 4)
        bench->deadline_ns *= PATIENCE;
    target = role_spawn(bench, "target", pipeline_target);
    shell = role_spawn(bench, "shell", pipeline_shell);
    if (!role_receive(bench, target, &ready))
        return;
    role_go(bench, shell, 'x');
    int reaped = bench_reap(bench, shell->pid, &status);
    if (reaped > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        see_skipped(bench, 0, "%s", _("ps, awk or xargs is not installed"));
        see_skipped(bench, 1, "%s", _("ps, awk or xargs is not installed"));
        return;
    }
    (void)see_answer(bench, 0, target, _("the handler ran for SIGUSR1"), SIGUSR1);
    (void)see(bench, 1, reaped > 0 && status == 0, _("waitpid(%d): exit status %d"), shell->pid,
              WEXITSTATUS(status));
}

const struct lab_experiment experiment_pipeline = {
    .name = "pipeline",
    .chapter = LAB_PIPES,
    .place = 2,
    .title = N_("ps | grep | awk, taken apart"),
    .question = N_("How does a shell join programs?"),
    .roles = {{"first", N_("becomes ps")},
              {"second", N_("becomes grep")},
              {"third", N_("becomes awk")},
              {"target", N_("catches SIGUSR1")},
              {"shell", N_("runs a pipeline of its own")}},
    .steps =
        {
            {
                .does = N_("Three children are forked and two pipes between them are made their "
                           "standard input (descriptor 0) and output (descriptor 1)."),
                .question = N_("How can one see from outside that two processes are joined?"),
                .choices = {N_("by their names"), N_("by the pipe's inode number"),
                            N_("not at all")},
                .right = 1,
                .sees = {{N_("the first one's output is the second one's input"), "/proc/PID/fd"},
                         {N_("the second one's output is the third one's input"), "/proc/PID/fd"}},
                .explains = N_("Each pipe has an inode number, and /proc/PID/fd shows it: "
                               "pipe:[1234]. The same number in two processes is the same pipe. "
                               "dup2() made it descriptor 0 or 1."),
                .manual = "dup2(2), proc(5)",
                .breaks = N_("the outputs are not joined"),
                .run = pipeline_join,
            },
            {
                .does = N_("awk and grep are started in the last two processes."),
                .question = N_("What do they do before ps runs?"),
                .choices = {N_("they exit: there is no input"), N_("they sleep in pipe_read"),
                            N_("they are not running yet")},
                .right = 1,
                .sees = {{N_("the third process is awk now"), "/proc/PID/comm"},
                         {N_("the second is grep"), "/proc/PID/comm"},
                         {N_("grep sleeps, waiting for the pipe"), "/proc/PID/wchan"}},
                .explains = N_("execve() keeps the descriptors, so each program finds its pipe as "
                               "standard input and knows nothing of the others. All programs of a "
                               "pipeline run at the same time."),
                .manual = "execve(2), pipe(7)",
                .breaks = N_("the programs are not started"),
                .run = pipeline_exec,
            },
            {
                .does = N_("ps -p PID,PID,PID starts: it lists itself, lab-host and lab-guard, and "
                           "exits."),
                .question = N_("How do grep and awk know that it is over?"),
                .choices = {N_("a signal"), N_("end of file, one after the other"),
                            N_("the shell tells them")},
                .right = 1,
                .sees = {{N_("awk printed how many lines came: a heading and three"), "read(2)"},
                         {N_("all three have exited, with status 0"), "waitpid(2)"}},
                .explains = N_("When ps exits its end of the pipe closes; grep reads end of file "
                               "and exits, which closes the next pipe. The shell waits for all "
                               "of them."),
                .manual = "pipe(7), wait(2)",
                .breaks = N_("ps is not started"),
                .run = pipeline_flow,
            },
            {
                .does = N_("A shell runs: ps -e -o pid= -o comm= | awk '$2 == \"aim-…\" { print $1 "
                           "}' | xargs kill -USR1. A process of that name catches SIGUSR1."),
                .question = N_("Who sends the signal?"),
                .choices = {N_("the shell"), N_("awk"),
                            N_("kill, with the PID that came through the pipes")},
                .right = 2,
                .sees = {{N_("the process's handler runs"), "what the process itself reports",
                          N_("kill sends signal 0, which is none")},
                         {N_("the pipeline ends with status 0"), "waitpid(2)",
                          N_("the shell runs no pipeline")}},
                .explains = N_("The PID is text until kill reads it. Between ps and kill the "
                               "process may end and its number be given again: pkill(1) shortens "
                               "that moment, and a pidfd closes it (reaptop send uses one)."),
                .manual = "kill(1), pkill(1), pidfd_open(2)",
                .breaks = N_("kill sends signal 0, which is none"),
                .run = pipeline_signal,
            },
        },
    .reading = "pipe(7), dup2(2), execve(2), proc(5)",
};
