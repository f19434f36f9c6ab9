#include "reaptop/view/columns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"
#include "reaptop/model/tuning.h"

/* clang-format off */
const struct column_info columns[COLUMN_COUNT] = {
    [COLUMN_PID]      = {"PID",     FIELD_PID,         5,  0, false, 0},
    [COLUMN_PPID]     = {"PPID",    FIELD_PPID,        5,  0, false, 4},
    [COLUMN_STATE]    = {"STATE",   FIELD_STATE,       1, 10, true,  1},
    [COLUMN_USER]     = {"USER",    FIELD_USER,        8, 12, true,  3},
    [COLUMN_THREADS]  = {"THR",     FIELD_THREADS,     4,  0, false, 6},
    [COLUMN_RSS]      = {"RSS",     FIELD_RSS_KIB,     5,  0, false, 5},
    [COLUMN_CPU]      = {"CPU%",    FIELD_CPU_PERCENT, 5,  0, false, 2},
    [COLUMN_TIME]     = {"TIME",    FIELD_TIME_TICKS,  9,  0, false, 7},
    [COLUMN_NICE]     = {"NI",      FIELD_NICE,        3,  0, false, 9},
    [COLUMN_PRIORITY] = {"PRI",     FIELD_PRIORITY,    4,  0, false, 10},
    [COLUMN_TTY]      = {"TTY",     FIELD_TTY,         8,  0, true,  8},
    [COLUMN_VIRTUAL]  = {"VIRT",    FIELD_VIRTUAL_KIB,   5, 0, false, -1},
    [COLUMN_MINOR_FAULTS] = {"MINFLT", FIELD_MINOR_FAULTS, 6, 0, false, -1},
    [COLUMN_MAJOR_FAULTS] = {"MAJFLT", FIELD_MAJOR_FAULTS, 6, 0, false, -1},
    [COLUMN_PROCESSOR] = {"PSR",    FIELD_PROCESSOR,   3,  0, false, -1},
    [COLUMN_POLICY]   = {"POLICY",  FIELD_POLICY,      8,  0, true,  -1},
    [COLUMN_PGID]     = {"PGID",    FIELD_PGID,        5,  0, false, -1},
    [COLUMN_SID]      = {"SID",     FIELD_SID,         5,  0, false, -1},
    [COLUMN_UID]      = {"UID",     FIELD_UID,         5,  0, false, -1},
    [COLUMN_ELAPSED]  = {"ELAPSED", FIELD_AGE_SECONDS, 7,  0, false, -1},
    [COLUMN_START]    = {"START",   FIELD_START_TICKS, 8,  0, false, -1},
    [COLUMN_SUBTREE_CPU] = {"SUBTREE_CPU", FIELD_SUBTREE_CPU, 11, 0, false, -1},
    [COLUMN_SUBTREE_RSS] = {"SUBTREE_RSS", FIELD_SUBTREE_RSS, 11, 0, false, -1},
    [COLUMN_HOST]     = {"HOST",    FIELD_HOST,       12,  0, true,  -1},
    [COLUMN_MEMORY_PERCENT] = {"MEM%", FIELD_MEMORY_PERCENT, 5, 0, false, -1},
    [COLUMN_SHARED]   = {"SHR",     FIELD_SHARED_KIB,   5, 0, false, -1},
    [COLUMN_PRIVATE]  = {"PRIV",    FIELD_PRIVATE_KIB,  5, 0, false, -1},
    [COLUMN_SWAP]     = {"SWAP",    FIELD_SWAP_KIB,     5, 0, false, -1},
    [COLUMN_PSS]      = {"PSS",     FIELD_PSS_KIB,      6, 0, false, -1},
    [COLUMN_IO_READ_RATE]  = {"IO_R", FIELD_IO_READ_RATE,  6, 0, false, -1},
    [COLUMN_IO_WRITE_RATE] = {"IO_W", FIELD_IO_WRITE_RATE, 6, 0, false, -1},
    [COLUMN_IO_READ]  = {"READ",    FIELD_IO_READ_KIB,  6, 0, false, -1},
    [COLUMN_IO_WRITTEN] = {"WRITTEN", FIELD_IO_WRITE_KIB, 7, 0, false, -1},
    [COLUMN_SWITCHES] = {"CTXT",    FIELD_CONTEXT_SWITCHES, 7, 0, false, -1},
    [COLUMN_VOLUNTARY]   = {"VOL",   FIELD_VOLUNTARY_SWITCHES,   7, 0, false, -1},
    [COLUMN_INVOLUNTARY] = {"INVOL", FIELD_INVOLUNTARY_SWITCHES, 7, 0, false, -1},
    [COLUMN_PENDING]  = {"PENDING", FIELD_PENDING,     10, 0, true,  -1},
    [COLUMN_BLOCKED]  = {"BLOCKED", FIELD_BLOCKED,     12, 0, true,  -1},
    [COLUMN_IGNORED]  = {"IGNORED", FIELD_IGNORED,     12, 0, true,  -1},
    [COLUMN_CAUGHT]   = {"CAUGHT",  FIELD_CAUGHT,      16, 0, true,  -1},
    [COLUMN_OOM]      = {"OOM",     FIELD_OOM_SCORE,    4, 0, false, -1},
    [COLUMN_DESCRIPTORS] = {"FDS",  FIELD_DESCRIPTORS,  6, 0, false, -1},
    [COLUMN_WCHAN]    = {"WCHAN",   FIELD_WCHAN,       16, 0, true,  -1},
    [COLUMN_SYSCALL]  = {"SYSCALL", FIELD_SYSCALL,     14, 0, true,  -1},
    [COLUMN_CGROUP]   = {"CGROUP",  FIELD_CGROUP,      24, 0, true,  -1},
    [COLUMN_UNIT]     = {"UNIT",    FIELD_UNIT,        18, 0, true,  -1},
    [COLUMN_CONTAINER] = {"CONTAINER", FIELD_CONTAINER, 19, 0, true, -1},
    [COLUMN_THROTTLED] = {"THROTTLED", FIELD_THROTTLED_PERCENT, 9, 0, false, -1},
    [COLUMN_NAMESPACES] = {"NS",    FIELD_NAMESPACES,  11, 0, true,  -1},
    [COLUMN_EXE]      = {"EXE",     FIELD_EXE,         24, 0, true,  -1},
    [COLUMN_CWD]      = {"CWD",     FIELD_CWD,         20, 0, true,  -1},
    [COLUMN_SECURITY] = {"SECURITY", FIELD_SECURITY,   14, 0, true,  -1},
    [COLUMN_COMMAND]  = {"COMMAND", FIELD_COMM,       16,  0, true,  0},
};
/* clang-format on */

enum {
    /* What must be left for COMMAND before a column of that rank is worth its room. */
    COMMAND_COLS_NARROW = 16, /* state and CPU% */
    COMMAND_COLS_GOOD = 32,   /* user, PPID, RSS, threads */
    COMMAND_COLS_WIDE = 60,   /* the state's word */
    COMMAND_COLS_ROOMY = 60,  /* the rest */
    RANK_NARROW = 2,
    RANK_GOOD = 6,
};

int column_from_name(const char *name)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (strcasecmp(columns[i].title, name) == 0 ||
            strcasecmp(fields[columns[i].field].name, name) == 0)
            return i;
    int field = field_from_name(name); /* an alias */
    for (int i = 0; field >= 0 && i < COLUMN_COUNT; i++)
        if ((int)columns[i].field == field)
            return i;
    return -EINVAL;
}

static int digits(pid_t number)
{
    int count = 1;
    for (; number >= 10; number /= 10)
        count++;
    return count;
}

int column_width(enum column column, pid_t pid_max)
{
    int width = columns[column].width;
    if (column == COLUMN_PID || column == COLUMN_PPID)
        return digits(pid_max) > width ? digits(pid_max) : width;
    return width;
}

static enum column column_of_rank(int rank)
{
    for (int i = 0; i < COLUMN_COMMAND; i++)
        if (columns[i].rank == rank)
            return (enum column)i;
    return COLUMN_COUNT;
}

static int command_least(int rank)
{
    return rank <= RANK_NARROW ? COMMAND_COLS_NARROW
           : rank <= RANK_GOOD ? COMMAND_COLS_GOOD
                               : COMMAND_COLS_ROOMY;
}

/* Gives the wide columns what they would like, where there is room; returns how much. */
static int widen(int *widths, int left)
{
    int given = 0;
    for (int i = 0; i < COLUMN_COMMAND; i++) {
        int extra = columns[i].wide_width - widths[i];
        if (widths[i] == 0 || extra <= 0 || left - given - extra < COMMAND_COLS_WIDE)
            continue;
        widths[i] += extra;
        given += extra;
    }
    return given;
}

int columns_good_cols(pid_t pid_max)
{
    int cols = COLUMN_MARKS_COLS;
    for (int i = 0; i < COLUMN_COMMAND; i++)
        if (columns[i].rank >= 0 && columns[i].rank <= RANK_GOOD)
            cols += column_width((enum column)i, pid_max) + 1;
    return cols;
}

size_t columns_fit(int cols, pid_t pid_max, struct column_place *ret_places)
{
    int widths[COLUMN_COUNT] = {0};
    int left = cols - COLUMN_MARKS_COLS - column_width(COLUMN_PID, pid_max) - 1;
    widths[COLUMN_PID] = column_width(COLUMN_PID, pid_max);

    enum column column;
    for (int rank = 1; (column = column_of_rank(rank)) != COLUMN_COUNT; rank++) {
        int width = column_width(column, pid_max);
        if (left - width - 1 < command_least(rank))
            break;
        widths[column] = width;
        left -= width + 1;
        if (rank == RANK_GOOD)
            left -= widen(widths, left);
    }
    widths[COLUMN_COMMAND] = left > 0 ? left : 1;

    size_t count = 0;
    int col = COLUMN_MARKS_COLS;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (widths[i] == 0)
            continue;
        ret_places[count++] = (struct column_place){(enum column)i, col, widths[i]};
        col += widths[i] + 1;
    }
    return count;
}

void format_kib(uint64_t kib, char ret_text[static COLUMN_TEXT_SIZE])
{
    static const char units[] = "KMGTPE";
    double amount = (double)kib;
    size_t unit = 0;
    if (kib < 10000) {
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%uK", (unsigned)kib);
        return;
    }
    while (amount >= 999.5 && unit + 2 < sizeof(units)) {
        amount /= 1024.0;
        unit++;
    }
    (void)snprintf(ret_text, COLUMN_TEXT_SIZE, amount < 99.95 ? "%.1f%c" : "%.0f%c", amount,
                   units[unit]);
}

void format_cpu_time(uint64_t ticks, long ticks_per_second, char ret_text[static COLUMN_TEXT_SIZE])
{
    uint64_t rate = (uint64_t)ticks_per_second;
    uint64_t seconds = ticks / rate, hundredths = ticks % rate * 100 / rate;
    unsigned long long minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    unsigned s = (unsigned)(seconds % 60), m = (unsigned)(minutes % 60), h = (unsigned)(hours % 24);
    if (hours < 1)
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%u:%02u.%02u", m, s, (unsigned)hundredths);
    else if (hours < 100)
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%u:%02u:%02u", (unsigned)hours, m, s);
    else if (days < 10000)
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%ud %02uh", (unsigned)days, h);
    else
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%llud", days % 100000000);
}

void format_age(uint64_t age_ns, char ret_text[static COLUMN_TEXT_SIZE])
{
    unsigned long long seconds = age_ns / NS_PER_SEC, minutes = seconds / 60;
    unsigned long long hours = minutes / 60, days = hours / 24;
    if (seconds < 60)
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%us", (unsigned)seconds);
    else if (minutes < 60)
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%um", (unsigned)minutes);
    else if (hours < 24)
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%uh %02um", (unsigned)hours,
                       (unsigned)(minutes % 60));
    else
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%llud %uh", days, (unsigned)(hours % 24));
}

const char *state_word(char state)
{
    switch (state) {
    case 'R':
        return _("running");
    case 'S':
        return _("sleeping");
    case 'D':
        return _("disk");
    case 'T':
        return _("stopped");
    case 't':
        return _("traced");
    case 'Z':
        return _("zombie");
    case '?':
        return _("not known");
    case 'X':
        return _("dead");
    case 'I':
        return _("idle");
    case 'P':
        return _("parked");
    default:
        return "?";
    }
}

const char *process_state_word(const struct process *process)
{
    enum ending_kind kind = ending_of(process).kind;
    if (kind == ENDING_REAPED)
        return _("reaped");
    bool lives_on = kind == ENDING_FIRST_THREAD && !process_is_thread(process);
    return lives_on ? _("lives on") : state_word(process->state);
}

static void format_cpu(double percent, char *text)
{
    if (percent < 0)
        (void)snprintf(text, COLUMN_TEXT_SIZE, "n/a");
    else
        (void)snprintf(text, COLUMN_TEXT_SIZE, percent < 999.95 ? "%5.1f" : "%5.0f", percent);
}

/* A machine neither runs nor sleeps; that nothing is known of it is a state all the same. */
static bool is_without(enum column column, const struct process *process)
{
    if (!pid_is_host(process->id.pid) || column == COLUMN_COMMAND)
        return false;
    if (column == COLUMN_STATE)
        return process->state != '?';
    return column == COLUMN_PPID || column == COLUMN_START ||
           field_value(columns[column].field, process).type == VALUE_UNKNOWN;
}

static enum style format_state(const struct process *process, int cols, char *text)
{
    char state = process->is_ended ? 'X' : process->state;
    if (cols > 1)
        (void)snprintf(text, COLUMN_TEXT_SIZE, "%c %s", state, process_state_word(process));
    else
        (void)snprintf(text, COLUMN_TEXT_SIZE, "%c", state);
    return style_of_state(state);
}

static enum style format_priority(const struct process *process, char *text)
{
    if (process->rt_priority > 0)
        (void)snprintf(text, COLUMN_TEXT_SIZE, "rt%d", (int)(process->rt_priority % 100));
    else
        (void)snprintf(text, COLUMN_TEXT_SIZE, "%d", (int)process->priority);
    return process->rt_priority > 0 ? STYLE_STRONG : STYLE_NORMAL;
}

static enum style format_nice(const struct process *process, char *text)
{
    (void)snprintf(text, COLUMN_TEXT_SIZE, "%d", (int)process->nice);
    return process->nice < 0 ? STYLE_WARNING : process->nice > 0 ? STYLE_DIM : STYLE_NORMAL;
}

/* A name that does not fit would read like another's: its number instead, as ps(1) has it. */
static void format_user(const struct process *process, int cols, char *text)
{
    if (process->user && cols > 1 && (int)text_width(process->user, strlen(process->user)) > cols)
        (void)snprintf(text, COLUMN_TEXT_SIZE, "%u", (unsigned)process->uid);
    else
        (void)snprintf(text, COLUMN_TEXT_SIZE, "%s", process->user ? process->user : "?");
}

/* What there is instead of a value; a word where it fits. */
static const char *missing_word(enum access access, int cols)
{
    const char *word = access_word(access);
    if (access == ACCESS_UNREAD)
        return "..";
    if (access == ACCESS_EMPTY || access == ACCESS_ZOMBIE || access == ACCESS_GONE)
        return "-";
    return (int)strlen(word) <= cols ? word : "n/a";
}

static bool is_in_kib(enum field field)
{
    return strstr(fields[field].name, "_kib") != NULL;
}

/* By the kind of its value: bytes, a percentage, a number, a text. */
static enum style format_value(enum field field, const struct process *process, int cols,
                               char *text)
{
    struct value value = field_value(field, process);
    enum access access = field_access(field, process);
    if (value.type == VALUE_UNKNOWN && !access_has_value(access))
        (void)snprintf(text, COLUMN_TEXT_SIZE, "%s", missing_word(access, cols));
    else if (value.type == VALUE_UNKNOWN)
        (void)snprintf(text, COLUMN_TEXT_SIZE, "%s",
                       fields[field].type == VALUE_TEXT ? "-" : "n/a");
    else if (value.type == VALUE_TEXT)
        (void)snprintf(text, COLUMN_TEXT_SIZE, "%s", value.text);
    else if (is_in_kib(field))
        format_kib((uint64_t)(value.type == VALUE_REAL ? value.real : (double)value.integer), text);
    else if (value.type == VALUE_REAL)
        format_cpu(value.real, text);
    else
        (void)snprintf(text, COLUMN_TEXT_SIZE, "%lld", (long long)value.integer);
    if (field_part(field) == EXTRA_NONE)
        return STYLE_NORMAL;
    return value.type == VALUE_UNKNOWN || (value.type == VALUE_INTEGER && value.integer == 0) ||
                   (value.type == VALUE_REAL && value.real < 1)
               ? STYLE_DIM
               : STYLE_NORMAL;
}

enum style column_format(enum column column, const struct process *process, long ticks_per_second,
                         int cols, char ret_text[static COLUMN_TEXT_SIZE])
{
    if (is_without(column, process)) {
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "-");
        return STYLE_DIM;
    }
    switch (column) {
    case COLUMN_PPID:
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%d", (int)pid_local(process->ppid));
        return STYLE_DIM;
    case COLUMN_STATE:
        return format_state(process, cols, ret_text);
    case COLUMN_USER:
        format_user(process, cols, ret_text);
        return STYLE_NORMAL;
    case COLUMN_THREADS:
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%u", (unsigned)process->threads);
        return process->threads > 1 ? STYLE_NORMAL : STYLE_DIM;
    case COLUMN_RSS:
        format_kib(process->rss_kib, ret_text);
        return process->rss_kib > 0 ? STYLE_NORMAL : STYLE_DIM;
    case COLUMN_CPU:
        format_cpu(process->cpu_percent, ret_text);
        return process->cpu_percent >= 50.0   ? STYLE_STRONG
               : process->cpu_percent >= 0.05 ? STYLE_NORMAL
                                              : STYLE_DIM;
    case COLUMN_TIME:
        format_cpu_time(process->utime_ticks + process->stime_ticks, ticks_per_second, ret_text);
        return STYLE_NORMAL;
    case COLUMN_NICE:
        return format_nice(process, ret_text);
    case COLUMN_PRIORITY:
        return format_priority(process, ret_text);
    case COLUMN_TTY:
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%s",
                       process->tty_name ? process->tty_name : "-");
        return STYLE_DIM;
    case COLUMN_MEMORY_PERCENT:
        (void)format_value(FIELD_MEMORY_PERCENT, process, cols, ret_text);
        return process->memory_percent >= 0.05F ? STYLE_NORMAL : STYLE_DIM;
    case COLUMN_ELAPSED:
        format_age(process->age_ns, ret_text);
        return STYLE_NORMAL;
    case COLUMN_POLICY:
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%s", policy_name(process->policy));
        return STYLE_NORMAL;
    case COLUMN_COMMAND:
        ret_text[0] = '\0';
        return STYLE_NORMAL;
    default:
        return format_value(columns[column].field, process, cols, ret_text);
    }
}

/* "14:03:07" of the last day, "Nov 28" of the last half year, "2025": as ps(1) has it. */
static void format_start(const struct process *process, const struct column_clock *clock,
                         char *text)
{
    enum {
        DAY = 24 * 3600,
        HALF_YEAR = 180 * DAY
    };
    int64_t age = (int64_t)(process->age_ns / NS_PER_SEC);
    time_t seconds = (time_t)(clock->time_ns / NS_PER_SEC) - age + clock->utc_offset_s;
    struct tm when;
    if (process->start_ns == 0 || !gmtime_r(&seconds, &when))
        (void)snprintf(text, COLUMN_TEXT_SIZE, "n/a");
    else
        (void)strftime(text, COLUMN_TEXT_SIZE,
                       age < DAY         ? "%H:%M:%S"
                       : age < HALF_YEAR ? "%b %d"
                                         : "%Y",
                       &when);
}

const char *column_text(enum column column, const struct process *process,
                        const struct column_clock *clock, int cols,
                        char text[static COLUMN_TEXT_SIZE], enum style *ret_style)
{
    enum field field = columns[column].field;
    struct value value = {.type = VALUE_UNKNOWN};
    if (field_part(field) != EXTRA_NONE)
        value = field_value(field, process);
    *ret_style = STYLE_NORMAL;
    if (value.type == VALUE_TEXT)
        return value.text;
    if (column == COLUMN_START && !is_without(column, process))
        format_start(process, clock, text);
    else
        *ret_style = column_format(column, process, clock->ticks_per_second, cols, text);
    return text;
}
