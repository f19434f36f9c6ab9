#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/control/handle.h"
#include "reaptop/model/process.h"
#include "support/rounds.h"
#include "support/spawn.h"

TestSuite(handle, .fini = spawn_done, .timeout = 600);

static struct identity by_number(pid_t pid)
{
    return (struct identity){.pid = pid};
}

static void open_handle(pid_t pid, struct handle *handle)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(handle_open(by_number(pid), handle, &error), 0, "%s", error.message);
}

Test(handle, learns_who_it_holds)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    pid_t pid = spawn_child(spawn_pause, NULL);
    open_handle(pid, &handle);
    cr_assert_eq(handle.id.pid, pid);
    cr_assert_gt(handle.id.start_ticks, 0);
    cr_assert_geq(handle.proc_fd, 0);

    char comm[64];
    struct process process;
    cr_assert_eq(handle_read_process(&handle, comm, &process), 0);
    cr_assert_eq(process.ppid, getpid());
    cr_assert_eq(process.pgid, getpgrp());
    cr_assert(!process.is_kernel);
    cr_assert_neq(spawn_await_state(pid, "S"), '\0');
}

Test(handle, is_opened_again_by_its_own_identity)
{
    _cleanup_(handle_done) struct handle first = HANDLE_INIT, second = HANDLE_INIT;
    open_handle(spawn_child(spawn_pause, NULL), &first);
    cr_assert_eq(handle_open(first.id, &second, NULL), 0);
    cr_assert(identity_is_same(first.id, second.id));
    cr_assert_eq(first.id.inode, second.id.inode);
}

Test(handle, refuses_another_start_time_or_inode)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT, wrong = HANDLE_INIT;
    open_handle(spawn_child(spawn_pause, NULL), &handle);
    struct error error = ERROR_INIT;

    struct identity id = handle.id;
    id.start_ticks--;
    cr_assert_eq(handle_open(id, &wrong, &error), -ESRCH);
    cr_assert(strstr(error.message, "gone"), "%s", error.message);

    id = handle.id;
    id.inode++;
    int expected = handle.id.inode != 0 ? -ESRCH : -EOPNOTSUPP;
    cr_assert_eq(handle_open(id, &wrong, &error), expected);
    cr_assert(!handle_is_open(&wrong));
}

Test(handle, says_that_nobody_is_there)
{
    struct handle handle = HANDLE_INIT;
    struct error error = ERROR_INIT;
    pid_t pid = spawn_child(spawn_pause, NULL);
    spawn_kill(pid);
    cr_assert_eq(handle_open(by_number(pid), &handle, &error), -ESRCH);
    cr_assert(strstr(error.message, "is gone"), "%s", error.message);
}

static int end_with_three(void *argument)
{
    (void)argument;
    spawn_ready();
    return 3;
}

Test(handle, distinguishes_alive_zombie_and_gone)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    pid_t pid = spawn_child(spawn_pause, NULL);
    open_handle(pid, &handle);
    int32_t status;
    char state;
    cr_assert_eq(handle_exit_status(&handle, &status), -EAGAIN);
    cr_assert_eq(handle_send(&handle, SIGTERM, NULL, NULL), 0);

    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    cr_assert_eq(handle_state(&handle, &state), 0);
    cr_assert_eq(state, 'Z');
    cr_assert_eq(handle_exit_status(&handle, &status), 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    cr_assert_eq(handle_send(&handle, SIGTERM, NULL, NULL), 0, "a zombie takes signals");

    cr_assert_eq(spawn_reap(pid), status);
    cr_assert_eq(handle_state(&handle, &state), -ESRCH);
    struct error error = ERROR_INIT;
    cr_assert_eq(handle_send(&handle, SIGTERM, NULL, &error), -ESRCH);
    cr_assert(strstr(error.message, "is gone"), "%s", error.message);
}

Test(handle, knows_the_exit_status_of_the_reaped_where_the_kernel_does)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    pid_t pid = spawn_child(end_with_three, NULL);
    open_handle(pid, &handle);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    spawn_reap(pid);
    int32_t status = -1;
    int r = handle_exit_status(&handle, &status);
    if (r == -ENODATA)
        cr_skip("PIDFD_INFO_EXIT needs Linux 6.15");
    cr_assert_eq(r, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

/* False where there was no successor. */
static bool act_on_a_successor(void)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT, late = HANDLE_INIT;
    pid_t pid = spawn_child(spawn_pause, NULL);
    open_handle(pid, &handle);
    spawn_kill(pid);
    if (spawn_with_pid(pid, spawn_pause, NULL) != pid)
        return false;

    struct error error = ERROR_INIT;
    cr_assert_eq(handle_send(&handle, SIGKILL, NULL, &error), -ESRCH);
    cr_assert(strstr(error.message, "is gone"), "%s", error.message);
    char state;
    cr_assert_eq(handle_state(&handle, &state), -ESRCH);
    if (handle.id.inode != 0)
        cr_assert_eq(handle_open(handle.id, &late, NULL), -ESRCH);
    cr_assert_eq(spawn_await_state(pid, "S"), 'S', "the newcomer lives");
    spawn_kill(pid);
    return true;
}

Test(handle, never_acts_on_a_successor)
{
    long reached = 0;
    for (long i = 0; i < rounds(1); i++)
        reached += act_on_a_successor();
    if (reached == 0)
        cr_skip("choosing a PID takes CAP_CHECKPOINT_RESTORE");
    rounds_report(reached);
}

Test(handle, without_a_pidfd_never_acts_on_a_successor_either)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    pid_t pid = spawn_child(spawn_pause, NULL);
    open_handle(pid, &handle);
    handle.pidfd = fd_close(handle.pidfd);
    cr_assert_eq(handle_send(&handle, 0, NULL, NULL), 0);
    spawn_kill(pid);
    if (spawn_with_pid(pid, spawn_pause, NULL) != pid)
        cr_skip("choosing a PID takes CAP_CHECKPOINT_RESTORE");
    cr_assert_eq(handle_send(&handle, SIGKILL, NULL, NULL), -ESRCH);
    cr_assert_eq(spawn_await_state(pid, "S"), 'S', "the newcomer lives");
}

/* Tells the value and the code of the first SIGUSR1 or real-time signal. */
static int report_value(void *argument)
{
    (void)argument;
    sigset_t wanted;
    siginfo_t info = {0};
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGUSR1);
    (void)sigaddset(&wanted, SIGRTMIN + 2);
    (void)sigprocmask(SIG_BLOCK, &wanted, NULL);
    spawn_ready();
    int number = sigwaitinfo(&wanted, &info);
    spawn_report(number);
    spawn_report(info.si_code);
    spawn_report(info.si_value.sival_int);
    spawn_report(info.si_pid);
    return 0;
}

Test(handle, queues_a_value)
{
    static const int signals_sent[] = {10 /* SIGUSR1 */, 36 /* SIGRTMIN+2 */};
    for (size_t i = 0; i < 2; i++) {
        _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
        pid_t pid = spawn_child(report_value, NULL);
        open_handle(pid, &handle);
        int value = -123456;
        cr_assert_eq(handle_send(&handle, signals_sent[i], &value, NULL), 0);
        int32_t reported[4];
        for (size_t at = 0; at < 4; at++)
            cr_assert(spawn_receive(pid, &reported[at]));
        cr_assert_eq(reported[0], signals_sent[i]);
        cr_assert_eq(reported[1], SI_QUEUE);
        cr_assert_eq(reported[2], value);
        cr_assert_eq(reported[3], getpid());
    }
}

static int refuse_queue(void *argument)
{
    struct rlimit none = {0, 0};
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    (void)setrlimit(RLIMIT_SIGPENDING, &none);
    return spawn_pause(argument);
}

Test(handle, reports_of_a_full_queue)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    open_handle(spawn_child(refuse_queue, NULL), &handle);
    struct error error = ERROR_INIT;
    int value = 1;
    cr_assert_eq(handle_send(&handle, SIGRTMIN, &value, &error), -EAGAIN);
    cr_assert(strstr(error.message, "RLIMIT_SIGPENDING"), "%s", error.message);
}

Test(handle, reports_of_a_signal_that_is_none)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    open_handle(spawn_child(spawn_pause, NULL), &handle);
    struct error error = ERROR_INIT;
    cr_assert_eq(handle_send(&handle, 65, NULL, &error), -EINVAL);
    cr_assert(strstr(error.message, "no signal 65"), "%s", error.message);
}

/* Answers arrive in shared memory: no assertions in a forked child. */
struct answer {
    pid_t pid;
    int code;
    struct error error;
};

static struct answer *shared_answer(void)
{
    void *memory = mmap(NULL, sizeof(struct answer), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(memory, MAP_FAILED);
    return memory;
}

static int send_as_nobody(void *argument)
{
    struct answer *answer = argument;
    struct handle handle = HANDLE_INIT;
    answer->code = handle_open(by_number(answer->pid), &handle, &answer->error);
    if (answer->code == 0)
        answer->code = handle_send(&handle, SIGTERM, NULL, &answer->error);
    return 0;
}

Test(handle, reports_whose_process_it_may_not_signal)
{
    if (getuid() != 0)
        cr_skip("needs root");
    struct answer *answer = shared_answer();
    answer->pid = spawn_child(spawn_pause, NULL);
    cr_assert_eq(spawn_run_as_nobody(send_as_nobody, answer), 0);
    cr_assert_eq(answer->code, -EPERM);
    cr_assert(strstr(answer->error.message, "it runs as root"), "%s", answer->error.message);
    cr_assert_eq(spawn_await_state(answer->pid, "S"), 'S');
}

struct foreign {
    struct handle handle;
    struct answer *answer;
};

static int send_from_another_namespace(void *argument)
{
    struct foreign *foreign = argument;
    if (unshare(CLONE_NEWPID) < 0)
        return 77;
    pid_t pid = fork();
    if (pid == 0) {
        foreign->answer->code =
            handle_send(&foreign->handle, SIGTERM, NULL, &foreign->answer->error);
        _exit(0);
    }
    (void)waitpid(pid, NULL, 0);
    spawn_ready();
    return 0;
}

Test(handle, reports_of_another_pid_namespace)
{
    if (getuid() != 0)
        cr_skip("needs root");
    struct foreign foreign = {.handle = HANDLE_INIT, .answer = shared_answer()};
    open_handle(spawn_child(spawn_pause, NULL), &foreign.handle);
    (void)spawn_child(send_from_another_namespace, &foreign);
    cr_assert_eq(foreign.answer->code, -EINVAL);
    cr_assert(strstr(foreign.answer->error.message, "PID namespace"), "%s",
              foreign.answer->error.message);
    handle_done(&foreign.handle);
}

static void *report_tid(void *argument)
{
    spawn_report((int32_t)syscall(SYS_gettid));
    (void)pause();
    return argument;
}

static int run_thread(void *argument)
{
    pthread_t thread;
    spawn_ready();
    (void)pthread_create(&thread, NULL, report_tid, NULL);
    (void)pthread_join(thread, NULL);
    (void)argument;
    return 0;
}

Test(handle, says_whose_thread_a_number_is)
{
    struct handle handle = HANDLE_INIT;
    pid_t pid = spawn_child(run_thread, NULL);
    int32_t tid;
    cr_assert(spawn_receive(pid, &tid));
    struct error error = ERROR_INIT;
    cr_assert_eq(handle_open(by_number(tid), &handle, &error), -ENOTUNIQ);
    char expected[64];
    (void)snprintf(expected, sizeof(expected), "thread of process %d", pid);
    cr_assert(strstr(error.message, expected), "%s", error.message);
}

Test(handle, gives_back_every_descriptor)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    int before = spawn_count_descriptors();
    for (int i = 0; i < 10; i++) {
        struct handle handle = HANDLE_INIT;
        open_handle(pid, &handle);
        handle_done(&handle);
        struct identity wrong = {.pid = pid, .start_ticks = 1};
        cr_assert_eq(handle_open(wrong, &handle, NULL), -ESRCH);
    }
    cr_assert_eq(spawn_count_descriptors(), before);
}

Test(handle, reports_when_descriptors_run_out)
{
    struct handle handle = HANDLE_INIT;
    pid_t pid = spawn_child(spawn_pause, NULL);
    struct rlimit limit, old;
    (void)getrlimit(RLIMIT_NOFILE, &old);
    int used = dup(0);
    (void)close(used);
    for (int room = 0; room < 3; room++) {
        limit = (struct rlimit){.rlim_cur = (rlim_t)(used + room), .rlim_max = old.rlim_max};
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        struct error error = ERROR_INIT;
        int r = handle_open(by_number(pid), &handle, &error);
        (void)setrlimit(RLIMIT_NOFILE, &old);
        cr_assert_eq(r, -EMFILE, "room %d", room);
        cr_assert_neq(error.message[0], '\0');
    }
}
