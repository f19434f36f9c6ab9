#include "reaptop/view/key.h"

#include <stdio.h>
#include <string.h>

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
