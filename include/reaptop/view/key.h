/*
 * key: what the person did, decoded by term/ and understood by view/ui.h.
 */
#ifndef REAPTOP_VIEW_KEY_H
#define REAPTOP_VIEW_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_kind {
    KEY_NONE,
    KEY_CHARACTER, /* `code` is a code point ≥ 0x20 */
    KEY_CONTROL,   /* `code` is 'A'…'_': Ctrl-L is {KEY_CONTROL, 'L'} */
    KEY_SPECIAL,   /* `code` is enum key_special */
    KEY_FUNCTION,  /* `code` is 1…24 */
    KEY_MOUSE_EVENT,
    KEY_RESIZED, /* `row`, `col`: the new size in rows and columns */
};

enum key_special {
    KEY_IS_UP,
    KEY_IS_DOWN,
    KEY_IS_LEFT,
    KEY_IS_RIGHT,
    KEY_IS_PAGE_UP,
    KEY_IS_PAGE_DOWN,
    KEY_IS_HOME,
    KEY_IS_END,
    KEY_IS_ENTER,
    KEY_IS_TAB,
    KEY_IS_BACK_TAB,
    KEY_IS_ESCAPE,
    KEY_IS_BACKSPACE,
    KEY_IS_DELETE,
    KEY_IS_INSERT,
    KEY_SPECIAL_COUNT
};

enum key_mouse {
    KEY_MOUSE_PRESS, /* the left button went down */
    KEY_MOUSE_DOUBLE,
    KEY_MOUSE_WHEEL_UP,
    KEY_MOUSE_WHEEL_DOWN,
    KEY_MOUSE_RELEASE, /* the left button came up, on another cell than it went down */
};

struct key {
    enum key_kind kind;
    uint32_t code;
    int row, col; /* mouse: the cell, from 0 at the top left */
    enum key_mouse mouse;
};

#define KEY_CHAR(c)     ((struct key){.kind = KEY_CHARACTER, .code = (uint32_t)(c)})
#define KEY_CTRL(c)     ((struct key){.kind = KEY_CONTROL, .code = (uint32_t)(c)})
#define KEY_NAMED(name) ((struct key){.kind = KEY_SPECIAL, .code = (uint32_t)(name)})
#define KEY_FN(n)       ((struct key){.kind = KEY_FUNCTION, .code = (uint32_t)(n)})

/* The same key; the mouse is never the same. */
bool key_is_same(struct key a, struct key b);

enum {
    KEY_NAME_SIZE = 16
};

/* "k", "Space", "F9", "Ctrl-L", "PgUp": as help, footer and manual show it. */
const char *key_label(struct key key, char ret_name[static KEY_NAME_SIZE]);

/* The key of that name, as key_label() gives it; also "U+003B". -EINVAL. */
int key_from_label(const char *name, size_t length, struct key *ret_key);

#endif
