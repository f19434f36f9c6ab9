#include "reaptop/model/origin.h"

#include <criterion/criterion.h>

/* In the C locale the words are those of the tables. */
Test(origin, is_added_whole)
{
    static const char *const origins[] = {
        "/proc/PID/stat field 3, /proc/PID/status State",
        "/proc/PID/stat fields 4 to 6",
        "/proc/PID/pagemap bits 0-54, /proc/kpageflags",
        "fork(2)",
        "",
    };
    struct strbuf out = STRBUF_INIT;
    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        strbuf_clear(&out);
        origin_add(&out, origins[i]);
        cr_expect_str_eq(strbuf_text(&out), origins[i]);
    }
    strbuf_done(&out);
}
