/*
 * A synthetic world forks, executes, ends and reaps at random; its kernel
 * tells, pidfds tell the same again, and sweeps look at it a little late.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/synthetic.h"
#include "reaptop/base/array.h"
#include "reaptop/model/life.h"

enum {
    PIDS = 40, /* few, so that numbers are used again at once */
    STEPS = 6000,
    OPERATIONS_MAX = 4096
};

struct body {
    bool is_there, is_zombie, has_execed, is_orphan;
    pid_t ppid;
    uint64_t start;
};

/* What really happened under one number: F, E, X and R in their order. */
struct account {
    char operations[OPERATIONS_MAX];
    size_t count;
    int orphaned, orphaned_dead;
};

struct world {
    unsigned seed;
    bool is_reported;      /* the connector is there */
    bool reports_adopters; /* an exit names the parent, as kernels since 4.18 do */
    uint64_t now_ns, starts;
    struct body bodies[PIDS];
    struct account accounts[PIDS];
    struct event *pending;
    size_t pending_count, pending_capacity;
    struct life *life;
    struct snapshot snapshots[2];
    int newest;
};

static unsigned pick(struct world *world, unsigned below)
{
    world->seed = world->seed * 1103515245U + 12345U;
    return (world->seed >> 16) % below;
}

static void happens(struct world *world, pid_t pid, char operation)
{
    struct account *account = &world->accounts[pid];
    cr_assert_lt(account->count, OPERATIONS_MAX - 1);
    account->operations[account->count++] = operation;
}

static void say(struct world *world, enum event_kind kind, enum event_source source, pid_t pid)
{
    const struct body *body = &world->bodies[pid];
    if (source == EVENT_FROM_CONNECTOR && !world->is_reported)
        return;
    cr_assert_eq(array_reserve(&world->pending, &world->pending_capacity, world->pending_count + 1),
                 0);
    world->pending[world->pending_count++] = (struct event){
        .kind = kind,
        .source = source,
        .mono_ns = world->now_ns,
        .id = {.pid = pid, .start_ticks = pick(world, 2) ? body->start : 0},
        .ppid = kind != EVENT_EXIT || world->reports_adopters ? body->ppid : 0,
        .exit_status = EXIT_UNKNOWN,
    };
}

static void do_fork(struct world *world, pid_t pid)
{
    pid_t ppid = (pid_t)pick(world, PIDS);
    if (ppid == 0 || ppid == pid || !world->bodies[ppid].is_there || world->bodies[ppid].is_zombie)
        ppid = 1;
    world->bodies[pid] = (struct body){.is_there = true, .ppid = ppid, .start = ++world->starts};
    happens(world, pid, 'F');
    say(world, EVENT_FORK, EVENT_FROM_CONNECTOR, pid);
}

static void do_exec(struct world *world, pid_t pid)
{
    world->bodies[pid].has_execed = true;
    happens(world, pid, 'E');
    say(world, EVENT_EXEC, EVENT_FROM_CONNECTOR, pid);
}

static void do_exit(struct world *world, pid_t pid)
{
    say(world, EVENT_EXIT, EVENT_FROM_CONNECTOR, pid);
    if (world->is_reported && pick(world, 3) == 0)
        say(world, EVENT_EXIT, EVENT_FROM_PIDFD, pid);
    happens(world, pid, 'X');
    world->bodies[pid].is_zombie = true;
    for (pid_t child = 2; child < PIDS; child++) {
        struct body *body = &world->bodies[child];
        if (!body->is_there || body->ppid != pid)
            continue;
        body->ppid = 1;
        body->is_orphan = true;
        if (body->is_zombie)
            world->accounts[child].orphaned_dead++;
        else
            world->accounts[child].orphaned++;
    }
}

static void do_reap(struct world *world, pid_t pid)
{
    if (world->is_reported && pick(world, 3) == 0)
        say(world, EVENT_REAP, EVENT_FROM_PIDFD, pid);
    happens(world, pid, 'R');
    world->bodies[pid] = (struct body){0};
}

static void step(struct world *world)
{
    pid_t pid = (pid_t)(2 + pick(world, PIDS - 2));
    const struct body *body = &world->bodies[pid];
    world->now_ns += 1 + pick(world, 1000);
    if (!body->is_there)
        do_fork(world, pid);
    else if (body->is_zombie)
        do_reap(world, pid);
    else if (pick(world, 3) == 0)
        do_exec(world, pid);
    else
        do_exit(world, pid);
}

static void receive(struct world *world)
{
    life_receive(world->life, world->pending, world->pending_count);
    world->pending_count = 0;
}

/* Looks now, hears what happened since too, and only then compares. */
static void sweep(struct world *world, unsigned steps_meanwhile)
{
    struct snapshot *next = &world->snapshots[!world->newest];
    snapshot_clear(next);
    world->now_ns++;
    next->mono_ns = world->now_ns;
    for (pid_t pid = 1; pid < PIDS; pid++) {
        const struct body *body = &world->bodies[pid];
        if (!body->is_there)
            continue;
        struct process *row = synthetic(next, pid, body->ppid, body->is_zombie ? 'Z' : 'S', "x");
        row->id.start_ticks = body->start;
        row->has_execed = body->has_execed;
        row->exit_status = -1;
    }
    snapshot_finish(next);
    for (unsigned i = 0; i < steps_meanwhile; i++)
        step(world);
    receive(world);
    cr_assert_eq(life_update(world->life, &world->snapshots[world->newest], next, NULL, 0), 0);
    world->newest = !world->newest;
}

static void clear_away(struct world *world)
{
    for (pid_t pid = 2; pid < PIDS; pid++) {
        world->now_ns++;
        if (world->bodies[pid].is_there && !world->bodies[pid].is_zombie)
            do_exit(world, pid);
        world->now_ns++;
        if (world->bodies[pid].is_there)
            do_reap(world, pid);
    }
    sweep(world, 0);
}

static void world_run(struct world *world)
{
    world->life = life_new(1 << 16, 1 << 14);
    cr_assert_not_null(world->life);
    world->bodies[1] = (struct body){.is_there = true, .start = ++world->starts};
    sweep(world, 0);
    for (int i = 0; i < STEPS; i++) {
        step(world);
        if (pick(world, 20) == 0)
            receive(world);
        if (pick(world, 25) == 0)
            sweep(world, pick(world, 4));
    }
    clear_away(world);
}

static void world_done(struct world *world)
{
    life_free(world->life);
    free(world->pending);
    snapshot_done(&world->snapshots[0]);
    snapshot_done(&world->snapshots[1]);
}

/* The same, from the log. */
static void read_log(const struct world *world, struct account reported[PIDS])
{
    static const char letters[EVENT_KIND_COUNT] = {
        [EVENT_FORK] = 'F', [EVENT_EXEC] = 'E', [EVENT_EXIT] = 'X', [EVENT_REAP] = 'R'};
    const struct event_log *log = life_log(world->life);
    cr_assert_eq(log->dropped, 0);
    for (size_t i = 0; i < log->count; i++) {
        const struct event *event = event_log_get(log, i);
        struct account *account = &reported[event->id.pid];
        if (event->kind == EVENT_ADOPT)
            account->orphaned++;
        if (letters[event->kind] == 0)
            continue;
        cr_assert_lt(account->count, OPERATIONS_MAX - 1);
        account->operations[account->count++] = letters[event->kind];
    }
}

static bool is_subsequence(const char *part, const char *whole)
{
    for (; *part && *whole; whole++)
        if (*part == *whole)
            part++;
    return *part == '\0';
}

static struct account reported[PIDS];

ParameterizedTestParameters(life_sources, each_operation_is_reported_once_and_in_order)
{
    static unsigned seeds[24];
    for (unsigned i = 0; i < ELEMENTS(seeds); i++)
        seeds[i] = i * 7919 + 1;
    return cr_make_param_array(unsigned, seeds, ELEMENTS(seeds));
}

ParameterizedTest(unsigned *seed, life_sources, each_operation_is_reported_once_and_in_order,
                  .timeout = 600)
{
    struct world world = {.seed = *seed, .is_reported = true, .reports_adopters = *seed % 2};
    world_run(&world);
    read_log(&world, reported);
    for (pid_t pid = 2; pid < PIDS; pid++) {
        const struct account *real = &world.accounts[pid];
        cr_expect_str_eq(reported[pid].operations, real->operations, "of %d", pid);
        cr_expect_geq(reported[pid].orphaned, real->orphaned, "adoptions of %d", pid);
        cr_expect_leq(reported[pid].orphaned, real->orphaned + real->orphaned_dead,
                      "adoptions of %d", pid);
    }
    world_done(&world);
}

ParameterizedTestParameters(life_sources, without_the_kernels_account_nothing_is_invented)
{
    static unsigned seeds[8];
    for (unsigned i = 0; i < ELEMENTS(seeds); i++)
        seeds[i] = i * 104729 + 3;
    return cr_make_param_array(unsigned, seeds, ELEMENTS(seeds));
}

ParameterizedTest(unsigned *seed, life_sources, without_the_kernels_account_nothing_is_invented,
                  .timeout = 600)
{
    struct world world = {.seed = *seed, .is_reported = false};
    size_t sum_reported = 0, sum_real = 0;
    world_run(&world);
    read_log(&world, reported);
    for (pid_t pid = 2; pid < PIDS; pid++) {
        const struct account *real = &world.accounts[pid];
        cr_expect(is_subsequence(reported[pid].operations, real->operations), "of %d: %s in %s",
                  pid, reported[pid].operations, real->operations);
        cr_expect_leq(reported[pid].orphaned, real->orphaned + real->orphaned_dead);
        sum_reported += reported[pid].count;
        sum_real += real->count;
    }
    cr_expect_gt(sum_reported, 0);
    cr_expect_lt(sum_reported, sum_real, "sampling misses some, or this tests nothing");
    world_done(&world);
}

/* ---- one hour at a thousand births a second ---- */

enum {
    BIRTHS_A_SECOND = 1000,
    SECONDS = 3600,
    ENDED_KEPT = 4096,
    LOG_KEPT = 8192
};

static struct event hour_event(enum event_kind kind, pid_t pid, uint64_t ns)
{
    return (struct event){.kind = kind,
                          .source = EVENT_FROM_CONNECTOR,
                          .mono_ns = ns,
                          .id = {.pid = pid},
                          .ppid = 1,
                          .exit_status = kind == EVENT_EXIT ? 0 : EXIT_UNKNOWN};
}

static void live_a_second(struct life *life, struct snapshot *init, uint64_t second)
{
    uint64_t ns = second * 1000000000;
    for (uint64_t i = 0; i < BIRTHS_A_SECOND; i++) {
        pid_t pid = (pid_t)(2 + (second * BIRTHS_A_SECOND + i) % 32000);
        const struct event events[] = {hour_event(EVENT_FORK, pid, ns + i * 3 + 1),
                                       hour_event(EVENT_EXEC, pid, ns + i * 3 + 2),
                                       hour_event(EVENT_EXIT, pid, ns + i * 3 + 3)};
        life_receive(life, events, ELEMENTS(events));
    }
    init->mono_ns = ns + 900000000;
    if (life_update(life, init, init, NULL, 0) < 0)
        abort(); /* an assertion's own memory would be counted */
}

Test(life_sources, an_hour_at_a_thousand_births_a_second_is_bounded, .timeout = 600)
{
    struct life *life = life_new(LOG_KEPT, ENDED_KEPT);
    struct snapshot init = SNAPSHOT_INIT;
    synthetic(&init, 1, 0, 'S', "init");
    snapshot_finish(&init);
    const struct snapshot nothing = SNAPSHOT_INIT;
    init.mono_ns = 1;
    cr_assert_eq(life_update(life, &nothing, &init, NULL, 0), 0);

    const uint64_t filled = 2 * ENDED_KEPT / BIRTHS_A_SECOND + 32; /* all numbers came by once */
    for (uint64_t second = 1; second <= filled; second++)
        live_a_second(life, &init, second);
    size_t bytes = life_bytes(life);
    size_t heap = mallinfo2().uordblks;
    for (uint64_t second = filled + 1; second <= SECONDS; second++)
        live_a_second(life, &init, second);

    cr_expect_eq(life_log(life)->total, (uint64_t)SECONDS * BIRTHS_A_SECOND * 4, "told %lu",
                 life_log(life)->total);
    size_t ended = 0;
    for (const struct history *one = life_newest_ended(life); one; one = life_older_ended(one))
        ended++;
    cr_expect_eq(ended, ENDED_KEPT);
    cr_expect_eq(life_bytes(life), bytes, "the limit was reached: no growth");
    cr_expect_leq(bytes, (size_t)(ENDED_KEPT + 2) * LIFE_BYTES_EACH);
    cr_expect_leq(mallinfo2().uordblks, heap + 65536, "%zu, then %zu", heap, mallinfo2().uordblks);
    snapshot_done(&init);
    life_free(life);
}

/* A recording can say anything: nobody ends twice, whoever reports it. */
Test(life_sources, a_second_removal_of_the_same_is_no_event)
{
    for (enum event_source source = 0; source < EVENT_SOURCE_COUNT; source++) {
        struct life *life = life_new(16, 8);
        struct event events[] = {hour_event(EVENT_FORK, 7, 10), hour_event(EVENT_REAP, 7, 30),
                                 hour_event(EVENT_REAP, 7, 20), hour_event(EVENT_EXIT, 7, 25)};
        events[1].source = EVENT_FROM_WAIT;
        events[2].source = events[3].source = source;
        life_receive(life, events, ELEMENTS(events));
        const struct history *one = life_newest_ended(life);
        cr_assert_not_null(one);
        cr_expect_null(life_older_ended(one), "%s", event_source_name(source));
        life_free(life);
    }
}
