#include <criterion/criterion.h>
#include <jansson.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/clock.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "support/capture.h"
#include "support/spawn.h"

static struct strbuf out, err;
static int fds[2];

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void teardown(void)
{
    spawn_done();
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(command_files, .init = setup, .fini = teardown);
TestSuite(command_why, .init = setup, .fini = teardown);

typedef int command_body(const struct options *, int, char **);

static int run(command_body *command, bool json, const char *operand)
{
    char *argv[] = {(char *)(command == command_why ? "why" : "files"), (char *)operand, NULL};
    struct options options = {.json = json};
    strbuf_clear(&out);
    strbuf_clear(&err);
    cr_assert_eq(capture_begin(), 0);
    int status = command(&options, operand ? 2 : 1, argv);
    capture_end(&out, &err);
    return status;
}

static const char *text_of(pid_t pid)
{
    static char text[16];
    (void)snprintf(text, sizeof(text), "%d", pid);
    return text;
}

static json_t *run_json(command_body *command, pid_t pid)
{
    cr_assert_eq(run(command, true, text_of(pid)), EXIT_DONE, "%s", strbuf_text(&err));
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc, "%s", strbuf_text(&out));
    return doc;
}

static int read_first(void *argument)
{
    char byte;
    (void)argument;
    (void)close(fds[1]);
    spawn_ready();
    return (int)read(fds[0], &byte, 1);
}

static int hold_second(void *argument)
{
    (void)close(fds[0]);
    return spawn_pause(argument);
}

static int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *string(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

Test(command_files, json_names_the_peer)
{
    cr_assert_eq(pipe(fds), 0);
    pid_t reader = spawn_child(read_first, NULL), writer = spawn_child(hold_second, NULL);
    (void)close(fds[0]);
    (void)close(fds[1]);
    json_t *doc = run_json(command_files, reader), *descriptor, *found = NULL;
    cr_expect_str_eq(string(doc, "schema"), "reaptop/files/1");
    cr_expect_eq(number(doc, "pid"), reader);
    size_t index;
    json_array_foreach(json_object_get(doc, "descriptors"), index,
                       descriptor) if (number(descriptor, "fd") == fds[0]) found = descriptor;
    cr_assert_not_null(found);
    cr_expect_str_eq(string(found, "type"), "pipe");
    cr_expect_str_eq(json_string_value(json_array_get(json_object_get(found, "flags"), 0)),
                     "O_RDONLY");
    json_t *peers = json_object_get(found, "peers");
    cr_assert_eq(json_array_size(peers), 1);
    cr_expect_eq(number(json_array_get(peers, 0), "pid"), writer);
    cr_expect_eq(number(json_array_get(peers, 0), "fd"), fds[1]);
    json_decref(doc);

    cr_assert_eq(run(command_files, false, text_of(reader)), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "written by"));
}

static void check_operands(command_body *command)
{
    cr_expect_eq(run(command, false, NULL), EXIT_USAGE);
    cr_expect_eq(run(command, false, "12x"), EXIT_USAGE);
    cr_expect_eq(run(command, false, "0"), EXIT_USAGE);
    cr_expect_eq(run(command, false, "-1"), EXIT_USAGE);
    cr_expect_eq(run(command, false, "2147483648"), EXIT_USAGE);
    cr_expect_str_neq(strbuf_text(&err), "");
    cr_expect_str_eq(strbuf_text(&out), "");
    pid_t pid = spawn_child(spawn_pause, NULL);
    (void)spawn_kill(pid);
    cr_expect_eq(run(command, false, text_of(pid)), EXIT_NO_MATCH);
    cr_expect_not_null(strstr(strbuf_text(&err), "no such process"));
}

Test(command_files, operands)
{
    check_operands(command_files);
}

Test(command_why, operands)
{
    check_operands(command_why);
}

Test(command_files, a_zombie_has_none_and_that_is_said)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    (void)kill(pid, SIGKILL);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    json_t *doc = run_json(command_files, pid);
    cr_expect(json_is_null(json_object_get(doc, "descriptors")));
    cr_expect_str_eq(string(json_object_get(doc, "unavailable"), "descriptors"), "zombie");
    json_decref(doc);
}

Test(command_why, json_has_the_chain)
{
    cr_assert_eq(pipe(fds), 0);
    pid_t reader = spawn_child(read_first, NULL), writer = spawn_child(hold_second, NULL);
    (void)close(fds[0]);
    (void)close(fds[1]);
    uint64_t until = clock_ns(CLOCK_MONOTONIC) + 10 * NS_PER_SEC;
    json_t *doc = NULL, *chain = NULL;
    do {
        json_decref(doc);
        doc = run_json(command_why, reader);
        chain = json_object_get(doc, "chain");
        (void)sched_yield();
    } while (json_array_size(chain) < 2 && clock_ns(CLOCK_MONOTONIC) < until);

    cr_assert_eq(json_array_size(chain), 2);
    cr_expect_str_eq(string(doc, "schema"), "reaptop/why/1");
    const json_t *first = json_array_get(chain, 0), *second = json_array_get(chain, 1);
    cr_expect_eq(number(first, "pid"), reader);
    cr_expect_str_eq(string(first, "state"), "S");
    cr_expect_str_eq(string(first, "certainty"), "observed");
    cr_expect_not_null(strstr(string(first, "waits_for"), "pipe:["));
    cr_expect_not_null(strstr(string(first, "evidence"), "/proc/"));
    cr_expect_str_neq(string(first, "comm"), "");
    cr_expect_eq(number(second, "pid"), writer);
    cr_expect(json_is_true(json_object_get(second, "must_act")));
    json_decref(doc);

    cr_assert_eq(run(command_why, false, text_of(reader)), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "[observed]"));
    cr_expect_not_null(strstr(strbuf_text(&out), "in short:"));
}
