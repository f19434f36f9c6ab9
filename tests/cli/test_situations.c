/*
 * Every row of situations.c × every state that a waiting process can be put
 * into: each command must say what is so, and none may contradict another. What
 * TERM does is tried, not only forecast.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "situations.h"
#include "support/cgroup.h"
#include "support/spawn.h"

#define NOBODY "setpriv --reuid=65534 --regid=65534 --clear-groups "

static struct test_cgroup group;
static char output[1 << 18];
static int exit_status;
static const char *viewer = ""; /* put before the command: as whom it runs */

static void release(void)
{
    test_cgroup_thaw(&group);
    spawn_done();
    test_cgroup_remove(&group);
    situation_clear();
}

/* Reads of files that may block have a deadline, which a sanitizer's slowness can reach. */
static void prepare(void)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("too slow under a sanitizer");
#endif
}

TestSuite(situations, .init = prepare, .fini = release, .timeout = 300);

static const char *reaptop(const char *command, pid_t pid)
{
    char line[512];
    const char *program = getenv("REAPTOP");
    (void)snprintf(line, sizeof(line), "%s%s %s %d 2>&1", viewer,
                   program ? program : "build/reaptop", command, (int)pid);
    FILE *pipe = popen(line, "r");
    cr_assert_not_null(pipe);
    size_t length = fread(output, 1, sizeof(output) - 1, pipe);
    output[length] = '\0';
    exit_status = pclose(pipe);
    return output;
}

static json_t *reaptop_json(const char *command, pid_t pid)
{
    json_error_t error;
    json_t *root = json_loads(reaptop(command, pid), 0, &error);
    cr_expect_not_null(root, "%s %d: no JSON: %s", command, (int)pid, output);
    return root;
}

static const char *word(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

/* What the kernel says of it: the letter in stat, a signal set in status. */
static bool read_status(pid_t pid, const char *key, char *ret_value, size_t size)
{
    char path[64], line[512];
    bool found = false;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof(line), file))
        if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':') {
            char *value = line + strlen(key) + 1 + strspn(line + strlen(key) + 1, " \t");
            value[strcspn(value, "\n")] = '\0';
            (void)snprintf(ret_value, size, "%s", value);
            found = true;
        }
    if (file)
        (void)fclose(file);
    return found;
}

static bool has_pending_term(pid_t pid)
{
    char shared_set[32] = "0", own_set[32] = "0";
    (void)read_status(pid, "ShdPnd", shared_set, sizeof(shared_set));
    (void)read_status(pid, "SigPnd", own_set, sizeof(own_set));
    return ((strtoull(shared_set, NULL, 16) | strtoull(own_set, NULL, 16)) >> (SIGTERM - 1)) & 1;
}

/* ---- what is done to the waiter ---- */

static bool stop(pid_t pid)
{
    return kill(pid, SIGSTOP) == 0 && spawn_await_state(pid, "T") == 'T';
}

static pid_t tracer; /* its end lets the waiter's parent reap it */

static int trace_body(void *argument)
{
    pid_t pid = *(pid_t *)argument;
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
        return 1;
    (void)waitpid(pid, NULL, __WALL);
    return spawn_pause(NULL);
}

static bool trace(pid_t pid)
{
    tracer = spawn_child(trace_body, &pid);
    return spawn_await_state(pid, "t") == 't';
}

static int seize_body(void *argument)
{
    return ptrace(PTRACE_SEIZE, *(pid_t *)argument, NULL, NULL) < 0 ? 1 : spawn_pause(NULL);
}

static bool seize(pid_t pid)
{
    tracer = spawn_child(seize_body, &pid);
    return tracer > 0;
}

static bool freeze_v2(pid_t pid)
{
    return test_cgroup_make(&group, "") && test_cgroup_add(&group, pid) &&
           test_cgroup_write(&group, "cgroup.freeze", "1") &&
           test_cgroup_await(&group, "cgroup.events", "frozen 1");
}

static bool freeze_v1(pid_t pid)
{
    return test_cgroup_make(&group, "freezer") && test_cgroup_add(&group, pid) &&
           test_cgroup_write(&group, "freezer.state", "FROZEN") &&
           test_cgroup_await(&group, "freezer.state", "FROZEN");
}

/* A quota holds back what runs: who sleeps waits for what it waited for before. */
static bool limit(pid_t pid)
{
    return test_cgroup_make(&group, "cpu") &&
           test_cgroup_write(&group, "cpu.cfs_period_us", "1000000") &&
           test_cgroup_write(&group, "cpu.cfs_quota_us", "1000") && test_cgroup_add(&group, pid);
}

/* ---- where the wait is: the first thread, another, another with the first ended ---- */

enum place {
    IN_PROCESS,
    IN_THREAD,
    LEADER_ENDED,
    OF_NOBODY, /* the process is user 65534's */
};

struct place_argument {
    const struct situation *situation;
    enum place place;
};

static void *wait_in_thread(void *argument)
{
    const struct place_argument *at = argument;
    spawn_report((int32_t)gettid());
    at->situation->wait();
    return NULL;
}

static int waiter(void *argument)
{
    const struct place_argument *at = argument;
    pthread_t thread;
    if (at->place == OF_NOBODY &&
        (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0 ||
         prctl(PR_SET_DUMPABLE, 1) < 0))
        return 1;
    spawn_ready();
    if (at->place != IN_THREAD && at->place != LEADER_ENDED) {
        at->situation->wait();
        return 0;
    }
    static struct place_argument kept;
    kept = *at;
    (void)pthread_create(&thread, NULL, wait_in_thread, &kept);
    if (at->place == LEADER_ENDED)
        pthread_exit(NULL);
    (void)pthread_join(thread, NULL);
    return 0;
}

static int holder(void *argument)
{
    const struct situation *situation = argument;
    situation->hold();
    return spawn_pause(NULL);
}

/* ---- the comparison ---- */

struct forecast {
    const char *kind, *effect;
};

struct modifier {
    const char *name;
    enum place place;
    bool (*apply)(pid_t pid); /* NULL: nothing is done; false: cannot be done here */
    const char *kind;         /* what `why` says first; NULL: the row's own kind */
    bool keeps_chain;         /* who is waited for is still named */
    struct forecast term, kill, cont;
    bool is_d_exempt; /* not tried with an uninterruptible wait */
};

#define ENDS                                                                                       \
    {                                                                                              \
        "delivered", "terminate"                                                                   \
    }
#define NOTHING                                                                                    \
    {                                                                                              \
        "discarded", "continue"                                                                    \
    }

static const struct modifier plain = {"plain", IN_PROCESS, NULL,    NULL, true,
                                      ENDS,    ENDS,       NOTHING, false};
static const struct modifier of_nobody = {"nobody's", OF_NOBODY, NULL,    NULL, true,
                                          ENDS,       ENDS,      NOTHING, false};
static const struct modifier stopped = {"stopped", IN_PROCESS,
                                        stop,      "stopped",
                                        false,     {"stopped", "terminate"},
                                        ENDS,      {"delivered", "continue"},
                                        true};
static const struct modifier traced = {"traced", IN_PROCESS,
                                       trace,    "traced",
                                       false,    {"traced", "terminate"},
                                       ENDS,     {"traced", "continue"},
                                       true};
static const struct modifier seized = {
    "seized", IN_PROCESS, seize, NULL, true, {"traced", "terminate"}, ENDS, {"traced", "continue"},
    false};
static const struct modifier frozen_v2 = {
    "frozen, version 2", IN_PROCESS, freeze_v2, "frozen", false, ENDS, ENDS, NOTHING, true};
static const struct modifier frozen_v1 = {
    "frozen, version 1",     IN_PROCESS, freeze_v1, "frozen", false, {"frozen", "terminate"},
    {"frozen", "terminate"}, NOTHING,    true};
static const struct modifier limited = {"limited", IN_PROCESS, limit,   NULL, true,
                                        ENDS,      ENDS,       NOTHING, false};
static const struct modifier in_thread = {"in a thread", IN_THREAD, NULL,    "futex", true,
                                          ENDS,          ENDS,      NOTHING, false};
static const struct modifier leader_ended = {
    "first thread ended", LEADER_ENDED, NULL, "zombie_leader", true, ENDS, ENDS, NOTHING, false};

static const char *place_name; /* of the situation, for messages */
static char place_buffer[128];

/* tree also lists descendants, by number: a child's can be the lower one. */
static const json_t *find_pid(const json_t *list, pid_t pid)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        if (json_integer_value(json_object_get(item, "pid")) == pid ||
            json_integer_value(json_object_get(item, "tid")) == pid)
            return item;
    }
    return NULL;
}

/* The state letter, where `command` gives it, is the kernel's. */
static void expect_state(const char *command, pid_t pid, const char *list, const char *state)
{
    json_t *root = reaptop_json(command, pid);
    const json_t *item = list ? find_pid(json_object_get(root, list), pid) : root;
    cr_expect_str_eq(word(item, "state"), state, "%s: %s: wanted %s: %s", place_name, command,
                     state, output);
    json_decref(root);
}

static void expect_forecast(const char *signal, pid_t pid, const struct forecast *wanted)
{
    char command[32];
    (void)snprintf(command, sizeof(command), "send -n -J %s", signal);
    json_t *root = reaptop_json(command, pid);
    const json_t *forecast =
        json_object_get(json_array_get(json_object_get(root, "targets"), 0), "forecast");
    cr_expect(strcmp(word(forecast, "kind"), wanted->kind) == 0 &&
                  strcmp(word(forecast, "effect"), wanted->effect) == 0,
              "%s: %s: wanted %s, %s: %s", place_name, signal, wanted->kind, wanted->effect,
              output);
    json_decref(root);
}

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

static void expect_why(const struct situation *row, const struct modifier *modifier, pid_t pid,
                       pid_t tid, pid_t held_by)
{
    const char *kind = modifier->kind ? modifier->kind : row->kind;
    json_t *root = reaptop_json("why -J", pid);
    const json_t *chain = json_object_get(root, "chain");
    cr_expect_str_eq(word(json_array_get(chain, 0), "kind"), kind, "%s: %s", place_name, output);
    if (tid != pid)
        cr_expect(chain_names(chain, tid, row->kind), "%s: thread %d: %s", place_name, (int)tid,
                  output);
    if (held_by > 0 && modifier->keeps_chain && viewer[0] == '\0')
        cr_expect(chain_names(chain, held_by, NULL), "%s: %d holds it: %s", place_name,
                  (int)held_by, output);
    json_decref(root);
}

static void expect_alive(pid_t pid)
{
    static const char *const commands[] = {"files", "maps", "threads", "signals", "tree", "show"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const char *text = reaptop(commands[i], pid);
        cr_expect_eq(exit_status, 0, "%s: %s: %s", place_name, commands[i], text);
        cr_expect_null(strstr(text, "defunct"), "%s: %s: %s", place_name, commands[i], text);
        if (strcmp(commands[i], "threads") != 0) /* the ended first thread is one of its lines */
            cr_expect_null(strstr(text, "no longer has it"), "%s: %s: %s", place_name, commands[i],
                           text);
    }
}

/* The forecast for TERM comes true. */
static void try_term(const struct modifier *modifier, pid_t pid)
{
    (void)kill(pid, SIGTERM);
    if (strcmp(modifier->term.kind, "delivered") == 0) {
        int status = spawn_reap(pid);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "%s: TERM: status %x",
                  place_name, (unsigned)status);
        return;
    }
    if (modifier->apply != seize)
        cr_expect(has_pending_term(pid), "%s: TERM is not pending", place_name);
    test_cgroup_thaw(&group);
    (void)kill(pid, SIGKILL);
}

static void expect_unknown_to_nobody(const struct situation *row, const struct modifier *modifier,
                                     pid_t pid)
{
    static const struct forecast denied = {"denied", "none"};
    viewer = NOBODY;
    json_t *root = reaptop_json("why -J", pid);
    const json_t *first = json_array_get(json_object_get(root, "chain"), 0);
    const char *kind = word(first, "kind"),
               *asleep = row->state == 'D' ? "uninterruptible" : "unknown";
    const char *wanted = modifier->kind ? modifier->kind : asleep;
    cr_expect(strcmp(kind, wanted) == 0 || strcmp(kind, "unknown") == 0, "%s: as nobody: %s",
              place_name, output);
    if (strcmp(kind, asleep) == 0)
        cr_expect_not_null(strstr(output, "needs ptrace access"), "%s: as nobody: %s", place_name,
                           output);
    json_decref(root);
    expect_forecast("TERM", pid, &denied);
    viewer = "";
}

static void expect_all(const struct situation *row, const struct modifier *modifier, pid_t pid,
                       pid_t tid, pid_t held_by)
{
    char state[32] = "";
    cr_assert(read_status(pid, "State", state, sizeof(state)), "%s: is gone", place_name);
    state[1] = '\0';
    expect_state("tree -J", pid, "processes", state);
    expect_state("show -J", pid, NULL, state);
    expect_state("why -J", pid, "chain", state);
    expect_state("threads -J", pid, "threads", state);
    expect_alive(pid);
    expect_why(row, modifier, pid, tid, held_by);
    expect_forecast("TERM", pid, &modifier->term);
    expect_forecast("KILL", pid, &modifier->kill);
    expect_forecast("CONT", pid, &modifier->cont);
    if (modifier->place == OF_NOBODY) {
        viewer = NOBODY;
        expect_why(row, modifier, pid, tid, held_by);
        expect_forecast("TERM", pid, &modifier->term);
        viewer = "";
    } else if (geteuid() == 0) {
        expect_unknown_to_nobody(row, modifier, pid);
    }
}

static pid_t await_waiter(const struct situation *row, const struct modifier *modifier, pid_t pid)
{
    int32_t tid = pid;
    if (modifier->place == IN_THREAD || modifier->place == LEADER_ENDED)
        (void)spawn_receive(pid, &tid);
    while (row->holder_is_child && situation_holder() == 0)
        (void)sched_yield();
    const char letters[] = {row->state, '\0'};
    cr_assert_neq(spawn_await_state(tid, letters), '\0', "%s", place_name);
    if (modifier->place == LEADER_ENDED)
        cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    else if (modifier->place == IN_THREAD)
        cr_assert_eq(spawn_await_state(pid, "S"), 'S');
    return tid;
}

/* False: the modifier cannot be had here. */
static bool run_row(const struct situation *row, const struct modifier *modifier)
{
    struct place_argument at = {row, modifier->place};
    (void)snprintf(place_buffer, sizeof(place_buffer), "%s, %s", row->name, modifier->name);
    place_name = place_buffer;
    if (row->prepare && row->prepare() < 0 && row->kind[0] != 'c')
        return true; /* this kernel has not got it */
    pid_t held_by = row->hold ? spawn_child(holder, (void *)(uintptr_t)row) : 0;
    pid_t pid = spawn_child(waiter, &at);
    pid_t tid = await_waiter(row, modifier, pid);
    if (row->holder_is_child)
        held_by = situation_holder();
    bool is_had = !modifier->apply || modifier->apply(pid);
    if (is_had) {
        const char letters[] = {row->state, '\0'};
        if (!modifier->kind) /* a change of group wakes it for a moment */
            (void)spawn_await_state(tid, letters);
        expect_all(row, modifier, pid, tid, held_by);
        try_term(modifier, pid);
    }
    test_cgroup_thaw(&group);
    if (row->holder_is_child && situation_holder() > 0)
        (void)kill(situation_holder(), SIGKILL);
    if (tracer > 0)
        (void)spawn_kill(tracer);
    tracer = 0;
    spawn_done();
    test_cgroup_remove(&group);
    situation_clear();
    return is_had;
}

static void run_modifier(const struct modifier *modifier)
{
    for (size_t i = 0; i < situation_count; i++) {
        if (modifier->is_d_exempt && situations[i].state == 'D')
            continue;
        if (modifier->place != IN_PROCESS && modifier->place != OF_NOBODY &&
            !situations[i].takes_thread)
            continue;
        if (!run_row(&situations[i], modifier))
            cr_skip_test("%s cannot be had here", modifier->name);
    }
}

#define EACH(modifier)                                                                             \
    Test(situations, modifier)                                                                     \
    {                                                                                              \
        run_modifier(&(modifier));                                                                 \
    }

EACH(plain)
EACH(of_nobody)
EACH(stopped)
EACH(traced)
EACH(seized)
EACH(frozen_v2)
EACH(frozen_v1)
EACH(limited)
EACH(in_thread)
EACH(leader_ended)
