#include "reaptop/control/handle.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"
#include "reaptop/model/signals.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/pidfs.h"
#include "reaptop/source/procfs.h"

/* Newer than the oldest headers that we build with. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

static int read_status(const struct handle *handle, struct status *ret_status)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = procfs_read(handle->proc_fd, "status", STATUS_TEXT_LIMIT, &text);
    if (r < 0)
        return r == -ENOENT ? -ESRCH : r;
    return parse_status(strbuf_text(&text), text.length, ret_status);
}

static int hidden(pid_t pid, struct error *error)
{
    return error_set(error, -EACCES, _("/proc is mounted with hidepid and hides process %d"), pid);
}

static int gone(pid_t pid, struct error *error)
{
    return error_set(error, -ESRCH, _("process %d is gone"), pid);
}

/* /proc/TID answers for threads too, and a signal through it would go to the whole process. */
static int refuse_thread(const struct handle *handle, struct error *error)
{
    struct status status;
    int r = read_status(handle, &status);
    if (r < 0 || status.tgid == handle->id.pid)
        return r;
    return error_set(error, -ENOTUNIQ, _("%d is a thread of process %d, not a process"),
                     handle->id.pid, status.tgid);
}

/* Is it the one that was meant? Also fills in what `id` does not know yet. */
static int verify(struct handle *handle, struct error *error)
{
    struct identity want = handle->id;
    struct stat_line line;
    int r = procfs_read_stat(handle->proc_fd, &line);
    if (r < 0)
        return r;
    if (want.start_ticks != 0 && want.start_ticks != line.start_ticks)
        return error_set(error, -ESRCH, _("process %d is gone: another one has the number now"),
                         want.pid);

    uint64_t inode = pidfs_inode(handle->pidfd);
    if (want.inode != 0 && inode == 0)
        return error_set(error, -EOPNOTSUPP,
                         _("%d:%llu: this kernel gives processes no inode (Linux 6.9 does)"),
                         want.pid, (unsigned long long)want.inode);
    if (want.inode != 0 && want.inode != inode)
        return error_set(error, -ESRCH, _("process %d is gone: another one has the number now"),
                         want.pid);

    handle->id.start_ticks = line.start_ticks;
    handle->id.inode = inode;
    return refuse_thread(handle, error);
}

int handle_open(struct identity want, struct handle *ret_handle, struct error *error)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    handle.id = want;
    handle.proc_fd = procfs_open_process(want.pid, 0);
    if (handle.proc_fd == -EPERM || (handle.proc_fd == -ESRCH && procfs_is_hidden(want.pid)))
        return hidden(want.pid, error);
    if (handle.proc_fd == -ESRCH)
        return gone(want.pid, error);
    if (handle.proc_fd < 0)
        return error_set_errno(error, handle.proc_fd, _("process %d"), want.pid);

    handle.pidfd = (int)syscall(SYS_pidfd_open, want.pid, 0);
    if (handle.pidfd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return error_set_errno(error, -errno, _("process %d"), want.pid);
    if (handle.pidfd < 0)
        handle.pidfd = -EBADF;

    /* The directory still answers, so the number was its all the while: both are one process. */
    struct error why = ERROR_INIT;
    int r = verify(&handle, &why);
    if (r == -ESRCH && why.code == 0)
        return gone(want.pid, error);
    if (r == -EPERM && why.code == 0)
        return hidden(want.pid, error);
    if (r < 0 && why.code == 0)
        return error_set_errno(error, r, _("process %d"), want.pid);
    if (r < 0)
        return error_set(error, r, "%s", why.message);

    *ret_handle = handle;
    handle = HANDLE_INIT;
    return 0;
}

void handle_done(struct handle *handle)
{
    handle->proc_fd = fd_close(handle->proc_fd);
    handle->pidfd = fd_close(handle->pidfd);
    handle->id = NOBODY;
}

/* ---- sending ---- */

static int explain_refusal(const struct handle *handle, struct error *error)
{
    struct status status;
    if (read_status(handle, &status) < 0 || !(status.known & STATUS_HAS_IDS))
        return error_set(error, -EPERM, _("not permitted: it takes its owner or CAP_KILL"));

    struct passwd entry, *found = NULL;
    char names[1024];
    if (getpwuid_r(status.uid[0], &entry, names, sizeof(names), &found) == 0 && found)
        return error_set(error, -EPERM,
                         _("not permitted: it runs as %s; it takes that user or CAP_KILL"),
                         found->pw_name);
    return error_set(error, -EPERM,
                     _("not permitted: it runs as user %u; it takes that user or CAP_KILL"),
                     status.uid[0]);
}

static int explain_send(const struct handle *handle, int signal, int code, struct error *error)
{
    switch (-code) {
    case ESRCH:
        return gone(handle->id.pid, error);
    case EPERM:
        return explain_refusal(handle, error);
    case EINVAL:
        if (signal < 0 || signal > SIGNAL_MAX)
            return error_set(error, code, _("there is no signal %d"), signal);
        return error_set(error, code, _("it lives in a PID namespace that ours does not contain"));
    case EAGAIN:
        return error_set(error, code, _("its user's queue of signals is full (RLIMIT_SIGPENDING)"));
    default:
        return error_set_errno(error, code, "pidfd_send_signal");
    }
}

int handle_send(const struct handle *handle, int signal, const int *value, struct error *error)
{
    siginfo_t info = {0};
    if (value) {
        info.si_signo = signal;
        info.si_code = SI_QUEUE;
        info.si_pid = getpid();
        info.si_uid = getuid();
        info.si_value.sival_int = *value;
    }
    int fd = handle->pidfd >= 0 ? handle->pidfd : handle->proc_fd;
    long r = syscall(SYS_pidfd_send_signal, fd, signal, value ? &info : NULL, 0);
    int code = r < 0 ? -errno : 0;
    debug(DEBUG_CONTROL, "signal %d to %d: %d", signal, handle->id.pid, code);
    return code < 0 ? explain_send(handle, signal, code, error) : 0;
}

/* ---- looking ---- */

int handle_read_process(const struct handle *handle, char comm_buffer[static 64],
                        struct process *ret_process)
{
    struct stat_line line;
    int r = procfs_read_stat(handle->proc_fd, &line);
    if (r < 0)
        return r;

    _Static_assert(sizeof(line.comm) <= 64, "comm_buffer holds it");
    memcpy(comm_buffer, line.comm, sizeof(line.comm));
    process_from_stat(&line, ret_process);
    ret_process->id = handle->id;
    ret_process->comm = comm_buffer;
    return 0;
}

int handle_state(const struct handle *handle, char *ret_state)
{
    struct stat_line line;
    int r = procfs_read_stat(handle->proc_fd, &line);
    if (r == 0)
        *ret_state = line.state;
    return r;
}

int handle_exit_status(const struct handle *handle, int32_t *ret_status)
{
    struct stat_line line;
    int r = procfs_read_stat(handle->proc_fd, &line);
    if (r == -ESRCH)
        return pidfs_exit_status(handle->pidfd, ret_status);
    if (r < 0)
        return r;
    if (!state_is_dead(line.state) || line.threads > 1)
        return -EAGAIN;
    if (line.exit_status < 0)
        return -ENODATA;
    *ret_status = line.exit_status;
    return 0;
}
