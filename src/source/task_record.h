/*
 * task_record: one task as the BPF program (task_iterator.bpf.c) writes it, raw
 * as the kernel has it; task_record_fill() makes a row of it. Both sides include
 * this, so it includes nothing and its types have the same size on both.
 */
#ifndef REAPTOP_SOURCE_TASK_RECORD_H
#define REAPTOP_SOURCE_TASK_RECORD_H

enum {
    TASK_RECORD_COMM = 16, /* TASK_COMM_LEN */
    TASK_RECORD_NAME = 64  /* of a kernel thread, as stat prints it */
};

struct task_record {
    unsigned int size; /* of the record; with `name` only where it is a kernel thread's */
    int tid; /* all numbers: in the reader's PID namespace, 0 where they have none in it */
    int tgid;
    int ppid;
    int pgid;
    int sid;
    int tpgid;        /* -1: no terminal */
    int tracer;       /* TID; 0: none */
    unsigned int tty; /* as new_encode_dev(); 0: none */
    unsigned int state;
    unsigned int exit_state;
    unsigned int flags; /* PF_… */
    int threads;
    int static_priority;
    int priority;
    unsigned int rt_priority;
    unsigned int policy;
    unsigned int processor;
    unsigned int uid; /* effective */
    unsigned int real_uid;
    int exit_code;
    unsigned long long utime_ns, stime_ns, runtime_ns; /* a process: of all its threads */
    unsigned long long shown_utime_ns, shown_stime_ns; /* prev_cputime: what was shown before */
    unsigned long long virtual_pages;
    long long file_pages, anonymous_pages, shared_pages; /* may be negative */
    unsigned long long minor_faults, major_faults;
    unsigned long long start_ns; /* CLOCK_BOOTTIME of the first time namespace */
    char comm[TASK_RECORD_COMM];
    char name[TASK_RECORD_NAME];
};

#endif
