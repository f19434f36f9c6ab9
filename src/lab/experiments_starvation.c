/* A writer that readers keep waiting. */
#include <pthread.h>
#include <sys/syscall.h>

#include "reaptop/base/libc.h"
#include "thread_roles.h"

enum {
    ENTRANCES = 100
};

static pthread_rwlock_t reader_lock, writer_lock; /* whom they prefer */

/* The C library's two kinds: who goes first, a new reader or a waiting writer? */
static void make_lock(pthread_rwlock_t *lock, bool prefers_writers)
{
    pthread_rwlockattr_t attributes;

    (void)pthread_rwlockattr_init(&attributes);
#if LIBC_HAS_RWLOCK_KINDS
    if (prefers_writers)
        (void)pthread_rwlockattr_setkind_np(&attributes, /* lint: allowed */
                                            PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#else
    (void)prefers_writers;
#endif
    (void)pthread_rwlock_init(lock, &attributes);
    (void)pthread_rwlockattr_destroy(&attributes);
}

/* Capitals are for the lock that prefers writers. */
static void starvation_thread(struct bench *bench)
{
    for (;;) {
        int word = role_await(bench);
        pthread_rwlock_t *lock = word < 'a' ? &writer_lock : &reader_lock;
        int r = 0;
        switch (word | 0x20) {
        case 'r':
            r = pthread_rwlock_rdlock(lock);
            break;
        case 'w':
            r = pthread_rwlock_wrlock(lock);
            break;
        case 'u':
            r = pthread_rwlock_unlock(lock);
            break;
        }
        role_report(bench, r);
    }
}

static void starvation_wait(struct bench *bench)
{
    unsigned count = 0;

    make_lock(&reader_lock, is_left_out(bench, 1, 2));
    make_lock(&writer_lock, bench->broken_step != 2 || is_sight_broken(bench, 2, 2) ||
                                is_sight_broken(bench, 2, 3));
    thread_roles_add(bench, "reader1", starvation_thread);
    thread_roles_add(bench, "reader2", starvation_thread);
    thread_roles_add(bench, "writer", starvation_thread);
    if (!thread_roles_start(bench))
        return;
    (void)role_ask(bench, threads[0], 'r');
    if (!is_sight_broken(bench, 1, 1))
        role_go(bench, threads[2], 'w');
    (void)see_waits(bench, 0, threads[2]);
    /* One comes in before the other leaves: the lock is never free. */
    for (; count < ENTRANCES; count++)
        if (role_ask(bench, threads[(count + 1) % 2], 'r') != 0 ||
            role_ask(bench, threads[count % 2], 'u') != 0)
            break;
    (void)see_own_words(bench, 1, count == ENTRANCES,
                        _("pthread_rwlock_rdlock() returned to a reader %u times since"), count);
    if (is_sight_broken(bench, 1, 3))
        (void)role_ask(bench, threads[ENTRANCES % 2], 'u');
    (void)see_waits(bench, 2, threads[2]);
}

static void starvation_fair(struct bench *bench)
{
#if !LIBC_HAS_RWLOCK_KINDS
    for (unsigned i = 0; i < 3; i++)
        see_skipped(bench, i, "%s", _("this C library has no lock that prefers writers"));
    return;
#endif
    int64_t entered;

    (void)role_ask(bench, threads[ENTRANCES % 2], 'u');
    if (!role_receive(bench, threads[2], &entered) || role_ask(bench, threads[2], 'u') != 0)
        return;
    (void)role_ask(bench, threads[0], 'R');
    role_go(bench, threads[2], 'W');
    if (!until(bench,
               bench_is_asleep(bench, threads[2]->pid, "futex", SYS_futex, (char[256]){""}, 256)))
        return;
    role_go(bench, threads[1], 'R');
    (void)see_waits(bench, 0, threads[1]);
    if (!is_left_out(bench, 2, 2))
        role_go(bench, threads[0], 'U');
    (void)see_reported(bench, 1, threads[2], _("pthread_rwlock_wrlock() of the writer returned"),
                       0);
    if (!is_sight_broken(bench, 2, 3))
        role_go(bench, threads[2], 'U');
    (void)see_reported(bench, 2, threads[1], _("pthread_rwlock_rdlock() of reader 2 returned"), 0);
}

const struct lab_experiment experiment_starvation = {
    .name = "starvation",
    .chapter = LAB_SYNC,
    .place = 13,
    .title = N_("A writer that never comes in"),
    .question = N_("Can a thread wait for ever although the lock is given away all the time?"),
    .roles = {{"process", N_("holds the locks")},
              {"reader1", N_("a thread that reads")},
              {"reader2", N_("a thread that reads")},
              {"writer", N_("a thread that wants to write")}},
    .steps =
        {
            {
                .does = N_("A reader holds a read-write lock and a writer asks for it. Then two "
                           "readers take turns: one comes in before the other leaves. "
                           "futex() is the system call in which a thread can wait for another."),
                .question = N_("When does the writer come in?"),
                .choices = {N_("next, for it asked first"), N_("after some turns"),
                            N_("never, while they go on")},
                .right = 2,
                .sees = {{N_("the writer sleeps in a futex"), "/proc/TID/wchan",
                          N_("the writer does not ask")},
                         {N_("readers came in 100 times after it asked"),
                          "what the process itself reports", N_("the lock prefers writers")},
                         {N_("the writer still sleeps"), "/proc/TID/wchan",
                          N_("the last reader leaves")}},
                .explains = N_("glibc's read-write lock lets a reader in whenever readers are "
                               "inside. That is fast, and safe for a reader that locks twice; but "
                               "the writer starves. Nothing is deadlocked: the readers go on."),
                .manual = "pthread_rwlockattr_setkind_np(3)",
                .breaks = N_("the lock prefers writers"),
                .run = starvation_wait,
            },
            {
                .does = N_("The same with a lock that prefers writers "
                           "(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP): reader 1 is inside, "
                           "the writer waits, reader 2 asks. Then reader 1 leaves."),
                .question = N_("Who is next?"),
                .choices = {N_("reader 2"), N_("the writer"), N_("both")},
                .right = 1,
                .sees = {{N_("reader 2 sleeps in a futex, although only a reader is inside"),
                          "/proc/TID/wchan", N_("the lock prefers readers")},
                         {N_("the writer comes in"), "what the process itself reports",
                          N_("reader 1 does not leave")},
                         {N_("reader 2 comes in after it"), "what the process itself reports",
                          N_("the writer does not leave")}},
                .explains = N_("Now readers queue behind a waiting writer. The price: a reader "
                               "that locks twice, with a writer in between, waits for itself."),
                .manual = "pthread_rwlockattr_setkind_np(3)",
                .breaks = N_("the lock prefers readers"),
                .run = starvation_fair,
            },
        },
    .reading = "pthread_rwlockattr_setkind_np(3), futex(7)",
};
