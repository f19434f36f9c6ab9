#include "sigchld.h"

#include <fcntl.h>
#include <signal.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/procfs.h"

bool sigchld_is_ignored(pid_t pid)
{
    struct status status;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    _cleanup_close_ int dir_fd = procfs_open_process(pid, 0);
    return dir_fd >= 0 && procfs_read(dir_fd, "status", STATUS_TEXT_LIMIT, &text) == 0 &&
           parse_status(strbuf_text(&text), text.length, &status) == 0 &&
           (status.known & STATUS_HAS_SIGNALS) && signal_set_has(status.ignored, SIGCHLD);
}

void parents_add(struct parents *parents, pid_t pid)
{
    for (size_t i = parents->count; i > 0; i--)
        if (parents->pids[i - 1] == pid)
            return;
    if (pid > 0 && parents->count < PARENTS_MOST)
        parents->pids[parents->count++] = pid;
}

/* What was read stays true as long as no child ends. */
static void add_of_ended(struct parents *parents, const struct snapshot *previous,
                         struct snapshot *next)
{
    for (size_t i = 0, at = 0; i < previous->count; i++) {
        const struct process *former = &previous->processes[i];
        while (at < next->count && next->processes[at].id.pid < former->id.pid)
            at++;
        bool is_there = at < next->count && identity_is_same(next->processes[at].id, former->id);
        if (is_there)
            next->processes[at].ignores_sigchld = former->ignores_sigchld;
        else if (!process_is_thread(former) && !process_is_over(former))
            parents_add(parents, former->ppid);
    }
}

void parents_read(struct parents *parents, const struct snapshot *previous, struct snapshot *next)
{
    add_of_ended(parents, previous, next);
    for (size_t i = 0; i < parents->count; i++) {
        struct process *row = snapshot_find(next, parents->pids[i]);
        if (row)
            row->ignores_sigchld = sigchld_is_ignored(row->id.pid);
    }
    parents->count = 0;
}
