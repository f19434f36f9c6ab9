#include "canvas.h"

#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/meters.h"

enum {
    LABEL_COLS = 5,
    TEXT_COLS = 48, /* of the figures, before the graph; what is longer pushes it */
    GRAPH_COLS_LEAST = 8,
    BAR_COLS = 16, /* one processor's: number, bar and percent */
    BARS_MOST = 4, /* rows of bars; with more processors one cell is one of them */
    SAID_COLS = 10 /* one processor's where nothing is drawn: "12 100%," */
};

/* ---- graphs ---- */

/* One of eight heights, the least above 0 for what is more than nothing. */
static const char *step_of(double share, bool ascii)
{
    static const char *const steps[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ",", ":", "-", "=", "+", "*", "#"};
    int last = (int)ELEMENTS(steps) - 1;
    int step = share <= 0 ? 0 : share >= 1 ? last : 1 + (int)(share * last - 0.001);
    step = step > last ? last : step;
    return ascii ? plain[step] : steps[step];
}

static double highest(const struct meters *meters, enum meter_track track, int cols)
{
    double most = 0;
    for (int i = 0; i < cols && i < METER_HISTORY; i++)
        if (meters->history[track][METER_HISTORY - 1 - i] > most)
            most = meters->history[track][METER_HISTORY - 1 - i];
    return most;
}

/* The newest at the right edge. `full` is the value of a whole cell; 0: the highest shown. */
static void draw_history(const struct canvas *canvas, struct rect rect, const struct meters *meters,
                         enum meter_track track, double full)
{
    int count = (int)meters->history_count;
    if (full <= 0)
        full = highest(meters, track, rect.cols);
    for (int i = 0; i < rect.cols && i < count; i++) {
        double value = (double)meters->history[track][METER_HISTORY - 1 - i];
        const char *step =
            value < 0 ? "?" : step_of(full > 0 ? value / full : 0, canvas->scene->ascii);
        (void)grid_puts(canvas->grid, rect.row, rect.col + rect.cols - 1 - i, 1,
                        value < 0 ? STYLE_DIM : STYLE_BAR, step);
    }
}

/* ---- figures ---- */

static void add_percent(struct strbuf *out, const char *label, double percent)
{
    if (percent < 0)
        strbuf_printf(out, "%s n/a  ", label);
    else
        strbuf_printf(out, "%s %.0f%%  ", label, percent);
}

static void add_size(struct strbuf *out, const char *label, uint64_t kib)
{
    char text[COLUMN_TEXT_SIZE];
    format_kib(kib, text);
    strbuf_printf(out, "%s %s  ", label, text);
}

static void add_rate(struct strbuf *out, const char *label, double kib)
{
    char text[COLUMN_TEXT_SIZE] = "n/a";
    if (kib >= 0)
        format_kib((uint64_t)kib, text);
    strbuf_printf(out, "%s %s%s  ", label, text, kib >= 0 ? "/s" : "");
}

static void add_pressure(struct strbuf *out, const char *label, const struct pressure *pressure)
{
    if (pressure->some < 0)
        strbuf_printf(out, "%s n/a  ", label);
    else if (pressure->full < 0)
        strbuf_printf(out, "%s %.1f%%  ", label, pressure->some);
    else
        strbuf_printf(out, _("%s %.1f%% all %.1f%%  "), label, pressure->some, pressure->full);
}

static void say_cpu(const struct meters *meters, struct strbuf *out)
{
    add_percent(out, _("user"), meters->user);
    add_percent(out, _("system"), meters->system);
    add_percent(out, _("I/O wait"), meters->iowait);
    add_percent(out, _("stolen"), meters->steal);
}

static void say_memory(const struct meters *meters, struct strbuf *out)
{
    const struct memory_kinds *memory = &meters->memory;
    if (!memory->is_known) {
        strbuf_puts(out, "n/a");
        return;
    }
    uint64_t used = memory->total > memory->available ? memory->total - memory->available : 0;
    add_size(out, _("used"), used);
    add_size(out, _("cache"), memory->cached + memory->buffers + memory->slab_reclaimable);
    add_size(out, _("shared"), memory->shared);
    add_size(out, _("free"), memory->free);
    if (memory->swap_total > 0)
        add_size(out, _("swap"),
                 memory->swap_total - (memory->swap_free < memory->swap_total
                                           ? memory->swap_free
                                           : memory->swap_total));
    add_size(out, _("dirty"), memory->dirty);
}

static void say_pressure(const struct meters *meters, struct strbuf *out)
{
    if (meters->pressure[METER_OF_CPU].some < 0 && meters->pressure[METER_OF_MEMORY].some < 0) {
        strbuf_puts(out, _("not told by this kernel (CONFIG_PSI, psi=1)"));
        return;
    }
    add_pressure(out, _("cpu"), &meters->pressure[METER_OF_CPU]);
    add_pressure(out, _("memory"), &meters->pressure[METER_OF_MEMORY]);
    add_pressure(out, _("io"), &meters->pressure[METER_OF_IO]);
}

static void say_disk(const struct meters *meters, struct strbuf *out)
{
    add_rate(out, _("read"), meters->disk_read_kib);
    add_rate(out, _("written"), meters->disk_written_kib);
}

static void say_network(const struct meters *meters, struct strbuf *out)
{
    add_rate(out, _("received"), meters->received_kib);
    add_rate(out, _("sent"), meters->sent_kib);
}

/* Meters that are one row: figures, and their history. */
static const struct row_meter {
    enum meter_kind kind;
    const char *label; /* N_() */
    void (*say)(const struct meters *meters, struct strbuf *out);
    enum meter_track track;
    double full;
} row_meters[] = {
    {METER_CPU, N_("CPU"), say_cpu, TRACK_CPU, 100},
    {METER_MEMORY, N_("Mem"), say_memory, TRACK_MEMORY, 100},
    {METER_PRESSURE, N_("PSI"), say_pressure, TRACK_PRESSURE, 100},
    {METER_DISK, N_("Disk"), say_disk, TRACK_DISK, 0},
    {METER_NETWORK, N_("Net"), say_network, TRACK_NETWORK, 0},
};

static void draw_row_meter(const struct canvas *canvas, int row, int cols,
                           const struct row_meter *meter)
{
    const struct meters *meters = canvas->scene->meters;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    meter->say(meters, &text);
    (void)grid_puts(canvas->grid, row, 0, LABEL_COLS, STYLE_LABEL, _(meter->label));
    int used = LABEL_COLS + grid_puts(canvas->grid, row, LABEL_COLS, cols - LABEL_COLS,
                                      STYLE_NORMAL, strbuf_text(&text));
    int at = used > LABEL_COLS + TEXT_COLS ? used : LABEL_COLS + TEXT_COLS;
    int room = cols - at;
    if (room > METER_HISTORY)
        room = METER_HISTORY;
    if (room >= GRAPH_COLS_LEAST && !canvas->scene->linear)
        draw_history(canvas, (struct rect){row, cols - room, 1, room}, meters, meter->track,
                     meter->full);
}

/* ---- processors ---- */

static int bars_in_row(int cols)
{
    return cols / BAR_COLS > 0 ? cols / BAR_COLS : 1;
}

static int said_in_row(int cols)
{
    return cols > LABEL_COLS + SAID_COLS ? (cols - LABEL_COLS) / SAID_COLS : 1;
}

static int processor_rows(const struct scene *scene, int cols)
{
    int count = (int)scene->meters->processor_count;
    int bars = scene->linear ? said_in_row(cols) : bars_in_row(cols);
    int rows = (count + bars - 1) / bars;
    if (scene->linear)
        return rows < BARS_MOST ? rows : BARS_MOST;
    return rows <= BARS_MOST ? rows : (count + cols - LABEL_COLS - 1) / (cols - LABEL_COLS);
}

static void format_load(double percent, char text[static 16])
{
    if (percent < 0)
        (void)snprintf(text, 16, "%s", percent <= METER_OFFLINE ? _("off") : "n/a");
    else
        (void)snprintf(text, 16, "%3.0f%%", percent);
}

/* " 3 ━━━──── 42%" */
static void draw_bar(const struct canvas *canvas, int row, int col, size_t number, double percent)
{
    char text[16];
    int bar = BAR_COLS - 10;
    bool ascii = canvas->scene->ascii;
    int filled = percent <= 0 ? 0 : (int)(percent / 100 * bar + 0.5);
    (void)grid_printf(canvas->grid, row, col, 3, STYLE_LABEL, "%3zu", number);
    grid_fill(canvas->grid, (struct rect){row, col + 4, 1, filled}, STYLE_BAR, ascii ? L'|' : L'━');
    grid_fill(canvas->grid, (struct rect){row, col + 4 + filled, 1, bar - filled}, STYLE_DIM,
              ascii ? L'.' : L'─');
    format_load(percent, text);
    (void)grid_puts(canvas->grid, row, col + 5 + bar, 4, STYLE_NORMAL, text);
}

/* "0 12%, 1 n/a": for a reader of lines. What does not fit is told as dots. */
static void say_processors(const struct canvas *canvas, int first, int rows, int cols)
{
    const struct meters *meters = canvas->scene->meters;
    size_t in_row = (size_t)said_in_row(cols), most = (size_t)rows * in_row;
    (void)grid_puts(canvas->grid, first, 0, LABEL_COLS, STYLE_LABEL, _("CPUs"));
    for (size_t i = 0; i < meters->processor_count && i < most; i++) {
        char load[16];
        int row = first + (int)(i / in_row), col = LABEL_COLS + (int)(i % in_row) * SAID_COLS;
        format_load((double)meters->processors[i], load);
        if (i + 1 == most && i + 1 < meters->processor_count)
            (void)grid_puts(canvas->grid, row, col, SAID_COLS, STYLE_DIM, "...");
        else
            (void)grid_printf(canvas->grid, row, col, SAID_COLS, STYLE_NORMAL, "%zu %s%s", i,
                              load + strspn(load, " "), i + 1 < meters->processor_count ? "," : "");
    }
}

static void draw_processors(const struct canvas *canvas, int first, int rows, int cols)
{
    const struct meters *meters = canvas->scene->meters;
    int bars = bars_in_row(cols), room = cols - LABEL_COLS;
    if (canvas->scene->linear) {
        say_processors(canvas, first, rows, cols);
        return;
    }
    bool has_bars = ((int)meters->processor_count + bars - 1) / bars <= BARS_MOST;
    if (!has_bars)
        (void)grid_puts(canvas->grid, first, 0, LABEL_COLS, STYLE_LABEL, _("CPUs"));
    for (size_t i = 0; i < meters->processor_count; i++) {
        double percent = (double)meters->processors[i];
        int in_row = has_bars ? bars : room;
        int row = (int)i / in_row, place = (int)i % in_row;
        if (row >= rows)
            return;
        if (has_bars)
            draw_bar(canvas, first + row, place * BAR_COLS, i, percent);
        else
            (void)grid_puts(canvas->grid, first + row, LABEL_COLS + place, 1, STYLE_BAR,
                            percent < 0 ? "?" : step_of(percent / 100, canvas->scene->ascii));
    }
}

/* ---- all of them ---- */

/* Its rows, where it is shown. */
static int rows_of(const struct settings *settings, const struct scene *scene, int kind, int cols)
{
    if (settings->meters[kind] <= 0)
        return 0;
    return kind == METER_PROCESSORS ? processor_rows(scene, cols) : 1;
}

int meters_rows(const struct settings *settings, const struct scene *scene, int cols)
{
    int rows = 0;
    if (!settings->shows_meters)
        return 0;
    if (!scene->meters)
        return 1;
    for (int kind = 0; kind < METER_KIND_COUNT; kind++)
        rows += rows_of(settings, scene, kind, cols);
    return rows;
}

static void draw_meter(const struct canvas *canvas, struct rect rect, int kind)
{
    if (kind == METER_PROCESSORS)
        draw_processors(canvas, rect.row, rect.rows, rect.cols);
    for (size_t i = 0; i < ELEMENTS(row_meters); i++)
        if ((int)row_meters[i].kind == kind)
            draw_row_meter(canvas, rect.row, rect.cols, &row_meters[i]);
}

/* From place to place; those that share one stand in the order of their kinds. */
void draw_meter_rows(const struct canvas *canvas, struct rect rect)
{
    const struct settings *settings = &canvas->ui->settings;
    const struct meters *meters = canvas->scene->meters;
    if (!meters) {
        draw_cut(canvas, rect.row, rect.col, rect.cols, STYLE_DIM,
                 canvas->scene->replay ? _("a recording does not hold the meters")
                                       : _("the meters are being read"));
        return;
    }
    for (int place = 1; place <= METER_KIND_COUNT; place++)
        for (int kind = 0; kind < METER_KIND_COUNT; kind++) {
            int rows = rows_of(settings, canvas->scene, kind, rect.cols);
            if (settings->meters[kind] != place || rect.rows <= 0)
                continue;
            rows = rows < rect.rows ? rows : rect.rows;
            draw_meter(canvas, (struct rect){rect.row, rect.col, rows, rect.cols}, kind);
            rect.row += rows;
            rect.rows -= rows;
        }
}
