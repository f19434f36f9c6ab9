#include "reaptop/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, int code, const char *format, ...)
{
    if (!error)
        return code;
    error->code = code;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return code;
}

int error_set_errno(struct error *error, int code, const char *format, ...)
{
    if (!error)
        return code;
    error->code = code;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);

    size_t length = strlen(error->message);
    (void)snprintf(error->message + length, sizeof(error->message) - length, ": %s",
                   strerror(-code));
    return code;
}

int error_wrap(struct error *error, const char *format, ...)
{
    if (!error)
        return 0;
    char inner[sizeof(error->message)];
    memcpy(inner, error->message, sizeof(inner));

    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);

    size_t length = strlen(error->message);
    (void)snprintf(error->message + length, sizeof(error->message) - length, ": %s", inner);
    return error->code;
}
