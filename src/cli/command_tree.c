/*
 * tree: the process tree, once or every --delay.
 */
#include "reaptop/model/ending.h"
#include "reaptop/model/tree.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/cli/process_json.h"
#include "reaptop/source/feed_live.h"
#include "reaptop/source/procfs.h"
#include "reaptop/view/columns.h"
#include "recorded.h"

const struct option_info tree_options[] = {
    {"from", '\0', N_("FILE"), N_("of a recording: its end, or with -n its first N refreshes")},
    {"at", '\0', N_("TIME"), N_("in the recording: from 14:03:07, or +30s after its begin, on")},
    {NULL, '\0', NULL, NULL},
};

enum {
    TREE_FROM,
    TREE_AT
};

static const enum column shown_columns[] = {COLUMN_PID,     COLUMN_PPID, COLUMN_STATE,  COLUMN_USER,
                                            COLUMN_THREADS, COLUMN_RSS,  COLUMN_COMMAND};

/* A row whose command line blocks must not hold up the list for longer. */
#define FILL_TIMEOUT_NS (2 * NS_PER_SEC)

struct lister {
    const struct options *options;
    struct feed *feed;
    struct reader *reader; /* NULL: a recording is read */
    struct tree tree;
    struct tree_options shape;
    struct filter *filter;
    pid_t root;
    bool has_root;
    bool has_reported_notice;
    bool ascii;
};

static void lister_done(struct lister *lister)
{
    filter_free(lister->filter);
    tree_done(&lister->tree);
    reader_free(lister->reader);
    feed_close(lister->feed);
}

/* The lines that join a row to its parent, the farthest ancestor first. */
static void add_guides(const struct lister *lister, const struct tree_row *row, struct strbuf *out)
{
    static const char *const drawn[2][2][2] = {
        {{"│  ", "   "}, {"├─ ", "└─ "}},
        {{"|  ", "   "}, {"|- ", "`- "}},
    };
    const struct tree_row *rows = lister->tree.rows;
    size_t start = out->length;
    for (bool is_own = true; row->parent_row != ROW_NONE;
         row = &rows[row->parent_row], is_own = false) {
        /* From the row upward, so each piece goes in front. */
        const char *piece = drawn[lister->ascii][is_own][row->is_last];
        size_t length = strlen(piece), tail = out->length - start;
        strbuf_puts(out, piece);
        if (out->error < 0)
            return;
        memmove(out->data + start + length, out->data + start, tail);
        memcpy(out->data + start, piece, length);
    }
}

static void add_cell(enum column column, const struct process *process, struct strbuf *out)
{
    const struct column_info *info = &columns[column];
    char text[COLUMN_TEXT_SIZE];
    (void)column_format(column, process, sysconf(_SC_CLK_TCK), info->width, text);
    size_t width = text_width(text, strlen(text));
    size_t blanks = width < (size_t)info->width ? (size_t)info->width - width : 0;
    if (!info->is_left)
        strbuf_repeat(out, ' ', blanks);
    text_append_visible(out, text, strlen(text), SIZE_MAX);
    if (info->is_left)
        strbuf_repeat(out, ' ', blanks);
    strbuf_putc(out, ' ');
}

static void add_ending(const struct ending *ending, struct strbuf *out)
{
    strbuf_puts(out, ending->kind == ENDING_ZOMBIE ? " <defunct> (" : " (");
    ending_describe(ending, out);
    strbuf_putc(out, ')');
}

static void add_command(const struct process *process, struct strbuf *out)
{
    const char *comm = process->comm ? process->comm : "?";
    struct ending ending = ending_of(process);
    if (access_has_value(process->argv_access) && process->argv[0] != '\0') {
        text_append_visible(out, process->argv, strlen(process->argv), SIZE_MAX);
        if (ending.kind == ENDING_FIRST_THREAD)
            add_ending(&ending, out);
        return;
    }
    strbuf_puts(out, process->is_kernel ? "[" : "");
    text_append_visible(out, comm, strlen(comm), SIZE_MAX);
    strbuf_puts(out, process->is_kernel ? "]" : "");
    if (ending.kind != ENDING_NONE)
        add_ending(&ending, out);
    else if (process->argv_access == ACCESS_BLOCKED)
        strbuf_puts(out, _(" (its command line blocks)"));
}

static int print_text(const struct lister *lister)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    for (size_t i = 0; i < ELEMENTS(shown_columns); i++) {
        const struct column_info *info = &columns[shown_columns[i]];
        if (shown_columns[i] == COLUMN_COMMAND)
            strbuf_printf(&out, "%s\n", info->title);
        else
            strbuf_printf(&out, info->is_left ? "%-*s " : "%*s ", info->width, info->title);
    }
    for (size_t i = 0; i < lister->tree.count; i++) {
        const struct tree_row *row = &lister->tree.rows[i];
        const struct process *process = &feed_snapshot(lister->feed)->processes[row->process];
        for (size_t c = 0; c + 1 < ELEMENTS(shown_columns); c++)
            add_cell(shown_columns[c], process, &out);
        add_guides(lister, row, &out);
        add_command(process, &out);
        strbuf_putc(&out, '\n');
    }
    return output_text(&out);
}

/* Context rows belong to the drawing alone: JSON has what was asked for. */
static int print_json(const struct lister *lister)
{
    const struct snapshot *snapshot = feed_snapshot(lister->feed);
    _cleanup_free_ bool *is_shown = calloc(snapshot->count + 1, sizeof(*is_shown));
    if (!is_shown)
        return command_fail(EXIT_FAULT, "tree: %s", strerror(ENOMEM));
    for (size_t i = 0; i < lister->tree.count; i++)
        is_shown[lister->tree.rows[i].process] = !lister->tree.rows[i].is_context;
    return json_output(processes_json(snapshot, is_shown));
}

static int list(struct lister *lister)
{
    struct snapshot *snapshot = feed_snapshot(lister->feed);
    if (snapshot->notice && !lister->has_reported_notice && !lister->options->json)
        (void)command_fail(EXIT_DONE, "tree: %s", snapshot->notice);
    lister->has_reported_notice = true;
    if (lister->has_root && !snapshot_find(snapshot, lister->root))
        return lister->reader && procfs_is_hidden(lister->root)
                   ? command_fail(EXIT_FAULT, _("tree: /proc is mounted with hidepid and hides %d"),
                                  lister->root)
                   : command_fail(EXIT_NO_MATCH, _("tree: there is no process %d"), lister->root);
    int r = lister->reader
                ? live_fill_all(feed_live(lister->feed), lister->reader, snapshot, FILL_TIMEOUT_NS)
                : 0;
    if (r == 0)
        r = tree_build(&lister->tree, snapshot, NULL, &lister->shape);
    if (r < 0)
        return command_fail(EXIT_FAULT, "tree: %s", strerror(-r));

    int status = lister->options->json ? print_json(lister) : print_text(lister);
    return status == EXIT_DONE && lister->tree.count == 0 ? EXIT_NO_MATCH : status;
}

static int list_once(struct lister *lister)
{
    struct error error = ERROR_INIT;
    if (feed_refresh(lister->feed, false, &error) < 0)
        return command_fail(EXIT_FAULT, "tree: %s", error.message);
    return list(lister);
}

/*
 * The first refreshes, those from an instant on, or the last one; where the
 * recording is cut, what there is before.
 */
static int list_recording(struct lister *lister)
{
    struct error error = ERROR_INIT;
    struct instant instant = {.at = lister->options->own[TREE_AT]};
    uint64_t wanted = lister->options->iterations, listed = 0;
    int item, status = EXIT_DONE;
    if (instant.at && wanted == 0)
        wanted = 1;
    while ((item = feed_refresh(lister->feed, false, &error)) == FEED_SNAPSHOT) {
        int is_there = instant.at ? instant_is_there(&instant, "tree", lister->feed) : 1;
        if (is_there < 0)
            return -is_there;
        if (wanted == 0 || !is_there)
            continue;
        status = list(lister);
        if (++listed == wanted || status != EXIT_DONE)
            return status;
    }
    bool has_snapshot = feed_snapshot_count(lister->feed) > 0;
    if (wanted == 0 && has_snapshot)
        status = list(lister);
    if (item < 0)
        return command_fail(EXIT_FAULT, "tree: %s", error.message);
    return instant.at && has_snapshot && listed == 0 ? instant_was_missed("tree", lister->feed)
                                                     : status;
}

static void wait_delay(uint64_t ns)
{
    struct timespec left = {.tv_sec = (time_t)(ns / NS_PER_SEC),
                            .tv_nsec = (long)(ns % NS_PER_SEC)};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static int set_up(struct lister *lister, int argc, char **argv)
{
    const struct options *options = lister->options;
    struct error error = ERROR_INIT;
    int64_t pid;
    if (argc > 2)
        return command_usage_error("tree", _("it takes one PID at most, not %d"), argc - 1);
    if (argc == 2) {
        if (number_parse(argv[1], 1, INT_MAX, &pid) < 0)
            return command_usage_error("tree", _("'%s' is not a PID: a number from 1 on"), argv[1]);
        lister->root = (pid_t)pid;
        lister->has_root = true;
    }

    _cleanup_(strbuf_done) struct strbuf expression = STRBUF_INIT;
    options_filter_expression(options, &expression);
    const char *from = options->own[TREE_FROM];
    const struct feed_memory nothing_kept = {0};
    if (options->own[TREE_AT] && !from)
        return recorded_needs_from("tree");
    if (filter_parse(strbuf_text(&expression), &lister->filter, &error) < 0 ||
        (from ? feed_recording_open(from, &nothing_kept, &lister->feed, &error)
              : feed_live_open(&(struct feed_live_options){0}, &lister->feed, &error)) < 0 ||
        (!from && reader_new(&lister->reader, &error) < 0))
        return command_fail(EXIT_FAULT, "tree: %s", error.message);

    lister->shape = (struct tree_options){
        .shape = TREE_BY_PARENT,
        .sort = options->has_sort ? options->sort : FIELD_PID,
        .shows_kernel = true,
        .filter = lister->filter,
        .roots = lister->has_root ? &lister->root : options->pids,
        .root_count = lister->has_root ? 1 : options->pid_count,
    };
    lister->ascii = options->ascii || text_is_ascii_only();
    return EXIT_DONE;
}

int command_tree(const struct options *options, int argc, char **argv)
{
    _cleanup_(lister_done) struct lister lister = {.options = options};
    int status = set_up(&lister, argc, argv);
    if (status == EXIT_DONE && options->own[TREE_FROM])
        return list_recording(&lister);
    uint64_t rounds = options->iterations > 0 ? options->iterations : 1;
    for (uint64_t i = 0; status == EXIT_DONE && i < rounds; i++) {
        if (i > 0)
            wait_delay(options->delay_ns);
        status = list_once(&lister);
    }
    return status;
}
