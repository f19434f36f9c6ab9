/*
 * who: which processes have a port, a file, a pipe, a socket or a unit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/cli/progress.h"
#include "reaptop/model/access.h"
#include "reaptop/source/who.h"

enum {
    CELLS = 4,
    CELL_SIZE = 96
};

static void format_cells(const struct who_holder *holder, char cells[CELLS][CELL_SIZE])
{
    (void)snprintf(cells[0], CELL_SIZE, "%d", (int)holder->pid);
    (void)snprintf(cells[1], CELL_SIZE, "%s", holder->user);
    (void)snprintf(cells[2], CELL_SIZE, holder->fd < 0 ? "-" : "%d", holder->fd);
    (void)snprintf(cells[3], CELL_SIZE, "%s", holder->how);
}

static void add_row(const size_t *widths, char cells[CELLS][CELL_SIZE], const char *command,
                    struct strbuf *out)
{
    for (size_t c = 0; c < CELLS; c++) {
        size_t width = text_width(cells[c], strlen(cells[c]));
        bool is_number = c == 0 || c == 2;
        if (is_number)
            strbuf_repeat(out, ' ', widths[c] - width);
        text_append_visible(out, cells[c], strlen(cells[c]), SIZE_MAX);
        strbuf_repeat(out, ' ', is_number ? 1 : widths[c] - width + 1);
    }
    text_append_visible(out, command, strlen(command), SIZE_MAX);
    strbuf_putc(out, '\n');
}

static int print_text(const struct who_result *result)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    char head[CELLS][CELL_SIZE] = {"PID", "USER", "FD", "HOW"}, cells[CELLS][CELL_SIZE];
    size_t widths[CELLS];
    for (size_t c = 0; c < CELLS; c++)
        widths[c] = strlen(head[c]);
    for (size_t i = 0; i < result->count; i++) {
        format_cells(&result->holders[i], cells);
        for (size_t c = 0; c < CELLS; c++) {
            size_t width = text_width(cells[c], strlen(cells[c]));
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    if (result->count > 0)
        add_row(widths, head, "COMMAND", &out);
    for (size_t i = 0; i < result->count; i++) {
        format_cells(&result->holders[i], cells);
        add_row(widths, cells, result->holders[i].comm, &out);
    }
    return output_text(&out);
}

static int print_json(const struct who_result *result)
{
    json_t *doc = json_document("who");
    json_t *holders = json_array();
    for (size_t i = 0; i < result->count; i++) {
        const struct who_holder *holder = &result->holders[i];
        json_t *object = json_object();
        json_put(object, "asked", json_text(holder->asked, strlen(holder->asked)));
        json_put(object, "pid", json_integer(holder->pid));
        json_put(object, "uid", json_integer(holder->uid));
        json_put(object, "user", json_text(holder->user, strlen(holder->user)));
        json_put(object, "fd", holder->fd < 0 ? json_null() : json_integer(holder->fd));
        json_put(object, "how", json_text(holder->how, strlen(holder->how)));
        json_put(object, "comm", json_text(holder->comm, strlen(holder->comm)));
        json_add(holders, object);
    }
    json_put(doc, "holders", holders);
    json_put(doc, "looked_into", json_integer(result->processes));
    json_put(doc, "not_looked_into", json_integer(result->not_looked_into));
    return json_output(doc);
}

static const char *reason_of(int error)
{
    enum access access = access_from_errno(error, '\0');
    return access == ACCESS_DENIED    ? access_need_sentence(ACCESS_NEED_OTHERS)
           : access == ACCESS_BLOCKED ? access_sentence(access)
                                      : strerror(-error);
}

int command_who(const struct options *options, int argc, char **argv)
{
    struct error error = ERROR_INIT;
    _cleanup_(cleanup_reader) struct reader *reader = NULL;
    _cleanup_(who_done) struct who_result result = {0};
    if (argc < 2)
        return command_usage_error("who", _("it needs what to look for: reaptop who :8080"));
    if (reader_new(&reader, &error) < 0)
        return command_fail(EXIT_FAULT, "who: %s", error.message);
    struct progress progress;
    const struct who_progress steps = {progress_step, &progress};
    progress_begin(&progress, "who", PROGRESS_PROCESSES);
    int r = who_find(reader, argv + 1, (size_t)argc - 1, &steps, &result, &error);
    bool is_stopped = progress_end(&progress);
    if (r == -EINVAL)
        return command_usage_error("who", "%s", error.message);
    if (r < 0)
        return command_fail(EXIT_FAULT, "who: %s", error.message);
    int status = options->json ? print_json(&result) : print_text(&result);
    if (result.not_looked_into > 0 && !options->json)
        (void)command_fail(EXIT_DONE, _("who: %u processes could not be looked into: %s"),
                           result.not_looked_into, reason_of(result.error));
    if (is_stopped && status == EXIT_DONE)
        return EXIT_INTERRUPTED;
    return status == EXIT_DONE && result.count == 0 ? EXIT_NO_MATCH : status;
}
