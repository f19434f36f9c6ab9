/*
 * parse_status: the text of /proc/PID/status or /proc/PID/task/TID/status
 * (proc(5)), one "Key:\tvalue" a line:
 *
 *     Name:   sleep
 *     State:  S (sleeping)
 *     Uid:    0       0       0       0
 *     VmRSS:      1776 kB
 *     SigQ:   0/96365
 *     SigBlk: 0000000000000000
 *
 * The kernel escapes newline and backslash in Name here, so a line is a line.
 */
#ifndef REAPTOP_SOURCE_PARSE_STATUS_H
#define REAPTOP_SOURCE_PARSE_STATUS_H

#include <stddef.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/status.h"

enum {
    STATUS_TEXT_LIMIT = 64 * 1024 /* bound for reading it: Groups and Mems_allowed can be long */
};

/*
 * Total over any bytes, no allocation. Unknown keys are passed over, of a
 * doubled key the first counts, and a group of values (status.h) is known only
 * where each of its lines was there and well formed. -EBADMSG, with `ret`
 * untouched, where State, Pid, Tgid or PPid is missing or malformed.
 */
int parse_status(const char *text, size_t length, struct status *ret);

/*
 * Appends the value of one key as it stands ("Cpus_allowed_list"), at most
 * `limit` bytes. -ENOENT: no such line; 1: there was more.
 */
int parse_status_value(const char *text, size_t length, const char *key, size_t limit,
                       struct strbuf *out);

#endif
