#include "extra_fill.h"

#include <errno.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/output.h"
#include "reaptop/source/feed_live.h"

/* So long a step takes, before Ctrl-C is looked for. */
#define STEP_NS (50 * NS_PER_MS)

int extra_fill_rows(struct feed *feed, struct reader *reader, const uint32_t *rows, size_t count,
                    uint32_t parts, struct progress *progress)
{
    struct live *live = feed_live(feed);
    struct live_progress known;
    int r = 0;
    if (!live || !reader)
        snapshot_mark_unrecorded(feed_snapshot(feed));
    while (live && reader && parts != 0 &&
           (r = live_fill_extra(live, reader, feed_snapshot(feed), rows, count, parts,
                                clock_boot_ns() + STEP_NS, &known)) > 0) {
        if (progress && !progress_step(progress, known.known, known.rows))
            return 0;
        live_await_extra(live, reader);
    }
    return r;
}

int extra_fill_filter(const char *command, struct feed *feed, struct reader *reader,
                      const struct filter *filter, struct progress *progress)
{
    struct live *live = feed_live(feed);
    struct live_progress known = {0};
    int r = 0;
    while (live && reader && filter_parts(filter) != 0 &&
           (r = live_fill_filter(live, reader, feed_snapshot(feed), filter,
                                 clock_boot_ns() + STEP_NS, &known)) > 0) {
        if (progress && !progress_step(progress, known.known, known.rows))
            return 0;
        live_await_extra(live, reader);
    }
    if (r == 0 && command && known.denied > 0)
        (void)command_fail(EXIT_DONE,
                           _("%s: %zu of %zu processes may not be looked into (%s): what the "
                             "filter asks of them is not known"),
                           command, known.denied, known.rows,
                           access_need_sentence(ACCESS_NEED_OTHERS));
    return r;
}

int extra_check_recorded(const struct filter *filter, bool is_remote, struct error *error)
{
    uint32_t parts = filter_parts(filter);
    if (parts == 0)
        return 0;
    const char *origin = extra_part_origin(extra_cheapest(parts));
    return is_remote
               ? error_set(error, -EINVAL,
                           _("it asks for what is read of %s, which other machines do not send: "
                             "ssh HOST reaptop COMMAND -f EXPR"),
                           origin)
               : error_set(error, -EINVAL,
                           _("it asks for what is read of %s, which no recording holds"), origin);
}
