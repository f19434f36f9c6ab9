#include "reaptop/source/connector.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/visibility.h"

enum {
    BUFFER_BYTES = 16 * 1024 * 1024, /* a storm of some ten thousand events */
    CPUS_MAX = 8192,
    CLOCK_READINGS = 3,
    HALF_DEAD_MAX = 64,
    MESSAGE_SIZE = 1024,
};

#define ANSWER_WITHIN_NS (500 * NS_PER_MS)

/* A process whose leader has exited while other threads of it live. */
struct leaderless {
    pid_t pid;
    int32_t exit_status;
};

struct sequence {
    uint32_t next;
    bool is_known;
};

struct connector {
    int socket;
    uint32_t request;           /* its number, by which its answer is known */
    struct sequence *sequences; /* by CPU: the kernel counts on each for itself */
    size_t sequence_capacity;
    bool has_overrun; /* ENOBUFS came, and no gap has said yet how much is missing */
    struct leaderless leaderless[HALF_DEAD_MAX];
    size_t leaderless_next;
    int64_t boot_offset_ns; /* CLOCK_BOOTTIME less CLOCK_MONOTONIC, which events carry */
    int64_t real_offset_ns;
};

/* ---- subscribing ---- */

static int write_operation(const struct connector *connector, enum proc_cn_mcast_op operation)
{
    struct {
        struct nlmsghdr header;
        char payload[NLMSG_ALIGN(sizeof(struct cn_msg) + sizeof(operation))];
    } request = {0};
    struct cn_msg message = {
        .id = {.idx = CN_IDX_PROC, .val = CN_VAL_PROC},
        .ack = connector->request,
        .len = sizeof(operation),
    };
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof(message) + sizeof(operation));
    request.header.nlmsg_type = NLMSG_DONE;
    memcpy(request.payload, &message, sizeof(message));
    memcpy(request.payload + sizeof(message), &operation, sizeof(operation));

    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (sendto(connector->socket, &request, request.header.nlmsg_len, 0,
               (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
        return -errno;
    return 0;
}

/* What one datagram held. */
struct message {
    uint32_t serial;
    uint32_t ack;
    struct proc_event event;
};

/* 1: one message of the kernel's; 0: none now; or a negative errno, -ENOBUFS too. */
static int receive(const struct connector *connector, struct message *ret_message)
{
    union {
        struct nlmsghdr header;
        char bytes[MESSAGE_SIZE];
    } buffer;
    for (;;) {
        struct sockaddr_nl sender = {0};
        socklen_t sender_length = sizeof(sender);
        ssize_t got = recvfrom(connector->socket, &buffer, sizeof(buffer), MSG_DONTWAIT,
                               (struct sockaddr *)&sender, &sender_length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN ? 0 : -errno;

        /* Any process may write to our port; only the kernel has port 0. */
        size_t needed =
            NLMSG_LENGTH(sizeof(struct cn_msg) + offsetof(struct proc_event, event_data));
        if (sender.nl_pid != 0 || (size_t)got < needed)
            continue;
        struct cn_msg header;
        const char *payload = buffer.bytes + NLMSG_HDRLEN;
        size_t length = (size_t)got - NLMSG_HDRLEN - sizeof(header);
        memcpy(&header, payload, sizeof(header));
        if (header.id.idx != CN_IDX_PROC || header.id.val != CN_VAL_PROC)
            continue;
        *ret_message = (struct message){.serial = header.seq, .ack = header.ack};
        memcpy(&ret_message->event, payload + sizeof(header),
               length < sizeof(struct proc_event) ? length : sizeof(struct proc_event));
        return 1;
    }
}

static bool is_answer(const struct message *message)
{
    return (uint32_t)message->event.what == PROC_EVENT_NONE;
}

/* The acknowledgement of our request: its errno, or -ENOTSUP where none came. */
static int await_answer(const struct connector *connector)
{
    uint64_t deadline_ns = clock_boot_ns() + ANSWER_WITHIN_NS;
    for (;;) {
        struct message message;
        int r = receive(connector, &message);
        if (r < 0 && r != -ENOBUFS)
            return r;
        if (r > 0 && is_answer(&message) && message.ack == connector->request + 1)
            return -(int)message.event.event_data.ack.err;
        uint64_t now_ns = clock_boot_ns();
        if (now_ns >= deadline_ns)
            return -ENOTSUP;
        if (r != 0)
            continue;
        struct pollfd ready = {.fd = connector->socket, .events = POLLIN};
        (void)poll(&ready, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
    }
}

static void widen_buffer(int socket)
{
    const int bytes = BUFFER_BYTES;
    if (setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
        (void)setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static int subscribe(struct connector *connector)
{
    /* There would be no answer: the half second is spared where that is known. */
    if (visibility_is_in_pid_namespace() || visibility_is_in_user_namespace())
        return -ENOTSUP;
    connector->socket =
        socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    if (connector->socket < 0)
        return errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT ? -ENOTSUP : -errno;
    widen_buffer(connector->socket);
    struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    if (bind(connector->socket, (const struct sockaddr *)&group, sizeof(group)) < 0)
        return -errno;
    int r = write_operation(connector, PROC_CN_MCAST_LISTEN);
    if (r == -ECONNREFUSED) /* nobody listens: no CONFIG_PROC_EVENTS */
        return -ENOTSUP;
    return r < 0 ? r : await_answer(connector);
}

int connector_open(struct connector **ret_connector, struct error *error)
{
    struct connector *connector = calloc(1, sizeof(*connector));
    if (!connector)
        return error_set_errno(error, -ENOMEM, _("process events"));
    connector->request = (uint32_t)clock_boot_ns();
    connector->socket = -EBADF;

    int r = subscribe(connector);
    if (r == 0) {
        *ret_connector = connector;
        return 0;
    }
    /* Not subscribed: there is nothing to take back. */
    connector->socket = fd_close(connector->socket);
    connector_close(connector);
    if (r == -EPERM || r == -EACCES)
        return error_set(error, -EPERM,
                         _("the kernel does not tell us of process events (that needs "
                           "CAP_NET_ADMIN here): comparing sweeps instead"));
    if (r == -ENOTSUP)
        return error_set(error, -ENOTSUP,
                         _("the kernel does not answer for process events (as inside a PID or user "
                           "namespace): comparing sweeps instead"));
    return error_set_errno(error, r, _("process events"));
}

void connector_close(struct connector *connector)
{
    if (!connector)
        return;
    if (connector->socket >= 0)
        (void)write_operation(connector, PROC_CN_MCAST_IGNORE);
    connector->socket = fd_close(connector->socket);
    free(connector->sequences);
    free(connector);
}

int connector_fd(const struct connector *connector)
{
    return connector->socket;
}

/* ---- losses ---- */

/* How many messages of that CPU are missing before this one. */
static uint32_t count_missing(struct connector *connector, uint32_t cpu, uint32_t serial)
{
    if (cpu >= CPUS_MAX ||
        array_reserve(&connector->sequences, &connector->sequence_capacity, (size_t)cpu + 1) < 0)
        return 0;
    struct sequence *sequence = &connector->sequences[cpu];
    uint32_t missing = sequence->is_known ? serial - sequence->next : 0;
    *sequence = (struct sequence){.next = serial + 1, .is_known = true};
    /* A message that comes late is none that is missing. */
    return missing < INT_MAX ? missing : 0;
}

/*
 * An answer, ours or another listener's, takes a number too, but does not say
 * of which CPU.
 */
static void skip_answer(struct connector *connector, uint32_t serial)
{
    for (size_t cpu = 0; cpu < connector->sequence_capacity; cpu++) {
        struct sequence *sequence = &connector->sequences[cpu];
        if (sequence->is_known && sequence->next == serial) {
            sequence->next++;
            return;
        }
    }
}

static struct event lost_event(uint64_t count)
{
    return (struct event){.kind = EVENT_LOST,
                          .source = EVENT_FROM_CONNECTOR,
                          .mono_ns = clock_boot_ns(),
                          .time_ns = clock_real_ns(),
                          .exit_status = EXIT_UNKNOWN,
                          .count = count};
}

/* ---- what an event says ---- */

static void set_comm(struct event *event, const char *comm, size_t length)
{
    size_t kept = length < EVENT_COMM_SIZE ? length : EVENT_COMM_SIZE - 1;
    memset(event->comm, 0, sizeof(event->comm));
    memcpy(event->comm, comm, kept);
}

/* What only /proc has. A process that began after the event is a successor under the number. */
static bool complete(struct event *event, struct stat_line *ret_line)
{
    uint64_t ticks_per_second = (uint64_t)sysconf(_SC_CLK_TCK);
    if (procfs_read_stat_of(event->id.pid, ret_line) < 0 ||
        ret_line->start_ticks * (NS_PER_SEC / ticks_per_second) > event->mono_ns)
        return false;
    event->id.start_ticks = ret_line->start_ticks;
    if (event->ppid == 0)
        event->ppid = ret_line->ppid;
    if (event->comm[0] == '\0')
        set_comm(event, ret_line->comm, ret_line->comm_length);
    return true;
}

static struct leaderless *find_leaderless(struct connector *connector, pid_t pid)
{
    for (size_t i = 0; i < HALF_DEAD_MAX; i++)
        if (connector->leaderless[i].pid == pid)
            return &connector->leaderless[i];
    return NULL;
}

static void add_leaderless(struct connector *connector, pid_t pid, int32_t exit_status)
{
    connector->leaderless[connector->leaderless_next++ % HALF_DEAD_MAX] =
        (struct leaderless){.pid = pid, .exit_status = exit_status};
}

void connector_note_leaderless(struct connector *connector, pid_t pid)
{
    if (!find_leaderless(connector, pid))
        add_leaderless(connector, pid, 0);
}

/*
 * The end of a process is that of its last thread, whichever that is. The
 * status is the leader's, unless exit_group(2) or a signal ended the others
 * later, when it is theirs.
 */
static bool take_exit(struct connector *connector, const struct exit_proc_event *exit,
                      struct event *event)
{
    /*
     * A leader without a parent was reaped before this was written: who has the
     * number is another. With one, it is a zombie: the kernel lets go of those
     * that nobody waits for before it tells.
     */
    struct leaderless *leaderless = find_leaderless(connector, exit->process_tgid);
    bool is_leader = exit->process_pid == exit->process_tgid;
    bool is_reaped = is_leader && exit->parent_tgid == 0;
    if (!is_leader && !leaderless)
        return false;

    struct stat_line line;
    event->kind = EVENT_EXIT;
    event->ppid = exit->parent_tgid;
    event->exit_status =
        is_leader || exit->exit_code != 0 ? (int32_t)exit->exit_code : leaderless->exit_status;
    bool is_there = !is_reaped && complete(event, &line);
    if (is_there && line.threads > 1) {
        if (is_leader)
            add_leaderless(connector, exit->process_tgid, event->exit_status);
        return false;
    }
    if (leaderless)
        leaderless->pid = 0;
    bool is_zombie = is_leader ? !is_reaped : is_there && line.state == 'Z';
    event->state_to = is_zombie ? 'Z' : '\0';
    if (is_there && is_zombie)
        event->to = procfs_read_tracer_of(event->id.pid);
    if (is_there && line.exit_status >= 0)
        event->exit_status = line.exit_status;
    return true;
}

/* False where it is no event of a process, but of one of its threads. */
static bool take_event(struct connector *connector, const struct proc_event *from,
                       struct event *event)
{
    /* Each member but fork and exit begins with the thread's number and the process's. */
    pid_t tid = from->event_data.exec.process_pid;
    event->id.pid = from->event_data.exec.process_tgid;
    struct stat_line line;

    switch ((uint32_t)from->what) {
    case PROC_EVENT_FORK:
        tid = from->event_data.fork.child_pid;
        event->id.pid = from->event_data.fork.child_tgid;
        event->ppid = from->event_data.fork.parent_tgid;
        event->kind = EVENT_FORK;
        break;
    case PROC_EVENT_EXEC: {
        struct leaderless *leaderless = find_leaderless(connector, event->id.pid);
        if (leaderless) /* the thread that called it leads now */
            leaderless->pid = 0;
        event->kind = EVENT_EXEC;
        break;
    }
    case PROC_EVENT_UID:
        event->kind = EVENT_UID;
        event->from = -1;
        event->to = (pid_t)from->event_data.id.e.euid;
        break;
    case PROC_EVENT_GID:
        event->kind = EVENT_GID;
        event->from = -1;
        event->to = (pid_t)from->event_data.id.e.egid;
        break;
    case PROC_EVENT_SID:
        event->kind = EVENT_SID;
        event->to = event->id.pid;
        break;
    case PROC_EVENT_PTRACE:
        event->kind = EVENT_PTRACE;
        event->to = from->event_data.ptrace.tracer_tgid;
        break;
    case PROC_EVENT_COMM:
        event->kind = EVENT_COMM;
        set_comm(event, from->event_data.comm.comm,
                 strnlen(from->event_data.comm.comm, sizeof(from->event_data.comm.comm)));
        break;
    case PROC_EVENT_COREDUMP:
        event->kind = EVENT_COREDUMP;
        event->ppid = from->event_data.coredump.parent_tgid;
        break;
    case PROC_EVENT_EXIT:
        return take_exit(connector, &from->event_data.exit, event);
    default: /* of a later kernel */
        return false;
    }
    if (tid != event->id.pid)
        return false;
    (void)complete(event, &line);
    return true;
}

/* Read one after another: the closer the two, the truer; being put aside between them is not. */
static int64_t offset_of(clockid_t clock)
{
    int64_t offset = 0;
    uint64_t least_ns = UINT64_MAX;
    for (int i = 0; i < CLOCK_READINGS; i++) {
        uint64_t before = clock_ns(CLOCK_MONOTONIC);
        uint64_t now = clock_ns(clock);
        uint64_t after = clock_ns(CLOCK_MONOTONIC);
        if (after - before >= least_ns)
            continue;
        least_ns = after - before;
        offset = (int64_t)(now - before);
    }
    return offset;
}

/* The kernel stamps with CLOCK_MONOTONIC, which does not count suspend. */
static void set_clocks(struct connector *connector)
{
    connector->boot_offset_ns = offset_of(CLOCK_BOOTTIME);
    connector->real_offset_ns = offset_of(CLOCK_REALTIME);
}

int connector_read(struct connector *connector, struct event *events, size_t capacity)
{
    size_t count = 0;
    set_clocks(connector);
    while (count + 2 <= capacity) { /* a loss may come before an event */
        struct message message;
        int r = receive(connector, &message);
        if (r == -ENOBUFS) {
            debug(DEBUG_EVENTS, "connector overrun");
            connector->has_overrun = true;
            continue;
        }
        if (r < 0)
            return r;
        if (r == 0)
            break;
        if (is_answer(&message)) {
            skip_answer(connector, message.serial);
            continue;
        }

        uint32_t missing = count_missing(connector, message.event.cpu, message.serial);
        if (missing > 0) {
            events[count++] = lost_event(missing);
            connector->has_overrun = false;
        }
        struct event event = {
            .source = EVENT_FROM_CONNECTOR,
            .mono_ns = message.event.timestamp_ns + (uint64_t)connector->boot_offset_ns,
            .time_ns = message.event.timestamp_ns + (uint64_t)connector->real_offset_ns,
            .exit_status = EXIT_UNKNOWN,
        };
        if (take_event(connector, &message.event, &event))
            events[count++] = event;
    }
    /* Nothing came after the overrun yet that would tell how much was lost. */
    if (count == 0 && connector->has_overrun && capacity > 0) {
        connector->has_overrun = false;
        events[count++] = lost_event(0);
    }
    return (int)count;
}
