#include "score.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "own_file.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/base/own_path.h"
#include "reaptop/lab/experiment.h"

int score_board_init(struct score_board *board)
{
    (void)lab_experiments(&board->count);
    board->scores = calloc(board->count, sizeof(*board->scores));
    return board->scores ? 0 : -ENOMEM;
}

void score_board_done(struct score_board *board)
{
    free(board->scores);
    *board = SCORE_BOARD_INIT;
}

static struct score *place_of(const struct score_board *board, const char *experiment)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    for (size_t i = 0; i < count && i < board->count; i++)
        if (strcmp(experiments[i]->name, experiment) == 0)
            return &board->scores[i];
    return NULL;
}

struct score score_find(const struct score_board *board, const char *experiment)
{
    const struct score *score = place_of(board, experiment);
    return score ? *score : (struct score){0};
}

static bool is_better(struct score a, struct score b)
{
    return a.right != b.right ? a.right > b.right : a.made > 0 && b.made == 0;
}

static void take(struct score_board *board, const char *experiment, struct score score)
{
    struct score *place = place_of(board, experiment);
    if (place && score.right <= score.made && is_better(score, *place))
        *place = score;
}

/* ---- the file ---- */

static void take_line(struct score_board *board, char *line)
{
    char *rest = NULL, *name = strtok_r(line, " ", &rest);
    char *right = strtok_r(NULL, " ", &rest), *made = strtok_r(NULL, " ", &rest);
    int64_t numbers[2];
    if (!made || strtok_r(NULL, " ", &rest) ||
        number_parse(right, 0, LAB_STEPS_MAX, &numbers[0]) < 0 ||
        number_parse(made, 1, LAB_STEPS_MAX, &numbers[1]) < 0)
        return;
    take(board, name, (struct score){(unsigned)numbers[0], (unsigned)numbers[1]});
}

void score_parse(const char *text, size_t length, struct score_board *board)
{
    _cleanup_free_ char *copy = strndup(text, length);
    char *rest = NULL;
    for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        take_line(board, line);
}

static char *file_path(void)
{
    return own_path("XDG_STATE_HOME", ".local/state", "lab-score");
}

int score_load(struct score_board *board, struct error *error)
{
    _cleanup_free_ char *path = file_path();
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = path ? own_file_read(path, &text) : 0;
    if (r < 0 && r != -ENOENT && r != -ENOTDIR)
        return error_set_errno(error, r, "%s", path);
    score_parse(strbuf_text(&text), text.length, board);
    return 0;
}

static void write_board(const struct score_board *board, struct strbuf *out)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    for (size_t i = 0; i < count && i < board->count; i++)
        if (board->scores[i].made > 0)
            strbuf_printf(out, "%s %u %u\n", experiments[i]->name, board->scores[i].right,
                          board->scores[i].made);
}

int score_keep(struct score_board *board, const char *experiment, struct score score,
               struct error *error)
{
    int r = score_load(board, error);
    if (r < 0)
        return r; /* what cannot be read is not written over */
    take(board, experiment, score);

    _cleanup_free_ char *path = file_path();
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (!path)
        return error_set(error, -ENOENT,
                         _("neither XDG_STATE_HOME nor HOME names a directory to keep it in"));
    write_board(board, &text);
    r = own_file_write(path, &text);
    return r < 0 ? error_set_errno(error, r, "%s", path) : 0;
}
