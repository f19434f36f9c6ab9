#include "reaptop/model/syscall_names.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/syscall.h>

#include "reaptop/base/array.h"
#include "reaptop/model/signals.h"

static const char *const names[] = {
#include "syscall_table.inc"
};

#define N(name)                                                                                    \
    {                                                                                              \
        ARGUMENT_NUMBER, name                                                                      \
    }
#define S(name)                                                                                    \
    {                                                                                              \
        ARGUMENT_SIZE, name                                                                        \
    }
#define X(name)                                                                                    \
    {                                                                                              \
        ARGUMENT_HEX, name                                                                         \
    }
#define A(name)                                                                                    \
    {                                                                                              \
        ARGUMENT_ADDRESS, name                                                                     \
    }
#define FD(name)                                                                                   \
    {                                                                                              \
        ARGUMENT_FD, name                                                                          \
    }
#define DIRFD(name)                                                                                \
    {                                                                                              \
        ARGUMENT_DIRFD, name                                                                       \
    }
#define PID(name)                                                                                  \
    {                                                                                              \
        ARGUMENT_PID, name                                                                         \
    }

/* Those in which a process can stay; names as in their manual pages. */
static const struct syscall_shape shapes[] = {
    {SYS_read, {FD("fd"), A("buf"), S("count")}},
    {SYS_write, {FD("fd"), A("buf"), S("count")}},
    {SYS_readv, {FD("fd"), A("iov"), N("iovcnt")}},
    {SYS_writev, {FD("fd"), A("iov"), N("iovcnt")}},
    {SYS_pread64, {FD("fd"), A("buf"), S("count"), N("offset")}},
    {SYS_pwrite64, {FD("fd"), A("buf"), S("count"), N("offset")}},
    {SYS_preadv, {FD("fd"), A("iov"), N("iovcnt"), N("offset")}},
    {SYS_pwritev, {FD("fd"), A("iov"), N("iovcnt"), N("offset")}},
    {SYS_preadv2, {FD("fd"), A("iov"), N("iovcnt"), N("offset"), N("offset_high"), X("flags")}},
    {SYS_pwritev2, {FD("fd"), A("iov"), N("iovcnt"), N("offset"), N("offset_high"), X("flags")}},
    {SYS_sendfile, {FD("out_fd"), FD("in_fd"), A("offset"), S("count")}},
    {SYS_splice, {FD("fd_in"), A("off_in"), FD("fd_out"), A("off_out"), S("size"), X("flags")}},
    {SYS_tee, {FD("fd_in"), FD("fd_out"), S("size"), X("flags")}},
    {SYS_vmsplice, {FD("fd"), A("iov"), S("nr_segs"), X("flags")}},
    {SYS_copy_file_range,
     {FD("fd_in"), A("off_in"), FD("fd_out"), A("off_out"), S("size"), X("flags")}},
    {SYS_recvfrom, {FD("sockfd"), A("buf"), S("size"), X("flags"), A("src_addr"), A("addrlen")}},
    {SYS_recvmsg, {FD("sockfd"), A("msg"), X("flags")}},
    {SYS_recvmmsg, {FD("sockfd"), A("msgvec"), S("n"), X("flags"), A("timeout")}},
    {SYS_sendto, {FD("sockfd"), A("buf"), S("size"), X("flags"), A("dest_addr"), S("addrlen")}},
    {SYS_sendmsg, {FD("sockfd"), A("msg"), X("flags")}},
    {SYS_sendmmsg, {FD("sockfd"), A("msgvec"), S("n"), X("flags")}},
    {SYS_accept, {FD("sockfd"), A("addr"), A("addrlen")}},
    {SYS_accept4, {FD("sockfd"), A("addr"), A("addrlen"), X("flags")}},
    {SYS_connect, {FD("sockfd"), A("addr"), S("addrlen")}},
    {SYS_openat, {DIRFD("dirfd"), A("pathname"), X("flags"), X("mode")}},
#ifdef SYS_openat2
    {SYS_openat2, {DIRFD("dirfd"), A("pathname"), A("how"), S("size")}},
#endif
    {SYS_ppoll, {A("fds"), S("nfds"), A("timeout"), A("sigmask"), S("sigsetsize")}},
    {SYS_pselect6,
     {N("nfds"), A("readfds"), A("writefds"), A("exceptfds"), A("timeout"), A("sigmask")}},
    {SYS_epoll_pwait,
     {FD("epfd"), A("events"), N("maxevents"), N("timeout"), A("sigmask"), S("sigsetsize")}},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2,
     {FD("epfd"), A("events"), N("maxevents"), A("timeout"), A("sigmask"), S("sigsetsize")}},
#endif
    {SYS_wait4, {PID("pid"), A("wstatus"), X("options"), A("rusage")}},
    {SYS_waitid, {N("idtype"), PID("id"), A("infop"), X("options"), A("rusage")}},
    {SYS_futex, {A("uaddr"), X("op"), X("val"), A("timeout"), A("uaddr2"), X("val3")}},
#ifdef SYS_futex_waitv
    {SYS_futex_waitv, {A("waiters"), S("nr"), X("flags"), A("timeout"), N("clockid")}},
#endif
#ifdef SYS_futex_wait
    {SYS_futex_wait, {A("uaddr"), X("val"), X("mask"), X("flags"), A("timeout"), N("clockid")}},
#endif
    {SYS_flock, {FD("fd"), N("operation")}},
    {SYS_fcntl, {FD("fd"), N("cmd"), X("arg")}},
    {SYS_fsync, {FD("fd")}},
    {SYS_fdatasync, {FD("fd")}},
    {SYS_ioctl, {FD("fd"), X("request"), X("arg")}},
    {SYS_semop, {N("semid"), A("sops"), S("nsops")}},
    {SYS_semtimedop, {N("semid"), A("sops"), S("nsops"), A("timeout")}},
    {SYS_msgrcv, {N("msqid"), A("msgp"), S("msgsz"), N("msgtyp"), X("msgflg")}},
    {SYS_msgsnd, {N("msqid"), A("msgp"), S("msgsz"), X("msgflg")}},
    {SYS_mq_timedreceive,
     {FD("mqdes"), A("msg_ptr"), S("msg_len"), A("msg_prio"), A("abs_timeout")}},
    {SYS_mq_timedsend, {FD("mqdes"), A("msg_ptr"), S("msg_len"), S("msg_prio"), A("abs_timeout")}},
    {SYS_nanosleep, {A("req"), A("rem")}},
    {SYS_clock_nanosleep, {N("clockid"), X("flags"), A("request"), A("remain")}},
    {SYS_rt_sigsuspend, {A("mask"), S("sigsetsize")}},
    {SYS_rt_sigtimedwait, {A("set"), A("info"), A("timeout"), S("sigsetsize")}},
    {SYS_io_uring_enter,
     {FD("fd"), S("to_submit"), S("min_complete"), X("flags"), A("arg"), S("argsz")}},
    {SYS_clone, {X("flags"), A("stack"), A("parent_tid"), A("child_tid"), A("tls")}},
#ifdef SYS_clone3
    {SYS_clone3, {A("args"), S("size")}},
#endif
    {SYS_execve, {A("pathname"), A("argv"), A("envp")}},
    {SYS_exit_group, {N("status")}},
    {SYS_exit, {N("status")}},
    {SYS_restart_syscall, {{ARGUMENT_NONE, NULL}}},
#ifdef SYS_poll
    {SYS_poll, {A("fds"), S("nfds"), N("timeout")}},
#endif
#ifdef SYS_select
    {SYS_select, {N("nfds"), A("readfds"), A("writefds"), A("exceptfds"), A("timeout")}},
#endif
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, {FD("epfd"), A("events"), N("maxevents"), N("timeout")}},
#endif
#ifdef SYS_open
    {SYS_open, {A("pathname"), X("flags"), X("mode")}},
#endif
#ifdef SYS_creat
    {SYS_creat, {A("pathname"), X("mode")}},
#endif
#ifdef SYS_pause
    {SYS_pause, {{ARGUMENT_NONE, NULL}}},
#endif
#ifdef SYS_vfork
    {SYS_vfork, {{ARGUMENT_NONE, NULL}}},
#endif
};

static const struct {
    int64_t variant, plain;
} variants[] = {
#ifdef SYS_futex_time64
    {SYS_futex_time64, SYS_futex},
    {SYS_clock_nanosleep_time64, SYS_clock_nanosleep},
    {SYS_ppoll_time64, SYS_ppoll},
    {SYS_pselect6_time64, SYS_pselect6},
    {SYS_rt_sigtimedwait_time64, SYS_rt_sigtimedwait},
    {SYS_recvmmsg_time64, SYS_recvmmsg},
    {SYS_mq_timedsend_time64, SYS_mq_timedsend},
    {SYS_mq_timedreceive_time64, SYS_mq_timedreceive},
#endif
#ifdef SYS_fcntl64
    {SYS_fcntl64, SYS_fcntl},
#endif
#ifdef SYS_sendfile64
    {SYS_sendfile64, SYS_sendfile},
#endif
#ifdef SYS_waitpid
    {SYS_waitpid, SYS_wait4},
#endif
#ifdef SYS__newselect
    {SYS__newselect, SYS_select},
#endif
    {SYSCALL_NOT_HERE, SYSCALL_NOT_HERE},
};

int64_t syscall_plain(int64_t number)
{
    for (size_t i = 0; i < ELEMENTS(variants); i++)
        if (variants[i].variant == number)
            return variants[i].plain;
    return number;
}

const char *syscall_name(int64_t number)
{
    if (number < 0 || (uint64_t)number >= ELEMENTS(names))
        return NULL;
    return names[number];
}

bool syscall_is_foreign(const struct syscall_record *record)
{
    bool is_narrow = record->stack_pointer <= UINT32_MAX;
    return record->stack_pointer != 0 && is_narrow != (sizeof(long) == 4);
}

const char *syscall_record_name(const struct syscall_record *record)
{
    if (syscall_is_foreign(record))
        return NULL;
    return syscall_name(record->variant ? record->variant : record->number);
}

bool syscall_is_readable(const struct syscall_record *record)
{
    return record->access == ACCESS_OK && record->place == SYSCALL_INSIDE &&
           !syscall_is_foreign(record);
}

const struct syscall_shape *syscall_shape(int64_t number)
{
    for (size_t i = 0; i < ELEMENTS(shapes); i++)
        if (shapes[i].number == number)
            return &shapes[i];
    return NULL;
}

/* Registers are 64 bits wide; an int argument is the lower half. */
static void append_argument(struct strbuf *out, enum syscall_argument kind, uint64_t value)
{
    int32_t number = (int32_t)(uint32_t)value;
    switch (kind) {
    case ARGUMENT_NUMBER:
    case ARGUMENT_FD:
    case ARGUMENT_PID:
        strbuf_printf(out, "%d", number);
        break;
    case ARGUMENT_DIRFD:
        if (number == AT_FDCWD)
            strbuf_puts(out, "AT_FDCWD");
        else
            strbuf_printf(out, "%d", number);
        break;
    case ARGUMENT_SIZE:
        strbuf_printf(out, "%" PRIu64, value);
        break;
    case ARGUMENT_SIGNAL:
        strbuf_printf(out, "SIG%s", signal_name(number));
        break;
    case ARGUMENT_ADDRESS:
        if (value == 0)
            strbuf_puts(out, "NULL");
        else
            strbuf_printf(out, "0x%" PRIx64, value);
        break;
    case ARGUMENT_HEX:
    case ARGUMENT_NONE:
        strbuf_printf(out, "0x%" PRIx64, value);
        break;
    }
}

static void append_shaped(struct strbuf *out, const struct syscall_shape *shape,
                          const struct syscall_record *record)
{
    for (int i = 0; i < SYSCALL_ARGUMENTS && shape->arguments[i].kind != ARGUMENT_NONE; i++) {
        strbuf_printf(out, "%s%s=", i > 0 ? ", " : "", shape->arguments[i].name);
        append_argument(out, shape->arguments[i].kind, record->arguments[i]);
    }
}

void syscall_append(struct strbuf *out, const struct syscall_record *record)
{
    if (record->place == SYSCALL_RUNNING) {
        strbuf_puts(out, "running");
        return;
    }
    if (record->place == SYSCALL_OUTSIDE) {
        strbuf_puts(out, "-1");
        return;
    }
    bool is_foreign = syscall_is_foreign(record);
    const char *name = syscall_record_name(record);
    if (name)
        strbuf_printf(out, "%s(", name);
    else
        strbuf_printf(out, "%s%" PRId64 "(",
                      !is_foreign         ? "syscall "
                      : sizeof(long) == 4 ? "64-bit syscall "
                                          : "32-bit syscall ",
                      record->number);
    const struct syscall_shape *shape = is_foreign ? NULL : syscall_shape(record->number);
    if (shape)
        append_shaped(out, shape, record);
    else
        for (int i = 0; i < SYSCALL_ARGUMENTS; i++)
            strbuf_printf(out, "%s0x%" PRIx64, i > 0 ? ", " : "", record->arguments[i]);
    strbuf_putc(out, ')');
}
