/*
 * Waits and ends that take several processes, or a namespace, to make: what each
 * command says of them. Real processes, held in their state.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "run_command.h"
#include "support/held.h"
#include "support/spawn.h"

static struct held held;
static char path[64];

static void release(void)
{
    spawn_done();
    if (held.server > 0)
        held_end(&held);
    held.server = 0;
    if (path[0] != '\0')
        (void)unlink(path);
    path[0] = '\0';
}

static void prepare(void)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("its commands are too slow under a sanitizer");
#endif
}

TestSuite(exotic, .init = prepare, .fini = release, .timeout = 600);

/* What a command says of the process: `holds`, printed with a PID, and not `lacks`. */
static void expect(const char *command, pid_t pid, const char *holds, int number, const char *lacks)
{
    char words[160];
    int status = -1;
    const char *digits = strstr(holds, "%d");
    if (digits)
        (void)snprintf(words, sizeof(words), "%.*s%d%s", (int)(digits - holds), holds, number,
                       digits + 2);
    else
        (void)snprintf(words, sizeof(words), "%s", holds);
    const char *text = run_command(command, pid, false, &status);
    cr_expect_not_null(strstr(text, words), "%s lacks \"%s\": %s", command, words, text);
    if (lacks)
        cr_expect_null(strstr(text, lacks), "%s has \"%s\": %s", command, lacks, text);
}

/* Its PID as the test has it, in whatever namespace: /proc is the test's. */
static pid_t outer_pid(void)
{
    char text[16] = "";
    ssize_t length = readlink("/proc/self", text, sizeof(text) - 1);
    return length > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

static int seize_body(void *pid)
{
    spawn_report(ptrace(PTRACE_SEIZE, *(pid_t *)pid, NULL, NULL) == 0);
    return spawn_pause(NULL);
}

static pid_t seize(pid_t pid)
{
    int32_t is_traced = 0;
    pid_t tracer = spawn_child(seize_body, &pid);
    (void)spawn_receive(tracer, &is_traced);
    if (!is_traced)
        cr_skip_test("ptrace is not permitted here");
    return tracer;
}

/* Until the kernel names that place of it, "": any; false after ten seconds. */
static bool await_place(pid_t pid, const char *place)
{
    char name[64], text[64];
    (void)snprintf(name, sizeof(name), "/proc/%d/wchan", (int)pid);
    for (int waited = 0; waited < 10000; waited++) {
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (fd >= 0)
            (void)close(fd);
        text[length > 0 ? length : 0] = '\0';
        if (text[0] != '\0' && strcmp(text, "0") != 0 && strstr(text, place))
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

/* ---- an init that cannot end ---- */

static int body_has_namespace(void *unused)
{
    (void)unused;
    if (unshare(CLONE_NEWPID) < 0) {
        spawn_report(0);
        return spawn_pause(NULL);
    }
    if (fork() == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        spawn_report(outer_pid());
        if (fork() == 0)
            spawn_report(outer_pid());
        for (;;)
            (void)pause();
    }
    return spawn_pause(NULL);
}

Test(exotic, an_init_whose_namespace_holds_a_traced_zombie)
{
    int32_t init = 0, member = 0;
    pid_t parent = spawn_child(body_has_namespace, NULL);
    if (!spawn_receive(parent, &init) || init == 0)
        cr_skip_test("PID namespaces cannot be made here");
    cr_assert(spawn_receive(parent, &member));
    pid_t tracer = seize(member);
    cr_assert_eq(kill(init, SIGKILL), 0);
    cr_assert_eq(spawn_await_state(member, "Z"), 'Z');
    if (!await_place(init, "do_wait") && !await_place(init, "zap_pid_ns_processes"))
        cr_skip_test("this kernel does not name the place");
    expect("why", init, "all other processes of its PID namespace to end", 0, "pause(); ");
    expect("why", init, "%d", tracer, "would go to the nearest subreaper");
    expect("why -J", init, "\"kind\":\"exiting\"", 0, NULL);
    expect("send -n TERM", init, "it ends already", 0, "dropped, it has no handler");
    expect("send -n KILL", init, "it ends already", 0, "the process ends");
    expect("why", member, "its tracer to collect it", 0, NULL);
    (void)spawn_kill(tracer);
}

/* ---- execve(2) behind a traced thread ---- */

static int go[2];

static void *wait_for_word(void *unused)
{
    char byte;
    (void)unused;
    (void)!read(go[0], &byte, 1);
    (void)execl("/bin/sh", "sh", "-c", "exit 0", NULL);
    return NULL;
}

static void *stay(void *unused)
{
    (void)unused;
    spawn_report(gettid());
    for (;;)
        (void)pause();
    return NULL;
}

static int body_execs(void *unused)
{
    pthread_t other, executes;
    (void)unused;
    (void)pthread_create(&other, NULL, stay, NULL);
    (void)pthread_create(&executes, NULL, wait_for_word, NULL);
    return spawn_pause(NULL);
}

Test(exotic, an_execve_that_waits_for_a_dead_thread_s_tracer)
{
    int32_t thread = 0;
    cr_assert_eq(pipe(go), 0);
    pid_t pid = spawn_child(body_execs, NULL);
    cr_assert(spawn_receive(pid, &thread));
    pid_t tracer = seize(thread);
    cr_assert_eq(write(go[1], "", 1), 1);
    cr_assert_eq(spawn_await_state(thread, "Z"), 'Z');
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    expect("why", pid, "the other threads of its process to end: only then", 0, "circular wait");
    expect("why", pid, "%d", tracer, NULL);
    expect("why", pid, "its tracer to collect it: it is a dead thread", 0, NULL);
    expect("send -n KILL", pid, "a fatal signal may end the sleep", 0, NULL);
    (void)spawn_kill(tracer);
}

/* ---- a thread in a tracing stop ---- */

static int body_has_thread(void *unused)
{
    pthread_t thread;
    (void)unused;
    (void)pthread_create(&thread, NULL, stay, NULL);
    return spawn_pause(NULL);
}

static int body_interrupts(void *tid)
{
    bool is_traced = ptrace(PTRACE_SEIZE, *(pid_t *)tid, NULL, NULL) == 0;
    spawn_report(is_traced);
    if (is_traced) {
        (void)ptrace(PTRACE_INTERRUPT, *(pid_t *)tid, NULL, NULL);
        (void)waitpid(*(pid_t *)tid, NULL, __WALL);
    }
    return spawn_pause(NULL);
}

Test(exotic, a_thread_that_a_tracer_stopped)
{
    int32_t thread = 0, is_traced = 0;
    pid_t pid = spawn_child(body_has_thread, NULL);
    cr_assert(spawn_receive(pid, &thread));
    pid_t tracer = spawn_child(body_interrupts, &thread);
    (void)spawn_receive(tracer, &is_traced);
    if (!is_traced)
        cr_skip_test("ptrace is not permitted here");
    cr_assert_eq(spawn_await_state(thread, "t"), 't');
    expect("why", pid, "%d (thread of ", thread, NULL);
    expect("why", pid, "its tracer to let it go on", 0, NULL);
    expect("why", pid, "%d", tracer, NULL);
    expect("threads", pid, "  t  ", 0, NULL);
}

/* ---- a chain of locks, each of another kind ---- */

enum {
    LOCKS = 3
};

static int files[LOCKS];

static void lock_posix(int fd, int command)
{
    struct flock lock = {.l_type = F_WRLCK};
    (void)fcntl(fd, command, &lock);
}

/* Has the lock of that number, and then waits for the one before it: 1 OFD, 2 flock. */
static int body_locks(void *number)
{
    char name[32];
    int own = *(int *)number;
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", files[own]);
    int fd = open(name, O_RDWR | O_CLOEXEC);
    if (own == 0)
        lock_posix(files[0], F_SETLK);
    else if (own == 1)
        lock_posix(fd, F_OFD_SETLK);
    else
        (void)flock(fd, LOCK_EX);
    spawn_ready();
    if (own == 1)
        lock_posix(files[0], F_SETLKW);
    if (own == 2) {
        (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", files[1]);
        lock_posix(open(name, O_RDWR | O_CLOEXEC), F_OFD_SETLKW);
    }
    return spawn_pause(NULL);
}

static int body_wants_last(void *unused)
{
    char name[32];
    (void)unused;
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", files[2]);
    int fd = open(name, O_RDWR | O_CLOEXEC);
    spawn_ready();
    return flock(fd, LOCK_EX);
}

Test(exotic, a_chain_of_locks_of_three_kinds)
{
    pid_t holders[LOCKS];
    for (int i = 0; i < LOCKS; i++) {
        files[i] = memfd_create("locked", MFD_CLOEXEC);
        cr_assert_geq(files[i], 0);
    }
    for (int i = 0; i < LOCKS; i++) {
        holders[i] = spawn_child(body_locks, &i);
        cr_assert_eq(spawn_await_state(holders[i], "S"), 'S');
    }
    pid_t waiter = spawn_child(body_wants_last, NULL);
    cr_assert(await_place(waiter, "lock") && await_place(holders[1], "") &&
              await_place(holders[2], ""));
    for (int i = 0; i < LOCKS; i++)
        expect("why", waiter, i == 0 ? "in short: %d" : "→ %d", holders[i], "nobody");
    for (int i = 0; i < LOCKS; i++)
        (void)close(files[i]);
}

/* ---- a lease ---- */

static int body_has_lease(void *unused)
{
    (void)unused;
    (void)signal(SIGIO, SIG_IGN);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    spawn_report(fd >= 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0);
    return spawn_pause(NULL);
}

static int body_opens(void *unused)
{
    (void)unused;
    spawn_ready();
    return open(path, O_WRONLY | O_CLOEXEC) < 0;
}

/* The kernel takes a lease away after 45 seconds, by default: the opener has ended then. */
Test(exotic, an_open_that_waits_for_a_lease)
{
    int32_t has_lease = 0;
    (void)snprintf(path, sizeof(path), "/tmp/reaptop-test-%d.lease", (int)getpid());
    (void)close(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    pid_t owner = spawn_child(body_has_lease, NULL);
    (void)spawn_receive(owner, &has_lease);
    if (!has_lease)
        cr_skip_test("no leases here");
    pid_t opener = spawn_child(body_opens, NULL);
    if (!await_place(opener, "break_lease"))
        cr_skip_test("this kernel does not name the place");
    char holder[64], line[64];
    int status = -1;
    const char *text = run_command("why -J", opener, false, &status);
    (void)snprintf(holder, sizeof(holder), "\"pid\":%d", (int)owner);
    (void)snprintf(line, sizeof(line), "a lease on %.40s", path);
    if (spawn_await_state(opener, "SZ") == 'Z')
        cr_skip_test("the machine is too slow for it");
    cr_expect(strstr(text, "\"kind\":\"lease\"") && strstr(text, holder) && strstr(text, line),
              "%s", text);
}

/* ---- a page fault that a program answers ---- */

static int body_faults(void *unused)
{
    struct uffdio_api api = {.api = UFFD_API};
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    (void)unused;
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct uffdio_register range = {.range = {(uintptr_t)page, size},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING};
    spawn_report(fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0 &&
                 ioctl(fd, UFFDIO_REGISTER, &range) == 0);
    spawn_ready();
    return *(volatile char *)page;
}

Test(exotic, a_page_fault_that_a_program_answers)
{
    int32_t is_registered = 0;
    pid_t pid = spawn_child(body_faults, NULL);
    (void)spawn_receive(pid, &is_registered);
    if (!is_registered || !await_place(pid, "handle_userfault"))
        cr_skip_test("no userfaultfd here");
    expect("why", pid, "faults a program answers", 0, "unknown");
    expect("why -J", pid, "\"kind\":\"userfault\"", 0, NULL);
    expect("why", pid, "must supply the page", 0, NULL);
}

/* ---- a system call that a supervisor answers ---- */

/* The filter hands getppid(2) to whoever has the listener: itself, which reads nothing. */
static int body_is_supervised(void *unused)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ELEMENTS(filter), .filter = filter};
    (void)unused;
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    long fd =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    spawn_report(fd >= 0);
    spawn_ready();
    return (int)syscall(SYS_getppid);
}

Test(exotic, a_system_call_that_a_supervisor_does_not_answer)
{
    int32_t has_listener = 0;
    pid_t pid = spawn_child(body_is_supervised, NULL);
    (void)spawn_receive(pid, &has_listener);
    if (!has_listener || !await_place(pid, "seccomp"))
        cr_skip_test("no seccomp notifications here");
    expect("why", pid, "a seccomp filter handed it to a supervisor", 0, "unknown");
    expect("why -J", pid, "\"kind\":\"seccomp\"", 0, NULL);
    expect("send -n TERM", pid, "the process ends", 0, NULL);
}

/* ---- FUSE ---- */

Test(exotic, a_read_that_a_fuse_daemon_does_not_answer)
{
    const char *why = NULL;
    if (held_start_reader(&held, &why) < 0)
        cr_skip_test("%s", why);
    if (!await_place(held.victim, "request_wait_answer"))
        cr_skip_test("this kernel does not name the place");
    expect("why", held.victim, "an answer of the daemon of a FUSE file system", 0, NULL);
    expect("why", held.victim, "%d", held.server, NULL);
    expect("why -J", held.victim, "\"kind\":\"fuse\"", 0, NULL);
}

/* ---- vfork in a vfork child ---- */

static void vfork_on(pid_t *ret_last, int depth)
{
    if (vfork() != 0)
        return;
    if (depth > 0) {
        vfork_on(ret_last, depth - 1);
        _exit(0);
    }
    *ret_last = (pid_t)syscall(SYS_getpid);
    for (;;)
        (void)syscall(SYS_rt_sigsuspend, &(uint64_t){0}, sizeof(uint64_t));
}

static int body_vforks(void *last)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 0);
    spawn_ready();
    vfork_on(last, 1);
    return 0;
}

Test(exotic, a_vfork_in_a_vfork_child)
{
    pid_t *last =
        mmap(NULL, sizeof(*last), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(last, MAP_FAILED);
    pid_t pid = spawn_child(body_vforks, last);
    for (int waited = 0; waited < 10000 && __atomic_load_n(last, __ATOMIC_SEQ_CST) == 0; waited++)
        (void)poll(NULL, 0, 1);
    pid_t end = __atomic_load_n(last, __ATOMIC_SEQ_CST);
    cr_assert_gt(end, 0);
    cr_assert_eq(spawn_await_state(end, "S"), 'S');
    expect("why", pid, "in short: %d", end, NULL);
    (void)kill(end, SIGKILL); /* those before it exit then */
    cr_expect_neq(spawn_reap(pid), -1);
    (void)munmap(last, sizeof(*last));
}

/* ---- a parent outside the namespace ---- */

/* In a mount namespace of its own. */
static int mount_proc(void)
{
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
               ? -1
               : mount("proc", "/proc", "proc", 0, NULL);
}

static int body_looks_from_inside(void *unused)
{
    int status = -1, result;
    const char *text;
    (void)unused;
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0) {
        spawn_report(-1);
        return spawn_pause(NULL);
    }
    if (fork() == 0) { /* PID 1: the ones below are no children of it */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            (void)pause();
    }
    pid_t zombie = fork();
    if (zombie == 0)
        _exit(3);
    siginfo_t info;
    (void)waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT);
    spawn_ready();
    pid_t looks = fork();
    if (looks == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (mount_proc() < 0)
            _exit(77);
        text = run_command("why", 2, false, &status);
        bool is_why = strstr(text, "outside") != NULL;
        text = run_command("tree", 2, false, &status);
        bool is_tree = strstr(text, "its parent, outside this PID namespace") != NULL;
        text = run_command("send -n TERM", 2, false, &status);
        bool is_send = strstr(text, "outside") != NULL;
        _exit((is_why ? 0 : 1) | (is_tree ? 0 : 2) | (is_send ? 0 : 4));
    }
    (void)waitpid(looks, &result, 0);
    spawn_report(WEXITSTATUS(result));
    return spawn_pause(NULL);
}

Test(exotic, a_zombie_whose_parent_is_outside_the_namespace)
{
    int32_t result = -1;
    pid_t pid = spawn_child(body_looks_from_inside, NULL);
    cr_assert(spawn_receive(pid, &result));
    if (result == -1 || result == 77)
        cr_skip_test("a PID namespace with a /proc of its own cannot be had here");
    cr_expect_eq(result, 0, "why 1, tree 2, send 4: %d", (int)result);
}
