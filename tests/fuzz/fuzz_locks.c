#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_locks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(lock_table_done) struct lock_table table = LOCK_TABLE_INIT;
    if (parse_locks((const char *)data, size, &table) < 0)
        return 0;
    for (size_t i = 0; i < table.count; i++) {
        const struct lock *blocker = lock_find_blocker(&table, &table.locks[i]);
        if (blocker && (blocker >= &table.locks[i] || blocker->is_waiting))
            abort();
        (void)lock_find_waiter(&table, table.locks[i].pid, table.locks[i].inode);
    }
    return 0;
}
