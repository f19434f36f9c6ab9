#include "situations.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/spawn.h"

/* In memory that the test, the waiter and the holder have in common. */
struct shared {
    pthread_mutex_t mutex;
    sem_t semaphore;
    pid_t holder;
};

static struct shared *shared;
static int fds[2] = {-1, -1};
static int ipc_id = -1;
static bool ipc_is_semaphore;
static char path[64];

static void fill(int fd)
{
    static const char block[4096];
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, block, sizeof(block)) > 0 || errno == EINTR)
        ;
    while (write(fd, block, 1) > 0 || errno == EINTR)
        ;
    (void)fcntl(fd, F_SETFL, 0);
}

static int share(void)
{
    void *memory =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared = memory == MAP_FAILED ? NULL : memory;
    return shared ? 0 : -1;
}

/* ---- pipes: fds[0] is the waiter's end; make_pipe_out() turns them round ---- */

static int make_pipe(void)
{
    return pipe(fds);
}

static int make_full_pipe(void)
{
    int ends[2];
    if (pipe(ends) < 0)
        return -1;
    fds[0] = ends[1];
    fds[1] = ends[0];
    fill(fds[0]);
    return 0;
}

static int make_socketpair(void)
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static int make_full_socketpair(void)
{
    if (make_socketpair() < 0)
        return -1;
    fill(fds[0]);
    return 0;
}

static void hold_other(void)
{
    (void)close(fds[0]);
}

static void read_own(void)
{
    char byte;
    (void)close(fds[1]);
    (void)!read(fds[0], &byte, 1);
}

static void write_own(void)
{
    (void)close(fds[1]);
    (void)!write(fds[0], "x", 1);
}

static void receive_own(void)
{
    char byte;
    (void)close(fds[1]);
    (void)recv(fds[0], &byte, 1, 0);
}

static void poll_own(void)
{
    struct pollfd one = {.fd = fds[0], .events = POLLIN};
    (void)close(fds[1]);
    (void)poll(&one, 1, -1);
}

static void poll_timed(void)
{
    struct pollfd one = {.fd = fds[0], .events = POLLIN};
    const struct timespec time = {.tv_sec = 3600};
    (void)close(fds[1]);
    (void)ppoll(&one, 1, &time, NULL);
}

static void select_own(void)
{
    fd_set set;
    (void)close(fds[1]);
    FD_ZERO(&set);
    FD_SET(fds[0], &set);
    (void)select(fds[0] + 1, &set, NULL, NULL, NULL);
}

static void epoll_own(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    (void)close(fds[1]);
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event);
    (void)epoll_wait(epoll, &event, 1, -1);
}

/* ---- sockets ---- */

/* Stream sockets of the abstract name space (unix(7)). */
static int make_listener(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    static int turn;
    int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "reaptop-test-%d-%d",
                          (int)getpid(), turn++);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    fds[1] = socket(AF_UNIX, SOCK_STREAM, 0);
    fds[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(fds[1], (struct sockaddr *)&name, size) < 0 || listen(fds[1], 0) < 0)
        return -1;
    return connect(fds[0], (struct sockaddr *)&name, size);
}

static int make_quiet_listener(void)
{
    fds[0] = socket(AF_UNIX, SOCK_STREAM, 0);
    const struct sockaddr_un any = {.sun_family = AF_UNIX};
    return bind(fds[0], (const struct sockaddr *)&any, sizeof(any.sun_family)) < 0 ||
                   listen(fds[0], 1) < 0
               ? -1
               : 0;
}

static void accept_own(void)
{
    (void)accept(fds[0], NULL, NULL);
}

/* The queue holds one connection already: fds[0], which the test keeps. */
static void connect_other(void)
{
    struct sockaddr_un name;
    socklen_t size = sizeof(name);
    (void)getsockname(fds[1], (struct sockaddr *)&name, &size);
    (void)close(fds[1]);
    (void)connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, size);
}

/* ---- files ---- */

static int make_path(void)
{
    const char *dir = "/tmp"; /* another user opens it too: TMPDIR is closed to him */
    static int turn;
    (void)snprintf(path, sizeof(path), "%.32s/situation-%d-%d", dir, (int)getpid(), turn++);
    return 0;
}

static int make_fifo(void)
{
    return make_path() < 0 || mkfifo(path, 0666) < 0 ? -1 : chmod(path, 0666);
}

static void open_fifo(void)
{
    (void)open(path, O_RDONLY);
}

static int make_file(void)
{
    (void)make_path();
    fds[0] = open(path, O_RDWR | O_CREAT, 0666);
    return fds[0] < 0 ? -1 : fchmod(fds[0], 0666);
}

static void flock_wait(void)
{
    (void)flock(open(path, O_RDWR), LOCK_EX);
}

static void fcntl_wait(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    (void)fcntl(fds[0], F_SETLKW, &lock);
}

static void fcntl_hold(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    (void)fcntl(fds[0], F_SETLK, &lock);
}

/* ---- descriptors that are no files ---- */

static int make_eventfd(void)
{
    fds[0] = eventfd(0, 0);
    return fds[0] < 0 ? -1 : 0;
}

static void nothing(void)
{
}

static int make_timerfd(void)
{
    const struct itimerspec time = {.it_value = {.tv_sec = 3600}};
    fds[0] = timerfd_create(CLOCK_MONOTONIC, 0);
    return timerfd_settime(fds[0], 0, &time, NULL);
}

static int make_inotify(void)
{
    fds[0] = inotify_init1(0);
    return inotify_add_watch(fds[0], "/proc", IN_DELETE_SELF) < 0 ? -1 : 0;
}

static int make_signalfd(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    fds[0] = signalfd(-1, &set, 0);
    return fds[0] < 0 ? -1 : 0;
}

static void read_any(void)
{
    char buffer[4096];
    (void)!read(fds[0], buffer, sizeof(buffer));
}

static int make_pty(void)
{
    fds[1] = posix_openpt(O_RDWR | O_NOCTTY);
    if (fds[1] < 0 || grantpt(fds[1]) < 0 || unlockpt(fds[1]) < 0)
        return -1;
    fds[0] = open(ptsname(fds[1]), O_RDWR | O_NOCTTY);
    return fds[0] < 0 ? -1 : 0;
}

/* ---- children ---- */

static pid_t start_child(void)
{
    pid_t pid = spawn_bound();
    if (pid == 0)
        for (;;)
            (void)pause();
    shared->holder = pid;
    return pid;
}

static void wait_child(void)
{
    (void)waitpid(start_child(), NULL, 0);
}

static void wait_any_child(void)
{
    siginfo_t info;
    (void)start_child();
    (void)waitid(P_ALL, 0, &info, WEXITED);
}

static void wait_pidfd(void)
{
    struct pollfd one = {.fd = (int)syscall(SYS_pidfd_open, start_child(), 0), .events = POLLIN};
    (void)poll(&one, 1, -1);
}

static void wait_vfork(void)
{
    pid_t pid = vfork();
    if (pid == 0) {
        shared->holder = (pid_t)syscall(SYS_getpid);
        for (;;)
            (void)syscall(SYS_pause);
    }
}

/* ---- memory ---- */

static int make_mutex(void)
{
    pthread_mutexattr_t attributes;
    if (share() < 0)
        return -1;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    return pthread_mutex_init(&shared->mutex, &attributes);
}

static int make_pi_mutex(void)
{
    pthread_mutexattr_t attributes;
    if (share() < 0)
        return -1;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    return pthread_mutex_init(&shared->mutex, &attributes);
}

static void lock_mutex(void)
{
    (void)pthread_mutex_lock(&shared->mutex);
}

static int make_semaphore(void)
{
    return share() < 0 ? -1 : sem_init(&shared->semaphore, 1, 0);
}

static void wait_semaphore(void)
{
    (void)sem_wait(&shared->semaphore);
}

/* ---- System V and POSIX queues ---- */

struct letter {
    long type;
    char text[4096];
};

static int make_semop(void)
{
    ipc_id = semget(IPC_PRIVATE, 1, 0666);
    ipc_is_semaphore = true;
    return ipc_id < 0 ? -1 : 0;
}

static void wait_semop(void)
{
    struct sembuf operation = {.sem_op = -1};
    (void)semop(ipc_id, &operation, 1);
}

static int make_queue(void)
{
    ipc_id = msgget(IPC_PRIVATE, 0666);
    ipc_is_semaphore = false;
    return ipc_id < 0 ? -1 : 0;
}

static int make_full_queue(void)
{
    const struct letter letter = {.type = 1};
    if (make_queue() < 0)
        return -1;
    while (msgsnd(ipc_id, &letter, sizeof(letter.text), IPC_NOWAIT) == 0)
        ;
    return 0;
}

static void receive_message(void)
{
    struct letter letter;
    (void)msgrcv(ipc_id, &letter, sizeof(letter.text), 0, 0);
}

static void send_message(void)
{
    const struct letter letter = {.type = 1};
    (void)msgsnd(ipc_id, &letter, sizeof(letter.text), 0);
}

static int make_mq(void)
{
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    char name[48];
    (void)snprintf(name, sizeof(name), "/reaptop-test-%d", (int)getpid());
    fds[0] = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    (void)mq_unlink(name);
    return fds[0] < 0 ? -1 : 0;
}

static int make_full_mq(void)
{
    return make_mq() < 0 ? -1 : mq_send(fds[0], "x", 1, 0);
}

static void receive_mq(void)
{
    char text[8];
    (void)mq_receive(fds[0], text, sizeof(text), NULL);
}

static void send_mq(void)
{
    (void)mq_send(fds[0], "y", 1, 0);
}

/* ---- nobody else ---- */

static void sleep_long(void)
{
    const struct timespec time = {.tv_sec = 3600};
    (void)nanosleep(&time, NULL);
}

static void sleep_absolute(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += 3600;
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static void pause_own(void)
{
    (void)pause();
}

static void suspend_own(void)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigsuspend(&none);
}

static void wait_signal(void)
{
    sigset_t set;
    int signal;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)sigwait(&set, &signal);
}

static void lock_hold(void)
{
    (void)flock(open(path, O_RDWR), LOCK_EX);
}

const struct situation situations[] = {
    /* name, kind, state, prepare, wait, hold, holder_is_child, takes_thread */
    {"read of a pipe", "read", 'S', make_pipe, read_own, hold_other, false, true},
    {"write to a full pipe", "write", 'S', make_full_pipe, write_own, hold_other, false, true},
    {"read of a socket", "read", 'S', make_socketpair, read_own, hold_other, false, true},
    {"recv of a socket", "read", 'S', make_socketpair, receive_own, hold_other, false, true},
    {"write to a full socket", "write", 'S', make_full_socketpair, write_own, hold_other, false,
     true},
    {"read of a terminal", "read", 'S', make_pty, read_own, hold_other, false, true},
    {"poll", "poll", 'S', make_pipe, poll_own, hold_other, false, true},
    {"ppoll with a time", "poll", 'S', make_pipe, poll_timed, hold_other, false, true},
    {"select", "poll", 'S', make_pipe, select_own, hold_other, false, true},
    {"epoll_wait", "epoll", 'S', make_socketpair, epoll_own, hold_other, false, true},
    {"accept", "accept", 'S', make_quiet_listener, accept_own, NULL, false, true},
    {"connect to a full queue", "connect", 'S', make_listener, connect_other, hold_other, false,
     true},
    {"open of a FIFO", "open_fifo", 'S', make_fifo, open_fifo, NULL, false, true},
    {"flock", "lock", 'S', make_file, flock_wait, lock_hold, false, true},
    {"fcntl lock", "lock", 'S', make_file, fcntl_wait, fcntl_hold, false, true},
    {"read of an eventfd", "read", 'S', make_eventfd, read_any, nothing, false, true},
    {"read of a timerfd", "read", 'S', make_timerfd, read_any, NULL, false, true},
    {"read of inotify", "read", 'S', make_inotify, read_any, NULL, false, true},
    {"read of a signalfd", "read", 'S', make_signalfd, read_any, NULL, false, true},
    {"waitpid", "child", 'S', share, wait_child, NULL, true, true},
    {"waitid of any", "child", 'S', share, wait_any_child, NULL, true, true},
    {"poll of a pidfd", "poll", 'S', share, wait_pidfd, NULL, true, true},
    {"vfork", "vfork", 'D', share, wait_vfork, NULL, true, false},
    {"mutex of two processes", "futex", 'S', make_mutex, lock_mutex, lock_mutex, false, true},
    {"mutex with priorities", "futex", 'S', make_pi_mutex, lock_mutex, lock_mutex, false, true},
    {"sem_wait", "futex", 'S', make_semaphore, wait_semaphore, nothing, false, true},
    {"semop", "semaphore", 'S', make_semop, wait_semop, NULL, false, true},
    {"msgrcv", "msg_receive", 'S', make_queue, receive_message, NULL, false, true},
    {"msgsnd", "msg_send", 'S', make_full_queue, send_message, NULL, false, true},
    {"mq_receive", "mq_receive", 'S', make_mq, receive_mq, NULL, false, true},
    {"mq_send", "mq_send", 'S', make_full_mq, send_mq, NULL, false, true},
    {"nanosleep", "timer", 'S', NULL, sleep_long, NULL, false, true},
    {"sleep until a moment", "timer", 'S', NULL, sleep_absolute, NULL, false, true},
    {"pause", "signal", 'S', NULL, pause_own, NULL, false, true},
    {"sigsuspend", "signal", 'S', NULL, suspend_own, NULL, false, true},
    {"sigwait", "signal", 'S', NULL, wait_signal, NULL, false, true},
};
const size_t situation_count = sizeof(situations) / sizeof(situations[0]);

pid_t situation_holder(void)
{
    return shared ? __atomic_load_n(&shared->holder, __ATOMIC_SEQ_CST) : 0;
}

void situation_clear(void)
{
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
        fds[i] = -1;
    }
    if (ipc_id >= 0)
        (void)(ipc_is_semaphore ? semctl(ipc_id, 0, IPC_RMID) : msgctl(ipc_id, IPC_RMID, NULL));
    ipc_id = -1;
    if (path[0] != '\0')
        (void)unlink(path);
    path[0] = '\0';
    if (shared)
        (void)munmap(shared, sizeof(*shared));
    shared = NULL;
}
