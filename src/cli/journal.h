/*
 * journal: an event as an entry of journald, with fields to ask for:
 * `journalctl REAPTOP_EVENT=oom`, `journalctl -t reaptop REAPTOP_PID=812`.
 * libsystemd is opened when it is asked for: without it nothing else is missing.
 */
#ifndef REAPTOP_CLI_JOURNAL_H
#define REAPTOP_CLI_JOURNAL_H

#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/event.h"

/* -ENOENT: there is no libsystemd, or no journald to talk to; the reason is reported. */
int journal_open(struct error *error);

/*
 * Appends "NAME=value" and a NUL for each field: MESSAGE, PRIORITY, SYSLOG_IDENTIFIER,
 * REAPTOP_EVENT, REAPTOP_PID, REAPTOP_COMM, REAPTOP_PPID, REAPTOP_SOURCE, REAPTOP_TIME_NS and,
 * where the event has them, REAPTOP_EXIT_CODE, REAPTOP_SIGNAL, REAPTOP_SENDER_PID, REAPTOP_HOST
 * (`host`; NULL: this machine). Text of other processes is made visible first:
 * text_append_visible().
 */
void journal_fields(const struct event *event, const char *host, struct strbuf *out);

/* After journal_open(). A negative errno. */
int journal_send(const struct event *event, const char *host);

#endif
