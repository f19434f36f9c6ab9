/*
 * parse_locks: the text of /proc/locks (proc(5)), and one lock of it, as
 * the "lock:" lines of /proc/PID/fdinfo/N repeat it. Total: a line that is not
 * a lock's is skipped.
 */
#ifndef REAPTOP_SOURCE_PARSE_LOCKS_H
#define REAPTOP_SOURCE_PARSE_LOCKS_H

#include <stddef.h>

#include "reaptop/model/lock.h"

enum {
    LOCKS_TEXT_LIMIT = 16 << 20 /* bound for reading /proc/locks */
};

/* "3: -> FLOCK  ADVISORY  WRITE 9806 fe:00:10952905 0 EOF". 0, or -EBADMSG. */
int parse_lock(const char *line, size_t length, struct lock *ret_lock);

/* Appends the locks of the whole text. 0, or -ENOMEM (those before stay). */
int parse_locks(const char *text, size_t length, struct lock_table *table);

#endif
