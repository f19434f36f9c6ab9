/*
 * cgroup_fixture: control groups that a test makes below the mounted hierarchies, with
 * processes that are frozen or out of processor time in them. Needs root; where
 * the hierarchy is not mounted or not ours to write to, the test is skipped.
 */
#ifndef TESTS_SUPPORT_CGROUP_FIXTURE_H
#define TESTS_SUPPORT_CGROUP_FIXTURE_H

#include <stdbool.h>
#include <sys/types.h>

struct test_cgroup {
    char path[256]; /* of the group's directory; "" where there is none */
};

/* "": version 2, "freezer", "cpu": version 1. False: cannot be made here. */
bool test_cgroup_make(struct test_cgroup *ret_group, const char *controller);

/* False where the file is missing or refuses the value. */
bool test_cgroup_write(const struct test_cgroup *group, const char *file, const char *value);
bool test_cgroup_add(const struct test_cgroup *group, pid_t pid);

/* Until `file` holds a line that begins with `text`; false after ten seconds. */
bool test_cgroup_await(const struct test_cgroup *group, const char *file, const char *text);

/* Until it was out of its processor time in a period; false after ten seconds. */
bool test_cgroup_await_throttled(const struct test_cgroup *group);

/* Thaws it. Its processes must be gone before test_cgroup_remove(). */
void test_cgroup_thaw(const struct test_cgroup *group);
void test_cgroup_remove(struct test_cgroup *group);

#endif
