#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cursor.h"
#include "evidence_facts.h"
#include "evidence_task.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/number.h"
#include "reaptop/source/fdinfo.h"
#include "reaptop/source/parse_fdinfo.h"
#include "reaptop/source/parse_locks.h"
#include "reaptop/source/procfs.h"

enum {
    LOCK_CANDIDATES = 256,
    SEMAPHORE_OPERATIONS = 16,
    RECORD_SIZE = 2048,     /* more than glibc 2.43 has of it behind the list's head */
    RECORD_THREADS = 10000, /* looked at; among more a join is not recognised */
};

/* ---- futexes ---- */

/* The process that a task belongs to; 0: there is none. */
static pid_t process_of(pid_t tid)
{
    struct why_task owner = {0};
    _cleanup_close_ int fd = procfs_open_process(tid, 0);
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (tid <= 0 || fd < 0 || procfs_read(fd, "status", 4096, &text) < 0)
        return 0;
    struct cursor rest = cursor_of(strbuf_text(&text), text.length), line;
    while (cursor_line(&rest, &line))
        if (cursor_take(&line, "Tgid:") && cursor_int(&line, &owner.id.pid))
            return owner.id.pid;
    return 0;
}

/*
 * The thread in whose record the C library keeps that word. A thread tells the kernel where its
 * list of robust mutexes begins, and glibc has that in the record, before the rest of it.
 */
static pid_t record_that_holds(const struct why_task *task)
{
    char path[64];
    struct dirent *entry;
    uint64_t nearest = RECORD_SIZE;
    pid_t found = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/task", task->id.pid);
    _cleanup_dir_ DIR *list = opendir(path);
    for (unsigned i = 0; list && i < RECORD_THREADS && (entry = readdir(list)); i++) {
        int64_t tid;
        void *head = NULL;
        size_t size;
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) < 0 ||
            syscall(SYS_get_robust_list, (int)tid, &head, &size) < 0 || !head)
            continue;
        uint64_t distance = task->wait.address - (uintptr_t)head;
        if (distance < nearest) {
            nearest = distance;
            found = (pid_t)tid;
        }
    }
    return found;
}

/* A semaphore has no owner; whoever maps the memory that it lies in can post it. */
static void find_sharers(struct facts *facts, struct why_task *task)
{
    pid_t pids[WHY_HOLDERS_MAX];
    bool is_bounded = false;
    if (!task->wait.futex.is_shared || why_futex_kind(task) != FUTEX_IS_SEMAPHORE)
        return;
    size_t count = evidence_task_mappers(facts->reader, task, task->wait.address, pids,
                                         ELEMENTS(pids), &is_bounded);
    for (size_t i = 0; i < count; i++)
        facts_add_found(task, pids[i], WHY_ROLE_SEMAPHORE_SHARER, -1, true);
    if (is_bounded)
        task->found_more++;
}

int facts_gather_futex(struct facts *facts, struct why_task *task)
{
    struct why_futex *futex = &task->wait.futex;
    if (task->wait.address == 0)
        return 0;
    ssize_t got = evidence_task_memory(facts->reader, task, task->wait.address, futex->words,
                                       sizeof(futex->words), sizeof(futex->words[0]));
    facts_keep_memory_access(task, got);
    futex->word_count = got > 0 ? (uint32_t)((size_t)got / sizeof(futex->words[0])) : 0;
    /* In a PID namespace of its own a program's TIDs are not ours. */
    if (got < 0 || task->pid_namespaces > 0)
        return 0;
    pid_t owner = process_of((pid_t)(futex->words[2] & FUTEX_TID_MASK));
    futex->owner_lives = owner != 0;
    futex->owner_is_ours = owner == task->id.pid;
    futex->word_lives =
        futex->words[0] <= INT_MAX && process_of((pid_t)futex->words[0]) == task->id.pid;
    if (!futex->word_lives && !(task->wait.flags & FUTEX_PRIVATE_FLAG) && futex->words[0] <= 3)
        futex->record_of = record_that_holds(task);
    futex->is_shared = !(task->wait.flags & FUTEX_PRIVATE_FLAG) && futex->word_count > 2 &&
                       futex->words[2] == FUTEX_PRIVATE_FLAG;
    find_sharers(facts, task);
    return 0;
}

/* ---- file locks ---- */

/* The descriptor of that process through which the lock is held; -1. */
static int fd_that_holds(struct reader *reader, const struct peer_entry *entry,
                         const struct lock *lock)
{
    const struct identity whoever = {.pid = entry->pid};
    _cleanup_close_ int pid_fd = peers_open(entry);
    int held = -1;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    _cleanup_(arena_done) struct arena arena = ARENA_INIT;
    struct descriptor descriptor = {.fd = entry->fd, .mount_id = -1};
    if (pid_fd < 0 ||
        fdinfo_read(reader, whoever, pid_fd, entry->fd, NULL, FDINFO_TEXT_LIMIT, &text) < 0 ||
        parse_fdinfo(strbuf_text(&text), text.length, &arena, &descriptor) < 0 ||
        !descriptor.detail)
        return -1;
    for (uint32_t i = 0; i < descriptor.detail->lock_count; i++) {
        const struct lock *one = &descriptor.detail->locks[i];
        if (one->kind == lock->kind && one->start == lock->start && one->end == lock->end &&
            lock_overlaps(one, lock))
            held = entry->fd;
    }
    return held;
}

/*
 * flock and OFD locks belong to an open file, which a fork shares: whoever has
 * it open can release it, and the process that took it may be long gone.
 */
static void find_lock_holders(struct facts *facts, struct why_task *task,
                              const struct descriptor *descriptor)
{
    size_t count;
    const struct peer_entry *entries =
        peers_find(&facts->peers, PEER_PATH,
                   peers_path_number(descriptor->target ? descriptor->target : ""), &count);
    for (size_t i = 0; i < count && i < LOCK_CANDIDATES; i++) {
        int fd = fd_that_holds(facts->reader, &entries[i], &task->wait.lock);
        if (fd >= 0)
            facts_add_found(task, peers_task(&entries[i]), WHY_ROLE_LOCK_OWNER, fd, false);
    }
}

static const struct lock *find_own_wait(const struct lock_table *table, const struct why_task *task,
                                        const struct descriptor *descriptor)
{
    const struct lock *waiter = lock_find_waiter(table, task->id.pid, descriptor->inode);
    if (!waiter)
        waiter = lock_find_waiter(table, task->tid, descriptor->inode);
    /* An OFD lock's line names nobody: the file is what it is known by. */
    for (size_t i = 0; !waiter && i < table->count; i++) {
        const struct lock *one = &table->locks[i];
        if (one->is_waiting && one->kind == LOCK_OFD && descriptor->inode != 0 &&
            one->inode == descriptor->inode)
            waiter = one;
    }
    return waiter;
}

int facts_gather_lock(struct facts *facts, struct why_task *task)
{
    struct descriptor unknown = {.fd = -1};
    const struct descriptor *descriptor = &unknown;
    if (!task->wait.from_wchan) {
        int r = facts_gather_descriptor(facts, task);
        if (r < 0)
            return r;
        if (task->object_count > 0 && access_has_value(task->objects[0].access))
            descriptor = &task->objects[0].descriptor;
    }
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    _cleanup_(lock_table_done) struct lock_table table = LOCK_TABLE_INIT;
    int r = procfs_read(AT_FDCWD, "/proc/locks", LOCKS_TEXT_LIMIT, &text);
    if (r >= 0)
        r = parse_locks(strbuf_text(&text), text.length, &table);
    task->wait.access = access_from_errno(r < 0 ? r : 0, '\0');
    if (r < 0)
        return r == -ENOMEM ? r : 0;

    const struct lock *waiter = find_own_wait(&table, task, descriptor);
    const struct lock *blocker = waiter ? lock_find_blocker(&table, waiter) : NULL;
    if (!blocker) {
        task->wait.access = ACCESS_EMPTY;
        return 0;
    }
    task->wait.lock = *blocker;
    if (blocker->kind != LOCK_POSIX)
        find_lock_holders(facts, task, descriptor);
    if (task->found_count == 0 && blocker->pid > 0)
        facts_add_found(task, blocker->pid, WHY_ROLE_LOCK_OWNER, -1, blocker->kind != LOCK_POSIX);
    return 0;
}

/* ---- leases ---- */

/* Which file it is that is opened is not looked up: that could block as well. */
int facts_gather_lease(struct facts *facts, struct why_task *task)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    _cleanup_(lock_table_done) struct lock_table table = LOCK_TABLE_INIT;
    if (!task->wait.from_wchan)
        (void)facts_gather_path(facts, task);
    int r = procfs_read(AT_FDCWD, "/proc/locks", LOCKS_TEXT_LIMIT, &text);
    if (r >= 0)
        r = parse_locks(strbuf_text(&text), text.length, &table);
    for (size_t i = 0; i < table.count; i++)
        if (table.locks[i].kind == LOCK_LEASE && table.locks[i].is_breaking)
            facts_add_found(task, table.locks[i].pid, WHY_ROLE_LEASE_OWNER, -1, true);
    return r == -ENOMEM ? r : 0;
}

/* ---- FUSE ---- */

/* Each daemon has /dev/fuse open; which of them serves the file is not reported on every kernel. */
int facts_gather_fuse(struct facts *facts, struct why_task *task)
{
    size_t count;
    int r = facts_gather_call(facts, task);
    const struct peer_entry *entries =
        peers_find(&facts->peers, PEER_PATH, peers_path_number("/dev/fuse"), &count);
    for (size_t i = 0; i < count; i++)
        facts_add_found(task, peers_task(&entries[i]), WHY_ROLE_FUSE_DAEMON, entries[i].fd, true);
    return r;
}

/* ---- System V ---- */

union semaphore_argument {
    int value;
    struct semid_ds *status;
    unsigned short *array;
};

/* Semaphores and queues are asked for by identifier, in our own IPC namespace only. */
static bool shares_ipc_namespace(pid_t pid)
{
    char name[64];
    struct stat own, theirs;
    (void)snprintf(name, sizeof(name), "/proc/%d/ns/ipc", pid);
    return stat("/proc/self/ns/ipc", &own) == 0 && stat(name, &theirs) == 0 &&
           own.st_ino == theirs.st_ino && own.st_dev == theirs.st_dev;
}

static bool is_blocked(const struct sembuf *operation, int value)
{
    return operation->sem_op == 0 ? value != 0 : value + operation->sem_op < 0;
}

/* Of the first operation that cannot be done: the set's value, and who changed it last. */
static void read_blocking_operation(struct why_task *task, const struct sembuf *operations,
                                    size_t count)
{
    union semaphore_argument none = {0};
    int set = task->wait.number;
    for (size_t i = 0; i < count; i++) {
        int number = operations[i].sem_num;
        int value = semctl(set, number, GETVAL, none);
        task->wait.access = access_from_errno(value < 0 ? -errno : 0, '\0');
        if (value < 0)
            return;
        if (operations[i].sem_op > 0 || !is_blocked(&operations[i], value))
            continue;
        int pid = semctl(set, number, GETPID, none);
        task->wait.semaphore.number = number;
        task->wait.semaphore.operation = operations[i].sem_op;
        task->wait.semaphore.value = value;
        task->wait.semaphore.last_pid = pid > 0 && pid != task->id.pid ? pid : 0;
        return;
    }
}

int facts_gather_semaphore(struct facts *facts, struct why_task *task)
{
    struct sembuf operations[SEMAPHORE_OPERATIONS];
    uint64_t count = task->wait.length;
    if (task->wait.from_wchan || !shares_ipc_namespace(task->id.pid)) {
        task->wait.access = ACCESS_UNSUPPORTED;
        return 0;
    }
    if (count > SEMAPHORE_OPERATIONS)
        count = SEMAPHORE_OPERATIONS;
    ssize_t got =
        evidence_task_memory(facts->reader, task, task->wait.address, operations,
                             (size_t)count * sizeof(operations[0]), sizeof(operations[0]));
    facts_keep_memory_access(task, got);
    if (got > 0)
        read_blocking_operation(task, operations, (size_t)got / sizeof(operations[0]));
    return 0;
}

int facts_gather_queue(struct facts *facts, struct why_task *task)
{
    struct msqid_ds status;
    (void)facts;
    if (task->wait.from_wchan || !shares_ipc_namespace(task->id.pid)) {
        task->wait.access = ACCESS_UNSUPPORTED;
        return 0;
    }
    int r = msgctl(task->wait.number, IPC_STAT, &status);
    task->wait.access = access_from_errno(r < 0 ? -errno : 0, '\0');
    if (r < 0)
        return 0;
    pid_t last = task->wait.kind == WHY_MSG_RECEIVE ? status.msg_lspid : status.msg_lrpid;
    task->wait.queue.last_pid = last != task->id.pid ? last : 0;
    task->wait.queue.messages = status.msg_qnum;
    task->wait.queue.bytes = status.__msg_cbytes;
    return 0;
}
