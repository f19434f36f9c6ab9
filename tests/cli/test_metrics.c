/*
 * metrics: the command, a zombie of our own, and Prometheus's own tools where
 * they are installed.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/spawn.h"

static char output[1 << 18];

static void release(void)
{
    spawn_done();
}

TestSuite(metrics_command, .fini = release, .timeout = 600);

/* The exit status of a shell's command line; what it wrote is in `output`. */
static int shell(const char *line)
{
    FILE *pipe = popen(line, "r");
    cr_assert_not_null(pipe);
    size_t length = fread(output, 1, sizeof(output) - 1, pipe);
    output[length] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int metrics(const char *arguments)
{
    char line[512];
    const char *program = getenv("REAPTOP");
    (void)snprintf(line, sizeof(line), "%s metrics %s", program ? program : "build/reaptop",
                   arguments);
    return shell(line);
}

static int end(void *unused)
{
    (void)unused;
    spawn_ready();
    return 0;
}

static pid_t spawn_zombie(void)
{
    siginfo_t info;
    pid_t child = spawn_child(end, NULL);
    cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    return child;
}

Test(metrics_command, a_zombie_is_told_with_who_must_wait)
{
    char line[128];
    (void)spawn_zombie();
    cr_assert_eq(metrics(""), 0);
    (void)snprintf(line, sizeof(line), "reaptop_zombies{waiter_pid=\"%d\",waiter=\"",
                   (int)getpid());
    const char *found = strstr(output, line);
    cr_assert_not_null(found, "%s", output);
    cr_expect_not_null(strstr(found, "relation=\"parent\"} 1\n"));
    cr_expect_str_eq(output + strlen(output) - 6, "# EOF\n");
}

Test(metrics_command, the_file_is_replaced_as_a_whole)
{
    char path[256], arguments[300];
    struct stat before, after;
    const char *dir = getenv("TMPDIR");
    (void)snprintf(path, sizeof(path), "%s/reaptop.prom", dir ? dir : "/tmp");
    (void)snprintf(arguments, sizeof(arguments), "-o %s", path);
    cr_assert_eq(metrics(arguments), 0);
    cr_expect_str_empty(output);
    cr_assert_eq(stat(path, &before), 0);
    cr_expect_eq(before.st_mode & 0777, 0644, "the collector runs as another user");
    int old = open(path, O_RDONLY | O_CLOEXEC);
    (void)snprintf(arguments, sizeof(arguments), "-n 2 -d 50ms -o %s", path);
    cr_assert_eq(metrics(arguments), 0);
    cr_assert_eq(stat(path, &after), 0);
    cr_expect_neq(before.st_ino, after.st_ino);
    cr_expect_eq(lseek(old, 0, SEEK_END), before.st_size, "who reads the former one has all of it");
    (void)close(old);
    (void)unlink(path);
}

Test(metrics_command, wrong_use_is_refused)
{
    cr_expect_eq(metrics("now 2>&1"), 2);
    cr_expect_not_null(strstr(output, "it takes no operand, not 'now'"), "%s", output);
    cr_expect_eq(metrics("-o /nowhere/x.prom 2>&1"), 3);
    cr_expect_not_null(strstr(output, "reaptop: metrics: /nowhere/x.prom: "), "%s", output);
}

/* The older text format has no place for a counter's help: it is all that promtool may miss. */
Test(metrics_command, promtool_reads_it)
{
    char line[512];
    const char *program = getenv("REAPTOP");
    if (shell("command -v promtool") != 0)
        cr_skip_test("there is no promtool");
    (void)spawn_zombie();
    (void)snprintf(line, sizeof(line),
                   "%s metrics | promtool check metrics 2>&1 | "
                   "grep -v '_total no help text'",
                   program ? program : "build/reaptop");
    (void)shell(line);
    cr_expect_str_empty(output, "%s", output);
}

Test(metrics_command, promtool_accepts_the_alert_rules)
{
    if (shell("command -v promtool") != 0)
        cr_skip_test("there is no promtool");
    cr_expect_eq(shell("promtool test rules src/share/prometheus/reaptop-alerts.test.yml 2>&1"), 0,
                 "%s", output);
}
