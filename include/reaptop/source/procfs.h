/*
 * procfs: the one door to /proc. Every file is opened relative to a directory
 * descriptor, so that a process's descriptor, once open, never speaks of its
 * successor (reads then give ESRCH), and every read has a bound.
 *
 * Never used for a file that can block (cmdline, environ, smaps, smaps_rollup,
 * pagemap, mem; maps on older kernels): those go through source/reader.h, and
 * fdinfo through source/fdinfo.h. make lint looks for other ways.
 */
#ifndef REAPTOP_SOURCE_PROCFS_H
#define REAPTOP_SOURCE_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/identity.h"
#include "reaptop/source/parse_stat.h"

/*
 * Is /proc a procfs, and of our own PID namespace? (statfs magic 0x9fa0, and
 * /proc/self names getpid().) -ENODEV with a sentence in `error` where not.
 */
int procfs_check(struct error *error);

/*
 * Opens /proc/PID (tid 0) or /proc/PID/task/TID as a directory, close-on-exec.
 * The caller closes it. -ENOENT is given as -ESRCH: the process is gone.
 */
int procfs_open_process(pid_t pid, pid_t tid);

/*
 * A thread of the process that lives, where its first one has ended (state Z, threads > 1):
 * /proc/PID/{maps,fd,exe,…} are then empty, and /proc/PID/task/TID/… have all of it. 0: the first
 * thread lives, or none does.
 */
pid_t procfs_living_thread(int dir_fd);

/* As procfs_open_process(pid, 0), or the directory of such a living thread. */
int procfs_open_living(pid_t pid);

/*
 * Where procfs_open_process() said -ESRCH: is there such a process all the
 * same, kept from us by /proc's hidepid (proc(5))? kill(2) with signal 0 knows.
 */
bool procfs_is_hidden(pid_t pid);

/*
 * Reads a whole file, at most `limit` bytes, replacing what is in `out`.
 * `dir_fd` may be AT_FDCWD for an absolute path. Returns 0, 1 where there was
 * more than `limit` (truncated), or a negative errno.
 */
int procfs_read(int dir_fd, const char *name, size_t limit, struct strbuf *out);

/*
 * The `stat` of the process or thread whose directory that is (proc(5)).
 * -ESRCH: it is gone; -EBADMSG: not such a line.
 */
int procfs_read_stat(int dir_fd, struct stat_line *ret_line);

/*
 * Tells an exit status of 0 from a hidden one where field 35 of stat does not,
 * before Linux 5.16: `io` in the same directory needs the same ptrace access
 * (proc(5)). `dir` is the process's, relative to `dir_fd`. Does nothing
 * to the line of a living process, or whose status is known.
 */
void procfs_see_exit_status(int dir_fd, const char *dir, struct stat_line *line);

/* The same of whoever has the PID now. */
int procfs_read_stat_of(pid_t pid, struct stat_line *ret_line);

/* TracerPid in the `status` of whoever has the PID now; 0: none, or it could not be read. */
pid_t procfs_read_tracer_of(pid_t pid);

/* Whose thread it is: Tgid in the thread's `status`; `tid` itself where it could not be read. */
pid_t procfs_process_of(pid_t tid);

/*
 * The process's directory, if it is still that process; the caller closes it. A
 * start time of 0 takes whoever has the PID. -ESRCH: it is gone, also where
 * another has its number.
 */
int procfs_open_same(struct identity id, struct stat_line *ret_line);

/* As procfs_read for a symbolic link's target. The target may hold any byte but NUL. */
int procfs_readlink(int dir_fd, const char *name, struct strbuf *out);

#endif
