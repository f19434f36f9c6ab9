#include "totals.h"

#include "cursor.h"
#include "reaptop/base/array.h"
#include "reaptop/source/procfs.h"

enum {
    CPU_USER,
    CPU_NICE,
    CPU_SYSTEM,
    CPU_IDLE,
    CPU_IOWAIT,
    CPU_IRQ,
    CPU_SOFTIRQ
};

enum {
    STAT_LIMIT = 4096, /* its first line alone is wanted */
    MEMINFO_LIMIT = 8192
};

static void forget(struct totals *totals, struct machine *machine)
{
    totals->has_ticks = false;
    machine->cpu_user_percent = CPU_UNKNOWN;
    machine->cpu_system_percent = CPU_UNKNOWN;
    machine->cpu_iowait_percent = CPU_UNKNOWN;
}

/* Kernels before 2.6.11 have no steal. */
static bool read_ticks(const char *stat, size_t length, uint64_t ticks[TOTALS_COUNTERS])
{
    struct cursor text = cursor_of(stat, length), line, word;
    if (!cursor_line(&text, &line) || !cursor_word(&line, &word) || !cursor_is(word, "cpu"))
        return false;
    int count = 0;
    while (count < TOTALS_COUNTERS && cursor_number(&line, 10, &ticks[count]))
        count++;
    return count > CPU_SOFTIRQ;
}

void totals_take_stat(struct totals *totals, const char *stat, size_t length,
                      struct machine *machine)
{
    uint64_t now[TOTALS_COUNTERS] = {0}, spent[TOTALS_COUNTERS], total = 0;
    bool had_ticks = totals->has_ticks;
    forget(totals, machine);
    if (!read_ticks(stat, length, now))
        return;
    for (int i = 0; i < TOTALS_COUNTERS; i++) {
        spent[i] = now[i] > totals->ticks[i] ? now[i] - totals->ticks[i] : 0;
        total += spent[i];
        totals->ticks[i] = now[i];
    }
    totals->has_ticks = true;
    if (!had_ticks || total == 0)
        return;
    double percent = 100.0 / (double)total;
    machine->cpu_user_percent = percent * (double)(spent[CPU_USER] + spent[CPU_NICE]);
    machine->cpu_system_percent =
        percent * (double)(spent[CPU_SYSTEM] + spent[CPU_IRQ] + spent[CPU_SOFTIRQ]);
    machine->cpu_iowait_percent = percent * (double)spent[CPU_IOWAIT];
}

void totals_take_meminfo(const char *meminfo, size_t length, struct machine *machine)
{
    const struct {
        const char *name;
        uint64_t *value_kib;
    } wanted[] = {
        {"MemTotal:", &machine->memory_total_kib},
        {"MemAvailable:", &machine->memory_available_kib},
        {"SwapTotal:", &machine->swap_total_kib},
        {"SwapFree:", &machine->swap_free_kib},
    };
    struct cursor text = cursor_of(meminfo, length), line, name;
    size_t found = 0;
    while (found < ELEMENTS(wanted) && cursor_line(&text, &line) && cursor_word(&line, &name))
        for (size_t i = 0; i < ELEMENTS(wanted); i++)
            if (cursor_is(name, wanted[i].name))
                found += cursor_number(&line, 10, wanted[i].value_kib);
}

void totals_fill(struct totals *totals, int proc_fd, struct strbuf *text, struct machine *machine)
{
    if (procfs_read(proc_fd, "stat", STAT_LIMIT, text) < 0)
        forget(totals, machine);
    else
        totals_take_stat(totals, strbuf_text(text), text->length, machine);
    if (procfs_read(proc_fd, "meminfo", MEMINFO_LIMIT, text) == 0)
        totals_take_meminfo(strbuf_text(text), text->length, machine);
}
