#include "remote_signal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/cli/orders.h"
#include "reaptop/model/process.h"
#include "reaptop/source/feed_hosts.h"
#include "reaptop/source/ssh.h"

enum {
    SAID_SIZE = 192,
    BYTES_A_READ = 16 * 1024,
    READS_A_TURN = 16,
    LINE_MOST = 64 * 1024 /* of what it answers; a longer one is none of ours */
};

#define FORECAST_LASTS_NS NS_PER_SEC

struct machine_end {
    char name[HOST_NAME_SIZE];
    struct helper ssh;
    struct strbuf in, out;
    size_t held;          /* targets it was told to hold */
    bool has_ended;       /* ssh has */
    char said[SAID_SIZE]; /* the last line that is no answer: why */
};

struct remote_target {
    size_t machine; /* of machines */
    size_t at;      /* its number there */
    struct forecast forecast;
    uint64_t forecast_ns; /* when it was reported; 0: not yet */
    int asked;            /* the signal that was asked about last */
    uint64_t asked_ns;
};

struct remote_signal {
    struct machine_end machines[HOSTS_MOST];
    size_t machine_count;
    struct remote_target *targets; /* as many as the batch has */
    size_t count, capacity;
    int epoll_fd;
};

struct remote_signal *remote_signal_new(void)
{
    struct remote_signal *remote = calloc(1, sizeof(*remote));
    if (remote)
        remote->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return remote;
}

void remote_signal_free(struct remote_signal *remote)
{
    if (!remote)
        return;
    for (size_t i = 0; i < remote->machine_count; i++) {
        helper_drop(&remote->machines[i].ssh);
        strbuf_done(&remote->machines[i].in);
        strbuf_done(&remote->machines[i].out);
    }
    (void)fd_close(remote->epoll_fd);
    free(remote->targets);
    free(remote);
}

int remote_signal_fd(const struct remote_signal *remote)
{
    return remote && remote->epoll_fd >= 0 ? remote->epoll_fd : -EBADF;
}

/* ---- ssh ---- */

/* In the helper: its socket is all three of ssh's streams; a line that is no answer is why. */
static void run_ssh(void *argument, int fd, int extra_fd)
{
    const struct machine_end *machine = argument;
    (void)extra_fd;
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (dup2(fd, stream) < 0)
            _exit(1);
    ssh_become(machine->name, (const char *const[]){"reaptop", "send", "--orders", NULL});
}

static void set_events(const struct remote_signal *remote, const struct machine_end *machine,
                       int operation)
{
    struct epoll_event event = {.events =
                                    EPOLLIN | (machine->out.length > 0 ? (uint32_t)EPOLLOUT : 0)};
    if (machine->ssh.fd >= 0)
        (void)epoll_ctl(remote->epoll_fd, operation, machine->ssh.fd, &event);
}

/* Its targets not settled by now get the reason. */
static void lose(struct remote_signal *remote, struct machine_end *machine,
                 struct send_batch *batch, const char *why)
{
    helper_drop(&machine->ssh);
    machine->has_ended = true;
    for (size_t i = 0; i < remote->count; i++) {
        const struct send_target *target = send_at(batch, i);
        if (&remote->machines[remote->targets[i].machine] != machine || target->is_settled)
            continue;
        struct send_target seen = *target;
        seen.result = SEND_FAILED;
        seen.is_settled = true;
        (void)error_set(&seen.error, -ECONNRESET,
                        target->result == SEND_READY ? _("nothing was sent: %s")
                                                     : _("what came of it is not known: %s"),
                        machine->said[0] ? machine->said : why);
        send_note(batch, i, &seen);
    }
}

/* As much as goes now. */
static void flush(struct remote_signal *remote, struct machine_end *machine)
{
    ssize_t sent = machine->ssh.fd < 0 || machine->out.length == 0
                       ? 0
                       : write(machine->ssh.fd, strbuf_text(&machine->out), machine->out.length);
    if (sent > 0) {
        memmove(machine->out.data, machine->out.data + sent, machine->out.length - (size_t)sent);
        machine->out.length -= (size_t)sent;
    }
    set_events(remote, machine, EPOLL_CTL_MOD);
}

static struct machine_end *machine_of(struct remote_signal *remote, const char *host)
{
    for (size_t i = 0; i < remote->machine_count; i++)
        if (strcmp(remote->machines[i].name, host) == 0)
            return &remote->machines[i];
    if (remote->machine_count >= HOSTS_MOST)
        return NULL;
    struct machine_end *machine = &remote->machines[remote->machine_count++];
    *machine = (struct machine_end){.ssh = HELPER_INIT, .in = STRBUF_INIT, .out = STRBUF_INIT};
    (void)snprintf(machine->name, sizeof(machine->name), "%s", host);
    int r = helper_start(HELPER_SSH_SEND, run_ssh, machine, -1, &machine->ssh);
    if (r < 0)
        (void)snprintf(machine->said, sizeof(machine->said), "ssh: %s", strerror(-r));
    set_events(remote, machine, EPOLL_CTL_ADD);
    return machine;
}

/* ---- orders ---- */

int remote_signal_add(struct remote_signal *remote, struct send_batch *batch,
                      const struct process *process, uint64_t start_ticks)
{
    struct machine_end *machine = process->host ? machine_of(remote, process->host) : NULL;
    if (!process->host)
        return -ESRCH;
    if (!machine || array_reserve(&remote->targets, &remote->capacity, remote->count + 1) < 0)
        return -ENOMEM;
    size_t before = send_count(batch);
    int r = send_add_remote(batch, process->id, process->comm, machine->name);
    if (r < 0 || send_count(batch) == before)
        return r;
    remote->targets[remote->count++] = (struct remote_target){
        .machine = (size_t)(machine - remote->machines), .at = machine->held++};
    strbuf_printf(&machine->out, "hold %d@%llu\n", (int)pid_local(process->id.pid),
                  (unsigned long long)start_ticks);
    if (machine->ssh.fd < 0)
        lose(remote, machine, batch, "ssh");
    flush(remote, machine);
    return 0;
}

void remote_signal_send(struct remote_signal *remote, struct send_batch *batch, int signal)
{
    for (size_t i = 0; i < remote->count; i++) {
        struct send_target seen = *send_at(batch, i);
        if (seen.result == SEND_GONE || seen.result == SEND_REFUSED || seen.result == SEND_ENDED ||
            seen.result == SEND_ZOMBIE || remote->machines[remote->targets[i].machine].has_ended)
            continue;
        seen.result = SEND_SENT;
        seen.is_settled = false;
        send_note(batch, i, &seen);
    }
    for (size_t i = 0; i < remote->machine_count; i++) {
        strbuf_printf(&remote->machines[i].out, "send %s\n", signal_name(signal));
        flush(remote, &remote->machines[i]);
    }
}

void remote_signal_give_up(struct remote_signal *remote, struct send_batch *batch)
{
    for (size_t i = 0; i < remote->machine_count; i++)
        lose(remote, &remote->machines[i], batch, _("it has not answered"));
}

bool remote_signal_forecast(struct remote_signal *remote, size_t index, int signal, uint64_t now_ns,
                            struct forecast *ret_forecast)
{
    struct remote_target *target = &remote->targets[index];
    struct machine_end *machine = &remote->machines[target->machine];
    bool is_known = target->forecast_ns > 0 && target->forecast.signal == signal;
    bool is_asked = target->asked == signal && now_ns - target->asked_ns < FORECAST_LASTS_NS;
    if (!is_asked && (!is_known || now_ns - target->forecast_ns >= FORECAST_LASTS_NS)) {
        target->asked = signal;
        target->asked_ns = now_ns;
        strbuf_printf(&machine->out, "forecast %zu %s\n", target->at, signal_name(signal));
        flush(remote, machine);
    }
    if (is_known)
        *ret_forecast = target->forecast;
    return is_known;
}

/* ---- answers ---- */

static size_t index_of(const struct remote_signal *remote, const struct machine_end *machine,
                       size_t at)
{
    for (size_t i = 0; i < remote->count; i++)
        if (&remote->machines[remote->targets[i].machine] == machine && remote->targets[i].at == at)
            return i;
    return SIZE_MAX;
}

/* Answers of before the last order tell nothing of what comes of it. */
static bool is_news(const struct send_target *before, const struct send_target *seen)
{
    return !(before->result != SEND_READY && seen->result == SEND_READY);
}

static void take_line(struct remote_signal *remote, struct machine_end *machine,
                      struct send_batch *batch, const char *line, size_t length)
{
    struct orders_line answer;
    enum orders_answer kind = line[0] == '{' ? orders_parse(line, length, &answer) : ORDERS_NOTHING;
    size_t index = kind == ORDERS_NOTHING ? SIZE_MAX : index_of(remote, machine, answer.target);
    if (line[0] != '{' && length > 0)
        (void)snprintf(machine->said, sizeof(machine->said), "%.*s",
                       (int)(length < SAID_SIZE ? length : SAID_SIZE - 1), line);
    if (index == SIZE_MAX)
        return;
    if (kind == ORDERS_FORECAST) {
        remote->targets[index].forecast = answer.forecast;
        remote->targets[index].forecast_ns = clock_boot_ns();
    } else if (is_news(send_at(batch, index), &answer.seen)) {
        send_note(batch, index, &answer.seen);
    }
}

static void take_lines(struct remote_signal *remote, struct machine_end *machine,
                       struct send_batch *batch)
{
    size_t at = 0;
    const char *text = strbuf_text(&machine->in), *end;
    while ((end = memchr(text + at, '\n', machine->in.length - at))) {
        size_t length = (size_t)(end - text) - at;
        bool has_return = length > 0 && text[at + length - 1] == '\r';
        take_line(remote, machine, batch, text + at, length - has_return);
        at = (size_t)(end - text) + 1;
    }
    if (at > 0)
        memmove(machine->in.data, machine->in.data + at, machine->in.length - at);
    machine->in.length -= at;
    if (machine->in.length > LINE_MOST)
        strbuf_clear(&machine->in);
}

static bool take_from(struct remote_signal *remote, struct machine_end *machine,
                      struct send_batch *batch)
{
    static char bytes[BYTES_A_READ];
    bool has_read = false;
    flush(remote, machine);
    for (int i = 0; i < READS_A_TURN && machine->ssh.fd >= 0; i++) {
        ssize_t got = read(machine->ssh.fd, bytes, sizeof(bytes));
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        has_read = true;
        if (got > 0)
            strbuf_append(&machine->in, bytes, (size_t)got);
        take_lines(remote, machine, batch);
        if (got <= 0)
            lose(remote, machine, batch, _("the connection has ended"));
    }
    return has_read;
}

bool remote_signal_take(struct remote_signal *remote, struct send_batch *batch)
{
    bool has_read = false;
    for (size_t i = 0; i < remote->machine_count; i++)
        if (!remote->machines[i].has_ended)
            has_read |= take_from(remote, &remote->machines[i], batch);
    return has_read;
}
