/*
 * Keys while the process table is read: they are answered before the sweep has
 * ended. The sweep of libproc2 is held still in the midst (ptrace(2) stops its
 * thread alone), and the program's own log tells in which order things went.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/clock.h"
#include "support/terminal.h"

static struct terminal *t;
static char state_dir[] = "/tmp/reaptop-keys.XXXXXX";
static char log_dir[64], log_path[80];

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(state_dir));
    (void)snprintf(log_dir, sizeof log_dir, "%s/reaptop", state_dir);
    (void)snprintf(log_path, sizeof log_path, "%s/debug.log", log_dir);
}

static void tear_down(void)
{
    terminal_free(t);
    t = NULL;
    (void)unlink(log_path);
    (void)rmdir(log_dir);
    (void)rmdir(state_dir);
}

TestSuite(keys, .init = set_up, .fini = tear_down, .timeout = 600);

struct seen {
    int sweeps;       /* that were taken in */
    bool is_answered; /* a key was taken and its answer drawn between a sweep's begin and end */
};

static struct seen read_log(void)
{
    struct seen seen = {0};
    FILE *file = fopen(log_path, "re");
    char line[256];
    bool is_sweeping = false, has_key = false;
    while (file && fgets(line, sizeof line, file)) {
        if (strstr(line, "sweep begins")) {
            is_sweeping = true;
            has_key = false;
        } else if (strstr(line, "sweep is taken in")) {
            is_sweeping = false;
            seen.sweeps++;
        } else if (strstr(line, "key")) {
            has_key = is_sweeping;
        } else if (strstr(line, "drawn")) {
            seen.is_answered |= is_sweeping && has_key;
        }
    }
    if (file)
        (void)fclose(file);
    return seen;
}

/* The thread of that name, 0 if there is none. */
static pid_t thread_named(pid_t pid, const char *name)
{
    char path[64], comm[32] = "";
    pid_t tid = 0;
    const struct dirent *entry;
    (void)snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    while (dir && !tid && (entry = readdir(dir))) {
        (void)snprintf(path, sizeof path, "/proc/%d/task/%d/comm", pid, atoi(entry->d_name));
        FILE *file = fopen(path, "re");
        if (file && fgets(comm, sizeof comm, file) && strncmp(comm, name, strlen(name)) == 0)
            tid = atoi(entry->d_name);
        if (file)
            (void)fclose(file);
    }
    if (dir)
        (void)closedir(dir);
    return tid;
}

/*
 * Stops the thread where it opens its next file: there it has no lock of the C
 * library that another thread could want. False where it must not be traced.
 */
static bool hold_at_open(pid_t tid)
{
    struct __ptrace_syscall_info info = {0};
    if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD) < 0)
        return false;
    cr_assert_eq(ptrace(PTRACE_INTERRUPT, tid, 0, 0), 0);
    cr_assert_eq(waitpid(tid, NULL, __WALL), tid);
    while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_openat) {
        cr_assert_eq(ptrace(PTRACE_SYSCALL, tid, 0, 0), 0);
        cr_assert_eq(waitpid(tid, NULL, __WALL), tid);
        cr_assert_geq(ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof info, &info), 0);
    }
    return true;
}

static bool is_before(uint64_t deadline_ns)
{
    return clock_boot_ns() < deadline_ns;
}

Test(keys, are_answered_while_a_sweep_is_under_way)
{
    char setting[96];
    (void)snprintf(setting, sizeof setting, "XDG_STATE_HOME=%s", state_dir);
    t = terminal_start(&(struct terminal_options){
        .rows = 50,
        .cols = 160,
        .argv = (const char *[]){terminal_reaptop(), "-d", "100ms", NULL},
        .env = (const char *[]){"REAPTOP_DEBUG=all", "REAPTOP_SWEEP=libproc2", setting, NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "PPID"));
    pid_t tid = thread_named(terminal_pid(t), "reaptop-sweep");
    cr_assert_gt(tid, 0, "libproc2's sweep has a thread of its own");
    if (!hold_at_open(tid))
        cr_skip_test("this machine does not let its own program be traced");

    struct seen seen = read_log();
    uint64_t deadline_ns = clock_boot_ns() + TERMINAL_DEADLINE_MS * NS_PER_MS;
    for (int i = 0; !seen.is_answered && is_before(deadline_ns); i++, seen = read_log()) {
        size_t before = terminal_bytes(t);
        terminal_send(t, i % 2 == 0 ? TERMINAL_DOWN : TERMINAL_UP);
        while (terminal_bytes(t) == before && is_before(deadline_ns))
            (void)terminal_read(t, 100);
        cr_assert_neq(terminal_bytes(t), before, "key %d is answered", i);
    }
    cr_expect(seen.is_answered, "a key is answered before the sweep under way has ended");

    cr_assert_eq(ptrace(PTRACE_DETACH, tid, 0, 0), 0);
    int held = seen.sweeps;
    for (; seen.sweeps <= held && is_before(deadline_ns); seen = read_log())
        (void)terminal_read(t, 100);
    cr_expect_gt(seen.sweeps, held, "the sweep that was held is taken in");
    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0);
}
