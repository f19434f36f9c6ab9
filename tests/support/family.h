/*
 * family: the processes below one, found in /proc by their parent and their name (comm).
 */
#ifndef TESTS_SUPPORT_FAMILY_H
#define TESTS_SUPPORT_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    CHILDREN_MOST = 32,
    COMM_SIZE = 32
};

/* Processes whose parent is `pid`, at most CHILDREN_MOST; how many. */
size_t family_children(pid_t pid, pid_t ret_children[static CHILDREN_MOST]);

bool family_comm(pid_t pid, char ret_comm[static COMM_SIZE]);

/* One below `pid`, at any depth, that has that name; 0: none. */
pid_t family_find(pid_t pid, const char *comm);

/* As family_find(), but waits for it, ten seconds at most. */
pid_t family_await(pid_t pid, const char *comm);

/* Waits until there is no such process or only its zombie; false after ten seconds. */
bool family_await_end(pid_t pid);

#endif
