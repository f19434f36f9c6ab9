#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/text.h"
#include "reaptop/model/process.h"
#include "reaptop/view/columns.h"

/* A column's text is its field's value, which needs a member or a case in field_value(). */
Test(columns, every_column_has_a_title_and_a_text)
{
    const struct process process = {.id = {.pid = 1, .start_ticks = 1},
                                    .state = 'S',
                                    .comm = "comm",
                                    .user = "user",
                                    .tty_name = "pts/1",
                                    .host = "build7",
                                    .threads = 1,
                                    .subtree_count = 1};
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        char text[COLUMN_TEXT_SIZE] = "";
        cr_assert_not_null(columns[column].title);
        (void)column_format(column, &process, 100, 20, text);
        cr_expect(text[0] != '\0' || column == COLUMN_COMMAND, "%s", columns[column].title);
        enum field field = columns[column].field;
        cr_expect(field_part(field) != EXTRA_NONE ||
                      field_value(field, &process).type == fields[field].type,
                  "%s has no value", fields[field].name);
    }
}

Test(columns, sizes_fit_five_columns)
{
    static const struct {
        uint64_t kib;
        const char *text;
    } sizes[] = {
        {0, "0K"},
        {9999, "9999K"},
        {10000, "9.8M"},
        {102400, "100M"},
        {1024000, "1000M"},
        {1048576, "1.0G"},
        {UINT64_C(100) << 20, "100G"},
        {UINT64_C(1) << 30, "1.0T"},
        {UINT64_MAX, NULL},
    };
    char text[COLUMN_TEXT_SIZE];
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        format_kib(sizes[i].kib, text);
        cr_expect_leq(strlen(text), 6, "%s", text);
        if (sizes[i].text && sizes[i].kib != 1024000)
            cr_expect_str_eq(text, sizes[i].text);
    }
    for (uint64_t kib = 0; kib < UINT64_C(1) << 50; kib = kib * 3 / 2 + 1) {
        format_kib(kib, text);
        cr_expect_leq(strlen(text), 5, "%llu: %s", (unsigned long long)kib, text);
    }
}

Test(columns, cpu_times_fit_nine_columns)
{
    static const struct {
        uint64_t ticks;
        const char *text;
    } times[] = {
        {0, "0:00.00"},      {731, "0:07.31"},      {359999, "59:59.99"},
        {360000, "1:00:00"}, {4560700, "12:40:07"}, {268000000, "31d 00h"},
    };
    char text[COLUMN_TEXT_SIZE];
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        format_cpu_time(times[i].ticks, 100, text);
        cr_expect_str_eq(text, times[i].text);
    }
    for (uint64_t ticks = 0; ticks < UINT64_MAX / 4; ticks = ticks * 2 + 7) {
        format_cpu_time(ticks, 100, text);
        cr_expect_leq(strlen(text), 9, "%s", text);
    }
}

Test(columns, ages_read_well)
{
    char text[COLUMN_TEXT_SIZE];
    format_age(4 * NS_PER_SEC, text);
    cr_expect_str_eq(text, "4s");
    format_age(11040 * NS_PER_SEC, text);
    cr_expect_str_eq(text, "3h 04m");
    format_age(UINT64_C(2703600) * NS_PER_SEC, text);
    cr_expect_str_eq(text, "31d 7h");
}

Test(columns, what_fits_is_in_order_and_inside)
{
    for (int cols = 1; cols <= 300; cols++) {
        struct column_place places[COLUMN_COUNT];
        size_t count = columns_fit(cols, 4194304, places);
        cr_assert_geq(count, 2);
        cr_assert_eq(places[0].column, COLUMN_PID);
        cr_assert_eq(places[count - 1].column, COLUMN_COMMAND);
        for (size_t i = 1; i < count; i++) {
            cr_assert_gt(places[i].column, places[i - 1].column);
            cr_assert_eq(places[i].col, places[i - 1].col + places[i - 1].cols + 1);
        }
        if (cols >= 40)
            cr_assert_eq(places[count - 1].col + places[count - 1].cols, cols);
        cr_assert_geq(places[0].cols, 7);
    }
}

Test(columns, eighty_columns_show_what_ps_shows)
{
    struct column_place places[COLUMN_COUNT];
    size_t count = columns_fit(80, 32768, places);
    static const enum column expected[] = {COLUMN_PID,  COLUMN_PPID,    COLUMN_STATE,
                                           COLUMN_USER, COLUMN_THREADS, COLUMN_RSS,
                                           COLUMN_CPU,  COLUMN_COMMAND};
    cr_assert_eq(count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(places[i].column, expected[i]);
}

/* The state is a letter at every width, and a word beside it where there is room. */
Test(columns, states_are_letters_and_words)
{
    char text[COLUMN_TEXT_SIZE];
    struct process process = {.state = 'D', .cpu_percent = CPU_UNKNOWN};
    cr_expect_eq(column_format(COLUMN_STATE, &process, 100, 1, text), STYLE_DISK);
    cr_expect_str_eq(text, "D");
    (void)column_format(COLUMN_STATE, &process, 100, 10, text);
    cr_expect_str_eq(text, "D disk");
    process.state = 'Z';
    process.threads = 2; /* its first thread alone has ended */
    (void)column_format(COLUMN_STATE, &process, 100, 10, text);
    cr_expect_str_eq(text, "Z lives on");
    process.threads = 1;
    (void)column_format(COLUMN_STATE, &process, 100, 10, text);
    cr_expect_str_eq(text, "Z zombie");
    process.state = 'q';
    (void)column_format(COLUMN_STATE, &process, 100, 10, text);
    cr_expect_str_eq(text, "q ?");
    (void)column_format(COLUMN_CPU, &process, 100, 5, text);
    cr_expect_str_eq(text, "n/a", "an unknown share is not 0");
}

Test(columns, are_found_by_title_and_field)
{
    cr_expect_eq(column_from_name("rss"), COLUMN_RSS);
    cr_expect_eq(column_from_name("rss_kib"), COLUMN_RSS);
    cr_expect_eq(column_from_name("CPU%"), COLUMN_CPU);
    cr_expect_lt(column_from_name("nothing"), 0);
}

/* A value as wide as it can be leaves a blank before the next. */
Test(columns, a_user_whose_name_does_not_fit_is_shown_by_number)
{
    const struct process process = {.user = "averyveryverylongusername", .uid = 70123};
    char text[COLUMN_TEXT_SIZE];
    (void)column_format(COLUMN_USER, &process, 100, 8, text);
    cr_expect_str_eq(text, "70123");
    (void)column_format(COLUMN_USER, &process, 100, 32, text);
    cr_expect_str_eq(text, "averyveryverylongusername");
}

/* What is read on demand: a value, none, not read yet, and why not are four different cells. */
Test(columns, what_is_read_on_demand)
{
    char buffer[COLUMN_TEXT_SIZE];
    enum style style;
    const struct column_clock clock = {.ticks_per_second = 100};
    static const char long_path[] =
        "/a/very/long/path/that/is/longer/than/a/cell/may/be/because/it/goes/on/and/on/and/on/and/"
        "on/and/on/and/on/and/on/and/on/and/on/and/on/to/its/end";
    struct extra extra = {
        .access = {[EXTRA_MEMORY] = ACCESS_OK,
                   [EXTRA_EXE] = ACCESS_OK,
                   [EXTRA_CGROUP] = ACCESS_OK,
                   [EXTRA_QUOTA] = ACCESS_OK,
                   [EXTRA_IO] = ACCESS_DENIED,
                   [EXTRA_FDS] = ACCESS_ZOMBIE},
        .swap_kib = 123456,
        .throttled_percent = 91.66,
        .exe = long_path,
    };
    const struct process process = {.state = 'S', .comm = "x", .extra = &extra};
    const struct {
        enum column column;
        int cols;
        const char *text;
    } cells[] = {
        {COLUMN_SWAP, 5, "121M"},       {COLUMN_SWAP, 8, "121M"},     {COLUMN_SHARED, 5, "0K"},
        {COLUMN_EXE, 24, long_path},    {COLUMN_UNIT, 18, "-"},       {COLUMN_IO_READ, 6, "denied"},
        {COLUMN_IO_READ, 5, "n/a"},     {COLUMN_DESCRIPTORS, 6, "-"}, {COLUMN_PSS, 5, ".."},
        {COLUMN_THROTTLED, 9, " 91.7"},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
        cr_expect_str_eq(
            column_text(cells[i].column, &process, &clock, cells[i].cols, buffer, &style),
            cells[i].text, "%s", columns[cells[i].column].title);
}

/* What a machine does not have is not shown as 0. */
Test(columns, a_machine_has_no_figures_of_a_process)
{
    char buffer[COLUMN_TEXT_SIZE];
    enum style style;
    const struct column_clock clock = {.ticks_per_second = 100};
    const pid_t pid = 2 << PID_LOCAL_BITS;
    struct process machine = {
        .id = {.pid = pid, .start_ticks = 1}, .state = 'S', .comm = "web1", .host = "web1"};
    for (int column = 0; column < COLUMN_COUNT; column++)
        if (column != COLUMN_PID && column != COLUMN_HOST && column != COLUMN_COMMAND &&
            field_part(columns[column].field) == EXTRA_NONE)
            cr_expect_str_eq(column_text((enum column)column, &machine, &clock, 12, buffer, &style),
                             "-", "%s", columns[column].title);
    machine.state = '?';
    cr_expect_eq(column_text(COLUMN_STATE, &machine, &clock, 12, buffer, &style)[0], '?');
}

Test(columns, start_is_a_time_or_a_date)
{
    char buffer[COLUMN_TEXT_SIZE];
    enum style style;
    /* 2026-03-05 12:00:00 UTC, and local time two hours ahead */
    const struct column_clock clock = {100, UINT64_C(1772712000) * 1000000000, 7200};
    struct process process = {.start_ns = 1, .age_ns = UINT64_C(3600) * 1000000000};
    cr_expect_str_eq(column_text(COLUMN_START, &process, &clock, 8, buffer, &style), "13:00:00");
    process.age_ns = UINT64_C(864000) * 1000000000;
    cr_expect_str_eq(column_text(COLUMN_START, &process, &clock, 8, buffer, &style), "Feb 23");
    process.age_ns = UINT64_C(31536000) * 1000000000;
    cr_expect_str_eq(column_text(COLUMN_START, &process, &clock, 8, buffer, &style), "2025");
    process.start_ns = 0;
    cr_expect_str_eq(column_text(COLUMN_START, &process, &clock, 8, buffer, &style), "n/a");
}
