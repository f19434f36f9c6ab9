#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/reader.h"
#include "support/held.h"
#include "support/test_child.h"

#define SHORT_NS UINT64_C(150000000)
#define LONG_NS  UINT64_C(8000000000)

static void reader_cleanup(struct reader **reader)
{
    reader_free(*reader);
}

#define READER(reader)                                                                             \
    _cleanup_(reader_cleanup) struct reader *reader = NULL;                                        \
    cr_assert_eq(reader_new(&(reader), NULL), 0)

static struct identity identity_of(pid_t pid)
{
    char path[32];
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct stat_line line;
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    cr_assert_eq(procfs_read(AT_FDCWD, path, STAT_TEXT_LIMIT, &text), 0);
    cr_assert_eq(parse_stat(text.data, text.length, &line), 0);
    return (struct identity){.pid = pid, .start_ticks = line.start_ticks};
}

/* A FIFO that nobody writes to: opening it blocks as a mute file system does. */
static void make_fifo(char path[64])
{
    (void)snprintf(path, 64, "/tmp/reaptop-test-%d.fifo", getpid());
    (void)unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
}

Test(reader, reads_what_a_plain_read_gives)
{
    READER(reader);
    static const char *names[] = {"cmdline", "environ", "maps", "status", "task"};
    struct identity self = identity_of(getpid());
    for (size_t i = 0; i < 3; i++) {
        _cleanup_(strbuf_done) struct strbuf plain = STRBUF_INIT, ours = STRBUF_INIT;
        char path[64];
        (void)snprintf(path, sizeof(path), "/proc/self/%s", names[i]);
        cr_assert_eq(procfs_read(AT_FDCWD, path, 1 << 20, &plain), 0);
        cr_expect_eq(reader_read(reader, self, names[i], 0, 1 << 20, LONG_NS, &ours), 0);
        if (i < 2) {
            cr_expect_eq(ours.length, plain.length);
            cr_expect(memcmp(strbuf_text(&ours), strbuf_text(&plain), plain.length) == 0);
        }
        cr_expect_gt(ours.length, 0);
    }
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    cr_expect_eq(reader_read(reader, self, "no-such", 0, 10, LONG_NS, &out), -ENOENT);
    cr_expect_eq(reader_read(reader, self, "task", 0, 10, LONG_NS, &out), -EISDIR);
}

Test(reader, the_limit_is_distinguished_from_the_end)
{
    READER(reader);
    struct identity self = identity_of(getpid());
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    cr_assert_eq(reader_read(reader, self, "cmdline", 0, 65536, LONG_NS, &out), 0);
    size_t whole = out.length;
    cr_expect_eq(reader_read(reader, self, "cmdline", 0, whole, LONG_NS, &out), 0);
    cr_expect_eq(out.length, whole);
    cr_expect_eq(reader_read(reader, self, "cmdline", 0, whole - 1, LONG_NS, &out), 1);
    cr_expect_eq(out.length, whole - 1);
    cr_expect_eq(reader_read(reader, self, "cmdline", 3, 65536, LONG_NS, &out), 0);
    cr_expect_eq(out.length, whole - 3);
    cr_expect_eq(reader_read(reader, self, "comm", 0, 0, LONG_NS, &out), 1);
    cr_expect_eq(out.length, 0);
}

Test(reader, a_page_map_entry)
{
    READER(reader);
    struct identity self = identity_of(getpid());
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    uint64_t page = (uint64_t)(uintptr_t)&self / (uint64_t)sysconf(_SC_PAGESIZE), entry = 0;
    int r = reader_read(reader, self, "pagemap", page * 8, 8, LONG_NS, &out);
    cr_assert_geq(r, 0);
    cr_assert_eq(out.length, 8);
    memcpy(&entry, out.data, 8);
    cr_expect(entry >> 63, "our stack is present");
}

Test(reader, many_messages_make_one_answer)
{
    READER(reader);
    char path[64];
    (void)snprintf(path, sizeof(path), "/tmp/reaptop-test-%d.big", getpid());
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    for (int i = 0; i < 500000; i++)
        (void)fprintf(file, "%08d\n", i);
    cr_assert_eq(fclose(file), 0);

    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    int r = reader_read(reader, identity_of(getpid()), path, 0, 1 << 24, LONG_NS, &out);
    (void)unlink(path);
    cr_assert_eq(r, 0);
    cr_assert_eq(out.length, 9 * 500000);
    cr_expect(memcmp(out.data + 9 * 499999, "00499999\n", 9) == 0);
    cr_expect(memcmp(out.data + 9 * 7281, "00007281\n", 9) == 0);
}

Test(reader, another_process_under_the_number_is_not_read)
{
    READER(reader);
    struct identity other = identity_of(getpid());
    other.start_ticks++;
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    cr_expect_eq(reader_read(reader, other, "cmdline", 0, 100, LONG_NS, &out), -ESRCH);
    cr_expect_eq(out.length, 0);
}

Test(reader, a_blocking_file_costs_one_helper_and_the_next_read_works)
{
    READER(reader);
    char fifo[64];
    make_fifo(fifo);
    struct identity self = identity_of(getpid());
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    cr_expect_eq(reader_read(reader, self, fifo, 0, 100, SHORT_NS, &out), -ETIMEDOUT);
    cr_expect_eq(reader_replaced(reader), 1);
    cr_expect_eq(reader_read(reader, self, "cmdline", 0, 4096, LONG_NS, &out), 0);
    cr_expect_gt(out.length, 0);
    cr_expect_eq(reader_read(reader, self, fifo, 0, 100, SHORT_NS, &out), -ETIMEDOUT);
    cr_expect_eq(reader_replaced(reader), 1, "it was not asked for again");
    (void)unlink(fifo);
}

/* Waits on the reader's descriptor until the owner has an answer; the test's timeout bounds it. */
static struct reader_answer await_answer(struct reader *reader, const void *owner)
{
    struct reader_answer answer;
    while (reader_collect(reader, owner, &answer) == 0) {
        struct pollfd ready = {.fd = reader_fd(reader), .events = POLLIN};
        cr_assert_eq(poll(&ready, 1, 10000), 1);
        reader_pump(reader);
    }
    return answer;
}

Test(reader, a_blocked_read_does_not_hold_up_the_others)
{
    READER(reader);
    char fifo[64];
    make_fifo(fifo);
    int stuck, quick;
    uint64_t tag;
    struct reader_request request = {
        .id = identity_of(getpid()), .name = fifo, .limit = 10, .timeout_ns = LONG_NS};
    cr_assert_eq(reader_submit(reader, &stuck, &request, &tag), 0);

    for (int i = 0; i < 50; i++) {
        request.name = "cmdline";
        request.limit = 4096;
        cr_assert_eq(reader_submit(reader, &quick, &request, &tag), 0);
    }
    for (int i = 0; i < 50; i++) {
        struct reader_answer answer = await_answer(reader, &quick);
        cr_expect_eq(answer.status, 0);
        cr_expect_eq(answer.id.pid, getpid());
        strbuf_done(&answer.bytes);
    }
    cr_expect_eq(reader_replaced(reader), 0);

    /* A writer comes: the slow file was slow, not lost. */
    int writer = open(fifo, O_WRONLY);
    cr_assert_geq(writer, 0);
    cr_assert_eq(write(writer, "late", 4), 4);
    (void)close(writer);
    struct reader_answer answer = await_answer(reader, &stuck);
    cr_expect_eq(answer.status, 0);
    cr_expect_str_eq(strbuf_text(&answer.bytes), "late");
    strbuf_done(&answer.bytes);
    (void)unlink(fifo);
}

/* Ourselves, a successor under our PID, nobody, and ourselves again. */
Test(reader, command_lines_of_many_come_in_one_answer)
{
    READER(reader);
    struct strbuf alone = STRBUF_INIT;
    struct identity ids[] = {
        identity_of(getpid()), identity_of(getpid()), {.pid = INT_MAX}, identity_of(getpid())};
    ids[1].start_ticks++;
    int owner = 0;
    uint64_t tag;
    size_t at = 0, count = sizeof(ids) / sizeof(ids[0]);
    const int expected[] = {0, -ESRCH, -ESRCH, 0};
    struct reader_line line;
    cr_assert_eq(reader_read(reader, ids[0], "cmdline", 0, 4096, LONG_NS, &alone), 0);
    cr_expect_eq(reader_submit_lines(reader, &owner, ids, 0, 4096, &tag), -EINVAL);
    cr_assert_eq(reader_submit_lines(reader, &owner, ids, count, 4096, &tag), 0);
    struct reader_answer answer = await_answer(reader, &owner);
    cr_expect_eq(answer.tag, tag);
    for (size_t i = 0; i < count; i++) {
        cr_assert(reader_next_line(&answer, &at, &line));
        cr_expect_eq(line.index, i);
        cr_expect_eq(line.status, expected[i], "%zu: %d", i, line.status);
        if (line.status == 0)
            cr_expect(line.length == alone.length &&
                      memcmp(line.bytes, alone.data, alone.length) == 0);
    }
    cr_expect_not(reader_next_line(&answer, &at, &line));
    strbuf_done(&answer.bytes);

    at = 0;
    cr_assert_eq(reader_submit_lines(reader, &owner, ids, 1, 3, &tag), 0);
    answer = await_answer(reader, &owner);
    cr_assert(reader_next_line(&answer, &at, &line));
    cr_expect(line.status == 1 && line.length == 3, "%d %zu", line.status, line.length);
    strbuf_done(&answer.bytes);
    strbuf_done(&alone);
}

Test(reader, late_answers_come_through_the_descriptor)
{
    READER(reader);
    char fifo[64];
    make_fifo(fifo);
    int owner = 0;
    uint64_t tag;
    struct reader_request request = {
        .id = identity_of(getpid()), .name = fifo, .limit = 10, .timeout_ns = SHORT_NS};
    cr_assert_eq(reader_submit(reader, &owner, &request, &tag), 0);
    struct reader_answer answer = await_answer(reader, &owner);
    cr_expect_eq(answer.status, -ETIMEDOUT);
    cr_expect_eq(answer.tag, tag);

    /* Refused at once, and the descriptor says so. */
    cr_assert_eq(reader_submit(reader, &owner, &request, &tag), 0);
    struct pollfd ready = {.fd = reader_fd(reader), .events = POLLIN};
    cr_expect_eq(poll(&ready, 1, 10000), 1);
    answer = await_answer(reader, &owner);
    cr_expect_eq(answer.status, -ETIMEDOUT);

    reader_pump(reader);
    cr_expect_eq(poll(&ready, 1, 0), 0, "nothing to do, nothing told");
    (void)unlink(fifo);
}

Test(reader, what_is_forgotten_is_not_answered)
{
    READER(reader);
    char fifo[64];
    make_fifo(fifo);
    int gone = 0, stays = 0;
    uint64_t tag;
    struct reader_request request = {
        .id = identity_of(getpid()), .name = fifo, .limit = 10, .timeout_ns = LONG_NS};
    for (int i = 0; i < 4; i++)
        cr_assert_eq(reader_submit(reader, &gone, &request, &tag), 0);
    request.name = "cmdline";
    request.limit = 4096;
    cr_assert_eq(reader_submit(reader, &stays, &request, &tag), 0);
    reader_forget(reader, &gone);
    struct reader_answer answer = await_answer(reader, &stays), none;
    cr_expect_eq(answer.status, 0);
    strbuf_done(&answer.bytes);
    cr_expect_eq(reader_collect(reader, &gone, &none), 0);
    (void)unlink(fifo);
}

Test(reader, names_of_users)
{
    READER(reader);
    int owner = 0;
    uint64_t tag;
    cr_assert_eq(reader_submit_user(reader, &owner, 0, &tag), 0);
    struct reader_answer answer = await_answer(reader, &owner);
    cr_expect_eq(answer.status, 0);
    cr_expect_str_eq(strbuf_text(&answer.bytes), "root");
    strbuf_done(&answer.bytes);
    cr_assert_eq(reader_submit_user(reader, &owner, 3999999999U, &tag), 0);
    answer = await_answer(reader, &owner);
    cr_expect_eq(answer.status, -ENOENT);
}

static int survives_signals_to_the_group(void *argument)
{
    (void)argument;
    struct reader *reader = NULL;
    struct strbuf out = STRBUF_INIT;
    (void)setpgid(0, 0);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGQUIT, SIG_IGN);
    (void)signal(SIGTSTP, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    if (reader_new(&reader, NULL) < 0)
        return 2;
    (void)kill(0, SIGINT);
    (void)kill(0, SIGQUIT);
    (void)kill(0, SIGTSTP);
    (void)kill(0, SIGHUP);
    int r =
        reader_read(reader, (struct identity){.pid = getpid()}, "cmdline", 0, 4096, LONG_NS, &out);
    int is_right = r == 0 && out.length > 0 && reader_replaced(reader) == 0;
    strbuf_done(&out);
    reader_free(reader);
    return is_right ? 0 : 1;
}

Test(reader, keys_typed_at_the_terminal_do_not_reach_it)
{
    cr_expect_eq(specimen_run(survives_signals_to_the_group, NULL), 0);
}

/* The first child in /proc/self/task/TID/children. */
static pid_t only_child(void)
{
    char path[64];
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
    return procfs_read(AT_FDCWD, path, 4096, &text) < 0 ? 0 : atoi(strbuf_text(&text));
}

static int recovers_from_a_killed_helper(void *argument)
{
    (void)argument;
    struct reader *reader = NULL;
    struct strbuf out = STRBUF_INIT;
    if (reader_new(&reader, NULL) < 0)
        return 2;
    pid_t helper = only_child();
    if (helper <= 0)
        return 77;
    (void)kill(helper, SIGKILL);
    if (specimen_wait_dead(helper) < 0)
        return 3;
    const struct identity self = {.pid = getpid()};
    int first = reader_read(reader, self, "cmdline", 0, 4096, LONG_NS, &out);
    int second = reader_read(reader, self, "cmdline", 0, 4096, LONG_NS, &out);
    strbuf_done(&out);
    reader_free(reader);
    return (first == 0 || first == -EIO) && second == 0 && only_child() == 0 ? 0 : 1;
}

Test(reader, a_killed_helper_is_replaced_and_none_is_left)
{
    int status = specimen_run(recovers_from_a_killed_helper, NULL);
    if (status == 77)
        cr_skip("the kernel has no children file");
    cr_expect_eq(status, 0);
}

static int reports_of_no_descriptors(void *argument)
{
    (void)argument;
    struct reader *reader = NULL;
    struct error error = ERROR_INIT;
    const struct rlimit none = {4, 4};
    if (setrlimit(RLIMIT_NOFILE, &none) < 0)
        return 2;
    int r = reader_new(&reader, &error);
    return r == -EMFILE && !reader && error.message[0] != '\0' ? 0 : 1;
}

Test(reader, without_descriptors_it_says_so)
{
    cr_expect_eq(specimen_run(reports_of_no_descriptors, NULL), 0);
}

static int recovers_from_no_descriptors(void *argument)
{
    (void)argument;
    struct reader *reader = NULL;
    struct strbuf out = STRBUF_INIT;
    const struct identity self = {.pid = getpid()};
    const struct rlimit few = {64, 64};
    int taken[64], count = 0, fd;
    if (setrlimit(RLIMIT_NOFILE, &few) < 0 || reader_new(&reader, NULL) < 0)
        return 2;
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        taken[count++] = fd;
    int without = reader_read(reader, self, "cmdline", 0, 4096, LONG_NS, &out);
    while (count > 0)
        (void)close(taken[--count]);
    int with = reader_read(reader, self, "cmdline", 0, 4096, LONG_NS, &out);
    strbuf_done(&out);
    reader_free(reader);
    return without == -EMFILE && with == 0 ? 0 : 1;
}

Test(reader, a_read_without_descriptors_is_reported_and_the_next_works)
{
    cr_expect_eq(specimen_run(recovers_from_no_descriptors, NULL), 0);
}

/* root is bound by no limit of processes. */
static int reports_of_no_processes(void *argument)
{
    (void)argument;
    struct reader *reader = NULL;
    struct error error = ERROR_INIT;
    const struct rlimit none = {0, 0};
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
        return 2;
    if (setrlimit(RLIMIT_NPROC, &none) < 0)
        return 3;
    int r = reader_new(&reader, &error);
    return r == -EAGAIN && !reader && error.message[0] != '\0' ? 0 : 1;
}

Test(reader, without_processes_it_says_so)
{
    cr_expect_eq(specimen_run(reports_of_no_processes, NULL), 0);
}

static int works_without_standard_descriptors(void *argument)
{
    (void)argument;
    struct reader *reader = NULL;
    struct strbuf out = STRBUF_INIT;
    for (int fd = 0; fd < 3; fd++)
        (void)close(fd);
    if (reader_new(&reader, NULL) < 0)
        return 2;
    int r =
        reader_read(reader, (struct identity){.pid = getpid()}, "cmdline", 0, 4096, LONG_NS, &out);
    strbuf_done(&out);
    reader_free(reader);
    return r == 0 ? 0 : 1;
}

Test(reader, closed_standard_descriptors_do_no_harm)
{
    cr_expect_eq(specimen_run(works_without_standard_descriptors, NULL), 0);
}

Test(reader, a_process_whose_memory_is_held_is_given_up)
{
    struct held held;
    const char *why = "";
    if (held_start(&held, &why) < 0)
        cr_skip("%s", why);
    pid_t pid = held.victim;
    READER(reader);
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    struct identity id = identity_of(pid);
    cr_expect_eq(reader_read(reader, id, "cmdline", 0, 4096, SHORT_NS, &out), -ETIMEDOUT);
    cr_expect_eq(reader_replaced(reader), 1);
    cr_expect_eq(reader_read(reader, identity_of(getpid()), "cmdline", 0, 4096, LONG_NS, &out), 0);
    held_end(&held);
}

Test(reader, what_is_denied_is_reported_as_denied)
{
    enum {
        NOBODY_ID = 65534
    };
    if (geteuid() == 0) /* nothing is denied to root */
        cr_assert(setgid(NOBODY_ID) == 0 && setuid(NOBODY_ID) == 0);
    READER(reader);
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    cr_expect_eq(reader_read(reader, (struct identity){.pid = 1}, "environ", 0, 10, LONG_NS, &out),
                 -EACCES);
}

struct taken {
    struct strbuf bytes;
    size_t pieces;
    size_t most; /* pieces wanted; 0: all */
};

static int take_piece(void *data, const char *bytes, size_t length)
{
    struct taken *taken = data;
    strbuf_append(&taken->bytes, bytes, length);
    return ++taken->pieces == taken->most ? 7 : 0;
}

Test(reader, gives_a_file_piece_by_piece_and_stops_when_reported)
{
    READER(reader);
    _cleanup_(strbuf_done) struct strbuf plain = STRBUF_INIT;
    cr_assert_eq(reader_read(reader, (struct identity){.pid = 1}, "status", 0, 65536, 0, &plain),
                 0);
    for (size_t most = 0; most < 2; most++) {
        struct taken taken = {.most = most};
        struct reader_request request = {.id = {.pid = 1},
                                         .name = "status",
                                         .limit = SIZE_MAX,
                                         .take = take_piece,
                                         .data = &taken};
        uint64_t tag;
        cr_assert_eq(reader_submit(reader, &taken, &request, &tag), 0);
        struct reader_answer answer = await_answer(reader, &taken);
        cr_expect_eq(answer.status, most == 0 ? 0 : 7);
        cr_expect_eq(answer.bytes.length, 0);
        cr_expect_eq(taken.pieces, 1);
        cr_expect(strncmp(strbuf_text(&taken.bytes), strbuf_text(&plain), 20) == 0);
        strbuf_done(&taken.bytes);
        strbuf_done(&answer.bytes);
    }
    cr_expect_eq(reader_read(reader, (struct identity){.pid = 1}, "comm", 0, 64, 0, &plain), 0,
                 "a helper is there again");
}
