#include <dirent.h>
#include <limits.h>

#include "cursor.h"
#include "evidence_task.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/source/evidence.h"
#include "reaptop/source/parse_maps.h"

enum {
    MAPS_LIMIT = 1 << 20, /* bytes of one process's map */
    PROCESSES_LIMIT = 1024,
};

#define TIME_LIMIT_NS (2 * NS_PER_SEC)

typedef bool line_test(const struct maps_line *line, const void *wanted);

/* The first line of the process's map that passes; false: none, or not readable. */
static bool find_line(struct reader *reader, pid_t pid, line_test *test, const void *wanted,
                      struct maps_line *ret_line)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct identity id = {.pid = pid};
    if (reader_read(reader, id, "maps", 0, MAPS_LIMIT, EVIDENCE_TIMEOUT_NS, &text) < 0)
        return false;
    struct cursor rest = cursor_of(strbuf_text(&text), text.length), line;
    while (cursor_line(&rest, &line))
        if (parse_maps_line(line.at, (size_t)(line.end - line.at), ret_line) == 0 &&
            test(ret_line, wanted))
            return true;
    return false;
}

static bool holds_address(const struct maps_line *line, const void *wanted)
{
    uint64_t address = *(const uint64_t *)wanted;
    return line->start <= address && address < line->end;
}

static bool is_same_file(const struct maps_line *line, const void *wanted)
{
    const struct maps_line *one = wanted;
    return line->inode == one->inode && line->device_major == one->device_major &&
           line->device_minor == one->device_minor && line->perms[3] == 's';
}

size_t evidence_task_mappers(struct reader *reader, const struct why_task *task, uint64_t address,
                             pid_t *out, size_t limit, bool *ret_is_bounded)
{
    struct maps_line own, theirs;
    if (!find_line(reader, task->id.pid, holds_address, &address, &own) || own.inode == 0 ||
        own.perms[3] != 's')
        return 0;

    uint64_t until = clock_ns(CLOCK_MONOTONIC) + TIME_LIMIT_NS;
    size_t count = 0, looked_at = 0;
    _cleanup_dir_ DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && count < limit && (entry = readdir(proc)) != NULL) {
        int64_t pid;
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) < 0 || pid == task->id.pid)
            continue;
        if (++looked_at > PROCESSES_LIMIT || clock_ns(CLOCK_MONOTONIC) >= until) {
            *ret_is_bounded = true;
            break;
        }
        if (find_line(reader, (pid_t)pid, is_same_file, &own, &theirs))
            out[count++] = (pid_t)pid;
    }
    return count;
}
