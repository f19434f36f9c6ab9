/*
 * settings: the one list of what a person can set. The setup dialog, the
 * configuration (app/config.c) and the manual page all come from it.
 */
#ifndef REAPTOP_VIEW_SETTINGS_H
#define REAPTOP_VIEW_SETTINGS_H

#include "reaptop/view/ui.h"

enum setting_kind {
    SETTING_CHOICE,  /* an int, the index of a word */
    SETTING_SWITCH,  /* a bool */
    SETTING_TIME,    /* uint64_t nanoseconds */
    SETTING_FIELD,   /* enum field */
    SETTING_COLUMNS, /* struct column_set */
    SETTING_PERCENT, /* an int, LAYOUT_PERCENT_LEAST to _MOST; 0: by itself */
};

struct setting_info {
    const char *name; /* in the configuration; NULL: it is never saved */
    const char *help; /* N_(): its line in the setup dialog and the manual page */
    enum setting_kind kind;
    size_t offset;             /* in struct settings */
    const char *const *words;  /* of a choice, as the configuration has them; NULL ends */
    const char *const *titles; /* N_(): the same for the dialog; NULL: as the words */
    unsigned flags;            /* enum action_flags: when it cannot be changed */
    bool is_live;              /* means nothing in a replay */
    enum intent_kind applied;  /* what the application has to do after a change */
};

extern const struct setting_info settings_table[];
size_t settings_count(void);

/* Where the value is kept. */
void *setting_place(struct settings *settings, const struct setting_info *setting);
/* The value of a choice, switch or field as a number. */
int setting_get(const struct settings *settings, const struct setting_info *setting);
void setting_set(struct settings *settings, const struct setting_info *setting, int value);

#endif
