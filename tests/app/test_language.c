#include <criterion/criterion.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/terminal.h"

static struct terminal *t;

static void end_terminal(void)
{
    terminal_free(t);
    t = NULL;
}

/* Newer C libraries take C.UTF-8 for the C locale here, and LANGUAGE has no say in it then. */
static void need_language_in_c_utf8(const char *catalogues)
{
    cr_assert_eq(setenv("LANGUAGE", "zh_CN", 1), 0);
    (void)setlocale(LC_ALL, "C.UTF-8");
    (void)bindtextdomain("reaptop", catalogues);
    const char *header = "";
    bool is_taken = *dgettext("reaptop", header) != '\0';
    (void)unsetenv("LANGUAGE");
    if (!is_taken)
        cr_skip("this C library does not look at LANGUAGE in C.UTF-8");
}

/* The directory of the program's catalogues; a build without msgfmt(1) has none. */
static const char *find_catalogues(void)
{
    static char path[PATH_MAX + 64];
    const char *program = terminal_reaptop();
    (void)snprintf(path, sizeof(path), "%.*s/locale/zh_CN/LC_MESSAGES/reaptop.mo",
                   (int)(strrchr(program, '/') - program), program);
    if (access(path, R_OK) < 0)
        cr_skip("there is no catalogue: gettext was not installed at build time");
    *strstr(path, "/zh_CN") = '\0';
    need_language_in_c_utf8(path);
    return path;
}

/* Whether "PROGRAM [OPTION] --help" is Chinese; it must end well in any language. */
static bool is_chinese(const char *program, const char *option, const char *const *env)
{
    const char *const argv[] = {program, option ? option : "--help", option ? "--help" : NULL,
                                NULL};
    t = terminal_start(
        &(struct terminal_options){.rows = 60, .cols = 100, .argv = argv, .env = env});
    cr_assert_not_null(t);
    cr_expect_eq(terminal_wait_end(t), 0);
    bool chinese = terminal_find(t, "选项：") >= 0;
    cr_expect_eq(chinese, terminal_find(t, "Options:") < 0, "%s", terminal_text(t));
    end_terminal();
    return chinese;
}

Test(language, is_that_of_the_locale_where_it_has_a_catalogue, .fini = end_terminal)
{
    static const struct {
        const char *option;
        const char *env[3];
        bool is_chinese;
    } cases[] = {
        {NULL, {"LANGUAGE=zh_CN"}, true},
        {NULL, {"LANGUAGE=xx:zh_CN"}, true},
        {NULL, {NULL}, false},
        {NULL, {"LANGUAGE=xx"}, false},
        {"-A", {"LANGUAGE=zh_CN"}, false}, /* only ASCII was asked for */
        {NULL, {"LANGUAGE=zh_CN", "LC_ALL=C"}, false},
        {NULL, {"LANGUAGE=zh_CN", "LC_ALL=xx_XX.UTF-8"}, false}, /* that locale is missing */
    };
    (void)find_catalogues();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        cr_expect_eq(is_chinese(terminal_reaptop(), cases[i].option, cases[i].env),
                     cases[i].is_chinese, "%zu", i);
}

/* A catalogue holds printf(3) formats: one that anybody can write is not taken. */
Test(language, is_not_taken_from_where_others_may_write, .fini = end_terminal)
{
    static const char *const chinese[] = {"LANGUAGE=zh_CN", NULL};
    char directory[PATH_MAX], program[PATH_MAX + 32], locale[PATH_MAX + 32],
        catalogue[PATH_MAX + 64], real[PATH_MAX + 128];
    (void)snprintf(real, sizeof(real), "%s/zh_CN", find_catalogues());
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(directory, sizeof(directory), "%s/language-XXXXXX", tmp ? tmp : "/tmp");
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(program, sizeof(program), "%s/reaptop", directory);
    (void)snprintf(locale, sizeof(locale), "%s/locale", directory);
    (void)snprintf(catalogue, sizeof(catalogue), "%s/zh_CN", locale);
    bool is_linked = link(terminal_reaptop(), program) == 0;
    cr_expect_eq(mkdir(locale, 0700), 0);
    cr_expect_eq(symlink(real, catalogue), 0);
    if (is_linked) {
        cr_expect_eq(chmod(locale, 0755), 0);
        cr_expect(is_chinese(program, NULL, chinese));
        cr_expect_eq(chmod(locale, 0775), 0);
        cr_expect_not(is_chinese(program, NULL, chinese), "its group may write it");
        cr_expect_eq(chmod(locale, 0757), 0);
        cr_expect_not(is_chinese(program, NULL, chinese), "anybody may write it");
    }
    (void)unlink(catalogue);
    (void)rmdir(locale);
    (void)unlink(program);
    (void)rmdir(directory);
    if (!is_linked)
        cr_skip("the program has no second name on this file system");
}
