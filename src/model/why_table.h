/*
 * why_table: one row for each kind of wait: how it is recognised, what is read
 * of it, who can end it, and its words. The functions of the rows stand in
 * why_classify.c, why_holders.c, why_words.c, why_proof.c and why_notes.c.
 */
#ifndef REAPTOP_MODEL_WHY_TABLE_H
#define REAPTOP_MODEL_WHY_TABLE_H

#include "reaptop/base/gettext.h"
#include "reaptop/model/why.h"

enum {
    WHY_OBJECTS_REPORTED = 6 /* descriptors that a sentence and its proof name */
};

/* ---- the parts of a row ---- */

typedef bool why_test(const struct why_task *task);

/* What the call's arguments give. */
typedef void why_arguments(const struct why_task *task, struct why_wait *wait);

/* Where a sentence goes. It appends; text of other processes (paths, names) goes in raw. */
struct why_text {
    struct strbuf *out;
    bool is_translated; /* false: English, for JSON */
};

typedef void why_sentence(const struct why_text *to, const struct why_task *task);

/* Where it is known from, behind the place itself: "; /proc/locks: …". Never translated. */
typedef void why_proof(const struct why_task *task, struct strbuf *out);

/* The holders so far, and room for more. */
struct why_gathering {
    struct why_holder *out;
    uint32_t count;
};

typedef void why_ends(struct why_gathering *gathering, const struct why_task *task);

struct why_build;

typedef void why_remark(struct why_build *build, const struct why_task *task,
                        struct why_link *link);

/* A system call that is a wait: which argument is what, counted from 1; 0: it has none such. */
struct why_call {
    int64_t number;
    uint8_t fd, address, length, flags, id;
    uint8_t timeout;     /* points to its timeout, or is NULL */
    uint8_t timeout_ms;  /* is its timeout, or negative */
    why_arguments *take; /* the rest; NULL: nothing */
};

struct why_row {
    const char *name;      /* as why_kind_name() */
    const char *reference; /* the entry that explains it */

    /* How it is recognised: by a state and the test alone; or else by the call, where that is
       readable; or else by the kernel function: a word of `places`, with '*' its beginning. */
    const char *states; /* letters; NULL: any */
    why_test *is;       /* NULL: the state is enough */
    const struct why_call *calls;
    why_test *fits; /* … and this where it is not NULL */
    const char *places;

    enum why_facts facts;

    why_ends *ends; /* who can end it */
    bool needs_all; /* each of them stands in the way; else any is enough */

    const char *sentence;  /* what it waits for, N_(); NULL: `words` alone */
    why_sentence *words;   /* … and what follows it; NULL: nothing */
    const char *nobody;    /* the conclusion where nobody else is in the chain, N_(); NULL */
    const char *source;    /* what it was read from behind the place itself; NULL */
    why_proof *proof;      /* … where it varies; both NULL: the descriptors */
    why_test *is_inferred; /* what it is said to wait for; NULL: it was observed */
    why_remark *remark;    /* NULL: none */

    bool is_write;    /* the other end must take something, not give it */
    bool is_direct;   /* who must act is the next of the chain, not its last */
    bool has_way_out; /* it ends without anybody else */
    bool is_service;  /* it waits for work, where it listens */
};

extern const struct why_row why_table[WHY_KIND_COUNT];

static inline const struct why_row *why_row(const struct why_task *task)
{
    return &why_table[task->wait.kind];
}

/* ---- the functions of the rows ---- */

why_test why_is_leader_of_others, why_is_exiting, why_is_in_userfault, why_is_in_seccomp,
    why_is_in_fuse;
why_test why_breaks_lease, why_waits_for_threads, why_is_throttled, why_awaits_lab,
    why_is_kernel_idle, why_is_frozen, why_is_running;
why_test why_opens_fifo, why_sets_lock, why_writes, why_is_uninterruptible;
why_arguments why_take_select, why_take_child;
why_ends why_ends_nobody, why_ends_other_ends, why_ends_found, why_ends_futex, why_ends_semaphore,
    why_ends_queue, why_ends_zombie, why_ends_traced, why_ends_stopped;
why_sentence why_say_object, why_say_read, why_say_write, why_say_open_fifo, why_say_open,
    why_say_connect, why_say_any, why_say_child, why_say_futex, why_say_lock, why_say_semaphore,
    why_say_queue, why_say_signal, why_say_running, why_say_zombie, why_say_stopped, why_say_disk,
    why_say_unknown, why_say_exiting, why_say_fuse, why_say_lease;
why_proof why_proof_epoll, why_proof_futex, why_proof_path, why_proof_lock, why_proof_traced,
    why_proof_running, why_proof_throttled, why_proof_frozen, why_proof_disk, why_proof_wchan,
    why_proof_exiting, why_proof_lease;
why_test why_always, why_futex_is_inferred, why_running_is_inferred, why_disk_is_inferred;
why_remark why_remark_zombie, why_remark_stopped, why_remark_throttled;

/* Is the function one of the `places`, as a row has them? */
bool why_names(const char *places, const char *function);

/* ---- words ---- */

/* The sentence in the reader's language; both have the same format. */
const char *why_say(bool is_translated, const char *text) __attribute__((format_arg(2)));

/* "data in pipe:[123] (its descriptor 0)". */
why_sentence why_words_wait;

/* "/proc/12/syscall: read(fd=0, …); /proc/12/fd/0: pipe:[123]". */
why_proof why_words_evidence;

/* "holds the write end of it (descriptor 1)". */
void why_words_relation(const struct why_text *to, const struct why_holder *holder);

/* "must write to it or close it", for one who waits in `waiter`. */
void why_words_act(const struct why_text *to, const struct why_task *waiter,
                   const struct why_holder *holder);

/* ---- a chain under construction ---- */

struct why_build {
    const struct why_evidence *evidence;
    struct why_chain *chain;
    bool is_translated;
};

/* The remarks on what was read of the task, in their order; `role` is the link's. */
void why_remarks(struct why_build *build, const struct why_task *task, struct why_link *link);

/* … on who holds it up: how many were found, whom could not be looked for. */
void why_remark_holders(struct why_build *build, const struct why_task *task, uint32_t holders,
                        struct why_link *link);

/* Adds a remark, unless there are WHY_NOTES_MAX. */
void why_note(struct why_build *build, struct why_link *link, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Moves the text into the chain's own memory; NULL for an empty one or without memory. */
const char *why_keep(struct why_build *build, struct strbuf *text);

#endif
