/*
 * tree: columns, filter, flat, and lines that keep their columns whatever the
 * values are. Of a recording, so that the machine does not matter.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "support/capture.h"

#define FIXTURE "tests/fixtures/recording/version-1.jsonl"

static struct strbuf out, err;

static void release(void)
{
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(command_tree, .fini = release);

/* `words`: the command line behind "tree", ended by NULL. */
static int tree(const char *const *words)
{
    struct options options = OPTIONS_INIT;
    struct error error = ERROR_INIT;
    char *argv[16] = {(char *)"tree"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)words[argc - 1];
    strbuf_clear(&out);
    strbuf_clear(&err);
    cr_assert_eq(options_take(&options, &argc, argv, tree_options, false, &error), 0, "%s",
                 error.message);
    cr_assert_eq(capture_begin(), 0);
    int status = command_tree(&options, argc, argv);
    capture_end(&out, &err);
    options_done(&options);
    return status;
}

#define TREE(...) tree((const char *const[]){"--from", FIXTURE, "-n", "1", __VA_ARGS__, NULL})

Test(command_tree, columns_are_chosen_ordered_and_added)
{
    cr_expect_eq(TREE("-o", "user,pid"), EXIT_DONE);
    cr_expect_eq(strncmp(strbuf_text(&out), "USER       PID COMMAND\n", 23), 0, "%s",
                 strbuf_text(&out));
    cr_expect_eq(TREE("-o", "+nice,+rss"), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "THR   RSS  NI COMMAND\n"));
    cr_expect_eq(TREE("-o", "family"), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "PID  PPID  PGID   SID TTY"), "%s",
                       strbuf_text(&out));
    cr_expect_eq(TREE("-o", "overview,nice"), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "THR   RSS  NI COMMAND\n"));
    cr_expect_eq(TREE("-o", "pid,colour"), EXIT_USAGE);
    cr_expect_not_null(
        strstr(strbuf_text(&err), "invalid value 'colour': expected columns out of: PID"));
}

Test(command_tree, a_filter_and_a_flat_list)
{
    cr_expect_eq(TREE("--flat", "-f", "user=anna"), EXIT_DONE);
    cr_expect_null(strstr(strbuf_text(&out), "init"));
    cr_expect_not_null(strstr(strbuf_text(&out), " -bash\n"));
    cr_expect_eq(TREE("-f", "state=Z"), EXIT_NO_MATCH);
    cr_expect_eq(TREE("-f", "colour=1"), EXIT_USAGE);
    cr_expect_not_null(strstr(strbuf_text(&err), "--filter: "));
}

/* The widest PID, user, size and name that there can be. */
Test(command_tree, the_widest_values_keep_their_columns)
{
    char path[64];
    const char *directory = getenv("TMPDIR");
    (void)snprintf(path, sizeof(path), "%s/wide-%d", directory ? directory : "/tmp", getpid());
    FILE *from = fopen(FIXTURE, "re"), *to = fopen(path, "we");
    cr_assert(from && to);
    char line[4096];
    cr_assert_not_null(fgets(line, sizeof(line), from));
    (void)fputs(line, to);
    (void)fputs(
        "{\"snapshot\":{\"mono_ns\":5000000000000,\"time_ns\":1700000000000000000,\"machine\":{},"
        "\"processes\":[{\"pid\":7,\"start_ticks\":3,\"comm\":\"a\",\"user\":\"root\"},"
        "{\"pid\":4194303,\"ppid\":4194302,\"start_ticks\":4,\"comm\":\"b\",\"threads\":1000000,"
        "\"rss_kib\":17179869184,\"user\":\"abcdefghijklmnopqrstuvwxyz012345\"}]}}\n",
        to);
    (void)fclose(from);
    (void)fclose(to);
    int status = tree((const char *const[]){"--from", path, "-n", "1", NULL});
    (void)unlink(path);
    cr_assert_eq(status, EXIT_DONE, "%s", strbuf_text(&err));
    cr_expect_str_eq(
        strbuf_text(&out),
        "    PID    PPID STATE USER                                 THR   RSS COMMAND\n"
        "      7       0 S     root                                   1    0K a\n"
        "4194303 4194302 S     abcdefghijklmnopqrstuvwxyz012345 1000000 16.0T b\n");
}

/* A line a process, by PID; from the second refresh on what changed, and that once. */
Test(command_tree, linear_tells_what_changed_once)
{
    cr_expect_eq(TREE("--linear"), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), ", PPID "), "%s", strbuf_text(&out));
    cr_expect_null(strstr(strbuf_text(&out), "PID PPID"), "no headings");
    cr_expect_null(strstr(strbuf_text(&out), "─"), "no lines");
    cr_expect_null(strstr(strbuf_text(&out), "  "), "no padding: %s", strbuf_text(&out));
    int last = 0;
    for (const char *line = strbuf_text(&out); *line; line = strchr(line, '\n') + 1) {
        int pid = (int)strtol(line, NULL, 10);
        cr_expect_gt(pid, last, "by PID");
        last = pid;
    }
    size_t first = out.length;
    cr_expect_eq(tree((const char *const[]){"--from", FIXTURE, "-n", "100", "--linear", NULL}),
                 EXIT_DONE);
    cr_assert_gt(out.length, first, "%s", strbuf_text(&out));
    for (const char *line = strbuf_text(&out) + first; *line; line = strchr(line, '\n') + 1)
        cr_expect(strncmp(line, "new: ", 5) == 0 || strncmp(line, "ended: ", 7) == 0 ||
                      strncmp(line, "changed: ", 9) == 0,
                  "%.60s", line);
    cr_expect_eq(TREE("--linear", "-s", "cpu"), EXIT_USAGE);
}

/* What no recording holds is n/a, null with its reason, and refused in a filter. */
Test(command_tree, a_recording_does_not_hold_what_is_read_on_demand)
{
    cr_expect_eq(TREE("-o", "pid,fds,unit"), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "unrecorded"), "%s", strbuf_text(&out));
    cr_expect_eq(TREE("-f", "file~x"), EXIT_USAGE);
    cr_expect_not_null(strstr(strbuf_text(&err), "no recording holds"), "%s", strbuf_text(&err));
}

/* Of a subtree whose middle has ended: its child has another parent and is still shown. */
Test(command_tree, an_orphan_stays_in_the_second_document)
{
    char path[64], line[4096];
    const char *directory = getenv("TMPDIR");
    (void)snprintf(path, sizeof(path), "%s/orphan-%d", directory ? directory : "/tmp", getpid());
    FILE *from = fopen(FIXTURE, "re"), *to = fopen(path, "we");
    cr_assert(from && to);
    cr_assert_not_null(fgets(line, sizeof(line), from));
    (void)fputs(line, to);
    static const char *const processes[] = {
        "{\"pid\":1,\"start_ticks\":1,\"comm\":\"init\"},"
        "{\"pid\":5,\"ppid\":1,\"start_ticks\":5,\"comm\":\"root\"},"
        "{\"pid\":6,\"ppid\":5,\"start_ticks\":6,\"comm\":\"middle\"},"
        "{\"pid\":7,\"ppid\":6,\"start_ticks\":7,\"comm\":\"orphan\"}",
        "{\"pid\":1,\"start_ticks\":1,\"comm\":\"init\"},"
        "{\"pid\":5,\"ppid\":1,\"start_ticks\":5,\"comm\":\"root\"},"
        "{\"pid\":7,\"ppid\":1,\"start_ticks\":7,\"comm\":\"orphan\"}",
    };
    for (int i = 0; i < 2; i++)
        (void)fprintf(to,
                      "{\"snapshot\":{\"mono_ns\":%d000000000000,\"time_ns\":170000000%d000000000,"
                      "\"machine\":{},\"processes\":[%s]}}\n",
                      5 + i, i, processes[i]);
    (void)fclose(from);
    (void)fclose(to);
    int status = tree((const char *const[]){"--from", path, "-n", "2", "-p", "5", NULL});
    (void)unlink(path);
    cr_assert_eq(status, EXIT_DONE, "%s", strbuf_text(&err));
    const char *first = strstr(strbuf_text(&out), "orphan");
    cr_assert_not_null(first, "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&out), "middle"), "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(first + 1, "orphan"), "%s", strbuf_text(&out));
    cr_expect_null(strstr(strbuf_text(&out), "init"), "%s", strbuf_text(&out));
}
