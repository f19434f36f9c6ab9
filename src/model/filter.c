#include "reaptop/model/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter_ops.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"
#include "reaptop/model/snapshot.h"

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    free(filter->ops);
    free(filter);
}

static bool relates(int order, enum relation relation)
{
    switch (relation) {
    case EQUAL:
        return order == 0;
    case NOT_EQUAL:
        return order != 0;
    case LESS:
        return order < 0;
    case AT_MOST:
        return order <= 0;
    case MORE:
        return order > 0;
    case AT_LEAST:
        return order >= 0;
    case CONTAINS:
    case LACKS:
        break;
    }
    return false;
}

static bool text_passes(const struct op *op, const char *text)
{
    if (op->relation == CONTAINS || op->relation == LACKS)
        return (strcasestr(text, op->word) != NULL) == (op->relation == CONTAINS);
    /* state=RD means either letter. */
    if (op->field == FIELD_STATE && (op->relation == EQUAL || op->relation == NOT_EQUAL))
        return (strchr(op->word, text[0]) != NULL) == (op->relation == EQUAL);
    return relates(strcmp(text, op->word), op->relation);
}

/* Is the text the word, or the word with one of these behind it? */
static bool is_word_before(const char *text, const char *word, const char *after)
{
    size_t length = strlen(word);
    return strncmp(text, word, length) == 0 && (text[length] == '\0' || text[length] == *after);
}

/* unit=cron is cron.service. */
static bool unit_passes(const struct op *op, const char *unit)
{
    if (op->relation != EQUAL && op->relation != NOT_EQUAL)
        return text_passes(op, unit);
    const char *dot = strrchr(unit, '.');
    size_t stem = dot ? (size_t)(dot - unit) : strlen(unit);
    bool is_it = strcmp(unit, op->word) == 0 ||
                 (strlen(op->word) == stem && memcmp(unit, op->word, stem) == 0);
    return is_it == (op->relation == EQUAL);
}

static bool entry_passes(const struct op *op, const char *entry, enum relation relation)
{
    struct op positive = *op;
    positive.relation = relation;
    if (op->field == FIELD_PORT && relation != CONTAINS) {
        double port = strtod(entry, NULL);
        return relates((port > op->number) - (port < op->number), relation);
    }
    if (op->field == FIELD_ENVIRONMENT && relation == EQUAL)
        return is_word_before(entry, op->word, "=");
    return text_passes(&positive, entry);
}

/* Any entry of it passes; with != and !~ none does what is denied. */
static bool list_passes(const struct op *op, const struct value *list)
{
    bool is_negative = op->relation == NOT_EQUAL || op->relation == LACKS;
    enum relation relation = op->relation == NOT_EQUAL ? EQUAL
                             : op->relation == LACKS   ? CONTAINS
                                                       : op->relation;
    for (size_t at = 0; at < list->size; at += strlen(list->text + at) + 1)
        if (entry_passes(op, list->text + at, relation))
            return !is_negative;
    return is_negative;
}

static bool number_passes(const struct op *op, double number)
{
    char digits[32];
    if (op->relation == CONTAINS || op->relation == LACKS) {
        (void)snprintf(digits, sizeof(digits), "%.15g", number);
        return (strstr(digits, op->word) != NULL) == (op->relation == CONTAINS);
    }
    return relates((number > op->number) - (number < op->number), op->relation);
}

/* A dead thread is one too; a process whose first thread alone has ended is none. */
static bool is_zombie(const struct process *process)
{
    return process_is_thread(process) ? process->state == 'Z'
                                      : ending_of(process).kind == ENDING_ZOMBIE;
}

static bool value_passes(const struct op *op, const struct value *value)
{
    switch (value->type) {
    case VALUE_TEXT:
        return op->field == FIELD_UNIT ? unit_passes(op, value->text)
                                       : text_passes(op, value->text);
    case VALUE_LIST:
        return list_passes(op, value);
    case VALUE_INTEGER:
        return number_passes(op, (double)value->integer);
    case VALUE_REAL:
        return number_passes(op, value->real);
    case VALUE_UNKNOWN:
        break;
    }
    return op->relation == NOT_EQUAL || op->relation == LACKS;
}

static enum verdict test_verdict(const struct op *op, const struct process *process)
{
    if (field_access(op->field, process) == ACCESS_UNREAD)
        return FILTER_UNDECIDED;
    struct value value = field_value(op->field, process);
    return value_passes(op, &value) ? FILTER_PASSES : FILTER_FAILS;
}

static bool flag_passes(enum flag flag, const struct process *process)
{
    switch (flag) {
    case FLAG_KERNEL:
        return process->is_kernel;
    case FLAG_THREAD:
        return process_is_thread(process);
    case FLAG_ENDED:
        return process->is_ended;
    case FLAG_ZOMBIE:
        return is_zombie(process);
    }
    return false;
}

static bool word_passes(const char *word, const struct process *process)
{
    char pid[16];
    const char *command_line = process_command_line(process);
    (void)snprintf(pid, sizeof(pid), "%d", process->id.pid);
    return (process->comm && strcasestr(process->comm, word)) || strcmp(pid, word) == 0 ||
           (command_line && strcasestr(command_line, word));
}

bool filter_reads_subtrees(const struct filter *filter)
{
    for (size_t i = 0; filter && i < filter->count; i++)
        if (filter->ops[i].kind == OP_TEST && field_is_of_subtree(filter->ops[i].field))
            return true;
    return false;
}

bool filter_reads_argv(const struct filter *filter)
{
    for (size_t i = 0; filter && i < filter->count; i++) {
        const struct op *op = &filter->ops[i];
        if (op->kind == OP_WORD || (op->kind == OP_TEST && op->field == FIELD_ARGV))
            return true;
    }
    return false;
}

const char *filter_user(const struct filter *filter, size_t number)
{
    for (size_t i = 0; filter && i < filter->count; i++) {
        const struct op *op = &filter->ops[i];
        bool is_compared = op->kind == OP_TEST && op->field == FIELD_USER &&
                           (op->relation == EQUAL || op->relation == NOT_EQUAL);
        if (is_compared && number-- == 0)
            return op->word;
    }
    return NULL;
}

uint32_t filter_parts(const struct filter *filter)
{
    uint32_t parts = 0;
    for (size_t i = 0; filter && i < filter->count; i++)
        if (filter->ops[i].kind == OP_TEST && field_part(filter->ops[i].field) != EXTRA_NONE)
            parts |= EXTRA_BIT(field_part(filter->ops[i].field));
    return parts;
}

static enum verdict verdict_of(bool passes)
{
    return passes ? FILTER_PASSES : FILTER_FAILS;
}

static enum verdict both(enum verdict a, enum verdict b)
{
    if (a == FILTER_FAILS || b == FILTER_FAILS)
        return FILTER_FAILS;
    return a == FILTER_PASSES ? b : a;
}

static enum verdict inverse(enum verdict verdict)
{
    return verdict == FILTER_UNDECIDED ? verdict : verdict_of(verdict == FILTER_FAILS);
}

static enum verdict either(enum verdict a, enum verdict b)
{
    return inverse(both(inverse(a), inverse(b)));
}

/* The verdict of one test; what it lacks is added to *lacks. */
static enum verdict judge_test(const struct op *op, const struct process *process, uint32_t *lacks)
{
    enum verdict verdict = test_verdict(op, process);
    if (verdict == FILTER_UNDECIDED)
        *lacks |= EXTRA_BIT(field_part(op->field));
    return verdict;
}

enum verdict filter_judge(const struct filter *filter, const struct process *process,
                          uint32_t *ret_lacks)
{
    enum verdict stack[OPS_MAX];
    uint32_t lacks = 0;
    size_t top = 0;
    for (size_t i = 0; filter && i < filter->count; i++) {
        const struct op *op = &filter->ops[i];
        switch (op->kind) {
        case OP_TEST:
            stack[top++] = judge_test(op, process, &lacks);
            break;
        case OP_WORD:
            stack[top++] = verdict_of(word_passes(op->word, process));
            break;
        case OP_FLAG:
            stack[top++] = verdict_of(flag_passes(op->flag, process));
            break;
        case OP_NOT:
            stack[top - 1] = inverse(stack[top - 1]);
            break;
        case OP_AND:
            top--;
            stack[top - 1] = both(stack[top - 1], stack[top]);
            break;
        case OP_OR:
            top--;
            stack[top - 1] = either(stack[top - 1], stack[top]);
            break;
        }
    }
    enum verdict verdict = top > 0 ? stack[0] : FILTER_PASSES;
    *ret_lacks = verdict == FILTER_UNDECIDED ? lacks : 0;
    return verdict;
}

bool filter_passes(const struct filter *filter, const struct process *process)
{
    uint32_t lacks;
    return filter_judge(filter, process, &lacks) == FILTER_PASSES;
}
