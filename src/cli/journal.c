#include "journal.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/model/signals.h"

#define SOCKET  "/run/systemd/journal/socket"
#define LIBRARY "libsystemd.so.0"

enum {
    FIELDS_MOST = 16
};

/* sd_journal_sendv(3). */
static int (*write_entry)(const struct iovec *fields, int count);

int journal_open(struct error *error)
{
    /* The library succeeds in silence where nobody listens. */
    if (access(SOCKET, W_OK) < 0)
        return error_set(error, -ENOENT, _("--journal: there is no journald to write to: %s: %s"),
                         SOCKET, strerror(errno));
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library)
        *(void **)&write_entry = dlsym(library, "sd_journal_sendv");
    if (!write_entry)
        return error_set(error, -ENOENT, _("--journal: it needs libsystemd: %s"), dlerror());
    return 0;
}

static void add(struct strbuf *out, const char *name, const char *value)
{
    strbuf_printf(out, "%s=", name);
    (void)text_append_visible(out, value, strlen(value), SIZE_MAX);
    strbuf_putc(out, '\0');
}

static void add_number(struct strbuf *out, const char *name, int64_t value)
{
    strbuf_printf(out, "%s=%" PRId64, name, value);
    strbuf_putc(out, '\0');
}

static void add_status(struct strbuf *out, int32_t status)
{
    if (WIFEXITED(status))
        add_number(out, "REAPTOP_EXIT_CODE", WEXITSTATUS(status));
    else
        add(out, "REAPTOP_SIGNAL", signal_name(WTERMSIG(status)));
}

void journal_fields(const struct event *event, const char *host, struct strbuf *out)
{
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    const struct event local = event_with_local_pids(event);
    event_describe(event, &sentence);
    add(out, "MESSAGE", strbuf_text(&sentence));
    add_number(out, "PRIORITY", event_is_notable(event) ? LOG_NOTICE : LOG_INFO);
    add(out, "SYSLOG_IDENTIFIER", "reaptop");
    add(out, "REAPTOP_EVENT", event_kind_name(event->kind));
    add(out, "REAPTOP_SOURCE", event_source_name(event->source));
    add_number(out, "REAPTOP_TIME_NS", (int64_t)event->time_ns);
    if (host)
        add(out, "REAPTOP_HOST", host);
    if (event->kind == EVENT_LOST)
        return;
    add_number(out, "REAPTOP_PID", local.id.pid);
    add(out, "REAPTOP_COMM", event->comm);
    if (local.ppid > 0)
        add_number(out, "REAPTOP_PPID", local.ppid);
    if ((event->kind == EVENT_EXIT || event->kind == EVENT_REAP) &&
        event->exit_status != EXIT_UNKNOWN)
        add_status(out, event->exit_status);
    if (event->kind == EVENT_SIGNAL || event->kind == EVENT_DELIVERY) {
        add(out, "REAPTOP_SIGNAL", signal_name(event->signal));
        if (local.sender > 0)
            add_number(out, "REAPTOP_SENDER_PID", local.sender);
    }
}

int journal_send(const struct event *event, const char *host)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct iovec fields[FIELDS_MOST];
    int count = 0;
    journal_fields(event, host, &text);
    if (text.error < 0)
        return text.error;
    for (size_t at = 0; at < text.length && count < FIELDS_MOST; count++) {
        size_t length = strlen(text.data + at);
        fields[count] = (struct iovec){text.data + at, length};
        at += length + 1;
    }
    return write_entry(fields, count);
}
