/*
 * experiment_cgroup: a control group of the run's own, for experiments about what a group
 * of processes may use. It lies below the group that we are in, or, where that
 * one has no such controller, below the nearest one above that has: in cgroup
 * v2, or in the v1 hierarchy of the controller. It is removed with the run.
 *
 * See cgroups(7), Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
 */
#ifndef REAPTOP_LAB_EXPERIMENT_CGROUP_H
#define REAPTOP_LAB_EXPERIMENT_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench;
struct bench_shared;

enum cgroup_kind {
    CGROUP_FREEZER,
    CGROUP_CPU,
    CGROUP_MEMORY
};

/* 0, or -errno: none can be made, and `ret_why` says what was tried and what is needed. */
int cgroup_make(struct bench *bench, enum cgroup_kind kind, char *ret_why, size_t size);

bool cgroup_is_v2(const struct bench *bench);

/* Writes to one of its files: 0 or -errno. */
int cgroup_write(const struct bench *bench, const char *file, const char *text);

/* Moves a process into it: 0 or -errno. */
int cgroup_add(const struct bench *bench, pid_t pid);

/* The process is in it. */
bool cgroup_has(const struct bench *bench, pid_t pid);

/* The number behind "key " in one of its files; INT64_MIN: no such line. */
int64_t cgroup_number(const struct bench *bench, const char *file, const char *key);

/* The first line of one of its files. */
bool cgroup_line(const struct bench *bench, const char *file, char *ret_text, size_t size);

/* For the end of the run: thaws it, so that its processes can be killed; and removes it. */
void cgroup_thaw(const struct bench_shared *shared);
void cgroup_remove(const struct bench_shared *shared);

#endif
