/*
 * parse_details: the small files of /proc/PID that show is made of. Each
 * parser is total over any bytes, allocates nothing and leaves its result
 * untouched on failure.
 */
#ifndef REAPTOP_SOURCE_PARSE_DETAILS_H
#define REAPTOP_SOURCE_PARSE_DETAILS_H

#include <stddef.h>
#include <stdint.h>

#include "reaptop/model/limits.h"

/*
 * /proc/PID/limits (proc(5)), a head line and then
 *
 *     Max open files            1024                 524288               files
 *
 * A limit that is missing or malformed is not `known`. -EBADMSG: none is there.
 */
int parse_limits(const char *text, size_t length, struct limits *ret_limits);

/* /proc/PID/io: "rchar: 323934931" and six more lines, all needed. -EBADMSG. */
int parse_io(const char *text, size_t length, struct io_counters *ret_io);

/* /proc/PID/schedstat: "12 34 5": ns on a processor, ns waiting for one, turns. -EBADMSG. */
int parse_schedstat(const char *text, size_t length, uint64_t *ret_run_ns, uint64_t *ret_wait_ns);

/* A link in /proc/PID/ns: "pid:[4026531836]". -EBADMSG. */
int parse_namespace(const char *text, size_t length, uint64_t *ret_inode);

#endif
