/*
 * style: what a cell means, not how it looks; term/ maps it to colours. No
 * meaning is carried by style alone: a letter, a word or a mark says it too.
 */
#ifndef REAPTOP_VIEW_STYLE_H
#define REAPTOP_VIEW_STYLE_H

enum style {
    STYLE_NORMAL,
    STYLE_DIM,       /* secondary: guides, kernel threads, the ended */
    STYLE_STRONG,    /* names, figures that matter */
    STYLE_TITLE,     /* a region's or a dialog's title */
    STYLE_HEADING,   /* column headings */
    STYLE_LABEL,     /* "memory:" before a value */
    STYLE_KEY,       /* a key that can be pressed */
    STYLE_SELECTED,  /* the selected row, its region has the focus */
    STYLE_UNFOCUSED, /* the selected row, the focus is elsewhere */
    STYLE_TAGGED,
    STYLE_MATCH, /* what the search found */
    STYLE_BAD,   /* a byte that may not be shown: '?' stands for it */
    STYLE_WARNING,
    STYLE_ERROR,
    STYLE_GOOD,
    STYLE_UNKNOWN,  /* could not be read; the reason is beside it */
    STYLE_INFERRED, /* not observed: concluded */
    STYLE_NEW,      /* a row that was just born */
    STYLE_CHANGED,  /* a row or a value that just changed */
    STYLE_DYING,    /* a row that is ending */
    STYLE_RUNNING,  /* state R */
    STYLE_SLEEPING, /* S, I */
    STYLE_DISK,     /* D */
    STYLE_STOPPED,  /* T */
    STYLE_TRACED,   /* t */
    STYLE_ZOMBIE,   /* Z, X */
    STYLE_BAR,      /* a meter's filled part */
    STYLE_COUNT
};

enum look_attributes {
    LOOK_BOLD = 1U << 0,
    LOOK_DIM = 1U << 1,
    LOOK_UNDERLINE = 1U << 2,
    LOOK_REVERSE = 1U << 3,
};

/* "zombie", as the configuration has it. Static. */
const char *style_name(enum style style);

/* The style of a state letter. */
enum style style_of_state(char state);

#endif
