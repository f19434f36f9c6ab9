#include "call_table.h"

#include <inttypes.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/event.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/syscall_names.h"

size_t call_memory_read(const struct call_memory *memory, uint64_t address, void *ret_bytes,
                        size_t size)
{
    if (!memory || !memory->read || address == 0)
        return 0;
    return memory->read(memory->context, address, ret_bytes, size);
}

/* ---- words that depend on arguments or result ---- */

static void clone_words(struct strbuf *out, const struct call *call,
                        const struct call_memory *memory)
{
    uint64_t flags = call->arguments[0];

#ifdef SYS_clone3
    if (call->number == SYS_clone3 &&
        call_memory_read(memory, call->arguments[0], &flags, sizeof(flags)) != sizeof(flags))
        flags = 0;
#endif
    if (call->result == 0)
        strbuf_puts(out, _("it returns 0 in the child"));
    else if (flags & CLONE_THREAD)
        strbuf_printf(out, _("a thread is born: TID %" PRId64), call->result);
    else if (flags & CLONE_VFORK)
        strbuf_printf(out,
                      _("child %" PRId64 " was born and has executed or exited: until then "
                        "its parent slept"),
                      call->result);
    else
        strbuf_printf(out, _("a child is born: PID %" PRId64), call->result);
}

static void wait_words(struct strbuf *out, const struct call *call,
                       const struct call_memory *memory)
{
    int status;

    if (call->result == 0) {
        strbuf_puts(out, _("no child has ended yet"));
        return;
    }
    strbuf_printf(out, _("child %" PRId64), call->result);
    if (call_memory_read(memory, call->arguments[1], &status, sizeof(status)) != sizeof(status)) {
        strbuf_puts(out, _(" is reaped"));
        return;
    }
    if (WIFSTOPPED(status)) {
        strbuf_printf(out, _(" was stopped by SIG%s"), signal_name(WSTOPSIG(status)));
    } else if (WIFCONTINUED(status)) {
        strbuf_puts(out, _(" was continued"));
    } else {
        strbuf_putc(out, ' ');
        exit_status_describe(status, out);
        strbuf_puts(out, _(" and is reaped: its entry is gone"));
    }
}

static void waitid_words(struct strbuf *out, const struct call *call,
                         const struct call_memory *memory)
{
    siginfo_t info = {0};

    if (call_memory_read(memory, call->arguments[2], &info, sizeof(info)) == sizeof(info) &&
        info.si_pid > 0)
        strbuf_printf(out,
                      call->arguments[3] & WNOWAIT
                          ? _("child %d changed and can be waited for again")
                          : _("child %d changed: its parent has been told"),
                      info.si_pid);
    else
        strbuf_puts(out, _("no child has changed yet"));
}

static void pipe_words(struct strbuf *out, const struct call *call,
                       const struct call_memory *memory)
{
    int ends[2];

    if (call_memory_read(memory, call->arguments[0], ends, sizeof(ends)) == sizeof(ends))
        strbuf_printf(out, _("what is written to %d can be read from %d"), ends[1], ends[0]);
}

static void dup_words(struct strbuf *out, const struct call *call, const struct call_memory *memory)
{
    static const char *const names[] = {N_("standard input"), N_("standard output"),
                                        N_("standard error")};

    (void)memory;
    if (call->result >= 0 && call->result < 3)
        strbuf_printf(out, _("its %s (%d) is now what %d is"), _(names[call->result]),
                      (int)call->result, (int)call->arguments[0]);
    else
        strbuf_printf(out, _("%d is now what %d is"), (int)call->result, (int)call->arguments[0]);
}

static void kill_words(struct strbuf *out, const struct call *call,
                       const struct call_memory *memory)
{
    int32_t pid = (int32_t)call->arguments[0], number = (int32_t)call->arguments[1];

    (void)memory;
    if (number == 0)
        strbuf_puts(out, _("nothing is sent: it exists and may be signalled"));
    else if (pid > 0)
        strbuf_printf(out, _("SIG%s is sent to process %d"), signal_name(number), pid);
    else if (pid == -1)
        strbuf_printf(out, _("SIG%s is sent to all that it may signal"), signal_name(number));
    else if (pid == 0)
        strbuf_printf(out, _("SIG%s is sent to its own process group"), signal_name(number));
    else
        strbuf_printf(out, _("SIG%s is sent to process group %d"), signal_name(number), -pid);
}

static void tgkill_words(struct strbuf *out, const struct call *call,
                         const struct call_memory *memory)
{
    (void)memory;
    strbuf_printf(out, _("SIG%s is sent to thread %d"), signal_name((int)call->arguments[2]),
                  (int)call->arguments[1]);
}

static void action_words(struct strbuf *out, const struct call *call,
                         const struct call_memory *memory)
{
    const char *name = signal_name((int)call->arguments[0]);
    uint64_t handler = 0;

    if (call_memory_read(memory, call->arguments[1], &handler, sizeof(handler)) != sizeof(handler))
        strbuf_printf(out, _("asks what it does about SIG%s"), name);
    else if (handler == (uint64_t)(uintptr_t)SIG_DFL)
        strbuf_printf(out, _("SIG%s: the default action from now on"), name);
    else if (handler == (uint64_t)(uintptr_t)SIG_IGN)
        strbuf_printf(out, _("SIG%s is ignored from now on"), name);
    else
        strbuf_printf(out, _("SIG%s is caught from now on"), name);
}

static void mask_words(struct strbuf *out, const struct call *call,
                       const struct call_memory *memory)
{
    (void)memory;
    if (call->arguments[1] == 0)
        strbuf_puts(out, _("asks which signals are blocked"));
    else if (call->arguments[0] == SIG_BLOCK)
        strbuf_puts(out, _("these are blocked too: they stay pending"));
    else if (call->arguments[0] == SIG_UNBLOCK)
        strbuf_puts(out, _("these are unblocked: what was pending is delivered"));
    else
        strbuf_puts(out, _("these are blocked, and no other"));
}

static void read_words(struct strbuf *out, const struct call *call,
                       const struct call_memory *memory)
{
    (void)memory;
    if (call->result == 0 && call->arguments[2] > 0)
        strbuf_puts(out, _("end of file: nobody can write to it any more"));
    else
        strbuf_printf(out, _("%" PRId64 " bytes came"), call->result);
}

static void futex_words(struct strbuf *out, const struct call *call,
                        const struct call_memory *memory)
{
    uint64_t command = call->arguments[1] & (uint64_t)(int64_t)FUTEX_CMD_MASK;

    (void)memory;
    if (command == FUTEX_WAKE || command == FUTEX_WAKE_BITSET)
        strbuf_printf(out, _("%" PRId64 " waiters were woken"), call->result);
    else if (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET)
        strbuf_puts(out, _("it slept, and was woken"));
}

static void ready_words(struct strbuf *out, const struct call *call,
                        const struct call_memory *memory)
{
    (void)memory;
    if (call->result == 0)
        strbuf_puts(out, _("the time is over and none is ready"));
    else
        strbuf_printf(out, _("%" PRId64 " ready"), call->result);
}

/* ---- the table ---- */

#define LIFE(name, shape, words, done)                                                             \
    {                                                                                              \
        SYS_##name, shape, true, false, words, done                                                \
    }
#define JOIN(name, shape, words, done)                                                             \
    {                                                                                              \
        SYS_##name, shape, true, true, words, done                                                 \
    }
#define REST(name, shape)                                                                          \
    {                                                                                              \
        SYS_##name, shape, false, false, NULL, NULL                                                \
    }

const struct call_row call_rows[] = {
    /* birth and image */
    LIFE(clone, "Caaaa", clone_words, NULL),
#ifdef SYS_clone3
    LIFE(clone3, "Gz", clone_words, NULL),
#endif
#ifdef SYS_fork
    LIFE(fork, "", clone_words, NULL),
    LIFE(vfork, "", NULL,
         N_("child {r} was born and has executed or exited: until then its parent slept")),
#endif
    LIFE(execve, "sve", NULL, N_("another program runs in the same process")),
    LIFE(execveat, "dsvex", NULL, N_("another program runs in the same process")),
    /* the end */
    LIFE(exit, "i", NULL, NULL),
    LIFE(exit_group, "i", NULL, NULL),
    LIFE(wait4, "pwWa", wait_words, NULL),
    LIFE(waitid, "tpIWa", waitid_words, NULL),
    /* who it is */
    LIFE(getpid, "", NULL, N_("its own PID")),
    LIFE(getppid, "", NULL, N_("its parent's PID")),
    LIFE(gettid, "", NULL, N_("its thread's TID")),
    LIFE(setsid, "", NULL, N_("a new session, without a terminal; it leads it")),
    LIFE(setpgid, "pp", NULL, N_("it is in another process group now")),
    LIFE(getpgid, "p", NULL, N_("that is its process group")),
    LIFE(prctl, "iaaaa", NULL, NULL),
    LIFE(setuid, "u", NULL, N_("it has another user now")),
    LIFE(setresuid, "iii", NULL, N_("it has other users now")),
    LIFE(unshare, "C", NULL, N_("it has a copy of its own now")),
    LIFE(setns, "fx", NULL, N_("it has joined that namespace")),
    LIFE(ptrace, "ipaa", NULL, NULL),
    LIFE(setpriority, "iii", NULL, NULL),
    LIFE(sched_yield, "", NULL, N_("it lets others run")),
    LIFE(sched_setaffinity, "pza", NULL, NULL),
    LIFE(sched_setscheduler, "pia", NULL, NULL),
    /* signals */
    LIFE(kill, "pS", kill_words, NULL),
    LIFE(tkill, "pS", NULL, N_("that thread is signalled")),
    LIFE(tgkill, "ppS", tgkill_words, NULL),
    LIFE(rt_sigqueueinfo, "pSa", kill_words, NULL),
    LIFE(rt_sigaction, "SAoz", action_words, NULL),
    LIFE(rt_sigprocmask, "Hgoz", mask_words, NULL),
    LIFE(rt_sigreturn, "", NULL, NULL),
    LIFE(rt_sigsuspend, "gz", NULL, NULL),
    LIFE(rt_sigtimedwait, "gITz", NULL, N_("signal {r} came and was taken")),
    LIFE(rt_sigpending, "oz", NULL, NULL),
    LIFE(sigaltstack, "ao", NULL, N_("handlers can run on another stack")),
    LIFE(setitimer, "iao", NULL, N_("the kernel will send a signal")),
    LIFE(signalfd4, "fgzO", NULL, N_("signals can be read from descriptor {r}")),
#ifdef SYS_pause
    LIFE(pause, "", NULL, NULL),
    LIFE(alarm, "u", NULL, N_("the kernel will send SIGALRM")),
#endif
#ifdef SYS_pidfd_open
    LIFE(pidfd_open, "px", NULL, N_("descriptor {r} stands for process {0}, whoever gets its PID")),
#endif
#ifdef SYS_pidfd_send_signal
    LIFE(pidfd_send_signal, "fSax", NULL,
         N_("the signal is sent to whom the descriptor stands for")),
#endif
    /* pipes, descriptors, sockets */
    LIFE(pipe2, "PO", pipe_words, NULL),
    LIFE(dup, "f", dup_words, NULL),
    LIFE(dup3, "ffO", dup_words, NULL),
#ifdef SYS_pipe
    LIFE(pipe, "P", pipe_words, NULL),
    LIFE(dup2, "ff", dup_words, NULL),
#endif
    JOIN(read, "fBz", read_words, NULL),
    JOIN(write, "fbz", NULL, N_("{r} bytes went")),
    JOIN(close, "f", NULL, NULL),
    JOIN(fcntl, "fkx", NULL, NULL),
    LIFE(socket, "iii", NULL, N_("descriptor {r} is a socket")),
    LIFE(socketpair, "iiiP", NULL, N_("two sockets that are joined")),
    LIFE(bind, "faz", NULL, N_("the socket has an address")),
    LIFE(listen, "fi", NULL, N_("others can connect to it")),
    LIFE(accept, "faa", NULL, N_("a connection came: descriptor {r}")),
    LIFE(accept4, "faaO", NULL, N_("a connection came: descriptor {r}")),
    LIFE(connect, "faz", NULL, N_("it is connected")),
    LIFE(shutdown, "fi", NULL, N_("the other side reads end of file")),
    JOIN(sendto, "fbzxaz", NULL, N_("{r} bytes went")),
    JOIN(recvfrom, "fBzxaa", read_words, NULL),
    /* waiting */
    LIFE(futex, "aFuaau", futex_words, NULL),
    LIFE(nanosleep, "To", NULL, N_("it slept so long")),
    LIFE(clock_nanosleep, "iiTo", NULL, N_("it slept so long")),
    LIFE(ppoll, "auTgz", ready_words, NULL),
    LIFE(pselect6, "iaaaTa", ready_words, NULL),
#ifdef SYS_poll
    LIFE(poll, "aui", ready_words, NULL),
#endif
    LIFE(epoll_pwait, "faiiaz", ready_words, NULL),
    /* the rest: arguments alone */
    REST(openat, "dsOx"),
    REST(lseek, "fii"),
    REST(pread64, "fBzi"),
    REST(pwrite64, "fbzi"),
    REST(fstat, "fo"),
#ifdef SYS_newfstatat
    REST(newfstatat, "dsox"),
#else
    REST(fstatat64, "dsox"),
#endif
    REST(faccessat, "dsi"),
    REST(readlinkat, "dsaz"),
    REST(ioctl, "fxa"),
    REST(chdir, "s"),
    REST(unlinkat, "dsx"),
    REST(brk, "a"),
    REST(mmap, "azxxfx"),
    REST(munmap, "az"),
    REST(mprotect, "azx"),
    REST(madvise, "azi"),
    REST(getrandom, "azx"),
    REST(set_tid_address, "a"),
    REST(set_robust_list, "az"),
    REST(prlimit64, "piaa"),
    REST(getuid, ""),
    REST(getdents64, "faz"),
#ifdef SYS_access
    REST(access, "si"),
    REST(open, "sOx"),
    REST(stat, "so"),
    REST(arch_prctl, "xa"),
#endif
};

const size_t call_row_count = ELEMENTS(call_rows);
