/*
 * Each wait that `why` knows, with real processes: they block for real, and the
 * chain must name who holds them up.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "reaptop/base/clock.h"
#include "reaptop/source/evidence.h"
#include "support/spawn.h"

#define PATIENCE_NS (10 * NS_PER_SEC)

static struct reader *reader;
static struct evidence *evidence;
static struct why_chain chain;
static int fds[2] = {-1, -1};
static char directory[] = "/tmp/reaptop-why-XXXXXX";
static char path[64];
static int ipc_id = -1;

static void prepare(void)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(reader_new(&reader, &error), 0, "%s", error.message);
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(path, sizeof(path), "%s/file", directory);
}

static void forget(void)
{
    why_chain_done(&chain);
    evidence_free(evidence);
    evidence = NULL;
}

static void release(void)
{
    forget();
    spawn_done();
    reader_free(reader);
    (void)unlink(path);
    (void)rmdir(directory);
}

TestSuite(evidence, .init = prepare, .fini = release, .timeout = 600);

/* ---- asking ---- */

static bool ask(pid_t pid, pid_t tid)
{
    forget();
    int r = evidence_new(reader, (struct identity){.pid = pid}, tid, &evidence);
    if (r == 0)
        r = evidence_gather(evidence);
    return r == 0 && why_build(evidence_why(evidence), false, &chain) == 0 && chain.count > 0;
}

static const struct why_link *find_link(pid_t tid, enum why_role role)
{
    for (size_t i = 0; i < chain.count; i++)
        if (chain.links[i].tid == tid && chain.links[i].role == role)
            return &chain.links[i];
    return NULL;
}

/* Asks until the process has come to wait as it shall (it is on its way there), or patience ends.
 */
static bool await_kind(pid_t pid, pid_t tid, enum why_kind kind)
{
    uint64_t until = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
    do {
        if (ask(pid, tid) && chain.links[0].kind == kind)
            return true;
        (void)sched_yield();
    } while (clock_ns(CLOCK_MONOTONIC) < until);
    return false;
}

/* … and until the chain holds the culprit in that role, come to rest itself (unless it is us). */
static const struct why_link *await_culprit(pid_t pid, enum why_kind kind, pid_t culprit,
                                            enum why_role role)
{
    uint64_t until = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
    const struct why_link *link = NULL;
    do {
        if (ask(pid, 0) && chain.links[0].kind == kind && (link = find_link(culprit, role)) &&
            (link->kind != WHY_RUNNING || culprit == getpid()))
            return link;
        (void)sched_yield();
    } while (clock_ns(CLOCK_MONOTONIC) < until);
    cr_log_error("kind %s, %zu links, %s", why_kind_name(chain.links[0].kind), chain.count,
                 chain.links[0].waits_for ? chain.links[0].waits_for : "");
    return NULL;
}

static bool has_note(const struct why_link *link, const char *part)
{
    for (uint32_t i = 0; link && i < link->note_count; i++)
        if (strstr(link->notes[i], part))
            return true;
    return false;
}

static void close_both(void)
{
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static int32_t receive(pid_t pid)
{
    int32_t number = -1;
    cr_assert(spawn_receive(pid, &number));
    return number;
}

/* ---- bodies ---- */

static int read_first(void *argument)
{
    char byte;
    (void)argument;
    (void)close(fds[1]);
    spawn_ready();
    return (int)read(fds[0], &byte, 1);
}

static int hold_second(void *argument)
{
    (void)close(fds[0]);
    return spawn_pause(argument);
}

static int fill_second(void *argument)
{
    static char bytes[1 << 16];
    (void)argument;
    (void)close(fds[0]);
    spawn_ready();
    while (write(fds[1], bytes, sizeof(bytes)) > 0)
        ;
    return 1;
}

static int hold_first(void *argument)
{
    (void)close(fds[1]);
    return spawn_pause(argument);
}

static void wake(int signal)
{
    (void)signal;
}

/* As an event loop does: it polls a pipe that only its own handler writes to. */
static int poll_own_pipe(void *argument)
{
    struct sigaction action = {.sa_handler = wake};
    const bool *is_caught = argument;
    if (*is_caught)
        (void)sigaction(SIGUSR1, &action, NULL);
    struct pollfd poll_fd = {.fd = fds[0], .events = POLLIN};
    spawn_ready();
    return poll(&poll_fd, 1, -1);
}

/* ---- pipes ---- */

Test(evidence, a_loop_over_its_own_pipe_is_idle_where_a_signal_wakes_it)
{
    bool is_caught = true;
    cr_assert_eq(pipe(fds), 0);
    pid_t loop = spawn_child(poll_own_pipe, &is_caught);
    close_both();
    cr_assert(await_kind(loop, 0, WHY_POLL));
    cr_expect_eq(chain.verdict, WHY_VERDICT_INTERRUPTIBLE);
    cr_expect_not_null(strstr(chain.conclusion, "no deadlock"));

    is_caught = false;
    cr_assert_eq(pipe(fds), 0);
    pid_t stuck = spawn_child(poll_own_pipe, &is_caught);
    close_both();
    cr_assert(await_kind(stuck, 0, WHY_POLL));
    cr_expect_eq(chain.verdict, WHY_VERDICT_CIRCLE);
}

Test(evidence, empty_pipe)
{
    cr_assert_eq(pipe(fds), 0);
    pid_t reader_pid = spawn_child(read_first, NULL), writer = spawn_child(hold_second, NULL);
    close_both();
    const struct why_link *link = await_culprit(reader_pid, WHY_READ, writer, WHY_ROLE_WRITER);
    cr_assert_not_null(link);
    cr_expect(link->must_act);
    cr_expect_eq(link->certainty, WHY_OBSERVED);
    cr_expect_eq(link->kind, WHY_SIGNAL);
    cr_assert_not_null(chain.links[0].evidence);
    cr_expect_not_null(strstr(chain.links[0].evidence, "read(fd="));
    cr_expect_not_null(strstr(chain.links[0].waits_for, "pipe:["));
    cr_assert_not_null(chain.conclusion);
    cr_expect_not_null(strstr(chain.conclusion, "must write to it"));
}

Test(evidence, full_pipe)
{
    cr_assert_eq(pipe(fds), 0);
    pid_t writer = spawn_child(fill_second, NULL), reader_pid = spawn_child(hold_first, NULL);
    close_both();
    const struct why_link *link = await_culprit(writer, WHY_WRITE, reader_pid, WHY_ROLE_READER);
    cr_assert_not_null(link);
    cr_expect(link->must_act);
    cr_expect_not_null(strstr(link->act, "read"));
}

/* The classic: a reader that kept its own write end open waits for itself. */
static int read_and_hold(void *argument)
{
    char byte;
    (void)argument;
    spawn_ready();
    return (int)read(fds[0], &byte, 1);
}

Test(evidence, pipe_whose_reader_is_its_only_writer)
{
    cr_assert_eq(pipe(fds), 0);
    pid_t pid = spawn_child(read_and_hold, NULL);
    close_both();
    cr_assert_not_null(await_culprit(pid, WHY_READ, pid, WHY_ROLE_WRITER));
    cr_expect_eq(chain.verdict, WHY_VERDICT_CIRCLE);
}

static int open_fifo(void *argument)
{
    spawn_ready();
    return open(argument, O_RDONLY);
}

Test(evidence, fifo_without_its_other_side)
{
    cr_assert_eq(mkfifo(path, 0600), 0);
    pid_t pid = spawn_child(open_fifo, path);
    cr_assert(await_kind(pid, 0, WHY_OPEN_FIFO));
    cr_expect_eq(chain.count, 1);
    cr_expect_not_null(strstr(chain.links[0].waits_for, path));
    cr_expect_not_null(strstr(chain.links[0].waits_for, "for writing"));
    cr_assert_not_null(chain.conclusion);
    cr_expect_not_null(strstr(chain.conclusion, "whoever opens the FIFO's other side"));
}

static int hold_fifo(void *argument)
{
    int fd = open(argument, O_RDWR | O_CLOEXEC);
    return fd < 0 ? 1 : spawn_pause(NULL);
}

static int read_fifo(void *argument)
{
    char byte;
    int fd = open(argument, O_RDONLY | O_CLOEXEC);
    spawn_ready();
    return fd < 0 ? 1 : (int)read(fd, &byte, 1);
}

Test(evidence, fifo_with_a_silent_writer)
{
    cr_assert_eq(mkfifo(path, 0600), 0);
    pid_t writer = spawn_child(hold_fifo, path), pid = spawn_child(read_fifo, path);
    cr_assert_not_null(await_culprit(pid, WHY_READ, writer, WHY_ROLE_WRITER));
}

/* ---- children ---- */

static pid_t fork_pausing(void)
{
    pid_t pid = spawn_bound();
    if (pid == 0)
        for (;;)
            (void)pause();
    return pid;
}

static int wait_for_child(void *argument)
{
    (void)argument;
    pid_t pid = fork_pausing();
    spawn_report(pid);
    return (int)waitpid(pid, NULL, 0);
}

static int wait_for_any(void *argument)
{
    (void)argument;
    siginfo_t info;
    (void)fork_pausing();
    spawn_report(fork_pausing());
    return waitid(P_ALL, 0, &info, WEXITED);
}

/* The number that a body tells first is what grow() takes as "ready": bodies that tell a PID
 * say ready before. */
static int ready_and_wait_for_child(void *argument)
{
    spawn_ready();
    return wait_for_child(argument);
}

static int ready_and_wait_for_any(void *argument)
{
    spawn_ready();
    return wait_for_any(argument);
}

Test(evidence, wait4_names_the_child)
{
    pid_t pid = spawn_child(ready_and_wait_for_child, NULL), child = receive(pid);
    const struct why_link *link = await_culprit(pid, WHY_CHILD, child, WHY_ROLE_CHILD);
    cr_assert_not_null(link);
    cr_expect(link->must_act);
    cr_expect_eq(chain.count, 2);
}

Test(evidence, waitid_names_all_children)
{
    pid_t pid = spawn_child(ready_and_wait_for_any, NULL), child = receive(pid);
    cr_assert_not_null(await_culprit(pid, WHY_CHILD, child, WHY_ROLE_CHILD));
    cr_expect_eq(chain.count, 3);
}

static int vfork_pausing(void *argument)
{
    (void)argument;
    spawn_ready();
    /* vfork(2) itself, but the compiler may not warn of what the child does. */
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_VFORK | CLONE_VM | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        spawn_report(1); /* before that it would outlive its parent, which only SIGKILL ends */
        for (;;)
            (void)pause();
    }
    return 1;
}

Test(evidence, vfork_parent_waits_for_its_child)
{
    pid_t pid = spawn_child(vfork_pausing, NULL);
    (void)receive(pid);
    cr_assert(await_kind(pid, 0, WHY_VFORK));
    cr_expect_eq(chain.links[0].state, 'D');
    cr_assert_eq(chain.count, 2);
    cr_expect_eq(chain.links[1].role, WHY_ROLE_VFORK_CHILD);
    cr_expect(chain.links[1].must_act);
}

/* ---- futexes ---- */

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static void *lock_and_pause(void *argument)
{
    (void)pthread_mutex_lock(&first);
    spawn_report((int32_t)syscall(SYS_gettid));
    (void)pthread_barrier_wait(&both);
    for (;;)
        (void)pause();
    return argument;
}

static int lock_the_locked(void *argument)
{
    pthread_t thread;
    spawn_ready();
    (void)pthread_barrier_init(&both, NULL, 2);
    (void)pthread_create(&thread, NULL, lock_and_pause, argument);
    (void)pthread_barrier_wait(&both);
    return pthread_mutex_lock(&first);
}

Test(evidence, mutex_names_the_thread_that_holds_it)
{
    pid_t pid = spawn_child(lock_the_locked, NULL), owner = receive(pid);
    const struct why_link *link = await_culprit(pid, WHY_FUTEX, owner, WHY_ROLE_MUTEX_OWNER);
    cr_assert_not_null(link);
    cr_expect_eq(link->pid, pid);
    cr_expect_eq(link->certainty, WHY_INFERRED);
    cr_expect(link->must_act);
}

static int lock_pi(void *argument)
{
    pthread_mutexattr_t attributes;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    (void)pthread_mutex_init(&first, &attributes);
    return lock_the_locked(argument);
}

Test(evidence, the_owner_of_a_pi_futex_is_observed)
{
    pid_t pid = spawn_child(lock_pi, NULL), owner = receive(pid);
    cr_assert_not_null(await_culprit(pid, WHY_FUTEX, owner, WHY_ROLE_MUTEX_OWNER));
    cr_expect_eq(chain.links[0].certainty, WHY_OBSERVED);
}

static void *lock_in_order(void *argument)
{
    pthread_mutex_t *const *order = argument;
    (void)pthread_mutex_lock(order[0]);
    spawn_report((int32_t)syscall(SYS_gettid));
    (void)pthread_barrier_wait(&both);
    (void)pthread_mutex_lock(order[1]);
    return NULL;
}

static int deadlock_threads(void *argument)
{
    static pthread_mutex_t *const one_way[] = {&first, &second}, *const other_way[] = {&second,
                                                                                       &first};
    pthread_t threads[2];
    (void)argument;
    spawn_ready();
    (void)pthread_barrier_init(&both, NULL, 2);
    (void)pthread_create(&threads[0], NULL, lock_in_order, (void *)one_way);
    (void)pthread_create(&threads[1], NULL, lock_in_order, (void *)other_way);
    return pthread_join(threads[0], NULL);
}

static bool await_circle(pid_t pid, enum why_kind kind)
{
    uint64_t until = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
    do {
        if (ask(pid, 0) && chain.verdict == WHY_VERDICT_CIRCLE && chain.links[0].kind == kind)
            return true;
        (void)sched_yield();
    } while (clock_ns(CLOCK_MONOTONIC) < until);
    return false;
}

Test(evidence, two_lock_deadlock_is_a_circle)
{
    pid_t pid = spawn_child(deadlock_threads, NULL);
    int32_t one = receive(pid), other = receive(pid);
    cr_assert(await_circle(pid, WHY_FUTEX));
    cr_expect_eq(chain.links[0].kind, WHY_FUTEX);
    cr_expect_eq(chain.links[1].role, WHY_ROLE_JOINED);
    cr_assert_eq(chain.count, 4);
    cr_expect_eq(chain.links[3].circle_to, 1);
    cr_expect((chain.links[1].tid == one && chain.links[2].tid == other) ||
              (chain.links[1].tid == other && chain.links[2].tid == one));
    cr_expect_not_null(strstr(chain.conclusion, "deadlock"));
}

/* The first thread has nothing to do with it: it waits for a signal. */
static int deadlock_behind(void *argument)
{
    static pthread_mutex_t *const one_way[] = {&first, &second}, *const other_way[] = {&second,
                                                                                       &first};
    pthread_t threads[2];
    (void)argument;
    spawn_ready();
    (void)pthread_barrier_init(&both, NULL, 2);
    (void)pthread_create(&threads[0], NULL, lock_in_order, (void *)one_way);
    (void)pthread_create(&threads[1], NULL, lock_in_order, (void *)other_way);
    while (pause() < 0)
        ;
    return 1;
}

Test(evidence, a_deadlock_behind_an_idle_first_thread)
{
    pid_t pid = spawn_child(deadlock_behind, NULL);
    cr_assert(await_circle(pid, WHY_SIGNAL));
    cr_expect_eq(chain.links[0].kind, WHY_SIGNAL);
    cr_assert_eq(chain.count, 4);
    cr_expect_eq(chain.links[1].from, -1);
    cr_expect_eq(chain.links[3].circle_to, 1);
}

/* The same between two processes, by mutexes in shared memory. */
struct shared {
    pthread_mutex_t locks[2];
    pthread_barrier_t barrier;
};

static struct shared *shared;

static int lock_shared(void *argument)
{
    int own = *(const int *)argument;
    spawn_ready();
    (void)pthread_mutex_lock(&shared->locks[own]);
    (void)pthread_barrier_wait(&shared->barrier);
    return pthread_mutex_lock(&shared->locks[1 - own]);
}

Test(evidence, two_processes_in_a_deadlock)
{
    static int sides[] = {0, 1};
    pthread_mutexattr_t attributes;
    pthread_barrierattr_t barrier_attributes;
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(shared, MAP_FAILED);
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutex_init(&shared->locks[0], &attributes);
    (void)pthread_mutex_init(&shared->locks[1], &attributes);
    (void)pthread_barrierattr_init(&barrier_attributes);
    (void)pthread_barrierattr_setpshared(&barrier_attributes, PTHREAD_PROCESS_SHARED);
    (void)pthread_barrier_init(&shared->barrier, &barrier_attributes, 2);
    pid_t one = spawn_child(lock_shared, &sides[0]), other = spawn_child(lock_shared, &sides[1]);
    cr_assert(await_circle(one, WHY_FUTEX));
    cr_assert_eq(chain.count, 3);
    cr_expect_eq(chain.links[1].tid, other);
    cr_expect_eq(chain.links[2].circle_to, 0);
}

static int wait_for_post(void *argument)
{
    sem_t semaphore;
    (void)argument;
    (void)sem_init(&semaphore, 0, 0);
    spawn_ready();
    return sem_wait(&semaphore);
}

Test(evidence, posix_semaphore)
{
    pid_t pid = spawn_child(wait_for_post, NULL);
    cr_assert(await_kind(pid, 0, WHY_FUTEX));
    cr_expect_eq(why_futex_kind(&evidence_why(evidence)->tasks[0]), FUTEX_IS_SEMAPHORE);
    cr_expect_not_null(strstr(chain.links[0].waits_for, "semaphore"));
    cr_expect_eq(chain.links[0].certainty, WHY_INFERRED);
}

static int wait_for_shared_post(void *argument)
{
    spawn_ready();
    return sem_wait(argument);
}

static int hold_mapping(void *argument)
{
    return spawn_pause(argument);
}

Test(evidence, posix_semaphore_names_who_shares_it)
{
    sem_t *semaphore =
        mmap(NULL, sizeof(*semaphore), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(semaphore, MAP_FAILED);
    (void)sem_init(semaphore, 1, 0);
    pid_t pid = spawn_child(wait_for_shared_post, semaphore),
          poster = spawn_child(hold_mapping, semaphore);
    const struct why_link *link = await_culprit(pid, WHY_FUTEX, poster, WHY_ROLE_SEMAPHORE_SHARER);
    if (!link && evidence_why(evidence)->tasks[0].found_more > 0)
        cr_skip_test("the search among all processes is bounded, and was not done in time");
    cr_assert_not_null(link);
    cr_expect_eq(link->certainty, WHY_INFERRED);
    cr_expect_not_null(strstr(link->act, "post"));
}

static int wait_for_condition(void *argument)
{
    static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    (void)argument;
    (void)pthread_mutex_lock(&first);
    spawn_ready();
    return pthread_cond_wait(&condition, &first);
}

Test(evidence, a_condition_names_nobody)
{
    pid_t pid = spawn_child(wait_for_condition, NULL);
    cr_assert(await_kind(pid, 0, WHY_FUTEX));
    cr_expect_eq(why_futex_kind(&evidence_why(evidence)->tasks[0]), FUTEX_IS_UNKNOWN);
    cr_expect_eq(chain.count, 1);
}

/* ---- file locks ---- */

static int take_flock(void *argument)
{
    int fd = open(argument, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd < 0 || flock(fd, LOCK_EX) < 0 ? 1 : spawn_pause(NULL);
}

static int want_flock(void *argument)
{
    int fd = open(argument, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    spawn_ready();
    return flock(fd, LOCK_EX);
}

Test(evidence, flock_names_the_owner)
{
    pid_t owner = spawn_child(take_flock, path), pid = spawn_child(want_flock, path);
    const struct why_link *link = await_culprit(pid, WHY_LOCK, owner, WHY_ROLE_LOCK_OWNER);
    cr_assert_not_null(link);
    cr_expect(link->must_act);
    cr_expect_eq(link->certainty, WHY_OBSERVED);
    cr_expect_not_null(strstr(chain.links[0].waits_for, path));
}

/* Who took it is gone; a child still has the file open, and the test ends it. */
static int leave_pausing_child(void *argument)
{
    int fd = open(argument, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) < 0)
        return 1;
    spawn_ready();
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            (void)pause();
    spawn_report(pid);
    return 0;
}

Test(evidence, flock_that_a_child_inherited)
{
    pid_t gone = spawn_child(leave_pausing_child, path), heir = receive(gone);
    (void)spawn_reap(gone);
    pid_t pid = spawn_child(want_flock, path);
    const struct why_link *link = await_culprit(pid, WHY_LOCK, heir, WHY_ROLE_LOCK_OWNER);
    (void)kill(heir, SIGKILL);
    cr_expect_not_null(link);
}

static int set_lock(const char *name, int command)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd < 0 ? -1 : fcntl(fd, command, &lock);
}

static int take_fcntl(void *argument)
{
    return set_lock(argument, F_SETLK) < 0 ? 1 : spawn_pause(NULL);
}

static int want_fcntl(void *argument)
{
    spawn_ready();
    return set_lock(argument, F_SETLKW);
}

static int take_ofd(void *argument)
{
    return set_lock(argument, F_OFD_SETLK) < 0 ? 1 : spawn_pause(NULL);
}

static int want_ofd(void *argument)
{
    spawn_ready();
    return set_lock(argument, F_OFD_SETLKW);
}

Test(evidence, fcntl_lock_names_the_owner)
{
    pid_t owner = spawn_child(take_fcntl, path), pid = spawn_child(want_fcntl, path);
    cr_assert_not_null(await_culprit(pid, WHY_LOCK, owner, WHY_ROLE_LOCK_OWNER));
    cr_expect_eq(chain.links[1].certainty, WHY_OBSERVED);
}

Test(evidence, ofd_lock_is_found_by_its_file)
{
    pid_t owner = spawn_child(take_ofd, path), pid = spawn_child(want_ofd, path);
    cr_assert_not_null(await_culprit(pid, WHY_LOCK, owner, WHY_ROLE_LOCK_OWNER));
}

Test(evidence, fcntl_waits_behind_an_ofd_lock)
{
    pid_t owner = spawn_child(take_ofd, path), pid = spawn_child(want_fcntl, path);
    cr_assert_not_null(await_culprit(pid, WHY_LOCK, owner, WHY_ROLE_LOCK_OWNER));
}

/* ---- sockets ---- */

Test(evidence, unix_socket)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    pid_t pid = spawn_child(read_first, NULL), peer = spawn_child(hold_second, NULL);
    close_both();
    const struct why_link *link = await_culprit(pid, WHY_READ, peer, WHY_ROLE_SOCKET_PEER);
    cr_assert_not_null(link);
    cr_expect(link->must_act);
}

Test(evidence, full_unix_socket)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    pid_t pid = spawn_child(fill_second, NULL), peer = spawn_child(hold_first, NULL);
    close_both();
    const struct why_link *link = await_culprit(pid, WHY_WRITE, peer, WHY_ROLE_SOCKET_PEER);
    cr_assert_not_null(link);
    cr_expect_not_null(strstr(link->act, "read"));
}

static struct sockaddr_un unix_address(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

static int listen_unix(int backlog)
{
    struct sockaddr_un address = unix_address();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, backlog) < 0)
        return -1;
    return fd;
}

static int hold_listener(void *argument)
{
    return listen_unix(*(const int *)argument) < 0 ? 1 : spawn_pause(NULL);
}

static int connect_unix(void)
{
    struct sockaddr_un address = unix_address();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

static int connect_and_read(void *argument)
{
    char byte;
    (void)argument;
    int fd = connect_unix();
    spawn_ready();
    return fd < 0 ? 1 : (int)read(fd, &byte, 1);
}

Test(evidence, unix_connection_that_was_not_accepted)
{
    static int backlog = 5;
    pid_t listener = spawn_child(hold_listener, &backlog),
          pid = spawn_child(connect_and_read, NULL);
    const struct why_link *link = await_culprit(pid, WHY_READ, listener, WHY_ROLE_LISTENER);
    cr_assert_not_null(link);
    cr_expect_not_null(strstr(link->act, "accept"));
}

static int connect_twice(void *argument)
{
    (void)argument;
    (void)connect_unix();
    spawn_ready();
    return connect_unix();
}

Test(evidence, unix_listener_with_a_full_backlog)
{
    static int backlog = 0;
    pid_t listener = spawn_child(hold_listener, &backlog), pid = spawn_child(connect_twice, NULL);
    cr_assert_not_null(await_culprit(pid, WHY_CONNECT, listener, WHY_ROLE_LISTENER));
    cr_expect_not_null(strstr(chain.links[0].waits_for, path));
}

static int listen_tcp(struct sockaddr_in *address)
{
    socklen_t size = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof(*address)) < 0 || listen(fd, 5) < 0 ||
        getsockname(fd, (struct sockaddr *)address, &size) < 0)
        return -1;
    return fd;
}

Test(evidence, loopback_tcp)
{
    struct sockaddr_in address;
    int listener = listen_tcp(&address);
    cr_assert_geq(listener, 0);
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fds[0], (struct sockaddr *)&address, sizeof(address)), 0);
    fds[1] = accept(listener, NULL, NULL);
    cr_assert_geq(fds[1], 0);
    (void)close(listener);
    pid_t pid = spawn_child(read_first, NULL), peer = spawn_child(hold_second, NULL);
    close_both();
    cr_assert_not_null(await_culprit(pid, WHY_READ, peer, WHY_ROLE_SOCKET_PEER));
    cr_expect_not_null(strstr(chain.links[0].waits_for, "127.0.0.1"));
}

Test(evidence, tcp_connection_that_was_not_accepted)
{
    struct sockaddr_in address;
    fds[1] = listen_tcp(&address);
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fds[0], (struct sockaddr *)&address, sizeof(address)), 0);
    pid_t pid = spawn_child(read_first, NULL), listener = spawn_child(hold_second, NULL);
    close_both();
    cr_assert_not_null(await_culprit(pid, WHY_READ, listener, WHY_ROLE_LISTENER));
}

/* ---- servers ---- */

static int serve_idle(void *argument)
{
    struct epoll_event event = {.events = EPOLLIN};
    int listener = listen_unix(*(const int *)argument), epoll = epoll_create1(EPOLL_CLOEXEC);
    if (listener < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0)
        return 1;
    spawn_ready();
    return epoll_wait(epoll, &event, 1, -1);
}

static int serve_stuck(void *argument)
{
    char byte;
    int listener = listen_unix(*(const int *)argument);
    spawn_ready();
    return listener < 0 ? 1 : (int)read(fds[0], &byte, 1);
}

Test(evidence, idle_epoll_server)
{
    static int backlog = 5;
    pid_t pid = spawn_child(serve_idle, &backlog);
    cr_assert(await_kind(pid, 0, WHY_EPOLL));
    cr_expect_eq(chain.verdict, WHY_VERDICT_IDLE);
    cr_expect_not_null(strstr(chain.links[0].waits_for, "LISTEN"));
}

Test(evidence, server_that_is_stuck_elsewhere)
{
    static int backlog = 5;
    cr_assert_eq(pipe(fds), 0);
    pid_t pid = spawn_child(serve_stuck, &backlog);
    (void)spawn_child(connect_and_read, NULL);
    cr_assert(await_kind(pid, 0, WHY_READ));
    cr_expect_eq(chain.verdict, WHY_VERDICT_STUCK);
    cr_expect(has_note(&chain.links[0], "wait until it accepts"));
    close_both();
}

static int accept_client(void *argument)
{
    int listener = listen_unix(*(const int *)argument);
    spawn_ready();
    return accept(listener, NULL, NULL);
}

Test(evidence, accept_without_clients_is_idle)
{
    static int backlog = 5;
    pid_t pid = spawn_child(accept_client, &backlog);
    cr_assert(await_kind(pid, 0, WHY_ACCEPT));
    cr_expect_eq(chain.verdict, WHY_VERDICT_IDLE);
}

/* ---- poll and select ---- */

static int poll_first(void *argument)
{
    struct pollfd one = {.fd = fds[0], .events = POLLIN};
    (void)argument;
    (void)close(fds[1]);
    spawn_ready();
    return poll(&one, 1, -1);
}

static int select_first(void *argument)
{
    fd_set set;
    (void)argument;
    (void)close(fds[1]);
    FD_ZERO(&set);
    FD_SET(fds[0], &set);
    spawn_ready();
    return select(fds[0] + 1, &set, NULL, NULL, NULL);
}

static int epoll_first(void *argument)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    (void)argument;
    (void)close(fds[1]);
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event);
    spawn_ready();
    return epoll_wait(epoll, &event, 1, -1);
}

static void check_poll(spawn_body *body, enum why_kind kind)
{
    cr_assert_eq(pipe(fds), 0);
    pid_t pid = spawn_child(body, NULL), writer = spawn_child(hold_second, NULL);
    close_both();
    cr_assert_not_null(await_culprit(pid, kind, writer, WHY_ROLE_WRITER));
    cr_expect_not_null(strstr(chain.links[0].waits_for, "(IN)"));
}

Test(evidence, poll)
{
    check_poll(poll_first, WHY_POLL);
}

Test(evidence, select)
{
    check_poll(select_first, WHY_POLL);
}

Test(evidence, epoll)
{
    check_poll(epoll_first, WHY_EPOLL);
}

/* ---- System V and POSIX queues ---- */

static int take_semaphore(void *argument)
{
    struct sembuf take = {.sem_op = -1};
    (void)argument;
    return semop(ipc_id, &take, 1) < 0 ? 1 : spawn_pause(NULL);
}

static int want_semaphore(void *argument)
{
    struct sembuf take = {.sem_op = -1};
    (void)argument;
    spawn_ready();
    return semop(ipc_id, &take, 1);
}

Test(evidence, semaphore_names_who_changed_it_last)
{
    struct sembuf give = {.sem_op = 1};
    ipc_id = semget(IPC_PRIVATE, 1, 0600);
    cr_assert_geq(ipc_id, 0);
    (void)semop(ipc_id, &give, 1);
    pid_t taker = spawn_child(take_semaphore, NULL), pid = spawn_child(want_semaphore, NULL);
    const struct why_link *link = await_culprit(pid, WHY_SEMAPHORE, taker, WHY_ROLE_SEMAPHORE_LAST);
    (void)semctl(ipc_id, 0, IPC_RMID);
    cr_assert_not_null(link);
    cr_expect_eq(link->certainty, WHY_INFERRED);
}

static int send_and_pause(void *argument)
{
    struct {
        long type;
        char text[8];
    } message = {.type = 1};
    if (msgsnd(ipc_id, &message, sizeof(message.text), 0) < 0 ||
        msgrcv(ipc_id, &message, sizeof(message.text), 0, 0) < 0)
        return 1;
    return spawn_pause(argument);
}

static int receive_message(void *argument)
{
    struct {
        long type;
        char text[8];
    } message;
    (void)argument;
    spawn_ready();
    return (int)msgrcv(ipc_id, &message, sizeof(message.text), 0, 0);
}

Test(evidence, message_queue_names_the_last_sender)
{
    ipc_id = msgget(IPC_PRIVATE, 0600);
    cr_assert_geq(ipc_id, 0);
    pid_t sender = spawn_child(send_and_pause, NULL), pid = spawn_child(receive_message, NULL);
    const struct why_link *link = await_culprit(pid, WHY_MSG_RECEIVE, sender, WHY_ROLE_MSG_SENDER);
    (void)msgctl(ipc_id, IPC_RMID, NULL);
    cr_expect_not_null(link);
}

static char queue_name[64];

static int hold_queue(void *argument)
{
    return mq_open(argument, O_WRONLY) < 0 ? 1 : spawn_pause(NULL);
}

static int receive_posix(void *argument)
{
    char message[64];
    mqd_t queue = mq_open(argument, O_RDONLY);
    spawn_ready();
    return (int)mq_receive(queue, message, sizeof(message), NULL);
}

Test(evidence, posix_message_queue)
{
    struct mq_attr attributes = {.mq_maxmsg = 2, .mq_msgsize = 64};
    (void)snprintf(queue_name, sizeof(queue_name), "/reaptop-%d", (int)getpid());
    mqd_t queue = mq_open(queue_name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    cr_assert_geq((int)queue, 0);
    (void)mq_close(queue);
    pid_t writer = spawn_child(hold_queue, queue_name),
          pid = spawn_child(receive_posix, queue_name);
    const struct why_link *link = await_culprit(pid, WHY_MQ_RECEIVE, writer, WHY_ROLE_WRITER);
    (void)mq_unlink(queue_name);
    cr_expect_not_null(link);
}

/* ---- stopped and traced ---- */

Test(evidence, stopped_by_a_signal)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_assert_eq(kill(pid, SIGSTOP), 0);
    cr_assert_eq(spawn_await_state(pid, "T"), 'T');
    const struct why_link *link = await_culprit(pid, WHY_STOPPED, getpid(), WHY_ROLE_CONTINUER);
    cr_assert_not_null(link);
    cr_expect_eq(link->certainty, WHY_INFERRED);
    cr_expect(has_note(&chain.links[0], "kill -CONT"));
}

Test(evidence, stopped_for_reading_its_terminal)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_assert_eq(setpgid(pid, pid), 0); /* an orphaned group would ignore it */
    cr_assert_eq(kill(pid, SIGTTIN), 0);
    cr_assert_eq(spawn_await_state(pid, "T"), 'T');
    cr_assert(await_kind(pid, 0, WHY_STOPPED));
    if (evidence_why(evidence)->tasks[0].stop_signal == 0)
        return; /* this kernel does not tell */
    cr_expect_not_null(strstr(chain.links[0].waits_for, "SIGTTIN"));
    cr_expect(has_note(&chain.links[0], "in the background"));
}

static int trace_child(void *argument)
{
    (void)argument;
    spawn_ready();
    pid_t pid = spawn_bound();
    if (pid == 0) {
        (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        (void)raise(SIGSTOP);
        return 0;
    }
    (void)waitpid(pid, NULL, 0);
    spawn_report(pid);
    for (;;)
        (void)pause();
}

Test(evidence, traced)
{
    pid_t tracer = spawn_child(trace_child, NULL), pid = receive(tracer);
    const struct why_link *link = await_culprit(pid, WHY_TRACED, tracer, WHY_ROLE_TRACER);
    cr_assert_not_null(link);
    cr_expect(link->must_act);
    cr_expect_eq(link->certainty, WHY_OBSERVED);
}

/* ---- zombies ---- */

static void do_nothing(int signal)
{
    (void)signal;
}

enum chld {
    CHLD_DEFAULT,
    CHLD_BLOCKED,
    CHLD_HANDLED,
    CHLD_IGNORED_LATE
};

static int keep_zombie(void *argument)
{
    enum chld how = *(const enum chld *)argument;
    struct sigaction action = {.sa_handler = how == CHLD_HANDLED ? do_nothing : SIG_DFL};
    siginfo_t info;
    sigset_t set;
    (void)sigaction(SIGCHLD, &action, NULL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    if (how == CHLD_BLOCKED)
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
    spawn_ready();
    pid_t pid = fork();
    if (pid == 0)
        _exit(3);
    (void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    if (how == CHLD_IGNORED_LATE)
        (void)signal(SIGCHLD, SIG_IGN);
    spawn_report(pid);
    for (;;)
        (void)pause();
}

static const struct why_link *check_zombie(enum chld how)
{
    static enum chld chosen;
    chosen = how;
    pid_t parent = spawn_child(keep_zombie, &chosen), pid = receive(parent);
    const struct why_link *link = await_culprit(pid, WHY_ZOMBIE, parent, WHY_ROLE_PARENT);
    cr_assert_not_null(link);
    cr_expect(has_note(&chain.links[0], "how it ended: exited with status 3"));
    cr_expect(has_note(link, "reaps it"));
    cr_expect_not_null(link->waits_for);
    return link;
}

Test(evidence, zombie_whose_parent_never_asks)
{
    cr_expect(has_note(check_zombie(CHLD_DEFAULT), "default"));
}

Test(evidence, zombie_whose_parent_blocks_sigchld)
{
    cr_expect(has_note(check_zombie(CHLD_BLOCKED), "blocks SIGCHLD, and one is pending"));
}

Test(evidence, zombie_whose_parent_handles_sigchld)
{
    cr_expect(has_note(check_zombie(CHLD_HANDLED), "handles SIGCHLD"));
}

Test(evidence, zombie_whose_parent_ignores_sigchld_too_late)
{
    cr_expect(has_note(check_zombie(CHLD_IGNORED_LATE), "ignores SIGCHLD"));
}

static void *stay(void *argument)
{
    spawn_report((int32_t)syscall(SYS_gettid));
    for (;;)
        (void)pause();
    return argument;
}

static int leave_thread(void *argument)
{
    pthread_t thread;
    spawn_ready();
    (void)pthread_create(&thread, NULL, stay, argument);
    (void)syscall(SYS_exit, 0); /* of this thread alone */
    return 0;
}

Test(evidence, zombie_leader_with_a_live_thread)
{
    pid_t pid = spawn_child(leave_thread, NULL), thread = receive(pid);
    const struct why_link *link = await_culprit(pid, WHY_ZOMBIE_LEADER, thread, WHY_ROLE_THREAD);
    cr_assert_not_null(link);
    /* The reader checks who has the PID by the process's start, which a thread's is not. */
    cr_expect_eq(why_evidence_find(evidence_why(evidence), thread)->id.start_ticks, 0);
    cr_expect_eq(link->pid, pid);
}

/* ---- the rest ---- */

static int sleep_long(void *argument)
{
    struct timespec time = {.tv_sec = 3600};
    (void)argument;
    spawn_ready();
    return nanosleep(&time, NULL); /* lint: allowed, it is what is looked at */
}

Test(evidence, timer)
{
    pid_t pid = spawn_child(sleep_long, NULL);
    cr_assert(await_kind(pid, 0, WHY_TIMER));
    cr_expect_eq(chain.count, 1);
    cr_expect_not_null(strstr(chain.conclusion, "no action needed"));
}

static int spin(void *argument)
{
    (void)argument;
    spawn_ready();
    volatile unsigned turn = 1;
    while (turn != 0)
        turn = turn | 1;
    return 0;
}

Test(evidence, running)
{
    pid_t pid = spawn_child(spin, NULL);
    cr_assert(await_kind(pid, 0, WHY_RUNNING));
    const struct why_task *task = &evidence_why(evidence)->tasks[0];
    cr_expect(task->wait.processor.is_known);
    cr_expect(task->wait.processor.run_ns > 0 || task->wait.processor.wait_ns > 0);
    cr_expect_not_null(strstr(chain.links[0].waits_for, "processor"));
}

static int wait_for_signals(void *argument)
{
    sigset_t set;
    (void)argument;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    spawn_ready();
    return sigwaitinfo(&set, NULL);
}

Test(evidence, signals_waited_for)
{
    pid_t pid = spawn_child(wait_for_signals, NULL);
    cr_assert(await_kind(pid, 0, WHY_SIGNAL));
    cr_expect_not_null(strstr(chain.links[0].waits_for, "USR1"));
}

static int read_terminal(void *argument)
{
    char byte;
    (void)setsid();
    int fd = open(argument, O_RDWR);
    (void)close(fds[0]);
    spawn_ready();
    return (int)read(fd, &byte, 1);
}

static int hold_master(void *argument)
{
    return spawn_pause(argument);
}

Test(evidence, terminal)
{
    fds[0] = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert_geq(fds[0], 0);
    cr_assert_eq(grantpt(fds[0]), 0);
    cr_assert_eq(unlockpt(fds[0]), 0);
    char *name = strdup(ptsname(fds[0]));
    pid_t pid = spawn_child(read_terminal, name), master = spawn_child(hold_master, NULL);
    (void)close(fds[0]);
    const struct why_link *link = await_culprit(pid, WHY_READ, master, WHY_ROLE_TERMINAL);
    free(name);
    cr_assert_not_null(link);
    cr_expect_not_null(strstr(chain.links[0].waits_for, "type"));
}

static int read_eventfd(void *argument)
{
    uint64_t count;
    (void)argument;
    spawn_ready();
    return (int)read(fds[0], &count, sizeof(count));
}

Test(evidence, eventfd)
{
    fds[0] = eventfd(0, EFD_CLOEXEC);
    pid_t pid = spawn_child(read_eventfd, NULL), sharer = spawn_child(spawn_pause, NULL);
    (void)close(fds[0]);
    cr_assert_not_null(await_culprit(pid, WHY_READ, sharer, WHY_ROLE_SHARER));
}

Test(evidence, kernel_threads_are_idle)
{
    if (!ask(2, 0) || strcmp(chain.links[0].comm, "kthreadd") != 0)
        return; /* a PID namespace has none */
    cr_expect_eq(chain.links[0].kind, WHY_KERNEL_IDLE);
    cr_expect_eq(chain.verdict, WHY_VERDICT_NONE);
}

Test(evidence, a_process_that_goes_on_the_way)
{
    cr_assert_eq(pipe(fds), 0);
    pid_t pid = spawn_child(read_first, NULL), writer = spawn_child(hold_second, NULL);
    close_both();
    cr_assert_not_null(await_culprit(pid, WHY_READ, writer, WHY_ROLE_WRITER));
    forget();
    cr_assert_eq(evidence_new(reader, (struct identity){.pid = pid}, 0, &evidence), 0);
    (void)spawn_kill(pid);
    (void)spawn_kill(writer);
    cr_expect_eq(evidence_gather(evidence), 0);
    cr_expect_eq(why_build(evidence_why(evidence), false, &chain), 0);
    struct evidence *none = NULL;
    cr_expect_eq(evidence_new(reader, (struct identity){.pid = pid}, 0, &none), -ESRCH);
    cr_expect_null(none);
}

Test(evidence, a_successor_is_not_taken_for_it)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    struct evidence *none = NULL;
    cr_expect_eq(evidence_new(reader, (struct identity){.pid = pid, .start_ticks = 1}, 0, &none),
                 -ESRCH);
}

/* As another user: what is hidden is said to be, and nothing is made up. */
static int look_as_nobody(void *argument)
{
    struct reader *own = NULL;
    struct evidence *seen = NULL;
    struct why_chain reported = {0};
    struct error error = ERROR_INIT;
    struct identity id = {.pid = *(const pid_t *)argument};
    if (reader_new(&own, &error) < 0)
        return 1;
    int r = evidence_new(own, id, 0, &seen);
    if (r == 0)
        r = evidence_gather(seen);
    if (r < 0 || why_build(evidence_why(seen), false, &reported) < 0)
        return 2;
    const struct why_task *task = &evidence_why(seen)->tasks[0];
    if (task->syscall.access != ACCESS_DENIED || task->wchan_access != ACCESS_DENIED)
        return 3;
    if (reported.links[0].kind != WHY_UNKNOWN || reported.links[0].certainty != WHY_INFERRED)
        return 4;
    if (!has_note(&reported.links[0], "CAP_SYS_PTRACE"))
        return 5;
    why_chain_done(&reported);
    evidence_free(seen);
    reader_free(own);
    return 0;
}

Test(evidence, another_user)
{
    if (geteuid() != 0)
        return;
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_assert_eq(spawn_await_state(pid, "S"), 'S');
    cr_expect_eq(spawn_run_as_nobody(look_as_nobody, &pid), 0);
}
