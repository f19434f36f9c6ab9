#include "pane.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/debug.h"
#include "reaptop/control/guard.h"
#include "reaptop/source/procfs.h"

/* A collection that takes longer is given up: what it reads blocks. */
#define GIVE_UP_NS (15 * NS_PER_SEC)

/* So long in an uninterruptible wait (state D), at every look: no answer comes. */
#define GIVE_UP_UNINTERRUPTIBLE_NS (2 * NS_PER_SEC)

/* A worker that was given up or failed is not replaced before. */
#define RETRY_NS (15 * NS_PER_SEC)

/* How long what nobody wants any more may hold up what is wanted. */
#define ABANDON_NS (200 * NS_PER_MS)

enum {
    PATIENCE = 20, /* collecting takes a twentieth of the time at most */
    READ_STEP = 64 * 1024,
    QUIT_MS = 100 /* quitting waits no longer for killed workers */
};

/* ---- the worker ---- */

/* All it keeps is its socket, as descriptor 3. */
static void leave_the_screen(int fd)
{
    guard_leave_screen();
    (void)prctl(PR_SET_NAME, "reaptop-pane");
    if (fd != 3)
        (void)dup2(fd, 3);
    (void)close_range(4, ~0U, 0);
}

static pid_t fork_worker(int fd)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(1);
    leave_the_screen(fd);
    pane_serve(3);
}

/* Reaps the killed workers that have ended; never waits for one in state D. */
static void reap_left(struct pane_source *pane)
{
    size_t kept = 0;
    for (size_t i = 0; i < pane->left_count; i++)
        if (waitpid(pane->left[i], NULL, WNOHANG) == 0)
            pane->left[kept++] = pane->left[i];
    pane->left_count = kept;
}

/* The worker may be in an uninterruptible wait, where SIGKILL ends it later or never. */
static void end_worker(struct pane_source *pane)
{
    pane->fd = fd_close(pane->fd);
    if (pane->worker > 0) {
        (void)kill(pane->worker, SIGKILL); /* our own child, not reaped yet: the PID is its */
        pane->left[pane->left_count++] = pane->worker; /* start_worker() kept a place */
        reap_left(pane);
    }
    pane->worker = 0;
    pane->is_asked = false;
    strbuf_clear(&pane->incoming);
}

static int start_worker(struct pane_source *pane)
{
    reap_left(pane);
    if (pane->left_count >= PANE_LEFT_MAX)
        return -EAGAIN;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    pid_t pid = fork_worker(ends[1]);
    (void)fd_close(ends[1]);
    if (pid < 0) {
        (void)fd_close(ends[0]);
        return -EAGAIN;
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pane->fd = ends[0];
    pane->worker = pid;
    return 0;
}

/* ---- the screen's side ---- */

/* The same process, tab and mapping: another selected line of it is no other view. */
static bool is_same_view(const struct pane_request *a, const struct pane_request *b)
{
    return identity_is_same(a->id, b->id) && a->tab == b->tab && a->address == b->address;
}

/* What is shown of the view is the same as well. */
static bool is_same_request(const struct pane_request *a, const struct pane_request *b)
{
    return is_same_view(a, b) && a->selected == b->selected && a->sort == b->sort &&
           a->columns == b->columns && identity_is_same(a->peer, b->peer);
}

void pane_look(struct pane_source *pane, const struct pane_request *request)
{
    if (!is_same_view(&pane->wanted, request)) {
        document_clear(&pane->document);
        pane->has_document = false;
        pane->access = ACCESS_UNREAD;
        pane->next_ns = 0;
    } else if (!is_same_request(&pane->wanted, request)) {
        pane->next_ns = 0;
    }
    pane->wanted = *request;
}

void pane_rest(struct pane_source *pane)
{
    const struct pane_request nothing = {.id = NOBODY, .peer = NOBODY};
    pane_look(pane, &nothing);
}

void pane_done(struct pane_source *pane)
{
    end_worker(pane);
    for (int i = 0; i < QUIT_MS && pane->left_count > 0; i++) {
        (void)poll(NULL, 0, 1);
        reap_left(pane);
    }
    document_done(&pane->document);
    strbuf_done(&pane->incoming);
}

/* What was asked for is no longer what is looked at. */
static bool is_abandoned(const struct pane_source *pane)
{
    return !is_same_view(&pane->asked, &pane->wanted);
}

void pane_ask(struct pane_source *pane, uint64_t now_ns)
{
    if (pane->is_asked && is_abandoned(pane) && now_ns - pane->asked_ns > ABANDON_NS)
        end_worker(pane);
    if (pane->is_asked || identity_is_nobody(pane->wanted.id) || now_ns < pane->next_ns)
        return;
    if (pane->worker == 0 && start_worker(pane) < 0) {
        pane->access = pane->left_count >= PANE_LEFT_MAX ? ACCESS_BLOCKED : ACCESS_FAILED;
        pane->next_ns = now_ns + RETRY_NS;
        return;
    }
    pane->asked = pane->wanted;
    if (send(pane->fd, &pane->asked, sizeof(pane->asked), MSG_NOSIGNAL) !=
        (ssize_t)sizeof(pane->asked)) {
        end_worker(pane);
        pane->next_ns = now_ns + RETRY_NS;
        return;
    }
    pane->is_asked = true;
    pane->asked_ns = now_ns;
}

/* False where the worker is gone. */
static bool read_incoming(struct pane_source *pane)
{
    char bytes[READ_STEP];
    ssize_t got;
    while ((got = recv(pane->fd, bytes, sizeof(bytes), 0)) > 0)
        strbuf_append(&pane->incoming, bytes, (size_t)got);
    return got < 0 && (errno == EAGAIN || errno == EINTR) && pane->incoming.error == 0;
}

static bool give_up(struct pane_source *pane, enum access access, uint64_t now_ns)
{
    debug(DEBUG_READER, "pane %d of %d given up: %s", pane->asked.tab, pane->asked.id.pid,
          access_word(access));
    end_worker(pane);
    document_clear(&pane->document);
    pane->has_document = false;
    pane->access = access;
    pane->next_ns = now_ns + RETRY_NS;
    return true;
}

/* Gentle: what took long to collect is collected less often. */
static uint64_t pause_ns(const struct pane_source *pane, uint64_t took_ns)
{
    uint64_t interval_ns = pane_interval_ns(pane->wanted.tab);
    return PATIENCE * took_ns > interval_ns ? PATIENCE * took_ns : interval_ns;
}

/* Waits of milliseconds, for a disk or a lock, are state D too: it must last. */
static bool is_late(struct pane_source *pane, uint64_t now_ns)
{
    struct stat_line line;
    if (pane->awake_ns < pane->asked_ns || procfs_read_stat_of(pane->worker, &line) < 0 ||
        line.state != 'D')
        pane->awake_ns = now_ns;
    return now_ns - pane->asked_ns > GIVE_UP_NS ||
           now_ns - pane->awake_ns > GIVE_UP_UNINTERRUPTIBLE_NS;
}

bool pane_take(struct pane_source *pane, uint64_t now_ns)
{
    if (!pane->is_asked)
        return false;
    bool is_alive = read_incoming(pane);
    struct document answer = DOCUMENT_INIT;
    enum access access;
    int r = document_receive(&pane->incoming, &answer, &access);
    if (r == 0 && is_alive)
        return is_late(pane, now_ns) && give_up(pane, ACCESS_BLOCKED, now_ns);
    if (r <= 0) {
        document_done(&answer);
        return give_up(pane, ACCESS_FAILED, now_ns);
    }

    pane->is_asked = false;
    if (is_abandoned(pane)) {
        document_done(&answer);
        return false;
    }
    document_done(&pane->document);
    pane->document = answer;
    pane->access = access;
    pane->has_document = answer.line_count > 0;
    if (is_same_request(&pane->asked, &pane->wanted))
        pane->next_ns = now_ns + pause_ns(pane, now_ns - pane->asked_ns);
    return true;
}
