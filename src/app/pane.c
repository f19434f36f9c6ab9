#include "pane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/debug.h"
#include "reaptop/source/procfs.h"

/* A collection from which nothing comes for longer is given up: what it reads blocks. */
#define GIVE_UP_NS (15 * NS_PER_SEC)

/* So long in an uninterruptible wait (state D), at every look: no answer comes. */
#define GIVE_UP_UNINTERRUPTIBLE_NS (2 * NS_PER_SEC)

/* A worker that was given up or failed is not replaced before. */
#define RETRY_NS (15 * NS_PER_SEC)

/* So much longer the Life tab may be shown as it is while the sweeps show no motion. */
#define QUIET_NS (2 * NS_PER_SEC)

/* Asked so much before it is due: with a sweep, whose frame it then shares. */
#define EARLY_NS (20 * NS_PER_MS)

/* How long what nobody wants any more may hold up what is wanted. */
#define ABANDON_NS (200 * NS_PER_MS)

enum {
    PATIENCE = 20, /* collecting takes a twentieth of the time at most */
    READ_STEP = 64 * 1024
};

/* ---- the worker ---- */

static void serve(void *unused, int fd, int unused_fd)
{
    (void)unused;
    (void)unused_fd;
    pane_serve(fd);
}

static void end_worker(struct pane_source *pane)
{
    helper_drop(&pane->worker);
    pane->is_asked = false;
    strbuf_clear(&pane->incoming);
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
           a->columns == b->columns && a->stacks_ns == b->stacks_ns &&
           identity_is_same(a->peer, b->peer);
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
    end_worker(pane); /* reader_free() waits for it */
    document_done(&pane->document);
    strbuf_done(&pane->incoming);
}

/* What was asked for is no longer what is looked at. */
static bool is_abandoned(const struct pane_source *pane)
{
    return !is_same_view(&pane->asked, &pane->wanted);
}

static int start_worker(struct pane_source *pane)
{
    return pane->worker.pid > 0 ? 0 : helper_start(HELPER_PANE, serve, NULL, -1, &pane->worker);
}

void pane_prepare(struct pane_source *pane)
{
    (void)start_worker(pane);
}

void pane_note(struct pane_source *pane, uint64_t motion)
{
    pane->motion = motion;
}

static bool is_due(const struct pane_source *pane, uint64_t now_ns)
{
    bool is_quiet = pane->wanted.tab == TAB_LIFE && pane->has_document && pane->next_ns > 0 &&
                    pane->motion == pane->asked_motion;
    return now_ns + EARLY_NS >= pane->next_ns + (is_quiet ? QUIET_NS : 0);
}

void pane_ask(struct pane_source *pane, uint64_t now_ns)
{
    if (pane->is_asked && is_abandoned(pane) && now_ns - pane->asked_ns > ABANDON_NS)
        end_worker(pane);
    if (pane->is_asked || identity_is_nobody(pane->wanted.id) || !is_due(pane, now_ns))
        return;
    int r = start_worker(pane);
    if (r < 0) {
        pane->access = r == -EBUSY ? ACCESS_BLOCKED : ACCESS_FAILED;
        pane->next_ns = now_ns + RETRY_NS;
        return;
    }
    pane->asked = pane->wanted;
    if (send(pane->worker.fd, &pane->asked, sizeof(pane->asked), MSG_NOSIGNAL) !=
        (ssize_t)sizeof(pane->asked)) {
        end_worker(pane);
        pane->next_ns = now_ns + RETRY_NS;
        return;
    }
    pane->is_asked = true;
    pane->asked_ns = pane->received_ns = now_ns;
    pane->asked_motion = pane->motion;
}

/* False where the worker is gone. */
static bool read_incoming(struct pane_source *pane)
{
    char bytes[READ_STEP];
    ssize_t got;
    while ((got = recv(pane->worker.fd, bytes, sizeof(bytes), 0)) > 0)
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
    pane->is_stopped = procfs_read_stat_of(pane->worker.pid, &line) == 0 && line.state != '\0' &&
                       strchr("Tt", line.state);
    if (pane->awake_ns < pane->asked_ns || (!pane->is_stopped && line.state != 'D'))
        pane->awake_ns = now_ns;
    return now_ns - pane->received_ns > GIVE_UP_NS ||
           now_ns - pane->awake_ns > GIVE_UP_UNINTERRUPTIBLE_NS;
}

/* Somebody has stopped it, which says nothing of what it reads: another one is asked. */
static bool replace_stopped(struct pane_source *pane)
{
    debug(DEBUG_READER, "pane worker %d is stopped: replaced", pane->worker.pid);
    end_worker(pane);
    pane->next_ns = 0;
    return false;
}

static void show(struct pane_source *pane, struct document *answer, enum access access,
                 bool is_partial)
{
    document_done(&pane->document);
    pane->document = *answer;
    pane->access = access;
    pane->has_document = answer->line_count > 0;
    pane->is_partial = is_partial;
}

/* What is whole and shown is not taken back for what is known so far of the next one. */
static bool take_partial(struct pane_source *pane, struct document *answer, enum access access,
                         uint64_t now_ns)
{
    bool is_wanted = !is_abandoned(pane) && (!pane->has_document || pane->is_partial);
    pane->received_ns = now_ns;
    if (is_wanted)
        show(pane, answer, access, true);
    else
        document_done(answer);
    return is_wanted;
}

static bool take_whole(struct pane_source *pane, struct document *answer, enum access access,
                       uint64_t now_ns)
{
    pane->is_asked = false;
    if (is_abandoned(pane)) {
        document_done(answer);
        return false;
    }
    show(pane, answer, access, false);
    if (is_same_request(&pane->asked, &pane->wanted))
        pane->next_ns = now_ns + pause_ns(pane, now_ns - pane->asked_ns);
    return true;
}

bool pane_take(struct pane_source *pane, uint64_t now_ns)
{
    bool is_new = false, is_alive = pane->is_asked && read_incoming(pane);
    while (pane->is_asked) {
        struct document answer = DOCUMENT_INIT;
        enum access access;
        bool is_partial;
        char left[HELPER_TEXT_SIZE] = "";
        int r = document_receive(&pane->incoming, &answer, &access, &is_partial, left);
        if (r == 1 && left[0] != '\0')
            memcpy(pane->left, left, sizeof(left));
        if (r == 0 && is_alive)
            return is_late(pane, now_ns)
                       ? (pane->is_stopped ? replace_stopped(pane)
                                           : give_up(pane, ACCESS_BLOCKED, now_ns))
                       : is_new;
        if (r <= 0) {
            document_done(&answer);
            return give_up(pane, ACCESS_FAILED, now_ns);
        }
        is_new |= is_partial ? take_partial(pane, &answer, access, now_ns)
                             : take_whole(pane, &answer, access, now_ns);
    }
    return is_new;
}
