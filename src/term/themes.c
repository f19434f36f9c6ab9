#include "themes.h"

#define PLAIN    -1, -1
#define ON_BLACK 16, 0

enum {
    NONE = 0,
    BOLD = LOOK_BOLD,
    DIM = LOOK_DIM,
    LINE = LOOK_UNDERLINE,
    REVERSE = LOOK_REVERSE
};

/* clang-format off */
static const struct look dark[STYLE_COUNT] = {
    [STYLE_NORMAL] = {PLAIN, PLAIN, NONE},       [STYLE_DIM] = {245, 7, PLAIN, NONE},
    [STYLE_STRONG] = {PLAIN, PLAIN, BOLD},       [STYLE_TITLE] = {81, 6, PLAIN, BOLD},
    [STYLE_HEADING] = {250, 7, PLAIN, LINE},     [STYLE_LABEL] = {109, 6, PLAIN, NONE},
    [STYLE_KEY] = {222, 3, PLAIN, BOLD},         [STYLE_SELECTED] = {232, 0, 153, 6, NONE},
    [STYLE_UNFOCUSED] = {255, 7, 238, 4, NONE},  [STYLE_TAGGED] = {222, 3, PLAIN, BOLD},
    [STYLE_MATCH] = {232, 0, 222, 3, NONE},      [STYLE_BAD] = {231, 7, 88, 1, NONE},
    [STYLE_WARNING] = {220, 3, PLAIN, NONE},     [STYLE_ERROR] = {210, 9, PLAIN, BOLD},
    [STYLE_GOOD] = {114, 2, PLAIN, NONE},        [STYLE_UNKNOWN] = {180, 3, PLAIN, NONE},
    [STYLE_INFERRED] = {146, 5, PLAIN, NONE},    [STYLE_NEW] = {114, 2, PLAIN, BOLD},
    [STYLE_CHANGED] = {117, 6, PLAIN, BOLD},     [STYLE_DYING] = {174, 1, PLAIN, NONE},
    [STYLE_RUNNING] = {114, 2, PLAIN, BOLD},     [STYLE_SLEEPING] = {250, 7, PLAIN, NONE},
    [STYLE_DISK] = {215, 3, PLAIN, BOLD},        [STYLE_STOPPED] = {177, 5, PLAIN, BOLD},
    [STYLE_TRACED] = {141, 5, PLAIN, NONE},      [STYLE_ZOMBIE] = {203, 9, PLAIN, BOLD},
    [STYLE_BAR] = {72, 2, PLAIN, NONE},
};

/* On white, green, yellow and cyan of the first sixteen cannot be read. */
static const struct look light[STYLE_COUNT] = {
    [STYLE_NORMAL] = {PLAIN, PLAIN, NONE},       [STYLE_DIM] = {242, 8, PLAIN, NONE},
    [STYLE_STRONG] = {PLAIN, PLAIN, BOLD},       [STYLE_TITLE] = {25, 4, PLAIN, BOLD},
    [STYLE_HEADING] = {238, 0, PLAIN, LINE},     [STYLE_LABEL] = {24, 4, PLAIN, NONE},
    [STYLE_KEY] = {94, 5, PLAIN, BOLD},          [STYLE_SELECTED] = {16, 7, 153, 4, NONE},
    [STYLE_UNFOCUSED] = {16, 0, 252, 7, NONE},   [STYLE_TAGGED] = {94, 5, PLAIN, BOLD},
    [STYLE_MATCH] = {16, 0, 220, 3, NONE},       [STYLE_BAD] = {231, 7, 124, 1, NONE},
    [STYLE_WARNING] = {94, 5, PLAIN, NONE},      [STYLE_ERROR] = {160, 1, PLAIN, BOLD},
    [STYLE_GOOD] = {22, 4, PLAIN, NONE},         [STYLE_UNKNOWN] = {94, 5, PLAIN, NONE},
    [STYLE_INFERRED] = {90, 5, PLAIN, NONE},     [STYLE_NEW] = {22, 4, PLAIN, BOLD},
    [STYLE_CHANGED] = {25, 4, PLAIN, BOLD},      [STYLE_DYING] = {124, 1, PLAIN, NONE},
    [STYLE_RUNNING] = {22, 4, PLAIN, BOLD},      [STYLE_SLEEPING] = {238, 0, PLAIN, NONE},
    [STYLE_DISK] = {94, 1, PLAIN, BOLD},         [STYLE_STOPPED] = {90, 5, PLAIN, BOLD},
    [STYLE_TRACED] = {90, 5, PLAIN, LINE},       [STYLE_ZOMBIE] = {160, 1, PLAIN, BOLD},
    [STYLE_BAR] = {22, 4, PLAIN, NONE},
};

/* Its own black background; nothing is dim. */
static const struct look contrast[STYLE_COUNT] = {
    [STYLE_NORMAL] = {231, 15, ON_BLACK, NONE},  [STYLE_DIM] = {252, 7, ON_BLACK, NONE},
    [STYLE_STRONG] = {231, 15, ON_BLACK, BOLD},  [STYLE_TITLE] = {51, 14, ON_BLACK, BOLD},
    [STYLE_HEADING] = {231, 15, ON_BLACK, BOLD | LINE},
    [STYLE_LABEL] = {51, 14, ON_BLACK, NONE},    [STYLE_KEY] = {226, 11, ON_BLACK, BOLD},
    [STYLE_SELECTED] = {16, 0, 226, 11, BOLD},   [STYLE_UNFOCUSED] = {16, 0, 252, 7, NONE},
    [STYLE_TAGGED] = {226, 11, ON_BLACK, BOLD},  [STYLE_MATCH] = {16, 0, 51, 14, BOLD},
    [STYLE_BAD] = {16, 0, 231, 15, BOLD},        [STYLE_WARNING] = {226, 11, ON_BLACK, BOLD},
    [STYLE_ERROR] = {217, 15, ON_BLACK, BOLD | LINE},
    [STYLE_GOOD] = {46, 10, ON_BLACK, NONE},     [STYLE_UNKNOWN] = {226, 11, ON_BLACK, NONE},
    [STYLE_INFERRED] = {219, 15, ON_BLACK, LINE}, [STYLE_NEW] = {46, 10, ON_BLACK, BOLD},
    [STYLE_CHANGED] = {51, 14, ON_BLACK, BOLD},  [STYLE_DYING] = {217, 7, ON_BLACK, NONE},
    [STYLE_RUNNING] = {46, 10, ON_BLACK, BOLD},  [STYLE_SLEEPING] = {231, 15, ON_BLACK, NONE},
    [STYLE_DISK] = {226, 11, ON_BLACK, BOLD | LINE},
    [STYLE_STOPPED] = {219, 15, ON_BLACK, BOLD}, [STYLE_TRACED] = {219, 15, ON_BLACK, BOLD | LINE},
    [STYLE_ZOMBIE] = {217, 15, ON_BLACK, BOLD | LINE},
    [STYLE_BAR] = {46, 10, ON_BLACK, NONE},
};

/* Blue against orange and yellow, never red against green. */
static const struct look blind_dark[STYLE_COUNT] = {
    [STYLE_NORMAL] = {PLAIN, PLAIN, NONE},       [STYLE_DIM] = {245, 7, PLAIN, NONE},
    [STYLE_STRONG] = {PLAIN, PLAIN, BOLD},       [STYLE_TITLE] = {117, 6, PLAIN, BOLD},
    [STYLE_HEADING] = {250, 7, PLAIN, LINE},     [STYLE_LABEL] = {110, 6, PLAIN, NONE},
    [STYLE_KEY] = {227, 3, PLAIN, BOLD},         [STYLE_SELECTED] = {232, 0, 117, 6, NONE},
    [STYLE_UNFOCUSED] = {255, 7, 238, 4, NONE},  [STYLE_TAGGED] = {227, 3, PLAIN, BOLD},
    [STYLE_MATCH] = {232, 0, 227, 3, NONE},      [STYLE_BAD] = {232, 0, 214, 3, NONE},
    [STYLE_WARNING] = {214, 3, PLAIN, NONE},     [STYLE_ERROR] = {209, 11, PLAIN, BOLD | LINE},
    [STYLE_GOOD] = {117, 6, PLAIN, NONE},        [STYLE_UNKNOWN] = {180, 3, PLAIN, NONE},
    [STYLE_INFERRED] = {182, 7, PLAIN, LINE},    [STYLE_NEW] = {117, 6, PLAIN, BOLD},
    [STYLE_CHANGED] = {159, 6, PLAIN, BOLD},     [STYLE_DYING] = {209, 3, PLAIN, NONE},
    [STYLE_RUNNING] = {117, 6, PLAIN, BOLD},     [STYLE_SLEEPING] = {250, 7, PLAIN, NONE},
    [STYLE_DISK] = {214, 3, PLAIN, BOLD},        [STYLE_STOPPED] = {227, 11, PLAIN, BOLD},
    [STYLE_TRACED] = {227, 11, PLAIN, LINE},     [STYLE_ZOMBIE] = {209, 11, PLAIN, BOLD | LINE},
    [STYLE_BAR] = {110, 6, PLAIN, NONE},
};

static const struct look blind_light[STYLE_COUNT] = {
    [STYLE_NORMAL] = {PLAIN, PLAIN, NONE},       [STYLE_DIM] = {242, 8, PLAIN, NONE},
    [STYLE_STRONG] = {PLAIN, PLAIN, BOLD},       [STYLE_TITLE] = {25, 4, PLAIN, BOLD},
    [STYLE_HEADING] = {238, 0, PLAIN, LINE},     [STYLE_LABEL] = {24, 4, PLAIN, NONE},
    [STYLE_KEY] = {94, 0, PLAIN, BOLD},          [STYLE_SELECTED] = {16, 7, 153, 4, NONE},
    [STYLE_UNFOCUSED] = {16, 0, 252, 7, NONE},   [STYLE_TAGGED] = {94, 0, PLAIN, BOLD | LINE},
    [STYLE_MATCH] = {16, 0, 220, 3, NONE},       [STYLE_BAD] = {231, 7, 130, 1, NONE},
    [STYLE_WARNING] = {130, 1, PLAIN, NONE},     [STYLE_ERROR] = {130, 1, PLAIN, BOLD | LINE},
    [STYLE_GOOD] = {25, 4, PLAIN, NONE},         [STYLE_UNKNOWN] = {94, 0, PLAIN, NONE},
    [STYLE_INFERRED] = {90, 0, PLAIN, LINE},     [STYLE_NEW] = {25, 4, PLAIN, BOLD},
    [STYLE_CHANGED] = {24, 4, PLAIN, BOLD},      [STYLE_DYING] = {130, 1, PLAIN, NONE},
    [STYLE_RUNNING] = {25, 4, PLAIN, BOLD},      [STYLE_SLEEPING] = {238, 0, PLAIN, NONE},
    [STYLE_DISK] = {94, 1, PLAIN, BOLD},         [STYLE_STOPPED] = {90, 0, PLAIN, BOLD | LINE},
    [STYLE_TRACED] = {90, 0, PLAIN, LINE},       [STYLE_ZOMBIE] = {130, 1, PLAIN, BOLD | LINE},
    [STYLE_BAR] = {25, 4, PLAIN, NONE},
};

/* The terminal's own palette and background, whatever they are. */
static const struct look terminal[STYLE_COUNT] = {
    [STYLE_NORMAL] = {PLAIN, PLAIN, NONE},       [STYLE_DIM] = {PLAIN, PLAIN, DIM},
    [STYLE_STRONG] = {PLAIN, PLAIN, BOLD},       [STYLE_TITLE] = {6, 6, PLAIN, BOLD},
    [STYLE_HEADING] = {PLAIN, PLAIN, LINE},      [STYLE_LABEL] = {6, 6, PLAIN, NONE},
    [STYLE_KEY] = {3, 3, PLAIN, BOLD},           [STYLE_SELECTED] = {PLAIN, PLAIN, REVERSE},
    [STYLE_UNFOCUSED] = {PLAIN, PLAIN, LINE},    [STYLE_TAGGED] = {3, 3, PLAIN, BOLD},
    [STYLE_MATCH] = {3, 3, PLAIN, REVERSE},      [STYLE_BAD] = {1, 1, PLAIN, REVERSE},
    [STYLE_WARNING] = {3, 3, PLAIN, NONE},       [STYLE_ERROR] = {1, 1, PLAIN, BOLD},
    [STYLE_GOOD] = {2, 2, PLAIN, NONE},          [STYLE_UNKNOWN] = {3, 3, PLAIN, NONE},
    [STYLE_INFERRED] = {5, 5, PLAIN, NONE},      [STYLE_NEW] = {2, 2, PLAIN, BOLD},
    [STYLE_CHANGED] = {6, 6, PLAIN, BOLD},       [STYLE_DYING] = {1, 1, PLAIN, NONE},
    [STYLE_RUNNING] = {2, 2, PLAIN, BOLD},       [STYLE_SLEEPING] = {PLAIN, PLAIN, NONE},
    [STYLE_DISK] = {3, 3, PLAIN, BOLD},          [STYLE_STOPPED] = {5, 5, PLAIN, BOLD},
    [STYLE_TRACED] = {5, 5, PLAIN, LINE},        [STYLE_ZOMBIE] = {1, 1, PLAIN, BOLD},
    [STYLE_BAR] = {2, 2, PLAIN, NONE},
};
/* clang-format on */

unsigned theme_mono(enum style style)
{
    static const unsigned attributes[STYLE_COUNT] = {
        [STYLE_DIM] = DIM,        [STYLE_STRONG] = BOLD,   [STYLE_TITLE] = BOLD,
        [STYLE_HEADING] = LINE,   [STYLE_KEY] = BOLD,      [STYLE_SELECTED] = REVERSE,
        [STYLE_UNFOCUSED] = LINE, [STYLE_TAGGED] = BOLD,   [STYLE_MATCH] = REVERSE | BOLD,
        [STYLE_BAD] = REVERSE,    [STYLE_WARNING] = BOLD,  [STYLE_ERROR] = BOLD,
        [STYLE_UNKNOWN] = DIM,    [STYLE_INFERRED] = LINE, [STYLE_NEW] = BOLD,
        [STYLE_CHANGED] = BOLD,   [STYLE_DYING] = DIM,     [STYLE_RUNNING] = BOLD,
        [STYLE_DISK] = BOLD,      [STYLE_STOPPED] = BOLD,  [STYLE_TRACED] = LINE,
        [STYLE_ZOMBIE] = BOLD,    [STYLE_BAR] = REVERSE,
    };
    return attributes[style];
}

const struct look *theme_look(enum theme theme, bool is_light, enum style style)
{
    switch (theme) {
    case THEME_LIGHT:
        return &light[style];
    case THEME_CONTRAST:
        return &contrast[style];
    case THEME_COLORBLIND:
        return is_light ? &blind_light[style] : &blind_dark[style];
    case THEME_TERMINAL:
        return &terminal[style];
    case THEME_AUTO:
        return is_light ? &light[style] : &dark[style];
    default:
        return &dark[style];
    }
}

bool theme_follows_background(enum theme theme)
{
    return theme == THEME_AUTO || theme == THEME_COLORBLIND;
}
