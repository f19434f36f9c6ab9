/* Atomic operations: load, store, swap, compare-and-swap, and what each of them loses. */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "thread_roles.h"

enum {
    ATOMIC_TURNS = 50000
};

static atomic_int shared_number, failures;
static _Thread_local int loaded;

static const volatile int *address_of(const atomic_int *number)
{
    return (const volatile int *)(const volatile void *)number;
}

static void add_many(struct bench *bench)
{
    for (int i = 0; i < ATOMIC_TURNS; i++) {
        if (is_left_out(bench, 4, 1) && bench->self == threads[1])
            break;
        int expected = atomic_load(&shared_number);
        while (!atomic_compare_exchange_strong(&shared_number, &expected, expected + 1))
            atomic_fetch_add(&failures, 1);
    }
}

/* Writes one more than was loaded, whatever is there now. */
static void store(struct bench *bench)
{
    if (is_left_out(bench, 2, 3))
        atomic_fetch_add(&shared_number, 1);
    else
        atomic_store(&shared_number, loaded + 1);
    role_report(bench, 0);
}

static void atomic_thread(struct bench *bench)
{
    int expected;

    for (;;)
        switch (role_await(bench)) {
        case 'c': /* from 0 to 5, and once more from 0 */
            expected = is_sight_broken(bench, 1, 1) ? 1 : 0;
            role_report(bench, atomic_compare_exchange_strong(&shared_number, &expected, 5));
            if (is_sight_broken(bench, 1, 3))
                atomic_store(&shared_number, 4);
            expected = is_left_out(bench, 1, 2) || is_sight_broken(bench, 1, 4) ? 5 : 0;
            role_report(bench, atomic_compare_exchange_strong(&shared_number, &expected, 9));
            role_report(bench, expected);
            break;
        case 'l':
            loaded = atomic_load(&shared_number);
            role_report(bench, loaded);
            break;
        case 's':
            store(bench);
            break;
        case 'x':
            role_report(bench, atomic_exchange(&shared_number, 0));
            break;
        case 't': /* a compare-and-swap that expects what was loaded */
            role_report(bench, atomic_compare_exchange_strong(&shared_number, &loaded, loaded + 1));
            break;
        case 'f':
            atomic_fetch_add(&failures, 1);
            role_report(bench, 0);
            break;
        case 'a':
            add_many(bench);
            role_report(bench, 0);
            break;
        }
}

static void atomic_swap(struct bench *bench)
{
    thread_roles_add(bench, "one", atomic_thread);
    thread_roles_add(bench, "two", atomic_thread);
    thread_roles_add(bench, "three", atomic_thread);
    if (!thread_roles_start(bench))
        return;
    role_go(bench, threads[0], 'c');
    (void)see_reported(bench, 0, threads[0], _("compare-and-swap from 0 to 5 returned"), 1);
    (void)see_reported(bench, 1, threads[0], _("compare-and-swap from 0 to 9 returned"), 0);
    (void)see_reported(bench, 2, threads[0], _("it found"), 5);
    (void)see_word(bench, 3, process->pid, address_of(&shared_number), 5, _("the number"));
}

static void atomic_lost(struct bench *bench)
{
    if (is_sight_broken(bench, 2, 1))
        (void)role_ask(bench, threads[2], 'x');
    role_go(bench, threads[0], 'l');
    (void)see_reported(bench, 0, threads[0], _("the first thread loaded"), 5);
    if (is_sight_broken(bench, 2, 2))
        (void)role_ask(bench, threads[0], 's');
    role_go(bench, threads[1], 'l');
    (void)see_reported(bench, 1, threads[1], _("the second thread loaded"), 5);
    (void)role_ask(bench, threads[0], 's');
    (void)role_ask(bench, threads[1], 's');
    (void)see_word(bench, 2, process->pid, address_of(&shared_number), 6, _("the number"));
}

/* One turn of a loop that tries again: what the compare-and-swap returned, counted if it failed. */
static void see_try(struct bench *bench, unsigned sight, struct role *thread, const char *call,
                    int expected)
{
    int64_t done = role_ask(bench, thread, 't');

    if (done == 0)
        (void)role_ask(bench, thread, 'f');
    (void)see_own_words(bench, sight, done == expected, "%s: %" PRId64, call, done);
}

static void atomic_retry(struct bench *bench)
{
    (void)role_ask(bench, threads[0], 'l');
    if (!is_broken(bench, 3))
        (void)role_ask(bench, threads[1], 'l');
    if (is_sight_broken(bench, 3, 1))
        (void)role_ask(bench, threads[2], 'x');
    see_try(bench, 0, threads[0], _("the first thread's compare-and-swap returned"), 1);
    if (is_left_out(bench, 3, 2) || is_sight_broken(bench, 3, 3))
        (void)role_ask(bench, threads[1], 'l');
    see_try(bench, 1, threads[1], _("the second thread's compare-and-swap returned"), 0);
    (void)see_word(bench, 2, process->pid, address_of(&failures), 1, _("the number of failures"));
    if (is_sight_broken(bench, 3, 4))
        (void)role_ask(bench, threads[2], 'x');
    if (!is_sight_broken(bench, 3, 5))
        see_try(bench, 3, threads[1], _("its second one returned"), 1);
    (void)see_word(bench, 4, process->pid, address_of(&shared_number), 8, _("the number"));
}

static void atomic_add(struct bench *bench)
{
    int64_t done;
    int failed = 0;

    for (size_t i = 0; i < 3; i++)
        role_go(bench, threads[i], 'a');
    for (size_t i = 0; i < 3; i++)
        (void)role_receive(bench, threads[i], &done);
    (void)bench_peek(process->pid, address_of(&failures), &failed, sizeof(failed));
    char what[128];
    (void)snprintf(what, sizeof(what),
                   _("%d compare-and-swaps failed and were tried again; the number (8, and "
                     "150,000)"),
                   failed - 1);
    (void)see_word(bench, 0, process->pid, address_of(&shared_number), 8 + 3 * ATOMIC_TURNS, what);
}

#define REPORTED N_("compare-and-swap, as the process itself reports it")
#define MEMORY   "process_vm_readv(2)"

const struct lab_experiment experiment_atomic =
    {
        .name = "atomic",
        .chapter = LAB_SYNC,
        .place = 6,
        .title = N_("Load, store, compare and swap"),
        .question = N_("How can threads count without a lock?"),
        .roles = {{"process", N_("holds the number")},
                  {"one", N_("a thread that counts")},
                  {"two", N_("a thread that counts")},
                  {"three", N_("a thread that counts")}},
        .steps =
            {
                {
                    .does =
                        N_("A thread says: if the number is 0, make it 5. Then: if it is 0, make "
                           "it 9."),
                    .question = N_("What does the second one do?"),
                    .choices = {N_("it sets 9"), N_("it fails and tells the value it found"),
                                N_("it waits for 0")},
                    .right = 1,
                    .sees = {{N_("the first one succeeds"), REPORTED, N_("it expects 1")},
                             {N_("the second one fails"), REPORTED, N_("it expects 5")},
                             {N_("and tells that it found 5"), REPORTED,
                              N_("the number is set to 4 in between")},
                             {N_("the number is 5"), MEMORY, N_("the second one expects 5")}},
                    .explains = N_("Compare-and-swap is one indivisible operation of the "
                                   "processor. It writes only if the number is still the one that "
                                   "was expected. Locks are built from it."),
                    .manual = "stdatomic.h(7posix)",
                    .breaks = N_("the second one expects 5"),
                    .run = atomic_swap,
                },
                {
                    .does = N_("Two threads add 1 by atomic loads and stores: both load, then both "
                               "store one more than they loaded."),
                    .question = N_("The number was 5. What is it now?"),
                    .choices = {"5", "6", "7"},
                    .right = 1,
                    .sees = {{N_("the first thread loaded 5"),
                              N_("atomic load, as the process itself reports it"),
                              N_("another thread sets it to 0 before")},
                             {N_("the second thread loaded 5"),
                              N_("atomic load, as the process itself reports it"),
                              N_("the first thread stores before the second loads")},
                             {N_("the number is 6: one addition is lost"), MEMORY,
                              N_("they add by atomic_fetch_add() instead of storing")}},
                    .explains =
                        N_("Each load and each store was atomic; what lies between them was "
                           "not. An atomic variable is no help if the program reads, thinks "
                           "and writes."),
                    .manual = "stdatomic.h(7posix)",
                    .breaks = N_("they add by atomic_fetch_add() instead of storing"),
                    .run = atomic_lost,
                },
                {
                    .does =
                        N_("Both load again. The first thread writes by compare-and-swap, then the "
                           "second; whoever fails tries again with the value it found."),
                    .question = N_("How many of these compare-and-swaps fail?"),
                    .choices = {N_("none"), N_("one"), N_("all")},
                    .right = 1,
                    .sees = {{N_("the first thread's succeeds"), REPORTED,
                              N_("another thread sets it to 0 in between")},
                             {N_("the second thread's fails"), REPORTED,
                              N_("it loads again before")},
                             {N_("one failure was counted"), MEMORY, N_("it loads again before")},
                             {N_("its next try succeeds"), REPORTED,
                              N_("another thread sets it to 0 in between")},
                             {N_("the number is 8: both additions are in it"), MEMORY,
                              N_("it does not try again")}},
                    .explains = N_("A failure means that somebody else got on. So of all threads "
                                   "together one always makes progress, although one of them may "
                                   "fail for long."),
                    .manual = "stdatomic.h(7posix)",
                    .breaks = N_("the second thread loads after the first has written"),
                    .run = atomic_retry,
                },
                {
                    .does =
                        N_("Three threads add 1, 50,000 times each: load, compare-and-swap, and if "
                           "that failed, again."),
                    .question = N_("Is any addition lost?"),
                    .choices = {N_("yes"), N_("no")},
                    .right = 1,
                    .sees = {{N_("all 150,000 were counted"),
                              MEMORY, N_("one thread does not count")}},
                    .explains = N_("Nobody sleeps and nobody can be kept waiting by a thread that "
                                   "was "
                                   "stopped while holding a lock: this is called lock-free."),
                    .manual = "stdatomic.h(7posix)",
                    .breaks = N_("one thread does not count"),
                    .run = atomic_add,
                },
            },
        .reading = "stdatomic.h(7posix), futex(7)",
};
