/*
 * sigset: signals that somebody may send to end a command.
 */
#ifndef REAPTOP_BASE_SIGSET_H
#define REAPTOP_BASE_SIGSET_H

#include <signal.h>
#include <stddef.h>

/*
 * Adds those of the signals that are not ignored. Who started us under
 * nohup(1), or in the background of a script, meant that (sigaction(2)).
 */
static inline void sigset_add_unless_ignored(sigset_t *set, const int *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            (void)sigaddset(set, numbers[i]);
    }
}

#endif
