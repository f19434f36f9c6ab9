/*
 * lab: the experiments listed, one narrated, or all of them run.
 *
 * The narration appears as it happens, a piece a message.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab_lesson.h"
#include "lab_play.h"
#include "lab_quiz.h"
#include "lab_run.h"
#include "lab_trace.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/narration.h"
#include "reaptop/cli/output.h"
#include "reaptop/cli/progress.h"
#include "reaptop/lab/lab.h"
#include "reaptop/source/procfs.h"
#include "run_calls.h"

enum {
    NAME_COLUMN = 16,
};

#define READING_NS (2 * NS_PER_SEC) /* of a recorded step, before it and after it */

enum {
    LAB_OPTION_STEPWISE,
    LAB_OPTION_SOURCE,
    LAB_OPTION_WORKSHEET,
    LAB_OPTION_ANSWERS,
    LAB_OPTION_SYSCALLS,
    LAB_OPTION_RECORD,
    LAB_OPTION_TRACE,
};

/* ---- narrated ---- */

/* What stays after each message of a step; a person's choice comes from ask(). */
static int narrate(struct lab_listener *listener, const struct lab_experiment *experiment,
                   const struct lab_message *message)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    narration_message(&doc, experiment, message, listener->prediction, true);
    if (listener->lesson)
        lab_lesson_say(listener->lesson, &doc);
    if (listener->asks && message->kind == LAB_STEP) {
        document_begin(&doc, 2);
        document_add(&doc, STYLE_DIM, "%s",
                     _("Your prediction, and Enter; Enter alone goes on; q ends: "));
    }
    if (listener->asks && message->kind == LAB_FINISHED) {
        document_begin(&doc, 0);
        document_add(&doc, STYLE_DIM, "%s",
                     _("The processes stay for another terminal until Enter."));
    }
    return output_document(&doc) == EXIT_DONE ? 0 : -EIO;
}

static int print_title(const struct lab_experiment *experiment, struct lab_lesson *lesson)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    narration_title(&doc, experiment);
    if (lesson)
        lab_lesson_say(lesson, &doc);
    return output_document(&doc);
}

/* Without running anything: the questions, or the answers too. */
static int print_worksheet(const struct lab_experiment *only, bool answers)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++) {
        if (only && only != experiments[i])
            continue;
        narration_worksheet(&doc, experiments[i], answers);
        if (!only)
            document_begin(&doc, 0);
    }
    return output_document(&doc);
}

/* ---- JSON ---- */

static json_t *describe(const struct lab_experiment *experiment)
{
    json_t *object = json_object();

    json_put(object, "name", json_string(experiment->name));
    json_put(object, "chapter", json_integer(experiment->chapter + 1));
    json_put(object, "title", json_string(experiment->title));
    json_put(object, "question", json_string(experiment->question));
    return object;
}

static void json_begin_step(struct lab_listener *listener, const struct lab_step *step)
{
    json_t *object = json_object(), *choices = json_array(), *sights = json_array();

    json_put(object, "does", json_string(step->does));
    json_put(object, "question", json_string(step->question));
    for (size_t i = 0; i < lab_choice_count(step); i++)
        json_add(choices, json_string(step->choices[i]));
    json_put(object, "choices", choices);
    json_put(object, "right", json_integer(step->right));
    json_put(object, "observations", sights);
    json_put(object, "explains", json_string(step->explains));
    json_put(object, "manual", json_string(step->manual));
    json_add(listener->steps, object);
    listener->step = object;
    listener->sights = sights;
}

static int collect(struct lab_listener *listener, const struct lab_experiment *experiment,
                   const struct lab_message *message)
{
    const struct lab_step *step = &experiment->steps[message->step];
    json_t *object;

    switch (message->kind) {
    case LAB_STEP:
        json_begin_step(listener, step);
        break;
    case LAB_PROCESS:
        object = json_object();
        json_put(object, "pid", json_integer(message->pid));
        json_put(object, "role", json_text(message->role, strlen(message->role)));
        json_add(listener->processes, object);
        break;
    case LAB_SIGHT:
        object = json_object();
        json_put(object, "claim", json_string(step->sees[message->sight].claim));
        json_put(object, "source", json_string(step->sees[message->sight].source));
        json_put(object, "result", json_string(lab_result_word(message->result)));
        json_put(object, "evidence", json_text(message->text, strlen(message->text)));
        json_add(listener->sights, object);
        break;
    case LAB_RESULT:
        json_put(listener->step, "result", json_string(lab_result_word(message->result)));
        if (message->result == LAB_SKIPPED)
            json_put(listener->step, "missing", json_text(message->text, strlen(message->text)));
        break;
    case LAB_FINISHED:
        json_put(listener->doc, "result", json_string(lab_result_word(message->result)));
        break;
    case LAB_MESSAGE_KIND_COUNT:
        break;
    }
    return 0;
}

static int run_json(const struct lab_experiment *experiment)
{
    struct lab_outcome outcome = {0};
    struct lab_listener listener = {
        .receive = collect, .prediction = LAB_NO_PREDICTION, .doc = json_document("lab")};
    json_t *description = describe(experiment);

    listener.steps = json_array();
    listener.processes = json_array();
    (void)json_object_update(listener.doc, description);
    json_decref(description);
    json_put(listener.doc, "processes", listener.processes);
    json_put(listener.doc, "steps", listener.steps);
    int status = lab_run(experiment, &listener, &outcome);
    if (status != EXIT_DONE) {
        json_decref(listener.doc);
        return status;
    }
    status = json_output(listener.doc);
    return status == EXIT_DONE && outcome.result == LAB_NOT_SEEN ? EXIT_NO_MATCH : status;
}

/* ---- the list, and all of them ---- */

static int list_json(void)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    json_t *doc = json_document("lab"), *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_add(array, describe(experiments[i]));
    json_put(doc, "experiments", array);
    return json_output(doc);
}

static int list(void)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++) {
        if (i == 0 || experiments[i]->chapter != experiments[i - 1]->chapter)
            document_heading(&doc, "%s", lab_chapter_title(experiments[i]->chapter));
        document_field(&doc, 2, NAME_COLUMN, experiments[i]->name, STYLE_NORMAL, "%s",
                       _(experiments[i]->title));
    }
    document_begin(&doc, 0);
    document_begin(&doc, 0);
    document_add(&doc, STYLE_DIM, "%s",
                 _("reaptop lab NAME runs one, reaptop lab all runs every one."));
    return output_document(&doc);
}

static int print_row(const struct lab_experiment *experiment, const struct lab_outcome *outcome)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    document_begin(&doc, 0);
    document_add(&doc, STYLE_STRONG, "%s", experiment->name);
    document_pad(&doc, NAME_COLUMN);
    document_add(&doc, STYLE_NORMAL, "%s", lab_result_text(outcome->result));
    document_pad(&doc, NAME_COLUMN + 12);
    document_add(&doc, STYLE_DIM, _("%5.1f s"), (double)outcome->time_ns / NS_PER_SEC);
    if (outcome->missing[0]) {
        document_pad(&doc, NAME_COLUMN + 22);
        document_add_text(&doc, STYLE_DIM, outcome->missing, strlen(outcome->missing));
    }
    return output_document(&doc);
}

static int print_sum(const size_t counts[LAB_RESULT_COUNT])
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    document_begin(&doc, 0);
    document_add(&doc, STYLE_STRONG, _("%zu seen, %zu skipped, %zu not seen"), counts[LAB_SEEN],
                 counts[LAB_SKIPPED], counts[LAB_NOT_SEEN]);
    return output_document(&doc);
}

static void add_outcome(json_t *array, const struct lab_experiment *experiment,
                        const struct lab_outcome *outcome)
{
    json_t *object = describe(experiment);

    json_put(object, "result", json_string(lab_result_word(outcome->result)));
    json_put(object, "time_ns", json_unsigned(outcome->time_ns));
    if (outcome->missing[0])
        json_put(object, "missing", json_text(outcome->missing, strlen(outcome->missing)));
    json_add(array, object);
}

/* All of them, while nothing fails and nobody has had enough. */
struct all {
    struct progress progress;
    json_t *array; /* NULL: as text */
    size_t counts[LAB_RESULT_COUNT];
};

static int run_each(struct all *all)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    int status = EXIT_DONE;

    for (size_t i = 0; i < count && status == EXIT_DONE; i++) {
        struct lab_outcome outcome = {0};
        struct lab_listener quiet = {.prediction = LAB_NO_PREDICTION, .outlives_signals = true};
        if (!progress_step(&all->progress, i, count))
            return EXIT_INTERRUPTED;
        status = lab_run(experiments[i], &quiet, &outcome);
        if (status != EXIT_DONE)
            break;
        all->counts[outcome.result]++;
        progress_wipe(&all->progress);
        if (all->array)
            add_outcome(all->array, experiments[i], &outcome);
        else
            status = print_row(experiments[i], &outcome);
    }
    return status;
}

static int run_all(bool json)
{
    struct all all = {.array = json ? json_array() : NULL};
    json_t *doc = json ? json_document("lab") : NULL;

    progress_begin(&all.progress, "lab", PROGRESS_EXPERIMENTS);
    int status = run_each(&all);
    bool is_ended = status == EXIT_INTERRUPTED;
    all.progress.is_stopped |= is_ended;
    (void)progress_end(&all.progress);
    json_put(doc, "experiments", all.array);
    if (json && is_ended)
        json_put(doc, "experiments_cut", json_true());
    if (status != EXIT_DONE && !is_ended) {
        json_decref(doc);
        return status;
    }
    int printed = json ? json_output(doc) : print_sum(all.counts);
    if (printed != EXIT_DONE || is_ended)
        return printed != EXIT_DONE ? printed : status;
    return all.counts[LAB_NOT_SEEN] > 0 ? EXIT_NO_MATCH : EXIT_DONE;
}

const struct option_info lab_options[] = {
    [LAB_OPTION_STEPWISE] = {"interactive", 'i', NULL,
                             N_("wait for a line before each step; its number is your prediction")},
    [LAB_OPTION_SOURCE] = {"source", '\0', NULL,
                           N_("the experiment's program in C, which compiles alone")},
    [LAB_OPTION_WORKSHEET] = {"worksheet", '\0', NULL,
                              N_("the questions, with room to write; nothing is run")},
    [LAB_OPTION_ANSWERS] = {"answers", '\0', NULL,
                            N_("the questions with their answers; nothing is run")},
    [LAB_OPTION_SYSCALLS] = {"syscalls", '\0', NULL,
                             N_("tell the system calls of the experiment's processes, which "
                                "slows them")},
    [LAB_OPTION_RECORD] = {"record", '\0', N_("FILE"),
                           N_("keep it with what is told as a recording, for reaptop replay FILE")},
    [LAB_OPTION_TRACE] = {"trace", '\0', NULL,
                          N_("run the program of --source and print each line that it executes")},
    {NULL, '\0', NULL, NULL},
};

static int print_source(const char *name)
{
    const char *source = lab_program(name);

    if (!source)
        return command_usage_error("lab", _("%s: this experiment has no program of its own yet"),
                                   name);
    return fputs(source, stdout) < 0 || fflush(stdout) != 0
               ? command_fail(EXIT_FAULT, "%s", strerror(errno))
               : EXIT_DONE;
}

static int narrate_one(const struct options *options, const struct lab_experiment *experiment)
{
    struct lab_outcome outcome = {0};
    struct lab_listener narrator = {.receive = narrate,
                                    .asks = options->own[LAB_OPTION_STEPWISE] != NULL,
                                    .prediction = LAB_NO_PREDICTION};
    _cleanup_(run_calls_done) struct run_calls calls = {0};
    int status = print_title(experiment, NULL);

    if (options->own[LAB_OPTION_SYSCALLS]) {
        if (run_calls_init(&calls, stdout, false, false) < 0)
            return command_fail(EXIT_FAULT, "lab: %s", strerror(ENOMEM));
        calls.is_left_out = lab_call_is_plumbing;
        narrator.calls = &calls;
    }
    if (status == EXIT_DONE)
        status = lab_run(experiment, &narrator, &outcome);
    return status == EXIT_DONE && outcome.result == LAB_NOT_SEEN ? EXIT_NO_MATCH : status;
}

/* Narrated, and recorded beside it: a person sets the pace, or there is time to read. */
static int record_one(const struct options *options, const struct lab_experiment *experiment)
{
    struct lab_outcome outcome = {0};
    struct lab_lesson *lesson = NULL;
    struct lab_listener narrator = {.receive = narrate,
                                    .asks = options->own[LAB_OPTION_STEPWISE] != NULL,
                                    .prediction = LAB_NO_PREDICTION};
    int status = lab_lesson_open(options->own[LAB_OPTION_RECORD], &lesson);

    if (status != EXIT_DONE)
        return status;
    narrator.lesson = lesson;
    if (!narrator.asks)
        narrator.pause_ns = options->has_delay ? options->delay_ns : READING_NS;
    status = print_title(experiment, lesson);
    if (status == EXIT_DONE)
        status = lab_run(experiment, &narrator, &outcome);
    int written = lab_lesson_close(lesson);
    lab_lesson_free(lesson);
    if (status != EXIT_DONE || written != EXIT_DONE)
        return status != EXIT_DONE ? status : written;
    return outcome.result == LAB_NOT_SEEN ? EXIT_NO_MATCH : EXIT_DONE;
}

/* "quiz", or "quiz NAME". */
static int quiz(int argc, char **argv)
{
    const struct lab_experiment *only = argc > 2 ? lab_find(argv[2]) : NULL;

    if (argc > 3 || (argc > 2 && !only))
        return command_usage_error("lab", _("%s: lab quiz [NAME]; reaptop lab lists the names"),
                                   argv[argc - 1]);
    return lab_quiz(only, stdin);
}

/* `experiment` is NULL: all. */
static int trace(const struct options *options, const struct lab_experiment *experiment)
{
    if (!experiment || options->own[LAB_OPTION_STEPWISE] || options->own[LAB_OPTION_SYSCALLS] ||
        options->own[LAB_OPTION_RECORD])
        return command_usage_error("lab", _("--trace is for one experiment and stands alone: "
                                            "lab --trace NAME"));
    return lab_trace_print(experiment, options->json);
}

int command_lab(const struct options *options, int argc, char **argv)
{
    bool on_paper = options->own[LAB_OPTION_WORKSHEET] || options->own[LAB_OPTION_ANSWERS];
    bool reads = on_paper || options->own[LAB_OPTION_SOURCE];

    struct error error = ERROR_INIT;

    reads = reads || (argc > 1 && strcmp(argv[1], "quiz") == 0);
    if (argc > 1 && !reads && procfs_check(&error) < 0)
        return command_fail(EXIT_FAULT, "lab: %s", error.message);
    if (argc == 3 && strcmp(argv[1], "play") == 0 && !options->readonly)
        return lab_play_file(argv[2]);
    if (argc > 1 && strcmp(argv[1], "quiz") == 0)
        return quiz(argc, argv);
    if (argc > 2)
        return command_usage_error("lab", _("one experiment at a time: lab [NAME]"));
    if (argc < 2 && options->own[LAB_OPTION_TRACE])
        return trace(options, NULL);
    if (argc < 2 && reads)
        return command_usage_error("lab", _("of which experiment? lab --worksheet NAME"));
    if (argc < 2)
        return options->json ? list_json() : list();
    if (options->readonly && !reads)
        return command_usage_error("lab",
                                   _("%s: an experiment forks and signals processes, which "
                                     "--readonly forbids"),
                                   argv[1]);
    bool is_all = strcmp(argv[1], "all") == 0;
    const struct lab_experiment *experiment = is_all ? NULL : lab_find(argv[1]);
    if (!is_all && !experiment)
        return command_usage_error("lab", _("%s: no such experiment; reaptop lab lists them"),
                                   argv[1]);
    if (on_paper)
        return print_worksheet(experiment, options->own[LAB_OPTION_ANSWERS] != NULL);
    if (options->own[LAB_OPTION_SOURCE])
        return print_source(argv[1]);
    if (options->own[LAB_OPTION_TRACE])
        return trace(options, experiment);
    if (options->own[LAB_OPTION_SYSCALLS] && (is_all || options->json))
        return command_usage_error("lab", _("--syscalls is for one experiment, as text"));
    if (options->own[LAB_OPTION_RECORD] &&
        (is_all || options->json || options->own[LAB_OPTION_SYSCALLS]))
        return command_usage_error("lab", _("--record is for one experiment, as text, and without "
                                            "--syscalls: lab --record FILE NAME"));
    if (is_all)
        return run_all(options->json);
    if (options->own[LAB_OPTION_RECORD])
        return record_one(options, experiment);
    return options->json ? run_json(experiment) : narrate_one(options, experiment);
}
