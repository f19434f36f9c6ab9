#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/synthetic.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/recorder.h"
#include "support/terminal.h"

#define FIXTURE "tests/fixtures/recording/version-1.jsonl"

static struct terminal *t;
static char path[4096];

/* The recording is five seconds long: it is held at once, so that time stands still. */
static void start(const char *file)
{
    char cwd[2048];
    cr_assert_not_null(getcwd(cwd, sizeof(cwd)));
    (void)snprintf(path, sizeof(path), "%s%s%s", file[0] == '/' ? "" : cwd,
                   file[0] == '/' ? "" : "/", file);
    t = terminal_start(&(struct terminal_options){
        .rows = 24,
        .cols = 120,
        .argv = (const char *[]){terminal_reaptop(), "replay", path, NULL}});
    cr_assert_not_null(t);
}

static void teardown(void)
{
    terminal_free(t);
    t = NULL;
}

TestSuite(replay, .fini = teardown);

static bool reach(const char *keys, const char *text)
{
    return terminal_send(t, keys) && terminal_wait_text(t, text);
}

Test(replay, time_is_under_the_keys)
{
    start(FIXTURE);
    cr_assert(terminal_wait_text(t, "build7"));
    cr_expect(reach("@23:13:20\r", "replay 23:13:20"));
    cr_expect(terminal_wait_text(t, "paused"));
    cr_expect(terminal_wait_text(t, "burn"));
    cr_expect(terminal_wait_no_text(t, "sleep 60"), "not born yet");
    cr_expect(reach("]", "replay 23:13:21"));
    cr_expect(terminal_wait_text(t, "sleep 60"));
    cr_expect(reach("710D", "replay 23:13:22"), "the death of 710");
    cr_expect(terminal_wait_text(t, "Z zombie"));
    cr_expect(reach("[", "replay 23:13:21"));
    cr_expect(reach("720}", "replay 23:13:22"), "720's next event: it was stopped");
    cr_expect(reach("}", "replay 23:13:23"));
    cr_expect(terminal_wait_text(t, "adopted by 1"));
    cr_expect(reach("{", "replay 23:13:22"));
    cr_expect(reach("B", "replay 23:13:21"), "its birth");
    cr_expect(reach("@-1s\r", "replay 23:13:20"));
    cr_expect(reach("))", "x4"));
    cr_expect(reach("p", "The recording ends here"));
    cr_expect(terminal_wait_text(t, "100% x4 end"));
    cr_expect(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0);
}

Test(replay, nothing_can_be_changed_and_what_was_not_recorded_says_so)
{
    start(FIXTURE);
    cr_assert(reach("@23:13:20\r", "replay 23:13:20"));
    cr_expect(reach("k", "This is a recording"));
    cr_expect(reach("710\r", "As it was recorded"));
    cr_expect(terminal_wait_text(t, "command line:"));
    cr_expect(reach("2", "nothing: it runs, or is ready to"), "Why");
    cr_expect(reach("3", "was not recorded"), "Maps");
    cr_expect(terminal_send(t, TERMINAL_ESCAPE));
    cr_expect(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0);
}

static bool is_screen(struct terminal *terminal, const void *data)
{
    return strcmp(terminal_text(terminal), data) == 0;
}

Test(replay, the_same_recording_gives_the_same_screens)
{
    char first[16384];
    start(FIXTURE);
    for (int round = 0; round < 2; round++) {
        cr_assert(reach("@23:13:20\r", "replay 23:13:20"));
        cr_assert(reach("]]]", "replay 23:13:23"));
        cr_assert(reach("g", "replay 23:13:23"));
        /* Drawn from the top: the last row is the last to come. */
        cr_assert(terminal_wait_text(t, "700 bash was reaped by 1"));
        if (round == 0)
            (void)snprintf(first, sizeof(first), "%s", terminal_text(t));
        cr_expect(terminal_wait(t, is_screen, first));
    }
}

/* ---- a longer one ---- */

enum {
    LONG_SECONDS = 400
};

static char long_file[] = "/tmp/reaptop-long-XXXXXX";

static void report_second(struct snapshot *now, uint64_t second)
{
    snapshot_clear(now);
    now->mono_ns = (5000 + second) * NS_PER_SEC;
    now->time_ns = (1700000000 + second) * NS_PER_SEC;
    now->machine.uptime_ns = now->mono_ns;
    synthetic(now, 1, 0, 'S', "init");
    synthetic(now, 700, 1, 'S', "shell")->rss_kib = 100 + second;
    for (pid_t pid = 800; pid < 830; pid++) {
        uint64_t turn = second + (uint64_t)pid * 7;
        if (turn % 23 == 0)
            continue;
        struct process *process =
            synthetic(now, pid, turn % 40 < 3 ? 1 : 700, turn % 5 == 0 ? 'T' : 'S', "worker");
        process->id.start_ticks = 500000 + turn / 23;
        process->utime_ticks = turn;
    }
    snapshot_finish(now);
}

/* Births, ends, orphans and stops each second; every 50th an event that the kernel told. */
static void record_long(void)
{
    const struct recording_header header = {.host = "build7",
                                            .kernel = "6.1",
                                            .ticks_per_second = 100,
                                            .interval_ns = NS_PER_SEC,
                                            .has_kernel_events = true};
    struct recorder *recorder = recorder_new();
    struct strbuf text = STRBUF_INIT;
    struct snapshot now = SNAPSHOT_INIT;
    int fd = mkstemp(long_file);
    recorder_begin(recorder, &header, &text);
    for (uint64_t second = 0; second < LONG_SECONDS; second++) {
        report_second(&now, second);
        const struct event event = {.kind = EVENT_COREDUMP,
                                    .source = EVENT_FROM_CONNECTOR,
                                    .mono_ns = now.mono_ns - 5,
                                    .time_ns = now.time_ns - 5,
                                    .id = {.pid = 700, .start_ticks = 700},
                                    .comm = "shell"};
        if (second % 50 == 49)
            recorder_events(recorder, &event, 1, &text);
        cr_assert_eq(recorder_snapshot(recorder, &now, &text), 0);
    }
    recorder_end(&text);
    cr_assert_eq(write(fd, text.data, text.length), (ssize_t)text.length);
    (void)close(fd);
    snapshot_done(&now);
    strbuf_done(&text);
    recorder_free(recorder);
}

static void end_long(void)
{
    teardown();
    (void)unlink(long_file);
}

/* The whole screen, once the header tells that time and the frame is drawn to its end. */
static void screen_at(const char *keys, const char *where, char *ret_screen, size_t size)
{
    cr_assert(reach(keys, where), "%s", keys);
    /* The answer to a second key comes behind the whole of the first one's frame. */
    cr_assert(reach("E", "Events: all"), "%s", keys);
    cr_assert(reach(TERMINAL_ESCAPE "?", "Up/Down scroll"), "%s", keys);
    cr_assert(terminal_send(t, TERMINAL_ESCAPE));
    cr_assert(terminal_wait_text(t, where), "%s", keys);
    cr_assert(terminal_wait_no_text(t, "Up/Down scroll"));
    (void)snprintf(ret_screen, size, "%s", terminal_text(t));
}

Test(replay, from_a_checkpoint_it_is_as_from_the_beginning, .fini = end_long)
{
    static char straight[16384], back[16384], stepped[16384];
    record_long();
    start(long_file);
    cr_assert(terminal_wait_text(t, "build7"));
    screen_at("@+310s\r", "replay 22:18:30", straight, sizeof(straight));
    cr_assert(reach("@22:20:00\r", "22:19:59"), "to its end");
    screen_at("@22:18:30\r", "replay 22:18:30", back, sizeof(back));
    cr_expect_str_eq(back, straight);
    cr_assert(reach("@22:13:25\r", "replay 22:13:25"), "before the first one that is kept");
    cr_assert(reach("@22:18:35\r", "replay 22:18:35"));
    screen_at("[[[[[", "replay 22:18:30", stepped, sizeof(stepped));
    cr_expect_str_eq(stepped, straight);
}

/* Crowds and few in turn: what the cursor stands on is gone with the next refresh. */
static void record_crowds(void)
{
    const struct recording_header header = {
        .host = "build7", .kernel = "6.1", .ticks_per_second = 100, .interval_ns = NS_PER_SEC};
    struct recorder *recorder = recorder_new();
    struct strbuf text = STRBUF_INIT;
    struct snapshot now = SNAPSHOT_INIT;
    int fd = mkstemp(long_file);
    recorder_begin(recorder, &header, &text);
    for (uint64_t second = 0; second < 80; second++) {
        snapshot_clear(&now);
        now.mono_ns = (5000 + second) * NS_PER_SEC;
        now.time_ns = (1700000000 + second) * NS_PER_SEC;
        synthetic(&now, 1, 0, 'S', "init");
        for (pid_t pid = 2; pid < (second % 2 ? 3000 : 5); pid++)
            synthetic(&now, pid, 1, 'S', "crowd");
        snapshot_finish(&now);
        cr_assert_eq(recorder_snapshot(recorder, &now, &text), 0);
    }
    recorder_end(&text);
    cr_assert_eq(write(fd, text.data, text.length), (ssize_t)text.length);
    (void)close(fd);
    snapshot_done(&now);
    strbuf_done(&text);
    recorder_free(recorder);
}

Test(replay, a_gap_takes_its_time_and_is_reported, .fini = end_long)
{
    static const char lines[] =
        "{\"schema\":\"reaptop/recording/1\",\"host\":\"build7\",\"interval_ns\":1000000000}\n"
        "{\"snapshot\":{\"mono_ns\":1000000000,\"time_ns\":1700000000000000000,"
        "\"processes\":[{\"pid\":1,\"comm\":\"init\"}]}}\n"
        "{\"delta\":{\"mono_ns\":100000000000,\"time_ns\":1700000099000000000}}\n"
        "{\"delta\":{\"mono_ns\":100100000000,\"time_ns\":1700000100000000000}}\n"
        "{\"end\":{}}\n";
    int fd = mkstemp(long_file);
    cr_assert_eq(write(fd, lines, sizeof(lines) - 1), (ssize_t)sizeof(lines) - 1);
    (void)close(fd);
    start(long_file);
    cr_assert(terminal_wait_text(t, "Nothing was recorded for 99 s from here on"));
    cr_expect(terminal_wait_text(t, "replay 22:13:20"));
    cr_expect(reach("]", "replay 22:14:59"));
    cr_expect(reach("p", "The recording ends here"));
}

Test(replay, keys_on_a_long_way_meet_what_is_there, .fini = end_long)
{
    record_crowds();
    start(long_file);
    cr_assert(terminal_wait_text(t, "build7"));
    cr_assert(reach("p", "Paused"));
    for (int round = 0; round < 3; round++) {
        cr_assert(terminal_send(t, "@+79s\r"));
        for (int i = 0; i < 60; i++) {
            cr_assert(terminal_send(t, i % 3 ? "G" TERMINAL_UP : "g" TERMINAL_DOWN));
            (void)terminal_read(t, 5);
        }
        cr_assert(terminal_wait_text(t, "replay 22:14:39"));
        cr_assert(reach("@-79s\r", "replay 22:13:20"));
    }
    cr_expect(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0);
}

Test(replay, it_goes_to_the_next_event_of_a_kind, .fini = end_long)
{
    record_long();
    start(long_file);
    cr_assert(terminal_wait_text(t, "build7"));
    cr_assert(reach("p", "Paused"));
    cr_assert(reach("E\\c", "coredump"));
    cr_assert(reach("c\r", "Events: coredump"));
    cr_expect(reach(";", "replay 22:14:09"));
    cr_expect(terminal_wait_text(t, "700 shell dumps core"));
    cr_expect(reach(";", "replay 22:14:59"));
    cr_expect(reach(";", "replay 22:15:49"));
    cr_expect(reach("'", "replay 22:14:59"));
    cr_expect(reach("'", "replay 22:14:09"));
    cr_expect(reach("'", "is remembered before this"));
}

Test(replay, a_cut_recording_is_shown_to_the_cut)
{
    char name[] = "/tmp/reaptop-cut-XXXXXX", bytes[8192];
    int from = open(FIXTURE, O_RDONLY | O_CLOEXEC), to = mkstemp(name);
    ssize_t length = read(from, bytes, sizeof(bytes));
    cr_assert_gt(length, 100);
    cr_assert_eq(write(to, bytes, (size_t)length - 30), length - 30);
    start(name);
    cr_expect(terminal_wait_text(t, "build7"));
    cr_expect(reach("))))))", "the recording is cut at line 8: the line breaks off"));
    cr_expect(terminal_wait_text(t, "x64 cut"));
    (void)unlink(name);
    (void)close(from);
    (void)close(to);
}

Test(replay, down_a_pipe_keys_come_from_the_terminal)
{
    char cwd[2048], line[8192];
    cr_assert_not_null(getcwd(cwd, sizeof(cwd)));
    (void)snprintf(line, sizeof(line), "cat %s/" FIXTURE " | %s replay -", cwd, terminal_reaptop());
    t = terminal_start(&(struct terminal_options){
        .rows = 24, .cols = 120, .argv = (const char *[]){"/bin/sh", "-c", line, NULL}});
    cr_assert(terminal_wait_text(t, "pipe 23:13:24 end"));
    cr_expect(reach("[", "is not kept"));
    cr_expect(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0);
}

/* ---- waiting ---- */

static char fifo_directory[] = "/tmp/reaptop-fifo-XXXXXX", fifo[64];
static int fifo_fd = -1;

/* A replay of a pipe that we may write to, and that nobody closes. */
static void start_of_fifo(void)
{
    char line[8192];
    cr_assert_not_null(mkdtemp(fifo_directory));
    (void)snprintf(fifo, sizeof(fifo), "%s/fifo", fifo_directory);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    fifo_fd = open(fifo, O_RDWR | O_CLOEXEC);
    cr_assert_geq(fifo_fd, 0);
    (void)snprintf(line, sizeof(line), "exec %s replay - <%s", terminal_reaptop(), fifo);
    t = terminal_start(&(struct terminal_options){
        .rows = 24, .cols = 120, .argv = (const char *[]){"/bin/sh", "-c", line, NULL}});
    cr_assert_not_null(t);
}

static void end_fifo(void)
{
    teardown();
    (void)close(fifo_fd);
    (void)unlink(fifo);
    (void)rmdir(fifo_directory);
}

Test(replay, waiting_for_the_first_refresh_ends_at_control_c, .fini = end_fifo)
{
    start_of_fifo();
    cr_assert(terminal_wait_text(t, "reaptop: replay: waiting (Ctrl-C ends it)"));
    cr_expect(terminal_send(t, "\003"));
    cr_expect_eq(terminal_wait_end(t), 130);
    cr_expect_geq(terminal_find(t, "ended after 0 KiB of the recording"), 0);
}

/* All but its end: the time that is asked for never comes. */
Test(replay, a_long_way_ends_at_escape, .fini = end_fifo)
{
    char bytes[8192];
    int from = open(FIXTURE, O_RDONLY | O_CLOEXEC);
    ssize_t got = read(from, bytes, sizeof(bytes) - 1);
    cr_assert_gt(got, 0);
    (void)close(from);
    bytes[got] = '\0';
    char *end = strstr(bytes, "{\"end\":{}}");
    cr_assert_not_null(end);
    start_of_fifo();
    cr_assert_eq(write(fifo_fd, bytes, (size_t)(end - bytes)), end - bytes);
    cr_assert(terminal_wait_text(t, "pipe 23:13:24"));
    cr_expect(reach("@+60m\r", "pipe 23:13:24 reading: Esc ends it"));
    cr_expect(reach(TERMINAL_ESCAPE, "Ended on the way"));
    cr_expect(terminal_wait_text(t, "pipe 23:13:24 paused"));
    cr_expect(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0);
}

Test(replay, what_is_no_recording_is_reported)
{
    start("/etc/passwd");
    cr_expect(terminal_wait_text(t, "/etc/passwd: line 1: it is no reaptop recording"));
    cr_expect_eq(terminal_wait_end(t), 3);
}

/* ---- as an asciicast ---- */

enum {
    CAST_TEXT_MOST = 1 << 20
};

/* The bytes of all its frames, played into a file; the time of the last; how many. */
static size_t read_cast(const char *cast, FILE *out, double *ret_last)
{
    static char line[CAST_TEXT_MOST];
    FILE *file = fopen(cast, "re");
    size_t count = 0;
    cr_assert_not_null(file);
    cr_assert_not_null(fgets(line, sizeof(line), file));
    json_t *header = json_loads(line, 0, NULL);
    cr_expect_eq(json_integer_value(json_object_get(header, "version")), 2);
    cr_expect_eq(json_integer_value(json_object_get(header, "width")), 90);
    cr_expect_eq(json_integer_value(json_object_get(header, "height")), 20);
    json_decref(header);
    while (fgets(line, sizeof(line), file)) {
        json_t *frame = json_loads(line, 0, NULL);
        double at = json_number_value(json_array_get(frame, 0));
        cr_assert_not_null(frame);
        cr_expect(count == 0 ? at == 0 : at >= *ret_last, "times rise");
        cr_expect_str_eq(json_string_value(json_array_get(frame, 1)), "o");
        (void)fputs(json_string_value(json_array_get(frame, 2)), out);
        *ret_last = at;
        count++;
        json_decref(frame);
    }
    (void)fclose(file);
    return count;
}

Test(replay, as_an_asciicast_it_shows_the_same)
{
    char directory[] = "/tmp/reaptop-cast-XXXXXX", cast[64], played[64], command[512];
    double last = 0;

    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(cast, sizeof(cast), "%s/cast", directory);
    (void)snprintf(played, sizeof(played), "%s/played", directory);
    (void)snprintf(command, sizeof(command),
                   "%s replay --speed 2 --size 90x20 --asciicast %s " FIXTURE, terminal_reaptop(),
                   cast);
    cr_assert_eq(system(command), 0);
    FILE *out = fopen(played, "we");
    cr_assert_not_null(out);
    cr_expect_gt(read_cast(cast, out, &last), 3);
    cr_expect(last > 1 && last < 4, "five seconds at twice the speed: %f", last);
    (void)fclose(out);

    t = terminal_start(&(struct terminal_options){
        .rows = 20,
        .cols = 90,
        .argv = (const char *[]){"/bin/sh", "-c", "cat \"$0\"; read x", played, NULL}});
    cr_assert_not_null(t);
    cr_expect(terminal_wait_text(t, "100% x2 end"));
    cr_expect_geq(terminal_find(t, "burn"), 0);
    cr_expect_geq(terminal_find(t, "COMMAND"), 0);
    cr_expect(terminal_send(t, "\r"));
    cr_expect_eq(terminal_wait_end(t), 0);
    cr_expect_neq(system(command), 0, "it is not written over");
    cr_expect_eq(unlink(cast), 0);
    cr_expect_eq(unlink(played), 0);
    cr_expect_eq(rmdir(directory), 0);
}

static bool is_in_row(struct terminal *terminal, const void *data)
{
    int row, col;
    bool is_visible;
    terminal_cursor(terminal, &row, &col, &is_visible);
    return row == *(const int *)data;
}

/* A cursor key's two forms, of which terminfo(5) has one. */
Test(replay, cursor_keys_are_understood_in_both_modes)
{
    int row, col;
    bool is_visible;
    start(FIXTURE);
    cr_assert(reach("@23:13:20\r", "replay 23:13:20"));
    cr_assert(reach("g", "PAUSED"));
    terminal_cursor(t, &row, &col, &is_visible);
    row++;
    cr_expect(terminal_send(t, "\033[B"));
    cr_expect(terminal_wait(t, is_in_row, &row));
    row++;
    cr_expect(terminal_send(t, "\033OB"));
    cr_expect(terminal_wait(t, is_in_row, &row));
    row--;
    cr_expect(terminal_send(t, "\033[A"));
    cr_expect(terminal_wait(t, is_in_row, &row));
}
