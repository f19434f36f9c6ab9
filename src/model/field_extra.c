#include "field_extra.h"

#include <stddef.h>
#include <string.h>

#include "reaptop/model/process.h"

enum member_kind {
    EXTRA_VALUE_COUNT,    /* uint64_t */
    EXTRA_VALUE_NUMBER,   /* int32_t, or a uint32_t that fits */
    EXTRA_VALUE_RATE,     /* double */
    EXTRA_VALUE_TEXT,     /* const char * */
    EXTRA_VALUE_LIST,     /* const char *, and its size */
    EXTRA_VALUE_SWITCHES, /* the sum of both */
};

#define MEMBER(name) offsetof(struct extra, name)

static const struct member {
    enum extra_part part;
    enum member_kind kind;
    size_t offset, size_offset;
} members[FIELD_COUNT - FIELD_EXTRA_FIRST] = {
    [FIELD_SHARED_KIB - FIELD_EXTRA_FIRST] = {EXTRA_MEMORY, EXTRA_VALUE_COUNT, MEMBER(shared_kib),
                                              0},
    [FIELD_PRIVATE_KIB -
        FIELD_EXTRA_FIRST] = {EXTRA_MEMORY, EXTRA_VALUE_COUNT, MEMBER(private_kib), 0},
    [FIELD_SWAP_KIB - FIELD_EXTRA_FIRST] = {EXTRA_MEMORY, EXTRA_VALUE_COUNT, MEMBER(swap_kib), 0},
    [FIELD_PSS_KIB - FIELD_EXTRA_FIRST] = {EXTRA_PSS, EXTRA_VALUE_COUNT, MEMBER(pss_kib), 0},
    [FIELD_IO_READ_RATE -
        FIELD_EXTRA_FIRST] = {EXTRA_IO, EXTRA_VALUE_RATE, MEMBER(io_read_kib_per_second), 0},
    [FIELD_IO_WRITE_RATE -
        FIELD_EXTRA_FIRST] = {EXTRA_IO, EXTRA_VALUE_RATE, MEMBER(io_write_kib_per_second), 0},
    [FIELD_IO_READ_KIB - FIELD_EXTRA_FIRST] = {EXTRA_IO, EXTRA_VALUE_COUNT, MEMBER(io_read_kib), 0},
    [FIELD_IO_WRITE_KIB -
        FIELD_EXTRA_FIRST] = {EXTRA_IO, EXTRA_VALUE_COUNT, MEMBER(io_write_kib), 0},
    [FIELD_CONTEXT_SWITCHES - FIELD_EXTRA_FIRST] = {EXTRA_SWITCHES, EXTRA_VALUE_SWITCHES, 0, 0},
    [FIELD_VOLUNTARY_SWITCHES -
        FIELD_EXTRA_FIRST] = {EXTRA_SWITCHES, EXTRA_VALUE_COUNT, MEMBER(voluntary_switches), 0},
    [FIELD_INVOLUNTARY_SWITCHES -
        FIELD_EXTRA_FIRST] = {EXTRA_SWITCHES, EXTRA_VALUE_COUNT, MEMBER(involuntary_switches), 0},
    [FIELD_PENDING - FIELD_EXTRA_FIRST] = {EXTRA_SIGNALS, EXTRA_VALUE_TEXT,
                                           MEMBER(signal_names[SIGNALS_PENDING]), 0},
    [FIELD_BLOCKED - FIELD_EXTRA_FIRST] = {EXTRA_SIGNALS, EXTRA_VALUE_TEXT,
                                           MEMBER(signal_names[SIGNALS_BLOCKED]), 0},
    [FIELD_IGNORED - FIELD_EXTRA_FIRST] = {EXTRA_SIGNALS, EXTRA_VALUE_TEXT,
                                           MEMBER(signal_names[SIGNALS_IGNORED]), 0},
    [FIELD_CAUGHT - FIELD_EXTRA_FIRST] = {EXTRA_SIGNALS, EXTRA_VALUE_TEXT,
                                          MEMBER(signal_names[SIGNALS_CAUGHT]), 0},
    [FIELD_OOM_SCORE - FIELD_EXTRA_FIRST] = {EXTRA_OOM, EXTRA_VALUE_NUMBER, MEMBER(oom_score), 0},
    [FIELD_DESCRIPTORS -
        FIELD_EXTRA_FIRST] = {EXTRA_FDS, EXTRA_VALUE_NUMBER, MEMBER(descriptors), 0},
    [FIELD_WCHAN - FIELD_EXTRA_FIRST] = {EXTRA_WCHAN, EXTRA_VALUE_TEXT, MEMBER(wchan), 0},
    [FIELD_SYSCALL - FIELD_EXTRA_FIRST] = {EXTRA_SYSCALL, EXTRA_VALUE_TEXT, MEMBER(syscall), 0},
    [FIELD_CGROUP - FIELD_EXTRA_FIRST] = {EXTRA_CGROUP, EXTRA_VALUE_TEXT, MEMBER(cgroup), 0},
    [FIELD_UNIT - FIELD_EXTRA_FIRST] = {EXTRA_CGROUP, EXTRA_VALUE_TEXT, MEMBER(unit), 0},
    [FIELD_CONTAINER - FIELD_EXTRA_FIRST] = {EXTRA_CGROUP, EXTRA_VALUE_TEXT, MEMBER(container), 0},
    [FIELD_THROTTLED_PERCENT -
        FIELD_EXTRA_FIRST] = {EXTRA_QUOTA, EXTRA_VALUE_RATE, MEMBER(throttled_percent), 0},
    [FIELD_NAMESPACES - FIELD_EXTRA_FIRST] = {EXTRA_NS, EXTRA_VALUE_TEXT, MEMBER(namespaces), 0},
    [FIELD_EXE - FIELD_EXTRA_FIRST] = {EXTRA_EXE, EXTRA_VALUE_TEXT, MEMBER(exe), 0},
    [FIELD_CWD - FIELD_EXTRA_FIRST] = {EXTRA_CWD, EXTRA_VALUE_TEXT, MEMBER(cwd), 0},
    [FIELD_SECURITY - FIELD_EXTRA_FIRST] = {EXTRA_SECURITY, EXTRA_VALUE_TEXT, MEMBER(security), 0},
    [FIELD_PORT -
        FIELD_EXTRA_FIRST] = {EXTRA_PORTS, EXTRA_VALUE_LIST, MEMBER(ports), MEMBER(ports_size)},
    [FIELD_FILE -
        FIELD_EXTRA_FIRST] = {EXTRA_FILES, EXTRA_VALUE_LIST, MEMBER(files), MEMBER(files_size)},
    [FIELD_ENVIRONMENT - FIELD_EXTRA_FIRST] = {EXTRA_ENVIRON, EXTRA_VALUE_LIST, MEMBER(environment),
                                               MEMBER(environment_size)},
};

enum extra_part field_part(enum field field)
{
    return field >= FIELD_EXTRA_FIRST && field < FIELD_COUNT
               ? members[field - FIELD_EXTRA_FIRST].part
               : EXTRA_NONE;
}

uint32_t field_part_bit(enum field field)
{
    enum extra_part part = field_part(field);
    return part == EXTRA_NONE ? 0 : EXTRA_BIT(part);
}

enum access field_access(enum field field, const struct process *process)
{
    enum extra_part part = field_part(field);
    if (part == EXTRA_NONE)
        return ACCESS_OK;
    return process->extra ? (enum access)process->extra->access[part] : ACCESS_UNREAD;
}

static struct value integer(int64_t value)
{
    return (struct value){.type = VALUE_INTEGER, .integer = value};
}

static struct value extra_value(const struct member *member, const struct extra *extra)
{
    const char *at = (const char *)extra + member->offset;
    struct value value = {.type = VALUE_UNKNOWN};
    uint64_t count;
    int32_t number;
    switch (member->kind) {
    case EXTRA_VALUE_COUNT:
        memcpy(&count, at, sizeof(count));
        return integer((int64_t)count);
    case EXTRA_VALUE_NUMBER:
        memcpy(&number, at, sizeof(number));
        return integer(number);
    case EXTRA_VALUE_SWITCHES:
        return integer((int64_t)(extra->voluntary_switches + extra->involuntary_switches));
    case EXTRA_VALUE_RATE:
        memcpy(&value.real, at, sizeof(value.real));
        value.type = value.real >= 0 ? VALUE_REAL : VALUE_UNKNOWN;
        break;
    case EXTRA_VALUE_TEXT:
        memcpy(&value.text, at, sizeof(value.text));
        value.type = value.text ? VALUE_TEXT : VALUE_UNKNOWN;
        break;
    case EXTRA_VALUE_LIST:
        memcpy(&value.text, at, sizeof(value.text));
        memcpy(&value.size, (const char *)extra + member->size_offset, sizeof(value.size));
        value.type = VALUE_LIST;
        break;
    }
    return value;
}

struct value field_extra_value(enum field field, const struct process *process)
{
    if (!access_has_value(field_access(field, process)))
        return (struct value){.type = VALUE_UNKNOWN};
    return extra_value(&members[field - FIELD_EXTRA_FIRST], process->extra);
}
