#include "reaptop/cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/source/feed_hosts.h"

const struct option_info option_table[] = {
    {"delay", 'd', N_("TIME"), N_("time between refreshes: 1.5, 1.5s, 500ms (default 1s)")},
    {"iterations", 'n', N_("N"), N_("stop after N refreshes")},
    {"pid", 'p', N_("LIST"), N_("only these processes and their descendants: 12,34")},
    {"user", 'u', N_("LIST"), N_("only these users' processes: names or user IDs")},
    {"state", 'S', N_("LETTERS"), N_("only processes in these states: RSDTtZXPI")},
    {"sort", 's', N_("COLUMN"), N_("order by this column (explain columns)")},
    {"host", 'H', N_("LIST"), N_("of these machines, over ssh: web1,root@db")},
    {"control", '\0', NULL, N_("with --host: signals may be sent there, by the reaptop there")},
    {"json", 'J', NULL, N_("print JSON")},
    {"readonly", 'r', NULL, N_("nothing can be signalled, spawned or changed")},
    {"color", 'C', N_("WHEN"), N_("colours: auto, always or never (NO_COLOR is honoured)")},
    {"ascii", 'A', NULL, N_("draw with ASCII characters only")},
    {"linear", '\0', NULL, N_("one process a line, no boxes: for screen readers and braille")},
    {"no-mouse", '\0', NULL, N_("leave the mouse to the terminal")},
    {"help", 'h', NULL, N_("show this help")},
    {"version", 'V', NULL, N_("show the version")},
    {NULL, '\0', NULL, NULL},
};

/* getopt_long()'s values for options without a letter, and for a command's own. */
enum {
    VALUE_LETTERLESS = 256, /* and on, in the table's order */
    VALUE_OWN = 512
};

enum {
    LONG_OPTIONS_MAX = ELEMENTS(option_table) + OPTIONS_OWN_MAX + 1,
    DELAY_LEAST_MS = 50
};

void options_done(struct options *options)
{
    free(options->pids);
    free(options->uids);
    free(options->remote);
    *options = OPTIONS_INIT;
}

static int bad_value(struct error *error, const char *option, const char *value, const char *form)
{
    return error_set(error, -EINVAL, _("%s: invalid value '%s': expected %s"), option, value, form);
}

/* ---- values ---- */

static int take_delay(struct options *options, const char *value, struct error *error)
{
    uint64_t ns;
    if (number_parse_time(value, &ns) < 0 || ns < DELAY_LEAST_MS * NS_PER_MS)
        return bad_value(error, "--delay", value,
                         _("a time of at least 50ms, such as 1.5, 1.5s or 500ms"));
    options->delay_ns = ns;
    options->has_delay = true;
    return 0;
}

static int take_iterations(struct options *options, const char *value, struct error *error)
{
    int64_t count;
    if (number_parse(value, 1, INT32_MAX, &count) < 0)
        return bad_value(error, "--iterations", value, _("a number from 1 on"));
    options->iterations = (uint64_t)count;
    return 0;
}

static int add_pid(struct options *options, const char *text)
{
    int64_t pid;
    if (number_parse(text, 1, INT_MAX, &pid) < 0)
        return -EINVAL;
    pid_t *grown = reallocarray(options->pids, options->pid_count + 1, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    options->pids = grown;
    options->pids[options->pid_count++] = (pid_t)pid;
    return 0;
}

static int add_uid(struct options *options, const char *text)
{
    int64_t uid;
    if (number_parse(text, 0, UINT32_MAX - 1, &uid) < 0) {
        const struct passwd *entry = getpwnam(text);
        if (!entry)
            return -EINVAL;
        uid = entry->pw_uid;
    }
    uid_t *grown = reallocarray(options->uids, options->uid_count + 1, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    options->uids = grown;
    options->uids[options->uid_count++] = (uid_t)uid;
    return 0;
}

/* Every word of a comma-separated list, none empty. */
static int take_list(struct options *options, const char *option, const char *value,
                     int (*add)(struct options *, const char *), const char *form,
                     struct error *error)
{
    _cleanup_free_ char *words = strdup(value);
    if (!words)
        return error_set_errno(error, -ENOMEM, "%s", option);
    char *rest = words, *word;
    while ((word = strsep(&rest, ","))) {
        int r = add(options, word);
        if (r == -ENOMEM)
            return error_set_errno(error, r, "%s", option);
        if (r < 0)
            return bad_value(error, option, word, form);
    }
    return 0;
}

static int take_states(struct options *options, const char *value, struct error *error)
{
    if (*value == '\0' || value[strspn(value, "RSDTtZXPI")] != '\0')
        return bad_value(error, "--state", value, _("letters out of RSDTtZXPI, such as DZ"));
    options->states = value;
    return 0;
}

static int take_sort(struct options *options, const char *value, struct error *error)
{
    int field = field_from_name(value);
    if (field < 0)
        return bad_value(error, "--sort", value,
                         _("a column such as pid, cpu, rss, user or start (explain columns)"));
    options->sort = (enum field)field;
    options->has_sort = true;
    return 0;
}

static int take_hosts(struct options *options, const char *value, struct error *error)
{
    int r = hosts_check(value, error);
    if (r < 0)
        return r;
    free(options->remote);
    options->remote = NULL;
    return asprintf(&options->remote, HOSTS_SCHEME "%s", value) < 0
               ? error_set_errno(error, -ENOMEM, "%s", "--host")
               : 0;
}

static int take_color(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    for (size_t i = 0; i < ELEMENTS(words); i++) {
        if (strcmp(value, words[i]) == 0) {
            options->color = (enum color_when)i;
            return 0;
        }
    }
    return bad_value(error, "--color", value, _("auto, always or never"));
}

static int take_letterless(struct options *options, const char *name)
{
    if (strcmp(name, "linear") == 0)
        options->linear = true;
    else if (strcmp(name, "control") == 0)
        options->control = true;
    else
        options->no_mouse = true;
    return 0;
}

static int take_one(struct options *options, int letter, const char *value, struct error *error)
{
    switch (letter) {
    case 'd':
        return take_delay(options, value, error);
    case 'n':
        return take_iterations(options, value, error);
    case 'p':
        return take_list(options, "--pid", value, add_pid, _("PIDs joined by commas: 12,34"),
                         error);
    case 'u':
        return take_list(options, "--user", value, add_uid,
                         _("users of this machine joined by commas: root,1000"), error);
    case 'S':
        return take_states(options, value, error);
    case 's':
        return take_sort(options, value, error);
    case 'H':
        return take_hosts(options, value, error);
    case 'J':
        options->json = true;
        return 0;
    case 'r':
        options->readonly = true;
        return 0;
    case 'C':
        return take_color(options, value, error);
    case 'A':
        options->ascii = true;
        return 0;
    case 'h':
        options->help = true;
        return 0;
    case 'V':
        options->version = true;
        return 0;
    default:
        return take_letterless(options, option_table[letter - VALUE_LETTERLESS].name);
    }
}

/* ---- getopt_long ---- */

struct getopt_tables {
    struct option longs[LONG_OPTIONS_MAX];
    size_t long_count;
    char letters[3 * LONG_OPTIONS_MAX];
};

static void add_option(struct getopt_tables *tables, const struct option_info *info, int value)
{
    tables->longs[tables->long_count++] = (struct option){
        .name = info->name,
        .has_arg = info->argument ? required_argument : no_argument,
        .val = value,
    };
    if (info->letter) {
        char letter[3] = {info->letter, info->argument ? ':' : '\0', '\0'};
        strcat(tables->letters, letter);
    }
}

static void fill_tables(struct getopt_tables *tables, const struct option_info *own,
                        bool stops_at_operand)
{
    *tables = (struct getopt_tables){0};
    strcpy(tables->letters, stops_at_operand ? "+:" : ":");
    /* A command's own options come first: where a letter is both, the command's holds. */
    for (int i = 0; own && own[i].name; i++)
        add_option(tables, &own[i], VALUE_OWN + i);
    for (const struct option_info *info = option_table; info->name; info++)
        add_option(tables, info,
                   info->letter ? info->letter : VALUE_LETTERLESS + (int)(info - option_table));
}

/* Which of the command's own options getopt_long()'s answer means; -1: none. */
static int own_index(const struct option_info *own, int answer)
{
    if (answer >= VALUE_OWN)
        return answer - VALUE_OWN;
    for (int i = 0; own && own[i].name; i++)
        if (own[i].letter && own[i].letter == answer)
            return i;
    return -1;
}

/* "--from", or "--from=FILE". */
static bool is_named(const char *argument, const char *option)
{
    size_t length = strlen(option);
    return strncmp(argument, option, length) == 0 && strchr("=", argument[length]);
}

static int explain_failure(int answer, char **argv, struct error *error)
{
    /* getopt tells the letter; a long option stands just behind us. */
    const char letter[3] = {'-', (char)optopt, '\0'};
    bool is_long = strncmp(argv[optind - 1], "--", 2) == 0;
    const char *name = is_long ? argv[optind - 1] : letter;
    if (!is_long && optopt >= '0' && optopt <= '9')
        return error_set(error, -EINVAL,
                         _("%s: no option is a number; what is meant to be none stands behind --"),
                         name);
    if (answer == '?' && (is_named(name, "--from") || is_named(name, "--at")))
        return error_set(error, -EINVAL,
                         _("%s: it reads no recording, which holds what processes are and what "
                           "became of them, not what is in them; tree, show, why and events do"),
                         name);
    if (answer == ':')
        return error_set(error, -EINVAL, _("%s: it needs an argument; see reaptop --help"), name);
    return error_set(error, -EINVAL, _("%s: no such option; see reaptop --help"), name);
}

int options_take(struct options *options, int *argc, char **argv, const struct option_info *own,
                 bool stops_at_operand, struct error *error)
{
    struct getopt_tables tables;
    fill_tables(&tables, own, stops_at_operand);

    opterr = 0;
    optind = 0; /* glibc: begin anew */
    int answer;
    while ((answer = getopt_long(*argc, argv, tables.letters, tables.longs, NULL)) != -1) {
        if (answer == ':' || answer == '?')
            return explain_failure(answer, argv, error);
        int index = own_index(own, answer);
        if (index >= 0) {
            options->own[index] = optarg ? optarg : "";
            continue;
        }
        int r = take_one(options, answer, optarg, error);
        if (r < 0)
            return r;
    }

    int operands = *argc - optind;
    memmove(&argv[1], &argv[optind], (size_t)operands * sizeof(*argv));
    *argc = operands + 1;
    argv[*argc] = NULL;
    return 0;
}

const char *options_unused(const struct options *options, const char *accepts)
{
    const struct {
        char letter;
        bool is_given;
        const char *name;
    } given[] = {
        {'d', options->has_delay, "--delay"},
        {'n', options->iterations > 0, "--iterations"},
        {'p', options->pid_count > 0, "--pid"},
        {'u', options->uid_count > 0, "--user"},
        {'S', options->states != NULL, "--state"},
        {'s', options->has_sort, "--sort"},
        {'J', options->json, "--json"},
        {'H', options->remote != NULL, "--host"},
    };
    for (size_t i = 0; i < ELEMENTS(given); i++)
        if (given[i].is_given && !strchr(accepts, given[i].letter))
            return given[i].name;
    return NULL;
}

void options_filter_expression(const struct options *options, struct strbuf *out)
{
    if (options->states)
        strbuf_printf(out, "state=%s", options->states);
    for (size_t i = 0; i < options->uid_count; i++) {
        const char *joint = i > 0 ? " or " : options->states ? " and (" : "(";
        strbuf_printf(out, "%suid=%u", joint, options->uids[i]);
    }
    if (options->uid_count > 0)
        strbuf_putc(out, ')');
}
