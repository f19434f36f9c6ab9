#include "reaptop/source/parse_maps.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct cursor {
    const char *at;
    const char *end;
};

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* One number of at least one digit in that base; false also where it does not fit. */
static bool take_number(struct cursor *cursor, unsigned base, uint64_t *ret_value)
{
    uint64_t value = 0;
    const char *first = cursor->at;
    for (; cursor->at < cursor->end; cursor->at++) {
        int digit = digit_of(*cursor->at);
        if (digit < 0 || (unsigned)digit >= base)
            break;
        if (value > (UINT64_MAX - (unsigned)digit) / base)
            return false;
        value = value * base + (unsigned)digit;
    }
    *ret_value = value;
    return cursor->at > first;
}

static bool take_char(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool take_perms(struct cursor *cursor, char perms[5])
{
    static const char *const allowed[4] = {"r-", "w-", "x-", "ps"};
    if (cursor->end - cursor->at < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        if (cursor->at[i] != allowed[i][0] && cursor->at[i] != allowed[i][1])
            return false;
        perms[i] = cursor->at[i];
    }
    perms[4] = '\0';
    cursor->at += 4;
    return true;
}

static bool take_device(struct cursor *cursor, struct maps_line *line)
{
    uint64_t major_number, minor_number;
    if (!take_number(cursor, 16, &major_number) || !take_char(cursor, ':') ||
        !take_number(cursor, 16, &minor_number) || major_number > UINT32_MAX ||
        minor_number > UINT32_MAX)
        return false;
    line->device_major = (uint32_t)major_number;
    line->device_minor = (uint32_t)minor_number;
    return true;
}

/* Nothing, or at least one blank and the path. */
static bool take_path(struct cursor *cursor, struct maps_line *line)
{
    if (cursor->at < cursor->end && *cursor->at != ' ')
        return false;
    while (cursor->at < cursor->end && *cursor->at == ' ')
        cursor->at++;
    line->path = cursor->at;
    line->path_length = (size_t)(cursor->end - cursor->at);
    return true;
}

int parse_maps_line(const char *bytes, size_t length, struct maps_line *ret_line)
{
    struct cursor cursor = {bytes, bytes + length};
    struct maps_line line = {0};
    if (!take_number(&cursor, 16, &line.start) || !take_char(&cursor, '-') ||
        !take_number(&cursor, 16, &line.end) || line.start >= line.end ||
        !take_char(&cursor, ' ') || !take_perms(&cursor, line.perms) || !take_char(&cursor, ' ') ||
        !take_number(&cursor, 16, &line.offset) || !take_char(&cursor, ' ') ||
        !take_device(&cursor, &line) || !take_char(&cursor, ' ') ||
        !take_number(&cursor, 10, &line.inode) || !take_path(&cursor, &line))
        return -EINVAL;
    *ret_line = line;
    return 0;
}
