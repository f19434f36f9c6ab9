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
#include "reaptop/base/io.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/model/process.h"
#include "reaptop/source/feed_live.h"
#include "reaptop/source/recorder.h"

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
    PENDING_MOST = 1 << 20, /* bytes of events that may wait for the next write */
    FILL_TURNS = 60         /* a command line is read again every so many refreshes */
};

#define FLUSH_NS        (NS_PER_SEC / 2) /* events wait no longer than that */
#define FIRST_FILL_NS   (2 * NS_PER_SEC)
#define FILL_TIMEOUT_NS (NS_PER_SEC / 10)

struct record_job {
    const struct options *options;
    const char *name; /* of the file; NULL: standard output */
    const char *shown;
    uint64_t size_most; /* 0: any */
    int fd;
    uint64_t size;      /* of what was written whole */
    uint64_t refreshes; /* in all files: FILE and FILE.1 may be joined to be read */
    struct feed *feed;  /* without lives: what it gives is written */
    struct reader *reader;
    struct recorder *recorder;
    struct strbuf pending;
    uint64_t flushed_ns;
    uint32_t *indexes; /* rows whose command line is to be read */
    size_t index_capacity;
    int signal_fd;
    bool ends;
};

static void record_job_done(struct record_job *job)
{
    if (job->name)
        job->fd = fd_close(job->fd);
    job->signal_fd = fd_close(job->signal_fd);
    strbuf_done(&job->pending);
    recorder_free(job->recorder);
    reader_free(job->reader);
    feed_close(job->feed);
    free(job->indexes);
}

/* ---- writing ---- */

static int report_failure(const struct record_job *job, int error)
{
    unsigned long long count = job->refreshes;
    if (error == -EPIPE)
        return command_fail(EXIT_DONE, _("record: nobody reads any more, after %llu refreshes"),
                            count);
    return command_fail(EXIT_FAULT,
                        _("record: %s: %s; it holds what was seen until then, %llu "
                          "refreshes"),
                        job->shown, strerror(-error), count);
}

/* A line that found no room is taken back, so that the file ends with a whole one. */
static int flush(struct record_job *job)
{
    int r = job->pending.error;
    if (r == 0)
        r = io_write(job->fd, strbuf_text(&job->pending), job->pending.length);
    if (r == 0) {
        job->size += job->pending.length;
        job->flushed_ns = clock_boot_ns();
        strbuf_clear(&job->pending);
        return EXIT_DONE;
    }
    job->ends = true;
    if (job->name)
        (void)!ftruncate(job->fd, (off_t)job->size);
    return report_failure(job, r);
}

static void begin_recording(struct record_job *job)
{
    const struct snapshot *snapshot = feed_snapshot(job->feed);
    struct recording_header header = *feed_header(job->feed);
    header.started_ns = snapshot->time_ns;
    header.interval_ns = job->options->delay_ns;
    header.has_arguments = !job->options->own[RECORD_NO_ARGS];
    header.has_threads = job->options->own[RECORD_THREADS] != NULL;
    memcpy(header.host, snapshot->machine.host, sizeof(header.host));
    memcpy(header.kernel, snapshot->machine.kernel, sizeof(header.kernel));
    recorder_begin(job->recorder, &header, &job->pending);
}

/* The first header needs the first snapshot, and stands before the events until then. */
static void begin_first(struct record_job *job)
{
    _cleanup_(strbuf_done) struct strbuf events = job->pending;
    job->pending = STRBUF_INIT;
    begin_recording(job);
    strbuf_append(&job->pending, strbuf_text(&events), events.length);
}

/* What was recorded is never overwritten, and nobody else reads it. */
static int open_file(struct record_job *job)
{
    job->fd = open(job->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
    job->size = 0;
    if (job->fd >= 0)
        return EXIT_DONE;
    if (errno == EEXIST)
        return command_fail(EXIT_USAGE,
                            _("record: %s exists: a recording is not written over; "
                              "take another name or remove it"),
                            job->shown);
    return command_fail(EXIT_FAULT, "record: %s: %s", job->shown, strerror(errno));
}

static int rotated_name(const struct record_job *job, char **ret_name)
{
    return asprintf(ret_name, "%s.1", job->name) < 0 ? -ENOMEM : 0;
}

static int rotate(struct record_job *job)
{
    _cleanup_free_ char *former = NULL;
    recorder_end(&job->pending);
    int status = flush(job);
    if (status != EXIT_DONE || job->ends)
        return status;
    job->fd = fd_close(job->fd);
    if (rotated_name(job, &former) < 0 || rename(job->name, former) < 0)
        return command_fail(EXIT_FAULT, "record: %s: %s", job->shown, strerror(errno));
    status = open_file(job);
    if (status == EXIT_DONE)
        begin_recording(job);
    return status;
}

/* ---- events ---- */

static bool has_room(const struct record_job *job)
{
    return job->pending.length < PENDING_MOST;
}

static void record_events(struct record_job *job)
{
    size_t count;
    const struct event *events = feed_events(job->feed, &count);
    if (count > 0)
        recorder_events(job->recorder, events, count, &job->pending);
}

/* Where the feed holds less from here on, a header says so. */
static int take_next(struct record_job *job, bool waits, struct error *error)
{
    int item = feed_next(job->feed, waits, error);
    record_events(job);
    if (item == FEED_NOTICE && job->refreshes > 0)
        begin_recording(job);
    return item;
}

static void receive(struct record_job *job)
{
    struct error error = ERROR_INIT;
    while (has_room(job) && take_next(job, false, &error) > FEED_NOTHING)
        ;
}

/* A snapshot, behind the events that came before it. */
static int take_snapshot(struct record_job *job, struct error *error)
{
    int item;
    feed_sweep(job->feed, job->options->own[RECORD_THREADS] != NULL);
    do
        item = take_next(job, true, error);
    while (item > FEED_NOTHING && item != FEED_SNAPSHOT);
    return item;
}

/*
 * Its end and its reaping are then reported when they happen, with its status, also
 * where the connector is not granted. Asked for once: of more than there is room
 * for, the newest are watched.
 */
static void watch_the_new(struct record_job *job)
{
    const struct snapshot *before = recorder_last(job->recorder);
    const struct snapshot *snapshot = feed_snapshot(job->feed);
    struct watch *watch = feed_watch(job->feed);
    for (size_t i = 0; watch && i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        if (process->is_kernel || process_is_thread(process) ||
            snapshot_find_identity(before, process->id))
            continue;
        if (watch_add(watch, process->id, process->comm) == -EMFILE)
            return;
    }
}

/* ---- a refresh ---- */

/* What was read for the former refresh still holds. */
static bool carry_over(const struct record_job *job, struct process *process)
{
    const struct process *before =
        snapshot_find_identity(recorder_last(job->recorder), process->id);
    bool wants_argv = !job->options->own[RECORD_NO_ARGS];
    if (!before || before->has_execed != process->has_execed ||
        strcmp(before->comm, process->comm) != 0 ||
        (wants_argv && before->argv_access == ACCESS_UNREAD) ||
        (job->refreshes + (uint64_t)process->id.pid) % FILL_TURNS == 0)
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
static int fill(struct record_job *job)
{
    struct snapshot *snapshot = feed_snapshot(job->feed);
    size_t count = 0;
    if (job->refreshes == 0)
        return live_fill_all(feed_live(job->feed), job->reader, snapshot, NULL, 0, FIRST_FILL_NS);
    int r = array_reserve(&job->indexes, &job->index_capacity, snapshot->count);
    for (size_t i = 0; r == 0 && i < snapshot->count; i++)
        if (!carry_over(job, &snapshot->processes[i]))
            job->indexes[count++] = (uint32_t)i;

    uint64_t deadline = clock_boot_ns() + FILL_TIMEOUT_NS, now;
    while (r == 0) {
        r = live_fill(feed_live(job->feed), job->reader, snapshot, job->indexes, count);
        now = clock_boot_ns();
        if (is_answered(snapshot, job->indexes, count) || now >= deadline)
            break;
        struct pollfd fd = {.fd = reader_fd(job->reader), .events = POLLIN};
        (void)poll(&fd, 1, (int)((deadline - now) / NS_PER_MS) + 1);
        reader_pump(job->reader);
    }
    return r;
}

static int refresh(struct record_job *job)
{
    struct error error = ERROR_INIT;
    if (take_snapshot(job, &error) < 0)
        return command_fail(EXIT_FAULT, "record: %s", error.message);
    if (job->refreshes == 0)
        begin_first(job);
    watch_the_new(job);
    int r = fill(job);
    if (r == 0)
        r = recorder_snapshot(job->recorder, feed_snapshot(job->feed), &job->pending);
    if (r < 0)
        return command_fail(EXIT_FAULT, "record: %s", strerror(-r));
    int status = flush(job);
    if (status != EXIT_DONE || job->ends)
        return status;
    job->refreshes++;
    return job->size_most == 0 || job->size < job->size_most ? EXIT_DONE : rotate(job);
}

/* ---- the loop ---- */

static int wait_until(struct record_job *job, uint64_t ns)
{
    uint64_t now;
    while (!job->ends && (now = clock_boot_ns()) < ns) {
        uint64_t due = ns, flush_ns = job->flushed_ns + FLUSH_NS;
        if (job->pending.length > 0 && flush_ns < due)
            due = flush_ns;
        struct pollfd fds[1 + FEED_FDS_MOST] = {{.fd = job->signal_fd, .events = POLLIN}};
        bool is_due = false;
        size_t count = has_room(job) ? feed_fds(job->feed, &fds[1], &is_due) : 0;
        int left_ms = due > now && !is_due ? (int)((due - now + NS_PER_MS - 1) / NS_PER_MS) : 0;
        (void)poll(fds, 1 + count, left_ms);
        if (fds[0].revents)
            return 1;
        receive(job);
        if (job->pending.length > 0 && clock_boot_ns() >= flush_ns) {
            int status = flush(job);
            if (status != EXIT_DONE)
                return -status;
        }
    }
    return 0;
}

static int run(struct record_job *job)
{
    uint64_t rounds = job->options->iterations, next_ns = clock_boot_ns();
    while (!job->ends) {
        int status = refresh(job);
        if (status != EXIT_DONE || job->ends)
            return status;
        if (rounds > 0 && job->refreshes >= rounds)
            break;
        next_ns += job->options->delay_ns;
        uint64_t now = clock_boot_ns();
        if (next_ns < now)
            next_ns = now; /* it takes longer than the delay: none is made up for */
        int waited = wait_until(job, next_ns);
        if (waited < 0)
            return -waited;
        if (waited > 0)
            break;
    }
    if (job->ends)
        return EXIT_DONE;
    receive(job); /* until now */
    recorder_end(&job->pending);
    return flush(job);
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

static int check_rotated(const struct record_job *job)
{
    _cleanup_free_ char *former = NULL;
    struct stat status;
    if (rotated_name(job, &former) < 0)
        return command_fail(EXIT_FAULT, "record: %s", strerror(ENOMEM));
    if (lstat(former, &status) == 0)
        return command_fail(EXIT_USAGE, _("record: %s exists: --max-size would write over it"),
                            former);
    return EXIT_DONE;
}

static int take_arguments(struct record_job *job, int argc, char **argv)
{
    const struct options *options = job->options;
    const char *size = options->own[RECORD_MAX_SIZE];
    if (argc != 2)
        return command_usage_error("record", _("it takes one FILE, or - for standard output"));
    if (size && parse_size(size, &job->size_most) < 0)
        return command_usage_error(
            "record", _("--max-size: invalid value '%s': expected 4K or more, such as 10M or 1G"),
            size);
    bool is_pipe = strcmp(argv[1], "-") == 0;
    if (is_pipe && size)
        return command_usage_error("record", _("--max-size is for a file, not for a pipe"));
    if (is_pipe && isatty(STDOUT_FILENO))
        return command_usage_error("record",
                                   _("standard output is a terminal: redirect it, or name a file"));
    job->name = is_pipe ? NULL : argv[1];
    job->shown = is_pipe ? _("standard output") : argv[1];
    job->fd = is_pipe ? STDOUT_FILENO : -EBADF;
    return size ? check_rotated(job) : EXIT_DONE;
}

static int set_up(struct record_job *job, int argc, char **argv)
{
    struct error error = ERROR_INIT;
    int status = take_arguments(job, argc, argv);
    if (status == EXIT_DONE && job->name)
        status = open_file(job);
    if (status != EXIT_DONE)
        return status;
    job->signal_fd = interrupt_open();
    job->recorder = recorder_new();
    if (job->signal_fd < 0 || !job->recorder)
        return command_fail(EXIT_FAULT, "record: %s",
                            strerror(job->signal_fd < 0 ? -job->signal_fd : ENOMEM));
    const struct feed_live_options live = {.has_events = true};
    if (reader_new(&job->reader, &error) < 0 || feed_live_open(&live, &job->feed, &error) < 0)
        return command_fail(EXIT_FAULT, "record: %s", error.message);
    if (feed_notice(job->feed)[0] != '\0')
        (void)command_fail(EXIT_DONE, "record: %s", feed_notice(job->feed));
    if (job->options->own[RECORD_SIGNALS] && feed_trace(job->feed, true, &error) < 0)
        return command_fail(EXIT_FAULT, "record: %s", error.message);
    return EXIT_DONE;
}

int command_record(const struct options *options, int argc, char **argv)
{
    _cleanup_(record_job_done) struct record_job job = {
        .options = options, .fd = -EBADF, .signal_fd = -EBADF};
    int status = set_up(&job, argc, argv);
    return status == EXIT_DONE ? run(&job) : status;
}
