/*
 * What each process of a running screen and of each command has of capabilities, as
 * /proc/PID/status says. As an ordinary user none has any, and all of this holds as well.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/privilege.h"
#include "reaptop/cli/command.h"
#include "support/capabilities.h"
#include "support/family.h"
#include "support/terminal.h"

static struct terminal *t;
static pid_t program;

static void tear_down(void)
{
    terminal_free(t);
    t = NULL;
    if (program > 0) {
        (void)kill(program, SIGKILL);
        (void)waitpid(program, NULL, 0);
    }
    program = 0;
}

TestSuite(privileges, .fini = tear_down, .timeout = 600);

static void expect_kept(pid_t pid, const char *name, uint64_t kept, bool has_reserve,
                        uint64_t bounding)
{
    struct capabilities found = {{0}};
    cr_expect(capabilities_await(pid, kept, has_reserve, bounding, &found),
              "%s: of %llx it has %llx, of %llx, bounding %llx", name, (unsigned long long)kept,
              (unsigned long long)found.sets[SET_EFFECTIVE],
              (unsigned long long)found.sets[SET_PERMITTED],
              (unsigned long long)found.sets[SET_BOUNDING]);
}

/*
 * Bits of the kinds that were found among the children, those below them as well. Who has no
 * CAP_SETPCAP gives its children its bounding set.
 */
static unsigned expect_helpers(pid_t pid, uint64_t bounding)
{
    pid_t children[CHILDREN_MOST];
    unsigned seen = 0;
    char comm[COMM_SIZE];
    size_t count = family_children(pid, children);
    for (size_t i = 0; i < count; i++) {
        uint64_t below = bounding;
        for (unsigned kind = 0; family_comm(children[i], comm) && kind < HELPER_KIND_COUNT;
             kind++) {
            const struct helper_info *info = &helper_kinds[kind];
            if (!info->is_renamed || strcmp(comm, info->name) != 0)
                continue;
            expect_kept(children[i], comm, info->privileges, info->has_reserve, bounding);
            seen |= 1U << kind;
            below = bounding != 0 ? bounding : info->privileges;
        }
        seen |= expect_helpers(children[i], below);
    }
    return seen;
}

/* ---- the screen ---- */

static void start(const char *option)
{
    t = terminal_start(&(struct terminal_options){
        .rows = 40, .cols = 190, .argv = (const char *[]){terminal_reaptop(), option, NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "PPID"));
}

Test(privileges, of_the_screen)
{
    const unsigned wanted = 1U << HELPER_READER | 1U << HELPER_PANE | 1U << HELPER_RESTORER;
    start(NULL);
    expect_kept(terminal_pid(t), "the screen", PRIVILEGES_SCREEN, true, 0);
    cr_assert_gt(family_await(terminal_pid(t), "reaptop-pane"), 0);
    cr_expect_eq(expect_helpers(terminal_pid(t), 0) & wanted, wanted);
}

Test(privileges, of_a_screen_that_only_looks)
{
    start("--readonly");
    expect_kept(terminal_pid(t), "--readonly", PRIVILEGES_SCREEN_READONLY, false, 0);
    cr_expect_neq(expect_helpers(terminal_pid(t), PRIVILEGES_SCREEN_READONLY), 0);
}

static pid_t find_child(const char *name)
{
    return family_find(terminal_pid(t), name);
}

static bool has_child(struct terminal *unused, const void *name)
{
    (void)unused;
    return find_child(name) > 0;
}

Test(privileges, of_children_that_the_screen_starts)
{
    struct capabilities own, found;
    start("-d200ms");
    terminal_send(t, "n");
    cr_assert(terminal_wait_text(t, "New child"));
    terminal_send(t, TERMINAL_DOWN TERMINAL_ENTER); /* behind "a command" */
    cr_assert(terminal_wait(t, has_child, "sleeper"));
    expect_kept(find_child("sleeper"), "sleeper", helper_kinds[HELPER_SPECIMEN].privileges, false,
                0);
    terminal_send(t, "n");
    cr_assert(terminal_wait_text(t, "New child"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Run:"));
    terminal_send(t, "tail -f /dev/null\r");
    cr_assert(terminal_wait(t, has_child, "tail"));
    cr_assert(capabilities_read(0, &own) && capabilities_read(find_child("tail"), &found));
    cr_expect_eq(found.sets[SET_EFFECTIVE], getuid() == 0 ? own.sets[SET_EFFECTIVE] : 0);
    cr_expect_eq(found.sets[SET_BOUNDING], own.sets[SET_BOUNDING]);
    cr_expect_eq(found.sets[SET_AMBIENT], 0);
}

/* ---- commands ---- */

/* Its standard output is a pipe that is full: it waits at its first word. Returns our end. */
static int start_command(const char *const *argv)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    while (write(ends[1], "", 1) == 1)
        ;
    cr_assert_eq(fcntl(ends[1], F_SETFL, 0), 0);
    program = fork();
    if (program == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null < 0 || dup2(null, 0) < 0 || dup2(ends[1], 1) < 0 || dup2(null, 2) < 0)
            _exit(99);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(99);
    }
    (void)close(ends[1]);
    return ends[0];
}

static void expect_of_command(const char *const *argv)
{
    const struct command *command = command_find(argv[1]);
    cr_assert_not_null(command);
    int fd = start_command(argv);
    expect_kept(program, argv[1], command->privileges, command->starts_commands, 0);
    (void)expect_helpers(program, command->starts_commands ? 0 : command->privileges);
    cr_expect_eq(command->privileges & ~PRIVILEGES_SCREEN, 0, "%s", argv[1]);
    tear_down();
    (void)close(fd);
}

Test(privileges, of_each_command)
{
    char self[16];
    (void)snprintf(self, sizeof(self), "%d", (int)getpid());
    const char *const lines[][4] = {
        {"tree"},       {"show", self},    {"files", self},   {"who", "/dev/null"},
        {"why", self},  {"maps", self},    {"pages", self},   {"send", "-n", "TERM", self},
        {"run", "cat"}, {"events"},        {"record", "-"},   {"metrics"},
        {"lab"},        {"threads", self}, {"signals", self}, {"explain", "states"},
    };
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        const char *argv[6] = {terminal_reaptop()};
        memcpy(&argv[1], lines[i], sizeof(lines[i]));
        expect_of_command(argv);
    }
}

Test(privileges, of_an_experiment)
{
    const unsigned wanted = 1U << HELPER_LAB_GUARD | 1U << HELPER_LAB_HOST;
    start("-d200ms");
    terminal_send(t, "L");
    cr_assert(terminal_wait_text(t, "One process becomes two"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert_gt(family_await(terminal_pid(t), "lab-host"), 0);
    cr_expect_eq(expect_helpers(terminal_pid(t), 0) & wanted, wanted);
}
