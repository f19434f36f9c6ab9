#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter_ops.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/filter.h"

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
    return c != '\0' && !isspace((unsigned char)c) && !strchr("()=!<>~\"|&", c);
}

/* A word or a "quoted text"; an empty one where there is none. `more`: bytes that are of it, too.
 */
static int take_word_with(struct parser *parser, const char *more, char word[WORD_SIZE])
{
    skip_blanks(parser);
    const char *start = parser->at, *end;
    if (*start == '"') {
        end = strchr(++start, '"');
        if (!end)
            return complain(parser, _("the quote is not closed"));
    } else {
        for (end = start; is_word_byte(*end) || (*end != '\0' && strchr(more, *end)); end++)
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

static int take_word(struct parser *parser, char word[WORD_SIZE])
{
    return take_word_with(parser, "", word);
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

static bool accept_sign(struct parser *parser, const char *sign)
{
    skip_blanks(parser);
    if (strncmp(parser->at, sign, strlen(sign)) != 0)
        return false;
    parser->at += strlen(sign);
    return true;
}

static bool accept_relation(struct parser *parser, enum relation *ret_relation)
{
    static const struct {
        const char *sign;
        enum relation relation;
    } relations[] = {
        {"!=", NOT_EQUAL}, {"!~", LACKS}, {"<=", AT_MOST}, {">=", AT_LEAST}, {"==", EQUAL},
        {"=", EQUAL},      {"<", LESS},   {">", MORE},     {"~", CONTAINS},
    };
    skip_blanks(parser);
    const char *here = parser->at;
    if (accept_word(parser, "in")) {
        skip_blanks(parser);
        if (*parser->at != '\0' && !strchr("=!<>~)", *parser->at)) {
            *ret_relation = EQUAL;
            return true;
        }
        parser->at = here;
    }
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

/* "90s", "10m", "3h", "2d" for a field in seconds; "100M", "1.5GiB", "10MB" for one in KiB. */
static bool take_unit(enum field field, const char *unit, double *ret_factor)
{
    static const struct {
        const char *unit;
        double factor;
    } sizes[] = {{"K", 1}, {"M", 1024.0}, {"G", 1048576.0}, {"T", 1073741824.0}},
      times[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    bool is_kib = strstr(fields[field].name, "_kib") != NULL;
    bool is_time = strstr(fields[field].name, "_seconds") != NULL;
    for (size_t i = 0; (is_kib || is_time) && i < ELEMENTS(sizes); i++) {
        const char *name = is_kib ? sizes[i].unit : times[i].unit;
        if (strncasecmp(unit, name, 1) != 0)
            continue;
        const char *rest = unit + 1;
        *ret_factor = is_kib ? sizes[i].factor : times[i].factor;
        return *rest == '\0' ||
               (is_kib && (strcasecmp(rest, "B") == 0 || strcasecmp(rest, "iB") == 0));
    }
    return false;
}

/* "100M" in the field's unit. */
static int parse_number(struct parser *parser, struct op *op)
{
    char *end;
    double value = strtod(op->word, &end);
    if (end == op->word || !(value >= -1e18 && value <= 1e18) || isalpha((unsigned char)*op->word))
        return complain(parser, _("this field wants a number"));

    double factor = 1;
    if (*end != '\0' && !take_unit(op->field, end, &factor))
        return complain(parser, strstr(fields[op->field].name, "_kib")
                                    ? _("a size is a number with K, M, G or T")
                                : strstr(fields[op->field].name, "_seconds")
                                    ? _("a time is a number with s, m, h or d")
                                    : _("this field wants a number"));
    op->number = value * factor;
    return 0;
}

static bool is_of_text(enum field field)
{
    return fields[field].type == VALUE_TEXT || fields[field].type == VALUE_LIST;
}

static int check_port(struct parser *parser, struct op *op)
{
    int64_t port;
    if (number_parse(op->word, 0, UINT16_MAX, &port) < 0)
        return complain(parser, _("a port is a number up to 65535"));
    op->number = (double)port;
    return 0;
}

static int check_value(struct parser *parser, struct op *op)
{
    if (op->word[0] == '\0')
        return complain(parser, _("a value is missing"));
    bool is_exact = op->relation == EQUAL || op->relation == NOT_EQUAL;
    if (op->field == FIELD_STATE && is_exact &&
        op->word[strspn(op->word, "RSDTtZXPIrsdzxpi")] != '\0')
        return complain(parser, _("a state is letters out of R S D T t Z X P I"));
    if (op->field == FIELD_PORT)
        return check_port(parser, op);
    if (is_of_text(op->field) || op->relation == CONTAINS || op->relation == LACKS)
        return 0;
    return parse_number(parser, op);
}

/* "a,b,c": any of them passes, or with != and !~ none of them. */
static int parse_values(struct parser *parser, struct op *op)
{
    bool is_negative = op->relation == NOT_EQUAL || op->relation == LACKS;
    char list[WORD_SIZE];
    memcpy(list, op->word, sizeof(list));
    char *rest = list;
    for (bool is_first = true; rest; is_first = false) {
        char *comma = strchr(rest, ',');
        if (comma)
            *comma = '\0';
        (void)snprintf(op->word, sizeof(op->word), "%s", rest);
        rest = comma ? comma + 1 : NULL;
        int r = check_value(parser, op);
        if (r == 0)
            r = emit(parser, op);
        if (r == 0 && !is_first)
            r = emit_kind(parser, is_negative ? OP_AND : OP_OR);
        if (r < 0)
            return r;
    }
    return 0;
}

static int parse_test(struct parser *parser, int field, enum relation relation)
{
    struct op op = {.kind = OP_TEST, .field = (enum field)field, .relation = relation};
    /* env=LANG=C */
    int r = take_word_with(parser, is_of_text(op.field) ? "=" : "", op.word);
    if (r < 0)
        return r;
    return parse_values(parser, &op);
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

enum {
    PLAIN_NAME_MOST = 8
};

/* Of the two names that a field may have: the first, where it is one short word. */
static const char *plain_name(const struct field_info *field)
{
    bool is_plain = !strchr(field->name, '_') && strlen(field->name) <= PLAIN_NAME_MOST;
    return field->alias && !is_plain ? field->alias : field->name;
}

static int complain_field(struct parser *parser, const char *word)
{
    _cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;
    for (int i = 0; i < FIELD_COUNT; i++)
        strbuf_printf(&names, " %s", plain_name(&fields[i]));
    return error_set(parser->error, -EINVAL,
                     _("filter: column %d: there is no field '%s'; the fields are:%s"),
                     (int)(parser->at - parser->start) + 1, word, strbuf_text(&names));
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
            return complain_field(parser, op.word);
        }
        return parse_test(parser, field, relation);
    }
    for (size_t i = 0; *start != '"' && i < ELEMENTS(flag_words); i++)
        if (strcasecmp(op.word, flag_words[i].name) == 0)
            return emit(parser, &(struct op){.kind = OP_FLAG, .flag = flag_words[i].flag});
    return emit(parser, &op);
}

/* "ssh|cron": either; it binds closer than `and`. */
static int parse_alternatives(struct parser *parser)
{
    int r = parse_primary(parser);
    for (skip_blanks(parser); r == 0 && *parser->at == '|' && parser->at[1] != '|';
         skip_blanks(parser)) {
        parser->at++;
        r = parse_primary(parser);
        if (r == 0)
            r = emit_kind(parser, OP_OR);
    }
    return r;
}

static int parse_not(struct parser *parser)
{
    bool is_negated = false;
    for (;;) {
        skip_blanks(parser);
        if (*parser->at == '!' && parser->at[1] != '=' && parser->at[1] != '~')
            parser->at++;
        else if (!accept_word(parser, "not"))
            break;
        is_negated = !is_negated;
    }
    int r = parse_alternatives(parser);
    return r < 0 || !is_negated ? r : emit_kind(parser, OP_NOT);
}

static bool ends_operand(struct parser *parser)
{
    skip_blanks(parser);
    if (*parser->at == '\0' || *parser->at == ')')
        return true;
    const char *here = parser->at;
    bool is_or = accept_word(parser, "or") || accept_sign(parser, "||");
    parser->at = here;
    return is_or;
}

/* Two operands side by side mean `and`. */
static int parse_and(struct parser *parser)
{
    int r = parse_not(parser);
    while (r == 0 && !ends_operand(parser)) {
        if (!accept_word(parser, "and"))
            (void)accept_sign(parser, "&&");
        r = parse_not(parser);
        if (r == 0)
            r = emit_kind(parser, OP_AND);
    }
    return r;
}

static int parse_or(struct parser *parser)
{
    int r = parse_and(parser);
    while (r == 0 && (accept_word(parser, "or") || accept_sign(parser, "||"))) {
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
