/*
 * evidence_facts: reads of a task what the kind of its wait calls for: the
 * descriptors and who has their other ends, paths (evidence_facts.c), children and
 * threads (evidence_children.c), futexes, file locks, System V semaphores and queues
 * (evidence_locks.c).
 */
#ifndef REAPTOP_SOURCE_EVIDENCE_FACTS_H
#define REAPTOP_SOURCE_EVIDENCE_FACTS_H

#include <dirent.h>

#include "reaptop/model/why.h"
#include "reaptop/source/peers.h"
#include "reaptop/source/read_sockets.h"
#include "reaptop/source/reader.h"

enum {
    NETWORKS_MAX = 4
};

/* What is read once for all tasks. */
struct facts {
    struct reader *reader;
    struct arena *strings; /* of all texts and lists that a task points to */
    struct peers peers;
    bool has_peers; /* they were read */
    struct network {
        uint64_t inode; /* of /proc/PID/ns/net; 0: not readable */
        struct socket_table sockets;
    } networks[NETWORKS_MAX];
    size_t network_count;
};

/* Reader and arena must outlive it. */
void facts_init(struct facts *facts, struct reader *reader, struct arena *strings);
void facts_done(struct facts *facts);

/*
 * Fills what belongs to task->wait, and of the first task the work that waits for
 * it too. What could not be read says so. 0 or -ENOMEM.
 */
int facts_gather(struct facts *facts, struct why_task *task, bool is_first);

/* /proc/PID/task; NULL: it is gone. */
DIR *facts_open_threads(pid_t pid);

/* ---- shared by its files ---- */

typedef int facts_gatherer(struct facts *facts, struct why_task *task);

facts_gatherer facts_gather_child, facts_gather_vfork_child, facts_gather_threads,
    facts_gather_left;
facts_gatherer facts_gather_lease, facts_gather_fuse, facts_gather_path;
facts_gatherer facts_gather_futex, facts_gather_lock, facts_gather_semaphore, facts_gather_queue;

/* The descriptor that the call names, into task->objects. */
facts_gatherer facts_gather_descriptor, facts_gather_call;

/* Adds it to task->found, unless it is there; is_inferred as in struct why_holder. */
void facts_add_found(struct why_task *task, pid_t pid, enum why_role role, int fd,
                     bool is_inferred);

/* `got`: as evidence_task_memory() returned it. */
void facts_keep_memory_access(struct why_task *task, ssize_t got);

#endif
