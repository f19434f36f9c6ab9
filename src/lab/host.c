#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum {
    HOST_SOCKET = 3, /* the first descriptors of guard and host */
    FIRST_FREE = 4,
    DEFAULT_DEADLINE_MS = 10000,
    /* A step known to be broken needs no patience. */
    BROKEN_DEADLINE_MS = 300,
    KILL_DEADLINE_MS = 10000,
};

/* ---- the end ---- */

/* Those of the calling thread, which is our only one. false: CONFIG_PROC_CHILDREN is off. */
static bool kill_listed_children(void)
{
    char list[4096];
    _cleanup_close_ int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    ssize_t length = read(fd, list, sizeof(list) - 1);
    list[length > 0 ? length : 0] = '\0';
    char *next = list;
    for (char *end; *next; next = end) {
        long pid = strtol(next, &end, 10);
        /* The last number may be cut; the next turn has it whole. */
        if (end == next || *end != ' ')
            break;
        (void)kill((pid_t)pid, SIGKILL);
    }
    return true;
}

static void kill_children(void)
{
    if (kill_listed_children())
        return;
    _cleanup_dir_ DIR *proc = opendir("/proc");
    struct dirent *entry;

    while (proc && (entry = readdir(proc))) {
        int64_t pid;
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) == 0 &&
            observe_stat((pid_t)pid, 4) == getpid())
            (void)kill((pid_t)pid, SIGKILL);
    }
}

/*
 * Guard and host are subreapers: a killed child's own children become ours, so
 * the loop ends when the last descendant is reaped. A child cannot change hands
 * between the look and the kill, because only we reap it.
 */
static void kill_descendants(void)
{
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + KILL_DEADLINE_MS * NS_PER_MS;

    while (clock_ns(CLOCK_MONOTONIC) < end) {
        pid_t pid;
        kill_children();
        while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
            ;
        if (pid < 0 && errno == ECHILD)
            return;
        (void)poll(NULL, 0, 1);
    }
}

static void remove_directory(const char *path)
{
    _cleanup_dir_ DIR *directory = opendir(path);
    struct dirent *entry;

    while (directory && (entry = readdir(directory)))
        (void)unlinkat(dirfd(directory), entry->d_name, 0);
    (void)rmdir(path);
}

/* Only what we made ourselves: the key was random, but it may have been taken. */
static void remove_keyed(key_t key)
{
    struct msqid_ds queue;
    struct shmid_ds segment;
    struct semid_ds set;
    union {
        int value;
        struct semid_ds *buffer;
    } argument = {.buffer = &set};

    int id = msgget(key, 0);
    if (id >= 0 && msgctl(id, IPC_STAT, &queue) == 0 && queue.msg_perm.cuid == geteuid())
        (void)msgctl(id, IPC_RMID, NULL);
    id = shmget(key, 0, 0);
    if (id >= 0 && shmctl(id, IPC_STAT, &segment) == 0 && segment.shm_perm.cuid == geteuid())
        (void)shmctl(id, IPC_RMID, NULL);
    id = semget(key, 0, 0);
    if (id >= 0 && semctl(id, 0, IPC_STAT, argument) == 0 && set.sem_perm.cuid == geteuid())
        (void)semctl(id, 0, IPC_RMID);
}

void bench_end(struct bench *bench)
{
    kill_descendants();
    if (bench->shared->has_directory)
        remove_directory(bench->shared->directory);
    if (bench->shared->has_name) {
        (void)mq_unlink(bench->shared->name);
        (void)shm_unlink(bench->shared->name);
    }
    if (bench->shared->has_key)
        remove_keyed(bench->shared->key);
    _exit(0);
}

/* ---- talking to the viewer ---- */

void bench_send(struct bench *bench, const struct lab_message *message)
{
    ssize_t n;

    do
        n = send(bench->socket, message, sizeof(*message), MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        bench_end(bench);
}

bool bench_poll(struct bench *bench, int timeout_ms, struct request *ret_request)
{
    struct pollfd fds[] = {
        {.fd = bench->socket, .events = ret_request ? POLLIN : 0},
        {.fd = bench->guard_alive},
    };

    if (poll(fds, 2, timeout_ms) <= 0)
        return false;
    if (fds[1].revents)
        bench_end(bench);
    if (fds[0].revents & POLLIN) {
        if (recv(bench->socket, ret_request, sizeof(*ret_request), MSG_DONTWAIT) !=
                sizeof(*ret_request) ||
            ret_request->kind == REQUEST_STOP)
            bench_end(bench);
        return true;
    }
    if (fds[0].revents & (POLLHUP | POLLERR))
        bench_end(bench);
    return false;
}

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

static _Noreturn void host_main(struct bench *bench)
{
    struct lab_message message = {.kind = LAB_FINISHED, .result = LAB_SEEN};
    size_t count = lab_step_count(bench->experiment);
    struct request request;

    bench_announce(bench, bench->guard_pid, "lab-guard");
    bench_announce(bench, bench->host_pid, "lab-host");
    for (unsigned i = 0; i < count && message.result != LAB_NOT_SEEN; i++)
        message.result = lab_result_join(message.result, run_step(bench, i));
    bench_send(bench, &message);
    for (;;)
        (void)bench_poll(bench, -1, &request);
}

/* ---- starting from clean ---- */

static void reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void reset_descriptors(int socket)
{
    /* The socket first: where the viewer had no standard descriptors it may be one of them. */
    (void)dup3(socket, HOST_SOCKET, O_CLOEXEC);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3 && null >= 0; fd++)
        if (fd != null)
            (void)dup2(null, fd);
    (void)syscall(SYS_close_range, (unsigned)FIRST_FREE, ~0U, 0U);
}

static void choose_names(struct bench_shared *shared)
{
    const char *temporary = getenv("TMPDIR");
    uint64_t token = clock_boot_ns() ^ (uint64_t)getpid() << 40;

    if (!temporary || temporary[0] != '/' || strlen(temporary) > 48)
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

void guard_main(const struct lab_experiment *experiment, const struct lab_options *options,
                int socket, pid_t viewer)
{
    struct bench bench = {
        .experiment = experiment,
        .guard_pid = getpid(),
        .broken_step = options ? options->broken_step : 0,
        .broken_sight = options ? options->broken_sight : 0,
        .deadline_ns = options && options->deadline_ns ? options->deadline_ns
                                                       : DEFAULT_DEADLINE_MS * NS_PER_MS,
    };
    sigset_t watched;
    int alive[2];

    reset_signals();
    (void)sigemptyset(&watched);
    (void)sigaddset(&watched, SIGCHLD);
    (void)sigaddset(&watched, SIGTERM);
    (void)sigaddset(&watched, SIGHUP);
    (void)sigprocmask(SIG_SETMASK, &watched, NULL);
    (void)prctl(PR_SET_NAME, "lab-guard");
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != viewer)
        _exit(0);
    (void)setsid();
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    (void)!chdir("/");
    reset_descriptors(socket);
    bench.socket = HOST_SOCKET;
    bench.shared = mmap(NULL, sizeof(*bench.shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bench.shared == MAP_FAILED || pipe2(alive, O_CLOEXEC) < 0 ||
        pipe2(bench.lifeline, O_CLOEXEC) < 0)
        _exit(1);
    choose_names(bench.shared);

    pid_t host = fork();
    if (host < 0)
        _exit(1);
    if (host > 0) {
        (void)close(HOST_SOCKET);
        (void)close(alive[0]);
        guard_watch(&bench, host, &watched);
    }
    reset_signals();
    /* Roles that die before they read their word are no reason to die. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_NAME, "lab-host");
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)close(alive[1]);
    bench.guard_alive = alive[0];
    bench.host_pid = getpid();
    host_main(&bench);
}
