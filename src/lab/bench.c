#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "session.h"

/* ---- objects with names: marked before they are made, so that the guard knows ---- */

const char *bench_directory(struct bench *bench)
{
    struct bench_shared *shared = bench->shared;

    if (!shared->has_directory) {
        shared->has_directory = true;
        if (mkdir(shared->directory, 0700) < 0) {
            bench->directory_errno = errno;
            shared->has_directory = false;
            return NULL;
        }
    }
    return shared->directory;
}

const char *bench_name(struct bench *bench)
{
    bench->shared->has_name = true;
    return bench->shared->name;
}

key_t bench_key(struct bench *bench)
{
    bench->shared->has_key = true;
    return bench->shared->key;
}

void bench_announce(struct bench *bench, pid_t pid, const char *name)
{
    struct lab_message message = {.kind = LAB_PROCESS, .step = bench->step, .pid = pid};

    (void)snprintf(message.role, sizeof(message.role), "%s", name);
    bench_send(bench, &message);
}

int bench_terminal(char *ret_name, size_t size)
{
    _cleanup_close_ int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0)
        return -errno;
    int r = ptsname_r(fd, ret_name, size);
    return r != 0 ? -r : take_fd(fd);
}

int bench_reap(struct bench *bench, pid_t pid, int *ret_status)
{
    int status = 0;
    pid_t reaped = 0;

    (void)until(bench, (reaped = waitpid(pid, &status, WNOHANG | __WALL)) != 0);
    if (reaped < 0)
        return -errno;
    if (reaped > 0 && ret_status)
        *ret_status = status;
    return reaped > 0;
}

int bench_peek(pid_t pid, const volatile void *address, void *ret_copy, size_t size)
{
    struct iovec local = {ret_copy, size};
    struct iovec remote = {(void *)(uintptr_t)address, size};

    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size ? 0 : -errno;
}

/* ---- processors ---- */

/* Those we may use: what the host was started with, before it pinned itself. */
static const cpu_set_t *usable_processors(void)
{
    static cpu_set_t set;

    if (CPU_COUNT(&set) == 0)
        (void)sched_getaffinity(0, sizeof(set), &set);
    return &set;
}

unsigned bench_processors(void)
{
    return (unsigned)CPU_COUNT(usable_processors());
}

bool bench_pin(pid_t pid, unsigned index)
{
    const cpu_set_t *usable = usable_processors();
    cpu_set_t one;

    index %= bench_processors() ? bench_processors() : 1;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, usable) || index-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return sched_setaffinity(pid, sizeof(one), &one) == 0;
    }
    return false;
}

void bench_unpin(void)
{
    (void)sched_setaffinity(0, sizeof(cpu_set_t), usable_processors());
}

/* ---- waiting ---- */

enum {
    TURNS_LEAST = 120 /* as many as 300 ms have where nobody else wants the processor */
};

struct wait wait_begin(const struct bench *bench)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC);

    return (struct wait){.end_ns = now + bench->deadline_ns, .last_ns = now + bench->patience_ns};
}

struct wait wait_begin_patient(const struct bench *bench)
{
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + bench->patience_ns;

    return (struct wait){.end_ns = end, .last_ns = end};
}

bool wait_turn(struct bench *bench, struct wait *wait)
{
    /* Most conditions hold within microseconds; a patient look costs little after that. */
    int pause_ms = wait->turns < 20 ? 0 : wait->turns < 100 ? 1 : 5;

    wait->turns++;
    (void)bench_poll(bench, pause_ms, NULL);
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    return now < wait->end_ns || (now < wait->last_ns && wait->turns < TURNS_LEAST);
}
