#include "reference_tables.h"

#include <errno.h>
#include <signal.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

/* The symbol must not pass through a second macro, where it would become its number. */
#define ERRNO_ALSO(symbol, aliases_, meaning_, manual_)                                            \
    {                                                                                              \
        .name = #symbol, .title = "", .meaning = (meaning_), .manual = (manual_),                  \
        .aliases = (aliases_), .number = symbol                                                    \
    }
#define ERRNO(symbol, meaning_, manual_)                                                           \
    {                                                                                              \
        .name = #symbol, .title = "", .meaning = (meaning_), .manual = (manual_), .number = symbol \
    }

static const struct reference_text errnos[] = {
    ERRNO(
        EPERM,
        N_("The operation needs a privilege that we do not have. From kill(2): the target belongs "
           "to another user and we lack CAP_KILL. From /proc with hidepid: the process is listed "
           "but closed to us."),
        "capabilities(7)"),
    ERRNO(
        ENOENT,
        N_("There is nothing of that name. Under /proc: the process is gone, this kernel does not "
           "have the file, or a zombie's exe was asked for. From execve(2): the program does not "
           "exist, or its interpreter: the one of its first line, or the dynamic linker."),
        "errno(3)"),
    ERRNO(
        ESRCH,
        N_("There is no such process: it was reaped, or there never was one. A descriptor or pidfd "
           "of it says so for ever, even when the number has a new owner."),
        "kill(2)"),
    ERRNO(EINTR,
          N_("A signal handler ran while the call waited, so the call gave up. Programs usually "
             "call again; SA_RESTART does it for many calls. Some, such as epoll_wait(2), give up "
             "after SIGSTOP and SIGCONT without any handler."),
          "signal(7)"),
    ERRNO(EIO,
          N_("The device failed; or a background process read its terminal, and ignores or blocks "
             "SIGTTIN, or is of an orphaned group."),
          "read(2)"),
    ERRNO(E2BIG,
          N_("Arguments and environment together, or one string of them, are larger than execve(2) "
             "takes."),
          "execve(2)"),
    ERRNO(ENOEXEC, N_("The file is not a program that this kernel can start."), "execve(2)"),
    ERRNO(EBADF, N_("That descriptor is not open, or not for this use."), "errno(3)"),
    ERRNO(ECHILD,
          N_("There is no such child to wait for: it was reaped already, it is somebody else's, or "
             "SIGCHLD is ignored and children leave no zombie."),
          "wait(2)"),
    ERRNO_ALSO(
        EAGAIN, "EWOULDBLOCK",
        N_("Not now. From fork(2): a limit on processes or tasks is reached. From a non-blocking "
           "read or write: it would have to wait. From sigqueue(3): the signal queue is full."),
        "errno(3)"),
    ERRNO(ENOMEM, N_("The kernel has no memory for this, or a limit forbids more."), "errno(3)"),
    ERRNO(
        EACCES,
        N_("The file's permissions or a ptrace access check say no. For another user's maps, "
           "exe, environ and fd it takes that user, or CAP_SYS_PTRACE. For a zombie it only means "
           "that there is nothing any more."),
        "ptrace(2)"),
    ERRNO(EFAULT, N_("An address in the call lies outside the process's memory."), "errno(3)"),
    ERRNO(EBUSY, N_("It is in use in a way that excludes this."), "errno(3)"),
    ERRNO(EEXIST, N_("That name, or that PID asked for with clone3(2), is taken."), "errno(3)"),
    ERRNO(ENOTDIR, N_("A part of the path is not a directory."), "errno(3)"),
    ERRNO(EISDIR, N_("It is a directory, and the call wants a file."), "errno(3)"),
    ERRNO(EINVAL,
          N_("An argument makes no sense to the kernel. From kill(2): no such signal. From "
             "sigaction(2): SIGKILL and SIGSTOP cannot be caught. From pidfd_send_signal(2): the "
             "target lives in a PID namespace that is neither ours nor below ours."),
          "errno(3)"),
    ERRNO(ENFILE, N_("The whole system has too many open files."), "errno(3)"),
    ERRNO(EMFILE, N_("This process has as many open descriptors as its limit allows."),
          "getrlimit(2)"),
    ERRNO(ENOTTY, N_("It is not a terminal, or does not know that request."), "ioctl(2)"),
    ERRNO(ETXTBSY,
          N_("The program is open for writing, so it cannot be started; or it runs, so it "
             "cannot be written."),
          "execve(2)"),
    ERRNO(ENOSPC,
          N_("The disk is full, or a limit on namespaces, inotify watches or the like is reached."),
          "errno(3)"),
    ERRNO(ESPIPE, N_("A pipe, FIFO or socket has no position to move."), "lseek(2)"),
    ERRNO(EROFS, N_("The file system can only be read."), "errno(3)"),
    ERRNO(EPIPE,
          N_("Nobody reads the other end of this pipe or socket. SIGPIPE comes with it, and ends "
             "programs that do not expect that."),
          "pipe(7)"),
    ERRNO_ALSO(EDEADLK, "EDEADLOCK",
               N_("Waiting for this lock would wait for ever: its owner waits for us."),
               "fcntl(2)"),
    ERRNO(ENOSYS, N_("This kernel does not have the system call."), "syscalls(2)"),
    ERRNO(ELOOP,
          N_("Too many symbolic links lead to one another, or the last one was not to be "
             "followed."),
          "path_resolution(7)"),
    ERRNO(EOVERFLOW, N_("The value does not fit where it should be put."), "errno(3)"),
    ERRNO_ALSO(EOPNOTSUPP, "ENOTSUP", N_("It exists, but cannot do this."), "errno(3)"),
    ERRNO(ENOBUFS,
          N_("A socket's buffer is full and something was dropped. From the proc connector: events "
             "were lost."),
          "netlink(7)"),
    ERRNO(ETIMEDOUT, N_("It took longer than it was given."), "errno(3)"),
    ERRNO(ECONNREFUSED, N_("Nobody listens at that address."), "connect(2)"),
    ERRNO(ECONNRESET, N_("The other side dropped the connection."), "errno(3)"),
    ERRNO(EADDRINUSE, N_("Another socket has that address already."), "bind(2)"),
    ERRNO(EDQUOT, N_("The user's quota of disk space or of keys is used up."), "write(2)"),
};

struct reference_table reference_errnos(void)
{
    return (struct reference_table){errnos, ELEMENTS(errnos)};
}

static const struct {
    int signal;
    const char *advice;
} signal_advice[] = {
    {SIGHUP, N_("Many daemons take it as a request to read their configuration again; others end. "
                "Read the program's manual page first.")},
    {SIGINT,
     N_("What Ctrl-C sends, to the whole foreground process group. Programs clean up on it.")},
    {SIGQUIT, N_("What Ctrl-\\ sends. Useful to end a program and keep a core dump of why it hung. "
                 "A Java virtual machine prints its threads' stacks instead.")},
    {SIGABRT, N_("A program sends it to itself when it finds itself broken; the core dump tells "
                 "where.")},
    {SIGBUS, N_("Often a mapped file that was cut shorter while it was in use.")},
    {SIGKILL, N_("Last of all: the process cannot clean up. Send SIGTERM first and wait. A process "
                 "in D dies when its sleep ends, at once only where that is killable; a zombie is "
                 "dead already.")},
    {SIGSEGV, N_("Usually the program's own error; a core dump or `journalctl` says where it "
                 "happened.")},
    {SIGPIPE, N_("Usual at the end of a pipeline: `yes | head` ends `yes` with it.")},
    {SIGTERM, N_("The right first signal to end a process: it may finish its work and clean up.")},
    {SIGCHLD, N_("Sending it can remind a sloppy parent to wait for its zombies.")},
    {SIGCONT, N_("Wakes a stopped process even where it blocks or ignores the signal. Any process "
                 "of the same session may send it.")},
    {SIGSTOP, N_("Holds a process still without ending it: SIGCONT lets it go on. Its locks and "
                 "connections stay open meanwhile.")},
    {SIGTSTP, N_("What Ctrl-Z sends. An orphaned process group is not stopped by it.")},
    {SIGTTIN, N_("Bring the job to the foreground (`fg`) so that it can read.")},
    {SIGTTOU,
     N_("Comes only where the terminal's `tostop` is set, or on a change of its settings.")},
    {SIGXCPU, N_("See the limit on CPU time (RLIMIT_CPU).")},
    {SIGXFSZ, N_("See the limit on file size (RLIMIT_FSIZE).")},
    {SIGWINCH, N_("Sending it makes most full-screen programs draw themselves anew.")},
    {SIGSYS, N_("Usually a seccomp filter that forbids the call.")},
};

const char *reference_signal_advice(int signal)
{
    for (size_t i = 0; i < ELEMENTS(signal_advice); i++)
        if (signal_advice[i].signal == signal)
            return signal_advice[i].advice;
    return NULL;
}
