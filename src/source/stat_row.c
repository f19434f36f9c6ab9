#include "stat_row.h"

#include <unistd.h>

void stat_row_fill(const struct stat_line *line, uid_t uid, struct process *process)
{
    process->id = (struct identity){.pid = line->pid, .start_ticks = line->start_ticks};
    process->tgid = line->pid;
    process->ppid = line->ppid;
    process->pgid = line->pgid;
    process->sid = line->sid;
    process->tpgid = line->tpgid;
    process->tty = line->tty;
    process->state = line->state;
    process->has_execed = (line->flags & STAT_FORK_NO_EXEC) == 0;
    process->is_kernel = (line->flags & STAT_KERNEL_THREAD) != 0;
    process->threads = line->threads;
    process->nice = line->nice;
    process->priority = line->priority;
    process->rt_priority = line->rt_priority;
    process->policy = line->policy;
    process->processor = line->processor;
    process->utime_ticks = line->utime_ticks;
    process->stime_ticks = line->stime_ticks;
    process->virtual_kib = line->virtual_bytes / 1024;
    process->rss_kib = line->rss_pages * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024);
    process->minor_faults = line->minor_faults;
    process->major_faults = line->major_faults;
    process->exit_status = line->exit_status;
    process->uid = uid;
}
