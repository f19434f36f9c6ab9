#include "reaptop/view/key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const special_names[KEY_SPECIAL_COUNT] = {
    [KEY_IS_UP] = "Up",          [KEY_IS_DOWN] = "Down",      [KEY_IS_LEFT] = "Left",
    [KEY_IS_RIGHT] = "Right",    [KEY_IS_PAGE_UP] = "PgUp",   [KEY_IS_PAGE_DOWN] = "PgDn",
    [KEY_IS_HOME] = "Home",      [KEY_IS_END] = "End",        [KEY_IS_ENTER] = "Enter",
    [KEY_IS_TAB] = "Tab",        [KEY_IS_BACK_TAB] = "S-Tab", [KEY_IS_ESCAPE] = "Esc",
    [KEY_IS_BACKSPACE] = "BkSp", [KEY_IS_DELETE] = "Del",     [KEY_IS_INSERT] = "Ins",
};

bool key_is_same(struct key a, struct key b)
{
    return a.kind == b.kind && a.code == b.code && a.kind != KEY_MOUSE_EVENT &&
           a.kind != KEY_RESIZED;
}

static void name_character(uint32_t code, char *name)
{
    if (code == ' ') {
        strcpy(name, "Space");
    } else if (code < 0x80) {
        name[0] = (char)code;
        name[1] = '\0';
    } else {
        (void)snprintf(name, KEY_NAME_SIZE, "U+%04X", (unsigned)code);
    }
}

const char *key_label(struct key key, char ret_name[static KEY_NAME_SIZE])
{
    ret_name[0] = '\0';
    switch (key.kind) {
    case KEY_CHARACTER:
        name_character(key.code, ret_name);
        break;
    case KEY_CONTROL:
        (void)snprintf(ret_name, KEY_NAME_SIZE, "Ctrl-%c", (char)(key.code & 0x7f));
        break;
    case KEY_SPECIAL:
        if (key.code < KEY_SPECIAL_COUNT)
            (void)snprintf(ret_name, KEY_NAME_SIZE, "%s", special_names[key.code]);
        break;
    case KEY_FUNCTION:
        /* terminfo has F13 to F24 for F1 to F12 with Shift. */
        (void)snprintf(ret_name, KEY_NAME_SIZE, "%sF%u", key.code > 12 ? "S-" : "",
                       (unsigned)((key.code > 12 ? key.code - 12 : key.code) % 100));
        break;
    case KEY_NONE:
    case KEY_MOUSE_EVENT:
    case KEY_RESIZED:
        break;
    }
    return ret_name;
}

/* ---- the way back ---- */

enum {
    FUNCTION_KEYS = 12, /* with Shift as many again */
};

/* "F9", "S-F3". */
static bool function_key(const char *name, struct key *ret_key)
{
    bool is_shifted = strncasecmp(name, "S-", 2) == 0;
    const char *digits = name + (is_shifted ? 2 : 0);
    char *end;
    if ((digits[0] != 'F' && digits[0] != 'f') || digits[1] < '1' || digits[1] > '9')
        return false;
    long number = strtol(digits + 1, &end, 10);
    if (*end != '\0' || number > 2L * FUNCTION_KEYS || (is_shifted && number > FUNCTION_KEYS))
        return false;
    *ret_key = KEY_FN(number + (is_shifted ? FUNCTION_KEYS : 0));
    return true;
}

/* "Ctrl-L", "U+003B". */
static bool written_out(const char *name, struct key *ret_key)
{
    char *end;
    if (strncasecmp(name, "Ctrl-", 5) == 0 && name[5] != '\0' && name[6] == '\0') {
        char letter = name[5] >= 'a' && name[5] <= 'z' ? (char)(name[5] - 'a' + 'A') : name[5];
        *ret_key = KEY_CTRL(letter);
        return letter >= 'A' && letter <= '_';
    }
    if (strncasecmp(name, "U+", 2) != 0 || !strchr("0123456789abcdefABCDEF", name[2]))
        return false;
    unsigned long code = strtoul(name + 2, &end, 16);
    *ret_key = KEY_CHAR(code);
    return *end == '\0' && code > ' ' && code <= 0x10ffff;
}

int key_from_label(const char *name, size_t length, struct key *ret_key)
{
    char text[KEY_NAME_SIZE];
    if (length == 0 || length >= sizeof(text) || memchr(name, '\0', length))
        return -EINVAL;
    memcpy(text, name, length);
    text[length] = '\0';
    if (length == 1 && text[0] > ' ' && text[0] < 0x7f) {
        *ret_key = KEY_CHAR(text[0]);
        return 0;
    }
    if (strcasecmp(text, "Space") == 0) {
        *ret_key = KEY_CHAR(' ');
        return 0;
    }
    for (int i = 0; i < KEY_SPECIAL_COUNT; i++)
        if (strcasecmp(text, special_names[i]) == 0) {
            *ret_key = KEY_NAMED(i);
            return 0;
        }
    return function_key(text, ret_key) || written_out(text, ret_key) ? 0 : -EINVAL;
}
