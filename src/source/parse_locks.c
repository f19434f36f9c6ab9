#include "reaptop/source/parse_locks.h"

#include <errno.h>

#include "cursor.h"
#include "reaptop/base/array.h"

static enum lock_kind kind_of(struct cursor word)
{
    if (cursor_is(word, "FLOCK"))
        return LOCK_FLOCK;
    if (cursor_is(word, "POSIX"))
        return LOCK_POSIX;
    if (cursor_is(word, "OFDLCK"))
        return LOCK_OFD;
    if (cursor_is(word, "LEASE") || cursor_is(word, "DELEG"))
        return LOCK_LEASE;
    return LOCK_OTHER;
}

static bool parse_file(struct cursor *line, struct lock *lock)
{
    return cursor_u32(line, 16, &lock->major) && cursor_take(line, ":") &&
           cursor_u32(line, 16, &lock->minor) && cursor_take(line, ":") &&
           cursor_number(line, 10, &lock->inode);
}

static bool parse_end(struct cursor *line, uint64_t *ret_end)
{
    cursor_skip_blanks(line);
    if (cursor_take(line, "EOF")) {
        *ret_end = LOCK_TO_END;
        return true;
    }
    return cursor_number(line, 10, ret_end);
}

int parse_lock(const char *text, size_t length, struct lock *ret_lock)
{
    struct cursor line = cursor_of(text, length), kind, advice, mode;
    struct lock lock = {0};
    if (!cursor_number(&line, 10, &lock.number) || !cursor_take(&line, ":"))
        return -EBADMSG;
    cursor_skip_blanks(&line);
    lock.is_waiting = cursor_take(&line, "->");

    if (!cursor_word(&line, &kind) || !cursor_word(&line, &advice) || !cursor_word(&line, &mode) ||
        !cursor_int(&line, &lock.pid) || !parse_file(&line, &lock) ||
        !cursor_number(&line, 10, &lock.start) || !parse_end(&line, &lock.end))
        return -EBADMSG;
    lock.kind = kind_of(kind);
    lock.is_breaking = cursor_is(advice, "BREAKING");
    lock.is_write = cursor_is(mode, "WRITE") || cursor_is(mode, "RW");
    *ret_lock = lock;
    return 0;
}

int parse_locks(const char *text, size_t length, struct lock_table *table)
{
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line)) {
        struct lock lock;
        if (parse_lock(line.at, (size_t)(line.end - line.at), &lock) < 0)
            continue;
        if (array_reserve(&table->locks, &table->capacity, table->count + 1) < 0)
            return -ENOMEM;
        table->locks[table->count++] = lock;
    }
    return 0;
}
