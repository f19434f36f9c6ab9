#include "reaptop/view/edit.h"

#include <stdlib.h>
#include <string.h>

#include "reaptop/base/text.h"

void edit_done(struct edit *edit)
{
    strbuf_done(&edit->text);
    edit->cursor = 0;
}

void edit_set(struct edit *edit, const char *text)
{
    size_t length = strlen(text);
    if (length > EDIT_BYTES_MAX)
        length = 0;
    strbuf_clear(&edit->text);
    strbuf_append(&edit->text, text, length);
    edit->cursor = edit->text.length;
}

static void insert(struct edit *edit, uint32_t point)
{
    char bytes[TEXT_BYTES_MAX];
    size_t size = point < 0x20 ? 0 : text_encode(point, bytes), old = edit->text.length;
    if (size == 0 || old + size > EDIT_BYTES_MAX)
        return;
    strbuf_append(&edit->text, bytes, size);
    if (edit->text.length == old)
        return;
    char *at = edit->text.data + edit->cursor;
    memmove(at + size, at, old - edit->cursor);
    memcpy(at, bytes, size);
    edit->cursor += size;
}

static void erase(struct edit *edit, size_t from, size_t to)
{
    if (from >= to || !edit->text.data)
        return;
    memmove(edit->text.data + from, edit->text.data + to, edit->text.length - to + 1);
    edit->text.length -= to - from;
    edit->cursor = from;
}

/* Where the cell before (after) the offset starts: combining marks go with their base. */
static size_t cell_before(const struct edit *edit, size_t offset)
{
    const char *text = strbuf_text(&edit->text);
    struct text_cell cell;
    size_t at = 0, last = 0;
    while (at < offset) {
        last = at;
        at += text_next(text + at, edit->text.length - at, &cell);
    }
    return last;
}

static size_t cell_after(const struct edit *edit, size_t offset)
{
    struct text_cell cell;
    return offset + text_next(strbuf_text(&edit->text) + offset, edit->text.length - offset, &cell);
}

static size_t word_before(const struct edit *edit, size_t offset)
{
    const char *text = strbuf_text(&edit->text);
    while (offset > 0 && text[offset - 1] == ' ')
        offset--;
    while (offset > 0 && text[offset - 1] != ' ')
        offset--;
    return offset;
}

static bool edit_control(struct edit *edit, uint32_t letter)
{
    switch (letter) {
    case 'A':
        edit->cursor = 0;
        return true;
    case 'E':
        edit->cursor = edit->text.length;
        return true;
    case 'W':
        erase(edit, word_before(edit, edit->cursor), edit->cursor);
        return true;
    case 'U':
        erase(edit, 0, edit->cursor);
        return true;
    case 'K':
        erase(edit, edit->cursor, edit->text.length);
        return true;
    default:
        return false;
    }
}

static bool edit_special(struct edit *edit, uint32_t code)
{
    switch (code) {
    case KEY_IS_LEFT:
        edit->cursor = cell_before(edit, edit->cursor);
        return true;
    case KEY_IS_RIGHT:
        edit->cursor = cell_after(edit, edit->cursor);
        return true;
    case KEY_IS_HOME:
        edit->cursor = 0;
        return true;
    case KEY_IS_END:
        edit->cursor = edit->text.length;
        return true;
    case KEY_IS_BACKSPACE:
        erase(edit, cell_before(edit, edit->cursor), edit->cursor);
        return true;
    case KEY_IS_DELETE:
        erase(edit, edit->cursor, cell_after(edit, edit->cursor));
        return true;
    default:
        return false;
    }
}

bool edit_key(struct edit *edit, struct key key)
{
    switch (key.kind) {
    case KEY_CHARACTER:
        insert(edit, key.code);
        return true;
    case KEY_CONTROL:
        return edit_control(edit, key.code);
    case KEY_SPECIAL:
        return edit_special(edit, key.code);
    default:
        return false;
    }
}

int edit_draw(const struct edit *edit, struct grid *grid, int row, int col, int cols,
              enum style style)
{
    if (cols <= 0)
        return col;
    const char *text = strbuf_text(&edit->text);
    size_t start = 0;
    struct text_cell cell;
    /* The cursor itself needs a column too. */
    while (text_width(text + start, edit->cursor - start) >= (size_t)cols)
        start += text_next(text + start, edit->text.length - start, &cell);
    (void)grid_text(grid, row, col, cols, style, text + start, edit->text.length - start);
    return col + (int)text_width(text + start, edit->cursor - start);
}

/* ---- history ---- */

void edit_history_done(struct edit_history *history)
{
    for (size_t i = 0; i < history->count; i++)
        free(history->lines[i]);
    free(history->latest);
    *history = (struct edit_history){0};
}

static void forget_latest(struct edit_history *history)
{
    free(history->latest);
    history->latest = NULL;
    history->at = history->count;
}

void edit_history_add(struct edit_history *history, const char *line)
{
    bool is_known = history->count > 0 && strcmp(history->lines[history->count - 1], line) == 0;
    char *copy = *line && !is_known ? strdup(line) : NULL;
    if (copy) {
        if (history->count == EDIT_HISTORY_MAX) {
            free(history->lines[0]);
            memmove(&history->lines[0], &history->lines[1],
                    (EDIT_HISTORY_MAX - 1) * sizeof(history->lines[0]));
            history->count--;
        }
        history->lines[history->count++] = copy;
    }
    forget_latest(history);
}

bool edit_history_step(struct edit_history *history, struct edit *edit, int step)
{
    if ((step < 0 && history->at == 0) || (step > 0 && history->at >= history->count))
        return false;
    if (history->at == history->count) {
        free(history->latest);
        history->latest = strdup(strbuf_text(&edit->text));
    }
    history->at = step < 0 ? history->at - 1 : history->at + 1;
    if (history->at == history->count)
        edit_set(edit, history->latest ? history->latest : "");
    else
        edit_set(edit, history->lines[history->at]);
    return true;
}
