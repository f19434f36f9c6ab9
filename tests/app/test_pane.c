/*
 * The screen's side of the inspector: the worker's answers are written by the test, into the other
 * end of its socket.
 */
#include "pane.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"

#define NOW_NS   (1000 * NS_PER_SEC)
#define LATER_NS (NOW_NS + 60 * NS_PER_SEC)

static struct pane_source pane;
static int worker = -1;

static void setup(void)
{
    int fds[2];
    pane = PANE_SOURCE_INIT;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    pane.worker.fd = fds[0];
    worker = fds[1];
    const struct pane_request request = {.id = {.pid = 7, .start_ticks = 1}, .tab = TAB_PAGES};
    pane_look(&pane, &request);
    pane.asked = request;
    pane.is_asked = true;
    pane.asked_ns = pane.received_ns = NOW_NS;
}

static void teardown(void)
{
    pane_done(&pane);
    (void)close(worker);
}

TestSuite(pane, .init = setup, .fini = teardown);

static void answer(const char *text, bool is_partial)
{
    static const char nothing[HELPER_TEXT_SIZE];
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    document_begin(&doc, 0);
    document_add(&doc, STYLE_NORMAL, "%s", text);
    cr_assert_eq(document_send(worker, &doc, ACCESS_OK, is_partial, nothing), 0);
}

static const char *shown(void)
{
    return pane.has_document ? strbuf_text(&pane.document.text) : "";
}

Test(pane, what_is_known_so_far_is_shown_and_the_whole_waited_for)
{
    answer("10 of 100", true);
    cr_expect(pane_take(&pane, NOW_NS));
    cr_expect_str_eq(shown(), "10 of 100");
    cr_expect(pane.is_asked);

    answer("50 of 100", true);
    answer("whole", false);
    cr_expect(pane_take(&pane, LATER_NS), "both at once");
    cr_expect_str_eq(shown(), "whole");
    cr_expect_not(pane.is_asked);
    cr_expect_geq(pane.next_ns, LATER_NS);
}

Test(pane, what_is_whole_stays_until_the_next_is_whole)
{
    answer("first", false);
    cr_assert(pane_take(&pane, NOW_NS));
    pane.is_asked = true;
    answer("1 of 100", true);
    cr_expect_not(pane_take(&pane, NOW_NS));
    cr_expect_str_eq(shown(), "first");
    answer("second", false);
    cr_expect(pane_take(&pane, NOW_NS));
    cr_expect_str_eq(shown(), "second");
}

Test(pane, who_tells_how_far_it_is_is_not_given_up)
{
    answer("1 of 100", true);
    cr_expect(pane_take(&pane, LATER_NS));
    cr_expect_not(pane_take(&pane, LATER_NS + NS_PER_SEC));
    cr_expect(pane.is_asked);
    cr_expect(pane_take(&pane, LATER_NS + 60 * NS_PER_SEC), "silent for a minute");
    cr_expect_not(pane.is_asked);
    cr_expect_eq(pane.access, ACCESS_BLOCKED);
}

Test(pane, nobody_waits_for_what_is_no_longer_looked_at)
{
    answer("1 of 100", true);
    cr_assert(pane_take(&pane, NOW_NS));
    pane_rest(&pane);
    answer("2 of 100", true);
    cr_expect_not(pane_take(&pane, NOW_NS));
    cr_expect_str_eq(shown(), "");
    pane_ask(&pane, LATER_NS);
    cr_expect_not(pane.is_asked, "it is ended");
    cr_expect_lt(pane.worker.fd, 0);
}
