/* Synchronising, continued: once, wait groups, channels. */
#include <pthread.h>
#include <string.h>

#include "thread_roles.h"

/* ---- once ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile int once_count;
static _Thread_local struct bench *once_bench;

static void once_function(void)
{
    once_count++;
    role_report(once_bench, 100);
    (void)role_await(once_bench); /* it takes its time, until the host says so */
    if (is_broken(once_bench, 2))
        role_idle(once_bench);
}

static void once_thread(struct bench *bench)
{
    once_bench = bench;
    for (;;) {
        (void)role_await(bench);
        if (!(is_broken(bench, 1) && bench->self != threads[0]))
            (void)pthread_once(&once, once_function);
        role_report(bench, once_count);
    }
}

static void once_run(struct bench *bench)
{
    thread_roles_add(bench, "one", once_thread);
    thread_roles_add(bench, "two", once_thread);
    thread_roles_add(bench, "three", once_thread);
    if (!thread_roles_start(bench))
        return;
    if (!is_sight_broken(bench, 1, 1))
        role_go(bench, threads[0], 'o');
    (void)see_answer(bench, 0, threads[0], _("the function runs"), 100);
    role_go(bench, threads[1], 'o');
    role_go(bench, threads[2], 'o');
    (void)see_waits(bench, 1, threads[1]);
    (void)see_waits(bench, 2, threads[2]);
}

static void once_done(struct bench *bench)
{
    role_go(bench, threads[0], 'r');
    for (unsigned i = 0; i < 3; i++)
        (void)see_reported(bench, i, threads[i],
                           _("pthread_once() returned; times that the function ran"), 1);
}

const struct lab_experiment experiment_once = {
    .name = "once",
    .chapter = LAB_SYNC,
    .place = 7,
    .title = N_("Once, whoever comes first"),
    .question = N_("How do many threads make sure that something is set up once?"),
    .roles = {{"process", N_("has something to set up")},
              {"one", N_("a thread that needs it")},
              {"two", N_("a thread that needs it")},
              {"three", N_("a thread that needs it")}},
    .steps =
        {
            {
                .does = N_("Three threads call pthread_once() with the same function. The first is "
                           "in it. "
                           "futex() is the system call in which a thread can wait for another."),
                .question = N_("What do the others do meanwhile?"),
                .choices = {N_("they run it too"), N_("they go on"), N_("they sleep")},
                .right = 2,
                .sees = {{N_("the first thread runs the function"),
                          "what the process itself reports",
                          N_("the first thread does not call it")},
                         {N_("the second sleeps in a futex"), "/proc/TID/wchan"},
                         {N_("the third sleeps in a futex"), "/proc/TID/wchan"}},
                .explains = N_("The others need what the function sets up, so they wait until it "
                               "has returned."),
                .manual = "pthreads(7)",
                .breaks = N_("the others do not call it"),
                .run = once_run,
            },
            {
                .does = N_("The function returns."),
                .question = N_("How often has it run when all are through?"),
                .choices = {N_("once"), N_("three times")},
                .right = 0,
                .sees = {{N_("the first goes on; it ran once"), "what the process itself reports"},
                         {N_("the second goes on; it ran once"), "what the process itself reports"},
                         {N_("the third goes on; it ran once"), "what the process itself reports"}},
                .explains = N_("Later calls cost one look at a variable."),
                .manual = "pthreads(7)",
                .breaks = N_("the function does not return"),
                .run = once_done,
            },
        },
    .reading = "pthreads(7), futex(7)",
};

/* ---- waitgroup ---- */

static pthread_mutex_t group_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t group_empty = PTHREAD_COND_INITIALIZER;
static volatile int group_left = 3;

static void group_worker(struct bench *bench)
{
    for (;;) {
        (void)role_await(bench);
        (void)pthread_mutex_lock(&group_mutex);
        if (!(is_broken(bench, 2) && bench->self == threads[2]) && --group_left == 0)
            (void)pthread_cond_broadcast(&group_empty);
        (void)pthread_mutex_unlock(&group_mutex);
        role_report(bench, 0);
    }
}

static void group_waiter(struct bench *bench)
{
    for (;;) {
        (void)role_await(bench);
        (void)pthread_mutex_lock(&group_mutex);
        while (group_left > 0)
            (void)pthread_cond_wait(&group_empty, &group_mutex);
        (void)pthread_mutex_unlock(&group_mutex);
        role_report(bench, group_left);
    }
}

static void waitgroup_wait(struct bench *bench)
{
    group_left = is_broken(bench, 1) ? 2 : 3;
    thread_roles_add(bench, "worker1", group_worker);
    thread_roles_add(bench, "worker2", group_worker);
    thread_roles_add(bench, "worker3", group_worker);
    thread_roles_add(bench, "waiter", group_waiter);
    if (!thread_roles_start(bench))
        return;
    if (!is_sight_broken(bench, 1, 1))
        role_go(bench, threads[3], 'w');
    (void)see_waits(bench, 0, threads[3]);
    (void)role_ask(bench, threads[0], 'd');
    (void)role_ask(bench, threads[1], 'd');
    (void)see_word(bench, 1, process->pid, &group_left, 1, _("the number still to come"));
    (void)see_waits(bench, 2, threads[3]);
}

static void waitgroup_end(struct bench *bench)
{
    (void)role_ask(bench, threads[2], 'd');
    (void)see_reported(bench, 0, threads[3], _("the waiter goes on, with this many to come"), 0);
}

const struct lab_experiment experiment_waitgroup = {
    .name = "waitgroup",
    .chapter = LAB_SYNC,
    .place = 8,
    .title = N_("Waiting for all of them"),
    .question = N_("How does one thread wait for N others to be done?"),
    .roles = {{"process", N_("holds the counter")},
              {"worker1", N_("a thread with something to do")},
              {"worker2", N_("another")},
              {"worker3", N_("another")},
              {"waiter", N_("a thread that waits for the three")}},
    .steps =
        {
            {
                .does = N_("A counter stands at 3 and a thread waits for 0. Two workers are "
                           "done. "
                           "futex() is the system call in which a thread can wait for another."),
                .question = N_("Does the waiter go on?"),
                .choices = {N_("yes"), N_("no, it sleeps on")},
                .right = 1,
                .sees = {{N_("the waiter sleeps in a futex"), "/proc/TID/wchan",
                          N_("the waiter does not wait")},
                         {N_("one is still to come"), "process_vm_readv(2)"},
                         {N_("the waiter still sleeps"), "/proc/TID/wchan"}},
                .explains = N_("A wait group is a counter, a mutex and a condition variable. It "
                               "waits for work to be done, where pthread_join() waits for a "
                               "thread to end."),
                .manual = "pthreads(7)",
                .breaks = N_("the counter starts at 2"),
                .run = waitgroup_wait,
            },
            {
                .does = N_("The third worker is done."),
                .question = N_("And now?"),
                .choices = {N_("it goes on"), N_("it sleeps on")},
                .right = 0,
                .sees = {{N_("the waiter goes on"), "what the process itself reports"}},
                .explains = N_("Who brings the counter to 0 wakes the waiters. Note that the "
                               "counter must be set before the workers start."),
                .manual = "pthreads(7)",
                .breaks = N_("the third worker does not count down"),
                .run = waitgroup_end,
            },
        },
    .reading = "pthreads(7), pthread_join(3), pthread_barrier_wait(3p)",
};

/* ---- channel ---- */

struct channel {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int values[4];
    unsigned capacity; /* 0: sender and receiver must meet */
    unsigned count;    /* values that no receiver has taken yet */
    unsigned taken;    /* receivers that are done, for senders who wait for theirs */
};

static struct channel unbuffered = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                                    .changed = PTHREAD_COND_INITIALIZER};
static struct channel buffered = {
    .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .capacity = 2};

static void channel_send(struct channel *channel, int value)
{
    unsigned room = channel->capacity ? channel->capacity : 1;

    (void)pthread_mutex_lock(&channel->mutex);
    while (channel->count >= room)
        (void)pthread_cond_wait(&channel->changed, &channel->mutex);
    channel->values[channel->count++] = value;
    unsigned mine = channel->taken + channel->count;
    (void)pthread_cond_broadcast(&channel->changed);
    while (channel->capacity == 0 && channel->taken < mine)
        (void)pthread_cond_wait(&channel->changed, &channel->mutex);
    (void)pthread_mutex_unlock(&channel->mutex);
}

static int channel_receive(struct channel *channel)
{
    (void)pthread_mutex_lock(&channel->mutex);
    while (channel->count == 0)
        (void)pthread_cond_wait(&channel->changed, &channel->mutex);
    int value = channel->values[0];
    channel->count--;
    memmove(&channel->values[0], &channel->values[1], channel->count * sizeof(int));
    channel->taken++;
    (void)pthread_cond_broadcast(&channel->changed);
    (void)pthread_mutex_unlock(&channel->mutex);
    return value;
}

static void channel_sender(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 'u':
            channel_send(&unbuffered, 42);
            role_report(bench, 0);
            break;
        case 'b':
            for (int i = 1; i <= 3; i++) {
                channel_send(&buffered, i);
                role_report(bench, i);
            }
            break;
        }
}

static void channel_receiver(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 'u':
            if (!is_broken(bench, 2))
                role_report(bench, channel_receive(&unbuffered));
            break;
        case 'b':
            role_report(bench, channel_receive(&buffered));
            break;
        }
}

static void channel_offer(struct bench *bench)
{
    if (is_broken(bench, 1))
        unbuffered.capacity = 1;
    if (is_broken(bench, 3))
        buffered.capacity = 3;
    if (is_sight_broken(bench, 3, 1) || is_sight_broken(bench, 3, 2))
        buffered.capacity = is_sight_broken(bench, 3, 2);
    thread_roles_add(bench, "sender", channel_sender);
    thread_roles_add(bench, "receiver", channel_receiver);
    if (!thread_roles_start(bench))
        return;
    role_go(bench, threads[0], 'u');
    (void)see_waits(bench, 0, threads[0]);
}

static void channel_meet(struct bench *bench)
{
    role_go(bench, threads[1], 'u');
    (void)see_reported(bench, 0, threads[1], _("the receiver got"), 42);
    (void)see_answer(bench, 1, threads[0], _("the sender goes on"), 0);
}

static void channel_fill(struct bench *bench)
{
    role_go(bench, threads[0], 'b');
    (void)see_reported(bench, 0, threads[0], _("sent without waiting"), 1);
    (void)see_reported(bench, 1, threads[0], _("sent without waiting"), 2);
    if (!see_waits(bench, 2, threads[0]))
        return;
    role_go(bench, threads[1], 'b');
    (void)see_reported(bench, 3, threads[1], _("the receiver got"), 1);
    (void)see_reported(bench, 4, threads[0], _("sent once there was room"), 3);
}

const struct lab_experiment experiment_channel = {
    .name = "channel",
    .chapter = LAB_SYNC,
    .place = 9,
    .title = N_("Passing values instead of sharing them"),
    .question = N_("When does the sender on a channel wait?"),
    .roles = {{"process", N_("holds the channels")},
              {"sender", N_("a thread that sends")},
              {"receiver", N_("a thread that receives")}},
    .steps =
        {
            {
                .does = N_("A thread sends on a channel that has no buffer. Nobody receives yet. "
                           "futex() is the system call in which a thread can wait for another."),
                .question = N_("What does the sender do?"),
                .choices = {N_("it goes on"), N_("it sleeps"), N_("sending fails")},
                .right = 1,
                .sees = {{N_("the sender sleeps in a futex"), "/proc/TID/wchan"}},
                .explains = N_("A channel hands values from one thread to another. It is made of "
                               "a mutex and a condition variable; some languages have it built "
                               "in. Without a buffer, both sides must be there at once."),
                .manual = "pthreads(7)",
                .breaks = N_("the channel has room for one"),
                .run = channel_offer,
            },
            {
                .does = N_("The other thread receives."),
                .question = N_("Who goes on?"),
                .choices = {N_("the receiver"), N_("both")},
                .right = 1,
                .sees = {{N_("the receiver has the value"), "what the process itself reports"},
                         {N_("the sender goes on"), "what the process itself reports"}},
                .explains = N_("After an unbuffered send, the sender knows that its value has "
                               "arrived. This is called a rendezvous."),
                .manual = "pthreads(7)",
                .breaks = N_("the other does not receive"),
                .run = channel_meet,
            },
            {
                .does = N_("Three values are sent on a channel with a buffer for two. Later one is "
                           "received."),
                .question = N_("Which send waits?"),
                .choices = {N_("each"), N_("the third"), N_("none")},
                .right = 1,
                .sees = {{N_("the first does not wait"), "what the process itself reports",
                          N_("there is no buffer")},
                         {N_("the second does not wait"), "what the process itself reports",
                          N_("the buffer has room for one")},
                         {N_("in the third the sender sleeps in a futex"), "/proc/TID/wchan"},
                         {N_("the receiver gets the first value"),
                          "what the process itself reports"},
                         {N_("then the third send is done"), "what the process itself reports"}},
                .explains = N_("A buffer lets the sender run ahead, but only so far. A pipe is "
                               "the same between processes, with bytes for values."),
                .manual = "pipe(7)",
                .breaks = N_("the buffer has room for three"),
                .run = channel_fill,
            },
        },
    .reading = "pthreads(7), pipe(7)",
};
