#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "model/synthetic.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/life.h"

/* A story: snapshots a second apart, and what was told. */
struct story {
    struct life *life;
    struct snapshot snapshots[2];
    int now;
    size_t reported; /* events already looked at */
};

static void story_begin(struct story *story)
{
    *story = (struct story){.life = life_new(1000, 10)};
    cr_assert_not_null(story->life);
}

static void story_end(struct story *story)
{
    life_free(story->life);
    snapshot_done(&story->snapshots[0]);
    snapshot_done(&story->snapshots[1]);
}

static struct snapshot *story_next(struct story *story)
{
    struct snapshot *before = &story->snapshots[story->now];
    story->now = !story->now;
    struct snapshot *next = &story->snapshots[story->now];
    snapshot_clear(next);
    next->mono_ns = before->mono_ns + 1000000000;
    return next;
}

static void story_reported(struct story *story, const struct event *received, size_t count)
{
    struct snapshot *next = &story->snapshots[story->now];
    snapshot_finish(next);
    cr_assert_eq(life_update(story->life, &story->snapshots[!story->now], next, received, count),
                 0);
}

/* The kinds told since the last look: "fork 7 exec 7". */
static const char *news(struct story *story)
{
    static char out[1024];
    const struct event_log *log = life_log(story->life);
    out[0] = '\0';
    for (; story->reported < log->count; story->reported++) {
        const struct event *event = event_log_get(log, story->reported);
        char one[64];
        (void)snprintf(one, sizeof(one), "%s%s %d", out[0] ? " " : "", event_kind_name(event->kind),
                       event->id.pid);
        strcat(out, one);
    }
    return out;
}

static struct event received_event(enum event_kind kind, pid_t pid, uint64_t mono_ns)
{
    return (struct event){.kind = kind,
                          .source = EVENT_FROM_CONNECTOR,
                          .id = {.pid = pid},
                          .mono_ns = mono_ns,
                          .exit_status = EXIT_UNKNOWN};
}

Test(life, a_child_lives_and_is_reaped_by_the_diff_alone)
{
    struct story story;
    story_begin(&story);
    synthetic(story_next(&story), 1, 0, 'S', "sh");
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "", "what is there at first is not told as born");

    struct snapshot *next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'S', "sh")->has_execed = false;
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "fork 7");

    next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'S', "sleep");
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "exec 7");

    next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'T', "sleep");
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "state 7");

    next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'Z', "sleep")->exit_status = 3 << 8;
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "state 7 exit 7 zombie 7");

    synthetic(story_next(&story), 1, 0, 'S', "sh");
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "reap 7");

    const struct history *history = life_find_pid(story.life, 7);
    cr_assert_not_null(history);
    cr_expect_eq(WEXITSTATUS(history->exit_status), 3);
    cr_expect_eq(history->born_of.id.pid, 1);
    cr_expect_str_eq(history->born_of.comm, "sh");
    cr_expect_str_eq(history->comm, "sleep");
    cr_expect_eq(history->execs, 1);
    cr_expect_neq(history->ended_ns, 0);
    story_end(&story);
}

Test(life, what_the_connector_reported_is_not_reported_again)
{
    struct story story;
    story_begin(&story);
    synthetic(story_next(&story), 1, 0, 'S', "sh");
    story_reported(&story, NULL, 0);
    uint64_t ns = story.snapshots[story.now].mono_ns;

    struct event received[] = {received_event(EVENT_FORK, 7, ns + 1),
                               received_event(EVENT_EXEC, 7, ns + 2)};
    received[0].ppid = 1;
    struct snapshot *next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'S', "sleep");
    story_reported(&story, received, 2);
    cr_expect_str_eq(news(&story), "fork 7 exec 7");
    cr_expect_eq(life_find_pid(story.life, 7)->id.start_ticks, 7, "the sweep completes it");

    ns = story.snapshots[story.now].mono_ns;
    struct event end = received_event(EVENT_EXIT, 7, ns + 1);
    end.exit_status = SIGTERM;
    next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'Z', "sleep");
    story_reported(&story, &end, 1);
    cr_expect_str_eq(news(&story), "exit 7 zombie 7");
    cr_expect_eq(life_find_pid(story.life, 7)->exit_status, SIGTERM);

    synthetic(story_next(&story), 1, 0, 'S', "sh");
    story_reported(&story, &end, 1);
    cr_expect_str_eq(news(&story), "reap 7", "a second telling of the exit adds nothing");
    story_end(&story);
}

Test(life, a_zombie_is_reported_once_by_whoever_saw_it_first)
{
    struct story story;
    story_begin(&story);
    life_set_kernel_reports(story.life, true);
    struct snapshot *next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'S', "seen");
    synthetic(next, 8, 1, 'S', "unseen");
    story_reported(&story, NULL, 0);

    /* A sweep is ahead of the kernel's word for 7, and only the kernel knows of 8. */
    uint64_t ns = story.snapshots[story.now].mono_ns;
    struct event end = received_event(EVENT_EXIT, 8, ns + 1);
    end.ppid = 1;
    end.state_to = 'Z';
    next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'Z', "seen");
    story_reported(&story, &end, 1);
    cr_expect_str_eq(news(&story), "exit 8 zombie 8 reap 8");

    end = received_event(EVENT_EXIT, 7, ns + 2);
    end.ppid = 1;
    end.state_to = 'Z';
    next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'Z', "seen");
    story_reported(&story, &end, 1);
    cr_expect_str_eq(news(&story), "exit 7 zombie 7");
    cr_expect(life_find_pid(story.life, 7)->was_swept_zombie);
    cr_expect_not(life_find_pid(story.life, 8)->was_swept_zombie);

    synthetic(story_next(&story), 1, 0, 'S', "sh");
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "reap 7");
    story_end(&story);
}

Test(life, an_end_that_names_no_parent_is_no_zombie_s)
{
    struct story story;
    story_begin(&story);
    life_set_kernel_reports(story.life, true);
    struct snapshot *next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 7, 1, 'S', "x");
    story_reported(&story, NULL, 0);
    struct event end = received_event(EVENT_EXIT, 7, story.snapshots[story.now].mono_ns + 1);
    synthetic(story_next(&story), 1, 0, 'S', "sh");
    story_reported(&story, &end, 1);
    cr_expect_str_eq(news(&story), "exit 7 reap 7");
    story_end(&story);
}

Test(life, a_life_between_two_sweeps)
{
    struct story story;
    story_begin(&story);
    synthetic(story_next(&story), 1, 0, 'S', "sh");
    story_reported(&story, NULL, 0);
    uint64_t ns = story.snapshots[story.now].mono_ns;

    struct event received[] = {
        received_event(EVENT_FORK, 7, ns + 1),          received_event(EVENT_EXIT, 7, ns + 2),
        received_event(EVENT_FORK, 7, ns + 3),          received_event(EVENT_EXIT, 7, ns + 4),
        received_event(EVENT_FORK, 8, ns + 2000000000),
    };
    received[0].ppid = received[2].ppid = received[4].ppid = 1;
    synthetic(story_next(&story), 1, 0, 'S', "sh");
    story_reported(&story, received, 5);
    cr_expect_str_eq(news(&story), "fork 7 exit 7 reap 7 fork 7 exit 7 fork 8 reap 7",
                     "8 was born after the sweep: it is not taken for reaped");

    struct snapshot *next = story_next(&story);
    synthetic(next, 1, 0, 'S', "sh");
    synthetic(next, 8, 1, 'S', "sh")->has_execed = false;
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "");
    story_end(&story);
}

Test(life, an_orphan_remembers_its_parent)
{
    struct story story;
    story_begin(&story);
    struct snapshot *next = story_next(&story);
    synthetic(next, 1, 0, 'S', "init");
    synthetic(next, 5, 1, 'S', "make");
    synthetic(next, 9, 5, 'S', "cc");
    story_reported(&story, NULL, 0);

    next = story_next(&story);
    synthetic(next, 1, 0, 'S', "init");
    synthetic(next, 9, 1, 'S', "cc");
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "adopt 9 exit 5 reap 5");

    const struct history *history = life_find_pid(story.life, 9);
    cr_expect_eq(history->born_of.id.pid, 5);
    cr_expect_str_eq(history->born_of.comm, "make");
    cr_expect_eq(history->adopted_to, 1);

    /* For ever: also when the parent's biography was forgotten. */
    for (pid_t pid = 100; pid < 200; pid++) {
        next = story_next(&story);
        synthetic(next, 1, 0, 'S', "init");
        synthetic(next, 9, 1, 'S', "cc");
        synthetic(next, pid, 1, 'S', "passing");
        story_reported(&story, NULL, 0);
    }
    cr_expect_null(life_find_pid(story.life, 5));
    cr_expect_str_eq(life_find_pid(story.life, 9)->born_of.comm, "make");
    story_end(&story);
}

Test(life, a_reused_number_is_another_life)
{
    struct story story;
    story_begin(&story);
    synthetic(story_next(&story), 7, 1, 'S', "old");
    story_reported(&story, NULL, 0);
    synthetic(story_next(&story), 7, 1, 'S', "new")->id.start_ticks = 1000;
    story_reported(&story, NULL, 0);
    cr_expect_str_eq(news(&story), "exit 7 reap 7 fork 7 exec 7");
    cr_expect_str_eq(life_find_pid(story.life, 7)->comm, "new");
    cr_expect_str_eq(life_find(story.life, (struct identity){.pid = 7, .start_ticks = 7})->comm,
                     "old");
    story_end(&story);
}

Test(life, the_dead_stay_in_view_for_a_moment)
{
    struct story story;
    story_begin(&story);
    struct snapshot *next = story_next(&story);
    synthetic(next, 1, 0, 'S', "init");
    synthetic(next, 5, 1, 'S', "brief");
    story_reported(&story, NULL, 0);
    next = story_next(&story);
    synthetic(next, 1, 0, 'S', "init");
    story_reported(&story, NULL, 0);

    cr_assert_eq(life_add_ended(story.life, next, 3000000000), 0);
    cr_assert_eq(next->count, 2);
    cr_expect(next->processes[1].is_ended);
    cr_expect_str_eq(next->processes[1].comm, "brief");
    cr_expect_eq(next->processes[1].ppid, 1);

    for (int i = 0; i < 4; i++) {
        next = story_next(&story);
        synthetic(next, 1, 0, 'S', "init");
        story_reported(&story, NULL, 0);
    }
    cr_assert_eq(life_add_ended(story.life, next, 3000000000), 0);
    cr_expect_eq(next->count, 1);
    story_end(&story);
}

/* A field that is added needs a member of struct last_row, or a reason here to have none. */
Test(life, the_dead_have_every_field_that_they_had)
{
    static const bool is_left_out[FIELD_COUNT] = {
        [FIELD_TGID] = true,                                      /* a row is a process */
        [FIELD_STATE] = true,                                     /* X */
        [FIELD_TTY] = true,         [FIELD_ARGV] = true,          /* strings of its last sweep */
        [FIELD_AGE_SECONDS] = true, [FIELD_CPU_PERCENT] = true,   /* of two snapshots */
        [FIELD_SUBTREE_CPU] = true, [FIELD_SUBTREE_RSS] = true,   /* of the tree */
        [FIELD_HOST] = true,        [FIELD_MEMORY_PERCENT] = true /* of the machine */
    };
    struct story story;
    story_begin(&story);
    struct process *process = synthetic(story_next(&story), 5, 1, 'S', "brief");
    synthetic_values(process);
    process->tgid = 5;
    story_reported(&story, NULL, 0);
    struct snapshot *next = story_next(&story);
    story_reported(&story, NULL, 0);
    cr_assert_eq(life_add_ended(story.life, next, 3000000000), 0);
    cr_assert_eq(next->count, 1);
    expect_every_value(&next->processes[0], process, is_left_out);
    story_end(&story);
}

Test(life, the_log_is_bounded)
{
    struct life *life = life_new(4, 4);
    for (int i = 1; i <= 10; i++) {
        struct event event = received_event(EVENT_SIGNAL, i, 1);
        life_note(life, &event);
    }
    const struct event_log *log = life_log(life);
    cr_expect_eq(log->count, 4);
    cr_expect_eq(log->dropped, 6);
    cr_expect_eq(log->total, 10);
    cr_expect_eq(event_log_get(log, 0)->id.pid, 7);
    cr_expect_eq(event_log_get(log, 3)->id.pid, 10);
    life_free(life);
}

Test(life, a_signal_of_ours_is_not_reported_again_by_the_tracepoint)
{
    struct story story;
    story_begin(&story);
    synthetic(story_next(&story), 7, 1, 'S', "target");
    story_reported(&story, NULL, 0);
    uint64_t ns = story.snapshots[story.now].mono_ns;

    struct event ours = received_event(EVENT_SIGNAL, 7, ns + 10);
    ours.source = EVENT_FROM_SELF;
    ours.signal = SIGUSR1;
    ours.sender = 99;
    life_note(story.life, &ours);
    struct event traced = ours;
    traced.source = EVENT_FROM_TRACE;
    life_receive(story.life, &traced, 1);
    cr_expect_str_eq(news(&story), "signal 7");
    traced.sender = 98;
    life_receive(story.life, &traced, 1);
    cr_expect_str_eq(news(&story), "signal 7", "another sender's is another signal");
    story_end(&story);
}

/* ---- signals that others sent ---- */

/* A process that lives, and an event of the tracepoints about it. */
static struct event story_with_target(struct story *story)
{
    story_begin(story);
    synthetic(story_next(story), 7, 1, 'S', "target");
    story_reported(story, NULL, 0);
    struct event sent = received_event(EVENT_SIGNAL, 7, story->snapshots[story->now].mono_ns + 10);
    sent.source = EVENT_FROM_TRACE;
    sent.signal = SIGUSR1;
    sent.sender = 99;
    sent.cause = CAUSE_KILL;
    sent.fate = FATE_SENT;
    (void)snprintf(sent.detail, sizeof sent.detail, "sender");
    return sent;
}

static struct event arrival(const struct event *sent, uint64_t later_ns)
{
    struct event event = received_event(EVENT_DELIVERY, sent->id.pid, sent->mono_ns + later_ns);
    event.source = EVENT_FROM_TRACE;
    event.signal = sent->signal;
    event.fate = FATE_HANDLED;
    event.handler = 0x1234;
    return event;
}

static const struct event *last_reported(const struct story *story)
{
    const struct event_log *log = life_log(story->life);
    return event_log_get(log, log->count - 1);
}

static struct event moment_of(const struct story *story, size_t index)
{
    return history_moment(life_find_pid(story->life, 7), index);
}

Test(life, a_signal_that_arrives_at_once_is_reported_once)
{
    struct story story;
    struct event sent = story_with_target(&story), taken = arrival(&sent, 20000);
    life_receive(story.life, &sent, 1);
    life_receive(story.life, &taken, 1);
    cr_expect_str_eq(news(&story), "signal 7");
    cr_expect_eq(last_reported(&story)->fate, FATE_HANDLED);
    cr_expect_eq(last_reported(&story)->handler, 0x1234);
    cr_expect_eq(moment_of(&story, 0).fate, FATE_HANDLED);
    cr_expect_eq(moment_of(&story, 0).handler, 0x1234);
    cr_expect_eq(moment_of(&story, 0).cause, CAUSE_KILL);
    cr_expect_str_eq(moment_of(&story, 0).detail, "sender");
    story_end(&story);
}

Test(life, a_signal_that_was_blocked_is_reported_again_when_it_arrives)
{
    struct story story;
    struct event sent = story_with_target(&story), taken = arrival(&sent, 5200000000);
    sent.fate = FATE_BLOCKED;
    life_receive(story.life, &sent, 1);
    struct event merged = sent;
    merged.mono_ns += 5;
    merged.sender = 98;
    merged.fate = FATE_MERGED;
    life_receive(story.life, &merged, 1);
    life_receive(story.life, &taken, 1);
    cr_expect_str_eq(news(&story), "signal 7 signal 7 delivery 7");
    cr_expect_eq(last_reported(&story)->sender, 99, "the second went into the first");
    cr_expect_eq(last_reported(&story)->delay_ms, 5200);
    cr_expect_eq(moment_of(&story, 0).fate, FATE_HANDLED);
    cr_expect_eq(moment_of(&story, 1).fate, FATE_MERGED);
    cr_expect_eq(moment_of(&story, 2).delay_ms, 5200);
    struct strbuf text = STRBUF_INIT;
    event_describe(last_reported(&story), &text);
    cr_expect_str_eq(strbuf_text(&text),
                     "7 target took SIGUSR1 after 5.200 s, sent by 99 sender, kill(2); delivered "
                     "to its handler at 0x1234");
    strbuf_done(&text);
    story_end(&story);
}

Test(life, a_fatal_signal_arrives_as_the_kernel_s_own_kill)
{
    struct story story;
    struct event sent = story_with_target(&story);
    sent.signal = SIGTERM;
    struct event taken = arrival(&sent, 20000);
    taken.signal = SIGKILL;
    taken.fate = FATE_DEFAULT;
    taken.handler = 0;
    life_receive(story.life, &taken, 1);
    cr_expect_str_eq(news(&story), "", "exit_group(2) ends threads so, too");
    life_receive(story.life, &sent, 1);
    life_receive(story.life, &taken, 1);
    life_receive(story.life, &taken, 1);
    cr_expect_str_eq(news(&story), "signal 7", "one for each thread");
    cr_expect_eq(last_reported(&story)->signal, SIGTERM);
    cr_expect_eq(last_reported(&story)->fate, FATE_DEFAULT);
    story_end(&story);
}

Test(life, what_arrives_and_was_not_seen_to_be_sent)
{
    struct story story;
    struct event sent = story_with_target(&story), taken = arrival(&sent, 20000);
    life_receive(story.life, &taken, 1);
    cr_expect_str_eq(news(&story), "delivery 7");
    struct strbuf text = STRBUF_INIT;
    event_describe(last_reported(&story), &text);
    cr_expect_str_eq(strbuf_text(&text),
                     "7 target took SIGUSR1; delivered to its handler at 0x1234");
    strbuf_done(&text);
    story_end(&story);
}

Test(life, a_signal_to_one_that_no_sweep_has_seen_yet)
{
    struct story story;
    struct event sent = story_with_target(&story);
    sent.id.pid = 4711;
    struct event taken = arrival(&sent, 20000);
    life_receive(story.life, &sent, 1);
    life_receive(story.life, &taken, 1);
    cr_expect_str_eq(news(&story), "signal 4711");
    cr_expect_eq(last_reported(&story)->fate, FATE_HANDLED);
    cr_expect_eq(last_reported(&story)->handler, 0x1234);
    story_end(&story);
}

Test(life, the_oom_killer_s_choice_explains_the_kill)
{
    struct story story;
    struct event sent = story_with_target(&story);
    sent.signal = SIGKILL;
    sent.code = 128;
    sent.cause = CAUSE_KERNEL;
    life_receive(story.life, &sent, 1);
    struct event chosen = received_event(EVENT_OOM, 7, sent.mono_ns + 2000);
    chosen.source = EVENT_FROM_TRACE;
    chosen.sender = 99;
    chosen.count = 20480;
    (void)snprintf(chosen.detail, sizeof chosen.detail, "sender");
    life_receive(story.life, &chosen, 1);
    cr_expect_str_eq(news(&story), "signal 7 oom 7");
    cr_expect_eq(moment_of(&story, 0).cause, CAUSE_OOM);
    cr_expect_eq(moment_of(&story, 1).count, 20480);
    struct strbuf text = STRBUF_INIT;
    event_describe(last_reported(&story), &text);
    cr_expect_str_eq(strbuf_text(&text),
                     "7 target was chosen by the kernel's OOM killer: memory ran out when 99 "
                     "sender asked for more; it held 20 MiB");
    strbuf_done(&text);
    story_end(&story);
}

Test(life, real_time_signals_arrive_in_their_order)
{
    struct story story;
    struct event first = story_with_target(&story);
    first.signal = 40;
    struct event second = first, taken = arrival(&first, 20000);
    second.mono_ns += 1000;
    second.sender = 98;
    life_receive(story.life, &first, 1);
    life_receive(story.life, &second, 1);
    life_receive(story.life, &taken, 1);
    cr_expect_eq(moment_of(&story, 0).fate, FATE_HANDLED);
    cr_expect_eq(moment_of(&story, 1).fate, FATE_SENT);
    story_end(&story);
}

/* ---- copies ---- */

/* Processes come and go, are used again, orphaned, stopped and told of, each step another way.
 */
static void busy_step(struct life *life, struct snapshot snapshots[2], unsigned step)
{
    struct snapshot *before = &snapshots[step % 2], *next = &snapshots[(step + 1) % 2];
    snapshot_clear(next);
    next->mono_ns = (step + 1) * UINT64_C(1000000000);
    next->time_ns = next->mono_ns;
    synthetic(next, 1, 0, 'S', "init");
    for (pid_t pid = 2; pid < 40; pid++) {
        unsigned turn = step * 7 + (unsigned)pid * 13;
        if (turn % 5 == 0)
            continue;
        struct process *process = synthetic(next, pid, turn % 11 == 0 ? 1 : pid / 2,
                                            turn % 3 == 0 ? 'T' : 'S', turn % 17 ? "a" : "b");
        process->id.start_ticks = turn / 50 + 1;
    }
    snapshot_finish(next);
    const struct event received[] = {
        received_event(EVENT_EXIT, 2 + (pid_t)(step % 38), next->mono_ns - 2),
        received_event(EVENT_FORK, 100 + (pid_t)(step % 7), next->mono_ns - 1),
    };
    life_receive(life, received, 2);
    cr_assert_eq(life_update(life, before, next, NULL, 0), 0);
}

static void describe_life(const struct life *life, struct strbuf *out)
{
    const struct event_log *log = life_log(life);
    strbuf_printf(out, "%llu %llu %zu\n", (unsigned long long)log->total,
                  (unsigned long long)log->dropped, life_bytes(life));
    for (size_t i = 0; i < log->count; i++) {
        event_describe(event_log_get(log, i), out);
        strbuf_printf(out, " %llu\n", (unsigned long long)event_log_get(log, i)->mono_ns);
    }
    for (const struct history *dead = life_newest_ended(life); dead; dead = life_older_ended(dead))
        strbuf_printf(out, "%d ended %llu\n", dead->id.pid, (unsigned long long)dead->ended_ns);
    for (pid_t pid = 1; pid < 110; pid++) {
        const struct history *one = life_find_pid(life, pid);
        for (size_t i = 0; one && i < one->moment_count; i++) {
            struct event event = history_moment(one, i);
            event_describe(&event, out);
            strbuf_printf(out, " %llu\n", (unsigned long long)event.mono_ns);
        }
    }
}

Test(life, a_copy_goes_on_as_the_original_does_and_leaves_it_alone)
{
    struct strbuf then = STRBUF_INIT, still = STRBUF_INIT, original = STRBUF_INIT,
                  other = STRBUF_INIT;
    struct snapshot snapshots[2] = {SNAPSHOT_INIT, SNAPSHOT_INIT};
    struct snapshot again[2] = {SNAPSHOT_INIT, SNAPSHOT_INIT};
    struct life *life = life_new(50, 10);
    unsigned step = 0;
    for (; step < 60; step++)
        busy_step(life, snapshots, step);
    struct life *kept = life_copy(life, 0);
    describe_life(kept, &then);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(snapshot_copy(&snapshots[i], &again[i]), 0);
    cr_expect_gt(life_copy_bytes(kept), 50 * sizeof(struct event));
    for (; step < 120; step++)
        busy_step(life, snapshots, step);
    describe_life(life, &original);

    for (int round = 0; round < 2; round++) {
        struct life *copy = life_copy(kept, 50);
        struct snapshot path[2] = {SNAPSHOT_INIT, SNAPSHOT_INIT};
        for (int i = 0; i < 2; i++)
            cr_assert_eq(snapshot_copy(&again[i], &path[i]), 0);
        for (step = 60; step < 120; step++)
            busy_step(copy, path, step);
        strbuf_clear(&other);
        describe_life(copy, &other);
        cr_expect_str_eq(strbuf_text(&other), strbuf_text(&original));
        snapshot_done(&path[0]);
        snapshot_done(&path[1]);
        life_free(copy);
    }
    describe_life(kept, &still);
    cr_expect_str_eq(strbuf_text(&still), strbuf_text(&then));
    cr_expect_str_neq(strbuf_text(&still), strbuf_text(&original));
    life_free(life);
    life_free(kept);
    for (int i = 0; i < 2; i++) {
        snapshot_done(&snapshots[i]);
        snapshot_done(&again[i]);
    }
    strbuf_done(&then);
    strbuf_done(&still);
    strbuf_done(&original);
    strbuf_done(&other);
}
