#include <criterion/criterion.h>
#include <dirent.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/model/signals.h"
#include "support/capture.h"
#include "support/test_child.h"

static struct strbuf out, err;
static pid_t child;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void teardown(void)
{
    specimen_end(child);
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(command_signals, .init = setup, .fini = teardown);

static int run(int (*command)(const struct options *, int, char **), const char *name, bool json,
               pid_t pid)
{
    struct options options = OPTIONS_INIT;
    char digits[16];
    options.json = json;
    (void)snprintf(digits, sizeof(digits), "%d", (int)pid);
    char *argv[] = {(char *)name, digits, NULL};
    strbuf_clear(&out);
    strbuf_clear(&err);
    cr_assert_eq(capture_begin(), 0);
    int status = command(&options, pid ? 2 : 1, argv);
    capture_end(&out, &err);
    return status;
}

static void nothing(int signal)
{
    (void)signal;
}

static void set_masks(void *argument)
{
    (void)argument;
    sigset_t blocked;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, handle = {.sa_handler = nothing};
    for (int number = 1; number <= SIGRTMAX; number++)
        (void)signal(number, SIG_DFL);
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR1);
    (void)sigaddset(&blocked, SIGRTMIN + 1);
    (void)sigprocmask(SIG_SETMASK, &blocked, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGRTMIN + 1, &handle, NULL);
    specimen_ready();
    specimen_stay();
}

static void expect_set(const json_t *doc, const char *key, const char *wanted)
{
    char *text = json_dumps(json_object_get(doc, key), JSON_COMPACT);
    cr_expect_str_eq(text, wanted, "%s: %s", key, text);
    free(text);
}

Test(command_signals, json_of_a_real_child)
{
    child = specimen_start(set_masks, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(kill(child, SIGRTMIN + 1), 0);
    cr_assert_eq(run(command_signals, "signals", true, child), EXIT_DONE);
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc);
    cr_expect_str_eq(json_string_value(json_object_get(doc, "schema")), "reaptop/signals/1");
    expect_set(doc, "pending", "[]");
    expect_set(doc, "shared_pending", "[\"RTMIN+1\"]");
    expect_set(doc, "blocked", "[\"USR1\",\"RTMIN+1\"]");
    expect_set(doc, "ignored", "[\"HUP\"]");
    cr_expect_geq(json_integer_value(json_object_get(doc, "queued")), 1);
    cr_expect_eq(json_array_size(json_object_get(doc, "threads")), 1);
    json_decref(doc);

    cr_assert_eq(run(command_signals, "signals", false, child), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "pending, process: RTMIN+1\n"));
    cr_expect_not_null(strstr(strbuf_text(&out), "\n35 RTMIN+1  process yes     -    yes   "
                                                 "stays pending; then: its handler runs"),
                       "%s", strbuf_text(&out));
}

/* ---- against /proc/PID/status ---- */

static const struct {
    const char *key, *status;
} masks[] = {
    {"pending", "\nSigPnd:"}, {"shared_pending", "\nShdPnd:"}, {"blocked", "\nSigBlk:"},
    {"ignored", "\nSigIgn:"}, {"caught", "\nSigCgt:"},
};

enum {
    MASKS = sizeof(masks) / sizeof(masks[0])
};

static bool read_masks(pid_t pid, uint64_t ret_masks[MASKS])
{
    char path[32], text[8192];
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
    if (file)
        (void)fclose(file);
    text[length] = '\0';
    for (size_t i = 0; i < MASKS; i++) {
        const char *at = strstr(text, masks[i].status);
        if (!at)
            return false;
        ret_masks[i] = strtoull(at + strlen(masks[i].status), NULL, 16);
    }
    return true;
}

/* The names back to bits. */
static uint64_t mask_of(const json_t *names)
{
    uint64_t mask = 0;
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        int number = 1;
        while (number <= 64 && strcmp(signal_name(number), json_string_value(name)) != 0)
            number++;
        cr_expect_leq(number, 64, "%s", json_string_value(name));
        mask |= UINT64_C(1) << (number - 1);
    }
    return mask;
}

/* False where the process went, or its masks changed while they were read. */
static bool compare_with_status(pid_t pid)
{
    uint64_t before[MASKS], after[MASKS];
    if (!read_masks(pid, before) || run(command_signals, "signals", true, pid) != EXIT_DONE ||
        !read_masks(pid, after) || memcmp(before, after, sizeof(before)) != 0)
        return false;
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc);
    for (size_t i = 0; i < MASKS; i++)
        cr_expect_eq(mask_of(json_object_get(doc, masks[i].key)), before[i], "%d %s", (int)pid,
                     masks[i].key);
    json_decref(doc);
    return true;
}

Test(command_signals, every_process_here_as_its_status_has_it, .timeout = 600)
{
    DIR *proc = opendir("/proc");
    size_t compared = 0;
    cr_assert_not_null(proc);
    child = specimen_start(set_masks, NULL);
    cr_assert_gt(child, 0);
    cr_expect(compare_with_status(child));
    for (const struct dirent *entry; compared < 200 && (entry = readdir(proc));)
        compared += *entry->d_name >= '1' && *entry->d_name <= '9' &&
                    compare_with_status((pid_t)atoi(entry->d_name));
    (void)closedir(proc);
    cr_expect_gt(compared, 0);
}

Test(command_signals, without_a_pid_all_of_them)
{
    cr_assert_eq(run(command_signals, "signals", false, 0), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "  9  KILL      terminate  end at once"));
    cr_assert_eq(run(command_signals, "signals", true, 0), EXIT_DONE);
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_eq(json_array_size(json_object_get(doc, "signals")), 62);
    const json_t *first = json_array_get(json_object_get(doc, "signals"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(first, "name")), "HUP");
    cr_expect_str_eq(json_string_value(json_object_get(first, "action")), "terminate");
    json_decref(doc);
}

Test(command_threads, json_has_the_documented_keys, .init = setup, .fini = teardown)
{
    child = specimen_start(set_masks, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(run(command_threads, "threads", true, child), EXIT_DONE);
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc);
    cr_expect_str_eq(json_string_value(json_object_get(doc, "schema")), "reaptop/threads/1");
    const json_t *thread = json_array_get(json_object_get(doc, "threads"), 0);
    const char *const keys[] = {"tid",
                                "state",
                                "comm",
                                "nice",
                                "priority",
                                "policy",
                                "processor",
                                "voluntary_switches",
                                "involuntary_switches",
                                "utime_ticks",
                                "stime_ticks",
                                "wchan",
                                "syscall"};
    for (size_t i = 0; i < ELEMENTS(keys); i++)
        cr_expect_not_null(json_object_get(thread, keys[i]), "%s", keys[i]);
    cr_expect_eq(json_integer_value(json_object_get(thread, "tid")), child);
    json_decref(doc);
    cr_assert_eq(run(command_threads, "threads", false, child), EXIT_DONE);
    cr_expect_eq(strncmp(strbuf_text(&out), "    TID  S", 10), 0);
}

Test(command_threads, gone, .init = setup, .fini = teardown)
{
    cr_expect_eq(run(command_threads, "threads", false, 2147483647), EXIT_NO_MATCH);
    cr_expect_eq(run(command_signals, "signals", false, 2147483647), EXIT_NO_MATCH);
    cr_expect_eq(out.length, 0);
    cr_expect_eq(run(command_threads, "threads", false, 0), EXIT_USAGE);
}
