#include <criterion/criterion.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "support/capture.h"
#include "support/spawn.h"

static struct strbuf out, err;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void teardown(void)
{
    spawn_done();
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(command_maps, .init = setup, .fini = teardown);
TestSuite(command_pages, .init = setup, .fini = teardown);

typedef int run_command(const struct options *, int, char **);

static int run(run_command *command, struct options options, const char *first, const char *second)
{
    char *argv[] = {(char *)(command == command_maps ? "maps" : "pages"), (char *)first,
                    (char *)second, NULL};
    strbuf_clear(&out);
    strbuf_clear(&err);
    cr_assert_eq(capture_begin(), 0);
    int status = command(&options, second ? 3 : first ? 2 : 1, argv);
    capture_end(&out, &err);
    return status;
}

static const char *pid_text(pid_t pid)
{
    static char text[2][16];
    static size_t turn;
    char *slot = text[turn++ % 2];
    (void)snprintf(slot, sizeof(text[0]), "%d", pid);
    return slot;
}

static json_t *run_json(run_command *command, int status, const char *first, const char *second)
{
    cr_assert_eq(run(command, (struct options){.json = true}, first, second), status, "%s",
                 strbuf_text(&err));
    json_error_t error;
    json_t *doc = json_loads(strbuf_text(&out), 0, &error);
    cr_assert_not_null(doc, "%s\n%s", error.text, strbuf_text(&out));
    return doc;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static uint64_t number_of(const json_t *object, const char *key)
{
    cr_assert(json_is_integer(json_object_get(object, key)), "%s", key);
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* ---- maps ---- */

Test(command_maps, json_has_the_documented_keys_and_adds_up)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    json_t *doc = run_json(command_maps, EXIT_DONE, pid_text(pid), NULL);
    cr_expect_str_eq(text_of(doc, "schema"), "reaptop/maps/1");
    static const char *const keys[] = {"start",
                                       "end",
                                       "perms",
                                       "offset",
                                       "device",
                                       "inode",
                                       "path",
                                       "size_kib",
                                       "rss_kib",
                                       "pss_kib",
                                       "shared_clean_kib",
                                       "shared_dirty_kib",
                                       "private_clean_kib",
                                       "private_dirty_kib",
                                       "swap_kib"};
    uint64_t rss = 0;
    size_t i;
    const json_t *mapping;
    json_array_foreach(json_object_get(doc, "mappings"), i, mapping)
    {
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            cr_expect_not_null(json_object_get(mapping, keys[k]), "%s", keys[k]);
        cr_expect(strncmp(text_of(mapping, "start"), "0x", 2) == 0);
        rss += number_of(mapping, "rss_kib");
    }
    cr_expect_gt(i, 5);
    const json_t *total = json_object_get(doc, "total");
    cr_expect_eq(number_of(total, "rss_kib"), rss);
    cr_expect_eq(number_of(json_object_get(doc, "rollup"), "rss_kib"), rss);
    cr_expect_null(json_object_get(total, "page_size_kib"));
    json_decref(doc);
}

Test(command_maps, sorting_and_wrong_words)
{
    const char *pid = pid_text(spawn_child(spawn_pause, NULL));
    json_t *doc;
    cr_assert_eq(run(command_maps, (struct options){.json = true, .own = {"rss"}}, pid, NULL),
                 EXIT_DONE);
    doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc);
    uint64_t before = UINT64_MAX;
    size_t i;
    const json_t *mapping;
    json_array_foreach(json_object_get(doc, "mappings"), i, mapping)
    {
        cr_expect_leq(number_of(mapping, "rss_kib"), before);
        before = number_of(mapping, "rss_kib");
    }
    json_decref(doc);
    cr_expect_eq(run(command_maps, (struct options){.own = {"rsss"}}, pid, NULL), EXIT_USAGE);
    cr_expect(strstr(strbuf_text(&err), "address, rss, pss, size or swap"));
    cr_expect_eq(run(command_maps, OPTIONS_INIT, NULL, NULL), EXIT_USAGE);
    cr_expect_eq(run(command_maps, OPTIONS_INIT, "12x", NULL), EXIT_USAGE);
    cr_expect_eq(run(command_maps, OPTIONS_INIT, pid, "1"), EXIT_USAGE);
}

static int end_at_once(void *argument)
{
    (void)argument;
    spawn_ready();
    return 0;
}

Test(command_maps, zombie_and_gone)
{
    pid_t pid = spawn_child(end_at_once, NULL);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    cr_expect_eq(run(command_maps, OPTIONS_INIT, pid_text(pid), NULL), EXIT_DONE);
    cr_expect_str_eq(strbuf_text(&out), "a zombie no longer has it\n");
    json_t *doc = run_json(command_maps, EXIT_DONE, pid_text(pid), NULL);
    cr_expect(json_is_null(json_object_get(doc, "mappings")));
    cr_expect_str_eq(text_of(json_object_get(doc, "unavailable"), "mappings"), "zombie");
    json_decref(doc);
    (void)spawn_reap(pid);
    cr_expect_eq(run(command_maps, OPTIONS_INIT, pid_text(pid), NULL), EXIT_NO_MATCH);
    cr_expect_eq(run(command_pages, OPTIONS_INIT, pid_text(pid), NULL), EXIT_NO_MATCH);
}

static int map_hostile_path(void *argument)
{
    (void)argument;
    const char path[] = "/tmp/reaptop\033[2J\xff\ntest";
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || unlink(path) < 0 || ftruncate(fd, 4096) < 0 ||
        mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
        return 1;
    return spawn_pause(NULL);
}

Test(command_maps, hostile_paths_are_made_visible)
{
    pid_t pid = spawn_child(map_hostile_path, NULL);
    cr_assert_eq(run(command_maps, OPTIONS_INIT, pid_text(pid), NULL), EXIT_DONE);
    cr_expect_null(strchr(strbuf_text(&out), '\033'));
    cr_expect(strstr(strbuf_text(&out), "/tmp/reaptop?[2J?\\012test (deleted)\n"));
    cr_assert_eq(run(command_pages, OPTIONS_INIT, pid_text(pid), NULL), EXIT_DONE);
    cr_expect_null(strchr(strbuf_text(&out), '\033'));
    cr_assert_eq(run(command_maps, (struct options){.json = true}, pid_text(pid), NULL), EXIT_DONE);
    cr_expect(strstr(strbuf_text(&out), "/tmp/reaptop\\u001B[2J\\\\xff\\\\012test (deleted)"));
}

/* ---- against pmap -X ---- */

struct column {
    const char *title;
    const char *key;
    uint64_t slack; /* Pss of what pmap itself maps too */
    int at;
};

static struct column columns[] = {
    {"Size", "size_kib", 0, -1},
    {"Rss", "rss_kib", 0, -1},
    {"Pss", "pss_kib", 1, -1},
    {"Swap", "swap_kib", 0, -1},
};

static void find_columns(char *heading)
{
    int at = 0;
    char *rest = heading, *word;
    while ((word = strsep(&rest, " \n"))) {
        if (*word == '\0')
            continue;
        for (size_t c = 0; c < 4; c++)
            if (strcmp(word, columns[c].title) == 0)
                columns[c].at = at;
        at++;
    }
}

static const json_t *mapping_at(const json_t *doc, uint64_t start)
{
    char text[32];
    size_t i;
    const json_t *mapping;
    (void)snprintf(text, sizeof(text), "0x%" PRIx64, start);
    json_array_foreach(json_object_get(doc, "mappings"), i, mapping)
    {
        if (strcmp(text_of(mapping, "start"), text) == 0)
            return mapping;
    }
    return NULL;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * Pss moves when any process that shares a page comes or goes: pmap's figure
 * must lie between ours before and ours after.
 */
static void compare_line(const json_t *doc, const json_t *again, char *line)
{
    const json_t *mapping = NULL, *after = NULL;
    int at = 0;
    char *rest = line, *word;
    while ((word = strsep(&rest, " \n"))) {
        if (*word == '\0')
            continue;
        if (at == 0) {
            mapping = mapping_at(doc, strtoull(word, NULL, 16));
            after = mapping_at(again, strtoull(word, NULL, 16));
        }
        cr_assert(mapping && after, "%s", word);
        for (size_t c = 0; c < 4; c++) {
            if (columns[c].at != at)
                continue;
            uint64_t theirs = strtoull(word, NULL, 10), slack = columns[c].slack;
            uint64_t before = number_of(mapping, columns[c].key);
            uint64_t now = number_of(after, columns[c].key);
            uint64_t low = least(before, now), high = before + now - low;
            cr_expect(theirs + slack >= low && theirs <= high + slack,
                      "%s: %s %" PRIu64 " and %" PRIu64 " against %" PRIu64,
                      text_of(mapping, "path"), columns[c].title, before, now, theirs);
        }
        at++;
    }
}

/* What pmap prints, whole: only then is ours read again. */
static void run_pmap(pid_t pid, struct strbuf *printed)
{
    char command[64], bytes[8192];
    size_t got;
    (void)snprintf(command, sizeof(command), "pmap -X %d", pid);
    FILE *pmap = popen(command, "re");
    while (pmap && (got = fread(bytes, 1, sizeof(bytes), pmap)) > 0)
        strbuf_append(printed, bytes, got);
    if (pmap)
        (void)pclose(pmap);
}

static size_t compare_with_pmap(pid_t pid)
{
    struct strbuf printed = STRBUF_INIT;
    json_t *doc = run_json(command_maps, EXIT_DONE, pid_text(pid), NULL);
    run_pmap(pid, &printed);
    json_t *again = run_json(command_maps, EXIT_DONE, pid_text(pid), NULL);
    size_t count = 0, number = 0;
    char *rest = printed.data, *line;
    for (; rest && (line = strsep(&rest, "\n")) && !strstr(line, "===="); number++) {
        if (number == 1)
            find_columns(line);
        if (number < 2)
            continue;
        compare_line(doc, again, line);
        count++;
    }
    cr_expect_eq(count, json_array_size(json_object_get(doc, "mappings")));
    strbuf_done(&printed);
    json_decref(doc);
    json_decref(again);
    return count;
}

static int be_varied(void *argument)
{
    size_t number = (size_t)(intptr_t)argument;
    char *memory =
        mmap(NULL, (number + 1) * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 1;
    for (size_t i = 0; i < number / 2; i++)
        memory[i * 4096] = 1;
    return spawn_pause(NULL);
}

Test(command_maps, two_hundred_processes_as_pmap_has_them, .timeout = 600)
{
    if (access("/usr/bin/pmap", X_OK) < 0)
        cr_skip_test("no pmap here");
    static pid_t pids[200];
    size_t every = 1;
#ifdef __SANITIZE_ADDRESS__
    every = 10; /* each is asked of thrice, through helpers and pmap */
#endif
    for (size_t i = 0; i < ELEMENTS(pids); i++)
        pids[i] = spawn_child(be_varied, (void *)(intptr_t)i);
    for (size_t i = 0; i < ELEMENTS(pids); i++)
        cr_assert_eq(spawn_await_state(pids[i], "S"), 'S');
    /* All of them live: one more or less of 200 hardly moves what each has of a shared page. */
    for (size_t i = 0; i < ELEMENTS(pids); i += every)
        cr_expect_gt(compare_with_pmap(pids[i]), 5);
}

/* ---- pages ---- */

static char *memory;

static int be_sparse(void *argument)
{
    (void)argument;
    memory[0] = memory[4096 * 2] = 1;
    return spawn_pause(NULL);
}

static const char *range(uint64_t from, uint64_t to)
{
    static char text[64];
    (void)snprintf(text, sizeof(text), "%" PRIx64 "-%" PRIx64, (uint64_t)(uintptr_t)memory + from,
                   (uint64_t)(uintptr_t)memory + to);
    return text;
}

static void map_sparse(size_t size)
{
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1, 0);
    cr_assert_neq(memory, MAP_FAILED);
    (void)madvise(memory, size, MADV_NOHUGEPAGE);
}

/* Ends as one who may not look into init. */
static void become_nobody(void)
{
    if (geteuid() == 0)
        cr_assert_eq(setresuid(65534, 65534, 65534), 0);
}

/* Of the summary that `pages` ends with; 0 where there is no such line. */
static uint64_t summed(const char *name)
{
    char line[32];
    (void)snprintf(line, sizeof(line), "\n  %-11s ", name);
    const char *at = strstr(strbuf_text(&out), line);
    return at ? strtoull(at + strlen(line), NULL, 10) : 0;
}

Test(command_pages, present_pages_are_as_many_as_rss)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("the sanitizer's shadow makes more lines than are captured");
#endif
    uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
    for (intptr_t i = 0; i < 20; i++) {
        pid_t pid = spawn_child(be_varied, (void *)(i * 16));
        cr_assert_eq(spawn_await_state(pid, "S"), 'S');
        json_t *maps = run_json(command_maps, EXIT_DONE, pid_text(pid), NULL);
        cr_assert_eq(run(command_pages, OPTIONS_INIT, pid_text(pid), NULL), EXIT_DONE);
        cr_expect_gt(summed("present"), 0);
        cr_expect_eq((summed("present") - summed("zero")) * page_kib,
                     number_of(json_object_get(maps, "total"), "rss_kib"), "%d", (int)i);
        json_decref(maps);
    }
}

Test(command_maps, what_is_denied_is_null_in_json)
{
    become_nobody();
    json_t *doc = run_json(command_maps, EXIT_FAULT, "1", NULL);
    cr_expect(json_is_null(json_object_get(doc, "mappings")));
    cr_expect_str_eq(text_of(json_object_get(doc, "unavailable"), "mappings"), "denied");
    json_decref(doc);
    doc = run_json(command_pages, EXIT_FAULT, "1", NULL);
    cr_expect(json_is_null(json_object_get(doc, "pages")));
    json_decref(doc);
}

Test(command_pages, what_is_denied_of_two_is_reported_on_standard_error)
{
    become_nobody();
    cr_expect_eq(run(command_pages, (struct options){0}, "1", "1"), EXIT_FAULT);
    cr_expect_str_empty(strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&err), "pages: 1: permission denied: needs"));
}

Test(command_pages, json_page_by_page)
{
    map_sparse(1 << 20);
    pid_t pid = spawn_child(be_sparse, NULL);
    json_t *doc = run_json(command_pages, EXIT_DONE, pid_text(pid), range(0, 16384));
    cr_expect_str_eq(text_of(doc, "schema"), "reaptop/pages/1");
    const json_t *pages = json_object_get(doc, "pages");
    cr_assert_eq(json_array_size(pages), 4);
    for (size_t i = 0; i < 4; i++) {
        const json_t *page = json_array_get(pages, i);
        cr_expect_eq(json_is_true(json_object_get(page, "present")), i % 2 == 0);
        cr_expect_eq(json_is_true(json_object_get(page, "exclusive")), i % 2 == 0);
        cr_expect(json_is_false(json_object_get(page, "swapped")));
        cr_expect(json_is_false(json_object_get(page, "file")));
        const json_t *pfn = json_object_get(page, "pfn");
        cr_expect(json_is_null(pfn) || json_integer_value(pfn) > 0, "0 is no frame");
        if (json_is_null(pfn))
            cr_expect_str_eq(text_of(json_object_get(page, "unavailable"), "pfn"),
                             i % 2 == 0 ? "denied" : "empty");
        cr_expect_not_null(json_object_get(page, "map_count"));
        cr_expect_not_null(json_object_get(page, "flags"));
    }
    json_decref(doc);
    (void)munmap(memory, 1 << 20);
}

Test(command_pages, a_terabyte_is_a_few_lines)
{
    size_t size = (size_t)(UINT64_C(1) << 40);
    map_sparse(size);
    pid_t pid = spawn_child(be_sparse, NULL);
    json_t *doc = run_json(command_pages, EXIT_DONE, pid_text(pid), range(0, size));
    const json_t *pages = json_object_get(doc, "pages"), *counts = json_object_get(doc, "counts");
    cr_expect_eq(json_array_size(pages), 4);
    cr_expect_eq(number_of(json_array_get(pages, 3), "count"), size / 4096 - 3);
    cr_expect_eq(number_of(counts, "pages"), size / 4096);
    cr_expect_eq(number_of(counts, "present"), 2);
    json_decref(doc);
    (void)munmap(memory, size);
}

Test(command_pages, what_two_processes_share)
{
    map_sparse(1 << 20);
    for (size_t i = 0; i < 10; i++)
        memory[(100 + i) * 4096] = 1;
    pid_t one = spawn_child(spawn_pause, NULL), two = spawn_child(be_sparse, NULL);
    json_t *doc = run_json(command_pages, EXIT_DONE, pid_text(one), pid_text(two));
    cr_expect_eq(number_of(doc, "peer_pid"), (uint64_t)two);
    uint64_t shared = number_of(doc, "shared_pages"), hidden = number_of(doc, "hidden_pages");
    cr_expect_gt(shared, 10, "the program and its libraries at the least");
    uint64_t found = 0;
    size_t i;
    const json_t *share;
    json_array_foreach(json_object_get(doc, "shared"), i, share)
    {
        uint64_t at = strtoull(text_of(share, "address"), NULL, 16);
        if (at >= (uintptr_t)memory && at < (uintptr_t)memory + (1 << 20))
            found += number_of(share, "count");
    }
    if (hidden == 0)
        cr_expect_eq(found, 10);
    else
        cr_expect_eq(number_of(doc, "inferred_pages"), shared);
    json_decref(doc);
    (void)munmap(memory, 1 << 20);
}

Test(command_pages, operands)
{
    const char *pid = pid_text(spawn_child(spawn_pause, NULL));
    cr_expect_eq(run(command_pages, OPTIONS_INIT, NULL, NULL), EXIT_USAGE);
    static const char *const wrong[] = {"xyz",           "1000-", "-1000", "2000g",
                                        "2000aaaa-1000", "-",     "",      "12345678901234567890"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_expect_eq(run(command_pages, OPTIONS_INIT, pid, wrong[i]), EXIT_USAGE, "%s", wrong[i]);
    cr_expect_eq(run(command_pages, OPTIONS_INIT, pid, "0x10"), EXIT_NO_MATCH);
    cr_expect_eq(run(command_pages, OPTIONS_INIT, pid, "00001000-00002000"), EXIT_NO_MATCH);
    cr_expect_eq(run(command_pages, OPTIONS_INIT, pid, "4194304"), EXIT_NO_MATCH, "a PID");
}

static int look_from_outside(void *argument)
{
    const char *pid = argument;
    if (run(command_maps, OPTIONS_INIT, pid, NULL) != EXIT_FAULT ||
        !strstr(strbuf_text(&err), "CAP_SYS_PTRACE") || out.length > 0)
        return 1;
    if (run(command_pages, OPTIONS_INIT, pid, NULL) != EXIT_FAULT ||
        !strstr(strbuf_text(&err), "CAP_SYS_PTRACE") || out.length > 0)
        return 2;
    return 0;
}

Test(command_pages, another_users_process_says_what_it_would_take)
{
    if (geteuid() != 0)
        cr_skip_test("needs root to become another user");
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_expect_eq(spawn_run_as_nobody(look_from_outside, (void *)pid_text(pid)), 0);
}
