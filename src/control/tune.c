#include "reaptop/control/tune.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/limits.h"
#include "reaptop/source/parse_details.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/procfs.h"

enum {
    SMALL_FILE = 4096,
    IO_WHO_PROCESS = 1, /* ioprio_set(2) */
    IO_CLASS_SHIFT = 13,
    CAP_SYS_NICE_BIT = 23
};

/* ---- reading ---- */

static void read_mask(pid_t pid, struct cpu_mask *ret_mask)
{
    unsigned long bits[TUNING_CPUS_MAX / (8 * sizeof(unsigned long))] = {0};
    _Static_assert(sizeof(bits) == sizeof(ret_mask->bits), "a mask is words of the kernel's size");
    if (syscall(SYS_sched_getaffinity, pid, sizeof(bits), bits) > 0)
        memcpy(ret_mask->bits, bits, sizeof(bits));
}

static void read_online(struct cpu_mask *ret_mask)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (procfs_read(AT_FDCWD, "/sys/devices/system/cpu/online", SMALL_FILE, &text) == 0)
        (void)cpu_mask_parse(strbuf_text(&text), text.length, ret_mask);
}

static bool we_have_sys_nice(void)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct status status;
    return procfs_read(AT_FDCWD, "/proc/self/status", STATUS_TEXT_LIMIT, &text) == 0 &&
           parse_status(strbuf_text(&text), text.length, &status) == 0 &&
           (status.known & STATUS_HAS_CAPS) && (status.cap_effective >> CAP_SYS_NICE_BIT & 1U);
}

/* "/autogroup-64 nice 0"; nobody is in one where the file is empty or autogroups are off. */
static void read_autogroup(const struct handle *handle, struct tuning_facts *facts)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (procfs_read(AT_FDCWD, "/proc/sys/kernel/sched_autogroup_enabled", SMALL_FILE, &text) != 0 ||
        strbuf_text(&text)[0] != '1' ||
        procfs_read(handle->proc_fd, "autogroup", SMALL_FILE, &text) != 0)
        return;
    const char *nice = strstr(strbuf_text(&text), " nice ");
    facts->has_autogroup = nice != NULL;
    facts->autogroup_nice = nice ? (int32_t)strtol(nice + strlen(" nice "), NULL, 10) : 0;
}

static void read_limits(const struct handle *handle, struct tuning_facts *facts)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct limits limits;
    const uint32_t needed = 1U << LIMIT_NICE | 1U << LIMIT_RT_PRIORITY;
    if (procfs_read(handle->proc_fd, "limits", SMALL_FILE, &text) != 0 ||
        parse_limits(strbuf_text(&text), text.length, &limits) < 0 ||
        (limits.known & needed) != needed)
        return;
    facts->has_limits = true;
    facts->limit_nice = limits.values[LIMIT_NICE].soft;
    facts->limit_rt_priority = limits.values[LIMIT_RT_PRIORITY].soft;
}

static void read_ids(const struct handle *handle, struct tuning_facts *facts)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct status status;
    if (procfs_read(handle->proc_fd, "status", STATUS_TEXT_LIMIT, &text) != 0 ||
        parse_status(strbuf_text(&text), text.length, &status) < 0)
        return;
    facts->has_ids = (status.known & STATUS_HAS_IDS) != 0;
    facts->ruid = status.uid[0];
    facts->euid = status.uid[1];
    const char *allowed = strstr(strbuf_text(&text), "\nCpus_allowed_list:");
    if (allowed) {
        allowed += strcspn(allowed, "\t") + 1;
        (void)cpu_mask_parse(allowed, strcspn(allowed, "\n"), &facts->allowed);
    }
}

int tune_read(const struct handle *handle, struct tuning_facts *ret_facts)
{
    struct tuning_facts facts = {.our_euid = geteuid()};
    struct stat_line line;
    char state;
    pid_t pid = handle->id.pid;
    int r = procfs_read_stat(handle->proc_fd, &line);
    if (r < 0)
        return r;
    struct ending ending = ending_from(line.state, line.threads, line.ppid, 0);
    facts.now =
        (struct tuning){.nice = line.nice, .policy = line.policy, .rt_priority = line.rt_priority};
    facts.is_kernel = (line.flags & STAT_KERNEL_THREAD) != 0;
    facts.is_zombie = ending_is_over(&ending);
    facts.threads = line.threads;
    facts.we_have_sys_nice = we_have_sys_nice();
    long io = syscall(SYS_ioprio_get, IO_WHO_PROCESS, pid);
    if (io >= 0) {
        facts.now.io_class = (enum io_class)(io >> IO_CLASS_SHIFT & 3);
        facts.now.io_level = (int32_t)(io & (TUNING_IO_LEVELS - 1));
    }
    read_mask(pid, &facts.now.cpus);
    read_online(&facts.online);
    read_ids(handle, &facts);
    read_limits(handle, &facts);
    read_autogroup(handle, &facts);
    r = handle_state(handle, &state);
    if (r < 0)
        return r; /* what was read by number may be another's */
    *ret_facts = facts;
    return 0;
}

/* ---- changing ---- */

static int change(pid_t tid, enum tuning_kind kind, const struct tuning *want)
{
    struct sched_param param = {.sched_priority = want->rt_priority};
    long r;
    switch (kind) {
    case TUNING_NICE:
        r = setpriority(PRIO_PROCESS, (id_t)tid, want->nice);
        break;
    case TUNING_AFFINITY:
        r = syscall(SYS_sched_setaffinity, tid, sizeof(want->cpus.bits), want->cpus.bits);
        break;
    case TUNING_IO:
        r = syscall(SYS_ioprio_set, IO_WHO_PROCESS, tid,
                    (int)want->io_class << IO_CLASS_SHIFT | want->io_level);
        break;
    default:
        r = sched_setscheduler(tid, want->policy, &param);
    }
    return r < 0 ? -errno : 0;
}

static int explain(int code, enum tuning_kind kind, pid_t pid, struct error *error)
{
    switch (-code) {
    case ESRCH:
        return error_set(error, code, _("process %d is gone"), pid);
    case EPERM:
    case EACCES:
        return error_set(error, code,
                         _("%s of %d: not permitted: it takes its owner, and for more "
                           "than that CAP_SYS_NICE"),
                         tuning_title(kind), pid);
    case EINVAL:
        return error_set(error, code, _("%s of %d: the kernel does not take this value for it"),
                         tuning_title(kind), pid);
    default:
        return error_set_errno(error, code, _("%s of %d"), tuning_title(kind), pid);
    }
}

/* Through the directory that was opened under the held one: it is proven before and after. */
static int change_thread(const struct handle *handle, const char *name, enum tuning_kind kind,
                         const struct tuning *want)
{
    char path[32];
    struct stat_line line;
    (void)snprintf(path, sizeof(path), "task/%.16s", name);
    _cleanup_close_ int fd = openat(handle->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 ? -errno : procfs_read_stat(fd, &line);
    if (r == 0)
        r = change((pid_t)strtol(name, NULL, 10), kind, want);
    if (r == 0)
        r = procfs_read_stat(fd, &line);
    return r == -ENOENT ? -ESRCH : r;
}

static int change_threads(const struct handle *handle, enum tuning_kind kind,
                          const struct tuning *want, size_t *changed)
{
    int fd = openat(handle->proc_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    int r = directory ? 0 : -errno;
    if (!directory && fd >= 0)
        (void)close(fd);
    for (const struct dirent *entry; directory && r == 0 && (entry = readdir(directory));) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        r = change_thread(handle, entry->d_name, kind, want);
        if (r == -ESRCH)
            r = 0; /* that thread has ended */
        else if (r == 0)
            (*changed)++;
    }
    if (directory)
        (void)closedir(directory);
    return r == 0 && *changed == 0 ? -ESRCH : r;
}

int tune_apply(const struct handle *handle, enum tuning_kind kind, const struct tuning *want,
               bool all_threads, size_t *ret_changed, struct error *error)
{
    size_t changed = 0;
    char state, name[16];
    (void)snprintf(name, sizeof(name), "%d", (int)handle->id.pid);
    int r = handle_state(handle, &state);
    if (r == 0 && all_threads)
        r = change_threads(handle, kind, want, &changed);
    else if (r == 0 && (r = change_thread(handle, name, kind, want)) == 0)
        changed = 1;
    debug(DEBUG_CONTROL, "%s of %d: %d", tuning_title(kind), (int)handle->id.pid, r);
    if (ret_changed)
        *ret_changed = changed;
    return r < 0 ? explain(r, kind, handle->id.pid, error) : 0;
}
