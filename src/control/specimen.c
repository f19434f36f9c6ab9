#include "specimen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/control/child.h"

enum {
    ZOMBIE_STATUS = 3,
    ORPHANED_AFTER_MS = 3000,
    STAT_FIELD_AFTER_COMM = 3,
    STAT_ARG_START = 48,
    STAT_ENV_END = 51
};

const struct specimen_info specimens[] = {
    {"sleeper", N_("sleeps for ever"),
     N_("state S, waiting in the kernel; any signal that terminates ends it")},
    {"spinner", N_("uses CPU"),
     N_("state R, a whole processor, user time that grows; stop it and continue it")},
    {"stopped", N_("stopped by SIGSTOP"),
     N_("state T; SIGTERM stays pending until SIGCONT, SIGKILL does not wait")},
    {"deaf", N_("ignores SIGTERM"),
     N_("SigIgn holds TERM: it is discarded; only SIGKILL or another signal ends it")},
    {"zombie-maker", N_("does not wait for its dead child"),
     N_("the child is in state Z and keeps its exit status; SIGUSR1 makes the parent wait")},
    {"orphan-maker", N_("ends before its child does"),
     N_("after three seconds, or SIGTERM, the child gets another parent; the maker is a zombie "
        "until it is reaped here")},
    {NULL, NULL, NULL},
};

/* ---- its name, in comm and in cmdline ---- */

/* Fields 48 to 51 of our own stat: where the arguments and the environment lie. */
static int find_arguments(char **ret_start, char **ret_args_end, char **ret_end)
{
    char text[1024];
    _cleanup_file_ FILE *file = fopen("/proc/self/stat", "re");
    if (!file || !fgets(text, sizeof(text), file))
        return -1;
    char *at = strrchr(text, ')');
    unsigned long values[STAT_ENV_END + 1] = {0};
    for (int field = STAT_FIELD_AFTER_COMM; at && field <= STAT_ENV_END; field++) {
        at = strchr(at + 1, ' ');
        if (at && field >= STAT_ARG_START)
            values[field] = strtoul(at + 1, NULL, 10);
    }
    *ret_start = (char *)(uintptr_t)values[STAT_ARG_START];
    *ret_args_end = (char *)(uintptr_t)values[STAT_ARG_START + 1];
    *ret_end = (char *)(uintptr_t)values[STAT_ENV_END];
    return *ret_start && *ret_args_end > *ret_start && *ret_end >= *ret_args_end ? 0 : -1;
}

/*
 * Once the last byte of the arguments is not NUL, the kernel shows the string
 * that begins where they do, as far as its NUL (fs/proc/base.c, for
 * setproctitle(3)). We did not exec, so otherwise it would show reaptop's own.
 */
static void set_title(const char *name)
{
    char *start, *args_end, *end, title[64];
    (void)prctl(PR_SET_NAME, name);
    if (find_arguments(&start, &args_end, &end) < 0)
        return;
    (void)snprintf(title, sizeof(title), "reaptop: %s", name);
    size_t room = (size_t)(end - start), length = strlen(title);
    if (length + 1 >= room)
        length = room - 2;
    if (start + length + 1 < args_end)
        args_end[-1] = '.';
    memcpy(start, title, length);
    start[length] = '\0';
}

/* ---- what they do ---- */

struct stage {
    int ready_fd;
    int lifeline_fd;
};

static void ready(const struct stage *stage)
{
    (void)!write(stage->ready_fd, "r", 1);
    (void)close(stage->ready_fd);
}

static _Noreturn void stay(void)
{
    for (;;)
        (void)pause();
}

static void run_sleeper(const struct stage *stage)
{
    ready(stage);
    stay();
}

static void run_spinner(const struct stage *stage)
{
    ready(stage);
    for (;;) {
        volatile int turn = 0; /* a loop with nothing in it might be taken for one that ends */
        (void)turn;
    }
}

static void run_stopped(const struct stage *stage)
{
    ready(stage);
    (void)raise(SIGSTOP);
    stay();
}

static void run_deaf(const struct stage *stage)
{
    (void)signal(SIGTERM, SIG_IGN);
    ready(stage);
    stay();
}

static void block(int number, sigset_t *ret_set)
{
    (void)sigemptyset(ret_set);
    (void)sigaddset(ret_set, number);
    (void)sigprocmask(SIG_BLOCK, ret_set, NULL);
}

static void run_zombie_maker(const struct stage *stage)
{
    sigset_t asked;
    siginfo_t info;
    block(SIGUSR1, &asked);
    pid_t pid = fork();
    if (pid == 0) {
        set_title("zombie");
        _exit(ZOMBIE_STATUS);
    }
    /* Sees the end and leaves it unwaited for. */
    (void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    ready(stage);
    int number;
    while (sigwait(&asked, &number) != 0 || waitpid(pid, NULL, 0) < 0)
        ;
    stay();
}

/* It outlives its parent, so only the lifeline ends it when reaptop ends. */
static _Noreturn void run_orphan(const struct stage *stage)
{
    set_title("orphan");
    (void)prctl(PR_SET_PDEATHSIG, 0);
    ready(stage);
    struct pollfd lifeline = {.fd = stage->lifeline_fd};
    while (poll(&lifeline, 1, -1) >= 0 ? !(lifeline.revents & (POLLHUP | POLLERR)) : errno == EINTR)
        ;
    _exit(0);
}

static void run_orphan_maker(const struct stage *stage)
{
    if (fork() == 0)
        run_orphan(stage);
    (void)close(stage->ready_fd);
    (void)poll(NULL, 0, ORPHANED_AFTER_MS);
    _exit(0);
}

static void (*const bodies[])(const struct stage *) = {
    run_sleeper, run_spinner, run_stopped, run_deaf, run_zombie_maker, run_orphan_maker,
};

_Static_assert(ELEMENTS(bodies) + 1 == ELEMENTS(specimens), "a body for each specimen");

void specimen_become(size_t index, int ready_fd, int lifeline_fd)
{
    struct stage stage = {.ready_fd = ready_fd, .lifeline_fd = lifeline_fd};
    set_title(specimens[index].name);
    bodies[index](&stage);
    _exit(0);
}
