/*
 * recording_values: the values of a recording's line, taken into records by the tables of
 * recording_fields.h. All return 0, or -EBADMSG or -ENOMEM, which the fault then is.
 */
#ifndef REAPTOP_SOURCE_RECORDING_VALUES_H
#define REAPTOP_SOURCE_RECORDING_VALUES_H

#include <jansson.h>

#include "reaptop/base/arena.h"
#include "reaptop/base/error.h"
#include "recording_fields.h"

/* What is wrong with a recording, and in which line. */
struct recording_fault {
    uint64_t line; /* the one that is read, from 1; 0: none yet */
    struct error error;
};

/* "line N: " and the reason; bytes of the recording in it are made visible by whoever prints it. */
int recorded_wrong(struct recording_fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int recorded_no_memory(struct recording_fault *fault);

int recorded_integer(struct recording_fault *fault, const char *key, const json_t *value,
                     int64_t least, int64_t most, int64_t *ret_number);

/* Members that may be missing: 0 and the result untouched. */
int recorded_member(struct recording_fault *fault, json_t *object, const char *key, int64_t least,
                    int64_t most, int64_t *ret_number);
int recorded_flag(struct recording_fault *fault, json_t *object, const char *key, bool *ret_flag);

/* A text or null, kept in the arena. */
int recorded_text(struct recording_fault *fault, const struct recorded_field *field,
                  const json_t *value, struct arena *strings, const char **ret_text);

/*
 * All members of the object that the table has, into the record; others are passed over.
 * `what` names the object where it is none. `strings` is for RECORDED_TEXT.
 */
int recorded_fields(struct recording_fault *fault, const struct recorded_field *table,
                    json_t *object, const char *what, void *record, struct arena *strings);

#endif
