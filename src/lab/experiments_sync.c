/* Synchronising: threads that get in each other's way, and how they stop doing so. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "reaptop/base/libc.h"
#include "thread_roles.h"

/* glibc keeps the owner's TID in the mutex; elsewhere there is nothing to read. */
static void see_owner(struct bench *bench, unsigned sight, const pthread_mutex_t *mutex,
                      const struct role *owner)
{
#if LIBC_KEEPS_MUTEX_OWNERS
    (void)see_word(bench, sight, process->pid, &mutex->__data.__owner, owner->pid,
                   _("the owner's TID in the mutex"));
#else
    (void)mutex, (void)owner;
    see_skipped(bench, sight, _("this C library does not keep a mutex's owner"));
#endif
}

/* ---- race ---- */

enum {
    RACE_TURNS = 100000
};

static volatile int plain_counter;
static atomic_int atomic_counter;
static volatile int locked_counter;
static pthread_mutex_t race_mutex = PTHREAD_MUTEX_INITIALIZER;

static void count_plain(bool yields)
{
    for (int i = 0; i < RACE_TURNS; i++) {
        int value = plain_counter;
        /* The gap between reading and writing exists anyway; here it is longer. */
        if (yields && i % 256 == 0)
            (void)sched_yield();
        plain_counter = value + 1;
    }
}

static void race_thread(struct bench *bench)
{
    bool is_second = bench->self == threads[1];

    for (;;) {
        int word = role_await(bench);
        if (word == 'y' && !(is_broken(bench, 1) && is_second))
            count_plain(true);
        if (word == 'p' && !(is_broken(bench, 2) && is_second))
            count_plain(false);
        for (int i = 0; word == 'a' && i < RACE_TURNS && !(is_broken(bench, 3) && is_second); i++)
            atomic_fetch_add(&atomic_counter, 1);
        for (int i = 0; word == 'm' && i < RACE_TURNS && !(is_broken(bench, 4) && is_second); i++) {
            (void)pthread_mutex_lock(&race_mutex);
            locked_counter++;
            (void)pthread_mutex_unlock(&race_mutex);
        }
        role_report(bench, 0);
    }
}

static void both_count(struct bench *bench, int word)
{
    int64_t done;

    role_go(bench, threads[0], word);
    role_go(bench, threads[1], word);
    (void)role_receive(bench, threads[0], &done);
    (void)role_receive(bench, threads[1], &done);
}

/* Counts with that word until an update was lost. `is_rare`: none in time is no surprise. */
static void race_until_lost(struct bench *bench, int word, bool is_rare)
{
    int counter = 0, before = 0, rounds = 0, r = 0;
    int added = RACE_TURNS * (is_broken(bench, bench->step + 1) ? 1 : 2);
    bool lost = false;
    struct wait wait = wait_begin(bench);

    do {
        (void)bench_peek(process->pid, &plain_counter, &before, sizeof(before));
        both_count(bench, word);
        rounds++;
        r = bench_peek(process->pid, &plain_counter, &counter, sizeof(counter));
        lost = r == 0 && counter - before < added;
    } while (!lost && r == 0 && wait_turn(bench, &wait) && rounds < 1000);
    if (see_unreadable(bench, 0, r))
        return;
    if (!lost && is_rare && !is_broken(bench, bench->step + 1))
        see_skipped(bench, 0,
                    _("nothing was lost in %d rounds: the gap is some nanoseconds, and "
                      "the threads hardly ran at the same time"),
                    rounds);
    else
        (void)see(
            bench, 0, lost,
            _("round %d: 1 was added %d times, and the counter went from %d to %d: %d are lost"),
            rounds, added, before, counter, added - (counter - before));
}

static void race_yielding(struct bench *bench)
{
    thread_roles_add(bench, "one", race_thread);
    thread_roles_add(bench, "two", race_thread);
    if (thread_roles_start(bench))
        race_until_lost(bench, 'y', false);
}

static void race_plain(struct bench *bench)
{
    race_until_lost(bench, 'p', true);
}

static void race_atomic(struct bench *bench)
{
    both_count(bench, 'a');
    (void)see_word(bench, 0, process->pid,
                   (const volatile int *)(const volatile void *)&atomic_counter, 2 * RACE_TURNS,
                   _("the counter"));
}

static void race_mutexed(struct bench *bench)
{
    both_count(bench, 'm');
    (void)see_word(bench, 0, process->pid, &locked_counter, 2 * RACE_TURNS, _("the counter"));
}

const struct lab_experiment experiment_race = {
    .name = "race",
    .chapter = LAB_SYNC,
    .place = 1,
    .title = N_("Lost updates"),
    .question = N_("What goes wrong when two threads count in one variable?"),
    .roles = {{"process", N_("holds the counter")},
              {"one", N_("a thread that counts")},
              {"two", N_("a thread that counts")}},
    .steps =
        {
            {
                .does =
                    N_("Two threads add 1 to the same variable, 100,000 times each, with "
                       "nothing to keep them apart. Each calls sched_yield() between reading and "
                       "writing at every 256th addition: that lengthens the gap."),
                .question = N_("What does the variable say in the end?"),
                .choices = {N_("200,000"), N_("less"), N_("more")},
                .right = 1,
                .sees = {{N_("the counter grew by less than was added"), "process_vm_readv(2)"}},
                .explains = N_("Adding is three steps: read, add, write. If the other thread "
                               "writes in between, its update is lost. A result that depends on "
                               "who comes first is called a race. Threads are flows of execution "
                               "that share one memory."),
                .manual = "pthreads(7)",
                .breaks = N_("only one thread counts"),
                .run = race_yielding,
            },
            {
                .does = N_("The same without sched_yield(), as a program would do it."),
                .question = N_("Is it safe now?"),
                .choices = {N_("yes"), N_("no: it only happens less often")},
                .right = 1,
                .sees = {{N_("the counter grew by less than was added"), "process_vm_readv(2)"}},
                .explains = N_("The gap is a few nanoseconds long now. Threads that run at the "
                               "same time on two processors still meet in it; on one processor "
                               "only a switch at that very moment loses an update. A race that "
                               "shows once in a million runs is still a fault."),
                .manual = "pthreads(7)",
                .breaks = N_("only one thread counts"),
                .run = race_plain,
            },
            {
                .does = N_("The same with an atomic addition."),
                .question = N_("And now?"),
                .choices = {N_("200,000"), N_("less"), N_("more")},
                .right = 0,
                .sees = {{N_("nothing was lost"), "process_vm_readv(2)"}},
                .explains = N_("An atomic operation cannot be divided: the processor reads, adds "
                               "and writes while nobody else can touch the variable."),
                .manual = "stdatomic.h(7posix)",
                .breaks = N_("the second thread does not count"),
                .run = race_atomic,
            },
            {
                .does = N_("The same with a mutex locked around a plain addition."),
                .question = N_("And now?"),
                .choices = {N_("200,000"), N_("less"), N_("more")},
                .right = 0,
                .sees = {{N_("nothing was lost"), "process_vm_readv(2)"}},
                .explains = N_("A mutex (mutual exclusion) lets one thread in at a time. It "
                               "protects any number of variables, where an atomic protects one."),
                .manual = "pthreads(7)",
                .breaks = N_("the second thread does not count"),
                .run = race_mutexed,
            },
        },
    .reading = "pthreads(7), futex(7)",
};

/* ---- mutex ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void mutex_thread(struct bench *bench)
{
    bool tries = is_broken(bench, 1) && bench->self == threads[1];

    for (;;)
        switch (role_await(bench)) {
        case 'l':
            role_report(bench,
                        -(tries ? pthread_mutex_trylock(&mutex) : pthread_mutex_lock(&mutex)));
            break;
        case 'u':
            if (!is_broken(bench, 2))
                (void)pthread_mutex_unlock(&mutex);
            role_report(bench, 0);
            break;
        }
}

static void mutex_wait(struct bench *bench)
{
    thread_roles_add(bench, "first", mutex_thread);
    thread_roles_add(bench, "second", mutex_thread);
    if (!thread_roles_start(bench))
        return;
    if (is_sight_broken(bench, 1, 1))
        (void)role_ask(bench, threads[1], 'l');
    role_go(bench, threads[0], 'l');
    (void)see_reported(bench, 0, threads[0], _("pthread_mutex_lock() in the first returned"), 0);
    role_go(bench, threads[1], 'l');
    (void)see_waits(bench, 1, threads[1]);
    if (is_sight_broken(bench, 1, 3))
        (void)role_ask(bench, threads[0], 'u');
    see_owner(bench, 2, &mutex, threads[0]);
}

static void mutex_leave(struct bench *bench)
{
    (void)role_ask(bench, threads[0], 'u');
    (void)see_reported(bench, 0, threads[1], _("pthread_mutex_lock() in the second returned"), 0);
    see_owner(bench, 1, &mutex, threads[1]);
}

const struct lab_experiment experiment_mutex = {
    .name = "mutex",
    .chapter = LAB_SYNC,
    .place = 2,
    .title = N_("One at a time"),
    .question = N_("What does a thread do that finds a mutex locked?"),
    .roles = {{"process", N_("holds the mutex")},
              {"first", N_("a thread that locks it first")},
              {"second", N_("a thread that comes later")}},
    .steps =
        {
            {
                .does = N_("The first thread locks the mutex. Then the second one wants it. "
                           "futex() is the system call in which a thread can wait for another."),
                .question = N_("What does the second one do?"),
                .choices = {N_("it tries again and again"), N_("it sleeps"),
                            N_("it goes on without the lock")},
                .right = 1,
                .sees = {{N_("the first one is inside"),
                          N_("pthread_mutex_lock(), as the process itself reports it"),
                          N_("the second is inside before")},
                         {N_("the second sleeps in a futex"), "/proc/TID/wchan"},
                         {N_("the mutex names the first as its owner"), "process_vm_readv(2)",
                          N_("the first unlocks it")}},
                .explains = N_("Locking a free mutex is one atomic operation, without the kernel. "
                               "Only who must wait asks the kernel, by futex(2): sleep while this "
                               "word in memory says \"locked\"."),
                .manual = "pthreads(7), futex(7)",
                .breaks = N_("the second only tries (trylock)"),
                .run = mutex_wait,
            },
            {
                .does = N_("The first thread unlocks it."),
                .question = N_("Who is inside now?"),
                .choices = {N_("nobody"), N_("the second")},
                .right = 1,
                .sees = {{N_("the second one's lock call returns"),
                          N_("pthread_mutex_lock(), as the process itself reports it")},
                         {N_("the mutex names the second as its owner"), "process_vm_readv(2)"}},
                .explains = N_("Unlocking wakes a sleeper, if there is one. Only the owner may "
                               "unlock a mutex."),
                .manual = "pthread_mutex_unlock(3p)",
                .breaks = N_("the first does not unlock"),
                .run = mutex_leave,
            },
        },
    .reading = "pthreads(7), futex(7)",
};

/* ---- rwlock ---- */

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void rwlock_thread(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 'r':
            role_report(bench, -(is_broken(bench, 1) && bench->self == threads[1]
                                     ? pthread_rwlock_wrlock(&rwlock)
                                     : pthread_rwlock_rdlock(&rwlock)));
            break;
        case 'w':
            role_report(bench, -pthread_rwlock_wrlock(&rwlock));
            break;
        case 'u':
            if (!(is_broken(bench, 2) && bench->self == threads[0]))
                (void)pthread_rwlock_unlock(&rwlock);
            role_report(bench, 0);
            break;
        }
}

static void rwlock_read(struct bench *bench)
{
    thread_roles_add(bench, "reader1", rwlock_thread);
    thread_roles_add(bench, "reader2", rwlock_thread);
    thread_roles_add(bench, "writer", rwlock_thread);
    if (!thread_roles_start(bench))
        return;
    if (is_sight_broken(bench, 1, 1))
        (void)role_ask(bench, threads[2], 'w');
    for (unsigned i = 0; i < 2; i++) {
        role_go(bench, threads[i], 'r');
        (void)see_reported(bench, i, threads[i], _("pthread_rwlock_rdlock() returned"), 0);
        if (is_sight_broken(bench, 1, 3))
            (void)role_ask(bench, threads[i], 'u');
    }
    role_go(bench, threads[2], 'w');
    (void)see_waits(bench, 2, threads[2]);
}

static void rwlock_write(struct bench *bench)
{
    (void)role_ask(bench, threads[0], 'u');
    (void)role_ask(bench, threads[1], 'u');
    if (!see_reported(bench, 0, threads[2], _("pthread_rwlock_wrlock() returned"), 0))
        return;
    role_go(bench, threads[0], 'r');
    (void)see_waits(bench, 1, threads[0]);
}

const struct lab_experiment experiment_rwlock = {
    .name = "rwlock",
    .chapter = LAB_SYNC,
    .place = 3,
    .title = N_("Many readers or one writer"),
    .question = N_("Whom does a read-write lock keep out?"),
    .roles = {{"process", N_("holds the lock")},
              {"reader1", N_("a thread that reads")},
              {"reader2", N_("a thread that reads")},
              {"writer", N_("a thread that writes")}},
    .steps =
        {
            {
                .does = N_("Two threads lock it for reading. Then a third wants to write. "
                           "futex() is the system call in which a thread can wait for another."),
                .question = N_("Who is inside?"),
                .choices = {N_("one reader"), N_("both readers"), N_("the writer")},
                .right = 1,
                .sees = {{N_("the first reader is inside"),
                          N_("pthread_rwlock_rdlock(3p), as the process itself reports it"),
                          N_("the writer is inside")},
                         {N_("the second reader is inside too"),
                          N_("pthread_rwlock_rdlock(3p), as the process itself reports it")},
                         {N_("the writer sleeps in a futex"), "/proc/TID/wchan",
                          N_("the readers leave")}},
                .explains = N_("Reading disturbs nobody, so readers share the lock. A writer needs "
                               "it alone."),
                .manual = "pthread_rwlock_rdlock(3p)",
                .breaks = N_("the second reader asks for the write lock"),
                .run = rwlock_read,
            },
            {
                .does = N_("Both readers leave; then one of them wants to read again."),
                .question = N_("What happens to that reader?"),
                .choices = {N_("it is let in"), N_("it sleeps until the writer leaves")},
                .right = 1,
                .sees = {{N_("the writer is inside"),
                          N_("pthread_rwlock_wrlock(3p), as the process itself reports it")},
                         {N_("the reader sleeps in a futex"), "/proc/TID/wchan"}},
                .explains = N_("While somebody writes, nobody else is inside. A lock that always "
                               "favours readers can keep a writer out for ever: that is called "
                               "starvation."),
                .manual = "pthread_rwlock_wrlock(3p)",
                .breaks = N_("one reader does not leave"),
                .run = rwlock_write,
            },
        },
    .reading = "pthread_rwlock_rdlock(3p), pthread_rwlockattr_setkind_np(3)",
};

/* ---- condition ---- */

static pthread_mutex_t condition_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static volatile int tickets, waiting;

static void condition_waiter(struct bench *bench)
{
    for (;;) {
        (void)role_await(bench);
        (void)pthread_mutex_lock(&condition_mutex);
        waiting++;
        while (tickets == 0)
            (void)pthread_cond_wait(&condition, &condition_mutex);
        tickets--;
        waiting--;
        (void)pthread_mutex_unlock(&condition_mutex);
        role_report(bench, 1);
    }
}

static void condition_waker(struct bench *bench)
{
    for (;;) {
        int word = role_await(bench);
        (void)pthread_mutex_lock(&condition_mutex);
        tickets += word == 's' ? 1 : 2;
        bool wakes_one = word == 's' ? !is_sight_broken(bench, 1, 4) : is_sight_broken(bench, 2, 1);
        if (is_broken(bench, word == 's' ? 1 : 2))
            ; /* nobody is woken */
        else if (wakes_one)
            (void)pthread_cond_signal(&condition);
        else
            (void)pthread_cond_broadcast(&condition);
        (void)pthread_mutex_unlock(&condition_mutex);
        role_report(bench, 0);
    }
}

static int64_t sleeps[3]; /* of each waiter, before somebody is woken */

static int64_t sleeps_of(size_t waiter)
{
    return observe_number(threads[waiter]->pid, "status", "voluntary_ctxt_switches");
}

/* All of them sleep in the futex; from then on each wake-up shows as a further switch. */
static bool note_sleeps(struct bench *bench)
{
    char text[256];

    for (size_t i = 0; i < 3; i++) {
        if (!until(bench,
                   bench_is_asleep(bench, threads[i]->pid, "futex", SYS_futex, text, sizeof(text))))
            return false;
        sleeps[i] = sleeps_of(i);
    }
    return true;
}

/*
 * FUTEX_WAKE makes its sleepers runnable before it returns, and the waker has
 * answered: whoever still sleeps there, without a switch more, was not woken.
 */
static void see_woken(struct bench *bench, unsigned sight, int expected)
{
    int woken = 0;
    char text[LAB_TEXT_SIZE] = "", where[256];

    for (size_t i = 0; i < 3; i++) {
        bool sleeps_on = observe_is_in(threads[i]->pid, "futex", SYS_futex, where, sizeof(where)) &&
                         observe_state(threads[i]->pid) == 'S' && sleeps_of(i) == sleeps[i];
        size_t length = strlen(text);
        woken += !sleeps_on;
        (void)snprintf(text + length, sizeof(text) - length, "%s%s %s", i ? ", " : "",
                       threads[i]->name, sleeps_on ? _("sleeps on") : _("was woken"));
    }
    (void)see(bench, sight, woken == expected, "%s", text);
}

static void see_waiting(struct bench *bench, unsigned sight, int count)
{
    (void)see_word(bench, sight, process->pid, &waiting, count, _("the number of waiters"));
}

static void condition_signal(struct bench *bench)
{
    thread_roles_add(bench, "waiter1", condition_waiter);
    thread_roles_add(bench, "waiter2", condition_waiter);
    thread_roles_add(bench, "waiter3", condition_waiter);
    thread_roles_add(bench, "waker", condition_waker);
    if (!thread_roles_start(bench))
        return;
    bool is_third_out = is_sight_broken(bench, 1, 1) || is_sight_broken(bench, 1, 2);
    for (size_t i = 0; i < (is_third_out ? 2 : 3); i++)
        role_go(bench, threads[i], 'w');
    see_waiting(bench, 0, 3);
    bool sleep = note_sleeps(bench);
    (void)see(bench, 1, sleep,
              _("voluntary_ctxt_switches: %" PRId64 ", %" PRId64 ", %" PRId64
                "; each is in the system call futex"),
              sleeps[0], sleeps[1], sleeps[2]);
    (void)role_ask(bench, threads[3], 's');
    see_woken(bench, 3, 1);
    see_waiting(bench, 2, 2);
}

static void condition_broadcast(struct bench *bench)
{
    (void)role_ask(bench, threads[3], 'b');
    see_waiting(bench, 0, 0);
    int64_t reported = 0, sum = 0;
    for (size_t i = 0; i < 3; i++)
        if (role_receive(bench, threads[i], &reported))
            sum += reported;
    (void)see_own_words(bench, 1, sum == 3, _("%" PRId64 " of 3 waiters told that they went on"),
                        sum);
}

const struct lab_experiment experiment_condition = {
    .name = "condition",
    .chapter = LAB_SYNC,
    .place = 4,
    .title = N_("Waiting for something to become true"),
    .question = N_("What is the difference between signal and broadcast?"),
    .roles = {{"process", N_("holds the condition variable")},
              {"waiter1", N_("a thread that waits for a ticket")},
              {"waiter2", N_("another")},
              {"waiter3", N_("another")},
              {"waker", N_("a thread that gives tickets")}},
    .steps =
        {
            {
                .does = N_("Three threads wait on a condition variable. One ticket is given and "
                           "pthread_cond_signal() called. "
                           "futex() is the system call in which a thread can wait for another."),
                .question = N_("How many go on?"),
                .choices = {N_("one"), N_("three"), N_("none")},
                .right = 0,
                .sees = {{N_("three are waiting"), "process_vm_readv(2)",
                          N_("the third does not wait")},
                         {N_("all three sleep in a futex"), "/proc/TID/syscall, or wchan",
                          N_("the third does not wait")},
                         {N_("after the signal two are waiting"), "process_vm_readv(2)"},
                         {N_("one was woken, the two others slept on"),
                          "/proc/TID/status voluntary_ctxt_switches, /proc/TID/syscall",
                          N_("pthread_cond_broadcast() is called instead")}},
                .explains = N_("pthread_cond_wait() gives the mutex back and sleeps; woken, it "
                               "takes the mutex again. The waiter then looks at what it waits "
                               "for and sleeps again if it is not so: wakeups without reason are "
                               "allowed."),
                .manual = "pthreads(7)",
                .breaks = N_("nobody is woken"),
                .run = condition_signal,
            },
            {
                .does = N_("Two tickets are given and pthread_cond_broadcast() called."),
                .question = N_("How many go on?"),
                .choices = {N_("one"), N_("two, all that wait")},
                .right = 1,
                .sees = {{N_("nobody waits any more"), "process_vm_readv(2)",
                          N_("pthread_cond_signal() is called instead")},
                         {N_("all three have gone on"), "what the process itself reports"}},
                .explains = N_("A signal wakes at least one waiter, a broadcast all. Use "
                               "broadcast when several may go on, or when they wait for "
                               "different things."),
                .manual = "pthreads(7)",
                .breaks = N_("nobody is woken"),
                .run = condition_broadcast,
            },
        },
    .reading = "pthreads(7), futex(7)",
};

/* ---- deadlock ---- */

static pthread_mutex_t locks[6] = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
};

/* Threads come in pairs: 0 and 1 use locks 0 and 1, 2 and 3 the next two, and so on. */
static void deadlock_thread(struct bench *bench)
{
    size_t self = 0;
    while (threads[self] != bench->self)
        self++;
    size_t pair = self / 2 * 2;
    bool is_opposite = self % 2 == 1;

    if (pair == 0 && is_broken(bench, 1))
        is_opposite = false;
    if (pair == 4)
        is_opposite = is_opposite && is_broken(bench, 3);
    pthread_mutex_t *one = &locks[pair + is_opposite], *two = &locks[pair + !is_opposite];
    for (;;)
        switch (role_await(bench)) {
        case '1':
            role_report(bench, -pthread_mutex_lock(one));
            break;
        case '2':
            (void)pthread_mutex_lock(two);
            (void)pthread_mutex_unlock(two);
            (void)pthread_mutex_unlock(one);
            role_report(bench, 0);
            break;
        case 't': /* try the second; failing that, give the first back and start over */
            while (!is_broken(bench, 2) && pthread_mutex_trylock(two) != 0) {
                (void)pthread_mutex_unlock(one);
                (void)sched_yield();
                (void)pthread_mutex_lock(one);
            }
            if (is_broken(bench, 2))
                (void)pthread_mutex_lock(two);
            (void)pthread_mutex_unlock(two);
            (void)pthread_mutex_unlock(one);
            role_report(bench, 0);
            break;
        }
}

/* Which of the first two locks that thread waits for: the first argument of its futex call; -1. */
static int lock_waited_for(const struct role *thread)
{
    char text[256];
    unsigned long address;

    if (!observe_file(thread->pid, "syscall", text, sizeof(text)) ||
        sscanf(text, "%*d %lx", &address) != 1)
        return -1;
    for (int i = 0; i < 2; i++)
        if (address == (unsigned long)(uintptr_t)&locks[i])
            return i;
    return -1;
}

/* Which of A and B owns it; -1: neither. Not read, `r` is a negative errno, else as it was. */
static int owner_of(int lock, int *r)
{
    int owner = 0;
#if LIBC_KEEPS_MUTEX_OWNERS
    int peeked = bench_peek(process->pid, &locks[lock].__data.__owner, &owner, sizeof(owner));
    *r = peeked < 0 ? peeked : *r;
#else
    (void)lock;
    (void)r;
#endif
    return owner && owner == threads[0]->pid ? 0 : owner && owner == threads[1]->pid ? 1 : -1;
}

/* Each waits for a lock of the other: the way leads back to where it began. */
static void see_circle(struct bench *bench, unsigned sight)
{
    char text[256];

    if (!observe_file(threads[0]->pid, "syscall", text, sizeof(text))) {
        see_skipped(bench, sight, "%s", _("/proc/TID/syscall wants PTRACE_MODE_ATTACH"));
        return;
    }
#if !LIBC_KEEPS_MUTEX_OWNERS
    see_skipped(bench, sight, _("this C library does not keep a mutex's owner"));
    return;
#endif
    int first = lock_waited_for(threads[0]), second = lock_waited_for(threads[1]);
    int r = 0;
    int owner = first < 0 ? -1 : owner_of(first, &r);
    int other = second < 0 ? -1 : owner_of(second, &r);
    if (see_unreadable(bench, sight, r))
        return;
    bool is_circle = owner == 1 && other == 0;
    (void)see(bench, sight, is_circle, _("A -> lock %d -> %s -> lock %d -> %s"), first + 1,
              owner < 0 ? "?" : threads[owner]->name, second + 1,
              other < 0 ? "?" : threads[other]->name);
}

static void deadlock_happen(struct bench *bench)
{
    static const char *const names[] = {"A", "B", "C", "D", "E", "F"};
    int64_t reported;

    for (size_t i = 0; i < 6; i++)
        thread_roles_add(bench, names[i], deadlock_thread);
    if (!thread_roles_start(bench))
        return;
    (void)role_ask(bench, threads[0], '1');
    role_go(bench, threads[1], '1');
    if (!is_broken(bench, 1))
        (void)role_receive(bench, threads[1], &reported);
    role_go(bench, threads[0], '2');
    role_go(bench, threads[1], '2');
    (void)see_waits(bench, 0, threads[0]);
    (void)see_waits(bench, 1, threads[1]);
    see_owner(bench, 2, &locks[0], threads[0]);
    see_owner(bench, 3, &locks[1], threads[1]);
    see_circle(bench, 4);
}

static void deadlock_back_off(struct bench *bench)
{
    (void)role_ask(bench, threads[2], '1');
    (void)role_ask(bench, threads[3], '1');
    role_go(bench, threads[2], 't');
    role_go(bench, threads[3], 't');
    (void)see_answer(bench, 0, threads[2], _("C is through with both locks"), 0);
    (void)see_answer(bench, 1, threads[3], _("D is through with both locks"), 0);
}

static void deadlock_order(struct bench *bench)
{
    int64_t reported;

    (void)role_ask(bench, threads[4], '1');
    role_go(bench, threads[5], '1');
    if (is_broken(bench, 3))
        (void)role_receive(bench, threads[5], &reported);
    else
        (void)see_waits(bench, 0, threads[5]);
    role_go(bench, threads[4], '2');
    role_go(bench, threads[5], '2');
    (void)see_answer(bench, 1, threads[4], _("E is through with both locks"), 0);
    if (!is_broken(bench, 3))
        (void)role_receive(bench, threads[5], &reported);
    (void)see_answer(bench, 2, threads[5], _("F is through with both locks"), 0);
}

const struct lab_experiment experiment_deadlock = {
    .name = "deadlock",
    .chapter = LAB_SYNC,
    .place = 5,
    .title = N_("A circle of waiting"),
    .question = N_("How can two threads block each other for ever?"),
    .roles = {{"process", N_("holds the locks")},
              {"A", N_("a thread that takes lock 1, then lock 2")},
              {"B", N_("a thread that takes lock 2, then lock 1")},
              {"C", N_("as A, but tries and backs off")},
              {"D", N_("as B, but tries and backs off")},
              {"E", N_("takes two locks in a fixed order")},
              {"F", N_("takes them in the same order")}},
    .steps =
        {
            {
                .does = N_("A locks 1 and B locks 2. Then A wants 2 and B wants 1. A "
                           "thread waits for a lock in the system call futex()."),
                .question = N_("Who goes on?"),
                .choices = {N_("A"), N_("B"), N_("neither, ever")},
                .right = 2,
                .sees = {{N_("A sleeps in a futex"), "/proc/TID/wchan"},
                         {N_("B sleeps in a futex"), "/proc/TID/wchan"},
                         {N_("A owns lock 1, which B wants"), "process_vm_readv(2)"},
                         {N_("B owns lock 2, which A wants"), "process_vm_readv(2)"},
                         {N_("the circle is closed: A waits for B, and B for A"),
                          "/proc/TID/syscall, process_vm_readv(2)"}},
                .explains = N_("Each waits for what the other holds: a deadlock. The kernel does "
                               "not notice. `reaptop why` on this process draws the circle."),
                .manual = "pthreads(7), futex(7)",
                .breaks = N_("B takes the locks in A's order"),
                .run = deadlock_happen,
            },
            {
                .does = N_("C and D do the same, but they only try the second lock, and give the "
                           "first one back if they fail."),
                .question = N_("Do they get through?"),
                .choices = {N_("yes, sooner or later"), N_("no")},
                .right = 0,
                .sees = {{N_("C gets through"), "what the process itself reports"},
                         {N_("D gets through"), "what the process itself reports"}},
                .explains = N_("Who does not hold one lock while waiting for another cannot be "
                               "part of a circle. The price is work done twice, and in theory "
                               "both could step aside for ever (livelock)."),
                .manual = "pthread_mutex_trylock(3p)",
                .breaks = N_("they wait instead of trying"),
                .run = deadlock_back_off,
            },
            {
                .does = N_("E and F take two locks in the same order."),
                .question = N_("Do they get through?"),
                .choices = {N_("yes"), N_("no")},
                .right = 0,
                .sees = {{N_("F sleeps while E is inside"), "/proc/TID/wchan"},
                         {N_("E gets through"), "what the process itself reports"},
                         {N_("then F does"), "what the process itself reports"}},
                .explains = N_("If everybody takes locks in one fixed order no circle can form. "
                               "This is the usual rule."),
                .manual = "pthreads(7)",
                .breaks = N_("F takes them in the opposite order"),
                .run = deadlock_order,
            },
        },
    .reading = "pthreads(7), futex(7)",
};
