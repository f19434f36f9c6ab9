#include <criterion/criterion.h>
#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/arena.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"

Test(array, spawns_zeroed_and_keeps_what_it_has)
{
    _cleanup_free_ int *items = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < 1000; i++) {
        cr_assert_eq(array_reserve(&items, &capacity, i + 1), 0);
        cr_assert_eq(items[i], 0);
        items[i] = (int)i;
    }
    for (size_t i = 0; i < 1000; i++)
        cr_assert_eq(items[i], (int)i);
}

Test(array, refuses_what_overflows)
{
    _cleanup_free_ uint64_t *items = NULL;
    size_t capacity = 0;
    cr_assert_eq(array_reserve(&items, &capacity, 4), 0);
    items[0] = 42;
    cr_expect_eq(array_reserve(&items, &capacity, SIZE_MAX / 4), -ENOMEM);
    cr_expect_eq(items[0], 42);
    cr_expect_geq(capacity, 4);
}

Test(strbuf, appends_and_hands_over)
{
    struct strbuf buf = STRBUF_INIT;
    cr_expect_str_eq(strbuf_text(&buf), "");
    strbuf_puts(&buf, "one");
    strbuf_putc(&buf, ' ');
    strbuf_printf(&buf, "%d", 2);
    strbuf_append(&buf, "\0x", 2);
    strbuf_repeat(&buf, '-', 3);
    cr_expect_eq(buf.length, 10);
    cr_expect_eq(memcmp(buf.data, "one 2\0x---", 11), 0);
    _cleanup_free_ char *taken = strbuf_take(&buf);
    cr_expect_not_null(taken);
    cr_expect_eq(buf.length, 0);
    cr_expect_null(buf.data);
}

Test(strbuf, error_stays_until_cleared)
{
    struct strbuf buf = STRBUF_INIT;
    strbuf_puts(&buf, "kept");
    strbuf_repeat(&buf, 'x', SIZE_MAX - 2);
    cr_expect_eq(buf.error, -ENOMEM);
    cr_expect_str_eq(strbuf_text(&buf), "kept");
    strbuf_clear(&buf);
    cr_expect_eq(buf.error, 0);
    strbuf_done(&buf);
}

Test(arena, what_is_emptied_is_used_again_and_zeroed)
{
    struct arena arena = ARENA_INIT;
    for (int turn = 0; turn < 5; turn++) {
        size_t strings = turn < 3 ? 4000 : 10; /* of many blocks, and of one */
        for (size_t i = 0; i < strings; i++) {
            char *bytes = arena_alloc(&arena, 64);
            cr_assert_not_null(bytes);
            for (size_t at = 0; at < 64; at++)
                cr_assert_eq(bytes[at], 0);
            memset(bytes, 0x5a, 64);
        }
        cr_expect_not_null(arena_alloc(&arena, 1 << 20));
        arena_clear(&arena);
    }
    arena_done(&arena);
}

Test(arena, aligned_zeroed_and_separate)
{
    struct arena arena = ARENA_INIT;
    for (size_t i = 1; i < 3000; i += 7) {
        char *bytes = arena_alloc(&arena, i);
        cr_assert_not_null(bytes);
        cr_assert_eq((uintptr_t)bytes % alignof(max_align_t), 0);
        for (size_t at = 0; at < i; at++)
            cr_assert_eq(bytes[at], 0);
        memset(bytes, 0xff, i);
    }
    const char *big = arena_strndup(&arena, "abc", 2);
    cr_expect_str_eq(big, "ab");
    cr_expect_not_null(arena_alloc(&arena, 1 << 20));
    cr_expect_null(arena_alloc(&arena, SIZE_MAX));
    cr_expect_null(arena_strdup(&arena, NULL));
    arena_done(&arena);
}

Test(error, context_is_added_on_the_way_up)
{
    struct error error = ERROR_INIT;
    cr_expect_eq(error_set_errno(&error, -EACCES, "open %s", "/proc/12/maps"), -EACCES);
    cr_expect_str_eq(error.message, "open /proc/12/maps: Permission denied");
    cr_expect_eq(error_wrap(&error, "maps of %d", 12), -EACCES);
    cr_expect_str_eq(error.message, "maps of 12: open /proc/12/maps: Permission denied");
    cr_expect_eq(error_set(NULL, -EINVAL, "nobody listens"), -EINVAL);

    char longest[600];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    (void)error_set_errno(&error, -EIO, "%s", longest);
    (void)error_wrap(&error, "%s", longest);
    cr_expect_eq(strlen(error.message), sizeof(error.message) - 1);
}

Test(cleanup, descriptors_and_pointers_change_hands)
{
    int fd = 5;
    cr_expect_eq(take_fd(fd), 5);
    cr_expect_eq(fd, -EBADF);
    char *text = strdup("x"), *kept = take_pointer(text);
    cr_expect_null(text);
    free(kept);
    errno = ENOENT;
    cr_expect_eq(fd_close(-EBADF), -EBADF);
    cr_expect_eq(errno, ENOENT);
}
