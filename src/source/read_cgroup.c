#include "read_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cursor.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/freezer.h"
#include "reaptop/source/procfs.h"

enum {
    MOUNTINFO_LIMIT = 8 << 20,
    CGROUP_TEXT_LIMIT = 16 << 10,
    FILE_LIMIT = 4096,
};

static size_t length_of(struct cursor word)
{
    return (size_t)(word.end - word.at);
}

static bool copy_word(struct cursor word, char *ret_text, size_t size)
{
    if (length_of(word) >= size)
        return false;
    memcpy(ret_text, word.at, length_of(word));
    ret_text[length_of(word)] = '\0';
    return true;
}

/* Is `name` one of the words between commas? */
static bool has_option(struct cursor options, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = options.at; at < options.end;) {
        const char *comma = memchr(at, ',', (size_t)(options.end - at));
        size_t size = (size_t)((comma ? comma : options.end) - at);
        if (size == length && memcmp(at, name, length) == 0)
            return true;
        at += size + 1;
    }
    return false;
}

/* ---- mounts ---- */

/* "36 25 0:30 ROOT POINT rw,… shared:4 - cgroup2 cgroup2 rw,…" */
static void take_mount(struct cursor line, struct cgroup_mounts *mounts)
{
    struct cursor word, root, point, type, source, options;
    struct cgroup_mount mount;
    for (int i = 0; i < 3; i++)
        if (!cursor_word(&line, &word))
            return;
    if (!cursor_word(&line, &root) || !cursor_word(&line, &point))
        return;
    do
        if (!cursor_word(&line, &word))
            return;
    while (!cursor_is(word, "-"));
    if (!cursor_word(&line, &type) || !cursor_word(&line, &source) ||
        !cursor_word(&line, &options) || !copy_word(point, mount.point, sizeof(mount.point)) ||
        !copy_word(root, mount.root, sizeof(mount.root)))
        return;
    if (cursor_is(type, "cgroup2"))
        mounts->unified = mount;
    else if (cursor_is(type, "cgroup") && has_option(options, "freezer"))
        mounts->freezer = mount;
    else if (cursor_is(type, "cgroup") && has_option(options, "cpu"))
        mounts->cpu = mount;
}

void cgroup_mounts_parse(const char *text, size_t length, struct cgroup_mounts *mounts)
{
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line))
        take_mount(line, mounts);
}

void cgroup_mounts_read(struct cgroup_mounts *mounts)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (mounts->is_read)
        return;
    mounts->is_read = true;
    if (procfs_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_LIMIT, &text) == 0)
        cgroup_mounts_parse(strbuf_text(&text), text.length, mounts);
}

/* ---- the group of a process ---- */

/*
 * The path behind "ID:CONTROLLERS:" whose controllers hold `controller`; "" stands for
 * version 2. A path may hold blanks.
 */
static bool find_group(const char *text, size_t length, const char *controller, char *ret_path,
                       size_t size)
{
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line)) {
        const char *first = memchr(line.at, ':', length_of(line));
        const char *second = first ? memchr(first + 1, ':', (size_t)(line.end - first - 1)) : NULL;
        if (!second)
            continue;
        struct cursor controllers = cursor_of(first + 1, (size_t)(second - first - 1));
        bool is_it =
            *controller == '\0' ? length_of(controllers) == 0 : has_option(controllers, controller);
        if (is_it)
            return copy_word(cursor_of(second + 1, (size_t)(line.end - second - 1)), ret_path,
                             size);
    }
    return false;
}

/* The group's directory below the mount; false where it lies outside of what is mounted. */
static bool directory_of(const struct cgroup_mount *mount, const char *group, char *ret_path,
                         size_t size)
{
    size_t root = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
    if (mount->point[0] == '\0' || strncmp(group, "/..", 3) == 0 ||
        strncmp(group, mount->root, root) != 0 || (group[root] != '/' && group[root] != '\0'))
        return false;
    const char *below = strcmp(group, "/") == 0 ? "" : group + root;
    int n = snprintf(ret_path, size, "%s%s", mount->point, below);
    return n >= 0 && (size_t)n < size;
}

/* Cuts the last name off; false at the mount point. */
static bool to_parent(const struct cgroup_mount *mount, char *directory)
{
    char *slash = strrchr(directory, '/');
    if (!slash || (size_t)(slash - directory) < strlen(mount->point))
        return false;
    *slash = '\0';
    return true;
}

static int read_file(const char *directory, const char *name, struct strbuf *out)
{
    _cleanup_close_ int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = procfs_read(fd, name, FILE_LIMIT, out);
    return r < 0 ? r : 0;
}

/* The number behind `key` in a file of "key number" lines. */
static bool find_number(const struct strbuf *text, const char *key, uint64_t *ret_value)
{
    struct cursor rest = cursor_of(strbuf_text(text), text->length), line, word;
    while (cursor_line(&rest, &line))
        if (cursor_word(&line, &word) && cursor_is(word, key))
            return cursor_number(&line, 10, ret_value);
    return false;
}

static bool starts_with_number(const char *directory, const char *name, uint64_t *ret_value)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (read_file(directory, name, &text) < 0)
        return false;
    struct cursor rest = cursor_of(strbuf_text(&text), text.length);
    return cursor_number(&rest, 10, ret_value);
}

static void set_file(char *ret_file, const char *directory, const char *name)
{
    int n = snprintf(ret_file, CGROUP_PATH_SIZE, "%s/%s", directory, name);
    if (n < 0 || n >= CGROUP_PATH_SIZE)
        ret_file[0] = '\0';
}

/* ---- the freezers ---- */

static void read_unified_freezer(const struct cgroup_mount *mount, char *directory,
                                 struct cgroup_state *state)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    uint64_t frozen = 0, asked;
    if (read_file(directory, "cgroup.events", &text) < 0 ||
        !find_number(&text, "frozen", &frozen) || frozen == 0)
        return;
    state->freezer = CGROUP_FROZEN_V2;
    do
        if (starts_with_number(directory, "cgroup.freeze", &asked) && asked == 1)
            set_file(state->freezer_file, directory, "cgroup.freeze");
    while (to_parent(mount, directory));
}

static void read_old_freezer(const struct cgroup_mount *mount, char *directory,
                             struct cgroup_state *state)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    uint64_t asked;
    if (read_file(directory, "freezer.state", &text) < 0 ||
        strncmp(strbuf_text(&text), "FR", 2) != 0)
        return;
    state->freezer = CGROUP_FROZEN_V1;
    do
        if (starts_with_number(directory, "freezer.self_freezing", &asked) && asked == 1)
            set_file(state->freezer_file, directory, "freezer.state");
    while (to_parent(mount, directory));
}

/* ---- quotas ---- */

static bool read_quota(const char *directory, bool is_unified, struct cgroup_state *state)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    uint64_t quota, period;
    if (is_unified) {
        if (read_file(directory, "cpu.max", &text) < 0)
            return false;
        struct cursor rest = cursor_of(strbuf_text(&text), text.length);
        if (!cursor_number(&rest, 10, &quota) || !cursor_number(&rest, 10, &period))
            return false; /* "max 100000": none */
    } else if (!starts_with_number(directory, "cpu.cfs_quota_us", &quota) ||
               !starts_with_number(directory, "cpu.cfs_period_us", &period))
        return false; /* "-1": none */
    state->quota = (struct cgroup_quota){.quota_us = quota, .period_us = period};
    set_file(state->quota_file, directory, is_unified ? "cpu.max" : "cpu.cfs_quota_us");
    if (read_file(directory, "cpu.stat", &text) == 0) {
        (void)find_number(&text, "nr_periods", &state->quota.periods);
        (void)find_number(&text, "nr_throttled", &state->quota.throttled);
    }
    return true;
}

/* The nearest group with a quota. */
static void read_quotas(const struct cgroup_mount *mount, char *directory, bool is_unified,
                        struct cgroup_state *state)
{
    do
        if (read_quota(directory, is_unified, state))
            return;
    while (to_parent(mount, directory));
}

struct cgroup_quota cgroup_quota_of(const struct strbuf *text, const struct cgroup_mounts *mounts)
{
    const struct cgroup_mount *const of[] = {&mounts->unified, &mounts->cpu};
    char group[CGROUP_PATH_SIZE], directory[2 * CGROUP_PATH_SIZE];
    struct cgroup_state state = {.access = ACCESS_OK};
    for (int i = 0; i < 2 && state.quota.period_us == 0; i++)
        if (find_group(strbuf_text(text), text->length, i == 0 ? "" : "cpu", group,
                       sizeof(group)) &&
            directory_of(of[i], group, directory, sizeof(directory)))
            read_quotas(of[i], directory, i == 0, &state);
    return state.quota;
}

void cgroup_state_read(int pid_fd, const struct cgroup_mounts *mounts, struct cgroup_state *ret)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct cgroup_state state = {.access = ACCESS_OK};
    char group[CGROUP_PATH_SIZE], directory[2 * CGROUP_PATH_SIZE];
    int r = procfs_read(pid_fd, "cgroup", CGROUP_TEXT_LIMIT, &text);
    if (r < 0) {
        state.access = r == -ENOENT ? ACCESS_UNSUPPORTED : access_from_errno(r, '\0');
        *ret = state;
        return;
    }
    const struct {
        const char *controller;
        const struct cgroup_mount *mount;
    } hierarchies[] = {
        {"", &mounts->unified}, {"freezer", &mounts->freezer}, {"cpu", &mounts->cpu}};
    for (int i = 0; i < 3; i++) {
        if (!find_group(strbuf_text(&text), text.length, hierarchies[i].controller, group,
                        sizeof(group)) ||
            !directory_of(hierarchies[i].mount, group, directory, sizeof(directory)))
            continue;
        char quotas[sizeof(directory)];
        memcpy(quotas, directory, sizeof(quotas));
        if (i == 0 && state.freezer == CGROUP_NOT_FROZEN)
            read_unified_freezer(hierarchies[i].mount, directory, &state);
        if (i == 1)
            read_old_freezer(hierarchies[i].mount, directory, &state);
        if (i != 1 && state.quota.period_us == 0)
            read_quotas(hierarchies[i].mount, quotas, i == 0, &state);
    }
    *ret = state;
}

enum cgroup_freezer cgroup_holds_read(int dir_fd, struct cgroup_quota *ret_quota)
{
    struct cgroup_mounts mounts = CGROUP_MOUNTS_INIT;
    struct cgroup_state state;
    char path[32];
    pid_t tid = procfs_living_thread(dir_fd);
    (void)snprintf(path, sizeof(path), "task/%d", (int)tid);
    /* A first thread that has ended is in the root of version 1's hierarchies. */
    _cleanup_close_ int living_fd =
        tid > 0 ? openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -EBADF;
    cgroup_mounts_read(&mounts);
    cgroup_state_read(living_fd >= 0 ? living_fd : dir_fd, &mounts, &state);
    *ret_quota = state.quota;
    return state.freezer;
}
