/*
 * columns: the tree's columns, as one table. Which are shown follows from the
 * width; COMMAND comes last and takes what is left.
 */
#ifndef REAPTOP_VIEW_COLUMNS_H
#define REAPTOP_VIEW_COLUMNS_H

#include "reaptop/model/field.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/view/style.h"

enum column {
    COLUMN_PID,
    COLUMN_PPID,
    COLUMN_STATE,
    COLUMN_USER,
    COLUMN_THREADS,
    COLUMN_RSS,
    COLUMN_CPU,
    COLUMN_TIME,
    COLUMN_NICE,
    COLUMN_PRIORITY,
    COLUMN_TTY,
    COLUMN_VIRTUAL,
    COLUMN_MINOR_FAULTS,
    COLUMN_MAJOR_FAULTS,
    COLUMN_PROCESSOR,
    COLUMN_POLICY,
    COLUMN_PGID,
    COLUMN_SID,
    COLUMN_UID,
    COLUMN_ELAPSED,
    COLUMN_START,
    COLUMN_SUBTREE_CPU,
    COLUMN_SUBTREE_RSS,
    COLUMN_HOST,
    COLUMN_MEMORY_PERCENT,
    COLUMN_SHARED,
    COLUMN_PRIVATE,
    COLUMN_SWAP,
    COLUMN_PSS,
    COLUMN_IO_READ_RATE,
    COLUMN_IO_WRITE_RATE,
    COLUMN_IO_READ,
    COLUMN_IO_WRITTEN,
    COLUMN_SWITCHES,
    COLUMN_VOLUNTARY,
    COLUMN_INVOLUNTARY,
    COLUMN_PENDING,
    COLUMN_BLOCKED,
    COLUMN_IGNORED,
    COLUMN_CAUGHT,
    COLUMN_OOM,
    COLUMN_DESCRIPTORS,
    COLUMN_WCHAN,
    COLUMN_SYSCALL,
    COLUMN_CGROUP,
    COLUMN_UNIT,
    COLUMN_CONTAINER,
    COLUMN_THROTTLED,
    COLUMN_NAMESPACES,
    COLUMN_EXE,
    COLUMN_CWD,
    COLUMN_SECURITY,
    COLUMN_COMMAND,
    COLUMN_COUNT
};

struct column_info {
    const char *title; /* as the heading (cut to the width), `tree` and `explain` have it */
    enum field field;
    int width;      /* columns; COMMAND: the least */
    int wide_width; /* where there is room: STATE gets its word; 0: as width */
    bool is_left;   /* aligned */
    int rank;       /* 0 stays longest when the width shrinks; -1: shown only where asked for */
};

extern const struct column_info columns[COLUMN_COUNT];

/* The column with that title (case does not count), or whose field has that name or alias; -EINVAL.
 */
int column_from_name(const char *name);

struct column_place {
    enum column column;
    int col, cols;
};

/* The two marks (tag, and new, changed or ended) before the first column. */
enum {
    COLUMN_MARKS_COLS = 2
};

/* How wide a column other than COMMAND is, where it has its full width. */
int column_width(enum column column, pid_t pid_max);

/* What the columns that `ps` shows take, before COMMAND. */
int columns_good_cols(pid_t pid_max);

/*
 * Which columns fit into `cols`, where, in order. `pid_max` is the largest PID
 * that must fit. Returns how many; ret_places has room for COLUMN_COUNT.
 */
size_t columns_fit(int cols, pid_t pid_max, struct column_place *ret_places);

enum {
    COLUMN_TEXT_SIZE = 128
};

/*
 * The cell's text (not COMMAND's) as it is shown in `cols` columns, without
 * padding; untrusted bytes may be in it. The style says what it means.
 */
enum style column_format(enum column column, const struct process *process, long ticks_per_second,
                         int cols, char ret_text[static COLUMN_TEXT_SIZE]);

/* What a column that shows a time needs besides the process. */
struct column_clock {
    long ticks_per_second;
    uint64_t time_ns; /* CLOCK_REALTIME of the snapshot */
    int utc_offset_s; /* of local time */
};

/*
 * As column_format(), but START is the time of day or the date, and a text of the process is given
 * as it is, however long it is: in `text`, or the process's own.
 */
const char *column_text(enum column column, const struct process *process,
                        const struct column_clock *clock, int cols,
                        char text[static COLUMN_TEXT_SIZE], enum style *ret_style);

/* At most five columns: "0K", "9999K", "12.3M", "999G". */
void format_kib(uint64_t kib, char ret_text[static COLUMN_TEXT_SIZE]);

/* "0:07.31", "12:40:07", "31d 07h": at most nine columns. */
void format_cpu_time(uint64_t ticks, long ticks_per_second, char ret_text[static COLUMN_TEXT_SIZE]);

/* "4s", "12m", "3h 04m", "31d 7h". */
void format_age(uint64_t age_ns, char ret_text[static COLUMN_TEXT_SIZE]);

/* "running", translated; "?" for a letter that is new to us. Static. */
const char *state_word(char state);

/* The same of a process: "reaped" of one that is gone, "lives on" where its first thread alone has
   ended (state Z, and no zombie). Static. */
const char *process_state_word(const struct process *process);

#endif
