#include "reaptop/source/parse_fdinfo.h"

#include <errno.h>
#include <fcntl.h>

#include "cursor.h"
#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/parse_locks.h"

struct parse {
    struct arena *arena;
    struct descriptor *descriptor;
    struct descriptor_detail *detail; /* NULL until a line needs it */
    uint32_t watch_capacity, lock_capacity;
    int error;
};

/* Where the lines beyond the common ones go. NULL without memory. */
static struct descriptor_detail *detail_of(struct parse *parse)
{
    if (!parse->detail) {
        parse->detail = arena_alloc(parse->arena, sizeof(*parse->detail));
        if (!parse->detail) {
            parse->error = -ENOMEM;
            return NULL;
        }
        *parse->detail = (struct descriptor_detail){.eventfd_id = -1, .tty_index = -1};
        parse->descriptor->detail = parse->detail;
    }
    return parse->detail;
}

/*
 * Room for one more in an array that lives in the arena: it doubles, what was
 * outgrown stays behind until the arena goes.
 */
static void *make_room(struct parse *parse, void *items, uint32_t count, uint32_t *capacity,
                       size_t size)
{
    if (count < *capacity)
        return items;
    uint32_t more = *capacity ? *capacity * 2 : 4;
    void *grown = arena_alloc(parse->arena, more * size);
    if (!grown) {
        parse->error = -ENOMEM;
        return NULL;
    }
    if (count > 0)
        memcpy(grown, items, count * size);
    *capacity = more;
    return grown;
}

static void parse_offset(struct parse *parse, struct cursor value)
{
    uint64_t offset;
    if (cursor_number(&value, 10, &offset))
        parse->descriptor->offset = offset;
}

static void parse_flags(struct parse *parse, struct cursor value)
{
    uint32_t flags;
    if (!cursor_u32(&value, 8, &flags))
        return;
    uint32_t mode = flags & O_ACCMODE;
    parse->descriptor->flags = flags;
    parse->descriptor->can_read = !(flags & O_PATH) && mode != O_WRONLY;
    parse->descriptor->can_write = !(flags & O_PATH) && mode != O_RDONLY;
}

static void parse_mount(struct parse *parse, struct cursor value)
{
    (void)cursor_int(&value, &parse->descriptor->mount_id);
}

static void parse_inode(struct parse *parse, struct cursor value)
{
    (void)cursor_number(&value, 10, &parse->descriptor->inode);
}

static void parse_count(struct parse *parse, struct cursor value)
{
    struct descriptor_detail *detail = detail_of(parse);
    if (detail)
        (void)cursor_number(&value, 16, &detail->eventfd_count);
}

static void parse_eventfd_id(struct parse *parse, struct cursor value)
{
    int32_t id;
    struct descriptor_detail *detail = detail_of(parse);
    if (detail && cursor_int(&value, &id))
        detail->eventfd_id = id;
}

static void parse_eventfd_semaphore(struct parse *parse, struct cursor value)
{
    int32_t is;
    struct descriptor_detail *detail = detail_of(parse);
    if (detail && cursor_int(&value, &is))
        detail->eventfd_is_semaphore = is != 0;
}

static void parse_clock(struct parse *parse, struct cursor value)
{
    struct descriptor_detail *detail = detail_of(parse);
    if (detail)
        (void)cursor_int(&value, &detail->timer_clock);
}

static void parse_ticks(struct parse *parse, struct cursor value)
{
    struct descriptor_detail *detail = detail_of(parse);
    if (detail)
        (void)cursor_number(&value, 10, &detail->timer_ticks);
}

/* "(98, 954812630)"; a time too long to count is the longest that can be counted. */
static bool parse_time(struct cursor value, uint64_t *ret_ns)
{
    uint64_t seconds, ns;
    cursor_skip_blanks(&value);
    if (!cursor_take(&value, "(") || !cursor_number(&value, 10, &seconds) ||
        !cursor_take(&value, ",") || !cursor_number(&value, 10, &ns))
        return false;
    if (__builtin_mul_overflow(seconds, NS_PER_SEC, &seconds) ||
        __builtin_add_overflow(seconds, ns, &ns))
        ns = UINT64_MAX;
    *ret_ns = ns;
    return true;
}

static void parse_timer_value(struct parse *parse, struct cursor value)
{
    struct descriptor_detail *detail = detail_of(parse);
    if (detail)
        (void)parse_time(value, &detail->timer_value_ns);
}

static void parse_timer_interval(struct parse *parse, struct cursor value)
{
    struct descriptor_detail *detail = detail_of(parse);
    if (detail)
        (void)parse_time(value, &detail->timer_interval_ns);
}

static void parse_signals(struct parse *parse, struct cursor value)
{
    struct descriptor_detail *detail = detail_of(parse);
    if (detail)
        (void)cursor_number(&value, 16, &detail->signals);
}

static void parse_pid(struct parse *parse, struct cursor value)
{
    struct descriptor_detail *detail = detail_of(parse);
    if (detail)
        (void)cursor_int(&value, &detail->pidfd_pid);
}

static void parse_tty_index(struct parse *parse, struct cursor value)
{
    struct descriptor_detail *detail = detail_of(parse);
    if (detail)
        (void)cursor_int(&value, &detail->tty_index);
}

/* "        4 events: 80000019 data:                7  pos:0 ino:40e sdev:10" */
static void parse_watch(struct parse *parse, struct cursor value)
{
    struct epoll_watch watch = {0};
    struct cursor word;
    if (!cursor_int(&value, &watch.fd) || !cursor_word(&value, &word) ||
        !cursor_is(word, "events:") || !cursor_u32(&value, 16, &watch.events))
        return;
    cursor_skip_blanks(&value);
    if (cursor_take(&value, "data:"))
        (void)cursor_number(&value, 16, &watch.data);
    while (cursor_word(&value, &word))
        if (cursor_take(&word, "ino:"))
            (void)cursor_number(&word, 16, &watch.inode);

    struct descriptor_detail *detail = detail_of(parse);
    if (!detail)
        return;
    if (detail->watch_count >= WATCHES_SHOWN) {
        detail->watch_more++;
        return;
    }
    struct epoll_watch *watches = make_room(parse, detail->watches, detail->watch_count,
                                            &parse->watch_capacity, sizeof(watch));
    if (!watches)
        return;
    detail->watches = watches;
    detail->watches[detail->watch_count++] = watch;
}

static void parse_held_lock(struct parse *parse, struct cursor value)
{
    struct lock lock;
    cursor_skip_blanks(&value);
    if (parse_lock(value.at, (size_t)(value.end - value.at), &lock) < 0)
        return;
    struct descriptor_detail *detail = detail_of(parse);
    if (!detail)
        return;
    if (detail->lock_count >= DESCRIPTOR_LOCKS_SHOWN) {
        detail->lock_more++;
        return;
    }
    struct lock *locks =
        make_room(parse, detail->locks, detail->lock_count, &parse->lock_capacity, sizeof(lock));
    if (!locks)
        return;
    detail->locks = locks;
    detail->locks[detail->lock_count++] = lock;
}

/* "inotify wd:1 ino:…", "fanotify ino:…", "fanotify mnt_id:…"; "fanotify flags:…" is no watch. */
static void parse_notify(struct parse *parse, struct cursor value)
{
    cursor_skip_blanks(&value);
    if (cursor_take(&value, "flags:"))
        return;
    struct descriptor_detail *detail = detail_of(parse);
    if (detail && detail->notify_watches < UINT32_MAX)
        detail->notify_watches++;
}

static const struct {
    const char *name;
    void (*parse)(struct parse *, struct cursor);
} lines[] = {
    {"pos:", parse_offset},
    {"flags:", parse_flags},
    {"mnt_id:", parse_mount},
    {"ino:", parse_inode},
    {"eventfd-count:", parse_count},
    {"eventfd-id:", parse_eventfd_id},
    {"eventfd-semaphore:", parse_eventfd_semaphore},
    {"clockid:", parse_clock},
    {"ticks:", parse_ticks},
    {"it_value:", parse_timer_value},
    {"it_interval:", parse_timer_interval},
    {"sigmask:", parse_signals},
    {"Pid:", parse_pid},
    {"tty-index:", parse_tty_index},
    {"tfd:", parse_watch},
    {"lock:", parse_held_lock},
    {"inotify ", parse_notify},
    {"fanotify ", parse_notify},
};

int parse_fdinfo(const char *text, size_t length, struct arena *arena,
                 struct descriptor *descriptor)
{
    struct parse parse = {.arena = arena, .descriptor = descriptor};
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line)) {
        for (size_t i = 0; i < ELEMENTS(lines); i++) {
            if (cursor_take(&line, lines[i].name)) {
                lines[i].parse(&parse, line);
                break;
            }
        }
    }
    return parse.error;
}

bool parse_fdinfo_number(const char *text, size_t length, const char *name, uint64_t *ret_value)
{
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line))
        if (cursor_take(&line, name) && cursor_take(&line, ":"))
            return cursor_number(&line, 10, ret_value);
    return false;
}
