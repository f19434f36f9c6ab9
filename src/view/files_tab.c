#include "reaptop/view/files_tab.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

enum {
    COLUMN_TYPE = 5,
    COLUMN_MODE = 17,
    COLUMN_TARGET = 22,
    DETAIL_INDENT = 7,
};

static const char *mode_letters(const struct descriptor *descriptor)
{
    if (descriptor->can_read && descriptor->can_write)
        return "rw";
    if (descriptor->can_write)
        return "w";
    return descriptor->can_read ? "r" : "-";
}

static const char *role_words(enum peer_role role)
{
    switch (role) {
    case PEER_READS:
        return _("read by");
    case PEER_WRITES:
        return _("written by");
    case PEER_LISTENS:
        return _("not accepted yet by");
    case PEER_MASTER:
        return _("terminal of");
    case PEER_SLAVE:
        return _("used by");
    case PEER_SHARES:
        return _("shared with");
    default:
        return _("other end:");
    }
}

static void add_peer(struct document *doc, const struct peer *peer, pid_t own)
{
    document_add(doc, STYLE_LABEL, "%s ", role_words(peer->role));
    document_add(doc, STYLE_STRONG, "%d ", peer->pid);
    document_add_text(doc, STYLE_STRONG, peer->comm, strlen(peer->comm));
    document_add(doc, STYLE_DIM, peer->pid == own ? _(" (itself, fd %d)") : _(" (fd %d)"),
                 peer->fd);
    if (peer->tid > 0)
        document_add(doc, STYLE_DIM, _(" of its thread %d"), (int)peer->tid);
    document_link(doc, peer->pid);
}

static void add_more(struct document *doc, uint32_t more)
{
    if (more == 0)
        return;
    document_begin(doc, DETAIL_INDENT);
    document_add(doc, STYLE_DIM, ngettext("and %u more", "and %u more", more), more);
}

static void add_peers(struct document *doc, const struct descriptor *descriptor, pid_t own)
{
    if (descriptor_is_lab_plumbing(descriptor)) {
        document_begin(doc, DETAIL_INDENT);
        document_add(doc, STYLE_DIM, "%s", _("the lab's own pipe, by which it leads this process"));
        return;
    }
    for (uint32_t i = 0; i < descriptor->peer_count; i++) {
        document_begin(doc, DETAIL_INDENT);
        add_peer(doc, &descriptor->peers[i], own);
    }
    add_more(doc, descriptor->peer_more);
}

/* An end that nobody holds is worth a word; that of a terminal or a remote socket is not. */
static void add_nobody(struct document *doc, const struct descriptor *descriptor,
                       const struct descriptor_table *table)
{
    bool has_two_ends = descriptor->type == DESCRIPTOR_PIPE || descriptor->type == DESCRIPTOR_FIFO;
    bool is_both = descriptor->can_read && descriptor->can_write;
    if (!has_two_ends || is_both || descriptor->peers_access != ACCESS_OK ||
        descriptor->peer_count > 0)
        return;
    document_begin(doc, DETAIL_INDENT);
    document_add(doc, STYLE_WARNING, "%s",
                 table->not_looked_into == 0
                     ? _("nobody holds the other end")
                     : _("nobody among the processes that may be looked into holds the other end"));
}

static void add_words(struct document *doc, const struct descriptor *descriptor)
{
    _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
    descriptor_describe(descriptor, &words);
    if (words.length == 0)
        return;
    document_begin(doc, DETAIL_INDENT);
    document_add_text(doc, STYLE_NORMAL, strbuf_text(&words), words.length);
    if (descriptor->type == DESCRIPTOR_PIDFD && descriptor->detail->pidfd_pid > 0)
        document_link(doc, descriptor->detail->pidfd_pid);
}

static void add_locks(struct document *doc, const struct descriptor_detail *detail)
{
    for (uint32_t i = 0; i < detail->lock_count; i++) {
        _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
        lock_describe(&detail->locks[i], &words);
        document_begin(doc, DETAIL_INDENT);
        document_add(doc, STYLE_LABEL, "%s ", _("holds:"));
        document_add(doc, STYLE_NORMAL, "%s", strbuf_text(&words));
    }
    add_more(doc, detail->lock_more);
}

static void add_word(struct document *doc, bool *is_begun, const char *word)
{
    if (!*is_begun)
        document_begin(doc, DETAIL_INDENT);
    document_add(doc, STYLE_DIM, "%s%s", *is_begun ? "|" : "", word);
    *is_begun = true;
}

/* The flags beyond the access mode, and the offset where there is one. */
static void add_flags(struct document *doc, const struct descriptor *descriptor)
{
    if (!access_has_value(descriptor->access)) {
        document_begin(doc, DETAIL_INDENT);
        document_add(doc, STYLE_UNKNOWN, _("flags: %s"), access_sentence(descriptor->access));
        return;
    }
    bool is_begun = false;
    unsigned position = 0;
    (void)descriptor_flag_next(descriptor->flags, &position); /* MODE has it */
    for (const char *flag; (flag = descriptor_flag_next(descriptor->flags, &position)) != NULL;)
        if (strcmp(flag, "O_LARGEFILE") != 0) /* every 64-bit program's */
            add_word(doc, &is_begun, flag);
    if (descriptor->offset != 0) {
        if (!is_begun)
            document_begin(doc, DETAIL_INDENT);
        document_add(doc, STYLE_DIM, is_begun ? _(", at byte %" PRIu64) : _("at byte %" PRIu64),
                     descriptor->offset);
    }
}

/* As wide as the largest number, but never narrower than the column's title wants. */
static int fd_width(const struct descriptor_table *table)
{
    char text[16];
    int largest = 0;
    for (size_t i = 0; i < table->count; i++)
        if (table->descriptors[i].fd > largest)
            largest = table->descriptors[i].fd;
    int width = snprintf(text, sizeof(text), "%d", largest);
    return width > COLUMN_TYPE - 1 ? width : COLUMN_TYPE - 1;
}

/* How far the columns behind FD move to the right. */
static size_t shift_of(int width)
{
    return (size_t)(width - (COLUMN_TYPE - 1));
}

static void add_descriptor(struct document *doc, const struct descriptor *descriptor,
                           const struct descriptor_table *table, int width)
{
    document_begin(doc, 0);
    document_mark(doc, (uint64_t)descriptor->tid << 32 | ((uint64_t)descriptor->fd + 1));
    document_add(doc, STYLE_STRONG, "%*d", width, descriptor->fd);
    document_pad(doc, COLUMN_TYPE + shift_of(width));
    document_add(doc, descriptor->is_type_inferred ? STYLE_INFERRED : STYLE_NORMAL, "%s%s",
                 descriptor_type_name(descriptor->type), descriptor->is_type_inferred ? "?" : "");
    document_pad(doc, COLUMN_MODE + shift_of(width));
    document_add(doc, STYLE_NORMAL, "%s", mode_letters(descriptor));
    document_pad(doc, COLUMN_TARGET + shift_of(width));
    if (descriptor->target)
        document_add_text(doc, STYLE_NORMAL, descriptor->target, strlen(descriptor->target));
    else
        document_add(doc, STYLE_UNKNOWN, "%s", access_sentence(descriptor->access));
    if (descriptor->peer_count > 0)
        document_link(doc, descriptor->peers[0].pid);

    add_words(doc, descriptor);
    add_peers(doc, descriptor, table->id.pid);
    add_nobody(doc, descriptor, table);
    if (descriptor->detail)
        add_locks(doc, descriptor->detail);
    add_flags(doc, descriptor);
}

static void add_notices(struct document *doc, const struct descriptor_table *table)
{
    if (table->not_looked_into > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN,
                     ngettext("%u process could not be looked into for other ends: %s",
                              "%u processes could not be looked into for other ends: %s",
                              table->not_looked_into),
                     table->not_looked_into, access_need_sentence(ACCESS_NEED_OTHERS));
    }
    if (table->peers_truncated) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN, "%s",
                     _("the machine has more descriptors than were searched for other ends"));
    }
    if (table->access == ACCESS_TRUNCATED) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN, _("%zu of %" PRIu64 " descriptors are shown"),
                     table->count, table->total);
    }
}

void files_tab(struct document *doc, const struct descriptor_table *table)
{
    if (!access_has_value(table->access)) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN, _("descriptors: %s"), access_sentence(table->access));
        if (table->access == ACCESS_DENIED)
            document_add(doc, STYLE_UNKNOWN, "; %s", access_need_sentence(ACCESS_NEED_PTRACE));
        return;
    }
    const int width = fd_width(table);
    document_begin(doc, 0);
    document_add(doc, STYLE_HEADING, "%*s", width, "FD");
    document_pad(doc, COLUMN_TYPE + shift_of(width));
    document_add(doc, STYLE_HEADING, "TYPE");
    document_pad(doc, COLUMN_MODE + shift_of(width));
    document_add(doc, STYLE_HEADING, "MODE");
    document_pad(doc, COLUMN_TARGET + shift_of(width));
    document_add(doc, STYLE_HEADING, "TARGET");

    for (size_t i = 0; i < table->count; i++) {
        const struct descriptor *one = &table->descriptors[i];
        if (one->tid > 0 && (i == 0 || one[-1].tid != one->tid)) {
            document_begin(doc, 0);
            document_add(doc, STYLE_HEADING,
                         _("Thread %d has a descriptor table of its own (CLONE_FILES):"),
                         (int)one->tid);
        }
        add_descriptor(doc, one, table, width);
    }
    if (table->count == 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_DIM, "%s", _("no descriptor is open"));
    }
    add_notices(doc, table);
}
