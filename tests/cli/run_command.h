/*
 * run_command: a command of the command line in a child of the test, as
 * app/main runs it, without the program being started anew for each.
 */
#ifndef TESTS_CLI_RUN_COMMAND_H
#define TESTS_CLI_RUN_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Runs "send -n -J TERM" with the PID as its last operand (none where it is 0),
 * as user and group 65534 where `is_nobody`. Returns what it wrote, valid until
 * the next call; *ret_status is its exit status, -1 where it was killed.
 */
const char *run_command(const char *line, pid_t pid, bool is_nobody, int *ret_status);

#endif
