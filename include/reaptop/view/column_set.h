/*
 * column_set: which columns a person chose for the tree, in which order and how
 * wide; and the sets that have a name. COMMAND comes last in every set and is
 * not named in it.
 */
#ifndef REAPTOP_VIEW_COLUMN_SET_H
#define REAPTOP_VIEW_COLUMN_SET_H

#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/view/columns.h"

enum {
    COLUMN_WIDTH_LEAST = 2,
    COLUMN_WIDTH_MOST = 60,
};

struct column_choice {
    unsigned char column; /* enum column, not COMMAND */
    unsigned char width;  /* 0: the column's own */
};

/* A plain value: what is behind `count` is zero, so that memcmp(3) tells two apart. */
struct column_set {
    unsigned char count; /* 0: by width, as columns_fit() chooses */
    struct column_choice choices[COLUMN_COUNT];
};

/* The sets with a name. */
enum column_preset {
    PRESET_OVERVIEW, /* by width */
    PRESET_MEMORY,
    PRESET_SCHEDULING,
    PRESET_IO,
    PRESET_SIGNALS,
    PRESET_FAMILY,
    PRESET_CONTAINERS,
    PRESET_COUNT
};

/* "memory": as the configuration has it. Static. */
const char *column_preset_name(enum column_preset preset);
struct column_set column_preset(enum column_preset preset);
/* The preset that is this set, or PRESET_COUNT. */
enum column_preset column_preset_of(const struct column_set *set);

/*
 * "memory", or "pid,user:12,rss": titles or fields' names, a width behind a colon.
 * A list that begins with + adds to what is in *set. -EINVAL with the right
 * form named; *set is then as it was.
 */
int column_set_parse(const char *text, struct column_set *set, struct error *error);

/* One column as column_set_parse() has it. */
void column_set_print_choice(struct column_choice choice, struct strbuf *out);
/* The preset's name, or the whole list. */
void column_set_print(const struct column_set *set, struct strbuf *out);

/* The next preset (step 1) or the one before; a set of one's own stands before the first. */
void column_set_step(struct column_set *set, int step);

/* Where the column stands in the set, or -1. */
int column_set_find(const struct column_set *set, enum column column);
/* Puts it at the end, or takes it out. One column at least stays. */
void column_set_toggle(struct column_set *set, enum column column);
/* One place to the left (-1) or the right (1); nothing where there is none. */
void column_set_move(struct column_set *set, enum column column, int step);
/* Wider or narrower than it is, `width` columns now; nothing beyond the limits. */
void column_set_widen(struct column_set *set, enum column column, int width, int step);

/* What the columns before COMMAND take; of those chosen by width, what columns_good_cols() says. */
int column_set_cols(const struct column_set *set, pid_t pid_max);

/*
 * As columns_fit(), for what was chosen: those that leave too little for COMMAND
 * are left out, the last first. *ret_left_out: how many (NULL: not wanted).
 */
size_t column_set_fit(const struct column_set *set, int cols, pid_t pid_max,
                      struct column_place ret_places[static COLUMN_COUNT], size_t *ret_left_out);

#endif
