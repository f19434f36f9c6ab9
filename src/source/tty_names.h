/*
 * tty_names: "pts/3" for the device number in /proc/PID/stat field 7.
 */
#ifndef REAPTOP_SOURCE_TTY_NAMES_H
#define REAPTOP_SOURCE_TTY_NAMES_H

#include <stdint.h>

#include "reaptop/base/arena.h"

enum {
    TTY_NAME_SIZE = 32,
    TTY_NAMES_MAX = 64
};

/* Those that only /sys/dev/char knows, once looked up. Zeroed is empty. */
struct tty_names {
    struct {
        uint32_t device;
        char name[TTY_NAME_SIZE];
    } known[TTY_NAMES_MAX];
    uint32_t count;
};

/*
 * NULL where there is no terminal (0) or without memory; "204:64" where nothing
 * knows the device. Copied into `strings`.
 */
const char *tty_name(struct tty_names *names, uint32_t device, struct arena *strings);

#endif
