/*
 * users: names of user ids, without ever waiting for them. /etc/passwd is read
 * here (again when it changes); names that only NSS knows (LDAP, systemd) are
 * asked of the reader process by who owns one, and given to users_learn().
 */
#ifndef REAPTOP_SOURCE_USERS_H
#define REAPTOP_SOURCE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/arena.h"

struct users;

struct users *users_new(void); /* NULL without memory */
void users_free(struct users *users);

/*
 * Starts a new snapshot, whose strings go to `strings`: reads /etc/passwd again
 * where it changed, and forgets the copies made for the snapshot before.
 */
void users_begin(struct users *users, struct arena *strings);

/*
 * The name, or the number as text where it is not known (yet); copied once a
 * snapshot into its arena. NULL without memory.
 */
const char *users_name(struct users *users, uid_t uid);

/* As users_name, into another arena than the one given to users_begin(). */
const char *users_name_into(struct users *users, uid_t uid, struct arena *strings);

/* A user id that was asked for, has no name and was not given out yet; false: none. */
bool users_next_unknown(struct users *users, uid_t *ret_uid);

/* What NSS answered; NULL: it has no such user. */
void users_learn(struct users *users, uid_t uid, const char *name);

#endif
