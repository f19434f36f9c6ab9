#include "reaptop/source/parse_details.h"

#include <errno.h>

#include "cursor.h"
#include "reaptop/base/array.h"

/* ---- limits ---- */

static bool take_limit(struct cursor *line, uint64_t *ret_value)
{
    cursor_skip_blanks(line);
    if (cursor_take(line, "unlimited"))
        *ret_value = LIMIT_NONE;
    else if (!cursor_number(line, 10, ret_value))
        return false;
    return line->at == line->end || *line->at == ' ';
}

static void parse_limit_line(struct cursor line, struct limits *limits)
{
    for (unsigned kind = 0; kind < LIMIT_COUNT; kind++) {
        struct cursor behind = line;
        struct limit value;
        if (limits->known >> kind & 1 || !cursor_take(&behind, limit_infos[kind].kernel) ||
            behind.at == behind.end || *behind.at != ' ')
            continue;
        if (!take_limit(&behind, &value.soft) || !take_limit(&behind, &value.hard))
            continue;
        limits->values[kind] = value;
        limits->known |= UINT32_C(1) << kind;
        return;
    }
}

int parse_limits(const char *text, size_t length, struct limits *ret_limits)
{
    struct limits limits = {0};
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line))
        parse_limit_line(line, &limits);
    if (limits.known == 0)
        return -EBADMSG;
    *ret_limits = limits;
    return 0;
}

/* ---- io ---- */

int parse_io(const char *text, size_t length, struct io_counters *ret_io)
{
    struct io_counters io = {0};
    const struct {
        const char *key;
        uint64_t *value;
    } lines[] = {
        {"rchar: ", &io.read_chars},
        {"wchar: ", &io.written_chars},
        {"syscr: ", &io.read_calls},
        {"syscw: ", &io.write_calls},
        {"read_bytes: ", &io.read_bytes},
        {"write_bytes: ", &io.written_bytes},
        {"cancelled_write_bytes: ", &io.cancelled_bytes},
    };
    unsigned seen = 0;
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line)) {
        for (size_t i = 0; i < ELEMENTS(lines); i++) {
            struct cursor behind = line;
            if (cursor_take(&behind, lines[i].key) && cursor_digits(&behind, 10, lines[i].value) &&
                behind.at == behind.end)
                seen |= 1U << i;
        }
    }
    if (seen != (1U << ELEMENTS(lines)) - 1)
        return -EBADMSG;
    *ret_io = io;
    return 0;
}

/* ---- the rest ---- */

int parse_schedstat(const char *text, size_t length, uint64_t *ret_run_ns, uint64_t *ret_wait_ns)
{
    struct cursor rest = cursor_of(text, length);
    uint64_t run, wait, turns;
    if (!cursor_digits(&rest, 10, &run) || !cursor_take(&rest, " ") ||
        !cursor_digits(&rest, 10, &wait) || !cursor_take(&rest, " ") ||
        !cursor_digits(&rest, 10, &turns))
        return -EBADMSG;
    *ret_run_ns = run;
    *ret_wait_ns = wait;
    return 0;
}

int parse_namespace(const char *text, size_t length, uint64_t *ret_inode)
{
    struct cursor rest = cursor_of(text, length);
    uint64_t inode;
    rest.at = length > 0 ? memchr(text, '[', length) : NULL;
    if (!rest.at || !cursor_take(&rest, "[") || !cursor_digits(&rest, 10, &inode) ||
        !cursor_take(&rest, "]") || rest.at != rest.end)
        return -EBADMSG;
    *ret_inode = inode;
    return 0;
}
