#include "lab_quiz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/narration.h"
#include "reaptop/cli/output.h"

enum {
    LINE_SIZE = 64,
    ANSWER_NONE = -1, /* Enter alone: it is not known */
    ANSWER_END = -2,
};

struct question {
    const struct lab_experiment *experiment;
    unsigned step;
};

struct quiz {
    struct question *questions; /* still to ask; the missed ones are put behind */
    size_t count, capacity;
    size_t asked; /* of `questions` */
    size_t first; /* how many there are without repetition */
    size_t right; /* at the first time */
};

static int add(struct quiz *quiz, const struct lab_experiment *experiment, unsigned step)
{
    int r = array_reserve(&quiz->questions, &quiz->capacity, quiz->count + 1);

    if (r == 0)
        quiz->questions[quiz->count++] = (struct question){experiment, step};
    return r;
}

static int add_all(struct quiz *quiz, const struct lab_experiment *only)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++)
        for (unsigned j = 0; j < lab_step_count(experiments[i]) && r == 0; j++)
            if (!only || only == experiments[i])
                r = add(quiz, experiments[i], j);
    quiz->first = quiz->count;
    return r;
}

static int print_question(const struct quiz *quiz, const struct question *question)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    if (quiz->asked < quiz->first)
        document_heading(&doc, _("Question %zu of %zu: %s"), quiz->asked + 1, quiz->first,
                         question->experiment->name);
    else
        document_heading(&doc, _("Again: %s"), question->experiment->name);
    narration_question(&doc, question->experiment, question->step);
    document_begin(&doc, 2);
    document_add(&doc, STYLE_DIM, "%s", _("The number, and Enter; Enter alone tells it; q ends: "));
    return output_document(&doc);
}

/* Lines that are none of the choices are asked for again. */
static int read_answer(const struct question *question, FILE *input)
{
    const struct lab_step *step = &question->experiment->steps[question->step];
    char line[LINE_SIZE];
    int64_t choice;

    while (fgets(line, sizeof(line), input)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == 'q')
            return ANSWER_END;
        if (line[0] == '\0')
            return ANSWER_NONE;
        if (number_parse(line, 1, (int64_t)lab_choice_count(step), &choice) == 0)
            return (int)choice - 1;
        (void)command_fail(0, _("lab: %s: a number from 1 to %zu, Enter or q"), line,
                           lab_choice_count(step));
    }
    return ANSWER_END;
}

static int print_answer(const struct question *question, int answer)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;

    narration_answer(&doc, question->experiment, question->step,
                     answer < 0 ? LAB_NO_PREDICTION : answer);
    return output_document(&doc);
}

static int print_score(const struct quiz *quiz)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    size_t asked = quiz->asked < quiz->first ? quiz->asked : quiz->first;
    size_t left = quiz->count - quiz->asked;

    document_heading(&doc, "%s", _("The end"));
    document_begin(&doc, 0);
    document_add(&doc, STYLE_STRONG, _("%zu asked, %zu right at the first time"), asked,
                 quiz->right);
    if (left > 0)
        document_add(&doc, STYLE_NORMAL, _(", %zu still to ask"), left);
    return output_document(&doc);
}

static int ask_all(struct quiz *quiz, FILE *input)
{
    for (; quiz->asked < quiz->count; quiz->asked++) {
        struct question question = quiz->questions[quiz->asked];
        int status = print_question(quiz, &question);
        if (status != EXIT_DONE)
            return status;
        int answer = read_answer(&question, input);
        if (answer == ANSWER_END)
            break;
        bool is_right = answer == question.experiment->steps[question.step].right;
        quiz->right += is_right && quiz->asked < quiz->first;
        if (!is_right && add(quiz, question.experiment, question.step) < 0)
            return command_fail(EXIT_FAULT, "lab: %s", strerror(ENOMEM));
        status = print_answer(&question, answer);
        if (status != EXIT_DONE)
            return status;
    }
    return print_score(quiz);
}

int lab_quiz(const struct lab_experiment *only, FILE *input)
{
    struct quiz quiz = {0};
    int status = add_all(&quiz, only) < 0 ? command_fail(EXIT_FAULT, "lab: %s", strerror(ENOMEM))
                                          : ask_all(&quiz, input);

    free(quiz.questions);
    return status;
}
