#include "reaptop/source/ssh.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/array.h"

void ssh_become(const char *host, const char *const *command)
{
    const char *program = getenv("REAPTOP_SSH");
    const char *const begin[] = {
        program && *program ? program : "ssh", "-T", "-o", "BatchMode=yes", "--", host};
    const char *argv[ELEMENTS(begin) + SSH_WORDS_MOST + 1] = {NULL};
    memcpy(argv, begin, sizeof(begin));
    for (size_t i = 0; i < SSH_WORDS_MOST && command[i]; i++)
        argv[ELEMENTS(begin) + i] = command[i];
    (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
    (void)dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}
