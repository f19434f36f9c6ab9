#include "recorded.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"

enum {
    EVENTS_KEPT = 256, /* nobody reads the log: each life has its own */
    LIVES_KEPT = 1 << 14
};

/* ---- the instant ---- */

static int parse_instant(struct instant *instant, const char *command,
                         const struct recording *recording)
{
    const struct recording_reader *reader = recording_reader(recording);
    uint64_t begin_ns = recording_snapshot(reader)->time_ns;
    int32_t offset_s = recording_header(reader)->utc_offset_s;
    if (instant->at[0] == '-' ||
        recording_parse_time(instant->at, begin_ns, offset_s, &instant->time_ns) < 0)
        return -command_usage_error(command, _("--at: '%s' is wrong: it takes %s"), instant->at,
                                    _("a time such as 14:03, 14:03:07, '2026-11-20 14:03', or +30s "
                                      "since the recording began"));
    /* It began late in the evening. */
    if (strchr(instant->at, '-') == NULL && instant->time_ns + 60 * NS_PER_SEC < begin_ns)
        instant->time_ns += 86400 * NS_PER_SEC;
    instant->is_known = true;
    return 0;
}

int instant_is_there(struct instant *instant, const char *command,
                     const struct recording *recording)
{
    if (!instant->at)
        return 0;
    int r = instant->is_known ? 0 : parse_instant(instant, command, recording);
    if (r < 0)
        return r;
    return recording_snapshot(recording_reader(recording))->time_ns >= instant->time_ns;
}

const char *recorded_clock(const struct recording *recording, uint64_t time_ns,
                           char ret_text[static CLOCK_TEXT_SIZE])
{
    const struct recording_header *header = recording_header(recording_reader(recording));
    int64_t local = (int64_t)(time_ns / NS_PER_SEC) + header->utc_offset_s;
    int second = (int)(((local % 86400) + 86400) % 86400);
    (void)snprintf(ret_text, CLOCK_TEXT_SIZE, "%02d:%02d:%02d", second / 3600, second / 60 % 60,
                   second % 60);
    return ret_text;
}

int instant_was_missed(const char *command, const struct recording *recording)
{
    char clock[CLOCK_TEXT_SIZE];
    uint64_t time_ns = recording_snapshot(recording_reader(recording))->time_ns;
    return command_fail(EXIT_NO_MATCH, _("%s: the recording ends at %s, before --at"), command,
                        recorded_clock(recording, time_ns, clock));
}

int recorded_needs_from(const char *command)
{
    return command_usage_error(command, _("--at is a time in a recording: it needs --from FILE"));
}

/* ---- reading ---- */

void recorded_done(struct recorded *recorded)
{
    recording_close(recorded->recording);
    life_free(recorded->life);
    snapshot_done(&recorded->snapshots[0]);
    snapshot_done(&recorded->snapshots[1]);
    snapshot_done(&recorded->kept);
    *recorded = RECORDED_INIT;
}

static int keep(struct recorded *recorded, const struct snapshot *previous)
{
    snapshot_done(&recorded->kept);
    recorded->is_lost = true;
    return snapshot_copy(previous, &recorded->kept);
}

static int take_snapshot(struct recorded *recorded, pid_t pid)
{
    struct snapshot *previous = &recorded->snapshots[recorded->newest];
    struct snapshot *next = &recorded->snapshots[!recorded->newest];
    snapshot_done(next);
    int r = snapshot_copy(recording_snapshot(recording_reader(recorded->recording)), next);
    if (r == 0)
        r = life_update(recorded->life, previous, next, NULL, 0);
    if (r < 0)
        return r;
    recorded->newest = !recorded->newest;
    recorded->has_snapshot = true;
    if (snapshot_find(next, pid))
        recorded->is_lost = false;
    else if (snapshot_find(previous, pid))
        return keep(recorded, previous);
    return 0;
}

static void take_events(struct recorded *recorded)
{
    size_t count;
    const struct event *events = recording_events(recording_reader(recorded->recording), &count);
    life_receive(recorded->life, events, count);
}

static int read_to(struct recorded *recorded, const char *command, struct instant *instant,
                   pid_t pid)
{
    int item;
    while ((item = recording_read(recorded->recording, true, &recorded->cut)) > 0 &&
           item != RECORDING_END) {
        if (item == RECORDING_HEADER)
            life_set_kernel_reports(
                recorded->life,
                recording_header(recording_reader(recorded->recording))->has_all_events);
        if (item == RECORDING_EVENTS)
            take_events(recorded);
        if (item != RECORDING_SNAPSHOT)
            continue;
        int r = take_snapshot(recorded, pid);
        if (r < 0)
            return command_fail(EXIT_FAULT, "%s: %s", command, strerror(-r));
        r = instant_is_there(instant, command, recorded->recording);
        if (r != 0)
            return r < 0 ? -r : EXIT_DONE;
    }
    if (!recorded->has_snapshot)
        return item < 0 ? command_fail(EXIT_FAULT, "%s: %s", command, recorded->cut.message)
                        : command_fail(EXIT_FAULT, _("%s: the recording holds nothing"), command);
    if (item >= 0 && instant->at)
        return instant_was_missed(command, recorded->recording);
    return item < 0 && instant->at
               ? command_fail(EXIT_FAULT, "%s: %s", command, recorded->cut.message)
               : EXIT_DONE;
}

int recorded_read(struct recorded *recorded, const char *command, const char *from, const char *at,
                  pid_t pid)
{
    struct error error = ERROR_INIT;
    struct instant instant = {.at = at};
    recorded->life = life_new(EVENTS_KEPT, LIVES_KEPT);
    if (!recorded->life)
        return command_fail(EXIT_FAULT, "%s: %s", command, strerror(ENOMEM));
    if (recording_open(from, &recorded->recording, &error) < 0)
        return command_fail(EXIT_FAULT, "%s: %s", command, error.message);
    return read_to(recorded, command, &instant, pid);
}

/* ---- what was read ---- */

const struct snapshot *recorded_snapshot(const struct recorded *recorded)
{
    return recorded->is_lost ? &recorded->kept : &recorded->snapshots[recorded->newest];
}

const struct process *recorded_process(const struct recorded *recorded, pid_t pid)
{
    return snapshot_find(recorded_snapshot(recorded), pid);
}

int recorded_ended(const struct recorded *recorded, const char *command, pid_t pid)
{
    char clock[CLOCK_TEXT_SIZE];
    return command_fail(
        EXIT_NO_MATCH, _("%s: %d had ended by then; it was last seen at %s: take --at"), command,
        (int)pid, recorded_clock(recorded->recording, recorded->kept.time_ns, clock));
}

int recorded_status(const struct recorded *recorded, const char *command, pid_t pid, bool is_found,
                    int status)
{
    if (recorded->cut.code < 0)
        return command_fail(EXIT_FAULT, "%s: %s", command, recorded->cut.message);
    if (!is_found)
        return command_fail(EXIT_NO_MATCH, _("%s: there is no process %d in it"), command,
                            (int)pid);
    return status;
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
