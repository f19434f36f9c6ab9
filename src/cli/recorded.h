/*
 * recorded: a recording read up to an instant, for commands that tell of one:
 * --from FILE [--at TIME].
 */
#ifndef REAPTOP_CLI_RECORDED_H
#define REAPTOP_CLI_RECORDED_H

#include "reaptop/base/clock.h"
#include "reaptop/cli/options.h"
#include "reaptop/model/life.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/source/feed_recording.h"

/* The instant that --at asks for: the first refresh from its time on, else the last one. */
struct instant {
    const char *at; /* NULL: the end of the recording */
    bool is_known;  /* parsed: a clock's time means nothing before the first refresh */
    uint64_t time_ns;
};

/*
 * Is that refresh the one? 1 yes, 0 not yet (`at` is NULL: never). A negated
 * exit status, the line on standard error already written, where the time is wrong.
 */
int instant_is_there(struct instant *instant, const char *command, struct feed *feed);

/* "14:03:07" by the recorded machine's clock. Returns ret_text. */
const char *recorded_clock(const struct feed *feed, uint64_t time_ns,
                           char ret_text[static CLOCK_TEXT_SIZE]);

/* "show: it ends at 14:03:07, before that": EXIT_NO_MATCH. */
int instant_was_missed(const char *command, struct feed *feed);

struct recorded {
    struct feed *feed;
    bool is_lost;         /* the process was there, and is no longer in the newest snapshot */
    struct snapshot kept; /* is_lost: the last one that had it */
    struct error cut;     /* code < 0: the recording breaks off; there is what was before */
    bool is_stopped;      /* Ctrl-C ended the reading, likewise */
};

#define RECORDED_INIT ((struct recorded){0})

/*
 * Reads FILE up to the instant; `pid` is the process that will be asked for.
 * EXIT_DONE, also where it is cut or where Ctrl-C ended the reading of it behind the first
 * refresh, or an exit status with the line on standard error already written.
 */
int recorded_read(struct recorded *recorded, const char *command, const char *from, const char *at,
                  pid_t pid);
void recorded_done(struct recorded *recorded);

/* The snapshot that has the process, or had it last. */
const struct snapshot *recorded_snapshot(const struct recorded *recorded);

/* Until when the life is reported: the instant that was asked for. */
uint64_t recorded_until_ns(const struct recorded *recorded);

/* Its row there, or NULL: no refresh saw it. */
const struct process *recorded_process(const struct recorded *recorded, pid_t pid);

/* `status`, or what a cut or a Ctrl-C makes of it. Says that the process is not in it where
 * `is_found` is false. */
int recorded_status(const struct recorded *recorded, const char *command, pid_t pid, bool is_found,
                    int status);

/* For what only a living process has: "… had ended by then; it was last seen at 14:03:07". */
int recorded_ended(const struct recorded *recorded, const char *command, pid_t pid);

/*
 * The recording that is asked for: of other machines (--host), or --from's file; NULL: none.
 * EXIT_USAGE where it is both, or --at without a file, or more machines than `hosts_most`.
 */
int recorded_from(const struct options *options, const char *command, const char *from,
                  const char *at, size_t hosts_most, const char **ret_from);

/* Takes argv[1] as a PID: EXIT_DONE or a usage error. */
int recorded_operand(int argc, char **argv, pid_t *ret_pid);

#endif
