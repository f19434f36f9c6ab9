/*
 * life_private: what the files of life share. life.c keeps the records and
 * answers questions, life_receive.c takes in what sources report (life_signals.c: of
 * signals), life_diff.c what two snapshots do.
 */
#ifndef REAPTOP_MODEL_LIFE_PRIVATE_H
#define REAPTOP_MODEL_LIFE_PRIVATE_H

#include "reaptop/model/life.h"

/*
 * What a sweep showed of one turn of a life (its birth, its first exec, its death),
 * and what the kernel has reported of it. Either can be first.
 */
struct claim {
    uint64_t seen_ns; /* the first sweep that showed what the kernel has yet to report; 0: none */
    uint32_t losses;  /* life's, when it was reported without the kernel: with none since, the
                         kernel's report must follow; LOSSES_NOTHING_DUE: it need not */
    bool is_received; /* the kernel's own report has come */
};

#define LOSSES_NOTHING_DUE UINT32_MAX

/* A row as the newest sweep had it, without what its history and record have, and without strings:
   what the row of a dead process is made of. */
struct last_row {
    uint64_t utime_ticks, stime_ticks;
    uint64_t virtual_kib, rss_kib;
    uint64_t minor_faults, major_faults;
    pid_t ppid, pgid, sid, tpgid, tracer;
    uint32_t tty, threads;
    int32_t processor, exit_status;
    uid_t uid, real_uid;
    int16_t priority;
    int8_t nice, rt_priority, policy;
    char state;
    bool is_kernel, has_execed, has_real_uid, ignores_sigchld;
};

/* A history and its last row. */
struct record {
    struct history history; /* first: life_older_ended() finds its record by it */
    struct last_row last;
    uint16_t user;          /* its name's place in life's */
    uint16_t counted_bytes; /* of its history, in life's moment_bytes */
    struct claim birth, exec, death;
    uint64_t change_seen_ns;  /* as a claim's, of an exec, a name, a user or a session */
    uint64_t removal_seen_ns; /* as a claim's: it was in the table, and is not any more */
    bool is_in_table;         /* was in the newest snapshot */
    bool expects_new_comm;    /* an exec was received: the name it brings is no change of its own */
    bool is_zombie_reported;
    pid_t tracer;         /* as the latest EVENT_PTRACE has it; 0: none, or not reported */
    uint64_t sweep;       /* the latest that had a row of it */
    uint64_t start_ns;    /* as its row has it; 0: unknown */
    uint64_t received_ns; /* the newest change that was received: an older row is behind it */

    struct record *next_in_bucket; /* newest first */
    struct record *older_ended, *newer_ended;
    struct record *twin; /* while life_copy() runs */
};

/* Who may have reaped it. */
struct life_parent {
    pid_t pid;
    bool ignores_sigchld;
};

struct life {
    struct record **buckets; /* by PID; a power of two of them */
    size_t bucket_count;
    size_t record_count;
    size_t moment_bytes; /* of the histories, on the heap */
    uint64_t sweep;      /* from 1 */
    struct record *oldest_ended, *newest_ended;
    size_t ended_count, ended_capacity;
    struct life_losses losses;        /* of births, ends and the like */
    struct life_losses signal_losses; /* of the tracepoints */
    bool is_reported;                 /* life_set_kernel_reports() */
    bool has_received;                /* anything of the connector */
    bool has_gap;                     /* something was lost, and no sweep began since */
    uint64_t gap_ns;                  /* when that was received */
    struct event_log log;
    char **users; /* names, each once; 0 is "" */
    size_t user_count, user_capacity;
};

/* The newest record under that number, dead or alive; NULL. */
struct record *life_newest(const struct life *life, pid_t pid);

/* Who holds that PID and has not ended; NULL. */
struct record *life_living(const struct life *life, pid_t pid);

/* What its history has on the heap may be another size by now. */
void life_count_bytes(struct life *life, struct record *record);

/* NULL without memory. */
struct record *life_begin(struct life *life, struct identity id, pid_t ppid, uint64_t ns);

/* The record may be freed by this. */
void life_end(struct life *life, struct record *record, uint64_t ns, enum event_source source);

/* Appends to the log and, where there is a record, to its history. */
void life_report(struct life *life, struct record *record, const struct event *event);

/* An event of the record's process with what is known of it. */
struct event life_event(enum event_kind kind, enum event_source source, const struct record *record,
                        uint64_t mono_ns, uint64_t time_ns);

void life_remember_relatives(const struct life *life, struct relatives *relatives, pid_t pid);

/* Reports that it is a zombie, unless that is reported; `like`: who saw it, and when. */
void life_report_zombie(struct life *life, struct record *record, const struct event *like);

/* It is gone, as a sweep saw: reports its reaping and ends it. `parent` NULL: it is gone too. */
void life_report_reap(struct life *life, struct record *record, const struct event *like,
                      const struct life_parent *parent);

/* Completes an EVENT_REAP and the history with who removed it; `parent` as above. */
void life_note_reaper(const struct life *life, struct record *record, struct event *reap,
                      const struct life_parent *parent);

/* `to` 0: not known. Reports it, and keeps it in the history. */
void life_adopt(struct life *life, struct record *record, pid_t to, const struct event *like);

/* ---- life_subject.c ---- */

/* Who has the number, as far as is known when an event of it is received. */
enum subject {
    OF_NOBODY, /* none is known */
    OF_LIVING,
    OF_DEAD, /* its end is reported, its removal is not */
    OF_GONE, /* it is removed; an end that is received now is its own, late */
    SUBJECT_COUNT,
    OF_EARLIER = SUBJECT_COUNT, /* one who had it before, and of whom nothing is due */
    OF_SUCCESSOR,               /* one who has it after the one that is known: its birth was lost */
};

/* *ret_record: the record that it is about; NULL: there is none. */
enum subject life_subject(const struct life *life, const struct event *event,
                          struct record **ret_record);

/* A sweep or a wait reported it, `since_ns` being when: is the kernel's report to follow? */
bool life_is_due(const struct life *life, const struct claim *claim, uint64_t since_ns,
                 const struct event *event);

/* ---- what is done ---- */

/* What is done with an event of the record's process, which may be completed. */
typedef void life_receiver(struct life *life, struct record *record, struct event *event);

/* life_signals.c; the stray one is to a process whose life is not known, or over. */
life_receiver life_receive_signal, life_receive_delivery, life_receive_stray_delivery,
    life_receive_oom;

void life_copy_name(char to[EVENT_COMM_SIZE], const char *from);

/* life_rows.c: what is kept of a row, and the row made of it again. */
void life_keep_row(struct life *life, struct record *record, const struct process *process);
int life_add_row(const struct life *life, const struct record *record, struct snapshot *snapshot);

/* Copies the names; -ENOMEM. */
int life_copy_users(const struct life *life, struct life *copy);
void life_free_users(struct life *life);
size_t life_user_bytes(const struct life *life);

#endif
