#include "reaptop/base/clock.h"

#include <stdio.h>

const char *clock_text(uint64_t time_ns, int32_t utc_offset_s,
                       char ret_text[static CLOCK_TEXT_SIZE])
{
    int64_t local_s = (int64_t)(time_ns / NS_PER_SEC) + utc_offset_s;
    unsigned s = (unsigned)((local_s % S_PER_DAY + S_PER_DAY) % S_PER_DAY);
    (void)snprintf(ret_text, CLOCK_TEXT_SIZE, "%02u:%02u:%02u", s / 3600 % 24, s / 60 % 60, s % 60);
    return ret_text;
}

const char *clock_text_ms(uint64_t time_ns, int32_t utc_offset_s,
                          char ret_text[static CLOCK_TEXT_SIZE])
{
    char text[CLOCK_TEXT_SIZE];
    (void)snprintf(ret_text, CLOCK_TEXT_SIZE, "%.8s.%03u", clock_text(time_ns, utc_offset_s, text),
                   (unsigned)(time_ns / NS_PER_MS % 1000));
    return ret_text;
}
