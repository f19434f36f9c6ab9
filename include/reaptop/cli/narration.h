/*
 * narration: what an experiment says, as a document. The screen and the command
 * line show the same one: choices are numbered from 1, and the answer follows
 * every step that ran, whether it was seen, predicted or neither.
 */
#ifndef REAPTOP_CLI_NARRATION_H
#define REAPTOP_CLI_NARRATION_H

#include "reaptop/lab/lab.h"
#include "reaptop/view/document.h"

/* Name, title and the experiment's one question. */
void narration_title(struct document *doc, const struct lab_experiment *experiment);

/*
 * What that message says. `prediction` is what the person chose for its step, or
 * LAB_NO_PREDICTION; `asks`: the step still waits, so its choices are shown.
 */
void narration_message(struct document *doc, const struct lab_experiment *experiment,
                       const struct lab_message *message, int prediction, bool asks);

/* What a step does, its question and its choices; and the answer to a prediction, explained. */
void narration_question(struct document *doc, const struct lab_experiment *experiment,
                        unsigned step);
void narration_answer(struct document *doc, const struct lab_experiment *experiment, unsigned step,
                      int prediction);

/*
 * The experiment's program without blank and # lines, those marked with ">" that do what the step
 * does. Nothing where it has none.
 */
void narration_program(struct document *doc, const struct lab_experiment *experiment,
                       unsigned step);

/* Questions and choices on paper, with room to write; or, with `answers`, the key to them. */
void narration_worksheet(struct document *doc, const struct lab_experiment *experiment,
                         bool answers);

#endif
