/*
 * ssh: the way to another machine's reaptop (ssh(1), or $REAPTOP_SSH in its place).
 * Nothing but ssh's configuration decides who may; it is never let ask (BatchMode).
 */
#ifndef REAPTOP_SOURCE_SSH_H
#define REAPTOP_SOURCE_SSH_H

/*
 * In a helper: becomes `ssh -T -o BatchMode=yes -- HOST COMMAND...` with the standard
 * streams as they are. `command` ends with NULL and has at most SSH_WORDS_MOST words. Where
 * that cannot be executed, the reason goes to standard error and the helper ends with 127.
 */
enum {
    SSH_WORDS_MOST = 8
};
_Noreturn void ssh_become(const char *host, const char *const *command);

#endif
