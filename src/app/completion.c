#include "completion.h"

#include <errno.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/options.h"
#include "reaptop/lab/experiment.h"
#include "reaptop/model/event.h"
#include "reaptop/model/field.h"
#include "reaptop/model/reference.h"
#include "reaptop/model/signals.h"
#include "reaptop/view/columns.h"

/* ---- what a word of a usage line stands for ---- */

enum kind {
    KIND_NONE, /* nothing can be proposed: a number, a time, an expression */
    KIND_FILE,
    KIND_PID,
    KIND_SIGNAL,
    KIND_USER,
    KIND_STATE,
    KIND_COLUMN, /* of the list */
    KIND_FIELD,  /* to sort by */
    KIND_EXPERIMENT,
    KIND_TOPIC,
    KIND_COMMAND, /* of reaptop */
    KIND_PROGRAM, /* to be executed */
    KIND_WHEN,    /* auto, always, never */
    KIND_EVENT,
    KIND_HOST, /* of ssh */
    KIND_COUNT
};

/* The name of each kind's function in the three shells' files. */
static const char *const kind_names[] = {
    [KIND_NONE] = NULL,        [KIND_FILE] = "files",       [KIND_PID] = "pids",
    [KIND_SIGNAL] = "signals", [KIND_USER] = "users",       [KIND_STATE] = "states",
    [KIND_COLUMN] = "columns", [KIND_FIELD] = "fields",     [KIND_EXPERIMENT] = "experiments",
    [KIND_TOPIC] = "topics",   [KIND_COMMAND] = "commands", [KIND_PROGRAM] = "programs",
    [KIND_WHEN] = "when",      [KIND_EVENT] = "events",     [KIND_HOST] = "hosts",
};

_Static_assert(ELEMENTS(kind_names) == KIND_COUNT, "a name for each kind");

struct word {
    const char *scope; /* an option's long name, or a command; NULL: any */
    const char *word;  /* as usage lines have it; a prefix of what stands there */
    enum kind kind;
};

/* The first row that fits. */
static const struct word option_words[] = {
    {"pid", "LIST", KIND_PID},        {"user", "LIST", KIND_USER},
    {"kind", "LIST", KIND_EVENT},     {"columns", "LIST", KIND_COLUMN},
    {"state", "LETTERS", KIND_STATE}, {"host", "LIST", KIND_HOST},
    {NULL, "COLUMN", KIND_FIELD},     {NULL, "WHEN", KIND_WHEN},
    {NULL, "SIGNAL", KIND_SIGNAL},    {NULL, "FILE", KIND_FILE},
};
static const struct word operand_words[] = {
    {"lab", "", KIND_EXPERIMENT}, {"explain", "", KIND_TOPIC}, {"who", "", KIND_FILE},
    {"run", "", KIND_PROGRAM},    {"record", "", KIND_FILE},   {"replay", "", KIND_FILE},
    {"send", "", KIND_PID},       {NULL, "[PID", KIND_PID},    {NULL, "PID", KIND_PID},
};

static enum kind kind_of(const struct word *words, size_t count, const char *scope,
                         const char *word)
{
    for (size_t i = 0; word && i < count; i++)
        if ((!words[i].scope || strcmp(words[i].scope, scope) == 0) &&
            strncmp(words[i].word, word, strlen(words[i].word)) == 0)
            return words[i].kind;
    return KIND_NONE;
}

static enum kind kind_of_option(const struct option_info *option)
{
    return kind_of(option_words, ELEMENTS(option_words), option->name, option->argument);
}

static enum kind kind_of_operand(const struct command *command)
{
    return kind_of(operand_words, ELEMENTS(operand_words), command->name, command->arguments);
}

/* ---- lists ---- */

/* One of the words of a kind, and what it means (may be ""). */
typedef void item_fn(struct strbuf *out, const char *word, const char *meaning);

static void list_signals(struct strbuf *out, item_fn *item)
{
    for (size_t i = 0; i < signals_count(); i++)
        item(out, signals[i].name, signals[i].meaning);
}

static void list_states(struct strbuf *out, item_fn *item)
{
    for (size_t i = 0; i < reference_count(); i++) {
        struct reference entry = reference_at(i);
        if (entry.kind == REFERENCE_STATE)
            item(out, entry.name, entry.title);
    }
}

static void list_columns(struct strbuf *out, item_fn *item)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        item(out, columns[i].title, fields[columns[i].field].summary);
}

static void list_fields(struct strbuf *out, item_fn *item)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        item(out, fields[i].name, fields[i].summary);
}

static void list_experiments(struct strbuf *out, item_fn *item)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    item(out, "all", "every one");
    item(out, "play", "free play from a script");
    item(out, "quiz", "the questions of all of them");
    for (size_t i = 0; i < count; i++)
        item(out, experiments[i]->name, experiments[i]->title);
}

static void list_topics(struct strbuf *out, item_fn *item)
{
    for (size_t i = 0; i < reference_count(); i++) {
        struct reference entry = reference_at(i);
        if (!strpbrk(entry.name, " '\"\\"))
            item(out, entry.name, entry.title);
    }
}

static void list_commands(struct strbuf *out, item_fn *item)
{
    for (const struct command *command = commands; command->name; command++)
        item(out, command->name, command->summary);
    item(out, "help", "what a command does");
}

static void list_when(struct strbuf *out, item_fn *item)
{
    item(out, "auto", "where standard output is a terminal");
    item(out, "always", "");
    item(out, "never", "");
}

static void list_events(struct strbuf *out, item_fn *item)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++)
        item(out, event_kind_name((enum event_kind)i), "");
}

struct list {
    enum kind kind;
    void (*write)(struct strbuf *out, item_fn *item);
};

static const struct list lists[] = {
    {KIND_SIGNAL, list_signals},         {KIND_STATE, list_states},
    {KIND_COLUMN, list_columns},         {KIND_FIELD, list_fields},
    {KIND_EXPERIMENT, list_experiments}, {KIND_TOPIC, list_topics},
    {KIND_COMMAND, list_commands},       {KIND_WHEN, list_when},
    {KIND_EVENT, list_events},
};

/* ---- options ---- */

typedef void option_fn(struct strbuf *out, const struct command *command,
                       const struct option_info *option);

/* The common ones that the command takes, and its own. */
static void each_option(struct strbuf *out, const struct command *command, option_fn *write)
{
    for (const struct option_info *option = option_table; option->name; option++) {
        bool is_selective = option->letter && strchr(OPTIONS_SELECTIVE, option->letter);
        if (!is_selective || !command || !command->accepts ||
            strchr(command->accepts, option->letter))
            write(out, command, option);
    }
    const struct option_info *own = command ? command->options : NULL;
    for (; own && own->name; own++)
        write(out, command, own);
}

/* Within '…': a quote ends it, is escaped, and begins it again. */
static void add_quoted(struct strbuf *out, const char *text)
{
    strbuf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            strbuf_puts(out, "'\\''");
        else
            strbuf_putc(out, *text);
    }
    strbuf_putc(out, '\'');
}

static void add_head(struct strbuf *out, const char *begin)
{
    strbuf_puts(out, begin);
    strbuf_puts(out, "# Made by `make completions` from the program's own tables.\n\n");
}

/* ---- bash ---- */

static void bash_item(struct strbuf *out, const char *word, const char *meaning)
{
    (void)meaning;
    strbuf_printf(out, " %s", word);
}

static void bash_option(struct strbuf *out, const struct command *command,
                        const struct option_info *option)
{
    (void)command;
    if (option->letter)
        strbuf_printf(out, " -%c", option->letter);
    strbuf_printf(out, " --%s", option->name);
}

static void bash_argument(struct strbuf *out, const struct command *command,
                          const struct option_info *option)
{
    if (!option->argument)
        return;
    strbuf_printf(out, "        %s:--%s", command ? command->name : "", option->name);
    if (option->letter)
        strbuf_printf(out, " | %s:-%c", command ? command->name : "", option->letter);
    const char *kind = kind_names[kind_of_option(option)];
    strbuf_printf(out, ") echo %s ;;\n", kind ? kind : "none");
}

static void bash_command(struct strbuf *out, const struct command *command)
{
    const char *kind = kind_names[kind_of_operand(command)];
    strbuf_printf(out, "        %s) options='", command->name);
    each_option(out, command, bash_option);
    strbuf_printf(out, "'; operand=%s ;;\n", kind ? kind : "none");
}

/*
 * A name may hold anything, and compgen -W would expand it: PIDs and names go another way. A PID
 * that is put into the line stands alone, the names are for the list of several.
 */
static const char bash_pids[] =
    "_reaptop_pids() { # PREFIX\n"
    "    local pid name with_names=no\n"
    "    case $COMP_TYPE in 33 | 63 | 64) with_names=yes ;; esac\n"
    "    while read -r pid name; do\n"
    "        [[ $pid == [0-9]* && $pid == \"$1\"* ]] || continue\n"
    "        if [[ $with_names == yes ]]; then COMPREPLY+=(\"$pid ${name:0:60}\")\n"
    "        else COMPREPLY+=(\"$pid\"); fi\n"
    "    done < <(reaptop tree --flat -o PID 2>/dev/null)\n"
    "    [[ ${#COMPREPLY[@]} -ne 1 ]] || COMPREPLY=(\"${COMPREPLY[0]%% *}\")\n"
    "    compopt -o nosort 2>/dev/null\n"
    "}\n\n";

/* An equals sign is a word of its own to readline. */
static const char bash_begin[] =
    "_reaptop() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local command='' operand=commands options kind word i seen=0 list=''\n"
    "    COMPREPLY=()\n"
    "    [[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    [[ $current != = ]] || current=''\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == -* ]]; then\n"
    "            kind=$(_reaptop_argument \"$command:$word\")\n"
    "            [[ ${COMP_WORDS[i+1]} != = ]] || ((i++))\n"
    "            [[ -z $kind ]] || ((i++))\n"
    "        elif [[ -z $command ]]; then command=$word\n"
    "        else ((seen++)); fi\n"
    "    done\n"
    "    case $command in\n        '') options='";

static const char bash_end[] =
    "        help) options=''; operand=commands ;;\n"
    "        *) return ;;\n    esac\n"
    "    kind=$(_reaptop_argument \"$command:$before\")\n"
    "    if [[ -n $kind && $current == *,* ]]; then\n"
    "        list=${current%,*}, current=${current##*,}\n"
    "    elif [[ -n $kind ]]; then :\n"
    "    elif [[ $current == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
    "        return\n"
    "    elif [[ $command == send && $seen -eq 0 ]]; then kind=signals\n"
    "    else kind=$operand; fi\n"
    "    case $kind in\n"
    "    none) ;;\n"
    "    pids) _reaptop_pids \"$current\" ;;\n"
    "    files) compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
    "    *) mapfile -t COMPREPLY < <(compgen -W \"$(_reaptop_words $kind)\" -- \"$current\") ;;\n"
    "    esac\n"
    "    [[ -z $list ]] || COMPREPLY=(\"${COMPREPLY[@]/#/$list}\")\n"
    "}\n\n"
    "complete -F _reaptop reaptop\n";

static void write_bash(struct strbuf *out)
{
    add_head(out, "# bash completion for reaptop(1).\n");
    strbuf_puts(out, "_reaptop_words() { # KIND: the words of that kind\n    case $1 in\n");
    for (size_t i = 0; i < ELEMENTS(lists); i++) {
        strbuf_printf(out, "    %s) echo '", kind_names[lists[i].kind]);
        lists[i].write(out, bash_item);
        strbuf_puts(out, "' ;;\n");
    }
    strbuf_puts(
        out, "    users) compgen -u ;;\n"
             "    programs) compgen -c ;;\n"
             "    hosts) compgen -A hostname\n"
             "        sed -n 's/^[[:blank:]]*[Hh]ost[[:blank:]]//p' ~/.ssh/config 2>/dev/null |\n"
             "            tr ' ' '\\n' | grep -x '[[:alnum:]_.-]*' ;;\n"
             "    esac\n}\n\n");
    strbuf_puts(out, bash_pids);
    strbuf_puts(out, "_reaptop_argument() { # COMMAND:OPTION: the kind of its argument\n"
                     "    case $1 in\n");
    for (const struct command *command = commands; command->name; command++)
        each_option(out, command, bash_argument);
    each_option(out, NULL, bash_argument);
    strbuf_puts(out, "    esac\n}\n\n");
    strbuf_puts(out, bash_begin);
    each_option(out, NULL, bash_option);
    strbuf_puts(out, "' ;;\n");
    for (const struct command *command = commands; command->name; command++)
        bash_command(out, command);
    strbuf_puts(out, bash_end);
}

/* ---- zsh ---- */

/* _describe takes WORD:MEANING, in which a colon of the word is escaped. */
static void zsh_item(struct strbuf *out, const char *word, const char *meaning)
{
    struct strbuf text = STRBUF_INIT;
    for (const char *at = word; *at; at++)
        strbuf_printf(&text, "%s%c", *at == ':' ? "\\" : "", *at);
    strbuf_printf(&text, ":%s", meaning);
    strbuf_puts(out, "        ");
    add_quoted(out, strbuf_text(&text));
    strbuf_putc(out, '\n');
    strbuf_done(&text);
}

/* Of _arguments: '(-d --delay)'{-d,--delay=}'[summary]:TIME:_reaptop_kind'. */
static void zsh_option(struct strbuf *out, const struct command *command,
                       const struct option_info *option)
{
    struct strbuf text = STRBUF_INIT;
    (void)command;
    strbuf_putc(&text, '[');
    for (const char *at = option->summary; *at; at++)
        strbuf_printf(&text, "%s%c", strchr("[]\\:", *at) ? "\\" : "", *at);
    strbuf_putc(&text, ']');
    if (option->argument) {
        const char *kind = kind_names[kind_of_option(option)];
        strbuf_printf(&text, ":%s:%s%s", option->argument, kind ? "_reaptop_" : "",
                      kind ? kind : " ");
    }
    const char *joint = option->argument ? "=" : "";
    strbuf_puts(out, "        ");
    if (option->letter)
        strbuf_printf(out, "'(-%c --%s)'{-%c%s,--%s%s}", option->letter, option->name,
                      option->letter, option->argument ? "+" : "", option->name, joint);
    else
        strbuf_printf(out, "--%s%s", option->name, joint);
    add_quoted(out, strbuf_text(&text));
    strbuf_puts(out, " \\\n");
    strbuf_done(&text);
}

static void zsh_command(struct strbuf *out, const struct command *command)
{
    const char *kind = kind_names[kind_of_operand(command)];
    strbuf_printf(out, "    %s) _arguments -s \\\n", command->name);
    each_option(out, command, zsh_option);
    if (strcmp(command->name, "send") == 0)
        strbuf_puts(out, "        '1:SIGNAL:_reaptop_signals' \\\n");
    if (strcmp(command->name, "run") == 0)
        strbuf_puts(out, "        '*::CMD:_normal' ;;\n");
    else if (kind)
        strbuf_printf(out, "        '*:operand:_reaptop_%s' ;;\n", kind);
    else
        strbuf_puts(out, "        && return ;;\n");
}

static void write_zsh(struct strbuf *out)
{
    add_head(out, "#compdef reaptop\n# zsh completion for reaptop(1).\n");
    for (size_t i = 0; i < ELEMENTS(lists); i++) {
        strbuf_printf(out, "_reaptop_%s() {\n    local -a words\n    words=(\n",
                      kind_names[lists[i].kind]);
        lists[i].write(out, zsh_item);
        strbuf_printf(out, "    )\n    _describe -t %s %s words\n}\n\n", kind_names[lists[i].kind],
                      kind_names[lists[i].kind]);
    }
    strbuf_puts(out, "_reaptop_pids() {\n    local -a words\n"
                     "    words=(${(f)\"$(reaptop tree --flat -o PID 2>/dev/null |\n"
                     "        awk 'NR > 1 { pid = $1; $1 = \"\"; gsub(/:/, \"\\\\:\"); "
                     "print pid \":\" substr($0, 1, 80) }')\"})\n"
                     "    _describe -t pids 'PID' words\n}\n\n"
                     "_reaptop_files() { _files }\n"
                     "_reaptop_users() { _users }\n"
                     "_reaptop_hosts() { _hosts }\n"
                     "_reaptop_programs() { _command_names -e }\n\n"
                     "_reaptop() {\n    local state line\n    local curcontext=$curcontext\n"
                     "    _arguments -s -C \\\n");
    each_option(out, NULL, zsh_option);
    strbuf_puts(out, "        '1:command:_reaptop_commands' \\\n"
                     "        '*::argument:->argument' && return\n"
                     "    case $line[1] in\n");
    for (const struct command *command = commands; command->name; command++)
        zsh_command(out, command);
    strbuf_puts(out, "    help) _arguments '1:command:_reaptop_commands' ;;\n"
                     "    esac\n}\n\n_reaptop \"$@\"\n");
}

/* ---- fish ---- */

static void fish_item(struct strbuf *out, const char *word, const char *meaning)
{
    strbuf_puts(out, "        ");
    add_quoted(out, word);
    strbuf_putc(out, ' ');
    add_quoted(out, meaning);
    strbuf_puts(out, " \\\n");
}

static void fish_option(struct strbuf *out, const struct command *command,
                        const struct option_info *option)
{
    strbuf_puts(out, "complete -c reaptop");
    if (command)
        strbuf_printf(out, " -n '__fish_seen_subcommand_from %s'", command->name);
    else
        strbuf_puts(out, " -n '__fish_use_subcommand'");
    if (option->letter)
        strbuf_printf(out, " -s %c", option->letter);
    strbuf_printf(out, " -l %s", option->name);
    enum kind kind = kind_of_option(option);
    if (kind == KIND_FILE)
        strbuf_puts(out, " -rF");
    else if (option->argument)
        strbuf_puts(out, " -x");
    if (kind != KIND_NONE && kind != KIND_FILE)
        strbuf_printf(out, " -a '(__reaptop_%s)'", kind_names[kind]);
    strbuf_puts(out, " -d ");
    add_quoted(out, option->summary);
    strbuf_putc(out, '\n');
}

static void fish_command(struct strbuf *out, const struct command *command)
{
    enum kind kind = kind_of_operand(command);
    each_option(out, command, fish_option);
    if (kind == KIND_FILE)
        strbuf_printf(out, "complete -c reaptop -n '__fish_seen_subcommand_from %s' -F\n",
                      command->name);
    else if (kind != KIND_NONE)
        strbuf_printf(out,
                      "complete -c reaptop -n '__fish_seen_subcommand_from %s' -a "
                      "'(__reaptop_%s)'\n",
                      command->name, kind_names[kind]);
    if (strcmp(command->name, "send") == 0)
        strbuf_puts(out, "complete -c reaptop -n '__fish_seen_subcommand_from send' -a "
                         "'(__reaptop_signals)'\n");
}

static void write_fish(struct strbuf *out)
{
    add_head(out, "# fish completion for reaptop(1).\n");
    for (size_t i = 0; i < ELEMENTS(lists); i++) {
        strbuf_printf(out, "function __reaptop_%s\n    printf '%%s\\t%%s\\n' \\\n",
                      kind_names[lists[i].kind]);
        lists[i].write(out, fish_item);
        strbuf_puts(out, "        ;\nend\n\n");
    }
    strbuf_puts(out, "function __reaptop_pids\n"
                     "    reaptop tree --flat -o PID 2>/dev/null | string match -v -r '^ *PID' | "
                     "string replace -r '^ *(\\d+) +' '$1\\t' | string sub -l 80\n"
                     "end\n\n"
                     "function __reaptop_users\n    __fish_complete_users\nend\n\n"
                     "function __reaptop_hosts\n    __fish_print_hostnames\nend\n\n"
                     "function __reaptop_programs\n    __fish_complete_subcommand\nend\n\n"
                     "complete -c reaptop -f\n"
                     "complete -c reaptop -n '__fish_use_subcommand' -a '(__reaptop_commands)'\n"
                     "complete -c reaptop -n '__fish_seen_subcommand_from help' -a "
                     "'(__reaptop_commands)'\n");
    each_option(out, NULL, fish_option);
    for (const struct command *command = commands; command->name; command++)
        fish_command(out, command);
}

int completion_write(const char *shell, struct strbuf *out)
{
    if (strcmp(shell, "bash") == 0)
        write_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        write_zsh(out);
    else if (strcmp(shell, "fish") == 0)
        write_fish(out);
    else
        return -EINVAL;
    return out->error < 0 ? out->error : 0;
}
