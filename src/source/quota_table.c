#include "quota_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"

enum {
    ENTRIES_MOST = 4096, /* then all are read anew */
};

#define GOOD_NS (500 * NS_PER_MS)

static bool is_of(const struct quota_entry *entry, const struct strbuf *groups)
{
    return entry->length == groups->length &&
           memcmp(entry->groups, strbuf_text(groups), groups->length) == 0;
}

static void clear(struct quota_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->entries[i].groups);
    table->count = table->last = 0;
}

static int add(struct quota_table *table, const struct strbuf *groups)
{
    if (table->count >= ENTRIES_MOST)
        clear(table);
    if (array_reserve(&table->entries, &table->capacity, table->count + 1) < 0)
        return -ENOMEM;
    char *copy = malloc(groups->length + 1);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, strbuf_text(groups), groups->length + 1);
    table->entries[table->count++] = (struct quota_entry){.groups = copy, .length = groups->length};
    return 0;
}

int quota_table_find(struct quota_table *table, const struct strbuf *groups,
                     struct cgroup_quota *ret_quota)
{
    size_t at = table->last; /* neighbours in the list are often in one group */
    uint64_t now_ns = clock_boot_ns();
    if (at >= table->count || !is_of(&table->entries[at], groups))
        for (at = 0; at < table->count && !is_of(&table->entries[at], groups);)
            at++;
    if (at == table->count) {
        if (add(table, groups) < 0)
            return -ENOMEM;
        at = table->count - 1;
    }
    struct quota_entry *entry = &table->entries[at];
    if (entry->read_ns == 0 || now_ns - entry->read_ns > GOOD_NS) {
        cgroup_mounts_read(&table->mounts);
        entry->quota = cgroup_quota_of(groups, &table->mounts);
        entry->read_ns = now_ns;
    }
    table->last = at;
    *ret_quota = entry->quota;
    return 0;
}

void quota_table_done(struct quota_table *table)
{
    clear(table);
    free(table->entries);
    *table = (struct quota_table){0};
}
