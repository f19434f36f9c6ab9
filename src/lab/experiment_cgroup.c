#include "experiment_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "reaptop/base/cleanup.h"

/* A controller, and the file that shows that a group has it. */
static const struct kind {
    const char *name;
    const char *v1_file, *v2_file;
} kinds[] = {
    [CGROUP_FREEZER] = {"freezer", "freezer.state", "cgroup.freeze"},
    [CGROUP_CPU] = {"cpu", "cpu.cfs_quota_us", "cpu.max"},
    [CGROUP_MEMORY] = {"memory", "memory.limit_in_bytes", "memory.max"},
};

/* Is `word` in a list like "rw,cpu,cpuacct"? */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* Where that hierarchy is mounted, and which of its groups is seen there (mountinfo(5)). */
static bool find_mount(const char *controller, bool is_v2, char *ret_point, char *ret_root,
                       size_t size)
{
    char line[4096];
    _cleanup_file_ FILE *stream = fopen("/proc/self/mountinfo", "re");

    while (stream && fgets(line, sizeof(line), stream)) {
        char root[512], point[512], type[64], options[512];
        const char *rest = strstr(line, " - ");
        if (!rest || sscanf(line, "%*s %*s %*s %511s %511s", root, point) != 2 ||
            sscanf(rest, " - %63s %*s %511s", type, options) != 2)
            continue;
        if (strcmp(type, is_v2 ? "cgroup2" : "cgroup") != 0 ||
            (!is_v2 && !has_word(options, controller)))
            continue;
        (void)snprintf(ret_point, size, "%s", point);
        (void)snprintf(ret_root, size, "%s", root);
        return true;
    }
    return false;
}

/* Our group in that hierarchy, from /proc/self/cgroup. */
static bool find_own(const char *controller, bool is_v2, char *ret_path, size_t size)
{
    char line[1024];
    _cleanup_file_ FILE *stream = fopen("/proc/self/cgroup", "re");

    while (stream && fgets(line, sizeof(line), stream)) {
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':');
        char *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        if (is_v2 ? list[1] != '\0' : !has_word(list + 1, controller))
            continue;
        (void)snprintf(ret_path, size, "%s", path);
        return true;
    }
    return false;
}

static bool has_file(const struct bench_shared *shared, const char *file)
{
    char path[sizeof(shared->cgroup) + 64];

    (void)snprintf(path, sizeof(path), "%s/%s", shared->cgroup, file);
    return access(path, W_OK) == 0;
}

/* Tries `point` + `path` and then what is above it. 0, or -errno of the first try. */
static int make_below(struct bench_shared *shared, const char *point, char *path, const char *file)
{
    int first = 0;

    for (;;) {
        int length = snprintf(shared->cgroup, sizeof(shared->cgroup), "%s%s%s", point,
                              strcmp(path, "/") == 0 ? "" : path, shared->name);
        int r = length < (int)sizeof(shared->cgroup) ? 0 : -ENAMETOOLONG;
        if (r == 0 && mkdir(shared->cgroup, 0755) < 0)
            r = -errno;
        if (r == 0) {
            if (has_file(shared, file))
                return 0;
            (void)rmdir(shared->cgroup);
            r = -EOPNOTSUPP;
        }
        shared->cgroup[0] = '\0';
        first = first ? first : r;
        char *slash = strrchr(path, '/');
        if (!slash || path[1] == '\0')
            return first;
        slash[slash == path] = '\0';
    }
}

int cgroup_make(struct bench *bench, enum cgroup_kind kind, char *ret_why, size_t size)
{
    struct bench_shared *shared = bench->shared;
    char point[512], root[512], path[512];
    int r = -ENOENT;

    for (int is_v2 = 1; is_v2 >= 0; is_v2--) {
        if (!find_mount(kinds[kind].name, is_v2, point, root, sizeof(point)) ||
            !find_own(kinds[kind].name, is_v2, path, sizeof(path)))
            continue;
        size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
        char *below = strncmp(path, root, length) == 0 ? path + length : path + strlen(path);
        int tried =
            make_below(shared, point, below, is_v2 ? kinds[kind].v2_file : kinds[kind].v1_file);
        if (tried == 0) {
            shared->cgroup_is_v2 = is_v2;
            return 0;
        }
        if (r == -ENOENT || r == -EOPNOTSUPP)
            r = tried;
    }
    int length = snprintf(ret_why, size,
                          _("no control group with the %s controller can be made (%s); root may"),
                          kinds[kind].name, strerror(-r));
    if (kind == CGROUP_FREEZER && (size_t)length < size)
        (void)snprintf(ret_why + length, size - (size_t)length, "%s",
                       _(", and so may who runs systemd-run --user --scope -p Delegate=yes "
                         "reaptop lab freeze"));
    return r;
}

bool cgroup_is_v2(const struct bench *bench)
{
    return bench->shared->cgroup_is_v2;
}

static int write_file(const struct bench_shared *shared, const char *file, const char *text)
{
    char path[sizeof(shared->cgroup) + 64];

    (void)snprintf(path, sizeof(path), "%s/%s", shared->cgroup, file);
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int cgroup_write(const struct bench *bench, const char *file, const char *text)
{
    return write_file(bench->shared, file, text);
}

int cgroup_add(const struct bench *bench, pid_t pid)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%d", pid);
    return write_file(bench->shared, "cgroup.procs", text);
}

static FILE *open_file(const struct bench *bench, const char *file)
{
    char path[sizeof(bench->shared->cgroup) + 64];

    (void)snprintf(path, sizeof(path), "%s/%s", bench->shared->cgroup, file);
    return fopen(path, "re");
}

bool cgroup_has(const struct bench *bench, pid_t pid)
{
    char line[32];
    _cleanup_file_ FILE *stream = open_file(bench, "cgroup.procs");

    while (stream && fgets(line, sizeof(line), stream))
        if (strtol(line, NULL, 10) == pid)
            return true;
    return false;
}

int64_t cgroup_number(const struct bench *bench, const char *file, const char *key)
{
    char line[128];
    size_t length = strlen(key);
    _cleanup_file_ FILE *stream = open_file(bench, file);

    while (stream && fgets(line, sizeof(line), stream))
        if (strncmp(line, key, length) == 0 && line[length] == ' ')
            return (int64_t)strtoll(line + length, NULL, 10);
    return INT64_MIN;
}

bool cgroup_line(const struct bench *bench, const char *file, char *ret_text, size_t size)
{
    _cleanup_file_ FILE *stream = open_file(bench, file);

    ret_text[0] = '\0';
    if (!stream || !fgets(ret_text, (int)size, stream))
        return false;
    ret_text[strcspn(ret_text, "\n")] = '\0';
    return true;
}

void cgroup_thaw(const struct bench_shared *shared)
{
    if (shared->cgroup[0])
        (void)(shared->cgroup_is_v2 ? write_file(shared, "cgroup.freeze", "0")
                                    : write_file(shared, "freezer.state", "THAWED"));
}

void cgroup_remove(const struct bench_shared *shared)
{
    if (shared->cgroup[0])
        (void)rmdir(shared->cgroup);
}
