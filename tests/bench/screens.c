/*
 * screens: programs that draw, one after the other in each round, on a terminal
 * of the same size, with a refresh a second; then with ten a second and keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"
#include "support/terminal.h"

enum {
    ROWS = 50,
    FULL_ROWS = 10, /* with the crowd's name in them: the list is there */
    SETTLE_MS = 3000,
    KEYS = 40,
    KEY_MS = 1000,
    LIST_ROW = 12 /* a row that is part of every one's list */
};

/* The crowd's comm, and its command line, which is this program's. */
#define CROWD         "crowd-sleep"
#define CROWD_COMMAND "bench/bench "

/* What a key changes and a refresh does not, as a number. */
typedef uint64_t place_of(struct terminal *t);

struct program {
    const char *name, *path;
    const char *arguments[6], *quick[6]; /* a refresh a second; ten a second */
    int cols;
    const char *before_keys; /* typed: an order that does not move by itself */
    place_of *place;
};

/* The rows that stand out: the selected one is among them. */
static uint64_t lit_rows(struct terminal *t)
{
    uint64_t rows = 0;
    for (int row = 0; row < ROWS; row++) {
        struct terminal_cell cell = terminal_cell(t, row, 40);
        if (cell.reverse || !cell.has_default_bg)
            rows |= UINT64_C(1) << row;
    }
    return rows;
}

/* top has no selected row: a key moves the list below its heading. */
static uint64_t list_pid(struct terminal *t)
{
    return strtoull(terminal_row(t, LIST_ROW), NULL, 10);
}

static uint64_t cursor_row(struct terminal *t)
{
    int row, col;
    bool is_visible;
    terminal_cursor(t, &row, &col, &is_visible);
    return (uint64_t)row;
}

static char reaptop_path[4096];

static const struct program programs[] = {
    {"top", "/usr/bin/top", {"-d", "1"}, {"-d", "0.1"}, 200, "NR", list_pid},
    {"htop", "/usr/bin/htop", {"-d", "10"}, {"-d", "1"}, 200, "P", lit_rows},
    {"btop", "/usr/bin/btop", {"--utf-force"}, {NULL}, 200, "", NULL},
    {"reaptop", reaptop_path, {"-d", "1"}, {"-d", "100ms"}, 200, "", cursor_row},
    {"reaptop 130 columns", reaptop_path, {"-d", "1"}, {NULL}, 130, "", NULL},
};

enum {
    PROGRAMS = sizeof programs / sizeof programs[0]
};

enum measure {
    CPU,
    PSS,
    PROCESSES,
    FIRST,
    BYTES,
    KEY_P50,
    KEY_P99,
    MEASURES
};

static const struct {
    const char *title;
    double unit;
} measures[MEASURES] = {
    [CPU] = {"CPU ms a refresh", 1},      [PSS] = {"PSS MiB", 1024},
    [PROCESSES] = {"processes", 1},       [FIRST] = {"first screen ms", 1},
    [BYTES] = {"bytes a refresh", 1},     [KEY_P50] = {"key ms, median", 1},
    [KEY_P99] = {"key ms, 99 of 100", 1},
};

/* ---- one program ---- */

static bool is_full(struct terminal *t, const void *unused)
{
    (void)unused;
    int rows = 0;
    for (int row = 0; row < ROWS; row++)
        rows += strstr(terminal_row(t, row), CROWD) || strstr(terminal_row(t, row), CROWD_COMMAND);
    return rows >= FULL_ROWS;
}

static void read_for(struct terminal *t, double ms)
{
    double end = now_ms() + ms;
    for (double left = ms; left > 0; left = end - now_ms())
        (void)terminal_read(t, (int)left + 1);
}

/* NULL where it did not come up. */
static struct terminal *start(const struct program *program, const char *const *arguments,
                              const char *config)
{
    static char setting[4200];
    const char *argv[8] = {program->path};
    for (int i = 0; i < 6 && arguments[i]; i++)
        argv[i + 1] = arguments[i];
    (void)snprintf(setting, sizeof setting, "XDG_CONFIG_HOME=%s", config);
    const char *const env[] = {setting, NULL};
    struct terminal *t = terminal_start(
        &(struct terminal_options){.rows = ROWS, .cols = program->cols, .argv = argv, .env = env});
    if (t && terminal_wait(t, is_full, NULL))
        return t;
    terminal_free(t);
    return NULL;
}

static void end(struct terminal *t)
{
    terminal_send(t, "q");
    (void)terminal_wait_end(t);
    terminal_free(t);
}

static void measure_refreshes(const struct program *program, const char *config, int seconds,
                              struct samples *samples)
{
    pid_t members[FAMILY_MAX];
    double began = now_ms();
    struct terminal *t = start(program, program->arguments, config);
    if (!t)
        return;
    samples_add(&samples[FIRST], now_ms() - began);
    read_for(t, SETTLE_MS);
    double cpu = family_cpu_ms(terminal_pid(t)), from = now_ms();
    size_t bytes = terminal_bytes(t);
    read_for(t, seconds * SECOND_MS);
    double refreshes = (now_ms() - from) / (double)SECOND_MS;
    samples_add(&samples[CPU], (family_cpu_ms(terminal_pid(t)) - cpu) / refreshes);
    samples_add(&samples[BYTES], (double)(terminal_bytes(t) - bytes) / refreshes);
    samples_add(&samples[PSS], family_pss_kib(terminal_pid(t)));
    samples_add(&samples[PROCESSES], (double)family_of(terminal_pid(t), members));
    end(t);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ten refreshes a second, and keys at all moments of them. */
static void measure_keys(const struct program *program, const char *config, struct samples *samples)
{
    double waits[KEYS];
    struct terminal *t = program->place ? start(program, program->quick, config) : NULL;
    if (!t)
        return;
    for (const char *key = program->before_keys; *key; key++) {
        terminal_send(t, (const char[]){*key, '\0'});
        read_for(t, 300);
    }
    read_for(t, SECOND_MS);
    for (int i = 0; i < KEYS; i++) {
        uint64_t before = program->place(t);
        double sent = now_ms();
        terminal_send(t, i % 8 < 4 ? TERMINAL_DOWN : TERMINAL_UP);
        while (program->place(t) == before && now_ms() < sent + (double)KEY_MS)
            (void)terminal_read(t, 50);
        waits[i] = now_ms() - sent;
        read_for(t, i * 7 % 41);
    }
    qsort(waits, KEYS, sizeof waits[0], compare);
    samples_add(&samples[KEY_P50], waits[KEYS / 2]);
    samples_add(&samples[KEY_P99], waits[KEYS * 99 / 100]);
    end(t);
}

/* ---- the table ---- */

/* btop's interval is in its configuration alone. */
static bool make_config(char path[static 64])
{
    char name[128];
    (void)snprintf(path, 64, "/tmp/reaptop-bench.XXXXXX");
    if (!mkdtemp(path))
        return false;
    (void)snprintf(name, sizeof name, "%s/btop", path);
    (void)mkdir(name, 0700);
    (void)snprintf(name, sizeof name, "%s/btop/btop.conf", path);
    FILE *file = fopen(name, "we");
    if (!file)
        return false;
    (void)fprintf(file, "update_ms = 1000\nshown_boxes = \"cpu mem net proc\"\n");
    (void)fclose(file);
    return true;
}

static void remove_config(const char *path)
{
    static const char *const names[] = {
        "btop/btop.conf", "btop/btop.log", "btop/themes", "btop", "htop/htoprc", "htop", ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[160];
        (void)snprintf(name, sizeof name, "%s/%s", path, names[i]);
        (void)remove(name);
    }
}

static void print_table(struct samples samples[PROGRAMS][MEASURES])
{
    char text[40];
    printf("| |");
    for (int m = 0; m < MEASURES; m++)
        printf(" %s |", measures[m].title);
    printf("\n|---|");
    for (int m = 0; m < MEASURES; m++)
        printf("---:|");
    printf("\n");
    for (int i = 0; i < PROGRAMS; i++) {
        if (samples[i][CPU].count == 0)
            continue;
        printf("| %s |", programs[i].name);
        for (int m = 0; m < MEASURES; m++)
            printf(" %s |", samples_text(&samples[i][m], measures[m].unit, text));
        printf("\n");
    }
    (void)fflush(stdout);
}

static void print_ratios(struct samples samples[PROGRAMS][MEASURES])
{
    static const struct {
        enum measure measure;
        const char *peer;
    } wanted[] = {{CPU, "top"}, {PSS, "htop"}, {FIRST, "top"}};
    struct samples *ours = NULL;
    for (int i = 0; i < PROGRAMS; i++)
        if (strcmp(programs[i].name, "reaptop") == 0)
            ours = samples[i];
    printf("\nreaptop to its peer:");
    for (size_t w = 0; ours && w < sizeof wanted / sizeof wanted[0]; w++)
        for (int i = 0; i < PROGRAMS; i++) {
            struct samples *peer = &samples[i][wanted[w].measure];
            if (strcmp(programs[i].name, wanted[w].peer) == 0 && samples_median(peer) > 0)
                printf(" %s %.2f of %s;", measures[wanted[w].measure].title,
                       samples_median(&ours[wanted[w].measure]) / samples_median(peer),
                       wanted[w].peer);
        }
    printf("\n\n");
    (void)fflush(stdout);
}

void bench_screens(const char *reaptop, const char *title, int seconds, int rounds)
{
    static struct samples samples[PROGRAMS][MEASURES];
    char config[64];
    memset(samples, 0, sizeof samples);
    (void)snprintf(reaptop_path, sizeof reaptop_path, "%s", reaptop);
    if (!make_config(config))
        return;
    for (int i = 0; i < PROGRAMS; i++)
        if (access(programs[i].path, X_OK) < 0)
            (void)fprintf(stderr, "bench: %s is not installed, left out\n", programs[i].path);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < PROGRAMS; i++) {
            if (access(programs[i].path, X_OK) < 0)
                continue;
            measure_refreshes(&programs[i], config, seconds, samples[i]);
            measure_keys(&programs[i], config, samples[i]);
        }
    remove_config(config);
    printf("### %s, %d x 200, a refresh a second\n\n", title, ROWS);
    print_table(samples);
    print_ratios(samples);
}
