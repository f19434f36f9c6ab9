#include "manual.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/gettext.h"
#include "reaptop/term/term.h"

enum {
    NAME_SIZE = 64,
    SECTION_SIZE = 8,
    EXIT_NO_MAN = 127
};

/*
 * "signal(7)" → "signal", "7". Only what pages are called: a process chose its
 * own name, and it must be neither an option nor a path.
 */
static int split(const char *page, char name[NAME_SIZE], char section[SECTION_SIZE])
{
    size_t length = strcspn(page, "(");
    if (length == 0 || length >= NAME_SIZE || !isalnum((unsigned char)page[0]))
        return -EINVAL;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)page[i]) && !strchr("._+-", page[i]))
            return -EINVAL;
    memcpy(name, page, length);
    name[length] = '\0';

    section[0] = '\0';
    if (page[length] == '\0')
        return 0;
    size_t digits = strspn(page + length + 1, "0123456789xp");
    if (digits == 0 || digits >= SECTION_SIZE || strcmp(page + length + 1 + digits, ")") != 0)
        return -EINVAL;
    memcpy(section, page + length + 1, digits);
    section[digits] = '\0';
    return 0;
}

static _Noreturn void become_man(const char *name, const char *section)
{
    sigset_t none;
    (void)sigemptyset(&none);
    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (section[0])
        (void)execlp("man", "man", section, name, (char *)NULL);
    else
        (void)execlp("man", "man", name, (char *)NULL);
    _exit(EXIT_NO_MAN);
}

int manual_show(const char *page, struct error *error)
{
    char name[NAME_SIZE], section[SECTION_SIZE];
    int status = 0;
    if (split(page, name, section) < 0)
        return error_set(error, -EINVAL, _("%.60s: no manual page can be called that"), page);

    term_suspend();
    pid_t pid = fork();
    if (pid == 0)
        become_man(name, section);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    term_resume();

    if (pid < 0)
        return error_set_errno(error, -EAGAIN, _("man cannot be started"));
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_MAN)
        return error_set(error, -ENOENT, _("there is no man(1) here"));
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        return error_set(error, -ENOENT, _("there is no manual page for %s"), page);
    return 0;
}
