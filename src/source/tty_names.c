#include "tty_names.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/procfs.h"

/* Documentation/admin-guide/devices.txt of the kernel. */
enum {
    MAJOR_TTY = 4,
    MAJOR_CONSOLE = 5,
    MAJOR_PTS_FIRST = 136,
    MAJOR_PTS_LAST = 143,
    FIRST_SERIAL = 64
};

/* The DEVNAME= line of the device's uevent file. */
static void name_from_sysfs(unsigned major, unsigned minor, char name[TTY_NAME_SIZE])
{
    char path[64];
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    (void)snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/uevent", major, minor);
    (void)snprintf(name, TTY_NAME_SIZE, "%u:%u", major, minor);
    if (procfs_read(AT_FDCWD, path, 4096, &text) < 0)
        return;
    const char *line = strstr(strbuf_text(&text), "DEVNAME=");
    if (!line)
        return;
    line += strlen("DEVNAME=");
    size_t length = strcspn(line, "\n");
    if (length > 0 && length < TTY_NAME_SIZE)
        (void)snprintf(name, TTY_NAME_SIZE, "%.*s", (int)length, line);
}

static const char *looked_up(struct tty_names *names, uint32_t device, unsigned major,
                             unsigned minor, struct arena *strings)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (names->known[i].device == device)
            return arena_strdup(strings, names->known[i].name);

    if (names->count == TTY_NAMES_MAX)
        names->count = 0;
    uint32_t at = names->count++;
    names->known[at].device = device;
    name_from_sysfs(major, minor, names->known[at].name);
    return arena_strdup(strings, names->known[at].name);
}

const char *tty_name(struct tty_names *names, uint32_t device, struct arena *strings)
{
    if (device == 0)
        return NULL;
    /* The kernel's new_encode_dev(). */
    unsigned major = device >> 8 & 0xfff;
    unsigned minor = (device & 0xff) | (device >> 12 & 0xfff00);

    char name[TTY_NAME_SIZE];
    if (major >= MAJOR_PTS_FIRST && major <= MAJOR_PTS_LAST)
        (void)snprintf(name, sizeof(name), "pts/%u", (major - MAJOR_PTS_FIRST) * 256 + minor);
    else if (major == MAJOR_TTY && minor < FIRST_SERIAL)
        (void)snprintf(name, sizeof(name), "tty%u", minor);
    else if (major == MAJOR_TTY)
        (void)snprintf(name, sizeof(name), "ttyS%u", minor - FIRST_SERIAL);
    else if (major == MAJOR_CONSOLE && minor == 1)
        (void)snprintf(name, sizeof(name), "console");
    else
        return looked_up(names, device, major, minor, strings);
    return arena_strdup(strings, name);
}
