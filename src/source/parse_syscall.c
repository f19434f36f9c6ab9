#include "reaptop/source/parse_syscall.h"

#include <errno.h>

#include "cursor.h"
#include "reaptop/model/ending.h"

static bool parse_hex(struct cursor *line, uint64_t *ret_value)
{
    cursor_skip_blanks(line);
    return cursor_take(line, "0x") && cursor_number(line, 16, ret_value);
}

int parse_syscall(const char *text, size_t length, struct syscall_record *ret_record)
{
    struct syscall_record record = {.access = ret_record->access};
    struct cursor rest = cursor_of(text, length), line;
    int32_t number;
    if (!cursor_line(&rest, &line))
        return -EBADMSG;
    if (cursor_is(line, "running")) {
        *ret_record = record;
        return 0;
    }
    if (!cursor_int(&line, &number) || number < -1)
        return -EBADMSG;
    record.place = number < 0 ? SYSCALL_OUTSIDE : SYSCALL_INSIDE;
    record.number = syscall_plain(number);
    record.variant = record.number != number ? number : 0;
    for (int i = 0; number >= 0 && i < SYSCALL_ARGUMENTS; i++)
        if (!parse_hex(&line, &record.arguments[i]))
            return -EBADMSG;
    if (!parse_hex(&line, &record.stack_pointer) || !parse_hex(&line, &record.instruction_pointer))
        return -EBADMSG;
    *ret_record = record;
    return 0;
}

enum access wchan_zero_access(char state, const struct syscall_record *syscall)
{
    if (state_is_dead(state))
        return ACCESS_ZOMBIE;
    if (state == 'R')
        return ACCESS_EMPTY;
    if (syscall->access != ACCESS_OK)
        return ACCESS_DENIED;
    return syscall->place == SYSCALL_RUNNING ? ACCESS_EMPTY : ACCESS_UNSUPPORTED;
}

bool wait_is_torn(char state, bool has_wchan, const struct syscall_record *syscall)
{
    bool sleeps = state != 'R';
    if (state_is_dead(state) || syscall->access == ACCESS_DENIED)
        return false;
    if (syscall->access == ACCESS_OK && sleeps == (syscall->place == SYSCALL_RUNNING))
        return true;
    return sleeps != has_wchan;
}
