/*
 * act: what each action does; the table in actions.c names the function.
 */
#ifndef REAPTOP_VIEW_ACT_H
#define REAPTOP_VIEW_ACT_H

#include "ui_private.h"

/* act_list.c: opens the pane with the focus on it; sorts by that field, its usual way round. */
void open_tab(struct ui *ui, enum tab tab);
struct intent sort_by(struct ui *ui, const struct scene *scene, enum field field);

#define _unused_ __attribute__((unused))
/* Of the type of action_info.act, none of whose parameters need be used. */
#define ACT_FUNCTION(name)                                                                         \
    struct intent name(struct ui *ui _unused_, const struct scene *scene _unused_,                 \
                       enum action action _unused_)

ACT_FUNCTION(act_move);     /* move.c */
ACT_FUNCTION(act_line_end); /* move.c */
ACT_FUNCTION(act_one_tab);  /* act_list.c, and the next four */
ACT_FUNCTION(act_stacks);
ACT_FUNCTION(act_command_line);
ACT_FUNCTION(act_sort_by);
ACT_FUNCTION(act_command_form);
ACT_FUNCTION(act_inspect);
ACT_FUNCTION(act_tab);
ACT_FUNCTION(act_why);
ACT_FUNCTION(act_layout);  /* act_layout.c */
ACT_FUNCTION(act_divider); /* likewise, and the next */
ACT_FUNCTION(act_meters);
ACT_FUNCTION(act_events);
ACT_FUNCTION(act_ended);
ACT_FUNCTION(act_copy); /* copy.c */
ACT_FUNCTION(act_follow);
ACT_FUNCTION(act_pause);
ACT_FUNCTION(act_replay);
ACT_FUNCTION(act_search);
ACT_FUNCTION(act_search_again);
ACT_FUNCTION(act_filter);
ACT_FUNCTION(act_user);
ACT_FUNCTION(act_leave);
ACT_FUNCTION(act_shape);
ACT_FUNCTION(act_fold);
ACT_FUNCTION(act_fold_all);
ACT_FUNCTION(act_sort);
ACT_FUNCTION(act_sort_step);
ACT_FUNCTION(act_invert);
ACT_FUNCTION(act_columns); /* columns_dialog.c */
ACT_FUNCTION(act_preset);
ACT_FUNCTION(act_threads);
ACT_FUNCTION(act_kernel);
ACT_FUNCTION(act_tag);
ACT_FUNCTION(act_tag_subtree);
ACT_FUNCTION(act_untag);
ACT_FUNCTION(act_signal);
ACT_FUNCTION(act_tune); /* tune_dialog.c */
ACT_FUNCTION(act_new_child);
ACT_FUNCTION(act_reap);
ACT_FUNCTION(act_lab);
ACT_FUNCTION(act_manual);
ACT_FUNCTION(act_palette); /* palette.c */
ACT_FUNCTION(act_help);
ACT_FUNCTION(act_setup);
ACT_FUNCTION(act_redraw);
ACT_FUNCTION(act_suspend);
ACT_FUNCTION(act_quit);

#endif
