/*
 * record: what happens on this machine, kept in a file or sent down a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/source/connector.h"
#include "reaptop/source/live.h"
#include "reaptop/source/recorder.h"
#include "reaptop/source/trace.h"
#include "reaptop/source/watch.h"

const struct option_info record_options[] = {
    {"no-args", '\0', NULL, N_("leave command lines out: they may hold secrets")},
    {"max-size", '\0', N_("SIZE"),
     N_("begin anew at about this size (10M, 1G); the former file becomes FILE.1")},
    {"threads", '\0', NULL, N_("record each thread as a row of its own")},
    {"signals", '\0', NULL, N_("who sends which signal to whom, too (root)")},
    {NULL, '\0', NULL, NULL},
};

enum {
    RECORD_NO_ARGS,
    RECORD_MAX_SIZE,
    RECORD_THREADS,
    RECORD_SIGNALS,
};

enum {
    BATCH = 256,
    PENDING_MOST = 1 << 20, /* bytes of events that may wait for the next write */
    WATCHED_MOST = 256,     /* by pidfd: of the newest */
    FILL_TURNS = 60         /* a command line is read again every so many refreshes */
};

#define FLUSH_NS        (NS_PER_SEC / 2) /* events wait no longer than that */
#define FIRST_FILL_NS   (2 * NS_PER_SEC)
#define FILL_TIMEOUT_NS (NS_PER_SEC / 10)

struct tape {
    const struct options *options;
    const char *name; /* of the file; NULL: standard output */
    const char *shown;
    uint64_t size_most; /* 0: any */
    int fd;
    uint64_t size;      /* of what was written whole */
    uint64_t refreshes; /* in all files: FILE and FILE.1 may be joined to be read */
    struct live *live;
    struct reader *reader;
    struct connector *connector; /* NULL: not granted */
    struct trace *trace;         /* NULL: not asked for */
    struct watch *watch;         /* NULL: it could not be made */
    struct recorder *recorder;
    struct snapshot snapshot;
    struct strbuf pending;
    uint64_t flushed_ns;
    uint32_t *indexes; /* rows whose command line is to be read */
    size_t index_capacity;
    int signal_fd;
    bool ends;
};

static void tape_done(struct tape *tape)
{
    if (tape->name)
        tape->fd = fd_close(tape->fd);
    tape->signal_fd = fd_close(tape->signal_fd);
    strbuf_done(&tape->pending);
    snapshot_done(&tape->snapshot);
    recorder_free(tape->recorder);
    connector_close(tape->connector);
    trace_close(tape->trace);
    watch_free(tape->watch);
    reader_free(tape->reader);
    live_free(tape->live);
    free(tape->indexes);
}

/* ---- writing ---- */

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            (void)poll(&room, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return -errno;
        } else if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

static int report_failure(const struct tape *tape, int error)
{
    unsigned long long count = tape->refreshes;
    if (error == -EPIPE)
        return command_fail(EXIT_DONE, _("record: nobody reads any more, after %llu refreshes"),
                            count);
    return command_fail(EXIT_FAULT,
                        _("record: %s: %s; it holds what was seen until then, %llu "
                          "refreshes"),
                        tape->shown, strerror(-error), count);
}

/* A line that found no room is taken back, so that the file ends with a whole one. */
static int flush(struct tape *tape)
{
    int r = tape->pending.error;
    if (r == 0)
        r = write_all(tape->fd, strbuf_text(&tape->pending), tape->pending.length);
    if (r == 0) {
        tape->size += tape->pending.length;
        tape->flushed_ns = clock_boot_ns();
        strbuf_clear(&tape->pending);
        return EXIT_DONE;
    }
    tape->ends = true;
    if (tape->name)
        (void)!ftruncate(tape->fd, (off_t)tape->size);
    return report_failure(tape, r);
}

static int32_t utc_offset_s(uint64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / NS_PER_SEC);
    struct tm local;
    return localtime_r(&seconds, &local) ? (int32_t)local.tm_gmtoff : 0;
}

static void begin_recording(struct tape *tape)
{
    const struct machine *machine = &tape->snapshot.machine;
    struct recording_header header = {
        .started_ns = tape->snapshot.time_ns,
        .interval_ns = tape->options->delay_ns,
        .ticks_per_second = sysconf(_SC_CLK_TCK),
        .utc_offset_s = utc_offset_s(tape->snapshot.time_ns),
        .has_arguments = !tape->options->own[RECORD_NO_ARGS],
        .has_threads = tape->options->own[RECORD_THREADS] != NULL,
        .has_kernel_events = tape->connector != NULL,
        .has_all_events = tape->connector != NULL,
        .has_signals = tape->trace != NULL,
    };
    memcpy(header.host, machine->host, sizeof(header.host));
    memcpy(header.kernel, machine->kernel, sizeof(header.kernel));
    recorder_begin(tape->recorder, &header, &tape->pending);
}

/* What was recorded is never overwritten, and nobody else reads it. */
static int open_file(struct tape *tape)
{
    tape->fd = open(tape->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
    tape->size = 0;
    if (tape->fd >= 0)
        return EXIT_DONE;
    if (errno == EEXIST)
        return command_fail(EXIT_USAGE,
                            _("record: %s exists: a recording is not written over; "
                              "take another name or remove it"),
                            tape->shown);
    return command_fail(EXIT_FAULT, "record: %s: %s", tape->shown, strerror(errno));
}

static int rotated_name(const struct tape *tape, char **ret_name)
{
    return asprintf(ret_name, "%s.1", tape->name) < 0 ? -ENOMEM : 0;
}

static int rotate(struct tape *tape)
{
    _cleanup_free_ char *former = NULL;
    recorder_end(&tape->pending);
    int status = flush(tape);
    if (status != EXIT_DONE || tape->ends)
        return status;
    tape->fd = fd_close(tape->fd);
    if (rotated_name(tape, &former) < 0 || rename(tape->name, former) < 0)
        return command_fail(EXIT_FAULT, "record: %s: %s", tape->shown, strerror(errno));
    status = open_file(tape);
    if (status == EXIT_DONE)
        begin_recording(tape);
    return status;
}

/* ---- hearing ---- */

static bool has_room(const struct tape *tape)
{
    return tape->pending.length < PENDING_MOST;
}

static size_t read_connector(struct tape *tape, struct event *events)
{
    int count = tape->connector ? connector_read(tape->connector, events, BATCH) : 0;
    if (count < 0) {
        connector_close(tape->connector);
        tape->connector = NULL;
        begin_recording(tape); /* from here on it holds less: a header says so */
    }
    return count > 0 ? (size_t)count : 0;
}

static size_t read_trace(struct tape *tape, struct event *events)
{
    int count = tape->trace ? trace_read(tape->trace, events, BATCH) : 0;
    if (count < 0) {
        trace_close(tape->trace);
        tape->trace = NULL;
    }
    return count > 0 ? (size_t)count : 0;
}

/* How many of `a` happened before the first of `b`. */
static size_t count_before(const struct event *a, size_t a_count, const struct event *b)
{
    size_t count = 0;
    while (count < a_count && a[count].mono_ns <= b->mono_ns)
        count++;
    return count;
}

/* What happened in between is told in between: a signal before the end that it brought. */
static void record_both(struct tape *tape, const struct event *a, size_t a_count,
                        const struct event *b, size_t b_count)
{
    while (a_count > 0 && b_count > 0) {
        size_t first = count_before(a, a_count, b);
        recorder_events(tape->recorder, a, first, &tape->pending);
        a += first;
        a_count -= first;
        size_t then = a_count > 0 ? count_before(b, b_count, a) : b_count;
        recorder_events(tape->recorder, b, then, &tape->pending);
        b += then;
        b_count -= then;
    }
    recorder_events(tape->recorder, a, a_count, &tape->pending);
    recorder_events(tape->recorder, b, b_count, &tape->pending);
}

static void receive_kernel(struct tape *tape)
{
    struct event traced[BATCH], events[BATCH];
    while (has_room(tape)) {
        size_t traced_count = read_trace(tape, traced), count = read_connector(tape, events);
        if (traced_count + count == 0)
            return;
        record_both(tape, traced, traced_count, events, count);
    }
}

static void receive_ends(struct tape *tape)
{
    struct event events[BATCH];
    size_t count;
    while (tape->watch && has_room(tape) && (count = watch_read(tape->watch, events, BATCH)) > 0)
        recorder_events(tape->recorder, events, count, &tape->pending);
}

static void receive(struct tape *tape)
{
    receive_kernel(tape);
    receive_ends(tape);
}

/*
 * Its end and its reaping are then told when they happen, with its status, also
 * where the connector is not granted. Asked for once: of more than there is room
 * for, the newest are watched.
 */
static void watch_the_new(struct tape *tape)
{
    const struct snapshot *before = recorder_last(tape->recorder);
    for (size_t i = 0; tape->watch && i < tape->snapshot.count; i++) {
        const struct process *process = &tape->snapshot.processes[i];
        if (process->is_kernel || process_is_thread(process) ||
            snapshot_find_identity(before, process->id))
            continue;
        if (watch_add(tape->watch, process->id, process->comm) == -EMFILE)
            return;
    }
}

/* ---- a refresh ---- */

/* What was read for the former refresh still holds. */
static bool carry_over(const struct tape *tape, struct process *process)
{
    const struct process *before =
        snapshot_find_identity(recorder_last(tape->recorder), process->id);
    bool wants_argv = !tape->options->own[RECORD_NO_ARGS];
    if (!before || before->has_execed != process->has_execed ||
        strcmp(before->comm, process->comm) != 0 ||
        (wants_argv && before->argv_access == ACCESS_UNREAD) ||
        (tape->refreshes + (uint64_t)process->id.pid) % FILL_TURNS == 0)
        return false;
    process->argv_access = before->argv_access;
    process->argv = before->argv;
    process->uid = before->uid;
    process->user = before->user;
    return true;
}

static bool is_answered(const struct snapshot *snapshot, const uint32_t *indexes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (snapshot->processes[indexes[i]].argv_access == ACCESS_UNREAD)
            return false;
    return true;
}

/* Waits a moment only; what is answered later is in the next refresh. */
static int fill(struct tape *tape)
{
    struct snapshot *snapshot = &tape->snapshot;
    size_t count = 0;
    if (tape->refreshes == 0)
        return live_fill_all(tape->live, tape->reader, snapshot, FIRST_FILL_NS);
    int r = array_reserve(&tape->indexes, &tape->index_capacity, snapshot->count);
    for (size_t i = 0; r == 0 && i < snapshot->count; i++)
        if (!carry_over(tape, &snapshot->processes[i]))
            tape->indexes[count++] = (uint32_t)i;

    uint64_t deadline = clock_boot_ns() + FILL_TIMEOUT_NS, now;
    while (r == 0) {
        r = live_fill(tape->live, tape->reader, snapshot, tape->indexes, count);
        now = clock_boot_ns();
        if (is_answered(snapshot, tape->indexes, count) || now >= deadline)
            break;
        struct pollfd fd = {.fd = reader_fd(tape->reader), .events = POLLIN};
        (void)poll(&fd, 1, (int)((deadline - now) / NS_PER_MS) + 1);
        reader_pump(tape->reader);
    }
    return r;
}

static int refresh(struct tape *tape)
{
    struct error error = ERROR_INIT;
    bool with_threads = tape->options->own[RECORD_THREADS] != NULL;
    if (live_sweep(tape->live, with_threads, &tape->snapshot, &error) < 0)
        return command_fail(EXIT_FAULT, "record: %s", error.message);
    if (tape->refreshes == 0)
        begin_recording(tape);
    receive(tape); /* what this sweep shows is in the kernel's account by now */
    watch_the_new(tape);
    int r = fill(tape);
    if (r == 0)
        r = recorder_snapshot(tape->recorder, &tape->snapshot, &tape->pending);
    if (r < 0)
        return command_fail(EXIT_FAULT, "record: %s", strerror(-r));
    int status = flush(tape);
    if (status != EXIT_DONE || tape->ends)
        return status;
    tape->refreshes++;
    return tape->size_most == 0 || tape->size < tape->size_most ? EXIT_DONE : rotate(tape);
}

/* ---- the loop ---- */

static int wait_until(struct tape *tape, uint64_t ns)
{
    uint64_t now;
    while (!tape->ends && (now = clock_boot_ns()) < ns) {
        uint64_t due = ns, flush_ns = tape->flushed_ns + FLUSH_NS;
        if (tape->pending.length > 0 && flush_ns < due)
            due = flush_ns;
        bool can_receive = has_room(tape);
        struct pollfd fds[] = {
            {.fd = tape->signal_fd, .events = POLLIN},
            {.fd = can_receive && tape->connector ? connector_fd(tape->connector) : -1,
             .events = POLLIN},
            {.fd = can_receive && tape->trace ? trace_fd(tape->trace) : -1, .events = POLLIN},
            {.fd = can_receive && tape->watch ? watch_fd(tape->watch) : -1, .events = POLLIN},
        };
        int left_ms = due > now ? (int)((due - now + NS_PER_MS - 1) / NS_PER_MS) : 0;
        (void)poll(fds, ELEMENTS(fds), left_ms);
        if (fds[0].revents)
            return 1;
        if (fds[1].revents || fds[2].revents || fds[3].revents)
            receive(tape);
        if (tape->pending.length > 0 && clock_boot_ns() >= flush_ns) {
            int status = flush(tape);
            if (status != EXIT_DONE)
                return -status;
        }
    }
    return 0;
}

static int run(struct tape *tape)
{
    uint64_t rounds = tape->options->iterations, next_ns = clock_boot_ns();
    while (!tape->ends) {
        int status = refresh(tape);
        if (status != EXIT_DONE || tape->ends)
            return status;
        if (rounds > 0 && tape->refreshes >= rounds)
            break;
        next_ns += tape->options->delay_ns;
        uint64_t now = clock_boot_ns();
        if (next_ns < now)
            next_ns = now; /* it takes longer than the delay: none is made up for */
        int waited = wait_until(tape, next_ns);
        if (waited < 0)
            return -waited;
        if (waited > 0)
            break;
    }
    if (tape->ends)
        return EXIT_DONE;
    receive(tape); /* until now */
    recorder_end(&tape->pending);
    return flush(tape);
}

/* ---- beginning ---- */

/* "10M": bytes, or K, M, G of them. */
static int parse_size(const char *text, uint64_t *ret_size)
{
    static const char units[] = "KMG";
    char digits[24];
    size_t length = strlen(text);
    int64_t number;
    const char *unit = length > 0 ? strchr(units, text[length - 1]) : NULL;
    size_t kept = length - (unit ? 1 : 0);
    if (kept == 0 || kept >= sizeof(digits))
        return -EINVAL;
    memcpy(digits, text, kept);
    digits[kept] = '\0';
    if (number_parse(digits, 1, INT64_MAX >> 30, &number) < 0)
        return -EINVAL;
    *ret_size = (uint64_t)number << (unit ? 10 * (unit - units + 1) : 0);
    return *ret_size >= 4096 ? 0 : -EINVAL;
}

static int check_rotated(const struct tape *tape)
{
    _cleanup_free_ char *former = NULL;
    struct stat status;
    if (rotated_name(tape, &former) < 0)
        return command_fail(EXIT_FAULT, "record: %s", strerror(ENOMEM));
    if (lstat(former, &status) == 0)
        return command_fail(EXIT_USAGE, _("record: %s exists: --max-size would write over it"),
                            former);
    return EXIT_DONE;
}

static int take_arguments(struct tape *tape, int argc, char **argv)
{
    const struct options *options = tape->options;
    const char *size = options->own[RECORD_MAX_SIZE];
    if (argc != 2)
        return command_usage_error("record", _("it takes one FILE, or - for standard output"));
    if (size && parse_size(size, &tape->size_most) < 0)
        return command_usage_error(
            "record", _("--max-size: '%s' is wrong: it takes 4K or more, such as 10M or 1G"), size);
    bool is_pipe = strcmp(argv[1], "-") == 0;
    if (is_pipe && size)
        return command_usage_error("record", _("--max-size is for a file, not for a pipe"));
    if (is_pipe && isatty(STDOUT_FILENO))
        return command_usage_error("record",
                                   _("standard output is a terminal: redirect it, or name a file"));
    tape->name = is_pipe ? NULL : argv[1];
    tape->shown = is_pipe ? _("standard output") : argv[1];
    tape->fd = is_pipe ? STDOUT_FILENO : -EBADF;
    return size ? check_rotated(tape) : EXIT_DONE;
}

static int set_up(struct tape *tape, int argc, char **argv)
{
    struct error error = ERROR_INIT;
    int status = take_arguments(tape, argc, argv);
    if (status == EXIT_DONE && tape->name)
        status = open_file(tape);
    if (status != EXIT_DONE)
        return status;
    tape->signal_fd = interrupt_open();
    tape->recorder = recorder_new();
    if (tape->signal_fd < 0 || !tape->recorder)
        return command_fail(EXIT_FAULT, "record: %s",
                            strerror(tape->recorder ? -tape->signal_fd : ENOMEM));
    if (live_new(&tape->live, &error) < 0 || reader_new(&tape->reader, &error) < 0)
        return command_fail(EXIT_FAULT, "record: %s", error.message);
    if (connector_open(&tape->connector, &error) < 0) {
        tape->connector = NULL;
        (void)command_fail(EXIT_DONE, "record: %s", error.message);
    }
    if (tape->options->own[RECORD_SIGNALS] && trace_open(&tape->trace, &error) < 0)
        return command_fail(EXIT_FAULT, "record: %s", error.message);
    if (watch_new(&tape->watch, WATCHED_MOST) < 0)
        tape->watch = NULL;
    return EXIT_DONE;
}

int command_record(const struct options *options, int argc, char **argv)
{
    _cleanup_(tape_done) struct tape tape = {.options = options, .fd = -EBADF, .signal_fd = -EBADF};
    int status = set_up(&tape, argc, argv);
    return status == EXIT_DONE ? run(&tape) : status;
}
