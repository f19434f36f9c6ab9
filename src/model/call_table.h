/*
 * call_table: the system calls that have words, and the shape of their arguments.
 * Private to model/call.c.
 */
#ifndef REAPTOP_MODEL_CALL_TABLE_H
#define REAPTOP_MODEL_CALL_TABLE_H

#include "reaptop/model/call.h"

/* As memory->read; 0 also where there is no memory or no address. */
size_t call_memory_read(const struct call_memory *memory, uint64_t address, void *ret_bytes,
                        size_t size);

/*
 * One letter an argument:
 *
 *     i int         u unsigned       x hexadecimal   a address      z size
 *     f descriptor  d dirfd          p PID           S signal       t idtype
 *     s string      v argv           e envp          b bytes to write (count follows)
 *     O open flags  C clone flags    G clone3 args   W wait options H how (mask)
 *     g signal set  A sigaction      F futex op      k fcntl command T timespec
 *
 * and those that the kernel fills before it returns:
 *
 *     P two descriptors   w wait status   B bytes read   I siginfo_t   o old action, set or time
 */
struct call_row {
    int64_t number;
    const char *shape;
    bool is_life; /* shown where only the calls of life are */
    bool is_join; /* … where its descriptor is a pipe or a socket */
    void (*words)(struct strbuf *out, const struct call *call, const struct call_memory *memory);
    const char *done; /* N_(): after a success, where `words` is NULL; {0} … {5}, {r}: numbers */
};

extern const struct call_row call_rows[];
extern const size_t call_row_count;

#endif
