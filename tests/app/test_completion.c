/*
 * completion: the files for the shells are accepted by them, and bash's is asked
 * as a person would.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "completion.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/cli/command.h"

TestSuite(completion, .timeout = 600);

static char path[256];
static char output[1 << 16];

static void write_file(const char *shell)
{
    struct strbuf text = STRBUF_INIT;
    const char *dir = getenv("TMPDIR");
    cr_assert_eq(completion_write(shell, &text), 0);
    (void)snprintf(path, sizeof(path), "%s/reaptop-%d.%s", dir ? dir : "/tmp", (int)getpid(),
                   shell);
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text.data, 1, text.length, file), text.length);
    cr_assert_eq(fclose(file), 0);
    strbuf_done(&text);
}

static int shell(const char *line)
{
    FILE *pipe = popen(line, "r");
    cr_assert_not_null(pipe);
    size_t length = fread(output, 1, sizeof(output) - 1, pipe);
    output[length] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(completion, each_shell_reads_its_file)
{
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
        char line[512];
        write_file(shells[i]);
        (void)snprintf(line, sizeof(line), "command -v %s >/dev/null || exit 0; %s -n %s 2>&1",
                       shells[i], shells[i], path);
        cr_expect_eq(shell(line), 0, "%s: %s", shells[i], output);
        (void)unlink(path);
    }
}

Test(completion, another_shell_is_refused)
{
    struct strbuf text = STRBUF_INIT;
    cr_expect_lt(completion_write("csh", &text), 0);
    strbuf_done(&text);
}

/* What bash proposes for the last word. */
static const char *complete(const char *words)
{
    char line[1024];
    (void)snprintf(line, sizeof(line),
                   "bash -c '. %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                   "_reaptop; echo \" ${COMPREPLY[*]} \"' 2>&1",
                   path, words);
    (void)shell(line);
    return output;
}

/*
 * A PID alone where it is put into the line, with its name where several are listed; and a name
 * is never run by the shell. `reaptop` is a function here, with a list that the test knows.
 */
Test(completion, bash_lists_pids_with_names_and_runs_none)
{
    static const struct {
        int type; /* COMP_TYPE: Tab, Tab again, menu-complete */
        const char *word, *proposed;
    } rows[] = {
        {9, "4", "[41][42]"}, {63, "4", "[41 cat][42 $(echo ran) `echo ran`]"},
        {63, "42", "[42]"},   {37, "4", "[41][42]"},
        {63, "5", ""},
    };
    if (shell("command -v bash") != 0)
        cr_skip_test("there is no bash");
    write_file("bash");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char line[1024];
        (void)snprintf(
            line, sizeof(line),
            "bash -c '. %s; reaptop() { printf \"%%s\\n\" \"  PID COMMAND\" \"    7 init\" "
            "\"   41 cat\" \"   42 \\$(echo ran) \\`echo ran\\`\"; }; COMP_TYPE=%d; "
            "COMP_WORDS=(reaptop why %s); COMP_CWORD=2; _reaptop; "
            "for word in \"${COMPREPLY[@]}\"; do printf \"[%%s]\" \"$word\"; done' 2>&1",
            path, rows[i].type, rows[i].word);
        (void)shell(line);
        cr_expect_str_eq(output, rows[i].proposed, "%d, %s: %s", rows[i].type, rows[i].word,
                         output);
    }
    (void)unlink(path);
}

Test(completion, bash_proposes_what_the_tables_have)
{
    static const struct {
        const char *words, *proposed;
    } rows[] = {
        {"reaptop wh", " who why "},
        {"reaptop send TER", " TERM "},
        {"reaptop lab zombie-", " zombie-orphan "},
        {"reaptop tree --sor", " --sort "},
        {"reaptop tree --sort rss", " rss_kib "},
        {"reaptop --color a", " auto always "},
        {"reaptop -d 1 tree --colu", " --columns "},
        {"reaptop events --kind exe", " exec "},
        {"reaptop tree --sort = rss", " rss_kib "}, /* readline: "=" is a word */
        {"reaptop tree --color =", " never "},
        {"reaptop --delay = 1 wh", " who why "},
        {"reaptop tree --columns PID,US", " PID,USER "},
        {"reaptop help thr", " threads "},
        {"reaptop he", " help "},
        {"reaptop lab qui", " quiz "},
    };
    if (shell("command -v bash") != 0)
        cr_skip_test("there is no bash");
    write_file("bash");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        cr_expect_not_null(strstr(complete(rows[i].words), rows[i].proposed), "%s: %s",
                           rows[i].words, output);
    for (const struct command *command = commands; command->name; command++) {
        char words[64], proposed[64];
        (void)snprintf(words, sizeof(words), "reaptop %s", command->name);
        (void)snprintf(proposed, sizeof(proposed), " %s ", command->name);
        cr_expect_not_null(strstr(complete(words), proposed), "%s: %s", words, output);
    }
    (void)unlink(path);
}
