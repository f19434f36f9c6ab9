/*
 * signal_dialog: the signal dialog's targets, its list of signals and what it
 * says; signal_keys.c has its keys.
 */
#ifndef REAPTOP_VIEW_SIGNAL_DIALOG_H
#define REAPTOP_VIEW_SIGNAL_DIALOG_H

#include "ui_private.h"

struct intent signal_dialog_open(struct ui *ui, const struct scene *scene);
struct intent signal_dialog_key(struct ui *ui, struct key key, const struct scene *scene);
/* A key that means nothing in the report is for what is below it: the dialog is left then. */
bool signal_dialog_passes_on(const struct ui *ui, struct key key);
/* Targets that ended meanwhile are marked so. */
void signal_dialog_sync(struct ui *ui, const struct scene *scene);

/* The scope has somebody in it. */
bool signal_dialog_has_scope(const struct ui *ui, enum signal_scope scope);
/* The processes of the scope as they are now become the targets. */
void signal_dialog_fill(struct ui *ui, const struct scene *scene, enum signal_scope scope);
/* Targets that can still get a signal. */
size_t signal_dialog_ready_count(const struct signal_dialog *dialog);
const char *signal_dialog_scope_title(enum signal_scope scope);

/* The signals that pass the filter; `ret_signals` has room for SIGNAL_MAX. */
size_t signal_dialog_list(const struct signal_dialog *dialog,
                          const struct signal_info **ret_signals);
/* Puts the cursor on that signal, or on the first. An exact match of what was typed wins. */
void signal_dialog_select(struct signal_dialog *dialog, int signal);
/* After the list or its cursor changed: which signal it is now. */
void signal_dialog_settle(struct signal_dialog *dialog);

/* What stands above the list of signals: the targets. And below it: the forecast. */
void signal_dialog_target_document(const struct ui *ui, const struct scene *scene,
                                   struct document *doc);
void signal_dialog_forecast_document(const struct ui *ui, const struct scene *scene,
                                     struct document *doc);

#endif
