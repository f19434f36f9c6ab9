#include "switch_trace.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

enum {
    RING_PAGES = 128,
    RECORD_MAX = 512
};

/* Where a field lies in a tracepoint's data: its "format" file. */
struct place {
    unsigned offset, size;
};

static struct {
    uint16_t switch_id, wakeup_id;
    struct place prev_pid, prev_state, next_pid, woken_pid;
    int switches, wakeups; /* perf descriptors; the second writes into the first one's ring */
    struct perf_event_mmap_page *ring;
    size_t size; /* of the data behind the first page */
    uint64_t lost;
} trace = {.switches = -1, .wakeups = -1};

static const char *tracefs(void)
{
    static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    char path[128];

    for (int is_mounted = 0; is_mounted < 2; is_mounted++) {
        for (size_t i = 0; i < 2; i++) {
            (void)snprintf(path, sizeof(path), "%s/events/sched/sched_switch/id", places[i]);
            if (access(path, R_OK) == 0)
                return places[i];
        }
        /* In a mount namespace of our own, so that nobody else sees it. */
        if (is_mounted || unshare(CLONE_NEWNS) < 0 ||
            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("none", places[0], "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
            return NULL;
    }
    return NULL;
}

/* "field:pid_t prev_pid;	offset:24;	size:4;	signed:1;" */
static bool find_place(const char *directory, const char *event, const char *field,
                       struct place *ret_place)
{
    char path[160], line[256], name[64];
    (void)snprintf(path, sizeof(path), "%s/events/sched/%s/format", directory, event);
    (void)snprintf(name, sizeof(name), " %s;", field);
    _cleanup_file_ FILE *stream = fopen(path, "re");

    while (stream && fgets(line, sizeof(line), stream)) {
        const char *at = strstr(line, name);
        if (at && sscanf(at + strlen(name), " offset:%u; size:%u;", &ret_place->offset,
                         &ret_place->size) == 2)
            return true;
    }
    return false;
}

static uint16_t event_id(const char *directory, const char *event)
{
    char path[160], text[16] = "";

    (void)snprintf(path, sizeof(path), "%s/events/sched/%s/id", directory, event);
    _cleanup_file_ FILE *stream = fopen(path, "re");
    if (!stream || !fgets(text, sizeof(text), stream))
        return 0;
    return (uint16_t)strtoul(text, NULL, 10);
}

static bool find_events(const char *directory)
{
    trace.switch_id = event_id(directory, "sched_switch");
    trace.wakeup_id = event_id(directory, "sched_wakeup");
    return trace.switch_id && trace.wakeup_id &&
           find_place(directory, "sched_switch", "prev_pid", &trace.prev_pid) &&
           find_place(directory, "sched_switch", "prev_state", &trace.prev_state) &&
           find_place(directory, "sched_switch", "next_pid", &trace.next_pid) &&
           find_place(directory, "sched_wakeup", "pid", &trace.woken_pid);
}

static int open_event(unsigned id, unsigned processor)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof(attributes),
        .config = id,
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
    };

    long fd =
        syscall(SYS_perf_event_open, &attributes, -1, (int)processor, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

int switch_trace_open(unsigned processor, char *ret_why, size_t size)
{
    const char *directory = tracefs();
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (!directory || !find_events(directory)) {
        (void)snprintf(ret_why, size, "%s",
                       _("tracefs cannot be read, which has the tracepoint sched_switch (as root; "
                         "mount -t tracefs none /sys/kernel/tracing)"));
        return -EACCES;
    }
    trace.switches = open_event(trace.switch_id, processor);
    trace.wakeups = open_event(trace.wakeup_id, processor);
    int r = trace.switches < 0 ? trace.switches : trace.wakeups < 0 ? trace.wakeups : 0;
    if (r == 0) {
        trace.size = RING_PAGES * page;
        void *ring =
            mmap(NULL, trace.size + page, PROT_READ | PROT_WRITE, MAP_SHARED, trace.switches, 0);
        if (ring == MAP_FAILED ||
            ioctl(trace.wakeups, PERF_EVENT_IOC_SET_OUTPUT, trace.switches) < 0)
            r = -errno;
        else
            trace.ring = ring;
    }
    if (r < 0)
        (void)snprintf(ret_why, size,
                       _("the tracepoint sched_switch cannot be followed (%s): perf_event_open(2) "
                         "wants CAP_PERFMON"),
                       strerror(-r));
    return r;
}

void switch_trace_forget(void)
{
    if (!trace.ring)
        return;
    trace.ring->data_tail = trace.ring->data_head;
    trace.lost = 0;
}

uint64_t switch_trace_lost(void)
{
    return trace.lost;
}

/* Copies from the ring, whose end goes on at its beginning. */
static void copy_out(uint64_t from, void *to, size_t length)
{
    const char *data = (const char *)trace.ring + trace.ring->data_offset;
    size_t at = (size_t)(from % trace.size);
    size_t first = length < trace.size - at ? length : trace.size - at;

    memcpy(to, data + at, first);
    memcpy((char *)to + first, data, length - first);
}

static int64_t field_of(const unsigned char *raw, size_t length, struct place place)
{
    int64_t wide = 0;
    int32_t narrow = 0;

    if (place.offset + place.size > length)
        return -1;
    if (place.size == sizeof(wide)) {
        memcpy(&wide, raw + place.offset, sizeof(wide));
        return wide;
    }
    memcpy(&narrow, raw + place.offset, sizeof(narrow));
    return narrow;
}

/* PERF_RECORD_SAMPLE with TIME and RAW: u64 time, u32 size, data. */
static bool decode(const unsigned char *record, size_t length, struct sched_event *ret_event)
{
    uint32_t size;
    uint16_t id;

    if (length < 16)
        return false;
    memcpy(&ret_event->time_ns, record, sizeof(ret_event->time_ns));
    memcpy(&size, record + 8, sizeof(size));
    const unsigned char *raw = record + 12;
    if (size > length - 12 || size < sizeof(id))
        return false;
    memcpy(&id, raw, sizeof(id)); /* common_type */
    ret_event->is_wakeup = id == trace.wakeup_id;
    if (ret_event->is_wakeup) {
        ret_event->prev = 0;
        ret_event->next = (pid_t)field_of(raw, size, trace.woken_pid);
        return true;
    }
    ret_event->prev = (pid_t)field_of(raw, size, trace.prev_pid);
    ret_event->next = (pid_t)field_of(raw, size, trace.next_pid);
    ret_event->prev_state = field_of(raw, size, trace.prev_state);
    return id == trace.switch_id;
}

bool switch_trace_next(struct sched_event *ret_event)
{
    unsigned char record[RECORD_MAX];
    struct perf_event_header header;

    while (trace.ring) {
        uint64_t head = trace.ring->data_head, tail = trace.ring->data_tail;
        atomic_thread_fence(memory_order_acquire);
        if (tail == head)
            return false;
        copy_out(tail, &header, sizeof(header));
        size_t length = header.size - sizeof(header);
        bool is_event = header.type == PERF_RECORD_SAMPLE && length <= sizeof(record);
        if (is_event || (header.type == PERF_RECORD_LOST && length <= sizeof(record)))
            copy_out(tail + sizeof(header), record, length);
        if (header.type == PERF_RECORD_LOST) {
            uint64_t lost;
            memcpy(&lost, record + 8, sizeof(lost)); /* u64 id, u64 lost */
            trace.lost += lost;
        }
        atomic_thread_fence(memory_order_release);
        trace.ring->data_tail = tail + header.size;
        if (is_event && decode(record, length, ret_event))
            return true;
    }
    return false;
}
