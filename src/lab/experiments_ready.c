/* One of several: receivers of a signal, types of sockets, descriptors in poll(2), processors. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

static struct role *process, *sender, *receiver;
static int pipes[2][2];
static volatile sig_atomic_t is_stopped[2];

/* ---- notify ---- */

static void write_to_pipes(int number)
{
    int saved = errno;

    (void)number;
    for (int i = 0; i < 2; i++)
        if (!is_stopped[i] && write(pipes[i][1], "!", 1) < 0)
            abort();
    errno = saved;
}

static void read_signalfds(struct bench *bench)
{
    struct signalfd_siginfo info;
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    int first = signalfd(-1, &set, SFD_NONBLOCK);
    int second = signalfd(-1, &set, SFD_NONBLOCK);
    for (int i = 0; i < 2; i++) {
        ssize_t n = read(i == 0 ? first : second, &info, sizeof(info));
        role_report(bench, n < 0 ? -errno : n);
        if (i == 0 && is_sight_broken(bench, 3, 3))
            (void)kill(getpid(), SIGUSR1);
    }
    (void)close(first);
    (void)close(second);
}

static void notify_process(struct bench *bench)
{
    struct sigaction action = {.sa_handler = write_to_pipes, .sa_flags = SA_RESTART};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    if (!is_sight_broken(bench, 1, 1))
        (void)sigaction(SIGUSR1, &action, NULL);
    is_stopped[1] = is_sight_broken(bench, 1, 3);
    role_report(bench, 0);
    for (;;)
        switch (role_await(bench)) {
        case 's':
            is_stopped[0] = !is_sight_broken(bench, 2, 1);
            is_stopped[1] = is_sight_broken(bench, 2, 2);
            role_report(bench, 0);
            break;
        case 'b':
            role_report(bench, sigprocmask(SIG_BLOCK, &set, NULL));
            break;
        case 'r':
            read_signalfds(bench);
            break;
        }
}

/* `expected` bytes lie in that pipe, of which the host has the reading end too. */
static void see_bytes(struct bench *bench, unsigned sight, int which, int expected)
{
    int count = -1;

    (void)until(bench, ioctl(pipes[which][0], FIONREAD, &count) == 0 && count == expected);
    (void)see(bench, sight, count == expected,
              _("ioctl(FIONREAD), the bytes that wait in pipe %d: %d"), which + 1, count);
}

static void notify_both(struct bench *bench)
{
    int64_t ready;

    if (pipe2(pipes[0], O_CLOEXEC) < 0 || pipe2(pipes[1], O_CLOEXEC) < 0)
        return;
    process = role_spawn(bench, "process", notify_process);
    if (!role_receive(bench, process, &ready))
        return;
    (void)see_signals(bench, 0, process->pid, "SigCgt", UINT64_C(1) << (SIGUSR1 - 1), 0);
    if (!is_broken(bench, 1))
        (void)kill(process->pid, SIGUSR1);
    see_bytes(bench, 1, 0, 1);
    see_bytes(bench, 2, 1, 1);
}

static void notify_one(struct bench *bench)
{
    (void)role_ask(bench, process, 's');
    if (!is_broken(bench, 2))
        (void)kill(process->pid, SIGUSR1);
    see_bytes(bench, 1, 1, 2);
    see_bytes(bench, 0, 0, 1);
}

static void notify_signalfd(struct bench *bench)
{
    (void)role_ask(bench, process, 'b');
    if (!is_broken(bench, 3))
        (void)kill(process->pid, SIGUSR1);
    (void)see_signals(bench, 0, process->pid, "ShdPnd", UINT64_C(1) << (SIGUSR1 - 1), 0);
    role_go(bench, process, 'r');
    (void)see_reported(bench, 1, process, "read(signalfd 1)", sizeof(struct signalfd_siginfo));
    (void)see_reported(bench, 2, process, "read(signalfd 2)", -EAGAIN);
}

const struct lab_experiment experiment_notify = {
    .name = "notify",
    .chapter = LAB_SIGNALS,
    .place = 8,
    .title = N_("One signal, several receivers"),
    .question = N_("How does a process pass one signal to several of its parts?"),
    .roles = {{"process", N_("catches SIGUSR1 for two receivers, each with a pipe")}},
    .steps =
        {
            {
                .does = N_("A process catches SIGUSR1. Its handler writes a byte to each of two "
                           "pipes, one for each receiver. SIGUSR1 is sent once."),
                .question = N_("How many pipes hold a byte?"),
                .choices = {N_("none"), N_("one"), N_("both")},
                .right = 2,
                .sees = {{N_("SIGUSR1 is caught"), "/proc/PID/status SigCgt",
                          N_("no handler is installed")},
                         {N_("pipe 1 holds a byte"), N_("ioctl(FIONREAD)")},
                         {N_("pipe 2 holds a byte"), N_("ioctl(FIONREAD)"),
                          N_("the handler writes to pipe 1 only")}},
                .explains = N_("The kernel runs one handler, once. Passing it on is the program's "
                               "work; write() is safe in a handler, and a pipe wakes poll()."),
                .manual = "signal-safety(7)",
                .breaks = N_("SIGUSR1 is not sent"),
                .run = notify_both,
            },
            {
                .does = N_("The first receiver no longer wants SIGUSR1. It is sent again."),
                .question = N_("What do the pipes hold now?"),
                .choices = {N_("one byte and two"), N_("two bytes each"), N_("one byte each")},
                .right = 0,
                .sees = {{N_("pipe 1 still holds one byte"), N_("ioctl(FIONREAD)"),
                          N_("the first receiver is not stopped")},
                         {N_("pipe 2 holds two"), N_("ioctl(FIONREAD)"),
                          N_("the second receiver is stopped too")}},
                .explains = N_("The handler stays, for it belongs to the process; only the "
                               "program's own list of receivers became shorter."),
                .manual = "sigaction(2)",
                .breaks = N_("SIGUSR1 is not sent"),
                .run = notify_one,
            },
            {
                .does = N_("The process blocks SIGUSR1, and it is sent once more. Then the process "
                           "opens two signalfds for it and reads each."),
                .question = N_("Which read gets the signal?"),
                .choices = {N_("both"), N_("only the first")},
                .right = 1,
                .sees = {{N_("it is pending for the process"), "/proc/PID/status ShdPnd"},
                         {N_("the first read gets one siginfo"),
                          N_("read(2), as the process itself reports it")},
                         {N_("the second gets EAGAIN"),
                          N_("read(2), as the process itself reports it"),
                          N_("SIGUSR1 is sent again between the reads")}},
                .explains = N_("A signalfd reads from the pending signals of its reader, 128 bytes "
                               "(a struct signalfd_siginfo) for each, and takes out what it reads. "
                               "A standard signal is pending once, so there is "
                               "nothing left for the second."),
                .manual = "signalfd(2)",
                .breaks = N_("SIGUSR1 is not sent"),
                .run = notify_signalfd,
            },
        },
    .reading = "sigaction(2), signal-safety(7), signalfd(2)",
};

/* ---- socket-types ---- */

static int pair[2];
static int kind;

static int64_t receive(int descriptor, size_t size)
{
    char text[64];
    ssize_t n = recv(descriptor, text, size, MSG_DONTWAIT);
    return n < 0 ? -errno : n;
}

static void socket_sender(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 'w':
            role_report(bench, send(pair[0], "ab", 2, MSG_NOSIGNAL));
            role_report(bench, send(pair[0], "cd", 2, MSG_NOSIGNAL));
            break;
        case 'r':
            role_report(bench, receive(pair[0], 64));
            break;
        }
}

static void socket_receiver(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 'r':
            role_report(bench, receive(pair[1], 64));
            break;
        case '1':
            role_report(bench, receive(pair[1], 1));
            break;
        case 'w':
            role_report(bench, send(pair[1], "xyz", 3, MSG_NOSIGNAL));
            break;
        }
}

/* A new pair of that type, and a process at each end; both messages are sent. */
static bool write_both(struct bench *bench, int type)
{
    kind = type;
    if (socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, pair) < 0)
        return false;
    sender = role_spawn(bench, "sender", socket_sender);
    receiver = role_spawn(bench, "receiver", socket_receiver);
    int64_t sent = 0;
    role_go(bench, sender, 'w');
    return role_receive(bench, sender, &sent) && role_receive(bench, sender, &sent) && sent == 2;
}

static void socket_stream(struct bench *bench)
{
    if (!write_both(bench, is_broken(bench, 1) ? SOCK_DGRAM : SOCK_STREAM))
        return;
    role_go(bench, receiver, 'r');
    (void)see_reported(bench, 0, receiver, "recv(64)", 4);
}

static void socket_datagram(struct bench *bench)
{
    if (!write_both(bench, is_broken(bench, 2) ? SOCK_STREAM : SOCK_DGRAM))
        return;
    role_go(bench, receiver, 'r');
    (void)see_reported(bench, 0, receiver, "recv(64)", 2);
    role_go(bench, receiver, 'r');
    (void)see_reported(bench, 1, receiver, "recv(64)", 2);
    if (!is_sight_broken(bench, 2, 3))
        (void)role_ask(bench, receiver, 'w');
    role_go(bench, sender, 'r');
    (void)see_reported(bench, 2, sender, "recv(64)", 3);
}

static void socket_packet(struct bench *bench)
{
    if (!write_both(bench, is_broken(bench, 3) ? SOCK_STREAM : SOCK_SEQPACKET))
        return;
    role_go(bench, receiver, is_sight_broken(bench, 3, 1) ? 'r' : '1');
    (void)see_reported(bench, 0, receiver, "recv(1)", 1);
    role_go(bench, receiver, 'r');
    (void)see_reported(bench, 1, receiver, "recv(64)", 2);
}

static void raw_process(struct bench *bench)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}, {0}};

    if (!is_sight_broken(bench, 4, 1))
        (void)syscall(SYS_capset, &header, none);
    (void)role_await(bench);
    int type = is_broken(bench, 4) ? SOCK_DGRAM : SOCK_RAW;
    int r = socket(AF_INET, type, type == SOCK_RAW ? IPPROTO_ICMP : 0);
    role_report(bench, r < 0 ? -errno : 0);
    role_idle(bench);
}

static void socket_raw(struct bench *bench)
{
    process = role_spawn(bench, "process", raw_process);
    if (is_sight_broken(bench, 4, 1) && geteuid() != 0) {
        see_skipped(bench, 0, "%s", _("we have no capability to keep"));
        return;
    }
    (void)see_value(bench, 0, process->pid, "status", "CapEff", "0000000000000000");
    role_go(bench, process, 'o');
    (void)see_reported(bench, 1, process, "socket(SOCK_RAW)", -EPERM);
}

#define REPORTED_RECV N_("recv(2), as the process itself reports it")

const struct lab_experiment experiment_socket_types = {
    .name = "socket-types",
    .chapter = LAB_PIPES,
    .place = 9,
    .title = N_("Types of sockets"),
    .question = N_("Which sockets keep messages apart?"),
    .roles = {{"sender", N_("sends \"ab\", then \"cd\"")},
              {"receiver", N_("receives")},
              {"process", N_("asks for a raw socket without any capability")}},
    .steps =
        {
            {
                .does = N_("A sender sends two messages of two bytes through a SOCK_STREAM socket. "
                           "Then the receiver asks for up to 64 bytes."),
                .question = N_("How many does it get?"),
                .choices = {"2", "4"},
                .right = 1,
                .sees = {{N_("one recv() gets all four bytes"), REPORTED_RECV}},
                .explains = N_("A stream has no boundaries. A program that needs messages must "
                               "mark them itself, by a length or a separator."),
                .manual = "socket(2)",
                .breaks = N_("the socket is SOCK_DGRAM"),
                .run = socket_stream,
            },
            {
                .does =
                    N_("The same through SOCK_DGRAM. Then the receiver sends three bytes back."),
                .question = N_("What arrives?"),
                .choices = {N_("four bytes; none can go back"), N_("two and two; none can go back"),
                            N_("two and two; three go back")},
                .right = 2,
                .sees = {{N_("the first recv() gets two bytes"), REPORTED_RECV},
                         {N_("the second gets two"), REPORTED_RECV},
                         {N_("the sender gets the three"), REPORTED_RECV,
                          N_("nothing is sent back")}},
                .explains = N_("Each datagram is received by a call of its own. Datagrams go "
                               "both ways; what they lack is a connection, not a direction."),
                .manual = "unix(7)",
                .breaks = N_("the socket is SOCK_STREAM"),
                .run = socket_datagram,
            },
            {
                .does = N_("The same through SOCK_SEQPACKET, but the receiver first asks for one "
                           "byte only, then for up to 64."),
                .question = N_("What does the second recv() get?"),
                .choices = {N_("the rest of the first message: 1 byte"),
                            N_("everything that is left: 3 bytes"),
                            N_("the second message: 2 bytes")},
                .right = 2,
                .sees = {{N_("the first recv() gets one byte"), REPORTED_RECV,
                          N_("it asks for 64 bytes")},
                         {N_("the second gets the second message"), REPORTED_RECV}},
                .explains = N_("The part of a message that does not fit is dropped (MSG_TRUNC says "
                               "so). The connection and the order are a stream's."),
                .manual = "socket(2)",
                .breaks = N_("the socket is SOCK_STREAM"),
                .run = socket_packet,
            },
            {
                .does = N_("A process gives up its capabilities and asks for a SOCK_RAW socket, "
                           "which would show it other programs' packets."),
                .question = N_("Does it get one?"),
                .choices = {N_("yes"), N_("no: EPERM")},
                .right = 1,
                .sees = {{N_("it has no capability in effect"), "/proc/PID/status CapEff",
                          N_("it keeps its capabilities")},
                         {N_("socket() fails with EPERM"),
                          N_("socket(2), as the process itself reports it")}},
                .explains = N_("A raw socket wants CAP_NET_RAW in the user namespace that owns the "
                               "network namespace."),
                .manual = "raw(7)",
                .breaks = N_("it asks for SOCK_DGRAM"),
                .run = socket_raw,
            },
        },
    .reading = "socket(2), unix(7), raw(7)",
};

/* ---- select ---- */

static void poll_process(struct bench *bench)
{
    (void)close(pipes[0][1]);
    (void)close(pipes[1][1]);
    for (;;) {
        int word = role_await(bench);
        struct pollfd ends[2] = {{.fd = pipes[0][0], .events = POLLIN},
                                 {.fd = pipes[1][0], .events = POLLIN}};
        char byte;
        if (word == 'p') {
            fd_set ready;
            FD_ZERO(&ready);
            FD_SET(pipes[0][0], &ready);
            FD_SET(pipes[1][0], &ready);
            int most = pipes[0][0] > pipes[1][0] ? pipes[0][0] : pipes[1][0];
            (void)pselect(most + 1, &ready, NULL, NULL, NULL, NULL);
            (void)poll(ends, 2, 0); /* what select() only calls readable, in poll()'s words */
            role_report(bench, ends[0].revents ? 1 : 2);
            role_report(bench, ends[0].revents ? ends[0].revents : ends[1].revents);
        } else {
            role_report(bench, read(pipes[word == '2'][0], &byte, 1));
        }
    }
}

static void select_ready(struct bench *bench)
{
    if (pipe2(pipes[0], O_CLOEXEC) < 0 || pipe2(pipes[1], O_CLOEXEC) < 0)
        return;
    process = role_spawn(bench, "waiter", poll_process);
    if (!is_sight_broken(bench, 1, 1))
        role_go(bench, process, 'p');
    /* poll() sleeps in the same kernel function: only the call's number tells them apart. */
    bool is_there = until(bench, observe_syscall(process->pid) == SYS_pselect6);
    if (!see(bench, 0, is_there, _("/proc/%d/syscall: %ld; pselect6 is %ld"), process->pid,
             (long)observe_syscall(process->pid), (long)SYS_pselect6))
        return;
    if (!is_broken(bench, 1) && write(pipes[is_sight_broken(bench, 1, 2) ? 0 : 1][1], "!", 1) < 0)
        return;
    (void)see_reported(bench, 1, process, _("the pipe that poll() marks"), 2);
    (void)see_answer(bench, 2, process, "revents: POLLIN", POLLIN);
    role_go(bench, process, '2');
    (void)see_reported(bench, 3, process, "read(pipe 2)", 1);
}

static void select_closed(struct bench *bench)
{
    role_go(bench, process, 'p');
    if (is_broken(bench, 2) || is_sight_broken(bench, 2, 1)) {
        if (write(pipes[0][1], "!", 1) < 0)
            return;
    } else {
        (void)close(pipes[0][1]);
    }
    int64_t which;
    if (!role_receive(bench, process, &which))
        return;
    (void)see_answer(bench, 0, process, "revents: POLLHUP", POLLHUP);
    role_go(bench, process, '1');
    (void)see_reported(bench, 1, process, "read(pipe 1)", 0);
}

const struct lab_experiment experiment_select = {
    .name = "select",
    .chapter = LAB_SYNC,
    .place = 10,
    .title = N_("Ready: one of several"),
    .question = N_("How does one thread wait for several sources at once?"),
    .roles = {{"waiter", N_("waits in select() for two pipes")}},
    .steps =
        {
            {
                .does =
                    N_("A process waits in select() for two empty pipes. Then a byte is written "
                       "to the second."),
                .question = N_("What is ready then?"),
                .choices = {N_("both are ready"), N_("the second is ready"),
                            N_("nothing: it waits for both")},
                .right = 1,
                .sees =
                    {{N_("it sleeps in pselect6"), "/proc/PID/syscall",
                      N_("it does not call select()")},
                     {N_("poll() marks pipe 2"), N_("poll(2), as the process itself reports it"),
                      N_("the byte is written to pipe 1")},
                     {N_("it is marked readable"), N_("poll(2), as the process itself reports it")},
                     {N_("read() of it gets the byte without waiting"),
                      N_("read(2), as the process itself reports it")}},
                .explains = N_("The process is on the wait queue of each pipe, and the first that "
                               "becomes ready wakes it. Go's select does the same with channels, "
                               "in the program instead of the kernel."),
                .manual = "poll(2)",
                .breaks = N_("nothing is written"),
                .run = select_ready,
            },
            {
                .does = N_("It waits again. The last writer of the first pipe closes it."),
                .question = N_("Does select() return?"),
                .choices = {N_("no: there is nothing to read"),
                            N_("yes, and a read gives 0: end of file")},
                .right = 1,
                .sees = {{N_("poll() says POLLHUP"),
                          N_("poll(2), as the process itself reports it"),
                          N_("a byte is written instead of closing")},
                         {N_("read() gives 0"), N_("read(2), as the process itself reports it")}},
                .explains =
                    N_("A closed pipe is always ready: its read never waits. So is a closed "
                       "channel; a loop must take it out of its list or it turns for ever."),
                .manual = "poll(2), pipe(7)",
                .breaks = N_("a byte is written instead of closing"),
                .run = select_closed,
            },
        },
    .reading = "poll(2), select(2), pipe(7)",
};

/* ---- affinity ---- */

static void affinity_process(struct bench *bench)
{
    (void)role_await(bench);
    role_burn(bench);
}

/* The only processor on which the task may run; -1: there are several. */
static int only_processor(pid_t pid)
{
    char text[64], *end;

    if (!observe_value(pid, "status", "Cpus_allowed_list", text, sizeof(text)))
        return -1;
    long number = strtol(text, &end, 10);
    return end != text && *end == '\0' ? (int)number : -1;
}

static void see_processor(struct bench *bench, unsigned index)
{
    int number;

    if (is_sight_broken(bench, 2, 2) && index == 1) {
        (void)kill(process->pid, SIGSTOP);
        (void)until_broken(bench, observe_state(process->pid) == 'T');
    }
    if (!is_broken(bench, index + 1))
        (void)bench_pin(process->pid, index);
    if (is_sight_broken(bench, 2, 1) && index == 1) {
        cpu_set_t all;
        memset(&all, 0xff, sizeof(all));
        (void)sched_setaffinity(process->pid, sizeof(all), &all);
    }
    number = only_processor(process->pid);
    (void)see(bench, 0, number >= 0, _("/proc/%d/status Cpus_allowed_list: %d"), process->pid,
              number);
    (void)see_stat(bench, 1, process->pid, 39, number);
}

static void affinity_first(struct bench *bench)
{
    if (bench_processors() < 2) {
        see_skipped(bench, 0, "%s", _("there is only one processor"));
        see_skipped(bench, 1, "%s", _("there is only one processor"));
        return;
    }
    process = role_spawn(bench, "worker", affinity_process);
    role_go(bench, process, 'b');
    see_processor(bench, 0);
}

static void affinity_second(struct bench *bench)
{
    if (bench_processors() < 2) {
        for (unsigned i = 0; i < 3; i++)
            see_skipped(bench, i, "%s", _("there is only one processor"));
        return;
    }
    int before = only_processor(process->pid);
    see_processor(bench, 1);
    int after = only_processor(process->pid);
    (void)see(bench, 2, before >= 0 && after >= 0 && before != after, _("processor %d, then %d"),
              before, after);
}

const struct lab_experiment experiment_affinity = {
    .name = "affinity",
    .chapter = LAB_THREADS,
    .place = 6,
    .title = N_("On which processor"),
    .question = N_("Who chooses the processor that a task runs on?"),
    .roles = {{"worker", N_("computes")}},
    .steps =
        {
            {
                .does = N_("sched_setaffinity() allows a computing process one processor only."),
                .question = N_("Where does it run?"),
                .choices = {N_("on that one"), N_("where there is time")},
                .right = 0,
                .sees = {{N_("one processor is allowed"), "/proc/PID/status Cpus_allowed_list"},
                         {N_("it runs there"), "/proc/PID/stat field 39"}},
                .explains = N_("The scheduler balances tasks among the processors of their mask; "
                               "with one bit there is nothing to choose."),
                .manual = "sched_setaffinity(2)",
                .breaks = N_("the mask is left as it was"),
                .run = affinity_first,
            },
            {
                .does = N_("Now another processor is the only one allowed, while it runs."),
                .question = N_("What happens to the process?"),
                .choices = {N_("it ends its work where it is"), N_("it is moved at once")},
                .right = 1,
                .sees = {{N_("one processor is allowed"), "/proc/PID/status Cpus_allowed_list",
                          N_("all processors are allowed")},
                         {N_("it runs there"), "/proc/PID/stat field 39",
                          N_("it is stopped, and does not run")},
                         {N_("it is another than before"), "/proc/PID/status Cpus_allowed_list"}},
                .explains = N_("The kernel's migration thread interrupts the task and puts it into "
                               "the other processor's run queue. Its caches there are cold."),
                .manual = "sched_setaffinity(2)",
                .breaks = N_("the mask is left as it was"),
                .run = affinity_second,
            },
        },
    .reading = "sched_setaffinity(2), sched(7)",
};
