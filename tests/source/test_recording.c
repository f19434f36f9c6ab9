#include "reaptop/source/recording.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/synthetic.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/field.h"
#include "reaptop/model/life.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/recorder.h"

#define HEADER                                                                                     \
    "{\"schema\":\"reaptop/recording/"                                                             \
    "1\",\"host\":\"h\",\"kernel\":\"6\",\"ticks_per_second\":100}\n"
#define SNAPSHOT                                                                                   \
    "{\"snapshot\":{\"mono_ns\":5,\"time_ns\":5,\"processes\":[{\"pid\":1,\"comm\":\"a\"}]}}\n"
#define END "{\"end\":{}}\n"

static struct recorder *recorder;
static struct strbuf text;
static struct snapshot now;

static void setup(void)
{
    const struct recording_header header = {.host = "build7",
                                            .kernel = "6.1",
                                            .ticks_per_second = 100,
                                            .has_arguments = true,
                                            .started_ns = 77,
                                            .interval_ns = NS_PER_SEC,
                                            .utc_offset_s = -3600};
    recorder = recorder_new();
    text = STRBUF_INIT;
    now = SNAPSHOT_INIT;
    recorder_begin(recorder, &header, &text);
}

static void teardown(void)
{
    recorder_free(recorder);
    strbuf_done(&text);
    snapshot_done(&now);
}

TestSuite(recording, .init = setup, .fini = teardown);

static void at(uint64_t second)
{
    snapshot_clear(&now);
    now.mono_ns = (1000 + second) * NS_PER_SEC + 123456789;
    now.time_ns = (1700000000 + second) * NS_PER_SEC + 987654321;
    now.machine = (struct machine){.host = "build7",
                                   .kernel = "6.1",
                                   .processors = 2,
                                   .uptime_ns = now.mono_ns,
                                   .load = {0.5, 1.0 / 3, -1},
                                   .cpu_user_percent = 100.0 / 7,
                                   .cpu_system_percent = CPU_UNKNOWN,
                                   .cpu_iowait_percent = 0,
                                   .memory_total_kib = 8000000,
                                   .memory_available_kib = 4000000 - second};
}

static struct process *add(pid_t pid, pid_t ppid, char state, const char *comm, const char *argv)
{
    struct process *process = synthetic(&now, pid, ppid, state, comm);
    process->argv = arena_strdup(&now.strings, argv);
    process->argv_access = argv ? ACCESS_OK : ACCESS_EMPTY;
    return process;
}

static void record(void)
{
    snapshot_finish(&now);
    cr_assert_eq(recorder_snapshot(recorder, &now, &text), 0);
}

static struct recording_reader *reader_of(const char *bytes, size_t length)
{
    struct recording_reader *reader = recording_reader_new();
    cr_assert_eq(recording_feed(reader, bytes, length), 0);
    recording_finish(reader);
    return reader;
}

static void expect_same(const char *a, const char *b)
{
    cr_expect((!a && !b) || (a && b && strcmp(a, b) == 0), "'%s' and '%s'", a ? a : "NULL",
              b ? b : "NULL");
}

static void expect_process(const struct process *read, const struct process *written)
{
    struct process a = *read, b = *written;
    expect_same(a.comm, b.comm);
    expect_same(a.tty_name, b.tty_name);
    expect_same(a.user, b.user);
    expect_same(a.argv, b.argv);
    a.comm = a.tty_name = a.user = a.argv = b.comm = b.tty_name = b.user = b.argv = NULL;
    b.age_ns = a.age_ns; /* derived, as is cpu_percent */
    b.cpu_percent = a.cpu_percent;
    const struct process *pair[] = {&a, &b};
#define SAME(member) cr_expect_eq(pair[0]->member, pair[1]->member, "%d: " #member, a.id.pid)
    SAME(id.pid);
    SAME(id.start_ticks);
    SAME(tgid);
    SAME(ppid);
    SAME(pgid);
    SAME(sid);
    SAME(tpgid);
    SAME(tty);
    SAME(state);
    SAME(is_kernel);
    SAME(has_execed);
    SAME(threads);
    SAME(nice);
    SAME(priority);
    SAME(rt_priority);
    SAME(policy);
    SAME(processor);
    SAME(utime_ticks);
    SAME(stime_ticks);
    SAME(virtual_kib);
    SAME(rss_kib);
    SAME(minor_faults);
    SAME(major_faults);
    SAME(exit_status);
    SAME(uid);
    SAME(argv_access);
    SAME(is_ended);
#undef SAME
}

static void expect_snapshot(const struct snapshot *read, const struct snapshot *written)
{
    cr_assert_eq(read->count, written->count);
    cr_expect_eq(read->mono_ns, written->mono_ns);
    cr_expect_eq(read->time_ns, written->time_ns);
    cr_expect_eq(read->has_threads, written->has_threads);
    expect_same(read->notice, written->notice);
    const struct machine *a = &read->machine, *b = &written->machine;
    expect_same(a->host, b->host);
    cr_expect_eq(a->uptime_ns, b->uptime_ns);
    cr_expect_eq(a->processors, b->processors);
    cr_expect_arr_eq(a->load, b->load, sizeof(a->load));
    cr_expect_eq(a->cpu_user_percent, b->cpu_user_percent);
    cr_expect_eq(a->cpu_system_percent, b->cpu_system_percent);
    cr_expect_eq(a->cpu_iowait_percent, b->cpu_iowait_percent);
    cr_expect_eq(a->memory_total_kib, b->memory_total_kib);
    cr_expect_eq(a->memory_available_kib, b->memory_available_kib);
    cr_expect_eq(a->swap_free_kib, b->swap_free_kib);
    for (size_t i = 0; i < read->count; i++)
        expect_process(&read->processes[i], &written->processes[i]);
}

/* A field that is added needs a row of recorded_processes, or a reason here to have none. */
Test(recording, every_field_is_recorded)
{
    static const bool is_derived[FIELD_COUNT] = {
        [FIELD_AGE_SECONDS] = true, /* of the start and the snapshot's time */
        [FIELD_CPU_PERCENT] = true, /* of two snapshots */
        [FIELD_SUBTREE_CPU] = true, /* of the tree */
        [FIELD_SUBTREE_RSS] = true, [FIELD_MEMORY_PERCENT] = true, /* of the machine's memory */
        [FIELD_HOST] = true,                                       /* of the recording's header */
    };
    at(0);
    struct process *process = add(10, 7, 'R', "comm", "the command line");
    synthetic_values(process);
    record();
    struct recording_reader *reader = reader_of(text.data, text.length);
    cr_assert_eq(recording_next(reader, NULL), RECORDING_HEADER);
    cr_assert_eq(recording_next(reader, NULL), RECORDING_SNAPSHOT);
    const struct process *read = snapshot_find(recording_snapshot(reader), 10);
    cr_assert_not_null(read);
    expect_every_value(read, snapshot_find(&now, 10), is_derived);
    recording_reader_free(reader);
}

Test(recording, every_byte_comes_back)
{
    static const char nasty[] =
        "a\\x41\\ \"q\" \x1b[31m\n\t\x7f\xff\xc3\xa9\xc2\x9b\xe2\x80\xae\xed\xa0\x80";
    at(0);
    struct process *process = add(10, 1, 'Z', nasty, nasty);
    process->tty_name = nasty;
    process->user = NULL;
    process->argv_access = ACCESS_TRUNCATED;
    process->exit_status = 0x8b;
    process->nice = -20;
    process->priority = -100;
    process->rt_priority = 99;
    process->policy = 2;
    process->uid = 65534;
    process->tpgid = 77;
    process->tty = 0x8803;
    process->minor_faults = INT64_MAX;
    process->is_kernel = true;
    process->has_execed = false;
    add(1, 0, 'S', "", NULL)->threads = 4000000000U;
    now.notice = "notice \xff";
    now.has_threads = true;
    record();
    for (const char *byte = text.data; *byte; byte++)
        cr_assert(((unsigned char)*byte >= ' ' && *byte != 0x7f) || *byte == '\n', "a raw %#x",
                  (unsigned)*byte);
    cr_expect_null(strstr(text.data, "\xc2\x9b"), "a raw C1 control");

    struct recording_reader *reader = reader_of(text.data, text.length);
    cr_assert_eq(recording_next(reader, NULL), RECORDING_HEADER);
    cr_expect_str_eq(recording_header(reader)->host, "build7");
    cr_expect_eq(recording_header(reader)->utc_offset_s, -3600);
    cr_expect_eq(recording_header(reader)->started_ns, 77);
    cr_assert_eq(recording_next(reader, NULL), RECORDING_SNAPSHOT);
    expect_snapshot(recording_snapshot(reader), &now);
    recording_reader_free(reader);
}

/* One second of a story: births, ends, a number that is used again, changes, a new notice. */
static void story(uint64_t second)
{
    at(second);
    add(1, 0, 'S', "init", "/sbin/init")->utime_ticks = 10 * second;
    struct process *shell = add(20, 1, second % 2 ? 'R' : 'S', "bash", "-bash");
    shell->rss_kib = 1000 + second / 3;
    if (second > 1)
        add(30, second > 4 ? 1 : 20, 'S', second > 3 ? "renamed" : "sleep", "sleep 100");
    if (second == 2 || second == 3)
        add(40, 20, 'Z', "dead", NULL)->exit_status = 9;
    if (second > 5)
        add(40, 20, 'S', "another", "another \xff")->id.start_ticks = 99999;
    if (second == 6)
        now.notice = "some are hidden";
    if (second == 7)
        for (pid_t pid = 1000; pid < 1200; pid++)
            add(pid, 20, 'S', "many", "many of them");
}

Test(recording, deltas_give_the_same_snapshots)
{
    struct snapshot written[10] = {0};
    for (uint64_t i = 0; i < 10; i++) {
        story(i);
        record();
        cr_assert_eq(snapshot_copy(&now, &written[i]), 0);
        if (i > 0)
            snapshot_cpu(&written[i - 1], &written[i], 100);
    }
    recorder_end(&text);
    struct recording_reader *reader = reader_of(text.data, text.length);
    cr_assert_eq(recording_next(reader, NULL), RECORDING_HEADER);
    for (uint64_t i = 0; i < 10; i++) {
        cr_assert_eq(recording_next(reader, NULL), RECORDING_SNAPSHOT, "at %" PRIu64, i);
        const struct snapshot *read = recording_snapshot(reader);
        expect_snapshot(read, &written[i]);
        for (size_t p = 0; p < read->count; p++)
            cr_expect_eq(read->processes[p].cpu_percent, written[i].processes[p].cpu_percent);
        cr_expect_eq(snapshot_find(read, 1)->age_ns, read->mono_ns - (uint64_t)(1.0 * 1e9 / 100.0));
        snapshot_done(&written[i]);
    }
    cr_expect_eq(recording_next(reader, NULL), RECORDING_END);
    cr_expect_eq(recording_next(reader, NULL), RECORDING_END);
    recording_reader_free(reader);
}

Test(recording, events_come_back)
{
    struct event events[EVENT_KIND_COUNT];
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        events[i] = (struct event){.kind = (enum event_kind)i,
                                   .source = (enum event_source)(i % EVENT_SOURCE_COUNT),
                                   .mono_ns = 1234567890123 + (uint64_t)i,
                                   .time_ns = 1700000000123456789,
                                   .id = {.pid = 100 + i, .start_ticks = 5},
                                   .ppid = i,
                                   .comm = "x\xff\x1b\n\\",
                                   .exit_status = i - 1,
                                   .from = -1,
                                   .to = i,
                                   .reason = (enum adopt_reason)(i % 3),
                                   .state_from = 'S',
                                   .state_to = 'T',
                                   .detail = "\xfe",
                                   .signal = i,
                                   .sender = i,
                                   .code = -i,
                                   .cause = (enum signal_cause)i,
                                   .fate = (enum signal_fate)(i % FATE_COUNT),
                                   .handler = i % 2 ? UINT64_C(0x7fff12345678) : 0,
                                   .delay_ms = 3 * i,
                                   .count = (uint64_t)i};
    }
    recorder_events(recorder, events, EVENT_KIND_COUNT, &text);
    struct recording_reader *reader = reader_of(text.data, text.length);
    size_t count;
    cr_assert_eq(recording_next(reader, NULL), RECORDING_HEADER);
    cr_assert_eq(recording_next(reader, NULL), RECORDING_EVENTS);
    const struct event *read = recording_events(reader, &count);
    cr_assert_eq(count, EVENT_KIND_COUNT);
    for (size_t i = 0; i < count; i++) {
        const struct event *a = &read[i], *b = &events[i];
        cr_expect(a->kind == b->kind && a->source == b->source && a->mono_ns == b->mono_ns &&
                      a->time_ns == b->time_ns && identity_is_same(a->id, b->id) &&
                      a->ppid == b->ppid && a->exit_status == b->exit_status &&
                      a->from == b->from && a->to == b->to && a->reason == b->reason &&
                      a->state_from == b->state_from && a->state_to == b->state_to &&
                      a->signal == b->signal && a->sender == b->sender && a->code == b->code &&
                      a->cause == b->cause && a->fate == b->fate && a->handler == b->handler &&
                      a->delay_ms == b->delay_ms && a->count == b->count,
                  "event %zu", i);
        cr_expect_str_eq(a->comm, b->comm);
        cr_expect_str_eq(a->detail, b->detail);
    }
    recording_reader_free(reader);
}

Test(recording, without_arguments_no_argument_is_in_it)
{
    const struct recording_header header = {.ticks_per_second = 100, .interval_ns = NS_PER_SEC};
    const struct event exec = {
        .kind = EVENT_EXEC, .id.pid = 5, .comm = "curl", .detail = "curl -u me:secret"};
    strbuf_clear(&text);
    recorder_begin(recorder, &header, &text);
    at(0);
    add(5, 1, 'S', "curl", "curl -u me:secret");
    record();
    recorder_events(recorder, &exec, 1, &text);
    cr_expect_null(strstr(text.data, "secret"));
    cr_expect_not_null(strstr(text.data, "curl"));
    cr_expect_not_null(strstr(text.data, "\"arguments\":false"));
}

/* ---- what is cut, and what is wrong ---- */

Test(recording, cut_at_every_byte_it_replays_to_the_cut_and_says_so)
{
    size_t lines[64] = {0}, line_count = 0; /* where each line that completes a refresh ends */
    for (uint64_t i = 0; i < 4; i++) {
        const struct event event = {.kind = EVENT_EXEC, .id.pid = 20, .comm = "x"};
        recorder_events(recorder, &event, 1, &text);
        story(i);
        record();
        lines[line_count++] = text.length;
    }
    recorder_end(&text);
    for (size_t length = 0; length < text.length; length++) {
        _cleanup_free_ char *bytes = malloc(length + 1); /* so that a sanitizer sees the end */
        memcpy(bytes, text.data, length);
        struct recording_reader *reader = reader_of(bytes, length);
        struct error error = ERROR_INIT;
        size_t snapshots = 0, expected = 0;
        int item;
        while ((item = recording_next(reader, &error)) > 0 && item != RECORDING_END)
            snapshots += item == RECORDING_SNAPSHOT;
        while (expected < line_count && lines[expected] <= length + 1)
            expected++; /* a line is whole without its newline */
        cr_assert_eq(snapshots, expected, "cut at %zu: %zu", length, snapshots);
        if (length == 0)
            cr_expect_str_eq(error.message, "line 1: it is empty");
        else if (length < text.length - 1)
            cr_assert(item == -ENODATA &&
                          strncmp(error.message, "the recording is cut at line ", 29) == 0,
                      "cut at %zu: %d %s", length, item, error.message);
        else
            cr_assert_eq(item, RECORDING_END);
        recording_reader_free(reader);
    }
}

struct hostile {
    char text[400];
    char message[160]; /* its beginning */
};

ParameterizedTestParameters(recording, hostile)
{
    static struct hostile cases[] = {
        {"\n", "line 1: "},
        {"{}\n", "line 1: it is no reaptop recording"},
        {"[1]\n", "line 1: an object is expected"},
        {"\x7f"
         "ELF\n",
         "line 1: "},
        {"{\"schema\":\"reaptop/recording/9\"}\n", "line 1: it is reaptop/recording/9; this"},
        {"{\"schema\":7}\n", "line 1: it is no reaptop recording"},
        {"{\"schema\":\"reaptop/recording/1\",\"ticks_per_second\":0}\n",
         "line 1: ticks_per_second: a number from 1 to"},
        {"{\"schema\":\"reaptop/recording/1\",\"host\":[]}\n", "line 1: host: a text"},
        {HEADER "{\"delta\":{\"mono_ns\":5}}\n", "line 2: a delta without a snapshot"},
        {HEADER "{\"snapshot\":[]}\n", "line 2: snapshot: an object is expected"},
        {HEADER "{\"snapshot\":{}}\n", "line 2: mono_ns: a number from 1 to"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5}}\n", "line 2: a refresh without processes"},
        {HEADER "{\"snapshot\":{\"mono_ns\":-5,\"processes\":[{\"pid\":1}]}}\n", "line 2: mono_ns"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":{\"pid\":1}}}\n",
         "line 2: processes: an array"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[1]}}\n",
         "line 2: processes: an object"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":0}]}}\n",
         "line 2: pid: a number"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":4294967297}]}}\n",
         "line 2: pid: a number"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":\"1\"}]}}\n",
         "line 2: pid: a number"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"rss_kib\":-1}]}}\n",
         "line 2: rss_kib: a number from 0 to"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"rss_kib\":"
                "99999999999999999999}]}}\n",
         "line 2: "},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"rss_kib\":1.5}]}}\n",
         "line 2: rss_kib: a number"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"nice\":20}]}}\n",
         "line 2: nice: a number from -20 to 19"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"state\":\"SS\"}]}}\n",
         "line 2: state: one letter"},
        {HEADER
         "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"state\":\"\\u001b\"}]}}\n",
         "line 2: state: one letter"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"comm\":null}]}}\n",
         "line 2: comm: a text"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"comm\":\"\xff\"}]}}\n",
         "line 2: "},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"comm\":\"\\\\x00\"}]}}\n",
         "line 2: comm: a NUL byte"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"comm\":\"\\u0000\"}]}}\n",
         "line 2: "},
        {HEADER
         "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"argv_access\":\"ok\"}]}}\n",
         "line 2: 1: argv is missing"},
        {HEADER
         "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"argv_access\":\"yes\"}]}}\n",
         "line 2: argv_access: 'yes' is not known"},
        {HEADER
         "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"exit_status\":70000}]}}\n",
         "line 2: 1: exit_status"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":1,\"pid\":2}]}}\n",
         "line 2: "},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"machine\":{\"load_1\":1e300},\"processes\":[{"
                "\"pid\":1}]}}\n",
         "line 2: load_1: a number"},
        {HEADER "{\"snapshot\":{\"mono_ns\":5,\"machine\":7,\"processes\":[{\"pid\":1}]}}\n",
         "line 2: machine: an object"},
        {HEADER SNAPSHOT "{\"delta\":{\"mono_ns\":5}}\n",
         "line 3: mono_ns: the clock does not go on"},
        {HEADER SNAPSHOT "{\"delta\":{\"mono_ns\":6,\"gone\":[2]}}\n",
         "line 3: gone: 2 was not there"},
        {HEADER SNAPSHOT "{\"delta\":{\"mono_ns\":6,\"gone\":[1]}}\n",
         "line 3: a refresh without processes"},
        {HEADER SNAPSHOT "{\"delta\":{\"mono_ns\":6,\"more\":true}}\n" END,
         "line 4: the end stands in the wrong place"},
        {HEADER SNAPSHOT "{\"delta\":{\"mono_ns\":6,\"more\":true}}\n{\"delta\":{\"mono_ns\":7}}\n",
         "line 4: mono_ns: the refresh before is not complete"},
        {HEADER "{\"events\":{}}\n", "line 2: events: an array"},
        {HEADER "{\"events\":[{}]}\n", "line 2: an event does not say which"},
        {HEADER "{\"events\":[{\"event\":\"fork\"}]}\n", "line 2: an event does not say whose"},
        {HEADER "{\"events\":[{\"event\":\"boom\"}]}\n", "line 2: event: 'boom' is not known"},
        {HEADER "{\"events\":[{\"event\":\"signal\",\"pid\":1,\"signal\":65}]}\n",
         "line 2: signal: a number from 0 to 64"},
        {HEADER "{\"events\":[{\"event\":\"fork\",\"pid\":1,\"comm\":"
                "\"0123456789012345678901234567890123456789012345678901234567890123\"}]}\n",
         "line 2: comm: it has more than 63 bytes"},
        {HEADER "{\"what\":1}\n", "line 2: neither snapshot, delta, events nor end"},
        {HEADER SNAPSHOT END SNAPSHOT, "line 4: there is more behind the end"},
        {HEADER SNAPSHOT END "{\"schema\":\"reaptop/recording/1\",\"host\":\"other\"}\n",
         "line 4: another machine's recording begins here"},
    };
    return cr_make_param_array(struct hostile, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct hostile *hostile, recording, hostile)
{
    struct error error = ERROR_INIT;
    struct recording_reader *reader = reader_of(hostile->text, strlen(hostile->text));
    int item;
    while ((item = recording_next(reader, &error)) > 0 && item != RECORDING_END)
        ;
    cr_expect_eq(item, -EBADMSG, "%d for %s", item, hostile->text);
    cr_expect(strncmp(error.message, hostile->message, strlen(hostile->message)) == 0,
              "'%s' for %s", error.message, hostile->text);
    cr_expect_eq(recording_next(reader, &error), -EBADMSG, "for good");
    recording_reader_free(reader);
}

Test(recording, a_line_without_end_is_bounded)
{
    struct recording_reader *reader = recording_reader_new();
    struct error error = ERROR_INIT;
    static char blanks[1 << 20];
    memset(blanks, ' ', sizeof(blanks));
    int item = 0;
    for (int i = 0; i < 6 && item == 0; i++) {
        cr_assert_eq(recording_feed(reader, blanks, sizeof(blanks)), 0);
        item = recording_next(reader, &error);
    }
    cr_expect_eq(item, -EBADMSG);
    cr_expect_str_eq(error.message, "line 1: it has more than 4194304 bytes");
    recording_reader_free(reader);
}

Test(recording, deep_nesting_is_refused)
{
    _cleanup_(strbuf_done) struct strbuf deep = STRBUF_INIT;
    struct error error = ERROR_INIT;
    strbuf_repeat(&deep, '[', 100000);
    strbuf_putc(&deep, '\n');
    struct recording_reader *reader = reader_of(deep.data, deep.length);
    cr_expect_eq(recording_next(reader, &error), -EBADMSG);
    recording_reader_free(reader);
}

Test(recording, a_circle_of_parents_goes_through_life_and_tree)
{
    static const char circle[] = HEADER
        "{\"snapshot\":{\"mono_ns\":5,\"processes\":[{\"pid\":2,\"ppid\":3},"
        "{\"pid\":3,\"ppid\":2},{\"pid\":4,\"ppid\":4},{\"pid\":5,\"ppid\":2,\"tgid\":7}]}}\n" END;
    struct recording_reader *reader = reader_of(circle, strlen(circle));
    cr_assert_eq(recording_next(reader, NULL), RECORDING_HEADER);
    cr_assert_eq(recording_next(reader, NULL), RECORDING_SNAPSHOT);
    struct tree tree = TREE_INIT;
    const struct tree_options options = {.sort = FIELD_PID, .shows_kernel = true};
    struct snapshot none = SNAPSHOT_INIT;
    struct life *life = life_new(16, 16);
    cr_expect_eq(life_update(life, &none, recording_snapshot(reader), NULL, 0), 0);
    cr_expect_eq(tree_build(&tree, recording_snapshot(reader), life, &options), 0);
    cr_expect_eq(tree.count, 3);
    tree_done(&tree);
    life_free(life);
    recording_reader_free(reader);
}

Test(recording, keys_that_are_new_to_us_are_passed_over)
{
    static const char newer[] = HEADER
        "{\"snapshot\":{\"mono_ns\":5,\"x\":1,\"processes\":[{\"pid\":2,\"colour\":[1]}]}}\n" END;
    struct recording_reader *reader = reader_of(newer, strlen(newer));
    cr_expect_eq(recording_next(reader, NULL), RECORDING_HEADER);
    cr_expect_eq(recording_next(reader, NULL), RECORDING_SNAPSHOT);
    cr_expect_eq(recording_next(reader, NULL), RECORDING_END);
    recording_reader_free(reader);
}

Test(recording, joined_recordings_are_one)
{
    const struct recording_header header = {
        .host = "build7", .ticks_per_second = 100, .interval_ns = NS_PER_SEC};
    for (uint64_t i = 0; i < 4; i++) {
        if (i == 2) {
            recorder_end(&text);
            recorder_begin(recorder, &header, &text);
        }
        story(i);
        record();
    }
    recorder_end(&text);
    struct recording_reader *reader = reader_of(text.data, text.length);
    static const int items[] = {RECORDING_HEADER, RECORDING_SNAPSHOT, RECORDING_SNAPSHOT,
                                RECORDING_HEADER, RECORDING_SNAPSHOT, RECORDING_SNAPSHOT,
                                RECORDING_END};
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
        cr_expect_eq(recording_next(reader, NULL), items[i], "item %zu", i);
    recording_reader_free(reader);
}

Test(recording, it_goes_on_from_a_place_that_was_kept)
{
    for (uint64_t i = 0; i < 6; i++) {
        story(i);
        record();
    }
    struct recording_reader *reader = reader_of(text.data, text.length);
    struct snapshot kept = SNAPSHOT_INIT;
    struct recording_place place = {.snapshot = &kept};
    (void)recording_next(reader, NULL);
    place.header = *recording_header(reader);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(recording_next(reader, NULL), RECORDING_SNAPSHOT);
        if (i == 2) {
            place.position = recording_position(reader, &place.line);
            cr_assert_eq(snapshot_copy(recording_snapshot(reader), &kept), 0);
        }
    }
    cr_expect_eq(place.line, 4);
    cr_assert_eq(recording_go_on(reader, &place), 0);
    cr_assert_eq(
        recording_feed(reader, text.data + place.position, text.length - (size_t)place.position),
        0);
    cr_assert_eq(recording_next(reader, NULL), RECORDING_SNAPSHOT);
    story(3);
    snapshot_finish(&now);
    expect_snapshot(recording_snapshot(reader), &now);
    snapshot_done(&kept);
    recording_reader_free(reader);
}

/* ---- size ---- */

/* An hour of 300 processes of which most sleep, as an idle desktop's do. */
Test(recording, an_hour_of_a_quiet_machine_is_small)
{
    uint64_t size = 0;
    for (uint64_t second = 0; second < 3600; second++) {
        at(second);
        for (pid_t i = 0; i < 300; i++) {
            struct process *process = add(1000 + i * 7, i % 10 ? 1000 : 1, 'S', "some-daemon",
                                          "/usr/lib/some-package/some-daemon --no-fork --config "
                                          "/etc/some-package/daemon.conf --log-level info");
            uint64_t busy = (uint64_t)i % 30 == 0 ? second : 0;
            process->utime_ticks = 500 + busy / 2;
            process->minor_faults = 12345 + busy;
            process->rss_kib = 20000 + busy % 7 * 4;
            process->virtual_kib = 300000;
            process->pgid = process->sid = 1000 + i * 7;
        }
        strbuf_clear(&text);
        record();
        size += text.length;
    }
    cr_expect_lt(size, 10 * 1000 * 1000);
}

/* ---- files ---- */

Test(recording, a_file_that_is_not_there_or_a_directory_is_reported)
{
    struct recording *recording = NULL;
    struct error error = ERROR_INIT;
    cr_expect_eq(recording_open("/nonexistent/x", &recording, &error), -ENOENT);
    cr_expect_str_eq(error.message, "/nonexistent/x: No such file or directory");
    cr_expect_eq(recording_open("/", &recording, &error), -EISDIR);
}

Test(recording, a_pipe_gives_what_has_come)
{
    int ends[2];
    struct error error = ERROR_INIT;
    struct recording *recording = NULL;
    char name[64];
    static const char head[] = HEADER;
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
    cr_assert_eq(recording_open(name, &recording, &error), 0, "%s", error.message);
    cr_expect_eq(recording_read(recording, false, &error), RECORDING_NEEDS_MORE);
    cr_assert_eq(write(ends[1], head, strlen(head)), (ssize_t)strlen(head));
    cr_expect_eq(recording_read(recording, false, &error), RECORDING_HEADER);
    cr_expect_eq(recording_read(recording, false, &error), RECORDING_NEEDS_MORE);
    cr_expect_geq(recording_fd(recording), 0);
    cr_expect_eq(recording_return(recording, &(struct recording_place){.snapshot = &now}), -ESPIPE);
    (void)close(ends[1]);
    cr_expect_eq(recording_read(recording, true, &error), -ENODATA);
    cr_expect_not_null(strstr(error.message, "the recording is cut at line 1"));
    recording_close(recording);
    (void)close(ends[0]);
}

/* ---- times ---- */

struct time_case {
    char text[32];
    int result;
    int64_t second; /* from 2023-11-14 23:13:20 there, an hour east of UTC */
};

ParameterizedTestParameters(recording, a_time_is_read)
{
    static struct time_case cases[] = {
        {"23:13", 0, -20},
        {"23:13:21", 0, 1},
        {"0:00", 0, -(23 * 3600 + 13 * 60 + 20)},
        {"2023-11-15 00:00", 0, 46 * 60 + 40},
        {"2023-11-15T00:00:01", 0, 46 * 60 + 41},
        {"+90s", 0, 90},
        {"-5m", 0, -300},
        {"+1.5", 0, 1},
        {"24:00", -EINVAL, 0},
        {"12:60", -EINVAL, 0},
        {"12", -EINVAL, 0},
        {"12:30x", -EINVAL, 0},
        {"2023-13-01 00:00", -EINVAL, 0},
        {"2023-11-15", -EINVAL, 0},
        {"+", -EINVAL, 0},
        {"+-3", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"-99999999999999999999", -EINVAL, 0},
    };
    return cr_make_param_array(struct time_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct time_case *one, recording, a_time_is_read)
{
    const uint64_t now_ns = 1700000000 * NS_PER_SEC;
    uint64_t ns = 7;
    cr_assert_eq(recording_parse_time(one->text, now_ns, 3600, &ns), one->result, "%s", one->text);
    if (one->result == 0)
        cr_expect_eq((int64_t)(ns / NS_PER_SEC) - 1700000000, one->second, "%s", one->text);
    else
        cr_expect_eq(ns, 7, "untouched");
}
