/*
 * user_stacks_helper: what the helper of source/user_stacks.h does, and what it sends.
 */
#ifndef REAPTOP_SOURCE_USER_STACKS_HELPER_H
#define REAPTOP_SOURCE_USER_STACKS_HELPER_H

#include "reaptop/model/user_stack.h"

enum {
    STACK_TEXT_SIZE = 256 /* a longer symbol ends in "...", of a longer path the end is there */
};

enum stack_record_kind {
    STACK_RECORD_FRAME,  /* of the thread whose RECORD_THREAD follows */
    STACK_RECORD_THREAD, /* its tid, `status` is an enum stack_end, `symbol` the detail */
    STACK_RECORD_DONE    /* the last one: `status` 0 or a negative errno, `address` held_ns,
                            `offset` left_out */
};

/* One packet. */
struct stack_record {
    int32_t kind, tid, status;
    uint64_t address, offset;
    char symbol[STACK_TEXT_SIZE]; /* "": none */
    char module[STACK_TEXT_SIZE];
};

/* A helper_main; `argument` is the struct identity. */
void user_stacks_serve(void *argument, int fd, int extra_fd);

#endif
