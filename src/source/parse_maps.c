#include "reaptop/source/parse_maps.h"

#include <errno.h>

#include "cursor.h"

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
    if (!cursor_digits(cursor, 16, &major_number) || !cursor_take(cursor, ":") ||
        !cursor_digits(cursor, 16, &minor_number) || major_number > UINT32_MAX ||
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
    if (!cursor_digits(&cursor, 16, &line.start) || !cursor_take(&cursor, "-") ||
        !cursor_digits(&cursor, 16, &line.end) || line.start >= line.end ||
        !cursor_take(&cursor, " ") || !take_perms(&cursor, line.perms) ||
        !cursor_take(&cursor, " ") || !cursor_digits(&cursor, 16, &line.offset) ||
        !cursor_take(&cursor, " ") || !take_device(&cursor, &line) || !cursor_take(&cursor, " ") ||
        !cursor_digits(&cursor, 10, &line.inode) || !take_path(&cursor, &line))
        return -EINVAL;
    *ret_line = line;
    return 0;
}
