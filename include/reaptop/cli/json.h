/*
 * json: what every command's --json has in common, over jansson.
 *
 *     json_t *doc = json_document("maps");
 *     json_put(doc, "pid", json_integer(pid));
 *     json_put(doc, "comm", json_text(comm, strlen(comm)));
 *     json_put_access(doc, "total", total_access, total);
 *     r = json_print(doc, stdout);
 *     json_decref(doc);
 *
 * Memory that runs out anywhere leaves NULL values behind, which the functions
 * here take and pass over; json_print() then fails, so a caller looks once.
 */
#ifndef REAPTOP_CLI_JSON_H
#define REAPTOP_CLI_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "reaptop/model/access.h"
#include "reaptop/model/signals.h"

/* A new object {"schema": "reaptop/NAME/1"}; forgets earlier lacks of memory. */
json_t *json_document(const char *name);

/* An array of the arguments between the NULs of `size` bytes, as /proc/PID/cmdline without its last
 * NUL. */
json_t *json_arguments(const char *text, size_t size);

/* Memory ran out since json_document(): something is missing in what was made. */
bool json_ran_out(void);

/* Sets a key; takes over `value` whatever happens. */
void json_put(json_t *object, const char *key, json_t *value);

/* Appends to an array; takes over `value` whatever happens. */
void json_add(json_t *array, json_t *value);

/*
 * Untrusted bytes as a string: a byte that is not valid UTF-8 becomes the four
 * characters \xNN.
 */
json_t *json_text(const char *bytes, size_t length);

/* As json_text for a whole string; NULL gives null. */
json_t *json_string_or_null(const char *string);

/* "0x7f…": addresses are strings. */
json_t *json_address(uint64_t address);

/* A number; above 2⁶³-1 a real, which is as near as jansson comes. */
json_t *json_unsigned(uint64_t value);

/* ["TERM", "RTMIN+1"], in the order of the numbers. */
json_t *json_signals(signal_set set);

/* key: null, and "unavailable": {key: access_word()} beside it. */
void json_unavailable(json_t *object, const char *key, enum access access);

/*
 * The value where there is one, else json_unavailable(); a truncated value is
 * both there and named in "unavailable". Takes over `value`, which may be NULL
 * where there is none.
 */
void json_put_access(json_t *object, const char *key, enum access access, json_t *value);

/*
 * One line, compact, ASCII only (every other character as \uNNNN, so that
 * nothing in it can steer a terminal), and flushed. 0, -ENOMEM where memory ran
 * out since json_document(), or the errno of the write.
 */
int json_print(const json_t *value, FILE *out);

/*
 * What a command ends with: json_print() to standard output, a line on standard
 * error where that failed, and the exit status. A reader that went away (EPIPE)
 * is EXIT_DONE. Takes over `doc`.
 */
int json_output(json_t *doc);

#endif
