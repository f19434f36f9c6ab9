#include "reaptop/base/privilege.h"

#include <errno.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "reaptop/base/gettext.h"

const struct privilege_info privileges[] = {
    {CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE",
     N_("files that you name, or your settings, in another user's directory; a command in one; "
        "control groups of experiments")},
    {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
     N_("descriptors, environment and memory of other users' processes: their files in /proc are "
        "their owner's alone")},
    {CAP_KILL, "CAP_KILL", N_("signals to other users' processes")},
    {CAP_NET_ADMIN, "CAP_NET_ADMIN",
     N_("the kernel's process events (proc connector), to subscribe and to unsubscribe")},
    {CAP_IPC_OWNER, "CAP_IPC_OWNER",
     N_("why, of a process that waits for a System V semaphore or queue of another user")},
    {CAP_SYS_PTRACE, "CAP_SYS_PTRACE",
     N_("mappings, descriptors, system call, limits, I/O and exit status of other users' "
        "processes; all processes where /proc has hidepid")},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
     N_("kernel stacks, page frame numbers, sockets of another network namespace")},
    {CAP_SYS_NICE, "CAP_SYS_NICE",
     N_("another user's nice value, policy and processors; a smaller nice value; timer slack")},
    {CAP_SYSLOG, "CAP_SYSLOG", N_("an experiment that reads the kernel's log")},
    {CAP_PERFMON, "CAP_PERFMON", N_("loads the kernel's task iterator, the fast sweep")},
    {CAP_BPF, "CAP_BPF", N_("the kernel's task iterator, loaded and at each sweep")},
    {0, NULL, NULL},
};

static uint64_t held; /* of this process, since privileges_keep() */

static bool has(cap_t set, int capability, cap_flag_t flag)
{
    cap_flag_value_t value = CAP_CLEAR;
    return cap_get_flag(set, capability, flag, &value) == 0 && value == CAP_SET;
}

static uint64_t mask_of(cap_t set, cap_flag_t flag)
{
    uint64_t mask = 0;
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (has(set, capability, flag))
            mask |= PRIVILEGE(capability);
    return mask;
}

/* What the kernel has beyond the list that this was compiled with is not kept. */
static int drop_bounding(uint64_t kept)
{
    for (int capability = 0; capability < 64; capability++) {
        int is_there = cap_get_bound(capability);
        if (is_there < 0)
            return errno == EINVAL ? 0 : -errno; /* behind the kernel's last one */
        if (is_there && !(kept & PRIVILEGE(capability)) && cap_drop_bound(capability) < 0)
            return -errno;
    }
    return 0;
}

static int set_both(cap_t set, uint64_t permitted, uint64_t effective)
{
    if (cap_clear(set) < 0)
        return -errno;
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
        cap_value_t value = capability;
        if ((permitted & PRIVILEGE(capability) &&
             cap_set_flag(set, CAP_PERMITTED, 1, &value, CAP_SET) < 0) ||
            (effective & PRIVILEGE(capability) &&
             cap_set_flag(set, CAP_EFFECTIVE, 1, &value, CAP_SET) < 0))
            return -errno;
    }
    return cap_set_proc(set) < 0 ? -errno : 0;
}

/*
 * Who may not lower the bounding set, as CAP_SETPCAP was given up before: what root executes would
 * have all that is in it. With no_new_privs it has no more than the process that executes it.
 */
static int forbid_gain(uint64_t kept)
{
    bool is_root = getuid() == 0 || geteuid() == 0, can_gain = false;
    for (int capability = 0; capability < 64; capability++)
        can_gain |= !(kept & PRIVILEGE(capability)) && cap_get_bound(capability) > 0;
    return is_root && can_gain && prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0 ? -errno : 0;
}

/* An ambient capability is inheritable and permitted as well, so that it goes with those. */
static int keep(cap_t set, uint64_t kept, bool has_reserve)
{
    uint64_t permitted = mask_of(set, CAP_PERMITTED);
    if (permitted == 0 && mask_of(set, CAP_INHERITABLE) == 0)
        return has_reserve ? 0 : forbid_gain(0);
    kept &= permitted;
    if (has_reserve)
        return set_both(set, permitted, kept);
    if (permitted & PRIVILEGE(CAP_SETPCAP)) {
        int r = has(set, CAP_SETPCAP, CAP_EFFECTIVE) ? 0 : set_both(set, permitted, permitted);
        if (r == 0)
            r = drop_bounding(kept);
        return r < 0 ? r : set_both(set, kept, kept);
    }
    int r = forbid_gain(kept);
    return r < 0 ? r : set_both(set, kept, kept);
}

/* What the kernel says in the end, as it may have kept less than was asked for. */
static void note_held(void)
{
    cap_t set = cap_get_proc();
    held = set ? mask_of(set, CAP_EFFECTIVE) : 0;
    (void)cap_free(set);
}

int privileges_keep(uint64_t kept, bool has_reserve)
{
    cap_t set = cap_get_proc();
    if (!set)
        return -errno;
    int r = keep(set, kept, has_reserve);
    (void)cap_free(set);
    note_held();
    return r;
}

bool privileges_are_held(uint64_t mask)
{
    return (held & mask) == mask;
}

bool privileges_are_from_file(void)
{
    cap_t set = cap_get_proc();
    if (!set)
        return false;
    bool is_more = false;
    for (int capability = 0; getuid() != 0 && capability <= CAP_LAST_CAP; capability++)
        if (has(set, capability, CAP_PERMITTED) && cap_get_ambient(capability) != CAP_SET)
            is_more = true;
    (void)cap_free(set);
    return is_more;
}
