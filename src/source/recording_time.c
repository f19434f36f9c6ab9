/*
 * recording_time: the moments of a recording as people write them.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/source/recording.h"

const char *recording_time_forms(void)
{
    return _("a time such as 14:03, 14:03:07, '2026-11-20 14:03', +30s or -5m");
}

/* "14:03" or "14:03:07": seconds of the day; -1. */
static int64_t parse_clock(const char *text)
{
    int hour = -1, minute = -1, second = 0, used = 0;
    bool is_clock =
        (sscanf(text, "%2d:%2d%n", &hour, &minute, &used) == 2 && !text[used]) ||
        (sscanf(text, "%2d:%2d:%2d%n", &hour, &minute, &second, &used) == 3 && !text[used]);
    if (!is_clock || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 59)
        return -1;
    return hour * 3600 + minute * 60 + second;
}

/* "2026-11-20" and what parts it from the clock: seconds since 1970, and how long it was. */
static bool parse_date(const char *text, int64_t *ret_s, int *ret_length)
{
    struct tm date = {0};
    char joint = '\0';
    int used = 0;
    if (sscanf(text, "%4d-%2d-%2d%c%n", &date.tm_year, &date.tm_mon, &date.tm_mday, &joint,
               &used) != 4 ||
        (joint != ' ' && joint != 'T') || date.tm_year < 1970 || date.tm_mon < 1 ||
        date.tm_mon > 12 || date.tm_mday < 1 || date.tm_mday > 31)
        return false;
    date.tm_year -= 1900;
    date.tm_mon -= 1;
    *ret_s = (int64_t)timegm(&date);
    *ret_length = used;
    return true;
}

static int parse_step(const char *text, uint64_t now_ns, uint64_t *ret_time_ns)
{
    uint64_t ns;
    if (number_parse_time(text + 1, &ns) < 0)
        return -EINVAL;
    if (*text == '+')
        *ret_time_ns = now_ns + ns;
    else
        *ret_time_ns = now_ns > ns ? now_ns - ns : 0;
    return 0;
}

int recording_parse_time(const char *text, uint64_t now_ns, int32_t utc_offset_s,
                         uint64_t *ret_time_ns)
{
    if (*text == '+' || *text == '-')
        return parse_step(text, now_ns, ret_time_ns);
    int64_t local = (int64_t)(now_ns / NS_PER_SEC) + utc_offset_s, day = local - local % S_PER_DAY;
    int length = 0;
    (void)parse_date(text, &day, &length);
    int64_t clock = parse_clock(text + length);
    if (clock < 0)
        return -EINVAL;
    int64_t at = day + clock - utc_offset_s;
    *ret_time_ns = at < 0 ? 0 : (uint64_t)at * NS_PER_SEC;
    return 0;
}
