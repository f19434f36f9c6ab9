/*
 * parse_fdinfo: the text of /proc/PID/fdinfo/N (proc(5)):
 *
 *     pos:	0
 *     flags:	02
 *     mnt_id:	17
 *     ino:	1038
 *     tfd:        4 events: 80000019 data:                7  pos:0 ino:40e sdev:10
 *
 * Total: a line that is not understood is skipped, a value out of range too.
 */
#ifndef REAPTOP_SOURCE_PARSE_FDINFO_H
#define REAPTOP_SOURCE_PARSE_FDINFO_H

#include <stddef.h>

#include "reaptop/model/descriptor.h"

enum {
    FDINFO_TEXT_LIMIT = 1 << 20 /* bound for reading one: an epoll has a line a watch */
};

/*
 * Fills offset, flags, mount_id, inode and, where there is more, detail (from
 * the arena) of `descriptor`; the rest stays. can_read and can_write follow
 * the access mode. 0, or -ENOMEM with what fitted.
 */
int parse_fdinfo(const char *text, size_t length, struct arena *arena,
                 struct descriptor *descriptor);

/* Just the number behind "NAME:" at a line's start, in decimal; false: not there. */
bool parse_fdinfo_number(const char *text, size_t length, const char *name, uint64_t *ret_value);

#endif
