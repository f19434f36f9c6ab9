#include "config_keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/gettext.h"

static int complain(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int complain(struct error *error, const char *format, ...)
{
    char text[256];
    va_list arguments;
    if (!error || error->code != 0)
        return -EINVAL;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return error_set(error, -EINVAL, "%s", text);
}

/* The action that the section gave the key to before; what needs other conditions may share it. */
static enum action owner_of(const struct settings *settings, enum action asking, struct key key)
{
    for (int at = ACTION_NONE + 1; at < ACTION_COUNT; at++) {
        const struct key_override *own = &settings->own_keys[at];
        bool is_alike = ((actions[at].flags ^ actions[asking].flags) & ACTION_CONDITIONS) == 0;
        if (at == (int)asking || !own->is_set || !is_alike)
            continue;
        for (int i = 0; i < ACTION_KEYS_MAX; i++)
            if (key_is_same(own->keys[i], key))
                return (enum action)at;
    }
    return ACTION_NONE;
}

/* The keys of a line into `own`. */
static int parse_keys(const struct settings *settings, enum action action, const char *value,
                      struct key_override *own, struct error *error)
{
    size_t count = 0;
    own->is_set = true;
    if (strcmp(value, "none") == 0)
        return 0;
    for (value += strspn(value, " \t"); *value != '\0';) {
        size_t length = strcspn(value, " \t");
        struct key key;
        if (count == ACTION_KEYS_MAX)
            return complain(error, _("%s: %d keys at most"), actions[action].name,
                            (int)ACTION_KEYS_MAX);
        if (key_from_label(value, length, &key) < 0)
            return complain(error,
                            _("%s: invalid value '%.*s': expected a letter, F9, Ctrl-L, Space, "
                              "Enter, PgUp, U+003B or none"),
                            actions[action].name, (int)(length < 16 ? length : 16), value);
        enum action owner = owner_of(settings, action, key);
        if (owner)
            return complain(error, _("%s: %.*s is given to %s already"), actions[action].name,
                            (int)length, value, actions[owner].name);
        own->keys[count++] = key;
        value += length;
        value += strspn(value, " \t");
    }
    return count > 0 ? 0 : complain(error, _("%s: it takes keys, or none"), actions[action].name);
}

int config_keys_line(struct settings *settings, const char *name, const char *value,
                     struct error *error)
{
    struct key_override own = {0};
    enum action action = action_from_name(name);
    if (action == ACTION_NONE)
        return complain(error, _("[keys]: no action is called %.32s: reaptop(1) lists them"), name);
    int r = parse_keys(settings, action, value, &own, error);
    if (r == 0)
        settings->own_keys[action] = own;
    return r;
}

static void write_key(struct strbuf *out, struct key key)
{
    char name[KEY_NAME_SIZE];
    /* A semicolon would begin a comment. */
    strbuf_printf(out, " %s", key_is_same(key, KEY_CHAR(';')) ? "U+003B" : key_label(key, name));
}

void config_keys_write(const struct settings *settings, struct strbuf *out)
{
    bool has_section = false;
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        const struct key_override *own = &settings->own_keys[action];
        if (!own->is_set)
            continue;
        strbuf_printf(out, "%s%s =", has_section ? "" : "\n[keys]\n", actions[action].name);
        has_section = true;
        if (own->keys[0].kind == KEY_NONE)
            strbuf_puts(out, " none");
        for (int i = 0; i < ACTION_KEYS_MAX && own->keys[i].kind != KEY_NONE; i++)
            write_key(out, own->keys[i]);
        strbuf_putc(out, '\n');
    }
}

void config_keys_clashes(const struct settings *settings, struct strbuf *out)
{
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        struct key keys[ACTION_KEYS_MAX], usual = actions[action].keys[settings->profile][0];
        char name[KEY_NAME_SIZE];
        if (settings->own_keys[action].is_set || usual.kind == KEY_NONE ||
            action_keys_list(settings, (enum action)action, keys) > 0)
            continue;
        unsigned needs = actions[action].flags & ACTION_CONDITIONS;
        enum action taker = action_of_key(settings, needs, usual);
        strbuf_printf(out, _("%s%s is %s now: %s has no key"), out->length > 0 ? "; " : "",
                      key_label(usual, name), actions[taker].name, actions[action].name);
    }
}
