/*
 * metrics: OpenMetrics text for node_exporter's textfile collector, once or
 * every --delay.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/io.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/output.h"
#include "reaptop/model/metrics.h"
#include "reaptop/source/feed_live.h"
#include "reaptop/source/read_metrics.h"

const struct option_info metrics_options[] = {
    {"output", 'o', N_("FILE"), N_("into FILE, which is replaced as a whole, and not here")},
    {NULL, '\0', NULL, NULL},
};

enum {
    OWN_OUTPUT
};

/* Events are counted and not kept. */
static const struct feed_memory memory = {.events = 1024, .ended = 1024};

struct exporter {
    const struct options *options;
    struct feed *feed;
    struct metrics metrics;
    int signal_fd;
};

static void exporter_done(struct exporter *exporter)
{
    feed_close(exporter->feed);
    metrics_done(&exporter->metrics);
    exporter->signal_fd = fd_close(exporter->signal_fd);
}

/* With --delay or -n above 1 the text is written again and again; else once. */
static bool goes_on(const struct options *options)
{
    return options->has_delay || options->iterations > 1;
}

/* ---- the file ---- */

static int put_out(const struct exporter *exporter, const struct strbuf *text)
{
    const char *path = exporter->options->own[OWN_OUTPUT];
    if (!path)
        return output_text(text);
    /* A collector that reads meanwhile takes *.prom, and so never what lies beside. */
    int r = io_replace(path, 0644, false, strbuf_text(text), text->length);
    return r < 0 ? command_fail(EXIT_FAULT, "metrics: %s: %s", path, strerror(-r)) : EXIT_DONE;
}

/* ---- rounds ---- */

static void receive(struct exporter *exporter, int item)
{
    size_t count;
    if (item != FEED_EVENTS)
        return;
    const struct event *events = feed_events(exporter->feed, &count);
    metrics_receive(&exporter->metrics, events, count);
}

static int sweep(struct exporter *exporter)
{
    struct error error = ERROR_INIT;
    int item;
    feed_sweep(exporter->feed, false);
    while ((item = feed_next(exporter->feed, true, &error)) > FEED_NOTHING && item != FEED_SNAPSHOT)
        receive(exporter, item);
    return item < 0 ? command_fail(EXIT_FAULT, "metrics: %s", error.message) : EXIT_DONE;
}

static int export(struct exporter *exporter)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int status = sweep(exporter);
    if (status != EXIT_DONE)
        return status;
    struct metrics_input input = {.snapshot = feed_snapshot(exporter->feed)};
    const struct recording_header *header = feed_header(exporter->feed);
    exporter->metrics.has_events = header && header->has_kernel_events;
    int r = metrics_input_read(&input);
    if (r == 0)
        r = metrics_print(&exporter->metrics, &input, &text);
    metrics_input_done(&input);
    return r < 0 ? command_fail(EXIT_FAULT, "metrics: %s", strerror(-r)) : put_out(exporter, &text);
}

/* Counts what happens until then; true where a signal ends us. */
static bool wait_until(struct exporter *exporter, uint64_t ns)
{
    struct error error = ERROR_INIT;
    for (uint64_t now; (now = clock_boot_ns()) < ns;) {
        struct pollfd fds[1 + FEED_FDS_MOST] = {{.fd = exporter->signal_fd, .events = POLLIN}};
        bool is_due;
        size_t count = feed_fds(exporter->feed, &fds[1], &is_due);
        int left_ms = is_due ? 0 : (int)((ns - now + NS_PER_MS - 1) / NS_PER_MS);
        (void)poll(fds, 1 + count, left_ms);
        if (fds[0].revents)
            return true;
        int item;
        while ((item = feed_next(exporter->feed, false, &error)) > FEED_NOTHING &&
               clock_boot_ns() < ns)
            receive(exporter, item);
    }
    return false;
}

static int set_up(struct exporter *exporter)
{
    struct error error = ERROR_INIT;
    bool is_stream = goes_on(exporter->options);
    const struct feed_memory nothing_kept = {0};
    const struct feed_live_options live = {.memory = is_stream ? memory : nothing_kept,
                                           .has_events = is_stream};
    if (is_stream && (exporter->signal_fd = interrupt_open()) < 0)
        return command_fail(EXIT_FAULT, "metrics: %s", strerror(-exporter->signal_fd));
    if (feed_live_open(&live, &exporter->feed, &error) < 0)
        return command_fail(EXIT_FAULT, "metrics: %s", error.message);
    if (feed_notice(exporter->feed)[0] != '\0')
        (void)command_fail(EXIT_DONE, "metrics: %s", feed_notice(exporter->feed));
    return EXIT_DONE;
}

int command_metrics(const struct options *options, int argc, char **argv)
{
    _cleanup_(exporter_done) struct exporter exporter = {.options = options, .signal_fd = -1};
    if (argc > 1)
        return command_usage_error("metrics", _("it takes no operand, not '%s'"), argv[1]);
    int status = set_up(&exporter);
    uint64_t rounds = goes_on(options) ? options->iterations : 1;
    for (uint64_t i = 0; status == EXIT_DONE && (rounds == 0 || i < rounds); i++) {
        if (i > 0 && wait_until(&exporter, clock_boot_ns() + options->delay_ns))
            break;
        status = export(&exporter);
    }
    return status;
}
