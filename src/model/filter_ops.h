/*
 * filter_ops: an expression as filter_parse() leaves it and filter_judge() reads it.
 */
#ifndef REAPTOP_MODEL_FILTER_OPS_H
#define REAPTOP_MODEL_FILTER_OPS_H

#include <stddef.h>

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
    CONTAINS,
    LACKS, /* !~ */
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

#endif
