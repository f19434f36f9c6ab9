/*
 * visibility: what the /proc we look through keeps from us, in words.
 */
#ifndef REAPTOP_SOURCE_VISIBILITY_H
#define REAPTOP_SOURCE_VISIBILITY_H

#include <stdbool.h>
#include <stddef.h>

#include "reaptop/base/strbuf.h"

struct proc_mount {
    char hidepid[16]; /* "noaccess", "invisible", "ptraceable", "1", "2", "4"; "" none */
    bool is_subset;   /* subset=pid: only processes, no /proc/stat */
};

/*
 * The options of the last /proc in mountinfo's text (proc(5)):
 *
 *     63 45 0:39 / /proc rw,relatime - proc proc rw,hidepid=invisible
 */
struct proc_mount parse_proc_mount(const char *text, size_t length);

/*
 * Appends the sentences, or nothing where all is seen. `sees_init`: PID 1 was
 * among the processes of the sweep.
 */
void visibility_describe(bool sees_init, struct strbuf *out);

/*
 * Are we known to be outside of the machine's first PID or user namespace? The
 * first ones have the same inodes on every kernel. False too where /proc does
 * not tell.
 */
bool visibility_is_in_pid_namespace(void);
bool visibility_is_in_user_namespace(void);

#endif
