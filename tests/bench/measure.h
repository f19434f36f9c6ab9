/*
 * measure: what the programs of the benchmark's table are measured with. Private
 * to tests/bench/. Everything here may print to standard error and give up.
 */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    ROUNDS_MAX = 25,
    FAMILY_MAX = 64,
    SECOND_MS = 1000
};

/* ---- measure.c ---- */

/* CLOCK_MONOTONIC */
double now_ms(void);

/* A program and all that descends from it, now; how many. */
size_t family_of(pid_t root, pid_t ret_members[static FAMILY_MAX]);

/*
 * CPU time of the family, to the nanosecond (clock_getcpuclockid(3)), and what
 * its root has of members that ended and were waited for (wait4(2)'s, to the tick).
 */
double family_cpu_ms(pid_t root);

/* The sum of Pss in smaps_rollup, KiB; 0 where it may not be read. */
double family_pss_kib(pid_t root);

/* One measure over all rounds. */
struct samples {
    double values[ROUNDS_MAX];
    size_t count;
};

void samples_add(struct samples *samples, double value);
double samples_median(struct samples *samples);

/* "12.3 (11.9-14.0)", "12.3" of one round, "-" of none; `unit` is a divisor. */
const char *samples_text(struct samples *samples, double unit, char text[static 40]);

/* ---- screens.c ---- */

/* Programs that draw, side by side; one table on standard output. */
void bench_screens(const char *reaptop, const char *title, int seconds, int rounds);

/* ---- commands.c ---- */

/* Programs that print once and end. `quiet` sleeps, `mapped` has many mappings. */
void bench_commands(const char *reaptop, pid_t quiet, pid_t mapped, int rounds);

/* ---- column_costs.c ---- */

/* What each column of the list costs to read. */
void bench_columns(const char *reaptop, long processes, int rounds);

/* ---- floors.c ---- */

/* What the bare system calls cost without any program around them. */
void bench_floors(pid_t mapped, int rounds);

/* ---- churn.c ---- */

/* Births a second, for so long, under those who print events and under the screen. */
void bench_churn(const char *reaptop, int births, int seconds);

#endif
