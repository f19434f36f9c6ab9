#include "reaptop/model/call.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "call_table.h"
#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/libc.h"
#include "reaptop/model/descriptor.h"
#include "reaptop/model/event.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/syscall_names.h"

enum {
    STRING_SHOWN = 48, /* bytes of a string or a buffer */
    WORDS_SHOWN = 8,   /* of an argv */
};

static const struct call_row *find_row(int64_t number)
{
    for (size_t i = 0; i < call_row_count; i++)
        if (call_rows[i].number == number)
            return &call_rows[i];
    return NULL;
}

/* ---- flags with names ---- */

struct flag {
    uint64_t bits;
    const char *name;
};

static const struct flag clone_flags[] = {
    {CLONE_VM, "CLONE_VM"},
    {CLONE_FS, "CLONE_FS"},
    {CLONE_FILES, "CLONE_FILES"},
    {CLONE_SIGHAND, "CLONE_SIGHAND"},
    {CLONE_VFORK, "CLONE_VFORK"},
    {CLONE_PARENT, "CLONE_PARENT"},
    {CLONE_THREAD, "CLONE_THREAD"},
    {CLONE_NEWNS, "CLONE_NEWNS"},
    {CLONE_SYSVSEM, "CLONE_SYSVSEM"},
    {CLONE_SETTLS, "CLONE_SETTLS"},
    {CLONE_PARENT_SETTID, "CLONE_PARENT_SETTID"},
    {CLONE_CHILD_CLEARTID, "CLONE_CHILD_CLEARTID"},
    {CLONE_CHILD_SETTID, "CLONE_CHILD_SETTID"},
    {CLONE_PIDFD, "CLONE_PIDFD"},
    {CLONE_NEWPID, "CLONE_NEWPID"},
    {CLONE_NEWUSER, "CLONE_NEWUSER"},
    {CLONE_NEWNET, "CLONE_NEWNET"},
    {CLONE_NEWIPC, "CLONE_NEWIPC"},
};

static const struct flag wait_flags[] = {
    {WNOHANG, "WNOHANG"},       {WUNTRACED, "WUNTRACED"}, {WEXITED, "WEXITED"},
    {WCONTINUED, "WCONTINUED"}, {WNOWAIT, "WNOWAIT"},     {__WALL, "__WALL"},
    {__WCLONE, "__WCLONE"},
};

static void append_flags(struct strbuf *out, uint64_t value, const struct flag *flags, size_t count,
                         const char *none)
{
    const char *separator = "";

    for (size_t i = 0; i < count; i++) {
        if ((value & flags[i].bits) != flags[i].bits)
            continue;
        strbuf_printf(out, "%s%s", separator, flags[i].name);
        value &= ~flags[i].bits;
        separator = "|";
    }
    if (value != 0)
        strbuf_printf(out, "%s0x%" PRIx64, separator, value);
    else if (!*separator)
        strbuf_puts(out, none);
}

/* O_RDONLY is 0 and goes without saying: the flags of pipe2(2) have no mode. */
static void append_open_flags(struct strbuf *out, uint32_t flags)
{
    unsigned position = 0;
    const char *flag = descriptor_flag_next(flags, &position), *separator = "";
    if ((flags & O_ACCMODE) == O_RDONLY)
        flag = descriptor_flag_next(flags, &position);
    if (!flag)
        strbuf_puts(out, "0");
    for (; flag; flag = descriptor_flag_next(flags, &position), separator = "|")
        strbuf_printf(out, "%s%s", separator, flag);
}

/* CLONE_* and, in the lowest byte of clone(2)'s, the signal that the parent gets. */
static void append_clone(struct strbuf *out, uint64_t flags, uint64_t signal)
{
    append_flags(out, flags, clone_flags, ELEMENTS(clone_flags), signal ? "" : "0");
    if (signal)
        strbuf_printf(out, "%sSIG%s", flags ? "|" : "", signal_name((int)signal));
}

/* ---- what lies in memory ---- */

static void append_quoted(struct strbuf *out, const char *bytes, size_t length, bool is_cut)
{
    strbuf_putc(out, '"');
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == '\n')
            strbuf_puts(out, "\\n");
        else if (bytes[i] == '"' || bytes[i] == '\\')
            strbuf_printf(out, "\\%c", bytes[i]);
        else if ((unsigned char)bytes[i] < ' ' || (unsigned char)bytes[i] >= 0x7f)
            strbuf_printf(out, "\\x%02x", (unsigned char)bytes[i]);
        else
            strbuf_putc(out, bytes[i]);
    strbuf_puts(out, is_cut ? "\"..." : "\"");
}

static void append_string(struct strbuf *out, const struct call_memory *memory, uint64_t address)
{
    char bytes[STRING_SHOWN + 1];
    size_t got = call_memory_read(memory, address, bytes, sizeof(bytes));

    if (got == 0) {
        strbuf_printf(out, address ? "0x%" PRIx64 : "NULL", address);
        return;
    }
    size_t length = strnlen(bytes, got);
    append_quoted(out, bytes, length < STRING_SHOWN ? length : STRING_SHOWN, length > STRING_SHOWN);
}

static void append_bytes(struct strbuf *out, const struct call_memory *memory, uint64_t address,
                         int64_t count)
{
    char bytes[STRING_SHOWN];
    size_t wanted = count < 0 ? 0 : count < STRING_SHOWN ? (size_t)count : STRING_SHOWN;
    size_t got = call_memory_read(memory, address, bytes, wanted);

    if (got < wanted)
        strbuf_printf(out, "0x%" PRIx64, address);
    else
        append_quoted(out, bytes, got, count > STRING_SHOWN);
}

static void append_words(struct strbuf *out, const struct call_memory *memory, uint64_t address)
{
    uint64_t word = 0;

    strbuf_putc(out, '[');
    for (size_t i = 0; call_memory_read(memory, address + i * sizeof(word), &word, sizeof(word)) ==
                           sizeof(word) &&
                       word != 0;
         i++) {
        strbuf_puts(out, i > 0 ? ", " : "");
        if (i == WORDS_SHOWN) {
            strbuf_puts(out, "...");
            break;
        }
        append_string(out, memory, word);
    }
    strbuf_putc(out, ']');
}

static void append_set(struct strbuf *out, const struct call_memory *memory, uint64_t address)
{
    uint64_t set = 0;
    const char *separator = "[";

    if (call_memory_read(memory, address, &set, sizeof(set)) != sizeof(set)) {
        strbuf_printf(out, address ? "0x%" PRIx64 : "NULL", address);
        return;
    }
    bool is_most = __builtin_popcountll(set) > SIGNAL_MAX / 2;
    if (is_most)
        separator = "~[";
    for (int number = 1; number <= SIGNAL_MAX; number++)
        if (((set >> (number - 1)) & 1) != is_most) {
            strbuf_printf(out, "%s%s", separator, signal_name(number));
            separator = " ";
        }
    strbuf_puts(out, *separator == ' ' ? "]" : is_most ? "~[]" : "[]");
}

/* The kernel's own struct sigaction begins with the handler on every machine. */
static void append_action(struct strbuf *out, const struct call_memory *memory, uint64_t address)
{
    uint64_t handler = 0;

    if (call_memory_read(memory, address, &handler, sizeof(handler)) != sizeof(handler))
        strbuf_printf(out, address ? "0x%" PRIx64 : "NULL", address);
    else if (handler == (uint64_t)(uintptr_t)SIG_DFL)
        strbuf_puts(out, "{SIG_DFL}");
    else if (handler == (uint64_t)(uintptr_t)SIG_IGN)
        strbuf_puts(out, "{SIG_IGN}");
    else
        strbuf_printf(out, "{0x%" PRIx64 "}", handler);
}

static void append_time(struct strbuf *out, const struct call_memory *memory, uint64_t address)
{
    int64_t time[2];

    if (call_memory_read(memory, address, time, sizeof(time)) == sizeof(time))
        strbuf_printf(out, "%" PRId64 ".%09" PRId64 " s", time[0], time[1]);
    else
        strbuf_printf(out, address ? "0x%" PRIx64 : "NULL", address);
}

static void append_descriptor(struct strbuf *out, const struct call_memory *memory, int fd)
{
    char name[64];

    strbuf_printf(out, "%d", fd);
    if (memory && memory->descriptor && fd >= 0 &&
        memory->descriptor(memory->context, fd, name, sizeof(name)) &&
        (strncmp(name, "pipe:", 5) == 0 || strncmp(name, "socket:", 7) == 0))
        strbuf_printf(out, "<%s>", name);
}

static void append_futex(struct strbuf *out, uint64_t op)
{
    static const char *const names[] = {
        "FUTEX_WAIT",        "FUTEX_WAKE",        "FUTEX_FD",         "FUTEX_REQUEUE",
        "FUTEX_CMP_REQUEUE", "FUTEX_WAKE_OP",     "FUTEX_LOCK_PI",    "FUTEX_UNLOCK_PI",
        "FUTEX_TRYLOCK_PI",  "FUTEX_WAIT_BITSET", "FUTEX_WAKE_BITSET"};
    uint64_t command = op & (uint64_t)(int64_t)FUTEX_CMD_MASK;

    if (command < ELEMENTS(names))
        strbuf_printf(out, "%s%s", names[command], op & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "");
    else
        strbuf_printf(out, "0x%" PRIx64, op);
}

static void append_name(struct strbuf *out, uint64_t value, const struct flag *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].bits == value) {
            strbuf_puts(out, names[i].name);
            return;
        }
    strbuf_printf(out, "%" PRIu64, value);
}

/* ---- the arguments ---- */

static bool is_filled(char kind)
{
    return kind && strchr("PwBIo", kind);
}

static void append_filled(struct strbuf *out, const struct call *call, char kind, uint64_t value,
                          const struct call_memory *memory)
{
    int pair[2], status;

    if (kind == 'P' && call->result == 0 &&
        call_memory_read(memory, value, pair, sizeof(pair)) == sizeof(pair)) {
        strbuf_printf(out, "[%d, %d]", pair[0], pair[1]);
    } else if (kind == 'w' && call->result > 0 &&
               call_memory_read(memory, value, &status, sizeof(status)) == sizeof(status)) {
        strbuf_puts(out, "{");
        exit_status_describe(status, out);
        strbuf_puts(out, "}");
    } else if (kind == 'B' && call->result >= 0) {
        append_bytes(out, memory, value, call->result);
    } else {
        strbuf_printf(out, value ? "0x%" PRIx64 : "NULL", value);
    }
}

static void append_number(struct strbuf *out, char kind, uint64_t value,
                          const struct call_memory *memory)
{
    static const struct flag idtypes[] = {
        {P_ALL, "P_ALL"}, {P_PID, "P_PID"}, {P_PGID, "P_PGID"}, {3, "P_PIDFD"}};
    static const struct flag hows[] = {
        {SIG_BLOCK, "SIG_BLOCK"}, {SIG_UNBLOCK, "SIG_UNBLOCK"}, {SIG_SETMASK, "SIG_SETMASK"}};
    static const struct flag commands[] = {
        {F_DUPFD, "F_DUPFD"}, {F_GETFD, "F_GETFD"}, {F_SETFD, "F_SETFD"},
        {F_GETFL, "F_GETFL"}, {F_SETFL, "F_SETFL"}, {F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC"}};
    int32_t number = (int32_t)(uint32_t)value;

    switch (kind) {
    case 'f':
        append_descriptor(out, memory, number);
        break;
    case 'd':
        if (number == AT_FDCWD)
            strbuf_puts(out, "AT_FDCWD");
        else
            append_descriptor(out, memory, number);
        break;
    case 'S':
        strbuf_printf(out, number ? "SIG%s" : "%s", number ? signal_name(number) : "0");
        break;
    case 'O':
        append_open_flags(out, (uint32_t)value);
        break;
    case 'C':
        append_clone(out, value & ~UINT64_C(0xff), value & 0xff);
        break;
    case 'W':
        append_flags(out, value, wait_flags, ELEMENTS(wait_flags), "0");
        break;
    case 'F':
        append_futex(out, value);
        break;
    case 't':
        append_name(out, value, idtypes, ELEMENTS(idtypes));
        break;
    case 'H':
        append_name(out, value, hows, ELEMENTS(hows));
        break;
    case 'k':
        append_name(out, value, commands, ELEMENTS(commands));
        break;
    case 'u':
    case 'z':
        strbuf_printf(out, "%" PRIu64, value);
        break;
    case 'x':
        strbuf_printf(out, "0x%" PRIx64, value);
        break;
    default:
        strbuf_printf(out, "%d", number);
        break;
    }
}

static void append_argument(struct strbuf *out, const struct call *call, const char *kind, size_t i,
                            const struct call_memory *memory)
{
    uint64_t value = call->arguments[i], args[8] = {0};

    switch (*kind) {
    case 's':
        append_string(out, memory, value);
        break;
    case 'v':
        append_words(out, memory, value);
        break;
    case 'e':
        strbuf_puts(out, value ? "envp" : "NULL");
        break;
    case 'b':
        append_bytes(out, memory, value, (int64_t)call->arguments[i + 1]);
        break;
    case 'g':
        append_set(out, memory, value);
        break;
    case 'A':
        append_action(out, memory, value);
        break;
    case 'T':
        append_time(out, memory, value);
        break;
    case 'G': /* struct clone_args: flags first, exit_signal fifth */
        if (call_memory_read(memory, value, args, sizeof(args)) == sizeof(args)) {
            strbuf_puts(out, "{");
            append_clone(out, args[0], args[4]);
            strbuf_puts(out, "}");
            break;
        }
        __attribute__((fallthrough));
    case 'a':
        strbuf_printf(out, value ? "0x%" PRIx64 : "NULL", value);
        break;
    default:
        append_number(out, *kind, value, memory);
        break;
    }
}

static const char *shape_of(const struct call *call)
{
    const struct call_row *row = find_row(call->number);

    return row ? row->shape : "xxxxxx";
}

/* Arguments up to the first that the kernel fills: they belong to the entry. */
static size_t entry_arguments(const char *shape)
{
    size_t count = 0;

    while (shape[count] && !is_filled(shape[count]))
        count++;
    return count;
}

void call_append_entry(struct strbuf *out, const struct call *call,
                       const struct call_memory *memory)
{
    const char *shape = shape_of(call), *name = syscall_name(call->number);
    size_t count = entry_arguments(shape);

    if (name)
        strbuf_printf(out, "%s(", name);
    else
        strbuf_printf(out, "syscall_%" PRId64 "(", call->number);
    for (size_t i = 0; i < count; i++) {
        strbuf_puts(out, i > 0 ? ", " : "");
        append_argument(out, call, &shape[i], i, memory);
    }
    if (call_is_final(call))
        strbuf_putc(out, ')');
}

void call_append_return(struct strbuf *out, const struct call *call,
                        const struct call_memory *memory)
{
    const char *shape = shape_of(call);

    for (size_t i = entry_arguments(shape); shape[i]; i++) {
        strbuf_puts(out, i > 0 ? ", " : "");
        if (is_filled(shape[i]))
            append_filled(out, call, shape[i], call->arguments[i], memory);
        else
            append_argument(out, call, &shape[i], i, memory);
    }
    strbuf_putc(out, ')');
}

static bool is_failure(const struct call *call)
{
    return call->result < 0 && call->result >= -CALL_ERRNO_MAX;
}

/* ERESTARTSYS and the like (include/linux/errno.h): a signal came, and the call may begin again. */
static bool is_restart(const struct call *call)
{
    return (call->result <= -512 && call->result >= -514) || call->result == -516;
}

void call_append_result(struct strbuf *out, const struct call *call)
{
    const char *name;

    if (is_restart(call)) {
        strbuf_puts(out, "?");
    } else if (is_failure(call)) {
        name = libc_errno_name((int)-call->result);
        strbuf_printf(out, "-1 %s", name ? name : "errno");
    } else if (call->result > UINT32_MAX) {
        strbuf_printf(out, "0x%" PRIx64, (uint64_t)call->result);
    } else {
        strbuf_printf(out, "%" PRId64, call->result);
    }
}

/* Puts the call's numbers where `text` has {0} … {5} and {r}. */
static void append_template(struct strbuf *out, const char *text, const struct call *call)
{
    for (const char *at = text; *at; at++) {
        if (at[0] != '{' || !at[1] || at[2] != '}') {
            strbuf_putc(out, *at);
            continue;
        }
        int64_t value = at[1] == 'r' ? call->result : (int32_t)call->arguments[(at[1] - '0') % 6];
        strbuf_printf(out, "%" PRId64, value);
        at += 2;
    }
}

void call_append_words(struct strbuf *out, const struct call *call,
                       const struct call_memory *memory)
{
    const struct call_row *row = find_row(call->number);

    if (is_restart(call))
        strbuf_puts(out, _("a signal interrupted it"));
    else if (call->result == -ECHILD)
        strbuf_puts(out, _("it has no child to wait for"));
    else if (is_failure(call))
        strbuf_puts(out, strerror((int)-call->result));
    else if (row && row->words)
        row->words(out, call, memory);
    else if (row && row->done)
        append_template(out, _(row->done), call);
}

bool call_is_final(const struct call *call)
{
    return call->number == SYS_exit || call->number == SYS_exit_group ||
           call->number == SYS_rt_sigreturn;
}

bool call_is_of_life(const struct call *call, const struct call_memory *memory)
{
    const struct call_row *row = find_row(call->number);
    char name[64];

    if (!row || !row->is_join)
        return row && row->is_life;
    return memory && memory->descriptor &&
           memory->descriptor(memory->context, (int)call->arguments[0], name, sizeof(name)) &&
           (strncmp(name, "pipe:", 5) == 0 || strncmp(name, "socket:", 7) == 0);
}
