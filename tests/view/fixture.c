#include "fixture.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/clock.h"
#include "reaptop/model/process.h"
#include "support/grid_dump.h"

enum {
    TICKS_PER_SECOND = 100
};

/* 2026-03-01 12:00:00 UTC */
#define EPOCH_NS (UINT64_C(1772366400) * NS_PER_SEC)
#define BOOT_NS  (UINT64_C(200000) * NS_PER_SEC)

struct fixture *fixture_new(int rows, int cols)
{
    cr_assert(setlocale(LC_ALL, "C.UTF-8"), "the tests need the locale C.UTF-8");
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    cr_assert(fixture);
    ui_init(&fixture->ui);
    ui_resize(&fixture->ui, rows, cols);
    fixture->life = life_new(256, 256);
    cr_assert(fixture->life);
    fixture->grid = GRID_INIT;
    fixture->now.mono_ns = BOOT_NS;
    fixture->scene = (struct scene){
        .snapshot = &fixture->now,
        .tree = &fixture->tree,
        .life = fixture->life,
        .mono_ns = BOOT_NS,
        .linger_ns = 2 * NS_PER_SEC,
        .ticks_per_second = TICKS_PER_SECOND,
        .self_pid = 900,
        .event_source = "kernel events",
    };
    return fixture;
}

void fixture_free(struct fixture *fixture)
{
    ui_done(&fixture->ui);
    life_free(fixture->life);
    snapshot_done(&fixture->now);
    snapshot_done(&fixture->next);
    tree_done(&fixture->tree);
    tree_done(&fixture->lineage);
    grid_done(&fixture->grid);
    strbuf_done(&fixture->text);
    for (int i = 0; i < TAB_COUNT; i++)
        document_done(&fixture->panes[i]);
    free(fixture);
}

struct process *fixture_add(struct fixture *fixture, pid_t pid, pid_t ppid, char state,
                            const char *comm)
{
    struct process *process = snapshot_add(&fixture->next);
    cr_assert(process);
    *process = (struct process){
        .id = {.pid = pid, .start_ticks = (uint64_t)pid * 10},
        .tgid = pid,
        .ppid = ppid,
        .pgid = pid,
        .sid = pid,
        .tpgid = -1,
        .state = state,
        .comm = arena_strdup(&fixture->next.strings, comm),
        .threads = 1,
        .priority = 20,
        .rss_kib = 1024 + (uint64_t)pid,
        .utime_ticks = (uint64_t)pid,
        .cpu_percent = 0.0,
        .exit_status = -1,
        .user = "root",
        .argv_access = ACCESS_UNREAD,
    };
    return process;
}

struct process *fixture_add_argv(struct fixture *fixture, pid_t pid, pid_t ppid, char state,
                                 const char *comm, const char *argv)
{
    struct process *process = fixture_add(fixture, pid, ppid, state, comm);
    process->argv_access = ACCESS_OK;
    process->argv = arena_strdup(&fixture->next.strings, argv);
    return process;
}

void fixture_keep(struct fixture *fixture)
{
    snapshot_done(&fixture->next);
    cr_assert_eq(snapshot_copy(&fixture->now, &fixture->next), 0);
    for (size_t i = fixture->next.count; i > 0; i--)
        if (fixture->next.processes[i - 1].is_ended)
            fixture_drop(fixture, fixture->next.processes[i - 1].id.pid);
}

void fixture_drop(struct fixture *fixture, pid_t pid)
{
    struct snapshot *next = &fixture->next;
    for (size_t i = 0; i < next->count; i++)
        if (next->processes[i].id.pid == pid) {
            memmove(&next->processes[i], &next->processes[i + 1],
                    (next->count - i - 1) * sizeof(*next->processes));
            next->count--;
            return;
        }
}

static void set_machine(struct machine *machine)
{
    *machine = (struct machine){
        .host = "village",
        .kernel = "6.18.0",
        .processors = 4,
        .uptime_ns = 200000 * NS_PER_SEC,
        .load = {0.5, 0.25, 0.125},
        .cpu_user_percent = 20,
        .cpu_system_percent = 5,
        .cpu_iowait_percent = 0,
        .memory_total_kib = 16 * 1024 * 1024,
        .memory_available_kib = 12 * 1024 * 1024,
        .swap_total_kib = 1024 * 1024,
        .swap_free_kib = 1024 * 1024,
    };
}

void fixture_rebuild(struct fixture *fixture)
{
    struct tree_options options;
    do {
        ui_tree_options(&fixture->ui, &options);
        cr_assert_eq(tree_build(&fixture->tree, &fixture->now, fixture->life, &options), 0);
    } while (ui_sync(&fixture->ui, &fixture->scene));
}

void fixture_tick(struct fixture *fixture)
{
    struct snapshot *now = &fixture->now, *next = &fixture->next, swap;
    set_machine(&next->machine);
    next->mono_ns = now->mono_ns + NS_PER_SEC;
    next->time_ns = EPOCH_NS + next->mono_ns - BOOT_NS;
    snapshot_finish(next);
    cr_assert_eq(life_update(fixture->life, now, next, NULL, 0), 0);
    cr_assert_eq(life_add_ended(fixture->life, next, fixture->scene.linger_ns), 0);
    swap = *now;
    *now = *next;
    *next = swap;
    snapshot_clear(next);
    fixture->scene.mono_ns = now->mono_ns;
    fixture->scene.events = life_log(fixture->life);
    fixture_rebuild(fixture);
    fixture->scene.inspected = fixture->ui.cursor;
}

/* ---- typing ---- */

static struct key named_key(const char *name, size_t length)
{
    static const struct {
        const char *name;
        enum key_special special;
    } names[] = {
        {"Up", KEY_IS_UP},        {"Down", KEY_IS_DOWN},      {"Left", KEY_IS_LEFT},
        {"Right", KEY_IS_RIGHT},  {"PgUp", KEY_IS_PAGE_UP},   {"PgDn", KEY_IS_PAGE_DOWN},
        {"Home", KEY_IS_HOME},    {"End", KEY_IS_END},        {"Enter", KEY_IS_ENTER},
        {"Tab", KEY_IS_TAB},      {"S-Tab", KEY_IS_BACK_TAB}, {"Esc", KEY_IS_ESCAPE},
        {"BS", KEY_IS_BACKSPACE}, {"Del", KEY_IS_DELETE},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i].name) == length && memcmp(names[i].name, name, length) == 0)
            return KEY_NAMED(names[i].special);
    if (length == 3 && name[0] == 'C' && name[1] == '-')
        return KEY_CTRL(name[2]);
    cr_assert(name[0] == 'F', "no key of that name: %.*s", (int)length, name);
    return KEY_FN(atoi(name + 1));
}

enum intent_kind fixture_press(struct fixture *fixture, const char *keys)
{
    while (*keys) {
        struct key key = KEY_CHAR(*keys);
        const char *end = *keys == '<' ? strchr(keys, '>') : NULL;
        if (end && end > keys + 1)
            key = named_key(keys + 1, (size_t)(end - keys - 1));
        keys = end && end > keys + 1 ? end + 1 : keys + 1;
        fixture->intent = ui_key(&fixture->ui, key, &fixture->scene);
        if (fixture->intent.kind == INTENT_REBUILD || fixture->intent.kind == INTENT_SWEEP)
            fixture_rebuild(fixture);
        fixture->scene.inspected = fixture->ui.cursor;
    }
    return fixture->intent.kind;
}

void fixture_mouse(struct fixture *fixture, enum key_mouse mouse, int row, int col)
{
    struct key key = {.kind = KEY_MOUSE_EVENT, .mouse = mouse, .row = row, .col = col};
    fixture->intent = ui_key(&fixture->ui, key, &fixture->scene);
    if (fixture->intent.kind == INTENT_REBUILD)
        fixture_rebuild(fixture);
    fixture->scene.inspected = fixture->ui.cursor;
}

/* ---- looking ---- */

const char *fixture_screen(struct fixture *fixture)
{
    cr_assert_eq(screen_compose(&fixture->ui, &fixture->scene, &fixture->grid), 0);
    strbuf_clear(&fixture->text);
    grid_dump(&fixture->grid, &fixture->text);
    return strbuf_text(&fixture->text);
}

bool fixture_shows(struct fixture *fixture, const char *text)
{
    return strstr(fixture_screen(fixture), text) != NULL;
}

int fixture_row_of(struct fixture *fixture, const char *text)
{
    const char *screen = fixture_screen(fixture), *found = strstr(screen, text);
    int row = 0;
    if (!found)
        return -1;
    for (const char *at = screen; at < found; at++)
        row += *at == '\n';
    return row;
}

pid_t fixture_cursor(const struct fixture *fixture)
{
    return fixture->ui.cursor.pid;
}

static char *read_screen(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t length = 0;
    if (!file)
        return NULL;
    if (getdelim(&text, &length, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    (void)fclose(file);
    return text;
}

void fixture_expect(struct fixture *fixture, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "tests/view/screens/%s.txt", name);
    const char *screen = fixture_screen(fixture);
    if (getenv("REAPTOP_UPDATE_SCREENS")) {
        FILE *file = fopen(path, "we");
        cr_assert(file, "%s cannot be written", path);
        (void)fputs(screen, file);
        (void)fclose(file);
        return;
    }
    char *expected = read_screen(path);
    cr_assert(expected, "%s cannot be read: run the tests from the top of the tree", path);
    cr_expect_str_eq(screen, expected, "%s; now:\n%s", path, screen);
    free(expected);
}

/* ---- a village ---- */

void fixture_village(struct fixture *fixture)
{
    fixture_add_argv(fixture, 1, 0, 'S', "init", "/sbin/init splash")->pgid = 1;
    struct process *kernel = fixture_add(fixture, 2, 0, 'S', "kthreadd");
    kernel->is_kernel = true;
    kernel = fixture_add(fixture, 7, 2, 'I', "kworker/0:1");
    kernel->is_kernel = true;
    fixture_add_argv(fixture, 300, 1, 'S', "sshd", "/usr/sbin/sshd -D")->rss_kib = 8192;
    fixture_add_argv(fixture, 412, 300, 'S', "sshd", "sshd: ada [priv]");
    struct process *shell = fixture_add_argv(fixture, 812, 412, 'S', "bash", "-bash");
    shell->user = "ada";
    struct process *worker =
        fixture_add_argv(fixture, 815, 812, 'R', "make", "make -j4 all CFLAGS=-O2");
    worker->user = "ada";
    worker->cpu_percent = 87.5;
    worker->nice = 5;
    worker->threads = 3;
    worker->pgid = 815;
    struct process *compiler = fixture_add_argv(fixture, 820, 815, 'D', "cc1", "cc1 -quiet a.c");
    compiler->user = "ada";
    compiler->rss_kib = 300000;
    compiler->pgid = 815;
    struct process *zombie = fixture_add(fixture, 821, 815, 'Z', "as");
    zombie->user = "ada";
    zombie->rss_kib = 0;
    zombie->argv_access = ACCESS_ZOMBIE;
    zombie->pgid = 815;
    struct process *stopped = fixture_add_argv(fixture, 830, 812, 'T', "vi", "vi notes.txt");
    stopped->user = "ada";
    struct process *self = fixture_add_argv(fixture, 900, 812, 'R', "reaptop", "reaptop");
    self->user = "ada";
    struct process *hidden = fixture_add(fixture, 950, 1, 'S', "vault");
    hidden->argv_access = ACCESS_DENIED;
    hidden->user = "averylongusername";
    hidden->uid = 70123;
}
