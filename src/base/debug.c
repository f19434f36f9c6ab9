#include "reaptop/base/debug.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/base/own_path.h"

static unsigned mask_on;
static int log_fd = -EBADF;

static unsigned wanted_mask(void)
{
    const char *text = getenv("REAPTOP_DEBUG");
    uint64_t hex;
    int64_t decimal;
    if (!text || *text == '\0')
        return 0;
    if (strcmp(text, "all") == 0)
        return ~0U;
    if (number_parse(text, 0, UINT32_MAX, &decimal) == 0)
        return (unsigned)decimal;
    if (number_parse_hex(text, &hex) == 0)
        return (unsigned)hex;
    return 0;
}

void debug_init(void)
{
    mask_on = wanted_mask();
    if (mask_on == 0)
        return;

    _cleanup_free_ char *path = own_path("XDG_STATE_HOME", ".local/state", "debug.log");
    if (path) {
        (void)own_path_make_parents(path);
        log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    if (log_fd < 0)
        mask_on = 0;
}

void debug_done(void)
{
    log_fd = fd_close(log_fd);
    mask_on = 0;
}

int debug_is_on(enum debug_mask mask)
{
    return (mask_on & mask) != 0;
}

void debug_write(enum debug_mask mask, const char *format, ...)
{
    if (!debug_is_on(mask))
        return;

    int saved = errno;
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    char line[512];
    int head = snprintf(line, sizeof(line), "%lld.%06ld %d ", (long long)now.tv_sec,
                        now.tv_nsec / (long)NS_PER_US, (int)getpid());
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, arguments);
    va_end(arguments);
    size_t length = strlen(line);
    line[length++] = '\n';
    (void)!write(log_fd, line, length);
    errno = saved;
}
