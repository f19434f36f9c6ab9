/*
 * access: what became of an attempt to read something. Empty, denied, gone,
 * zombie, blocked, truncated and unsupported are seven different answers, and
 * none of them is 0 or "".
 */
#ifndef REAPTOP_MODEL_ACCESS_H
#define REAPTOP_MODEL_ACCESS_H

enum access {
    ACCESS_UNREAD,      /* nobody asked yet */
    ACCESS_OK,          /* read whole */
    ACCESS_EMPTY,       /* read, and there was nothing (a kernel thread's cmdline) */
    ACCESS_DENIED,      /* EACCES, EPERM, or a wchan that prints 0 */
    ACCESS_GONE,        /* the process was reaped */
    ACCESS_ZOMBIE,      /* dead: it no longer has this */
    ACCESS_BLOCKED,     /* the read did not end in time; see source/reader.h */
    ACCESS_TRUNCATED,   /* read up to our bound; there is more */
    ACCESS_UNSUPPORTED, /* this kernel or build does not have it */
    ACCESS_FAILED,      /* any other errno */
    ACCESS_UNRECORDED,  /* recordings do not hold it */
    ACCESS_COUNT
};

/* There is something to show. */
static inline int access_has_value(enum access access)
{
    return access == ACCESS_OK || access == ACCESS_TRUNCATED;
}

/* One lower-case word, as JSON's "unavailable" has it: "denied". Static. */
const char *access_word(enum access access);

/* A translated sentence for a person: "permission denied: needs ptrace access". Static. */
const char *access_sentence(enum access access);

/* What a read takes that ended with ACCESS_DENIED. */
enum access_need {
    ACCESS_NEED_NONE,   /* anybody may */
    ACCESS_NEED_ENTRY,  /* the process's directory in /proc */
    ACCESS_NEED_PTRACE, /* ptrace(2)'s PTRACE_MODE_READ */
    ACCESS_NEED_OTHERS, /* the same, of several processes */
    ACCESS_NEED_MEMORY, /* the same, of its address space */
    ACCESS_NEED_ATTACH, /* PTRACE_MODE_ATTACH */
    ACCESS_NEED_STOP,   /* ptrace(2) itself, which Yama restricts further */
    ACCESS_NEED_NICE,   /* timer slack */
    ACCESS_NEED_ADMIN,  /* kernel stacks, page frame numbers: CAP_SYS_ADMIN of the machine */
    ACCESS_NEED_COUNT
};

/*
 * A translated clause that says so: "needs the process's own user, or CAP_SYS_PTRACE". Where this
 * process holds the capability already, it says that the kernel refuses all the same, and what can
 * be the reason. "" for ACCESS_NEED_NONE. Static.
 */
const char *access_need_sentence(enum access_need need);

/* The same before its translation, for what is translated later or never. */
const char *access_need_text(enum access_need need);

/*
 * What a negative errno from reading /proc/PID/... means. `state` is the
 * process's state letter ('\0' if unknown): a zombie's EACCES and ENOENT are
 * ACCESS_ZOMBIE. 0 is ACCESS_OK.
 */
enum access access_from_errno(int error, char state);

#endif
