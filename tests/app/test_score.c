#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "score.h"

static char home[64], directory[96], path[128];
static struct score_board board;

static void set_up(void)
{
    strcpy(home, "/tmp/reaptop-score.XXXXXX");
    cr_assert_not_null(mkdtemp(home));
    (void)snprintf(directory, sizeof(directory), "%s/reaptop", home);
    (void)snprintf(path, sizeof(path), "%s/lab-score", directory);
    setenv("XDG_STATE_HOME", home, 1);
    cr_assert_eq(score_board_init(&board), 0);
}

static void tear_down(void)
{
    score_board_done(&board);
    (void)unlink(path);
    (void)rmdir(path);
    (void)rmdir(directory);
    (void)rmdir(home);
}

TestSuite(score, .init = set_up, .fini = tear_down);

static void expect_score(const char *experiment, unsigned right, unsigned made)
{
    struct score score = score_find(&board, experiment);
    cr_expect_eq(score.right, right, "%s: %u right", experiment, score.right);
    cr_expect_eq(score.made, made, "%s: %u made", experiment, score.made);
}

static void keep(const char *experiment, unsigned right, unsigned made)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(score_keep(&board, experiment, (struct score){right, made}, &error), 0, "%s",
                 error.message);
}

Test(score, the_best_is_kept_between_runs)
{
    struct error error = ERROR_INIT;
    keep("zombie", 2, 3);
    keep("zombie", 1, 3);
    keep("fork", 0, 1);
    score_board_done(&board);
    cr_assert_eq(score_board_init(&board), 0);
    expect_score("zombie", 0, 0);
    cr_assert_eq(score_load(&board, &error), 0, "%s", error.message);
    expect_score("zombie", 2, 3);
    expect_score("fork", 0, 1);
    expect_score("exec", 0, 0);

    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0600);
}

Test(score, what_another_reaptop_wrote_meanwhile_is_not_lost)
{
    struct score_board other = SCORE_BOARD_INIT;
    cr_assert_eq(score_board_init(&other), 0);
    keep("zombie", 2, 3);
    cr_assert_eq(score_keep(&other, "fork", (struct score){1, 1}, NULL), 0);
    score_board_done(&other);
    cr_assert_eq(score_load(&board, NULL), 0);
    expect_score("zombie", 2, 3);
    expect_score("fork", 1, 1);
}

Test(score, lines_that_make_no_sense_are_passed_over)
{
    static const char text[] = "zombie 9999999999999 1\nzombie -1 2\nzombie 3 2\nzombie 1\n"
                               "zombie 1 2 3\nno-such 1 1\n\n \n\377\377 1 1\nfork 1 1";
    score_parse(text, sizeof(text) - 1, &board);
    expect_score("zombie", 0, 0);
    expect_score("fork", 1, 1);
}

Test(score, what_cannot_be_read_is_reported_and_not_written_over)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(mkdir(directory, 0700), 0);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_expect_lt(score_keep(&board, "fork", (struct score){1, 1}, &error), 0);
    cr_expect(strstr(error.message, path), "%s", error.message);
}
