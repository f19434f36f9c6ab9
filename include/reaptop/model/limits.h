/*
 * limits: what a process may use, and what it read and wrote.
 */
#ifndef REAPTOP_MODEL_LIMITS_H
#define REAPTOP_MODEL_LIMITS_H

#include <stdint.h>

/* ---- limits: /proc/PID/limits, getrlimit(2) ---- */

enum limit_kind {
    LIMIT_CPU_TIME,
    LIMIT_FILE_SIZE,
    LIMIT_DATA,
    LIMIT_STACK,
    LIMIT_CORE,
    LIMIT_RESIDENT,
    LIMIT_PROCESSES,
    LIMIT_OPEN_FILES,
    LIMIT_LOCKED,
    LIMIT_ADDRESS_SPACE,
    LIMIT_FILE_LOCKS,
    LIMIT_PENDING_SIGNALS,
    LIMIT_MESSAGE_QUEUES,
    LIMIT_NICE,
    LIMIT_RT_PRIORITY,
    LIMIT_RT_TIME,
    LIMIT_COUNT
};

#define LIMIT_NONE UINT64_MAX

struct limit {
    uint64_t soft, hard; /* LIMIT_NONE: unlimited */
};

struct limits {
    uint32_t known; /* bit n: limit_kind n was there */
    struct limit values[LIMIT_COUNT];
};

struct limit_info {
    const char *key;    /* JSON: "open_files" */
    const char *kernel; /* as /proc/PID/limits has it: "Max open files" */
    const char *unit;   /* "bytes", "seconds", …; "": a plain number */
};

extern const struct limit_info limit_infos[LIMIT_COUNT];

/* ---- input and output: /proc/PID/io ---- */

struct io_counters {
    uint64_t read_chars, written_chars; /* by read(2), write(2) and the like, from anywhere */
    uint64_t read_calls, write_calls;
    uint64_t read_bytes, written_bytes; /* that really went to or came from storage */
    uint64_t cancelled_bytes;           /* written to files that were cut before they reached it */
};

#endif
