#include "reaptop/model/capability.h"

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

enum {
    FEW = 8
};

/* In the order of their numbers: linux/capability.h. */
static const char *const names[] = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};

_Static_assert(ELEMENTS(names) == CAPABILITY_COUNT, "a name for each capability");

const char *capability_name(unsigned bit)
{
    return bit < CAPABILITY_COUNT ? names[bit] : NULL;
}

static void append_names(uint64_t set, struct strbuf *out)
{
    const char *separator = "";
    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(set >> bit & 1))
            continue;
        if (bit < CAPABILITY_COUNT)
            strbuf_printf(out, "%s%s", separator, names[bit]);
        else
            strbuf_printf(out, "%s%u", separator, bit);
        separator = " ";
    }
}

void capability_describe(uint64_t set, struct strbuf *out)
{
    const uint64_t known = (UINT64_C(1) << CAPABILITY_COUNT) - 1;
    const uint64_t missing = known & ~set;
    if (set == 0) {
        strbuf_puts(out, _("none"));
    } else if (missing == 0) {
        strbuf_puts(out, _("all"));
    } else if (__builtin_popcountll(missing) <= FEW) {
        strbuf_puts(out, _("all but "));
        append_names(missing, out);
    } else {
        append_names(set, out);
    }
}
