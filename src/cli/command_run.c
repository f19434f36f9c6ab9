/*
 * run: a command as a test child, its life and its descendants' narrated until
 * all are reaped.
 *
 * The narration goes to standard error, so that the command's own output stays
 * clean, or to a file. The command stays in our process group: the terminal's
 * Ctrl-C and Ctrl-Z reach it and us alike, and we leave the answer to it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/event_json.h"
#include "reaptop/cli/event_text.h"
#include "reaptop/cli/json.h"
#include "reaptop/control/child.h"
#include "reaptop/control/guard.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/life.h"
#include "reaptop/model/process.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/feed_live.h"
#include "run_calls.h"

enum {
    EVENTS_KEPT = 1 << 17,
    LIVES_KEPT = 1 << 12,
    GATHER_MS = 20,       /* how often the table is swept at most */
    SWEEP_MS = 50,        /* how often, where nothing wakes us */
    QUIET_SWEEP_MS = 250, /* the same with a connector: only states are to be seen */
    STATUS_NOT_EXECUTABLE = 126,
    STATUS_NOT_FOUND = 127
};

enum {
    RUN_OPTION_SYSCALLS,
    RUN_OPTION_EVERY_SYSCALL,
    RUN_OPTION_OUTPUT,
};

struct run {
    const struct options *options;
    char *const *argv;
    FILE *out; /* where the narration goes */
    int guard_fd;
    int signal_fd;
    struct feed *feed;
    uint64_t reported;          /* serial of the next event to print */
    struct identity_set family; /* PIDs of the command and its descendants; nothing else is set */
    struct child_list *children;
    const struct child *command;
    int32_t command_status; /* EXIT_UNKNOWN while it is not reaped */
    bool is_incomplete;     /* not all that was told could be written; said once */
    bool was_asked_to_end;  /* after the command: the next time it is SIGKILL */
    struct run_calls calls;
};

static void run_done(struct run *run)
{
    run_calls_done(&run->calls);
    child_list_free(run->children);
    identity_set_done(&run->family);
    feed_close(run->feed);
    run->signal_fd = fd_close(run->signal_fd);
}

/* ---- printing ---- */

static struct identity by_number(pid_t pid)
{
    return (struct identity){.pid = pid};
}

static bool is_family(const struct run *run, pid_t pid)
{
    return identity_set_has(&run->family, by_number(pid));
}

/* The log is in order, so a number is in the family from its birth to its reaping. */
static bool is_reported(struct run *run, const struct event *event)
{
    if (event->kind == EVENT_LOST)
        return true;
    /* Our own tracing begins and ends, and stops them for a moment, again and again. */
    if (run->calls.trace &&
        (event->kind == EVENT_PTRACE ||
         (event->kind == EVENT_STATE && (event->state_from == 't' || event->state_to == 't'))))
        return false;
    pid_t pid = event->id.pid;
    if (event->kind == EVENT_FORK && (event->ppid == getpid() || is_family(run, event->ppid)))
        (void)identity_set_add(&run->family, by_number(pid));
    bool is_ours = is_family(run, pid);
    if (event->kind == EVENT_REAP)
        identity_set_remove(&run->family, by_number(pid));
    return is_ours;
}

static void print(const struct run *run, const struct event *event, struct strbuf *out)
{
    if (run->options->json) {
        json_t *object = event_json(event);
        (void)json_print(object, run->out);
        json_decref(object);
        return;
    }
    event_text(event, clock_utc_offset_s(event->time_ns), out);
}

static void report_news(struct run *run)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    const struct event_log *log = life_log(feed_life(run->feed));
    uint64_t oldest = log->total - log->count;
    if (run->reported < oldest)
        run->reported = oldest;
    for (; run->reported < log->total; run->reported++) {
        const struct event *event = event_log_get(log, (size_t)(run->reported - oldest));
        if (!is_reported(run, event))
            continue;
        if (run->calls.count > 0) {
            (void)fputs(strbuf_text(&out), run->out);
            strbuf_clear(&out);
            run_calls_print(&run->calls, event->mono_ns);
        }
        print(run, event, &out);
    }
    /* Nobody may be reading any more; the command goes on all the same. */
    bool is_written = fputs(strbuf_text(&out), run->out) >= 0;
    is_written &= fflush(run->out) == 0;
    const char *path = run->options->own[RUN_OPTION_OUTPUT];
    if (!is_written && path && !run->is_incomplete)
        (void)command_fail(0, _("run: %s: %s; what is told there is incomplete"), path,
                           strerror(errno));
    run->is_incomplete |= !is_written;
}

/* ---- what is known ---- */

static bool has_kernel_events(const struct run *run)
{
    return feed_header(run->feed)->has_kernel_events;
}

/* An event of a child of ours that we know of by ourselves. */
static struct event own_event(enum event_kind kind, enum event_source source, pid_t pid)
{
    return (struct event){
        .kind = kind,
        .source = source,
        .mono_ns = clock_boot_ns(),
        .time_ns = clock_real_ns(),
        .id = by_number(pid),
        .ppid = getpid(),
        .exit_status = EXIT_UNKNOWN,
    };
}

static void receive_start(struct run *run)
{
    struct process process;
    struct event event = own_event(EVENT_FORK, EVENT_FROM_SELF, run->command->handle.id.pid);
    feed_receive(run->feed, &event, 1);
    event.kind = EVENT_EXEC;
    _Static_assert(sizeof(event.comm) == 64, "handle_read_process() fills it");
    (void)handle_read_process(&run->command->handle, event.comm, &process);
    (void)snprintf(event.detail, sizeof(event.detail), "%s", run->command->title);
    feed_receive(run->feed, &event, 1);
}

static void receive_reap(struct run *run, pid_t pid, int32_t status)
{
    struct event event = own_event(EVENT_REAP, EVENT_FROM_WAIT, pid);
    event.exit_status = status;
    feed_receive(run->feed, &event, 1);
}

/* JSON says by each event's source whether the kernel reports. */
static void print_notice(const struct run *run, const char *consequence)
{
    if (!run->options->json && feed_notice(run->feed)[0] != '\0')
        (void)command_fail(0, "run: %s%s", feed_notice(run->feed), consequence);
}

static int step(struct run *run)
{
    struct error error = ERROR_INIT;
    int item;
    uint64_t begun = clock_boot_ns();
    feed_sweep(run->feed, false);
    while ((item = feed_next(run->feed, true, &error)) != FEED_SNAPSHOT && item >= 0)
        if (item == FEED_NOTICE)
            print_notice(run, "");
    if (item < 0)
        return command_fail(-EXIT_FAULT, "run: %s", error.message);
    report_news(run);
    run_calls_print(&run->calls, begun);
    return 0;
}

/* ---- reaping ---- */

/* False where it is not ours to reap. */
static bool reap(struct run *run, const struct process *process, int32_t *ret_status)
{
    struct watch *watch = feed_watch(run->feed);
    struct event dead;
    if (watch && watch_add(watch, process->id, process->comm) == 0)
        watch_look(watch, process->id);
    bool is_reaped = waitpid(process->id.pid, ret_status, WNOHANG) == process->id.pid;
    if (watch && watch_take_dead(watch, process->id, &dead))
        feed_receive(run->feed, &dead, 1);
    if (watch)
        watch_remove(watch, process->id);
    return is_reaped;
}

/*
 * Only those that the newest snapshot shows as zombies: so each was reported
 * as one, and an orphan's adoption too, before it goes. Returns how many went.
 */
static int reap_zombies(struct run *run)
{
    const struct snapshot *snapshot = feed_snapshot(run->feed);
    int reaped = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        int32_t status;
        if (process->ppid != getpid() || ending_of(process).kind != ENDING_ZOMBIE ||
            !reap(run, process, &status))
            continue;
        receive_reap(run, process->id.pid, status);
        if (run->command && process->id.pid == run->command->handle.id.pid &&
            run->command_status == EXIT_UNKNOWN)
            run->command_status = status;
        reaped++;
    }
    return reaped;
}

static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/* ---- signals ---- */

static void signal_process(struct identity id, int signal)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    if (handle_open(id, &handle, NULL) == 0)
        (void)handle_send(&handle, signal, NULL, NULL);
}

/* The command is over, but some it left behind are not. */
static void end_the_rest(struct run *run)
{
    const struct snapshot *snapshot = feed_snapshot(run->feed);
    for (size_t i = 0; i < snapshot->count; i++)
        if (is_family(run, snapshot->processes[i].id.pid))
            signal_process(snapshot->processes[i].id, run->was_asked_to_end ? SIGKILL : SIGTERM);
    run->was_asked_to_end = true;
}

static void take_signals(struct run *run)
{
    struct signalfd_siginfo info;
    while (read(run->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        if (run->command_status != EXIT_UNKNOWN)
            end_the_rest(run);
        else if (info.ssi_code != SI_KERNEL) /* the terminal's reached the command as well */
            (void)handle_send(&run->command->handle, (int)info.ssi_signo, NULL, NULL);
    }
}

/* ---- the whole ---- */

static int open_signals(struct run *run)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGQUIT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGCHLD);
    run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return run->signal_fd < 0 ? -errno : 0;
}

static int set_up(struct run *run)
{
    struct error error = ERROR_INIT;
    const struct feed_live_options live = {.memory = {.events = EVENTS_KEPT, .ended = LIVES_KEPT},
                                           .has_events = true};
    if (feed_live_open(&live, &run->feed, &error) < 0)
        return command_fail(-EXIT_FAULT, "run: %s", error.message);
    print_notice(run, _("; short lives can be missed"));
    run->children = child_list_new();
    int r = !run->children ? -ENOMEM : open_signals(run);
    bool has_every = run->options->own[RUN_OPTION_EVERY_SYSCALL] != NULL;
    if (r == 0 && (has_every || run->options->own[RUN_OPTION_SYSCALLS]))
        r = run_calls_init(&run->calls, run->out, has_every, run->options->json);
    if (r < 0)
        return command_fail(-EXIT_FAULT, "run: %s", strerror(-r));
    return step(run); /* whatever is there now was not born of us */
}

static void trace_from_exec(void *context, pid_t pid)
{
    struct run *run = context;
    struct error error = ERROR_INIT;
    if (call_trace_begin(run->calls.trace, pid, CALL_TRACE_FROM_EXEC, &error) < 0)
        (void)command_fail(0, _("run: %s; no system calls are shown"), error.message);
}

/* 0, or the exit status negated. */
static int start(struct run *run)
{
    struct error error = ERROR_INIT;
    struct child_spawn wanted = {.argv = run->argv};
    if (run->calls.trace) {
        wanted.before_exec = trace_from_exec;
        wanted.context = run;
    }
    int r = child_spawn(run->children, &wanted, &run->command, &error);
    if (r < 0) {
        bool is_missing = r == -ENOENT || r == -ENOTDIR;
        return command_fail(is_missing ? -STATUS_NOT_FOUND : -STATUS_NOT_EXECUTABLE, "run: %s",
                            error.message);
    }
    if (!has_kernel_events(run))
        receive_start(run);
    return 0;
}

static int sweep_ms(const struct run *run)
{
    if (run->options->has_delay)
        return (int)(run->options->delay_ns / NS_PER_MS);
    return has_kernel_events(run) ? QUIET_SWEEP_MS : SWEEP_MS;
}

/*
 * Whoever is traced waits for us at each call, so between two sweeps nothing else is done than
 * letting it go on. False where the guard is gone.
 */
static bool await_calls(struct run *run)
{
    struct pollfd fds[] = {
        {.fd = run->signal_fd, .events = POLLIN},
        {.fd = run->guard_fd, .events = POLLIN},
    };
    uint64_t end = clock_boot_ns() + SWEEP_MS * NS_PER_MS;
    for (uint64_t now = clock_boot_ns(); now < end; now = clock_boot_ns()) {
        run_calls_take(&run->calls);
        if (call_trace_count(run->calls.trace) == 0 ||
            poll(fds, 2, (int)((end - now) / NS_PER_MS) + 1) < 0)
            break;
        if (fds[1].revents)
            return false;
        if (fds[0].revents)
            take_signals(run);
    }
    return true;
}

/* False where the guard is gone. */
static bool await(struct run *run)
{
    struct pollfd fds[2 + FEED_FDS_MOST] = {
        {.fd = run->signal_fd, .events = POLLIN},
        {.fd = run->guard_fd, .events = POLLIN},
    };
    if (run->calls.trace && call_trace_count(run->calls.trace) > 0)
        return await_calls(run);
    bool is_due;
    size_t count = 2 + feed_fds(run->feed, &fds[2], &is_due);
    int ready = poll(fds, (nfds_t)count, is_due ? 0 : sweep_ms(run));
    /* The whole machine's events wake us: take what comes in a moment together. */
    if (ready > 0 && !fds[0].revents && !fds[1].revents)
        (void)poll(fds, 2, GATHER_MS);
    if (fds[0].revents)
        take_signals(run);
    return fds[1].revents == 0;
}

/* Narrates until nothing is left to reap. 0, or the exit status negated. */
static int narrate(struct run *run)
{
    for (;;) {
        int r = step(run);
        if (r < 0)
            return r;
        if (reap_zombies(run) > 0)
            continue;
        if (!has_children())
            return 0;
        if (!await(run)) {
            (void)guard_end_descendants(NULL);
            return -EXIT_FAULT;
        }
    }
}

static int exit_status_of(int32_t status)
{
    if (status == EXIT_UNKNOWN)
        return EXIT_FAULT;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int work(void *argument, int guard_fd)
{
    _cleanup_(run_done) struct run run = *(const struct run *)argument;
    run.guard_fd = guard_fd;
    int r = set_up(&run);
    if (r == 0)
        r = start(&run);
    if (r == 0)
        r = narrate(&run);
    run_calls_print(&run.calls, UINT64_MAX);
    run_calls_print_cost(&run.calls, "run");
    return r < 0 ? -r : exit_status_of(run.command_status);
}

const struct option_info run_options[] = {
    [RUN_OPTION_SYSCALLS] = {"syscalls", '\0', NULL,
                             N_("tell the system calls that make, end, join and signal processes, "
                                "in words; the others are counted")},
    [RUN_OPTION_EVERY_SYSCALL] = {"all-syscalls", '\0', NULL, N_("tell every system call")},
    [RUN_OPTION_OUTPUT] = {"output", 'o', N_("FILE"),
                           N_("tell it into FILE, made anew, and not on standard error, which is "
                              "then CMD's alone")},
    {NULL, '\0', NULL, NULL},
};

int command_run(const struct options *options, int argc, char **argv)
{
    if (argc < 2)
        return command_usage_error("run", _("it takes a command: run sleep 10"));
    if (options->readonly)
        return command_usage_error("run", _("--readonly runs nothing"));
    const char *path = options->own[RUN_OPTION_OUTPUT];
    _cleanup_file_ FILE *file = path ? fopen(path, "we") : NULL;
    if (path && !file)
        return command_fail(EXIT_FAULT, "run: %s: %s", path, strerror(errno));
    struct run run = {
        .options = options,
        .argv = argv + 1,
        .out = file ? file : stderr,
        .signal_fd = -EBADF,
        .command_status = EXIT_UNKNOWN,
    };
    int r = guard_run(HELPER_RUN, work, &run);
    if (r == -ECANCELED)
        return command_fail(EXIT_FAULT, _("run: the process that was to start the command ended "
                                          "before it could"));
    return r < 0 ? command_fail(EXIT_FAULT, "run: %s", strerror(-r)) : r;
}
