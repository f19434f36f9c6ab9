/*
 * arguments: command lines and real users by identity, as the reader process
 * answers them. live.h is the way in.
 */
#ifndef REAPTOP_SOURCE_ARGUMENTS_H
#define REAPTOP_SOURCE_ARGUMENTS_H

#include "reaptop/base/strbuf.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/source/reader.h"
#include "users.h"

struct arguments;

struct arguments *arguments_new(void); /* NULL without memory */
void arguments_free(struct arguments *arguments);

/* Takes the answers that lie ready; true where one says something else than was known. */
bool arguments_collect(struct arguments *arguments, struct users *users, struct reader *reader);

/* How many answers are still to come. */
size_t arguments_awaited(const struct arguments *arguments);

/* Fills one row from what is known and asks for what is not. -ENOMEM. */
int arguments_fill(struct arguments *arguments, struct users *users, struct reader *reader,
                   struct snapshot *snapshot, struct process *process);

/*
 * As arguments_fill, the command line alone, for a row that is searched and not
 * shown: what is known is good for longer, and what is not is asked for only
 * while few are on their way. 1: it is not known yet.
 */
int arguments_fill_unshown(struct arguments *arguments, struct reader *reader,
                           struct snapshot *snapshot, struct process *process);

/* Asks for what the rows filled since lack, and for the names that /etc/passwd does not have. */
void arguments_ask(struct arguments *arguments, struct users *users, struct reader *reader);

/* Pumps the reader until all that was asked is answered, or CLOCK_BOOTTIME reaches the deadline. */
void arguments_wait(struct arguments *arguments, struct users *users, struct reader *reader,
                    uint64_t deadline_ns);

#endif
