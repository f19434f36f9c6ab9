/*
 * lab: the experiments listed, one narrated, or all of them run.
 *
 * The narration appears as it happens, a piece a message. Signals that would
 * end us are taken by a signalfd, so that the experiment is always stopped
 * first: then the signal ends us after all.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/lab/lab.h"

enum {
    SILENCE_MS = 120000, /* longer than any step: every wait in it has a deadline of its own */
    NAME_COLUMN = 16,
};

/* What one run came to. */
struct outcome {
    enum lab_result result;
    char missing[LAB_TEXT_SIZE]; /* the first thing that was skipped, or not seen, and why */
    uint64_t time_ns;
};

/* What to do with each message, beside keeping the outcome. */
struct listener {
    int (*receive)(struct listener *listener, const struct lab_experiment *experiment,
                   const struct lab_message *message);
    json_t *doc;   /* the whole experiment */
    json_t *steps; /* borrowed from doc */
    json_t *step;  /* borrowed from steps: the one that runs */
    json_t *sights;
    json_t *processes;
};

/* ---- running one ---- */

static int ending_signals(sigset_t *ret_old)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGQUIT);
    if (sigprocmask(SIG_BLOCK, &set, ret_old) < 0)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* 1: a message; -EINTR: a signal, whose number is in *ret_signal; or another error. */
static int next_message(struct lab *lab, int signal_fd, struct lab_message *ret_message,
                        int *ret_signal)
{
    struct pollfd fds[] = {{.fd = lab_fd(lab), .events = POLLIN},
                           {.fd = signal_fd, .events = POLLIN}};

    for (;;) {
        struct signalfd_siginfo info;
        if (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
            *ret_signal = (int)info.ssi_signo;
            return -EINTR;
        }
        int r = lab_read(lab, ret_message);
        if (r != 0)
            return r;
        r = poll(fds, 2, SILENCE_MS);
        if (r < 0 && errno != EINTR)
            return -errno;
        if (r == 0)
            return -ETIMEDOUT;
    }
}

static void keep(struct outcome *outcome, const struct lab_experiment *experiment,
                 const struct lab_message *message)
{
    if (message->kind == LAB_FINISHED)
        outcome->result = message->result;
    if (message->kind != LAB_SIGHT || outcome->missing[0] != '\0')
        return;
    if (message->result == LAB_SKIPPED)
        (void)snprintf(outcome->missing, sizeof(outcome->missing), "%s", message->text);
    if (message->result == LAB_NOT_SEEN)
        (void)snprintf(outcome->missing, sizeof(outcome->missing), _("step %u: %s (%.400s)"),
                       message->step + 1,
                       _(experiment->steps[message->step].sees[message->sight].claim),
                       message->text);
}

static int run_messages(struct lab *lab, int signal_fd, struct listener *listener,
                        struct outcome *outcome, int *ret_signal)
{
    const struct lab_experiment *experiment = lab_experiment(lab);
    struct lab_message message;

    for (;;) {
        int r = next_message(lab, signal_fd, &message, ret_signal);
        if (r < 0)
            return r;
        keep(outcome, experiment, &message);
        r = listener->receive ? listener->receive(listener, experiment, &message) : 0;
        if (r < 0)
            return r;
        if (message.kind == LAB_STEP && (r = lab_next(lab, LAB_NO_PREDICTION)) < 0)
            return r;
        if (message.kind == LAB_FINISHED)
            return 0;
    }
}

/* EXIT_DONE where it came to an end, whatever end; does not return where a signal ends us. */
static int run_one(const struct lab_experiment *experiment, struct listener *listener,
                   struct outcome *outcome)
{
    struct lab *lab = NULL;
    struct error error = ERROR_INIT;
    sigset_t old;
    int number = 0;
    uint64_t start = clock_ns(CLOCK_MONOTONIC);

    *outcome = (struct outcome){.result = LAB_NOT_SEEN};
    _cleanup_close_ int signal_fd = ending_signals(&old);
    if (signal_fd < 0)
        return command_fail(EXIT_FAULT, "signalfd: %s", strerror(-signal_fd));
    int r = lab_start(experiment->name, NULL, &lab, &error);
    if (r < 0) {
        (void)sigprocmask(SIG_SETMASK, &old, NULL);
        return command_fail(EXIT_FAULT, "%s: %s", experiment->name, error.message);
    }
    r = run_messages(lab, signal_fd, listener, outcome, &number);
    (void)lab_stop(lab);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    outcome->time_ns = clock_ns(CLOCK_MONOTONIC) - start;
    if (number > 0) {
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    }
    if (r < 0)
        return command_fail(EXIT_FAULT, _("%s: the experiment broke off: %s"), experiment->name,
                            strerror(-r));
    return EXIT_DONE;
}

/* ---- narrated ---- */

static void add_step(struct document *doc, const struct lab_experiment *experiment, uint32_t index)
{
    const struct lab_step *step = &experiment->steps[index];

    document_begin(doc, 0);
    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG, "%u. %s", index + 1, _(step->does));
    document_begin(doc, 3);
    document_add(doc, STYLE_LABEL, "%s", _(step->question));
    for (size_t i = 0; i < lab_choice_count(step); i++) {
        document_begin(doc, 5);
        document_add(doc, STYLE_DIM, "%c) %s", (char)('a' + i), _(step->choices[i]));
    }
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
    document_begin(doc, 3);
    document_add(doc, STYLE_DIM, "%d ", message->pid);
    document_add_text(doc, STYLE_STRONG, message->role, strlen(message->role));
    if (part)
        document_add(doc, STYLE_DIM, ": %s", _(part));
}

static void add_sight(struct document *doc, const struct lab_experiment *experiment,
                      const struct lab_message *message)
{
    const struct lab_sight *sight = &experiment->steps[message->step].sees[message->sight];
    enum style style = message->result == LAB_SEEN      ? STYLE_GOOD
                       : message->result == LAB_SKIPPED ? STYLE_UNKNOWN
                                                        : STYLE_ERROR;

    document_begin(doc, 3);
    document_add(doc, style, "%s: ", lab_result_text(message->result));
    document_add(doc, STYLE_NORMAL, "%s", _(sight->claim));
    document_begin(doc, 7);
    document_add_text(doc, STYLE_DIM, message->text, strlen(message->text));
}

static void add_result(struct document *doc, const struct lab_experiment *experiment,
                       const struct lab_message *message)
{
    const struct lab_step *step = &experiment->steps[message->step];

    if (message->result == LAB_SEEN) {
        document_begin(doc, 3);
        document_add(doc, STYLE_LABEL, _("Answer: %c) "), (char)('a' + step->right));
        document_add(doc, STYLE_STRONG, "%s", _(step->choices[step->right]));
    }
    document_begin(doc, 3);
    document_add(doc, STYLE_NORMAL, "%s ", _(step->explains));
    document_add(doc, STYLE_DIM, _("See %s."), step->manual);
}

static int narrate(struct listener *listener, const struct lab_experiment *experiment,
                   const struct lab_message *message)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    (void)listener;
    switch (message->kind) {
    case LAB_STEP:
        add_step(&doc, experiment, message->step);
        break;
    case LAB_PROCESS:
        add_process(&doc, experiment, message);
        break;
    case LAB_SIGHT:
        add_sight(&doc, experiment, message);
        break;
    case LAB_RESULT:
        add_result(&doc, experiment, message);
        break;
    case LAB_FINISHED:
        document_begin(&doc, 0);
        document_begin(&doc, 0);
        document_add(&doc, STYLE_STRONG, "%s: %s", experiment->name,
                     lab_result_text(message->result));
        document_begin(&doc, 0);
        document_add(&doc, STYLE_DIM, _("Further reading: %s."), experiment->reading);
        break;
    case LAB_MESSAGE_KIND_COUNT:
        break;
    }
    return output_document(&doc) == EXIT_DONE ? 0 : -EIO;
}

static int print_title(const struct lab_experiment *experiment)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    document_begin(&doc, 0);
    document_add(&doc, STYLE_TITLE, "%s: %s", experiment->name, _(experiment->title));
    document_begin(&doc, 0);
    document_add(&doc, STYLE_NORMAL, "%s", _(experiment->question));
    document_begin(&doc, 0);
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

static void json_begin_step(struct listener *listener, const struct lab_step *step)
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

static int collect(struct listener *listener, const struct lab_experiment *experiment,
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
        json_put(object, "source", json_string(step->sees[message->sight].evidence));
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
    struct outcome outcome;
    struct listener listener = {.receive = collect, .doc = json_document("lab")};
    json_t *description = describe(experiment);

    listener.steps = json_array();
    listener.processes = json_array();
    (void)json_object_update(listener.doc, description);
    json_decref(description);
    json_put(listener.doc, "processes", listener.processes);
    json_put(listener.doc, "steps", listener.steps);
    int status = run_one(experiment, &listener, &outcome);
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

static int print_row(const struct lab_experiment *experiment, const struct outcome *outcome)
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
                        const struct outcome *outcome)
{
    json_t *object = describe(experiment);

    json_put(object, "result", json_string(lab_result_word(outcome->result)));
    json_put(object, "time_ns", json_unsigned(outcome->time_ns));
    if (outcome->missing[0])
        json_put(object, "missing", json_text(outcome->missing, strlen(outcome->missing)));
    json_add(array, object);
}

static int run_all(bool json)
{
    size_t count, counts[LAB_RESULT_COUNT] = {0};
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    json_t *doc = json ? json_document("lab") : NULL, *array = json ? json_array() : NULL;
    int status = EXIT_DONE;

    for (size_t i = 0; i < count && status == EXIT_DONE; i++) {
        struct outcome outcome;
        struct listener quiet = {0};
        status = run_one(experiments[i], &quiet, &outcome);
        if (status != EXIT_DONE)
            break;
        counts[outcome.result]++;
        if (json)
            add_outcome(array, experiments[i], &outcome);
        else
            status = print_row(experiments[i], &outcome);
    }
    json_put(doc, "experiments", array);
    if (status == EXIT_DONE)
        status = json ? json_output(doc) : print_sum(counts);
    else
        json_decref(doc);
    return status == EXIT_DONE && counts[LAB_NOT_SEEN] > 0 ? EXIT_NO_MATCH : status;
}

int command_lab(const struct options *options, int argc, char **argv)
{
    struct outcome outcome;
    struct listener narrator = {.receive = narrate};

    if (argc > 2)
        return command_usage_error("lab", _("one experiment at a time: lab [NAME]"));
    if (argc < 2)
        return options->json ? list_json() : list();
    if (options->readonly)
        return command_usage_error("lab",
                                   _("%s: an experiment forks and signals processes, which "
                                     "--readonly forbids"),
                                   argv[1]);
    if (strcmp(argv[1], "all") == 0)
        return run_all(options->json);
    const struct lab_experiment *experiment = lab_find(argv[1]);
    if (!experiment)
        return command_usage_error("lab", _("%s: no such experiment; reaptop lab lists them"),
                                   argv[1]);
    if (options->json)
        return run_json(experiment);
    int status = print_title(experiment);
    if (status == EXIT_DONE)
        status = run_one(experiment, &narrator, &outcome);
    return status == EXIT_DONE && outcome.result == LAB_NOT_SEEN ? EXIT_NO_MATCH : status;
}
