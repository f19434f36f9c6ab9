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
    READER_READS_LINES, /* command lines of the processes named behind the order */
};

/* Whose command line; `count` of them follow such an order in the same message. */
struct reader_who {
    uint64_t start_ticks; /* 0: whoever has the PID */
    int32_t pid;
    int32_t unused;
};

/* Before each line in the answer; reader_next_line(). */
struct reader_line_header {
    int32_t index; /* of the process in the order */
    int32_t status;
    uint64_t length;
};

struct reader_order {
    uint64_t tag;
    uint64_t offset;
    uint64_t limit;
    enum reader_task task;
    uint32_t count;
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
