#include "reaptop/cli/trace_narration.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "reaptop/base/gettext.h"
#include "reaptop/lab/experiment.h"
#include "reaptop/model/signals.h"

const char *trace_narration_text(const char *name, unsigned number, size_t *ret_length)
{
    const char *text = lab_program(name);

    for (unsigned i = 1; text && i < number; i++) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    const char *end = text && number > 0 ? strchr(text, '\n') : NULL;
    if (!end)
        return NULL;
    *ret_length = (size_t)(end - text);
    return text;
}

/* The first line of a thread, among those before `index` there is none of it. */
static bool is_first(const struct lab_trace *trace, size_t index)
{
    const struct lab_line *line = &trace->lines[index];

    for (size_t i = 0; i < index; i++)
        if (trace->lines[i].process == line->process && trace->lines[i].tid == line->tid)
            return false;
    return true;
}

static void add_relation(struct document *doc, const struct lab_line *line)
{
    if (line->tid != line->pid)
        document_add(doc, STYLE_DIM, _(": a thread of %d"), (int)line->pid);
    else if (line->parent == 0)
        document_add(doc, STYLE_DIM, "%s",
                     _(": a child that has this PID in a PID namespace of its own"));
    else
        document_add(doc, STYLE_DIM, _(": a child of %d"), (int)line->parent);
}

static void add_newcomer(struct document *doc, const struct lab_line *line)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_NEW, "%7d", (int)line->tid);
    add_relation(doc, line);
}

static void add_line(struct document *doc, const char *name, const struct lab_line *line)
{
    size_t length = 0;
    const char *text = trace_narration_text(name, line->line, &length);

    document_begin(doc, 0);
    document_add(doc, STYLE_KEY, "%7d", (int)line->tid);
    document_add(doc, STYLE_DIM, " %3u  ", line->line);
    if (text)
        document_add_text(doc, STYLE_NORMAL, text, length);
    if (line->nth > PROGRAM_RUN_EACH)
        document_add(doc, STYLE_DIM, _("  (executed %u times by now)"), line->nth);
}

static void add_output(struct document *doc, const char *from, const char *to)
{
    while (from < to) {
        const char *end = memchr(from, '\n', (size_t)(to - from));
        if (!end)
            end = to;
        document_begin(doc, 0);
        document_add(doc, STYLE_DIM, "%11s| ", "");
        document_add_text(doc, STYLE_STRONG, from, (size_t)(end - from));
        from = end + 1;
    }
}

void trace_narration_lines(struct document *doc, const char *name, const struct lab_trace *trace)
{
    size_t shown = 0;

    for (size_t i = 0; i < trace->count; i++) {
        const struct lab_line *line = &trace->lines[i];
        add_output(doc, trace->output + shown, trace->output + line->output);
        shown = line->output;
        if (i > 0 && is_first(trace, i))
            add_newcomer(doc, line);
        add_line(doc, name, line);
    }
    if (trace->output)
        add_output(doc, trace->output + shown, trace->output + trace->output_size);
}

/* ---- one line ---- */

enum {
    LINES_MAX = 256, /* more than a program has */
    OUTPUT_LEAST = 2,
    PROGRAM_LEAST = 5,
};

/* Who was at a line last, and how many others are there. */
struct place {
    pid_t tid;
    unsigned others;
};

static bool is_seen_after(const struct lab_trace *trace, size_t index, size_t at)
{
    const struct lab_line *line = &trace->lines[index];

    for (size_t i = index + 1; i <= at; i++)
        if (trace->lines[i].process == line->process && trace->lines[i].tid == line->tid)
            return true;
    return false;
}

static void find_places(const struct lab_trace *trace, size_t at, struct place places[LINES_MAX])
{
    memset(places, 0, LINES_MAX * sizeof(*places));
    for (size_t i = at + 1; i-- > 0;) {
        const struct lab_line *line = &trace->lines[i];
        if (line->line >= LINES_MAX || is_seen_after(trace, i, at))
            continue;
        if (places[line->line].tid == 0)
            places[line->line].tid = line->tid;
        else
            places[line->line].others++;
    }
}

static void add_heading(struct document *doc, const struct lab_trace *trace, size_t at)
{
    const struct lab_line *line = &trace->lines[at];

    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG, _("Executed line %zu of %zu: "), at + 1, trace->count);
    document_add(doc, STYLE_KEY, "%d", (int)line->tid);
    if (line->process != trace->lines[0].process || line->tid != line->pid)
        add_relation(doc, line);
    else
        document_add(doc, STYLE_DIM, "%s", _(": the program's first process"));
    if (line->nth > 1)
        document_add(doc, STYLE_DIM, _(", executed %u times by now"), line->nth);
}

static void add_place(struct document *doc, const char *name, unsigned number,
                      const struct place *place, bool is_current)
{
    size_t length = 0;
    const char *text = trace_narration_text(name, number, &length);
    char who[32] = "";

    if (place->tid != 0 && place->others > 0)
        (void)snprintf(who, sizeof(who), "%d+%u", (int)place->tid, place->others);
    else if (place->tid != 0)
        (void)snprintf(who, sizeof(who), "%d", (int)place->tid);
    document_begin(doc, 0);
    document_add(doc, STYLE_KEY, "%c %7s", is_current ? '>' : ' ', who);
    document_add(doc, STYLE_DIM, " %3u  ", number);
    document_add_text(doc, is_current ? STYLE_STRONG : STYLE_NORMAL, text, length);
}

/* Where the last `lines` lines of it begin; *ret_lines: how many there are, of those. */
static const char *last_lines(const char *text, size_t size, size_t lines, size_t *ret_lines)
{
    const char *from = text + size;

    *ret_lines = 0;
    for (; from > text; from--) {
        bool is_begin = from[-1] == '\n' && from < text + size;
        if (is_begin && ++*ret_lines == lines)
            return from;
    }
    *ret_lines += size > 0;
    return from;
}

void trace_narration_step(struct document *doc, const char *name, const struct lab_trace *trace,
                          size_t at, size_t rows, size_t *ret_line)
{
    const struct lab_line *line = &trace->lines[at];
    bool is_last = at + 1 == trace->count;
    size_t written = is_last ? trace->output_size : trace->lines[at + 1].output, output_lines;
    size_t least = OUTPUT_LEAST + rows / 4;
    const char *from = last_lines(trace->output, written, least, &output_lines);
    unsigned all = lab_program_lines(name);
    struct place places[LINES_MAX];

    all = all < LINES_MAX ? all : LINES_MAX - 1;
    unsigned shown = all;

    if (rows < all + output_lines + 2 + is_last)
        shown = rows > PROGRAM_LEAST + output_lines + 2 + is_last
                    ? (unsigned)(rows - output_lines - 2 - is_last)
                    : PROGRAM_LEAST;
    unsigned first = line->line > shown / 2 ? line->line - shown / 2 : 1;
    if (first + shown > all + 1)
        first = all + 1 > shown ? all + 1 - shown : 1;
    find_places(trace, at, places);
    add_heading(doc, trace, at);
    for (unsigned number = first; number < first + shown && number <= all; number++) {
        if (number == line->line)
            *ret_line = doc->line_count;
        add_place(doc, name, number, &places[number], number == line->line);
    }
    add_output(doc, from, trace->output + written);
    if (is_last)
        trace_narration_end(doc, trace);
}

/* ---- the end ---- */

static void add_status(struct document *doc, const struct lab_trace *trace)
{
    int status = trace->status;

    document_begin(doc, 0);
    if (trace->is_timed_out)
        document_add(doc, STYLE_ERROR, _("It had not ended after %d s, and was ended by SIGKILL."),
                     (int)PROGRAM_RUN_SECONDS);
    else if (WIFSIGNALED(status))
        document_add(doc, STYLE_ERROR, _("It was ended by SIG%s."), signal_name(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == PROGRAM_RUN_SKIPPED)
        document_add(doc, STYLE_UNKNOWN, "%s",
                     _("Exit status 77: this machine does not have, or does not allow, what it "
                       "shows."));
    else
        document_add(doc, WEXITSTATUS(status) == 0 ? STYLE_GOOD : STYLE_ERROR, _("Exit status %d."),
                     WEXITSTATUS(status));
}

void trace_narration_end(struct document *doc, const struct lab_trace *trace)
{
    add_status(doc, trace);
    if (trace->lost > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_WARNING,
                     _("%llu more lines were executed that are not shown: there was no room."),
                     (unsigned long long)trace->lost);
    }
    if (trace->refused > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_WARNING,
                     _("%llu reports were not complete: their processes were ended in them."),
                     (unsigned long long)trace->refused);
    }
    if (trace->output_total > trace->output_size) {
        document_begin(doc, 0);
        document_add(doc, STYLE_WARNING, _("Of %zu bytes of output the first %zu are shown."),
                     trace->output_total, trace->output_size);
    }
}
