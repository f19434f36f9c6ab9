/* What is kept of capabilities. As an ordinary user there are none to give up. */
#include <criterion/criterion.h>

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/privilege.h"
#include "support/capabilities.h"

/* In a child: what is given up is gone for good. */
static void expect_kept(uint64_t kept, bool has_reserve)
{
    int ends[2];
    char said = '-';
    struct capabilities found;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        bool is_kept = privileges_keep(kept, has_reserve) == 0;
        _exit(write(ends[1], is_kept ? "y" : "n", 1) != 1 || pause() != 0);
    }
    cr_assert_eq(read(ends[0], &said, 1), 1);
    cr_expect_eq(said, 'y');
    cr_expect(capabilities_await(pid, kept, has_reserve, 0, &found), "%llx",
              (unsigned long long)kept);
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

Test(privilege, only_what_is_named_is_kept)
{
    static const uint64_t masks[] = {PRIVILEGES_NONE, PRIVILEGE(CAP_KILL), PRIVILEGES_INSPECT};
    for (size_t i = 0; i < ELEMENTS(masks); i++) {
        expect_kept(masks[i], false);
        expect_kept(masks[i], true);
    }
}

static void stay(void *unused, int fd, int unused_fd)
{
    (void)unused;
    (void)unused_fd;
    (void)!read(fd, &(char){0}, 1);
    (void)pause();
}

Test(privilege, each_helper_has_what_its_table_says)
{
    for (size_t i = 0; i < HELPER_KIND_COUNT; i++) {
        const struct helper_info *info = &helper_kinds[i];
        struct helper helper = HELPER_INIT;
        struct capabilities found;
        cr_assert_eq(helper_start((enum helper_kind)i, stay, NULL, -1, &helper), 0);
        cr_expect(capabilities_await(helper.pid, info->privileges, info->has_reserve, 0, &found),
                  "%s", info->name);
        helper_drop(&helper);
    }
    helper_settle();
}

Test(privilege, each_that_somebody_keeps_is_described)
{
    uint64_t described = 0, kept = PRIVILEGES_SCREEN | PRIVILEGES_WATCH | PRIVILEGES_LAB;
    for (size_t i = 0; i < HELPER_KIND_COUNT; i++)
        kept |= helper_kinds[i].privileges;
    for (const struct privilege_info *info = privileges; info->name; info++)
        described |= PRIVILEGE(info->capability);
    cr_expect_eq(described, kept, "%llx described, %llx kept", (unsigned long long)described,
                 (unsigned long long)kept);
}

Test(privilege, what_the_user_brought_is_no_file_capability)
{
    cr_expect_not(privileges_are_from_file());
}

/* What a program that root executes has as its permitted set. */
static unsigned long long permitted_of_program(uint64_t first, uint64_t then)
{
    int ends[2];
    unsigned long long permitted = ~0ULL;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (privileges_keep(first, false) == 0 && privileges_keep(then, false) == 0 &&
            dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO)
            (void)execlp("grep", "grep", "^CapPrm:", "/proc/self/status", (char *)NULL);
        _exit(1);
    }
    (void)close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    cr_assert_not_null(file);
    cr_expect_eq(fscanf(file, "CapPrm: %llx", &permitted), 1);
    (void)fclose(file);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    return permitted;
}

Test(privilege, no_program_of_root_has_more_than_who_executes_it)
{
    if (geteuid() != 0)
        cr_skip("needs root");
    cr_expect_eq(permitted_of_program(PRIVILEGES_INSPECT, PRIVILEGES_NONE), 0);
    cr_expect_eq(permitted_of_program(PRIVILEGES_NONE, PRIVILEGES_NONE), 0);
    unsigned long long kept =
        permitted_of_program(PRIVILEGES_INSPECT, PRIVILEGE(CAP_DAC_READ_SEARCH));
    cr_expect_eq(kept & ~PRIVILEGE(CAP_DAC_READ_SEARCH), 0, "%llx", kept);
}
