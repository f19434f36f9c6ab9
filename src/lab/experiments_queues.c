/* Pipes, queues, memory, sockets, continued: messages, shared memory, semaphores. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/syscall_names.h"

static struct role *sender, *receiver, *waiter, *poster;

/* ---- mqueue ---- */

struct message {
    long type;
    char text[16];
};

static int queue_id = -1;
static mqd_t posix_queue = (mqd_t)-1;

static void mqueue_send_typed(long type, const char *text)
{
    struct message message = {.type = type};

    memcpy(message.text, text, strlen(text));
    (void)msgsnd(queue_id, &message, strlen(text), 0);
}

static void mqueue_sender(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case '2':
            mqueue_send_typed(1, is_sight_broken(bench, 1, 2) ? "abcd" : "abc");
            mqueue_send_typed(1, is_broken(bench, 1) ? "" : "defgh");
            role_report(bench, 0);
            break;
        case 't':
            mqueue_send_typed(3, "c");
            mqueue_send_typed(is_broken(bench, 2) ? 4 : 1, "a");
            mqueue_send_typed(2, "b");
            role_report(bench, 0);
            break;
        case 'p':
            (void)mq_send(posix_queue, "low", 3, 1);
            (void)mq_send(posix_queue, "higher", is_sight_broken(bench, 3, 1) ? 6 : 4,
                          is_broken(bench, 3) ? 0 : 9);
            (void)mq_send(posix_queue, "middle", 6, 5);
            role_report(bench, 0);
            break;
        }
}

static void mqueue_receiver(struct bench *bench)
{
    struct message message;
    char text[128];
    unsigned priority;

    for (;;)
        switch (role_await(bench)) {
        case 'r':
            role_report(bench, msgrcv(queue_id, &message, sizeof(message.text), 0, 0));
            break;
        case 't': /* the lowest type up to 9 */
            role_report(bench, msgrcv(queue_id, &message, sizeof(message.text), -9, 0) < 0
                                   ? -errno
                                   : message.type);
            break;
        case 'p':
            role_report(bench, mq_receive(posix_queue, text, sizeof(text), &priority) < 0
                                   ? -errno
                                   : (int64_t)priority);
            break;
        }
}

/* Column `column` (from 0) of the line of that object in /proc/sysvipc/`file`; -1: none. */
static long sysvipc_column(const char *file, int id, int column)
{
    char path[64], line[512];

    (void)snprintf(path, sizeof(path), "/proc/sysvipc/%s", file);
    _cleanup_file_ FILE *stream = fopen(path, "re");
    bool has_heading = stream && fgets(line, sizeof(line), stream);
    while (has_heading && fgets(line, sizeof(line), stream)) {
        char *next = line;
        long values[8] = {0};
        for (size_t i = 0; i < 8; i++)
            values[i] = strtol(next, &next, 10);
        if (values[1] == id)
            return values[column];
    }
    return -1;
}

static void mqueue_boundaries(struct bench *bench)
{
    queue_id = msgget(bench_key(bench), IPC_CREAT | IPC_EXCL | 0600);
    if (queue_id < 0) {
        for (unsigned i = 0; i < 4; i++)
            see_skipped(bench, i, _("no System V queue (CONFIG_SYSVIPC): %s"), strerror(errno));
        return;
    }
    sender = role_spawn(bench, "sender", mqueue_sender);
    receiver = role_spawn(bench, "receiver", mqueue_receiver);
    if (!is_sight_broken(bench, 1, 1))
        role_go(bench, receiver, 'r');
    (void)see_sleep(bench, 0, receiver->pid, "msgrcv", SYS_msgrcv);
    (void)role_ask(bench, sender, '2');
    (void)see_reported(bench, 1, receiver, _("msgrcv() returned"), 3);
    if (is_sight_broken(bench, 1, 3))
        (void)role_ask(bench, receiver, 'r');
    long count = sysvipc_column("msg", queue_id, 4);
    (void)see(bench, 2, count == 1, _("/proc/sysvipc/msg: queue %d holds %ld message"), queue_id,
              count);
    role_go(bench, receiver, 'r');
    (void)see_reported(bench, 3, receiver, _("msgrcv() returned"), 5);
}

static void mqueue_types(struct bench *bench)
{
    if (queue_id < 0) {
        see_skipped(bench, 0, _("no System V queue (CONFIG_SYSVIPC)"));
        see_skipped(bench, 1, _("no System V queue (CONFIG_SYSVIPC)"));
        return;
    }
    (void)role_ask(bench, sender, 't');
    if (is_sight_broken(bench, 2, 1))
        (void)role_ask(bench, receiver, 't');
    long count = sysvipc_column("msg", queue_id, 4);
    (void)see(bench, 0, count == 3, _("/proc/sysvipc/msg: queue %d holds %ld messages"), queue_id,
              count);
    int64_t got[3];
    for (size_t i = 0; i < 3; i++)
        got[i] = role_ask(bench, receiver, 't');
    (void)see_own_words(bench, 1, got[0] == 1 && got[1] == 2 && got[2] == 3,
                        _("sent 3 1 2, received types %" PRId64 " %" PRId64 " %" PRId64), got[0],
                        got[1], got[2]);
    (void)msgctl(queue_id, IPC_RMID, NULL);
}

static void mqueue_priorities(struct bench *bench)
{
    struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 64};
    char text[128] = "";

    posix_queue =
        mq_open(bench_name(bench), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attributes);
    if (posix_queue == (mqd_t)-1) {
        see_skipped(bench, 0, _("no POSIX queue (CONFIG_POSIX_MQUEUE, RLIMIT_MSGQUEUE): %s"),
                    strerror(errno));
        see_skipped(bench, 1, _("no POSIX queue (CONFIG_POSIX_MQUEUE, RLIMIT_MSGQUEUE): %s"),
                    strerror(errno));
        return;
    }
    /* The name is not needed any more: roles get the descriptor. */
    (void)mq_unlink(bench_name(bench));
    sender = role_spawn(bench, "sender-2", mqueue_sender);
    receiver = role_spawn(bench, "receiver-2", mqueue_receiver);
    (void)role_ask(bench, sender, 'p');
    ssize_t length = pread((int)posix_queue, text, sizeof(text) - 1, 0);
    if (length > 0)
        text[strcspn(text, " \n")] = '\0';
    (void)see(bench, 0, strcmp(text, "QSIZE:13") == 0,
              _("the queue's file says %s: low, high and middle are 13 bytes"), text);
    int64_t got[3];
    for (size_t i = 0; i < 3; i++)
        got[i] = role_ask(bench, receiver, 'p');
    (void)see_own_words(bench, 1, got[0] == 9 && got[1] == 5 && got[2] == 1,
                        _("sent 1 9 5, received priorities %" PRId64 " %" PRId64 " %" PRId64),
                        got[0], got[1], got[2]);
}

const struct lab_experiment experiment_mqueue = {
    .name = "mqueue",
    .chapter = LAB_PIPES,
    .place = 4,
    .title = N_("Messages with boundaries and priorities"),
    .question = N_("How does a message queue differ from a pipe?"),
    .roles = {{"sender", N_("sends to a System V queue")},
              {"receiver", N_("receives from it")},
              {"sender-2", N_("sends to a POSIX queue")},
              {"receiver-2", N_("receives from it")}},
    .steps =
        {
            {
                .does = N_("A receiver waits at a System V message queue. Messages of 3 and of 5 "
                           "bytes are sent."),
                .question = N_("What does it receive first?"),
                .choices = {N_("8 bytes"), N_("3 bytes"), N_("5 bytes")},
                .right = 1,
                .sees = {{N_("while the queue is empty, the receiver sleeps"), "/proc/PID/wchan",
                          N_("it does not receive")},
                         {N_("it receives the first message: 3 bytes"),
                          N_("msgrcv(2), as the process itself reports it"),
                          N_("the first message is abcd")},
                         {N_("one message is left"), "/proc/sysvipc/msg",
                          N_("that one is received too")},
                         {N_("then the second: 5 bytes"),
                          N_("msgrcv(2), as the process itself reports it")}},
                .explains = N_("A message queue keeps messages apart. System V queues belong to "
                               "the kernel, not to a process: one that nobody removes stays until "
                               "reboot. ipcs(1) lists them."),
                .manual = "sysvipc(7), msgop(2)",
                .breaks = N_("the second message is empty"),
                .run = mqueue_boundaries,
            },
            {
                .does = N_("Messages of type 3, 1 and 2 are sent. The receiver asks for the lowest "
                           "type."),
                .question = N_("In which order do they come?"),
                .choices = {N_("3 1 2"), N_("1 2 3"), N_("3 2 1")},
                .right = 1,
                .sees = {{N_("three messages are in the queue"), "/proc/sysvipc/msg",
                          N_("one is received before")},
                         {N_("they come as 1 2 3"),
                          N_("msgrcv(2), as the process itself reports it")}},
                .explains = N_("A System V message has a type. A receiver may ask for one type, or "
                               "with a negative number for the lowest up to that."),
                .manual = "msgop(2)",
                .breaks = N_("the second has type 4"),
                .run = mqueue_types,
            },
            {
                .does = N_("On a POSIX message queue, messages of priority 1, 9 and 5 are sent."),
                .question = N_("Which is received first?"),
                .choices = {N_("the one of priority 9"), N_("the one of priority 1"),
                            N_("the one sent first")},
                .right = 0,
                .sees = {{N_("the queue holds 13 bytes"), "mq_overview(7) QSIZE",
                          N_("the message is higher, not high")},
                         {N_("they come as 9 5 1"),
                          N_("mq_receive(3), as the process itself reports it")}},
                .explains = N_("POSIX queues hand out the highest priority first, and within one "
                               "priority the oldest. A process holds a queue as a file "
                               "descriptor, and the queue ends with the last of these, once its "
                               "name is unlinked."),
                .manual = "mq_overview(7)",
                .breaks = N_("the second has priority 0"),
                .run = mqueue_priorities,
            },
        },
    .reading = "sysvipc(7), msgop(2), mq_overview(7)",
};

/* ---- shm ---- */

static int shared_fd = -1;
static int64_t writer_address, reader_address;

static volatile int64_t *shm_map(struct bench *bench, void *address)
{
    int flags = is_broken(bench, 1) || is_broken(bench, 2) ? MAP_PRIVATE : MAP_SHARED;

    return mmap(address, page_size(), PROT_READ | PROT_WRITE, flags | (address ? MAP_FIXED : 0),
                shared_fd, 0);
}

static void shm_writer(struct bench *bench)
{
    volatile int64_t *word = shm_map(bench, NULL);

    for (;;)
        if (role_await(bench) == 'w') {
            *word = 4711;
            role_report(bench, (int64_t)(intptr_t)word);
        }
}

static void shm_reader(struct bench *bench)
{
    /* Another place in this address space, to show that only the frame is the same. */
    char *space = mmap(NULL, page_size() * 8, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    volatile int64_t *word = shm_map(bench, space + page_size() * 4);

    for (;;)
        if (role_await(bench) == 'r') {
            role_report(bench, is_broken(bench, 2) ? 4711 : *word);
            role_report(bench, (int64_t)(intptr_t)word);
        }
}

static void shm_write(struct bench *bench)
{
    shared_fd = shm_open(bench_name(bench), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (shared_fd < 0 || ftruncate(shared_fd, (off_t)page_size()) < 0) {
        see_skipped(bench, 0, _("no POSIX shared memory (/dev/shm): %s"), strerror(errno));
        see_skipped(bench, 1, _("no POSIX shared memory (/dev/shm): %s"), strerror(errno));
        return;
    }
    (void)shm_unlink(bench_name(bench));
    sender = role_spawn(bench, "writer", shm_writer);
    receiver = role_spawn(bench, "reader", shm_reader);
    writer_address = role_ask(bench, sender, 'w');
    role_go(bench, receiver, 'r');
    if (!see_reported(bench, 0, receiver, _("the reader finds there"), 4711) ||
        !role_receive(bench, receiver, &reader_address))
        return;
    char line[256] = "";
    bool mapped = observe_mapping(receiver->pid, (uint64_t)reader_address, line, sizeof(line));
    (void)see(bench, 1,
              mapped && writer_address != reader_address &&
                  (strstr(line, " rw-s ") || is_broken(bench, 2)),
              _("writer's address %#" PRIx64 ", reader's: %s"), (uint64_t)writer_address, line);
}

static void shm_frames(struct bench *bench)
{
    uint64_t a = 0, b = 0, count = 0;

    if (shared_fd < 0) {
        for (unsigned i = 0; i < 2; i++)
            see_skipped(bench, i, _("no POSIX shared memory (/dev/shm)"));
        return;
    }
    bool present = until(bench, observe_page(sender->pid, (uint64_t)writer_address, &a) &&
                                    observe_page(receiver->pid, (uint64_t)reader_address, &b) &&
                                    page_has(a, PAGE_PRESENT) && page_has(b, PAGE_PRESENT));
    (void)see(bench, 0,
              present && page_has(a, PAGE_FILE) && page_has(b, PAGE_FILE) &&
                  !page_has(a, PAGE_EXCLUSIVE) && !page_has(b, PAGE_EXCLUSIVE),
              _("pagemap: shared (bit 61) %d and %d, exclusive (bit 56) %d and %d"),
              page_has(a, PAGE_FILE), page_has(b, PAGE_FILE), page_has(a, PAGE_EXCLUSIVE),
              page_has(b, PAGE_EXCLUSIVE));
    if (present && page_frame(a) == 0) {
        see_no_frames(bench, 1);
        return;
    }
    bool counted = observe_map_count(page_frame(a), &count);
    (void)see(bench, 1, page_frame(a) == page_frame(b) && (!counted || count == 2),
              _("frames 0x%" PRIx64 " and 0x%" PRIx64 ", mapped %" PRIu64 " times"), page_frame(a),
              page_frame(b), count);
}

const struct lab_experiment experiment_shm = {
    .name = "shm",
    .chapter = LAB_PIPES,
    .place = 5,
    .title = N_("One frame in two processes"),
    .question = N_("How do processes share memory?"),
    .roles = {{"writer", N_("maps it and writes")}, {"reader", N_("maps it and reads")}},
    .steps =
        {
            {
                .does = N_("Two processes map one object of POSIX shared memory with MAP_SHARED. "
                           "One writes 4711."),
                .question = N_("Must they map it at the same address?"),
                .choices = {N_("yes"), N_("no")},
                .right = 1,
                .sees = {{N_("the other one reads 4711, with no system call"),
                          "what the process itself reports"},
                         {N_("at another address, in a shared mapping"), "/proc/PID/maps"}},
                .explains = N_("Shared memory is the fastest way between processes: after the "
                               "mapping is made the kernel is not asked any more. For the same "
                               "reason it does not make anybody wait: see race and semaphore."),
                .manual = "shm_overview(7), mmap(2)",
                .breaks = N_("the memory is mapped MAP_PRIVATE"),
                .run = shm_write,
            },
            {
                .does = N_("We look up the frame behind each of the two addresses: the piece of "
                           "physical memory that the page table of a process enters for an "
                           "address. pagemap shows it, with a bit for a page that is shared and "
                           "one for a page that one process alone maps (exclusive)."),
                .question = N_("How many frames?"),
                .choices = {N_("two, kept equal by the kernel"), N_("one")},
                .right = 1,
                .sees = {{N_("the page is shared and exclusive to neither"),
                          "/proc/PID/pagemap bits 61 and 56"},
                         {N_("it is one frame, mapped twice"),
                          "/proc/PID/pagemap, /proc/kpagecount"}},
                .explains = N_("Two page tables point to one frame, and no write ever separates "
                               "them. That is the difference to copy-on-write (see cow)."),
                .manual = "mmap(2), proc(5)",
                .breaks = N_("the memory is mapped MAP_PRIVATE"),
                .run = shm_frames,
            },
        },
    .reading = "shm_overview(7), shm_open(3), mmap(2)",
};

/* ---- semaphore ---- */

static int semaphore_id = -1;

static void semaphore_waiter(struct bench *bench)
{
    sem_t *semaphore = (sem_t *)(void *)bench->shared->memory;
    struct sembuf down = {.sem_op = -1};

    for (;;)
        switch (role_await(bench)) {
        case 'p':
            if (is_broken(bench, 1))
                break;
            role_report(bench, sem_wait(semaphore) < 0 ? -errno : 0);
            break;
        case 'v':
            if (is_broken(bench, 3))
                break;
            role_report(bench, semop(semaphore_id, &down, 1) < 0 ? -errno : 0);
            break;
        }
}

static void semaphore_poster(struct bench *bench)
{
    sem_t *semaphore = (sem_t *)(void *)bench->shared->memory;
    struct sembuf up = {.sem_op = 1};

    for (;;)
        switch (role_await(bench)) {
        case 'p':
            if (!is_broken(bench, 2))
                (void)sem_post(semaphore);
            break;
        case 'v':
            (void)semop(semaphore_id, &up, 1);
            break;
        }
}

static void semaphore_wait(struct bench *bench)
{
    if (sem_init((sem_t *)(void *)bench->shared->memory, 1, 0) < 0)
        return;
    semaphore_id = semget(bench_key(bench), 1, IPC_CREAT | IPC_EXCL | 0600);
    if (semaphore_id >= 0)
        (void)semctl(semaphore_id, 0, SETVAL, 0);
    waiter = role_spawn(bench, "waiter", semaphore_waiter);
    poster = role_spawn(bench, "poster", semaphore_poster);
    role_go(bench, waiter, 'p');
    (void)see_sleep(bench, 0, waiter->pid, "futex", SYS_futex);
}

static void semaphore_post(struct bench *bench)
{
    role_go(bench, poster, 'p');
    (void)see_reported(bench, 0, waiter, _("sem_wait() returned"), 0);
    (void)see_sleep(bench, 1, waiter->pid, "poll", SYS_ppoll);
}

static void semaphore_system_v(struct bench *bench)
{
    if (semaphore_id < 0) {
        for (unsigned i = 0; i < 2; i++)
            see_skipped(bench, i, _("no System V semaphores (CONFIG_SYSVIPC)"));
        return;
    }
    role_go(bench, waiter, 'v');
    (void)see_sleep(bench, 0, waiter->pid, "sem", SYS_semtimedop);
    role_go(bench, poster, 'v');
    (void)see_reported(bench, 1, waiter, _("semop() returned"), 0);
    (void)semctl(semaphore_id, 0, IPC_RMID);
}

const struct lab_experiment experiment_semaphore = {
    .name = "semaphore",
    .chapter = LAB_PIPES,
    .place = 6,
    .title = N_("A counter that can be waited for"),
    .question = N_("What does a semaphore do?"),
    .roles = {{"waiter", N_("takes one")}, {"poster", N_("gives one")}},
    .steps =
        {
            {
                .does = N_("A semaphore stands at 0. The waiter calls sem_wait()."),
                .question = N_("What happens?"),
                .choices = {N_("it goes to -1 and on"), N_("the waiter sleeps"),
                            N_("sem_wait() fails")},
                .right = 1,
                .sees = {{N_("the waiter sleeps in a futex"), "/proc/PID/wchan"}},
                .explains = N_("A semaphore is a counter that is never below 0: sem_wait() takes "
                               "one off, and sleeps while there is none. A futex (fast user-space "
                               "mutex) is what the kernel offers for such sleeps: wait while this "
                               "word in memory has that value."),
                .manual = "sem_overview(7), futex(7)",
                .breaks = N_("the waiter does not wait"),
                .run = semaphore_wait,
            },
            {
                .does = N_("The poster calls sem_post()."),
                .question = N_("Who goes on?"),
                .choices = {N_("the waiter"), N_("nobody, before the poster exits")},
                .right = 0,
                .sees = {{N_("sem_wait() returns in the waiter"),
                          N_("sem_wait(3), as the process itself reports it")},
                         {N_("it does not sleep in a futex any more"), "/proc/PID/wchan"}},
                .explains = N_("sem_post() adds one and wakes a waiter. Anybody may post, not only "
                               "who waited: that is the difference to a mutex."),
                .manual = "sem_post(3)",
                .breaks = N_("the poster does not post"),
                .run = semaphore_post,
            },
            {
                .does = N_("The same with a System V semaphore: semop() by -1, and then by +1."),
                .question = N_("Where does this waiter sleep?"),
                .choices = {N_("in a futex too"), N_("in the kernel's own semaphore call")},
                .right = 1,
                .sees = {{N_("the waiter sleeps in semop()"), "/proc/PID/wchan"},
                         {N_("once somebody adds one, it goes on"),
                          N_("semop(2), as the process itself reports it")}},
                .explains = N_("System V semaphores live in the kernel, in sets, and stay until "
                               "they are removed. POSIX ones live in memory, and the kernel is "
                               "asked only when somebody must sleep."),
                .manual = "sysvipc(7), semop(2)",
                .breaks = N_("the waiter does not wait"),
                .run = semaphore_system_v,
            },
        },
    .reading = "sem_overview(7), sysvipc(7), futex(7)",
};
