/*
 * canvas: what drawing a frame needs, and the marks that its parts share.
 * Drawing reads the state and changes nothing but the grid.
 */
#ifndef REAPTOP_VIEW_CANVAS_H
#define REAPTOP_VIEW_CANVAS_H

#include "ui_private.h"

struct canvas {
    const struct ui *ui;
    const struct scene *scene;
    struct grid *grid;
    struct layout layout;
};

void draw_header(const struct canvas *canvas);
void draw_meter_rows(const struct canvas *canvas, struct rect rect);
void draw_tree(const struct canvas *canvas);
void draw_inspector(const struct canvas *canvas);
void draw_events(const struct canvas *canvas);
void draw_footer(const struct canvas *canvas);
void draw_modal(const struct canvas *canvas, const struct modal *modal);
void draw_ended(const struct canvas *canvas, const struct modal *modal);

/* A sentence of ours; where it is wider than `cols` its last cell says so. */
void draw_cut(const struct canvas *canvas, int row, int col, int cols, enum style style,
              const char *text);
/* A clean patch in a box, the title in its upper edge. */
void draw_frame(const struct canvas *canvas, struct rect rect, const char *title);
/* Marks a list's selected row, and puts the cursor there. */
void draw_list_row(const struct canvas *canvas, struct rect row, bool is_selected);
/* A horizontal rule's character. */
wchar_t rule_char(const struct scene *scene);
/* "…" or "..". */
const char *ellipsis(const struct scene *scene);

#endif
