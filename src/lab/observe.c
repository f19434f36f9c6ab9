#include "observe.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/syscall_names.h"
#include "reaptop/model/why.h"
#include "reaptop/source/procfs.h"

enum {
    STAT_SIZE = 1024,
    FILE_LIMIT = 1 << 20
};

static int read_file(pid_t pid, const char *file, size_t limit, struct strbuf *out)
{
    _cleanup_close_ int dir = procfs_open_process(pid, 0);

    if (dir < 0)
        return dir;
    return procfs_read(dir, file, limit, out);
}

/* Where the fields behind the last ')' begin: a comm may hold any byte. */
static const char *stat_fields(const struct strbuf *stat)
{
    const char *end = stat->data ? strrchr(stat->data, ')') : NULL;
    return end && end[1] == ' ' ? end + 2 : NULL;
}

char observe_state(pid_t pid)
{
    _cleanup_(strbuf_done) struct strbuf stat = STRBUF_INIT;

    if (read_file(pid, "stat", STAT_SIZE, &stat) < 0)
        return '\0';
    const char *fields = stat_fields(&stat);
    return fields ? *fields : '\0';
}

int64_t observe_stat(pid_t pid, int number)
{
    _cleanup_(strbuf_done) struct strbuf stat = STRBUF_INIT;

    if (read_file(pid, "stat", STAT_SIZE, &stat) < 0)
        return INT64_MIN;
    const char *field = stat_fields(&stat);
    for (int i = 3; field && i < number; i++) {
        field = strchr(field, ' ');
        if (field)
            field++;
    }
    return field ? (int64_t)strtoll(field, NULL, 10) : INT64_MIN;
}

void observe_stat_text(pid_t pid, char *ret_text, size_t size)
{
    _cleanup_(strbuf_done) struct strbuf stat = STRBUF_INIT;

    ret_text[0] = '\0';
    if (read_file(pid, "stat", STAT_SIZE, &stat) < 0)
        return;
    const char *field = stat_fields(&stat);
    if (!field)
        return;
    field += strcspn(field, " ");
    field += *field == ' ';
    field += strcspn(field, " ");
    (void)snprintf(ret_text, size, "%.*s", (int)(field - stat.data), stat.data);
}

/* The text behind "key:" at the start of a line, without blanks around it. */
static bool find_value(const char *text, const char *key, char *ret_text, size_t size)
{
    size_t length = strlen(key);

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) != 0 || line[length] != ':')
            continue;
        const char *value = line + length + 1;
        value += strspn(value, " \t");
        (void)snprintf(ret_text, size, "%.*s", (int)strcspn(value, "\n"), value);
        return true;
    }
    return false;
}

bool observe_value(pid_t pid, const char *file, const char *key, char *ret_text, size_t size)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

    if (read_file(pid, file, FILE_LIMIT, &text) < 0)
        return false;
    return find_value(strbuf_text(&text), key, ret_text, size);
}

int64_t observe_number(pid_t pid, const char *file, const char *key)
{
    char value[64];

    if (!observe_value(pid, file, key, value, sizeof(value)))
        return INT64_MIN;
    return (int64_t)strtoll(value, NULL, 10);
}

bool observe_signals(pid_t pid, const char *key, signal_set *ret_set)
{
    char value[64];

    if (!observe_value(pid, "status", key, value, sizeof(value)))
        return false;
    *ret_set = (signal_set)strtoull(value, NULL, 16);
    return true;
}

bool observe_file(pid_t pid, const char *file, char *ret_text, size_t size)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

    if (read_file(pid, file, size - 1, &text) < 0)
        return false;
    size_t length = text.length < size - 1 ? text.length : size - 1;
    for (size_t i = 0; i < length; i++)
        ret_text[i] = text.data[i] == '\n' || text.data[i] == '\0' ? ' ' : text.data[i];
    while (length > 0 && ret_text[length - 1] == ' ')
        length--;
    ret_text[length] = '\0';
    return true;
}

bool observe_link(pid_t pid, const char *link, char *ret_text, size_t size)
{
    _cleanup_(strbuf_done) struct strbuf target = STRBUF_INIT;
    _cleanup_close_ int dir = procfs_open_process(pid, 0);

    if (dir < 0 || procfs_readlink(dir, link, &target) < 0)
        return false;
    (void)snprintf(ret_text, size, "%s", strbuf_text(&target));
    return true;
}

long observe_syscall(pid_t pid)
{
    char text[256];

    if (!observe_file(pid, "syscall", text, sizeof(text)) || !isdigit((unsigned char)text[0]))
        return -1;
    return strtol(text, NULL, 10);
}

static bool holds_one_of(const char *text, const char *alternatives)
{
    char name[64];

    for (const char *next = alternatives; *next; next += *next == '|') {
        size_t length = strcspn(next, "|");
        (void)snprintf(name, sizeof(name), "%.*s", (int)length, next);
        if (strstr(text, name))
            return true;
        next += length;
    }
    return false;
}

bool observe_is_in(pid_t pid, const char *functions, long syscall_number, char *ret_text,
                   size_t size)
{
    char wchan[128] = "";
    char state = observe_state(pid);

    if (state != 'S' && state != 'D')
        return false;
    /* "0" is also what a task shows that was awake at that moment: look again. */
    for (int look = 0; look < 10 && (wchan[0] == '\0' || strcmp(wchan, "0") == 0); look++)
        if (!observe_file(pid, "wchan", wchan, sizeof(wchan)))
            break;
    if (wchan[0] != '\0' && strcmp(wchan, "0") != 0) {
        (void)snprintf(ret_text, size, "/proc/%d/wchan: %s, state %c", pid, wchan, state);
        return holds_one_of(wchan, functions);
    }
    /* A kernel without symbol names, or one that hides them, still tells the number. */
    long number = observe_syscall(pid);
    (void)snprintf(ret_text, size, "/proc/%d/syscall: %ld, state %c", pid, number, state);
    return number >= 0 && why_calls_are_alike(syscall_plain(number), syscall_number);
}

static bool covers(const char *line, uint64_t address)
{
    uint64_t start, end;

    return sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2 && start <= address &&
           address < end;
}

bool observe_mapping(pid_t pid, uint64_t address, char *ret_line, size_t size)
{
    _cleanup_(strbuf_done) struct strbuf maps = STRBUF_INIT;

    if (read_file(pid, "maps", FILE_LIMIT, &maps) < 0)
        return false;
    for (const char *line = strbuf_text(&maps); line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!covers(line, address))
            continue;
        (void)snprintf(ret_line, size, "%.*s", (int)strcspn(line, "\n"), line);
        return true;
    }
    return false;
}

int64_t observe_smaps(pid_t pid, uint64_t address, const char *key)
{
    _cleanup_(strbuf_done) struct strbuf smaps = STRBUF_INIT;
    char value[64];

    if (read_file(pid, "smaps", FILE_LIMIT, &smaps) < 0)
        return INT64_MIN;
    for (const char *line = strbuf_text(&smaps); line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (covers(line, address))
            return find_value(line, key, value, sizeof(value)) ? (int64_t)strtoll(value, NULL, 10)
                                                               : INT64_MIN;
    }
    return INT64_MIN;
}

static bool read_word(const char *path, uint64_t index, uint64_t *ret_word)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t word;

    if (fd < 0 || pread(fd, &word, sizeof(word), (off_t)(index * sizeof(word))) != sizeof(word))
        return false;
    *ret_word = word;
    return true;
}

bool observe_page(pid_t pid, uint64_t address, uint64_t *ret_entry)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
    return read_word(path, address / (uint64_t)sysconf(_SC_PAGESIZE), ret_entry);
}

bool observe_map_count(uint64_t frame, uint64_t *ret_count)
{
    return read_word("/proc/kpagecount", frame, ret_count);
}
