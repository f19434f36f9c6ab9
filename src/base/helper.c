#include "reaptop/base/helper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/base/privilege.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum {
    OWN_FD = 3, /* the first descriptor of a helper */
    DROPPED_MAX = 64,
    DROPPED_OF_KIND = 16, /* no more are started beyond that */
    SETTLE_MS = 800,      /* so long helper_settle() waits at most */
    LOOK_MS = 5           /* between two looks, where there is no pidfd */
};

bool helper_is_name(const char *comm)
{
    for (size_t i = 0; i < HELPER_KIND_COUNT; i++)
        if (helper_kinds[i].is_renamed && strcmp(comm, helper_kinds[i].name) == 0)
            return true;
    return false;
}

bool helper_is_lab_name(const char *comm)
{
    static const enum helper_kind kinds[] = {HELPER_LAB_GUARD, HELPER_LAB_HOST, HELPER_PLAY_GUARD,
                                             HELPER_PLAY_HOST};
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (strcmp(comm, helper_kinds[kinds[i]].name) == 0)
            return true;
    return false;
}

/* ---- those that only work for us ---- */

enum {
    END_SLACK_MS = 2000 /* events and sweeps tell of an end a little later */
};

/* A ring: [total % HELPERS_REMEMBERED] is the next place. */
static struct remembered {
    pid_t pid;
    uint64_t start_ns, end_ns; /* CLOCK_BOOTTIME; end 0: it runs */
} remembered[HELPERS_REMEMBERED];
static size_t remembered_total;

static void remember_start(pid_t pid, uint64_t start_ns)
{
    remembered[remembered_total++ % HELPERS_REMEMBERED] =
        (struct remembered){.pid = pid, .start_ns = start_ns};
}

static void remember_end(pid_t pid)
{
    for (size_t i = 0; i < HELPERS_REMEMBERED; i++)
        if (remembered[i].pid == pid && remembered[i].end_ns == 0)
            remembered[i].end_ns = clock_boot_ns();
}

size_t helper_pids(uint64_t since_ns, pid_t ret_pids[static HELPERS_REMEMBERED])
{
    uint64_t now_ns = clock_boot_ns();
    size_t count = 0;
    for (size_t i = 0; i < HELPERS_REMEMBERED; i++)
        if (remembered[i].pid > 0 &&
            (remembered[i].end_ns == 0 || now_ns - remembered[i].end_ns < since_ns))
            ret_pids[count++] = remembered[i].pid;
    return count;
}

bool helper_was(pid_t pid, uint64_t boot_ns)
{
    for (size_t i = 0; pid > 0 && i < HELPERS_REMEMBERED; i++)
        if (remembered[i].pid == pid && boot_ns >= remembered[i].start_ns &&
            (remembered[i].end_ns == 0 ||
             boot_ns <= remembered[i].end_ns + END_SLACK_MS * NS_PER_MS))
            return true;
    return false;
}

/* ---- the dropped ---- */

static struct dropped {
    struct helper helper;
    uint64_t until_ns; /* CLOCK_BOOTTIME: left behind from then on */
    bool is_left;      /* to end by itself: it was not killed */
    bool is_reported;
} dropped[DROPPED_MAX];
static size_t dropped_count;

void helper_reap(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < dropped_count; i++) {
        if (waitpid(dropped[i].helper.pid, NULL, WNOHANG) == 0)
            dropped[kept++] = dropped[i];
        else
            remember_end(dropped[i].helper.pid);
    }
    dropped_count = kept;
}

bool helper_is_dropped(pid_t pid)
{
    for (size_t i = 0; i < dropped_count; i++)
        if (dropped[i].helper.pid == pid)
            return true;
    return false;
}

static size_t count_dropped(enum helper_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < dropped_count; i++)
        count += dropped[i].helper.kind == kind;
    return count;
}

/* Killed, and waiting for a processor to die on: that is no wait in the kernel. */
static bool is_runnable(pid_t pid)
{
    char path[32], line[512]; /* proc(5): the state stands behind the last ')' */
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof(line));
    const char *close = length > 0 ? memrchr(line, ')', (size_t)length) : NULL;
    return close && close + 2 < line + length && close[2] == 'R';
}

bool helper_take_left(char ret_text[HELPER_TEXT_SIZE])
{
    helper_reap();
    for (size_t i = 0; i < dropped_count; i++) {
        if (dropped[i].is_reported || clock_boot_ns() < dropped[i].until_ns ||
            is_runnable(dropped[i].helper.pid))
            continue;
        dropped[i].is_reported = true;
        (void)snprintf(ret_text, HELPER_TEXT_SIZE,
                       dropped[i].is_left
                           ? _("helper %s, PID %d, is left behind: it was to end by itself, and "
                               "has not")
                           : _("helper %s, PID %d, is left behind: SIGKILL has not ended it, it "
                               "waits in the kernel"),
                       helper_kinds[dropped[i].helper.kind].name, (int)dropped[i].helper.pid);
        return true;
    }
    return false;
}

/* ---- starting ---- */

/* Ctrl-C is for the starter, and so are its handlers and what is pending: ignoring discards that.
 */
static void set_signals(enum helper_signals signals, const sigset_t *before)
{
    sigset_t mask;
    (void)sigemptyset(&mask);
    if (signals == HELPER_SIGNALS_KEPT)
        mask = *before;
    if (signals == HELPER_SIGNALS_BLOCKED)
        (void)sigfillset(&mask);
    for (int number = 1; number < NSIG && signals == HELPER_SIGNALS_DEFAULT; number++) {
        (void)signal(number, SIG_IGN);
        (void)signal(number, SIG_DFL);
    }
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

static void set_place(enum helper_place place)
{
    if (place == HELPER_IN_TERMINAL)
        (void)setpgid(0, 0);
    if (place != HELPER_APART)
        return;
    (void)setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
        (void)dup2(null, fd);
    if (null > STDERR_FILENO)
        (void)close(null);
}

/* Where a filter refuses close_range(2): those that there are, and not all numbers that could be.
 */
static void close_listed(int first)
{
    _cleanup_dir_ DIR *listing = opendir("/proc/self/fd");
    const struct dirent *entry;
    int64_t fd;
    while (listing && (entry = readdir(listing)))
        if (number_parse(entry->d_name, first, INT_MAX, &fd) == 0 && fd != dirfd(listing))
            (void)close((int)fd);
}

/* Those that are descriptors become 3 and up, in that order, and nothing else stays open above 2.
 */
static void keep_descriptors(int fds[2])
{
    int count = 0;
    /* First out of the way of each other, then to their places. */
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, OWN_FD + 2);
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0 && (fds[i] = dup3(fds[i], OWN_FD + count, O_CLOEXEC)) >= 0)
            count++;
    if (syscall(SYS_close_range, OWN_FD + count, ~0U, 0) < 0)
        close_listed(OWN_FD + count);
}

/* `fds` are its end of the socket and the extra descriptor. All signals are blocked. */
static void become(const struct helper_info *info, pid_t starter, int fds[2],
                   const sigset_t *before)
{
    if (info->death_signal != 0)
        (void)prctl(PR_SET_PDEATHSIG, info->death_signal);
    if (getppid() != starter)
        _exit(1); /* it died before the line above */
    dropped_count = 0;
    remembered_total = 0;
    memset(remembered, 0, sizeof(remembered));
    bool has_socket = fds[0] >= 0, has_extra = fds[1] >= 0;
    if (!info->keeps_descriptors)
        keep_descriptors(fds);
    if ((has_socket && fds[0] < 0) || (has_extra && fds[1] < 0))
        _exit(1);
    set_place(info->place);
    set_signals(info->signals, before);
    if (info->is_renamed)
        (void)prctl(PR_SET_NAME, info->name);
    if (privileges_keep(info->privileges, info->has_reserve) < 0)
        _exit(1);
}

int helper_start(enum helper_kind kind, helper_main *run, void *argument, int extra_fd,
                 struct helper *ret_helper)
{
    const struct helper_info *info = &helper_kinds[kind];
    int ends[2] = {-EBADF, -EBADF};
    helper_reap();
    if (count_dropped(kind) >= DROPPED_OF_KIND)
        return -EBUSY;
    int type = (info->socket_type & ~SOCK_NONBLOCK) | SOCK_CLOEXEC;
    if (info->socket_type != 0 && socketpair(AF_UNIX, type, 0, ends) < 0)
        return -errno;
    _cleanup_close_ int ours = ends[0], theirs = ends[1];

    /* Until the child has set its own, a signal must not run our handlers there. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    uint64_t start_ns = clock_boot_ns();
    pid_t starter = getpid(), pid = fork();
    int error = errno;
    if (pid == 0) {
        int fds[2] = {theirs, extra_fd};
        ours = fd_close(ours);
        become(info, starter, fds, &before);
        run(argument, fds[0], fds[1]);
        _exit(0);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid < 0)
        return -error;
    if (info->is_internal)
        remember_start(pid, start_ns);
    if (info->place == HELPER_IN_TERMINAL)
        (void)setpgid(pid, pid); /* whichever of the two is first */
    if (info->socket_type & SOCK_NONBLOCK)
        (void)fcntl(ours, F_SETFL, O_NONBLOCK);
    debug(DEBUG_CONTROL, "helper %s %d started", info->name, pid);
    *ret_helper = (struct helper){.kind = kind, .pid = pid, .fd = take_fd(ours)};
    return 0;
}

/* ---- ending ---- */

bool helper_has_ended(struct helper *helper)
{
    if (helper->pid > 0) {
        pid_t got = waitpid(helper->pid, NULL, WNOHANG);
        if (got == 0 || (got < 0 && errno == EINTR))
            return false;
        remember_end(helper->pid);
        helper->fd = fd_close(helper->fd);
        helper->pid = 0; /* reaped here, or by whoever waits for any child */
    }
    return true;
}

/* Our own child, not reaped yet: the PID is its, and so is the group that it leads. */
static void send_to(const struct helper *helper, int number)
{
    if (helper_kinds[helper->kind].place != HELPER_IN_TERMINAL || kill(-helper->pid, number) < 0)
        (void)kill(helper->pid, number);
}

/* Looks until the process has ended, or the time has come; false then. It is not reaped. */
static bool await_end(pid_t pid, uint64_t end_ns)
{
    _cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    for (;;) {
        siginfo_t info = {0};
        int r = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
        if ((r == 0 && info.si_pid == pid) || (r < 0 && errno == ECHILD))
            return true;
        uint64_t now_ns = clock_boot_ns();
        if (now_ns >= end_ns)
            return false;
        int left_ms = (int)((end_ns - now_ns) / NS_PER_MS) + 1;
        struct pollfd fd = {.fd = pidfd, .events = POLLIN};
        (void)poll(&fd, 1, pidfd >= 0 || left_ms < LOOK_MS ? left_ms : LOOK_MS);
    }
}

static bool ends_within(struct helper *helper, unsigned limit_ms)
{
    return await_end(helper->pid, clock_boot_ns() + limit_ms * NS_PER_MS) &&
           helper_has_ended(helper);
}

/* Where there is no room for it, it stays a zombie until we end. */
static void list_dropped(struct helper *helper, uint64_t limit_ms, bool is_left)
{
    helper_reap();
    if (dropped_count < DROPPED_MAX)
        dropped[dropped_count++] =
            (struct dropped){.helper = *helper,
                             .until_ns = clock_boot_ns() + limit_ms * NS_PER_MS,
                             .is_left = is_left};
    *helper = HELPER_INIT;
}

void helper_drop(struct helper *helper)
{
    helper->fd = fd_close(helper->fd);
    if (helper->pid == 0)
        return;
    debug(DEBUG_CONTROL, "helper %s %d killed", helper_kinds[helper->kind].name, helper->pid);
    send_to(helper, SIGKILL);
    list_dropped(helper, helper_kinds[helper->kind].kill_ms, false);
}

/* One that somebody has stopped cannot see that its socket is closed. */
void helper_leave(struct helper *helper)
{
    const struct helper_info *info = &helper_kinds[helper->kind];
    helper->fd = fd_close(helper->fd);
    if (helper->pid == 0)
        return;
    send_to(helper, SIGCONT);
    list_dropped(helper, (uint64_t)info->close_ms + info->term_ms + info->kill_ms, true);
}

void helper_settle(void)
{
    uint64_t limit_ns = clock_boot_ns() + SETTLE_MS * NS_PER_MS;
    for (size_t i = 0; i < dropped_count; i++)
        (void)await_end(dropped[i].helper.pid,
                        dropped[i].until_ns < limit_ns ? dropped[i].until_ns : limit_ns);
    helper_reap();
}

void helper_end(struct helper *helper)
{
    const struct helper_info *info = &helper_kinds[helper->kind];
    helper->fd = fd_close(helper->fd);
    if (helper->pid == 0)
        return;
    if (info->close_ms > 0) {
        send_to(helper, SIGCONT); /* stopped, it would not see that its socket is closed */
        if (ends_within(helper, info->close_ms))
            return;
    }
    if (info->term_ms > 0) {
        send_to(helper, SIGTERM);
        send_to(helper, SIGCONT);
        if (ends_within(helper, info->term_ms))
            return;
    }
    helper_drop(helper);
    helper_settle();
}
