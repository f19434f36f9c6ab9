/*
 * trace_narration: the lines that an experiment's program executed
 * (lab/program_run.h), as a document. The screen and the command line show them alike.
 */
#ifndef REAPTOP_CLI_TRACE_NARRATION_H
#define REAPTOP_CLI_TRACE_NARRATION_H

#include "reaptop/lab/program_run.h"
#include "reaptop/view/document.h"

/* All of them, each with its process or thread, and the output between. */
void trace_narration_lines(struct document *doc, const char *name, const struct lab_trace *trace);

/*
 * The program with the line at `at` (of trace->lines) marked with ">" and its process's or thread's
 * ID, the last line of each other one with the ID alone; below it the last of what was written by
 * then. As many lines of the program as leave the document `rows` lines long, around the marked
 * one; *ret_line is where that one is in the document.
 */
void trace_narration_step(struct document *doc, const char *name, const struct lab_trace *trace,
                          size_t at, size_t rows, size_t *ret_line);

/* How it ended, and what is not shown. */
void trace_narration_end(struct document *doc, const struct lab_trace *trace);

/* Line `number` (from 1) of the experiment's program, without its end; NULL: there is none. */
const char *trace_narration_text(const char *name, unsigned number, size_t *ret_length);

#endif
