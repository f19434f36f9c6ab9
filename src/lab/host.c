#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/helper.h"
#include "session.h"

enum {
    DEFAULT_DEADLINE_MS =
        30000,          /* a machine with a thousand runnable tasks gives little a second */
    TEMPORARY_MAX = 64, /* of $TMPDIR: a socket's path has 108 bytes, unix(7) */
    /* A step known to be broken needs no patience. */
    BROKEN_DEADLINE_MS = 300,
};

/* ---- the steps, one after another ---- */

static enum lab_result step_result(struct bench *bench, const struct lab_step *step)
{
    enum lab_result result = LAB_SEEN;
    size_t count = lab_sight_count(step);

    for (size_t i = 0; i < count; i++) {
        if (bench->sights[i] == LAB_NOT_REACHED)
            (void)see(bench, (unsigned)i, false, "%s", _("nothing was read"));
        result = lab_result_join(result, bench->sights[i]);
    }
    return result;
}

static enum lab_result run_step(struct bench *bench, unsigned index)
{
    const struct lab_step *step = &bench->experiment->steps[index];
    struct lab_message message = {.kind = LAB_STEP, .step = index};
    uint64_t patience = bench->deadline_ns;
    struct request request;

    bench_send(bench, &message);
    while (!bench_poll(bench, -1, &request))
        ;
    bench->step = index;
    for (size_t i = 0; i < LAB_SIGHTS_MAX; i++)
        bench->sights[i] = LAB_NOT_REACHED;
    bench->missing[0] = '\0';
    if (bench->broken_step == index + 1 && patience > BROKEN_DEADLINE_MS * NS_PER_MS)
        bench->deadline_ns = BROKEN_DEADLINE_MS * NS_PER_MS;
    step->run(bench);
    message.kind = LAB_RESULT;
    message.result = step_result(bench, step);
    (void)snprintf(message.text, sizeof(message.text), "%s", bench->missing);
    bench_send(bench, &message);
    bench->deadline_ns = patience;
    return message.result;
}

static void host_main(void *argument, int guard_alive, int unused_fd)
{
    struct bench *bench = argument;
    struct lab_message message = {.kind = LAB_FINISHED, .result = LAB_SEEN};
    size_t count = lab_step_count(bench->experiment);
    struct request request;

    (void)unused_fd;
    /* Roles that die before they read their word are no reason to die. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    bench->guard_alive = guard_alive;
    bench->host_pid = getpid();
    bench_announce(bench, bench->guard_pid, "lab-guard");
    bench_announce(bench, bench->host_pid, "lab-host");
    for (unsigned i = 0; i < count && message.result != LAB_NOT_SEEN; i++)
        message.result = lab_result_join(message.result, run_step(bench, i));
    bench_send(bench, &message);
    for (;;)
        (void)bench_poll(bench, -1, &request);
}

/* ---- the guard ---- */

static void choose_names(struct bench_shared *shared)
{
    const char *temporary = getenv("TMPDIR");
    uint64_t token = clock_boot_ns() ^ (uint64_t)getpid() << 40;

    if (!temporary || temporary[0] != '/' || strlen(temporary) > TEMPORARY_MAX)
        temporary = "/tmp";
    (void)snprintf(shared->directory, sizeof(shared->directory), "%s/reaptop-lab-%lx", temporary,
                   (unsigned long)token);
    (void)snprintf(shared->name, sizeof(shared->name), "/reaptop-lab-%lx", (unsigned long)token);
    shared->key = (key_t)((token * UINT64_C(0x9e3779b97f4a7c15)) >> 33 | 1);
}

static _Noreturn void guard_watch(struct bench *bench, pid_t host, const sigset_t *watched)
{
    for (;;) {
        pid_t pid;
        int number = sigwaitinfo(watched, NULL);
        if (number > 0 && number != SIGCHLD)
            bench_end(bench);
        while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
            if (pid == host)
                bench_end(bench);
    }
}

void guard_main(void *argument, int socket, int unused_fd)
{
    const struct guard_start *start = argument;
    const struct lab_options *options = start->options;
    struct bench bench = {
        .experiment = start->experiment,
        .guard_pid = getpid(),
        .broken_step = options ? options->broken_step : 0,
        .broken_sight = options ? options->broken_sight : 0,
        .deadline_ns = options && options->deadline_ns ? options->deadline_ns
                                                       : DEFAULT_DEADLINE_MS * NS_PER_MS,
        .socket = socket,
    };
    bench.patience_ns = bench.deadline_ns;
    struct helper host;
    sigset_t watched;

    (void)unused_fd;
    (void)sigemptyset(&watched);
    (void)sigaddset(&watched, SIGCHLD);
    (void)sigaddset(&watched, SIGTERM);
    (void)sigaddset(&watched, SIGHUP);
    (void)sigprocmask(SIG_SETMASK, &watched, NULL);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    (void)!chdir("/");
    bench.shared = mmap(NULL, sizeof(*bench.shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bench.shared == MAP_FAILED || pipe2(bench.lifeline, O_CLOEXEC) < 0)
        _exit(1);
    bench.lifeline[0] = bench_move_fd(bench.lifeline[0]);
    bench.lifeline[1] = bench_move_fd(bench.lifeline[1]);
    choose_names(bench.shared);
    if (helper_start(HELPER_LAB_HOST, host_main, &bench, -1, &host) < 0)
        _exit(1);
    (void)close(socket);
    guard_watch(&bench, host.pid, &watched);
}
