#include "reaptop/source/read_files.h"
#include "reaptop/source/reader.h"

#include <errno.h>
#include <string.h>

#include "operand.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/view/files_tab.h"

static json_t *json_peers(const struct descriptor *descriptor)
{
    json_t *peers = json_array();
    for (uint32_t i = 0; i < descriptor->peer_count; i++) {
        const struct peer *peer = &descriptor->peers[i];
        json_t *object = json_object();
        json_put(object, "pid", json_integer(peer->pid));
        if (peer->tid > 0)
            json_put(object, "tid", json_integer(peer->tid));
        json_put(object, "fd", json_integer(peer->fd));
        json_put(object, "comm", json_text(peer->comm, strlen(peer->comm)));
        json_put(object, "role", json_string(peer_role_name(peer->role)));
        if (peer->is_lab_helper)
            json_put(object, "runs_lab", json_true());
        json_add(peers, object);
    }
    return peers;
}

static json_t *json_flags(uint32_t flags)
{
    json_t *names = json_array();
    unsigned position = 0;
    for (const char *flag; (flag = descriptor_flag_next(flags, &position)) != NULL;)
        json_add(names, json_string(flag));
    return names;
}

static json_t *json_locks(const struct descriptor_detail *detail)
{
    json_t *locks = json_array();
    for (uint32_t i = 0; i < detail->lock_count; i++) {
        const struct lock *lock = &detail->locks[i];
        json_t *object = json_object();
        json_put(object, "kind", json_string(lock_kind_name(lock->kind)));
        json_put(object, "mode", json_string(lock->is_write ? "write" : "read"));
        json_put(object, "start", json_unsigned(lock->start));
        json_put(object, "end", lock->end == LOCK_TO_END ? json_null() : json_unsigned(lock->end));
        json_add(locks, object);
    }
    return locks;
}

static json_t *json_watches(const struct descriptor_detail *detail)
{
    json_t *watches = json_array();
    for (uint32_t i = 0; i < detail->watch_count; i++) {
        _cleanup_(strbuf_done) struct strbuf events = STRBUF_INIT;
        epoll_events_append(&events, detail->watches[i].events);
        json_t *object = json_object();
        json_put(object, "fd", json_integer(detail->watches[i].fd));
        json_put(object, "events", json_text(strbuf_text(&events), events.length));
        json_add(watches, object);
    }
    return watches;
}

static void put_timer(json_t *object, const struct descriptor_detail *detail)
{
    json_put(object, "timer_clock", json_integer(detail->timer_clock));
    json_put(object, "timer_value_ns", json_unsigned(detail->timer_value_ns));
    json_put(object, "timer_interval_ns", json_unsigned(detail->timer_interval_ns));
    json_put(object, "timer_ticks", json_unsigned(detail->timer_ticks));
}

static void put_socket(json_t *object, const struct socket *one)
{
    _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
    socket_describe(one, &words);
    json_put(object, "socket", json_text(strbuf_text(&words), words.length));
}

static void put_detail(json_t *object, const struct descriptor *descriptor)
{
    const struct descriptor_detail *detail = descriptor->detail;
    if (!detail)
        return;
    if (detail->lock_count > 0)
        json_put(object, "locks", json_locks(detail));
    if (detail->lock_more > 0)
        json_put(object, "locks_more", json_unsigned(detail->lock_more));
    switch (descriptor->type) {
    case DESCRIPTOR_EVENTFD:
        json_put(object, "eventfd_count", json_unsigned(detail->eventfd_count));
        break;
    case DESCRIPTOR_TIMERFD:
        put_timer(object, detail);
        break;
    case DESCRIPTOR_SIGNALFD:
        json_put(object, "signals", json_signals(detail->signals));
        break;
    case DESCRIPTOR_EPOLL:
        json_put(object, "watches", json_watches(detail));
        if (detail->watch_more > 0)
            json_put(object, "watches_more", json_unsigned(detail->watch_more));
        break;
    case DESCRIPTOR_PIDFD:
        json_put(object, "pidfd_pid", json_integer(detail->pidfd_pid));
        break;
    case DESCRIPTOR_SOCKET:
        if (detail->has_socket)
            put_socket(object, &detail->socket);
        break;
    default:
        break;
    }
}

static json_t *json_descriptor(const struct descriptor *descriptor)
{
    json_t *object = json_object();
    json_put(object, "fd", json_integer(descriptor->fd));
    if (descriptor->tid > 0)
        json_put(object, "tid", json_integer(descriptor->tid));
    json_put(object, "type", json_string(descriptor_type_name(descriptor->type)));
    if (descriptor->target)
        json_put(object, "target", json_text(descriptor->target, strlen(descriptor->target)));
    else
        json_unavailable(object, "target", descriptor->access);
    if (descriptor->inode != 0)
        json_put(object, "inode", json_unsigned(descriptor->inode));
    else
        json_unavailable(object, "inode",
                         descriptor->access == ACCESS_OK ? ACCESS_UNSUPPORTED : descriptor->access);
    json_put_access(object, "flags", descriptor->access,
                    access_has_value(descriptor->access) ? json_flags(descriptor->flags) : NULL);
    json_put_access(object, "offset", descriptor->access,
                    access_has_value(descriptor->access) ? json_unsigned(descriptor->offset)
                                                         : NULL);
    if (descriptor->peers_access == ACCESS_OK || descriptor->peers_access == ACCESS_EMPTY)
        json_put(object, "peers", json_peers(descriptor));
    else
        json_unavailable(object, "peers", descriptor->peers_access);
    if (descriptor->peer_more > 0)
        json_put(object, "peers_more", json_integer(descriptor->peer_more));
    put_detail(object, descriptor);
    return object;
}

static int print_json(const struct descriptor_table *table)
{
    json_t *doc = json_document("files");
    json_put(doc, "pid", json_integer(table->id.pid));
    json_put(doc, "start_ticks", json_unsigned(table->id.start_ticks));
    json_t *descriptors = NULL;
    if (access_has_value(table->access)) {
        descriptors = json_array();
        for (size_t i = 0; i < table->count; i++)
            json_add(descriptors, json_descriptor(&table->descriptors[i]));
    }
    json_put_access(doc, "descriptors", table->access, descriptors);
    json_put(doc, "processes_not_looked_into", json_integer(table->not_looked_into));
    return json_output(doc);
}

static int print_text(const struct descriptor_table *table)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    files_tab(&doc, table);
    if (table->access == ACCESS_DENIED)
        return output_refusal("files", table->id.pid, &doc);
    return output_document(&doc);
}

int command_files(const struct options *options, int argc, char **argv)
{
    struct identity id;
    _cleanup_(cleanup_reader) struct reader *reader = NULL;
    int status = operand_with_reader(argc, argv, &id, &reader);
    if (status != EXIT_DONE)
        return status;

    _cleanup_(descriptor_table_done) struct descriptor_table table = DESCRIPTOR_TABLE_INIT;
    int r = files_read(reader, id, &table);
    if (r < 0)
        return operand_failed("files", id.pid, r);

    status = options->json ? print_json(&table) : print_text(&table);
    if (status == EXIT_DONE && table.access == ACCESS_DENIED)
        return EXIT_FAULT;
    return status;
}
