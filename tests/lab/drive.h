/*
 * drive: a viewer for tests, which takes every step as soon as it is announced.
 */
#ifndef TESTS_LAB_DRIVE_H
#define TESTS_LAB_DRIVE_H

#include <stdbool.h>

#include "reaptop/lab/lab.h"

struct drive {
    enum lab_result steps[LAB_STEPS_MAX]; /* LAB_NOT_REACHED where it never came to that */
    enum lab_result sights[LAB_STEPS_MAX][LAB_SIGHTS_MAX];
    enum lab_result whole;
    pid_t host;
    char complaint[2048]; /* what was not seen, with the text that was read */
    char skipped[1024];   /* what the last skipped sight said */
    bool skips_are_named; /* every skipped sight said what is missing */
};

/* Runs it to its end: 0, or a negative errno. What is broken as in struct lab_options. */
int drive(const char *name, unsigned broken_step, unsigned broken_sight, struct drive *ret_drive);

/* Goes on until that step (from 0) is announced, or the end: 1, 0, or a negative errno. */
int drive_to_step(struct lab *lab, unsigned step, pid_t *ret_host);

/* Whatever is orphaned below us comes to us (PR_SET_CHILD_SUBREAPER). */
void drive_adopt(void);

/* Reaps until no process is left, ten seconds at the most: are there none? */
bool drive_is_alone(void);

/* Become user and group 65534, still readable for ourselves. false: we may not. */
bool drive_as_nobody(void);

#endif
