/*
 * Every key of a document that a command really prints is described in reaptop-json(5), in the
 * section of that document and at that place. The other way round, and keys that no run here
 * brings about: tests/json_keys.sh.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/field.h"
#include "run_command.h"
#include "support/spawn.h"

static const char page_path[] = "man/reaptop-json.5";

enum {
    PATH_SIZE = 256,
    PAGE_SIZE_MAX = 1 << 16
};

static char page[PAGE_SIZE_MAX];

/* A place of a document whose keys another section of the page describes. */
static const struct elsewhere {
    const char *document, *place, *section;
} elsewhere[] = {
    {"reaptop/tree/2", "processes.", "A process"},
    {"reaptop/show/2", "", "A process"},
    {"reaptop/show/2", "life.moments.", "reaptop/event/1"},
    {"reaptop/send/1", "then.", "reaptop/send/1"},
};

static void read_page(void)
{
    FILE *file = fopen(page_path, "re");
    cr_assert_not_null(file, "%s", page_path);
    page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
    (void)fclose(file);
}

/* A part of a name in capitals stands for any. */
static bool is_same_path(const char *described, size_t length, const char *path)
{
    const char *end = described + length;
    while (described < end) {
        size_t part = strcspn(described, ". \n"), own = strcspn(path, ".");
        if (part > (size_t)(end - described))
            part = (size_t)(end - described);
        if (!isupper((unsigned char)*described) &&
            (part != own || strncmp(described, path, part) != 0))
            return false;
        described += part;
        path += own;
        if (described == end || *path == '\0')
            break;
        described++;
        path++;
    }
    return described == end && *path == '\0';
}

/* A line ".It Cm KEY , KEY". */
static bool line_has(const char *line, size_t length, const char *path)
{
    static const char item[] = ".It Cm ";
    const char *end = line + length;
    if (length < sizeof(item) || strncmp(line, item, sizeof(item) - 1) != 0)
        return false;
    for (line += sizeof(item) - 1; line < end;) {
        size_t word = strcspn(line, " \n");
        if (is_same_path(line, word, path))
            return true;
        line += word;
        line += strspn(line, " ,");
        if (*line == '\n')
            break;
    }
    return false;
}

static bool section_has(const char *section, const char *path)
{
    char heading[PATH_SIZE];
    (void)snprintf(heading, sizeof(heading), "\n.Ss %s\n", section);
    const char *at = strstr(page, heading);
    if (!at)
        return false;
    at += strlen(heading);
    while (*at && strncmp(at, ".Ss ", 4) != 0 && strncmp(at, ".Sh ", 4) != 0) {
        size_t length = strcspn(at, "\n");
        if (line_has(at, length, path))
            return true;
        at += length + (at[length] == '\n');
    }
    return false;
}

/* The figures of mappings are described once, beneath. */
static bool is_figure(const char *document, const char *path)
{
    const char *key = strrchr(path, '.');
    return strcmp(document, "reaptop/maps/1") == 0 && key && section_has(document, key + 1);
}

static bool is_described(const char *document, const char *path)
{
    const char *key = strrchr(path, '.');
    if (strcmp(key ? key + 1 : path, "schema") == 0 ||
        strcmp(key ? key + 1 : path, "unavailable") == 0)
        return true;
    for (size_t i = 0; i < ELEMENTS(elsewhere); i++) {
        const struct elsewhere *other = &elsewhere[i];
        size_t length = strlen(other->place);
        if (strcmp(document, other->document) == 0 && strncmp(path, other->place, length) == 0 &&
            section_has(other->section, path + length))
            return true;
    }
    /* mappings.FIGURE is any key, so what is no figure must be there by name. */
    return strstr(path, "_kib") && strcmp(document, "reaptop/maps/1") == 0
               ? is_figure(document, path)
               : section_has(document, path);
}

static size_t keys_seen;

static void expect_described(const char *document, const json_t *value, const char *path)
{
    const char *key;
    json_t *member;
    size_t index;
    if (json_is_array(value))
        json_array_foreach(value, index, member) expect_described(document, member, path);
    if (!json_is_object(value))
        return;
    json_object_foreach((json_t *)value, key, member)
    {
        char inner[PATH_SIZE];
        (void)snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "", key);
        cr_expect(is_described(document, inner), "%s: %s", document, inner);
        keys_seen++;
        if (strcmp(key, "unavailable") != 0)
            expect_described(document, member, inner);
    }
}

/* Lines of `output` that are no JSON are messages. */
static void expect_output_described(const char *output)
{
    while (*output) {
        size_t length = strcspn(output, "\n");
        json_t *document = *output == '{' ? json_loadb(output, length, 0, NULL) : NULL;
        const char *schema = json_string_value(json_object_get(document, "schema"));
        if (schema)
            expect_described(schema, document, "");
        json_decref(document);
        output += length + (output[length] == '\n');
    }
}

/* Opens one of each kind of descriptor that has keys of its own. */
static void hold_descriptors(const char *path)
{
    int pair[2], fds[2];
    sigset_t set;
    struct epoll_event event = {.events = EPOLLIN};
    struct itimerspec timer = {.it_value = {1000000, 0}};
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    int epoll = epoll_create1(0), clock = timerfd_create(CLOCK_MONOTONIC, 0);
    if (pipe(fds) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || eventfd(3, 0) < 0 ||
        signalfd(-1, &set, 0) < 0 || timerfd_settime(clock, 0, &timer, NULL) < 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event) < 0 ||
        flock(open(path, O_RDWR | O_CREAT, 0600), LOCK_EX) < 0)
        _exit(98);
}

/* A process that stands still with its descriptors open; the caller kills and reaps it. */
static pid_t start_still(const char *path)
{
    int ready[2];
    char byte;
    cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = spawn_bound();
    if (pid == 0) {
        hold_descriptors(path);
        (void)!write(ready[1], "", 1);
        for (;;)
            (void)pause();
    }
    (void)close(ready[1]);
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    return pid;
}

static void run_all(pid_t pid)
{
    static const struct {
        const char *line;
        bool takes_pid;
    } runs[] = {
        {"tree -J", true},
        {"show -J", true},
        {"files -J", true},
        {"why -J", true},
        {"maps -J", true},
        {"threads -J", true},
        {"threads -J --stacks", true},
        {"signals -J", true},
        {"signals -J", false},
        {"send -n -J TERM", true},
        {"explain -J Z", false},
        {"lab -J", false},
        {"who -J /dev/null", false},
        {"explain -J TERM", false},
    };
    int status;
    for (size_t i = 0; i < ELEMENTS(runs); i++)
        expect_output_described(
            run_command(runs[i].line, runs[i].takes_pid ? pid : 0, false, &status));
}

Test(json_keys, whatever_a_command_prints_is_described)
{
    char path[PATH_SIZE], line[PATH_SIZE];
    int status;
    const char *directory = getenv("TMPDIR");
    read_page();
    (void)snprintf(path, sizeof(path), "%s/json-keys-%d", directory ? directory : "/tmp",
                   (int)getpid());
    pid_t pid = start_still(path);
    run_all(pid);
    /* Of what this program and its copy have at that address: all would be long under a sanitizer.
     */
    (void)snprintf(line, sizeof(line), "pages -J %d %p-%p", (int)pid, (void *)page,
                   (void *)(page + sizeof(page)));
    expect_output_described(run_command(line, 0, false, &status));
    /* A machine under load may keep some from answering in time; not those of tables alone. */
    cr_expect_gt(keys_seen, 100);
    expect_output_described(run_command("run -J -- true", 0, false, &status));
    expect_output_described(run_command("run -J --syscalls -- true", 0, false, &status));
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    (void)unlink(path);
}

Test(json_keys, what_is_not_described_is_found)
{
    read_page();
    cr_expect(is_described("reaptop/show/2", "limits.open_files.soft"));
    cr_expect(is_described("reaptop/tree/2", "processes.pid"));
    cr_expect(is_described("reaptop/maps/1", "mappings.rss_kib"));
    cr_expect_not(is_described("reaptop/maps/1", "mappings.shape_kib"));
    cr_expect_not(is_described("reaptop/show/2", "limits.open_files.shape"));
    cr_expect_not(is_described("reaptop/tree/2", "processes.limits"));
    cr_expect_not(is_described("reaptop/tree/2", "pid"));
}
