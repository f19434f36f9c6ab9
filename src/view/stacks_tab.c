#include "reaptop/view/stacks_tab.h"

#include <string.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"

/* What stands in the file's directory is for JSON: the name is enough to a reader. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] != '\0' ? slash + 1 : path;
}

/* "#0  clock_nanosleep+0x63 (libc.so.6)"; an address where there is no symbol. */
static void add_frame(struct document *doc, const struct user_frame *frame, size_t index)
{
    document_begin(doc, 2);
    document_add(doc, STYLE_DIM, "#%-3zu", index);
    if (frame->symbol) {
        document_add_text(doc, STYLE_STRONG, frame->symbol, strlen(frame->symbol));
        document_add(doc, STYLE_NORMAL, "+0x%llx", (unsigned long long)frame->offset);
    } else {
        document_add(doc, STYLE_NORMAL, "0x%016llx", (unsigned long long)frame->address);
    }
    document_add(doc, STYLE_DIM, " (");
    if (frame->module)
        document_add_text(doc, STYLE_DIM, base_name(frame->module),
                          strlen(base_name(frame->module)));
    else
        document_add(doc, STYLE_DIM, "%s", _("no file"));
    document_add(doc, STYLE_DIM, ")");
    if (!frame->symbol)
        document_add(doc, STYLE_UNKNOWN, "  %s", _("no symbol"));
}

static void add_end(struct document *doc, const struct user_stack *stack)
{
    const char *sentence = stack_end_sentence(stack->end);
    if (!sentence)
        return;
    document_begin(doc, 2);
    document_add(doc, STYLE_UNKNOWN, "%s", sentence);
    if (stack->detail) {
        document_add(doc, STYLE_UNKNOWN, " (libdw: ");
        document_add_text(doc, STYLE_UNKNOWN, stack->detail, strlen(stack->detail));
        document_add(doc, STYLE_UNKNOWN, ")");
    }
}

static void add_stack(struct document *doc, const struct user_stack *stack,
                      const struct task_list *list)
{
    const struct task *task = task_list_find(list, stack->tid);
    document_begin(doc, 0);
    document_add(doc, STYLE_LABEL, _("thread %d "), (int)stack->tid);
    if (task)
        document_add_text(doc, STYLE_NORMAL, task->comm, strlen(task->comm));
    for (size_t i = 0; i < stack->count; i++)
        add_frame(doc, &stack->frames[i], i);
    add_end(doc, stack);
}

void stacks_tab(struct document *doc, const struct user_stacks *stacks,
                const struct task_list *list)
{
    document_heading(doc, _("User-space stacks"));
    document_begin(doc, 0);
    document_add(doc, STYLE_DIM,
                 _("Each thread was stopped for this, one after the other, for %.2f ms at most."),
                 (double)stacks->held_ns / (double)NS_PER_MS);
    for (size_t i = 0; i < stacks->count; i++)
        add_stack(doc, &stacks->threads[i], list);
    if (stacks->left_out > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_WARNING, _("%zu more threads were not stopped"), stacks->left_out);
    }
}
