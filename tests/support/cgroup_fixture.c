#include "cgroup_fixture.h"

#include <fcntl.h>
#include <mntent.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/base/clock.h"

#define PATIENCE_NS (10 * NS_PER_SEC)

static bool find_mount(const char *controller, char *ret_point, size_t size)
{
    bool found = false;
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    struct mntent *mount;
    while (mounts && (mount = getmntent(mounts)) != NULL)
        if (*controller == '\0'
                ? strcmp(mount->mnt_type, "cgroup2") == 0
                : strcmp(mount->mnt_type, "cgroup") == 0 && hasmntopt(mount, controller))
            found = snprintf(ret_point, size, "%s", mount->mnt_dir) < (int)size;
    if (mounts)
        (void)endmntent(mounts);
    return found;
}

bool test_cgroup_make(struct test_cgroup *ret_group, const char *controller)
{
    char point[128];
    static int count;
    ret_group->path[0] = '\0';
    if (!find_mount(controller, point, sizeof(point)))
        return false;
    (void)snprintf(ret_group->path, sizeof(ret_group->path), "%s/reaptop-test-%d-%d", point,
                   (int)getpid(), count++);
    if (mkdir(ret_group->path, 0755) == 0)
        return true;
    ret_group->path[0] = '\0';
    return false;
}

bool test_cgroup_write(const struct test_cgroup *group, const char *file, const char *value)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", group->path, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    if (fd >= 0)
        (void)close(fd);
    return is_written;
}

bool test_cgroup_add(const struct test_cgroup *group, pid_t pid)
{
    char text[16];
    (void)snprintf(text, sizeof(text), "%d", (int)pid);
    return test_cgroup_write(group, "cgroup.procs", text);
}

static bool holds_line(const char *path, const char *text)
{
    char line[256];
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof(line), file))
        found = strncmp(line, text, strlen(text)) == 0;
    if (file)
        (void)fclose(file);
    return found;
}

/* cpu.stat's nr_throttled is another number than 0. */
static bool was_throttled(const char *path)
{
    char line[256];
    unsigned long long times = 0;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        (void)sscanf(line, "nr_throttled %llu", &times);
    if (file)
        (void)fclose(file);
    return times > 0;
}

bool test_cgroup_await_throttled(const struct test_cgroup *group)
{
    char path[512];
    uint64_t until = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
    (void)snprintf(path, sizeof(path), "%s/cpu.stat", group->path);
    while (!was_throttled(path)) {
        if (clock_ns(CLOCK_MONOTONIC) > until)
            return false;
        (void)sched_yield();
    }
    return true;
}

bool test_cgroup_await(const struct test_cgroup *group, const char *file, const char *text)
{
    char path[512];
    uint64_t until = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
    (void)snprintf(path, sizeof(path), "%s/%s", group->path, file);
    while (!holds_line(path, text)) {
        if (clock_ns(CLOCK_MONOTONIC) > until)
            return false;
        (void)sched_yield();
    }
    return true;
}

void test_cgroup_thaw(const struct test_cgroup *group)
{
    if (group->path[0] == '\0')
        return;
    (void)test_cgroup_write(group, "cgroup.freeze", "0");
    (void)test_cgroup_write(group, "freezer.state", "THAWED");
}

/* A group is busy until the last of its processes has left it. */
void test_cgroup_remove(struct test_cgroup *group)
{
    uint64_t until = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
    while (group->path[0] != '\0' && rmdir(group->path) < 0 && clock_ns(CLOCK_MONOTONIC) < until)
        (void)sched_yield();
    group->path[0] = '\0';
}
