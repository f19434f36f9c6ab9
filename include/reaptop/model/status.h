/*
 * status: what /proc/PID/status has of a process or of one of its threads.
 * A field that the kernel did not print keeps its "unknown" value and its bit
 * in `known` stays clear; it is never taken for 0.
 */
#ifndef REAPTOP_MODEL_STATUS_H
#define REAPTOP_MODEL_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/model/signals.h"

enum {
    STATUS_NSPID_MAX = 32,
    STATUS_GROUPS_MAX = 64
};

enum status_known {
    STATUS_HAS_IDS = 1U << 0,     /* Uid, Gid */
    STATUS_HAS_MEMORY = 1U << 1,  /* Vm… and Rss… lines: not a zombie, not a kernel thread */
    STATUS_HAS_SIGNALS = 1U << 2, /* SigQ … SigCgt */
    STATUS_HAS_CAPS = 1U << 3,
    STATUS_HAS_SECCOMP = 1U << 4,
    STATUS_HAS_NO_NEW_PRIVS = 1U << 5,
    STATUS_HAS_SWITCHES = 1U << 6,
    STATUS_HAS_NSPID = 1U << 7,
    STATUS_HAS_TRACER = 1U << 8,
    STATUS_HAS_GROUPS = 1U << 9,
    STATUS_HAS_UMASK = 1U << 10,
    STATUS_HAS_THREADS = 1U << 11,
    STATUS_HAS_HUGETLB = 1U << 12, /* HugetlbPages: CONFIG_HUGETLB_PAGE */
};

struct status {
    uint32_t known; /* enum status_known bits */
    char state;
    pid_t tgid, pid, ppid, tracer_pid;
    uid_t uid[4]; /* real, effective, saved, file system */
    gid_t gid[4];
    gid_t groups[STATUS_GROUPS_MAX];
    uint32_t group_count; /* there may be more than were kept */
    uint32_t umask;
    uint32_t threads;
    pid_t ns_pid[STATUS_NSPID_MAX]; /* outermost first */
    uint32_t ns_pid_count;
    uint64_t vm_peak_kib, vm_size_kib, vm_locked_kib, vm_pinned_kib, vm_hwm_kib, vm_rss_kib;
    uint64_t rss_anon_kib, rss_file_kib, rss_shmem_kib;
    uint64_t vm_data_kib, vm_stack_kib, vm_exe_kib, vm_lib_kib, vm_pte_kib, vm_swap_kib;
    uint64_t hugetlb_kib;                 /* HugetlbPages: in no other figure */
    uint64_t sig_queued, sig_queue_limit; /* SigQ, of the real user */
    signal_set pending;                   /* SigPnd: this thread's */
    signal_set shared_pending;            /* ShdPnd: the process's */
    signal_set blocked, ignored, caught;
    uint64_t cap_inheritable, cap_permitted, cap_effective, cap_bounding, cap_ambient;
    bool no_new_privs;
    int32_t seccomp; /* 0 off, 1 strict, 2 filter */
    uint64_t voluntary_switches, involuntary_switches;
};

#endif
