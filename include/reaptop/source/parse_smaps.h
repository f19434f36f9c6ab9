/*
 * parse_smaps: /proc/PID/maps, smaps and smaps_rollup (proc(5)) from
 * text that comes in pieces, so that the whole of it is never in memory:
 *
 *     559452746000-55945274b000 r-xp 00002000 fe:00 247134                     /usr/bin/cat
 *     Size:                 20 kB
 *     Rss:                  20 kB
 *     …
 *     VmFlags: rd ex mr mw me
 *
 * maps has the first kind of line only. A line that is neither a mapping nor a
 * field, one that is cut, one before the first mapping, and a mapping that does
 * not lie behind the one before it are left out and counted in the list's
 * bad_lines. Fields that nobody here knows are passed over.
 *
 *     struct smaps_parser parser = {.list = &list};
 *     while (there is more)
 *         if ((r = smaps_feed(&parser, bytes, length)) != 0)
 *             break;
 *     r = smaps_finish(&parser);
 */
#ifndef REAPTOP_SOURCE_PARSE_SMAPS_H
#define REAPTOP_SOURCE_PARSE_SMAPS_H

#include <stdbool.h>
#include <stddef.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/mapping.h"

/* Bounds on what a process can make us keep; what is beyond is reported, not kept. */
enum {
    SMAPS_MAPPINGS_MAX = 1 << 18,         /* four times the kernel's default vm.max_map_count */
    SMAPS_PATH_MAX = 4096,                /* bytes of one path */
    SMAPS_PATHS_MAX = 32 * 1024 * 1024,   /* bytes of all paths; later ones are cut … */
    SMAPS_PATH_SHORT = 256,               /* … at this */
    SMAPS_LINE_MAX = SMAPS_PATH_MAX + 256 /* the rest of a longer line is dropped */
};

struct smaps_parser {
    struct mapping_list *list; /* the caller's, empty */
    struct strbuf rest;        /* the line that the last piece cut; bounded by SMAPS_LINE_MAX */
    size_t path_bytes;
    enum figure expected; /* the field that is likely to come next */
    bool is_current;      /* fields belong to the list's last mapping */
    bool is_full;         /* SMAPS_MAPPINGS_MAX is reached */
};

/* 0; 1: there are more than SMAPS_MAPPINGS_MAX mappings, what follows is ignored; -ENOMEM. */
int smaps_feed(struct smaps_parser *parser, const char *bytes, size_t length);

/*
 * Takes a last line without newline, finishes the list and releases the
 * parser, after a failure too. The list's accesses are the caller's to set.
 * Returns as smaps_feed does.
 */
int smaps_finish(struct smaps_parser *parser);

#endif
