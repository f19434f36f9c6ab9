#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "mounts.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/read_files.h"
#include "reaptop/source/reader.h"
#include "support/spawn.h"

static struct descriptor_table files;
static int fds[2] = {-1, -1};

static struct reader *reader;

static void prepare(void)
{
    cr_assert_eq(reader_new(&reader, NULL), 0);
}

static void release(void)
{
    descriptor_table_done(&files);
    reader_free(reader);
    reader = NULL;
    spawn_done();
}

TestSuite(files, .init = prepare, .fini = release, .timeout = 600);

static const struct descriptor_table *list(pid_t pid)
{
    cr_assert_eq(files_read(reader, (struct identity){.pid = pid}, &files), 0);
    return &files;
}

/* ---- our own, beside what the kernel and fstat(2) say ---- */

static bool has_inode(int fd)
{
    char path[64], text[512] = "";
    (void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    _cleanup_file_ FILE *file = fopen(path, "re");
    return file && fread(text, 1, sizeof(text) - 1, file) > 0 && strstr(text, "ino:") != NULL;
}

static void check_against_kernel(const struct descriptor *d)
{
    char link[64], target[4096];
    struct stat status;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", d->fd);
    ssize_t length = readlink(link, target, sizeof(target) - 1);
    if (length < 0)
        return; /* the directory that was being listed */
    target[length] = '\0';
    cr_expect_str_eq(d->target, target);
    cr_assert_eq(fstat(d->fd, &status), 0);
    /* fdinfo has an inode since Linux 5.14; 0 is one that was not read. */
    cr_expect(d->inode == status.st_ino || (d->inode == 0 && !has_inode(d->fd)), "%s: %lu", target,
              (unsigned long)d->inode);
    int flags = fcntl(d->fd, F_GETFL);
    cr_expect_eq(d->flags & O_ACCMODE, (unsigned)flags & O_ACCMODE, "%s", target);
    cr_expect_eq(!!(d->flags & O_CLOEXEC), !!(fcntl(d->fd, F_GETFD) & FD_CLOEXEC), "%s", target);
    if (S_ISDIR(status.st_mode))
        cr_expect_eq(d->type, DESCRIPTOR_DIRECTORY, "%s", target);
    if (S_ISSOCK(status.st_mode))
        cr_expect_eq(d->type, DESCRIPTOR_SOCKET, "%s", target);
    if (S_ISFIFO(status.st_mode))
        cr_expect(d->type == DESCRIPTOR_PIPE || d->type == DESCRIPTOR_FIFO, "%s", target);
}

static int epoll_fd, timer_fd, event_fd;

static int open_all_kinds(void)
{
    sigset_t set;
    struct itimerspec in_an_hour = {.it_value = {.tv_sec = 3600}, .it_interval = {.tv_sec = 2}};
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    int event = eventfd(3, EFD_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    (void)timerfd_settime(timer, 0, &in_an_hour, NULL);
    struct epoll_event watch = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &watch);
    epoll_fd = epoll;
    event_fd = event;
    timer_fd = timer;
    int notify = inotify_init1(IN_CLOEXEC);
    (void)inotify_add_watch(notify, "/tmp", IN_CREATE);
    return event >= 0 && signalfd(-1, &set, SFD_CLOEXEC) >= 0 && epoll >= 0 && notify >= 0 &&
                   memfd_create("name", MFD_CLOEXEC) >= 0 &&
                   open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 &&
                   open("/tmp", O_PATH) >= 0 && open("/dev/null", O_WRONLY | O_APPEND) >= 0 &&
                   socket(AF_NETLINK, SOCK_RAW, 0) >= 0 && pipe(fds) == 0
               ? 0
               : -1;
}

static const struct descriptor *find_type(const struct descriptor_table *table,
                                          enum descriptor_type type)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->descriptors[i].type == type)
            return &table->descriptors[i];
    return NULL;
}

static const struct descriptor *find_fd(const struct descriptor_table *table, int fd)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->descriptors[i].fd == fd)
            return &table->descriptors[i];
    return NULL;
}

Test(files, of_this_process_are_what_readlink_and_fstat_say)
{
    cr_assert_eq(open_all_kinds(), 0);
    const struct descriptor_table *table = list(getpid());
    cr_assert_eq(table->access, ACCESS_OK);
    for (size_t i = 0; i < table->count; i++)
        check_against_kernel(&table->descriptors[i]);

    static const enum descriptor_type types[] = {
        DESCRIPTOR_EVENTFD, DESCRIPTOR_TIMERFD,   DESCRIPTOR_SIGNALFD,    DESCRIPTOR_EPOLL,
        DESCRIPTOR_INOTIFY, DESCRIPTOR_DIRECTORY, DESCRIPTOR_CHAR_DEVICE, DESCRIPTOR_SOCKET,
        DESCRIPTOR_PIPE,    DESCRIPTOR_MEMFD};
    for (size_t i = 0; i < ELEMENTS(types); i++)
        cr_expect_not_null(find_type(table, types[i]), "%s", descriptor_type_name(types[i]));

    const struct descriptor *timer = find_fd(table, timer_fd);
    cr_expect_gt(timer->detail->timer_value_ns, 3000 * NS_PER_SEC);
    cr_expect_eq(timer->detail->timer_interval_ns, 2 * NS_PER_SEC);
    const struct descriptor *epoll = find_fd(table, epoll_fd);
    cr_assert_eq(epoll->detail->watch_count, 1);
    cr_expect_eq(epoll->detail->watches[0].fd, timer->fd);
    cr_expect_eq(find_fd(table, event_fd)->detail->eventfd_count, 3);
    cr_expect(signal_set_has(find_type(table, DESCRIPTOR_SIGNALFD)->detail->signals, SIGTERM));
}

Test(files, looking_leaves_no_descriptor_behind)
{
    int before = spawn_count_descriptors();
    (void)list(getpid());
    descriptor_table_done(&files);
    cr_expect_eq(spawn_count_descriptors(), before);
}

/* ---- a known topology ---- */

static int hold_first(void *argument)
{
    (void)close(fds[1]);
    return spawn_pause(argument);
}

static int hold_second(void *argument)
{
    (void)close(fds[0]);
    return spawn_pause(argument);
}

static const struct peer *find_peer(const struct descriptor *descriptor, pid_t pid)
{
    for (uint32_t i = 0; descriptor && i < descriptor->peer_count; i++)
        if (descriptor->peers[i].pid == pid)
            return &descriptor->peers[i];
    return NULL;
}

static void check_pair(enum peer_role of_first, enum peer_role of_second)
{
    int first_fd = fds[0], second_fd = fds[1];
    pid_t first = spawn_child(hold_first, NULL), second = spawn_child(hold_second, NULL);
    (void)close(fds[0]);
    (void)close(fds[1]);

    const struct descriptor_table *table = list(first);
    const struct peer *peer = find_peer(find_fd(table, first_fd), second);
    cr_assert_not_null(peer);
    cr_expect_eq(peer->fd, second_fd);
    cr_expect_eq(peer->role, of_second);
    cr_expect_null(find_peer(find_fd(table, first_fd), first));
    for (uint32_t i = 0; i < find_fd(table, first_fd)->peer_count; i++)
        cr_expect_eq(find_fd(table, first_fd)->peers[i].pid, second, "%d fd %d %s",
                     find_fd(table, first_fd)->peers[i].pid, find_fd(table, first_fd)->peers[i].fd,
                     find_fd(table, first_fd)->peers[i].comm);
    cr_expect_str_neq(peer->comm, "");

    peer = find_peer(find_fd(list(second), second_fd), first);
    cr_assert_not_null(peer);
    cr_expect_eq(peer->role, of_first);
}

Test(files, ends_of_a_pipe)
{
    cr_assert_eq(pipe(fds), 0);
    check_pair(PEER_READS, PEER_WRITES);
}

Test(files, ends_of_a_unix_socket)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    check_pair(PEER_BOTH, PEER_BOTH);
}

Test(files, ends_of_a_unix_datagram_pair)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    check_pair(PEER_BOTH, PEER_BOTH);
}

Test(files, ends_of_a_terminal)
{
    char name[64];
    fds[0] = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert_eq(grantpt(fds[0]), 0);
    cr_assert_eq(unlockpt(fds[0]), 0);
    cr_assert_eq(ptsname_r(fds[0], name, sizeof(name)), 0);
    fds[1] = open(name, O_RDWR | O_NOCTTY);
    check_pair(PEER_MASTER, PEER_SLAVE);
}

Test(files, an_eventfd_that_two_share)
{
    fds[0] = eventfd(0, 0);
    int fd = fds[0];
    pid_t one = spawn_child(spawn_pause, NULL), other = spawn_child(spawn_pause, NULL);
    (void)close(fds[0]);
    const struct peer *peer = find_peer(find_fd(list(one), fd), other);
    cr_assert_not_null(peer);
    cr_expect_eq(peer->role, PEER_SHARES);
}

Test(files, an_end_that_nobody_holds)
{
    cr_assert_eq(pipe(fds), 0);
    int fd = fds[0];
    pid_t pid = spawn_child(hold_first, NULL);
    (void)close(fds[0]);
    (void)close(fds[1]);
    const struct descriptor *descriptor = find_fd(list(pid), fd);
    cr_expect_eq(descriptor->peers_access, ACCESS_OK);
    cr_expect_eq(descriptor->peer_count, 0);
}

/* ---- how it ends ---- */

Test(files, of_a_zombie_are_gone_not_denied)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    (void)kill(pid, SIGKILL);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    cr_expect_eq(list(pid)->access, ACCESS_ZOMBIE);
}

Test(files, a_successor_is_not_taken_for_the_process)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_expect_eq(files_read(reader, (struct identity){.pid = pid, .start_ticks = 1}, &files),
                 -ESRCH);
    (void)spawn_kill(pid);
    cr_expect_eq(files_read(reader, (struct identity){.pid = pid}, &files), -ESRCH);
}

static int open_many(void *argument)
{
    struct rlimit limit;
    long count = *(const long *)argument;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1;
    limit.rlim_cur = limit.rlim_max > (rlim_t)count + 64 ? (rlim_t)count + 64 : limit.rlim_max;
    limit.rlim_max = limit.rlim_max > limit.rlim_cur ? limit.rlim_max : limit.rlim_cur;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    long opened = 0;
    while (opened < count && dup(fd) >= 0)
        opened++;
    spawn_ready();
    spawn_report((int32_t)opened);
    for (;;)
        (void)pause();
}

Test(files, a_hundred_thousand)
{
    static long count = 100000;
    int32_t opened = 0;
    pid_t pid = spawn_child(open_many, &count);
    cr_assert(spawn_receive(pid, &opened));
    (void)list(pid);
    cr_expect_geq(files.count, (size_t)opened);
    for (size_t i = 1; i < files.count; i++)
        cr_assert_lt(files.descriptors[i - 1].fd, files.descriptors[i].fd);
}

static int look_as_nobody(void *argument)
{
    struct descriptor_table own = DESCRIPTOR_TABLE_INIT;
    if (files_read(NULL, (struct identity){.pid = *(const pid_t *)argument}, &own) < 0)
        return 1;
    int result = own.access == ACCESS_DENIED && own.count == 0 ? 0 : 2;
    if (files_read(NULL, (struct identity){.pid = getpid()}, &own) < 0)
        return 3;
    if (own.access != ACCESS_OK || own.not_looked_into == 0)
        result = 4;
    descriptor_table_done(&own);
    return result;
}

Test(files, of_another_user)
{
    if (geteuid() != 0)
        return;
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_expect_eq(spawn_run_as_nobody(look_as_nobody, &pid), 0);
}

/* ---- mountinfo ---- */

Test(files, mounts_report_who_may_ask_a_server)
{
    static const char text[] = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
                               "28 27 0:40 / /mnt/a\\040b rw shared:1 master:2 - nfs4 h:/x rw\n"
                               "29 27 0:41 / /mnt/s rw - fuse.sshfs h: rw\n"
                               "30 27 0:42 / /mnt/f rw - fusectl none rw\n"
                               "31 27 0:43 / /cut rw\n"
                               "32\n"
                               "x 27 0:44 / /y rw - ext4 z rw\n";
    _cleanup_(mounts_done) struct mounts mounts = MOUNTS_INIT;
    cr_assert_eq(mounts_parse(text, strlen(text), &mounts), 0);
    cr_assert_eq(mounts.count, 4);
    cr_expect_not(mounts_find(&mounts, 27)->may_ask_a_server);
    cr_expect_eq(mounts_find(&mounts, 27)->major, 254);
    cr_expect(mounts_find(&mounts, 28)->may_ask_a_server);
    cr_expect(mounts_find(&mounts, 29)->may_ask_a_server);
    cr_expect_not(mounts_find(&mounts, 30)->may_ask_a_server);
    cr_expect_null(mounts_find(&mounts, 31));
}

Test(files, the_devpts_that_is_on_top_counts)
{
    static const char text[] = "26 24 0:24 / /dev/pts rw - devpts devpts rw\n"
                               "29 26 0:26 / /dev/pts rw - devpts devpts rw\n";
    static const char other[] = "73 66 0:41 / /chroot/dev/pts rw - devpts devpts rw\n";
    _cleanup_(mounts_done) struct mounts mounts = MOUNTS_INIT;
    cr_assert_eq(mounts_parse(text, strlen(text), &mounts), 0);
    cr_expect_eq(mounts_devpts(&mounts), 26);
    cr_assert_eq(mounts_parse(other, strlen(other), &mounts), 0);
    cr_expect_eq(mounts_devpts(&mounts), 0);
}

/* ---- a chroot that is no mount point ---- */

static char root[64];

static int be_in_chroot(void *fifo)
{
    if (chroot(root) < 0 || chdir("/") < 0 || open("/inside", O_RDONLY) < 0 ||
        open(fifo, O_RDWR) < 0)
        return 1;
    spawn_ready();
    for (;;)
        (void)pause();
}

Test(files, in_a_chroot_that_is_no_mount_point)
{
    char path[96];
    if (getuid() != 0)
        cr_skip_test("chroot(2) takes root");
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(root, sizeof(root), "%.40s/chroot.XXXXXX", temporary ? temporary : "/tmp");
    cr_assert_not_null(mkdtemp(root));
    (void)snprintf(path, sizeof(path), "%s/inside", root);
    cr_assert_eq(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/fifo", root);
    cr_assert_eq(mkfifo(path, 0600), 0);
    pid_t pid = spawn_child(be_in_chroot, "/fifo");
    const struct descriptor *directory = find_type(list(pid), DESCRIPTOR_DIRECTORY);
    cr_expect(directory && !directory->is_type_inferred, "its root's mount is in no list of its");
    cr_expect_not_null(find_type(&files, DESCRIPTOR_FIFO));
    cr_expect_null(find_type(&files, DESCRIPTOR_MQUEUE));
    (void)spawn_kill(pid);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/inside", root);
    (void)rmdir(path);
    (void)rmdir(root);
}

Test(files, our_own_root_is_among_our_mounts)
{
    char path[48], text[1024] = "";
    _cleanup_(mounts_done) struct mounts mounts = MOUNTS_INIT;
    _cleanup_close_ int fd = open("/", O_PATH | O_CLOEXEC);
    (void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    _cleanup_close_ int info = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_gt(read(info, text, sizeof(text) - 1), 0);
    const char *at = strstr(text, "mnt_id:");
    cr_assert_not_null(at);
    cr_assert_eq(mounts_add_own(&mounts), 0);
    cr_expect_not_null(mounts_find(&mounts, (int32_t)strtol(at + strlen("mnt_id:"), NULL, 10)));
}
