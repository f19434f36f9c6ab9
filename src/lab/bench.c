#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/libc.h"
#include "session.h"

enum {
    ROLE_FDS = 2 /* that a role waits for: its next word, and the end of guard and host */
};

/* ---- objects with names: marked before they are made, so that the guard knows ---- */

const char *bench_directory(struct bench *bench)
{
    struct bench_shared *shared = bench->shared;

    if (!shared->has_directory) {
        shared->has_directory = true;
        if (mkdir(shared->directory, 0700) < 0) {
            shared->has_directory = false;
            return NULL;
        }
    }
    return shared->directory;
}

const char *bench_name(struct bench *bench)
{
    bench->shared->has_name = true;
    return bench->shared->name;
}

key_t bench_key(struct bench *bench)
{
    bench->shared->has_key = true;
    return bench->shared->key;
}

/* ---- what leads the roles, apart from what they do ---- */

int bench_move_fd(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, BENCH_FD_LEAST);

    if (moved < 0)
        return fd;
    (void)close(fd);
    return moved;
}

bool lab_call_is_plumbing(const char *comm, int64_t number, const uint64_t *arguments)
{
    if (strcmp(comm, "lab-host") == 0)
        return true;
    switch (number) {
    case SYS_prctl:
        return arguments[0] == PR_SET_NAME;
    case SYS_read:
    case SYS_write:
        return (int)arguments[0] >= BENCH_FD_LEAST;
#ifdef SYS_poll
    case SYS_poll: /* role_await(): no experiment asks so */
        return arguments[1] == ROLE_FDS && (int)arguments[2] == -1;
#endif
    case SYS_ppoll:
        return arguments[1] == ROLE_FDS && arguments[2] == 0;
    default:
        return false;
    }
}

/* ---- the roles' side ---- */

int role_await(struct bench *bench)
{
    struct pollfd fds[] = {
        {.fd = bench->self->go[0], .events = POLLIN},
        {.fd = bench->lifeline[0]},
    };
    unsigned char word;

    for (;;) {
        if (poll(fds, ROLE_FDS, -1) < 0) {
            if (errno != EINTR)
                _exit(1);
            continue;
        }
        if (fds[1].revents)
            _exit(0);
        if (fds[0].revents && read(bench->self->go[0], &word, 1) == 1)
            return word;
    }
}

void role_report(struct bench *bench, int64_t number)
{
    ssize_t n;

    do
        n = write(bench->self->said[1], &number, sizeof(number));
    while (n < 0 && errno == EINTR);
}

/* As the host counts: a role inside a PID namespace has another number for itself. */
static pid_t outer_tid(void)
{
    char text[64]; /* "PID/task/TID" */
    ssize_t length = readlink("/proc/thread-self", text, sizeof(text) - 1);

    if (length <= 0)
        return getpid();
    text[length] = '\0';
    const char *slash = strrchr(text, '/');
    return slash ? (pid_t)strtol(slash + 1, NULL, 10) : getpid();
}

void role_enter(struct bench *bench, struct role *role)
{
    bench->self = role;
    (void)prctl(PR_SET_NAME, role->name);
    role->pid = outer_tid();
}

pid_t role_fork(struct bench *bench, struct role *role, void (*play)(struct bench *))
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    role_enter(bench, role);
    play(bench);
    _exit(0);
}

struct thread_start {
    struct bench bench;
    struct role *role;
    void (*play)(struct bench *);
};

static void *thread_main(void *argument)
{
    struct thread_start *start = argument;

    role_enter(&start->bench, start->role);
    start->play(&start->bench);
    return NULL;
}

int role_thread(struct bench *bench, struct role *role, void (*play)(struct bench *))
{
    pthread_t thread;
    /* Lives as long as its process, which is not long. */
    struct thread_start *start = malloc(sizeof(*start));

    if (!start)
        return -ENOMEM;
    *start = (struct thread_start){.bench = *bench, .role = role, .play = play};
    return -pthread_create(&thread, NULL, thread_main, start);
}

void role_idle(struct bench *bench)
{
    while (role_await(bench) != 'x')
        ;
}

bool role_is_alone(const struct bench *bench)
{
    return poll(&(struct pollfd){.fd = bench->lifeline[0]}, 1, 0) > 0;
}

void role_burn(struct bench *bench)
{
    for (volatile unsigned long turn = 1;; turn++)
        if (turn % (1UL << 26) == 0 && role_is_alone(bench))
            _exit(0);
}

int role_take_terminal(const char *name)
{
    (void)setsid();
    int fd = open(name, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    return ioctl(fd, TIOCSCTTY, 0) < 0 ? -errno : fd;
}

int bench_terminal(char *ret_name, size_t size)
{
    _cleanup_close_ int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0)
        return -errno;
    int r = ptsname_r(fd, ret_name, size);
    return r != 0 ? -r : take_fd(fd);
}

/* ---- the host's side: roles ---- */

void bench_announce(struct bench *bench, pid_t pid, const char *name)
{
    struct lab_message message = {.kind = LAB_PROCESS, .step = bench->step, .pid = pid};

    (void)snprintf(message.role, sizeof(message.role), "%s", name);
    bench_send(bench, &message);
}

struct role *role_new(struct bench *bench, const char *name)
{
    struct bench_shared *shared = bench->shared;

    if (shared->role_count >= LAB_ROLES_MAX)
        abort();
    struct role *role = &shared->roles[shared->role_count];
    (void)snprintf(role->name, sizeof(role->name), "%s", name);
    if (pipe2(role->go, O_CLOEXEC) < 0 || pipe2(role->said, O_CLOEXEC) < 0)
        bench_end(bench);
    for (int end = 0; end < 2; end++) {
        role->go[end] = bench_move_fd(role->go[end]);
        role->said[end] = bench_move_fd(role->said[end]);
    }
    shared->role_count++;
    return role;
}

bool role_meet(struct bench *bench, struct role *role)
{
    if (!until(bench, role->pid != 0))
        return false;
    bench_announce(bench, role->pid, role->name);
    return true;
}

struct role *role_spawn(struct bench *bench, const char *name, void (*play)(struct bench *))
{
    struct role *role = role_new(bench, name);
    pid_t pid = fork();

    if (pid < 0)
        bench_end(bench);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != bench->host_pid)
            _exit(0);
        (void)signal(SIGPIPE, SIG_DFL);
        (void)close(bench->socket);
        (void)close(bench->guard_alive);
        (void)close(bench->lifeline[1]);
        role_enter(bench, role);
        play(bench);
        _exit(0);
    }
    /* Not before it has its name, and its signal mask back: fork() blocks all for a moment. */
    (void)until_broken(bench, role->pid != 0 || observe_state(pid) == 'Z');
    role->pid = pid;
    bench_announce(bench, pid, role->name);
    return role;
}

void role_go(struct bench *bench, struct role *role, int word)
{
    unsigned char byte = (unsigned char)word;

    (void)bench;
    (void)!write(role->go[1], &byte, 1);
}

static bool is_readable(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) > 0;
}

bool role_receive(struct bench *bench, struct role *role, int64_t *ret_number)
{
    int64_t number;

    if (!until(bench, is_readable(role->said[0])) ||
        read(role->said[0], &number, sizeof(number)) != sizeof(number))
        return false;
    *ret_number = number;
    return true;
}

int64_t role_ask(struct bench *bench, struct role *role, int word)
{
    int64_t number = INT64_MIN;

    role_go(bench, role, word);
    (void)role_receive(bench, role, &number);
    return number;
}

int bench_reap(struct bench *bench, pid_t pid, int *ret_status)
{
    int status = 0;
    pid_t reaped = 0;

    (void)until(bench, (reaped = waitpid(pid, &status, WNOHANG | __WALL)) != 0);
    if (reaped < 0)
        return -errno;
    if (reaped > 0 && ret_status)
        *ret_status = status;
    return reaped > 0;
}

/* ---- processors, and exits watched from another one ---- */

/* Those we may use: what the host was started with, before it pinned itself. */
static const cpu_set_t *usable_processors(void)
{
    static cpu_set_t set;

    if (CPU_COUNT(&set) == 0)
        (void)sched_getaffinity(0, sizeof(set), &set);
    return &set;
}

unsigned bench_processors(void)
{
    return (unsigned)CPU_COUNT(usable_processors());
}

bool bench_pin(pid_t pid, unsigned index)
{
    const cpu_set_t *usable = usable_processors();
    cpu_set_t one;

    index %= bench_processors() ? bench_processors() : 1;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, usable) || index-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return sched_setaffinity(pid, sizeof(one), &one) == 0;
    }
    return false;
}

bool bench_set_nice_0(struct bench *bench, pid_t pid, unsigned sights)
{
    (void)setpriority(PRIO_PROCESS, (id_t)pid, 0);
    int nice = getpriority(PRIO_PROCESS, (id_t)pid);
    for (unsigned i = 0; nice != 0 && i < sights; i++)
        see_skipped(bench, i, _("reaptop was started at nice %d: shares are compared from nice 0"),
                    nice);
    return nice == 0;
}

static void read_letters(struct bench *bench, int stat_fd, char *letters, size_t size)
{
    char stat[256];
    size_t count = 0;
    struct wait wait = wait_begin(bench);

    for (unsigned turn = 1;; turn++) {
        ssize_t n = pread(stat_fd, stat, sizeof(stat) - 1, 0);
        if (n <= 0 || (turn % 4096 == 0 && !wait_turn(bench, &wait)))
            return; /* ESRCH: gone */
        stat[n] = '\0';
        const char *end = strrchr(stat, ')');
        char letter = end && end[1] ? end[2] : '?';
        if ((count == 0 || letters[count - 1] != letter) && count + 1 < size) {
            letters[count++] = letter;
            letters[count] = '\0';
        }
    }
}

bool role_watch_exit(struct bench *bench, struct role *role, char *ret_letters, size_t size)
{
    char path[64];

    ret_letters[0] = '\0';
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", role->pid);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    (void)bench_pin(0, 0);
    (void)bench_pin(role->pid, 1);
    role_go(bench, role, 'x');
    read_letters(bench, fd, ret_letters, size);
    (void)sched_setaffinity(0, sizeof(cpu_set_t), usable_processors());
    return strchr(ret_letters, 'X');
}

/* ---- waiting ---- */

enum {
    TURNS_LEAST = 120, /* as many as 300 ms have where nobody else wants the processor */
    STEADY_LOOKS = 3,
};

struct wait wait_begin(const struct bench *bench)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC);

    return (struct wait){.end_ns = now + bench->deadline_ns, .last_ns = now + bench->patience_ns};
}

struct wait wait_begin_patient(const struct bench *bench)
{
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + bench->patience_ns;

    return (struct wait){.end_ns = end, .last_ns = end};
}

bool wait_turn(struct bench *bench, struct wait *wait)
{
    /* Most conditions hold within microseconds; a patient look costs little after that. */
    int pause_ms = wait->turns < 20 ? 0 : wait->turns < 100 ? 1 : 5;

    wait->turns++;
    (void)bench_poll(bench, pause_ms, NULL);
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    return now < wait->end_ns || (now < wait->last_ns && wait->turns < TURNS_LEAST);
}

/* ---- seeing ---- */

static void report(struct bench *bench, unsigned sight, enum lab_result result, const char *text)
{
    struct lab_message message = {
        .kind = LAB_SIGHT,
        .step = bench->step,
        .sight = sight,
        .result = result,
    };

    if (sight >= lab_sight_count(&bench->experiment->steps[bench->step]))
        abort();
    bench->sights[sight] = result;
    (void)snprintf(message.text, sizeof(message.text), "%s", text);
    bench_send(bench, &message);
}

/*
 * A number that could not be read is INT64_MIN (observe.h): no evidence shows it
 * as if it had been.
 */
static void hide_unknown(char *text)
{
    static const char *const unknown[] = {"-9223372036854775808", "0x8000000000000000"};

    for (size_t i = 0; i < ELEMENTS(unknown); i++)
        for (char *at = text; (at = strstr(at, unknown[i]));) {
            size_t length = strlen(unknown[i]);
            *at++ = '?';
            memmove(at, at + length - 1, strlen(at + length - 1) + 1);
        }
}

/* The file of the machine that the sight is read from is not there: true, and its path. */
static bool lacks_source(const struct bench *bench, unsigned sight, char *ret_path, size_t size)
{
    const char *source = bench->experiment->steps[bench->step].sees[sight].source;
    size_t length = source ? strcspn(source, " ,:(") : 0;

    (void)snprintf(ret_path, size, "%.*s", (int)length, length > 0 ? source : "");
    return strncmp(ret_path, "/proc/", 6) == 0 && !strstr(ret_path, "PID") &&
           !strstr(ret_path, "TID") && access(ret_path, F_OK) < 0 && errno == ENOENT;
}

bool see(struct bench *bench, unsigned sight, bool seen, const char *format, ...)
{
    char text[LAB_TEXT_SIZE], path[64];
    va_list arguments;

    if (!seen && lacks_source(bench, sight, path, sizeof(path))) {
        see_skipped(bench, sight, _("there is no %s here (proc(5), subset=pid)"), path);
        return false;
    }

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    hide_unknown(text);
    report(bench, sight, seen ? LAB_SEEN : LAB_NOT_SEEN, text);
    return seen;
}

void see_skipped(struct bench *bench, unsigned sight, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(bench->missing, sizeof(bench->missing), format, arguments);
    va_end(arguments);
    report(bench, sight, LAB_SKIPPED, bench->missing);
}

static bool state_is(pid_t pid, const char *letters)
{
    char state = observe_state(pid);
    return state && strchr(letters, state);
}

/* How often it went to sleep; the dead have no such count any more and need none. */
static int64_t sleeps_of(pid_t pid, const char *letters)
{
    return strchr(letters, 'R') ? 0 : observe_number(pid, "status", "voluntary_ctxt_switches");
}

static bool state_stays(struct bench *bench, pid_t pid, const char *letters)
{
    int64_t sleeps = sleeps_of(pid, letters);

    for (unsigned look = 0; look < STEADY_LOOKS; look++) {
        if (!state_is(pid, letters))
            return false;
        (void)bench_poll(bench, 1, NULL);
    }
    return state_is(pid, letters) && sleeps_of(pid, letters) == sleeps;
}

bool see_state(struct bench *bench, unsigned sight, pid_t pid, const char *letters)
{
    char text[128];
    bool seen = until(bench, state_stays(bench, pid, letters));

    observe_stat_text(pid, text, sizeof(text));
    return see(bench, sight, seen, "/proc/%d/stat: %s", pid, text[0] ? text : _("(no such file)"));
}

bool see_stat(struct bench *bench, unsigned sight, pid_t pid, int number, int64_t value)
{
    int64_t found = 0;
    bool seen = until(bench, (found = observe_stat(pid, number)) == value);

    return see(bench, sight, seen, _("/proc/%d/stat field %d: %" PRId64), pid, number, found);
}

bool see_parent(struct bench *bench, unsigned sight, pid_t pid, pid_t parent)
{
    char text[128];
    bool seen = until(bench, observe_stat(pid, 4) == parent);

    observe_stat_text(pid, text, sizeof(text));
    return see(bench, sight, seen, "/proc/%d/stat: %s", pid, text[0] ? text : _("(no such file)"));
}

bool see_killed(struct bench *bench, unsigned sight, pid_t pid, int number)
{
    int status = 0;

    if (bench_reap(bench, pid, &status) <= 0)
        return see(bench, sight, false, _("waitpid(%d): not reaped"), pid);
    if (!WIFSIGNALED(status))
        return see(bench, sight, false, _("waitpid(%d): exit status %d"), pid, WEXITSTATUS(status));
    return see(bench, sight, WTERMSIG(status) == number,
               _("waitpid(%d): ended by SIG%s, signal %d"), pid, signal_name(WTERMSIG(status)),
               WTERMSIG(status));
}

bool see_gone(struct bench *bench, unsigned sight, pid_t pid)
{
    char text[128];
    bool seen = pid > 0 && until(bench, observe_state(pid) == '\0');

    observe_stat_text(pid, text, sizeof(text));
    return see(bench, sight, seen, "/proc/%d: %s", pid,
               seen ? _("No such file or directory") : text);
}

bool bench_is_asleep(struct bench *bench, pid_t pid, const char *functions, long syscall_number,
                     char *ret_text, size_t size)
{
    int64_t sleeps = sleeps_of(pid, "S");

    if (!observe_is_in(pid, functions, syscall_number, ret_text, size))
        return false;
    (void)bench_poll(bench, 1, NULL);
    return observe_is_in(pid, functions, syscall_number, ret_text, size) &&
           sleeps_of(pid, "S") == sleeps;
}

bool see_sleep(struct bench *bench, unsigned sight, pid_t pid, const char *functions,
               long syscall_number)
{
    char text[256] = "";
    bool seen =
        until(bench, bench_is_asleep(bench, pid, functions, syscall_number, text, sizeof(text)));

    return see(bench, sight, seen, "%s", text[0] ? text : _("it does not sleep"));
}

static bool mask_is(pid_t pid, const char *key, signal_set present, signal_set absent)
{
    signal_set set;

    return observe_signals(pid, key, &set) && (set & present) == present && (set & absent) == 0;
}

static void append_signals(char *text, size_t size, signal_set set)
{
    const char *separator = " (";
    size_t length = strlen(text);

    if (set == 0 || __builtin_popcountll(set) > 8)
        return;
    for (int number = 1; number <= SIGNAL_MAX && length < size; number++) {
        if (!signal_set_has(set, number))
            continue;
        length += (size_t)snprintf(text + length, size - length, "%sSIG%s", separator,
                                   signal_name(number));
        separator = " ";
    }
    if (length < size)
        (void)snprintf(text + length, size - length, ")");
}

/*
 * A signal that nothing holds back is pending for a moment too, until the task
 * that it woke has run: one that is held back is pending in two looks, and the
 * task slept all the while.
 */
static bool is_held_back(struct bench *bench, pid_t pid, const char *key, signal_set present,
                         signal_set absent)
{
    int64_t sleeps = sleeps_of(pid, "SDTt");

    if (!mask_is(pid, key, present, absent))
        return false;
    (void)bench_poll(bench, 1, NULL);
    return mask_is(pid, key, present, absent) && state_is(pid, "SDTt") &&
           sleeps_of(pid, "SDTt") == sleeps;
}

bool see_signals(struct bench *bench, unsigned sight, pid_t pid, const char *key,
                 signal_set present, signal_set absent)
{
    char text[256] = "";
    signal_set set = 0;
    bool is_pending = present && strstr(key, "Pnd");
    bool seen = until(bench, is_pending ? is_held_back(bench, pid, key, present, absent)
                                        : mask_is(pid, key, present, absent));

    if (observe_value(pid, "status", key, text, sizeof(text)) && observe_signals(pid, key, &set))
        append_signals(text, sizeof(text), set);
    return see(bench, sight, seen, "/proc/%d/status: %s: %s", pid, key, text);
}

int bench_peek(pid_t pid, const volatile void *address, void *ret_copy, size_t size)
{
    struct iovec local = {ret_copy, size};
    struct iovec remote = {(void *)(uintptr_t)address, size};

    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size ? 0 : -errno;
}

bool see_unreadable(struct bench *bench, unsigned sight, int r)
{
    if (r != -EPERM && r != -ENOSYS)
        return false;
    see_skipped(bench, sight, _("process_vm_readv() needs CAP_SYS_PTRACE here"));
    return true;
}

bool see_word(struct bench *bench, unsigned sight, pid_t pid, const volatile int *address,
              int value, const char *what)
{
    int word = 0, r = 0;
    bool seen = until(bench, (r = bench_peek(pid, address, &word, sizeof(word))) == -EPERM ||
                                 r == -ENOSYS || (r == 0 && word == value));

    if (see_unreadable(bench, sight, r))
        return false;
    return see(bench, sight, seen, _("%s, at %p of PID %d, is %d"), what,
               (void *)(uintptr_t)address, pid, word);
}

static bool value_is(pid_t pid, const char *file, const char *key, const char *value)
{
    char found[256];

    return observe_value(pid, file, key, found, sizeof(found)) && strcmp(found, value) == 0;
}

bool see_value(struct bench *bench, unsigned sight, pid_t pid, const char *file, const char *key,
               const char *value)
{
    char found[256] = "";
    bool seen = until(bench, value_is(pid, file, key, value));

    (void)observe_value(pid, file, key, found, sizeof(found));
    return see(bench, sight, seen, "/proc/%d/%s: %s: %s", pid, file, key, found);
}

bool see_reported(struct bench *bench, unsigned sight, struct role *role, const char *call,
                  int64_t expected)
{
    int64_t reported = 0;

    if (!role_receive(bench, role, &reported))
        return see(bench, sight, false, _("%s has not returned"), call);
    if (reported == -ENOSYS && expected != -ENOSYS) {
        see_skipped(bench, sight, _("%s: this kernel, or a filter on us, does not have it"), call);
        return false;
    }
    if (reported < 0 && reported > -4096) {
        const char *name = libc_errno_name((int)-reported);
        return see(bench, sight, reported == expected, "%s: %s%s%s", call, name ? name : "",
                   name ? ": " : "", strerror((int)-reported));
    }
    return see(bench, sight, reported == expected, "%s: %" PRId64, call, reported);
}

bool see_told(struct bench *bench, unsigned sight, struct role *role, const char *sentence,
              int64_t expected)
{
    int64_t reported = 0;

    if (!role_receive(bench, role, &reported))
        return see(bench, sight, false, _("it does not tell this: %s"), sentence);
    if (reported != expected)
        return see(bench, sight, false, _("%s: no, it tells %" PRId64), sentence, reported);
    return see(bench, sight, true, "%s", sentence);
}
