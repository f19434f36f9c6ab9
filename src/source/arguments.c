#include "arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/text.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"
#include "reaptop/source/live.h"
#include "reaptop/source/parse_details.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/procfs.h"

enum {
    BUCKETS = 1024,
    STATUS_LIMIT = 16 * 1024,
    COMM_KEPT = 16,
    ASKED_UNSHOWN = 2048, /* at once: what is on the screen does not wait for more */
    ALONE_MOST = 3        /* so few are not worth a message for many */
};

#define FRESH_NS  (5 * NS_PER_SEC)  /* asked for anew after that, if the process has run */
#define TRUST_NS  (60 * NS_PER_SEC) /* and after that in any case */
#define UNUSED_NS (60 * NS_PER_SEC) /* forgotten after that */

struct line {
    struct identity id;
    char comm[COMM_KEPT]; /* under which it was read: an exec changes both */
    enum access access;
    char *argv; /* as it is shown; NULL: none */
    char *raw;  /* as the kernel gave it, without the last NUL */
    size_t raw_size;
    uid_t uid; /* real */
    bool has_uid;
    bool is_uid_due; /* it is read together with the command line */
    bool is_asked;
    bool is_outdated; /* the answer awaited may be of before an exec */
    bool has_run;     /* the process, since it was asked for; also where that is not reported */
    uint64_t asked_run_ns;  /* its time on a processor before that; 0: unknown */
    uint64_t looked_run_ns; /* at the last look */
    uint64_t looked_ns;
    uint64_t read_ns; /* argv */
    uint64_t used_ns;
    struct line *next; /* in its bucket */
};

struct asked_user {
    uint64_t tag;
    uid_t uid;
};

/* Command lines that were asked for together. */
struct batch {
    uint64_t tag;
    struct identity *ids;
    size_t count;
};

struct arguments {
    struct line *buckets[BUCKETS];
    struct asked_user *users;
    size_t user_count;
    size_t user_capacity;
    struct identity wanted[READER_LINES_MAX]; /* to be asked for together */
    size_t wanted_count;
    struct batch *batches;
    size_t batch_count;
    size_t batch_capacity;
    size_t asked; /* command lines and users without an answer yet */
    uint64_t swept_ns;
};

struct arguments *arguments_new(void)
{
    return calloc(1, sizeof(struct arguments));
}

static void line_free(struct line *line)
{
    free(line->argv);
    free(line->raw);
    free(line);
}

/* Frees the lines that were not used since then; those still asked for stay. */
static void forget_unused(struct arguments *arguments, uint64_t since_ns)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct line **link = &arguments->buckets[i];
        while (*link) {
            struct line *line = *link;
            if (line->used_ns >= since_ns || (line->is_asked && since_ns != UINT64_MAX)) {
                link = &line->next;
                continue;
            }
            *link = line->next;
            line_free(line);
        }
    }
}

void arguments_free(struct arguments *arguments)
{
    if (!arguments)
        return;
    forget_unused(arguments, UINT64_MAX);
    for (size_t i = 0; i < arguments->batch_count; i++)
        free(arguments->batches[i].ids);
    free(arguments->batches);
    free(arguments->users);
    free(arguments);
}

static struct line *find(const struct arguments *arguments, struct identity id)
{
    struct line *line = arguments->buckets[(uint32_t)id.pid % BUCKETS];
    while (line && !identity_is_same(line->id, id))
        line = line->next;
    return line;
}

static struct line *find_or_add(struct arguments *arguments, struct identity id)
{
    struct line *line = find(arguments, id);
    if (line)
        return line;
    line = calloc(1, sizeof(*line));
    if (!line)
        return NULL;
    struct line **bucket = &arguments->buckets[(uint32_t)id.pid % BUCKETS];
    *line = (struct line){.id = id, .is_uid_due = true, .next = *bucket};
    *bucket = line;
    return line;
}

/* ---- answers ---- */

static bool take_user(struct arguments *arguments, struct users *users,
                      const struct reader_answer *answer)
{
    for (size_t i = 0; i < arguments->user_count; i++) {
        if (arguments->users[i].tag != answer->tag)
            continue;
        users_learn(users, arguments->users[i].uid,
                    answer->status == 0 ? strbuf_text(&answer->bytes) : NULL);
        arguments->users[i] = arguments->users[--arguments->user_count];
        return true;
    }
    return false;
}

/* The bytes are those that are kept already. */
static bool is_same_answer(const struct line *line, const struct reader_answer *answer)
{
    if (line->access != ACCESS_OK || answer->status != 0 || !line->raw)
        return false;
    size_t size = text_trim_nuls(answer->bytes.data, answer->bytes.length);
    return size == line->raw_size && memcmp(line->raw, answer->bytes.data, size) == 0;
}

static void replace_line(struct line *line, struct reader_answer *answer)
{
    free(take_pointer(line->argv));
    free(take_pointer(line->raw));
    line->access = answer->status > 0 ? ACCESS_TRUNCATED : access_from_errno(answer->status, '\0');
    if (answer->status < 0)
        return;
    struct strbuf joined = STRBUF_INIT;
    line->raw_size = text_trim_nuls(answer->bytes.data, answer->bytes.length);
    if (line->raw_size == 0) {
        line->access = ACCESS_EMPTY;
        return;
    }
    text_join_arguments(answer->bytes.data, line->raw_size, &joined);
    line->argv = strbuf_take(&joined);
    line->raw = strbuf_take(&answer->bytes);
    if (!line->argv || !line->raw) {
        free(take_pointer(line->argv));
        line->access = ACCESS_FAILED;
    }
}

/* True where it says something else than was known. */
static bool take_line(struct line *line, struct reader_answer *answer)
{
    line->is_asked = false;
    if (line->is_outdated) {
        line->is_outdated = false;
        return true; /* it is to be asked for again */
    }
    line->read_ns = clock_boot_ns();
    if (is_same_answer(line, answer))
        return false;
    enum access access = line->access;
    bool had_line = line->argv != NULL;
    replace_line(line, answer);
    return had_line || line->argv || line->access != access;
}

/* ---- asking ---- */

static bool ask_alone(struct arguments *arguments, struct reader *reader, struct identity id)
{
    uint64_t tag;
    const struct reader_request request = {.id = id, .name = "cmdline", .limit = LIVE_ARGV_LIMIT};
    return reader_submit(reader, arguments, &request, &tag) == 0;
}

/* It is asked for again at the next call. */
static void give_up_asking(struct arguments *arguments, struct identity id)
{
    struct line *line = find(arguments, id);
    arguments->asked--;
    if (line)
        line->is_asked = false;
}

static void ask_each(struct arguments *arguments, struct reader *reader, const struct identity *ids,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!ask_alone(arguments, reader, ids[i]))
            give_up_asking(arguments, ids[i]);
}

static bool ask_together(struct arguments *arguments, struct reader *reader)
{
    struct batch batch = {.count = arguments->wanted_count};
    size_t size = batch.count * sizeof(*batch.ids);
    if (array_reserve(&arguments->batches, &arguments->batch_capacity, arguments->batch_count + 1) <
            0 ||
        !(batch.ids = malloc(size)))
        return false;
    memcpy(batch.ids, arguments->wanted, size);
    if (reader_submit_lines(reader, arguments, batch.ids, batch.count, LIVE_ARGV_LIMIT,
                            &batch.tag) < 0) {
        free(batch.ids);
        return false;
    }
    arguments->batches[arguments->batch_count++] = batch;
    return true;
}

static void ask_wanted(struct arguments *arguments, struct reader *reader)
{
    if (arguments->wanted_count <= ALONE_MOST || !ask_together(arguments, reader))
        ask_each(arguments, reader, arguments->wanted, arguments->wanted_count);
    arguments->wanted_count = 0;
}

/* What blocked before is not asked for together with others: all would have to be asked again. */
static void ask(struct arguments *arguments, struct reader *reader, struct line *line)
{
    bool is_alone = line->access == ACCESS_BLOCKED || line->access == ACCESS_FAILED;
    if (is_alone && !ask_alone(arguments, reader, line->id))
        return; /* asked again at the next call */
    line->is_asked = true;
    line->is_uid_due = true;
    line->asked_run_ns = line->looked_run_ns;
    arguments->asked++;
    if (is_alone)
        return;
    arguments->wanted[arguments->wanted_count++] = line->id;
    if (arguments->wanted_count == READER_LINES_MAX)
        ask_wanted(arguments, reader);
}

/* ---- taking ---- */

static bool take_one(struct arguments *arguments, struct reader_answer *answer)
{
    struct line *line = find(arguments, answer->id);
    arguments->asked--;
    return line && take_line(line, answer);
}

/* Those without a line in the answer, and those with an empty one, are asked for alone. */
static bool take_lines(struct arguments *arguments, struct reader *reader,
                       const struct batch *batch, const struct reader_answer *answer)
{
    struct reader_line got;
    bool has_changed = false;
    size_t at = 0, next = 0;
    while (next < batch->count && reader_next_line(answer, &at, &got) && got.index == next) {
        struct reader_answer one = {.id = batch->ids[next++], .status = got.status};
        if (got.status == -EAGAIN) {
            ask_each(arguments, reader, &one.id, 1);
            continue;
        }
        strbuf_append(&one.bytes, got.bytes, got.length);
        has_changed |= take_one(arguments, &one);
        strbuf_done(&one.bytes);
    }
    ask_each(arguments, reader, batch->ids + next, batch->count - next);
    return has_changed;
}

static bool take_answer(struct arguments *arguments, struct users *users, struct reader *reader,
                        struct reader_answer *answer)
{
    if (take_user(arguments, users, answer)) {
        arguments->asked--;
        return true;
    }
    for (size_t i = 0; i < arguments->batch_count; i++) {
        struct batch batch = arguments->batches[i];
        if (batch.tag != answer->tag)
            continue;
        arguments->batches[i] = arguments->batches[--arguments->batch_count];
        bool has_changed = take_lines(arguments, reader, &batch, answer);
        free(batch.ids);
        return has_changed;
    }
    return take_one(arguments, answer);
}

bool arguments_collect(struct arguments *arguments, struct users *users, struct reader *reader)
{
    struct reader_answer answer;
    bool has_changed = false;
    while (reader_collect(reader, arguments, &answer) > 0) {
        has_changed |= take_answer(arguments, users, reader, &answer);
        strbuf_done(&answer.bytes);
    }
    return has_changed;
}

size_t arguments_awaited(const struct arguments *arguments)
{
    return arguments->asked;
}

/* ---- filling ---- */

void arguments_ask(struct arguments *arguments, struct users *users, struct reader *reader)
{
    uid_t uid;
    uint64_t tag;
    ask_wanted(arguments, reader);
    while (array_reserve(&arguments->users, &arguments->user_capacity, arguments->user_count + 1) ==
               0 &&
           users_next_unknown(users, &uid)) {
        if (reader_submit_user(reader, arguments, uid, &tag) < 0)
            continue;
        arguments->users[arguments->user_count++] = (struct asked_user){.tag = tag, .uid = uid};
        arguments->asked++;
    }
}

/* Time on a processor, schedstat's first field (proc(5)); 0 where it is not reported. */
static uint64_t read_run_ns(pid_t pid)
{
    char path[64];
    uint64_t run_ns, wait_ns;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    (void)snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
    if (procfs_read(AT_FDCWD, path, STATUS_LIMIT, &text) < 0 ||
        parse_schedstat(strbuf_text(&text), text.length, &run_ns, &wait_ns) < 0)
        return 0;
    return run_ns;
}

/*
 * A process of one thread that has not been on a processor since has changed neither its command
 * line nor its user. Another one could write to its memory: what is old is not trusted.
 */
static void look_whether_run(struct line *line, const struct process *leader)
{
    if (line->used_ns - line->looked_ns <= FRESH_NS)
        return;
    line->looked_ns = line->used_ns;
    line->looked_run_ns = leader->threads == 1 ? read_run_ns(leader->id.pid) : 0;
    line->has_run = line->looked_run_ns == 0 || line->looked_run_ns != line->asked_run_ns;
}

/* status never blocks: the kernel prints it without the process's help. */
static void read_uid(struct line *line)
{
    char path[64];
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct status status;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", line->id.pid);
    line->has_uid = procfs_read(AT_FDCWD, path, STATUS_LIMIT, &text) >= 0 &&
                    parse_status(strbuf_text(&text), text.length, &status) >= 0 &&
                    (status.known & STATUS_HAS_IDS);
    if (line->has_uid)
        line->uid = status.uid[0];
}

static void forget_after_exec(struct line *line, const char *comm)
{
    if (strncmp(line->comm, comm, COMM_KEPT - 1) == 0)
        return;
    (void)snprintf(line->comm, sizeof(line->comm), "%s", comm);
    free(take_pointer(line->argv));
    free(take_pointer(line->raw));
    line->access = ACCESS_UNREAD;
    line->is_outdated = line->is_asked;
    line->is_uid_due = true;
}

static int show_line(const struct line *line, struct process *process, struct arena *strings)
{
    process->argv_access = line->access;
    if (line->argv && process->argv && strcmp(line->argv, process->argv) == 0)
        return 0;
    process->argv = arena_strdup(strings, line->argv);
    process->arguments = line->raw ? arena_strndup(strings, line->raw, line->raw_size) : NULL;
    process->arguments_size = (uint32_t)line->raw_size;
    return line->argv && (!process->argv || !process->arguments) ? -ENOMEM : 0;
}

/* A thread's row shows its process's command line. */
static const struct process *leader_of(const struct snapshot *snapshot,
                                       const struct process *process)
{
    const struct process *leader =
        process_is_thread(process) ? snapshot_find(snapshot, process->tgid) : process;
    return leader ? leader : process;
}

/* The line that the row shows, used now; NULL without memory. */
static struct line *line_of(struct arguments *arguments, const struct snapshot *snapshot,
                            const struct process *process, const struct process **ret_leader)
{
    const struct process *leader = *ret_leader = leader_of(snapshot, process);
    struct line *line = find_or_add(arguments, leader->id);
    if (!line)
        return NULL;
    line->used_ns = clock_boot_ns();
    forget_after_exec(line, leader->comm ? leader->comm : "");
    if (line->used_ns - arguments->swept_ns > UNUSED_NS) {
        arguments->swept_ns = line->used_ns;
        forget_unused(arguments, line->used_ns - UNUSED_NS);
    }
    return line;
}

/* What is older than `good_ns` is asked for anew, if more may be asked for. */
static int fill_line(struct arguments *arguments, struct reader *reader, struct line *line,
                     const struct process *leader, uint64_t good_ns, struct process *process,
                     struct arena *strings)
{
    if (leader->is_kernel) {
        process->argv_access = ACCESS_EMPTY;
        return 0;
    }
    struct ending ending = ending_of(leader);
    if (ending_is_over(&ending)) {
        process->argv_access = ACCESS_ZOMBIE;
        return 0;
    }
    look_whether_run(line, leader);
    uint64_t age_ns = line->used_ns - line->read_ns;
    bool is_stale =
        line->access == ACCESS_UNREAD || age_ns > TRUST_NS || (line->has_run && age_ns > good_ns);
    if (is_stale && !line->is_asked)
        ask(arguments, reader, line);
    return show_line(line, process, strings);
}

static int fill_user(struct line *line, struct users *users, struct process *process,
                     struct arena *strings)
{
    if (process->has_real_uid) {
        line->uid = process->real_uid;
        line->has_uid = true;
    } else if (line->is_uid_due) {
        read_uid(line);
    }
    line->is_uid_due = false;
    if (line->has_uid && line->uid != process->uid) {
        process->user = users_name_into(users, line->uid, strings);
        process->uid = line->uid;
    }
    return process->user ? 0 : -ENOMEM;
}

int arguments_fill(struct arguments *arguments, struct users *users, struct reader *reader,
                   struct snapshot *snapshot, struct process *process)
{
    if (process->is_ended)
        return 0;
    const struct process *leader;
    struct line *line = line_of(arguments, snapshot, process, &leader);
    if (!line)
        return -ENOMEM;
    int r = fill_line(arguments, reader, line, leader, FRESH_NS, process, &snapshot->strings);
    return r < 0 ? r : fill_user(line, users, process, &snapshot->strings);
}

int arguments_fill_unshown(struct arguments *arguments, struct reader *reader,
                           struct snapshot *snapshot, struct process *process)
{
    if (process->is_ended)
        return 0;
    const struct process *leader;
    struct line *line = line_of(arguments, snapshot, process, &leader);
    if (!line)
        return -ENOMEM;
    if (arguments->asked >= ASKED_UNSHOWN && line->access == ACCESS_UNREAD && !leader->is_kernel)
        return 1;
    int r = fill_line(arguments, reader, line, leader, UNUSED_NS, process, &snapshot->strings);
    return r < 0 ? r : process->argv_access == ACCESS_UNREAD;
}

void arguments_wait(struct arguments *arguments, struct users *users, struct reader *reader,
                    uint64_t deadline_ns)
{
    for (;;) {
        reader_pump(reader);
        (void)arguments_collect(arguments, users, reader);
        uint64_t now_ns = clock_boot_ns();
        if (arguments->asked == 0 || now_ns >= deadline_ns)
            return;
        uint64_t left = (deadline_ns - now_ns) / NS_PER_MS + 1;
        struct pollfd ready = {.fd = reader_fd(reader), .events = POLLIN};
        (void)poll(&ready, 1, left < 1000 ? (int)left : 1000);
    }
}
