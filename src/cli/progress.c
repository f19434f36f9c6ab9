#include "progress.h"

#include <poll.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "interrupt.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"

/* Shorter work is not worth a word. */
#define QUIET_NS (500 * NS_PER_MS)
#define TELL_NS  (100 * NS_PER_MS)

void progress_begin(struct progress *progress, const char *command)
{
    *progress = (struct progress){.command = command, .begin_ns = clock_boot_ns()};
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

bool progress_step(void *data, size_t done, size_t total)
{
    struct progress *progress = data;
    uint64_t now_ns = clock_boot_ns();
    progress->done = done;
    progress->total = total;
    if (now_ns - progress->told_ns < TELL_NS)
        return true;
    progress->told_ns = now_ns;
    progress->is_stopped = is_interrupted(progress);
    if (progress->is_terminal && now_ns - progress->begin_ns >= QUIET_NS) {
        (void)fputc('\r', stderr);
        (void)fprintf(stderr, _("reaptop: %s: %zu of %zu (Ctrl-C ends it)"), progress->command,
                      done, total);
        (void)fflush(stderr);
        progress->is_told = true;
    }
    return !progress->is_stopped;
}

bool progress_end(struct progress *progress)
{
    struct signalfd_siginfo taken;
    if (progress->is_told)
        (void)fputs("\r\033[K", stderr);
    if (progress->is_stopped && read(progress->signal_fd, &taken, sizeof(taken)) > 0)
        (void)command_fail(EXIT_DONE, _("%s: ended after %zu of %zu processes"), progress->command,
                           progress->done, progress->total);
    if (progress->signal_fd >= 0)
        (void)sigprocmask(SIG_SETMASK, &progress->mask, NULL);
    progress->signal_fd = fd_close(progress->signal_fd);
    return progress->is_stopped;
}
