/* A call's text and words, from numbers and a memory of the test's own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/call.h"

enum {
    BASE = 0x1000
};

static char bytes[256];

static size_t read_bytes(void *context, uint64_t address, void *ret_bytes, size_t size)
{
    (void)context;
    if (address < BASE || address >= BASE + sizeof(bytes))
        return 0;
    size_t left = (size_t)(BASE + sizeof(bytes) - address), count = size < left ? size : left;
    memcpy(ret_bytes, bytes + (address - BASE), count);
    return count;
}

static bool name_descriptor(void *context, int fd, char *name, size_t size)
{
    (void)context;
    (void)snprintf(name, size, fd < 2 ? "/dev/pts/%d" : "pipe:[%d]", fd);
    return true;
}

static const struct call_memory memory = {read_bytes, name_descriptor, NULL};

static void expect(const struct call *call, const char *text)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;

    call_append_entry(&out, call, &memory);
    if (!call_is_final(call)) {
        call_append_return(&out, call, &memory);
        strbuf_puts(&out, " = ");
        call_append_result(&out, call);
        strbuf_puts(&out, ": ");
        call_append_words(&out, call, &memory);
    }
    cr_expect_str_eq(strbuf_text(&out), text);
}

Test(call, is_told_as_strace_writes_it_and_in_words)
{
    const int ends[2] = {3, 4};
    int status = 3 << 8;

    memcpy(bytes, ends, sizeof(ends));
    expect(&(struct call){SYS_pipe2, {BASE, O_CLOEXEC}, 0},
           "pipe2([3, 4], O_CLOEXEC) = 0: what is written to 4 can be read from 3");
    memcpy(bytes, &status, sizeof(status));
    expect(&(struct call){SYS_wait4, {(uint64_t)-1, BASE, WNOHANG, 0}, 4713},
           "wait4(-1, {exited with status 3}, WNOHANG, NULL) = 4713: child 4713 exited with status "
           "3 and is reaped: its entry is gone");
    expect(&(struct call){SYS_wait4, {(uint64_t)-1, BASE, 0, 0}, -ECHILD},
           "wait4(-1, 0x1000, 0, NULL) = -1 ECHILD: it has no child to wait for");
    expect(&(struct call){SYS_kill, {4713, SIGTERM}, 0},
           "kill(4713, SIGTERM) = 0: SIGTERM is sent to process 4713");
    expect(&(struct call){SYS_kill, {(uint64_t)-12, SIGINT}, -EPERM},
           "kill(-12, SIGINT) = -1 EPERM: Operation not permitted");
    expect(&(struct call){SYS_dup3, {4, 1, 0}, 1},
           "dup3(4<pipe:[4]>, 1, 0) = 1: its standard output (1) is now what 4 is");
    expect(&(struct call){SYS_clone, {SIGCHLD}, 4713},
           "clone(SIGCHLD, NULL, NULL, NULL, NULL) = 4713: a child is born: PID 4713");
    expect(&(struct call){SYS_exit_group, {3}, 0}, "exit_group(3)");
}

Test(call, shows_bytes_of_the_process_escaped_and_cut)
{
    (void)snprintf(bytes, sizeof(bytes), "a\n\"\x1b\x80%050d", 7);
    expect(&(struct call){SYS_write, {5, BASE, 5}, 5},
           "write(5<pipe:[5]>, \"a\\n\\\"\\x1b\\x80\", 5) = 5: 5 bytes went");
    expect(&(struct call){SYS_openat, {(uint64_t)AT_FDCWD, 0x7, O_WRONLY | O_CREAT, 0644}, -EFAULT},
           "openat(AT_FDCWD, 0x7, O_WRONLY|O_CREAT, 0x1a4) = -1 EFAULT: Bad address");
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    call_append_entry(&out, &(struct call){.number = SYS_chdir, .arguments = {BASE}}, &memory);
    cr_expect_not_null(strstr(strbuf_text(&out), "\"..."), "%s", strbuf_text(&out));
}

Test(call, interrupted_is_not_failed)
{
    expect(&(struct call){SYS_rt_sigsuspend, {BASE + sizeof(bytes), 8}, -514},
           "rt_sigsuspend(0x1100, 8) = ?: a signal interrupted it");
}

Test(call, of_life_are_those_that_join_processes)
{
    cr_expect(call_is_of_life(&(struct call){.number = SYS_wait4}, NULL));
    cr_expect(call_is_of_life(&(struct call){SYS_read, {5}, 0}, &memory), "a pipe");
    cr_expect_not(call_is_of_life(&(struct call){SYS_read, {0}, 0}, &memory), "a terminal");
    cr_expect_not(call_is_of_life(&(struct call){SYS_read, {5}, 0}, NULL), "unknown");
    cr_expect_not(call_is_of_life(&(struct call){.number = SYS_mmap}, &memory));
    cr_expect_not(call_is_of_life(&(struct call){.number = 99999}, &memory));
}

Test(call, without_memory_addresses_are_shown)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    const struct call call = {SYS_execve, {BASE, BASE, BASE}, 0};

    call_append_entry(&out, &call, NULL);
    call_append_return(&out, &call, NULL);
    cr_expect_str_eq(strbuf_text(&out), "execve(0x1000, [], envp)");
}
