/*
 * stat_row: a row from a process's own stat line.
 */
#ifndef REAPTOP_SOURCE_STAT_ROW_H
#define REAPTOP_SOURCE_STAT_ROW_H

#include "reaptop/model/process.h"
#include "reaptop/source/parse_stat.h"

/* Fills all that the line tells and the owner; not comm, nor what is counted from a clock. */
void stat_row_fill(const struct stat_line *line, uid_t uid, struct process *process);

#endif
