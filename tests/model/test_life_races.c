/*
 * One true history, told twice: by a kernel whose words come late, and by
 * sweeps that read row after row while the world goes on. Whatever the order
 * in which the two meet, the account is the history.
 *
 * As in Linux, what happens can be seen in the table a moment before the kernel
 * tells of it: a child before its fork, an image before its exec, a zombie, or
 * nobody any more, before the exit. Who forks or executes waits until it is
 * told; who died does not hold up anybody.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/synthetic.h"
#include "reaptop/base/array.h"
#include "reaptop/model/life.h"

enum {
    PIDS = 48,
    INIT = 1,
    STEPS = 20000,
    SEEDS = 25,
    LIVES_MOST = 2048, /* under one number */
    OPERATIONS_MAX = 1 << 14,
    FLYING_MOST = 24,
};

#define MS      UINT64_C(1000000)
#define TICK_NS (10 * MS)

struct way {
    bool is_awaited; /* what sweeps see first is left to the kernel */
    bool is_drained; /* what was queued is heard before a sweep is compared */
    bool loses;      /* and says so, and how many */
    unsigned slow;   /* one word in so many is held up; 0: none */
    unsigned slow_ms;
};

struct body {
    bool is_there, is_zombie, has_execed, is_busy;
    pid_t ppid;
    uint64_t start_ns;
};

/* What one life was, but for its deeds. */
struct course {
    int32_t status;
    bool is_orphan;      /* handed on while it lived */
    bool is_dead_orphan; /* handed on as a zombie */
    bool has_named;      /* its end named a parent */
    bool may_be_zombie;  /* a row shows it as one */
    bool must_be_zombie; /* and it is not gone when that is compared */
    bool is_overtaken;   /* its number's next birth was told before its end */
};

struct account {
    char operations[OPERATIONS_MAX]; /* F, E, X, R */
    size_t count;
    struct course lives[LIVES_MOST];
    size_t life_count;
};

/* A word that is not said yet. */
struct flying {
    struct event event;
    size_t life;
    uint64_t not_before_ns;
    bool is_stamped;
};

struct world {
    struct way way;
    uint64_t random;
    uint64_t now_ns;
    struct body bodies[PIDS];
    struct account *accounts;
    struct flying flying[FLYING_MOST];
    size_t flying_count;
    struct event *queue;
    size_t queued, received, queue_capacity;
    uint64_t lost, lost_unreported;

    struct life *life;
    struct snapshot snapshots[2];
    int newest;
    pid_t sweeping; /* the next number to be read; 0: no sweep is under way */
};

static unsigned pick(struct world *world, unsigned below)
{
    world->random = world->random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(world->random >> 33) % below;
}

static struct course *course_of(const struct world *world, pid_t pid)
{
    struct account *account = &world->accounts[pid];
    return &account->lives[account->life_count - 1];
}

static void happens(struct world *world, pid_t pid, char operation)
{
    struct account *account = &world->accounts[pid];
    cr_assert_lt(account->count, OPERATIONS_MAX - 1);
    account->operations[account->count++] = operation;
}

/* ---- what the kernel says of it ---- */

static void will_say(struct world *world, enum event_kind kind, pid_t pid)
{
    bool is_slow = world->way.slow > 0 && pick(world, world->way.slow) == 0;
    world->flying[world->flying_count++] = (struct flying){
        .event = {.kind = kind,
                  .source = EVENT_FROM_CONNECTOR,
                  .id = {.pid = pid},
                  .ppid = kind == EVENT_FORK ? world->bodies[pid].ppid : 0,
                  .exit_status = kind == EVENT_EXIT ? course_of(world, pid)->status : EXIT_UNKNOWN},
        .life = world->accounts[pid].life_count - 1,
        .not_before_ns = world->now_ns + (is_slow ? (1 + pick(world, world->way.slow_ms)) * MS : 0),
    };
}

static void stamp(struct world *world, struct flying *flying)
{
    struct event *event = &flying->event;
    struct account *account = &world->accounts[event->id.pid];
    flying->is_stamped = true;
    event->mono_ns = world->now_ns;
    if (event->kind != EVENT_EXIT || flying->life != account->life_count - 1 ||
        !world->bodies[event->id.pid].is_there)
        return; /* reaped: the kernel names nobody */
    event->ppid = world->bodies[event->id.pid].ppid;
    account->lives[flying->life].has_named = true;
}

static void release(struct world *world, const struct event *event)
{
    struct body *body = &world->bodies[event->id.pid];
    if (event->kind == EVENT_EXIT)
        return;
    body->is_busy = false;
    if (event->kind == EVENT_FORK)
        world->bodies[event->ppid].is_busy = false;
}

static void queue(struct world *world, const struct event *event)
{
    cr_assert_eq(array_reserve(&world->queue, &world->queue_capacity, world->queued + 1), 0);
    world->queue[world->queued++] = *event;
}

static void overtake(struct world *world, const struct event *birth)
{
    for (size_t i = 0; i < world->flying_count; i++) {
        const struct flying *late = &world->flying[i];
        if (late->event.kind == EVENT_EXIT && late->event.id.pid == birth->id.pid)
            world->accounts[birth->id.pid].lives[late->life].is_overtaken = true;
    }
}

static void say(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_FORK)
        overtake(world, event);
    if (world->way.loses && pick(world, 40) == 0) {
        world->lost_unreported++;
        return;
    }
    if (world->lost_unreported > 0) { /* the numbers that are missing tell */
        struct event loss = {.kind = EVENT_LOST,
                             .source = EVENT_FROM_CONNECTOR,
                             .exit_status = EXIT_UNKNOWN,
                             .count = world->lost_unreported};
        world->lost += world->lost_unreported;
        world->lost_unreported = 0;
        queue(world, &loss);
    }
    queue(world, event);
}

static void fly(struct world *world)
{
    if (world->flying_count == 0)
        return;
    struct flying *flying = &world->flying[pick(world, (unsigned)world->flying_count)];
    if (flying->not_before_ns > world->now_ns)
        return;
    if (!flying->is_stamped) {
        stamp(world, flying);
        return;
    }
    say(world, &flying->event);
    release(world, &flying->event);
    *flying = world->flying[--world->flying_count];
}

/* As the source does: what only the table has, if it is still the same process's. */
static struct event completed(const struct world *world, const struct event *from)
{
    struct event event = *from;
    const struct body *body = &world->bodies[event.id.pid];
    if (event.kind == EVENT_LOST) {
        event.mono_ns = world->now_ns;
        return event;
    }
    bool is_reaped = event.kind == EVENT_EXIT && event.ppid == 0;
    if (is_reaped || !body->is_there || body->start_ns / TICK_NS * TICK_NS > event.mono_ns)
        return event;
    event.id.start_ticks = body->start_ns / TICK_NS;
    if (event.ppid == 0)
        event.ppid = body->ppid;
    return event;
}

static void receive(struct world *world, size_t count)
{
    for (; count > 0 && world->received < world->queued; count--) {
        struct event event = completed(world, &world->queue[world->received++]);
        life_receive(world->life, &event, 1);
    }
}

/* ---- what happens ---- */

/* Two ends of one number, both unsaid, could not be told apart. */
static bool has_end_in_flight(const struct world *world, pid_t pid)
{
    for (size_t i = 0; i < world->flying_count; i++)
        if (world->flying[i].event.kind == EVENT_EXIT && world->flying[i].event.id.pid == pid)
            return true;
    return false;
}

static bool can_act(const struct world *world, pid_t pid)
{
    const struct body *body = &world->bodies[pid];
    return body->is_there && !body->is_zombie && (!body->is_busy || pid == INIT);
}

static void do_fork(struct world *world, pid_t pid)
{
    struct body *body = &world->bodies[pid];
    struct account *account = &world->accounts[pid];
    pid_t ppid = (pid_t)(1 + pick(world, PIDS - 1));
    if (world->flying_count == FLYING_MOST || world->now_ns / TICK_NS == body->start_ns / TICK_NS)
        return;
    if (!can_act(world, ppid))
        ppid = INIT;
    *body =
        (struct body){.is_there = true, .is_busy = true, .ppid = ppid, .start_ns = world->now_ns};
    world->bodies[ppid].is_busy = true;
    cr_assert_lt(account->life_count, LIVES_MOST);
    account->lives[account->life_count++] =
        (struct course){.status = (int32_t)(1 + pick(world, 200)) << 8};
    happens(world, pid, 'F');
    will_say(world, EVENT_FORK, pid);
}

static void do_exec(struct world *world, pid_t pid)
{
    world->bodies[pid].has_execed = true;
    world->bodies[pid].is_busy = true;
    happens(world, pid, 'E');
    will_say(world, EVENT_EXEC, pid);
}

static void orphan(struct world *world, pid_t child)
{
    struct body *body = &world->bodies[child];
    body->ppid = INIT;
    if (body->is_zombie)
        course_of(world, child)->is_dead_orphan = true;
    else
        course_of(world, child)->is_orphan = true;
}

static void do_exit(struct world *world, pid_t pid)
{
    happens(world, pid, 'X');
    world->bodies[pid].is_zombie = true;
    for (pid_t child = 2; child < PIDS; child++)
        if (world->bodies[child].is_there && world->bodies[child].ppid == pid)
            orphan(world, child);
    will_say(world, EVENT_EXIT, pid);
}

static void do_reap(struct world *world, pid_t pid)
{
    struct body *body = &world->bodies[pid];
    if (!can_act(world, body->ppid))
        return;
    happens(world, pid, 'R');
    *body = (struct body){.start_ns = body->start_ns};
}

static void act(struct world *world)
{
    pid_t pid = (pid_t)(2 + pick(world, PIDS - 2));
    const struct body *body = &world->bodies[pid];
    if (!body->is_there)
        do_fork(world, pid);
    else if (body->is_zombie)
        do_reap(world, pid);
    else if (body->is_busy || world->flying_count == FLYING_MOST)
        return;
    else if (pick(world, 3) == 0)
        do_exec(world, pid);
    else if (pick(world, 2) == 0 && !has_end_in_flight(world, pid))
        do_exit(world, pid);
}

/* ---- sweeps ---- */

static void read_row(struct world *world, pid_t pid)
{
    const struct body *body = &world->bodies[pid];
    struct snapshot *next = &world->snapshots[!world->newest];
    if (!body->is_there)
        return;
    struct process *row = synthetic(next, pid, body->ppid, body->is_zombie ? 'Z' : 'S', "x");
    row->id.start_ticks = body->start_ns / TICK_NS;
    row->start_ns = body->start_ns / TICK_NS * TICK_NS;
    row->has_execed = body->has_execed;
    row->exit_status = -1;
    if (body->is_zombie && pid != INIT)
        course_of(world, pid)->may_be_zombie = true;
}

static void begin_sweep(struct world *world)
{
    struct snapshot *next = &world->snapshots[!world->newest];
    snapshot_clear(next);
    next->mono_ns = world->now_ns;
    world->sweeping = INIT;
}

static void compare(struct world *world)
{
    struct snapshot *next = &world->snapshots[!world->newest];
    snapshot_finish(next);
    receive(world, world->way.is_drained ? SIZE_MAX : pick(world, 8));
    for (size_t i = 0; world->way.is_drained && i < next->count; i++) {
        pid_t pid = next->processes[i].id.pid;
        bool is_its = next->processes[i].id.start_ticks == world->bodies[pid].start_ns / TICK_NS;
        if (is_its && world->bodies[pid].is_there && next->processes[i].state == 'Z')
            course_of(world, pid)->must_be_zombie = true;
    }
    cr_assert_eq(life_update(world->life, &world->snapshots[world->newest], next, NULL, 0), 0);
    world->newest = !world->newest;
    world->sweeping = 0;
}

static void sweep_on(struct world *world)
{
    if (world->sweeping == 0 && pick(world, 10) == 0)
        begin_sweep(world);
    if (world->sweeping == 0)
        return;
    for (unsigned rows = pick(world, 12); rows > 0 && world->sweeping < PIDS; rows--)
        read_row(world, world->sweeping++);
    if (world->sweeping == PIDS)
        compare(world);
}

static void sweep_at_once(struct world *world)
{
    world->now_ns += 1;
    begin_sweep(world);
    while (world->sweeping < PIDS)
        read_row(world, world->sweeping++);
    compare(world);
}

/* ---- the whole ---- */

static void step(struct world *world)
{
    world->now_ns += 1 + pick(world, 2 * MS);
    switch (pick(world, 8)) {
    case 0:
    case 1:
    case 2:
        act(world);
        break;
    case 3:
    case 4:
    case 5:
        fly(world);
        break;
    case 6:
        sweep_on(world);
        break;
    default:
        receive(world, pick(world, 8));
        break;
    }
}

static void clear_away(struct world *world)
{
    for (bool is_empty = false; !is_empty;) {
        is_empty = true;
        world->now_ns += MS;
        fly(world);
        receive(world, pick(world, 8));
        for (pid_t pid = 2; pid < PIDS; pid++) {
            if (can_act(world, pid) && world->flying_count < FLYING_MOST &&
                !has_end_in_flight(world, pid))
                do_exit(world, pid);
            if (world->bodies[pid].is_zombie)
                do_reap(world, pid);
            is_empty = is_empty && !world->bodies[pid].is_there;
        }
        is_empty = is_empty && world->flying_count == 0;
    }
    while (world->sweeping != 0)
        sweep_on(world);
    receive(world, SIZE_MAX);
    sweep_at_once(world);
    world->now_ns += 10000 * MS;
    sweep_at_once(world);
}

static void world_run(struct world *world, const struct way *way, unsigned seed)
{
    *world = (struct world){.way = *way, .random = seed, .now_ns = 1000 * MS};
    world->accounts = calloc(PIDS, sizeof(*world->accounts));
    world->life = life_new(1 << 18, 1 << 16);
    cr_assert(world->accounts && world->life);
    life_set_kernel_reports(world->life, way->is_awaited);
    world->bodies[INIT] = (struct body){.is_there = true, .start_ns = 1, .has_execed = true};
    sweep_at_once(world);
    for (int i = 0; i < STEPS; i++)
        step(world);
    clear_away(world);
}

static void world_done(struct world *world)
{
    life_free(world->life);
    free(world->accounts);
    free(world->queue);
    snapshot_done(&world->snapshots[0]);
    snapshot_done(&world->snapshots[1]);
}

/* ---- the account against the history ---- */

struct reported {
    unsigned certain, inferred; /* adoptions */
    unsigned zombies;
    int32_t status;
};

struct report {
    char operations[OPERATIONS_MAX];
    size_t count;
    struct reported lives[LIVES_MOST];
    size_t life_count;
};

static void take(struct report *report, const struct event *event)
{
    static const char letters[EVENT_KIND_COUNT] = {
        [EVENT_FORK] = 'F', [EVENT_EXEC] = 'E', [EVENT_EXIT] = 'X', [EVENT_REAP] = 'R'};
    if (event->kind == EVENT_FORK && report->life_count < LIVES_MOST)
        report->life_count++;
    if (letters[event->kind] != 0 && report->count < OPERATIONS_MAX - 1)
        report->operations[report->count++] = letters[event->kind];
    if (report->life_count == 0)
        return;
    struct reported *reported = &report->lives[report->life_count - 1];
    if (event->kind == EVENT_ADOPT && event->to > 0)
        reported->certain++;
    if (event->kind == EVENT_ADOPT && event->to == 0)
        reported->inferred++;
    if (event->kind == EVENT_ZOMBIE)
        reported->zombies++;
    if (event->kind == EVENT_EXIT)
        reported->status = event->exit_status;
}

static struct report *read_log(const struct world *world)
{
    struct report *reports = calloc(PIDS, sizeof(*reports));
    const struct event_log *log = life_log(world->life);
    cr_assert_not_null(reports);
    cr_assert_eq(log->dropped, 0);
    for (size_t i = 0; i < log->count; i++)
        take(&reports[event_log_get(log, i)->id.pid], event_log_get(log, i));
    return reports;
}

static void check_course(const struct course *course, const struct reported *reported, pid_t pid,
                         size_t i)
{
    bool may_be_reported = course->is_orphan || course->is_dead_orphan;
    bool must_be_reported = course->is_orphan && course->has_named && !course->is_overtaken;
    cr_expect_leq(reported->certain, (unsigned)may_be_reported, "adoptions of %d, life %zu", pid,
                  i);
    cr_expect_geq(reported->certain, (unsigned)must_be_reported, "adoptions of %d, life %zu", pid,
                  i);
    cr_expect_leq(reported->inferred, (unsigned)!course->has_named, "inferred of %d, life %zu", pid,
                  i);
    cr_expect_leq(reported->certain + reported->inferred, 1, "adoptions of %d, life %zu", pid, i);
    cr_expect_leq(reported->zombies, (unsigned)course->may_be_zombie, "zombie %d, life %zu", pid,
                  i);
    cr_expect_geq(reported->zombies, (unsigned)course->must_be_zombie, "zombie %d, life %zu", pid,
                  i);
    if (!course->is_overtaken)
        cr_expect_eq(reported->status, course->status, "status of %d, life %zu: %x %x", pid, i,
                     (unsigned)reported->status, (unsigned)course->status);
}

static size_t count_letters(const char *operations, char letter)
{
    size_t count = 0;
    for (; *operations != '\0'; operations++)
        count += *operations == letter;
    return count;
}

static size_t first_difference(const char *a, const char *b)
{
    size_t i = 0;
    while (a[i] != '\0' && a[i] == b[i])
        i++;
    return i;
}

static void check_account(const struct account *real, const struct report *report, pid_t pid)
{
    size_t at = first_difference(report->operations, real->operations);
    cr_expect_eq(at, real->count, "of %d, from deed %zu on: told %.16s, real %.16s", pid, at,
                 report->operations + at, real->operations + at);
    cr_expect_eq(report->count, real->count, "of %d", pid);
    for (size_t i = 0; at == real->count && i < real->life_count; i++)
        check_course(&real->lives[i], &report->lives[i], pid, i);
}

static void check_way(const struct way *way, unsigned seed,
                      void check(const struct account *, const struct report *, pid_t))
{
    struct world world;
    world_run(&world, way, seed);
    struct report *reports = read_log(&world);
    for (pid_t pid = 2; pid < PIDS; pid++)
        check(&world.accounts[pid], &reports[pid], pid);
    free(reports);
    world_done(&world);
}

static const struct way whole[] = {
    {.is_awaited = true, .is_drained = true},
    {.is_awaited = true, .is_drained = true, .slow = 9, .slow_ms = 200},
    {.is_awaited = true, .is_drained = true, .slow = 40, .slow_ms = 1000},
    {.is_awaited = true, .is_drained = false},
    {.is_awaited = true, .is_drained = false, .slow = 9, .slow_ms = 1000},
};

ParameterizedTestParameters(life_races, the_account_is_the_history)
{
    return cr_make_param_array(struct way, (struct way *)whole, ELEMENTS(whole));
}

ParameterizedTest(struct way *way, life_races, the_account_is_the_history, .timeout = 600)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++)
        check_way(way, seed, check_account);
}

/* Where words were lost, or came so late that nobody waited, nothing is told twice all the same. */
static void check_nothing_is_doubled(const struct account *real, const struct report *report,
                                     pid_t pid)
{
    for (const char *letter = "FEXR"; *letter != '\0'; letter++)
        cr_expect_leq(count_letters(report->operations, *letter),
                      count_letters(real->operations, *letter), "%c of %d", *letter, pid);
}

static const struct way with_gaps[] = {
    {.is_awaited = true, .is_drained = true, .loses = true},
    {.is_drained = true, .slow = 40, .slow_ms = 1000},
    {.is_awaited = true, .is_drained = true, .slow = 40, .slow_ms = 6000},
    {.is_awaited = true, .is_drained = true, .loses = true, .slow = 40, .slow_ms = 300},
};

ParameterizedTestParameters(life_races, nothing_is_doubled_across_a_gap)
{
    return cr_make_param_array(struct way, (struct way *)with_gaps, ELEMENTS(with_gaps));
}

ParameterizedTest(struct way *way, life_races, nothing_is_doubled_across_a_gap, .timeout = 600)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++)
        check_way(way, seed, check_nothing_is_doubled);
}
