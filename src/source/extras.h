/*
 * extras: model/extra.h by identity, read where it is asked for and kept for a
 * moment. live.h is the way in.
 */
#ifndef REAPTOP_SOURCE_EXTRAS_H
#define REAPTOP_SOURCE_EXTRAS_H

#include "quota_table.h"
#include "reaptop/model/extra.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/model/socket.h"
#include "reaptop/source/reader.h"

struct extras;
struct process;

struct extras *extras_new(void); /* NULL without memory */
void extras_free(struct extras *extras);

/*
 * Fills `parts` of the row, where they are not there yet: from what is known and
 * fresh, or from the kernel. 1: the reader was asked for some; 0; -ENOMEM.
 */
int extras_fill(struct extras *extras, struct reader *reader, struct snapshot *snapshot,
                struct process *process, uint32_t parts);

/* Takes the reader's answers that lie ready; true where there were any. */
bool extras_collect(struct extras *extras, struct reader *reader);

/* How many answers are still to come. */
size_t extras_awaited(const struct extras *extras);

/* ---- extras_read.c ---- */

/* The sockets of our network namespace, read anew after a second. */
struct port_table {
    struct socket_table sockets;
    uint64_t read_ns; /* 0: not yet */
};

struct part_text {
    char *bytes; /* NULL: none */
    size_t size; /* without a last NUL */
};

/* What was read of one process: the texts of `extra` stand in `texts`. */
struct extra_record {
    struct extra extra;
    struct part_text texts[EXTRA_PART_COUNT];
    uint64_t read_ns[EXTRA_PART_COUNT];
    uint64_t io_read_bytes, io_write_bytes; /* at io_ns, for the rates */
    uint64_t io_ns;                         /* 0: not yet */
};

void extra_record_done(struct extra_record *record);

/* What is read once for many rows. */
struct extra_tables {
    struct port_table ports;
    struct quota_table quotas;
};

/* One whose process or thread has the directory `dir_fd` and the state. Never one of the reader's.
 */
void extra_read_part(struct extra_record *record, enum extra_part part, int dir_fd, char state,
                     struct extra_tables *tables);

/* NULL: it is read without the reader; else the file's name below /proc/PID. */
const char *extra_reader_file(enum extra_part part);
size_t extra_reader_limit(enum extra_part part);

/* Takes what the reader answered of that process; `status` as in struct reader_answer. */
void extra_take_answer(struct extra_record *record, enum extra_part part, struct identity id,
                       int status, struct strbuf *bytes);

/* How long what was read is good for. */
uint64_t extra_part_good_ns(enum extra_part part);

#endif
