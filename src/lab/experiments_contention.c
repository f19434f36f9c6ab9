/* Threads that share what is scarce: a pool, and politeness without end. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "thread_roles.h"

/* ---- pool ---- */

enum {
    POOL_SIZE = 2,
    POOL_TURNS = 1000
};

static pthread_mutex_t pool_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_returned = PTHREAD_COND_INITIALIZER;
static void *pool_free[POOL_TURNS];
static int pool_free_count, pool_limit = POOL_SIZE;
static volatile int pool_made, pool_uses;

static void *pool_get(void)
{
    void *value;

    (void)pthread_mutex_lock(&pool_mutex);
    while (pool_free_count == 0 && pool_made >= pool_limit)
        (void)pthread_cond_wait(&pool_returned, &pool_mutex);
    if (pool_free_count > 0) {
        value = pool_free[--pool_free_count];
    } else {
        pool_made++;
        value = malloc(4096);
    }
    pool_uses++;
    (void)pthread_mutex_unlock(&pool_mutex);
    return value;
}

static void pool_put(void *value)
{
    (void)pthread_mutex_lock(&pool_mutex);
    if (pool_limit != POOL_TURNS)
        pool_free[pool_free_count++] = value;
    else
        free(value);
    (void)pthread_cond_signal(&pool_returned);
    (void)pthread_mutex_unlock(&pool_mutex);
}

static void pool_thread(struct bench *bench)
{
    void *value = NULL;

    for (;;)
        switch (role_await(bench)) {
        case 'g':
            value = pool_get();
            role_report(bench, (int64_t)(intptr_t)value);
            break;
        case 'p':
            pool_put(value);
            role_report(bench, 0);
            break;
        case 'm':
            if (is_sight_broken(bench, 3, 1))
                pool_limit = POOL_TURNS;
            for (int i = 0; i < POOL_TURNS && !is_left_out(bench, 3, 2); i++)
                pool_put(pool_get());
            role_report(bench, 0);
            break;
        }
}

static int64_t pool_held;

static void pool_empty(struct bench *bench)
{
    if (is_left_out(bench, 1, 2))
        pool_limit = POOL_SIZE + 1;
    thread_roles_add(bench, "one", pool_thread);
    thread_roles_add(bench, "two", pool_thread);
    thread_roles_add(bench, "three", pool_thread);
    if (!thread_roles_start(bench))
        return;
    pool_held = role_ask(bench, threads[0], 'g');
    if (!is_sight_broken(bench, 1, 1))
        (void)role_ask(bench, threads[1], 'g');
    (void)see_word(bench, 0, process->pid, &pool_made, POOL_SIZE, _("the number of buffers made"));
    role_go(bench, threads[2], 'g');
    (void)see_waits(bench, 1, threads[2]);
}

static void pool_reuse(struct bench *bench)
{
    int64_t got = 0;

    if (!is_left_out(bench, 2, 1))
        (void)role_ask(bench, threads[0], 'p');
    bool is_reported = role_receive(bench, threads[2], &got);
    (void)see_own_words(bench, 0, is_reported && got == pool_held,
                        _("the first gave back %#" PRIx64 ", the third got %#" PRIx64), pool_held,
                        is_reported ? got : 0);
    if (is_sight_broken(bench, 2, 2))
        (void)role_ask(bench, threads[1], 'p'), (void)role_ask(bench, threads[1], 'g');
    (void)see_word(bench, 1, process->pid, &pool_uses, 3, _("the number of uses"));
}

static void pool_many(struct bench *bench)
{
    (void)role_ask(bench, threads[2], 'p');
    (void)role_ask(bench, threads[0], 'm');
    (void)see_word(bench, 0, process->pid, &pool_made, POOL_SIZE, _("the number of buffers made"));
    (void)see_word(bench, 1, process->pid, &pool_uses, 3 + POOL_TURNS, _("the number of uses"));
}

const struct lab_experiment experiment_pool = {
    .name = "pool",
    .chapter = LAB_SYNC,
    .place = 11,
    .title = N_("A pool: few buffers, many uses"),
    .question = N_("How do many threads share a few things that are costly to make?"),
    .roles = {{"process", N_("holds a pool of at most two buffers")},
              {"one", N_("a thread that takes and gives back")},
              {"two", N_("a thread that takes one")},
              {"three", N_("a thread that comes too late")}},
    .steps =
        {
            {
                .does = N_("A pool makes at most two buffers. Three threads take one each. "
                           "futex() is the system call in which a thread can wait for another."),
                .question = N_("What does the third thread get?"),
                .choices = {N_("a third buffer"), N_("an error"), N_("nothing yet: it sleeps")},
                .right = 2,
                .sees = {{N_("two buffers were made"), "process_vm_readv(2)",
                          N_("the second thread takes none")},
                         {N_("the third thread sleeps in a futex"), "/proc/TID/wchan",
                          N_("the pool may make three")}},
                .explains = N_("A pool is a list, a mutex, and a condition variable for those who "
                               "find the list empty. The futex is where the kernel keeps them."),
                .manual = "futex(7)",
                .breaks = N_("the pool may make three"),
                .run = pool_empty,
            },
            {
                .does = N_("The first thread gives its buffer back."),
                .question = N_("Which buffer does the third thread get?"),
                .choices = {N_("a new one"), N_("that one"), N_("none: it sleeps on")},
                .right = 1,
                .sees = {{N_("the third thread has the address that the first one had"),
                          "what the process itself reports", N_("nothing is given back")},
                         {N_("there were three uses"), "process_vm_readv(2)",
                          N_("the second thread gives back and takes again")}},
                .explains = N_("What was in the buffer is still there: whoever takes a value from "
                               "a pool must not trust its content."),
                .manual = "pthreads(7)",
                .breaks = N_("nothing is given back"),
                .run = pool_reuse,
            },
            {
                .does = N_("The first thread takes and gives back 1000 times."),
                .question = N_("How many buffers are made for that?"),
                .choices = {"0", "2", "1000"},
                .right = 0,
                .sees = {{N_("two buffers were made in all"), "process_vm_readv(2)",
                          N_("what comes back is freed")},
                         {N_("there were 1003 uses"), "process_vm_readv(2)",
                          N_("the thread does nothing")}},
                .explains = N_("Threads, connections and buffers are pooled in this way. Go's "
                               "sync.Pool differs: it has no limit, nobody waits, and "
                               "the garbage collector may empty it."),
                .manual = "pthreads(7)",
                .breaks = N_("the thread does nothing"),
                .run = pool_many,
            },
        },
    .reading = "pthreads(7), futex(7)",
};

/* ---- livelock ---- */

/* In the bench's shared memory: the host decides when the first one stops being polite. */
struct spoon {
    atomic_int owner;
    atomic_int hungry[2];
    atomic_int meals[2];
    atomic_int handed;
    atomic_int patience; /* how often the first hands it on; 0: for ever */
};

static struct spoon *spoon_of(const struct bench *bench)
{
    return (struct spoon *)(void *)bench->shared->memory;
}

static void eat(struct bench *bench, int me)
{
    struct spoon *spoon = spoon_of(bench);
    int given = 0;

    for (unsigned turn = 1; spoon->hungry[me]; turn++) {
        if (turn % (1U << 20) == 0 && role_is_alone(bench))
            _Exit(0);
        if (spoon->owner != me) {
            (void)sched_yield();
            continue;
        }
        bool is_polite = me == 1 || spoon->patience == 0 || given < spoon->patience;
        if (spoon->hungry[1 - me] && is_polite && !(is_sight_broken(bench, 1, 2) && me == 0)) {
            given++;
            spoon->handed++;
            spoon->owner = 1 - me;
            continue;
        }
        spoon->meals[me]++;
        spoon->hungry[me] = 0;
        if (!is_sight_broken(bench, 2, 2))
            spoon->owner = 1 - me;
    }
}

static void livelock_thread(struct bench *bench)
{
    int me = bench->self == threads[1];

    (void)role_await(bench);
    eat(bench, me);
    role_report(bench, spoon_of(bench)->meals[me]);
    role_idle(bench);
}

static void livelock_start(struct bench *bench)
{
    struct spoon *spoon = spoon_of(bench);

    thread_roles_add(bench, "one", livelock_thread);
    thread_roles_add(bench, "two", livelock_thread);
    if (!thread_roles_start(bench))
        return;
    spoon->hungry[0] = 1;
    spoon->hungry[1] = !is_left_out(bench, 1, 1);
    for (size_t i = 0; i < 2; i++)
        if (!is_sight_broken(bench, 1, (unsigned)i + 3))
            role_go(bench, threads[i], 'e');
    (void)until(bench, spoon->handed >= 100);
    (void)see(bench, 0, spoon->handed >= 100, _("in memory: handed on %d times"), spoon->handed);
    (void)see(bench, 1, spoon->meals[0] + spoon->meals[1] == 0, _("in memory: %d meals"),
              spoon->meals[0] + spoon->meals[1]);
    (void)see_state(bench, 2, threads[0]->pid, "R");
    (void)see_state(bench, 3, threads[1]->pid, "R");
}

static void livelock_end(struct bench *bench)
{
    struct spoon *spoon = spoon_of(bench);

    if (!is_left_out(bench, 2, 1))
        spoon->patience = 3;
    (void)see_reported(bench, 0, threads[0], _("the first goes on, after this many meals"), 1);
    (void)see_reported(bench, 1, threads[1], _("the second goes on, after this many meals"), 1);
}

const struct lab_experiment experiment_livelock = {
    .name = "livelock",
    .chapter = LAB_SYNC,
    .place = 12,
    .title = N_("Two that step aside for ever"),
    .question = N_("Can threads get nowhere although none of them waits?"),
    .roles = {{"process", N_("holds one spoon")},
              {"one", N_("a polite thread")},
              {"two", N_("a polite thread")}},
    .steps =
        {
            {
                .does = N_("Two hungry threads have one spoon. Whoever has it hands it on if the "
                           "other is hungry too."),
                .question = N_("What happens?"),
                .choices = {N_("both eat"), N_("both sleep for ever"),
                            N_("both are busy for ever, and nobody eats")},
                .right = 2,
                .sees = {{N_("the spoon was handed on 100 times"), N_("shared memory"),
                          N_("the second is not hungry")},
                         {N_("nobody has eaten"), N_("shared memory"),
                          N_("the first is not polite")},
                         {N_("the first thread runs"), "/proc/TID/stat field 3",
                          N_("the first does not start")},
                         {N_("the second thread runs"), "/proc/TID/stat field 3",
                          N_("the second does not start")}},
                .explains = N_("This is a livelock: the states change and nothing is gained. "
                               "Against a deadlock it is told by R and by processor time, where a "
                               "deadlock shows S in a futex and none."),
                .manual = "sched(7)",
                .breaks = N_("the second is not hungry"),
                .run = livelock_start,
            },
            {
                .does = N_("From now on the first thread hands the spoon on three times only."),
                .question = N_("Who eats?"),
                .choices = {N_("the first"), N_("both"), N_("nobody")},
                .right = 1,
                .sees = {{N_("the first eats and is done"), "what the process itself reports",
                          N_("the first stays polite")},
                         {N_("the second eats and is done"), "what the process itself reports",
                          N_("the first keeps the spoon when it has eaten")}},
                .explains = N_("The cure is to break the symmetry: an order, a limit, or a delay "
                               "by chance, as Ethernet does after a collision."),
                .manual = "pthread_mutex_trylock(3p)",
                .breaks = N_("the first stays polite"),
                .run = livelock_end,
            },
        },
    .reading = "sched(7), pthreads(7)",
};
