/*
 * parse_syscall: the text of /proc/PID/syscall (proc(5)):
 *
 *     0 0x3 0x7faa96541000 0x20000 0x7faa965d1b60 0xffffffff 0x0 0x7ffcb9078398 0x7faa966ba2ad
 *     -1 0x7ffcb9078398 0x7faa966ba2ad
 *     running
 *
 * Total.
 */
#ifndef REAPTOP_SOURCE_PARSE_SYSCALL_H
#define REAPTOP_SOURCE_PARSE_SYSCALL_H

#include <stdbool.h>
#include <stddef.h>

#include "reaptop/model/syscall_names.h"

/* Fills all but `access`. 0, or -EBADMSG (untouched). */
int parse_syscall(const char *text, size_t length, struct syscall_record *ret_record);

/*
 * What "0" in /proc/TID/wchan says (proc(5)): the kernel prints it for
 * a thread that does not sleep, for a sleep it cannot name, and for a thread we
 * may not look at. syscall, read behind it, asks for no less access: where that
 * was readable, nothing is denied.
 *
 * state: field 3 of stat. ACCESS_EMPTY: it does not sleep; UNSUPPORTED: it
 * sleeps, and the kernel does not say where; ZOMBIE; DENIED.
 */
enum access wchan_zero_access(char state, const struct syscall_record *syscall);

/*
 * True where stat, wchan and syscall, read one after the other, show two
 * moments: it slept in one, and ran in another. Look again. Also true wherever
 * the kernel does not show wchan.
 */
bool wait_is_torn(char state, bool has_wchan, const struct syscall_record *syscall);

#endif
