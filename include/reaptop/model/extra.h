/*
 * extra: what is read of a process only where a column shows it, or a filter or
 * the order asks for it: one file of /proc/PID, or a few, for each part. A plain
 * value; strings belong to the snapshot of its process.
 */
#ifndef REAPTOP_MODEL_EXTRA_H
#define REAPTOP_MODEL_EXTRA_H

#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/access.h"
#include "reaptop/model/signals.h"

/* What is read together; the cheapest first. */
enum extra_part {
    EXTRA_CGROUP,   /* /proc/PID/cgroup */
    EXTRA_QUOTA,    /* the same, and cpu.max and cpu.stat of each group once */
    EXTRA_MEMORY,   /* /proc/PID/status: its memory */
    EXTRA_SWITCHES, /* /proc/PID/status: context switches */
    EXTRA_SIGNALS,  /* /proc/PID/status: pending, blocked, ignored, caught */
    EXTRA_OOM,      /* /proc/PID/oom_score */
    EXTRA_WCHAN,    /* /proc/PID/wchan */
    EXTRA_SYSCALL,  /* /proc/PID/syscall */
    EXTRA_IO,       /* /proc/PID/io */
    EXTRA_SECURITY, /* /proc/PID/attr/current */
    EXTRA_EXE,      /* the link /proc/PID/exe */
    EXTRA_CWD,      /* the link /proc/PID/cwd */
    EXTRA_NS,       /* the links of /proc/PID/ns */
    EXTRA_FDS,      /* the directory /proc/PID/fd */
    EXTRA_FILES,    /* each link of /proc/PID/fd */
    EXTRA_PORTS,    /* the same, and the sockets of our network namespace */
    EXTRA_ENVIRON,  /* /proc/PID/environ, by the reader */
    EXTRA_PSS,      /* /proc/PID/smaps_rollup, by the reader: the kernel walks all its pages */
    EXTRA_PART_COUNT,
    EXTRA_NONE = EXTRA_PART_COUNT /* a field that every sweep has */
};

/* enum extra_part as a bit of a set. */
#define EXTRA_BIT(part) (1U << (part))

/* The cheapest of a set that is not empty. */
static inline enum extra_part extra_cheapest(uint32_t parts)
{
    return (enum extra_part)__builtin_ctz(parts);
}

/* What a rate is before there are two readings to compare. */
#define RATE_UNKNOWN (-1.0)

/* Pending: of the thread and of the process. */
enum extra_signals {
    SIGNALS_PENDING,
    SIGNALS_BLOCKED,
    SIGNALS_IGNORED,
    SIGNALS_CAUGHT,
    SIGNAL_SETS
};

struct extra {
    unsigned char access[EXTRA_PART_COUNT]; /* enum access; what follows is valid where it has a
                                               value */
    uint64_t shared_kib, private_kib, swap_kib;
    uint64_t voluntary_switches, involuntary_switches; /* of the task alone */
    signal_set signals[SIGNAL_SETS];                   /* by enum extra_signals */
    const char *signal_names[SIGNAL_SETS];             /* of each; NULL: none */
    uint64_t pss_kib;
    uint64_t io_read_kib, io_write_kib;                     /* from and to storage, so far */
    double io_read_kib_per_second, io_write_kib_per_second; /* RATE_UNKNOWN */
    double throttled_percent;                               /* EMPTY: there is no quota */
    int32_t oom_score;
    uint32_t descriptors;
    const char *wchan;      /* NULL: it does not sleep */
    const char *syscall;    /* its name; NULL: it is in none */
    const char *cgroup;     /* version 2, else the one of systemd or of the first controller */
    const char *unit;       /* "cron.service"; NULL: none */
    const char *container;  /* "docker 0123456789ab"; NULL: none */
    const char *namespaces; /* kinds that are not reaptop's own: "net,pid"; NULL: all are */
    const char *exe, *cwd;
    const char *security; /* NULL: no module labels it */
    /* Lists: each entry ends with a NUL. */
    const char *files, *ports, *environment;
    size_t files_size, ports_size, environment_size;
};

/* "/proc/PID/status": what of a process is read for it. Static. */
const char *extra_part_origin(enum extra_part part);

/*
 * What a control group's path says: its unit of systemd ("cron.service": the last component that
 * ends in .service, .scope, .socket, .mount, .swap or .slice), and its container: who made it and
 * the first twelve digits of its ID ("docker 0123456789ab"), as docker, podman, containerd, cri-o,
 * kubernetes, LXC and systemd-nspawn name theirs. Appends nothing where there is none.
 */
void cgroup_unit(const char *path, struct strbuf *out);
void cgroup_container(const char *path, struct strbuf *out);

#endif
