#include "reader_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/pagemap.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

/* Enough to tell "exactly the limit" from more; pagemap takes no fewer than 8. */
enum {
    PROBE_SIZE = 8
};

/* Not on the stack of a fork whose parent's depth nobody knows. */
static char chunk[READER_CHUNK];
static int socket_fd;

static void write_answer(const struct reader_reply *answer, size_t length)
{
    struct iovec parts[] = {
        {.iov_base = (void *)(uintptr_t)answer, .iov_len = sizeof(*answer)},
        {.iov_base = chunk, .iov_len = length},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0)
        _exit(0);
}

/* Fills the chunk as far as `most`; how many bytes, 0 at the end, or a negative errno. */
static ssize_t fill_chunk(int fd, size_t most)
{
    size_t length = 0;
    while (length < most) {
        ssize_t got = read(fd, chunk + length, most - length);
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static bool has_more(int fd)
{
    char byte[PROBE_SIZE];
    return read(fd, byte, sizeof(byte)) > 0;
}

/* Where the first thread has ended, what belongs to the process is in a living one's directory. */
static int open_of_living(int dir_fd, const char *name)
{
    char path[sizeof(((struct reader_order *)0)->name) + 32];
    pid_t tid = strncmp(name, "task/", 5) == 0 ? 0 : procfs_living_thread(dir_fd);
    if (tid > 0) {
        (void)snprintf(path, sizeof(path), "task/%d/%s", tid, name);
        name = path;
    }
    return openat(dir_fd, name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
}

static void read_file(const struct reader_order *request, int dir_fd)
{
    struct reader_reply answer = {.tag = request->tag};
    _cleanup_close_ int fd = open_of_living(dir_fd, request->name);
    if (fd < 0 || (request->offset > 0 && lseek(fd, (off_t)request->offset, SEEK_SET) < 0)) {
        answer.status = -errno;
        answer.is_last = 1;
        write_answer(&answer, 0);
        return;
    }

    uint64_t left = request->limit;
    while (!answer.is_last) {
        size_t most = left < READER_CHUNK ? (size_t)left : READER_CHUNK;
        ssize_t got = fill_chunk(fd, most);
        size_t length = got > 0 ? (size_t)got : 0;
        left -= length;
        answer.is_last = length < most || left == 0;
        answer.status = got < 0 ? (int32_t)got : length == most && left == 0 && has_more(fd);
        write_answer(&answer, length);
    }
}

/* Spans are gathered until the chunk is full: those of a fragmented mapping are small. */
struct page_sender {
    uint64_t tag;
    size_t length;
};

static void write_spans(struct page_sender *sender)
{
    struct reader_reply answer = {.tag = sender->tag};
    if (sender->length > 0)
        write_answer(&answer, sender->length);
    sender->length = 0;
}

static int pack_span(const struct pagemap_span *span, void *data)
{
    struct page_sender *sender = data;
    if (sender->length + pagemap_packed_size(span) > sizeof(chunk))
        write_spans(sender);
    sender->length += pagemap_pack(span, chunk + sender->length);
    return 0;
}

static void walk_pages(const struct reader_order *request, int dir_fd)
{
    struct reader_reply answer = {.tag = request->tag, .is_last = 1};
    struct page_sender sender = {.tag = request->tag};
    _cleanup_close_ int fd = open_of_living(dir_fd, "pagemap");
    answer.status = fd < 0 ? -errno
                           : pagemap_walk(fd, request->offset, request->offset + request->limit,
                                          pack_span, &sender);
    write_spans(&sender);
    write_answer(&answer, 0);
}

static void find_user(const struct reader_order *request)
{
    errno = 0;
    const struct passwd *user = getpwuid((uid_t)request->offset);
    struct reader_reply answer = {.tag = request->tag, .is_last = 1};
    size_t length = 0;
    if (user) {
        length = strnlen(user->pw_name, (size_t)request->limit);
        memcpy(chunk, user->pw_name, length);
    } else {
        answer.status = -ENOENT;
    }
    write_answer(&answer, length);
}

/* ---- command lines, many at once ---- */

static struct reader_who who[READER_LINES_MAX];

/* Checked after the file was opened: what is open is of that process and no successor. */
static int check_identity(const struct reader_who *of)
{
    struct stat_line line;
    char path[32], text[STAT_TEXT_LIMIT];
    if (of->start_ticks == 0)
        return 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", of->pid);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text));
    if (got <= 0)
        return -ESRCH;
    int r = parse_stat(text, (size_t)got, &line);
    return r < 0 ? r : line.start_ticks == of->start_ticks ? 0 : -ESRCH;
}

/* One read tells all: /proc gives less than was asked for only at the end. */
static int read_line(const struct reader_who *of, char *bytes, size_t limit, size_t *ret_length)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/%d/cmdline", of->pid);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? -ESRCH : -errno;
    int r = check_identity(of);
    ssize_t got = r == 0 ? read(fd, bytes, limit) : 0;
    if (r < 0 || got < 0)
        return r < 0 ? r : -errno;
    if (got == 0)
        return -EAGAIN; /* its first thread may have ended: read_file() looks for another */
    *ret_length = (size_t)got;
    return (size_t)got == limit && has_more(fd);
}

static void read_lines(const struct reader_order *request)
{
    struct reader_reply answer = {.tag = request->tag};
    size_t used = 0, limit = (size_t)request->limit;
    for (uint32_t i = 0; i < request->count; i++) {
        struct reader_line_header header = {.index = (int32_t)i};
        size_t length = 0;
        if (used + sizeof(header) + limit > sizeof(chunk)) {
            write_answer(&answer, used);
            used = 0;
        }
        header.status = read_line(&who[i], chunk + used + sizeof(header), limit, &length);
        header.length = length;
        memcpy(chunk + used, &header, sizeof(header));
        used += sizeof(header) + length;
    }
    answer.is_last = 1;
    write_answer(&answer, used);
}

/* One request and the descriptor that came with it; ends the process at the socket's end. */
static void receive_request(struct reader_order *request, int *ret_dir_fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec parts[] = {{.iov_base = request, .iov_len = sizeof(*request)},
                            {.iov_base = who, .iov_len = sizeof(who)}};
    struct msghdr message = {.msg_iov = parts,
                             .msg_iovlen = 2,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t got = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
    if (got < (ssize_t)sizeof(*request) || request->count > READER_LINES_MAX ||
        (size_t)got != sizeof(*request) + request->count * sizeof(who[0]))
        _exit(0);
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(ret_dir_fd, CMSG_DATA(header), sizeof(int));
}

void reader_serve(void *unused, int fd, int unused_fd)
{
    (void)unused;
    (void)unused_fd;
    socket_fd = fd;
    for (;;) {
        struct reader_order request = {0};
        _cleanup_close_ int dir_fd = -EBADF;
        receive_request(&request, &dir_fd);
        request.name[sizeof(request.name) - 1] = '\0';
        if (request.task == READER_FINDS_USER)
            find_user(&request);
        else if (request.task == READER_WALKS_PAGES)
            walk_pages(&request, dir_fd);
        else if (request.task == READER_READS_LINES)
            read_lines(&request);
        else
            read_file(&request, dir_fd);
    }
}
