/*
 * reference: what the words, letters, names and numbers on the screen mean,
 * which file they come from and which manual page says more. One table for
 * `explain`, the help on a cell and the manual pages.
 */
#ifndef REAPTOP_MODEL_REFERENCE_H
#define REAPTOP_MODEL_REFERENCE_H

#include <stddef.h>

enum reference_kind {
    REFERENCE_STATE,
    REFERENCE_SIGNAL,
    REFERENCE_TERM,
    REFERENCE_FIELD,
    REFERENCE_ERRNO,
    REFERENCE_EVENT,
    REFERENCE_KIND_COUNT
};

/* Texts are static and, `name`, `origin`, `manual` and `lab` apart, translated. */
struct reference {
    enum reference_kind kind;
    int number;          /* a signal's or an errno's; else 0 */
    const char *name;    /* "Z", "TERM", "zombie", "rss_kib", "EPERM", "adopt" */
    const char *title;   /* a few words: "zombie", "No such process"; never NULL */
    const char *meaning; /* one sentence or a few; never NULL */
    const char *advice;  /* what to do about it; NULL: nothing to say */
    const char *origin;  /* "/proc/PID/stat field 3"; NULL: none */
    const char *manual;  /* "signal(7)"; never NULL */
    const char *lab;     /* the experiment that shows it: "cow"; NULL: none */
};

/* Every entry, kinds in the order of the enum; index < reference_count(). */
size_t reference_count(void);
struct reference reference_at(size_t index);

/* "state", "signal", "term", "field", "errno", "event". Static, not translated. */
const char *reference_kind_name(enum reference_kind kind);

/* "states", "signals", … as `explain` takes it for the whole list; -EINVAL. */
int reference_kind_from_plural(const char *plural);

/*
 * Finds what a person typed: a name, an alias ("SIGKILL", "9", "rss", "parent
 * process"), either behind its kind ("event exit"), or a wait as `why -J` names
 * it ("msg_receive"). A name written exactly wins; after that case does not
 * count, except that T (stopped) and t (traced) stay two. Where several kinds
 * have the name, the enum's order decides.
 * -ENOENT: nothing has that name.
 */
int reference_find(const char *topic, struct reference *ret_entry);

/*
 * The others of that name: indices for reference_at(), at most `max`, without
 * `entry` itself. Returns how many.
 */
size_t reference_namesakes(const struct reference *entry, size_t max, size_t *ret_indices);

/*
 * What may have been meant: indices of the nearest names, best first, at most
 * `max`. Returns how many; 0 where nothing is near.
 */
size_t reference_suggest(const char *topic, size_t max, size_t *ret_indices);

#endif
