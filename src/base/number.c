#include "reaptop/base/number.h"
#include "reaptop/base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int number_parse(const char *text, int64_t least, int64_t most, int64_t *ret_value)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (!isdigit((unsigned char)digits[0]))
        return -EINVAL;

    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end != '\0')
        return -EINVAL;
    if (errno == ERANGE || value < least || value > most)
        return -ERANGE;
    *ret_value = value;
    return 0;
}

int number_parse_hex(const char *text, uint64_t *ret_value)
{
    const char *digits = strncmp(text, "0x", 2) == 0 ? text + 2 : text;
    if (!isxdigit((unsigned char)digits[0]) || tolower((unsigned char)digits[1]) == 'x')
        return -EINVAL;

    char *end;
    errno = 0;
    unsigned long long value = strtoull(digits, &end, 16);
    if (*end != '\0')
        return -EINVAL;
    if (errno == ERANGE)
        return -ERANGE;
    *ret_value = value;
    return 0;
}

static const struct {
    const char *suffix;
    double seconds;
} time_units[] = {
    {"", 1},
    {"s", 1},
    {"ms", 1e-3},
    {"m", 60},
};

int number_parse_time(const char *text, uint64_t *ret_ns)
{
    /* strtod would also take "inf", "nan" and hexadecimal. */
    size_t length = strspn(text, "0123456789.");
    if (length == 0 || length >= 32 || (length == 1 && text[0] == '.'))
        return text[0] == '-' && isdigit((unsigned char)text[1]) ? -ERANGE : -EINVAL;

    char digits[32];
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (strchr(digits, '.') != strrchr(digits, '.'))
        return -EINVAL;

    for (size_t i = 0; i < sizeof(time_units) / sizeof(time_units[0]); i++) {
        if (strcmp(text + length, time_units[i].suffix) != 0)
            continue;
        double seconds = strtod(digits, NULL) * time_units[i].seconds;
        if (seconds > 24 * 60 * 60)
            return -ERANGE;
        *ret_ns = (uint64_t)(seconds * (double)NS_PER_SEC + 0.5);
        return 0;
    }
    return -EINVAL;
}
