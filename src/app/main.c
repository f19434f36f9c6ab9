/*
 * main: options, then a command or the screen.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/app/app.h"
#include "reaptop/app/help.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/privilege.h"
#include "reaptop/cli/command.h"
#include "reaptop/lab/program_run.h"
#include "reaptop/source/live.h"

/* "help", "help why": as --help says it. */
static int run_help(int argc, char **argv)
{
    const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
    if (argc > 2)
        return command_usage_error("help", _("it takes one command at most, not %d"), argc - 1);
    if (argc > 1 && !command)
        return command_usage_error("help", _("'%s': no such command; see reaptop --help"), argv[1]);
    return command ? help_command(command) : help_program();
}

static int cannot_give_up(int code)
{
    return command_fail(EXIT_FAULT, _("capabilities that it does not need cannot be given up: %s"),
                        strerror(-code));
}

static int run_command(struct options *options, int argc, char **argv)
{
    if (strcmp(argv[0], "help") == 0)
        return run_help(argc, argv);
    const struct command *command = command_find(argv[0]);
    if (!command)
        return command_usage_error(NULL, _("'%s': no such command; see reaptop --help"), argv[0]);
    struct error error = ERROR_INIT;
    if ((command->prepare && command->prepare(argv, &error) < 0) ||
        options_take(options, &argc, argv, command->options, command->stops_at_operand, &error) < 0)
        return command_usage_error(command->name, "%s", error.message);
    if (options->ascii)
        gettext_end();
    if (options->help)
        return help_command(command);
    const char *unused = command->accepts ? options_unused(options, command->accepts) : NULL;
    if (unused)
        return command_usage_error(command->name,
                                   _("%s: it has no meaning here; see reaptop %s --help"), unused,
                                   command->name);
    if (options->control)
        return command_usage_error(command->name,
                                   _("--control is for the screen: reaptop --host web1 --control; "
                                     "or ssh web1 reaptop send"));
    int r = privileges_keep(command->privileges, command->starts_commands);
    if (r < 0)
        return cannot_give_up(r);
    return command->run ? command->run(options, argc, argv) : app_replay(options, argc, argv);
}

static int run_screen(const struct options *options)
{
    int r = options->readonly ? privileges_keep(PRIVILEGES_SCREEN_READONLY, false)
                              : privileges_keep(PRIVILEGES_SCREEN, true);
    return r < 0 ? cannot_give_up(r) : app_run(options);
}

static int run(struct options *options, int argc, char **argv)
{
    struct error error = ERROR_INIT;
    if (options_take(options, &argc, argv, NULL, true, &error) < 0)
        return command_usage_error(NULL, "%s", error.message);
    if (options->ascii)
        gettext_end();
    if (options->version)
        return help_version();
    if (live_check_environment(&error) < 0)
        return command_usage_error(NULL, "%s", error.message);
    if (argc > 1)
        return run_command(options, argc - 1, argv + 1);
    if (options->help)
        return help_program();
    if (options->control && !options->remote)
        return command_usage_error(NULL, _("--control: it needs --host, whose machines it is for"));
    if (options->control && options->readonly)
        return command_usage_error(NULL, _("--control and --readonly: give one of them"));
    if (options->remote)
        return app_replay(options, 2, (char *[]){(char *)"replay", options->remote, NULL});
    if (options->json)
        return command_usage_error(NULL, _("--json: the screen has none; see reaptop tree --json"));
    return run_screen(options);
}

/* Descriptors 0, 1 and 2 must be somebody's, or a file of ours would become standard output. */
static int has_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            return 0;
    return 1;
}

int main(int argc, char **argv)
{
    if (!has_standard_descriptors()) {
        static const char line[] = "reaptop: standard input, output or error is closed: "
                                   "open all three, if only from /dev/null\n";
        (void)!write(STDERR_FILENO, line, sizeof(line) - 1);
        return EXIT_USAGE;
    }
    if (geteuid() != getuid() || getegid() != getgid())
        return command_fail(EXIT_USAGE, _("it is set-user-ID: refused; it would show and signal "
                                          "other users' processes to anybody"));
    if (privileges_are_from_file())
        return command_fail(EXIT_USAGE, _("its file has capabilities (setcap): refused; it would "
                                          "show and signal other users' processes to anybody"));

    program_run_enter(argc, argv);
    (void)setlocale(LC_ALL, "");
    gettext_begin(REAPTOP_PREFIX "/share/locale");
    (void)signal(SIGPIPE, SIG_IGN);
    debug_init();

    _cleanup_(options_done) struct options options = OPTIONS_INIT;
    int status = run(&options, argc, argv);
    char left[HELPER_TEXT_SIZE];
    while (helper_take_left(left))
        (void)command_fail(status, "%s", left);
    debug_done();
    return status;
}
