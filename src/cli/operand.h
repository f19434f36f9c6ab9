/*
 * operand: the PID that most commands take, made into an identity.
 */
#ifndef REAPTOP_CLI_OPERAND_H
#define REAPTOP_CLI_OPERAND_H

#include "reaptop/model/access.h"
#include "reaptop/model/identity.h"
#include "reaptop/source/reader.h"

/*
 * argv[0] is the command's name, argv[1] must be its only operand. EXIT_DONE
 * with *ret_id set (pid and start time), or an exit status, the line on
 * standard error already written: EXIT_USAGE, EXIT_NO_MATCH, EXIT_FAULT.
 */
int operand_process(int argc, char **argv, struct identity *ret_id);

/* The same, and a reader for what it is read with. The caller frees it, if not NULL. */
int operand_with_reader(int argc, char **argv, struct identity *ret_id, struct reader **ret_reader);

/* The exit status for a negative errno that reading the process ended with, after its line. */
int operand_failed(const char *command, pid_t pid, int error);

/* EXIT_NO_MATCH, after its line: no process of this machine has that number, a thread may. */
int operand_absent(const char *command, pid_t pid);

/*
 * The exit status for what became of reading it: gone EXIT_NO_MATCH; denied,
 * blocked, failed or unsupported EXIT_FAULT; all else EXIT_DONE.
 */
int operand_status(enum access access);

#endif
