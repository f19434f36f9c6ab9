#include "run_command.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/cli/command.h"
#include "support/spawn.h"

enum {
    ARGUMENTS_MAX = 16,
    OUTPUT_MAX = 1 << 22 /* the pages of a process take the most */
};

static int run(char *line, const char *pid)
{
    struct options options = OPTIONS_INIT;
    struct error error = ERROR_INIT;
    char *argv[ARGUMENTS_MAX + 2], *rest = NULL;
    int argc = 0;
    for (char *word = strtok_r(line, " ", &rest); word && argc < ARGUMENTS_MAX;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    if (*pid)
        argv[argc++] = (char *)pid;
    argv[argc] = NULL;
    const struct command *command = command_find(argv[0]);
    if (!command || (command->prepare && command->prepare(argv, &error) < 0) ||
        options_take(&options, &argc, argv, command->options, command->stops_at_operand, &error) <
            0) {
        (void)fprintf(stderr, "%s\n", error.message);
        return EXIT_USAGE;
    }
    int status = command->run(&options, argc, argv);
    options_done(&options);
    return status;
}

/* What the test holds open, pipes among it, is not the command's. */
static void become_command(int out, bool is_nobody)
{
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    (void)setlocale(LC_ALL, "C.UTF-8");
    (void)signal(SIGPIPE, SIG_IGN);
    if (is_nobody && (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        _exit(99);
    (void)prctl(PR_SET_DUMPABLE, 1); /* exec(2) would have made it so: /proc/self is its own */
}

const char *run_command(const char *line, pid_t pid, bool is_nobody, int *ret_status)
{
    static char output[OUTPUT_MAX];
    char words[256], digits[16] = "";
    int fds[2], status = -1;
    size_t length = 0;
    ssize_t got;
    (void)snprintf(words, sizeof(words), "%s", line);
    if (pid > 0)
        (void)snprintf(digits, sizeof(digits), "%d", (int)pid);
    output[0] = '\0';
    *ret_status = -1;
    (void)fflush(NULL);
    if (pipe2(fds, O_CLOEXEC) < 0)
        return output;
    pid_t child = spawn_bound();
    if (child == 0) {
        become_command(fds[1], is_nobody);
        int result = run(words, digits);
        (void)fflush(NULL);
        _exit(result);
    }
    (void)close(fds[1]);
    while ((got = read(fds[0], output + length, sizeof(output) - 1 - length)) > 0)
        length += (size_t)got;
    output[length] = '\0';
    (void)close(fds[0]);
    if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status))
        *ret_status = WEXITSTATUS(status);
    return output;
}
