#include "reaptop/model/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"

/* signal(7), "Standard signals"; in the order of x86's numbers. */
static const struct signal_info standard[] = {
    {SIGHUP, "HUP", SIGNAL_TERMINATES,
     N_("terminal hung up; daemons: read the configuration again")},
    {SIGINT, "INT", SIGNAL_TERMINATES, N_("interrupt from the keyboard (Ctrl-C)")},
    {SIGQUIT, "QUIT", SIGNAL_DUMPS_CORE, N_("quit from the keyboard (Ctrl-\\)")},
    {SIGILL, "ILL", SIGNAL_DUMPS_CORE, N_("illegal instruction")},
    {SIGTRAP, "TRAP", SIGNAL_DUMPS_CORE, N_("trace or breakpoint trap")},
    {SIGABRT, "ABRT", SIGNAL_DUMPS_CORE, N_("abort(3) was called")},
    {SIGBUS, "BUS", SIGNAL_DUMPS_CORE, N_("bus error: memory not backed, misaligned, broken")},
    {SIGFPE, "FPE", SIGNAL_DUMPS_CORE, N_("arithmetic error, such as division by zero")},
    {SIGKILL, "KILL", SIGNAL_TERMINATES, N_("end at once; cannot be caught, blocked or ignored")},
    {SIGUSR1, "USR1", SIGNAL_TERMINATES, N_("for the program's own use")},
    {SIGSEGV, "SEGV", SIGNAL_DUMPS_CORE, N_("invalid memory reference")},
    {SIGUSR2, "USR2", SIGNAL_TERMINATES, N_("for the program's own use")},
    {SIGPIPE, "PIPE", SIGNAL_TERMINATES, N_("write to a pipe or socket that nobody reads")},
    {SIGALRM, "ALRM", SIGNAL_TERMINATES, N_("timer of alarm(2) ran out")},
    {SIGTERM, "TERM", SIGNAL_TERMINATES, N_("polite request to end")},
#ifdef SIGSTKFLT
    {SIGSTKFLT, "STKFLT", SIGNAL_TERMINATES, N_("coprocessor stack fault (unused)")},
#endif
    {SIGCHLD, "CHLD", SIGNAL_IS_IGNORED, N_("a child ended, stopped or continued")},
    {SIGCONT, "CONT", SIGNAL_CONTINUES, N_("continue if stopped")},
    {SIGSTOP, "STOP", SIGNAL_STOPS, N_("stop; cannot be caught, blocked or ignored")},
    {SIGTSTP, "TSTP", SIGNAL_STOPS, N_("stop from the keyboard (Ctrl-Z)")},
    {SIGTTIN, "TTIN", SIGNAL_STOPS, N_("background process reads from its terminal")},
    {SIGTTOU, "TTOU", SIGNAL_STOPS, N_("background process writes to its terminal")},
    {SIGURG, "URG", SIGNAL_IS_IGNORED, N_("urgent data on a socket")},
    {SIGXCPU, "XCPU", SIGNAL_DUMPS_CORE, N_("CPU time limit exceeded")},
    {SIGXFSZ, "XFSZ", SIGNAL_DUMPS_CORE, N_("file size limit exceeded")},
    {SIGVTALRM, "VTALRM", SIGNAL_TERMINATES, N_("virtual timer ran out (user CPU time)")},
    {SIGPROF, "PROF", SIGNAL_TERMINATES, N_("profiling timer ran out (all CPU time)")},
    {SIGWINCH, "WINCH", SIGNAL_IS_IGNORED, N_("the terminal's window changed its size")},
    {SIGIO, "IO", SIGNAL_TERMINATES, N_("input or output is possible now")},
    {SIGPWR, "PWR", SIGNAL_TERMINATES, N_("power failure")},
    {SIGSYS, "SYS", SIGNAL_DUMPS_CORE, N_("bad or forbidden system call (seccomp)")},
};

static const struct {
    const char *name;
    int number;
} aliases[] = {
    {"CLD", SIGCHLD},
    {"IOT", SIGABRT},
    {"POLL", SIGIO},
    {"UNUSED", SIGSYS},
};

enum {
    FEW = 8 /* missing from a set: shorter to say than what is in it */
};

static struct signal_info table[SIGNAL_MAX];
static size_t table_count;
static const struct signal_info *by_number[SIGNAL_MAX + 1];

const struct signal_info *const signals = table;

/* Named from the nearer end, as kill -l does: RTMIN+1 … RTMIN+15, RTMAX-14 … RTMAX. */
static struct signal_info real_time(int number, int first, int last)
{
    struct signal_info info = {
        .number = number,
        .action = SIGNAL_TERMINATES,
        .meaning = N_("real-time: queued, in order, and may carry a value"),
    };
    int up = number - first;
    int down = last - number;
    if (up == 0)
        (void)snprintf(info.name, sizeof(info.name), "RTMIN");
    else if (down == 0)
        (void)snprintf(info.name, sizeof(info.name), "RTMAX");
    else if (up <= down)
        (void)snprintf(info.name, sizeof(info.name), "RTMIN+%d", up % SIGNAL_MAX);
    else
        (void)snprintf(info.name, sizeof(info.name), "RTMAX-%d", down % SIGNAL_MAX);
    return info;
}

static const struct signal_info *find_standard(int number)
{
    for (size_t i = 0; i < ELEMENTS(standard); i++)
        if (standard[i].number == number)
            return &standard[i];
    return NULL;
}

/* SIGRTMIN is known only when the program runs: the C library keeps some for itself. */
__attribute__((constructor)) static void fill_table(void)
{
    int first = SIGRTMIN;
    int last = SIGRTMAX < SIGNAL_MAX ? SIGRTMAX : SIGNAL_MAX;
    for (int number = 1; number <= last; number++) {
        const struct signal_info *named = find_standard(number);
        if (named)
            table[table_count] = *named;
        else if (number >= first)
            table[table_count] = real_time(number, first, last);
        else
            continue;
        by_number[number] = &table[table_count++];
    }
}

size_t signals_count(void)
{
    return table_count;
}

const struct signal_info *signal_find(int number)
{
    return number >= 1 && number <= SIGNAL_MAX ? by_number[number] : NULL;
}

enum signal_action signal_default_action(int number)
{
    const struct signal_info *info = signal_find(number);
    return info ? info->action : SIGNAL_IS_IGNORED;
}

const char *signal_name(int number)
{
    static _Thread_local char digits[SIGNAL_NAME_SIZE];
    const struct signal_info *info = signal_find(number);
    if (info)
        return info->name;
    (void)snprintf(digits, sizeof(digits), "%d", number);
    return digits;
}

static int known_number(int64_t number)
{
    return number <= SIGNAL_MAX && signal_find((int)number) ? (int)number : -EINVAL;
}

/* "RTMIN", "RTMIN+3" (sign '+') or "RTMAX", "RTMAX-1" (sign '-'). */
static int real_time_from_text(const char *text)
{
    bool is_up = strncasecmp(text, "RTMIN", 5) == 0;
    if (!is_up && strncasecmp(text, "RTMAX", 5) != 0)
        return -EINVAL;

    int64_t offset = 0;
    if (text[5] != '\0') {
        if (text[5] != (is_up ? '+' : '-') || text[6] == '-' ||
            number_parse(text + 6, 0, SIGRTMAX - SIGRTMIN, &offset) < 0)
            return -EINVAL;
    }
    return known_number(is_up ? SIGRTMIN + offset : SIGRTMAX - offset);
}

int signal_from_text(const char *text)
{
    int64_t number;
    int r = number_parse(text, 1, SIGNAL_MAX, &number);
    if (r == 0)
        return known_number(number);
    if (r == -ERANGE)
        return -EINVAL;

    const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    for (size_t i = 0; i < table_count; i++)
        if (strcasecmp(table[i].name, name) == 0)
            return table[i].number;
    for (size_t i = 0; i < ELEMENTS(aliases); i++)
        if (strcasecmp(aliases[i].name, name) == 0)
            return aliases[i].number;
    return real_time_from_text(name);
}

const char *signal_action_word(enum signal_action action)
{
    static const char *const words[] = {
        [SIGNAL_TERMINATES] = N_("terminate"), [SIGNAL_DUMPS_CORE] = N_("core"),
        [SIGNAL_STOPS] = N_("stop"),           [SIGNAL_CONTINUES] = N_("continue"),
        [SIGNAL_IS_IGNORED] = N_("ignore"),
    };
    return _(words[action]);
}

const char *signal_action_key(enum signal_action action)
{
    static const char *const keys[] = {
        [SIGNAL_TERMINATES] = "terminate", [SIGNAL_DUMPS_CORE] = "core",   [SIGNAL_STOPS] = "stop",
        [SIGNAL_CONTINUES] = "continue",   [SIGNAL_IS_IGNORED] = "ignore",
    };
    return keys[action];
}

void signal_set_append(signal_set set, struct strbuf *out)
{
    const char *separator = "";
    for (int number = 1; number <= SIGNAL_MAX; number++) {
        if (!signal_set_has(set, number))
            continue;
        strbuf_printf(out, "%s%s", separator, signal_name(number));
        separator = " ";
    }
}

/* Those that have a name here; what the C library keeps for itself does not count. */
static signal_set every_signal(void)
{
    signal_set all = 0;
    for (size_t i = 0; i < table_count; i++)
        all |= signal_bit(table[i].number);
    return all;
}

void signal_set_describe(signal_set set, struct strbuf *out)
{
    const signal_set missing = every_signal() & ~set;
    if (missing == 0) {
        strbuf_puts(out, _("all"));
    } else if (__builtin_popcountll(missing) <= FEW) {
        strbuf_puts(out, _("all but "));
        signal_set_append(missing, out);
    } else {
        signal_set_append(set, out);
    }
}
