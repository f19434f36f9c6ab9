#include "lab_trace.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/narration.h"
#include "reaptop/cli/output.h"
#include "reaptop/cli/trace_narration.h"
#include "reaptop/lab/program_run.h"

/* Whoever ends us meanwhile ends it: guard and host see that their socket is closed. */
static int run_to_end(struct program_run *run)
{
    int r;

    while ((r = program_run_take(run)) == 0) {
        struct pollfd fd = {.fd = program_run_fd(run), .events = POLLIN};
        if (poll(&fd, 1, -1) < 0 && errno != EINTR)
            return -errno;
    }
    return r;
}

static int print_text(const struct lab_experiment *experiment, const struct lab_trace *trace)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    trace_narration_lines(&doc, experiment->name, trace);
    trace_narration_end(&doc, trace);
    return output_document(&doc);
}

static void put_status(json_t *doc, const struct lab_trace *trace)
{
    json_put(doc, "timed_out", json_boolean(trace->is_timed_out));
    if (WIFEXITED(trace->status))
        json_put(doc, "exit_status", json_integer(WEXITSTATUS(trace->status)));
    else
        json_put(doc, "exit_signal", json_integer(WTERMSIG(trace->status)));
    json_put(doc, "lines_lost", json_unsigned(trace->lost));
    json_put(doc, "lines_refused", json_unsigned(trace->refused));
}

static int print_json(const struct lab_experiment *experiment, const struct lab_trace *trace)
{
    json_t *doc = json_document("lab"), *array = json_array();

    json_put(doc, "name", json_string(experiment->name));
    json_put(doc, "executed", array);
    for (size_t i = 0; i < trace->count; i++) {
        const struct lab_line *line = &trace->lines[i];
        size_t length = 0;
        const char *text = trace_narration_text(experiment->name, line->line, &length);
        json_t *object = json_object();
        json_put(object, "pid", json_integer(line->pid));
        json_put(object, "tid", json_integer(line->tid));
        json_put(object, "ppid", json_integer(line->parent));
        json_put(object, "process", json_unsigned(line->process));
        json_put(object, "line", json_unsigned(line->line));
        if (text)
            json_put(object, "text", json_text(text, length));
        json_put(object, "times", json_unsigned(line->nth));
        json_put(object, "time_ns", json_unsigned(line->time_ns));
        json_put(object, "output_bytes", json_unsigned(line->output));
        json_add(array, object);
    }
    json_put(doc, "output", json_text(trace->output, trace->output_size));
    if (trace->output_total > trace->output_size)
        json_put(doc, "output_cut", json_true());
    put_status(doc, trace);
    return json_output(doc);
}

static int print_title(const struct lab_experiment *experiment)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    narration_title(&doc, experiment);
    return output_document(&doc);
}

static bool has_observed(const struct lab_trace *trace)
{
    return !trace->is_timed_out && WIFEXITED(trace->status) &&
           (WEXITSTATUS(trace->status) == 0 || WEXITSTATUS(trace->status) == PROGRAM_RUN_SKIPPED);
}

int lab_trace_print(const struct lab_experiment *experiment, bool json)
{
    struct program_run *run = NULL;
    struct error error = ERROR_INIT;
    int status = json ? EXIT_DONE : print_title(experiment);

    if (status != EXIT_DONE)
        return status;
    if (program_run_start(experiment->name, &run, &error) < 0)
        return command_fail(EXIT_FAULT, "lab: %s: %s", experiment->name, error.message);
    int r = run_to_end(run);
    if (r < 0)
        status = command_fail(EXIT_FAULT, "lab: %s: %s", experiment->name,
                              r == -EPIPE ? _("the program's run broke off") : strerror(-r));
    const struct lab_trace *trace = program_run_trace(run);
    if (r >= 0)
        status = json ? print_json(experiment, trace) : print_text(experiment, trace);
    bool is_observed = has_observed(trace);
    (void)program_run_stop(run);
    return status == EXIT_DONE && !is_observed ? EXIT_NO_MATCH : status;
}
