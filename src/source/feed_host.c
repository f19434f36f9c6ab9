#include "feed_host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"
#include "reaptop/source/ssh.h"

enum {
    BYTES_A_READ = 64 * 1024,
    READS_A_TURN = 16, /* a flood must not keep the others from being read */
    EVENTS_MOST = 1 << 16
};

#define SAME_BOOT_NS     (5 * NS_PER_SEC)
#define RETRY_FIRST_NS   NS_PER_SEC
#define RETRY_LONGEST_NS (30 * NS_PER_SEC)
#define NOTABLE_CLOCK_NS (100 * (int64_t)NS_PER_MS)

void host_init(struct host *host, const char *name, size_t index, uint64_t interval_ns)
{
    *host = (struct host){.number = (pid_t)(index + 1) << PID_LOCAL_BITS,
                          .interval_ns = interval_ns,
                          .ssh = HELPER_INIT,
                          .error_fd = -EBADF};
    (void)snprintf(host->name, sizeof(host->name), "%s", name);
}

/* ---- ssh ---- */

/* In the helper: its socket is ssh's standard output, the pipe its standard error. */
static void run_ssh(void *argument, int fd, int extra_fd)
{
    const struct host *host = argument;
    char delay[32];
    (void)snprintf(delay, sizeof(delay), "%llums",
                   (unsigned long long)(host->interval_ns / NS_PER_MS));
    if (dup2(extra_fd, STDERR_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
        _exit(1);
    ssh_become(host->name, (const char *const[]){"reaptop", "record", "-d", delay, "-", NULL});
}

static void close_ssh(struct host *host)
{
    helper_end(&host->ssh);
    host->error_fd = fd_close(host->error_fd);
    recording_reader_free(host->reader);
    host->reader = NULL;
    host->is_up = false;
}

/* It is tried again, less and less often. */
static void fail(struct host *host, const char *why, uint64_t now_ns)
{
    uint64_t wait_ns = RETRY_FIRST_NS << (host->failures < 5 ? host->failures : 5);
    host_read_error(host);
    (void)snprintf(host->why, sizeof(host->why), "%s", host->said[0] ? host->said : why);
    close_ssh(host);
    host->failures++;
    host->retry_ns = now_ns + (wait_ns < RETRY_LONGEST_NS ? wait_ns : RETRY_LONGEST_NS);
}

void host_tend(struct host *host, uint64_t now_ns)
{
    int pipe_fds[2];
    if (host->is_up || now_ns < host->retry_ns)
        return;
    host->reader = recording_reader_new();
    if (!host->reader || pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0) {
        fail(host, strerror(host->reader ? errno : ENOMEM), now_ns);
        return;
    }
    host->error_fd = pipe_fds[0];
    (void)fcntl(pipe_fds[1], F_SETFL, 0);
    int r = helper_start(HELPER_SSH, run_ssh, host, pipe_fds[1], &host->ssh);
    (void)close(pipe_fds[1]);
    host->is_up = r == 0;
    host->has_reported = false;
    host->said[0] = '\0';
    if (r < 0)
        fail(host, strerror(-r), now_ns);
}

/* Its last line is why. */
void host_read_error(struct host *host)
{
    char text[1024];
    ssize_t got = -1;
    while (host->error_fd >= 0 && (got = read(host->error_fd, text, sizeof(text) - 1)) > 0) {
        while (got > 0 && (text[got - 1] == '\n' || text[got - 1] == '\r'))
            got--;
        text[got] = '\0';
        const char *line = strrchr(text, '\n');
        if (got > 0)
            (void)snprintf(host->said, sizeof(host->said), "%.*s", HOST_WHY_SIZE - 1,
                           line ? line + 1 : text);
    }
    if (host->error_fd >= 0 && got == 0)
        host->error_fd = fd_close(host->error_fd);
}

/* ---- what it sends ---- */

static pid_t numbered(const struct host *host, bool is_lone, pid_t pid)
{
    return is_lone || pid <= 0 ? pid : pid_of_host(host->number, pid);
}

static uint64_t shifted(const struct host *host, uint64_t ns)
{
    return ns == 0 ? 0 : (uint64_t)((int64_t)ns + host->shift_ns);
}

static uint64_t shifted_ticks(const struct host *host, uint64_t ticks)
{
    return ticks + (uint64_t)(host->shift_ns / (int64_t)(NS_PER_SEC / HOST_TICKS_PER_SECOND));
}

static void take_event(struct host *host, bool is_lone, const struct event *event)
{
    if (host->event_count >= EVENTS_MOST ||
        array_reserve(&host->events, &host->event_capacity, host->event_count + 1) < 0) {
        host->lost++;
        return;
    }
    struct event *own = &host->events[host->event_count++];
    *own = *event;
    own->mono_ns = shifted(host, event->mono_ns);
    own->id.pid = numbered(host, is_lone, event->id.pid);
    if (event->id.start_ticks > 0)
        own->id.start_ticks = shifted_ticks(host, event->id.start_ticks);
    own->ppid = numbered(host, is_lone, event->ppid);
    own->sender = numbered(host, is_lone, event->sender);
    if (event->kind == EVENT_ADOPT || event->kind == EVENT_SID || event->kind == EVENT_ZOMBIE) {
        own->from = numbered(host, is_lone, event->from);
        own->to = numbered(host, is_lone, event->to);
    }
}

/* Events before the first snapshot are of a time that is not known yet: the snapshot has them. */
static void take_events(struct host *host, bool is_lone)
{
    size_t count;
    const struct event *events = recording_events(host->reader, &count);
    for (size_t i = 0; host->has_snapshot && i < count; i++)
        take_event(host, is_lone, &events[i]);
}

static int take_snapshot(struct host *host, uint64_t now_ns)
{
    const struct snapshot *snapshot = recording_snapshot(host->reader);
    uint64_t booted_ns = snapshot->time_ns - snapshot->mono_ns;
    int64_t moved_ns = (int64_t)(booted_ns - host->booted_ns);
    bool is_same_boot = host->has_snapshot && llabs(moved_ns) < (int64_t)SAME_BOOT_NS;
    if (!is_same_boot)
        host->shift_ns = (int64_t)(now_ns + HOST_CLOCK_NS) - (int64_t)snapshot->mono_ns;
    snapshot_done(&host->snapshot);
    host->snapshot = SNAPSHOT_INIT;
    host->has_snapshot = false;
    int r = snapshot_copy(snapshot, &host->snapshot);
    if (r < 0)
        return r;
    host->has_snapshot = host->has_reported = true;
    if (host->shift_ticks)
        atomic_store(host->shift_ticks, shifted_ticks(host, 0));
    host->booted_ns = booted_ns;
    host->reported_ns = now_ns;
    host->clock_ns = (int64_t)(snapshot->time_ns - clock_real_ns());
    host->failures = 0;
    return 0;
}

static void take_items(struct host *host, bool is_lone, bool has_ended, uint64_t now_ns)
{
    struct error error = ERROR_INIT;
    int item;
    while ((item = recording_next(host->reader, &error)) > RECORDING_NEEDS_MORE) {
        int r = 0;
        if (item == RECORDING_HEADER)
            host->header = *recording_header(host->reader);
        else if (item == RECORDING_EVENTS)
            take_events(host, is_lone);
        else if (item == RECORDING_SNAPSHOT)
            r = take_snapshot(host, now_ns);
        if (item == RECORDING_END || r < 0) {
            fail(host, item == RECORDING_END ? _("its reaptop has ended") : strerror(-r), now_ns);
            return;
        }
    }
    if (item < 0)
        fail(host, has_ended ? _("the connection has ended") : error.message, now_ns);
}

void host_read(struct host *host, bool is_lone, uint64_t now_ns)
{
    static char bytes[BYTES_A_READ];
    for (int i = 0; i < READS_A_TURN && host->is_up; i++) {
        ssize_t got = read(host->ssh.fd, bytes, sizeof(bytes));
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        bool has_ended = got <= 0 || recording_feed(host->reader, bytes, (size_t)got) < 0;
        if (has_ended)
            recording_finish(host->reader);
        take_items(host, is_lone, has_ended, now_ns);
    }
}

/* ---- what is known ---- */

bool host_is_known(const struct host *host, uint64_t now_ns, uint64_t silent_ns)
{
    return host->is_up && host->has_reported && now_ns - host->reported_ns < silent_ns;
}

static void describe_clock(const struct host *host, char *out, size_t size)
{
    double seconds = (double)host->clock_ns / (double)NS_PER_SEC;
    if (host->clock_ns >= NOTABLE_CLOCK_NS)
        (void)snprintf(out, size, _(", its clock %.3g s ahead of ours"), seconds);
    else if (host->clock_ns <= -NOTABLE_CLOCK_NS)
        (void)snprintf(out, size, _(", %.3g s late: the way here, or its clock is behind ours"),
                       -seconds);
    else
        (void)snprintf(out, size, _(", %.0f ms behind"), -seconds * 1000);
}

void host_describe(const struct host *host, uint64_t now_ns, char ret_text[static HOST_WHY_SIZE])
{
    unsigned long long silent_s = (now_ns - host->reported_ns) / NS_PER_SEC;
    char clock[96];
    if (!host->has_snapshot && host->is_up)
        (void)snprintf(ret_text, HOST_WHY_SIZE, "%s", _("it has not answered yet"));
    else if (!host->has_snapshot)
        (void)snprintf(ret_text, HOST_WHY_SIZE, "%s", host->why);
    else if (!host->is_up || !host->has_reported)
        (void)snprintf(ret_text, HOST_WHY_SIZE, _("gone for %llu s: %.120s"), silent_s, host->why);
    else if (silent_s > 0 && !host_is_known(host, now_ns, 3 * host->interval_ns + NS_PER_SEC))
        (void)snprintf(ret_text, HOST_WHY_SIZE, _("silent for %llu s"), silent_s);
    else {
        describe_clock(host, clock, sizeof(clock));
        (void)snprintf(ret_text, HOST_WHY_SIZE, _("%zu processes, Linux %.64s%s"),
                       host->snapshot.count, host->snapshot.machine.kernel, clock);
    }
}

/*
 * The machine itself: PID 0 of it, whose children are those without a parent there. Of one
 * alone it is there as long as nothing else is known.
 */
static int add_root(const struct host *host, uint64_t now_ns, bool is_known, struct snapshot *next)
{
    char text[HOST_WHY_SIZE], argv[HOST_NAME_SIZE + HOST_WHY_SIZE + 4];
    struct process *root = snapshot_add(next);
    if (!root)
        return -ENOMEM;
    host_describe(host, now_ns, text);
    (void)snprintf(argv, sizeof(argv), "%s (%s)", host->name, text);
    *root = (struct process){.id = {.pid = host->number, .start_ticks = 1},
                             .tgid = host->number,
                             .tpgid = -1,
                             .state = is_known ? 'S' : '?',
                             .has_execed = true,
                             .cpu_percent = CPU_UNKNOWN,
                             .exit_status = -1,
                             .argv_access = ACCESS_OK};
    root->comm = arena_strdup(&next->strings, host->name);
    root->host = root->comm;
    root->argv = arena_strdup(&next->strings, argv);
    root->user = arena_strdup(&next->strings, "");
    return root->comm && root->argv && root->user ? 0 : -ENOMEM;
}

static int add_process(const struct host *host, bool is_lone, bool is_known,
                       const struct process *process, struct snapshot *next)
{
    struct process *own = snapshot_add(next);
    if (!own)
        return -ENOMEM;
    *own = *process;
    own->id.pid = numbered(host, is_lone, process->id.pid);
    own->tgid = numbered(host, is_lone, process->tgid);
    own->ppid =
        is_lone || process->ppid > 0 ? numbered(host, is_lone, process->ppid) : host->number;
    own->pgid = numbered(host, is_lone, process->pgid);
    own->sid = numbered(host, is_lone, process->sid);
    own->tpgid = numbered(host, is_lone, process->tpgid);
    own->tracer = numbered(host, is_lone, process->tracer);
    own->id.start_ticks = shifted_ticks(host, process->id.start_ticks);
    own->host = host->name;
    if (!is_known)
        own->state = '?';
    own->arguments = NULL;
    const char **texts[] = {&own->comm, &own->tty_name, &own->user, &own->argv, &own->host};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        const char *copy = arena_strdup(&next->strings, *texts[i]);
        if (*texts[i] && !copy)
            return -ENOMEM;
        *texts[i] = copy;
    }
    return 0;
}

int host_add(const struct host *host, bool is_lone, uint64_t now_ns, uint64_t silent_ns,
             struct snapshot *next)
{
    bool is_known = host_is_known(host, now_ns, silent_ns);
    int r = is_lone && host->has_snapshot ? 0 : add_root(host, now_ns, is_known, next);
    for (size_t i = 0; r == 0 && host->has_snapshot && i < host->snapshot.count; i++)
        r = add_process(host, is_lone, is_known, &host->snapshot.processes[i], next);
    return r;
}
