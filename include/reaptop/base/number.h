/*
 * number: strict reading of numbers that people and the kernel write. The
 * whole text must be the number: no leading space or sign unless said, no
 * trailing byte. Results are untouched on failure.
 */
#ifndef REAPTOP_BASE_NUMBER_H
#define REAPTOP_BASE_NUMBER_H

#include <stdint.h>

/* Decimal, "-5" allowed. -EINVAL: not a number; -ERANGE: outside [least, most]. */
int number_parse(const char *text, int64_t least, int64_t most, int64_t *ret_value);

/* Hexadecimal with or without 0x. -EINVAL, -ERANGE. */
int number_parse_hex(const char *text, uint64_t *ret_value);

/*
 * "1.5", "1.5s", "500ms", "2m" in nanoseconds; a plain number means seconds.
 * -EINVAL: not a time; -ERANGE: negative or over a day.
 */
int number_parse_time(const char *text, uint64_t *ret_ns);

#endif
