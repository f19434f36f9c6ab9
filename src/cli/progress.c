#include "reaptop/cli/progress.h"

#include <poll.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "interrupt.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/source/feed_recording.h"

/* Shorter work is not worth a word. */
#define QUIET_NS (500 * NS_PER_MS)

enum {
    REPORT_MS = 100, /* from one report to the next */
    KIB = 1024
};

void progress_begin(struct progress *progress, const char *command, enum progress_unit unit)
{
    *progress = (struct progress){.command = command, .unit = unit, .begin_ns = clock_boot_ns()};
    progress->is_terminal = isatty(STDERR_FILENO) == 1;
    progress->signal_fd = -1;
    if (sigprocmask(SIG_BLOCK, NULL, &progress->mask) == 0)
        progress->signal_fd = interrupt_open();
}

static bool is_interrupted(const struct progress *progress)
{
    struct pollfd ready = {.fd = progress->signal_fd, .events = POLLIN};
    return progress->signal_fd >= 0 && poll(&ready, 1, 0) > 0;
}

static void tell(struct progress *progress)
{
    (void)fputc('\r', stderr);
    if (progress->total > 0)
        (void)fprintf(stderr, _("reaptop: %s: %zu of %zu (Ctrl-C ends it)"), progress->command,
                      progress->done, progress->total);
    else
        (void)fprintf(stderr, _("reaptop: %s: waiting (Ctrl-C ends it)"), progress->command);
    (void)fflush(stderr);
    progress->is_reported = true;
}

bool progress_step(void *data, size_t done, size_t total)
{
    struct progress *progress = data;
    uint64_t now_ns = clock_boot_ns();
    progress->done = done;
    progress->total = total;
    if (now_ns - progress->reported_ns < REPORT_MS * NS_PER_MS)
        return !progress->is_stopped;
    progress->reported_ns = now_ns;
    progress->is_stopped |= is_interrupted(progress);
    if (progress->is_terminal && now_ns - progress->begin_ns >= QUIET_NS)
        tell(progress);
    return !progress->is_stopped;
}

void progress_wipe(struct progress *progress)
{
    if (progress->is_reported)
        (void)fputs("\r\033[K", stderr);
    progress->is_reported = false;
}

static void say_ended(const struct progress *progress)
{
    const char *command = progress->command;
    size_t done = progress->done, total = progress->total;
    switch (progress->unit) {
    case PROGRESS_PROCESSES:
        (void)command_fail(EXIT_DONE, _("%s: ended after %zu of %zu processes"), command, done,
                           total);
        break;
    case PROGRESS_PAGES:
        (void)command_fail(EXIT_DONE, _("%s: ended after %zu of %zu pages"), command, done, total);
        break;
    case PROGRESS_EXPERIMENTS:
        (void)command_fail(EXIT_DONE, _("%s: ended after %zu of %zu experiments"), command, done,
                           total);
        break;
    case PROGRESS_KIB:
        if (total > 0)
            (void)command_fail(EXIT_DONE, _("%s: ended after %zu of %zu KiB of the recording"),
                               command, done, total);
        else
            (void)command_fail(EXIT_DONE, _("%s: ended after %zu KiB of the recording"), command,
                               done);
        break;
    }
}

bool progress_end(struct progress *progress)
{
    struct signalfd_siginfo taken;
    progress_wipe(progress);
    if (progress->is_stopped && is_interrupted(progress))
        (void)!read(progress->signal_fd, &taken, sizeof(taken)); /* else somebody else took it */
    if (progress->is_stopped)
        say_ended(progress);
    if (progress->signal_fd >= 0)
        (void)sigprocmask(SIG_SETMASK, &progress->mask, NULL);
    progress->signal_fd = fd_close(progress->signal_fd);
    return progress->is_stopped;
}

/* ---- a recording ---- */

/* So much of it is taken; false: it is to be ended. */
static bool step_recording(struct progress *progress, const struct feed *feed)
{
    const struct recording *recording = feed_recording(feed);
    uint64_t line;
    if (!recording)
        return progress_step(progress, 0, 0);
    uint64_t position = recording_position(recording_reader(recording), &line);
    return progress_step(progress, (size_t)(position / KIB),
                         (size_t)((recording_size(recording) + KIB - 1) / KIB));
}

/* A pipe has nothing for now: waits for it, for Ctrl-C or to tell of it. */
static void wait_for_more(const struct progress *progress, const struct feed *feed)
{
    struct pollfd fds[FEED_FDS_MOST + 1];
    bool is_due = false;
    size_t count = feed_fds(feed, fds, &is_due);
    fds[count] = (struct pollfd){.fd = progress->signal_fd, .events = POLLIN};
    (void)poll(fds, count + 1, is_due ? 0 : REPORT_MS);
}

static int take(struct progress *progress, struct feed *feed, bool is_look, struct error *error)
{
    int item = FEED_NOTICE;
    while (item == FEED_NOTHING || item == FEED_NOTICE || item == FEED_EVENTS) {
        if (item == FEED_NOTHING)
            wait_for_more(progress, feed);
        if (!step_recording(progress, feed))
            return FEED_END;
        item = is_look ? feed_look(feed, false, error) : feed_next(feed, false, error);
    }
    return item;
}

int progress_refresh(struct progress *progress, struct feed *feed, struct error *error)
{
    return take(progress, feed, false, error);
}

int progress_look(struct progress *progress, struct feed *feed, struct error *error)
{
    return take(progress, feed, true, error);
}
