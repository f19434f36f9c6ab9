/*
 * fault_grid: each fallible call failing at its k-th use, and from its k-th use on, in each command
 * and in a keyed screen. Nothing may crash, hang or stay behind, and what fails is told in one
 * line.
 *
 *     grid REAPTOP SHIM [quick | SCENARIO | CALL]...
 *
 * System calls fail by strace's injection, so that those of the C library are among them; malloc
 * and execvp by the preloaded shim. Prints the grid, and each cell that does not hold; exit
 * status 1 where one does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "faults/fault_scenarios.h"
#include "support/family.h"
#include "support/terminal.h"

enum {
    ARGV_MOST = 40,
    DEADLINE_MS = 15000,
    QUIET_MS = 60,
    KEY_MS = 500,
    FIRST_CALLS = 12, /* each of them; farther ones less and less densely */
    FIRST_QUICK = 2,
    CALLS_MOST = 400,
    CALLS_QUICK = 20
};

static const struct call {
    const char *name;  /* the column */
    const char *calls; /* strace's; NULL: the shim's of that name */
    const char *errno_name;
} calls[] = {
    {"malloc", NULL, "12"},
    {"exec", NULL, "12"},
    {"open", "openat", "EMFILE"},
    {"read", "read,pread64", "EIO"},
    {"write", "write,pwrite64,writev", "ENOSPC"},
    {"poll", "poll,ppoll,pselect6,epoll_wait", "EINTR"},
    {"poll!", "poll,ppoll,pselect6,epoll_wait", "ENOMEM"},
    {"fork", "clone,clone3,fork,vfork", "EAGAIN"},
    {"socket", "socket,socketpair", "EMFILE"},
    {"bind", "bind,connect,setsockopt,getsockopt", "EPERM"},
    {"recv", "recvfrom,recvmsg", "ECONNRESET"},
    {"sendto", "sendto,sendmsg", "ENOBUFS"},
    {"mmap", "mmap,mremap,brk", "ENOMEM"},
    {"pipe", "pipe2", "EMFILE"},
    {"epoll", "epoll_create1,epoll_ctl,eventfd2", "ENOSPC"},
    {"pidfd", "pidfd_open,pidfd_send_signal,pidfd_getfd", "ENOSYS"},
    {"getdents", "getdents64", "EIO"},
    {"ioctl", "ioctl", "EIO"},
    {"dup", "dup,dup2,dup3", "EMFILE"},
    {"fcntl", "fcntl", "EMFILE"},
    {"prctl", "prctl", "EPERM"},
    {"cap", "capget,capset", "EPERM"},
    {"timer", "timerfd_create,timerfd_settime", "EMFILE"},
    {"signal", "signalfd4,rt_sigaction,kill", "EPERM"},
    {"stat", "newfstatat,fstat,statx,readlink,readlinkat,access", "EACCES"},
    {"wait", "wait4,waitid", "EINTR"},
    {"close", "close_range", "ENOSYS"},
};

enum {
    CALLS = sizeof(calls) / sizeof(calls[0])
};

static const char *reaptop, *shim;
static char log_path[64];
static unsigned runs[SCENARIOS][CALLS], failures[SCENARIOS][CALLS];
static long first_calls = FIRST_CALLS;
static bool is_quick;

static int64_t now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- one run ---- */

struct fault {
    const struct call *call;
    long at;
    bool is_lasting;
};

struct line {
    const char *argv[ARGV_MOST];
    char trace[128], inject[192], preload[512], at[48], error[32];
    const char *env[10];
};

static void make_line(const struct scenario *scenario, const struct fault *fault, struct line *line)
{
    const struct call *call = fault->call;
    size_t count = 0, env = 0;
    /* "NAME=value" of the files that the scenarios use. */
    for (size_t i = 0; scenario_env[i]; i++)
        line->env[env++] = scenario_env[i];
    (void)snprintf(line->trace, sizeof(line->trace), "trace=fcntl,%s",
                   call->calls ? call->calls : "none");
    (void)snprintf(line->inject, sizeof(line->inject), "inject=%s:error=%s:when=%ld%s",
                   call->calls ? call->calls : "", call->errno_name, fault->at,
                   fault->is_lasting ? "+" : "");
    const char *strace[] = {
        "/usr/bin/strace", "-f", "--seccomp-bpf", "-qqq", "-o",         log_path, "-e",
        line->trace,       "-e", line->inject,    "-e",   "signal=none"};
    if (call->calls)
        for (size_t i = 0; i < sizeof(strace) / sizeof(strace[0]); i++)
            line->argv[count++] = strace[i];
    line->argv[count++] = reaptop;
    for (size_t i = 0; i < SCENARIO_WORDS && scenario->argv[i]; i++)
        line->argv[count++] = scenario->argv[i];
    line->argv[count] = NULL;
    if (!call->calls) {
        static char name[32];
        (void)snprintf(line->preload, sizeof(line->preload), "LD_PRELOAD=%s", shim);
        (void)snprintf(line->at, sizeof(line->at), "FAULT_AT=%ld%s", fault->at,
                       fault->is_lasting ? "+" : "");
        (void)snprintf(line->error, sizeof(line->error), "FAULT_ERRNO=%s", call->errno_name);
        (void)snprintf(name, sizeof(name), "FAULT=%s", call->name);
        static char log[80];
        (void)snprintf(log, sizeof(log), "FAULT_LOG=%s", log_path);
        const char *all[] = {line->preload, line->at, line->error, name, log};
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
            line->env[env++] = all[i];
    }
    line->env[env] = NULL;
}

enum injection {
    NOT_INJECTED,
    INJECTED_BEFORE_MAIN, /* the dynamic linker's affair */
    INJECTED
};

/* Did the call fail at all? The first thing that main() does is fcntl(2). */
static enum injection look_at_log(const struct call *call)
{
    static char text[4 << 20];
    int fd = open(log_path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        (void)close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *injected = strstr(text, "INJECTED"), *begin = strstr(text, "fcntl(");
    if (!injected)
        return NOT_INJECTED;
    return !call->calls || (begin && begin < injected) ? INJECTED : INJECTED_BEFORE_MAIN;
}

struct outcome {
    int status; /* as waitpid(2) gives it; -1: it did not end */
    unsigned lines;
    char text[2048];
};

static void take_errors(int fd, struct outcome *outcome)
{
    size_t length = 0;
    int64_t end_ms = now_ms() + DEADLINE_MS;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    ssize_t got = 1;
    while (got > 0 && length < sizeof(outcome->text) - 1) {
        int64_t left_ms = end_ms - now_ms();
        if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) <= 0)
            break;
        got = read(fd, outcome->text + length, sizeof(outcome->text) - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    outcome->text[length] = '\0';
    for (size_t i = 0; i < length; i++)
        outcome->lines += outcome->text[i] == '\n';
}

static int await_end(pid_t pid, int64_t limit_ms)
{
    int64_t end_ms = now_ms() + limit_ms;
    int status;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (now_ms() > end_ms)
            return -1;
        (void)poll(NULL, 0, 5);
    }
    return status;
}

static void become(const struct line *line, int errors)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setpgid(0, 0);
    for (size_t i = 0; line->env[i]; i++)
        (void)putenv((char *)(uintptr_t)line->env[i]);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(errors, 2) < 0)
        _exit(98);
    (void)execv(line->argv[0], (char *const *)(uintptr_t)line->argv);
    _exit(98);
}

static void run_command(const struct line *line, struct outcome *outcome)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        exit(3);
    pid_t pid = fork();
    if (pid == 0)
        become(line, ends[1]);
    (void)close(ends[1]);
    take_errors(ends[0], outcome);
    (void)close(ends[0]);
    outcome->status = await_end(pid, DEADLINE_MS);
    (void)kill(-pid, SIGKILL);
    if (outcome->status == -1)
        (void)waitpid(pid, NULL, 0);
}

static void run_screen(const struct scenario *scenario, const struct line *line,
                       struct outcome *outcome)
{
    struct terminal *t = terminal_start(
        &(struct terminal_options){.rows = 40, .cols = 120, .argv = line->argv, .env = line->env});
    if (!t)
        exit(3);
    int64_t first_ms = now_ms() + 2 * KEY_MS;
    while (!terminal_has_ended(t) && now_ms() < first_ms && terminal_bytes(t) == 0)
        (void)terminal_read(t, QUIET_MS);
    for (size_t i = 0; i < SCENARIO_KEYS && scenario->keys[i] && !terminal_has_ended(t); i++) {
        int64_t end_ms = now_ms() + KEY_MS;
        (void)terminal_send(t, scenario->keys[i]);
        while (now_ms() < end_ms && terminal_read(t, QUIET_MS))
            ;
    }
    (void)terminal_send(t, TERMINAL_ESCAPE TERMINAL_F10 "y");
    int64_t quit_ms = now_ms() + 3000;
    while (!terminal_has_ended(t) && now_ms() < quit_ms)
        (void)terminal_read(t, QUIET_MS);
    if (!terminal_has_ended(t)) {
        /* Where no key can be read any more, SIGTERM has to do; strace passes none on. */
        pid_t traced = family_find(terminal_pid(t), "reaptop");
        (void)kill(traced > 0 ? traced : terminal_pid(t), SIGTERM);
    }
    int64_t end_ms = now_ms() + DEADLINE_MS;
    while (!terminal_has_ended(t) && now_ms() < end_ms)
        (void)terminal_read(t, QUIET_MS);
    int status = terminal_has_ended(t) ? terminal_wait_end(t) : -1;
    outcome->status = status < 0 ? -1 : status > 128 ? status - 128 : status << 8;
    terminal_free(t);
}

/* Whom it left comes to us, their subreaper. */
static unsigned end_left_behind(void)
{
    unsigned left = 0;
    int64_t end_ms = now_ms() + 3000;
    for (;;) {
        siginfo_t info = {0};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
            return left; /* none */
        if (info.si_pid > 0) {
            (void)waitpid(info.si_pid, NULL, 0);
        } else if (now_ms() > end_ms) {
            pid_t children[CHILDREN_MOST];
            size_t count = family_children(getpid(), children);
            for (size_t i = 0; i < count; i++)
                (void)kill(children[i], SIGKILL);
            left += (unsigned)count;
            end_ms = now_ms() + 3000;
            if (left > 8)
                return left;
        } else {
            (void)poll(NULL, 0, 5);
        }
    }
}

/* ---- judging ---- */

static const char *judge(const struct scenario *scenario, const struct fault *fault,
                         const struct outcome *outcome)
{
    static char text[64];
    if (outcome->status == -1)
        return "it hangs";
    if (WIFSIGNALED(outcome->status)) {
        (void)snprintf(text, sizeof(text), "it dies of signal %d", WTERMSIG(outcome->status));
        return text;
    }
    int status = WEXITSTATUS(outcome->status);
    if (status > 3 && status != 64 && status != 126 && status != 127 &&
        !(scenario->keys[0] && status == SIGTERM)) {
        (void)snprintf(text, sizeof(text), "it exits with %d", status);
        return text;
    }
    /* Where nothing can be written any more, nothing can be told. */
    bool is_mute = fault->is_lasting && strcmp(fault->call->name, "write") == 0;
    if (status != 0 && !scenario->keys[0] && !is_mute &&
        (outcome->lines == 0 || (outcome->lines > 1 && !scenario->narrates)))
        return outcome->lines == 0 ? "it fails without a word" : "it fails with several lines";
    return NULL;
}

/* False: the call was not used so often, so that farther ones need no try. */
static bool try_one(size_t s, size_t c, long at, bool is_lasting)
{
    const struct scenario *scenario = &scenarios[s];
    const struct fault fault = {.call = &calls[c], .at = at, .is_lasting = is_lasting};
    struct line line;
    struct outcome outcome = {.status = -1};
    make_line(scenario, &fault, &line);
    (void)truncate(log_path, 0);
    if (scenario->keys[0])
        run_screen(scenario, &line, &outcome);
    else
        run_command(&line, &outcome);
    unsigned left = end_left_behind();
    runs[s][c]++;
    enum injection injection = look_at_log(fault.call);
    const char *wrong =
        injection == INJECTED_BEFORE_MAIN ? NULL : judge(scenario, &fault, &outcome);
    if (!wrong && left > 0)
        wrong = "it leaves a process behind";
    if (wrong) {
        failures[s][c]++;
        printf("FAIL %s: %s %s at %ld%s: %s\n%s", scenario->name, calls[c].name,
               calls[c].errno_name, at, is_lasting ? "+" : "", wrong, outcome.text);
        (void)fflush(stdout);
    }
    return injection != NOT_INJECTED;
}

static void try_all(size_t s, size_t c)
{
    /* A signal interrupts a call, not each one from then on. */
    bool can_last = strcmp(calls[c].errno_name, "EINTR") != 0;
    for (int is_lasting = 0; is_lasting <= can_last; is_lasting++)
        for (long at = 1; at < (is_quick ? CALLS_QUICK : CALLS_MOST); at += at < first_calls ? 1
                                                                            : is_quick
                                                                                ? 2 * at
                                                                                : (at + 1) / 2)
            if (!try_one(s, c, at, is_lasting))
                break;
}

static void print_grid(void)
{
    printf("%-12s", "");
    for (size_t c = 0; c < CALLS; c++)
        printf(" %8s", calls[c].name);
    printf("\n");
    for (size_t s = 0; s < SCENARIOS; s++) {
        printf("%-12s", scenarios[s].name);
        for (size_t c = 0; c < CALLS; c++) {
            char cell[24] = "-";
            if (runs[s][c] > 0)
                (void)snprintf(cell, sizeof(cell), "%u/%u", failures[s][c], runs[s][c]);
            printf(" %8s", cell);
        }
        printf("\n");
    }
}

/* Named, or nothing of its kind is. */
static bool is_wanted(const char *name, int argc, char **argv, bool is_scenario)
{
    bool has_kind = false;
    for (int i = 3; i < argc; i++) {
        for (size_t s = 0; is_scenario && s < SCENARIOS; s++)
            has_kind |= strcmp(argv[i], scenarios[s].name) == 0;
        for (size_t c = 0; !is_scenario && c < CALLS; c++)
            has_kind |= strcmp(argv[i], calls[c].name) == 0;
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return !has_kind;
}

int main(int argc, char **argv)
{
    is_quick = argc > 3 && strcmp(argv[3], "quick") == 0;
    if (argc < 3 || access("/usr/bin/strace", X_OK) < 0) {
        (void)fprintf(stderr, "grid: it takes REAPTOP and SHIM, and strace(1)\n");
        return 2;
    }
    reaptop = argv[1];
    shim = argv[2];
    (void)setenv("REAPTOP", reaptop, 1);
    if (scenarios_prepare(reaptop, log_path, sizeof(log_path)) < 0)
        return 3;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (is_quick)
        first_calls = FIRST_QUICK;
    unsigned total = 0, failed = 0;
    for (size_t s = 0; s < SCENARIOS; s++)
        for (size_t c = 0; c < CALLS; c++) {
            if (!is_wanted(scenarios[s].name, argc, argv, true) ||
                !is_wanted(calls[c].name, argc, argv, false) ||
                (is_quick && !scenarios[s].is_quick))
                continue;
            try_all(s, c);
            total += runs[s][c];
            failed += failures[s][c];
        }
    print_grid();
    printf("faults: %u runs, %u failed\n", total, failed);
    scenarios_remove();
    return failed > 0;
}
