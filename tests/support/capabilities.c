#include "capabilities.h"

#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LOOKS = 2000,
    LOOK_MS = 5
};

bool capabilities_read(pid_t pid, struct capabilities *ret_found)
{
    static const char *const names[SET_COUNT] = {
        "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};
    char line[256], path[64];
    unsigned found = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", pid ? (int)pid : (int)getpid());
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        for (unsigned i = 0; i < SET_COUNT; i++)
            if (strncmp(line, names[i], strlen(names[i])) == 0) {
                ret_found->sets[i] = strtoull(line + strlen(names[i]), NULL, 16);
                found |= 1U << i;
            }
    if (file)
        (void)fclose(file);
    return found == (1U << SET_COUNT) - 1;
}

bool capabilities_await(pid_t pid, uint64_t kept, bool has_reserve, uint64_t bounding,
                        struct capabilities *ret_found)
{
    struct capabilities own;
    if (!capabilities_read(0, &own))
        return false;
    kept &= own.sets[SET_PERMITTED];
    bool can_drop = own.sets[SET_EFFECTIVE] & (UINT64_C(1) << CAP_SETPCAP);
    const struct capabilities wanted = {
        .sets = {
            [SET_EFFECTIVE] = kept,
            [SET_PERMITTED] = has_reserve ? own.sets[SET_PERMITTED] : kept,
            [SET_BOUNDING] = has_reserve || !can_drop ? own.sets[SET_BOUNDING]
                                                      : (kept | bounding) & own.sets[SET_BOUNDING],
        }};
    for (int look = 0; look < LOOKS; look++) {
        if (!capabilities_read(pid, ret_found))
            return false;
        if (memcmp(&wanted, ret_found, sizeof(wanted)) == 0)
            return true;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return false;
}
