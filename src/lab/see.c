#include "bench.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/libc.h"
#include "reaptop/model/access.h"
#include "session.h"

enum {
    STEADY_LOOKS = 3
};

static void report(struct bench *bench, unsigned sight, enum lab_result result, const char *text)
{
    struct lab_message message = {
        .kind = LAB_SIGHT,
        .step = bench->step,
        .sight = sight,
        .result = result,
    };

    if (sight >= lab_sight_count(&bench->experiment->steps[bench->step]))
        abort();
    bench->sights[sight] = result;
    (void)snprintf(message.text, sizeof(message.text), "%s", text);
    bench_send(bench, &message);
}

/*
 * A number that could not be read is INT64_MIN (observe.h): no evidence shows it
 * as if it had been.
 */
static void hide_unknown(char *text)
{
    static const char *const unknown[] = {"-9223372036854775808", "0x8000000000000000"};

    for (size_t i = 0; i < ELEMENTS(unknown); i++)
        for (char *at = text; (at = strstr(at, unknown[i]));) {
            size_t length = strlen(unknown[i]);
            *at++ = '?';
            memmove(at, at + length - 1, strlen(at + length - 1) + 1);
        }
}

/* The file of the machine that the sight is read from is not there: true, and its path. */
static bool lacks_source(const struct bench *bench, unsigned sight, char *ret_path, size_t size)
{
    const char *source = bench->experiment->steps[bench->step].sees[sight].source;
    size_t length = source ? strcspn(source, " ,:(") : 0;

    (void)snprintf(ret_path, size, "%.*s", (int)length, length > 0 ? source : "");
    return strncmp(ret_path, "/proc/", 6) == 0 && !strstr(ret_path, "PID") &&
           !strstr(ret_path, "TID") && access(ret_path, F_OK) < 0 && errno == ENOENT;
}

/* Does the table say of the sight that a process reports it of itself? */
static bool is_marked_own_words(const struct bench *bench, unsigned sight)
{
    return strstr(bench->experiment->steps[bench->step].sees[sight].source,
                  "the process itself reports") != NULL;
}

/* Nothing counts as seen whose kind of evidence is another than the table tells the reader. */
__attribute__((format(printf, 5, 0))) static bool see_evidence(struct bench *bench, unsigned sight,
                                                               bool seen, bool is_own_words,
                                                               const char *format,
                                                               va_list arguments)
{
    char text[LAB_TEXT_SIZE], path[64];

    if (!seen && lacks_source(bench, sight, path, sizeof(path))) {
        see_skipped(bench, sight, _("there is no %s here (proc(5), subset=pid)"), path);
        return false;
    }
    (void)vsnprintf(text, sizeof(text), format, arguments);
    hide_unknown(text);
    if (seen && is_own_words != is_marked_own_words(bench, sight)) {
        seen = false;
        (void)snprintf(text, sizeof(text), "%s",
                       is_own_words ? _("a process says it of itself, and that is not marked")
                                    : _("it is marked as a process's own words, and is not"));
    }
    report(bench, sight, seen ? LAB_SEEN : LAB_NOT_SEEN, text);
    return seen;
}

bool see(struct bench *bench, unsigned sight, bool seen, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    seen = see_evidence(bench, sight, seen, false, format, arguments);
    va_end(arguments);
    return seen;
}

bool see_own_words(struct bench *bench, unsigned sight, bool seen, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    seen = see_evidence(bench, sight, seen, true, format, arguments);
    va_end(arguments);
    return seen;
}

void see_skipped(struct bench *bench, unsigned sight, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(bench->missing, sizeof(bench->missing), format, arguments);
    va_end(arguments);
    report(bench, sight, LAB_SKIPPED, bench->missing);
}

bool see_lacking(struct bench *bench, unsigned count, const char *why_not)
{
    for (unsigned i = 0; i < count && why_not[0]; i++)
        see_skipped(bench, i, "%s", why_not);
    return why_not[0] != '\0';
}

void see_no_directory(struct bench *bench, unsigned sights)
{
    for (unsigned i = 0; i < sights; i++)
        see_skipped(bench, i, _("the directory %s cannot be made: %s"), bench->shared->directory,
                    strerror(bench->directory_errno));
}

bool bench_set_nice_0(struct bench *bench, pid_t pid, unsigned sights)
{
    (void)setpriority(PRIO_PROCESS, (id_t)pid, 0);
    int nice = getpriority(PRIO_PROCESS, (id_t)pid);
    for (unsigned i = 0; nice != 0 && i < sights; i++)
        see_skipped(bench, i, _("reaptop was started at nice %d: shares are compared from nice 0"),
                    nice);
    return nice == 0;
}

static bool state_is(pid_t pid, const char *letters)
{
    char state = observe_state(pid);
    return state && strchr(letters, state);
}

/* How often it went to sleep; the dead have no such count any more and need none. */
static int64_t sleeps_of(pid_t pid, const char *letters)
{
    return strchr(letters, 'R') ? 0 : observe_number(pid, "status", "voluntary_ctxt_switches");
}

static bool state_stays(struct bench *bench, pid_t pid, const char *letters)
{
    int64_t sleeps = sleeps_of(pid, letters);

    for (unsigned look = 0; look < STEADY_LOOKS; look++) {
        if (!state_is(pid, letters))
            return false;
        (void)bench_poll(bench, 1, NULL);
    }
    return state_is(pid, letters) && sleeps_of(pid, letters) == sleeps;
}

bool see_state(struct bench *bench, unsigned sight, pid_t pid, const char *letters)
{
    char text[128];
    bool seen = until(bench, state_stays(bench, pid, letters));

    observe_stat_text(pid, text, sizeof(text));
    return see(bench, sight, seen, "/proc/%d/stat: %s", pid, text[0] ? text : _("(no such file)"));
}

bool see_stat(struct bench *bench, unsigned sight, pid_t pid, int number, int64_t value)
{
    int64_t found = 0;
    bool seen = until(bench, (found = observe_stat(pid, number)) == value);

    return see(bench, sight, seen, _("/proc/%d/stat field %d: %" PRId64), pid, number, found);
}

bool see_parent(struct bench *bench, unsigned sight, pid_t pid, pid_t parent)
{
    char text[128];
    bool seen = until(bench, observe_stat(pid, 4) == parent);

    observe_stat_text(pid, text, sizeof(text));
    return see(bench, sight, seen, "/proc/%d/stat: %s", pid, text[0] ? text : _("(no such file)"));
}

bool see_killed(struct bench *bench, unsigned sight, pid_t pid, int number)
{
    int status = 0;

    if (bench_reap(bench, pid, &status) <= 0)
        return see(bench, sight, false, _("waitpid(%d): not reaped"), pid);
    if (!WIFSIGNALED(status))
        return see(bench, sight, false, _("waitpid(%d): exit status %d"), pid, WEXITSTATUS(status));
    return see(bench, sight, WTERMSIG(status) == number,
               _("waitpid(%d): ended by SIG%s, signal %d"), pid, signal_name(WTERMSIG(status)),
               WTERMSIG(status));
}

bool see_gone(struct bench *bench, unsigned sight, pid_t pid)
{
    char text[128];
    bool seen = pid > 0 && until(bench, observe_state(pid) == '\0');

    observe_stat_text(pid, text, sizeof(text));
    return see(bench, sight, seen, "/proc/%d: %s", pid,
               seen ? _("No such file or directory") : text);
}

bool bench_is_asleep(struct bench *bench, pid_t pid, const char *functions, long syscall_number,
                     char *ret_text, size_t size)
{
    int64_t sleeps = sleeps_of(pid, "S");

    if (!observe_is_in(pid, functions, syscall_number, ret_text, size))
        return false;
    (void)bench_poll(bench, 1, NULL);
    return observe_is_in(pid, functions, syscall_number, ret_text, size) &&
           sleeps_of(pid, "S") == sleeps;
}

bool see_sleep(struct bench *bench, unsigned sight, pid_t pid, const char *functions,
               long syscall_number)
{
    char text[256] = "";
    bool seen =
        until(bench, bench_is_asleep(bench, pid, functions, syscall_number, text, sizeof(text)));

    return see(bench, sight, seen, "%s", text[0] ? text : _("it does not sleep"));
}

static bool mask_is(pid_t pid, const char *key, signal_set present, signal_set absent)
{
    signal_set set;

    return observe_signals(pid, key, &set) && (set & present) == present && (set & absent) == 0;
}

static void append_signals(char *text, size_t size, signal_set set)
{
    const char *separator = " (";
    size_t length = strlen(text);

    if (set == 0 || __builtin_popcountll(set) > 8)
        return;
    for (int number = 1; number <= SIGNAL_MAX && length < size; number++) {
        if (!signal_set_has(set, number))
            continue;
        length += (size_t)snprintf(text + length, size - length, "%sSIG%s", separator,
                                   signal_name(number));
        separator = " ";
    }
    if (length < size)
        (void)snprintf(text + length, size - length, ")");
}

/*
 * A signal that nothing holds back is pending for a moment too, until the task
 * that it woke has run: one that is held back is pending in two looks, and the
 * task slept all the while.
 */
static bool is_held_back(struct bench *bench, pid_t pid, const char *key, signal_set present,
                         signal_set absent)
{
    int64_t sleeps = sleeps_of(pid, "SDTt");

    if (!mask_is(pid, key, present, absent))
        return false;
    (void)bench_poll(bench, 1, NULL);
    return mask_is(pid, key, present, absent) && state_is(pid, "SDTt") &&
           sleeps_of(pid, "SDTt") == sleeps;
}

bool see_signals(struct bench *bench, unsigned sight, pid_t pid, const char *key,
                 signal_set present, signal_set absent)
{
    char text[256] = "";
    signal_set set = 0;
    bool is_pending = present && strstr(key, "Pnd");
    bool seen = until(bench, is_pending ? is_held_back(bench, pid, key, present, absent)
                                        : mask_is(pid, key, present, absent));

    if (observe_value(pid, "status", key, text, sizeof(text)) && observe_signals(pid, key, &set))
        append_signals(text, sizeof(text), set);
    return see(bench, sight, seen, "/proc/%d/status: %s: %s", pid, key, text);
}

bool see_unreadable(struct bench *bench, unsigned sight, int r)
{
    if (r != -EPERM && r != -ENOSYS)
        return false;
    see_skipped(bench, sight, "process_vm_readv(): %s",
                r == -ENOSYS ? access_sentence(ACCESS_UNSUPPORTED)
                             : access_need_sentence(ACCESS_NEED_ATTACH));
    return true;
}

void see_no_frames(struct bench *bench, unsigned sight)
{
    see_skipped(bench, sight, _("frame numbers: %s"), access_need_sentence(ACCESS_NEED_ADMIN));
}

bool see_word(struct bench *bench, unsigned sight, pid_t pid, const volatile int *address,
              int value, const char *what)
{
    int word = 0, r = 0;
    bool seen = until(bench, (r = bench_peek(pid, address, &word, sizeof(word))) == -EPERM ||
                                 r == -ENOSYS || (r == 0 && word == value));

    if (see_unreadable(bench, sight, r))
        return false;
    return see(bench, sight, seen, _("%s, at %p of PID %d, is %d"), what,
               (void *)(uintptr_t)address, pid, word);
}

static bool value_is(pid_t pid, const char *file, const char *key, const char *value)
{
    char found[256];

    return observe_value(pid, file, key, found, sizeof(found)) && strcmp(found, value) == 0;
}

bool see_value(struct bench *bench, unsigned sight, pid_t pid, const char *file, const char *key,
               const char *value)
{
    char found[256] = "";
    bool seen = until(bench, value_is(pid, file, key, value));

    (void)observe_value(pid, file, key, found, sizeof(found));
    return see(bench, sight, seen, "/proc/%d/%s: %s: %s", pid, file, key, found);
}

bool see_reported(struct bench *bench, unsigned sight, struct role *role, const char *call,
                  int64_t expected)
{
    int64_t reported = 0;

    if (!role_receive(bench, role, &reported))
        return see_own_words(bench, sight, false, _("%s has not returned"), call);
    if (reported == -ENOSYS && expected != -ENOSYS) {
        see_skipped(bench, sight, _("%s: this kernel, or a filter on us, does not have it"), call);
        return false;
    }
    if (reported < 0 && reported > -4096) {
        const char *name = libc_errno_name((int)-reported);
        return see_own_words(bench, sight, reported == expected, "%s: %s%s%s", call,
                             name ? name : "", name ? ": " : "", strerror((int)-reported));
    }
    return see_own_words(bench, sight, reported == expected, "%s: %" PRId64, call, reported);
}

bool see_answer(struct bench *bench, unsigned sight, struct role *role, const char *sentence,
                int64_t expected)
{
    int64_t reported = 0;

    if (!role_receive(bench, role, &reported))
        return see_own_words(bench, sight, false, _("it does not tell this: %s"), sentence);
    if (reported != expected)
        return see_own_words(bench, sight, false, _("%s: no, it tells %" PRId64), sentence,
                             reported);
    return see_own_words(bench, sight, true, "%s", sentence);
}
