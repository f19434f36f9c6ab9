#include "recorded.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/progress.h"
#include "reaptop/source/feed_hosts.h"

enum {
    EVENTS_KEPT = 256, /* nobody reads the log: each life has its own */
    LIVES_KEPT = 1 << 14
};

/* ---- the instant ---- */

static int parse_instant(struct instant *instant, const char *command, struct feed *feed)
{
    uint64_t begin_ns = feed_snapshot(feed)->time_ns;
    int32_t offset_s = feed_header(feed)->utc_offset_s;
    if (instant->at[0] == '-' ||
        recording_parse_time(instant->at, begin_ns, offset_s, &instant->time_ns) < 0)
        return -command_usage_error(command, _("--at: invalid value '%s': expected %s"),
                                    instant->at,
                                    _("a time such as 14:03, 14:03:07, '2026-11-20 14:03', or +30s "
                                      "since the recording began"));
    /* It began late in the evening. */
    if (strchr(instant->at, '-') == NULL && instant->time_ns + 60 * NS_PER_SEC < begin_ns)
        instant->time_ns += S_PER_DAY * NS_PER_SEC;
    instant->is_known = true;
    return 0;
}

int instant_is_there(struct instant *instant, const char *command, struct feed *feed)
{
    if (!instant->at)
        return 0;
    int r = instant->is_known ? 0 : parse_instant(instant, command, feed);
    if (r < 0)
        return r;
    return feed_snapshot(feed)->time_ns >= instant->time_ns;
}

const char *recorded_clock(const struct feed *feed, uint64_t time_ns,
                           char ret_text[static CLOCK_TEXT_SIZE])
{
    return clock_text(time_ns, feed_header(feed)->utc_offset_s, ret_text);
}

int instant_was_missed(const char *command, struct feed *feed)
{
    char clock[CLOCK_TEXT_SIZE];
    uint64_t time_ns = feed_snapshot(feed)->time_ns;
    return command_fail(EXIT_NO_MATCH, _("%s: the recording ends at %s, before --at"), command,
                        recorded_clock(feed, time_ns, clock));
}

int recorded_from(const struct options *options, const char *command, const char *from,
                  const char *at, size_t hosts_most, const char **ret_from)
{
    *ret_from = options->remote ? options->remote : from;
    if (options->remote && from)
        return command_usage_error(command, _("give --host or --from, not both"));
    if (at && !from)
        return command_usage_error(command,
                                   _("--at is a time in a recording: it needs --from FILE"));
    if (options->remote && hosts_most == 1 && strchr(options->remote, ','))
        return command_usage_error(
            command, _("--host: a PID is of one machine: give one host (a filter has host=)"));
    return EXIT_DONE;
}

/* ---- reading ---- */

void recorded_done(struct recorded *recorded)
{
    feed_close(recorded->feed);
    snapshot_done(&recorded->kept);
    *recorded = RECORDED_INIT;
}

/* The last snapshot that has the process is kept. */
static int keep_last(struct recorded *recorded, pid_t pid)
{
    const struct snapshot *previous = feed_previous(recorded->feed);
    if (snapshot_find(feed_snapshot(recorded->feed), pid)) {
        recorded->is_lost = false;
        return 0;
    }
    if (!snapshot_find(previous, pid))
        return 0;
    snapshot_done(&recorded->kept);
    recorded->is_lost = true;
    return snapshot_copy(previous, &recorded->kept);
}

/* Of other machines the first refresh is the last one: there is no progress in that. */
static int next_refresh(struct recorded *recorded, struct progress *progress)
{
    return progress ? progress_refresh(progress, recorded->feed, &recorded->cut)
                    : feed_refresh(recorded->feed, false, &recorded->cut);
}

/* Of another machine the first refresh is now. */
static int read_to(struct recorded *recorded, const char *command, struct instant *instant,
                   pid_t pid, struct progress *progress)
{
    struct feed *feed = recorded->feed;
    int item;
    bool is_remote = progress == NULL;
    while ((item = next_refresh(recorded, progress)) == FEED_SNAPSHOT) {
        int r = keep_last(recorded, pid);
        if (r < 0)
            return command_fail(EXIT_FAULT, "%s: %s", command, strerror(-r));
        const char *notice = feed_snapshot(feed)->notice;
        if (is_remote && notice)
            return command_fail(EXIT_FAULT, "%s: %s", command, notice);
        r = is_remote ? 1 : instant_is_there(instant, command, feed);
        if (r != 0)
            return r < 0 ? -r : EXIT_DONE;
    }
    bool is_empty = feed_snapshot_count(feed) == 0;
    if (progress && progress->is_stopped)
        return is_empty || instant->at ? EXIT_INTERRUPTED : EXIT_DONE;
    if (item < 0 && (is_empty || instant->at))
        return command_fail(EXIT_FAULT, "%s: %s", command, recorded->cut.message);
    if (is_empty)
        return command_fail(EXIT_FAULT, _("%s: the recording holds nothing"), command);
    return item >= 0 && instant->at ? instant_was_missed(command, feed) : EXIT_DONE;
}

int recorded_read(struct recorded *recorded, const char *command, const char *from, const char *at,
                  pid_t pid)
{
    struct error error = ERROR_INIT;
    struct instant instant = {.at = at};
    const struct feed_memory memory = {.events = EVENTS_KEPT, .ended = LIVES_KEPT};
    if (feed_open_from(from, &memory, &recorded->feed, &error) < 0)
        return command_fail(EXIT_FAULT, "%s: %s", command, error.message);
    if (hosts_in(from))
        return read_to(recorded, command, &instant, pid, NULL);
    struct progress progress;
    progress_begin(&progress, command, PROGRESS_KIB);
    int status = read_to(recorded, command, &instant, pid, &progress);
    recorded->is_stopped = progress_end(&progress);
    return status;
}

/* ---- what was read ---- */

const struct snapshot *recorded_snapshot(const struct recorded *recorded)
{
    return recorded->is_lost ? &recorded->kept : feed_snapshot(recorded->feed);
}

uint64_t recorded_until_ns(const struct recorded *recorded)
{
    return feed_snapshot(recorded->feed)->mono_ns;
}

const struct process *recorded_process(const struct recorded *recorded, pid_t pid)
{
    return snapshot_find(recorded_snapshot(recorded), pid);
}

int recorded_ended(const struct recorded *recorded, const char *command, pid_t pid)
{
    char clock[CLOCK_TEXT_SIZE];
    return command_fail(EXIT_NO_MATCH,
                        _("%s: %d had ended by then; it was last seen at %s: take --at"), command,
                        (int)pid, recorded_clock(recorded->feed, recorded->kept.time_ns, clock));
}

int recorded_status(const struct recorded *recorded, const char *command, pid_t pid, bool is_found,
                    int status)
{
    if (recorded->cut.code < 0)
        return command_fail(EXIT_FAULT, "%s: %s", command, recorded->cut.message);
    if (!is_found)
        return command_fail(EXIT_NO_MATCH, _("%s: there is no process %d in it"), command,
                            (int)pid);
    return recorded->is_stopped && status == EXIT_DONE ? EXIT_INTERRUPTED : status;
}

int recorded_operand(int argc, char **argv, pid_t *ret_pid)
{
    int64_t pid;
    if (argc != 2)
        return command_usage_error(argv[0], _("needs one PID: reaptop %s PID"), argv[0]);
    if (number_parse(argv[1], 1, INT_MAX, &pid) < 0)
        return command_usage_error(argv[0], _("%s: not a PID: reaptop %s PID"), argv[1], argv[0]);
    *ret_pid = (pid_t)pid;
    return EXIT_DONE;
}
