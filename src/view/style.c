#include "reaptop/view/style.h"

enum style style_of_state(char state)
{
    switch (state) {
    case 'R':
        return STYLE_RUNNING;
    case 'S':
    case 'I':
    case 'P':
        return STYLE_SLEEPING;
    case 'D':
        return STYLE_DISK;
    case 'T':
        return STYLE_STOPPED;
    case 't':
        return STYLE_TRACED;
    case 'Z':
    case 'X':
        return STYLE_ZOMBIE;
    default:
        return STYLE_NORMAL;
    }
}

const char *style_name(enum style style)
{
    static const char *const names[STYLE_COUNT] = {
        [STYLE_NORMAL] = "normal",
        [STYLE_DIM] = "dim",
        [STYLE_STRONG] = "strong",
        [STYLE_TITLE] = "title",
        [STYLE_HEADING] = "heading",
        [STYLE_LABEL] = "label",
        [STYLE_KEY] = "key",
        [STYLE_SELECTED] = "selected",
        [STYLE_UNFOCUSED] = "unfocused",
        [STYLE_TAGGED] = "tagged",
        [STYLE_MATCH] = "match",
        [STYLE_BAD] = "bad",
        [STYLE_WARNING] = "warning",
        [STYLE_ERROR] = "error",
        [STYLE_GOOD] = "good",
        [STYLE_UNKNOWN] = "unknown",
        [STYLE_INFERRED] = "inferred",
        [STYLE_NEW] = "new",
        [STYLE_CHANGED] = "changed",
        [STYLE_DYING] = "dying",
        [STYLE_RUNNING] = "running",
        [STYLE_SLEEPING] = "sleeping",
        [STYLE_DISK] = "disk",
        [STYLE_STOPPED] = "stopped",
        [STYLE_TRACED] = "traced",
        [STYLE_ZOMBIE] = "zombie",
        [STYLE_BAR] = "bar",
    };
    return names[style];
}
