#include "reaptop/model/reference.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "course_words.h"
#include "reaptop/base/array.h"
#include "reaptop/model/event.h"
#include "reaptop/model/field.h"
#include "reaptop/model/signals.h"

Test(reference, every_entry_is_whole_and_found_by_its_name)
{
    for (size_t i = 0; i < reference_count(); i++) {
        struct reference entry = reference_at(i), found;
        char topic[96];
        cr_assert_gt(strlen(entry.name), 0);
        cr_assert_not_null(entry.title);
        cr_assert_gt(strlen(entry.meaning), 5, "%s", entry.name);
        cr_assert_not_null(strchr(entry.manual, '('), "%s: %s", entry.name, entry.manual);
        cr_assert_leq(strlen(entry.name), 63);
        (void)snprintf(topic, sizeof(topic), "%s %s", reference_kind_name(entry.kind), entry.name);
        cr_assert_eq(reference_find(topic, &found), 0, "%s", topic);
        cr_expect_eq(found.kind, entry.kind, "%s", topic);
        cr_expect_str_eq(found.name, entry.name);
        cr_assert_eq(reference_find(entry.name, &found), 0, "%s", entry.name);
        cr_expect_leq(found.kind, entry.kind, "%s", entry.name);
    }
}

/* Names are unique within a kind, or the second could never be shown. */
Test(reference, no_name_twice_in_a_kind)
{
    for (size_t i = 0; i < reference_count(); i++)
        for (size_t j = i + 1; j < reference_count(); j++) {
            struct reference a = reference_at(i), b = reference_at(j);
            cr_expect(a.kind != b.kind || strcmp(a.name, b.name) != 0, "%s", a.name);
        }
}

Test(reference, every_state_signal_field_and_event_is_there)
{
    struct reference found;
    char topic[64];
    for (const char *state = "RSDTtXZPI"; *state; state++) {
        (void)snprintf(topic, sizeof(topic), "%c", *state);
        cr_assert_eq(reference_find(topic, &found), 0);
        cr_expect_eq(found.kind, REFERENCE_STATE);
        cr_expect_str_eq(found.name, topic);
    }
    for (size_t i = 0; i < signals_count(); i++) {
        (void)snprintf(topic, sizeof(topic), "SIG%s", signals[i].name);
        cr_assert_eq(reference_find(topic, &found), 0);
        cr_expect_eq(found.number, signals[i].number);
    }
    for (int i = 0; i < FIELD_COUNT; i++) {
        (void)snprintf(topic, sizeof(topic), "field:%s", fields[i].name);
        cr_expect_eq(reference_find(topic, &found), 0, "%s", topic);
    }
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        (void)snprintf(topic, sizeof(topic), "event %s", event_kind_name((enum event_kind)i));
        cr_assert_eq(reference_find(topic, &found), 0, "%s", topic);
        cr_expect_str_eq(found.name, event_kind_name((enum event_kind)i));
    }
}

Test(reference, topics)
{
    const struct {
        const char *topic;
        enum reference_kind kind;
        const char *name; /* NULL: not found */
    } cases[] = {
        {"T", REFERENCE_STATE, "T"},
        {"t", REFERENCE_STATE, "t"},
        {"z", REFERENCE_STATE, "Z"},
        {"s", REFERENCE_STATE, "S"},
        {"defunct", REFERENCE_STATE, "Z"},
        {"zombie", REFERENCE_TERM, "zombie"},
        {"Zombie", REFERENCE_TERM, "zombie"},
        {"event zombie", REFERENCE_EVENT, "zombie"},
        {"TERM", REFERENCE_SIGNAL, "TERM"},
        {"sigterm", REFERENCE_SIGNAL, "TERM"},
        {"15", REFERENCE_SIGNAL, "TERM"},
        {"CLD", REFERENCE_SIGNAL, "CHLD"},
        {"RTMIN+1", REFERENCE_SIGNAL, "RTMIN+1"},
        {"stop", REFERENCE_SIGNAL, "STOP"},
        {"rss", REFERENCE_TERM, "RSS"},
        {"rss_kib", REFERENCE_FIELD, "rss_kib"},
        {"field rss", REFERENCE_FIELD, "rss_kib"},
        {"page-frame", REFERENCE_TERM, "page frame"},
        {"PFN", REFERENCE_TERM, "page frame"},
        {"copy_on_write", REFERENCE_TERM, "copy-on-write"},
        {"EPERM", REFERENCE_ERRNO, "EPERM"},
        {"esrch", REFERENCE_ERRNO, "ESRCH"},
        {"EWOULDBLOCK", REFERENCE_ERRNO, "EAGAIN"},
        {"errno 3", REFERENCE_ERRNO, "ESRCH"},
        {"adopt", REFERENCE_EVENT, "adopt"},
        {"", REFERENCE_TERM, NULL},
        {" ", REFERENCE_TERM, NULL},
        {"event ", REFERENCE_TERM, NULL},
        {"event frobnicate", REFERENCE_TERM, NULL},
        {"32", REFERENCE_TERM, "signals 32 and 33"},
        {"fork(", REFERENCE_TERM, NULL},
        {"s", REFERENCE_STATE, "S"},
        {"()", REFERENCE_TERM, NULL},
        {"frobnicate", REFERENCE_TERM, NULL},
        {"\xff\x1b[31m", REFERENCE_TERM, NULL},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        struct reference found = {.name = "untouched"};
        int r = reference_find(cases[i].topic, &found);
        if (!cases[i].name) {
            cr_expect_eq(r, -ENOENT, "%s", cases[i].topic);
            cr_expect_str_eq(found.name, "untouched");
            continue;
        }
        cr_assert_eq(r, 0, "%s", cases[i].topic);
        cr_expect_eq(found.kind, cases[i].kind, "%s: a %s", cases[i].topic,
                     reference_kind_name(found.kind));
        cr_expect_str_eq(found.name, cases[i].name);
    }
}

/* Spelled in any case, as a plural, with () or a section, with - or _, and in Chinese. */
Test(reference, the_words_of_a_course_are_found)
{
    for (size_t i = 0; i < ELEMENTS(course_words); i++) {
        struct reference found = {.name = "nothing"};
        (void)reference_find(course_words[i].word, &found);
        cr_expect_str_eq(found.name, course_words[i].entry, "%s", course_words[i].word);
    }
}

/* A reader is sent to an experiment; no experiment shows these. */
static const char *const without_lab[] = {
    "core dump",
    "user namespace",
    "credentials",
    "capability",
    "seccomp",
    "no_new_privs",
    "umask",
    "limits",
    "dirty",
    "io_uring",
    "file lock",
    "lease",
    "FUSE",
    "load average",
    "hidepid",
    "memory leak",
    "working set",
    "fragmentation",
    "interrupt",
    "swapper",
    "PSI",
    "setuid",
    "working directory",
    "chroot",
    "fork bomb",
    "bus error",
    "mlock",
    "iowait",
};

Test(reference, a_term_ends_with_its_experiment)
{
    for (size_t i = 0; i < reference_count(); i++) {
        struct reference entry = reference_at(i);
        bool is_without = false;
        for (size_t j = 0; j < ELEMENTS(without_lab); j++)
            is_without = is_without || strcmp(entry.name, without_lab[j]) == 0;
        if (entry.kind == REFERENCE_TERM)
            cr_expect_eq(entry.lab == NULL, is_without, "%s", entry.name);
    }
}

static int suggests(const char *topic, const char *name)
{
    size_t indices[5];
    size_t count = reference_suggest(topic, ELEMENTS(indices), indices);
    for (size_t i = 0; i < count; i++)
        if (strcmp(reference_at(indices[i]).name, name) == 0)
            return 1;
    return 0;
}

Test(reference, near_misses_are_suggested)
{
    cr_expect(suggests("zomby", "zombie"));
    cr_expect(suggests("zombei", "zombie"));
    cr_expect(suggests("subreper", "subreaper"));
    cr_expect(suggests("SIGTREM", "TERM"));
    cr_expect(suggests("EPREM", "EPERM"));
    cr_expect(suggests("capab", "capability"));
    size_t indices[3];
    cr_expect_eq(reference_suggest("qqqqqqqq", 3, indices), 0);
    cr_expect_eq(reference_suggest("", 3, indices), 0);
    cr_expect_leq(reference_suggest("p", 3, indices), 3);
    char longest[5000];
    memset(longest, 'z', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    cr_expect_eq(reference_suggest(longest, 3, indices), 0);
}

Test(reference, namesakes_of_other_kinds)
{
    struct reference zombie;
    size_t indices[8];
    cr_assert_eq(reference_find("zombie", &zombie), 0);
    size_t count = reference_namesakes(&zombie, ELEMENTS(indices), indices);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(reference_at(indices[0]).name, "Z");
    cr_expect_eq(reference_at(indices[1]).kind, REFERENCE_EVENT);
}

Test(reference, plurals)
{
    cr_expect_eq(reference_kind_from_plural("states"), REFERENCE_STATE);
    cr_expect_eq(reference_kind_from_plural("errnos"), REFERENCE_ERRNO);
    cr_expect_eq(reference_kind_from_plural("state"), -EINVAL);
}
