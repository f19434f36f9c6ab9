/*
 * who has a port, a file, a pipe or a socket: with real processes.
 */
#include "reaptop/source/who.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/spawn.h"

static struct reader *reader;
static struct who_result result;
static struct error error;
static char lock_path[] = "/tmp/reaptop-who.XXXXXX";
static int listener = -1, fds[2] = {-1, -1};

static void prepare(void)
{
    error = ERROR_INIT;
    cr_assert_eq(reader_new(&reader, &error), 0, "%s", error.message);
}

static void release(void)
{
    who_done(&result);
    spawn_done();
    reader_free(reader);
}

TestSuite(who, .init = prepare, .fini = release, .timeout = 600);

static const struct who_holder *ask(const char *word, pid_t pid)
{
    char *words[] = {(char *)word};
    who_done(&result);
    cr_assert_eq(who_find(reader, words, 1, NULL, &result, &error), 0, "%s", error.message);
    for (size_t i = 0; i < result.count; i++)
        if (result.holders[i].pid == pid)
            return &result.holders[i];
    return NULL;
}

/* A child of the test's child, so that it is none of our own helpers. */
static int hold(void *argument)
{
    (void)argument;
    pid_t pid = spawn_bound();
    if (pid == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int file = open(lock_path, O_RDWR | O_CLOEXEC); /* only one test makes it */
        if (file >= 0 && fcntl(file, F_SETLK, &lock) < 0)
            _exit(1);
        spawn_report(getpid());
        for (;;)
            (void)pause();
    }
    spawn_ready();
    (void)pause();
    return 0;
}

static pid_t spawn_holder(void)
{
    int32_t pid = -1;
    pid_t child = spawn_child(hold, NULL);
    cr_assert(child > 0 && spawn_receive(child, &pid));
    return pid;
}

Test(who, a_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    pid_t pid = spawn_holder();
    char word[32];
    (void)snprintf(word, sizeof(word), ":%u", (unsigned)ntohs(address.sin_port));
    const struct who_holder *holder = ask(word, pid);
    cr_assert_not_null(holder);
    cr_expect_eq(holder->fd, listener);
    cr_expect_not_null(strstr(holder->how, "LISTEN"));
    (void)snprintf(word, sizeof(word), "udp/%u", (unsigned)ntohs(address.sin_port));
    cr_expect_null(ask(word, pid));
    (void)close(listener);
}

Test(who, a_pipe_and_a_directory)
{
    struct stat about;
    char word[64], here[4096];
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(fstat(fds[0], &about), 0);
    pid_t pid = spawn_holder();
    (void)snprintf(word, sizeof(word), "pipe:[%llu]", (unsigned long long)about.st_ino);
    const struct who_holder *holder = ask(word, pid);
    cr_assert_not_null(holder);
    cr_expect_str_eq(holder->how, "open");
    cr_assert_not_null(getcwd(here, sizeof(here)));
    holder = ask(here, pid);
    cr_assert_not_null(holder);
    cr_expect_str_eq(holder->how, "cwd");
    cr_expect_eq(holder->fd, -1);
}

Test(who, the_program_is_mapped)
{
    char program[4096] = "";
    pid_t pid = spawn_holder();
    cr_assert_gt(readlink("/proc/self/exe", program, sizeof(program) - 1), 0);
    cr_expect_not_null(ask(program, pid));
    bool is_mapped = false;
    for (size_t i = 0; i < result.count; i++)
        is_mapped = is_mapped ||
                    (result.holders[i].pid == pid && strcmp(result.holders[i].how, "mapped") == 0);
    cr_expect(is_mapped);
}

Test(who, a_lock)
{
    int file = mkstemp(lock_path);
    cr_assert_geq(file, 0);
    (void)close(file);
    pid_t pid = spawn_holder();
    cr_assert_not_null(ask(lock_path, pid));
    bool has_lock = false;
    for (size_t i = 0; i < result.count; i++)
        has_lock = has_lock ||
                   (result.holders[i].pid == pid &&
                    strcmp(result.holders[i].how, "lock: fcntl write lock on the whole file") == 0);
    (void)unlink(lock_path);
    cr_expect(has_lock);
}

Test(who, words_that_name_nothing_are_refused)
{
    static const char *const words[] = {"",     "8080",    ":0",      ":65536", ":x",
                                        "tcp/", "pipe:[]", "pipe:[1", "unit:",  "socket:[1x]"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char *asked[] = {(char *)words[i]};
        error = ERROR_INIT;
        cr_expect_eq(who_find(reader, asked, 1, NULL, &result, &error), -EINVAL, "%s", words[i]);
        cr_expect_not_null(strstr(error.message, ":PORT"));
    }
}
