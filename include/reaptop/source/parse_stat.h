/*
 * parse_stat: the text of /proc/PID/stat or /proc/PID/task/TID/stat
 * (proc(5)):
 *
 *     4711 (tricky) R 1 () S 1 4711 4711 34816 4711 4194304 120 0 0 0 3 1 0 0 20 0 1 0 88211 …
 *
 * The name is printed raw and may hold parentheses, blanks and newlines, so it
 * ends at the last ')' of the whole text. Total: any bytes in, no allocation.
 */
#ifndef REAPTOP_SOURCE_PARSE_STAT_H
#define REAPTOP_SOURCE_PARSE_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/model/ending.h"

enum {
    STAT_COMM_SIZE = 64,   /* a kernel thread's name reaches 63 bytes */
    STAT_FIELDS = 52,      /* that proc(5) numbers */
    STAT_TEXT_LIMIT = 4096 /* more than any kernel prints: bound for reading it */
};

/* Bits of field 9, the kernel's PF_EXITING, PF_FORKNOEXEC and PF_KTHREAD (proc(5),
   linux/sched.h). */
#define STAT_EXITING       UINT64_C(0x00000004) /* dying; it will show Z or be gone soon */
#define STAT_FORK_NO_EXEC  UINT64_C(0x00000040) /* has run no image of its own yet */
#define STAT_KERNEL_THREAD UINT64_C(0x00200000) /* no address space of a user's */

struct process;

struct stat_line {
    pid_t pid;                 /* or TID */
    char comm[STAT_COMM_SIZE]; /* raw bytes, NUL-terminated; cut where longer */
    size_t comm_length;
    char state;
    int fields; /* the number of the last field that was there: 22…52 */
    pid_t ppid;
    pid_t pgid;
    pid_t sid;
    uint32_t tty;
    pid_t tpgid;
    uint64_t flags;
    uint64_t minor_faults;
    uint64_t major_faults;
    uint64_t utime_ticks;
    uint64_t stime_ticks;
    uint64_t child_utime_ticks; /* of children it waited for */
    uint64_t child_stime_ticks;
    int32_t priority;
    int32_t nice;
    uint32_t threads;
    uint64_t start_ticks;
    uint64_t virtual_bytes;
    uint64_t rss_pages;
    int32_t exit_signal; /* the rest: 0 where `fields` ends before it */
    int32_t processor;
    int32_t rt_priority;
    int32_t policy;
    int32_t exit_status; /* as waitpid(2) gives it; -1: alive, hidden or not printed */
};

/* It has ended, or is on the way: memory and files are given up a moment before it shows Z. */
static inline bool stat_is_ending(const struct stat_line *line)
{
    return state_is_dead(line->state) || (line->flags & STAT_EXITING) != 0;
}

/*
 * What the line has of a process; for a thread, `tgid` is the caller's to set. No strings,
 * no owner, no inode; what takes a clock or another sweep is unknown.
 */
void process_from_stat(const struct stat_line *line, struct process *ret_process);

/* 0, or -EBADMSG (`ret_line` untouched) where the text is not such a line. */
int parse_stat(const char *text, size_t length, struct stat_line *ret_line);

#endif
