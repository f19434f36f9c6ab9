/*
 * tracefs: the kernel's tracepoints for a test, where only it sees them.
 */
#ifndef TESTS_SUPPORT_TRACEFS_H
#define TESTS_SUPPORT_TRACEFS_H

#include <stdbool.h>

#define MOUNT_POINT "/sys/kernel/tracing"

/* Mounts one there in a mount namespace of the test's own; that needs root. False: it cannot. */
bool tracefs_mount(void);

#endif
