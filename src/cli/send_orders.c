/*
 * send_orders: `send --orders`, a screen elsewhere that has its signals sent here
 * (cli/orders.h).
 */
#include "send_orders.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/orders.h"

enum {
    LINE_MOST = 128,
    TARGETS_MOST = 1 << 16
};

/* What was reported of a target last. */
struct reported {
    enum send_result result;
    bool is_settled, is_zombie, was_sent;
    char state;
    pid_t ppid, tracer;
    int32_t exit_status;
};

struct orders {
    struct send_batch *batch;
    struct send_order order; /* .signal 0: nothing was sent yet */
    uint64_t until_ns, look_ns;
    struct reported *reported;
    size_t reported_count, reported_capacity;
    char line[LINE_MOST];
    size_t length;
    int status; /* EXIT_DONE: it goes on */
};

/* ---- answers ---- */

static void answer(struct orders *orders, json_t *line)
{
    int r = line ? json_print(line, stdout) : -ENOMEM;
    json_decref(line);
    if (r < 0)
        orders->status =
            command_fail(EXIT_FAULT, "send: %s: %s", _("standard output"), strerror(-r));
}

static struct reported report_of(const struct send_target *target)
{
    struct reported report;
    memset(&report, 0, sizeof(report)); /* compared as bytes */
    report.result = target->result;
    report.is_settled = target->is_settled;
    report.is_zombie = target->is_zombie;
    report.was_sent = target->was_sent;
    report.state = target->state;
    report.ppid = target->ppid;
    report.tracer = target->tracer;
    report.exit_status = target->exit_status;
    return report;
}

/* Of whom something is new. */
static void report_changes(struct orders *orders)
{
    size_t count = send_count(orders->batch);
    if (array_reserve(&orders->reported, &orders->reported_capacity, count + 1) < 0) {
        orders->status = command_fail(EXIT_FAULT, "send: %s", strerror(ENOMEM));
        return;
    }
    for (size_t i = 0; i < count && orders->status == EXIT_DONE; i++) {
        const struct send_target *target = send_at(orders->batch, i);
        struct reported now = report_of(target);
        if (i < orders->reported_count && memcmp(&orders->reported[i], &now, sizeof(now)) == 0)
            continue;
        orders->reported[i] = now;
        answer(orders, orders_seen_json(i, target));
    }
    orders->reported_count = count;
}

/* ---- orders ---- */

static bool hold(struct orders *orders, const char *who)
{
    struct identity id;
    if (target_parse_started(who, &id) < 0 || send_count(orders->batch) >= TARGETS_MOST)
        return false;
    size_t before = send_count(orders->batch);
    if (send_add(orders->batch, id, NULL) < 0)
        orders->status = command_fail(EXIT_FAULT, "send: %s", strerror(ENOMEM));
    /* The same one twice would be no target of its own, and the numbers would not be the asker's.
     */
    return send_count(orders->batch) > before;
}

static bool forecast(struct orders *orders, char *operands)
{
    const char *index_text = strsep(&operands, " ");
    int64_t index;
    int signal = operands ? signal_from_text(operands) : -1;
    if (signal <= 0 || number_parse(index_text, 0, TARGETS_MOST, &index) < 0 ||
        (size_t)index >= send_count(orders->batch))
        return false;
    send_refresh(orders->batch);
    const struct forecast forecast = send_forecast(orders->batch, (size_t)index, signal, false);
    answer(orders, orders_forecast_json((size_t)index, &forecast));
    return true;
}

static bool deliver(struct orders *orders, const char *name)
{
    int signal = signal_from_text(name);
    if (signal <= 0)
        return false;
    bool is_again = orders->order.signal != 0;
    orders->order =
        (struct send_order){.signal = signal, .waits_for_end = send_asks_for_end(signal)};
    send_deliver(orders->batch, &orders->order, is_again);
    orders->until_ns = clock_boot_ns() + ORDERS_WATCHED_S * NS_PER_SEC;
    orders->look_ns = 0;
    return true;
}

static void take_line(struct orders *orders, char *line)
{
    char *operands = line;
    const char *word = strsep(&operands, " ");
    bool is_understood = false;
    if (operands && strcmp(word, "hold") == 0)
        is_understood = hold(orders, operands);
    else if (operands && strcmp(word, "forecast") == 0)
        is_understood = forecast(orders, operands);
    else if (operands && strcmp(word, "send") == 0)
        is_understood = deliver(orders, operands);
    if (!is_understood && orders->status == EXIT_DONE)
        orders->status = command_usage_error(
            "send", _("--orders: it takes lines: hold PID@START_TICKS, forecast TARGET SIGNAL or "
                      "send SIGNAL"));
    report_changes(orders);
}

/* False: there are no more. */
static bool read_orders(struct orders *orders)
{
    char *end;
    ssize_t got = read(STDIN_FILENO, orders->line + orders->length,
                       sizeof(orders->line) - 1 - orders->length);
    if (got < 0 && errno == EINTR)
        return true;
    if (got <= 0)
        return false;
    orders->length += (size_t)got;
    while (orders->status == EXIT_DONE && (end = memchr(orders->line, '\n', orders->length))) {
        size_t taken = (size_t)(end - orders->line) + 1;
        *end = '\0';
        take_line(orders, orders->line);
        orders->length -= taken;
        memmove(orders->line, orders->line + taken, orders->length);
    }
    if (orders->length == sizeof(orders->line) - 1 && orders->status == EXIT_DONE) {
        orders->line[orders->length] = '\0';
        take_line(orders, orders->line); /* no order is that long */
    }
    return true;
}

/* ---- what came of it ---- */

static bool is_watching(const struct orders *orders)
{
    bool is_open = false;
    for (size_t i = 0; i < send_count(orders->batch) && !is_open; i++) {
        const struct send_target *target = send_at(orders->batch, i);
        is_open = target->was_sent && (!target->is_settled || target->is_zombie);
    }
    return orders->order.signal != 0 && is_open && clock_boot_ns() < orders->until_ns;
}

static void look(struct orders *orders)
{
    uint64_t next_ns = NS_PER_SEC, now_ns = clock_boot_ns();
    bool is_done = send_step(orders->batch, &next_ns);
    if (!is_done && now_ns + next_ns >= orders->until_ns)
        send_finish(orders->batch);
    (void)send_look_at_zombies(orders->batch);
    orders->look_ns = now_ns + next_ns;
    report_changes(orders);
}

static void serve(struct orders *orders)
{
    bool has_input = true;
    while (has_input && orders->status == EXIT_DONE) {
        bool is_watched = is_watching(orders);
        uint64_t now_ns = clock_boot_ns();
        struct pollfd fds[] = {
            {.fd = STDIN_FILENO, .events = POLLIN},
            {.fd = is_watched ? send_poll_fd(orders->batch) : -1, .events = POLLIN},
        };
        int wait_ms = !is_watched ? -1
                      : now_ns >= orders->look_ns
                          ? 0
                          : (int)((orders->look_ns - now_ns) / NS_PER_MS) + 1;
        if (poll(fds, ELEMENTS(fds), wait_ms) < 0 && errno != EINTR)
            return;
        if (fds[0].revents)
            has_input = read_orders(orders);
        if (is_watched && orders->status == EXIT_DONE)
            look(orders);
    }
}

int send_orders(void)
{
    /* The second yes that PID 1, reaptop and its parent need was asked for where the orders are
     * given. */
    struct orders orders = {.status = EXIT_DONE};
    if (send_new(true, &orders.batch) < 0)
        return command_fail(EXIT_FAULT, "send: %s", strerror(ENOMEM));
    answer(&orders, json_document("orders"));
    serve(&orders);
    send_free(orders.batch);
    free(orders.reported);
    return orders.status;
}
