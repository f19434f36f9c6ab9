/*
 * lab_lesson: an experiment as a recording that can be handed out: its processes,
 * reaptop above them, of nobody else anything, with what is said of them as
 * notes (EVENT_NOTE) at the time when it was said.
 *
 *     lab_lesson_open()      the file, and the machine before the experiment
 *     lab_lesson_watch()     the guard is there: it and all below it are recorded
 *     lab_lesson_say()       a piece of the narration; what it speaks of is looked at
 *     poll() on lab_lesson_fds() for lab_lesson_wait_ms() at most, then lab_lesson_turn()
 *     lab_lesson_close()     once its processes are gone
 *
 * A failure to write is told once on standard error, and kept: EXIT_FAULT from then on.
 */
#ifndef REAPTOP_CLI_LAB_LESSON_H
#define REAPTOP_CLI_LAB_LESSON_H

#include <poll.h>
#include <sys/types.h>

#include "reaptop/source/feed.h"
#include "reaptop/view/document.h"

struct lab_lesson;

/* EXIT_DONE, or an exit status, told on standard error: EXIT_USAGE where the file exists. */
int lab_lesson_open(const char *name, struct lab_lesson **ret_lesson);

/* NULL is accepted; the file is kept as it is. */
void lab_lesson_free(struct lab_lesson *lesson);

void lab_lesson_watch(struct lab_lesson *lesson, pid_t guard);
void lab_lesson_say(struct lab_lesson *lesson, const struct document *doc);

size_t lab_lesson_fds(const struct lab_lesson *lesson, struct pollfd fds[static FEED_FDS_MOST]);
int lab_lesson_wait_ms(const struct lab_lesson *lesson);

/* Takes in events, and the process table where its time has come. */
void lab_lesson_turn(struct lab_lesson *lesson);

/* The last look, and the end of the recording. EXIT_DONE or EXIT_FAULT. */
int lab_lesson_close(struct lab_lesson *lesson);

#endif
