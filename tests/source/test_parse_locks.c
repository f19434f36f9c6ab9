#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_locks.h"

static const char text[] = "1: OFDLCK ADVISORY  WRITE -1 fe:00:10952906 0 4\n"
                           "1: -> OFDLCK ADVISORY  WRITE -1 fe:00:10952906 0 4\n"
                           "1:  -> POSIX  ADVISORY  WRITE 9808 fe:00:10952906 2 6\n"
                           "2: POSIX  ADVISORY  READ 9805 fe:00:10952905 0 4\n"
                           "3: FLOCK  ADVISORY  WRITE 9805 103:2:10952905 0 EOF\n"
                           "3: -> FLOCK  ADVISORY  WRITE 9806 103:2:10952905 0 EOF\n"
                           "4: LEASE  ACTIVE    READ  9807 fe:00:77 0 EOF\n";

Test(parse_locks, a_table_with_waiters)
{
    _cleanup_(lock_table_done) struct lock_table table = LOCK_TABLE_INIT;
    cr_assert_eq(parse_locks(text, strlen(text), &table), 0);
    cr_assert_eq(table.count, 7);
    cr_expect_eq(table.locks[0].kind, LOCK_OFD);
    cr_expect_eq(table.locks[0].pid, -1);
    cr_expect_eq(table.locks[0].major, 0xfe);
    cr_expect_eq(table.locks[4].major, 0x103);
    cr_expect_eq(table.locks[4].minor, 2);
    cr_expect_eq(table.locks[6].kind, LOCK_LEASE);

    const struct lock *waiter = lock_find_waiter(&table, 9806, 0);
    cr_assert_not_null(waiter);
    const struct lock *blocker = lock_find_blocker(&table, waiter);
    cr_assert_not_null(blocker);
    cr_expect_eq(blocker->pid, 9805);
    cr_expect_eq(blocker->kind, LOCK_FLOCK);

    waiter = lock_find_waiter(&table, 9808, 10952906);
    cr_assert_not_null(waiter);
    blocker = lock_find_blocker(&table, waiter);
    cr_assert_eq(blocker, &table.locks[0]);
    cr_expect(lock_overlaps(waiter, blocker));
    cr_expect_not(lock_overlaps(waiter, &table.locks[3]));
    cr_expect_null(lock_find_waiter(&table, 9805, 0));
    cr_expect_null(lock_find_waiter(&table, 9806, 5));
}

Test(parse_locks, hostile_lines_are_refused)
{
    static const char *const lines[] = {
        "",
        ":",
        "1",
        "1:",
        "1: ->",
        "1: POSIX",
        "1: POSIX ADVISORY WRITE",
        "1: POSIX ADVISORY WRITE x fe:00:1 0 EOF",
        "1: POSIX ADVISORY WRITE 5 fe:00 0 EOF",
        "1: POSIX ADVISORY WRITE 5 fe:00:1 0",
        "1: POSIX ADVISORY WRITE 5 fe:00:99999999999999999999999 0 EOF",
        "1: POSIX ADVISORY WRITE 5 fffffffff:00:1 0 EOF",
        "1: POSIX ADVISORY WRITE 99999999999 fe:00:1 0 EOF",
    };
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        struct lock lock = {.pid = 42};
        cr_expect_eq(parse_lock(lines[i], strlen(lines[i]), &lock), -EBADMSG, "%s", lines[i]);
        cr_expect_eq(lock.pid, 42);
    }
}

Test(parse_locks, a_waiter_without_its_lock_has_no_blocker)
{
    static const char orphan[] = "7: -> FLOCK  ADVISORY  WRITE 1 fe:00:1 0 EOF\n"
                                 "8: -> FLOCK  ADVISORY  WRITE 2 fe:00:1 0 EOF\n";
    _cleanup_(lock_table_done) struct lock_table table = LOCK_TABLE_INIT;
    cr_assert_eq(parse_locks(orphan, strlen(orphan), &table), 0);
    cr_expect_null(lock_find_blocker(&table, &table.locks[0]));
    cr_expect_null(lock_find_blocker(&table, &table.locks[1]));
}
