/*
 * send: one signal for named processes, with the forecast and what came of it.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/libc.h"
#include "reaptop/base/number.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/cli/process_json.h"
#include "reaptop/control/send.h"
#include "reaptop/source/live.h"
#include "reaptop/source/procfs.h"
#include "send_orders.h"

/* In the order of send_options. */
enum own_option {
    OWN_SIGNAL,
    OWN_LIST,
    OWN_GROUP,
    OWN_SESSION,
    OWN_SUBTREE,
    OWN_QUEUE,
    OWN_WAIT,
    OWN_THEN,
    OWN_DRY_RUN,
    OWN_FORCE,
    OWN_ORDERS
};

const struct option_info send_options[] = {
    {"signal", 's', N_("SIGNAL"), N_("the signal, as kill(1) has it; also -SIGNAL and -9")},
    {"list", 'l', NULL, N_("list all signals, or give the number or name of each operand")},
    {"group", 'g', NULL, N_("every member of TARGET's process group")},
    {"session", '\0', NULL, N_("every member of TARGET's session")},
    {"subtree", 'T', NULL, N_("TARGET and its descendants, parents first")},
    {"queue", 'q', N_("N"), N_("send the value N with it, as sigqueue(3) does")},
    {"wait", 'w', N_("SECS"), N_("wait that long for what comes of it (default: a moment)")},
    {"then", '\0', N_("SIGNAL"), N_("to those that live on after the wait (5s unless -w)")},
    {"dry-run", 'n', NULL, N_("send nothing: say who would get it and what would happen")},
    {"force", '\0', NULL, N_("also PID 1, reaptop itself and its parent")},
    {"orders", '\0', NULL,
     N_("take targets and signals from standard input, for --host --control")},
    {NULL, '\0', NULL, NULL},
};

_Static_assert(ELEMENTS(send_options) == OWN_ORDERS + 2, "one name for each");

enum {
    MOMENT_MS = 250,
    THEN_WAIT_MS = 5000,
    SPAWN_ROUNDS = 16 /* a subtree that forks faster than it is swept does not hold us for ever */
};

struct wanted {
    const struct options *options;
    char **targets; /* the operands that are no signal, ended by NULL */
    int target_count;
    struct send_order order;
    int then; /* 0: none */
    uint64_t wait_ns;
    enum target_scope scope;
    bool is_dry_run;
    bool is_forced;
};

struct sending {
    struct wanted wanted;
    struct send_batch *batch;
    struct live *live; /* NULL: one process each, no table is needed */
    struct snapshot snapshot;
    uint64_t swept_ns;
    struct forecast *forecasts; /* of send_at(i), made just before it was sent */
    size_t forecast_capacity;
    size_t missing; /* groups, sessions and subtrees that are not there */
};

static void sending_done(struct sending *sending)
{
    send_free(sending->batch);
    live_free(sending->live);
    snapshot_done(&sending->snapshot);
    free(sending->forecasts);
}

/* ---- what is wanted ---- */

static int take_signal(const char *text, int *ret_signal)
{
    int signal = signal_from_text(text);
    if (signal < 0)
        return command_usage_error("send", _("'%s' is not a signal; see reaptop signals"), text);
    *ret_signal = signal;
    return EXIT_DONE;
}

/* Signal 0, as kill(2) has it, asks whether one may be sent: whoever that is, nothing happens. */
static int take_first_signal(const char *text, struct wanted *wanted)
{
    if (strcmp(text, "0") != 0)
        return take_signal(text, &wanted->order.signal);
    wanted->order.signal = 0;
    wanted->is_forced = true;
    return EXIT_DONE;
}

static int take_scope(const struct options *options, enum target_scope *ret_scope)
{
    static const enum target_scope scopes[] = {
        [OWN_GROUP] = TARGET_GROUP, [OWN_SESSION] = TARGET_SESSION, [OWN_SUBTREE] = TARGET_SUBTREE};
    size_t given = 0;
    for (size_t i = OWN_GROUP; i < ELEMENTS(scopes); i++) {
        if (!options->own[i])
            continue;
        *ret_scope = scopes[i];
        given++;
    }
    if (given > 1)
        return command_usage_error("send", _("-g, --session and -T: give one of them"));
    return EXIT_DONE;
}

static int take_value(const char *text, struct send_order *order)
{
    int64_t value;
    if (!text)
        return EXIT_DONE;
    if (number_parse(text, INT_MIN, INT_MAX, &value) < 0)
        return command_usage_error(
            "send", _("-q: invalid value '%s': expected an integer of 32 bits"), text);
    order->has_value = true;
    order->value = (int)value;
    return EXIT_DONE;
}

static int take_wait(const struct options *options, struct wanted *wanted)
{
    const char *text = options->own[OWN_WAIT];
    wanted->wait_ns = (wanted->then ? THEN_WAIT_MS : MOMENT_MS) * NS_PER_MS;
    if (text && number_parse_time(text, &wanted->wait_ns) < 0)
        return command_usage_error(
            "send", _("-w: invalid value '%s': expected a time such as 5, 1.5s or 500ms"), text);
    wanted->order.waits_for_end =
        wanted->then != 0 || (text && send_asks_for_end(wanted->order.signal));
    return EXIT_DONE;
}

static int take_wanted(const struct options *options, int argc, char **argv, struct wanted *wanted)
{
    *wanted = (struct wanted){
        .options = options,
        .is_dry_run = options->own[OWN_DRY_RUN] != NULL,
        .is_forced = options->own[OWN_FORCE] != NULL,
    };
    const char *signal = options->own[OWN_SIGNAL];
    int first = signal ? 1 : 2;
    wanted->targets = argv + first;
    wanted->target_count = argc - first;
    if (wanted->target_count < 1)
        return command_usage_error("send", _("it takes a signal and a target: send TERM 4711"));
    if (!signal && argv[1][strspn(argv[1], "0123456789")] == '\0')
        return command_usage_error(
            "send", _("'%s' is a PID to kill(1): write the signal as -%s or by its name"), argv[1],
            argv[1]);
    if (options->readonly && !wanted->is_dry_run)
        return command_usage_error("send",
                                   _("--readonly sends nothing; -n says what would happen"));

    int status = take_first_signal(signal ? signal : argv[1], wanted);
    if (status == EXIT_DONE && options->own[OWN_THEN])
        status = take_signal(options->own[OWN_THEN], &wanted->then);
    if (status == EXIT_DONE)
        status = take_scope(options, &wanted->scope);
    if (status == EXIT_DONE)
        status = take_value(options->own[OWN_QUEUE], &wanted->order);
    if (status == EXIT_DONE)
        status = take_wait(options, wanted);
    return status;
}

/* ---- whom ---- */

static int sweep(struct sending *sending)
{
    struct error error = ERROR_INIT;
    if (!sending->live && live_new(&sending->live, &error) < 0)
        return command_fail(EXIT_FAULT, "send: %s", error.message);
    sending->swept_ns = clock_boot_ns();
    if (live_sweep(sending->live, false, &sending->snapshot, &error) < 0)
        return command_fail(EXIT_FAULT, "send: %s", error.message);
    return EXIT_DONE;
}

/* Members come from the table; whether a terminal stop acts depends on the group's other members.
 */
static bool needs_table(const struct wanted *wanted)
{
    int signal = wanted->order.signal;
    return wanted->scope != TARGET_PROCESS || signal == SIGTSTP || signal == SIGTTIN ||
           signal == SIGTTOU;
}

/* All targets are understood before any is opened. */
static int parse_targets(int count, char **texts, struct target *targets)
{
    for (int i = 0; i < count; i++) {
        struct error error = ERROR_INIT;
        if (target_parse(texts[i], &targets[i], &error) < 0)
            return command_usage_error("send", "%s", error.message);
    }
    return EXIT_DONE;
}

static int open_targets(struct sending *sending, int count, const struct target *targets)
{
    const struct snapshot *snapshot = sending->live ? &sending->snapshot : NULL;
    for (int i = 0; i < count; i++) {
        int r = send_add_scope(sending->batch, targets[i], sending->wanted.scope, snapshot,
                               sending->swept_ns);
        if (r == -ENOMEM)
            return command_fail(EXIT_FAULT, "send: %s", strerror(ENOMEM));
        if (r < 0)
            sending->missing++;
    }
    return EXIT_DONE;
}

/* Two descriptors each: a large subtree needs more than the usual 1024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* ---- forecast and delivery ---- */

/* Those from `from` on, and on an escalation all: things have changed. */
static int make_forecasts(struct sending *sending, size_t from, int signal)
{
    size_t count = send_count(sending->batch);
    if (array_reserve(&sending->forecasts, &sending->forecast_capacity, count) < 0)
        return command_fail(EXIT_FAULT, "send: %s", strerror(ENOMEM));
    for (size_t i = from; i < count; i++)
        sending->forecasts[i] =
            send_forecast(sending->batch, i, signal, sending->wanted.order.has_value);
    return EXIT_DONE;
}

/* Those born to members while their parents got the signal. */
static int deliver_to_newborn(struct sending *sending, const struct send_order *order)
{
    for (int round = 0; round < SPAWN_ROUNDS; round++) {
        int status = sweep(sending);
        if (status != EXIT_DONE)
            return status;
        size_t before = send_count(sending->batch);
        ssize_t born = send_add_descendants(sending->batch, &sending->snapshot, sending->swept_ns);
        if (born < 0)
            return command_fail(EXIT_FAULT, "send: %s", strerror((int)-born));
        if (born == 0)
            break;
        status = make_forecasts(sending, before, order->signal);
        if (status != EXIT_DONE)
            return status;
        send_deliver(sending->batch, order, false);
    }
    return EXIT_DONE;
}

static int deliver(struct sending *sending, const struct send_order *order, bool is_escalation)
{
    send_deliver(sending->batch, order, is_escalation);
    int status = EXIT_DONE;
    if (sending->wanted.scope == TARGET_SUBTREE)
        status = deliver_to_newborn(sending, order);
    send_wait(sending->batch, sending->wanted.wait_ns);
    return status;
}

static bool lives_on(const struct send_target *target)
{
    return target->was_sent && target->result != SEND_ENDED && target->result != SEND_ZOMBIE;
}

static bool somebody_lives_on(const struct sending *sending)
{
    for (size_t i = 0; i < send_count(sending->batch); i++)
        if (lives_on(send_at(sending->batch, i)))
            return true;
    return false;
}

/* ---- the report ---- */

static bool has_failed(const struct send_target *target)
{
    return !target->was_sent && target->result != SEND_READY;
}

/* That a member is gone by now is no failure: a group is whoever is in it. */
static bool is_mere_absence(const struct sending *sending, const struct send_target *target)
{
    return sending->wanted.scope != TARGET_PROCESS && target->comm[0] != '\0' &&
           (target->result == SEND_GONE || target->result == SEND_LEFT);
}

static void add_who(const struct send_target *target, struct strbuf *out)
{
    strbuf_printf(out, "%d ", target->id.pid);
    text_append_visible(out, target->comm, strlen(target->comm), SIZE_MAX);
    strbuf_puts(out, target->comm[0] ? ": " : "");
}

static void complain(const struct send_target *target, int signal)
{
    _cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;
    add_who(target, &line);
    send_describe(target, signal, &line);
    if (target->needs_yes)
        strbuf_puts(&line, _("; --force sends it all the same"));
    (void)command_fail(0, "send: %s", strbuf_text(&line));
}

static void add_line(const struct sending *sending, size_t index, int signal, struct strbuf *out)
{
    const struct send_target *target = send_at(sending->batch, index);
    add_who(target, out);
    strbuf_puts(out, _("forecast: "));
    forecast_sentence(&sending->forecasts[index], out);
    if (!sending->wanted.is_dry_run) {
        strbuf_puts(out, _("; seen: "));
        send_describe(target, signal, out);
    }
    strbuf_putc(out, '\n');
}

/* `is_wanted` (NULL: all) chooses the lines of an escalation. */
static int print_text(const struct sending *sending, int signal, const bool *is_wanted)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    for (size_t i = 0; i < send_count(sending->batch); i++) {
        const struct send_target *target = send_at(sending->batch, i);
        if ((is_wanted && !is_wanted[i]) || is_mere_absence(sending, target))
            continue;
        if (has_failed(target))
            complain(target, signal);
        else
            add_line(sending, i, signal, &out);
    }
    return output_text(&out);
}

static json_t *forecast_json(const struct forecast *forecast)
{
    json_t *object = json_object();
    json_put(object, "kind", json_string(forecast_kind_name(forecast->kind)));
    json_put(object, "effect", json_string(forecast_effect_name(forecast->effect)));
    json_put(object, "certainty", json_string(forecast_certainty_name(forecast->certainty)));
    json_put(object, "cpu_quota", quota_json(&forecast->quota));
    return object;
}

static void put_end(json_t *object, const struct send_target *target)
{
    if (target->exit_status == EXIT_UNKNOWN)
        json_unavailable(object, "exit_code", ACCESS_DENIED);
    else if (WIFEXITED(target->exit_status))
        json_put(object, "exit_code", json_integer(WEXITSTATUS(target->exit_status)));
    else
        json_put(object, "signal", json_string_or_null(signal_name(WTERMSIG(target->exit_status))));
    json_put(object, "zombie", json_boolean(target->is_zombie));
}

static json_t *target_json(const struct sending *sending, size_t index)
{
    const struct send_target *target = send_at(sending->batch, index);
    json_t *object = json_object();
    json_put(object, "pid", json_integer(target->id.pid));
    json_put(object, "inode", target->id.inode ? json_unsigned(target->id.inode) : json_null());
    json_put(object, "comm",
             target->comm[0] ? json_text(target->comm, strlen(target->comm)) : json_null());
    json_put(object, "forecast", forecast_json(&sending->forecasts[index]));
    json_put(object, "sent", json_boolean(target->was_sent && target->result != SEND_PERMITTED));
    json_put(object, "result", json_string(send_result_name(target->result)));
    if (target->result == SEND_ENDED)
        put_end(object, target);
    if (has_failed(target))
        json_put(object, "error", json_string_or_null(libc_errno_name(-target->error.code)));
    if (target->result == SEND_REFUSED)
        json_put(object, "needs_force", json_boolean(target->needs_yes));
    return object;
}

static json_t *targets_json(const struct sending *sending, const bool *is_wanted)
{
    json_t *targets = json_array();
    for (size_t i = 0; i < send_count(sending->batch); i++)
        if (!is_wanted || is_wanted[i])
            json_add(targets, target_json(sending, i));
    return targets;
}

/* ---- the whole ---- */

static int exit_status_of(const struct sending *sending)
{
    size_t reached = 0, failed = 0, refused = 0, denied = 0;
    for (size_t i = 0; i < send_count(sending->batch); i++) {
        const struct send_target *target = send_at(sending->batch, i);
        reached += !has_failed(target);
        refused += target->result == SEND_REFUSED;
        denied += target->result == SEND_FAILED;
        failed += has_failed(target) && !is_mere_absence(sending, target);
    }
    if (reached > 0)
        return failed > 0 ? EXIT_SOME_FAILED : EXIT_DONE;
    return denied > 0 ? EXIT_FAULT : refused > 0 ? EXIT_USAGE : EXIT_NO_MATCH;
}

/* Prints what came of the first signal, sends the next one and says who got it. */
static int escalate(struct sending *sending, bool *is_wanted)
{
    size_t count = send_count(sending->batch);
    for (size_t i = 0; i < count; i++)
        is_wanted[i] = lives_on(send_at(sending->batch, i));
    send_refresh(sending->batch);
    int status = make_forecasts(sending, 0, sending->wanted.then);
    struct send_order order = {.signal = sending->wanted.then,
                               .waits_for_end = send_asks_for_end(sending->wanted.then)};
    return status == EXIT_DONE ? deliver(sending, &order, true) : status;
}

static int report_escalation(struct sending *sending, json_t *doc)
{
    /* Newborn members that the second round finds get their line too. */
    size_t before = send_count(sending->batch);
    _cleanup_free_ bool *is_wanted = calloc(before + 1, sizeof(*is_wanted));
    if (!is_wanted)
        return command_fail(EXIT_FAULT, "send: %s", strerror(ENOMEM));
    int status = escalate(sending, is_wanted);
    size_t count = send_count(sending->batch);
    bool *grown = realloc(is_wanted, (count + 1) * sizeof(*is_wanted));
    if (!grown)
        return command_fail(EXIT_FAULT, "send: %s", strerror(ENOMEM));
    is_wanted = grown;
    for (size_t i = before; i < count; i++)
        is_wanted[i] = true;

    if (status == EXIT_DONE && !doc)
        status = print_text(sending, sending->wanted.then, is_wanted);
    json_put(doc, "then_signal", json_string(signal_name(sending->wanted.then)));
    json_put(doc, "then", targets_json(sending, is_wanted));
    return status;
}

static int run(struct sending *sending)
{
    const struct wanted *wanted = &sending->wanted;
    int signal = wanted->order.signal;
    int status = make_forecasts(sending, 0, signal);
    if (status == EXIT_DONE && !wanted->is_dry_run)
        status = deliver(sending, &wanted->order, false);

    json_t *doc = NULL;
    if (wanted->options->json) {
        doc = json_document("send");
        json_put(doc, "signal", json_string(signal == 0 ? "0" : signal_name(signal)));
        json_put(doc, "dry_run", json_boolean(wanted->is_dry_run));
        json_put(doc, "targets", targets_json(sending, NULL));
    } else if (status == EXIT_DONE) {
        status = print_text(sending, signal, NULL);
    }
    if (status == EXIT_DONE && wanted->then && !wanted->is_dry_run && somebody_lives_on(sending))
        status = report_escalation(sending, doc);
    if (doc) {
        int printed = json_output(doc);
        status = status == EXIT_DONE ? printed : status;
    }
    return status == EXIT_DONE ? exit_status_of(sending) : status;
}

/* kill -l: a name for each number, a number for each name; 128+N is an exit status. */
static int list_signals(const struct options *options, int argc, char **argv)
{
    if (argc < 2)
        return command_signals(options, 1, argv);
    if (options->json)
        return command_usage_error("send", _("--json: with -l it takes no signal"));
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    for (int i = 1; i < argc; i++) {
        int64_t number = 0;
        int signal = 0, status;
        bool is_number = number_parse(argv[i], 1, 128 + SIGNAL_MAX, &number) == 0;
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", (int)(number > 128 ? number - 128 : number));
        status = take_signal(is_number ? text : argv[i], &signal);
        if (status != EXIT_DONE)
            return status;
        if (is_number)
            strbuf_printf(&out, "%s\n", signal_name(signal));
        else
            strbuf_printf(&out, "%d\n", signal);
    }
    return output_text(&out);
}

/* Targets and signals are in the orders, so that neither operands nor other options are. */
static int take_orders(const struct options *options, int argc)
{
    struct error error = ERROR_INIT;
    bool has_others = options->json || options->readonly || argc > 1;
    for (size_t i = 0; i < OWN_ORDERS; i++)
        has_others = has_others || options->own[i];
    if (has_others)
        return command_usage_error("send", _("--orders: it takes nothing else, but lines on "
                                             "standard input"));
    raise_descriptor_limit();
    if (procfs_check(&error) < 0)
        return command_fail(EXIT_FAULT, "send: %s", error.message);
    return send_orders();
}

int command_send(const struct options *options, int argc, char **argv)
{
    if (options->own[OWN_LIST])
        return list_signals(options, argc, argv);
    if (options->own[OWN_ORDERS])
        return take_orders(options, argc);
    _cleanup_(sending_done) struct sending sending = {0};
    int status = take_wanted(options, argc, argv, &sending.wanted);
    if (status != EXIT_DONE)
        return status;

    int count = sending.wanted.target_count;
    _cleanup_free_ struct target *targets = calloc((size_t)count, sizeof(*targets));
    if (!targets || send_new(sending.wanted.is_forced, &sending.batch) < 0)
        return command_fail(EXIT_FAULT, "send: %s", strerror(ENOMEM));
    status = parse_targets(count, sending.wanted.targets, targets);
    raise_descriptor_limit();
    struct error error = ERROR_INIT;
    if (status == EXIT_DONE && procfs_check(&error) < 0)
        status = command_fail(EXIT_FAULT, "send: %s", error.message);
    if (status == EXIT_DONE && needs_table(&sending.wanted))
        status = sweep(&sending);
    if (status == EXIT_DONE)
        status = open_targets(&sending, count, targets);
    return status == EXIT_DONE ? run(&sending) : status;
}
