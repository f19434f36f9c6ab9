#include "reaptop/model/filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/field.h"

/*
 * The expression becomes postfix: tests push a truth, `and`, `or` and `not`
 * combine what was pushed. Nesting is bounded, so evaluation needs no heap.
 */
enum {
    NESTING_MAX = 32,
    WORD_SIZE = 128,
    OPS_MAX = 256
};

enum op_kind {
    OP_TEST,
    OP_WORD,
    OP_FLAG,
    OP_NOT,
    OP_AND,
    OP_OR
};
enum relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    AT_MOST,
    MORE,
    AT_LEAST,
    CONTAINS
};
enum flag {
    FLAG_KERNEL,
    FLAG_THREAD,
    FLAG_ENDED,
    FLAG_ZOMBIE
};

struct op {
    enum op_kind kind;
    enum field field;
    enum relation relation;
    enum flag flag;
    double number;
    char word[WORD_SIZE];
};

struct filter {
    struct op *ops;
    size_t count;
    size_t capacity;
};

struct parser {
    const char *start;
    const char *at;
    struct filter *filter;
    struct error *error;
    int nesting;
};

static const struct {
    const char *name;
    enum flag flag;
} flag_words[] = {
    {"kernel", FLAG_KERNEL},
    {"thread", FLAG_THREAD},
    {"ended", FLAG_ENDED},
    {"zombie", FLAG_ZOMBIE},
};

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    free(filter->ops);
    free(filter);
}

static int complain(struct parser *parser, const char *what)
{
    return error_set(parser->error, -EINVAL,
                     _("filter: column %d: %s; for example: state=Z and user=root"),
                     (int)(parser->at - parser->start) + 1, what);
}

static void skip_blanks(struct parser *parser)
{
    while (isspace((unsigned char)*parser->at))
        parser->at++;
}

static bool is_word_byte(char c)
{
    return c != '\0' && !isspace((unsigned char)c) && !strchr("()=!<>~\"", c);
}

/* A word or a "quoted text"; false with nothing taken where there is none. */
static int take_word(struct parser *parser, char word[WORD_SIZE])
{
    skip_blanks(parser);
    const char *start = parser->at, *end;
    if (*start == '"') {
        end = strchr(++start, '"');
        if (!end)
            return complain(parser, _("the quote is not closed"));
    } else {
        for (end = start; is_word_byte(*end); end++)
            ;
    }
    size_t length = (size_t)(end - start);
    if (length >= WORD_SIZE)
        return complain(parser, _("the word is too long"));
    memcpy(word, start, length);
    word[length] = '\0';
    parser->at = *end == '"' ? end + 1 : end;
    return 0;
}

/* Whether the next word is that one; it is taken then. */
static bool accept_word(struct parser *parser, const char *word)
{
    skip_blanks(parser);
    size_t length = strlen(word);
    if (strncasecmp(parser->at, word, length) != 0 || is_word_byte(parser->at[length]))
        return false;
    parser->at += length;
    return true;
}

static bool accept_relation(struct parser *parser, enum relation *ret_relation)
{
    static const struct {
        const char *sign;
        enum relation relation;
    } relations[] = {
        {"!=", NOT_EQUAL}, {"<=", AT_MOST}, {">=", AT_LEAST}, {"==", EQUAL},
        {"=", EQUAL},      {"<", LESS},     {">", MORE},      {"~", CONTAINS},
    };
    skip_blanks(parser);
    for (size_t i = 0; i < ELEMENTS(relations); i++) {
        size_t length = strlen(relations[i].sign);
        if (strncmp(parser->at, relations[i].sign, length) == 0) {
            parser->at += length;
            *ret_relation = relations[i].relation;
            return true;
        }
    }
    return false;
}

static int emit(struct parser *parser, const struct op *op)
{
    struct filter *filter = parser->filter;
    if (filter->count >= OPS_MAX)
        return complain(parser, _("the expression is too long"));
    int r = array_reserve(&filter->ops, &filter->capacity, filter->count + 1);
    if (r < 0)
        return error_set_errno(parser->error, r, _("filter"));
    filter->ops[filter->count++] = *op;
    return 0;
}

static int emit_kind(struct parser *parser, enum op_kind kind)
{
    return emit(parser, &(struct op){.kind = kind});
}

/* "100M" in the field's unit. */
static int parse_number(struct parser *parser, struct op *op)
{
    char *end;
    double value = strtod(op->word, &end);
    if (end == op->word || !(value >= -1e18 && value <= 1e18) || isalpha((unsigned char)*op->word))
        return complain(parser, _("this field wants a number"));

    bool is_kib = strstr(fields[op->field].name, "_kib") != NULL;
    double unit = 1;
    if (is_kib && *end != '\0') {
        static const char units[] = "KMGT";
        const char *letter = strchr(units, toupper((unsigned char)*end));
        if (!letter)
            return complain(parser, _("a size is a number with K, M, G or T"));
        for (const char *step = units; step < letter; step++)
            unit *= 1024;
        end++;
    }
    if (*end != '\0')
        return complain(parser, _("this field wants a number"));
    op->number = value * unit;
    return 0;
}

static int parse_test(struct parser *parser, int field, enum relation relation)
{
    struct op op = {.kind = OP_TEST, .field = (enum field)field, .relation = relation};
    int r = take_word(parser, op.word);
    if (r < 0)
        return r;
    if (op.word[0] == '\0')
        return complain(parser, _("a value is missing"));
    if (fields[field].type != VALUE_TEXT && relation != CONTAINS) {
        r = parse_number(parser, &op);
        if (r < 0)
            return r;
    }
    return emit(parser, &op);
}

static int parse_or(struct parser *parser);

static int parse_group(struct parser *parser)
{
    if (++parser->nesting > NESTING_MAX)
        return complain(parser, _("too many parentheses"));
    parser->at++;
    int r = parse_or(parser);
    if (r < 0)
        return r;
    skip_blanks(parser);
    if (*parser->at != ')')
        return complain(parser, _("a closing parenthesis is missing"));
    parser->at++;
    parser->nesting--;
    return 0;
}

/* A comparison, a flag, or a bare word. */
static int parse_primary(struct parser *parser)
{
    skip_blanks(parser);
    if (*parser->at == '(')
        return parse_group(parser);

    const char *start = parser->at;
    struct op op = {.kind = OP_WORD};
    int r = take_word(parser, op.word);
    if (r < 0)
        return r;
    if (parser->at == start)
        return complain(parser, _("a field or a word is missing"));

    enum relation relation;
    if (*start != '"' && accept_relation(parser, &relation)) {
        int field = field_from_name(op.word);
        if (field < 0) {
            parser->at = start;
            return complain(parser, _("there is no such field"));
        }
        return parse_test(parser, field, relation);
    }
    for (size_t i = 0; *start != '"' && i < ELEMENTS(flag_words); i++)
        if (strcasecmp(op.word, flag_words[i].name) == 0)
            return emit(parser, &(struct op){.kind = OP_FLAG, .flag = flag_words[i].flag});
    return emit(parser, &op);
}

static int parse_not(struct parser *parser)
{
    bool is_negated = false;
    for (;;) {
        skip_blanks(parser);
        if (*parser->at == '!' && parser->at[1] != '=')
            parser->at++;
        else if (!accept_word(parser, "not"))
            break;
        is_negated = !is_negated;
    }
    int r = parse_primary(parser);
    return r < 0 || !is_negated ? r : emit_kind(parser, OP_NOT);
}

static bool ends_operand(struct parser *parser)
{
    skip_blanks(parser);
    if (*parser->at == '\0' || *parser->at == ')')
        return true;
    const char *here = parser->at;
    bool is_or = accept_word(parser, "or");
    parser->at = here;
    return is_or;
}

/* Two operands side by side mean `and`. */
static int parse_and(struct parser *parser)
{
    int r = parse_not(parser);
    while (r == 0 && !ends_operand(parser)) {
        (void)accept_word(parser, "and");
        r = parse_not(parser);
        if (r == 0)
            r = emit_kind(parser, OP_AND);
    }
    return r;
}

static int parse_or(struct parser *parser)
{
    int r = parse_and(parser);
    while (r == 0 && accept_word(parser, "or")) {
        r = parse_and(parser);
        if (r == 0)
            r = emit_kind(parser, OP_OR);
    }
    return r;
}

int filter_parse(const char *expression, struct filter **ret_filter, struct error *error)
{
    struct filter *filter = calloc(1, sizeof(*filter));
    if (!filter)
        return error_set_errno(error, -ENOMEM, _("filter"));

    struct parser parser = {
        .start = expression, .at = expression, .filter = filter, .error = error};
    skip_blanks(&parser);
    int r = 0;
    if (*parser.at != '\0') {
        r = parse_or(&parser);
        if (r == 0 && *parser.at != '\0')
            r = complain(&parser, _("this parenthesis was never opened"));
    }
    if (r < 0) {
        filter_free(filter);
        return r;
    }
    *ret_filter = filter;
    return 0;
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
        break;
    }
    return false;
}

static bool text_passes(const struct op *op, const char *text)
{
    if (op->relation == CONTAINS)
        return strcasestr(text, op->word) != NULL;
    /* state=RD means either letter. */
    if (op->field == FIELD_STATE && (op->relation == EQUAL || op->relation == NOT_EQUAL))
        return (strchr(op->word, text[0]) != NULL) == (op->relation == EQUAL);
    return relates(strcmp(text, op->word), op->relation);
}

static bool test_passes(const struct op *op, const struct process *process)
{
    struct value value = field_value(op->field, process);
    double number = value.real;
    char digits[32];

    switch (value.type) {
    case VALUE_TEXT:
        return text_passes(op, value.text);
    case VALUE_INTEGER:
        number = (double)value.integer;
        break;
    case VALUE_REAL:
        break;
    case VALUE_UNKNOWN:
        return op->relation == NOT_EQUAL;
    }
    if (op->relation == CONTAINS) {
        (void)snprintf(digits, sizeof(digits), "%.15g", number);
        return strstr(digits, op->word) != NULL;
    }
    return relates((number > op->number) - (number < op->number), op->relation);
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
        return process_is_zombie(process);
    }
    return false;
}

static bool word_passes(const char *word, const struct process *process)
{
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", process->id.pid);
    return (process->comm && strcasestr(process->comm, word)) || strcmp(pid, word) == 0 ||
           (access_has_value(process->argv_access) && strcasestr(process->argv, word));
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

bool filter_passes(const struct filter *filter, const struct process *process)
{
    if (!filter || filter->count == 0)
        return true;

    bool stack[OPS_MAX];
    size_t top = 0;
    for (size_t i = 0; i < filter->count; i++) {
        const struct op *op = &filter->ops[i];
        switch (op->kind) {
        case OP_TEST:
            stack[top++] = test_passes(op, process);
            break;
        case OP_WORD:
            stack[top++] = word_passes(op->word, process);
            break;
        case OP_FLAG:
            stack[top++] = flag_passes(op->flag, process);
            break;
        case OP_NOT:
            stack[top - 1] = !stack[top - 1];
            break;
        case OP_AND:
            top--;
            stack[top - 1] = stack[top - 1] && stack[top];
            break;
        case OP_OR:
            top--;
            stack[top - 1] = stack[top - 1] || stack[top];
            break;
        }
    }
    return stack[0];
}
