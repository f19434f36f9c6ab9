/*
 * score: the best predictions of each experiment, kept between runs where the
 * person asked for it (F2). $XDG_STATE_HOME/reaptop/lab-score, else
 * ~/.local/state/reaptop/lab-score: a line "NAME RIGHT MADE" for each.
 */
#ifndef REAPTOP_APP_SCORE_H
#define REAPTOP_APP_SCORE_H

#include <stddef.h>

#include "reaptop/base/error.h"

struct score {
    unsigned right;
    unsigned made; /* 0: none was ever kept */
};

struct score_board {
    struct score *scores; /* as lab_experiments() has them */
    size_t count;
};

#define SCORE_BOARD_INIT ((struct score_board){0})

int score_board_init(struct score_board *board); /* -ENOMEM */
void score_board_done(struct score_board *board);

/* What an experiment of that name has; nothing made where there is no such. */
struct score score_find(const struct score_board *board, const char *experiment);

/* Takes over what is better than what it has; lines that make no sense are passed over. */
void score_parse(const char *text, size_t length, struct score_board *board);

/* Reads the person's file into it. One that is not there is no complaint. */
int score_load(struct score_board *board, struct error *error);

/*
 * An experiment ended with so many right of those made: written down where that
 * is the best so far, with what others have written meanwhile.
 */
int score_keep(struct score_board *board, const char *experiment, struct score score,
               struct error *error);

#endif
