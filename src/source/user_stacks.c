#include "reaptop/source/user_stacks.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "unwind.h"
#include "user_stacks_helper.h"

/* The helper's own limits are below it: libdw reads the symbols of large files for seconds. */
#define TIMEOUT_NS (10 * NS_PER_SEC)

bool user_stacks_are_built(void)
{
    return unwind_is_built();
}

/* ---- what the helper sends ---- */

static int copy_text(struct user_stacks *stacks, const char *text, const char **ret_text)
{
    size_t length = strnlen(text, STACK_TEXT_SIZE);
    *ret_text = length > 0 ? arena_strndup(&stacks->strings, text, length) : NULL;
    return length == 0 || *ret_text ? 0 : -ENOMEM;
}

/* Frames come before their thread's own record: the last of the array has no tid until then. */
static struct user_stack *open_thread(struct user_stacks *stacks)
{
    if (stacks->count > 0 && stacks->threads[stacks->count - 1].tid == 0)
        return &stacks->threads[stacks->count - 1];
    if (stacks->count >= USER_STACK_THREADS_MAX ||
        array_reserve(&stacks->threads, &stacks->capacity, stacks->count + 1) < 0)
        return NULL;
    struct user_stack *thread = &stacks->threads[stacks->count++];
    *thread = (struct user_stack){0};
    return thread;
}

static int take_frame(struct user_stacks *stacks, const struct stack_record *record)
{
    struct user_stack *thread = open_thread(stacks);
    if (!thread || thread->count >= USER_STACK_FRAMES_MAX)
        return thread ? -EBADMSG : -ENOMEM;
    struct user_frame frame = {.address = record->address, .offset = record->offset};
    int r = array_reserve(&thread->frames, &thread->capacity, thread->count + 1);
    if (r == 0)
        r = copy_text(stacks, record->symbol, &frame.symbol);
    if (r == 0)
        r = copy_text(stacks, record->module, &frame.module);
    if (r == 0)
        thread->frames[thread->count++] = frame;
    return r;
}

static int take_thread(struct user_stacks *stacks, const struct stack_record *record)
{
    struct user_stack *thread = open_thread(stacks);
    if (record->tid <= 0 || record->status < 0 || record->status >= STACK_END_COUNT)
        return -EBADMSG;
    if (!thread)
        return -ENOMEM;
    thread->tid = record->tid;
    thread->end = (enum stack_end)record->status;
    return copy_text(stacks, record->symbol, &thread->detail);
}

/* 1: there is more to come; 0: that was the last; or a negative errno. */
static int take_record(struct user_stacks *stacks, const struct stack_record *record)
{
    int r;
    switch (record->kind) {
    case STACK_RECORD_FRAME:
        r = take_frame(stacks, record);
        break;
    case STACK_RECORD_THREAD:
        r = take_thread(stacks, record);
        break;
    case STACK_RECORD_DONE:
        stacks->held_ns = record->address;
        stacks->left_out = (size_t)record->offset;
        return record->status < 0 ? record->status : 0;
    default:
        return -EBADMSG;
    }
    return r < 0 ? r : 1;
}

static int receive(int fd, struct user_stacks *stacks)
{
    uint64_t end_ns = clock_boot_ns() + TIMEOUT_NS, now_ns;
    while ((now_ns = clock_boot_ns()) < end_ns) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        struct stack_record record;
        if (poll(&readable, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1) <= 0)
            continue;
        ssize_t got = recv(fd, &record, sizeof(record), MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got != (ssize_t)sizeof(record))
            return -EIO;
        int r = take_record(stacks, &record);
        if (r <= 0)
            return r;
    }
    return -ETIMEDOUT;
}

int user_stacks_read(struct identity id, struct user_stacks *stacks)
{
    struct helper helper = HELPER_INIT;
    struct user_stacks got = {.id = id, .read_ns = clock_boot_ns()};
    if (!user_stacks_are_built())
        return -EOPNOTSUPP;
    int r = helper_start(HELPER_STACKS, user_stacks_serve, &id, -1, &helper);
    if (r == 0)
        r = receive(helper.fd, &got);
    helper_end(&helper);
    if (r < 0) {
        user_stacks_done(&got);
        return r;
    }
    user_stacks_done(stacks);
    *stacks = got;
    return 0;
}

const char *user_stacks_sentence(int error)
{
    switch (error) {
    case -EOPNOTSUPP:
        return _("this reaptop was built without elfutils' libdw, or for a processor whose "
                 "stacks it cannot follow");
    case -ELIBACC:
        return _("elfutils' libdw.so.1 is not installed here (Debian: libdw1)");
    case -ENOEXEC:
        return _("a kernel thread has no user-space stack: the Kernel pane has the kernel's");
    case -EACCES:
    case -EPERM:
        return stack_end_sentence(STACK_DENIED);
    case -ETIMEDOUT:
        return _("it took too long and was given up");
    case -EIO:
        return _("libdw could not read its files");
    default:
        return strerror(-error);
    }
}
