/*
 * docgen: fills the generated parts of the manual pages and of the README from
 * the tables that the program itself runs on, so that none of them can drift.
 *
 *     docgen man/reaptop.1.in          a line `.\" @keys@` becomes that section
 *     docgen --completion bash         the shell's completion file
 *     docgen --configuration           a reaptop.conf of all settings, as comments
 *     docgen --markdown README.md      what stands between `<!-- keys -->` and
 *                                      `<!-- /keys -->` is written anew
 *
 * The result goes to standard output, in the language of the locale. A program of its own: it is
 * built and run by `make docs`, and not installed.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "completion.h"
#include "config.h"
#include "privilege_table.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/privilege.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/options.h"
#include "reaptop/lab/experiment.h"
#include "reaptop/lab/play.h"
#include "reaptop/model/event.h"
#include "reaptop/model/field.h"
#include "reaptop/model/metrics.h"
#include "reaptop/model/origin.h"
#include "reaptop/model/reference.h"
#include "reaptop/model/signals.h"
#include "reaptop/view/actions.h"
#include "reaptop/view/columns.h"
#include "reaptop/view/explain.h"
#include "reaptop/view/htop_keys.h"
#include "reaptop/view/settings.h"

/* A table's sentence in the language of the page; gettext(3) has its header for "". */
static const char *translated(const char *text)
{
    return *text != '\0' ? _(text) : text;
}

/* ---- mdoc(7) ------------------------------------------------------------ */

static void mdoc_char(struct strbuf *out, const unsigned char **at)
{
    unsigned c = **at;
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    if (c == '\\') {
        strbuf_puts(out, "\\e");
    } else if (c == '"') {
        strbuf_puts(out, "\\(dq");
    } else if (more == 0) {
        strbuf_putc(out, (char)c);
    } else {
        unsigned point = c & (0x3fU >> more);
        for (; more > 0; more--)
            point = point << 6 | (*++*at & 0x3fU);
        strbuf_printf(out, "\\[u%04X]", point);
    }
    ++*at;
}

/* One argument of a macro: neither split nor taken for a macro itself. */
static void mdoc_word(struct strbuf *out, const char *word)
{
    strbuf_puts(out, " \"\\&");
    for (const unsigned char *at = (const unsigned char *)word; *at;)
        mdoc_char(out, &at);
    strbuf_putc(out, '"');
}

/*
 * Where a text that has no blanks, as Chinese has none, can be broken: behind a stop, and
 * behind a comma once the line has so many characters. A break is a blank where it is filled.
 */
static bool is_wide_break(const char *at, size_t line_length)
{
    static const struct {
        const char *mark;
        size_t line_min;
    } breaks[] = {{"。", 0}, {"！", 0}, {"？", 0}, {"，", 8}, {"；", 8}, {"：", 8}, {"、", 16}};
    static const char *const closing[] = {"，", "。", "；", "：", "！", "？", "、", "）", "”"};
    for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
        size_t length = strlen(breaks[i].mark);
        if (strncmp(at, breaks[i].mark, length) != 0)
            continue;
        for (size_t j = 0; j < sizeof(closing) / sizeof(closing[0]); j++)
            if (strncmp(at + length, closing[j], strlen(closing[j])) == 0)
                return false;
        return line_length >= breaks[i].line_min;
    }
    return false;
}

/* True: a sentence that begins on a line of its own (mdoc(7)) follows the character. */
static bool is_sentence_end(const unsigned char *at)
{
    return strchr(".?!", *at) && at[1] == ' ' && at[2] >= 'A' && at[2] <= 'Z';
}

static void mdoc_lines(struct strbuf *out, const char *text, bool is_filled)
{
    size_t length = 0; /* of the line so far, in characters */
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        if (*at == '\n') {
            strbuf_puts(out, length == 0 ? ".Pp\n" : "\n");
            length = 0;
            at++;
            continue;
        }
        if (length == 0 && (*at == '.' || *at == '\''))
            strbuf_puts(out, "\\&");
        bool is_break =
            is_sentence_end(at) || (is_filled && is_wide_break((const char *)at, length));
        mdoc_char(out, &at);
        length++;
        if (!is_break || *at == '\n')
            continue;
        strbuf_putc(out, '\n');
        length = 0;
        while (*at == ' ')
            at++;
    }
    if (length > 0)
        strbuf_putc(out, '\n');
}

/* Running text on lines of its own; an empty line starts a paragraph. */
static void mdoc_text(struct strbuf *out, const char *text)
{
    mdoc_lines(out, translated(text), true);
}

static bool has_end(const char *sentence)
{
    static const char *const ends[] = {".", "?", "!", "…", "。", "？", "！"};
    size_t length = strlen(sentence);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t end = strlen(ends[i]);
        if (length >= end && strcmp(sentence + length - end, ends[i]) == 0)
            return true;
    }
    return false;
}

/* A language whose sentences end in "." begins them with a capital. */
static bool has_capitals(void)
{
    return strcmp(_("."), ".") == 0;
}

/* The end of a sentence whose last word is a macro's. */
static void mdoc_stop(struct strbuf *out)
{
    if (has_capitals())
        strbuf_puts(out, " .\n");
    else
        strbuf_printf(out, " Ns %s\n", _("."));
}

/* A sentence of a table as a sentence of a page. */
static void mdoc_sentence(struct strbuf *out, const char *text)
{
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    strbuf_puts(&sentence, translated(text));
    if (sentence.length == 0)
        return;
    if (has_capitals() && sentence.data[0] >= 'a' && sentence.data[0] <= 'z' &&
        (sentence.data[1] < 'A' || sentence.data[1] > 'Z'))
        sentence.data[0] = (char)(sentence.data[0] - 'a' + 'A');
    if (!has_end(strbuf_text(&sentence)))
        strbuf_puts(&sentence, _("."));
    mdoc_text(out, strbuf_text(&sentence));
}

static void mdoc_origin(struct strbuf *out, const char *origin)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    origin_add(&text, origin);
    strbuf_puts(out, _("From "));
    mdoc_sentence(out, strbuf_text(&text));
}

/* "kill(2)" as a cross reference. */
static void mdoc_page(struct strbuf *out, const char *page)
{
    const char *open = strchr(page, '(');
    if (open)
        strbuf_printf(out, ".Xr %.*s %.*s", (int)(open - page), page, (int)strcspn(open + 1, ")"),
                      open + 1);
    if (open)
        mdoc_stop(out);
    else
        mdoc_text(out, page);
}

static void mdoc_options(struct strbuf *out, const struct option_info *table)
{
    strbuf_puts(out, ".Bl -tag -width Ds -compact\n");
    for (const struct option_info *info = table; info->name; info++) {
        strbuf_puts(out, ".It");
        if (info->letter) {
            strbuf_printf(out, " Fl %c", info->letter);
            if (info->argument) {
                strbuf_puts(out, " Ar");
                mdoc_word(out, translated(info->argument));
            }
            strbuf_puts(out, " ,");
        }
        strbuf_printf(out, " Fl -%s", info->name);
        if (info->argument) {
            strbuf_puts(out, " Ns = Ns Ar");
            mdoc_word(out, translated(info->argument));
        }
        strbuf_putc(out, '\n');
        mdoc_sentence(out, info->summary);
    }
    strbuf_puts(out, ".El\n");
}

static void mdoc_common_options(struct strbuf *out)
{
    mdoc_options(out, option_table);
}

static void mdoc_commands(struct strbuf *out)
{
    strbuf_puts(out, ".Bl -tag -width Ds\n");
    for (const struct command *command = commands; command->name; command++) {
        strbuf_puts(out, ".It Cm");
        mdoc_word(out, command->name);
        if (command->arguments && *command->arguments) {
            strbuf_puts(out, " No");
            mdoc_word(out, translated(command->arguments));
        }
        strbuf_putc(out, '\n');
        mdoc_sentence(out, command->summary);
        if (command->details) {
            strbuf_puts(out, ".Pp\n");
            mdoc_text(out, command->details);
        }
        if (command->options && command->options->name) {
            strbuf_puts(out, ".Pp\n");
            mdoc_options(out, command->options);
        }
    }
    strbuf_puts(out, ".El\n");
}

static void keys_in(enum key_profile profile, enum action action, struct strbuf *out)
{
    const struct settings settings = {.profile = profile};
    action_keys(&settings, action, out);
    if (out->length == 0)
        strbuf_puts(out, "\xe2\x80\x94");
}

/* Where the other profiles have other keys. */
static void mdoc_keys_elsewhere(struct strbuf *out, enum action action, const char *usual)
{
    for (int profile = PROFILE_DEFAULT + 1; profile < PROFILE_COUNT; profile++) {
        _cleanup_(strbuf_done) struct strbuf keys = STRBUF_INIT;
        keys_in((enum key_profile)profile, action, &keys);
        if (strcmp(usual, strbuf_text(&keys)) == 0)
            continue;
        strbuf_printf(out, _("In the %s profile:\n"), key_profile_name((enum key_profile)profile));
        strbuf_puts(out, ".Sy");
        mdoc_word(out, strbuf_text(&keys));
        mdoc_stop(out);
    }
}

static void mdoc_keys(struct strbuf *out)
{
    for (int group = 0; group < GROUP_COUNT; group++) {
        strbuf_puts(out, ".Ss");
        mdoc_word(out, translated(action_group_title((enum action_group)group)));
        strbuf_puts(out, "\n.Bl -tag -width \"Backspace Up\" -compact\n");
        for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
            if ((int)actions[action].group != group || !actions[action].name)
                continue;
            _cleanup_(strbuf_done) struct strbuf usual = STRBUF_INIT;
            keys_in(PROFILE_DEFAULT, (enum action)action, &usual);
            strbuf_puts(out, ".It Sy");
            mdoc_word(out, strbuf_text(&usual));
            strbuf_putc(out, '\n');
            mdoc_sentence(out, actions[action].help);
            mdoc_keys_elsewhere(out, (enum action)action, strbuf_text(&usual));
        }
        strbuf_puts(out, ".El\n");
    }
}

/* One of words that are listed in a sentence, whose end is behind the last. */
static void mdoc_listed(struct strbuf *out, const char *word, bool is_last)
{
    strbuf_printf(out, ".Cm %s", word);
    if (is_last)
        mdoc_stop(out);
    else
        strbuf_puts(out, " ,\n");
}

static void mdoc_actions(struct strbuf *out)
{
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
        mdoc_listed(out, actions[action].name, action + 1 == ACTION_COUNT);
}

static void mdoc_styles(struct strbuf *out)
{
    for (int style = 0; style < STYLE_COUNT; style++)
        mdoc_listed(out, style_name((enum style)style), style + 1 == STYLE_COUNT);
}

/* ---- what htop's keys do here ---- */

struct htop_row {
    struct strbuf keys, here; /* the keys that differ, and what they do here */
    struct strbuf does_it;    /* what does here what they do in htop */
};

static void htop_row_done(struct htop_row *row)
{
    strbuf_done(&row->keys);
    strbuf_done(&row->here);
    strbuf_done(&row->does_it);
}

/* False: all its keys do the same in both. */
static bool htop_row(const struct htop_key *known, struct htop_row *row)
{
    const struct settings settings = {.profile = PROFILE_DEFAULT};
    for (int i = 0; i < HTOP_KEYS_MAX && known->keys[i].kind != KEY_NONE; i++) {
        char name[KEY_NAME_SIZE];
        enum action here = action_of_key(&settings, 0, known->keys[i]);
        if (here == known->action && here != ACTION_NONE)
            continue;
        bool is_replays = here && (actions[here].flags & ACTION_NEEDS_REPLAY);
        const char *word = here ? _(actions[here].help) : _("nothing");
        strbuf_printf(&row->keys, "%s%s", row->keys.length > 0 ? " " : "",
                      key_label(known->keys[i], name));
        if (!strstr(strbuf_text(&row->here), word))
            strbuf_printf(&row->here, "%s%s%s", row->here.length > 0 ? "; " : "",
                          is_replays ? _("in a replay: ") : "", word);
    }
    if (known->action)
        action_keys(&settings, known->action, &row->does_it);
    if (known->instead)
        strbuf_printf(&row->does_it, "%s%s", row->does_it.length > 0 ? "; " : "",
                      _(known->instead));
    else if (row->does_it.length == 0)
        strbuf_printf(&row->does_it, ": %s", actions[known->action].name);
    return row->keys.length > 0;
}

static void mdoc_labelled(struct strbuf *out, const char *label, const char *text)
{
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    strbuf_printf(&sentence, "%s%s", label, translated(text));
    mdoc_sentence(out, strbuf_text(&sentence));
}

static void mdoc_htop(struct strbuf *out)
{
    strbuf_puts(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < htop_keys_count(); i++) {
        _cleanup_(htop_row_done) struct htop_row row = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
        if (!htop_row(&htop_keys[i], &row))
            continue;
        strbuf_puts(out, ".It Sy");
        mdoc_word(out, strbuf_text(&row.keys));
        strbuf_putc(out, '\n');
        mdoc_labelled(out, _("In htop: "), htop_keys[i].meaning);
        mdoc_labelled(out, _("Here: "), strbuf_text(&row.here));
        mdoc_labelled(out, _("Instead: "), strbuf_text(&row.does_it));
    }
    strbuf_puts(out, ".El\n");
}

static void mdoc_columns(struct strbuf *out)
{
    strbuf_puts(out, ".Bl -tag -width COMMAND -compact\n");
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct field_info *field = &fields[columns[i].field];
        strbuf_puts(out, ".It Sy");
        mdoc_word(out, columns[i].title);
        strbuf_putc(out, '\n');
        mdoc_sentence(out, field->summary);
        mdoc_origin(out, field->origin);
        strbuf_puts(out, _("See\n"));
        mdoc_page(out, field->manual);
    }
    strbuf_puts(out, ".El\n");
}

static void mdoc_fields(struct strbuf *out)
{
    strbuf_puts(out, ".Bl -tag -width Ds -compact\n");
    for (int i = 0; i < FIELD_COUNT; i++) {
        strbuf_puts(out, ".It Cm");
        mdoc_word(out, fields[i].name);
        if (fields[i].alias) {
            strbuf_puts(out, " , Cm");
            mdoc_word(out, fields[i].alias);
        }
        strbuf_putc(out, '\n');
        mdoc_sentence(out, fields[i].summary);
    }
    strbuf_puts(out, ".El\n");
}

static void mdoc_events(struct strbuf *out)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++)
        mdoc_listed(out, event_kind_name((enum event_kind)i), i + 1 == EVENT_KIND_COUNT);
}

static void mdoc_signals(struct strbuf *out)
{
    strbuf_puts(out, ".Bl -column \"RTMIN+15\" \"34\" \"terminate\" \"a meaning\"\n"
                     ".It Sy");
    mdoc_word(out, _("Name"));
    strbuf_puts(out, " Ta Sy");
    mdoc_word(out, _("No."));
    strbuf_puts(out, " Ta Sy");
    mdoc_word(out, _("Default"));
    strbuf_puts(out, " Ta Sy");
    mdoc_word(out, _("Meaning"));
    strbuf_putc(out, '\n');
    for (size_t i = 0; i < signals_count(); i++) {
        const struct signal_info *info = &signals[i];
        /* The real-time ones are alike: the first and the last will do. */
        if (info->number > 34 && info->number < 64)
            continue;
        strbuf_puts(out, ".It");
        mdoc_word(out, info->name);
        strbuf_printf(out, " Ta %d Ta", info->number);
        mdoc_word(out, translated(signal_action_word(info->action)));
        strbuf_puts(out, " Ta");
        mdoc_word(out, translated(info->meaning));
        strbuf_putc(out, '\n');
    }
    strbuf_puts(out, ".El\n");
}

static void mdoc_metrics(struct strbuf *out)
{
    strbuf_puts(out, ".Bl -tag -width Ds -compact\n");
    for (const struct metrics_family *family = metrics_families; family->name; family++) {
        strbuf_puts(out, ".It Cm");
        mdoc_word(out, family->name);
        if (strcmp(family->type, "counter") == 0)
            strbuf_puts(out, " Ns _total");
        if (family->labels) {
            strbuf_puts(out, " No");
            mdoc_word(out, "{");
            strbuf_printf(out, " Ns %s Ns", family->labels);
            mdoc_word(out, "}");
        }
        strbuf_putc(out, '\n');
        mdoc_sentence(out, family->help);
    }
    strbuf_puts(out, ".El\n");
}

/* ---- the reference: what `explain` says ---- */

enum {
    PROSE_COLS = 76
};

static void mdoc_diagram(struct strbuf *out)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    explain_diagram(&doc, '\0');
    document_print(&doc, &text, 0);
    /* The sentences below the drawing are the page's own. */
    const char *end = strstr(strbuf_text(&text), "\n\n");
    if (end)
        text.data[end + 1 - text.data] = '\0';
    strbuf_puts(out, ".Bd -literal\n");
    mdoc_lines(out, strbuf_text(&text), false);
    strbuf_puts(out, ".Ed\n");
}

/* Each sentence on a line of its own, as mdoc wants it, and long ones wrapped. */
static void mdoc_prose(struct strbuf *out, const char *text)
{
    _cleanup_(strbuf_done) struct strbuf wrapped = STRBUF_INIT;
    size_t column = 0;
    text = translated(text);
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > 0 && column + 1 + length > PROSE_COLS) {
            strbuf_putc(&wrapped, '\n');
            column = 0;
        } else if (column > 0) {
            strbuf_putc(&wrapped, ' ');
            column++;
        }
        strbuf_append(&wrapped, text, length);
        column += length;
        if (length > 0 && strchr(".?!", text[length - 1])) {
            strbuf_putc(&wrapped, '\n');
            column = 0;
        }
        text += length + (text[length] == ' ');
    }
    if (column > 0)
        strbuf_putc(&wrapped, '\n');
    mdoc_text(out, strbuf_text(&wrapped));
}

static void mdoc_entry(struct strbuf *out, const struct reference *entry)
{
    strbuf_puts(out, entry->kind == REFERENCE_ERRNO ? ".It Er" : ".It Sy");
    mdoc_word(out, entry->name);
    if (*entry->title != '\0') {
        strbuf_puts(out, " : No");
        mdoc_word(out, translated(entry->title));
    }
    strbuf_putc(out, '\n');
    mdoc_prose(out, entry->meaning);
    if (entry->advice) {
        strbuf_puts(out, ".Pp\n");
        mdoc_prose(out, entry->advice);
    }
    if (entry->origin && entry->kind != REFERENCE_STATE) {
        mdoc_origin(out, entry->origin);
    }
    strbuf_puts(out, _("See\n"));
    mdoc_page(out, entry->manual);
}

static void mdoc_reference(struct strbuf *out, enum reference_kind kind)
{
    strbuf_puts(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < reference_count(); i++) {
        struct reference entry = reference_at(i);
        if (entry.kind == kind)
            mdoc_entry(out, &entry);
    }
    strbuf_puts(out, ".El\n");
}

static void mdoc_states(struct strbuf *out)
{
    mdoc_reference(out, REFERENCE_STATE);
}

static void mdoc_terms(struct strbuf *out)
{
    mdoc_reference(out, REFERENCE_TERM);
}

static void mdoc_errnos(struct strbuf *out)
{
    mdoc_reference(out, REFERENCE_ERRNO);
}

static void mdoc_event_kinds(struct strbuf *out)
{
    mdoc_reference(out, REFERENCE_EVENT);
}

/* ---- the configuration ---- */

static void mdoc_settings(struct strbuf *out)
{
    _cleanup_(strbuf_done) struct strbuf form = STRBUF_INIT;
    strbuf_puts(out, ".Bl -tag -width kernel-threads -compact -offset 2n\n");
    for (size_t i = 0; i < settings_count(); i++) {
        const char *name = config_setting(i, &form);
        if (!name)
            continue;
        strbuf_puts(out, ".It Cm");
        mdoc_word(out, name);
        strbuf_putc(out, '\n');
        mdoc_text(out, strbuf_text(&form));
        strbuf_clear(&form);
    }
    strbuf_puts(out, ".El\n");
}

/* ---- the lab ---- */

static void mdoc_step(struct strbuf *out, const struct lab_step *step)
{
    strbuf_puts(out, ".It\n");
    mdoc_text(out, step->does);
    mdoc_text(out, step->question);
    strbuf_puts(out, ".Bl -enum -compact -offset 2n\n");
    for (size_t i = 0; i < lab_choice_count(step); i++) {
        strbuf_puts(out, ".It\n");
        mdoc_text(out, step->choices[i]);
    }
    strbuf_puts(out, ".El\n.Pp\n");
    mdoc_text(out, _("Seen in the kernel's own files:\n"));
    strbuf_puts(out, ".Bl -dash -compact -offset 2n\n");
    for (size_t i = 0; i < lab_sight_count(step); i++) {
        strbuf_puts(out, ".It\n");
        mdoc_text(out, step->sees[i].claim);
        strbuf_puts(out, ".Pq Em");
        mdoc_word(out, translated(step->sees[i].source));
        strbuf_putc(out, '\n');
    }
    strbuf_puts(out, ".El\n.Pp\n");
    mdoc_text(out, step->explains);
}

static void mdoc_experiment(struct strbuf *out, const struct lab_experiment *experiment)
{
    strbuf_puts(out, ".Ss");
    mdoc_word(out, experiment->name);
    strbuf_puts(out, "\n.Sy");
    mdoc_word(out, translated(experiment->title));
    mdoc_stop(out);
    strbuf_puts(out, ".Pp\n");
    mdoc_text(out, experiment->question);
    if (lab_role_count(experiment) > 0) {
        strbuf_puts(out, ".Pp\n");
        mdoc_text(out, _("Its processes:\n"));
        strbuf_puts(out, ".Bl -tag -width Ds -compact -offset 2n\n");
        for (size_t i = 0; i < lab_role_count(experiment); i++) {
            strbuf_puts(out, ".It Sy");
            mdoc_word(out, experiment->roles[i].name);
            strbuf_putc(out, '\n');
            mdoc_sentence(out, experiment->roles[i].part);
        }
        strbuf_puts(out, ".El\n");
    }
    strbuf_puts(out, ".Bl -enum -offset 2n\n");
    for (size_t i = 0; i < lab_step_count(experiment); i++)
        mdoc_step(out, &experiment->steps[i]);
    strbuf_puts(out, ".El\n");
    if (experiment->reading) {
        strbuf_puts(out, ".Pp\n");
        mdoc_text(out, _("Further reading:\n"));
        mdoc_text(out, experiment->reading);
    }
}

static void mdoc_lab(struct strbuf *out)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    int chapter = -1;
    for (size_t i = 0; i < count; i++) {
        if ((int)experiments[i]->chapter != chapter) {
            chapter = (int)experiments[i]->chapter;
            _cleanup_(strbuf_done) struct strbuf title = STRBUF_INIT;
            strbuf_puts(&title, translated(lab_chapter_title(experiments[i]->chapter)));
            for (char *at = title.data; at && *at; at++)
                if (*at >= 'a' && *at <= 'z')
                    *at = (char)(*at - 'a' + 'A');
            strbuf_puts(out, ".Sh");
            mdoc_word(out, strbuf_text(&title));
            strbuf_putc(out, '\n');
        }
        mdoc_experiment(out, experiments[i]);
    }
}

/* Which choice of each step is right. */
static void mdoc_answers(struct strbuf *out)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    strbuf_puts(out, ".Bl -tag -width \"socket-typesXX\" -compact\n");
    for (size_t i = 0; i < count; i++) {
        strbuf_puts(out, ".It Sy");
        mdoc_word(out, experiments[i]->name);
        strbuf_putc(out, '\n');
        for (size_t j = 0; j < lab_step_count(experiments[i]); j++)
            strbuf_printf(out, "%s%d", j > 0 ? ", " : "", experiments[i]->steps[j].right + 1);
        strbuf_putc(out, '\n');
    }
    strbuf_puts(out, ".El\n");
}

/* Free play: its words and what they do. */
static void mdoc_play(struct strbuf *out)
{
    strbuf_puts(out, ".Bl -tag -width \"continueXX\" -compact\n");
    for (size_t i = 0; i < PLAY_ACTION_COUNT; i++) {
        const char key[2] = {play_actions[i].key, '\0'};
        strbuf_puts(out, ".It Cm");
        mdoc_word(out, play_actions[i].name);
        strbuf_puts(out, " Pq Sy");
        mdoc_word(out, key);
        strbuf_putc(out, '\n');
        mdoc_sentence(out, play_actions[i].meaning);
    }
    strbuf_puts(out, ".El\n");
}

/* ---- Markdown ----------------------------------------------------------- */

static void markdown_cell(struct strbuf *out, const char *text)
{
    for (text = translated(text); *text; text++) {
        if (strchr("|<>*_", *text))
            strbuf_putc(out, '\\');
        strbuf_putc(out, *text);
    }
}

/* Keys as `k` `F9`, or its name in the palette where it has none: a code span may hold a backslash,
 * and a bar is escaped for the table. */
static void markdown_keys_of(struct strbuf *out, enum action action)
{
    for (int i = 0; i < ACTION_KEYS_MAX; i++) {
        struct key key = actions[action].keys[PROFILE_DEFAULT][i];
        char name[KEY_NAME_SIZE];
        if (key.kind == KEY_NONE && i == 0)
            strbuf_printf(out, "`: %s`", actions[action].name);
        if (key.kind == KEY_NONE)
            return;
        const char *label = key_label(key, name);
        strbuf_printf(out, "%s`%s%s`", i > 0 ? " " : "", *label == '|' ? "\\" : "", label);
    }
}

static void markdown_keys(struct strbuf *out)
{
    strbuf_puts(out, _("| keys | what they do |\n|---|---|\n"));
    for (int group = 0; group < GROUP_COUNT; group++) {
        strbuf_printf(out, "| **%s** | |\n",
                      translated(action_group_title((enum action_group)group)));
        for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
            if ((int)actions[action].group != group || !actions[action].name)
                continue;
            strbuf_puts(out, "| ");
            markdown_keys_of(out, (enum action)action);
            strbuf_puts(out, " | ");
            markdown_cell(out, actions[action].help);
            strbuf_puts(out, " |\n");
        }
    }
}

static void markdown_htop(struct strbuf *out)
{
    strbuf_puts(out, _("| key | in htop | here | instead |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < htop_keys_count(); i++) {
        _cleanup_(htop_row_done) struct htop_row row = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
        if (!htop_row(&htop_keys[i], &row))
            continue;
        strbuf_puts(out, "| ");
        markdown_cell(out, strbuf_text(&row.keys));
        strbuf_puts(out, " | ");
        markdown_cell(out, htop_keys[i].meaning);
        strbuf_puts(out, " | ");
        markdown_cell(out, strbuf_text(&row.here));
        strbuf_puts(out, " | ");
        markdown_cell(out, strbuf_text(&row.does_it));
        strbuf_puts(out, " |\n");
    }
}

static void markdown_commands(struct strbuf *out)
{
    strbuf_puts(out, _("| command | what it does |\n|---|---|\n"));
    for (const struct command *command = commands; command->name; command++) {
        strbuf_printf(out, "| `%s%s", command->name,
                      command->arguments && *command->arguments ? " " : "");
        for (const char *at = command->arguments ? command->arguments : ""; *at; at++) {
            if (*at == '|')
                strbuf_putc(out, '\\');
            strbuf_putc(out, *at);
        }
        strbuf_puts(out, "` | ");
        markdown_cell(out, command->summary);
        strbuf_puts(out, " |\n");
    }
}

/* "its socket is closed, 3000 ms; SIGTERM, 5000 ms; SIGKILL, 1000 ms" */
static void markdown_limits(struct strbuf *out, const struct helper_info *info)
{
    if (info->end)
        strbuf_printf(out, "%s", info->end);
    const char *between = info->end ? "; else " : "";
    if (info->close_ms > 0)
        strbuf_printf(out, "%sits socket is closed: %u ms", between, info->close_ms);
    if (info->term_ms > 0)
        strbuf_printf(out, "%sSIGTERM: %u ms", info->close_ms > 0 ? ", " : between, info->term_ms);
    if (info->kill_ms > 0)
        strbuf_printf(out, "%sSIGKILL: %u ms", info->close_ms + info->term_ms > 0 ? ", " : between,
                      info->kill_ms);
}

static void markdown_helpers(struct strbuf *out)
{
    static const char *const places[] = {
        [HELPER_APART] = "a session of its own, standard streams /dev/null",
        [HELPER_IN_TERMINAL] = "a process group of its own, the terminal",
        [HELPER_BESIDE] = "its starter's session, group and standard streams",
    };
    static const char *const kept_signals[] = {
        [HELPER_SIGNALS_DEFAULT] = "signals at their defaults",
        [HELPER_SIGNALS_BLOCKED] = "all signals blocked",
        [HELPER_SIGNALS_KEPT] = "its starter's signals",
    };
    strbuf_puts(out, "| helper | started by | what for | how it ends, and its limit | when its "
                     "starter dies | what it has | capabilities it keeps |\n"
                     "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < HELPER_KIND_COUNT; i++) {
        const struct helper_info *info = &helper_kinds[i];
        strbuf_printf(out, "| %s | %s | %s | ", info->name, info->starter, info->purpose);
        markdown_limits(out, info);
        strbuf_printf(out, " | %s | %s; %s; %s | ",
                      info->death_signal == SIGKILL   ? "SIGKILL"
                      : info->death_signal == SIGTERM ? "SIGTERM"
                                                      : "it sees that, and ends",
                      places[info->place], kept_signals[info->signals],
                      info->keeps_descriptors ? "all descriptors"
                      : info->socket_type     ? "no descriptor but its socket"
                                              : "no descriptor");
        privilege_table_names(out, info->privileges);
        strbuf_puts(out, info->has_reserve ? "; all others in reserve |\n" : " |\n");
    }
}

static void markdown_privileges(struct strbuf *out)
{
    strbuf_puts(out, "| capability | what needs it | who keeps it |\n|---|---|---|\n");
    for (const struct privilege_info *info = privileges; info->name; info++) {
        strbuf_printf(out, "| %s | %s | ", info->name, info->purpose);
        privilege_table_holders(out, info->capability);
        strbuf_puts(out, " |\n");
    }
}

static void mdoc_privileges(struct strbuf *out)
{
    strbuf_puts(out, ".Bl -tag -width Ds\n");
    for (const struct privilege_info *info = privileges; info->name; info++) {
        _cleanup_(strbuf_done) struct strbuf holders = STRBUF_INIT;
        strbuf_printf(out, ".It Dv %s\n", info->name);
        mdoc_sentence(out, info->purpose);
        strbuf_puts(&holders, _("Kept by "));
        privilege_table_holders(&holders, info->capability);
        mdoc_sentence(out, strbuf_text(&holders));
    }
    strbuf_puts(out, ".El\n");
}

/* ---- filling ------------------------------------------------------------ */

struct section {
    const char *name;
    void (*mdoc)(struct strbuf *out);
    void (*markdown)(struct strbuf *out);
};

static const struct section sections[] = {
    {"commands", mdoc_commands, markdown_commands},
    {"options", mdoc_common_options, NULL},
    {"keys", mdoc_keys, markdown_keys},
    {"actions", mdoc_actions, NULL},
    {"styles", mdoc_styles, NULL},
    {"htop", mdoc_htop, markdown_htop},
    {"columns", mdoc_columns, NULL},
    {"fields", mdoc_fields, NULL},
    {"events", mdoc_events, NULL},
    {"signals", mdoc_signals, NULL},
    {"diagram", mdoc_diagram, NULL},
    {"states", mdoc_states, NULL},
    {"terms", mdoc_terms, NULL},
    {"errnos", mdoc_errnos, NULL},
    {"event-kinds", mdoc_event_kinds, NULL},
    {"metrics", mdoc_metrics, NULL},
    {"settings", mdoc_settings, NULL},
    {"lab", mdoc_lab, NULL},
    {"lab-answers", mdoc_answers, NULL},
    {"play", mdoc_play, NULL},
    {"helpers", NULL, markdown_helpers},
    {"privileges", mdoc_privileges, markdown_privileges},
    {NULL, NULL, NULL},
};

static const struct section *find_section(const char *name, size_t length)
{
    for (const struct section *section = sections; section->name; section++)
        if (strlen(section->name) == length && strncmp(section->name, name, length) == 0)
            return section;
    return NULL;
}

/* What stands between the affixes, or NULL where the line is not of that form. */
static const char *between(const char *line, const char *prefix, const char *suffix,
                           size_t *ret_length)
{
    size_t length = strlen(line), before = strlen(prefix), behind = strlen(suffix);
    if (length < before + behind || strncmp(line, prefix, before) != 0 ||
        strcmp(line + length - behind, suffix) != 0)
        return NULL;
    *ret_length = length - before - behind;
    return line + before;
}

static int unknown_section(const char *name, size_t length)
{
    (void)fprintf(stderr, "docgen: there is no section \"%.*s\"\n", (int)length, name);
    return -ENOENT;
}

static int fill_page(FILE *in, struct strbuf *out)
{
    _cleanup_free_ char *line = NULL;
    size_t size = 0, length;
    while (getline(&line, &size, in) >= 0) {
        const char *name = between(line, ".\\\" @", "@\n", &length);
        if (!name) {
            strbuf_puts(out, line);
            continue;
        }
        const struct section *section = find_section(name, length);
        if (!section || !section->mdoc)
            return unknown_section(name, length);
        section->mdoc(out);
    }
    return 0;
}

static int fill_markdown(FILE *in, struct strbuf *out)
{
    _cleanup_free_ char *line = NULL;
    size_t size = 0, length;
    bool is_within = false;
    while (getline(&line, &size, in) >= 0) {
        if (is_within && !between(line, "<!-- /", " -->\n", &length))
            continue;
        is_within = false;
        strbuf_puts(out, line);
        const char *name = between(line, "<!-- ", " -->\n", &length);
        const struct section *section = name ? find_section(name, length) : NULL;
        if (section && section->markdown) {
            strbuf_putc(out, '\n');
            section->markdown(out);
            strbuf_putc(out, '\n');
            is_within = true;
        }
    }
    return is_within ? -EINVAL : 0;
}

static int fill_file(const char *path, bool is_markdown, struct strbuf *out)
{
    _cleanup_file_ FILE *in = fopen(path, "re");
    if (!in) {
        perror(path);
        return -errno;
    }
    return is_markdown ? fill_markdown(in, out) : fill_page(in, out);
}

static int write_sample(struct strbuf *out)
{
    struct ui ui;
    ui_init(&ui);
    config_print_sample(&ui.settings, out);
    return 0;
}

static int make(int argc, char **argv, struct strbuf *out)
{
    if (argc == 2 && strcmp(argv[1], "--configuration") == 0)
        return write_sample(out);
    if (argc == 3 && strcmp(argv[1], "--completion") == 0)
        return completion_write(argv[2], out);
    if (argc == 3 && strcmp(argv[1], "--markdown") == 0)
        return fill_file(argv[2], true, out);
    if (argc == 2)
        return fill_file(argv[1], false, out);
    (void)fprintf(stderr, "usage: docgen [--markdown] FILE, --completion SHELL, --configuration\n");
    return -EINVAL;
}

int main(int argc, char **argv)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    (void)setlocale(LC_CTYPE, "");
    (void)setlocale(LC_MESSAGES, "");
    gettext_begin("");
    int r = make(argc, argv, &out);
    if (r < 0 || out.error < 0)
        return r == -EINVAL ? EXIT_USAGE : EXIT_FAULT;
    return fwrite(out.data, 1, out.length, stdout) == out.length && fflush(stdout) == 0
               ? EXIT_DONE
               : EXIT_FAULT;
}
