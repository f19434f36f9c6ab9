/*
 * clock: the two clocks that pure code takes as an argument.
 */
#ifndef REAPTOP_BASE_CLOCK_H
#define REAPTOP_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SEC UINT64_C(1000000000)
#define NS_PER_MS  UINT64_C(1000000)

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

#endif
