/*
 * error: why something failed, in words that reach the person.
 *
 * Functions return 0 or a negative errno; those whose errno alone does not
 * tell the story also take a `struct error *`, which may be NULL. Context is
 * added on the way up ("open /proc/12/maps: Permission denied" → "maps of 12:
 * open …") and becomes one status line or one line on standard error at the
 * top. A success leaves it untouched.
 */
#ifndef REAPTOP_BASE_ERROR_H
#define REAPTOP_BASE_ERROR_H

struct error {
    int code; /* a negative errno; 0 while nothing failed */
    char message[640];
};

#define ERROR_INIT ((struct error){0})

/* Sets the message (without the errno's own words) and returns `code`. */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set, with ": " and the errno's own words behind it. */
int error_set_errno(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message there is; returns the code. */
int error_wrap(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
