/*
 * move: moves the cursor of a region or a list, and searches.
 */
#ifndef REAPTOP_VIEW_MOVE_H
#define REAPTOP_VIEW_MOVE_H

#include "ui_private.h"

void move_tree(struct ui *ui, const struct scene *scene, int64_t rows);
void move_tree_to(struct ui *ui, const struct scene *scene, uint32_t row);
void move_pane(struct ui *ui, const struct scene *scene, int64_t lines);
void move_events(struct ui *ui, const struct scene *scene, int64_t events);
/* Moves a list by an arrow, page, Home or End key; false for any other key. */
bool list_key(struct list_state *list, struct key key, size_t count, size_t rows);

/* Entry `at` begins with what was typed; with `anywhere`, it has it somewhere. */
typedef bool (*entry_matches)(const void *context, size_t at, const char *typed, bool anywhere);

/*
 * Type to find, in a list of `count` entries: a first letter goes to the next entry that
 * begins with it; with more of them to one that begins with all, or has them anywhere. A
 * letter that leads nowhere begins anew. `typed` holds what was typed before, `size` bytes.
 */
void list_typed(struct list_state *list, char *typed, size_t size, size_t count, uint32_t letter,
                entry_matches matches, const void *context);

bool process_matches(const struct process *process, const char *needle);
/* From where the prompt was opened to what it says now, or said when it was accepted. */
void search_typed(struct ui *ui, const struct scene *scene);
void search_again(struct ui *ui, const struct scene *scene, int step);
void type_pid(struct ui *ui, const struct scene *scene, uint32_t digit);

#endif
