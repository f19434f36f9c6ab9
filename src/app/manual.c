#include "manual.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
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

/* Whose keys these are. Blocked, SIGTTOU does not stop who is not in the foreground. */
static void give_terminal(pid_t group)
{
    sigset_t set, before;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTTOU);
    (void)sigprocmask(SIG_BLOCK, &set, &before);
    (void)tcsetpgrp(STDIN_FILENO, group);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
}

struct page {
    char name[NAME_SIZE], section[SECTION_SIZE];
    bool is_readonly;
};

/* A group of its own, so that man and its pager are ended together. */
static void become_man(void *argument, int unused_fd, int unused_extra_fd)
{
    const struct page *page = argument;
    (void)unused_fd;
    (void)unused_extra_fd;
    give_terminal(getpid());
    if (page->is_readonly)
        (void)setenv("LESSSECURE", "1", 1);
    if (page->section[0])
        (void)execlp("man", "man", page->section, page->name, (char *)NULL);
    else
        (void)execlp("man", "man", page->name, (char *)NULL);
    _exit(EXIT_NO_MAN);
}

static int open_signals(const int *numbers, size_t count)
{
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < count; i++)
        (void)sigaddset(&set, numbers[i]);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * Until man ends: its wait status. Or somebody ends reaptop: that signal is left
 * pending for the loop. All of these are blocked. Stopped, man is continued: there is
 * no shell between it and us.
 */
static int wait_for_reader(struct helper *man)
{
    static const int child[] = {SIGCHLD}, ending[] = {SIGTERM, SIGHUP};
    _cleanup_close_ int child_fd = open_signals(child, ELEMENTS(child));
    _cleanup_close_ int ending_fd = open_signals(ending, ELEMENTS(ending));
    struct pollfd fds[] = {{.fd = child_fd, .events = POLLIN}, {.fd = ending_fd, .events = POLLIN}};
    int status = 0;
    for (;;) {
        pid_t got = waitpid(man->pid, &status, WNOHANG | WUNTRACED);
        if (got == man->pid && WIFSTOPPED(status))
            (void)kill(-man->pid, SIGCONT);
        else if (got == man->pid || (got < 0 && errno != EINTR))
            return status;
        int ready = poll(fds, ELEMENTS(fds), -1);
        if (ready > 0 ? fds[1].revents != 0 : ready < 0 && errno != EINTR) {
            helper_end(man);
            return 0;
        }
        struct signalfd_siginfo info;
        while (read(child_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
            ;
    }
}

int manual_show(const char *name, bool is_readonly, struct error *error)
{
    struct helper man;
    struct page page = {.is_readonly = is_readonly};
    int status = 0;
    if (split(name, page.name, page.section) < 0)
        return error_set(error, -EINVAL, _("%.60s: no manual page can be called that"), name);

    term_suspend();
    int r = helper_start(HELPER_MANUAL, become_man, &page, -1, &man);
    if (r == 0) {
        status = wait_for_reader(&man);
        give_terminal(getpgrp());
    }
    term_resume();

    if (r < 0)
        return error_set_errno(error, r, _("man cannot be started"));
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_MAN)
        return error_set(error, -ENOENT, _("there is no man(1) here"));
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        return error_set(error, -ENOENT, _("there is no manual page for %s"), name);
    return 0;
}
