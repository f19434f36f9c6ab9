/*
 * program_report: the calls that src/lab/program_report.awk puts into the copy of
 * an experiment's program that reaptop itself runs. The first thing of such a
 * copy, so it includes nothing: the program says what it wants of the C library.
 */
#ifndef REAPTOP_LAB_PROGRAM_REPORT_H
#define REAPTOP_LAB_PROGRAM_REPORT_H

/* Who executes a function: one for each call of it. */
struct lab_who {
    const void *thread; /* an address of the thread's own */
    unsigned process;   /* the process in the order in which they reported, from 1; 0: not known */
    unsigned counter;   /* the thread's row of counters */
    int pid, tid, parent;
};

/* At the begin of each function. */
struct lab_who lab_report_enter(void);

/*
 * The statement at that line comes next. Waits for nothing, makes no system call but fstat(2), and
 * that for few executions of a line (program_trace.h), and leaves errno alone. Async-signal-safe.
 */
void lab_report_line(struct lab_who *who, unsigned line);

#endif
