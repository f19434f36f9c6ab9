#include "thread_roles.h"

#include <stdlib.h>
#include <sys/syscall.h>

struct role *process, *threads[THREAD_ROLES_MAX];

static void (*plays[THREAD_ROLES_MAX])(struct bench *);
static size_t thread_count;

static void play_threads(struct bench *bench)
{
    for (size_t i = 0; i < thread_count; i++)
        if (role_thread(bench, threads[i], plays[i]) < 0)
            _Exit(1);
    role_idle(bench);
}

void thread_roles_add(struct bench *bench, const char *name, void (*play)(struct bench *))
{
    if (thread_count >= THREAD_ROLES_MAX)
        abort();
    plays[thread_count] = play;
    threads[thread_count++] = role_new(bench, name);
}

bool thread_roles_start(struct bench *bench)
{
    process = role_spawn(bench, "process", play_threads);
    for (size_t i = 0; i < thread_count; i++)
        if (!role_meet(bench, threads[i]))
            return false;
    return true;
}

bool see_waits(struct bench *bench, unsigned sight, const struct role *thread)
{
    return see_sleep(bench, sight, thread->pid, "futex", SYS_futex);
}
