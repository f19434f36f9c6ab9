/*
 * progress: work that may take long says on standard error how far it is, where
 * that is a terminal, and ends early at Ctrl-C: what is known by then is printed.
 */
#ifndef REAPTOP_CLI_PROGRESS_H
#define REAPTOP_CLI_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/source/feed.h"

/* What is counted. */
enum progress_unit {
    PROGRESS_PROCESSES,
    PROGRESS_PAGES,
    PROGRESS_EXPERIMENTS,
    PROGRESS_KIB, /* of a recording */
};

struct progress {
    const char *command; /* "who" */
    enum progress_unit unit;
    sigset_t mask; /* as it was */
    int signal_fd; /* negative: Ctrl-C ends us as ever */
    uint64_t begin_ns, reported_ns;
    bool is_terminal, is_reported;
    bool is_stopped;    /* Ctrl-C came */
    size_t done, total; /* total 0: nobody knows */
};

/* Until progress_end() Ctrl-C ends the work and not the program. */
void progress_begin(struct progress *progress, const char *command, enum progress_unit unit);

/* So much is done (`data` is the progress); false: it is to be ended. */
bool progress_step(void *data, size_t done, size_t total);

/* Wipes its line away, for a line of the output on the same terminal. */
void progress_wipe(struct progress *progress);

/* Wipes its line away. Where it was stopped, says how far it came; true then. */
bool progress_end(struct progress *progress);

/*
 * As feed_refresh() and feed_look(feed, true), of a recording and with the progress reported.
 * FEED_END where it was stopped.
 */
int progress_refresh(struct progress *progress, struct feed *feed, struct error *error);
int progress_look(struct progress *progress, struct feed *feed, struct error *error);

enum {
    EXIT_INTERRUPTED = 130 /* as a shell has it for SIGINT */
};

#endif
