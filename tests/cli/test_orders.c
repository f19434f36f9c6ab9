#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/orders.h"
#include "run_command.h"

static enum orders_answer parse(json_t *json, struct orders_line *ret_line)
{
    char *text = json_dumps(json, JSON_COMPACT);
    enum orders_answer answer = orders_parse(text, strlen(text), ret_line);
    free(text);
    json_decref(json);
    return answer;
}

Test(orders, what_is_told_comes_back)
{
    struct orders_line line;
    struct send_target seen = {.id.inode = UINT64_MAX,
                               .comm = "a\tb",
                               .result = SEND_ENDED,
                               .is_settled = true,
                               .was_sent = true,
                               .state = 'Z',
                               .exit_status = 9,
                               .is_zombie = true,
                               .ppid = 812,
                               .error = {-EPERM, "no"}};
    struct forecast forecast = {.kind = FORECAST_BLOCKED,
                                .effect = EFFECT_STOP,
                                .certainty = CERTAINTY_MAY,
                                .doubt = DOUBT_SIGWAIT,
                                .signal = SIGTERM,
                                .pid = 4711,
                                .discards = UINT64_C(1) << 63,
                                .is_queued = true,
                                .is_held_in_part = true,
                                .queued = 7,
                                .quota = {1000, 100000, 7, 5}};
    cr_assert_eq(parse(orders_seen_json(3, &seen), &line), ORDERS_SEEN);
    cr_expect_eq(line.target, 3);
    cr_expect_eq(line.seen.id.inode, UINT64_MAX);
    cr_expect_eq(line.seen.result, SEND_ENDED);
    cr_expect(line.seen.is_settled && line.seen.is_zombie && line.seen.was_sent);
    cr_expect_eq(line.seen.exit_status, 9);
    cr_expect_eq(line.seen.state, 'Z');
    cr_expect_eq(line.seen.ppid, 812);
    cr_expect_str_eq(line.seen.comm, "a\tb");
    cr_expect_str_eq(line.seen.error.message, "no");
    cr_assert_eq(parse(orders_forecast_json(0, &forecast), &line), ORDERS_FORECAST);
    cr_expect_eq(memcmp(&line.forecast, &forecast, sizeof(forecast)), 0);
    forecast.doubt = DOUBT_TRACED_THREAD;
    cr_assert_eq(parse(orders_forecast_json(0, &forecast), &line), ORDERS_FORECAST);
    cr_expect_eq(line.forecast.doubt, DOUBT_TRACED_THREAD);
}

Test(orders, bytes_that_are_no_answer_are_none)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"schema\":\"reaptop/orders/1\"}",
        "{\"target\":-1,\"seen\":{}}",
        "{\"target\":0}",
        "{\"target\":0,\"seen\":{\"result\":\"risen\"}}",
        "{\"target\":0,\"seen\":{\"ppid\":4294967296}}",
        "{\"target\":0,\"seen\":[]}",
        "{\"target\":0,\"forecast\":{}}",
        "{\"target\":0,\"forecast\":{\"signal\":65}}",
        "{\"target\":0,\"forecast\":{\"signal\":15,\"pending_signal\":-3}}",
        "{\"target\":0,\"forecast\":{\"signal\":15,\"kind\":7}}",
    };
    struct orders_line line;
    for (size_t i = 0; i < ELEMENTS(texts); i++)
        cr_expect_eq(orders_parse(texts[i], strlen(texts[i]), &line), ORDERS_NOTHING, "%s",
                     texts[i]);
}

Test(orders, take_nothing_else)
{
    static const char *const lines[] = {"send --orders TERM", "send --orders -J",
                                        "send --orders -n"};
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        int status;
        const char *out = run_command(lines[i], 0, false, &status);
        cr_expect_eq(status, EXIT_USAGE, "%s: %s", lines[i], out);
    }
}
