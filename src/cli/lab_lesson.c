#include "lab_lesson.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/io.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/command.h"
#include "reaptop/model/process.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/feed_live.h"
#include "reaptop/source/recorder.h"

enum {
    NOTE_COLUMNS = 62,     /* a line of the events region at 80 columns, behind its time */
    PIDS_MOST = 1 << 22,   /* PID_MAX_LIMIT of the kernel's include/linux/threads.h */
    PENDING_MOST = 1 << 20 /* bytes that may wait for the next write */
};

#define LOOK_NS (100 * NS_PER_MS)

struct lab_lesson {
    const char *name;
    int fd;
    struct feed *feed; /* without lives: what it gives is written */
    struct recorder *recorder;
    struct strbuf pending;
    pid_t guard;            /* 0: the experiment has not begun */
    unsigned char *members; /* a bit for each PID of the experiment */
    struct process *rows;   /* of the refresh that is written */
    size_t row_capacity;
    uint64_t next_look_ns;
    int status; /* EXIT_FAULT: it is told already */
};

/* ---- writing ---- */

static void fail(struct lab_lesson *lesson, int error)
{
    if (lesson->status == EXIT_DONE)
        lesson->status = command_fail(EXIT_FAULT, "lab: %s: %s", lesson->name, strerror(-error));
}

static void flush(struct lab_lesson *lesson)
{
    int r = lesson->pending.error;
    if (r == 0)
        r = io_write(lesson->fd, strbuf_text(&lesson->pending), lesson->pending.length);
    strbuf_clear(&lesson->pending);
    if (r < 0)
        fail(lesson, r);
}

/* ---- who is of the experiment ---- */

static bool is_member(const struct lab_lesson *lesson, pid_t pid)
{
    return pid > 0 && pid < PIDS_MOST && (lesson->members[pid / 8] & 1U << pid % 8) != 0;
}

static void set_member(struct lab_lesson *lesson, pid_t pid, bool is_one)
{
    unsigned char bit = (unsigned char)(1U << pid % 8);
    if (pid <= 0 || pid >= PIDS_MOST)
        return;
    if (is_one)
        lesson->members[pid / 8] |= bit;
    else
        lesson->members[pid / 8] &= (unsigned char)~bit;
}

static void record_events(struct lab_lesson *lesson)
{
    size_t count;
    const struct event *events = feed_events(lesson->feed, &count);
    for (size_t i = 0; i < count; i++) {
        const struct event *event = &events[i];
        if (event->kind == EVENT_FORK && event->id.pid != lesson->guard)
            set_member(lesson, event->id.pid, is_member(lesson, event->ppid));
        if (event->kind == EVENT_LOST || is_member(lesson, event->id.pid))
            recorder_events(lesson->recorder, event, 1, &lesson->pending);
    }
}

/* Its end is told when it happens, also where the connector is not granted. */
static void watch_row(struct lab_lesson *lesson, const struct process *process)
{
    struct watch *watch = feed_watch(lesson->feed);
    if (watch && !process_is_thread(process))
        (void)watch_add(watch, process->id, ""); /* it may take its name later */
}

static int compare_rows(const void *a, const void *b)
{
    pid_t left = ((const struct process *)a)->id.pid, right = ((const struct process *)b)->id.pid;
    return (left > right) - (left < right);
}

/* The experiment's processes and threads, and ourselves above them. */
static int choose_rows(struct lab_lesson *lesson, size_t *ret_count)
{
    const struct snapshot *snapshot = feed_snapshot(lesson->feed);
    _cleanup_free_ uint32_t *found = NULL;
    size_t found_count = 0, count = 0;
    const struct process *self = snapshot_find(snapshot, getpid());
    int r =
        lesson->guard > 0 ? tree_descendants(snapshot, &lesson->guard, 1, &found, &found_count) : 0;
    if (r == 0)
        r = array_reserve(&lesson->rows, &lesson->row_capacity, snapshot->count + 1);
    if (r < 0)
        return r;
    for (size_t i = 0; i < found_count; i++) {
        const struct process *process = &snapshot->processes[found[i]];
        set_member(lesson, process->id.pid, true);
        watch_row(lesson, process);
        lesson->rows[count++] = *process;
    }
    if (self)
        lesson->rows[count++] = *self;
    qsort(lesson->rows, count, sizeof(*lesson->rows), compare_rows);
    *ret_count = count;
    return 0;
}

/* ---- a look at the process table ---- */

static int take_items(struct lab_lesson *lesson, bool waits, struct error *error)
{
    int item;
    do {
        item = feed_next(lesson->feed, waits, error);
        record_events(lesson);
    } while (item > FEED_NOTHING && item != FEED_SNAPSHOT);
    return item;
}

static int take_snapshot(struct lab_lesson *lesson)
{
    struct error error = ERROR_INIT;
    feed_sweep(lesson->feed, true);
    int item = take_items(lesson, true, &error);
    if (item < 0 && lesson->status == EXIT_DONE)
        lesson->status = command_fail(EXIT_FAULT, "lab: %s", error.message);
    return item < 0 ? item : 0;
}

static void look(struct lab_lesson *lesson)
{
    size_t count = 0;
    if (lesson->status != EXIT_DONE || take_snapshot(lesson) < 0)
        return;
    int r = choose_rows(lesson, &count);
    struct snapshot chosen = *feed_snapshot(lesson->feed);
    chosen.processes = lesson->rows;
    chosen.count = chosen.capacity = count;
    chosen.notice = NULL; /* it is of the rows that are left out */
    if (r == 0)
        r = recorder_snapshot(lesson->recorder, &chosen, &lesson->pending);
    if (r < 0)
        fail(lesson, r);
    flush(lesson);
    lesson->next_look_ns = clock_boot_ns() + LOOK_NS;
}

void lab_lesson_turn(struct lab_lesson *lesson)
{
    struct error error = ERROR_INIT;
    if (lesson->status != EXIT_DONE)
        return;
    (void)take_items(lesson, false, &error);
    if (lesson->pending.length > PENDING_MOST)
        flush(lesson);
    if (clock_boot_ns() >= lesson->next_look_ns)
        look(lesson);
}

size_t lab_lesson_fds(const struct lab_lesson *lesson, struct pollfd fds[static FEED_FDS_MOST])
{
    bool is_due;
    return lesson->status == EXIT_DONE ? feed_fds(lesson->feed, fds, &is_due) : 0;
}

int lab_lesson_wait_ms(const struct lab_lesson *lesson)
{
    uint64_t now = clock_boot_ns();
    if (lesson->status != EXIT_DONE || now >= lesson->next_look_ns)
        return lesson->status != EXIT_DONE ? (int)(LOOK_NS / NS_PER_MS) : 0;
    return (int)((lesson->next_look_ns - now + NS_PER_MS - 1) / NS_PER_MS);
}

/* ---- what is said ---- */

/* A line, or more of them where it has too many bytes for one. */
static void note(struct lab_lesson *lesson, const char *text)
{
    struct event event = {.kind = EVENT_NOTE,
                          .source = EVENT_FROM_SELF,
                          .mono_ns = clock_boot_ns(),
                          .time_ns = clock_ns(CLOCK_REALTIME),
                          .id.pid = lesson->guard > 0 ? lesson->guard : getpid(),
                          .exit_status = EXIT_UNKNOWN,
                          .comm = "lab"};
    while (*text) {
        size_t length = 0, left = strlen(text), more;
        struct text_cell cell;
        while (length < left && length + (more = text_next(text + length, left - length, &cell)) <
                                    sizeof(event.detail))
            length += more;
        memcpy(event.detail, text, length);
        event.detail[length] = '\0';
        recorder_events(lesson->recorder, &event, 1, &lesson->pending);
        text += length;
    }
}

void lab_lesson_say(struct lab_lesson *lesson, const struct document *doc)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct error error = ERROR_INIT;
    if (lesson->status != EXIT_DONE)
        return;
    document_print(doc, &text, NOTE_COLUMNS);
    (void)take_items(lesson, false, &error); /* what happened before it was said */
    char *rest = text.data, *line;
    while (rest && (line = strsep(&rest, "\n")))
        note(lesson, line);
    if (text.error < 0)
        fail(lesson, text.error);
    look(lesson);
}

/* ---- beginning and end ---- */

void lab_lesson_free(struct lab_lesson *lesson)
{
    if (!lesson)
        return;
    (void)fd_close(lesson->fd);
    strbuf_done(&lesson->pending);
    recorder_free(lesson->recorder);
    feed_close(lesson->feed);
    free(lesson->members);
    free(lesson->rows);
    free(lesson);
}

static void begin(struct lab_lesson *lesson)
{
    struct recording_header header = *feed_header(lesson->feed);
    const struct snapshot *snapshot = feed_snapshot(lesson->feed);
    header.started_ns = snapshot->time_ns;
    header.interval_ns = LOOK_NS;
    header.has_arguments = false; /* a role is known by its name */
    header.has_threads = true;
    header.has_notes = true;
    memcpy(header.host, snapshot->machine.host, sizeof(header.host));
    memcpy(header.kernel, snapshot->machine.kernel, sizeof(header.kernel));
    recorder_begin(lesson->recorder, &header, &lesson->pending);
}

static int set_up(struct lab_lesson *lesson)
{
    const struct feed_live_options live = {.has_events = true};
    struct error error = ERROR_INIT;
    lesson->recorder = recorder_new();
    lesson->members = calloc(PIDS_MOST / 8, 1);
    if (!lesson->recorder || !lesson->members)
        return command_fail(EXIT_FAULT, "lab: %s", strerror(ENOMEM));
    if (feed_live_open(&live, &lesson->feed, &error) < 0)
        return command_fail(EXIT_FAULT, "lab: %s", error.message);
    lesson->fd =
        open(lesson->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR);
    if (lesson->fd < 0 && errno == EEXIST)
        return command_fail(EXIT_USAGE,
                            _("lab: --record: %s exists: a recording is not written over; "
                              "take another name or remove it"),
                            lesson->name);
    if (lesson->fd < 0)
        return command_fail(EXIT_FAULT, "lab: %s: %s", lesson->name, strerror(errno));
    if (take_snapshot(lesson) < 0)
        return lesson->status;
    begin(lesson);
    look(lesson);
    return lesson->status;
}

int lab_lesson_open(const char *name, struct lab_lesson **ret_lesson)
{
    struct lab_lesson *lesson = calloc(1, sizeof(*lesson));
    if (!lesson)
        return command_fail(EXIT_FAULT, "lab: %s", strerror(ENOMEM));
    lesson->name = name;
    lesson->fd = -EBADF;
    lesson->status = EXIT_DONE;
    int status = set_up(lesson);
    if (status != EXIT_DONE) {
        lab_lesson_free(lesson);
        return status;
    }
    *ret_lesson = lesson;
    return EXIT_DONE;
}

void lab_lesson_watch(struct lab_lesson *lesson, pid_t guard)
{
    lesson->guard = guard;
    set_member(lesson, guard, true);
}

int lab_lesson_close(struct lab_lesson *lesson)
{
    look(lesson);
    recorder_end(&lesson->pending);
    flush(lesson);
    return lesson->status;
}
