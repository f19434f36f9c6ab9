#include "reaptop/source/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "reader_helper.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

enum {
    HELPERS = 2,            /* one stuck helper does not hold up the others' reads */
    JOBS_MAX = 65536,       /* a whole process table's command lines */
    BLOCKED_MAX = 256,      /* remembered; the oldest goes */
    BLOCKED_OF_ONE = 4,     /* of one process at a time: no more helpers are spent on it */
    DYING_MAX = 16,         /* killed, but not even SIGKILL ended them yet */
    MESSAGES_PER_PUMP = 64, /* of 64 KiB each: a key is answered in between */
    FREE_WAIT_MS = 200,
};

struct job {
    uint64_t tag;
    const void *owner;
    enum helper_task task;
    struct identity id;
    char name[READER_NAME_SIZE];
    uint64_t offset;
    size_t limit;
    uint64_t timeout_ns;
    uint64_t deadline_ns; /* CLOCK_BOOTTIME, once given to a helper */
    int (*take)(void *data, const char *bytes, size_t length);
    void *data;
    int status;
    struct strbuf bytes;
    struct job *next;
};

/* First in, first out. */
struct queue {
    struct job *first;
    struct job **end;
    size_t count;
};

struct helper {
    pid_t pid; /* 0: none */
    int socket;
    struct job *job; /* NULL: idle */
};

struct blocked {
    struct identity id;
    char name[READER_NAME_SIZE];
    uint64_t until_ns;
    pid_t helper; /* that was stuck in it */
};

struct reader {
    struct helper helpers[HELPERS];
    struct queue waiting;
    struct queue done;
    struct blocked blocked[BLOCKED_MAX];
    size_t blocked_next;
    pid_t dying[DYING_MAX + HELPERS];
    size_t dying_count;
    uint64_t next_tag;
    uint64_t replaced;
    int epoll;
    int timer;
    char message[sizeof(struct helper_answer) + HELPER_CHUNK];
};

/* ---- queues ---- */

static void queue_init(struct queue *queue)
{
    *queue = (struct queue){.end = &queue->first};
}

static void queue_append(struct queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
    queue->count++;
}

static void queue_prepend(struct queue *queue, struct job *job)
{
    job->next = queue->first;
    queue->first = job;
    if (!job->next)
        queue->end = &job->next;
    queue->count++;
}

/* Takes out the first job of the owner (NULL: of anybody), or returns NULL. */
static struct job *queue_take(struct queue *queue, const void *owner)
{
    for (struct job **link = &queue->first; *link; link = &(*link)->next) {
        struct job *job = *link;
        if (owner && job->owner != owner)
            continue;
        *link = job->next;
        if (!job->next)
            queue->end = link;
        queue->count--;
        return job;
    }
    return NULL;
}

static void job_free(struct job *job)
{
    if (!job)
        return;
    strbuf_done(&job->bytes);
    free(job);
}

static void queue_drop(struct queue *queue, const void *owner)
{
    struct job *job;
    while ((job = queue_take(queue, owner)))
        job_free(job);
}

/* ---- what blocked ---- */

static struct blocked *find_blocked(struct reader *reader, const struct job *job)
{
    for (size_t i = 0; i < BLOCKED_MAX; i++)
        if (reader->blocked[i].until_ns > 0 && identity_is_same(reader->blocked[i].id, job->id) &&
            strcmp(reader->blocked[i].name, job->name) == 0)
            return &reader->blocked[i];
    return NULL;
}

static bool is_dying(const struct reader *reader, pid_t pid)
{
    for (size_t i = 0; i < reader->dying_count; i++)
        if (reader->dying[i] == pid)
            return true;
    return false;
}

/*
 * The file blocked a moment ago, or not even SIGKILL has ended the helper that was stuck in it; or
 * so many files of the process block that each would cost a helper.
 */
static bool is_known_to_block(struct reader *reader, const struct job *job)
{
    unsigned others = 0;
    uint64_t now_ns = clock_boot_ns();
    for (size_t i = 0; i < BLOCKED_MAX; i++) {
        const struct blocked *blocked = &reader->blocked[i];
        if (blocked->until_ns == 0 || !identity_is_same(blocked->id, job->id) ||
            (now_ns >= blocked->until_ns && !is_dying(reader, blocked->helper)))
            continue;
        if (strcmp(blocked->name, job->name) == 0 || ++others >= BLOCKED_OF_ONE)
            return true;
    }
    return false;
}

static void remember_blocked(struct reader *reader, const struct job *job, pid_t helper)
{
    struct blocked *blocked = find_blocked(reader, job);
    if (!blocked)
        blocked = &reader->blocked[reader->blocked_next++ % BLOCKED_MAX];
    *blocked = (struct blocked){
        .id = job->id, .until_ns = clock_boot_ns() + READER_PENALTY_NS, .helper = helper};
    memcpy(blocked->name, job->name, sizeof(blocked->name));
}

/* ---- helpers ---- */

static void finish(struct reader *reader, struct job *job, int status)
{
    job->status = status;
    if (status < 0)
        strbuf_done(&job->bytes);
    else if (job->bytes.error < 0)
        job->status = job->bytes.error;
    queue_append(&reader->done, job);
}

/* Those that did end; never waits. */
static void reap_dying(struct reader *reader)
{
    size_t kept = 0;
    for (size_t i = 0; i < reader->dying_count; i++)
        if (waitpid(reader->dying[i], NULL, WNOHANG) == 0)
            reader->dying[kept++] = reader->dying[i];
    reader->dying_count = kept;
}

static int start_helper(struct reader *reader, struct helper *helper)
{
    reap_dying(reader);
    if (reader->dying_count >= DYING_MAX)
        return -EAGAIN;

    pid_t pid;
    int socket;
    int r = helper_start(&pid, &socket);
    if (r < 0)
        return r;
    *helper = (struct helper){.pid = pid, .socket = socket};
    struct epoll_event event = {.events = EPOLLIN, .data.fd = socket};
    if (epoll_ctl(reader->epoll, EPOLL_CTL_ADD, socket, &event) == 0)
        return 0;

    r = -errno;
    helper->socket = fd_close(socket);
    (void)kill(pid, SIGKILL);
    reader->dying[reader->dying_count++] = pid;
    helper->pid = 0;
    return r;
}

static void kill_helper(struct reader *reader, struct helper *helper)
{
    debug(DEBUG_READER, "helper %d killed", helper->pid);
    (void)kill(helper->pid, SIGKILL);
    helper->socket = fd_close(helper->socket);
    reap_dying(reader);
    if (reader->dying_count < ELEMENTS(reader->dying))
        reader->dying[reader->dying_count++] = helper->pid;
    *helper = (struct helper){.socket = -EBADF};
}

/* A helper without work, made where there is room for one; NULL and `ret_error` where not. */
static struct helper *idle_helper(struct reader *reader, int *ret_error)
{
    struct helper *free_place = NULL;
    for (size_t i = 0; i < HELPERS; i++) {
        if (reader->helpers[i].pid > 0 && !reader->helpers[i].job)
            return &reader->helpers[i];
        if (reader->helpers[i].pid == 0)
            free_place = &reader->helpers[i];
    }
    *ret_error = free_place ? start_helper(reader, free_place) : 0;
    return free_place && *ret_error == 0 ? free_place : NULL;
}

static bool is_any_helper_alive(const struct reader *reader)
{
    for (size_t i = 0; i < HELPERS; i++)
        if (reader->helpers[i].pid > 0)
            return true;
    return false;
}

/* ---- giving out work ---- */

static int send_request(int socket, const struct job *job, int dir_fd)
{
    struct helper_request request = {
        .tag = job->tag, .offset = job->offset, .limit = job->limit, .task = job->task};
    memcpy(request.name, job->name, sizeof(request.name));

    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = &request, .iov_len = sizeof(request)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (dir_fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &dir_fd, sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int begin(const struct helper *helper, struct job *job)
{
    _cleanup_close_ int dir_fd = -EBADF;
    if (job->task != HELPER_FINDS_USER) {
        struct stat_line line;
        dir_fd = procfs_open_same(job->id, &line);
        if (dir_fd < 0)
            return dir_fd;
    }
    int r = send_request(helper->socket, job, dir_fd);
    if (r == 0)
        job->deadline_ns = clock_boot_ns() + job->timeout_ns;
    return r;
}

static void fail_all_waiting(struct reader *reader, int status)
{
    struct job *job;
    while ((job = queue_take(&reader->waiting, NULL)))
        finish(reader, job, status);
}

static void give_out(struct reader *reader)
{
    while (reader->waiting.first) {
        int error = 0;
        struct helper *helper = idle_helper(reader, &error);
        if (!helper) {
            if (error < 0 && !is_any_helper_alive(reader))
                fail_all_waiting(reader, error);
            return;
        }
        struct job *job = queue_take(&reader->waiting, NULL);
        if (is_known_to_block(reader, job)) {
            finish(reader, job, -ETIMEDOUT);
            continue;
        }
        int r = begin(helper, job);
        if (r == 0) {
            helper->job = job;
            continue;
        }
        if (r == -EPIPE || r == -ECONNRESET) {
            kill_helper(reader, helper);
            r = -EIO;
        }
        finish(reader, job, r);
    }
}

/* ---- taking answers ---- */

static void lose_helper(struct reader *reader, struct helper *helper, int status)
{
    struct job *job = helper->job;
    kill_helper(reader, helper);
    if (job)
        finish(reader, job, status);
}

/* Keeps the bytes, or gives them to whoever wants them as they come. */
static int take_bytes(struct job *job, const char *bytes, size_t length)
{
    if (!job->take) {
        strbuf_append(&job->bytes, bytes, length);
        return 0;
    }
    job->deadline_ns = clock_boot_ns() + job->timeout_ns;
    return length > 0 ? job->take(job->data, bytes, length) : 0;
}

/*
 * One message: 1; none there: 0; the helper is gone or talks nonsense: -EIO. The read was ended by
 * who takes it: 1, and the helper, which does not know, is gone.
 */
static int take_message(struct reader *reader, struct helper *helper)
{
    ssize_t got = recv(helper->socket, reader->message, sizeof(reader->message), MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -EIO;

    struct helper_answer answer;
    struct job *job = helper->job;
    if (!job || (size_t)got < sizeof(answer))
        return -EIO;
    memcpy(&answer, reader->message, sizeof(answer));
    if (answer.tag != job->tag)
        return -EIO;
    int r = take_bytes(job, reader->message + sizeof(answer), (size_t)got - sizeof(answer));
    if (r != 0) {
        lose_helper(reader, helper, r);
    } else if (answer.is_last) {
        helper->job = NULL;
        finish(reader, job, answer.status);
    }
    return 1;
}

/* False where there may be more to take. */
static bool take_from(struct reader *reader, struct helper *helper)
{
    for (int i = 0; i < MESSAGES_PER_PUMP; i++) {
        int r = helper->pid > 0 ? take_message(reader, helper) : 0;
        if (r < 0)
            lose_helper(reader, helper, -EIO);
        if (r <= 0)
            return true;
    }
    return false;
}

static void expire(struct reader *reader, struct helper *helper, uint64_t now_ns)
{
    if (!helper->job || now_ns < helper->job->deadline_ns)
        return;
    if (helper->job->task != HELPER_FINDS_USER)
        remember_blocked(reader, helper->job, helper->pid);
    reader->replaced++;
    lose_helper(reader, helper, -ETIMEDOUT);
}

/* To the earliest deadline; at once where there is something to do that no helper will tell. */
static void set_timer(struct reader *reader, bool is_due)
{
    uint64_t earliest = 0;
    for (size_t i = 0; i < HELPERS; i++) {
        const struct job *job = reader->helpers[i].job;
        if (job && (earliest == 0 || job->deadline_ns < earliest))
            earliest = job->deadline_ns;
    }
    if (is_due)
        earliest = 1;
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(earliest / NS_PER_SEC),
                                           .tv_nsec = (long)(earliest % NS_PER_SEC)}};
    (void)timerfd_settime(reader->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

void reader_pump(struct reader *reader)
{
    bool is_behind = false;
    reap_dying(reader);
    for (size_t i = 0; i < HELPERS; i++)
        is_behind |= !take_from(reader, &reader->helpers[i]);
    if (!is_behind)
        for (size_t i = 0; i < HELPERS; i++)
            expire(reader, &reader->helpers[i], clock_boot_ns());
    give_out(reader);
    set_timer(reader, is_behind);
}

/* ---- the public side ---- */

static int init(struct reader *reader)
{
    reader->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (reader->epoll < 0)
        return -errno;
    reader->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (reader->timer < 0)
        return -errno;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = reader->timer};
    if (epoll_ctl(reader->epoll, EPOLL_CTL_ADD, reader->timer, &event) < 0)
        return -errno;
    return start_helper(reader, &reader->helpers[0]);
}

int reader_new(struct reader **ret_reader, struct error *error)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return error_set_errno(error, -ENOMEM, _("starting a reader process"));
    queue_init(&reader->waiting);
    queue_init(&reader->done);
    reader->epoll = reader->timer = -EBADF;
    for (size_t i = 0; i < HELPERS; i++)
        reader->helpers[i].socket = -EBADF;

    int r = init(reader);
    if (r < 0) {
        reader_free(reader);
        return error_set_errno(error, r, _("starting a reader process"));
    }
    *ret_reader = reader;
    return 0;
}

/* SIGKILL may take its time: wait a moment, then leave the rest to init. */
static void wait_for_dying(struct reader *reader)
{
    for (size_t i = 0; i < reader->dying_count; i++) {
        _cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, reader->dying[i], 0);
        struct pollfd end = {.fd = fd, .events = POLLIN};
        if (fd >= 0)
            (void)poll(&end, 1, FREE_WAIT_MS);
    }
    reap_dying(reader);
}

void reader_free(struct reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < HELPERS; i++) {
        job_free(reader->helpers[i].job);
        if (reader->helpers[i].pid > 0)
            kill_helper(reader, &reader->helpers[i]);
    }
    wait_for_dying(reader);
    queue_drop(&reader->waiting, NULL);
    queue_drop(&reader->done, NULL);
    reader->epoll = fd_close(reader->epoll);
    reader->timer = fd_close(reader->timer);
    free(reader);
}

int reader_fd(const struct reader *reader)
{
    return reader->epoll;
}

static int submit(struct reader *reader, const void *owner, const struct reader_request *request,
                  enum helper_task task, bool is_first, uint64_t *ret_tag)
{
    size_t length = strlen(request->name);
    if (length >= READER_NAME_SIZE)
        return -ENAMETOOLONG;
    if (reader->waiting.count + reader->done.count >= JOBS_MAX)
        return -ENOBUFS;
    struct job *job = calloc(1, sizeof(*job));
    if (!job)
        return -ENOMEM;

    job->tag = ++reader->next_tag;
    job->owner = owner;
    job->task = task;
    job->id = request->id;
    job->offset = request->offset;
    job->limit = request->limit;
    job->timeout_ns = request->timeout_ns > 0 ? request->timeout_ns : READER_TIMEOUT_NS;
    job->take = request->take;
    job->data = request->data;
    memcpy(job->name, request->name, length);
    if (is_first)
        queue_prepend(&reader->waiting, job);
    else
        queue_append(&reader->waiting, job);
    *ret_tag = job->tag;
    give_out(reader);
    set_timer(reader, reader->done.first != NULL);
    return 0;
}

int reader_submit(struct reader *reader, const void *owner, const struct reader_request *request,
                  uint64_t *ret_tag)
{
    return submit(reader, owner, request, HELPER_READS_FILE, false, ret_tag);
}

int reader_submit_pages(struct reader *reader, const void *owner,
                        const struct reader_request *request, uint64_t *ret_tag)
{
    struct reader_request walk = *request;
    walk.name = "pagemap";
    return submit(reader, owner, &walk, HELPER_WALKS_PAGES, false, ret_tag);
}

int reader_submit_user(struct reader *reader, const void *owner, uid_t uid, uint64_t *ret_tag)
{
    const struct reader_request request = {.name = "", .offset = uid, .limit = 256};
    return submit(reader, owner, &request, HELPER_FINDS_USER, false, ret_tag);
}

int reader_collect(struct reader *reader, const void *owner, struct reader_answer *ret_answer)
{
    struct job *job = queue_take(&reader->done, owner);
    if (!job)
        return 0;
    *ret_answer = (struct reader_answer){
        .tag = job->tag, .id = job->id, .status = job->status, .bytes = job->bytes};
    free(job);
    return 1;
}

static size_t count_of(const struct queue *queue, const void *owner)
{
    size_t count = 0;
    for (const struct job *job = queue->first; job; job = job->next)
        count += job->owner == owner;
    return count;
}

size_t reader_pending(const struct reader *reader, const void *owner)
{
    size_t count = count_of(&reader->waiting, owner) + count_of(&reader->done, owner);
    for (size_t i = 0; i < HELPERS; i++)
        count += reader->helpers[i].job && reader->helpers[i].job->owner == owner;
    return count;
}

/* What a helper reads already is answered to nobody. */
void reader_forget(struct reader *reader, const void *owner)
{
    queue_drop(&reader->waiting, owner);
    queue_drop(&reader->done, owner);
    for (size_t i = 0; i < HELPERS; i++) {
        struct helper *helper = &reader->helpers[i];
        if (!helper->job || helper->job->owner != owner)
            continue;
        job_free(take_pointer(helper->job));
        kill_helper(reader, helper);
    }
    give_out(reader);
    set_timer(reader, reader->done.first != NULL);
}

static int wait_and_collect(struct reader *reader, const void *owner, uint64_t deadline_ns,
                            struct reader_answer *ret_answer)
{
    for (;;) {
        reader_pump(reader);
        if (reader_collect(reader, owner, ret_answer) > 0)
            return 0;
        uint64_t now = clock_boot_ns();
        if (now >= deadline_ns)
            return -ETIMEDOUT;
        uint64_t left = deadline_ns - now;
        struct timespec wait = {.tv_sec = (time_t)(left / NS_PER_SEC),
                                .tv_nsec = (long)(left % NS_PER_SEC)};
        struct pollfd ready = {.fd = reader->epoll, .events = POLLIN};
        (void)ppoll(&ready, 1, &wait, NULL);
    }
}

int reader_read(struct reader *reader, struct identity id, const char *name, uint64_t offset,
                size_t limit, uint64_t timeout_ns, struct strbuf *out)
{
    uint64_t tag;
    const struct reader_request request = {
        .id = id, .name = name, .offset = offset, .limit = limit, .timeout_ns = timeout_ns};
    strbuf_clear(out);
    int r = submit(reader, &tag, &request, HELPER_READS_FILE, true, &tag);
    if (r < 0)
        return r;

    struct reader_answer answer;
    /* The helper's own deadline comes first, unless none was free. */
    uint64_t patience = timeout_ns > 0 ? timeout_ns : READER_TIMEOUT_NS;
    r = wait_and_collect(reader, &tag, clock_boot_ns() + patience + patience / 2, &answer);
    set_timer(reader, reader->done.first != NULL); /* others' answers came in meanwhile */
    if (r < 0) {
        reader_forget(reader, &tag);
        return r;
    }
    strbuf_done(out);
    *out = answer.bytes;
    return answer.status;
}

uint64_t reader_replaced(const struct reader *reader)
{
    return reader->replaced;
}
