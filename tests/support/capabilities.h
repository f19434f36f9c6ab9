/*
 * capabilities: the five sets of /proc/PID/status, and waiting until a process has those
 * that it should have.
 */
#ifndef TESTS_SUPPORT_CAPABILITIES_H
#define TESTS_SUPPORT_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum capability_set {
    SET_INHERITABLE,
    SET_PERMITTED,
    SET_EFFECTIVE,
    SET_BOUNDING,
    SET_AMBIENT,
    SET_COUNT
};

struct capabilities {
    uint64_t sets[SET_COUNT];
};

/* Of a process, 0: our own. False where it has none of them: it is gone. */
bool capabilities_read(pid_t pid, struct capabilities *ret_found);

/*
 * Waits, ten seconds at most, until those of `kept` that we have are in effect; and are all
 * that is permitted and in the bounding set, unless it has a reserve: then these are as ours
 * are. `bounding` may be there besides, where its starter could not drop that.
 */
bool capabilities_await(pid_t pid, uint64_t kept, bool has_reserve, uint64_t bounding,
                        struct capabilities *ret_found);

#endif
