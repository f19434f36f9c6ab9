/*
 * observe: single facts out of /proc/PID, read as an experiment needs them,
 * by the host, about processes that are its own descendants. The whole panes
 * are source's; here one line is enough, and it is kept as the kernel wrote it.
 *
 * Nothing here waits; bench.h repeats these until a deadline.
 */
#ifndef REAPTOP_LAB_OBSERVE_H
#define REAPTOP_LAB_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/model/signals.h"

/* The state letter; 'X' as such; '\0': there is no such task. */
char observe_state(pid_t pid);

/* Field `number` of /proc/PID/stat, counted as proc(5) does (4: PPID); INT64_MIN: none. */
int64_t observe_stat(pid_t pid, int number);

/* "1234 (child) Z 1200 …": the first four fields of /proc/PID/stat; "" where there is none. */
void observe_stat_text(pid_t pid, char *ret_text, size_t size);

/* The value behind "Key:" in /proc/PID/`file` (status, smaps_rollup, fdinfo/3 …). */
bool observe_value(pid_t pid, const char *file, const char *key, char *ret_text, size_t size);

/* The same as a number (a "kB" behind it is dropped); INT64_MIN: no such line. */
int64_t observe_number(pid_t pid, const char *file, const char *key);

/* A mask of /proc/PID/status: "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt". */
bool observe_signals(pid_t pid, const char *key, signal_set *ret_set);

/* The whole of /proc/PID/`file`, up to `size`; newlines become blanks. false: it cannot be read. */
bool observe_file(pid_t pid, const char *file, char *ret_text, size_t size);

/* The target of /proc/PID/`link`. */
bool observe_link(pid_t pid, const char *link, char *ret_text, size_t size);

/* The number of the system call that the task is in (/proc/PID/syscall); -1: running or denied. */
long observe_syscall(pid_t pid);

/*
 * Is it asleep in a kernel function whose name holds one of "a|b", or, where that
 * cannot be read, in the system call or one like it (why_calls_are_alike())?
 */
bool observe_is_in(pid_t pid, const char *functions, long syscall_number, char *ret_text,
                   size_t size);

/* The line of /proc/PID/maps that covers `address`. */
bool observe_mapping(pid_t pid, uint64_t address, char *ret_line, size_t size);

/* Key of that mapping in /proc/PID/smaps, in KiB; INT64_MIN: none. */
int64_t observe_smaps(pid_t pid, uint64_t address, const char *key);

enum {
    PAGE_EXCLUSIVE = 56, /* Documentation/admin-guide/mm/pagemap.rst */
    PAGE_FILE = 61,
    PAGE_SWAPPED = 62,
    PAGE_PRESENT = 63,
};

/* The 64 bits of /proc/PID/pagemap for the page that holds `address`. */
bool observe_page(pid_t pid, uint64_t address, uint64_t *ret_entry);

static inline bool page_has(uint64_t entry, int bit)
{
    return entry >> bit & 1;
}

/* The page frame number; 0: hidden from us (no CAP_SYS_ADMIN). */
static inline uint64_t page_frame(uint64_t entry)
{
    return page_has(entry, PAGE_PRESENT) ? entry & ((UINT64_C(1) << 55) - 1) : 0;
}

/* How often that frame is mapped: /proc/kpagecount, root's. */
bool observe_map_count(uint64_t frame, uint64_t *ret_count);

#endif
