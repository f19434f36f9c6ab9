/*
 * clock: the two clocks that pure code takes as an argument, and a time of day as text.
 */
#ifndef REAPTOP_BASE_CLOCK_H
#define REAPTOP_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SEC UINT64_C(1000000000)
#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_US  UINT64_C(1000)
#define MS_PER_SEC 1000
#define S_PER_DAY  86400

enum {
    CLOCK_TEXT_SIZE = 16
};

static inline double clock_seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_SEC;
}

static inline uint64_t clock_ns(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

/* CLOCK_BOOTTIME: what /proc/PID/stat's starttime counts in, suspend included. */
static inline uint64_t clock_boot_ns(void)
{
    return clock_ns(CLOCK_BOOTTIME);
}

/* CLOCK_REALTIME, nanoseconds since the Epoch. */
static inline uint64_t clock_real_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

/* Seconds east of UTC that this machine's local time is at that CLOCK_REALTIME. */
static inline int32_t clock_utc_offset_s(uint64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / NS_PER_SEC);
    struct tm local;
    return localtime_r(&seconds, &local) ? (int32_t)local.tm_gmtoff : 0;
}

/* "14:03:07": that CLOCK_REALTIME on a clock so many seconds east of UTC. Returns ret_text. */
const char *clock_text(uint64_t time_ns, int32_t utc_offset_s,
                       char ret_text[static CLOCK_TEXT_SIZE]);

/* "14:03:07.512": the same with milliseconds. */
const char *clock_text_ms(uint64_t time_ns, int32_t utc_offset_s,
                          char ret_text[static CLOCK_TEXT_SIZE]);

#endif
