#include "scenery.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/clock.h"

enum {
    TICKS_PER_SECOND = 100
};

/* 2026-03-01 12:00:00 UTC */
#define EPOCH_NS (UINT64_C(1772366400) * NS_PER_SEC)
#define BOOT_NS  (UINT64_C(200000) * NS_PER_SEC)

struct scenery *scenery_new(int rows, int cols)
{
    cr_assert(setlocale(LC_ALL, "C.UTF-8"), "the tests need the locale C.UTF-8");
    struct scenery *scenery = calloc(1, sizeof(*scenery));
    cr_assert(scenery);
    ui_init(&scenery->ui);
    ui_resize(&scenery->ui, rows, cols);
    scenery->life = life_new(256, 256);
    cr_assert(scenery->life);
    scenery->grid = GRID_INIT;
    scenery->now.mono_ns = BOOT_NS;
    scenery->scene = (struct scene){
        .snapshot = &scenery->now,
        .tree = &scenery->tree,
        .life = scenery->life,
        .mono_ns = BOOT_NS,
        .linger_ns = 2 * NS_PER_SEC,
        .ticks_per_second = TICKS_PER_SECOND,
        .self_pid = 900,
        .event_source = "kernel events",
    };
    return scenery;
}

void scenery_free(struct scenery *scenery)
{
    ui_done(&scenery->ui);
    life_free(scenery->life);
    snapshot_done(&scenery->now);
    snapshot_done(&scenery->next);
    tree_done(&scenery->tree);
    tree_done(&scenery->lineage);
    grid_done(&scenery->grid);
    strbuf_done(&scenery->text);
    for (int i = 0; i < TAB_COUNT; i++)
        document_done(&scenery->panes[i]);
    free(scenery);
}

struct process *scenery_add(struct scenery *scenery, pid_t pid, pid_t ppid, char state,
                            const char *comm)
{
    struct process *process = snapshot_add(&scenery->next);
    cr_assert(process);
    *process = (struct process){
        .id = {.pid = pid, .start_ticks = (uint64_t)pid * 10},
        .tgid = pid,
        .ppid = ppid,
        .pgid = pid,
        .sid = pid,
        .tpgid = -1,
        .state = state,
        .comm = arena_strdup(&scenery->next.strings, comm),
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

struct process *scenery_add_argv(struct scenery *scenery, pid_t pid, pid_t ppid, char state,
                                 const char *comm, const char *argv)
{
    struct process *process = scenery_add(scenery, pid, ppid, state, comm);
    process->argv_access = ACCESS_OK;
    process->argv = arena_strdup(&scenery->next.strings, argv);
    return process;
}

void scenery_keep(struct scenery *scenery)
{
    snapshot_done(&scenery->next);
    cr_assert_eq(snapshot_copy(&scenery->now, &scenery->next), 0);
    for (size_t i = scenery->next.count; i > 0; i--)
        if (scenery->next.processes[i - 1].is_ended)
            scenery_drop(scenery, scenery->next.processes[i - 1].id.pid);
}

void scenery_drop(struct scenery *scenery, pid_t pid)
{
    struct snapshot *next = &scenery->next;
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

void scenery_rebuild(struct scenery *scenery)
{
    struct tree_options options;
    do {
        ui_tree_options(&scenery->ui, &options);
        cr_assert_eq(tree_build(&scenery->tree, &scenery->now, scenery->life, &options), 0);
    } while (ui_sync(&scenery->ui, &scenery->scene));
}

void scenery_tick(struct scenery *scenery)
{
    struct snapshot *now = &scenery->now, *next = &scenery->next, swap;
    set_machine(&next->machine);
    next->mono_ns = now->mono_ns + NS_PER_SEC;
    next->time_ns = EPOCH_NS + next->mono_ns - BOOT_NS;
    snapshot_finish(next);
    cr_assert_eq(life_update(scenery->life, now, next, NULL, 0), 0);
    cr_assert_eq(life_add_ended(scenery->life, next, scenery->scene.linger_ns), 0);
    swap = *now;
    *now = *next;
    *next = swap;
    snapshot_clear(next);
    scenery->scene.mono_ns = now->mono_ns;
    scenery->scene.events = life_log(scenery->life);
    scenery_rebuild(scenery);
    scenery->scene.inspected = scenery->ui.cursor;
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

enum intent_kind scenery_press(struct scenery *scenery, const char *keys)
{
    while (*keys) {
        struct key key = KEY_CHAR(*keys);
        const char *end = *keys == '<' ? strchr(keys, '>') : NULL;
        if (end && end > keys + 1)
            key = named_key(keys + 1, (size_t)(end - keys - 1));
        keys = end && end > keys + 1 ? end + 1 : keys + 1;
        scenery->intent = ui_key(&scenery->ui, key, &scenery->scene);
        if (scenery->intent.kind == INTENT_REBUILD || scenery->intent.kind == INTENT_SWEEP)
            scenery_rebuild(scenery);
        scenery->scene.inspected = scenery->ui.cursor;
    }
    return scenery->intent.kind;
}

void scenery_mouse(struct scenery *scenery, enum key_mouse mouse, int row, int col)
{
    struct key key = {.kind = KEY_MOUSE_EVENT, .mouse = mouse, .row = row, .col = col};
    scenery->intent = ui_key(&scenery->ui, key, &scenery->scene);
    if (scenery->intent.kind == INTENT_REBUILD)
        scenery_rebuild(scenery);
    scenery->scene.inspected = scenery->ui.cursor;
}

/* ---- looking ---- */

const char *scenery_screen(struct scenery *scenery)
{
    cr_assert_eq(screen_compose(&scenery->ui, &scenery->scene, &scenery->grid), 0);
    strbuf_clear(&scenery->text);
    grid_dump(&scenery->grid, &scenery->text);
    return strbuf_text(&scenery->text);
}

bool scenery_shows(struct scenery *scenery, const char *text)
{
    return strstr(scenery_screen(scenery), text) != NULL;
}

int scenery_row_of(struct scenery *scenery, const char *text)
{
    const char *screen = scenery_screen(scenery), *found = strstr(screen, text);
    int row = 0;
    if (!found)
        return -1;
    for (const char *at = screen; at < found; at++)
        row += *at == '\n';
    return row;
}

pid_t scenery_cursor(const struct scenery *scenery)
{
    return scenery->ui.cursor.pid;
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

void scenery_expect(struct scenery *scenery, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "tests/view/screens/%s.txt", name);
    const char *screen = scenery_screen(scenery);
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

void scenery_village(struct scenery *scenery)
{
    scenery_add_argv(scenery, 1, 0, 'S', "init", "/sbin/init splash")->pgid = 1;
    struct process *kernel = scenery_add(scenery, 2, 0, 'S', "kthreadd");
    kernel->is_kernel = true;
    kernel = scenery_add(scenery, 7, 2, 'I', "kworker/0:1");
    kernel->is_kernel = true;
    scenery_add_argv(scenery, 300, 1, 'S', "sshd", "/usr/sbin/sshd -D")->rss_kib = 8192;
    scenery_add_argv(scenery, 412, 300, 'S', "sshd", "sshd: ada [priv]");
    struct process *shell = scenery_add_argv(scenery, 812, 412, 'S', "bash", "-bash");
    shell->user = "ada";
    struct process *worker =
        scenery_add_argv(scenery, 815, 812, 'R', "make", "make -j4 all CFLAGS=-O2");
    worker->user = "ada";
    worker->cpu_percent = 87.5;
    worker->nice = 5;
    worker->threads = 3;
    worker->pgid = 815;
    struct process *compiler = scenery_add_argv(scenery, 820, 815, 'D', "cc1", "cc1 -quiet a.c");
    compiler->user = "ada";
    compiler->rss_kib = 300000;
    compiler->pgid = 815;
    struct process *zombie = scenery_add(scenery, 821, 815, 'Z', "as");
    zombie->user = "ada";
    zombie->rss_kib = 0;
    zombie->argv_access = ACCESS_ZOMBIE;
    zombie->pgid = 815;
    struct process *stopped = scenery_add_argv(scenery, 830, 812, 'T', "vi", "vi notes.txt");
    stopped->user = "ada";
    struct process *self = scenery_add_argv(scenery, 900, 812, 'R', "reaptop", "reaptop");
    self->user = "ada";
    struct process *hidden = scenery_add(scenery, 950, 1, 'S', "vault");
    hidden->argv_access = ACCESS_DENIED;
    hidden->user = "averylongusername";
}
