#include "reaptop/source/parse_details.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "reaptop/base/array.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal number at *at, which is moved behind it. */
static bool take_u64(const char **at, const char *end, uint64_t *ret_value)
{
    const char *start = *at;
    uint64_t value = 0;
    for (; *at < end && is_digit(**at); ++*at) {
        unsigned digit = (unsigned)(**at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (*at == start)
        return false;
    *ret_value = value;
    return true;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && *at == ' ')
        at++;
    return at;
}

static bool take_word(const char **at, const char *end, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(end - *at) < length || memcmp(*at, word, length) != 0)
        return false;
    *at += length;
    return true;
}

/* Splits the next line off [*at, end). */
static bool next_line(const char **at, const char *end, const char **ret_start,
                      const char **ret_end)
{
    if (*at == end)
        return false;
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    *ret_start = *at;
    *ret_end = newline ? newline : end;
    *at = newline ? newline + 1 : end;
    return true;
}

/* ---- limits ---- */

static bool take_limit(const char **at, const char *end, uint64_t *ret_value)
{
    *at = skip_blanks(*at, end);
    if (take_word(at, end, "unlimited"))
        *ret_value = LIMIT_NONE;
    else if (!take_u64(at, end, ret_value))
        return false;
    return *at == end || **at == ' ';
}

static void parse_limit_line(const char *at, const char *end, struct limits *limits)
{
    for (unsigned kind = 0; kind < LIMIT_COUNT; kind++) {
        const char *behind = at;
        struct limit value;
        if (limits->known >> kind & 1 || !take_word(&behind, end, limit_infos[kind].kernel) ||
            behind == end || *behind != ' ')
            continue;
        if (!take_limit(&behind, end, &value.soft) || !take_limit(&behind, end, &value.hard))
            continue;
        limits->values[kind] = value;
        limits->known |= UINT32_C(1) << kind;
        return;
    }
}

int parse_limits(const char *text, size_t length, struct limits *ret_limits)
{
    struct limits limits = {0};
    const char *at = text, *end = text + length, *start, *stop;
    while (next_line(&at, end, &start, &stop))
        parse_limit_line(start, stop, &limits);
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
    const char *at = text, *end = text + length, *start, *stop;
    while (next_line(&at, end, &start, &stop)) {
        for (size_t i = 0; i < ELEMENTS(lines); i++) {
            const char *behind = start;
            if (take_word(&behind, stop, lines[i].key) && take_u64(&behind, stop, lines[i].value) &&
                behind == stop)
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
    const char *at = text, *end = text + length;
    uint64_t run, wait, turns;
    if (length == 0 || !take_u64(&at, end, &run) || !take_word(&at, end, " ") ||
        !take_u64(&at, end, &wait) || !take_word(&at, end, " ") || !take_u64(&at, end, &turns))
        return -EBADMSG;
    *ret_run_ns = run;
    *ret_wait_ns = wait;
    return 0;
}

int parse_namespace(const char *text, size_t length, uint64_t *ret_inode)
{
    const char *end = text + length;
    const char *at = length > 0 ? memchr(text, '[', length) : NULL;
    uint64_t inode;
    if (!at)
        return -EBADMSG;
    at++;
    if (!take_u64(&at, end, &inode) || !take_word(&at, end, "]") || at != end)
        return -EBADMSG;
    *ret_inode = inode;
    return 0;
}
