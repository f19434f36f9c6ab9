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

static struct role *reader, *writer, *second_reader, *roles[3];
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
            capacity = fcntl(ends[1], F_GETPIPE_SZ);
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
    if (!is_broken(bench, 1))
        role_go(bench, reader, 'r');
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
    (void)see(bench, 0, first == 6,
              _("two write()s of 3 bytes; the reader has read %" PRId64 " bytes as one stream"),
              first);
    (void)see_state(bench, 1, reader->pid, "S");
}

static void pipe_full(struct bench *bench)
{
    int64_t capacity = role_ask(bench, writer, 'f');

    (void)see_sleep(bench, 0, writer->pid, "pipe_write|pipe_wait", SYS_write);
    (void)see(bench, 1, capacity >= PIPE_BUF, _("fcntl(F_GETPIPE_SZ): %" PRId64 " bytes fit in"),
              capacity);
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
    int status = 0;

    /* A second pair: the first has no writer any more. */
    spawn_pair(bench);
    if (!is_broken(bench, 5))
        (void)role_ask(bench, reader, 'c');
    role_go(bench, writer, 'w');
    int reaped = bench_reap(bench, writer->pid, &status);
    (void)see(bench, 0, reaped > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE,
              _("waitpid(%d): %s %d"), writer->pid,
              reaped > 0 ? _("ended by signal") : _("not reaped"), WTERMSIG(status));
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
                         {N_("its state is S"), "/proc/PID/stat field 3"}},
                .explains = N_("A pipe is a buffer in the kernel with two ends: what is written to "
                               "one is read from the other. While it is empty and has a writer, "
                               "read() waits."),
                .manual = "pipe(7)",
                .breaks = N_("the reader does not read"),
                .run = pipe_empty,
            },
            {
                .does = N_("The writer writes \"abc\" and \"def\", in two calls."),
                .question = N_("Does the reader get two messages?"),
                .choices = {N_("yes, one a read"), N_("no: six bytes, however they came")},
                .right = 1,
                .sees = {{N_("the reader gets six bytes"), "read(2)"},
                         {N_("and was woken by them: it sleeps elsewhere now"),
                          "/proc/PID/stat field 3"}},
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
                         {N_("the buffer has a size"), "fcntl(2) F_GETPIPE_SZ"},
                         {N_("once the reader reads, the write is done"), "write(2)"}},
                .explains = N_("The buffer holds 65536 bytes unless told otherwise. A full pipe "
                               "slows the writer down to the reader's pace."),
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
                .sees = {{N_("read() returns 0, end of file"), "read(2)"}},
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

/* ---- pipeline ---- */

static int links[2][2], result[2];
static const char *const programs[3] = {"ps", "grep", "awk"};

/* Joins its standard input and output as a shell does, and then becomes the program. */
static void pipeline_role(struct bench *bench, unsigned index)
{
    static const char *const arguments[3][4] = {
        {"ps", "-e", NULL, NULL},
        {"grep", "-v", "no such line", NULL},
        {"awk", "END { print NR }", NULL, NULL},
    };

    if (index > 0)
        (void)dup2(links[index - 1][0], 0);
    if (!is_broken(bench, 1))
        (void)dup2(index < 2 ? links[index][1] : result[1], 1);
    for (size_t i = 0; i < 2; i++) {
        (void)close(links[i][0]);
        (void)close(links[i][1]);
    }
    (void)close(result[0]);
    (void)close(result[1]);
    role_report(bench, 0);
    (void)role_await(bench);
    if (!is_broken(bench, 2))
        (void)execvp(programs[index], (char *const *)arguments[index]);
    role_report(bench, -errno);
    if (is_broken(bench, 2))
        role_idle(bench);
    _exit(127);
}

static void pipeline_first(struct bench *bench)
{
    pipeline_role(bench, 0);
}

static void pipeline_second(struct bench *bench)
{
    pipeline_role(bench, 1);
}

static void pipeline_third(struct bench *bench)
{
    pipeline_role(bench, 2);
}

static void pipeline_join(struct bench *bench)
{
    static void (*const plays[3])(struct bench *) = {pipeline_first, pipeline_second,
                                                     pipeline_third};
    static const char *const names[3] = {"first", "second", "third"};
    int64_t ready;

    if (pipe2(links[0], O_CLOEXEC) < 0 || pipe2(links[1], O_CLOEXEC) < 0 ||
        pipe2(result, O_CLOEXEC) < 0)
        return;
    for (size_t i = 0; i < 3; i++)
        roles[i] = role_spawn(bench, names[i], plays[i]);
    for (size_t i = 0; i < 2; i++) {
        (void)close(links[i][0]);
        (void)close(links[i][1]);
    }
    (void)close(result[1]);
    for (size_t i = 0; i < 3; i++)
        if (!role_receive(bench, roles[i], &ready))
            return;
    for (unsigned i = 0; i < 2; i++) {
        char out[64] = "", in[64] = "";
        (void)observe_link(roles[i]->pid, "fd/1", out, sizeof(out));
        (void)observe_link(roles[i + 1]->pid, "fd/0", in, sizeof(in));
        (void)see(bench, i, strncmp(out, "pipe:", 5) == 0 && strcmp(out, in) == 0,
                  "/proc/%d/fd/1 -> %s, /proc/%d/fd/0 -> %s", roles[i]->pid, out, roles[i + 1]->pid,
                  in);
    }
}

/* The programs from the last to the first, so that each finds its reader waiting. */
static void pipeline_exec(struct bench *bench)
{
    for (unsigned i = 2; i >= 1; i--) {
        char comm[64] = "";
        role_go(bench, roles[i], 'x');
        /* awk may be a link to one of several programs; comm is the name it was called by. */
        bool seen = until(bench, observe_file(roles[i]->pid, "comm", comm, sizeof(comm)) &&
                                     strcmp(comm, programs[i]) == 0);
        int64_t failed;
        if (!seen && !is_broken(bench, 2) && role_receive(bench, roles[i], &failed))
            see_skipped(bench, 2 - i, _("%s is not installed"), programs[i]);
        else
            (void)see(bench, 2 - i, seen, "/proc/%d/comm: %s", roles[i]->pid, comm);
    }
    (void)see_sleep(bench, 2, roles[1]->pid, "pipe_read|pipe_wait", SYS_read);
}

static void pipeline_flow(struct bench *bench)
{
    char text[32] = "";
    int status[3] = {-1, -1, -1};
    int64_t failed;

    if (!is_broken(bench, 3))
        role_go(bench, roles[0], 'x');
    bool readable =
        until(bench, poll(&(struct pollfd){.fd = result[0], .events = POLLIN}, 1, 0) > 0);
    ssize_t length = readable ? read_again(result[0], text, sizeof(text) - 1) : 0;
    long lines = length > 0 ? strtol(text, NULL, 10) : 0;
    for (size_t i = 0; i < 3; i++)
        if (bench_reap(bench, roles[i]->pid, &status[i]) <= 0)
            break;
    if (WIFEXITED(status[0]) && WEXITSTATUS(status[0]) == 127 &&
        role_receive(bench, roles[0], &failed)) {
        see_skipped(bench, 0, _("ps is not installed"));
        see_skipped(bench, 1, _("ps is not installed"));
        return;
    }
    (void)see(bench, 0, lines > 0, _("awk wrote: %ld"), lines);
    (void)see(bench, 1, status[0] == 0 && status[1] == 0 && status[2] == 0,
              _("waitpid() of ps, grep, awk: exit statuses %d, %d, %d"), status[0], status[1],
              status[2]);
}

const struct lab_experiment experiment_pipeline = {
    .name = "pipeline",
    .chapter = LAB_PIPES,
    .place = 2,
    .title = N_("ps | grep | awk, taken apart"),
    .question = N_("How does a shell join programs?"),
    .roles = {{"first", N_("becomes ps")},
              {"second", N_("becomes grep")},
              {"third", N_("becomes awk")}},
    .steps =
        {
            {
                .does = N_("Three children are forked and two pipes between them are made their "
                           "standard input (descriptor 0) and output (descriptor 1)."),
                .question = N_("How can one see from outside that two processes are joined?"),
                .choices = {N_("by their names"), N_("by the pipe's inode number"),
                            N_("not at all")},
                .right = 1,
                .sees = {{N_("the first one's output is the second one's input"), "/proc/PID/fd"},
                         {N_("the second one's output is the third one's input"), "/proc/PID/fd"}},
                .explains = N_("Each pipe has an inode number, and /proc/PID/fd shows it: "
                               "pipe:[1234]. The same number in two processes is the same pipe. "
                               "dup2() made it descriptor 0 or 1."),
                .manual = "dup2(2), proc(5)",
                .breaks = N_("the outputs are not joined"),
                .run = pipeline_join,
            },
            {
                .does = N_("awk and grep are started in the last two processes."),
                .question = N_("What do they do before ps runs?"),
                .choices = {N_("they exit: there is no input"), N_("they sleep in pipe_read"),
                            N_("they are not running yet")},
                .right = 1,
                .sees = {{N_("the third process is awk now"), "/proc/PID/comm"},
                         {N_("the second is grep"), "/proc/PID/comm"},
                         {N_("grep sleeps, waiting for the pipe"), "/proc/PID/wchan"}},
                .explains = N_("execve() keeps the descriptors, so each program finds its pipe as "
                               "standard input and knows nothing of the others. All programs of a "
                               "pipeline run at the same time."),
                .manual = "execve(2), pipe(7)",
                .breaks = N_("the programs are not started"),
                .run = pipeline_exec,
            },
            {
                .does = N_("ps starts, writes its lines and exits."),
                .question = N_("How do grep and awk know that it is over?"),
                .choices = {N_("a signal"), N_("end of file, one after the other"),
                            N_("the shell tells them")},
                .right = 1,
                .sees = {{N_("awk printed how many lines came"), "read(2)"},
                         {N_("all three have exited, with status 0"), "waitpid(2)"}},
                .explains = N_("When ps exits its end of the pipe closes; grep reads end of file "
                               "and exits, which closes the next pipe. The shell waits for all "
                               "of them."),
                .manual = "pipe(7), wait(2)",
                .breaks = N_("ps is not started"),
                .run = pipeline_flow,
            },
        },
    .reading = "pipe(7), dup2(2), execve(2), proc(5)",
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
        see_skipped(bench, 0, _("no directory can be made in /tmp: %s"), strerror(errno));
        see_skipped(bench, 1, _("no directory can be made in /tmp: %s"), strerror(errno));
        see_skipped(bench, 2, _("no directory can be made in /tmp: %s"), strerror(errno));
        return;
    }
    (void)snprintf(fifo_path, sizeof(fifo_path), "%s/fifo", directory);
    if (mkfifo(fifo_path, 0600) < 0)
        return;
    reader = role_spawn(bench, "reader", fifo_reader);
    role_go(bench, reader, 'o');
    (void)see_sleep(bench, 0, reader->pid, "wait_for_partner|fifo_open|pipe_wait", SYS_openat);
    writer = role_spawn(bench, "writer1", fifo_writer);
    role_go(bench, writer, 'o');
    (void)see_reported(bench, 1, reader, _("open() for reading returned"), 0);
    (void)see_reported(bench, 2, writer, _("open() for writing returned"), 0);
}

static bool has_fifo(struct bench *bench, unsigned sights)
{
    if (writer)
        return true;
    for (unsigned i = 0; i < sights; i++)
        see_skipped(bench, i, _("no directory can be made in /tmp"));
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
    role_go(bench, second_reader, 'r');
    (void)see_sleep(bench, 0, second_reader->pid, "pipe_read|pipe_wait", SYS_read);
    (void)role_ask(bench, writer, '2');
    (void)role_receive(bench, reader, &one);
    (void)role_receive(bench, second_reader, &two);
    (void)see(bench, 1, (one == 'a' && two == 'b') || (one == 'b' && two == 'a'),
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
    (void)see(bench, 0, count == 2 * RECORDS, _("%" PRId64 " records of %d bytes arrived"), count,
              RECORD);
    (void)see(bench, 1, mixed == 0, _("%" PRId64 " of them held bytes of both writers"), mixed);
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
                         {N_("once a writer opens it, the reader goes on"), "open(2)"},
                         {N_("and so does the writer"), "open(2)"}},
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
                .sees = {{N_("the second reader sleeps until there is data"), "/proc/PID/wchan"},
                         {N_("one of them gets a, the other one b"), "read(2)"}},
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
                .sees = {{N_("all records arrive"), "read(2)"},
                         {N_("no record holds bytes of both writers"), "read(2)"}},
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
