/*
 * call: one system call of a process, as a person reads it: the arguments as
 * strace(1) writes them, the result, and in words what came of it. The words are
 * of the calls by which processes are born, end, wait, signal and are joined; the
 * rest has arguments alone.
 *
 * The text of a call comes in two parts, because execve(2) replaces the memory in
 * which its arguments lie, and pipe(2) fills its own only at the end:
 *
 *     entry:   "pipe2("              "wait4(-1, "
 *     return:  "[3, 4], O_CLOEXEC)"  "{exited with status 3}, 0, NULL)"
 */
#ifndef REAPTOP_MODEL_CALL_H
#define REAPTOP_MODEL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/strbuf.h"

enum {
    CALL_ARGUMENTS = 6,
    CALL_ERRNO_MAX = 4095, /* a result from -1 down to this is an errno */
};

struct call {
    int64_t number; /* of this architecture: model/syscall_names.h */
    uint64_t arguments[CALL_ARGUMENTS];
    int64_t result; /* as the kernel returned it: -ECHILD, not -1 */
};

/* How the caller's memory and descriptors are read; either may be NULL. */
struct call_memory {
    /* Copies up to `size` bytes from `address`: how many, 0 for none. */
    size_t (*read)(void *context, uint64_t address, void *ret_bytes, size_t size);
    /* What /proc/PID/fd/FD points to, NUL-terminated; false: unknown. */
    bool (*descriptor)(void *context, int fd, char *ret_name, size_t size);
    void *context;
};

/*
 * Is it one of those that make, end, join and signal processes, or that wait? read(2), write(2)
 * and close(2) are where the descriptor is a pipe or a socket.
 */
bool call_is_of_life(const struct call *call, const struct call_memory *memory);

/* Does it never return (exit, exit_group, rt_sigreturn)? Then its whole text is
 * call_append_entry's. */
bool call_is_final(const struct call *call);

/* Appends the name and the arguments that the kernel reads. Bytes of the process are escaped. */
void call_append_entry(struct strbuf *out, const struct call *call,
                       const struct call_memory *memory);

/* Appends the arguments that the kernel has written, and what follows them, with the ")". */
void call_append_return(struct strbuf *out, const struct call *call,
                        const struct call_memory *memory);

/* Appends "4713" or "-1 ECHILD". A restart that strace calls ERESTARTSYS is "? interrupted". */
void call_append_result(struct strbuf *out, const struct call *call);

/* Appends what came of it, translated: "a child is born: PID 4713"; nothing where there are no
 * words. */
void call_append_words(struct strbuf *out, const struct call *call,
                       const struct call_memory *memory);

#endif
