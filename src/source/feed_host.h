/*
 * feed_host: one other machine: its ssh, what that sends, and what is known of it.
 */
#ifndef REAPTOP_SOURCE_FEED_HOST_H
#define REAPTOP_SOURCE_FEED_HOST_H

#include "reaptop/base/helper.h"
#include "reaptop/source/feed_hosts.h"

enum {
    HOST_TICKS_PER_SECOND = 100,
    HOST_WHY_SIZE = 192
};

/*
 * Clocks since boot are made one: ours and as much more, so that what started
 * before this machine did has a time, too.
 */
#define HOST_CLOCK_NS (UINT64_C(1) << 60)

struct host {
    char name[HOST_NAME_SIZE];
    pid_t number; /* of its row, and the upper bits of its PIDs */
    uint64_t interval_ns;
    struct helper ssh;
    int error_fd;      /* its standard error; -EBADF */
    bool is_up;        /* ssh runs */
    bool has_reported; /* a snapshot has come since ssh was started */
    struct recording_reader *reader;
    struct recording_header header;
    struct snapshot snapshot; /* the last one, its PIDs and times as it had them */
    bool has_snapshot;
    struct event *events; /* translated, since the last refresh */
    size_t event_count, event_capacity, lost;
    uint64_t reported_ns; /* CLOCK_BOOTTIME of the last snapshot's arrival */
    uint64_t booted_ns;   /* its CLOCK_REALTIME at its boot: another one: it has rebooted */
    int64_t shift_ns;     /* from its clock since boot to the common one */
    _Atomic uint64_t *shift_ticks; /* the same in ticks, for hosts_start_ticks(); NULL */
    int64_t clock_ns;              /* its CLOCK_REALTIME at the sweep, less ours at the arrival */
    uint64_t retry_ns;             /* when ssh is started again */
    unsigned failures;             /* in a row */
    char said[HOST_WHY_SIZE];      /* by ssh since it was started, the last line */
    char why[HOST_WHY_SIZE];       /* it failed last */
};

void host_init(struct host *host, const char *name, size_t index, uint64_t interval_ns);

/* Starts ssh where it does not run and its time has come. */
void host_tend(struct host *host, uint64_t now_ns);

/* What has come, without waiting. `is_lone`: PIDs stay as they are. */
void host_read(struct host *host, bool is_lone, uint64_t now_ns);
void host_read_error(struct host *host);

/* Does anybody know what its processes do now? */
bool host_is_known(const struct host *host, uint64_t now_ns, uint64_t silent_ns);

/* "214 processes, Linux 6.1.0, its clock 3.2 s ahead", "silent for 12 s", "Permission denied". */
void host_describe(const struct host *host, uint64_t now_ns, char ret_text[static HOST_WHY_SIZE]);

/* Its row and its processes. -ENOMEM. */
int host_add(const struct host *host, bool is_lone, uint64_t now_ns, uint64_t silent_ns,
             struct snapshot *next);

#endif
