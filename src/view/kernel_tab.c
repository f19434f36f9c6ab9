#include "reaptop/view/kernel_tab.h"

#include <inttypes.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

enum {
    LABELS = 14
};

static void add_unread(struct document *doc, const char *label, enum access access)
{
    document_field(doc, 0, LABELS, label, STYLE_UNKNOWN, "%s", access_sentence(access));
    if (access == ACCESS_DENIED)
        document_add(doc, STYLE_UNKNOWN, "; %s", access_need_sentence(ACCESS_NEED_PTRACE));
}

static const struct descriptor *find_object(const struct why_task *task, int fd)
{
    for (uint32_t i = 0; i < task->object_count; i++)
        if (task->objects[i].fd == fd && access_has_value(task->objects[i].access))
            return &task->objects[i].descriptor;
    return NULL;
}

static void add_descriptor(struct document *doc, const struct why_task *task, int fd)
{
    const struct descriptor *descriptor = find_object(task, fd);
    document_add(doc, STYLE_NORMAL, "%d", fd);
    if (!descriptor || !descriptor->target)
        return;
    document_add(doc, STYLE_DIM, "  ");
    document_add_text(doc, STYLE_NORMAL, descriptor->target, strlen(descriptor->target));
    if (descriptor->detail && descriptor->detail->has_socket) {
        _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
        socket_describe(&descriptor->detail->socket, &words);
        document_add(doc, STYLE_DIM, "  ");
        document_add_text(doc, STYLE_NORMAL, strbuf_text(&words), words.length);
    }
}

static void add_value(struct document *doc, const struct why_task *task, enum syscall_argument kind,
                      uint64_t value)
{
    int32_t number = (int32_t)(uint32_t)value;
    switch (kind) {
    case ARGUMENT_FD:
        add_descriptor(doc, task, number);
        break;
    case ARGUMENT_NUMBER:
    case ARGUMENT_DIRFD:
        document_add(doc, STYLE_NORMAL, "%d", number);
        break;
    case ARGUMENT_PID:
        document_add(doc, STYLE_NORMAL, "%d", number);
        if (number > 0)
            document_link(doc, number);
        break;
    case ARGUMENT_SIZE:
        document_add(doc, STYLE_NORMAL, "%" PRIu64, value);
        break;
    default:
        document_add(doc, STYLE_NORMAL, "0x%" PRIx64, value);
    }
}

static void add_arguments(struct document *doc, const struct why_task *task)
{
    const struct syscall_record *record = &task->syscall;
    const struct syscall_shape *shape = syscall_shape(record->number);
    for (int i = 0; shape && i < SYSCALL_ARGUMENTS; i++) {
        if (shape->arguments[i].kind == ARGUMENT_NONE)
            break;
        document_begin(doc, 2);
        document_add(doc, STYLE_LABEL, "%s", shape->arguments[i].name);
        document_pad(doc, LABELS - 2);
        add_value(doc, task, shape->arguments[i].kind, record->arguments[i]);
    }
}

static void add_syscall(struct document *doc, const struct why_task *task)
{
    const char *label = _("system call");
    const struct syscall_record *record = &task->syscall;
    if (record->access != ACCESS_OK) {
        add_unread(doc, label, record->access);
        return;
    }
    if (record->place == SYSCALL_RUNNING) {
        document_field(doc, 0, LABELS, label, STYLE_RUNNING, "%s",
                       _("running: on a processor, or ready for one"));
        return;
    }
    if (record->place == SYSCALL_OUTSIDE) {
        document_field(doc, 0, LABELS, label, STYLE_NORMAL, "%s",
                       _("none: it waits inside the kernel without one (a page fault, a stop)"));
        return;
    }
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    syscall_append(&text, record);
    document_field(doc, 0, LABELS, label, STYLE_STRONG, "%s", strbuf_text(&text));
    if (!syscall_is_foreign(record))
        add_arguments(doc, task);
}

static void add_place(struct document *doc, const struct why_task *task)
{
    const struct syscall_record *record = &task->syscall;
    if (record->access != ACCESS_OK || record->place == SYSCALL_RUNNING)
        return;
    document_field(doc, 0, LABELS, _("stack at"), STYLE_NORMAL, "0x%" PRIx64,
                   record->stack_pointer);
    document_field(doc, 0, LABELS, _("called from"), STYLE_NORMAL, "0x%" PRIx64,
                   record->instruction_pointer);
}

static void add_wchan(struct document *doc, const struct why_task *task)
{
    if (task->wchan_access == ACCESS_OK)
        document_field(doc, 0, LABELS, _("sleeps in"), STYLE_STRONG, "%s", task->wchan);
    else if (task->wchan_access == ACCESS_EMPTY)
        document_field(doc, 0, LABELS, _("sleeps in"), STYLE_NORMAL, "%s",
                       _("nothing: it does not sleep"));
    else
        add_unread(doc, _("sleeps in"), task->wchan_access);
}

static void add_stack(struct document *doc, const struct why_task *task, const char *stack,
                      size_t length)
{
    document_heading(doc, "%s", _("kernel stack, innermost first"));
    if (!access_has_value(task->stack_access)) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN, "%s", access_sentence(task->stack_access));
        if (task->stack_access == ACCESS_DENIED)
            document_add(doc, STYLE_UNKNOWN, "; %s", access_need_sentence(ACCESS_NEED_ADMIN));
        return;
    }
    const char *end = stack + length;
    for (const char *at = stack; at && at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        document_begin(doc, 2);
        document_add_text(doc, STYLE_NORMAL, at, (size_t)(stop - at));
        at = newline ? newline + 1 : NULL;
    }
    if (length == 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_DIM, "%s", _("empty: it is not inside the kernel"));
    }
}

void kernel_tab(struct document *doc, const struct why_task *task, const char *stack,
                size_t stack_length)
{
    add_syscall(doc, task);
    add_wchan(doc, task);
    add_place(doc, task);
    add_stack(doc, task, stack, stack_length);
}
