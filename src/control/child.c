#include "reaptop/control/child.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "specimen.h"

/* P_PIDFD of Linux 5.4; a C library may not know it yet. */
#define BY_PIDFD ((idtype_t)3)

enum {
    END_WAIT_MS = 500,     /* how long killed children may take: one in state D takes its time */
    HAS_BEGUN = 0,         /* what a child says first; then the errno of execvp(3), if that fails */
    START_APART_MS = 2000, /* how long one may take to execute its program, for the screen */
    START_BESIDE_MS = 30000 /* and where a person waits at a terminal for nothing else */
};

struct child_list {
    struct child **children; /* apart, so that they stay where they are */
    size_t count, capacity;
    pid_t *reserved;
    size_t reserved_count, reserved_capacity;
    int lifeline[2]; /* nobody else holds the write end, nothing is ever written */
    int epoll_fd;
};

/* ---- the list ---- */

struct child_list *child_list_new(void)
{
    struct child_list *list = calloc(1, sizeof(*list));
    if (!list)
        return NULL;
    if (pipe2(list->lifeline, O_CLOEXEC) < 0)
        list->lifeline[0] = list->lifeline[1] = -EBADF;
    list->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return list;
}

static void child_free(struct child *child)
{
    handle_done(&child->handle);
    free(child);
}

static void take_off(struct child_list *list, size_t index)
{
    struct child *child = list->children[index];
    if (list->epoll_fd >= 0 && child->handle.pidfd >= 0)
        (void)epoll_ctl(list->epoll_fd, EPOLL_CTL_DEL, child->handle.pidfd, NULL);
    child_free(child);
    list->count--;
    memmove(&list->children[index], &list->children[index + 1],
            (list->count - index) * sizeof(*list->children));
}

size_t child_count(const struct child_list *list)
{
    return list->count;
}

const struct child *child_at(const struct child_list *list, size_t index)
{
    return index < list->count ? list->children[index] : NULL;
}

static ssize_t position(const struct child_list *list, struct identity id)
{
    for (size_t i = 0; i < list->count; i++)
        if (identity_is_same(list->children[i]->handle.id, id))
            return (ssize_t)i;
    return -1;
}

const struct child *child_find(const struct child_list *list, struct identity id)
{
    ssize_t at = position(list, id);
    return at < 0 ? NULL : list->children[at];
}

/* Opens its handle and lists it. The process must be our unreaped child, or it may be gone. */
static int add(struct child_list *list, struct identity id, enum child_kind kind, const char *title,
               const struct child **ret_child, struct error *error)
{
    struct child *child = calloc(1, sizeof(*child));
    if (!child)
        return error_set_errno(error, -ENOMEM, "%s", title);
    child->handle = HANDLE_INIT;
    child->kind = kind;
    (void)snprintf(child->title, sizeof(child->title), "%s", title);

    int r = array_reserve(&list->children, &list->capacity, list->count + 1);
    if (r == 0)
        r = handle_open(id, &child->handle, error);
    if (r < 0) {
        child_free(child);
        return r;
    }
    struct epoll_event event = {.events = EPOLLIN};
    if (list->epoll_fd >= 0 && child->handle.pidfd >= 0)
        (void)epoll_ctl(list->epoll_fd, EPOLL_CTL_ADD, child->handle.pidfd, &event);
    list->children[list->count++] = child;
    if (ret_child)
        *ret_child = child;
    return 0;
}

/* ---- waiting ---- */

/* -EAGAIN: it lives; -ECHILD: it is not ours (any more). */
static int wait_for(const struct child *child, int flags, siginfo_t *ret_info)
{
    *ret_info = (siginfo_t){0};
    int r;
    do {
        /* An unreaped child's number is its own, so without a pidfd that will do. */
        r = child->handle.pidfd >= 0
                ? waitid(BY_PIDFD, (id_t)child->handle.pidfd, ret_info, WEXITED | flags)
                : waitid(P_PID, (id_t)child->handle.id.pid, ret_info, WEXITED | flags);
    } while (r < 0 && errno == EINTR);
    if (r < 0)
        return -errno;
    return ret_info->si_pid == 0 ? -EAGAIN : 0;
}

/* As waitpid(2) would have given it. */
static int32_t wait_status(const siginfo_t *info)
{
    switch (info->si_code) {
    case CLD_EXITED:
        return (info->si_status & 0xff) << 8;
    case CLD_DUMPED:
        return info->si_status | 0x80;
    default:
        return info->si_status;
    }
}

size_t child_refresh(struct child_list *list)
{
    size_t ended = 0;
    for (size_t i = list->count; i-- > 0;) {
        struct child *child = list->children[i];
        siginfo_t info;
        if (child->is_ended)
            continue;
        int r = wait_for(child, WNOWAIT | WNOHANG, &info);
        if (r == -EAGAIN)
            continue;
        ended++;
        if (r == -ECHILD) {
            take_off(list, i);
            continue;
        }
        child->is_ended = true;
        if (list->epoll_fd >= 0 && child->handle.pidfd >= 0)
            (void)epoll_ctl(list->epoll_fd, EPOLL_CTL_DEL, child->handle.pidfd, NULL);
    }
    return ended;
}

int child_reap(struct child_list *list, struct identity id, int32_t *ret_status)
{
    siginfo_t info;
    ssize_t at = position(list, id);
    if (at < 0)
        return -ECHILD;
    int r = wait_for(list->children[at], WNOHANG, &info);
    if (r == -EAGAIN)
        return r;
    take_off(list, (size_t)at);
    if (r == 0 && ret_status)
        *ret_status = wait_status(&info);
    return r;
}

int child_poll_fd(const struct child_list *list)
{
    return list->epoll_fd < 0 ? -EBADF : list->epoll_fd;
}

static void kill_child(const struct child *child)
{
    siginfo_t info;
    (void)handle_send(&child->handle, SIGKILL, NULL, NULL);
    /* Until it is reaped the number is its own, and so is the group that it leads. */
    if (child->kind == CHILD_COMMAND && wait_for(child, WNOWAIT | WNOHANG, &info) != -ECHILD)
        (void)kill(-child->handle.id.pid, SIGKILL);
}

static void await_child(const struct child *child, uint64_t end_ns)
{
    siginfo_t info;
    uint64_t now_ns = clock_boot_ns();
    struct pollfd pidfd = {.fd = child->handle.pidfd, .events = POLLIN};
    if (pidfd.fd >= 0)
        (void)poll(&pidfd, 1, now_ns < end_ns ? (int)((end_ns - now_ns) / NS_PER_MS) + 1 : 0);
    (void)wait_for(child, WNOHANG, &info);
}

/* All are killed first: one that is long in ending, in state D, holds up no other. */
static void end_all(const struct child_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->children[i]->kind != CHILD_ADOPTED)
            kill_child(list->children[i]);
    uint64_t end_ns = clock_boot_ns() + END_WAIT_MS * NS_PER_MS;
    for (size_t i = 0; i < list->count; i++)
        if (list->children[i]->kind != CHILD_ADOPTED)
            await_child(list->children[i], end_ns);
}

void child_list_free(struct child_list *list)
{
    if (!list)
        return;
    end_all(list);
    for (size_t i = 0; i < list->count; i++)
        child_free(list->children[i]);
    free(list->children);
    free(list->reserved);
    (void)fd_close(list->lifeline[0]);
    (void)fd_close(list->lifeline[1]);
    (void)fd_close(list->epoll_fd);
    free(list);
}

/* ---- forking ---- */

/*
 * What it says before it executes its program; 0 once it has. -ETIME: it has not within the limit,
 * as it was stopped, or the program's file is read from where nobody answers.
 */
static ssize_t read_report(int fd, void *bytes, size_t size, int limit_ms)
{
    ssize_t got;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    uint64_t end_ns = clock_boot_ns() + (uint64_t)limit_ms * NS_PER_MS;
    int r;
    while ((r = poll(&ready, 1, limit_ms)) <= 0)
        if ((r < 0 && errno != EINTR) || clock_boot_ns() >= end_ns)
            return -ETIME;
    do
        got = read(fd, bytes, size);
    while (got < 0 && errno == EINTR);
    return got;
}

/*
 * execvp(3) says EACCES as soon as one directory of PATH may not be searched,
 * also where no other holds the file. Then there is no such command.
 */
static bool is_in_path(const char *name)
{
    const char *path = getenv("PATH");
    for (const char *at = path; at && *at; at += *at == ':') {
        char file[PATH_MAX];
        int length = (int)strcspn(at, ":");
        (void)snprintf(file, sizeof(file), "%.*s/%s", length, at, name);
        if (access(file, F_OK) == 0)
            return true;
        at += length;
    }
    return false;
}

static int explain_execvp(int code, const char *file)
{
    return code == EACCES && !strchr(file, '/') && !is_in_path(file) ? ENOENT : code;
}

/* What nohup(1) has set for us holds for a child too. */
static bool is_hangup_ignored(void)
{
    struct sigaction action;
    return sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

struct child_start {
    char *const *argv;
    size_t specimen;
    bool ignores_hangup;
};

static void prepare(const struct child_start *start)
{
    if (start->ignores_hangup)
        (void)signal(SIGHUP, SIG_IGN);
}

/* `held_fd`: it waits until something comes from there; -1: it does not. */
static void execute(void *argument, int report_fd, int held_fd)
{
    const struct child_start *start = argument;
    char byte;
    int code = HAS_BEGUN;
    prepare(start);
    if (write(report_fd, &code, sizeof(code)) != (ssize_t)sizeof(code))
        _exit(127);
    if (held_fd >= 0)
        while (read(held_fd, &byte, 1) < 0 && errno == EINTR)
            ;
    (void)execvp(start->argv[0], start->argv);
    code = explain_execvp(errno, start->argv[0]);
    (void)!write(report_fd, &code, sizeof(code));
    _exit(127);
}

/*
 * 0: it has executed its program, or may still do so. -ECANCELED: it ended before it came to that,
 * as it could not give up our privileges or descriptors.
 */
static int await_execution(int fd, int limit_ms)
{
    int code;
    ssize_t got = read_report(fd, &code, sizeof(code), limit_ms);
    if (got == -ETIME)
        return 0;
    if (got != (ssize_t)sizeof(code) || code != HAS_BEGUN)
        return -ECANCELED;
    got = read_report(fd, &code, sizeof(code), limit_ms);
    return got == (ssize_t)sizeof(code) ? -code : 0;
}

static void join_words(char *const *argv, char title[CHILD_TITLE_SIZE])
{
    size_t length = 0;
    title[0] = '\0';
    for (size_t i = 0; argv[i] && length + 1 < CHILD_TITLE_SIZE; i++) {
        int wrote =
            snprintf(title + length, CHILD_TITLE_SIZE - length, "%s%s", i > 0 ? " " : "", argv[i]);
        length += wrote > 0 ? (size_t)wrote : 0;
    }
}

/* Lists what was started, or ends it. */
static int keep(struct child_list *list, struct helper *helper, enum child_kind kind,
                const char *title, const struct child **ret_child, struct error *error)
{
    int r = add(list, (struct identity){.pid = helper->pid}, kind, title, ret_child, error);
    if (r < 0)
        helper_end(helper);
    helper->fd = fd_close(helper->fd);
    return r;
}

int child_spawn(struct child_list *list, const struct child_spawn *spawn,
                const struct child **ret_child, struct error *error)
{
    struct child_start start = {.argv = spawn->argv, .ignores_hangup = is_hangup_ignored()};
    struct helper helper;
    int gate[2] = {-EBADF, -EBADF};
    if (spawn->before_exec && pipe2(gate, O_CLOEXEC) < 0)
        return error_set_errno(error, -errno, "pipe");
    int r = helper_start(spawn->is_apart ? HELPER_CHILD : HELPER_COMMAND, execute, &start,
                         spawn->before_exec ? gate[0] : -1, &helper);
    if (r == 0 && spawn->before_exec) {
        spawn->before_exec(spawn->context, helper.pid);
        (void)!write(gate[1], "", 1);
    }
    (void)fd_close(gate[0]);
    (void)fd_close(gate[1]);
    if (r < 0)
        return error_set_errno(error, r, "fork");

    r = await_execution(helper.fd, spawn->is_apart ? START_APART_MS : START_BESIDE_MS);
    if (r < 0) {
        helper_end(&helper);
        return error_set_errno(error, r, "%s", spawn->argv[0]);
    }
    char title[CHILD_TITLE_SIZE];
    join_words(spawn->argv, title);
    return keep(list, &helper, CHILD_COMMAND, title, ret_child, error);
}

static void become_specimen(void *argument, int ready_fd, int lifeline_fd)
{
    const struct child_start *start = argument;
    prepare(start);
    specimen_become(start->specimen, ready_fd, lifeline_fd);
}

int child_spawn_specimen(struct child_list *list, size_t index, const struct child **ret_child,
                         struct error *error)
{
    const char *name = specimens[index].name;
    struct child_start start = {.specimen = index, .ignores_hangup = is_hangup_ignored()};
    struct helper helper;
    if (list->lifeline[0] < 0)
        return error_set_errno(error, -EMFILE, "%s", name);
    int r = helper_start(HELPER_SPECIMEN, become_specimen, &start, list->lifeline[0], &helper);
    if (r < 0)
        return error_set_errno(error, r, "fork");

    char byte;
    if (read_report(helper.fd, &byte, 1, START_APART_MS) != 1) {
        helper_end(&helper);
        return error_set(error, -ECHILD, _("%s: it ended before it was ready"), name);
    }
    return keep(list, &helper, CHILD_SPECIMEN, name, ret_child, error);
}

/* ---- adoption ---- */

int child_set_subreaper(bool is_on)
{
    return prctl(PR_SET_CHILD_SUBREAPER, is_on ? 1UL : 0UL, 0, 0, 0) < 0 ? -errno : 0;
}

bool child_is_subreaper(void)
{
    int is_on = 0;
    return prctl(PR_GET_CHILD_SUBREAPER, &is_on, 0, 0, 0) == 0 && is_on;
}

int child_reserve(struct child_list *list, pid_t pid)
{
    int r = array_reserve(&list->reserved, &list->reserved_capacity, list->reserved_count + 1);
    if (r == 0)
        list->reserved[list->reserved_count++] = pid;
    return r;
}

static bool is_reserved(const struct child_list *list, pid_t pid)
{
    for (size_t i = 0; i < list->reserved_count; i++)
        if (list->reserved[i] == pid)
            return true;
    return false;
}

ssize_t child_adopt(struct child_list *list, const struct snapshot *snapshot)
{
    ssize_t adopted = 0;
    pid_t self = getpid();
    const struct identity *child;
    for (size_t at = 0; (child = snapshot_next_child(snapshot, self, &at));) {
        if (is_reserved(list, child->pid) || child_find(list, *child))
            continue;
        int r = add(list, *child, CHILD_ADOPTED, snapshot_comm(snapshot, child->pid), NULL, NULL);
        if (r == -ENOMEM)
            return r;
        adopted += r == 0;
    }
    return adopted;
}
