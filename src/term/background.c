#include "background.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER "\033]11;rgb:"

const char *background_question(void)
{
    return "\033]11;?\033\\";
}

/* "ffff", "ff": from 0 to 1. */
static double channel(const char **at)
{
    double value = 0, most = 0;
    for (; strspn(*at, "0123456789abcdefABCDEF") > 0; (*at)++) {
        char digit[2] = {**at, '\0'};
        value = value * 16 + (double)strtol(digit, NULL, 16);
        most = most * 16 + 15;
    }
    if (**at == '/')
        (*at)++;
    return most > 0 ? value / most : 0;
}

static bool is_light(const char *rgb)
{
    double red = channel(&rgb), green = channel(&rgb), blue = channel(&rgb);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5;
}

enum background_verdict background_take(struct background *background, char byte)
{
    size_t known = strlen(ANSWER), at = background->length;
    if (at + 1 >= sizeof(background->held))
        return BACKGROUND_NOT_MINE;
    background->held[background->length++] = byte;
    background->held[background->length] = '\0';
    if (at < known)
        return byte == ANSWER[at] ? BACKGROUND_HELD : BACKGROUND_NOT_MINE;
    if (byte == '\a' || (byte == '\\' && background->held[at - 1] == '\033')) {
        background->is_light = is_light(background->held + known);
        background->is_known = true;
        background->is_asked = false;
        background->length = 0;
        return BACKGROUND_DONE;
    }
    return byte == '\033' || strchr("0123456789abcdefABCDEF/", byte) ? BACKGROUND_HELD
                                                                     : BACKGROUND_NOT_MINE;
}

bool background_from_environment(bool *ret_is_light)
{
    const char *value = getenv("COLORFGBG");
    const char *last = value ? strrchr(value, ';') : NULL;
    if (!last || last[1] < '0' || last[1] > '9')
        return false;
    long color = strtol(last + 1, NULL, 10);
    *ret_is_light = color == 7 || (color >= 9 && color <= 15);
    return true;
}
