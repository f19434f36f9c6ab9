#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/control/target.h"

/* ---- words ---- */

static const struct {
    const char *text;
    pid_t pid; /* 0: refused, and the reason holds `expected` */
    uint64_t inode;
    const char *expected;
} texts[] = {
    {"4711", 4711, 0, NULL},
    {"1", 1, 0, NULL},
    {"2147483647", 2147483647, 0, NULL},
    {"4711:88123", 4711, 88123, NULL},
    {"4711:18446744073709551615", 4711, UINT64_MAX, NULL},
    {"0", 0, 0, "our own process group"},
    {"-1", 0, 0, "every process"},
    {"-4711", 0, 0, "negative"},
    {"2147483648", 0, 0, "larger than any PID"},
    {"99999999999999999999999", 0, 0, "larger than any PID"},
    {"12x", 0, 0, "'12x' is not a process"},
    {"x", 0, 0, "is not a process"},
    {"", 0, 0, "is not a process"},
    {" 12", 0, 0, "is not a process"},
    {"+12", 0, 0, "is not a process"},
    {"0x12", 0, 0, "is not a process"},
    {"12:", 0, 0, "is not a process"},
    {":12", 0, 0, "is not a process"},
    {"12:0", 0, 0, "is not a process"},
    {"12:-1", 0, 0, "is not a process"},
    {"12:18446744073709551616", 0, 0, "is not a process"},
    {"12:3:4", 0, 0, "is not a process"},
    {"12:3x", 0, 0, "is not a process"},
    {"111111111111111111111111111111111111111111111111111111111111111111111", 0, 0,
     "is not a process"},
};

Test(target, reads_what_a_person_writes)
{
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        struct target target = {.pid = -7};
        struct error error = ERROR_INIT;
        int r = target_parse(texts[i].text, &target, &error);
        if (texts[i].pid != 0) {
            cr_expect_eq(r, 0, "%s: %s", texts[i].text, error.message);
            cr_expect_eq(target.pid, texts[i].pid);
            cr_expect_eq(target.inode, texts[i].inode);
        } else {
            cr_expect_eq(r, -EINVAL, "%s", texts[i].text);
            cr_expect_eq(target.pid, -7, "untouched");
            cr_expect(strstr(error.message, texts[i].expected), "%s: %s", texts[i].text,
                      error.message);
        }
    }
}

Test(target, reads_pid_and_start)
{
    static const char *const wrong[] = {
        "4711",   "@5",     "0@5",      "-1@5", "4711@",
        "4711@0", "4711@x", "4711@5@6", "x@5",  "4711@18446744073709551616"};
    struct identity id = {.pid = -7};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        cr_expect_eq(target_parse_started(wrong[i], &id), -EINVAL, "%s", wrong[i]);
    cr_expect_eq(id.pid, -7, "untouched");
    cr_assert_eq(target_parse_started("4711@88123", &id), 0);
    cr_expect(id.pid == 4711 && id.start_ticks == 88123 && id.inode == 0);
}
