#include "held.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "test_child.h"

enum {
    PAGE = 4096,
    REQUEST_SIZE = 64 * 1024,
    LONGEST_WAIT_S = 10
};

/* What the processes of one held tell each other. */
struct board {
    char path[64];
    pid_t victim;
    char *volatile page;
    volatile int reads; /* that the file was asked for, and left without an answer */
};

/* ---- the file ---- */

static void answer(int fuse, uint64_t unique, const void *body, size_t length)
{
    char bytes[sizeof(struct fuse_out_header) + 256];
    struct fuse_out_header header = {.len = (uint32_t)(sizeof(header) + length), .unique = unique};
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), body, length);
    (void)!write(fuse, bytes, header.len);
}

static void serve_one(int fuse, const struct fuse_in_header *request, struct board *board)
{
    const struct fuse_init_out init = {
        .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = PAGE};
    const struct fuse_attr_out attributes = {
        .attr = {.ino = FUSE_ROOT_ID, .size = PAGE, .mode = S_IFREG | 0644, .nlink = 1}};
    const struct fuse_open_out open_out = {.fh = 1};
    switch (request->opcode) {
    case FUSE_INIT:
        answer(fuse, request->unique, &init, sizeof(init));
        specimen_ready();
        break;
    case FUSE_GETATTR:
        answer(fuse, request->unique, &attributes, sizeof(attributes));
        break;
    case FUSE_OPEN:
        answer(fuse, request->unique, &open_out, sizeof(open_out));
        break;
    case FUSE_READ:
        board->reads++;
        break;
    default: /* mute */
        break;
    }
}

static void body_serves(void *argument)
{
    static char request[REQUEST_SIZE];
    struct board *board = argument;
    char options[96];
    int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    (void)snprintf(options, sizeof(options), "fd=%d,rootmode=100644,user_id=0,group_id=0", fuse);
    if (fuse < 0 || mount("reaptop-test", board->path, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
        return;
    for (;;) {
        ssize_t got = read(fuse, request, sizeof(request));
        if (got >= (ssize_t)sizeof(struct fuse_in_header))
            serve_one(fuse, (const struct fuse_in_header *)(const void *)request, board);
        else if (got < 0 && errno != EINTR && errno != ENOENT)
            return;
    }
}

/* ---- the victim and its poker ---- */

static void body_is_held(void *argument)
{
    struct board *board = argument;
    struct stat status;
    sigset_t usr1;
    int signal;
    (void)sigemptyset(&usr1);
    (void)sigaddset(&usr1, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &usr1, NULL);

    int fd = open(board->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size != PAGE)
        return;
    board->page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    if (board->page == MAP_FAILED)
        return;
    specimen_ready();
    (void)sigwait(&usr1, &signal);
    (void)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    specimen_stay();
}

static void body_pokes(void *argument)
{
    struct board *board = argument;
    char path[32], byte;
    (void)snprintf(path, sizeof(path), "/proc/%d/mem", board->victim);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    specimen_ready();
    (void)!pread(fd, &byte, 1, (off_t)(uintptr_t)board->page);
    specimen_stay();
}

static void body_holds_epoll(void *argument)
{
    const struct board *board = argument;
    struct stat status;
    int fd = open(board->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size != PAGE)
        return;
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    int epoll = dup3(epoll_create1(0), HELD_EPOLL_FD, O_CLOEXEC);
    int ready = eventfd(1, 0);
    struct epoll_event event = {.events = EPOLLIN};
    if (page == MAP_FAILED || epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, ready, &event) < 0)
        return;
    specimen_ready();
    (void)epoll_wait(epoll, page, 1, -1);
    specimen_stay();
}

static void body_reads(void *argument)
{
    const struct board *board = argument;
    char byte;
    int fd = open(board->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    specimen_ready();
    (void)!read(fd, &byte, 1);
    specimen_stay();
}

/* ---- putting it together ---- */

static int is_asked_for(const struct board *board)
{
    return board->reads > 0;
}

/* D: it waits for its own memory lock. */
static int is_victim_stuck(const struct board *board)
{
    char path[32], state = '\0';
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", board->victim);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    (void)!fscanf(file, "%*d (%*[^)]) %c", &state);
    (void)fclose(file);
    return state == 'D';
}

static int wait_until(int (*is_so)(const struct board *), const struct board *board)
{
    time_t end = time(NULL) + LONGEST_WAIT_S;
    while (!is_so(board)) {
        if (time(NULL) > end)
            return -1;
        (void)sched_yield();
    }
    return 0;
}

/* A mount namespace of our own: the mount goes with us. */
static const char *make_mount_point(struct board *board)
{
    (void)snprintf(board->path, sizeof(board->path), "/tmp/reaptop-test-%d.mute", getpid());
    int fd = open(board->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return "no file to mount on";
    (void)close(fd);
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return "no mount namespace";
    return NULL;
}

static const char *start_server(struct held *held, struct board *board)
{
    const char *why = make_mount_point(board);
    if (why)
        return why;
    held->server = specimen_start(body_serves, board);
    return held->server < 0 ? "no FUSE" : NULL;
}

static const char *start(struct held *held, struct board *board)
{
    const char *why = start_server(held, board);
    if (why)
        return why;
    held->victim = board->victim = specimen_start(body_is_held, board);
    held->poker = held->victim < 0 ? -1 : specimen_start(body_pokes, board);
    if (held->poker < 0)
        return "the mute file cannot be mapped";
    if (wait_until(is_asked_for, board) < 0 || kill(held->victim, SIGUSR1) < 0 ||
        wait_until(is_victim_stuck, board) < 0)
        return "this kernel does not hold the lock";
    return NULL;
}

static const char *start_epoll(struct held *held, struct board *board)
{
    const char *why = start_server(held, board);
    if (why)
        return why;
    held->victim = board->victim = specimen_start(body_holds_epoll, board);
    if (held->victim < 0)
        return "the mute file cannot be mapped";
    return wait_until(is_asked_for, board) < 0 ? "this kernel does not hold the mutex" : NULL;
}

static const char *start_reader(struct held *held, struct board *board)
{
    const char *why = start_server(held, board);
    if (why)
        return why;
    held->victim = board->victim = specimen_start(body_reads, board);
    if (held->victim < 0)
        return "the mute file cannot be opened";
    return wait_until(is_asked_for, board) < 0 ? "the file is not asked for" : NULL;
}

static int begin(const char *(*start_it)(struct held *held, struct board *board),
                 struct held *ret_held, const char **ret_why)
{
    struct board *board =
        mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct held held = {0};
    if (board == MAP_FAILED)
        return -1;
    *ret_why = start_it(&held, board);
    (void)snprintf(held.path, sizeof(held.path), "%s", board->path);
    if (*ret_why) {
        held_end(&held);
        return -1;
    }
    *ret_held = held;
    return 0;
}

int held_start(struct held *ret_held, const char **ret_why)
{
    return begin(start, ret_held, ret_why);
}

int held_start_epoll(struct held *ret_held, const char **ret_why)
{
    return begin(start_epoll, ret_held, ret_why);
}

int held_start_reader(struct held *ret_held, const char **ret_why)
{
    return begin(start_reader, ret_held, ret_why);
}

void held_end(struct held *held)
{
    specimen_end(held->server);
    specimen_end(held->poker);
    specimen_end(held->victim);
    (void)umount2(held->path, MNT_DETACH);
    (void)unlink(held->path);
}
