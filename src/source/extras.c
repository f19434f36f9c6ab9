#include "extras.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/process.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

enum {
    BUCKETS = 4096,
    ASKED_MOST = 1024, /* of the reader, at once */
};

#define UNUSED_NS (60 * NS_PER_SEC) /* forgotten after that */

struct entry {
    struct identity id;
    struct extra_record record;
    uint32_t asked; /* the parts that the reader has to answer */
    uint64_t used_ns;
    struct entry *next; /* in its bucket */
};

struct asked {
    uint64_t tag;
    struct identity id; /* of the entry: a thread's is its own */
    enum extra_part part;
};

struct extras {
    struct entry *buckets[BUCKETS];
    struct asked *asked;
    size_t asked_count, asked_capacity;
    struct extra_tables tables;
    uint64_t swept_ns;
};

struct extras *extras_new(void)
{
    return calloc(1, sizeof(struct extras));
}

/* Those not used since then; those that are awaited stay. */
static void forget_unused(struct extras *extras, uint64_t since_ns)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct entry **link = &extras->buckets[i];
        while (*link) {
            struct entry *entry = *link;
            if (entry->used_ns >= since_ns || (entry->asked != 0 && since_ns != UINT64_MAX)) {
                link = &entry->next;
                continue;
            }
            *link = entry->next;
            extra_record_done(&entry->record);
            free(entry);
        }
    }
}

void extras_free(struct extras *extras)
{
    if (!extras)
        return;
    forget_unused(extras, UINT64_MAX);
    socket_table_done(&extras->tables.ports.sockets);
    quota_table_done(&extras->tables.quotas);
    free(extras->asked);
    free(extras);
}

static struct entry *find(const struct extras *extras, struct identity id)
{
    struct entry *entry = extras->buckets[(uint32_t)id.pid % BUCKETS];
    while (entry && !identity_is_same(entry->id, id))
        entry = entry->next;
    return entry;
}

static struct entry *use(struct extras *extras, struct identity id)
{
    struct entry *entry = find(extras, id);
    uint64_t now_ns = clock_boot_ns();
    if (!entry) {
        struct entry **bucket = &extras->buckets[(uint32_t)id.pid % BUCKETS];
        entry = calloc(1, sizeof(*entry));
        if (!entry)
            return NULL;
        entry->id = id;
        entry->next = *bucket;
        *bucket = entry;
    }
    entry->used_ns = now_ns;
    if (now_ns - extras->swept_ns > UNUSED_NS) {
        extras->swept_ns = now_ns;
        forget_unused(extras, now_ns - UNUSED_NS);
    }
    return entry;
}

static bool is_fresh(const struct entry *entry, enum extra_part part)
{
    return entry->record.read_ns[part] > 0 &&
           entry->used_ns - entry->record.read_ns[part] <= extra_part_good_ns(part);
}

/* ---- reading ---- */

/* Of the process's first living thread, where its first one has ended. */
static int open_row(const struct process *process, struct stat_line *ret_line)
{
    if (!process_is_thread(process)) {
        int fd = procfs_open_same(process->id, ret_line);
        if (fd < 0 || !state_is_dead(ret_line->state) || ret_line->threads <= 1)
            return fd;
        (void)fd_close(fd);
        fd = procfs_open_living(process->id.pid);
        return fd < 0 || procfs_read_stat(fd, ret_line) == 0 ? fd : fd_close(fd);
    }
    int fd = procfs_open_process(process->tgid, process->id.pid);
    if (fd >= 0 &&
        (procfs_read_stat(fd, ret_line) < 0 || ret_line->start_ticks != process->id.start_ticks)) {
        (void)fd_close(fd);
        return -ESRCH;
    }
    return fd;
}

static void fail_parts(struct entry *entry, uint32_t parts, enum access access)
{
    for (unsigned part = 0; part < EXTRA_PART_COUNT; part++)
        if (parts & EXTRA_BIT(part)) {
            entry->record.extra.access[part] = (unsigned char)access;
            entry->record.read_ns[part] = entry->used_ns;
        }
}

static void read_parts(struct extras *extras, struct entry *entry, const struct process *process,
                       uint32_t parts)
{
    struct stat_line line;
    if (parts == 0)
        return;
    _cleanup_close_ int fd = open_row(process, &line);
    if (fd < 0) {
        fail_parts(entry, parts, access_from_errno(fd, '\0'));
        return;
    }
    for (unsigned part = 0; part < EXTRA_PART_COUNT; part++)
        if (parts & EXTRA_BIT(part))
            extra_read_part(&entry->record, (enum extra_part)part, fd, line.state, &extras->tables);
}

/* A thread's is its process's. */
static int ask(struct extras *extras, struct reader *reader, struct entry *entry,
               const struct snapshot *snapshot, const struct process *process, enum extra_part part)
{
    const struct process *leader =
        process_is_thread(process) ? snapshot_find(snapshot, process->tgid) : process;
    const struct reader_request request = {.id = leader ? leader->id : process->id,
                                           .name = extra_reader_file(part),
                                           .limit = extra_reader_limit(part)};
    struct asked asked = {.id = entry->id, .part = part};
    if (extras->asked_count >= ASKED_MOST)
        return 0; /* at the next call */
    if (array_reserve(&extras->asked, &extras->asked_capacity, extras->asked_count + 1) < 0)
        return -ENOMEM;
    if (reader_submit(reader, extras, &request, &asked.tag) < 0)
        return 0;
    extras->asked[extras->asked_count++] = asked;
    entry->asked |= EXTRA_BIT(part);
    return 0;
}

static int ask_parts(struct extras *extras, struct reader *reader, struct entry *entry,
                     const struct snapshot *snapshot, const struct process *process, uint32_t parts)
{
    int r = 0;
    for (unsigned part = 0; r == 0 && part < EXTRA_PART_COUNT; part++)
        if ((parts & EXTRA_BIT(part)) && !(entry->asked & EXTRA_BIT(part)))
            r = ask(extras, reader, entry, snapshot, process, (enum extra_part)part);
    return r;
}

bool extras_collect(struct extras *extras, struct reader *reader)
{
    struct reader_answer answer;
    bool has_some = false;
    while (reader_collect(reader, extras, &answer) > 0) {
        size_t at = 0;
        while (at < extras->asked_count && extras->asked[at].tag != answer.tag)
            at++;
        if (at < extras->asked_count) {
            struct asked asked = extras->asked[at];
            struct entry *entry = find(extras, asked.id);
            extras->asked[at] = extras->asked[--extras->asked_count];
            if (entry) {
                entry->asked &= ~EXTRA_BIT(asked.part);
                extra_take_answer(&entry->record, asked.part, asked.id, answer.status,
                                  &answer.bytes);
                has_some = true;
            }
        }
        strbuf_done(&answer.bytes);
    }
    return has_some;
}

size_t extras_awaited(const struct extras *extras)
{
    return extras->asked_count;
}

/* ---- the row's own copy ---- */

static int copy_text(const struct part_text *text, struct arena *strings, const char **ret)
{
    *ret = text->bytes ? arena_strndup(strings, text->bytes, text->size) : NULL;
    return text->bytes && !*ret ? -ENOMEM : 0;
}

/* What the path of its control group says. */
static int add_group(struct extra *extra, struct arena *strings)
{
    static void (*const readers[])(const char *path, struct strbuf *out) = {cgroup_unit,
                                                                            cgroup_container};
    const char **texts[] = {&extra->unit, &extra->container};
    for (size_t i = 0; extra->cgroup && i < ELEMENTS(readers); i++) {
        _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
        readers[i](extra->cgroup, &text);
        *texts[i] = text.length > 0 ? arena_strdup(strings, strbuf_text(&text)) : NULL;
        if (text.length > 0 && !*texts[i])
            return -ENOMEM;
    }
    return 0;
}

static int name_signals(struct extra *extra, struct arena *strings)
{
    for (size_t i = 0; i < SIGNAL_SETS; i++) {
        _cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;
        signal_set_append(extra->signals[i], &names);
        if (names.length > 0 &&
            !(extra->signal_names[i] = arena_strdup(strings, strbuf_text(&names))))
            return -ENOMEM;
    }
    return 0;
}

static int copy_texts(const struct extra_record *record, uint32_t parts, struct extra *extra,
                      struct arena *strings)
{
    struct {
        enum extra_part part;
        const char **text;
        size_t *size; /* of a list */
    } texts[] = {
        {EXTRA_CGROUP, &extra->cgroup, NULL},
        {EXTRA_WCHAN, &extra->wchan, NULL},
        {EXTRA_SYSCALL, &extra->syscall, NULL},
        {EXTRA_SECURITY, &extra->security, NULL},
        {EXTRA_EXE, &extra->exe, NULL},
        {EXTRA_CWD, &extra->cwd, NULL},
        {EXTRA_NS, &extra->namespaces, NULL},
        {EXTRA_FILES, &extra->files, &extra->files_size},
        {EXTRA_PORTS, &extra->ports, &extra->ports_size},
        {EXTRA_ENVIRON, &extra->environment, &extra->environment_size},
    };
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        const struct part_text *text = &record->texts[texts[i].part];
        if (!(parts & EXTRA_BIT(texts[i].part)))
            continue;
        if (copy_text(text, strings, texts[i].text) < 0)
            return -ENOMEM;
        if (texts[i].size)
            *texts[i].size = text->bytes ? text->size + 1 : 0;
    }
    int r = parts & EXTRA_BIT(EXTRA_CGROUP) ? add_group(extra, strings) : 0;
    return r == 0 && (parts & EXTRA_BIT(EXTRA_SIGNALS)) ? name_signals(extra, strings) : r;
}

static uint32_t parts_of(const struct extra *extra)
{
    uint32_t parts = 0;
    for (unsigned part = 0; extra && part < EXTRA_PART_COUNT; part++)
        if (extra->access[part] != ACCESS_UNREAD)
            parts |= EXTRA_BIT(part);
    return parts;
}

/* The row has what is known of it: `parts`, and what it had before. */
static int show_parts(const struct entry *entry, struct process *process, uint32_t parts,
                      struct arena *strings)
{
    struct extra *extra = arena_alloc(strings, sizeof(*extra));
    if (!extra)
        return -ENOMEM;
    parts |= parts_of(process->extra);
    *extra = entry->record.extra;
    for (unsigned part = 0; part < EXTRA_PART_COUNT; part++)
        if (!(parts & EXTRA_BIT(part)))
            extra->access[part] = ACCESS_UNREAD;
    int r = copy_texts(&entry->record, parts, extra, strings);
    if (r == 0)
        process->extra = extra;
    return r;
}

static uint32_t reader_parts(uint32_t parts)
{
    uint32_t of_reader = 0;
    for (unsigned part = 0; part < EXTRA_PART_COUNT; part++)
        if (extra_reader_file((enum extra_part)part))
            of_reader |= parts & EXTRA_BIT(part);
    return of_reader;
}

int extras_fill(struct extras *extras, struct reader *reader, struct snapshot *snapshot,
                struct process *process, uint32_t parts)
{
    parts &= ~parts_of(process->extra);
    struct entry *entry = parts != 0 ? use(extras, process->id) : NULL;
    uint32_t stale = 0, unknown = 0;
    if (!entry)
        return parts != 0 ? -ENOMEM : 0;
    for (unsigned part = 0; part < EXTRA_PART_COUNT; part++)
        if ((parts & EXTRA_BIT(part)) && !is_fresh(entry, (enum extra_part)part))
            stale |= EXTRA_BIT(part);
    if (process->is_ended)
        fail_parts(entry, parts, ACCESS_GONE);
    else
        read_parts(extras, entry, process, stale & ~reader_parts(stale));
    int r = process->is_ended
                ? 0
                : ask_parts(extras, reader, entry, snapshot, process, reader_parts(stale));
    for (unsigned part = 0; part < EXTRA_PART_COUNT; part++)
        if ((parts & EXTRA_BIT(part)) && entry->record.extra.access[part] == ACCESS_UNREAD)
            unknown |= EXTRA_BIT(part);
    if (r == 0 && parts != unknown)
        r = show_parts(entry, process, parts & ~unknown, &snapshot->strings);
    return r < 0 ? r : unknown != 0;
}
