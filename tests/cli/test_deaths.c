/*
 * Every row of `families` × every row of `manners` (deaths.c): each command,
 * the events and the life must say how it ended and who must act, or who has,
 * and none may contradict another.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deaths.h"
#include "life_seen.h"
#include "matrix.h"
#include "reaptop/base/cleanup.h"
#include "run_command.h"

enum {
    NOBODY_EVERY = 3 /* zombie of a sample is looked at by an ordinary user too */
};

static struct feed *feed;
static bool as_nobody;
static char name[128]; /* of the death, for messages */

static void release(void)
{
    feed_close(feed);
    feed = NULL;
    death_clear();
}

static void prepare(void)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("thousands of commands are too slow under a sanitizer");
#endif
}

TestSuite(deaths, .init = prepare, .fini = release, .timeout = 1200);

/* ---- the life and its events ---- */

/* The last sentence of that kind; "" where there is none. */
static const char *sentence(pid_t pid, enum event_kind kind)
{
    static struct strbuf text;
    const struct event_log *log = life_log(feed_life(feed));
    strbuf_clear(&text);
    for (size_t i = 0; i < log->count; i++) {
        const struct event *event = event_log_get(log, i);
        if (event->id.pid != pid || event->kind != kind)
            continue;
        strbuf_clear(&text);
        event_describe(event, &text);
    }
    return strbuf_text(&text);
}

/* The kernel's events may come behind a sweep. */
static const char *await(pid_t pid, enum event_kind kind)
{
    do
        life_seen_sweep(feed);
    while (sentence(pid, kind)[0] == '\0');
    return sentence(pid, kind);
}

/* `text` holds what is printed behind it. */
__attribute__((format(printf, 3, 4))) static void expect_has(const char *surface, const char *text,
                                                             const char *format, ...)
{
    char words[160];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    cr_expect(strstr(text, words), "%s: %s lacks \"%s\": %s", name, surface, words, text);
}

static void expect_life(pid_t pid, const char *holds)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    life_seen_print(feed, life_find_pid(feed_life(feed), pid), &out);
    expect_has("life", strbuf_text(&out), "%s", holds);
}

/* "killed by SIGKILL", "exited with status 3". */
static const char *end_of(const struct manner *manner)
{
    static struct strbuf words;
    strbuf_clear(&words);
    exit_status_describe(manner->status, &words);
    return strbuf_text(&words);
}

static void expect_removal(const struct family *family, const struct death *death)
{
    struct strbuf words = STRBUF_INIT;
    ending_describe_removal(family->removal, death->waiter, &words);
    expect_has("reap", await(death->pid, EVENT_REAP), "%s", strbuf_text(&words));
    expect_life(death->pid, strbuf_text(&words));
    strbuf_done(&words);
}

static void expect_zombie_event(const struct death *death)
{
    struct strbuf words = STRBUF_INIT;
    ending_describe_zombie(death->waiter, death->tracer, &words);
    expect_has("zombie", await(death->pid, EVENT_ZOMBIE), "%s", strbuf_text(&words));
    cr_expect_str_eq(sentence(death->pid, EVENT_REAP), "", "%s", name);
    expect_life(death->pid, strbuf_text(&words));
    strbuf_done(&words);
}

static void expect_events(const struct family *family, const struct manner *manner,
                          const struct death *death)
{
    if (family->is_gone)
        expect_removal(family, death);
    else
        expect_zombie_event(death);
    /* A sweep alone learns the status of one that it saw as a zombie. */
    if (feed_header(feed)->has_kernel_events || !family->is_gone)
        expect_has("exit", await(death->pid, EVENT_EXIT), "%s", end_of(manner));
}

/* ---- the commands ---- */

static const char *reaptop(const char *command, pid_t pid)
{
    int status = -1;
    return run_command(command, pid, as_nobody, &status);
}

/* What each says of a zombie. */
static const struct saying {
    const char *command, *holds, *lacks;
    bool names_waiter;
} sayings[] = {
    {"tree", "<defunct>", "live on", true},
    {"show", "Z zombie", "live on", true},
    {"why", "it is dead", "live on", true},
    {"files", "a zombie no longer has it", "ptrace", false},
    {"maps", "a zombie no longer has it", "ptrace", false},
    {"pages", "a zombie no longer has it", "ptrace", false},
    {"threads", " Z ", "ptrace", false},
    {"signals", "a zombie: no signal does anything any more", "ptrace", false},
    {"tree -J", "\"state\":\"Z\"", "living_thread", false},
    {"show -J", "\"state\":\"Z\"", "living_thread", false},
    {"files -J", "\"descriptors\":\"zombie\"", "denied", false},
    {"maps -J", "\"mappings\":\"zombie\"", "denied", false},
    {"pages -J", "\"pages\":\"zombie\"", "denied", false},
    {"threads -J", "\"state\":\"Z\"", "denied", false},
    {"signals -J", "\"threads\":[{", "denied", false},
};

/* Another user's zombie is refused like another user's process (kill(2)). */
static const struct saying sends[][4] = {
    {{"send -n TERM", "zombie: already dead", "refused", true},
     {"send -n KILL", "zombie: already dead", "refused", true},
     {"send -n CONT", "zombie: already dead", "refused", true},
     {"send -n -J KILL", "\"kind\":\"zombie\",\"effect\":\"none\"", "denied", false}},
    {{"send -n TERM", "refused (EPERM)", "the process ends", false},
     {"send -n KILL", "refused (EPERM)", "the process ends", false},
     {"send -n CONT", "zombie: already dead", "refused", true}, /* of the same session */
     {"send -n -J KILL", "\"kind\":\"denied\",\"effect\":\"none\"", "terminate", false}},
};

static bool chain_names(const json_t *chain, pid_t pid)
{
    size_t i;
    const json_t *link;
    json_array_foreach(chain, i, link)
    {
        if (json_integer_value(json_object_get(link, "pid")) == pid)
            return true;
    }
    return false;
}

static void expect_why(const struct death *death)
{
    const char *text = reaptop("why -J", death->pid);
    json_t *root = json_loads(text, 0, NULL), *chain = json_object_get(root, "chain");
    const char *kind = json_string_value(json_object_get(json_array_get(chain, 0), "kind"));
    cr_expect(kind && strcmp(kind, "zombie") == 0, "%s: %s", name, text);
    cr_expect(chain_names(chain, death->tracer > 0 ? death->tracer : death->waiter), "%s: %s", name,
              text);
    json_decref(root);
}

static void expect_saying(const struct saying *saying, const struct death *death)
{
    const char *text = reaptop(saying->command, death->pid);
    expect_has(saying->command, text, "%s", saying->holds);
    cr_expect_null(strstr(text, saying->lacks), "%s: %s has \"%s\": %s", name, saying->command,
                   saying->lacks, text);
    if (saying->names_waiter)
        expect_has(saying->command, text, "%d",
                   (int)(death->tracer > 0 ? death->tracer : death->waiter));
}

static void expect_commands(const struct manner *manner, const struct death *death)
{
    for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
        expect_saying(&sayings[i], death);
    for (size_t i = 0; i < 4; i++)
        expect_saying(&sends[as_nobody][i], death);
    if (!as_nobody) /* the status is for those who may ptrace(2) it */
        expect_has("show", reaptop("show", death->pid), "%s", end_of(manner));
    expect_why(death);
}

/* Nobody knows it any more: one line that says so. */
static void expect_gone(const struct death *death)
{
    static const char *const commands[] = {"tree",  "show",    "why",     "files",       "maps",
                                           "pages", "threads", "signals", "send -n TERM"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        expect_has(commands[i], reaptop(commands[i], death->pid), "%d", (int)death->pid);
}

/* ---- all of them ---- */

static void try_one(const struct family *family, const struct manner *manner, size_t turn)
{
    struct death death;
    (void)snprintf(name, sizeof(name), "%s, %s", manner->name, family->name);
    if (death_prepare(family, manner, &death) == DEATH_READY) {
        feed = life_seen_open(turn % 2 == 0);
        life_seen_sweep(feed);
        cr_assert(death_come(family, &death), "%s: %d did not end", name, (int)death.pid);
        expect_events(family, manner, &death);
        if (family->is_gone)
            expect_gone(&death);
        else
            expect_commands(manner, &death);
        as_nobody = geteuid() == 0 && turn % matrix_every(NOBODY_EVERY) == 0;
        if (as_nobody && !family->is_gone)
            expect_commands(manner, &death);
        as_nobody = false;
    }
    release();
}

static void try_manner(size_t at)
{
    for (size_t i = 0; i < family_count; i++)
        try_one(&families[i], &manners[at], i + at);
}

Test(deaths, an_exit)
{
    try_manner(0);
}

Test(deaths, a_kill)
{
    try_manner(1);
}

Test(deaths, a_thread_s_exit)
{
    try_manner(2);
}

Test(deaths, an_exit_behind_its_first_thread_s)
{
    try_manner(3);
}

Test(deaths, every_manner_has_a_test)
{
    cr_assert_eq(manner_count, 4);
}
