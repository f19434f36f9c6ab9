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
