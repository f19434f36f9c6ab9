#include <errno.h>
#include <poll.h>

#include "live_private.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/filter.h"
#include "reaptop/model/process.h"

enum {
    ROWS_BETWEEN_LOOKS = 8, /* at the clock */
    AWAIT_MS = 100,
};

static bool is_denied(const struct process *process, uint32_t parts)
{
    for (unsigned part = 0; process->extra && part < EXTRA_PART_COUNT; part++)
        if ((parts & EXTRA_BIT(part)) && process->extra->access[part] == ACCESS_DENIED)
            return true;
    return false;
}

/* What came of one row, of which `parts` are asked; r > 0: it lacks some still. */
static int note_row(struct live_progress *progress, const struct process *process, int r,
                    uint32_t parts, uint32_t lacks)
{
    if (r == 0) {
        progress->known++;
        progress->denied += is_denied(process, parts);
    }
    if (r > 0)
        progress->parts |= lacks;
    return r;
}

int live_fill_extra(struct live *live, struct reader *reader, struct snapshot *snapshot,
                    const uint32_t *indexes, size_t count, uint32_t parts, uint64_t deadline_ns,
                    struct live_progress *ret_progress)
{
    struct live_progress progress = {.rows = indexes ? count : snapshot->count};
    bool is_late = false;
    (void)extras_collect(live->extras, reader);
    for (size_t i = 0; i < progress.rows; i++) {
        struct process *process = &snapshot->processes[indexes ? indexes[i] : i];
        if (i % ROWS_BETWEEN_LOOKS == 0)
            is_late = clock_boot_ns() >= deadline_ns;
        int r = is_late ? 1 : extras_fill(live->extras, reader, snapshot, process, parts);
        if (note_row(&progress, process, r, parts, parts) < 0)
            return r;
    }
    *ret_progress = progress;
    return progress.known < progress.rows;
}

/* One part after the other, until the filter is decided or waits for the reader. */
int live_fill_filter_row(struct live *live, struct reader *reader, struct snapshot *snapshot,
                         const struct filter *filter, struct process *process)
{
    uint32_t lacks;
    while (filter_judge(filter, process, &lacks) == FILTER_UNDECIDED) {
        int r =
            extras_fill(live->extras, reader, snapshot, process, EXTRA_BIT(extra_cheapest(lacks)));
        if (r != 0)
            return r;
    }
    return 0;
}

static int fill_if_time(struct live *live, struct reader *reader, struct snapshot *snapshot,
                        const struct filter *filter, struct process *process, bool is_late)
{
    uint32_t lacks;
    return is_late ? filter_judge(filter, process, &lacks) == FILTER_UNDECIDED
                   : live_fill_filter_row(live, reader, snapshot, filter, process);
}

int live_fill_filter(struct live *live, struct reader *reader, struct snapshot *snapshot,
                     const struct filter *filter, uint64_t deadline_ns,
                     struct live_progress *ret_progress)
{
    struct live_progress progress = {.rows = snapshot->count};
    uint32_t lacks = 0;
    bool is_late = false;
    (void)extras_collect(live->extras, reader);
    for (size_t i = 0; i < snapshot->count; i++) {
        struct process *process = &snapshot->processes[i];
        if (i % ROWS_BETWEEN_LOOKS == 0)
            is_late = clock_boot_ns() >= deadline_ns;
        int r = fill_if_time(live, reader, snapshot, filter, process, is_late);
        if (r > 0)
            (void)filter_judge(filter, process, &lacks);
        if (note_row(&progress, process, r, filter_parts(filter), lacks) < 0)
            return r;
    }
    *ret_progress = progress;
    return progress.known < progress.rows;
}

void live_await_extra(struct live *live, struct reader *reader)
{
    struct pollfd ready = {.fd = reader_fd(reader), .events = POLLIN};
    if (extras_awaited(live->extras) > 0)
        (void)poll(&ready, 1, AWAIT_MS);
    reader_pump(reader);
}
