#include "kill_arguments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/options.h"
#include "reaptop/control/target.h"
#include "reaptop/model/signals.h"

/* What kill(1) of util-linux, procps or a shell has, and send has under another name. */
static const struct {
    const char *option; /* its long name, or its letter */
    const char *instead;
} foreign[] = {
    {"--all", N_("a process is named by its PID only")},
    {"--pid", N_("-n says who would get it")},
    {"--require-handler", N_("-n says whether it has a handler")},
    {"--show-process-state", N_("write reaptop show PID")},
    {"--table", N_("write -l")},
    {"--timeout", N_("write -w TIME --then SIGNAL")},
    {"--verbose", N_("send always says what it did")},
    {"-L", N_("write -l")},
    {"-a", N_("a process is named by its PID only")},
    {"-p", N_("-n says who would get it")},
    {"-v", N_("send always says what it did")},
    {"-d", N_("write reaptop show PID")},
};

static int refuse_foreign(const char *text, struct error *error)
{
    bool is_long = strncmp(text, "--", 2) == 0;
    for (size_t i = 0; i < ELEMENTS(foreign); i++) {
        const char *option = foreign[i].option;
        size_t length = is_long ? strcspn(text, "=") : 2;
        if (strlen(option) == length && strncmp(option, text, length) == 0)
            return error_set(error, -EINVAL, _("%s: send does not have this option of kill(1): %s"),
                             option, _(foreign[i].instead));
    }
    return 0;
}

/* The option of that name, which may be cut short as getopt_long(3) allows, or of that letter. */
static const struct option_info *find_option(const struct option_info *table, const char *name,
                                             size_t length, char letter)
{
    for (; table->name; table++)
        if (name ? strncmp(table->name, name, length) == 0 : letter && table->letter == letter)
            return table;
    return NULL;
}

static const struct option_info *find(const char *name, size_t length, char letter)
{
    const struct option_info *own = find_option(send_options, name, length, letter);
    return own ? own : find_option(option_table, name, length, letter);
}

struct walk {
    struct error *error;
    bool has_signal, has_operand;
};

static int note_signal(struct walk *walk, const char *text)
{
    if (walk->has_signal)
        return error_set(walk->error, -EINVAL, _("%s: give one signal"), text);
    walk->has_signal = true;
    return 0;
}

/* A long option, or letters of which the last may take an argument. 1: the next word is that. */
static int take_option(struct walk *walk, const char *text)
{
    int r = refuse_foreign(text, walk->error);
    const struct option_info *info = NULL;
    bool takes_next = false;
    if (strncmp(text, "--", 2) == 0) {
        size_t length = strcspn(text + 2, "=");
        info = find(text + 2, length, '\0');
        takes_next = info && info->argument && text[2 + length] == '\0';
    } else {
        for (const char *at = text + 1; *at && (!info || !info->argument); at++) {
            info = find(NULL, 0, *at);
            takes_next = info && info->argument && at[1] == '\0';
        }
    }
    if (r == 0 && info && info->letter == 's')
        r = note_signal(walk, text);
    return r < 0 ? r : takes_next;
}

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

/* kill(1): the first such word is the signal, any later number a process group. */
static int take_dashed(struct walk *walk, char **word)
{
    const char *text = *word;
    bool names_signal = is_number(text + 1) || signal_from_text(text + 1) > 0;
    if (is_number(text + 1) && (walk->has_signal || walk->has_operand)) {
        struct target target;
        return target_parse(text, &target, walk->error);
    }
    if (!names_signal || walk->has_operand)
        return take_option(walk, text);
    int r = note_signal(walk, text);
    if (r < 0)
        return r;
    /* Long enough for any signal's name; a longer number is none. */
    static char option[48];
    (void)snprintf(option, sizeof(option), "--signal=%.32s", text + 1);
    *word = option;
    return 0;
}

int kill_arguments(char **argv, struct error *error)
{
    struct walk walk = {.error = error};
    for (char **word = argv + 1; *word && strcmp(*word, "--") != 0; word++) {
        if ((*word)[0] != '-' || (*word)[1] == '\0') {
            walk.has_operand = true;
            continue;
        }
        int r = take_dashed(&walk, word);
        if (r < 0)
            return r;
        if (r > 0 && word[1])
            word++;
    }
    return 0;
}
