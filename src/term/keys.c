#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "background.h"
#include "private.h"

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"

/* After our own headers: curses' KEY_… are macros. */
#include <curses.h>

enum {
    DOUBLE_CLICK_MS = 350
};

static const struct {
    int code;
    enum key_special special;
} specials[] = {
    {KEY_UP, KEY_IS_UP},
    {KEY_DOWN, KEY_IS_DOWN},
    {KEY_LEFT, KEY_IS_LEFT},
    {KEY_RIGHT, KEY_IS_RIGHT},
    {KEY_PPAGE, KEY_IS_PAGE_UP},
    {KEY_NPAGE, KEY_IS_PAGE_DOWN},
    {KEY_HOME, KEY_IS_HOME},
    {KEY_END, KEY_IS_END},
    {KEY_ENTER, KEY_IS_ENTER},
    {KEY_BTAB, KEY_IS_BACK_TAB},
    {KEY_BACKSPACE, KEY_IS_BACKSPACE},
    {KEY_DC, KEY_IS_DELETE},
    {KEY_IC, KEY_IS_INSERT},
    {KEY_A1, KEY_IS_HOME},
    {KEY_A3, KEY_IS_PAGE_UP},
    {KEY_C1, KEY_IS_END},
    {KEY_C3, KEY_IS_PAGE_DOWN},
};

/* Two presses on one cell within a third of a second; curses' own count would delay the first. */
static bool is_double(const MEVENT *event)
{
    static struct {
        uint64_t ns;
        int row, col;
    } last;
    uint64_t now = clock_boot_ns();
    bool is_second =
        now - last.ns < DOUBLE_CLICK_MS * NS_PER_MS && last.row == event->y && last.col == event->x;
    last.ns = is_second ? 0 : now;
    last.row = event->y;
    last.col = event->x;
    return is_second;
}

/* KEY_NONE: one that means nothing here. */
static struct key mouse_key(const MEVENT *event)
{
    static int pressed_row = -1, pressed_col = -1;
    struct key key = {.kind = KEY_NONE, .row = event->y, .col = event->x};
    if (event->bstate & BUTTON1_RELEASED) {
        if (event->y == pressed_row && event->x == pressed_col)
            return key;
        key.mouse = KEY_MOUSE_RELEASE;
    } else if (event->bstate & BUTTON1_PRESSED) {
        key.mouse = is_double(event) ? KEY_MOUSE_DOUBLE : KEY_MOUSE_PRESS;
        pressed_row = event->y;
        pressed_col = event->x;
    } else if (event->bstate & BUTTON4_PRESSED) {
        key.mouse = KEY_MOUSE_WHEEL_UP;
    } else if (event->bstate & BUTTON5_PRESSED) {
        key.mouse = KEY_MOUSE_WHEEL_DOWN;
    } else {
        return key;
    }
    key.kind = KEY_MOUSE_EVENT;
    return key;
}

enum {
    MOUSE_EVENTS_MOST = 16 /* curses keeps eight */
};

/* Events that came together, the first one last. */
static struct {
    MEVENT events[MOUSE_EVENTS_MOST];
    size_t count;
    bool is_held;      /* button 1, after what was handed out */
    bool are_in_order; /* as ncurses 6.6 hands them out; before, the last one came first */
} waiting;

static bool next_mouse_key(struct key *ret_key)
{
    while (waiting.count > 0) {
        const MEVENT *event = &waiting.events[--waiting.count];
        struct key key = mouse_key(event);
        if (event->bstate & (BUTTON1_PRESSED | BUTTON1_RELEASED))
            waiting.is_held = (event->bstate & BUTTON1_RELEASED) == 0;
        if (key.kind == KEY_NONE)
            continue;
        *ret_key = key;
        return true;
    }
    return false;
}

/* Whether it can be the first one: a press where the button is up, a release where it is down. */
static bool can_be_first(const MEVENT *event)
{
    return (event->bstate & (waiting.is_held ? BUTTON1_RELEASED : BUTTON1_PRESSED)) != 0;
}

static void take_mouse_events(void)
{
    MEVENT *events = waiting.events;
    while (waiting.count < MOUSE_EVENTS_MOST && getmouse(&events[waiting.count]) == OK)
        waiting.count++;
    if (waiting.count < 2)
        return;
    MEVENT *last = &events[waiting.count - 1];
    if (can_be_first(&events[0]) != can_be_first(last))
        waiting.are_in_order = can_be_first(&events[0]);
    for (MEVENT *first = events; waiting.are_in_order && first < last; first++, last--) {
        MEVENT event = *first;
        *first = *last;
        *last = event;
    }
}

static struct key keypad_key(wint_t code)
{
    if (code == KEY_RESIZE)
        return (struct key){.kind = KEY_RESIZED, .row = LINES, .col = COLS};
    if (code >= (wint_t)KEY_F(1) && code <= (wint_t)KEY_F(24))
        return KEY_FN(code - (wint_t)KEY_F0);
    for (size_t i = 0; i < ELEMENTS(specials); i++)
        if ((wint_t)specials[i].code == code)
            return KEY_NAMED(specials[i].special);
    return (struct key){.kind = KEY_NONE};
}

static struct key character_key(wint_t code)
{
    switch (code) {
    case '\r':
    case '\n':
        return KEY_NAMED(KEY_IS_ENTER);
    case '\t':
        return KEY_NAMED(KEY_IS_TAB);
    case 0x1b:
        return KEY_NAMED(KEY_IS_ESCAPE);
    case '\b':
    case 0x7f:
        return KEY_NAMED(KEY_IS_BACKSPACE);
    }
    if (code < 0x20)
        return KEY_CTRL(code + '@');
    return KEY_CHAR(code);
}

/* ---- the answer about the background ---- */

#define ANSWER_NS (2 * NS_PER_SEC) /* no answer is looked for longer */

static struct background background;
static uint64_t asked_ns;
static struct key pending[BACKGROUND_BYTES + 1]; /* were taken for an answer */
static size_t pending_count, pending_at;

void keys_ask_background(void)
{
    bool is_light = false;
    const char *question = background_question();
    background = (struct background){.is_asked = true};
    background.is_light = background_from_environment(&is_light) && is_light;
    asked_ns = clock_boot_ns();
    if (write(STDOUT_FILENO, question, strlen(question)) < 0)
        background.is_asked = false;
}

bool keys_background_is_light(void)
{
    return background.is_light;
}

/* What is held are keys after all. */
static void release_held(void)
{
    for (size_t i = 0; i < background.length && pending_count < ELEMENTS(pending); i++)
        pending[pending_count++] = character_key((wint_t)(unsigned char)background.held[i]);
    background.length = 0;
}

static bool take_pending(struct key *ret_key)
{
    if (pending_at == pending_count) {
        pending_at = pending_count = 0;
        return false;
    }
    *ret_key = pending[pending_at++];
    return true;
}

/* True: it was one, or may become one. False: not, and all that was held is pending. */
static bool is_answer(wint_t code, bool *ret_is_whole)
{
    enum background_verdict verdict =
        code < 0x80 ? background_take(&background, (char)code) : BACKGROUND_NOT_MINE;
    *ret_is_whole = verdict == BACKGROUND_DONE;
    if (verdict != BACKGROUND_NOT_MINE)
        return true;
    bool is_held = code < 0x80;
    release_held();
    if (!is_held && pending_count < ELEMENTS(pending))
        pending[pending_count++] = character_key(code);
    return false;
}

/* Nothing more has come: a lone Esc is a key, and so is what never became an answer. */
static bool nothing_more(struct key *ret_key)
{
    bool is_over = background.is_asked && clock_boot_ns() - asked_ns > ANSWER_NS;
    if (background.length == 1 || is_over)
        release_held();
    if (is_over)
        background.is_asked = false;
    return take_pending(ret_key);
}

bool keys_read(struct key *ret_key)
{
    wint_t code;
    bool is_whole = false;
    if (take_pending(ret_key))
        return true;
    for (;;) {
        if (next_mouse_key(ret_key))
            return true;
        int r = get_wch(&code);
        if (r == ERR)
            return nothing_more(ret_key);
        if (r == KEY_CODE_YES && code == KEY_MOUSE) {
            take_mouse_events();
            continue;
        }
        if (r == KEY_CODE_YES) {
            release_held();
            if (pending_count == 0) {
                *ret_key = keypad_key(code);
                return true;
            }
            pending[pending_count++] = keypad_key(code);
            return take_pending(ret_key);
        }
        if (!background.is_asked) {
            *ret_key = character_key(code);
            return true;
        }
        if (!is_answer(code, &is_whole))
            return take_pending(ret_key);
        if (is_whole) {
            *ret_key = (struct key){.kind = KEY_NONE};
            return true;
        }
    }
}

void keys_drain(int limit_ms)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    struct key key;
    uint64_t until_ns = clock_boot_ns() + (uint64_t)limit_ms * NS_PER_MS;
    while (background.is_asked && clock_boot_ns() - asked_ns < ANSWER_NS / 2 &&
           clock_boot_ns() < until_ns) {
        if (poll(&fd, 1, limit_ms) <= 0)
            return;
        while (keys_read(&key) && key.kind != KEY_NONE)
            ;
    }
}
