/*
 * reader_helper: the child's side of reader.h, and what goes over the socket
 * (SOCK_SEQPACKET). A request comes with the descriptor of /proc/PID; its
 * answer is one or more messages, each a header and at most HELPER_CHUNK bytes.
 */
#ifndef REAPTOP_SOURCE_READER_HELPER_H
#define REAPTOP_SOURCE_READER_HELPER_H

#include <stdint.h>

#include "reaptop/source/reader.h"

enum {
    HELPER_CHUNK = 64 * 1024
};

enum helper_task {
    HELPER_READS_FILE,  /* relative to the descriptor */
    HELPER_FINDS_USER,  /* `offset` is the uid */
    HELPER_WALKS_PAGES, /* of [offset, offset + limit) */
};

struct helper_request {
    uint64_t tag;
    uint64_t offset;
    uint64_t limit;
    enum helper_task task;
    char name[READER_NAME_SIZE];
};

struct helper_answer {
    uint64_t tag;
    int32_t status;  /* of the last message: as reader_answer has it */
    int32_t is_last; /* no more messages for this request */
};

/*
 * Forks a helper and returns its PID and our end of its socket, or a negative
 * errno.
 */
int helper_start(pid_t *ret_pid, int *ret_socket);

#endif
