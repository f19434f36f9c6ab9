/*
 * signals: the signals of this system, as data (signal(7)), and sets of them
 * (proc(5): SigPnd and the others).
 *
 * Numbers are 1–31 (standard) and 34–64 (real-time); 32 and 33 belong to the C
 * library. Real-time ones count from SIGRTMIN, which is 34 with glibc.
 */
#ifndef REAPTOP_MODEL_SIGNALS_H
#define REAPTOP_MODEL_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/strbuf.h"

enum signal_action {
    SIGNAL_TERMINATES,
    SIGNAL_DUMPS_CORE, /* terminates and may dump core */
    SIGNAL_STOPS,
    SIGNAL_CONTINUES,
    SIGNAL_IS_IGNORED,
};

enum {
    SIGNAL_MAX = 64,
    SIGNAL_NAME_SIZE = 12
};

struct signal_info {
    int number;
    char name[SIGNAL_NAME_SIZE]; /* without SIG: "TERM", "RTMIN+3", "RTMAX-2" */
    enum signal_action action;   /* by default */
    const char *meaning;         /* N_(): "termination request" */
};

/* All signals that a person can send, in the order of their numbers: 62 with glibc. */
extern const struct signal_info *const signals;
size_t signals_count(void);

/* NULL: no such signal (0, 32, 33, 65). */
const struct signal_info *signal_find(int number);

/* SIGNAL_IS_IGNORED where there is no such signal. */
enum signal_action signal_default_action(int number);

/* "TERM", or "32" for one without a name. Static or thread-local; valid until the next call. */
const char *signal_name(int number);

/* "TERM", "SIGTERM", "term", "15", "RTMIN+3", "RTMAX-1", "IOT", "CLD", "POLL" … or -EINVAL. */
int signal_from_text(const char *text);

/* One word, translated: "terminate", "core", "stop", "continue", "ignore". Static. */
const char *signal_action_word(enum signal_action action);

/* The same word untranslated, for JSON. Static. */
const char *signal_action_key(enum signal_action action);

/* ---- sets ---- */

/* Bit n-1 is signal n, as /proc/PID/status prints it. */
typedef uint64_t signal_set;

static inline bool signal_set_has(signal_set set, int number)
{
    return number >= 1 && number <= SIGNAL_MAX && (set >> (number - 1) & 1);
}

static inline signal_set signal_bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

/* Appends the names in the order of their numbers, a blank between: "INT TERM RTMIN+1". */
void signal_set_append(signal_set set, struct strbuf *out);

/* The same, but "all", or "all but KILL STOP" where only a few are missing. */
void signal_set_describe(signal_set set, struct strbuf *out);

#endif
