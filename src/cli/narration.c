#include "reaptop/cli/narration.h"

#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/origin.h"

static enum style style_of_result(enum lab_result result)
{
    return result == LAB_SEEN ? STYLE_GOOD : result == LAB_NOT_SEEN ? STYLE_ERROR : STYLE_UNKNOWN;
}

void narration_title(struct document *doc, const struct lab_experiment *experiment)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_TITLE, "%s: %s", experiment->name, _(experiment->title));
    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG, "%s", _(experiment->question));
}

/* The question of a step and its numbered choices. */
static void add_question(struct document *doc, const struct lab_step *step)
{
    document_begin(doc, 2);
    document_add(doc, STYLE_LABEL, "%s", _(step->question));
    for (size_t i = 0; i < lab_choice_count(step); i++) {
        document_begin(doc, 4);
        document_add(doc, STYLE_KEY, "%zu", i + 1);
        document_add(doc, STYLE_NORMAL, " %s", _(step->choices[i]));
    }
}

/* "2 those nobody wrote", with `label` before it. */
static void add_answer(struct document *doc, enum style style, const char *label,
                       const struct lab_step *step)
{
    document_begin(doc, 2);
    document_add(doc, style, "%s", label);
    document_add(doc, STYLE_STRONG, "%d %s", step->right + 1, _(step->choices[step->right]));
}

static void add_process(struct document *doc, const struct lab_experiment *experiment,
                        const struct lab_message *message)
{
    const char *part = NULL;

    for (size_t i = 0; i < lab_role_count(experiment); i++)
        if (strcmp(experiment->roles[i].name, message->role) == 0)
            part = experiment->roles[i].part;
    if (strcmp(message->role, "lab-guard") == 0)
        part = N_("tidies up if lab-host is killed");
    if (strcmp(message->role, "lab-host") == 0)
        part = N_("runs the experiment and looks at the others from outside");
    document_begin(doc, 2);
    document_add(doc, STYLE_NEW, "%d ", (int)message->pid);
    document_add_text(doc, STYLE_STRONG, message->role, strlen(message->role));
    if (part)
        document_add(doc, STYLE_DIM, ": %s", _(part));
    document_link(doc, message->pid);
}

static void add_sight(struct document *doc, const struct lab_sight *sight,
                      const struct lab_message *message)
{
    document_begin(doc, 2);
    document_add(doc, style_of_result(message->result), "%s: ", lab_result_text(message->result));
    document_add(doc, STYLE_NORMAL, "%s", _(sight->claim));
    document_begin(doc, 6);
    _cleanup_(strbuf_done) struct strbuf source = STRBUF_INIT;
    origin_add(&source, _(sight->source));
    document_add(doc, STYLE_DIM, "%s: ", strbuf_text(&source));
    document_add_text(doc, STYLE_NORMAL, message->text, strlen(message->text));
}

/* Was it right; what is right, and why. */
static void add_prediction(struct document *doc, const struct lab_step *step, int prediction)
{
    if (prediction == LAB_NO_PREDICTION)
        add_answer(doc, STYLE_LABEL, _("Answer: "), step);
    else if (prediction == step->right)
        add_answer(doc, STYLE_GOOD, _("Your prediction was right: "), step);
    else
        add_answer(doc, STYLE_WARNING, _("You predicted otherwise; it is: "), step);
    document_begin(doc, 2);
    document_add(doc, STYLE_NORMAL, "%s ", _(step->explains));
    document_add(doc, STYLE_DIM, _("See %s."), step->manual);
}

static void add_result(struct document *doc, const struct lab_step *step,
                       const struct lab_message *message, int prediction)
{
    if (message->result == LAB_SKIPPED) {
        document_begin(doc, 2);
        document_add(doc, STYLE_UNKNOWN, "%s: ", lab_result_text(message->result));
        document_add_text(doc, STYLE_NORMAL, message->text, strlen(message->text));
    }
    add_prediction(doc, step, prediction);
}

static void add_finish(struct document *doc, const struct lab_experiment *experiment,
                       const struct lab_message *message)
{
    document_heading(doc, "%s", _("The experiment as a whole"));
    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG, "%s: ", experiment->name);
    document_add(doc, style_of_result(message->result), "%s", lab_result_text(message->result));
    document_begin(doc, 0);
    document_add(doc, STYLE_DIM, _("Further reading: %s."), experiment->reading);
}

void narration_question(struct document *doc, const struct lab_experiment *experiment,
                        unsigned step)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "%s", _(experiment->steps[step].does));
    add_question(doc, &experiment->steps[step]);
}

void narration_answer(struct document *doc, const struct lab_experiment *experiment, unsigned step,
                      int prediction)
{
    add_prediction(doc, &experiment->steps[step], prediction);
}

void narration_message(struct document *doc, const struct lab_experiment *experiment,
                       const struct lab_message *message, int prediction, bool asks)
{
    const struct lab_step *step = &experiment->steps[message->step];

    switch (message->kind) {
    case LAB_STEP:
        document_heading(doc, _("Step %u of %zu"), message->step + 1, lab_step_count(experiment));
        document_begin(doc, 0);
        document_add(doc, STYLE_NORMAL, "%s", _(step->does));
        if (asks)
            add_question(doc, step);
        break;
    case LAB_PROCESS:
        add_process(doc, experiment, message);
        break;
    case LAB_SIGHT:
        add_sight(doc, &step->sees[message->sight], message);
        break;
    case LAB_RESULT:
        add_result(doc, step, message, prediction);
        break;
    case LAB_FINISHED:
        add_finish(doc, experiment, message);
        break;
    case LAB_MESSAGE_KIND_COUNT:
        break;
    }
}

void narration_program(struct document *doc, const struct lab_experiment *experiment, unsigned step)
{
    const char *line = lab_program(experiment->name);

    if (!line)
        return;
    document_heading(doc, _("A program that does the same (lab --source %s); > marks step %u"),
                     experiment->name, step + 1);
    document_begin(doc, 0);
    document_add(doc, STYLE_KEY, "r");
    document_add(doc, STYLE_DIM, " %s",
                 _("runs it, and then shows each line as it was executed; as lab --trace does"));
    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t length = (size_t)(end - line);
        if (length == 0 || *line == '#')
            continue;
        bool is_marked = lab_program_line_is_of(experiment->name, step, line, length);
        document_begin(doc, 0);
        document_add(doc, is_marked ? STYLE_KEY : STYLE_DIM, "%s", is_marked ? "> " : "  ");
        document_add_text(doc, is_marked ? STYLE_STRONG : STYLE_NORMAL, line, length);
    }
}

void narration_worksheet(struct document *doc, const struct lab_experiment *experiment,
                         bool answers)
{
    narration_title(doc, experiment);
    for (unsigned i = 0; i < lab_step_count(experiment); i++) {
        const struct lab_step *step = &experiment->steps[i];
        struct lab_message message = {.kind = LAB_STEP, .step = i};
        narration_message(doc, experiment, &message, LAB_NO_PREDICTION, true);
        if (answers) {
            add_answer(doc, STYLE_LABEL, _("Answer: "), step);
            document_begin(doc, 2);
            document_add(doc, STYLE_NORMAL, "%s ", _(step->explains));
            document_add(doc, STYLE_DIM, _("See %s."), step->manual);
            continue;
        }
        document_begin(doc, 2);
        document_add(doc, STYLE_NORMAL, "%s", _("I predict __, because"));
        for (int line = 0; line < 2; line++) {
            document_begin(doc, 2);
            document_add(doc, STYLE_DIM, "%s", "________________________________________");
        }
        document_begin(doc, 2);
        document_add(doc, STYLE_NORMAL, "%s", _("What was seen, and where it was read:"));
        document_begin(doc, 2);
        document_add(doc, STYLE_DIM, "%s", "________________________________________");
    }
}
