/*
 * reference_tables: the texts that are nowhere else in the program. Signals
 * and fields have tables of their own.
 */
#ifndef REAPTOP_MODEL_REFERENCE_TABLES_H
#define REAPTOP_MODEL_REFERENCE_TABLES_H

#include <stddef.h>

/* As struct reference, before translation. */
struct reference_text {
    const char *name;
    const char *title;
    const char *meaning;
    const char *advice;
    const char *origin;
    const char *manual;
    const char *aliases; /* "page frame|frame"; NULL: none */
    const char *lab;     /* the experiment that shows it, "cow"; NULL: none */
    int number;
};

struct reference_table {
    const struct reference_text *texts;
    size_t count;
};

struct reference_table reference_states(void);
struct reference_table reference_terms(void);
struct reference_table reference_course(void);   /* more terms: words of a course */
struct reference_table reference_textbook(void); /* and more */
struct reference_table reference_claims(void);   /* more terms: what is often said and wrong */
struct reference_table reference_errnos(void);
struct reference_table reference_events(void);

/* What to do with or about a signal; NULL: its meaning says all. Not translated yet. */
const char *reference_signal_advice(int signal);

#endif
