#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"
#include "reaptop/cli/command.h"
#include "run_command.h"

/* The value of a field; NULL: it has none. */
static const char *field(const struct strbuf *entry, const char *name)
{
    size_t length = strlen(name);
    for (size_t at = 0; at < entry->length; at += strlen(entry->data + at) + 1)
        if (strncmp(entry->data + at, name, length) == 0 && entry->data[at + length] == '=')
            return entry->data + at + length + 1;
    return NULL;
}

Test(journal, an_event_has_fields_to_ask_for)
{
    struct strbuf entry = STRBUF_INIT;
    struct event event = {.kind = EVENT_EXIT,
                          .source = EVENT_FROM_CONNECTOR,
                          .id = {.pid = 812},
                          .ppid = 700,
                          .comm = "sle\nMESSAGE=x",
                          .exit_status = SIGTERM,
                          .time_ns = 5};
    journal_fields(&event, "web1", &entry);
    cr_expect_str_eq(field(&entry, "REAPTOP_EVENT"), "exit");
    cr_expect_str_eq(field(&entry, "REAPTOP_PID"), "812");
    cr_expect_str_eq(field(&entry, "REAPTOP_PPID"), "700");
    cr_expect_str_eq(field(&entry, "REAPTOP_SIGNAL"), "TERM");
    cr_expect_str_eq(field(&entry, "REAPTOP_HOST"), "web1");
    cr_expect_str_eq(field(&entry, "REAPTOP_TIME_NS"), "5");
    cr_expect_str_eq(field(&entry, "PRIORITY"), "5", "an end by a signal is notable");
    cr_expect_null(memchr(entry.data, '\n', entry.length), "a name makes no field of its own");
    cr_expect_null(field(&entry, "REAPTOP_EXIT_CODE"));
    strbuf_clear(&entry);
    event.exit_status = 3 << 8;
    journal_fields(&event, NULL, &entry);
    cr_expect_str_eq(field(&entry, "REAPTOP_EXIT_CODE"), "3");
    cr_expect_null(field(&entry, "REAPTOP_HOST"));
    strbuf_done(&entry);
}

Test(journal, without_a_journald_it_says_so)
{
    int status;
    if (access("/run/systemd/journal/socket", F_OK) == 0)
        cr_skip("journald runs here");
    const char *out = run_command("events --journal -n 1", 0, false, &status);
    cr_expect_eq(status, EXIT_FAULT, "%s", out);
    cr_expect_not_null(strstr(out, "--journal: there is no journald"), "%s", out);
}
