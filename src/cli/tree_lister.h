/*
 * tree_lister: what `tree` lists and how: command_tree.c reads and orders it,
 * tree_print.c prints it.
 */
#ifndef REAPTOP_CLI_TREE_LISTER_H
#define REAPTOP_CLI_TREE_LISTER_H

#include "linear_list.h"
#include "reaptop/base/helper.h"
#include "reaptop/cli/options.h"
#include "reaptop/cli/progress.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/feed.h"
#include "reaptop/source/reader.h"
#include "reaptop/view/columns.h"

enum {
    TREE_FROM,
    TREE_AT,
    TREE_COLUMNS,
    TREE_FILTER,
    TREE_IS_FLAT,
    TREE_HELPERS,
    TREE_WIDE,
};

struct lister {
    const struct options *options;
    const char *from; /* a recording, or other machines; NULL: this one */
    struct feed *feed;
    struct reader *reader; /* NULL: a recording is read */
    struct tree tree;
    struct tree_options shape;
    struct linear_list linear; /* of --linear */
    struct filter *filter;
    bool has_filter; /* it does not let everything pass */
    pid_t helpers[HELPERS_REMEMBERED];
    pid_t root;
    bool has_root;
    bool has_reported_notice;
    bool ascii;
    struct progress *progress;       /* while rows or a recording are read */
    bool is_stopped;                 /* by Ctrl-C: what was known by then is shown */
    enum column shown[COLUMN_COUNT]; /* without COMMAND, which comes last */
    int widths[COLUMN_COUNT];        /* of shown[i]: of its widest value */
    size_t shown_count;
    size_t cut; /* columns of the terminal; SIZE_MAX: lines are not cut */
};

/* An exit status. */
int tree_print_text(struct lister *lister);
int tree_print_linear(struct lister *lister);
int tree_print_json(const struct lister *lister);

#endif
