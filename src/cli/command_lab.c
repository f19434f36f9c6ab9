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
#include <sys/socket.h>
#include <unistd.h>

#include "lab_play.h"
#include "lab_quiz.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/narration.h"
#include "reaptop/cli/output.h"
#include "reaptop/lab/lab.h"
#include "reaptop/source/procfs.h"
#include "run_calls.h"

enum {
    END_MS = 5000,       /* for processes that are traced to end */
    SILENCE_MS = 120000, /* longer than any step: every wait in it has a deadline of its own */
    NAME_COLUMN = 16,
};

enum {
    LAB_OPTION_STEPWISE,
    LAB_OPTION_SOURCE,
    LAB_OPTION_WORKSHEET,
    LAB_OPTION_ANSWERS,
    LAB_OPTION_SYSCALLS,
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
    struct run_calls *calls; /* NULL: system calls are not told */
    bool asks;               /* -i: a person takes the steps */
    int prediction;          /* for the step that runs, or LAB_NO_PREDICTION */
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
    (void)sigaddset(&set, SIGCHLD); /* whoever is traced has stopped */
    if (sigprocmask(SIG_BLOCK, &set, ret_old) < 0)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* A signal that ends us: true, and its number. Whoever is traced and has stopped goes on. */
static bool take_signal(const struct listener *listener, int signal_fd, int *ret_signal)
{
    struct signalfd_siginfo info;

    if (listener->calls)
        run_calls_take(listener->calls);
    while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD) {
            if (listener->calls)
                run_calls_take(listener->calls);
            continue;
        }
        *ret_signal = (int)info.ssi_signo;
        return true;
    }
    return false;
}

/* 1: a message; -EINTR: a signal, whose number is in *ret_signal; or another error. */
static int next_message(struct lab *lab, const struct listener *listener, int signal_fd,
                        struct lab_message *ret_message, int *ret_signal)
{
    struct pollfd fds[] = {{.fd = lab_fd(lab), .events = POLLIN},
                           {.fd = signal_fd, .events = POLLIN}};

    for (;;) {
        if (take_signal(listener, signal_fd, ret_signal))
            return -EINTR;
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

/*
 * A line from the terminal: 1: go on; 0: the person has had enough, or input is
 * over; -EINTR: a signal, whose number is in *ret_signal.
 */
static int ask(struct listener *listener, const struct lab_experiment *experiment,
               const struct lab_message *message, int signal_fd, int *ret_signal)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = signal_fd, .events = POLLIN}};
    char line[64] = "";
    size_t length = 0;

    while (length == 0 || line[length - 1] != '\n') {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return -errno;
        if (take_signal(listener, signal_fd, ret_signal))
            return -EINTR;
        if (!fds[0].revents)
            continue;
        if (length == sizeof(line) - 1)
            length = 0; /* nothing that long is a number: its end is enough */
        if (read(STDIN_FILENO, line + length, 1) != 1)
            return 0;
        length++;
    }
    int64_t choice;
    line[length - 1] = '\0';
    listener->prediction = LAB_NO_PREDICTION;
    if (message->kind == LAB_STEP &&
        number_parse(line, 1, (int64_t)lab_choice_count(&experiment->steps[message->step]),
                     &choice) == 0)
        listener->prediction = (int)choice - 1;
    return line[0] != 'q';
}

/* What the experiment's processes are born by: the host goes on undisturbed. */
static void trace_roles(struct listener *listener, const struct lab_message *message)
{
    struct error error = ERROR_INIT;

    if (message->kind == LAB_PROCESS && strcmp(message->role, "lab-host") == 0 &&
        call_trace_begin(listener->calls->trace, message->pid, CALL_TRACE_CHILDREN, &error) < 0)
        (void)command_fail(0, _("lab: %s; no system calls are shown"), error.message);
    run_calls_print(listener->calls, UINT64_MAX);
}

/* Those that are traced can end only if we let them: before anybody waits for that. */
static void let_end(struct lab *lab, struct listener *listener)
{
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + END_MS * NS_PER_MS;

    (void)shutdown(lab_fd(lab), SHUT_RDWR);
    while (call_trace_count(listener->calls->trace) > 0 && clock_ns(CLOCK_MONOTONIC) < end) {
        run_calls_take(listener->calls);
        (void)poll(NULL, 0, 1);
    }
    run_calls_print(listener->calls, UINT64_MAX);
    run_calls_print_cost(listener->calls, "lab");
}

static int run_messages(struct lab *lab, int signal_fd, struct listener *listener,
                        struct outcome *outcome, int *ret_signal)
{
    const struct lab_experiment *experiment = lab_experiment(lab);
    struct lab_message message;

    for (;;) {
        int r = next_message(lab, listener, signal_fd, &message, ret_signal);
        if (r < 0)
            return r;
        if (listener->calls)
            trace_roles(listener, &message);
        keep(outcome, experiment, &message);
        r = listener->receive ? listener->receive(listener, experiment, &message) : 0;
        if (r < 0)
            return r;
        if (listener->asks && (message.kind == LAB_STEP || message.kind == LAB_FINISHED)) {
            r = ask(listener, experiment, &message, signal_fd, ret_signal);
            if (r <= 0)
                return r;
        }
        if (message.kind == LAB_STEP && (r = lab_next(lab, listener->prediction)) < 0)
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
    if (listener->calls)
        let_end(lab, listener);
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

/* What stays after each message of a step; a person's choice comes from ask(). */
static int narrate(struct listener *listener, const struct lab_experiment *experiment,
                   const struct lab_message *message)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    narration_message(&doc, experiment, message, listener->prediction, true);
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

static int print_title(const struct lab_experiment *experiment)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    narration_title(&doc, experiment);
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
    struct outcome outcome = {0};
    struct listener listener = {
        .receive = collect, .prediction = LAB_NO_PREDICTION, .doc = json_document("lab")};
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
        struct outcome outcome = {0};
        struct listener quiet = {.prediction = LAB_NO_PREDICTION};
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
    struct outcome outcome = {0};
    struct listener narrator = {.receive = narrate,
                                .asks = options->own[LAB_OPTION_STEPWISE] != NULL,
                                .prediction = LAB_NO_PREDICTION};
    _cleanup_(run_calls_done) struct run_calls calls = {0};
    int status = print_title(experiment);

    if (options->own[LAB_OPTION_SYSCALLS]) {
        if (run_calls_init(&calls, stdout, false, false) < 0)
            return command_fail(EXIT_FAULT, "lab: %s", strerror(ENOMEM));
        narrator.calls = &calls;
    }
    if (status == EXIT_DONE)
        status = run_one(experiment, &narrator, &outcome);
    return status == EXIT_DONE && outcome.result == LAB_NOT_SEEN ? EXIT_NO_MATCH : status;
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
    if (options->own[LAB_OPTION_SYSCALLS] && (is_all || options->json))
        return command_usage_error("lab", _("--syscalls is for one experiment, as text"));
    if (is_all)
        return run_all(options->json);
    return options->json ? run_json(experiment) : narrate_one(options, experiment);
}
