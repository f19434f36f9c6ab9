#include <stdio.h>
#include <string.h>

#include "canvas.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/strbuf.h"

enum {
    METER_COLS_LEAST = 4,
    METER_COLS_MOST = 40,
    STATES_SHOWN = 8,
};

/* ---- the machine ---- */

static void draw_right(const struct canvas *canvas, int row, int after, enum style style,
                       const char *text)
{
    int cols = (int)text_width(text, strlen(text));
    int col = canvas->layout.header.cols - cols;
    if (col > after + 1)
        (void)grid_puts(canvas->grid, row, col, cols, style, text);
}

static void draw_machine(const struct canvas *canvas, int row)
{
    const struct machine *machine = &canvas->scene->snapshot->machine;
    struct grid *grid = canvas->grid;
    int cols = canvas->layout.header.cols, col = 0;
    char age[COLUMN_TEXT_SIZE];
    format_age(machine->uptime_ns, age);
    col += grid_puts(grid, row, col, cols / 3, STYLE_STRONG, machine->host);
    if (cols >= 100) {
        col += grid_puts(grid, row, col, cols - col, STYLE_DIM, "  ");
        col += grid_puts(grid, row, col, cols / 3, STYLE_DIM, machine->kernel);
    }
    if (!canvas->scene->linear && machine->uptime_ns > 0) {
        col += grid_printf(grid, row, col, cols - col, STYLE_LABEL, _("  up "));
        col += grid_puts(grid, row, col, cols - col, STYLE_NORMAL, age);
    }
    if (machine->load[0] >= 0 && !canvas->scene->linear) {
        col += grid_puts(grid, row, col, cols - col, STYLE_LABEL, _("  load "));
        col += grid_printf(grid, row, col, cols - col, STYLE_NORMAL, "%.2f %.2f %.2f",
                           machine->load[0], machine->load[1], machine->load[2]);
    }
    char right[160];
    const struct scene *scene = canvas->scene;
    const char *replay = scene->replay ? scene->replay : "";
    (void)snprintf(right, sizeof(right), "%s%s%s%s%s", scene->is_readonly ? _("read-only") : "",
                   scene->is_readonly ? "  " : "", replay, scene->replay ? "  " : "",
                   scene->event_source ? scene->event_source : "");
    int room = cols - col - 2;
    size_t length = strlen(right);
    /* Where there is no room for all of it: what time it is that is seen. */
    if (scene->replay && (int)text_width(right, length) > room)
        (void)snprintf(right, sizeof(right), "%s", replay);
    else if (scene->sweep_source &&
             (int)text_width(right, length) + 2 +
                     (int)text_width(scene->sweep_source, strlen(scene->sweep_source)) <=
                 room)
        (void)snprintf(right + length, sizeof(right) - length, "  %s", scene->sweep_source);
    draw_right(canvas, row, col, STYLE_DIM, right);
}

/* ---- tasks by state ---- */

struct task_count {
    char text[64]; /* two blanks, how many, letter and word */
    enum style style;
};

/* The counts that are shown, at most STATES_SHOWN of them. Returns how many. */
static size_t count_tasks(const size_t counts[STATE_LETTERS], bool has_words,
                          struct task_count shown[STATES_SHOWN])
{
    static const char states[STATES_SHOWN] = {'R', 'S', 'D', 'T', 't', 'Z', 'I', STATE_LIVES_ON};
    size_t n = 0;
    for (size_t i = 0; i < STATES_SHOWN; i++) {
        char state = states[i];
        size_t count = counts[(unsigned char)state];
        if (count == 0 && (state == STATE_LIVES_ON || !strchr("RSDZ", state)))
            continue;
        char letter = state == STATE_LIVES_ON ? 'Z' : state;
        const char *word = state == STATE_LIVES_ON ? _("lives on")
                           : has_words             ? state_word(state)
                                                   : "";
        (void)snprintf(shown[n].text, sizeof(shown[n].text), "  %zu %c%s%s", count, letter,
                       *word ? " " : "", word);
        shown[n++].style = count > 0 ? style_of_state(letter) : STYLE_DIM;
    }
    return n;
}

/* The letters alone where their words would push the last ones out. */
static void draw_tasks(const struct canvas *canvas, int row)
{
    struct grid *grid = canvas->grid;
    struct task_count shown[STATES_SHOWN];
    size_t counts[STATE_LETTERS] = {0};
    int cols = canvas->layout.header.cols, col = 0, needed = 0;
    snapshot_count_states(canvas->scene->snapshot, counts);
    col += grid_printf(grid, row, col, cols, STYLE_STRONG, "%zu", counts[0]);
    col += grid_puts(grid, row, col, cols - col, STYLE_LABEL, _(" tasks"));
    size_t count = count_tasks(counts, true, shown);
    for (size_t i = 0; i < count; i++)
        needed += (int)text_width(shown[i].text, strlen(shown[i].text));
    if (needed > cols - col)
        count = count_tasks(counts, false, shown);
    for (size_t i = 0; i < count; i++)
        col += grid_puts(grid, row, col, cols - col, shown[i].style, shown[i].text);
}

/* ---- meters ---- */

/* "CPU ━━━━──────  34%": `share` < 0 is unknown. */
static int draw_meter(const struct canvas *canvas, int row, int col, int cols, const char *label,
                      double share, const char *text)
{
    struct grid *grid = canvas->grid;
    int label_cols = (int)text_width(label, strlen(label)) + 1;
    int text_cols = (int)text_width(text, strlen(text)) + 1;
    int bar = cols - label_cols - text_cols;
    if (bar > METER_COLS_MOST)
        bar = METER_COLS_MOST;
    (void)grid_puts(grid, row, col, cols, STYLE_LABEL, label);
    if (bar < METER_COLS_LEAST)
        bar = 0;
    int filled = share < 0 ? 0 : share > 1 ? bar : (int)(share * bar + 0.5);
    bool ascii = canvas->scene->ascii;
    grid_fill(grid, (struct rect){row, col + label_cols, 1, filled}, STYLE_BAR,
              ascii ? L'|' : L'━');
    grid_fill(grid, (struct rect){row, col + label_cols + filled, 1, bar - filled}, STYLE_DIM,
              ascii ? L'.' : L'─');
    int at = col + label_cols + bar + (bar > 0 ? 1 : 0);
    (void)grid_puts(grid, row, at, col + cols - at, STYLE_NORMAL, text);
    return at + text_cols - 1;
}

static void size_text(uint64_t used_kib, uint64_t total_kib, char text[static 64])
{
    char used[COLUMN_TEXT_SIZE], total[COLUMN_TEXT_SIZE];
    format_kib(used_kib, used);
    format_kib(total_kib, total);
    (void)snprintf(text, 64, "%.8s/%.8s", used, total);
}

static void cpu_text(const struct machine *machine, int cols, double *ret_share,
                     char text[static 64])
{
    double user = machine->cpu_user_percent, system = machine->cpu_system_percent;
    if (user < 0 || system < 0) {
        *ret_share = -1;
        (void)snprintf(text, 64, "n/a");
        return;
    }
    *ret_share = (user + system) / 100;
    if (cols >= 200 && machine->cpu_iowait_percent >= 0)
        (void)snprintf(text, 64, _("%3.0f%% user %2.0f system %2.0f wait %2.0f of %u"),
                       user + system, user, system, machine->cpu_iowait_percent,
                       (unsigned)machine->processors);
    else
        (void)snprintf(text, 64, "%3.0f%%", user + system);
}

static void draw_meters(const struct canvas *canvas, int row)
{
    const struct machine *machine = &canvas->scene->snapshot->machine;
    int cols = canvas->layout.header.cols;
    bool has_swap = machine->swap_total_kib > 0;
    int each = cols / (has_swap ? 3 : 2), col = 0;
    double share;
    char text[64];

    cpu_text(machine, cols, &share, text);
    col = draw_meter(canvas, row, 0, each - 2, _("CPU"), share, text) + 2;
    if (machine->memory_total_kib > 0) {
        uint64_t total = machine->memory_total_kib, free = machine->memory_available_kib;
        uint64_t used = total > free ? total - free : 0;
        size_text(used, total, text);
        col = draw_meter(canvas, row, col, each - 2, _("Mem"), (double)used / (double)total, text);
        col += 2;
    }
    if (has_swap) {
        uint64_t total = machine->swap_total_kib, free = machine->swap_free_kib;
        uint64_t used = total > free ? total - free : 0;
        size_text(used, total, text);
        (void)draw_meter(canvas, row, col, cols - col, _("Swap"), (double)used / (double)total,
                         text);
    }
}

void draw_header(const struct canvas *canvas)
{
    const struct scene *scene = canvas->scene;
    int rows = canvas->layout.header.rows, row = 0;
    int notices = (int)scene->notice_count;
    int amounts = rows - notices > 1 ? rows - notices : 1;
    /* Figures that change all the time are no help to whoever is read each change. */
    int most = scene->linear ? 1 : 3;
    if (amounts > most)
        amounts = most;
    draw_machine(canvas, row++);
    if (amounts > 1)
        draw_tasks(canvas, row++);
    if (amounts > 2)
        draw_meters(canvas, row++);
    for (size_t i = 0; i < scene->notice_count && row < rows; i++)
        (void)grid_puts(canvas->grid, row++, 0, canvas->layout.header.cols, STYLE_WARNING,
                        scene->notices[i]);
    if (canvas->layout.meters.rows > 0)
        draw_meter_rows(canvas, canvas->layout.meters);
}
