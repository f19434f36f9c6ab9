/* Pipes, queues, memory, sockets: pipes and what is made of them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "reaptop/base/cleanup.h"

static struct role *reader, *writer, *second_reader;
static int ends[2]; /* of the pipe; the host keeps neither once the roles have them */

static ssize_t read_again(int fd, void *buffer, size_t size)
{
    ssize_t n;

    do
        n = read(fd, buffer, size);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static ssize_t write_again(int fd, const void *buffer, size_t size)
{
    ssize_t n;

    do
        n = write(fd, buffer, size);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* ---- pipe ---- */

static void pipe_reader(struct bench *bench)
{
    char buffer[64];

    (void)close(ends[1]);
    for (;;)
        switch (role_await(bench)) {
        case 'b':
            role_burn(bench);
        case 'r':
            role_report(bench, read_again(ends[0], buffer, sizeof(buffer)));
            break;
        case 'c':
            (void)close(ends[0]);
            role_report(bench, 0);
            break;
        case 'd': { /* drain what is there */
            int waiting = 0;
            while (ioctl(ends[0], FIONREAD, &waiting) == 0 && waiting > 0)
                (void)read_again(ends[0], buffer, sizeof(buffer));
            role_report(bench, 0);
            break;
        }
        }
}

static void pipe_writer(struct bench *bench)
{
    static char page[4096];
    int capacity = 65536;

    (void)close(ends[0]);
    for (;;)
        switch (role_await(bench)) {
        case '2':
            if (is_broken(bench, 2))
                break;
            (void)write_again(ends[1], "abc", 3);
            (void)write_again(ends[1], "def", 3);
            role_report(bench, 0);
            break;
        case 'f': /* until nothing more fits, and then one more */
            capacity = fcntl(is_sight_broken(bench, 3, 2) ? 0 : ends[1], F_GETPIPE_SZ);
            for (int written = 0; written < capacity - (is_broken(bench, 3) ? 4096 : 0);
                 written += 4096)
                (void)write_again(ends[1], page, 4096);
            role_report(bench, capacity);
            if (!is_broken(bench, 3))
                role_report(bench, write_again(ends[1], page, 4096));
            break;
        case 'c':
            if (!is_broken(bench, 4))
                (void)close(ends[1]);
            role_report(bench, 0);
            break;
        case 'w':
            role_report(bench, write_again(ends[1], "x", 1));
            break;
        }
}

static void spawn_pair(struct bench *bench)
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    reader = role_spawn(bench, "reader", pipe_reader);
    writer = role_spawn(bench, "writer", pipe_writer);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void pipe_empty(struct bench *bench)
{
    spawn_pair(bench);
    if (is_sight_broken(bench, 1, 2)) {
        role_go(bench, reader, 'b');
        (void)until_broken(bench, observe_state(reader->pid) == 'R');
    } else if (!is_broken(bench, 1)) {
        role_go(bench, reader, 'r');
    }
    (void)see_sleep(bench, 0, reader->pid, "pipe_read|pipe_wait", SYS_read);
    (void)see_state(bench, 1, reader->pid, "S");
}

static void pipe_stream(struct bench *bench)
{
    int64_t first = 0;

    (void)role_ask(bench, writer, '2');
    (void)role_receive(bench, reader, &first);
    if (first == 3) /* it woke between the two writes: the rest comes with the next read */
        first += role_ask(bench, reader, 'r');
    (void)see_own_words(
        bench, 0, first == 6,
        _("two write()s of 3 bytes; the reader has read %" PRId64 " bytes as one stream"), first);
    (void)see_sleep(bench, 1, reader->pid, "poll", SYS_ppoll);
}

static void pipe_full(struct bench *bench)
{
    int64_t capacity = role_ask(bench, writer, 'f');

    (void)see_sleep(bench, 0, writer->pid, "pipe_write|pipe_wait", SYS_write);
    (void)see_own_words(bench, 1, capacity >= PIPE_BUF,
                        _("fcntl(F_GETPIPE_SZ): %" PRId64 " bytes fit in"), capacity);
    (void)role_ask(bench, reader, 'd');
    (void)see_reported(bench, 2, writer, _("write() of one more page returned"), 4096);
}

static void pipe_end(struct bench *bench)
{
    (void)role_ask(bench, reader, 'd');
    (void)role_ask(bench, writer, 'c');
    role_go(bench, reader, 'r');
    (void)see_reported(bench, 0, reader, _("read() returned"), 0);
}

static void pipe_broken(struct bench *bench)
{
    /* A second pair: the first has no writer any more. */
    spawn_pair(bench);
    if (!is_broken(bench, 5))
        (void)role_ask(bench, reader, 'c');
    role_go(bench, writer, 'w');
    (void)see_killed(bench, 0, writer->pid, SIGPIPE);
}

const struct lab_experiment experiment_pipe = {
    .name = "pipe",
    .chapter = LAB_PIPES,
    .place = 1,
    .title = N_("A pipe, empty, full and broken"),
    .question = N_("When does reading or writing a pipe wait?"),
    .roles = {{"reader", N_("has the read end")}, {"writer", N_("has the write end")}},
    .steps =
        {
            {
                .does = N_("The reader reads from an empty pipe."),
                .question = N_("What does read() do?"),
                .choices = {N_("returns 0"), N_("sleeps"), N_("fails with EAGAIN")},
                .right = 1,
                .sees = {{N_("the reader sleeps in the kernel's pipe_read"), "/proc/PID/wchan"},
                         {N_("its state is S"), "/proc/PID/stat field 3", N_("it computes")}},
                .explains = N_("A pipe is a buffer in the kernel with two ends: what is "
                               "written to one is read from the other. While it is empty and "
                               "has a writer, read() waits. A wait in the kernel is named by "
                               "its function there, wchan: pipe_read, or anon_pipe_read in newer "
                               "kernels."),
                .manual = "pipe(7)",
                .breaks = N_("the reader does not read"),
                .run = pipe_empty,
            },
            {
                .does = N_("The writer writes \"abc\" and \"def\", in two calls."),
                .question = N_("Does the reader get two messages?"),
                .choices = {N_("yes, one a read"), N_("no: six bytes, however they came")},
                .right = 1,
                .sees = {{N_("the reader gets six bytes"),
                          N_("read(2), as the process itself reports it")},
                         {N_("and was woken by them: it sleeps elsewhere now"), "/proc/PID/wchan"}},
                .explains = N_("A pipe is a byte stream: it does not remember where one write() "
                               "ended and the next began. mqueue shows the other kind."),
                .manual = "pipe(7)",
                .breaks = N_("the writer does not write"),
                .run = pipe_stream,
            },
            {
                .does = N_("The writer fills the pipe and writes one page more."),
                .question = N_("What does that write() do?"),
                .choices = {N_("it is lost"), N_("it sleeps until there is room"),
                            N_("it kills the writer")},
                .right = 1,
                .sees = {{N_("the writer sleeps in the kernel's pipe_write"), "/proc/PID/wchan"},
                         {N_("the buffer has a size"),
                          N_("fcntl(2) F_GETPIPE_SZ, as the process itself reports it"),
                          N_("a descriptor is asked that is no pipe")},
                         {N_("once the reader reads, the write is done"),
                          N_("write(2), as the process itself reports it")}},
                .explains = N_("The buffer has 16 pages unless told otherwise: 65536 bytes "
                               "where a page has 4096. A full pipe slows the writer down to "
                               "the reader's pace."),
                .manual = "pipe(7), F_GETPIPE_SZ(2const)",
                .breaks = N_("the writer stops before the pipe is full"),
                .run = pipe_full,
            },
            {
                .does = N_("The writer closes its end. The reader empties the pipe and reads once "
                           "more."),
                .question = N_("What does read() return?"),
                .choices = {N_("0"), N_("-1"), N_("it sleeps for ever")},
                .right = 0,
                .sees = {{N_("read() returns 0, end of file"),
                          N_("read(2), as the process itself reports it")}},
                .explains = N_("End of file means that nobody has the write end open. A write end "
                               "forgotten in some other process keeps the reader waiting: a "
                               "common mistake after fork()."),
                .manual = "pipe(7)",
                .breaks = N_("the writer does not close its end"),
                .run = pipe_end,
            },
            {
                .does = N_("On a second pipe, the reader closes its end, and the writer writes."),
                .question = N_("What happens to the writer?"),
                .choices = {N_("it sleeps"), N_("it is ended by SIGPIPE"), N_("nothing")},
                .right = 1,
                .sees = {{N_("SIGPIPE ends the writer"), "waitpid(2)"}},
                .explains = N_("Nobody will ever read it, so the writer gets SIGPIPE, and EPIPE "
                               "if it ignores that. This is how the first program of a pipeline "
                               "ends when the last one has enough."),
                .manual = "pipe(7), signal(7)",
                .breaks = N_("the reader keeps its end open"),
                .run = pipe_broken,
            },
        },
    .reading = "pipe(7), pipe(2), fcntl(2)",
};

/* ---- fifo ---- */

static char fifo_path[PATH_MAX];
enum {
    RECORD = 64, /* well below PIPE_BUF */
    RECORDS = 200
};

static void fifo_reader(struct bench *bench)
{
    char buffer[RECORD];
    int fd = -1;

    for (;;)
        switch (role_await(bench)) {
        case 'o':
            fd = open(fifo_path, is_broken(bench, 1) ? O_RDONLY | O_NONBLOCK : O_RDONLY);
            role_report(bench, fd < 0 ? -errno : 0);
            break;
        case 'r':
            role_report(bench, read_again(fd, buffer, 1) == 1 ? buffer[0] : -1);
            break;
        case 'a': { /* whole records, until the end; how many were mixed? */
            int64_t mixed = 0, count = 0;
            while (read_again(fd, buffer, RECORD) == RECORD) {
                count++;
                for (size_t i = 1; i < RECORD; i++)
                    if (buffer[i] != buffer[0]) {
                        mixed++;
                        break;
                    }
            }
            role_report(bench, count);
            role_report(bench, mixed);
            break;
        }
        case 'c':
            (void)close(fd);
            role_report(bench, 0);
            break;
        }
}

static void fifo_writer(struct bench *bench)
{
    char record[RECORD];
    int fd = -1;

    memset(record, bench->self->name[6], sizeof(record)); /* "writer1" → '1' */
    if (is_sight_broken(bench, 3, 2))
        memset(record, '-', sizeof(record) / 2);
    for (;;)
        switch (role_await(bench)) {
        case 'o':
            fd = open(fifo_path, O_WRONLY);
            role_report(bench, fd < 0 ? -errno : 0);
            break;
        case '2':
            if (!is_broken(bench, 2))
                (void)write_again(fd, "ab", 2);
            role_report(bench, 0);
            break;
        case 'w':
            for (int i = 0; i < RECORDS; i++) {
                if (is_broken(bench, 3)) { /* byte by byte, and slowly enough to mix */
                    for (size_t j = 0; j < RECORD; j++) {
                        (void)write_again(fd, record, 1);
                        (void)sched_yield();
                    }
                } else {
                    (void)write_again(fd, record, RECORD);
                }
            }
            (void)close(fd);
            role_report(bench, 0);
            break;
        }
}

static void fifo_open(struct bench *bench)
{
    const char *directory = bench_directory(bench);

    if (!directory) {
        see_no_directory(bench, 3);
        return;
    }
    (void)snprintf(fifo_path, sizeof(fifo_path), "%s/fifo", directory);
    if (mkfifo(fifo_path, 0600) < 0)
        return;
    reader = role_spawn(bench, "reader", fifo_reader);
    role_go(bench, reader, 'o');
    (void)see_sleep(bench, 0, reader->pid, "wait_for_partner|fifo_open|pipe_wait", SYS_openat);
    writer = role_spawn(bench, "writer1", fifo_writer);
    if (!is_sight_broken(bench, 1, 2) && !is_sight_broken(bench, 1, 3))
        role_go(bench, writer, 'o');
    (void)see_answer(bench, 1, reader, _("open() for reading succeeded"), 0);
    (void)see_answer(bench, 2, writer, _("open() for writing succeeded"), 0);
}

static bool has_fifo(struct bench *bench, unsigned sights)
{
    if (writer)
        return true;
    see_no_directory(bench, sights);
    return false;
}

static void fifo_share(struct bench *bench)
{
    int64_t one = 0, two = 0;

    if (!has_fifo(bench, 2))
        return;
    second_reader = role_spawn(bench, "reader2", fifo_reader);
    (void)role_ask(bench, second_reader, 'o');
    role_go(bench, reader, 'r');
    if (!is_sight_broken(bench, 2, 1))
        role_go(bench, second_reader, 'r');
    (void)see_sleep(bench, 0, second_reader->pid, "pipe_read|pipe_wait", SYS_read);
    (void)role_ask(bench, writer, '2');
    (void)role_receive(bench, reader, &one);
    (void)role_receive(bench, second_reader, &two);
    (void)see_own_words(bench, 1, (one == 'a' && two == 'b') || (one == 'b' && two == 'a'),
                        _("the readers got '%c' and '%c'"), one > 0 ? (char)one : '?',
                        two > 0 ? (char)two : '?');
}

static void fifo_mix(struct bench *bench)
{
    int64_t count = 0, mixed = -1;

    if (!has_fifo(bench, 2))
        return;
    struct role *second = role_spawn(bench, "writer2", fifo_writer);
    (void)role_ask(bench, second_reader, 'c');
    (void)role_ask(bench, second, 'o');
    role_go(bench, reader, 'a');
    role_go(bench, writer, 'w');
    role_go(bench, second, 'w');
    if (!role_receive(bench, reader, &count) || !role_receive(bench, reader, &mixed))
        return;
    (void)see_own_words(bench, 0, count == 2 * RECORDS,
                        _("%" PRId64 " records of %d bytes arrived"), count, RECORD);
    (void)see_own_words(bench, 1, mixed == 0, _("%" PRId64 " of them held bytes of both writers"),
                        mixed);
}

const struct lab_experiment experiment_fifo = {
    .name = "fifo",
    .chapter = LAB_PIPES,
    .place = 3,
    .title = N_("A pipe with a name"),
    .question = N_("How do processes that are not related share a pipe?"),
    .roles = {{"reader", N_("opens the FIFO for reading")},
              {"writer1", N_("opens it for writing")},
              {"reader2", N_("a second reader")},
              {"writer2", N_("a second writer")}},
    .steps =
        {
            {
                .does = N_("A FIFO is made with mkfifo(). The reader opens it; later, the writer "
                           "does."),
                .question = N_("When does the reader's open() return?"),
                .choices = {N_("at once"), N_("when somebody opens it for writing"),
                            N_("when data comes")},
                .right = 1,
                .sees = {{N_("the reader sleeps in open()"), "/proc/PID/wchan"},
                         {N_("once a writer opens it, the reader goes on"),
                          N_("open(2), as the process itself reports it"),
                          N_("no writer opens it")},
                         {N_("and so does the writer"),
                          N_("open(2), as the process itself reports it"),
                          N_("the writer does not open it")}},
                .explains = N_("A FIFO, or named pipe, is a pipe that has a name in the file "
                               "system. Opening one end waits for the other, so that both sides "
                               "meet."),
                .manual = "fifo(7), mkfifo(3)",
                .breaks = N_("the reader opens it without waiting (O_NONBLOCK)"),
                .run = fifo_open,
            },
            {
                .does = N_("A second reader opens it too. Both read one byte; \"ab\" is written."),
                .question = N_("Who gets what?"),
                .choices = {N_("both get \"a\""), N_("each byte goes to one of them"),
                            N_("the first reader gets all")},
                .right = 1,
                .sees = {{N_("the second reader sleeps until there is data"), "/proc/PID/wchan",
                          N_("it does not read")},
                         {N_("one of them gets a, the other one b"),
                          N_("read(2), as the process itself reports it")}},
                .explains = N_("What is read is gone. A pipe hands out, it does not copy."),
                .manual = "pipe(7)",
                .breaks = N_("nothing is written"),
                .run = fifo_share,
            },
            {
                .does = N_("Two writers write 200 records of 64 bytes each, at the same time."),
                .question = N_("Do the records mix?"),
                .choices = {N_("yes, that is a race"), N_("no: small writes are whole")},
                .right = 1,
                .sees = {{N_("all records arrive"),
                          N_("read(2), as the process itself reports it")},
                         {N_("no record holds bytes of both writers"),
                          N_("read(2), as the process itself reports it"),
                          N_("the writers write two kinds of bytes into a record")}},
                .explains =
                    N_("A write of up to PIPE_BUF bytes (4096 on Linux) is atomic: no other "
                       "write comes between its bytes. Larger ones may be split."),
                .manual = "pipe(7)",
                .breaks = N_("the writers write their records byte by byte"),
                .run = fifo_mix,
            },
        },
    .reading = "fifo(7), mkfifo(3), pipe(7)",
};
