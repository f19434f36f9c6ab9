/*
 * rounds: how often a test repeats what it shows. `make prove` sets
 * REAPTOP_ROUNDS, so that a promise is tried that many times as often.
 */
#ifndef TESTS_SUPPORT_ROUNDS_H
#define TESTS_SUPPORT_ROUNDS_H

/* `usual`, REAPTOP_ROUNDS times (1 where it is not set or no number above 0). */
long rounds(long usual);

/* Prints how many there were, for prove.sh, where REAPTOP_ROUNDS is set. */
void rounds_report(long done);

#endif
