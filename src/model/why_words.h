/*
 * why_words: the sentences of a chain. Each function appends to `out`; text of
 * other processes (paths, names) goes in raw.
 */
#ifndef REAPTOP_MODEL_WHY_WORDS_H
#define REAPTOP_MODEL_WHY_WORDS_H

#include "reaptop/model/why.h"

struct why_words {
    bool is_translated; /* false: English, for JSON */
};

/* The sentence in the reader's language; both have the same format. */
const char *why_say(const struct why_words *words, const char *text) __attribute__((format_arg(2)));

/* "data in pipe:[123] (its descriptor 0)". */
void why_words_wait(const struct why_words *words, const struct why_task *task, struct strbuf *out);

/* "/proc/12/syscall: read(fd=0, …); /proc/12/fd/0: pipe:[123]". Never translated. */
void why_words_evidence(const struct why_task *task, struct strbuf *out);

/* "holds the write end of it (descriptor 1)". */
void why_words_relation(const struct why_words *words, const struct why_holder *holder,
                        struct strbuf *out);

/* "must write to it or close it", for one who waits in `waiter`. */
void why_words_act(const struct why_words *words, const struct why_task *waiter,
                   const struct why_holder *holder, struct strbuf *out);

/* Was what the wait is said to be for read from the kernel, or concluded? */
enum why_certainty why_words_certainty(const struct why_task *task);

#endif
