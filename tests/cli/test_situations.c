/*
 * Every row of situations.h × every row of conditions.c: each command must say
 * what is so, its text and its JSON alike, and none may contradict another. What
 * signals do is tried in test_forecasts.c.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conditions.h"
#include "life_seen.h"
#include "matrix.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/access.h"
#include "run_command.h"
#include "support/spawn.h"

enum {
    NOBODY_EVERY = 3, /* subject of a sample is looked at by an ordinary user too */
    READS_TRIED = 20, /* on a machine where even a harmless read is late */
    BIRTH_MS = 10000  /* the kernel's own report of a birth is waited for two seconds */
};

static const char *output;
static bool as_nobody;
static char name[128]; /* of the subject, for messages */

static struct feed *feed; /* one for all subjects of a test */

static void release(void)
{
    subject_clear();
    feed_close(feed);
    feed = NULL;
}

/* Reads of files that may block have a deadline, which a sanitizer's slowness can reach. */
static void prepare(void)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("too slow under a sanitizer");
#endif
}

TestSuite(situations, .init = prepare, .fini = release, .timeout = 1200);

/* JSON's word, the sentence, and what `why` says of an epoll instance and of a bounded search. */
static bool is_late(const char *text)
{
    return strstr(text, ":\"blocked\"") || strstr(text, "so it was given up") ||
           strstr(text, "descriptors that could not be read") ||
           strstr(text, "more that it waits for are not shown");
}

/* `why` came upon the hundredth part of the time in which a throttled one runs. */
static bool is_in_its_share(const char *text)
{
    return strstr(name, "throttled") && strstr(text, "\"kind\":\"running\"");
}

/* A read that was given up because the machine is busy is made again. */
static const char *reaptop(const char *command, pid_t pid)
{
    int status = -1, tries = 0;
    do
        output = run_command(command, pid, as_nobody, &status);
    while ((is_late(output) || is_in_its_share(output)) && ++tries < READS_TRIED);
    return output;
}

static json_t *reaptop_json(const char *command, pid_t pid)
{
    json_error_t error;
    json_t *root = json_loads(reaptop(command, pid), 0, &error);
    cr_expect_not_null(root, "%s: %s %d: no JSON: %s", name, command, (int)pid, output);
    return root;
}

static const char *word(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

/* Of `list`, or of the document where it is NULL: the object of that PID or TID. */
static const json_t *find_pid(const json_t *root, const char *list, pid_t pid)
{
    size_t i;
    const json_t *item;
    if (!list)
        return root;
    json_array_foreach(json_object_get(root, list), i, item)
    {
        if (json_integer_value(json_object_get(item, "pid")) == pid ||
            json_integer_value(json_object_get(item, "tid")) == pid)
            return item;
    }
    return NULL;
}

/* ---- the surfaces that tell of a state or of what a living process has ---- */

static const struct surface {
    const char *command;
    const char *list; /* of its JSON; NULL: the document itself is the process */
    const char *key;  /* a string of each of the list, which the text must hold too; NULL: none */
    bool has_state;
    bool is_private; /* only who may ptrace(2) the process can read it */
} surfaces[] = {
    {"tree", "processes", NULL, true, false},    {"show", NULL, NULL, true, false},
    {"threads", "threads", "comm", true, false}, {"files", "descriptors", "target", false, true},
    {"maps", "mappings", "path", false, true},   {"signals", "threads", "comm", false, false},
};

enum {
    SURFACES = sizeof(surfaces) / sizeof(surfaces[0])
};

/* What the JSON names stands in the text. */
static void expect_agreement(const struct surface *surface, const json_t *root, const char *text)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(root, surface->list), i, item)
    {
        const char *value = word(item, surface->key);
        cr_expect_not_null(strstr(text, value), "%s: %s: the text lacks %s: %s", name,
                           surface->command, value, text);
    }
}

/* `show` says so beside the letter, which is S or D. */
static void expect_frozen(const struct subject *subject, const json_t *root, const char *text)
{
    bool is_frozen = strstr(subject->condition->name, "frozen") != NULL;
    cr_expect_eq(json_is_true(json_object_get(root, "frozen")), is_frozen, "%s: show -J", name);
    cr_expect_eq(strstr(text, "by its control group; until it is thawed") != NULL, is_frozen,
                 "%s: show: %s", name, text);
}

/* `show` tells of the quota, which no letter does. */
static void expect_quota(const struct subject *subject, const json_t *root, const char *text)
{
    const json_t *quota = json_object_get(root, "cpu_quota");
    json_int_t period = subject->condition->only ? 100000 : 1000000;
    if (!subject->condition->only && strcmp(subject->condition->name, "limited") != 0)
        return; /* whatever the machine gives to all of us */
    cr_expect_eq(json_integer_value(json_object_get(quota, "quota_us")), 1000, "%s: show -J", name);
    cr_expect_eq(json_integer_value(json_object_get(quota, "period_us")), period, "%s: show -J",
                 name);
    cr_expect_not_null(strstr(text, "its control group may run for 1000 us in each "),
                       "%s: show: %s", name, text);
}

static void expect_surface(const struct surface *surface, const char *state,
                           const struct subject *subject)
{
    const pid_t pid = subject->pid;
    char command[32];
    (void)snprintf(command, sizeof(command), "%s -J", surface->command);
    json_t *root = reaptop_json(command, pid);
    if (surface->has_state)
        cr_expect_str_eq(word(find_pid(root, surface->list, pid), "state"), state,
                         "%s: %s: wanted %s: %s", name, command, state, output);
    else
        cr_expect_gt(json_array_size(json_object_get(root, surface->list)), 0, "%s: %s: %s", name,
                     command, output);
    const char *text = reaptop(surface->command, pid);
    cr_expect_null(strstr(text, "defunct"), "%s: %s: %s", name, command, text);
    if (strcmp(surface->command, "threads") != 0) /* the ended first thread is one of its lines */
        cr_expect_null(strstr(text, "no longer has it"), "%s: %s: %s", name, command, text);
    if (surface->key)
        expect_agreement(surface, root, text);
    if (strcmp(surface->command, "show") == 0) {
        expect_frozen(subject, root, text);
        expect_quota(subject, root, text);
    }
    char digits[16];
    (void)snprintf(digits, sizeof(digits), "%d", (int)pid);
    if (surface->has_state)
        cr_expect_not_null(strstr(text, digits), "%s: %s: %s", name, surface->command, text);
    json_decref(root);
}

static bool says_need(const char *text)
{
    for (int need = ACCESS_NEED_PTRACE; need <= ACCESS_NEED_ATTACH; need++)
        if (strstr(text, access_need_text((enum access_need)need)))
            return true;
    return false;
}

/* Denied is neither empty nor gone, and the text says what it needs. */
static void expect_denied(const struct surface *surface, pid_t pid)
{
    char command[32];
    (void)snprintf(command, sizeof(command), "%s -J", surface->command);
    json_t *root = reaptop_json(command, pid);
    cr_expect(json_is_null(json_object_get(root, surface->list)) &&
                  strcmp(word(json_object_get(root, "unavailable"), surface->list), "denied") == 0,
              "%s: as nobody: %s: %s", name, command, output);
    const char *text = reaptop(surface->command, pid);
    cr_expect(strstr(text, "permission denied") && says_need(text), "%s: as nobody: %s: %s", name,
              surface->command, text);
    json_decref(root);
}

/* ---- why ---- */

static bool chain_names(const json_t *chain, pid_t pid, const char *kind)
{
    size_t i;
    const json_t *link;
    json_array_foreach(chain, i, link)
    {
        if ((json_integer_value(json_object_get(link, "tid")) == pid ||
             json_integer_value(json_object_get(link, "pid")) == pid) &&
            (!kind || strcmp(word(link, "kind"), kind) == 0))
            return true;
    }
    return false;
}

static void expect_why(const struct subject *subject, const char *state)
{
    const struct condition *condition = subject->condition;
    const char *kind = condition->kind ? condition->kind : subject->situation->kind;
    json_t *root = reaptop_json("why -J", subject->pid);
    const json_t *chain = json_object_get(root, "chain"), *first = json_array_get(chain, 0);
    cr_expect_str_eq(word(first, "kind"), kind, "%s: %s", name, output);
    cr_expect_str_eq(word(first, "state"), state, "%s: why: wanted %s: %s", name, state, output);
    if (subject->tid != subject->pid && (condition->keeps_chain || condition->thread_kind))
        cr_expect(
            chain_names(chain, subject->tid,
                        condition->thread_kind ? condition->thread_kind : subject->situation->kind),
            "%s: thread %d: %s", name, (int)subject->tid, output);
    if (subject->holder > 0 && condition->keeps_chain)
        cr_expect(chain_names(chain, subject->holder, NULL), "%s: %d holds it: %s", name,
                  (int)subject->holder, output);
    json_decref(root);
}

/* An ordinary user is told what he may know, and of the rest why he may not. */
static void expect_unknown_to_nobody(const struct subject *subject)
{
    const char *asleep = subject->situation->state == 'D' ? "uninterruptible" : "unknown";
    const char *wanted = subject->condition->kind ? subject->condition->kind : asleep;
    json_t *root = reaptop_json("why -J", subject->pid);
    const char *kind = word(json_array_get(json_object_get(root, "chain"), 0), "kind");
    cr_expect(strcmp(kind, wanted) == 0 || strcmp(kind, "unknown") == 0, "%s: as nobody: %s", name,
              output);
    if (strcmp(kind, asleep) == 0)
        cr_expect_not_null(strstr(output, "CAP_SYS_PTRACE"), "%s: as nobody: %s", name, output);
    json_decref(root);
}

/* ---- send ---- */

static void expect_delay(const struct subject *subject, const json_t *forecast)
{
    const json_t *quota = json_object_get(forecast, "cpu_quota");
    if (subject->condition->only && !as_nobody)
        cr_expect(json_integer_value(json_object_get(quota, "period_us")) == 100000 &&
                      json_integer_value(json_object_get(quota, "throttled_periods")) > 0,
                  "%s: TERM: no delay by the quota: %s", name, output);
}

static void expect_forecast(const struct subject *subject, const char *kind, const char *effect)
{
    json_t *root = reaptop_json("send -n -J TERM", subject->pid);
    const json_t *forecast =
        json_object_get(json_array_get(json_object_get(root, "targets"), 0), "forecast");
    cr_expect(strcmp(word(forecast, "kind"), kind) == 0 &&
                  strcmp(word(forecast, "effect"), effect) == 0,
              "%s: TERM: wanted %s, %s: %s", name, kind, effect, output);
    expect_delay(subject, forecast);
    json_decref(root);
}

/* ---- its life, and the events ---- */

/* When it began to wait: its state, and how many events there had been, of others of its number
   among them. */
static char state_before;
static uint64_t events_before;

static const struct history *life_of(const struct subject *subject)
{
    const struct history *history = life_find_pid(feed_life(feed), subject->pid);
    cr_assert_not_null(history, "%s: it has no life", name);
    return history;
}

static void note_before(const struct subject *subject)
{
    life_seen_sweep(feed);
    for (int waited = 0; !life_find_pid(feed_life(feed), subject->pid) && waited < BIRTH_MS;
         waited++) {
        (void)poll(NULL, 0, 1);
        life_seen_sweep(feed);
    }
    state_before = life_of(subject)->state;
    events_before = life_log(feed_life(feed))->total;
}

/* The last event since then of one of the kinds (a bit for each); NULL: none. */
static const struct event *last_event(const struct history *history, unsigned kinds)
{
    const struct event_log *log = life_log(feed_life(feed));
    const struct event *last = NULL;
    for (size_t i = 0; i < log->count; i++) {
        const struct event *event = event_log_get(log, i);
        bool is_since = log->total - log->count + i >= events_before;
        if (is_since && event->id.pid == history->id.pid && kinds & (1U << event->kind))
            last = event;
    }
    return last;
}

/* It goes from a state to the next, where one of them is a stop. */
static void expect_turn(const struct history *history, char from, char to)
{
    const struct event *event = last_event(history, 1U << EVENT_STATE);
    bool is_told = from != to && (strchr("Tt", from) || strchr("Tt", to));
    if (!is_told) {
        cr_expect_null(event, "%s: an event of its state", name);
        return;
    }
    cr_expect(event && event->state_from == from && event->state_to == to,
              "%s: wanted %c to %c, not %c to %c", name, from, to, event ? event->state_from : '-',
              event ? event->state_to : '-');
}

static void expect_living(const struct history *history)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    life_seen_print(feed, history, &out);
    const char *text = strbuf_text(&out);
    cr_expect(!strstr(text, "zombie") && !strstr(text, "exited") && !strstr(text, "reaped"),
              "%s: life: %s", name, text);
    cr_expect_null(last_event(history, 1U << EVENT_EXIT | 1U << EVENT_ZOMBIE | 1U << EVENT_REAP),
                   "%s", name);
}

static void expect_life(const struct subject *subject, char now)
{
    life_seen_sweep(feed);
    const struct history *history = life_of(subject);
    cr_expect_eq(history->state, now, "%s: life: %c, not %c", name, history->state, now);
    expect_turn(history, state_before, now);
    expect_living(history);
}

/* What stopped it is gone: it is told that it goes on; or that it has ended, by EINTR (signal(7)).
 */
static void expect_lifted(const struct subject *subject)
{
    char before = life_of(subject)->state;
    if (!strchr("Tt", before))
        return;
    subject_lift(subject);
    (void)spawn_await_state(subject->pid, "RSDZ");
    life_seen_sweep(feed);
    const struct history *history = life_of(subject);
    const struct event *event = last_event(history, 1U << EVENT_STATE);
    bool is_told = event && event->state_from == before && !strchr("Tt", event->state_to);
    cr_expect(is_told || last_event(history, 1U << EVENT_EXIT),
              "%s: it goes on, and no event says so", name);
}

/* ---- all of one subject ---- */

/* The letter that the kernel gives. */
static void read_state(pid_t pid, char ret_state[2])
{
    char path[64], line[256];
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    ret_state[0] = ret_state[1] = '\0';
    while (file && fgets(line, sizeof(line), file))
        (void)sscanf(line, "State: %c", ret_state);
    if (file)
        (void)fclose(file);
}

static void expect_surfaces(const struct subject *subject, const char *state, size_t first,
                            size_t count)
{
    bool is_others = as_nobody && subject->condition->place != OF_NOBODY;
    for (size_t i = 0; i < count; i++) {
        const struct surface *surface = &surfaces[(first + i) % SURFACES];
        if (is_others && surface->is_private)
            expect_denied(surface, subject->pid);
        else
            expect_surface(surface, state, subject);
    }
}

/* An ordinary user, of whom it is or is not a process. */
static void expect_as_nobody(const struct subject *subject, const char *state, size_t turn,
                             size_t asked)
{
    as_nobody = true;
    if (subject->condition->place == OF_NOBODY) {
        expect_why(subject, state);
        expect_forecast(subject, subject_term(subject), "terminate");
    } else {
        expect_unknown_to_nobody(subject);
        expect_forecast(subject, "denied", "none");
    }
    expect_surfaces(subject, state, turn / NOBODY_EVERY, asked);
    as_nobody = false;
}

static void expect_all(const struct subject *subject, size_t turn)
{
    char state[2];
    read_state(subject->pid, state);
    expect_life(subject, state[0]);
    expect_why(subject, state);
    expect_forecast(subject, subject_term(subject), "terminate");
    /* All for every plain wait; else they take turns: all of them turn up for every condition. */
    size_t few = SURFACES / matrix_every(SURFACES);
    size_t asked = subject->condition == &conditions[0] ? SURFACES : few;
    expect_surfaces(subject, state, turn, asked);
    if (geteuid() == 0 && turn % matrix_every(NOBODY_EVERY) == 0)
        expect_as_nobody(subject, state, turn, few);
}

static void run_condition(const char *condition)
{
    size_t at = 0;
    while (strcmp(conditions[at].name, condition) != 0)
        cr_assert_lt(++at, condition_count, "%s: no such condition", condition);
    const struct situation *situation;
    feed = life_seen_open(at % 2 == 0);
    size_t every = matrix_every(conditions[at].every);
    for (size_t i = at % every; (situation = condition_situation(&conditions[at], i)) != NULL;
         i += every) {
        struct subject subject;
        (void)snprintf(name, sizeof(name), "%s, %s", situation->name, condition);
        enum subject_result result =
            subject_make(situation, &conditions[at], note_before, &subject);
        cr_assert_neq(result, SUBJECT_IS_ELSEWHERE, "%s", name);
        if (result == SUBJECT_READY) {
            expect_all(&subject, i);
            expect_lifted(&subject);
        }
        subject_clear();
        if (result == SUBJECT_IMPOSSIBLE)
            cr_skip_test("%s: cannot be had here", condition);
    }
}

/* A test for each: they run beside one another, and a failure says which. */
#define CONDITION(test, condition)                                                                 \
    Test(situations, test)                                                                         \
    {                                                                                              \
        run_condition(condition);                                                                  \
    }

CONDITION(plain, "plain")
CONDITION(of_nobody, "nobody's")
CONDITION(stopped, "stopped")
CONDITION(traced, "traced")
CONDITION(seized, "seized")
CONDITION(frozen_v2, "frozen, version 2")
CONDITION(frozen_v1, "frozen, version 1")
CONDITION(limited, "limited")
CONDITION(throttled, "throttled")
CONDITION(in_thread_throttled, "in a thread, throttled")
CONDITION(first_thread_ended_throttled, "first thread ended, throttled")
CONDITION(in_thread, "in a thread")
CONDITION(first_thread_ended, "first thread ended")
CONDITION(in_thread_frozen_v2, "in a thread, frozen, version 2")
CONDITION(in_thread_stopped, "in a thread, stopped")
CONDITION(first_thread_ended_frozen_v2, "first thread ended, frozen, version 2")
CONDITION(first_thread_ended_frozen_v1, "first thread ended, frozen, version 1")
CONDITION(first_thread_ended_stopped, "first thread ended, stopped")

/* None is left out of the tests above. */
Test(situations, every_condition_has_a_test)
{
    size_t shown = 0;
    for (size_t i = 0; i < condition_count; i++)
        shown += !conditions[i].is_forecast_only;
    cr_assert_eq(shown, 18);
}
