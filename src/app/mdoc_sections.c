#include <signal.h>
#include <string.h>

#include "config.h"
#include "doc_sections.h"
#include "htop_row.h"
#include "mdoc.h"
#include "privilege_table.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/privilege.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/options.h"
#include "reaptop/lab/experiment.h"
#include "reaptop/lab/play.h"
#include "reaptop/model/event.h"
#include "reaptop/model/field.h"
#include "reaptop/model/metrics.h"
#include "reaptop/model/reference.h"
#include "reaptop/model/signals.h"
#include "reaptop/view/actions.h"
#include "reaptop/view/columns.h"
#include "reaptop/view/explain.h"
#include "reaptop/view/settings.h"

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
            mdoc_macro(out, "It Sy", strbuf_text(&usual));
            mdoc_sentence(out, actions[action].help);
            mdoc_keys_elsewhere(out, (enum action)action, strbuf_text(&usual));
        }
        strbuf_puts(out, ".El\n");
    }
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
        mdoc_macro(out, "It Sy", strbuf_text(&row.keys));
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
        mdoc_macro(out, "It Sy", columns[i].title);
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

/* The fields that each process has in JSON; reaptop-json.5.in has the list around them. */
static void mdoc_json_fields(struct strbuf *out)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!fields[i].is_in_json)
            continue;
        strbuf_printf(out, ".It Cm %s\n", fields[i].name);
        mdoc_sentence(out, fields[i].summary);
    }
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
        mdoc_macro(out, "It Cm", name);
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
    mdoc_text(out, _("What is to be seen, and where it is read:\n"));
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
            mdoc_macro(out, "It Sy", experiment->roles[i].name);
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
            mdoc_macro(out, "Sh", strbuf_text(&title));
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
        mdoc_macro(out, "It Sy", experiments[i]->name);
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

const struct doc_section mdoc_sections[] = {
    {"commands", mdoc_commands},
    {"options", mdoc_common_options},
    {"keys", mdoc_keys},
    {"actions", mdoc_actions},
    {"styles", mdoc_styles},
    {"htop", mdoc_htop},
    {"columns", mdoc_columns},
    {"fields", mdoc_fields},
    {"json-fields", mdoc_json_fields},
    {"events", mdoc_events},
    {"signals", mdoc_signals},
    {"diagram", mdoc_diagram},
    {"states", mdoc_states},
    {"terms", mdoc_terms},
    {"errnos", mdoc_errnos},
    {"event-kinds", mdoc_event_kinds},
    {"metrics", mdoc_metrics},
    {"settings", mdoc_settings},
    {"lab", mdoc_lab},
    {"lab-answers", mdoc_answers},
    {"play", mdoc_play},
    {"privileges", mdoc_privileges},
    {NULL, NULL},
};
