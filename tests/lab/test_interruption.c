/* Whoever is killed, and whenever: nothing stays behind. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"

enum way {
    STOP,
    KILL_HOST,
    KILL_GUARD,
    KILL_VIEWER,
    WAY_COUNT
};

static const char *const ways[] = {"stop", "KILL of the host", "KILL of the guard",
                                   "KILL of the viewer"};

struct interruption {
    char name[32];
    int way;
};

static char directory[] = "/tmp/reaptop-test-XXXXXX";
static bool is_isolated; /* IPC objects and mounts are our own */

/* Where we may: a world of IPC objects of our own, in which whatever is left can be seen. */
static void set_up(void)
{
    char queues[64];

    drive_adopt();
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(setenv("TMPDIR", directory, 1), 0);
    if (unshare(CLONE_NEWIPC | CLONE_NEWNS) < 0)
        return;
    (void)snprintf(queues, sizeof(queues), "%s.queues", directory);
    is_isolated = mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                  mount("none", "/dev/shm", "tmpfs", 0, NULL) == 0 && mkdir(queues, 0700) == 0;
    if (is_isolated && mount("none", queues, "mqueue", 0, NULL) < 0)
        (void)rmdir(queues);
}

static int entries(const char *path)
{
    int count = 0;
    struct dirent *entry;
    DIR *list = opendir(path);

    while (list && (entry = readdir(list)))
        count += entry->d_name[0] != '.';
    if (list)
        (void)closedir(list);
    return count;
}

static int lines_of(const char *path)
{
    int count = 0, c;
    FILE *file = fopen(path, "re");

    while (file && (c = fgetc(file)) != EOF)
        count += c == '\n';
    if (file)
        (void)fclose(file);
    return count;
}

static void expect_nothing_left(const struct interruption *what, unsigned step)
{
    char queues[64];

    cr_expect(drive_is_alone(), "%s, %s at step %u: processes are left", what->name,
              ways[what->way], step + 1);
    cr_expect_eq(entries(directory), 0, "%s, %s at step %u: files are left", what->name,
                 ways[what->way], step + 1);
    if (!is_isolated)
        return;
    (void)snprintf(queues, sizeof(queues), "%s.queues", directory);
    cr_expect_eq(entries("/dev/shm"), 0, "%s: shared memory is left", what->name);
    cr_expect_eq(entries(queues), 0, "%s: a message queue is left", what->name);
    cr_expect_leq(lines_of("/proc/sysvipc/msg"), 1, "%s: a System V queue is left", what->name);
    cr_expect_leq(lines_of("/proc/sysvipc/sem"), 1, "%s: a System V semaphore is left", what->name);
    cr_expect_leq(lines_of("/proc/sysvipc/shm"), 1, "%s: a System V segment is left", what->name);
}

static void tear_down(void)
{
    char queues[64];

    (void)snprintf(queues, sizeof(queues), "%s.queues", directory);
    (void)umount(queues);
    (void)rmdir(queues);
    (void)rmdir(directory);
}

/* A viewer of its own, for being killed. It never returns. */
static _Noreturn void doomed_viewer(const struct interruption *what, unsigned step)
{
    struct lab *lab = NULL;
    pid_t host = 0;

    if (lab_start(what->name, NULL, &lab, NULL) == 0 && drive_to_step(lab, step, &host) == 1)
        (void)lab_next(lab, LAB_NO_PREDICTION);
    (void)raise(SIGKILL);
    _exit(1);
}

/* Everybody has been told to take the step, and nobody waits for its end. */
static void interrupt(const struct interruption *what, unsigned step)
{
    struct lab *lab = NULL;
    pid_t host = 0;

    if (what->way == KILL_VIEWER) {
        pid_t viewer = fork();
        if (viewer == 0)
            doomed_viewer(what, step);
        return;
    }
    int r = lab_start(what->name, NULL, &lab, NULL);
    cr_assert_eq(r, 0, "%s: %s", what->name, strerror(-r));
    r = drive_to_step(lab, step, &host);
    cr_expect_eq(r, 1, "%s, step %u: %d", what->name, step + 1, r);
    (void)lab_next(lab, LAB_NO_PREDICTION);
    if (what->way == KILL_HOST)
        (void)kill(host, SIGKILL);
    if (what->way == KILL_GUARD)
        (void)kill(lab_guard_pid(lab), SIGKILL);
    (void)lab_stop(lab);
}

ParameterizedTestParameters(interruption, leaves_nothing)
{
    static struct interruption list[128 * WAY_COUNT];
    size_t count, n = 0;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++)
        for (int way = 0; way < WAY_COUNT; way++) {
            (void)snprintf(list[n].name, sizeof(list[n].name), "%s", experiments[i]->name);
            list[n++].way = way;
        }
    return cr_make_param_array(struct interruption, list, n);
}

ParameterizedTest(struct interruption *what, interruption, leaves_nothing, .init = set_up,
                  .fini = tear_down)
{
    size_t steps = lab_step_count(lab_find(what->name));

    for (unsigned step = 0; step < steps; step++) {
        interrupt(what, step);
        expect_nothing_left(what, step);
    }
}
