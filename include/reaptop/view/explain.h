/*
 * explain: the reference (model/reference.h) as documents: for `explain`, the
 * help on a cell, and the signal list.
 */
#ifndef REAPTOP_VIEW_EXPLAIN_H
#define REAPTOP_VIEW_EXPLAIN_H

#include "reaptop/model/reference.h"
#include "reaptop/view/document.h"

/* As reference_find(), and column titles ("THR", "CPU%") too: they lead to their field. */
int explain_find(const char *topic, struct reference *ret_entry);

/* One entry: meaning, what to do, where it comes from, what to read, its namesakes. */
void explain_entry(struct document *doc, const struct reference *entry);

/* Every entry of a kind, a line each; states with their diagram. */
void explain_list(struct document *doc, enum reference_kind kind);

/* The tree's columns and the fields behind them. */
void explain_columns(struct document *doc);

/* All signals: number, name, default action, meaning. */
void explain_signals(struct document *doc);

/* What can be asked for. */
void explain_overview(struct document *doc);

/*
 * The states and how one becomes another, drawn with plain characters, 70
 * columns wide. `current` is marked where it stands ('\0': none is).
 */
void explain_diagram(struct document *doc, char current);

#endif
