/*
 * user_stack: the user-space stacks of a process's threads: which function was running, which had
 * called it, and so on, as they were when each thread was stopped for a moment.
 */
#ifndef REAPTOP_MODEL_USER_STACK_H
#define REAPTOP_MODEL_USER_STACK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/arena.h"
#include "reaptop/model/identity.h"

/* Why a stack has no more frames. */
enum stack_end {
    STACK_WHOLE,       /* the outermost frame was reached */
    STACK_LONG,        /* there are more than USER_STACK_FRAMES_MAX */
    STACK_BROKEN,      /* the next one could not be found: `detail` of struct user_stack */
    STACK_NOT_STOPPED, /* it did not stop in time: it is in an uninterruptible wait */
    STACK_TRACED,      /* another process traces it, and one only may */
    STACK_DENIED,      /* EPERM of ptrace(2) */
    STACK_ENDED,       /* the thread ended meanwhile */
    STACK_FOREIGN,     /* it runs 32-bit code */
    STACK_FAILED,      /* any other errno */
    STACK_END_COUNT
};

struct user_frame {
    uint64_t address;   /* of the next instruction there */
    const char *symbol; /* raw bytes, as the file has it (C++ is not demangled); NULL: none */
    uint64_t offset;    /* of the address in the symbol */
    const char *module; /* raw bytes: path of the mapped file, "[vdso]"; NULL: no file is there */
};

struct user_stack {
    pid_t tid;
    enum stack_end end;
    const char *detail;        /* STACK_BROKEN: what libdw says, in English; NULL: nothing */
    struct user_frame *frames; /* innermost first; none where it was not stopped */
    size_t count, capacity;
};

struct user_stacks {
    struct identity id;
    struct user_stack *threads; /* ascending TID */
    size_t count, capacity;
    size_t left_out;      /* threads beyond USER_STACK_THREADS_MAX */
    uint64_t read_ns;     /* CLOCK_BOOTTIME */
    uint64_t held_ns;     /* the longest that one thread was stopped */
    struct arena strings; /* of the frames */
};

#define USER_STACKS_INIT ((struct user_stacks){0})

enum {
    USER_STACK_FRAMES_MAX = 256,
    USER_STACK_THREADS_MAX = 256
};

void user_stacks_done(struct user_stacks *stacks);

/* "not-stopped": JSON's word. Static. */
const char *stack_end_word(enum stack_end end);

/* "it did not stop: …", translated; NULL for STACK_WHOLE. Static. */
const char *stack_end_sentence(enum stack_end end);

#endif
