/*
 * parse_maps: one line of /proc/PID/maps, which is also what heads each
 * paragraph of smaps (proc(5)):
 *
 *     start        end          perm offset   device inode                     path
 *     559452746000-55945274b000 r-xp 00002000 fe:00 247134                     /usr/bin/cat
 *
 * Addresses, offset and device are hexadecimal, the inode decimal. Behind the
 * inode the path follows after blanks, or nothing. It may hold any byte but a
 * newline (which the kernel writes as \012), end in " (deleted)", or be one of
 * the kernel's names: [heap] [stack] [vdso] [vvar] [anon:NAME] …
 */
#ifndef REAPTOP_SOURCE_PARSE_MAPS_H
#define REAPTOP_SOURCE_PARSE_MAPS_H

#include <stddef.h>
#include <stdint.h>

struct maps_line {
    uint64_t start, end; /* start < end */
    uint64_t offset;
    uint64_t inode;
    uint32_t device_major, device_minor;
    char perms[5];    /* NUL-terminated */
    const char *path; /* into the line given; not NUL-terminated */
    size_t path_length;
};

/* `length` bytes without the newline. 0, or -EINVAL with *ret_line untouched. Total. */
int parse_maps_line(const char *bytes, size_t length, struct maps_line *ret_line);

#endif
