#include "reaptop/source/parse_trace.h"

#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"

enum {
    LINE_MAX_BYTES = 512,
    SIGNALS_MAX = 64
};

#define MARK " signal_generate: sig="

/* ---- what the numbers mean ---- */

struct code_word {
    int signal; /* 0: any */
    int code;
    const char *word;
};

/* sigaction(2), si_code. */
static const struct code_word code_words[] = {
    {0, SI_USER, "kill(2)"},
    {0, SI_KERNEL, N_("by the kernel")},
    {0, SI_QUEUE, "sigqueue(3)"},
    {0, SI_TIMER, N_("a timer")},
    {0, SI_MESGQ, N_("a message queue")},
    {0, SI_ASYNCIO, N_("asynchronous I/O")},
    {0, SI_SIGIO, "SIGIO"},
    {0, SI_TKILL, "tgkill(2)"},
    {SIGCHLD, CLD_EXITED, N_("its child exited")},
    {SIGCHLD, CLD_KILLED, N_("its child was killed")},
    {SIGCHLD, CLD_DUMPED, N_("its child dumped core")},
    {SIGCHLD, CLD_TRAPPED, N_("its child was trapped")},
    {SIGCHLD, CLD_STOPPED, N_("its child stopped")},
    {SIGCHLD, CLD_CONTINUED, N_("its child continued")},
    {SIGSEGV, SEGV_MAPERR, N_("an address that is not mapped")},
    {SIGSEGV, SEGV_ACCERR, N_("an access that is not allowed")},
    {SIGBUS, BUS_ADRALN, N_("an unaligned address")},
    {SIGBUS, BUS_ADRERR, N_("an address behind the file's end")},
    {SIGFPE, FPE_INTDIV, N_("a division by zero")},
    {SIGFPE, FPE_INTOVF, N_("an integer overflow")},
    {SIGFPE, FPE_FLTDIV, N_("a floating-point division by zero")},
    {SIGILL, ILL_ILLOPC, N_("an illegal instruction")},
    {SIGILL, ILL_ILLOPN, N_("an illegal operand")},
    {SIGTRAP, TRAP_BRKPT, N_("a breakpoint")},
    {SIGTRAP, TRAP_TRACE, N_("a trace trap")},
};

/* include/trace/events/signal.h of the kernel */
static const char *const result_words[] = {
    N_("delivered"),
    N_("ignored"),
    N_("already pending"),
    N_("the queue was full"),
    N_("delivered without its details"),
};

static void describe(struct event *event, int code, int result)
{
    char number[24];
    (void)snprintf(number, sizeof(number), "si_code %d", code);
    const char *word = number;
    for (size_t i = 0; i < ELEMENTS(code_words); i++)
        if (code_words[i].code == code &&
            (code_words[i].signal == 0 || code_words[i].signal == event->signal))
            word = _(code_words[i].word);
    (void)snprintf(event->detail, sizeof(event->detail), "%s, %s", word, _(result_words[result]));
}

/* ---- the line ---- */

/* The number behind `key`, which must be there; false where it is none. */
static bool take_number(const char **at, const char *key, int64_t least, int64_t most,
                        int64_t *ret_value)
{
    size_t length = strlen(key);
    if (strncmp(*at, key, length) != 0)
        return false;
    char digits[24];
    const char *begin = *at + length;
    size_t count = strcspn(begin, " \n");
    if (count == 0 || count >= sizeof(digits))
        return false;
    memcpy(digits, begin, count);
    digits[count] = '\0';
    *at = begin + count;
    return number_parse(digits, least, most, ret_value) == 0;
}

static const char *last_of(const char *text, const char *needle)
{
    const char *last = NULL;
    for (const char *at = strstr(text, needle); at; at = strstr(at + 1, needle))
        last = at;
    return last;
}

/* "7789.940516", of CLOCK_BOOTTIME, behind the flags: nanoseconds, 0 where it is none. */
static uint64_t take_time(const char *from)
{
    unsigned long long seconds;
    unsigned micro;
    const char *blank = strrchr(from, ' ');
    if (!blank || sscanf(blank, " %12llu.%6u:", &seconds, &micro) != 2)
        return 0;
    return (uint64_t)seconds * 1000000000 + (uint64_t)micro * 1000;
}

/* "  bash-31888   [001] dN.2.  7789.940516:" */
static bool take_sender(char *prefix, struct event *event)
{
    char *bracket = strrchr(prefix, '[');
    if (!bracket)
        return false;
    event->mono_ns = take_time(bracket);
    *bracket = '\0';
    char *dash = strrchr(prefix, '-');
    int64_t pid;
    if (!dash)
        return false;
    const char *at = dash;
    if (!take_number(&at, "-", 0, INT_MAX, &pid))
        return false;
    event->sender = (pid_t)pid;
    return true;
}

static bool take_signal(const char *at, struct event *event)
{
    int64_t signal, number, code, pid, group, result;
    if (!take_number(&at, "sig=", 1, SIGNALS_MAX, &signal) ||
        !take_number(&at, " errno=", INT_MIN, INT_MAX, &number) ||
        !take_number(&at, " code=", INT_MIN, INT_MAX, &code) || strncmp(at, " comm=", 6) != 0)
        return false;
    const char *comm = at + 6, *end = last_of(comm, " pid=");
    if (!end || end - comm >= EVENT_COMM_SIZE)
        return false;
    at = end;
    if (!take_number(&at, " pid=", 1, INT_MAX, &pid) || !take_number(&at, " grp=", 0, 1, &group) ||
        !take_number(&at, " res=", 0, (int64_t)ELEMENTS(result_words) - 1, &result))
        return false;
    event->signal = (int32_t)signal;
    event->id.pid = (pid_t)pid;
    memcpy(event->comm, comm, (size_t)(end - comm));
    describe(event, (int)code, (int)result);
    return true;
}

static int take_loss(const char *text, struct event *event)
{
    const char *at = strstr(text, "[LOST ");
    int64_t count;
    if (strncmp(text, "CPU:", 4) != 0 || !at || !take_number(&at, "[LOST ", 1, INT64_MAX, &count))
        return 0;
    event->kind = EVENT_LOST;
    event->count = (uint64_t)count;
    return 1;
}

int parse_trace_line(const char *line, size_t length, struct event *ret_event)
{
    char text[LINE_MAX_BYTES];
    if (length >= sizeof(text) || memchr(line, '\0', length))
        return 0;
    memcpy(text, line, length);
    text[length] = '\0';

    struct event event = {
        .kind = EVENT_SIGNAL, .source = EVENT_FROM_TRACE, .exit_status = EXIT_UNKNOWN};
    char *mark = strstr(text, MARK);
    if (!mark) {
        int r = take_loss(text, &event);
        if (r > 0)
            *ret_event = event;
        return r;
    }
    *mark = '\0';
    if (!take_sender(text, &event) || !take_signal(mark + strlen(MARK) - strlen("sig="), &event))
        return 0;
    *ret_event = event;
    return 1;
}
