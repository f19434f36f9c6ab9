/*
 * reader_helper: the child's side of reader.h, and what goes over the socket
 * (SOCK_SEQPACKET). A request comes with the descriptor of /proc/PID; its
 * answer is one or more messages, each a header and at most READER_CHUNK bytes.
 */
#ifndef REAPTOP_SOURCE_READER_HELPER_H
#define REAPTOP_SOURCE_READER_HELPER_H

#include <stdint.h>

#include "reaptop/source/reader.h"

enum {
    READER_CHUNK = 64 * 1024
};

enum reader_task {
    READER_READS_FILE,  /* relative to the descriptor */
    READER_FINDS_USER,  /* `offset` is the uid */
    READER_WALKS_PAGES, /* of [offset, offset + limit) */
};

struct reader_order {
    uint64_t tag;
    uint64_t offset;
    uint64_t limit;
    enum reader_task task;
    char name[READER_NAME_SIZE];
};

struct reader_reply {
    uint64_t tag;
    int32_t status;  /* of the last message: as reader_answer has it */
    int32_t is_last; /* no more messages for this request */
};

/* A helper_main: serves the socket until its other end is closed. */
void reader_serve(void *unused, int fd, int unused_fd);

#endif
