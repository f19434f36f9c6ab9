/*
 * bench: what the steps of an experiment work with. Two sides use it.
 *
 * The host runs the steps. It makes roles (processes with a name and a pair of
 * pipes), tells them what to do next with role_go(), receives what their system
 * calls returned with role_receive(), and looks at them from outside: see() and
 * the others that begin with see_ tick one sight of the running step, with the text that was read.
 * A sight that no call ticked is not seen.
 *
 * A role runs a function that loops on role_await(). It leaves by returning; it
 * is killed with its host. Static variables of an experiment's file belong to
 * the host and are copied into roles at fork: every run starts from the same.
 *
 * Nothing here waits for time to pass: until() repeats a condition until it
 * holds or the wait's deadline is over, and notices on the way that the viewer
 * or the guard is gone, in which case the host cleans up and never returns.
 */
#ifndef REAPTOP_LAB_BENCH_H
#define REAPTOP_LAB_BENCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/types.h>
#include <unistd.h>

#include "observe.h"
#include "reaptop/base/gettext.h"
#include "reaptop/lab/lab.h"

struct role {
    char name[16];
    _Atomic pid_t pid; /* 0 until somebody plays it */
    int go[2];         /* host writes, role reads */
    int said[2];       /* role writes, host reads */
};

/* Moves a descriptor to HELPER_LAB_FD_LEAST or above, out of the roles' way, close-on-exec; where
 * there is no room it stays. Returns it. */
int bench_move_fd(int fd);

/* Shared by guard, host and roles; names are chosen before the objects are made. */
struct bench_shared {
    struct role roles[LAB_ROLES_MAX];
    unsigned role_count;
    char directory[96];
    bool has_directory;
    char name[48]; /* of a POSIX queue */
    bool has_name;
    key_t key; /* of System V objects */
    bool has_key;
    char cgroup[512]; /* of the run's own; "": none (cgroup.h) */
    bool cgroup_is_v2;
    /* For experiments whose processes must share memory that they did not map themselves. */
    _Alignas(64) unsigned char memory[4096];
};

struct bench {
    const struct lab_experiment *experiment;
    struct bench_shared *shared;
    struct role *self; /* NULL in the host */
    pid_t guard_pid, host_pid;
    int socket;            /* to the viewer; host only */
    int guard_alive;       /* hangs up when the guard dies; host only */
    int lifeline[2];       /* its reading end hangs up when guard and host are dead */
    unsigned broken_step;  /* from 1; 0: none */
    unsigned broken_sight; /* from 1, of that step; 0: the whole step */
    uint64_t deadline_ns;  /* of one wait */
    uint64_t patience_ns;  /* the same, of a step that is not sabotaged */
    unsigned step;         /* index of the one that runs */
    int directory_errno;   /* why bench_directory() made none */
    enum lab_result sights[LAB_SIGHTS_MAX];
    char missing[LAB_TEXT_SIZE]; /* what a skipped sight lacks */
};

/* ---- both sides ---- */

/* Is step `number` (from 1) to be left undone, as its `breaks` says? */
static inline bool is_broken(const struct bench *bench, unsigned number)
{
    return bench->broken_step == number && bench->broken_sight == 0;
}

/* Is the mechanism behind that sight (from 1) of that step to be replaced by the wrong one? */
static inline bool is_sight_broken(const struct bench *bench, unsigned number, unsigned sight)
{
    return bench->broken_step == number && bench->broken_sight == sight;
}

/* Either of the two: the sabotage of the whole step, or of this sight alone. */
static inline bool is_left_out(const struct bench *bench, unsigned number, unsigned sight)
{
    return is_broken(bench, number) || is_sight_broken(bench, number, sight);
}

/* Sends the signal, unless that step is to be left undone. */
static inline void kill_unless_broken(const struct bench *bench, unsigned step, pid_t pid,
                                      int number)
{
    if (!is_broken(bench, step))
        (void)kill(pid, number);
}

static inline size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* A directory of this run's own in $TMPDIR, removed with what is in it; NULL: errno says why. */
const char *bench_directory(struct bench *bench);

/* Skips the first `sights` of the step: bench_directory() was NULL, and that is the reason. */
void see_no_directory(struct bench *bench, unsigned sights);

/* A name for mq_open and shm_open, unlinked at the end whatever happens. Unlink it earlier. */
const char *bench_name(struct bench *bench);

/* A key for msgget, semget and shmget with IPC_CREAT | IPC_EXCL, removed likewise. */
key_t bench_key(struct bench *bench);

/* ---- the roles' side: role.c ---- */

/* The next word from the host. Does not return when the host is dead. */
int role_await(struct bench *bench);

/* Tells the host a number: what a system call returned, most often. */
void role_report(struct bench *bench, int64_t number);

/* Forks a process that plays `role` (made by the host with role_new). fork(2)'s return in the
 * parent. */
pid_t role_fork(struct bench *bench, struct role *role, void (*play)(struct bench *));

/*
 * Starts a thread of this process that plays `role`, with words of its own; its
 * role->pid is its TID. `play` returning ends the thread. 0 or -errno.
 */
int role_thread(struct bench *bench, struct role *role, void (*play)(struct bench *));

/* What a process made by other means than role_fork does first. */
void role_enter(struct bench *bench, struct role *role);

/* Computes for ever, without a system call but for a rare look at the lifeline. */
_Noreturn void role_burn(struct bench *bench);

/* Is the lifeline cut? For loops of a role that await nothing. */
bool role_is_alone(const struct bench *bench);

/* A new session whose controlling terminal is that one: its descriptor, or -errno. */
int role_take_terminal(const char *name);

/* Does nothing but wait for its end. */
void role_idle(struct bench *bench);

/* The same, and then _exit(0), also in a child of the role. */
_Noreturn void role_exit_when_asked(struct bench *bench);

/* ---- the host's side ---- */

/* A part that a process is going to play; roles forked from now on can pass it on. */
struct role *role_new(struct bench *bench, const char *name);

/* role_new, forked by the host, and met. It dies with the host (PR_SET_PDEATHSIG). */
struct role *role_spawn(struct bench *bench, const char *name, void (*play)(struct bench *));

/* Waits until somebody plays the role and tells the viewer who. false: nobody does. */
bool role_meet(struct bench *bench, struct role *role);

/* Tells the viewer about a process that is no role (one made by exec or by a shell). */
void bench_announce(struct bench *bench, pid_t pid, const char *name);

/* A word to that role. */
void role_go(struct bench *bench, struct role *role, int word);

/* The next number it reports. false: it reported nothing before the deadline. */
bool role_receive(struct bench *bench, struct role *role, int64_t *ret_number);

/* role_go and role_receive; INT64_MIN: no answer. */
int64_t role_ask(struct bench *bench, struct role *role, int word);

/* The master side of a new pseudo-terminal, and the other side's name; or -errno. */
int bench_terminal(char *ret_name, size_t size);

/* waitpid(2) until it is over: 1 and the status, 0: still alive at the deadline, or -errno. */
int bench_reap(struct bench *bench, pid_t pid, int *ret_status);

/*
 * Lets `role` exit (word 'x') while its stat file is held open and read in a
 * loop, and gives the state letters in turn: "SRZX". X lasts microseconds, so
 * one try catches it about every other time, where reader and role have a
 * processor each; is it in there?
 */
bool role_watch_exit(struct bench *bench, struct role *role, char *ret_letters, size_t size);

/* Copies that process's memory (process_vm_readv(2)): 0 or -errno. */
int bench_peek(pid_t pid, const volatile void *address, void *ret_copy, size_t size);

/* Keeps the task on the `index`th of the processors we may use (modulo their number). */
bool bench_pin(pid_t pid, unsigned index);

/* Lets the calling thread run on all of them again. */
void bench_unpin(void);

/*
 * Sets the role's nice value to 0 (setpriority(2)), from where shares are compared with that of
 * nice 19. false: reaptop was started with another one and may not lower it; the first `sights`
 * of the step are then skipped with that reason.
 */
bool bench_set_nice_0(struct bench *bench, pid_t pid, unsigned sights);

/* How many processors we may use. */
unsigned bench_processors(void);

struct wait {
    uint64_t end_ns;
    uint64_t last_ns; /* a sabotaged wait that had too few turns by end_ns goes on until here */
    unsigned turns;
};

struct wait wait_begin(const struct bench *bench);

/* The same with the patience of a step that is not sabotaged. */
struct wait wait_begin_patient(const struct bench *bench);

/* Gives the processors away for a moment. false: the deadline is over. */
bool wait_turn(struct bench *bench, struct wait *wait);

/* Is `condition` true, now or before the deadline? It is evaluated again and again. */
#define until(bench, condition) until_over((bench), wait_begin(bench), (condition))

/*
 * The same for the effect of a sabotage: what comes next is to be *not seen*, so
 * the effect must be there first, and that may take a busy machine as long as
 * any other step.
 */
#define until_broken(bench, condition) until_over((bench), wait_begin_patient(bench), (condition))

#define until_over(bench, begun, condition)                                                        \
    __extension__({                                                                                \
        struct wait wait_ = (begun);                                                               \
        bool holds_ = (condition);                                                                 \
        while (!holds_ && wait_turn((bench), &wait_))                                              \
            holds_ = (condition);                                                                  \
        holds_ || (condition);                                                                     \
    })

/* ---- what a step must observe: see.c ---- */

/*
 * Ticks a sight (from 0) of the running step, with what the host read itself. Returns `seen`,
 * but false, and the sight is not seen, where its source says that the process itself reports it.
 */
bool see(struct bench *bench, unsigned sight, bool seen, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The same of what a role told, of which the kernel gives no other evidence: the sight's
 * source must say "the process itself reports". see_reported() and see_answer() go through it.
 */
bool see_own_words(struct bench *bench, unsigned sight, bool seen, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The first `count` sights need it; true, unless `why_not` is empty: nothing is lacking. */
bool see_lacking(struct bench *bench, unsigned count, const char *why_not);

/* The sight needs what this machine or user has not; the text names it. */
void see_skipped(struct bench *bench, unsigned sight, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * /proc/PID/stat field 3 is one of `letters`, and was so in several looks in turn.
 * Where R is not among them the task did not run between these either (its count of
 * switches is the same), so that a passing page fault is no D.
 */
bool see_state(struct bench *bench, unsigned sight, pid_t pid, const char *letters);

/* /proc/PID/stat field `number` is `value`. */
bool see_stat(struct bench *bench, unsigned sight, pid_t pid, int number, int64_t value);

/* /proc/PID/stat field 4. */
bool see_parent(struct bench *bench, unsigned sight, pid_t pid, pid_t parent);

/* Reaps it, as bench_reap(): the signal `number` ended it (WTERMSIG of wait(2)). */
bool see_killed(struct bench *bench, unsigned sight, pid_t pid, int number);

/* The task is in none of /proc. */
bool see_gone(struct bench *bench, unsigned sight, pid_t pid);

/*
 * observe_is_in(), twice, and it did not wake in between: a lock that was free a moment
 * later is no wait.
 */
bool bench_is_asleep(struct bench *bench, pid_t pid, const char *functions, long syscall_number,
                     char *ret_text, size_t size);

/* It sleeps (bench_is_asleep) in a kernel function whose name holds one of "a|b", or in that system
 * call. */
bool see_sleep(struct bench *bench, unsigned sight, pid_t pid, const char *functions,
               long syscall_number);

/*
 * The mask `key` of /proc/PID/status has all of `present` and none of `absent`; what is
 * `present` of a pending one stays there while the task sleeps.
 */
bool see_signals(struct bench *bench, unsigned sight, pid_t pid, const char *key,
                 signal_set present, signal_set absent);

/* The line "key: value" in /proc/PID/`file`. */
bool see_value(struct bench *bench, unsigned sight, pid_t pid, const char *file, const char *key,
               const char *value);

/* Where `r`, bench_peek()'s, says that we may not read it: skips the sight, true. */
bool see_unreadable(struct bench *bench, unsigned sight, int r);

/* Skips the sight, as the kernel hides page frame numbers, and says why. */
void see_no_frames(struct bench *bench, unsigned sight);

/* The int at that address of the process is `value`; `what` names it. */
bool see_word(struct bench *bench, unsigned sight, pid_t pid, const volatile int *address,
              int value, const char *what);

/* The role reports exactly that number next. `call` names what returned it. */
bool see_reported(struct bench *bench, unsigned sight, struct role *role, const char *call,
                  int64_t expected);

/* The same, where `sentence` says all and the number is an agreement between role and host. */
bool see_answer(struct bench *bench, unsigned sight, struct role *role, const char *sentence,
                int64_t expected);

#endif
