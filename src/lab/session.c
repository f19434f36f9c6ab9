#include "session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiment_cgroup.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"

enum {
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
    cgroup_thaw(bench->shared);
    kill_descendants();
    cgroup_remove(bench->shared);
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
