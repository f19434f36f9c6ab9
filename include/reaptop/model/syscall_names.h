/*
 * syscall_names: the system calls of the architecture this program was built
 * for, by number (generated from <sys/syscall.h> at build time), the shape of
 * the arguments of those that wait, and /proc/PID/syscall as a record
 * (proc(5)).
 */
#ifndef REAPTOP_MODEL_SYSCALL_NAMES_H
#define REAPTOP_MODEL_SYSCALL_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/access.h"

enum {
    SYSCALL_ARGUMENTS = 6
};

enum syscall_place {
    SYSCALL_RUNNING, /* "running": on a processor, or ready for one */
    SYSCALL_OUTSIDE, /* "-1 …": it waits, but not in a system call: a page fault, a signal stop */
    SYSCALL_INSIDE,
};

struct syscall_record {
    enum access access; /* UNREAD, OK, DENIED … */
    enum syscall_place place;
    int64_t number;  /* SYSCALL_INSIDE only; as syscall_plain() has it */
    int64_t variant; /* the file's own number where that is another; else 0 */
    uint64_t arguments[SYSCALL_ARGUMENTS];
    uint64_t stack_pointer, instruction_pointer; /* 0 while RUNNING */
};

/* i386 has no calls of its own for these: socketcall(2) and ipc(2) are their roads. No number is
 * that. */
enum {
    SYSCALL_NOT_HERE = INT32_MAX
};
#ifndef SYS_accept
#define SYS_accept SYSCALL_NOT_HERE
#endif
#ifndef SYS_semop
#define SYS_semop SYSCALL_NOT_HERE
#endif
#ifndef SYS_semtimedop
#define SYS_semtimedop SYS_semtimedop_time64
#endif

/*
 * The call that this one is a variant of, with arguments in the same places: a 32-bit
 * machine has futex_time64 beside futex, fcntl64 beside fcntl. Else the number itself.
 */
int64_t syscall_plain(int64_t number);

/* "read"; NULL: no such number here. Static. */
const char *syscall_name(int64_t number);

/*
 * A 32-bit program on a 64-bit kernel numbers its calls otherwise, and the
 * file does not say so; its stack lies below 4 GiB, which a 64-bit one's never
 * does. To a 32-bit reaptop a 64-bit program is foreign. Its number must not be looked up.
 */
bool syscall_is_foreign(const struct syscall_record *record);

/* As the kernel numbers it, "futex_time64"; NULL: no such number, or a foreign one. Static. */
const char *syscall_record_name(const struct syscall_record *record);

/* It is inside a system call, and number and arguments are known. */
bool syscall_is_readable(const struct syscall_record *record);

enum syscall_argument {
    ARGUMENT_NONE,
    ARGUMENT_NUMBER, /* signed decimal */
    ARGUMENT_SIZE,   /* unsigned decimal */
    ARGUMENT_HEX,
    ARGUMENT_ADDRESS, /* "NULL" or 0x… */
    ARGUMENT_FD,
    ARGUMENT_DIRFD, /* AT_FDCWD */
    ARGUMENT_PID,
    ARGUMENT_SIGNAL,
};

struct syscall_shape {
    int64_t number;
    struct {
        enum syscall_argument kind;
        const char *name;
    } arguments[SYSCALL_ARGUMENTS]; /* up to the first ARGUMENT_NONE */
};

/* NULL: its arguments are not known to us. */
const struct syscall_shape *syscall_shape(int64_t number);

/* Appends "read(fd=0, buf=0x7f…, count=131072)"; arguments unknown to us as six numbers. */
void syscall_append(struct strbuf *out, const struct syscall_record *record);

#endif
