#include "reaptop/source/read_metrics.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read_cgroup.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/source/procfs.h"

enum {
    COUNTERS_LIMIT = 4 << 20, /* /proc/stat has a word for each interrupt */
    LINE_LIMIT = 256,
    PROCS_LIMIT = 1 << 20,
    GROUP_DEPTH_MOST = 32
};

/* ---- the machine ---- */

/* The number behind "name " at a line's begin, or -1. */
static int64_t line_number(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = text; line && *line;) {
        int64_t value;
        if (strncmp(line, name, length) == 0 && line[length] == ' ' &&
            sscanf(line + length, " %" SCNd64, &value) == 1 && value >= 0)
            return value;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return -1;
}

static int64_t number_in_file(const char *path, const char *name)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    return procfs_read(AT_FDCWD, path, COUNTERS_LIMIT, &text) < 0
               ? -1
               : line_number(strbuf_text(&text), name);
}

/* The word of that index, from 0, where blanks and / divide; -1: it is no number. */
static int64_t number_at(const char *path, size_t index)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    static const char divider[] = " \t\n/";
    int64_t value;
    if (procfs_read(AT_FDCWD, path, LINE_LIMIT, &text) < 0)
        return -1;
    const char *at = strbuf_text(&text);
    for (at += strspn(at, divider); index > 0; index--) {
        at += strcspn(at, divider);
        at += strspn(at, divider);
    }
    return sscanf(at, "%" SCNd64, &value) == 1 && value >= 0 ? value : -1;
}

static void read_system(struct metrics_system *system)
{
    system->forks = number_in_file("/proc/stat", "processes");
    system->oom_kills = number_in_file("/proc/vmstat", "oom_kill");
    system->tasks = number_at("/proc/loadavg", 4);
    system->pid_max = number_at("/proc/sys/kernel/pid_max", 0);
    system->files_open = number_at("/proc/sys/fs/file-nr", 0);
    system->files_max = number_at("/proc/sys/fs/file-nr", 2);
}

/* ---- state D ---- */

static void read_place(pid_t pid, struct metrics_place *place)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    char path[32];
    place->pid = pid;
    place->name[0] = '\0';
    (void)snprintf(path, sizeof(path), "/proc/%d/wchan", (int)pid);
    if (procfs_read(AT_FDCWD, path, sizeof(place->name) - 1, &text) >= 0 &&
        strcmp(strbuf_text(&text), "0") != 0)
        (void)snprintf(place->name, sizeof(place->name), "%s", strbuf_text(&text));
}

static int read_places(struct metrics_input *input)
{
    struct metrics_place *places = NULL;
    size_t count = 0, capacity = 0, at = 0;
    pid_t pid;
    while (count < METRICS_PLACES_MOST &&
           (pid = snapshot_next_in_state(input->snapshot, 'D', &at)) > 0) {
        if (count == capacity) {
            capacity = capacity > 0 ? 2 * capacity : 16;
            struct metrics_place *more = realloc(places, capacity * sizeof(*places));
            if (!more) {
                free(places);
                return -ENOMEM;
            }
            places = more;
        }
        read_place(pid, &places[count++]);
    }
    input->places = places;
    input->place_count = count;
    return 0;
}

/* ---- frozen groups ---- */

struct walk {
    struct metrics_frozen *frozen;
    size_t count;
    size_t left; /* groups that may still be looked at */
    const char *file;
    const char *word; /* the file holds it where the group is frozen */
};

static size_t count_lines(int dir_fd)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    size_t lines = 0;
    if (procfs_read(dir_fd, "cgroup.procs", PROCS_LIMIT, &text) < 0)
        return 0;
    for (const char *at = strbuf_text(&text); (at = strchr(at, '\n')); at++)
        lines++;
    return lines;
}

static bool is_frozen(const struct walk *walk, int dir_fd)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    return procfs_read(dir_fd, walk->file, LINE_LIMIT, &text) >= 0 &&
           strstr(strbuf_text(&text), walk->word);
}

static struct metrics_frozen *add_frozen(struct walk *walk, const char *path)
{
    struct metrics_frozen *more = realloc(walk->frozen, (walk->count + 1) * sizeof(*walk->frozen));
    if (!more)
        return NULL;
    walk->frozen = more;
    struct metrics_frozen *added = &walk->frozen[walk->count++];
    (void)snprintf(added->cgroup, sizeof(added->cgroup), "%.*s", METRICS_LABEL_SIZE - 1,
                   path[0] ? path : "/");
    added->processes = 0;
    return added;
}

/*
 * Takes over `dir_fd`. `path` is the group's below the mount; `into` the frozen
 * group above it, as an index + 1, 0: none is, in which its processes count.
 */
static int walk_group(struct walk *walk, int dir_fd, const char *path, size_t into, int depth)
{
    if (walk->left == 0 || depth > GROUP_DEPTH_MOST)
        return close(dir_fd);
    walk->left--;
    if (into == 0 && is_frozen(walk, dir_fd)) {
        if (!add_frozen(walk, path)) {
            (void)close(dir_fd);
            return -ENOMEM;
        }
        into = walk->count;
    }
    if (into > 0)
        walk->frozen[into - 1].processes += count_lines(dir_fd);
    DIR *dir = fdopendir(dir_fd);
    if (!dir)
        return close(dir_fd);
    int r = 0;
    for (struct dirent *entry; r == 0 && (entry = readdir(dir));) {
        _cleanup_(strbuf_done) struct strbuf below = STRBUF_INIT;
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        int fd = openat(dir_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
            continue;
        strbuf_printf(&below, "%s/%s", path, entry->d_name);
        r = walk_group(walk, fd, strbuf_text(&below), into, depth + 1);
    }
    (void)closedir(dir);
    return r;
}

static int walk_mount(struct walk *walk, const struct cgroup_mount *mount)
{
    if (mount->point[0] == '\0')
        return 0;
    int fd = open(mount->point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? 0 : walk_group(walk, fd, "", 0, 0);
}

static int read_frozen(struct metrics_input *input)
{
    struct cgroup_mounts mounts = CGROUP_MOUNTS_INIT;
    struct walk walk = {.left = METRICS_GROUPS_MOST, .file = "cgroup.events", .word = "frozen 1"};
    cgroup_mounts_read(&mounts);
    int r = walk_mount(&walk, &mounts.unified);
    walk.file = "freezer.state";
    walk.word = "FROZEN";
    if (r == 0)
        r = walk_mount(&walk, &mounts.freezer);
    input->frozen = walk.frozen;
    input->frozen_count = walk.count;
    return r;
}

int metrics_input_read(struct metrics_input *input)
{
    read_system(&input->system);
    int r = read_places(input);
    if (r == 0)
        r = read_frozen(input);
    if (r < 0)
        metrics_input_done(input);
    return r;
}

void metrics_input_done(struct metrics_input *input)
{
    free((void *)input->places);
    free((void *)input->frozen);
    input->places = NULL;
    input->frozen = NULL;
    input->place_count = input->frozen_count = 0;
}
