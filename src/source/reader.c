#include "reaptop/source/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "reader_helper.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

enum {
    WORKERS = 2,            /* one stuck helper does not hold up the others' reads */
    JOBS_MAX = 65536,       /* a whole process table's command lines */
    BLOCKED_MAX = 256,      /* remembered; the oldest goes */
    BLOCKED_OF_ONE = 4,     /* of one process at a time: no more helpers are spent on it */
    MESSAGES_PER_PUMP = 64, /* of 64 KiB each: a key is answered in between */
};

struct job {
    uint64_t tag;
    const void *owner;
    enum reader_task task;
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
    struct reader_who *who; /* READER_READS_LINES */
    size_t who_count;
    struct job *next;
};

/* First in, first out. */
struct queue {
    struct job *first;
    struct job **end;
    size_t count;
};

struct worker {
    struct helper process;
    struct job *job; /* NULL: idle */
};

struct blocked {
    struct identity id;
    char name[READER_NAME_SIZE];
    uint64_t until_ns;
    pid_t helper; /* that was stuck in it */
};

struct reader {
    struct worker workers[WORKERS];
    struct queue waiting;
    struct queue done;
    struct blocked blocked[BLOCKED_MAX];
    size_t blocked_next;
    uint64_t next_tag;
    uint64_t replaced;
    int epoll;
    int timer;
    char *message; /* MESSAGE_SIZE bytes, not cleared: what is not written takes no memory */
};

#define MESSAGE_SIZE (sizeof(struct reader_reply) + READER_CHUNK)

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
    free(job->who);
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
            (now_ns >= blocked->until_ns && !helper_is_dropped(blocked->helper)))
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

/* ---- workers ---- */

static void finish(struct reader *reader, struct job *job, int status)
{
    job->status = status;
    if (status < 0)
        strbuf_done(&job->bytes);
    else if (job->bytes.error < 0)
        job->status = job->bytes.error;
    queue_append(&reader->done, job);
}

static int start_worker(struct reader *reader, struct worker *worker)
{
    int r = helper_start(HELPER_READER, reader_serve, NULL, -1, &worker->process);
    if (r < 0)
        return r;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = worker->process.fd};
    if (epoll_ctl(reader->epoll, EPOLL_CTL_ADD, worker->process.fd, &event) == 0)
        return 0;
    r = -errno;
    helper_drop(&worker->process);
    return r;
}

/* A helper without work, made where there is room for one; NULL and `ret_error` where not. */
static struct worker *idle_worker(struct reader *reader, int *ret_error)
{
    struct worker *free_place = NULL;
    for (size_t i = 0; i < WORKERS; i++) {
        if (reader->workers[i].process.pid > 0 && !reader->workers[i].job)
            return &reader->workers[i];
        if (reader->workers[i].process.pid == 0)
            free_place = &reader->workers[i];
    }
    *ret_error = free_place ? start_worker(reader, free_place) : 0;
    return free_place && *ret_error == 0 ? free_place : NULL;
}

static bool is_any_worker_alive(const struct reader *reader)
{
    for (size_t i = 0; i < WORKERS; i++)
        if (reader->workers[i].process.pid > 0)
            return true;
    return false;
}

/* ---- giving out work ---- */

static int write_request(int socket, const struct job *job, int dir_fd)
{
    struct reader_order request = {
        .tag = job->tag,
        .offset = job->offset,
        .limit = job->limit,
        .task = job->task,
        .count = (uint32_t)job->who_count,
    };
    memcpy(request.name, job->name, sizeof(request.name));

    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec parts[] = {
        {.iov_base = &request, .iov_len = sizeof(request)},
        {.iov_base = job->who, .iov_len = job->who_count * sizeof(job->who[0])}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
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

static int begin(const struct worker *worker, struct job *job)
{
    _cleanup_close_ int dir_fd = -EBADF;
    if (job->task != READER_FINDS_USER && job->task != READER_READS_LINES) {
        struct stat_line line;
        dir_fd = procfs_open_same(job->id, &line);
        if (dir_fd < 0)
            return dir_fd;
    }
    int r = write_request(worker->process.fd, job, dir_fd);
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
        struct worker *worker = idle_worker(reader, &error);
        if (!worker) {
            if (error < 0 && !is_any_worker_alive(reader))
                fail_all_waiting(reader, error);
            return;
        }
        struct job *job = queue_take(&reader->waiting, NULL);
        if (is_known_to_block(reader, job)) {
            finish(reader, job, -ETIMEDOUT);
            continue;
        }
        int r = begin(worker, job);
        if (r == 0) {
            worker->job = job;
            continue;
        }
        if (r == -EPIPE || r == -ECONNRESET) {
            helper_drop(&worker->process);
            r = -EIO;
        }
        finish(reader, job, r);
    }
}

/* ---- taking answers ---- */

static void lose_worker(struct reader *reader, struct worker *worker, int status)
{
    struct job *job = take_pointer(worker->job);
    helper_drop(&worker->process);
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
static int take_message(struct reader *reader, struct worker *worker)
{
    ssize_t got = recv(worker->process.fd, reader->message, MESSAGE_SIZE, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -EIO;

    struct reader_reply answer;
    struct job *job = worker->job;
    if (!job || (size_t)got < sizeof(answer))
        return -EIO;
    memcpy(&answer, reader->message, sizeof(answer));
    if (answer.tag != job->tag)
        return -EIO;
    int r = take_bytes(job, reader->message + sizeof(answer), (size_t)got - sizeof(answer));
    if (r != 0) {
        lose_worker(reader, worker, r);
    } else if (answer.is_last) {
        worker->job = NULL;
        finish(reader, job, answer.status);
    }
    return 1;
}

/* False where there may be more to take. */
static bool take_from(struct reader *reader, struct worker *worker)
{
    for (int i = 0; i < MESSAGES_PER_PUMP; i++) {
        int r = worker->process.pid > 0 ? take_message(reader, worker) : 0;
        if (r < 0)
            lose_worker(reader, worker, -EIO);
        if (r <= 0)
            return true;
    }
    return false;
}

static void expire(struct reader *reader, struct worker *worker, uint64_t now_ns)
{
    if (!worker->job || now_ns < worker->job->deadline_ns)
        return;
    if (worker->job->task != READER_FINDS_USER && worker->job->task != READER_READS_LINES)
        remember_blocked(reader, worker->job, worker->process.pid);
    reader->replaced++;
    lose_worker(reader, worker, -ETIMEDOUT);
}

/* To the earliest deadline; at once where there is something to do that no helper will tell. */
static void set_timer(struct reader *reader, bool is_due)
{
    uint64_t earliest = 0;
    for (size_t i = 0; i < WORKERS; i++) {
        const struct job *job = reader->workers[i].job;
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
    helper_reap();
    for (size_t i = 0; i < WORKERS; i++)
        is_behind |= !take_from(reader, &reader->workers[i]);
    if (!is_behind)
        for (size_t i = 0; i < WORKERS; i++)
            expire(reader, &reader->workers[i], clock_boot_ns());
    give_out(reader);
    set_timer(reader, is_behind);
}

/* ---- the public side ---- */

static int init(struct reader *reader)
{
    reader->message = malloc(MESSAGE_SIZE);
    if (!reader->message)
        return -ENOMEM;
    reader->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (reader->epoll < 0)
        return -errno;
    reader->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (reader->timer < 0)
        return -errno;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = reader->timer};
    if (epoll_ctl(reader->epoll, EPOLL_CTL_ADD, reader->timer, &event) < 0)
        return -errno;
    return start_worker(reader, &reader->workers[0]);
}

int reader_new(struct reader **ret_reader, struct error *error)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return error_set_errno(error, -ENOMEM, _("starting a reader process"));
    queue_init(&reader->waiting);
    queue_init(&reader->done);
    reader->epoll = reader->timer = -EBADF;
    for (size_t i = 0; i < WORKERS; i++)
        reader->workers[i].process = HELPER_INIT;

    int r = init(reader);
    if (r < 0) {
        reader_free(reader);
        return error_set_errno(error, r, _("starting a reader process"));
    }
    *ret_reader = reader;
    return 0;
}

void reader_free(struct reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < WORKERS; i++) {
        job_free(reader->workers[i].job);
        helper_drop(&reader->workers[i].process);
    }
    helper_settle();
    queue_drop(&reader->waiting, NULL);
    queue_drop(&reader->done, NULL);
    reader->epoll = fd_close(reader->epoll);
    reader->timer = fd_close(reader->timer);
    free(reader->message);
    free(reader);
}

int reader_fd(const struct reader *reader)
{
    return reader->epoll;
}

static int make_job(const struct reader *reader, const struct reader_request *request,
                    struct job **ret_job)
{
    size_t length = strlen(request->name);
    if (length >= READER_NAME_SIZE)
        return -ENAMETOOLONG;
    if (reader->waiting.count + reader->done.count >= JOBS_MAX)
        return -ENOBUFS;
    struct job *job = calloc(1, sizeof(*job));
    if (!job)
        return -ENOMEM;
    job->id = request->id;
    job->offset = request->offset;
    job->limit = request->limit;
    job->timeout_ns = request->timeout_ns > 0 ? request->timeout_ns : READER_TIMEOUT_NS;
    job->take = request->take;
    job->data = request->data;
    memcpy(job->name, request->name, length);
    *ret_job = job;
    return 0;
}

static void enqueue(struct reader *reader, const void *owner, struct job *job,
                    enum reader_task task, bool is_first, uint64_t *ret_tag)
{
    job->tag = ++reader->next_tag;
    job->owner = owner;
    job->task = task;
    if (is_first)
        queue_prepend(&reader->waiting, job);
    else
        queue_append(&reader->waiting, job);
    *ret_tag = job->tag;
    give_out(reader);
    set_timer(reader, reader->done.first != NULL);
}

static int submit(struct reader *reader, const void *owner, const struct reader_request *request,
                  enum reader_task task, bool is_first, uint64_t *ret_tag)
{
    struct job *job;
    int r = make_job(reader, request, &job);
    if (r == 0)
        enqueue(reader, owner, job, task, is_first, ret_tag);
    return r;
}

int reader_submit_lines(struct reader *reader, const void *owner, const struct identity *ids,
                        size_t count, size_t limit, uint64_t *ret_tag)
{
    const struct reader_request request = {.id = NOBODY, .name = "", .limit = limit};
    struct job *job;
    if (count == 0 || count > READER_LINES_MAX || limit > READER_CHUNK / 2)
        return -EINVAL;
    int r = make_job(reader, &request, &job);
    if (r < 0)
        return r;
    job->who = calloc(count, sizeof(*job->who));
    if (!job->who) {
        job_free(job);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        job->who[i] = (struct reader_who){.pid = ids[i].pid, .start_ticks = ids[i].start_ticks};
    job->who_count = count;
    enqueue(reader, owner, job, READER_READS_LINES, false, ret_tag);
    return 0;
}

bool reader_next_line(const struct reader_answer *answer, size_t *at, struct reader_line *ret_line)
{
    struct reader_line_header header;
    const struct strbuf *bytes = &answer->bytes;
    if (answer->status < 0 || bytes->length - *at < sizeof(header))
        return false;
    memcpy(&header, bytes->data + *at, sizeof(header));
    *at += sizeof(header);
    if (header.index < 0 || header.length > bytes->length - *at)
        return false;
    *ret_line = (struct reader_line){.index = (size_t)header.index,
                                     .status = header.status,
                                     .bytes = bytes->data + *at,
                                     .length = (size_t)header.length};
    *at += (size_t)header.length;
    return true;
}

int reader_submit(struct reader *reader, const void *owner, const struct reader_request *request,
                  uint64_t *ret_tag)
{
    return submit(reader, owner, request, READER_READS_FILE, false, ret_tag);
}

int reader_submit_pages(struct reader *reader, const void *owner,
                        const struct reader_request *request, uint64_t *ret_tag)
{
    struct reader_request walk = *request;
    walk.name = "pagemap";
    return submit(reader, owner, &walk, READER_WALKS_PAGES, false, ret_tag);
}

int reader_submit_user(struct reader *reader, const void *owner, uid_t uid, uint64_t *ret_tag)
{
    const struct reader_request request = {.name = "", .offset = uid, .limit = 256};
    return submit(reader, owner, &request, READER_FINDS_USER, false, ret_tag);
}

int reader_collect(struct reader *reader, const void *owner, struct reader_answer *ret_answer)
{
    struct job *job = queue_take(&reader->done, owner);
    if (!job)
        return 0;
    *ret_answer = (struct reader_answer){
        .tag = job->tag, .id = job->id, .status = job->status, .bytes = job->bytes};
    job->bytes = STRBUF_INIT;
    job_free(job);
    return 1;
}

/* What a helper reads already is answered to nobody. */
void reader_forget(struct reader *reader, const void *owner)
{
    queue_drop(&reader->waiting, owner);
    queue_drop(&reader->done, owner);
    for (size_t i = 0; i < WORKERS; i++) {
        struct worker *worker = &reader->workers[i];
        if (!worker->job || worker->job->owner != owner)
            continue;
        job_free(take_pointer(worker->job));
        helper_drop(&worker->process);
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
    uint64_t tag = 0; /* its address is the owner of the request */
    const struct reader_request request = {
        .id = id, .name = name, .offset = offset, .limit = limit, .timeout_ns = timeout_ns};
    strbuf_clear(out);
    int r = submit(reader, &tag, &request, READER_READS_FILE, true, &tag);
    if (r < 0)
        return r;

    struct reader_answer answer = {0};
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
