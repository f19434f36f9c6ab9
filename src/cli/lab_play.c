#include "lab_play.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/output.h"
#include "reaptop/lab/play.h"

enum {
    PROCESSES_MAX = 256,
    SILENCE_MS = 20000,
};

struct script {
    struct play *play;
    pid_t born[PROCESSES_MAX]; /* in the order of their births */
    size_t count;
    bool is_refused; /* a step was not carried out */
};

/* Waits for the report of the last order and prints it. */
static int print_report(struct script *script)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    struct play_report report;
    struct pollfd fd = {.fd = play_fd(script->play), .events = POLLIN};
    int r;

    while ((r = play_read(script->play, &report)) == 0)
        if (poll(&fd, 1, SILENCE_MS) == 0)
            return command_fail(EXIT_FAULT, _("the free-play process does not answer"));
    if (r < 0)
        return command_fail(EXIT_FAULT, _("the free-play process has ended"));
    if (report.born > 0 && script->count < PROCESSES_MAX)
        script->born[script->count++] = report.born;
    script->is_refused |= !report.is_done;
    document_begin(&doc, 0);
    document_add(&doc, STYLE_DIM, "%d ", (int)report.pid);
    document_add(&doc, STYLE_STRONG, "%s", report.call);
    document_add(&doc, report.is_done ? STYLE_NORMAL : STYLE_ERROR, "  %s", report.outcome);
    return output_document(&doc);
}

static int run_line(struct script *script, unsigned number, const char *line)
{
    char action[16] = "", operand[16] = "", more[16] = "";
    int64_t which = 1;

    int words = sscanf(line, "%15s %15s %15s", action, operand, more);
    if (words < 1 || action[0] == '#')
        return EXIT_DONE;
    if (words == 3 && operand[0] != '#' && more[0] != '#')
        return command_usage_error("lab", _("line %u: %s: an action and the number of a process"),
                                   number, more);
    if (words >= 2 && operand[0] != '#' &&
        number_parse(operand, 1, (int64_t)script->count, &which) < 0)
        return command_usage_error("lab", _("line %u: %s: processes are counted from 1 to %zu"),
                                   number, operand, script->count);
    for (unsigned i = 0; i < PLAY_ACTION_COUNT; i++) {
        if (strcmp(play_actions[i].name, action) != 0)
            continue;
        if (play_do(script->play, script->born[which - 1], (enum play_action)i) < 0)
            return command_fail(EXIT_FAULT, _("the free-play process has ended"));
        return print_report(script);
    }
    return command_usage_error("lab",
                               _("line %u: %s: fork, exec, stop, continue, kill, wait, exit, … "
                                 "(reaptop-lab(7)), and the number of a process"),
                               number, action);
}

int lab_play_file(const char *path)
{
    struct script script = {0};
    struct error error = ERROR_INIT;
    char line[256];
    bool is_input = strcmp(path, "-") == 0;
    _cleanup_file_ FILE *file = is_input ? fdopen(0, "r") : fopen(path, "re");

    if (!file)
        return command_fail(EXIT_FAULT, "%s: %s", path, strerror(errno));
    if (play_start(&script.play, &error) < 0)
        return command_fail(EXIT_FAULT, "%s", error.message);
    int status = print_report(&script);
    for (unsigned number = 1; status == EXIT_DONE && fgets(line, sizeof(line), file); number++)
        status = run_line(&script, number, line);
    (void)play_stop(script.play);
    return status == EXIT_DONE && script.is_refused ? EXIT_NO_MATCH : status;
}
