/*
 * unwind: the frames of threads whose registers and stacks were copied, by elfutils' libdw,
 * which is loaded for that. No other process is looked at any more.
 */
#ifndef REAPTOP_SOURCE_UNWIND_H
#define REAPTOP_SOURCE_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    UNWIND_REGISTERS = 17, /* of x86-64, by their DWARF numbers */
    UNWIND_SP = 7,
    UNWIND_PC = 16
};

/* One thread, copied. */
struct unwind_thread {
    pid_t tid;
    uint64_t registers[UNWIND_REGISTERS];
    uint64_t stack_start;
    char *stack; /* what is from there on; malloc(3) */
    size_t stack_length;
};

/* A file, or the kernel's vdso, that is mapped executable. */
struct unwind_module {
    uint64_t base;       /* where its first byte is, or would be */
    uint64_t start, end; /* from its first executable mapping to the end of the last */
    const char *path;
    int fd; /* -1: it could not be opened, or is another file by now */
};

struct unwind;

/* False: every call below gives -EOPNOTSUPP. */
bool unwind_is_built(void);

/* Takes the modules' descriptors over. -ELIBACC: there is no libdw; -EIO: it fails; -ENOMEM. */
int unwind_new(pid_t pid, struct unwind_module *modules, size_t count, struct unwind **ret_unwind);
void unwind_free(struct unwind *unwind);

/* One frame after the other, innermost first; `symbol` NULL: there is none. False: no more. */
typedef bool unwind_frame(void *data, uint64_t address, const char *symbol, uint64_t offset);

/*
 * 0: to the outermost frame, or as far as `take` wanted; -ENODATA: not so far, and *ret_reason
 * says why, in English, or is NULL.
 */
int unwind_frames(struct unwind *unwind, const struct unwind_thread *thread, unwind_frame *take,
                  void *data, const char **ret_reason);

#endif
