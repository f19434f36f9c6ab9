#include "reaptop/model/forecast.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/signals.h"

#define BIT(number) (UINT64_C(1) << ((number)-1))

enum {
    ALL_KNOWN = STATUS_HAS_IDS | STATUS_HAS_SIGNALS | STATUS_HAS_TRACER | STATUS_HAS_NSPID
};

/* One situation; what is not named is an ordinary sleeping process of the sender's own user. */
struct situation {
    const char *name;
    int signal;

    /* process */
    char state;       /* 0: S */
    pid_t pid;        /* 0: 100 */
    uint32_t threads; /* 0: 1 */
    bool is_kernel, is_ended;
    pid_t sid; /* 0: 100 */

    /* status */
    bool no_status, no_masks;
    signal_set blocked, ignored, caught, pending, shared_pending;
    uint64_t queued, limit;
    pid_t tracer;
    uid_t target_uid, target_saved;
    bool is_inner_init;
    const signal_set *thread_blocked;
    size_t thread_count;
    bool is_in_sigwait;
    enum group_orphaned group; /* 0: unknown */

    /* sender */
    uid_t uid, euid;
    bool has_cap_kill;
    pid_t sender_sid; /* 0: 7 */
    bool by_sigqueue;

    /* what must come out */
    enum forecast_kind kind;
    enum forecast_effect effect;
    enum forecast_certainty certainty;
    const char *says; /* part of the sentence */
};

static struct forecast foresee(const struct situation *at)
{
    struct process process = {
        .id = {.pid = at->pid ? at->pid : 100},
        .tgid = at->pid ? at->pid : 100,
        .ppid = 812,
        .sid = at->sid ? at->sid : 100,
        .state = at->state ? at->state : 'S',
        .threads = at->threads ? at->threads : 1,
        .is_kernel = at->is_kernel,
        .is_ended = at->is_ended,
        .comm = "specimen",
    };
    struct status status = {
        .known = ALL_KNOWN & ~(at->no_masks ? STATUS_HAS_SIGNALS : 0U),
        .state = process.state,
        .threads = process.threads,
        .tracer_pid = at->tracer,
        .uid = {at->target_uid, at->target_uid, at->target_saved, at->target_uid},
        .ns_pid = {process.id.pid, 1},
        .ns_pid_count = at->is_inner_init ? 2 : 1,
        .sig_queued = at->queued,
        .sig_queue_limit = at->limit ? at->limit : 1000,
        .pending = at->pending,
        .shared_pending = at->shared_pending,
        .blocked = at->blocked,
        .ignored = at->ignored,
        .caught = at->caught,
    };
    struct forecast_target target = {
        .process = &process,
        .status = at->no_status ? NULL : &status,
        .thread_blocked = at->thread_blocked,
        .thread_count = at->thread_count,
        .is_in_sigwait = at->is_in_sigwait,
        .group = at->group,
    };
    struct forecast_sender sender = {
        .pid = 7,
        .sid = at->sender_sid ? at->sender_sid : 7,
        .uid = at->uid,
        .euid = at->euid,
        .has_cap_kill = at->has_cap_kill,
    };
    return forecast_signal(&target, &sender, at->signal, at->by_sigqueue);
}

static void check(const struct situation *at)
{
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    struct forecast forecast = foresee(at);
    forecast_sentence(&forecast, &sentence);
    const char *text = strbuf_text(&sentence);

    cr_expect_str_eq(forecast_kind_name(forecast.kind), forecast_kind_name(at->kind), "%s: %s",
                     at->name, text);
    cr_expect_str_eq(forecast_effect_name(forecast.effect), forecast_effect_name(at->effect),
                     "%s: %s", at->name, text);
    cr_expect_str_eq(forecast_certainty_name(forecast.certainty),
                     forecast_certainty_name(at->certainty), "%s: %s", at->name, text);
    cr_expect(strstr(text, at->says) != NULL, "%s: says \"%s\", not \"%s\"", at->name, text,
              at->says);
}

#define CHECK_ALL(table)                                                                           \
    do {                                                                                           \
        for (size_t i = 0; i < ELEMENTS(table); i++)                                               \
            check(&(table)[i]);                                                                    \
    } while (0)

Test(forecast, dispositions)
{
    const struct situation cases[] = {
        {.name = "default", .signal = SIGTERM, .effect = EFFECT_TERMINATE, .says = "process ends"},
        {.name = "core", .signal = SIGQUIT, .effect = EFFECT_CORE, .says = "core dump"},
        {.name = "caught",
         .signal = SIGTERM,
         .caught = BIT(SIGTERM),
         .effect = EFFECT_HANDLER,
         .says = "caught: its handler runs"},
        {.name = "ignored",
         .signal = SIGTERM,
         .ignored = BIT(SIGTERM),
         .kind = FORECAST_DISCARDED,
         .says = "ignored: nothing happens"},
        {.name = "ignored by default",
         .signal = SIGWINCH,
         .kind = FORECAST_DISCARDED,
         .says = "by default"},
        {.name = "its neighbour's handler is not its own",
         .signal = SIGINT,
         .caught = ~BIT(SIGINT),
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "KILL cannot be caught",
         .signal = SIGKILL,
         .caught = ~UINT64_C(0),
         .blocked = ~UINT64_C(0),
         .ignored = ~UINT64_C(0),
         .effect = EFFECT_TERMINATE,
         .says = "SIGKILL cannot be caught"},
        {.name = "STOP cannot be caught",
         .signal = SIGSTOP,
         .caught = ~UINT64_C(0),
         .blocked = ~UINT64_C(0),
         .effect = EFFECT_STOP,
         .says = "SIGSTOP cannot be caught"},
        {.name = "real-time by default",
         .signal = 34,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "the last one",
         .signal = 64,
         .caught = BIT(64),
         .effect = EFFECT_HANDLER,
         .says = "handler"},
    };
    CHECK_ALL(cases);
}

Test(forecast, blocked)
{
    static const signal_set both[] = {BIT(SIGTERM), BIT(SIGTERM) | BIT(SIGHUP)};
    static const signal_set one_of_two[] = {BIT(SIGTERM), 0};
    const struct situation cases[] = {
        {.name = "blocked",
         .signal = SIGTERM,
         .blocked = BIT(SIGTERM),
         .kind = FORECAST_BLOCKED,
         .effect = EFFECT_TERMINATE,
         .says = "blocked: stays pending"},
        {.name = "blocked and caught",
         .signal = SIGUSR1,
         .blocked = BIT(SIGUSR1),
         .caught = BIT(SIGUSR1),
         .kind = FORECAST_BLOCKED,
         .effect = EFFECT_HANDLER,
         .says = "then its handler runs"},
        {.name = "blocked and ignored",
         .signal = SIGUSR1,
         .blocked = BIT(SIGUSR1),
         .ignored = BIT(SIGUSR1),
         .kind = FORECAST_BLOCKED,
         .says = "then it is discarded"},
        {.name = "already pending",
         .signal = SIGUSR1,
         .blocked = BIT(SIGUSR1),
         .shared_pending = BIT(SIGUSR1),
         .kind = FORECAST_COALESCED,
         .effect = EFFECT_TERMINATE,
         .says = "SIGUSR1 is pending already"},
        {.name = "pending for one thread only",
         .signal = SIGUSR1,
         .blocked = BIT(SIGUSR1),
         .pending = BIT(SIGUSR1),
         .kind = FORECAST_BLOCKED,
         .effect = EFFECT_TERMINATE,
         .says = "stays pending"},
        {.name = "real-time queues",
         .signal = 35,
         .blocked = BIT(35),
         .shared_pending = BIT(35),
         .queued = 1,
         .kind = FORECAST_BLOCKED,
         .effect = EFFECT_TERMINATE,
         .says = "is queued"},
        {.name = "queue full, with a value",
         .signal = 35,
         .blocked = BIT(35),
         .queued = 5,
         .limit = 5,
         .by_sigqueue = true,
         .kind = FORECAST_QUEUE_FULL,
         .effect = EFFECT_TERMINATE,
         .says = "(5 of 5)"},
        {.name = "queue full, kill(2), none of it pending",
         .signal = 35,
         .blocked = BIT(35),
         .queued = 5,
         .limit = 5,
         .kind = FORECAST_BLOCKED,
         .effect = EFFECT_TERMINATE,
         .says = "stays pending"},
        {.name = "queue full, kill(2), pending",
         .signal = 35,
         .blocked = BIT(35),
         .shared_pending = BIT(35),
         .queued = 5,
         .limit = 5,
         .kind = FORECAST_QUEUE_FULL,
         .effect = EFFECT_TERMINATE,
         .says = "merged"},
        {.name = "another thread takes it",
         .signal = SIGTERM,
         .blocked = BIT(SIGTERM),
         .threads = 2,
         .thread_blocked = one_of_two,
         .thread_count = 2,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "every thread blocks it",
         .signal = SIGTERM,
         .blocked = BIT(SIGTERM),
         .threads = 2,
         .thread_blocked = both,
         .thread_count = 2,
         .kind = FORECAST_BLOCKED,
         .effect = EFFECT_TERMINATE,
         .says = "blocked"},
        {.name = "threads not read",
         .signal = SIGTERM,
         .blocked = BIT(SIGTERM),
         .threads = 4,
         .kind = FORECAST_BLOCKED,
         .effect = EFFECT_TERMINATE,
         .certainty = CERTAINTY_MAY,
         .says = "unless one of the 3 threads"},
        {.name = "one thread not read",
         .signal = SIGTERM,
         .blocked = BIT(SIGTERM),
         .threads = 3,
         .thread_blocked = both,
         .thread_count = 2,
         .kind = FORECAST_BLOCKED,
         .effect = EFFECT_TERMINATE,
         .certainty = CERTAINTY_MAY,
         .says = "unless the 1 thread"},
        {.name = "sigwait in progress",
         .signal = SIGTERM,
         .is_in_sigwait = true,
         .effect = EFFECT_TERMINATE,
         .certainty = CERTAINTY_MAY,
         .says = "sigwaitinfo(2)"},
        {.name = "sigwait never takes KILL",
         .signal = SIGKILL,
         .is_in_sigwait = true,
         .effect = EFFECT_TERMINATE,
         .says = "cannot be caught"},
    };
    CHECK_ALL(cases);
}

Test(forecast, states)
{
    const struct situation cases[] = {
        {.name = "zombie",
         .signal = SIGKILL,
         .state = 'Z',
         .kind = FORECAST_ZOMBIE,
         .says = "already dead, its parent 812 must wait"},
        {.name = "zombie leader, threads live",
         .signal = SIGTERM,
         .state = 'Z',
         .threads = 3,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "dead", .signal = SIGKILL, .state = 'X', .kind = FORECAST_GONE, .says = "gone"},
        {.name = "kept in view",
         .signal = SIGKILL,
         .is_ended = true,
         .kind = FORECAST_GONE,
         .says = "gone"},
        {.name = "D, fatal",
         .signal = SIGKILL,
         .state = 'D',
         .kind = FORECAST_DISK,
         .effect = EFFECT_TERMINATE,
         .certainty = CERTAINTY_MAY,
         .says = "may end the sleep"},
        {.name = "D, default",
         .signal = SIGTERM,
         .state = 'D',
         .kind = FORECAST_DISK,
         .effect = EFFECT_TERMINATE,
         .certainty = CERTAINTY_MAY,
         .says = "when it wakes"},
        {.name = "D, caught",
         .signal = SIGTERM,
         .state = 'D',
         .caught = BIT(SIGTERM),
         .kind = FORECAST_DISK,
         .effect = EFFECT_HANDLER,
         .says = "when it wakes; then its handler"},
        {.name = "D, stop",
         .signal = SIGSTOP,
         .state = 'D',
         .kind = FORECAST_DISK,
         .effect = EFFECT_STOP,
         .says = "when it wakes; then it stops"},
        {.name = "D, ignored",
         .signal = SIGHUP,
         .state = 'D',
         .ignored = BIT(SIGHUP),
         .kind = FORECAST_DISCARDED,
         .says = "nothing happens"},
        {.name = "D, KILL pending",
         .signal = SIGKILL,
         .state = 'D',
         .pending = BIT(SIGKILL),
         .kind = FORECAST_COALESCED,
         .effect = EFFECT_TERMINATE,
         .certainty = CERTAINTY_MAY,
         .says = "SIGKILL is pending already"},
        {.name = "T, fatal waits",
         .signal = SIGTERM,
         .state = 'T',
         .kind = FORECAST_STOPPED,
         .effect = EFFECT_TERMINATE,
         .says = "pending until SIGCONT; then it is terminated"},
        {.name = "T, KILL does not",
         .signal = SIGKILL,
         .state = 'T',
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "T, CONT",
         .signal = SIGCONT,
         .state = 'T',
         .effect = EFFECT_CONTINUE,
         .says = "it continues"},
        {.name = "T, CONT caught",
         .signal = SIGCONT,
         .state = 'T',
         .caught = BIT(SIGCONT),
         .effect = EFFECT_HANDLER,
         .says = "it continues, then its handler runs"},
        {.name = "T, CONT ignored",
         .signal = SIGCONT,
         .state = 'T',
         .ignored = BIT(SIGCONT),
         .effect = EFFECT_CONTINUE,
         .says = "it continues"},
        {.name = "T, CONT blocked",
         .signal = SIGCONT,
         .state = 'T',
         .blocked = BIT(SIGCONT),
         .kind = FORECAST_BLOCKED,
         .effect = EFFECT_CONTINUE,
         .says = "it continues; SIGCONT itself is blocked"},
        {.name = "T, STOP",
         .signal = SIGSTOP,
         .state = 'T',
         .kind = FORECAST_DISCARDED,
         .effect = EFFECT_STOP,
         .says = "stopped already"},
        {.name = "T, twice",
         .signal = SIGTERM,
         .state = 'T',
         .shared_pending = BIT(SIGTERM),
         .kind = FORECAST_COALESCED,
         .effect = EFFECT_TERMINATE,
         .says = "only once"},
        {.name = "S, CONT",
         .signal = SIGCONT,
         .kind = FORECAST_DISCARDED,
         .effect = EFFECT_CONTINUE,
         .says = "not stopped"},
        {.name = "S, CONT caught",
         .signal = SIGCONT,
         .caught = BIT(SIGCONT),
         .effect = EFFECT_HANDLER,
         .says = "its handler runs"},
        {.name = "t",
         .signal = SIGTERM,
         .state = 't',
         .tracer = 55,
         .kind = FORECAST_TRACED,
         .effect = EFFECT_TERMINATE,
         .says = "tracing stop (t)"},
        {.name = "t names its tracer",
         .signal = SIGCONT,
         .state = 't',
         .tracer = 55,
         .kind = FORECAST_TRACED,
         .effect = EFFECT_CONTINUE,
         .says = "(tracer: 55)"},
        {.name = "t, KILL",
         .signal = SIGKILL,
         .state = 't',
         .tracer = 55,
         .effect = EFFECT_TERMINATE,
         .says = "cannot be caught"},
        {.name = "traced and running",
         .signal = SIGINT,
         .state = 'R',
         .tracer = 55,
         .ignored = BIT(SIGINT),
         .kind = FORECAST_TRACED,
         .says = "its tracer sees it first"},
        {.name = "R",
         .signal = SIGTERM,
         .state = 'R',
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
    };
    CHECK_ALL(cases);
}

Test(forecast, job_control_stops)
{
    const struct situation cases[] = {
        {.name = "in a job",
         .signal = SIGTSTP,
         .group = GROUP_IN_JOB_CONTROL,
         .effect = EFFECT_STOP,
         .says = "stops (T)"},
        {.name = "orphaned",
         .signal = SIGTSTP,
         .group = GROUP_ORPHANED,
         .kind = FORECAST_DISCARDED,
         .effect = EFFECT_STOP,
         .says = "orphaned"},
        {.name = "group not known",
         .signal = SIGTTIN,
         .effect = EFFECT_STOP,
         .certainty = CERTAINTY_MAY,
         .says = "unless its process group is orphaned"},
        {.name = "STOP stops orphans too",
         .signal = SIGSTOP,
         .group = GROUP_ORPHANED,
         .effect = EFFECT_STOP,
         .says = "cannot be caught"},
    };
    CHECK_ALL(cases);
}

Test(forecast, init_and_kernel_threads)
{
    const struct situation cases[] = {
        {.name = "init, KILL",
         .signal = SIGKILL,
         .pid = 1,
         .kind = FORECAST_INIT,
         .effect = EFFECT_TERMINATE,
         .says = "dropped"},
        {.name = "init, STOP",
         .signal = SIGSTOP,
         .pid = 1,
         .kind = FORECAST_INIT,
         .effect = EFFECT_STOP,
         .says = "dropped"},
        {.name = "init, unhandled",
         .signal = SIGUSR2,
         .pid = 1,
         .kind = FORECAST_INIT,
         .effect = EFFECT_TERMINATE,
         .says = "no handler"},
        {.name = "init, handled",
         .signal = SIGUSR1,
         .pid = 1,
         .caught = BIT(SIGUSR1),
         .effect = EFFECT_HANDLER,
         .says = "handler runs"},
        {.name = "inner init, unhandled",
         .signal = SIGTERM,
         .is_inner_init = true,
         .kind = FORECAST_INIT,
         .effect = EFFECT_TERMINATE,
         .says = "dropped"},
        {.name = "inner init, KILL from outside",
         .signal = SIGKILL,
         .is_inner_init = true,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "kernel thread",
         .signal = SIGKILL,
         .state = 'I',
         .is_kernel = true,
         .ignored = ~UINT64_C(0),
         .kind = FORECAST_KERNEL,
         .says = "nothing happens"},
        {.name = "kernel thread that allows KILL",
         .signal = SIGKILL,
         .is_kernel = true,
         .ignored = ~BIT(SIGKILL),
         .kind = FORECAST_KERNEL,
         .certainty = CERTAINTY_MAY,
         .says = "unless its own code takes"},
    };
    CHECK_ALL(cases);
}

Test(forecast, permission)
{
    const struct situation cases[] = {
        {.name = "another user",
         .signal = SIGTERM,
         .uid = 1000,
         .euid = 1000,
         .kind = FORECAST_DENIED,
         .says = "CAP_KILL"},
        {.name = "with CAP_KILL",
         .signal = SIGTERM,
         .uid = 1000,
         .euid = 1000,
         .has_cap_kill = true,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "same user",
         .signal = SIGTERM,
         .uid = 1000,
         .euid = 1000,
         .target_uid = 1000,
         .target_saved = 1000,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "its saved user",
         .signal = SIGTERM,
         .uid = 1000,
         .euid = 1000,
         .target_saved = 1000,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "our effective user",
         .signal = SIGTERM,
         .uid = 1000,
         .euid = 0,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "root without the capability",
         .signal = SIGTERM,
         .target_uid = 1000,
         .target_saved = 1000,
         .kind = FORECAST_DENIED,
         .says = "EPERM"},
        {.name = "CONT in one session",
         .signal = SIGCONT,
         .state = 'T',
         .uid = 1000,
         .euid = 1000,
         .sid = 9,
         .sender_sid = 9,
         .effect = EFFECT_CONTINUE,
         .says = "continues"},
        {.name = "CONT in another",
         .signal = SIGCONT,
         .state = 'T',
         .uid = 1000,
         .euid = 1000,
         .sid = 9,
         .sender_sid = 8,
         .kind = FORECAST_DENIED,
         .says = "EPERM"},
        {.name = "TERM in one session",
         .signal = SIGTERM,
         .uid = 1000,
         .euid = 1000,
         .sid = 9,
         .sender_sid = 9,
         .kind = FORECAST_DENIED,
         .says = "EPERM"},
        {.name = "a zombie of another user is refused first",
         .signal = SIGTERM,
         .state = 'Z',
         .uid = 1000,
         .euid = 1000,
         .kind = FORECAST_DENIED,
         .says = "EPERM"},
        {.name = "oneself",
         .signal = SIGTERM,
         .pid = 7,
         .uid = 1000,
         .euid = 1000,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "init, without permission",
         .signal = SIGTERM,
         .pid = 1,
         .uid = 1000,
         .euid = 1000,
         .kind = FORECAST_DENIED,
         .says = "EPERM"},
    };
    CHECK_ALL(cases);
}

Test(forecast, what_could_not_be_read_is_said)
{
    const struct situation cases[] = {
        {.name = "no status",
         .signal = SIGTERM,
         .no_status = true,
         .has_cap_kill = true,
         .kind = FORECAST_UNKNOWN,
         .effect = EFFECT_UNKNOWN,
         .certainty = CERTAINTY_NONE,
         .says = "by default SIGTERM means terminate, but it may"},
        {.name = "no masks",
         .signal = SIGQUIT,
         .no_masks = true,
         .kind = FORECAST_UNKNOWN,
         .effect = EFFECT_UNKNOWN,
         .certainty = CERTAINTY_NONE,
         .says = "means core"},
        {.name = "KILL needs no masks",
         .signal = SIGKILL,
         .no_masks = true,
         .effect = EFFECT_TERMINATE,
         .says = "process ends"},
        {.name = "owner not known",
         .signal = SIGKILL,
         .no_status = true,
         .uid = 1000,
         .euid = 1000,
         .effect = EFFECT_TERMINATE,
         .certainty = CERTAINTY_MAY,
         .says = "unless it is refused"},
    };
    CHECK_ALL(cases);
}

/* Whatever the state and the signal, there is a sentence and a name for it. */
Test(forecast, is_total)
{
    const char states[] = "RSDTtXZPI?";
    for (const char *state = states; *state; state++) {
        for (size_t i = 0; i < signals_count(); i++) {
            for (unsigned masks = 0; masks < 32; masks++) {
                _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
                struct situation at = {
                    .signal = signals[i].number,
                    .state = *state,
                    .blocked = masks & 1 ? ~UINT64_C(0) : 0,
                    .ignored = masks & 2 ? ~UINT64_C(0) : 0,
                    .caught = masks & 4 ? ~UINT64_C(0) : 0,
                    .shared_pending = masks & 8 ? ~UINT64_C(0) : 0,
                    .no_status = masks & 16,
                    .has_cap_kill = true,
                };
                struct forecast forecast = foresee(&at);
                forecast_sentence(&forecast, &sentence);
                cr_assert_gt(sentence.length, 0);
                cr_assert_not_null(forecast_kind_name(forecast.kind));
                cr_assert_not_null(forecast_effect_name(forecast.effect));
            }
        }
    }
}
