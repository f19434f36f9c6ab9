/*
 * tree: the process tree, once or every --delay.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "extra_fill.h"
#include "filter_users.h"
#include "operand.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/number.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/output.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/feed_hosts.h"
#include "reaptop/source/feed_live.h"
#include "reaptop/source/procfs.h"
#include "reaptop/view/column_set.h"
#include "reaptop/view/columns.h"
#include "recorded.h"
#include "tree_lister.h"

const struct option_info tree_options[] = {
    {"from", '\0', N_("FILE"), N_("of a recording: its end, or with -n its first N refreshes")},
    {"at", '\0', N_("TIME"), N_("in the recording: from 14:03:07, or +30s after its begin, on")},
    {"columns", 'o', N_("LIST"),
     N_("these columns (explain columns), or those of overview, memory, scheduling, io, signals, "
        "family, containers; +NAME adds to the usual ones")},
    {"filter", 'f', N_("EXPR"),
     N_("only what matches, as with \\ on the screen: 'state=Z and user=root'")},
    {"flat", '\0', NULL, N_("a list in the order of --sort, no tree")},
    {"helpers", '\0', NULL, N_("reaptop's own helper processes too")},
    {"wide", 'w', NULL, N_("do not cut lines at the terminal's width")},
    {NULL, '\0', NULL, NULL},
};

static const enum column usual_columns[] = {COLUMN_PID,  COLUMN_PPID,    COLUMN_STATE,
                                            COLUMN_USER, COLUMN_THREADS, COLUMN_RSS};

/* Between the two samples that CPU% needs. */
#define SAMPLE_NS (500 * NS_PER_MS)

/* Of lives, where they are kept: no event of theirs is told, their births are. */
enum {
    LIVES_EVENTS = 1,
    LIVES_ENDED = 4096
};

/* A row whose command line blocks must not hold up the list for longer. */
#define FILL_TIMEOUT_NS (2 * NS_PER_SEC)

static void lister_done(struct lister *lister)
{
    filter_free(lister->filter);
    tree_done(&lister->tree);
    linear_list_done(&lister->linear);
    reader_free(lister->reader);
    feed_close(lister->feed);
}

/* Command lines and real users are read before the order is known only where it depends on them. */
static int fill(struct lister *lister, struct snapshot *snapshot, bool is_ordered)
{
    const struct tree *tree = &lister->tree;
    enum field sort = lister->shape.sort;
    bool needs_all =
        lister->has_filter || sort == FIELD_ARGV || sort == FIELD_USER || sort == FIELD_UID;
    if (!lister->reader || needs_all == is_ordered)
        return 0;
    _cleanup_free_ uint32_t *shown = calloc(tree->count + 1, sizeof(*shown));
    if (!shown)
        return -ENOMEM;
    for (size_t i = 0; is_ordered && i < tree->count; i++)
        shown[i] = tree->rows[i].process;
    return live_fill_all(feed_live(lister->feed), lister->reader, snapshot,
                         is_ordered ? shown : NULL, tree->count, FILL_TIMEOUT_NS);
}

/* ---- what is read of a process only where it is asked for ---- */

static uint32_t shown_parts(const struct lister *lister)
{
    uint32_t parts = 0;
    for (size_t i = 0; i < lister->shown_count; i++)
        parts |= field_part_bit(columns[lister->shown[i]].field);
    return parts;
}

static int fill_shown(struct lister *lister)
{
    const struct tree *tree = &lister->tree;
    _cleanup_free_ uint32_t *shown = calloc(tree->count + 1, sizeof(*shown));
    if (!shown)
        return -ENOMEM;
    for (size_t i = 0; i < tree->count; i++)
        shown[i] = tree->rows[i].process;
    return extra_fill_rows(lister->feed, lister->reader, shown, tree->count, shown_parts(lister),
                           lister->progress);
}

static int fill_before_order(struct lister *lister)
{
    int r =
        extra_fill_filter("tree", lister->feed, lister->reader, lister->filter, lister->progress);
    return r < 0 ? r
                 : extra_fill_rows(lister->feed, lister->reader, NULL, 0,
                                   field_part_bit(lister->shape.sort), lister->progress);
}

/* Our own helpers are nothing that was asked for. */
static void leave_out_helpers(struct lister *lister)
{
    if (!lister->reader || lister->options->own[TREE_HELPERS])
        return;
    lister->shape.helpers = lister->helpers;
    lister->shape.helper_count = helper_pids(0, lister->helpers);
    lister->shape.self = getpid();
}

static int order_rows(struct lister *lister, struct snapshot *snapshot)
{
    leave_out_helpers(lister);
    int r = fill(lister, snapshot, false);
    if (r == 0)
        r = fill_before_order(lister);
    if (r == 0)
        r = snapshot_subtrees(snapshot);
    if (r == 0)
        r = tree_build(&lister->tree, snapshot, feed_life(lister->feed), &lister->shape);
    if (r == 0)
        r = fill(lister, snapshot, true);
    return r == 0 ? fill_shown(lister) : r;
}

static int order(struct lister *lister, struct snapshot *snapshot)
{
    struct progress progress;
    uint32_t parts =
        filter_parts(lister->filter) | field_part_bit(lister->shape.sort) | shown_parts(lister);
    if (parts == 0 || !lister->reader)
        return order_rows(lister, snapshot);
    progress_begin(&progress, "tree", PROGRESS_PROCESSES);
    lister->progress = &progress;
    int r = order_rows(lister, snapshot);
    lister->progress = NULL;
    lister->is_stopped = progress_end(&progress);
    return r;
}

/* The process below which it lists is not there. */
static int fail_without_root(const struct lister *lister)
{
    if (lister->reader && procfs_is_hidden(lister->root))
        return command_fail(EXIT_FAULT, _("tree: /proc is mounted with hidepid and hides %d"),
                            lister->root);
    if (!lister->from)
        return operand_absent("tree", lister->root);
    return command_fail(EXIT_NO_MATCH, _("%s: there is no process %d"), "tree", lister->root);
}

static int list(struct lister *lister)
{
    struct snapshot *snapshot = feed_snapshot(lister->feed);
    if (snapshot->notice && !lister->has_reported_notice && !lister->options->json)
        (void)command_fail(EXIT_DONE, "tree: %s", snapshot->notice);
    lister->has_reported_notice = true;
    if (lister->has_root && !snapshot_find(snapshot, lister->root))
        return fail_without_root(lister);
    int r = order(lister, snapshot);
    if (r < 0)
        return command_fail(EXIT_FAULT, "tree: %s", strerror(-r));

    bool lacks_hosts = snapshot->notice && lister->from && hosts_in(lister->from);
    int status = lister->options->json     ? tree_print_json(lister)
                 : lister->options->linear ? tree_print_linear(lister)
                                           : tree_print_text(lister);
    if (status == EXIT_DONE && lacks_hosts)
        return EXIT_FAULT; /* which was reported above */
    if (lister->is_stopped && status == EXIT_DONE)
        return EXIT_INTERRUPTED;
    return status == EXIT_DONE && lister->tree.count == 0 ? EXIT_NO_MATCH : status;
}

static void wait_delay(uint64_t ns)
{
    struct timespec left = {.tv_sec = (time_t)(ns / NS_PER_SEC),
                            .tv_nsec = (long)(ns % NS_PER_SEC)};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static bool is_io_rate(enum field field)
{
    return field == FIELD_IO_READ_RATE || field == FIELD_IO_WRITE_RATE;
}

/* CPU% and rates compare two samples. */
static bool is_of_two_samples(enum field field)
{
    return field == FIELD_CPU_PERCENT || field == FIELD_SUBTREE_CPU || is_io_rate(field);
}

/* Is a field of that kind sorted by or shown? */
static bool asks_for(const struct lister *lister, bool (*is_it)(enum field field))
{
    if (lister->options->has_sort && is_it(lister->options->sort))
        return true;
    for (size_t i = 0; i < lister->shown_count; i++)
        if (is_it(columns[lister->shown[i]].field))
            return true;
    return false;
}

static int list_once(struct lister *lister)
{
    struct error error = ERROR_INIT;
    bool needs_two = feed_snapshot_count(lister->feed) == 0 && asks_for(lister, is_of_two_samples);
    if (feed_refresh(lister->feed, false, &error) < 0)
        return command_fail(EXIT_FAULT, "tree: %s", error.message);
    if (needs_two) {
        if (asks_for(lister, is_io_rate))
            (void)extra_fill_rows(lister->feed, lister->reader, NULL, 0, EXTRA_BIT(EXTRA_IO), NULL);
        wait_delay(lister->options->has_delay ? lister->options->delay_ns : SAMPLE_NS);
        if (feed_refresh(lister->feed, false, &error) < 0)
            return command_fail(EXIT_FAULT, "tree: %s", error.message);
    }
    return list(lister);
}

/* Other machines have no end that could be far. */
static int next_refresh(struct lister *lister, struct error *error)
{
    int item = lister->progress ? progress_refresh(lister->progress, lister->feed, error)
                                : feed_refresh(lister->feed, false, error);
    if (lister->progress)
        progress_wipe(lister->progress);
    return item;
}

/*
 * The first refreshes, those from an instant on, or the last one; where the
 * recording is cut, what there is before.
 */
static int list_refreshes(struct lister *lister)
{
    struct error error = ERROR_INIT;
    struct instant instant = {.at = lister->options->own[TREE_AT]};
    uint64_t wanted = lister->options->iterations, listed = 0;
    int item, status = EXIT_DONE;
    uint64_t passed =
        asks_for(lister, is_of_two_samples) ? 1 : 0; /* of other machines: it takes two */
    bool is_remote = hosts_in(lister->from) != NULL;
    if ((instant.at || is_remote) && wanted == 0)
        wanted = 1;
    while ((item = next_refresh(lister, &error)) == FEED_SNAPSHOT) {
        int is_there = instant.at ? instant_is_there(&instant, "tree", lister->feed) : 1;
        if (is_there < 0)
            return -is_there;
        if (wanted == 0 || !is_there || (is_remote && feed_snapshot_count(lister->feed) <= passed))
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
    if (lister->progress && lister->progress->is_stopped)
        return status;
    return instant.at && has_snapshot && listed == 0 ? instant_was_missed("tree", lister->feed)
                                                     : status;
}

static int list_recording(struct lister *lister)
{
    struct progress progress;
    if (hosts_in(lister->from))
        return list_refreshes(lister);
    progress_begin(&progress, "tree", PROGRESS_KIB);
    lister->progress = &progress;
    int status = list_refreshes(lister);
    lister->progress = NULL;
    return progress_end(&progress) && status == EXIT_DONE ? EXIT_INTERRUPTED : status;
}

static void show_column(struct lister *lister, enum column column)
{
    for (size_t i = 0; i < lister->shown_count; i++)
        if (lister->shown[i] == column)
            return;
    if (column != COLUMN_COMMAND)
        lister->shown[lister->shown_count++] = column;
}

static int wrong_column(const char *name, size_t length)
{
    _cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;
    for (int i = 0; i < COLUMN_COUNT; i++)
        strbuf_printf(&names, "%s%s", i > 0 ? " " : "", columns[i].title);
    for (int i = 0; i < PRESET_COUNT; i++)
        strbuf_printf(&names, " %s", column_preset_name((enum column_preset)i));
    return command_usage_error("tree",
                               _("--columns: invalid value '%.*s': expected columns out of: %s"),
                               (int)length, name, strbuf_text(&names));
}

static void show_usual_columns(struct lister *lister)
{
    for (size_t i = 0; i < ELEMENTS(usual_columns); i++)
        show_column(lister, usual_columns[i]);
}

/* One that the screen has a key for; false: there is none of that name. The first is by width. */
static bool show_preset(struct lister *lister, const char *name)
{
    for (int i = 0; i < PRESET_COUNT; i++) {
        if (strcasecmp(name, column_preset_name((enum column_preset)i)) != 0)
            continue;
        const struct column_set set = column_preset((enum column_preset)i);
        for (size_t at = 0; at < set.count; at++)
            show_column(lister, (enum column)set.choices[at].column);
        if (set.count == 0)
            show_usual_columns(lister);
        return true;
    }
    return false;
}

/* "pid,user,rss", "memory" or "+nice,+tty"; NULL: the usual ones. */
static int take_columns(struct lister *lister, const char *list)
{
    if (!list || *list == '+')
        show_usual_columns(lister);
    while (list && *list != '\0') {
        size_t length = strcspn(list, ",");
        const char *start = *list == '+' ? list + 1 : list;
        char name[32] = "";
        (void)snprintf(name, sizeof(name), "%.*s", (int)(length - (size_t)(start - list)), start);
        int column = column_from_name(name);
        if (column < 0 && !show_preset(lister, name))
            return wrong_column(list, length);
        if (column >= 0)
            show_column(lister, (enum column)column);
        list += length + (list[length] == ',');
    }
    if (lister->options->has_sort && lister->options->sort == FIELD_CPU_PERCENT)
        show_column(lister, COLUMN_CPU);
    return EXIT_DONE;
}

/* Parsed alone first, so that an error speaks of what was typed. */
static int add_filter(const char *typed, const char *from, struct strbuf *expression)
{
    bool is_recorded = from != NULL;
    struct error error = ERROR_INIT;
    struct filter *filter = NULL;
    if (!typed)
        return EXIT_DONE;
    int r = filter_parse(typed, &filter, &error);
    if (r == 0 && is_recorded)
        r = extra_check_recorded(filter, hosts_in(from) != NULL, &error);
    if (r == 0 && !is_recorded) /* a recording's users are those of its machine */
        r = filter_check_users(filter, &error);
    filter_free(filter);
    if (r < 0)
        return command_usage_error("tree", "--filter: %s", error.message);
    strbuf_printf(expression, "%s(%s)", expression->length > 0 ? " and " : "", typed);
    return EXIT_DONE;
}

/* Lines are cut where a person looks at them, never in a pipe or a file. */
static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : SIZE_MAX;
}

static int set_up(struct lister *lister, int argc, char **argv)
{
    const struct options *options = lister->options;
    struct error error = ERROR_INIT;
    int64_t pid;
    if (options->linear && options->has_sort && !options->json)
        return command_usage_error("tree", _("--linear: its order is that of the PIDs, no --sort"));
    if (argc > 2)
        return command_usage_error("tree", _("it takes one PID at most, not %d"), argc - 1);
    if (argc == 2) {
        if (number_parse(argv[1], 1, INT_MAX, &pid) < 0)
            return command_usage_error("tree", _("'%s' is not a PID: a number from 1 on"), argv[1]);
        lister->root = (pid_t)pid;
        lister->has_root = true;
    }

    bool names_pids = lister->has_root || options->pid_count > 0; /* of one machine */
    int status = recorded_from(options, "tree", options->own[TREE_FROM], options->own[TREE_AT],
                               names_pids ? 1 : HOSTS_MOST, &lister->from);
    if (status == EXIT_DONE)
        status = take_columns(lister, options->own[TREE_COLUMNS]);
    if (status != EXIT_DONE)
        return status;
    lister->cut = options->own[TREE_WIDE] ? SIZE_MAX : terminal_width();

    _cleanup_(strbuf_done) struct strbuf expression = STRBUF_INIT;
    options_filter_expression(options, &expression);
    status = add_filter(options->own[TREE_FILTER], lister->from, &expression);
    if (status != EXIT_DONE)
        return status;
    lister->has_filter = expression.length > 0;
    const char *from = lister->from;
    /* What a second document needs for a subtree: who was born in it and has been adopted since. */
    bool keeps_lives = names_pids && (from || options->iterations > 1);
    const struct feed_memory kept = {.events = keeps_lives ? LIVES_EVENTS : 0,
                                     .ended = keeps_lives ? LIVES_ENDED : 0,
                                     .interval_ns = options->delay_ns};
    if (filter_parse(strbuf_text(&expression), &lister->filter, &error) < 0 ||
        (from ? feed_open_from(from, &kept, &lister->feed, &error)
              : feed_live_open(&(struct feed_live_options){.memory = kept}, &lister->feed,
                               &error)) < 0 ||
        (!from && reader_new(&lister->reader, &error) < 0))
        return command_fail(EXIT_FAULT, "tree: %s", error.message);

    bool is_linear = options->linear && !options->json;
    lister->shape = (struct tree_options){
        .shape = options->own[TREE_IS_FLAT] || is_linear ? TREE_FLAT : TREE_BY_PARENT,
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
    if (status == EXIT_DONE && lister.from)
        return list_recording(&lister);
    uint64_t rounds = options->iterations > 0 ? options->iterations : 1;
    for (uint64_t i = 0; status == EXIT_DONE && i < rounds; i++) {
        if (i > 0)
            wait_delay(options->delay_ns);
        status = list_once(&lister);
    }
    return status;
}
