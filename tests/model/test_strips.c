#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/model/strips.h"

#define SECOND UINT64_C(1000000000)

enum {
    THREADS_MOST = 200
};

struct crowd {
    struct task tasks[THREADS_MOST];
    struct task_list list;
};

static void join(struct crowd *crowd, pid_t tid, char state)
{
    crowd->tasks[crowd->list.count++] =
        (struct task){.tid = tid, .start_ticks = (uint64_t)tid, .state = state, .comm = "worker"};
    crowd->list.tasks = crowd->tasks;
    crowd->list.id = (struct identity){.pid = 7, .start_ticks = 7};
}

/* "7S 9R": a thread and its state each, in one round. */
static void look(struct strips *strips, const char *threads, uint64_t second)
{
    struct crowd crowd = {0};
    int tid, used;
    char state;
    while (sscanf(threads, " %d%c%n", &tid, &state, &used) == 2) {
        join(&crowd, tid, state);
        threads += used;
    }
    strips_sample(strips, &crowd.list, second * SECOND, 3 * SECOND);
}

static const char *letters(const struct strips *strips, size_t at, size_t most)
{
    static char out[STRIP_SAMPLES + 1];
    cr_assert_lt(at, strips->count);
    out[strips_letters(strips, &strips->strips[at], out, most)] = '\0';
    return out;
}

Test(strips, a_letter_a_round_one_below_the_other)
{
    struct strips strips = STRIPS_INIT;
    look(&strips, "7S", 1);
    cr_expect_eq(strips_interval_ns(&strips), 0);
    look(&strips, "7R 9S", 2);
    look(&strips, "7S 8D 9S", 3);
    look(&strips, "7S 9t", 4);
    cr_assert_eq(strips.count, 3);
    cr_expect_eq(strips.strips[1].tid, 8);
    cr_expect_str_eq(strips.strips[1].comm, "worker");
    cr_expect_str_eq(letters(&strips, 0, 64), "SRSS");
    cr_expect_str_eq(letters(&strips, 1, 64), "..D.");
    cr_expect_str_eq(letters(&strips, 2, 64), ".SSt");
    cr_expect_str_eq(letters(&strips, 0, 2), "SS", "the latest");
    cr_expect_eq(strips_interval_ns(&strips), SECOND);
}

Test(strips, where_nobody_looked_is_a_gap)
{
    struct strips strips = STRIPS_INIT;
    look(&strips, "7S", 1);
    look(&strips, "7S", 2);
    look(&strips, "7R 8S", 60);
    look(&strips, "7R 8S", 61);
    cr_expect_str_eq(letters(&strips, 0, 64), "SS RR");
    cr_expect_str_eq(letters(&strips, 1, 64), "...SS");
    cr_expect_eq(strips_interval_ns(&strips), SECOND, "the gap is not in the interval");
}

Test(strips, another_process_or_thread_begins_anew)
{
    struct strips strips = STRIPS_INIT;
    struct crowd crowd = {0};
    look(&strips, "7S 9S", 1);
    join(&crowd, 7, 'S');
    join(&crowd, 9, 'R');
    crowd.tasks[1].start_ticks = 1000;
    strips_sample(&strips, &crowd.list, 2 * SECOND, 3 * SECOND);
    cr_assert_eq(strips.count, 3, "the number was used again");
    crowd.list.id.start_ticks = 8;
    strips_sample(&strips, &crowd.list, 3 * SECOND, 3 * SECOND);
    cr_expect_eq(strips.count, 2);
    cr_expect_str_eq(letters(&strips, 0, 64), "S");
}

Test(strips, who_ended_is_let_go_once_no_letter_is_left)
{
    struct strips strips = STRIPS_INIT;
    look(&strips, "7S 9S", 1);
    for (uint64_t second = 2; second <= STRIP_SAMPLES; second++)
        look(&strips, "7S", second);
    cr_expect_eq(strips.count, 2);
    cr_expect_eq(letters(&strips, 1, 64)[0], 'S');
    look(&strips, "7S", STRIP_SAMPLES + 1);
    cr_expect_eq(strips.count, 1);
    cr_expect_eq(strlen(letters(&strips, 0, 64)), STRIP_SAMPLES);
}

Test(strips, more_threads_than_strips_are_counted_and_take_the_place_of_the_ended)
{
    struct strips strips = STRIPS_INIT;
    struct crowd many = {0}, fewer = {0};
    for (pid_t tid = 100; tid < 100 + THREADS_MOST; tid++)
        join(&many, tid, 'S');
    strips_sample(&strips, &many.list, SECOND, 3 * SECOND);
    cr_expect_eq(strips.count, STRIPS_MAX);
    cr_expect_eq(strips.left_out, THREADS_MOST - STRIPS_MAX);
    cr_expect_eq(strips.strips[0].tid, 100);

    for (pid_t tid = 110; tid < 100 + STRIPS_MAX + 5; tid++)
        join(&fewer, tid, 'R');
    strips_sample(&strips, &fewer.list, 2 * SECOND, 3 * SECOND);
    cr_expect_eq(strips.count, STRIPS_MAX);
    cr_expect_eq(strips.left_out, 0);
    for (size_t i = 1; i < strips.count; i++)
        cr_expect_lt(strips.strips[i - 1].tid, strips.strips[i].tid);
    cr_expect_eq(strips.strips[STRIPS_MAX - 1].tid, 100 + STRIPS_MAX + 4);
    cr_expect_str_eq(letters(&strips, STRIPS_MAX - 1, 64), ".R");
}
