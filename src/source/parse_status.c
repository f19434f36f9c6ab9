#include "reaptop/source/parse_status.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "cursor.h"
#include "reaptop/base/array.h"

/* An unsigned number up to `most`; false where there is none or it is larger. */
static bool take_number(struct cursor *cursor, unsigned base, uint64_t most, uint64_t *ret_value)
{
    uint64_t value;
    if (!cursor_number(cursor, base, &value) || value > most)
        return false;
    *ret_value = value;
    return true;
}

/* ---- one function for each shape of value ---- */

static bool read_state(struct cursor cursor, void *into)
{
    cursor_skip_blanks(&cursor);
    if (cursor.at == cursor.end || *cursor.at < '!' || *cursor.at > '~')
        return false;
    *(char *)into = *cursor.at;
    return true;
}

static bool read_whole(struct cursor cursor, unsigned base, uint64_t most, uint64_t *ret_value)
{
    uint64_t value;
    if (!take_number(&cursor, base, most, &value) || !cursor_is_at_end(&cursor))
        return false;
    *ret_value = value;
    return true;
}

static bool read_pid(struct cursor cursor, void *into)
{
    uint64_t value;
    if (!read_whole(cursor, 10, INT_MAX, &value))
        return false;
    *(pid_t *)into = (pid_t)value;
    return true;
}

static bool read_u32(struct cursor cursor, void *into)
{
    uint64_t value;
    if (!read_whole(cursor, 10, UINT32_MAX, &value))
        return false;
    *(uint32_t *)into = (uint32_t)value;
    return true;
}

static bool read_i32(struct cursor cursor, void *into)
{
    uint64_t value;
    if (!read_whole(cursor, 10, INT32_MAX, &value))
        return false;
    *(int32_t *)into = (int32_t)value;
    return true;
}

static bool read_octal(struct cursor cursor, void *into)
{
    uint64_t value;
    if (!read_whole(cursor, 8, 07777, &value))
        return false;
    *(uint32_t *)into = (uint32_t)value;
    return true;
}

static bool read_u64(struct cursor cursor, void *into)
{
    return read_whole(cursor, 10, UINT64_MAX, into);
}

static bool read_hex(struct cursor cursor, void *into)
{
    return read_whole(cursor, 16, UINT64_MAX, into);
}

static bool read_bool(struct cursor cursor, void *into)
{
    uint64_t value;
    if (!read_whole(cursor, 10, 1, &value))
        return false;
    *(bool *)into = value == 1;
    return true;
}

static bool read_kib(struct cursor cursor, void *into)
{
    uint64_t value;
    if (!take_number(&cursor, 10, UINT64_MAX, &value))
        return false;
    cursor_skip_blanks(&cursor);
    if (!cursor_take(&cursor, "kB") || !cursor_is_at_end(&cursor))
        return false;
    *(uint64_t *)into = value;
    return true;
}

_Static_assert(sizeof(uid_t) == 4, "Uid holds 32 bits");
_Static_assert(sizeof(gid_t) == 4, "Gid holds 32 bits");

static bool read_ids(struct cursor cursor, void *into)
{
    uint32_t ids[4];
    for (size_t i = 0; i < ELEMENTS(ids); i++) {
        uint64_t value;
        if (!take_number(&cursor, 10, UINT32_MAX, &value))
            return false;
        ids[i] = (uint32_t)value;
    }
    if (!cursor_is_at_end(&cursor))
        return false;
    memcpy(into, ids, sizeof(ids));
    return true;
}

static bool read_groups(struct cursor cursor, void *into)
{
    struct status *status = into;
    uint32_t count = 0;
    while (!cursor_is_at_end(&cursor)) {
        uint64_t value;
        if (!take_number(&cursor, 10, UINT32_MAX, &value))
            return false;
        if (count < STATUS_GROUPS_MAX)
            status->groups[count] = (gid_t)value;
        count++;
    }
    status->group_count = count;
    return true;
}

static bool read_ns_pids(struct cursor cursor, void *into)
{
    struct status *status = into;
    uint32_t count = 0;
    while (!cursor_is_at_end(&cursor)) {
        uint64_t value;
        if (count == STATUS_NSPID_MAX || !take_number(&cursor, 10, INT_MAX, &value))
            return false;
        status->ns_pid[count++] = (pid_t)value;
    }
    status->ns_pid_count = count;
    return count > 0;
}

static bool read_queue(struct cursor cursor, void *into)
{
    struct status *status = into;
    uint64_t queued, limit;
    if (!take_number(&cursor, 10, UINT64_MAX, &queued) || !cursor_take(&cursor, "/") ||
        !take_number(&cursor, 10, UINT64_MAX, &limit) || !cursor_is_at_end(&cursor))
        return false;
    status->sig_queued = queued;
    status->sig_queue_limit = limit;
    return true;
}

/* ---- the lines ---- */

#define REQUIRED (UINT32_C(1) << 31) /* without it the text is not a status */

static const struct line {
    const char *key;
    bool (*read)(struct cursor cursor, void *into);
    size_t offset;
    uint32_t group; /* the bit in status.known that needs it */
} lines[] = {
    {"State", read_state, offsetof(struct status, state), REQUIRED},
    {"Pid", read_pid, offsetof(struct status, pid), REQUIRED},
    {"Tgid", read_pid, offsetof(struct status, tgid), REQUIRED},
    {"PPid", read_pid, offsetof(struct status, ppid), REQUIRED},
    {"Umask", read_octal, offsetof(struct status, umask), STATUS_HAS_UMASK},
    {"TracerPid", read_pid, offsetof(struct status, tracer_pid), STATUS_HAS_TRACER},
    {"Uid", read_ids, offsetof(struct status, uid), STATUS_HAS_IDS},
    {"Gid", read_ids, offsetof(struct status, gid), STATUS_HAS_IDS},
    {"Groups", read_groups, 0, STATUS_HAS_GROUPS},
    {"NSpid", read_ns_pids, 0, STATUS_HAS_NSPID},
    {"VmPeak", read_kib, offsetof(struct status, vm_peak_kib), STATUS_HAS_MEMORY},
    {"VmSize", read_kib, offsetof(struct status, vm_size_kib), STATUS_HAS_MEMORY},
    {"VmLck", read_kib, offsetof(struct status, vm_locked_kib), STATUS_HAS_MEMORY},
    {"VmPin", read_kib, offsetof(struct status, vm_pinned_kib), STATUS_HAS_MEMORY},
    {"VmHWM", read_kib, offsetof(struct status, vm_hwm_kib), STATUS_HAS_MEMORY},
    {"VmRSS", read_kib, offsetof(struct status, vm_rss_kib), STATUS_HAS_MEMORY},
    {"RssAnon", read_kib, offsetof(struct status, rss_anon_kib), STATUS_HAS_MEMORY},
    {"RssFile", read_kib, offsetof(struct status, rss_file_kib), STATUS_HAS_MEMORY},
    {"RssShmem", read_kib, offsetof(struct status, rss_shmem_kib), STATUS_HAS_MEMORY},
    {"VmData", read_kib, offsetof(struct status, vm_data_kib), STATUS_HAS_MEMORY},
    {"VmStk", read_kib, offsetof(struct status, vm_stack_kib), STATUS_HAS_MEMORY},
    {"VmExe", read_kib, offsetof(struct status, vm_exe_kib), STATUS_HAS_MEMORY},
    {"VmLib", read_kib, offsetof(struct status, vm_lib_kib), STATUS_HAS_MEMORY},
    {"VmPTE", read_kib, offsetof(struct status, vm_pte_kib), STATUS_HAS_MEMORY},
    {"VmSwap", read_kib, offsetof(struct status, vm_swap_kib), STATUS_HAS_MEMORY},
    {"HugetlbPages", read_kib, offsetof(struct status, hugetlb_kib), STATUS_HAS_HUGETLB},
    {"Threads", read_u32, offsetof(struct status, threads), STATUS_HAS_THREADS},
    {"SigQ", read_queue, 0, STATUS_HAS_SIGNALS},
    {"SigPnd", read_hex, offsetof(struct status, pending), STATUS_HAS_SIGNALS},
    {"ShdPnd", read_hex, offsetof(struct status, shared_pending), STATUS_HAS_SIGNALS},
    {"SigBlk", read_hex, offsetof(struct status, blocked), STATUS_HAS_SIGNALS},
    {"SigIgn", read_hex, offsetof(struct status, ignored), STATUS_HAS_SIGNALS},
    {"SigCgt", read_hex, offsetof(struct status, caught), STATUS_HAS_SIGNALS},
    {"CapInh", read_hex, offsetof(struct status, cap_inheritable), STATUS_HAS_CAPS},
    {"CapPrm", read_hex, offsetof(struct status, cap_permitted), STATUS_HAS_CAPS},
    {"CapEff", read_hex, offsetof(struct status, cap_effective), STATUS_HAS_CAPS},
    {"CapBnd", read_hex, offsetof(struct status, cap_bounding), STATUS_HAS_CAPS},
    {"CapAmb", read_hex, offsetof(struct status, cap_ambient), STATUS_HAS_CAPS},
    {"NoNewPrivs", read_bool, offsetof(struct status, no_new_privs), STATUS_HAS_NO_NEW_PRIVS},
    {"Seccomp", read_i32, offsetof(struct status, seccomp), STATUS_HAS_SECCOMP},
    {"voluntary_ctxt_switches", read_u64, offsetof(struct status, voluntary_switches),
     STATUS_HAS_SWITCHES},
    {"nonvoluntary_ctxt_switches", read_u64, offsetof(struct status, involuntary_switches),
     STATUS_HAS_SWITCHES},
};

_Static_assert(ELEMENTS(lines) <= 64, "one bit for each line in `seen`");

/* Splits off the next line: its key and its value. False at the end of the text. */
static bool next_line(struct cursor *text, struct cursor *ret_key, struct cursor *ret_value)
{
    struct cursor line;
    while (cursor_line(text, &line)) {
        const char *colon = memchr(line.at, ':', (size_t)(line.end - line.at));
        if (!colon)
            continue;
        *ret_key = (struct cursor){line.at, colon};
        *ret_value = (struct cursor){colon + 1, line.end};
        return true;
    }
    return false;
}

/* The kernel prints the lines in the table's order, so the next one is usually right. */
static size_t find_line(struct cursor key, size_t guess)
{
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        size_t candidate = (guess + i) % ELEMENTS(lines);
        if (cursor_is(key, lines[candidate].key))
            return candidate;
    }
    return ELEMENTS(lines);
}

static uint32_t groups_known(uint64_t good)
{
    uint32_t all = 0, incomplete = 0;
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        all |= lines[i].group;
        if (!(good >> i & 1))
            incomplete |= lines[i].group;
    }
    return all & ~incomplete;
}

int parse_status(const char *text, size_t length, struct status *ret)
{
    struct status status = {0};
    struct cursor rest = cursor_of(text, length), key, value;
    uint64_t seen = 0, good = 0;
    size_t guess = 0;

    while (next_line(&rest, &key, &value)) {
        size_t i = find_line(key, guess);
        if (i == ELEMENTS(lines) || seen >> i & 1)
            continue;
        guess = i + 1;
        seen |= UINT64_C(1) << i;
        if (lines[i].read(value, (char *)&status + lines[i].offset))
            good |= UINT64_C(1) << i;
    }

    status.known = groups_known(good);
    if (!(status.known & REQUIRED))
        return -EBADMSG;
    status.known &= ~REQUIRED;
    *ret = status;
    return 0;
}

int parse_status_value(const char *text, size_t length, const char *name, size_t limit,
                       struct strbuf *out)
{
    struct cursor rest = cursor_of(text, length), key, value;
    while (next_line(&rest, &key, &value)) {
        if (!cursor_is(key, name))
            continue;
        cursor_skip_blanks(&value);
        size_t size = (size_t)(value.end - value.at);
        strbuf_append(out, value.at, size < limit ? size : limit);
        if (out->error < 0)
            return out->error;
        return size > limit;
    }
    return -ENOENT;
}
