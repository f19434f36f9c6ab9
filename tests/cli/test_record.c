#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model/synthetic.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/source/recorder.h"
#include "reaptop/source/trace.h"
#include "reaptop/view/screen.h"
#include "support/capture.h"
#include "support/grid_dump.h"
#include "support/spawn.h"

#define FIXTURE "tests/fixtures/recording/version-1.jsonl"

static char folder[] = "/tmp/reaptop-record-XXXXXX";
static char file[64], former[64];
static struct strbuf out, err;

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(file, sizeof(file), "%s/rec", folder);
    (void)snprintf(former, sizeof(former), "%s/rec.1", folder);
    out = err = STRBUF_INIT;
}

static void teardown(void)
{
    (void)unlink(file);
    (void)unlink(former);
    (void)rmdir(folder);
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(record, .init = setup, .fini = teardown);

static int run(const struct options *options, int (*command)(const struct options *, int, char **),
               const char *name, const char *operand)
{
    char *argv[] = {(char *)name, (char *)operand, NULL};
    strbuf_clear(&out);
    strbuf_clear(&err);
    cr_assert_eq(capture_begin(), 0);
    int status = command(options, operand ? 2 : 1, argv);
    capture_end(&out, &err);
    return status;
}

static struct options twice(void)
{
    struct options options = OPTIONS_INIT;
    options.delay_ns = 50 * NS_PER_MS;
    options.iterations = 2;
    return options;
}

static int record(struct options options)
{
    return run(&options, command_record, "record", file);
}

static int tree_from(const char *name)
{
    struct options options = OPTIONS_INIT;
    options.own[0] = name;
    return run(&options, command_tree, "tree", NULL);
}

static void expect_whole(const char *name)
{
    struct error error = ERROR_INIT;
    struct recording *recording = NULL;
    int item;
    cr_assert_eq(recording_open(name, &recording, &error), 0, "%s", error.message);
    while ((item = recording_read(recording, true, &error)) > 0 && item != RECORDING_END)
        ;
    cr_expect_eq(item, RECORDING_END, "%s", error.message);
    recording_close(recording);
}

static void slurp(const char *name, struct strbuf *text)
{
    char bytes[65536];
    ssize_t got;
    _cleanup_close_ int fd = open(name, O_RDONLY | O_CLOEXEC);
    strbuf_clear(text);
    while ((got = read(fd, bytes, sizeof(bytes))) > 0)
        strbuf_append(text, bytes, (size_t)got);
}

Test(record, the_file_is_its_owners_alone_and_whole)
{
    struct stat status;
    (void)umask(0);
    cr_assert_eq(record(twice()), EXIT_DONE, "%s", strbuf_text(&err));
    cr_assert_eq(stat(file, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
    expect_whole(file);
    cr_expect_eq(tree_from(file), EXIT_DONE);
    char self[64];
    (void)snprintf(self, sizeof(self), "%7d ", getpid());
    cr_expect_not_null(strstr(strbuf_text(&out), self + 2));
}

Test(record, a_recording_is_not_written_over)
{
    cr_assert_eq(record(twice()), EXIT_DONE);
    struct options options = twice();
    cr_expect_eq(record(options), EXIT_USAGE);
    cr_expect_not_null(strstr(strbuf_text(&err), "exists"));
    expect_whole(file);
    cr_assert_eq(rename(file, former), 0);
    options.own[1] = "1M";
    cr_expect_eq(record(options), EXIT_USAGE);
    cr_expect_not_null(strstr(strbuf_text(&err), "rec.1 exists"));
}

Test(record, at_its_size_it_begins_anew_and_both_are_whole)
{
    struct options options = twice();
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    options.iterations = 20;
    options.own[1] = "4K";
    cr_assert_eq(record(options), EXIT_DONE, "%s", strbuf_text(&err));
    struct stat status;
    cr_assert_eq(stat(former, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
    cr_expect_geq(status.st_size, 4096);
    expect_whole(former);
    expect_whole(file);
    slurp(file, &text);
    cr_expect_eq(strncmp(text.data, "{\"schema\":\"reaptop/recording/1\"", 31), 0);
}

Test(record, without_arguments_there_are_none)
{
    struct options options = twice();
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    options.own[0] = "";
    cr_assert_eq(record(options), EXIT_DONE);
    slurp(file, &text);
    cr_expect_null(strstr(text.data, "\"argv\""));
    cr_expect_not_null(strstr(text.data, "\"arguments\":false"));
}

Test(record, down_a_pipe)
{
    struct options options = twice();
    cr_assert_eq(run(&options, command_record, "record", "-"), EXIT_DONE, "%s", strbuf_text(&err));
    struct recording_reader *reader = recording_reader_new();
    cr_assert_eq(recording_feed(reader, strbuf_text(&out), out.length), 0);
    recording_finish(reader);
    int item, refreshes = 0;
    uint64_t last_ns = 0;
    /* Command lines that were answered late come as one more snapshot of the same moment. */
    while ((item = recording_next(reader, NULL)) > 0 && item != RECORDING_END)
        if (item == RECORDING_SNAPSHOT && recording_snapshot(reader)->mono_ns != last_ns) {
            last_ns = recording_snapshot(reader)->mono_ns;
            refreshes++;
        }
    cr_expect_eq(refreshes, 2);
    recording_reader_free(reader);
}

Test(record, a_full_disk_is_reported)
{
    struct options options = twice();
    char *argv[] = {"record", "-", NULL};
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC), kept = dup(STDOUT_FILENO);
    cr_assert_eq(capture_begin(), 0);
    int captured = dup(STDOUT_FILENO);
    (void)dup2(full, STDOUT_FILENO);
    int status = command_record(&options, 2, argv);
    (void)dup2(captured, STDOUT_FILENO);
    capture_end(&out, &err);
    cr_expect_eq(status, EXIT_FAULT);
    cr_expect_not_null(strstr(strbuf_text(&err), "No space left on device"));
    (void)close(full);
    (void)close(kept);
    (void)close(captured);
}

/* ---- what is heard besides ---- */

enum {
    TURNS_MOST = 3000, /* of 20 ms */
    TURN_MS = 20
};

static _Noreturn void be_target(void)
{
    (void)signal(SIGUSR1, SIG_IGN);
    for (;;)
        (void)pause();
}

/* How many refreshes are recorded, the first one not counted. */
static int count_refreshes(void)
{
    char *line = NULL;
    size_t capacity = 0;
    int count = 0;
    FILE *stream = fopen(file, "re");
    while (stream && getline(&line, &capacity, stream) > 0)
        count += strncmp(line, "{\"delta\"", strlen("{\"delta\"")) == 0;
    free(line);
    if (stream)
        (void)fclose(stream);
    return count;
}

static void await_refreshes(int count)
{
    for (int i = 0; i < TURNS_MOST && count_refreshes() < count; i++)
        (void)poll(NULL, 0, TURN_MS);
}

/*
 * Once two refreshes are recorded, so that what the first one saw is watched: signals its child,
 * kills and reaps it. It ends the recording when two more are: what was reported before is in it.
 */
static _Noreturn void be_sender(int reported, pid_t recorder)
{
    pid_t target = spawn_bound();
    if (target == 0)
        be_target();
    (void)!write(reported, &target, sizeof(target));
    await_refreshes(1);
    (void)kill(target, SIGUSR1);
    (void)kill(target, SIGKILL);
    (void)waitpid(target, NULL, 0);
    await_refreshes(count_refreshes() + 2);
    (void)kill(recorder, SIGINT);
    for (;;)
        (void)pause();
}

/* Which of the events the file has: told by that source, of that process. */
static bool has_event(enum event_kind kind, enum event_source source, pid_t pid, pid_t sender)
{
    struct recording *recording = NULL;
    bool has = false;
    int item;
    cr_assert_eq(recording_open(file, &recording, NULL), 0);
    while ((item = recording_read(recording, true, NULL)) > 0 && item != RECORDING_END) {
        size_t count = 0;
        const struct event *events = recording_events(recording_reader(recording), &count);
        for (size_t i = 0; item == RECORDING_EVENTS && i < count; i++)
            has |= events[i].kind == kind && events[i].source == source &&
                   events[i].id.pid == pid && events[i].sender == sender;
    }
    recording_close(recording);
    return has;
}

Test(record, whatever_reports_is_recorded_with_its_name)
{
    struct options options = OPTIONS_INIT;
    int reported[2];
    pid_t target = 0;
    struct trace *trace = NULL;
    bool can_trace = trace_open(&trace, NULL) == 0;
    trace_close(trace);
    cr_assert_eq(pipe2(reported, O_CLOEXEC), 0);
    pid_t recorder = getpid(), sender = spawn_bound();
    if (sender == 0)
        be_sender(reported[1], recorder);
    cr_assert_eq(read(reported[0], &target, sizeof(target)), sizeof(target));
    options.delay_ns = 100 * NS_PER_MS;
    if (can_trace)
        options.own[3] = "";
    int status = record(options);
    (void)kill(sender, SIGKILL);
    (void)waitpid(sender, NULL, 0);
    (void)close(reported[0]);
    (void)close(reported[1]);
    cr_assert_eq(status, EXIT_DONE, "%s", strbuf_text(&err));
    cr_expect(has_event(EVENT_EXIT, EVENT_FROM_PIDFD, target, 0));
    cr_expect(has_event(EVENT_REAP, EVENT_FROM_PIDFD, target, 0));
    if (can_trace)
        cr_expect(has_event(EVENT_SIGNAL, EVENT_FROM_TRACE, target, sender));
    options = OPTIONS_INIT;
    options.own[1] = file;
    options.own[2] = "";
    cr_expect_eq(run(&options, command_events, "events", NULL), EXIT_DONE);
    cr_expect_eq(strstr(strbuf_text(&err), "recorded without --signals") == NULL, can_trace);
}

Test(record, wrong_use_is_reported)
{
    struct options options = twice();
    cr_expect_eq(run(&options, command_record, "record", NULL), EXIT_USAGE);
    options.own[1] = "12";
    cr_expect_eq(record(options), EXIT_USAGE);
    cr_expect_not_null(strstr(strbuf_text(&err), "--max-size: invalid value '12'"));
    cr_expect_eq(access(file, F_OK), -1, "nothing was made");
}

/* ---- reading ---- */

Test(record, version_1_stays_readable)
{
    struct options options = OPTIONS_INIT;
    options.own[0] = FIXTURE;
    options.iterations = 1;
    cr_assert_eq(run(&options, command_tree, "tree", NULL), EXIT_DONE);
    cr_expect_str_eq(strbuf_text(&out),
                     "  PID  PPID STATE USER      THR   RSS COMMAND\n"
                     "    1     0 S     root        1 11.7M /sbin/init\n"
                     "  700     1 S     anna        1 5000K `- -bash\n"
                     "  710   700 R     anna        2  700K    `- ./burn ?\\end\n"
                     "    2     0 S     root        1    0K [kthreadd]\n");
}

Test(record, events_of_a_recording)
{
    struct options options = OPTIONS_INIT;
    options.own[1] = FIXTURE;            /* behind --kind */
    (void)setenv("TZ", "Asia/Tokyo", 1); /* the recorded machine's clock counts */
    tzset();
    cr_assert_eq(run(&options, command_events, "events", "720"), EXIT_DONE);
    cr_expect_str_eq(
        strbuf_text(&out),
        "23:13:20.500 fork     720 bash was forked by 700 (connector)\n"
        "23:13:20.600 exec     720 sleep exec: sleep (connector)\n"
        "23:13:22.000 state    720 sleep went from state S to T (diff)\n"
        "23:13:23.000 adopt    720 sleep was orphaned by 700 and adopted by 1, init (diff)\n"
        "23:13:23.000 state    720 sleep went from state T to S (diff)\n"
        "23:13:24.000 exit     720 sleep ended, its status was not seen (diff)\n"
        "23:13:24.000 reap     720 sleep was reaped by 1 (inferred: its parent then) (diff)\n");
    cr_expect_eq(run(&options, command_events, "events", "9"), EXIT_NO_MATCH);
}

Test(record, events_of_a_recording_are_filtered_as_live_ones)
{
    struct options options = OPTIONS_INIT;
    uid_t anna = 1000, nobody = 65534;
    options.own[1] = FIXTURE;
    options.own[0] = "exit,adopt";
    cr_assert_eq(run(&options, command_events, "events", "700"), EXIT_DONE);
    cr_expect_str_eq(
        strbuf_text(&out),
        "23:13:21.500 exit     710 burn killed by SIGKILL (connector)\n"
        "23:13:23.000 adopt    720 sleep was orphaned by 700 and adopted by 1, init (diff)\n"
        "23:13:23.000 exit     700 bash ended, its status was not seen (diff)\n"
        "23:13:24.000 exit     720 sleep ended, its status was not seen (diff)\n");
    options.own[0] = "exec";
    options.uids = &anna;
    options.uid_count = 1;
    cr_assert_eq(run(&options, command_events, "events", NULL), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "720 sleep exec: "));
    options.uids = &nobody;
    cr_assert_eq(run(&options, command_events, "events", NULL), EXIT_DONE);
    cr_expect_str_empty(strbuf_text(&out));
}

Test(record, events_of_a_recording_are_counted_and_filtered)
{
    struct options options = OPTIONS_INIT;
    options.own[1] = FIXTURE;
    options.own[3] = "comm=sleep";
    options.iterations = 2;
    cr_assert_eq(run(&options, command_events, "events", NULL), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "720 sleep exec: "));
    cr_expect_null(strstr(strbuf_text(&out), "710 burn"));
    size_t lines = 0;
    for (const char *at = strbuf_text(&out); (at = strchr(at, '\n')); at++)
        lines++;
    cr_expect_eq(lines, 2, "%s", strbuf_text(&out));
}

/* Where the recording has all of the kernel's events, a sweep that is ahead of it waits for it. */
Test(record, what_the_kernel_reports_is_reported_by_it_alone)
{
    static const char lines[] =
        "{\"schema\":\"reaptop/recording/1\",\"host\":\"h\",\"kernel_events\":true,"
        "\"all_events\":true}\n"
        "{\"snapshot\":{\"mono_ns\":1000000000,\"time_ns\":1000000000,\"processes\":["
        "{\"pid\":1,\"comm\":\"init\"},{\"pid\":20,\"start_ticks\":9,\"ppid\":1,\"comm\":\"a\"}]}}"
        "\n"
        "{\"events\":[{\"event\":\"comm\",\"mono_ns\":1500000000,\"pid\":1,\"comm\":\"init\"}]}\n"
        "{\"delta\":{\"mono_ns\":2000000000,\"time_ns\":2000000000,\"gone\":[20]}}\n"
        "{\"events\":[{\"event\":\"exit\",\"mono_ns\":2100000000,\"time_ns\":2100000000,"
        "\"pid\":20,\"ppid\":1,\"comm\":\"a\",\"exit_status\":256}]}\n"
        "{\"delta\":{\"mono_ns\":3000000000,\"time_ns\":3000000000}}\n"
        "{\"end\":{}}\n";
    struct options options = OPTIONS_INIT;
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(write(fd, lines, sizeof(lines) - 1), (ssize_t)sizeof(lines) - 1);
    (void)close(fd);
    options.own[0] = "exit";
    options.own[1] = file;
    cr_assert_eq(run(&options, command_events, "events", NULL), EXIT_DONE, "%s", strbuf_text(&err));
    cr_expect_str_eq(strbuf_text(&out),
                     "00:00:02.100 exit     20 a exited with status 1 (connector)\n");
}

/* ---- one process of a recording ---- */

static int from(int (*command)(const struct options *, int, char **), const char *name,
                const char *pid, const char *at, bool as_json)
{
    struct options options = OPTIONS_INIT;
    options.own[0] = FIXTURE;
    options.own[1] = at;
    options.json = as_json;
    return run(&options, command, name, pid);
}

static bool says(const struct strbuf *text, const char *sentence)
{
    return strstr(strbuf_text(text), sentence) != NULL;
}

Test(record, show_reports_what_was_recorded_and_what_was_not)
{
    cr_assert_eq(from(command_show, "show", "720", "+2s", false), EXIT_DONE, "%s",
                 strbuf_text(&err));
    cr_expect(says(&out, "recorded on build7, at 23:13:22\n"));
    cr_expect(says(&out, "720 sleep  T stopped"));
    cr_expect(says(&out, "ancestors:              700 bash "));
    cr_expect(says(&out, "child of:    700 bash"));
    cr_expect(says(&out, "23:13:22.000 went from state S to T (diff)"));
    cr_expect_not(says(&out, "adopted"), "that comes later");
    cr_expect(says(&out, "resident:               900 KiB"));
    cr_expect(says(&out, "Not recorded\nsignals, user IDs"));
}

Test(record, show_reports_of_the_dead_how_they_were_last_and_what_became_of_them)
{
    cr_assert_eq(from(command_show, "show", "720", NULL, false), EXIT_DONE);
    cr_expect(says(&out, "last seen at 23:13:23"));
    cr_expect(says(&out, "adopted by:  1, when 700 bash ended"));
    cr_expect(says(&out, "reaped by:   1 systemd"));
    cr_expect_eq(from(command_show, "show", "9", NULL, false), EXIT_NO_MATCH);
    cr_expect(says(&err, "there is no process 9 in it"));
}

Test(record, show_names_in_json_what_is_not_there)
{
    cr_assert_eq(from(command_show, "show", "710", "23:13:22", true), EXIT_DONE);
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc);
    const char *host, *exe, *virtual_peak;
    int is_ended = -1, rss = -1, from_pid = 0;
    cr_expect_eq(json_unpack(doc, "{s:{s:s,s:b},s:{s:s},s:{s:i,s:{s:s}},s:{s:{s:i}}}", "recorded",
                             "host", &host, "is_ended", &is_ended, "unavailable", "exe", &exe,
                             "memory", "rss_kib", &rss, "unavailable", "virtual_peak_kib",
                             &virtual_peak, "life", "born_of", "pid", &from_pid),
                 0);
    cr_expect_str_eq(host, "build7");
    cr_expect_eq(is_ended, 0);
    cr_expect_str_eq(exe, "unrecorded");
    cr_expect_str_eq(virtual_peak, "unrecorded");
    cr_expect_eq(rss, 0);
    cr_expect_eq(from_pid, 700);
    cr_expect(json_is_null(json_object_get(doc, "cwd")));
    json_decref(doc);
}

Test(record, why_reports_who_must_act_as_far_as_states_report)
{
    cr_assert_eq(from(command_why, "why", "720", "+2s", false), EXIT_DONE, "%s", strbuf_text(&err));
    cr_expect(says(&out, "waits for SIGCONT [observed]"));
    cr_expect(says(&out, "700 bash or anybody else who may signal it must send SIGCONT"));
    cr_assert_eq(from(command_why, "why", "1", NULL, false), EXIT_DONE);
    cr_expect(says(&out, "something that was not recorded [inferred]"));
    cr_expect_eq(from(command_why, "why", "720", NULL, false), EXIT_NO_MATCH);
    cr_expect(says(&err, "720 had ended by then; it was last seen at 23:13:23"));
}

Test(record, an_instant_of_it)
{
    struct options options = OPTIONS_INIT;
    cr_expect_eq(from(command_tree, "tree", NULL, "23:13:23", false), EXIT_DONE);
    cr_expect(says(&out, "  720     1 S     anna"));
    cr_expect_not(says(&out, "bash"), "it is gone by then");
    cr_expect_eq(from(command_tree, "tree", NULL, "2023-11-14T23:13:21", false), EXIT_DONE);
    cr_expect(says(&out, "bash"));
    cr_expect_eq(from(command_tree, "tree", NULL, "23:14", false), EXIT_NO_MATCH);
    cr_expect(says(&err, "the recording ends at 23:13:24, before --at"));
    cr_expect_eq(from(command_show, "show", "1", "soon", false), EXIT_USAGE);
    cr_expect(says(&err, "--at: invalid value 'soon'"));
    options.own[1] = "23:13";
    cr_expect_eq(run(&options, command_tree, "tree", NULL), EXIT_USAGE);
    cr_expect_eq(run(&options, command_show, "show", "1"), EXIT_USAGE);
    cr_expect(says(&err, "it needs --from"));
}

Test(record, a_cut_recording_is_shown_to_the_cut_and_says_so)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    slurp(FIXTURE, &text);
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(write(fd, text.data, text.length - 20), (ssize_t)text.length - 20);
    (void)close(fd);
    cr_expect_eq(tree_from(file), EXIT_FAULT);
    cr_expect_not_null(strstr(strbuf_text(&out), "  720     1 S     anna"));
    cr_expect_not_null(strstr(strbuf_text(&err), "the recording is cut at line 8"));
    cr_expect_eq(tree_from("/etc/passwd"), EXIT_FAULT);
    cr_expect_not_null(
        strstr(strbuf_text(&err), "/etc/passwd: line 1: it is no reaptop recording"));
}

/* ---- the same screens ---- */

/* A frame as the application makes it, of whatever snapshots come. */
struct show {
    struct ui ui;
    struct snapshot snapshots[2];
    int newest;
    struct life *life;
    struct tree tree;
    struct grid grid;
};

static void show_init(struct show *show)
{
    *show = (struct show){.life = life_new(1024, 1024)};
    ui_init(&show->ui);
    ui_resize(&show->ui, 40, 120);
    show->ui.settings.shows_kernel = true;
}

static void show_done(struct show *show)
{
    grid_done(&show->grid);
    tree_done(&show->tree);
    life_free(show->life);
    snapshot_done(&show->snapshots[0]);
    snapshot_done(&show->snapshots[1]);
    ui_done(&show->ui);
}

static void show_tick(struct show *show, const struct snapshot *snapshot, struct strbuf *screen)
{
    struct snapshot *previous = &show->snapshots[show->newest];
    struct snapshot *next = &show->snapshots[!show->newest];
    struct tree_options shape;
    snapshot_done(next);
    cr_assert_eq(snapshot_copy(snapshot, next), 0);
    cr_assert_eq(life_update(show->life, previous, next, NULL, 0), 0);
    cr_assert_eq(life_add_ended(show->life, next, 3 * NS_PER_SEC), 0);
    show->newest = !show->newest;
    ui_tree_options(&show->ui, &shape);
    cr_assert_eq(tree_build(&show->tree, next, show->life, &shape), 0);
    const struct scene scene = {.snapshot = next,
                                .tree = &show->tree,
                                .life = show->life,
                                .events = life_log(show->life),
                                .mono_ns = next->mono_ns,
                                .linger_ns = 3 * NS_PER_SEC,
                                .ticks_per_second = 100};
    (void)ui_sync(&show->ui, &scene);
    cr_assert_eq(screen_compose(&show->ui, &scene, &show->grid), 0);
    strbuf_clear(screen);
    grid_dump(&show->grid, screen);
}

static void report_story(struct snapshot *now, uint64_t second)
{
    snapshot_clear(now);
    now->mono_ns = (5000 + second) * NS_PER_SEC + second * 1234567;
    now->time_ns = (1700000000 + second) * NS_PER_SEC;
    now->machine = (struct machine){.host = "build7",
                                    .kernel = "6.1",
                                    .processors = 2,
                                    .uptime_ns = now->mono_ns,
                                    .load = {0.7, 0.1 * (double)second, 0.3},
                                    .cpu_user_percent = 1.0 + (double)second / 3,
                                    .memory_total_kib = 8000000,
                                    .memory_available_kib = 5000000 - 1000 * second};
    synthetic(now, 1, 0, 'S', "init");
    synthetic(now, 20, 1, 'S', "sh\x1b\xff")->utime_ticks = second * 17;
    if (second > 1 && second < 9)
        synthetic(now, 30, second > 5 ? 1 : 20, second == 4 ? 'T' : 'S', "sleep")->rss_kib = second;
    if (second % 3 == 1)
        synthetic(now, 40, 20, 'Z', "dead")->exit_status = 9;
    for (size_t i = 0; i < now->count; i++)
        now->processes[i].age_ns =
            now->mono_ns - (uint64_t)((double)now->processes[i].id.start_ticks * 1e9 / 100.0);
    snapshot_finish(now);
}

Test(record, a_recording_replays_to_the_same_screens_byte_for_byte)
{
    const struct recording_header header = {.host = "build7",
                                            .kernel = "6.1",
                                            .ticks_per_second = 100,
                                            .interval_ns = NS_PER_SEC,
                                            .has_arguments = true};
    struct recorder *recorder = recorder_new();
    struct recording_reader *reader = recording_reader_new();
    struct show live, replayed;
    struct snapshot now = SNAPSHOT_INIT, before = SNAPSHOT_INIT;
    _cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;
    _cleanup_(strbuf_done) struct strbuf a = STRBUF_INIT;
    _cleanup_(strbuf_done) struct strbuf b = STRBUF_INIT;
    show_init(&live);
    show_init(&replayed);
    recorder_begin(recorder, &header, &line);
    for (uint64_t second = 0; second < 14; second++) {
        const struct event event = {.kind = EVENT_EXEC,
                                    .source = EVENT_FROM_CONNECTOR,
                                    .mono_ns = (5000 + second) * NS_PER_SEC - 7,
                                    .time_ns = (1700000000 + second) * NS_PER_SEC - 7,
                                    .id.pid = 20,
                                    .comm = "sh\x1b\xff"};
        report_story(&now, second);
        snapshot_cpu(&before, &now, 100);
        recorder_events(recorder, &event, 1, &line);
        cr_assert_eq(recorder_snapshot(recorder, &now, &line), 0);
        life_receive(live.life, &event, 1);
        show_tick(&live, &now, &a);

        cr_assert_eq(recording_feed(reader, line.data, line.length), 0);
        strbuf_clear(&line);
        int item;
        while ((item = recording_next(reader, NULL)) != RECORDING_SNAPSHOT) {
            size_t count;
            cr_assert_gt(item, 0);
            const struct event *events = recording_events(reader, &count);
            if (item == RECORDING_EVENTS)
                life_receive(replayed.life, events, count);
        }
        show_tick(&replayed, recording_snapshot(reader), &b);
        cr_assert_str_eq(strbuf_text(&b), strbuf_text(&a));
        snapshot_done(&before);
        cr_assert_eq(snapshot_copy(&now, &before), 0);
    }
    snapshot_done(&now);
    snapshot_done(&before);
    show_done(&live);
    show_done(&replayed);
    recording_reader_free(reader);
    recorder_free(recorder);
}
