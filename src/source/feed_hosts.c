#include "reaptop/source/feed_hosts.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "feed_host.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/io.h"
#include "reaptop/base/number.h"
#include "reaptop/source/feed_recording.h"
#include "reaptop/source/recorder.h"

enum {
    SILENT_INTERVALS = 3, /* then nobody knows what its processes do */
    NOTICE_SIZE = 256
};

#define TIMEOUT_NS      (10 * NS_PER_SEC)
#define SILENT_LEAST_NS (3 * NS_PER_SEC)

struct hosts {
    struct host all[HOSTS_MOST];
    size_t count;
    uint64_t interval_ns;
    uint64_t timeout_ns;
    struct recorder *recorder;
    struct strbuf out;
    int fd;
};

/* ---- the list ---- */

/* ssh(1) takes a leading dash for an option, and a shell has the rest. */
static bool is_host_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < HOST_NAME_SIZE && name[0] != '-' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "._-@:%[]")] == '\0';
}

/* Fills names[HOSTS_MOST]; how many, or -EINVAL. */
static int split_list(const char *list, char (*names)[HOST_NAME_SIZE], struct error *error)
{
    int count = 0;
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");
        char name[HOST_NAME_SIZE] = "";
        if (length < sizeof(name))
            memcpy(name, at, length);
        if (!is_host_name(name) || count == HOSTS_MOST)
            return error_set(error, -EINVAL,
                             _("--host: invalid value '%.*s': expected at most %d hosts as ssh has "
                               "them, joined by commas: web1,root@db"),
                             (int)length, at, HOSTS_MOST);
        for (int i = 0; i < count; i++)
            if (strcmp(names[i], name) == 0)
                return error_set(error, -EINVAL, _("--host: '%s' is there twice"), name);
        memcpy(names[count++], name, sizeof(name));
        at += length;
        if (*at == '\0')
            return count;
    }
}

const char *hosts_in(const char *name)
{
    size_t length = strlen(HOSTS_SCHEME);
    return strncmp(name, HOSTS_SCHEME, length) == 0 ? name + length : NULL;
}

int hosts_check(const char *list, struct error *error)
{
    char names[HOSTS_MOST][HOST_NAME_SIZE];
    int count = split_list(list, names, error);
    return count < 0 ? count : 0;
}

/* ---- one refresh of all ---- */

static bool is_lone(const struct hosts *hosts)
{
    return hosts->count == 1;
}

static uint64_t silent_ns(const struct hosts *hosts)
{
    uint64_t ns = SILENT_INTERVALS * hosts->interval_ns;
    return ns > SILENT_LEAST_NS ? ns : SILENT_LEAST_NS;
}

static void add_notice(const struct hosts *hosts, struct snapshot *next, uint64_t now_ns)
{
    char notice[NOTICE_SIZE] = "";
    size_t length = 0;
    for (size_t i = 0; i < hosts->count; i++) {
        char why[HOST_WHY_SIZE];
        if (host_is_known(&hosts->all[i], now_ns, silent_ns(hosts)))
            continue;
        host_describe(&hosts->all[i], now_ns, why);
        int r = snprintf(notice + length, sizeof(notice) - length, "%s%s: %s",
                         length > 0 ? "; " : "", hosts->all[i].name, why);
        length += r > 0 ? (size_t)r : 0;
        if (length >= sizeof(notice))
            break;
    }
    if (notice[0] != '\0')
        next->notice = arena_strdup(&next->strings, notice);
}

static int merge(const struct hosts *hosts, struct snapshot *next)
{
    uint64_t now_ns = clock_boot_ns();
    const struct host *first = &hosts->all[0];
    int r = 0;
    next->mono_ns = now_ns + HOST_CLOCK_NS;
    next->time_ns = clock_real_ns();
    for (size_t i = 0; r == 0 && i < hosts->count; i++)
        r = host_add(&hosts->all[i], is_lone(hosts), now_ns, silent_ns(hosts), next);
    if (is_lone(hosts) && first->has_snapshot) {
        next->machine = first->snapshot.machine;
        next->time_ns += (uint64_t)first->clock_ns;
    } else {
        next->machine = (struct machine){.load = {-1, -1, -1},
                                         .cpu_user_percent = CPU_UNKNOWN,
                                         .cpu_system_percent = CPU_UNKNOWN,
                                         .cpu_iowait_percent = CPU_UNKNOWN};
    }
    add_notice(hosts, next, now_ns);
    snapshot_finish(next);
    return r;
}

static void begin(struct hosts *hosts, const struct snapshot *snapshot)
{
    const struct host *first = &hosts->all[0];
    struct recording_header header = first->header;
    if (!is_lone(hosts) || !first->has_snapshot) {
        header = (struct recording_header){.ticks_per_second = HOST_TICKS_PER_SECOND,
                                           .has_kernel_events = true,
                                           .has_arguments = true};
        (void)snprintf(header.host, sizeof(header.host), _("%zu hosts"), hosts->count);
    }
    header.started_ns = snapshot->time_ns;
    header.interval_ns = hosts->interval_ns;
    recorder_begin(hosts->recorder, &header, &hosts->out);
}

static int write_all(struct hosts *hosts)
{
    if (hosts->out.error < 0)
        return hosts->out.error;
    int r = io_write(hosts->fd, strbuf_text(&hosts->out), hosts->out.length);
    strbuf_clear(&hosts->out);
    return r;
}

static int refresh(struct hosts *hosts, bool is_first)
{
    _cleanup_(snapshot_done) struct snapshot next = SNAPSHOT_INIT;
    int r = merge(hosts, &next);
    if (r < 0)
        return r;
    if (is_first)
        begin(hosts, &next);
    for (size_t i = 0; i < hosts->count; i++) {
        struct host *host = &hosts->all[i];
        for (size_t at = 0; at < host->event_count; at += RECORDING_EVENTS_MOST) {
            size_t left = host->event_count - at;
            recorder_events(hosts->recorder, &host->events[at],
                            left < RECORDING_EVENTS_MOST ? left : RECORDING_EVENTS_MOST,
                            &hosts->out);
        }
        host->event_count = 0;
    }
    r = recorder_snapshot(hosts->recorder, &next, &hosts->out);
    return r < 0 ? r : write_all(hosts);
}

/* ---- the helper ---- */

static bool all_have_begun(const struct hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (!hosts->all[i].has_snapshot && hosts->all[i].is_up)
            return false;
    return true;
}

/* Until that time, or, before the first refresh, until each has said something. */
static void listen_until(struct hosts *hosts, uint64_t until_ns, bool is_first)
{
    uint64_t now_ns;
    while ((now_ns = clock_boot_ns()) < until_ns && !(is_first && all_have_begun(hosts))) {
        struct pollfd fds[2 * HOSTS_MOST];
        for (size_t i = 0; i < hosts->count; i++) {
            if (!is_first)
                host_tend(&hosts->all[i], now_ns);
            fds[2 * i] = (struct pollfd){.fd = hosts->all[i].ssh.fd, .events = POLLIN};
            fds[2 * i + 1] = (struct pollfd){.fd = hosts->all[i].error_fd, .events = POLLIN};
        }
        (void)poll(fds, 2 * hosts->count, (int)((until_ns - now_ns) / NS_PER_MS) + 1);
        for (size_t i = 0; i < hosts->count; i++) {
            if (fds[2 * i + 1].revents)
                host_read_error(&hosts->all[i]);
            if (fds[2 * i].revents)
                host_read(&hosts->all[i], is_lone(hosts), clock_boot_ns());
        }
    }
}

static void serve(void *argument, int fd, int extra_fd)
{
    struct hosts *hosts = argument;
    (void)extra_fd;
    hosts->fd = fd;
    hosts->recorder = recorder_new();
    uint64_t next_ns = clock_boot_ns();
    for (size_t i = 0; i < hosts->count; i++)
        host_tend(&hosts->all[i], next_ns);
    listen_until(hosts, next_ns + hosts->timeout_ns, true);
    for (bool is_first = true; hosts->recorder; is_first = false) {
        if (refresh(hosts, is_first) < 0)
            return;
        next_ns = clock_boot_ns() + hosts->interval_ns;
        listen_until(hosts, next_ns, false);
    }
}

/* Written by the helper, read by its starter: MAP_SHARED. */
static _Atomic uint64_t *shifts;

static void share_shifts(struct hosts *hosts)
{
    size_t size = HOSTS_MOST * sizeof(*shifts);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shifts = memory == MAP_FAILED ? NULL : memory;
    for (size_t i = 0; shifts && i < hosts->count; i++)
        hosts->all[i].shift_ticks = &shifts[i];
}

uint64_t hosts_start_ticks(struct identity id)
{
    pid_t number = pid_host(id.pid) >> PID_LOCAL_BITS;
    size_t index = number > 0 ? (size_t)number - 1 : 0;
    uint64_t shift = shifts && index < HOSTS_MOST ? atomic_load(&shifts[index]) : 0;
    return shift == 0 || id.start_ticks < shift ? 0 : id.start_ticks - shift;
}

int hosts_open(const char *list, const struct feed_memory *memory, struct feed **ret_feed,
               struct error *error)
{
    uint64_t interval_ns = memory->interval_ns > 0 ? memory->interval_ns : NS_PER_SEC;
    char names[HOSTS_MOST][HOST_NAME_SIZE];
    struct helper helper = HELPER_INIT;
    const char *timeout = getenv("REAPTOP_HOST_TIMEOUT");
    int count = split_list(list, names, error);
    if (count < 0)
        return count;
    struct hosts *hosts = calloc(1, sizeof(*hosts));
    if (!hosts)
        return error_set_errno(error, -ENOMEM, "%s", "--host");
    hosts->count = (size_t)count;
    hosts->interval_ns = interval_ns;
    if (!timeout || number_parse_time(timeout, &hosts->timeout_ns) < 0)
        hosts->timeout_ns = TIMEOUT_NS;
    for (size_t i = 0; i < hosts->count; i++)
        host_init(&hosts->all[i], names[i], i, interval_ns);
    share_shifts(hosts);
    int r = helper_start(HELPER_HOSTS, serve, hosts, -1, &helper);
    free(hosts);
    if (r < 0)
        return error_set_errno(error, r, "%s", "--host");
    return feed_recording_of(&helper, list, memory, ret_feed, error);
}

int feed_open_from(const char *name, const struct feed_memory *memory, struct feed **ret_feed,
                   struct error *error)
{
    const char *list = hosts_in(name);
    return list ? hosts_open(list, memory, ret_feed, error)
                : feed_recording_open(name, memory, ret_feed, error);
}
