#include "reaptop/source/read_maps.h"

#include <errno.h>
#include <poll.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_smaps.h"
#include "reaptop/source/quick_state.h"

enum phase {
    PHASE_SMAPS,
    PHASE_MAPS,
    PHASE_ROLLUP,
    PHASE_DONE
};

struct maps {
    struct reader *reader;
    struct identity id;
    enum phase phase;
    struct mapping_list list;
    struct mapping_list rollup; /* one mapping: smaps_rollup's */
    struct smaps_parser parser;
};

static int take(void *data, const char *bytes, size_t length)
{
    return smaps_feed(data, bytes, length);
}

static int submit(struct maps *maps, enum phase phase, const char *name)
{
    struct mapping_list *list = phase == PHASE_ROLLUP ? &maps->rollup : &maps->list;
    uint64_t tag;
    struct reader_request request = {.id = maps->id,
                                     .name = name,
                                     .limit = SIZE_MAX,
                                     .timeout_ns = MAPS_TIMEOUT_NS,
                                     .take = take,
                                     .data = &maps->parser};
    mapping_list_clear(list);
    maps->parser = (struct smaps_parser){.list = list};
    maps->phase = phase;
    return reader_submit(maps->reader, maps, &request, &tag);
}

static enum access access_of_status(int status, char state)
{
    return status > 0 ? ACCESS_TRUNCATED : access_from_errno(status, state);
}

/*
 * A process that ended while it was read leaves a list that is cut without a word, and one without
 * memory an empty one: what it is now says why.
 */
static void judge(struct maps *maps)
{
    struct mapping_list *list = &maps->list;
    struct quick_state now = {0};
    int r = quick_state(maps->id, &now);
    enum access ended = r < 0 ? access_from_errno(r, '\0') : ACCESS_ZOMBIE;
    if (r < 0 || now.has_ended) {
        enum access figures_access = list->figures_access;
        mapping_list_clear(list);
        mapping_list_finish(list);
        list->access = list->rollup_access = ended;
        list->figures_access = figures_access == ACCESS_UNREAD ? ACCESS_UNREAD : ended;
        return;
    }
    list->is_kernel = now.is_kernel;
    if (list->count > 0 || (list->access != ACCESS_OK && !now.is_kernel))
        return;
    list->access = ACCESS_EMPTY;
    if (list->figures_access != ACCESS_UNREAD)
        list->figures_access = list->rollup_access = ACCESS_EMPTY;
}

static void finish(struct maps *maps)
{
    judge(maps);
    maps->phase = PHASE_DONE;
}

/* What cannot even be asked for is as if it had failed. */
static void next_or_finish(struct maps *maps, int r, enum access *access)
{
    if (r == 0)
        return;
    *access = access_from_errno(r, '\0');
    finish(maps);
}

static void end_lines(struct maps *maps, int status)
{
    struct mapping_list *list = &maps->list;
    bool had_blocked = list->figures_access == ACCESS_BLOCKED;
    list->access = access_of_status(status, '\0');
    if (maps->phase == PHASE_SMAPS && status == -ETIMEDOUT) {
        int r = submit(maps, PHASE_MAPS, "maps");
        list->figures_access = ACCESS_BLOCKED;
        next_or_finish(maps, r, &list->access);
        return;
    }
    if (maps->phase == PHASE_SMAPS)
        list->figures_access = list->access;
    if (maps->phase == PHASE_SMAPS && access_has_value(list->access) && list->count > 0) {
        next_or_finish(maps, submit(maps, PHASE_ROLLUP, "smaps_rollup"), &list->rollup_access);
        return;
    }
    if (had_blocked)
        list->rollup_access = ACCESS_BLOCKED;
    finish(maps);
}

/* Its one line spans from the first to the last mapping: no size. */
static void take_rollup(struct mapping_list *list, const struct figures *sum)
{
    list->rollup = *sum;
    list->rollup.known &= ~(UINT32_C(1) << FIGURE_SIZE);
}

static void end_rollup(struct maps *maps, int status)
{
    struct mapping_list *list = &maps->list;
    list->rollup_access = access_of_status(status, '\0');
    if (list->rollup_access == ACCESS_OK && maps->rollup.count == 1)
        take_rollup(list, &maps->rollup.items[0].figures);
    else if (list->rollup_access == ACCESS_OK)
        list->rollup_access = ACCESS_EMPTY;
    finish(maps);
}

static void take_answer(struct maps *maps)
{
    struct reader_answer answer;
    if (reader_collect(maps->reader, maps, &answer) == 0)
        return;
    strbuf_done(&answer.bytes);
    int r = smaps_finish(&maps->parser);
    maps->parser.list = NULL;
    int status = answer.status != 0 ? answer.status : r;
    if (maps->phase == PHASE_ROLLUP)
        end_rollup(maps, status);
    else
        end_lines(maps, status);
}

static void maps_done(struct maps *maps)
{
    reader_forget(maps->reader, maps);
    if (maps->parser.list)
        (void)smaps_finish(&maps->parser);
    mapping_list_done(&maps->list);
    mapping_list_done(&maps->rollup);
}

int maps_read(struct reader *reader, struct identity id, enum maps_want want,
              struct mapping_list *list)
{
    _cleanup_(maps_done) struct maps maps = {.reader = reader, .id = id};
    int r = want == MAPS_FIGURES ? submit(&maps, PHASE_SMAPS, "smaps")
                                 : submit(&maps, PHASE_MAPS, "maps");
    if (r < 0)
        return r;
    for (take_answer(&maps); maps.phase != PHASE_DONE; take_answer(&maps)) {
        struct pollfd ready = {.fd = reader_fd(reader), .events = POLLIN};
        (void)poll(&ready, 1, -1); /* the reader's own deadlines end it */
        reader_pump(reader);
    }
    mapping_list_done(list);
    *list = maps.list;
    maps.list = MAPPING_LIST_INIT;
    return 0;
}
