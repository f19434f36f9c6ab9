/*
 * privilege: the capabilities (capabilities(7)) that a process of ours keeps. Each keeps
 * what its own work needs and gives up the rest, before it reads anything of another
 * process: main() what its command has in its table, a helper what `helper_kinds` has.
 * Where there are none to begin with, as for an ordinary user, all of this does nothing.
 */
#ifndef REAPTOP_BASE_PRIVILEGE_H
#define REAPTOP_BASE_PRIVILEGE_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/* A set of capabilities is a mask, as /proc/PID/status has it. */
#define PRIVILEGE(capability) (UINT64_C(1) << (capability))

#define PRIVILEGES_NONE UINT64_C(0)

/* To read what /proc has of other users' processes, with their stacks and page frames. */
#define PRIVILEGES_READ                                                                            \
    (PRIVILEGE(CAP_DAC_READ_SEARCH) | PRIVILEGE(CAP_SYS_PTRACE) | PRIVILEGE(CAP_SYS_ADMIN))

/* And what else of a process the inspector and its commands show. */
#define PRIVILEGES_INSPECT (PRIVILEGES_READ | PRIVILEGE(CAP_IPC_OWNER) | PRIVILEGE(CAP_SYS_NICE))

/* To list all processes. */
#define PRIVILEGES_SWEEP (PRIVILEGES_READ | PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_PERFMON))

/* And to receive their events. */
#define PRIVILEGES_WATCH (PRIVILEGES_SWEEP | PRIVILEGE(CAP_NET_ADMIN))

/* To write a file that was named, in a directory of another user. */
#define PRIVILEGES_WRITE PRIVILEGE(CAP_DAC_OVERRIDE)

/* To find and execute a program as the same user would from a shell. */
#define PRIVILEGES_EXECUTE (PRIVILEGE(CAP_DAC_OVERRIDE) | PRIVILEGE(CAP_DAC_READ_SEARCH))

/* What experiments show. */
#define PRIVILEGES_LAB                                                                             \
    (PRIVILEGES_READ | PRIVILEGE(CAP_DAC_OVERRIDE) | PRIVILEGE(CAP_KILL) |                         \
     PRIVILEGE(CAP_SYS_NICE) | PRIVILEGE(CAP_SYSLOG))

/* Those of the screen, and with --readonly. */
#define PRIVILEGES_SCREEN                                                                          \
    (PRIVILEGES_INSPECT | PRIVILEGES_WATCH | PRIVILEGES_WRITE | PRIVILEGES_EXECUTE | PRIVILEGES_LAB)
#define PRIVILEGES_SCREEN_READONLY (PRIVILEGES_INSPECT | PRIVILEGES_WATCH)

/* One capability that some process of ours keeps. */
struct privilege_info {
    int capability;
    const char *name;    /* "CAP_KILL" */
    const char *purpose; /* what needs it, for SECURITY.md and the manual page */
};

/* Ends with a NULL name. */
extern const struct privilege_info privileges[];

/*
 * Keeps of the calling thread's capabilities those of `kept`, effective and permitted; none is
 * inheritable or ambient, and nothing else stays in the bounding set, so that no program it
 * executes has more; root that has no CAP_SETPCAP for that any more sets PR_SET_NO_NEW_PRIVS,
 * which comes to the same. With `has_reserve` all others stay permitted and in the bounding set,
 * and none of them takes effect: for those who start a command that is to have, as root, what root
 * has in a shell. Executing it with fewer would give it more than its process had, and for that
 * the kernel forgets PR_SET_PDEATHSIG. Before any thread is made. Negative errno: it must not
 * go on.
 */
int privileges_keep(uint64_t kept, bool has_reserve);

/*
 * Does this process hold all of them, effective, since it called privileges_keep()? False before:
 * what is refused then is told as to anybody.
 */
bool privileges_are_held(uint64_t mask);

/*
 * Did the executable bring capabilities (setcap(8)) to a user who has none? They are what a
 * set-user-ID program has: everybody could act with them.
 */
bool privileges_are_from_file(void);

#endif
