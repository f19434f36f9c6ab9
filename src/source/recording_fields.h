/*
 * recording_fields: which fields of a record are recorded, under which key.
 * Writer and reader go by the same tables.
 */
#ifndef REAPTOP_SOURCE_RECORDING_FIELDS_H
#define REAPTOP_SOURCE_RECORDING_FIELDS_H

#include "reaptop/source/recording.h"

enum recorded_type {
    RECORDED_INT32,
    RECORDED_UINT32,
    RECORDED_UINT64,
    RECORDED_CHAR, /* a printable ASCII character */
    RECORDED_BOOL,
    RECORDED_REAL,
    RECORDED_WORD,  /* an enum, by name */
    RECORDED_TEXT,  /* const char *, may be NULL */
    RECORDED_ARRAY, /* char[most + 1] */
};

struct recorded_field {
    const char *key; /* NULL ends a table */
    enum recorded_type type;
    size_t offset;
    int64_t least, most;      /* of numbers; bytes of an array */
    const char *(*word)(int); /* RECORDED_WORD: of the values 0 … most */
};

extern const struct recorded_field recorded_headers[]; /* but for the schema and the ticks */
extern const struct recorded_field recorded_processes[];
extern const struct recorded_field recorded_machines[];
extern const struct recorded_field recorded_events[];

/* What an absent field of something new means. */
struct process recorded_usual_process(pid_t pid);
struct machine recorded_usual_machine(void);
struct event recorded_usual_event(void);

/* The field's value in both is the same. */
bool recorded_is_same(const struct recorded_field *field, const void *a, const void *b);

#endif
