#include "reaptop/model/tuning.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

const char *policy_name(int32_t policy)
{
    static const char *const names[] = {
        [0] = "other", [1] = "fifo",     [2] = "rr",  [3] = "batch",
        [5] = "idle",  [6] = "deadline", [7] = "ext",
    };
    return policy >= 0 && (size_t)policy < ELEMENTS(names) ? names[policy] : NULL;
}

/* ---- processors ---- */

bool cpu_mask_has(const struct cpu_mask *mask, unsigned cpu)
{
    return cpu < TUNING_CPUS_MAX && (mask->bits[cpu / 64] >> (cpu % 64) & 1U) != 0;
}

void cpu_mask_set(struct cpu_mask *mask, unsigned cpu, bool is_in)
{
    uint64_t bit = UINT64_C(1) << (cpu % 64);
    if (cpu >= TUNING_CPUS_MAX)
        return;
    mask->bits[cpu / 64] = is_in ? mask->bits[cpu / 64] | bit : mask->bits[cpu / 64] & ~bit;
}

size_t cpu_mask_count(const struct cpu_mask *mask)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof(mask->bits) / sizeof(mask->bits[0]); i++)
        count += (size_t)__builtin_popcountll(mask->bits[i]);
    return count;
}

void cpu_mask_describe(const struct cpu_mask *mask, struct strbuf *out)
{
    bool is_first = true;
    for (unsigned cpu = 0; cpu < TUNING_CPUS_MAX; cpu++) {
        unsigned last = cpu;
        if (!cpu_mask_has(mask, cpu))
            continue;
        while (cpu_mask_has(mask, last + 1))
            last++;
        strbuf_printf(out, "%s%u", is_first ? "" : ",", cpu);
        if (last > cpu)
            strbuf_printf(out, "-%u", last);
        is_first = false;
        cpu = last;
    }
    if (is_first)
        strbuf_puts(out, _("none"));
}

int cpu_mask_parse(const char *text, size_t length, struct cpu_mask *ret_mask)
{
    struct cpu_mask mask = {{0}};
    const char *end = text + length;
    while (end > text && strchr("\n ", end[-1]))
        end--;
    while (text < end) {
        unsigned long range[2] = {0, 0};
        for (int i = 0; i < 2; i++) {
            if (text == end || *text < '0' || *text > '9')
                return -EINVAL;
            for (range[i] = 0; text < end && *text >= '0' && *text <= '9'; text++)
                if ((range[i] = range[i] * 10 + (unsigned long)(*text - '0')) >= TUNING_CPUS_MAX)
                    return -ERANGE;
            if (i == 0 && (text == end || *text != '-')) {
                range[1] = range[0];
                break;
            }
            text += i == 0;
        }
        if (range[1] < range[0] || (text < end && *text != ','))
            return -EINVAL;
        for (unsigned long cpu = range[0]; cpu <= range[1]; cpu++)
            cpu_mask_set(&mask, (unsigned)cpu, true);
        text += text < end;
    }
    *ret_mask = mask;
    return 0;
}

/* ---- words ---- */

const char *tuning_title(enum tuning_kind kind)
{
    static const char *const titles[TUNING_COUNT] = {
        [TUNING_NICE] = N_("nice value"),
        [TUNING_AFFINITY] = N_("CPU affinity"),
        [TUNING_IO] = N_("I/O priority"),
        [TUNING_POLICY] = N_("scheduling policy"),
    };
    return _(titles[kind]);
}

static const char *io_class_name(enum io_class class)
{
    static const char *const names[] = {
        [IO_CLASS_NONE] = "none",
        [IO_CLASS_REALTIME] = "realtime",
        [IO_CLASS_BEST_EFFORT] = "best-effort",
        [IO_CLASS_IDLE] = "idle",
    };
    return names[class];
}

static bool is_realtime(int32_t policy)
{
    return policy == POLICY_FIFO || policy == POLICY_RR;
}

void tuning_describe(enum tuning_kind kind, const struct tuning *tuning, struct strbuf *out)
{
    const char *policy = policy_name(tuning->policy);
    switch (kind) {
    case TUNING_NICE:
        strbuf_printf(out, "%d", tuning->nice);
        break;
    case TUNING_AFFINITY:
        cpu_mask_describe(&tuning->cpus, out);
        break;
    case TUNING_IO:
        strbuf_puts(out, io_class_name(tuning->io_class));
        if (tuning->io_class == IO_CLASS_REALTIME || tuning->io_class == IO_CLASS_BEST_EFFORT)
            strbuf_printf(out, " %d", tuning->io_level);
        break;
    case TUNING_POLICY:
        strbuf_printf(out, "%s", policy ? policy : "?");
        if (is_realtime(tuning->policy))
            strbuf_printf(out, " %d", tuning->rt_priority);
        break;
    case TUNING_COUNT:
        break;
    }
}

bool tuning_is_same(enum tuning_kind kind, const struct tuning *a, const struct tuning *b)
{
    switch (kind) {
    case TUNING_NICE:
        return a->nice == b->nice;
    case TUNING_AFFINITY:
        return memcmp(&a->cpus, &b->cpus, sizeof(a->cpus)) == 0;
    case TUNING_IO:
        return a->io_class == b->io_class && a->io_level == b->io_level;
    default:
        return a->policy == b->policy && a->rt_priority == b->rt_priority;
    }
}

void tuning_command(enum tuning_kind kind, const struct tuning *want, pid_t pid, bool all_threads,
                    struct strbuf *out)
{
    int number = (int)pid;
    switch (kind) {
    case TUNING_NICE:
        strbuf_printf(out,
                      all_threads ? "renice -n %d -p $(ls /proc/%d/task)" : "renice -n %d -p %d",
                      want->nice, number);
        break;
    case TUNING_AFFINITY:
        strbuf_printf(out, "taskset %s-pc ", all_threads ? "-a " : "");
        cpu_mask_describe(&want->cpus, out);
        strbuf_printf(out, " %d", number);
        break;
    case TUNING_IO:
        strbuf_printf(out, "ionice -c %d", (int)want->io_class);
        if (want->io_class == IO_CLASS_REALTIME || want->io_class == IO_CLASS_BEST_EFFORT)
            strbuf_printf(out, " -n %d", want->io_level);
        strbuf_printf(out, all_threads ? " -p $(ls /proc/%d/task)" : " -p %d", number);
        break;
    default:
        strbuf_printf(out, "chrt %s--%s -p %d %d", all_threads ? "-a " : "",
                      policy_name(want->policy), want->rt_priority, number);
    }
}

/* ---- the forecast: who may ---- */

static bool owns(const struct tuning_facts *facts, enum tuning_kind kind)
{
    if (!facts->has_ids)
        return true; /* not known: the kernel will say */
    /* ioprio_set(2) compares our real user too; the others our effective one. */
    (void)kind;
    return facts->our_euid == facts->euid || facts->our_euid == facts->ruid;
}

static bool refuse(struct strbuf *out, const char *reason)
{
    strbuf_printf(out, _("The kernel will refuse: %s\n"), reason);
    return false;
}

/* The nice value that RLIMIT_NICE lets it come down to. */
static int32_t nice_floor(const struct tuning_facts *facts)
{
    return facts->limit_nice > 40 ? TUNING_NICE_LEAST : 20 - (int32_t)facts->limit_nice;
}

static bool may_nice(const struct tuning_facts *facts, const struct tuning *want,
                     struct strbuf *out)
{
    if (want->nice >= facts->now.nice || facts->we_have_sys_nice)
        return true;
    if (!facts->has_limits || want->nice >= nice_floor(facts))
        return true;
    return refuse(out, _("a smaller nice value takes CAP_SYS_NICE or its RLIMIT_NICE"));
}

static bool may_affinity(const struct tuning_facts *facts, const struct tuning *want,
                         struct strbuf *out)
{
    bool is_usable = cpu_mask_count(&facts->online) == 0;
    for (size_t i = 0; i < sizeof(want->cpus.bits) / sizeof(want->cpus.bits[0]); i++)
        is_usable |= (want->cpus.bits[i] & facts->online.bits[i]) != 0;
    if (cpu_mask_count(&want->cpus) == 0)
        return refuse(out, _("no processor is left"));
    return is_usable || refuse(out, _("none of these processors is online"));
}

static bool may_io(const struct tuning_facts *facts, const struct tuning *want, struct strbuf *out)
{
    if (want->io_class != IO_CLASS_REALTIME || facts->we_have_sys_nice)
        return true;
    return refuse(out, _("the realtime class takes CAP_SYS_NICE or CAP_SYS_ADMIN"));
}

static bool may_policy(const struct tuning_facts *facts, const struct tuning *want,
                       struct strbuf *out)
{
    if (facts->we_have_sys_nice || !facts->has_limits)
        return true;
    if (is_realtime(want->policy) && (uint64_t)want->rt_priority > facts->limit_rt_priority)
        return refuse(out, _("this priority takes CAP_SYS_NICE or its RLIMIT_RTPRIO"));
    if (facts->now.policy == POLICY_IDLE && want->policy != POLICY_IDLE &&
        facts->now.nice < nice_floor(facts))
        return refuse(out, _("leaving SCHED_IDLE takes CAP_SYS_NICE or its RLIMIT_NICE"));
    return true;
}

static bool is_allowed(enum tuning_kind kind, const struct tuning_facts *facts,
                       const struct tuning *want, struct strbuf *out)
{
    static bool (*const may[TUNING_COUNT])(const struct tuning_facts *, const struct tuning *,
                                           struct strbuf *) = {
        [TUNING_NICE] = may_nice,
        [TUNING_AFFINITY] = may_affinity,
        [TUNING_IO] = may_io,
        [TUNING_POLICY] = may_policy,
    };
    if (facts->is_zombie)
        return refuse(out, _("it is a zombie, it will not run again"));
    if (!facts->we_have_sys_nice && !owns(facts, kind))
        return refuse(out, _("it takes its owner or CAP_SYS_NICE"));
    return may[kind](facts, want, out);
}

/* ---- the forecast: what changes, what does not ---- */

static void add_nice(const struct tuning_facts *facts, const struct tuning *want,
                     struct strbuf *out)
{
    if (facts->now.policy != POLICY_OTHER && facts->now.policy != POLICY_BATCH)
        strbuf_puts(out, _("It counts only under SCHED_OTHER and SCHED_BATCH: its policy is "
                           "another.\n"));
    if (facts->has_autogroup)
        strbuf_printf(out,
                      _("Autogroups are on: it weighs against others of its session alone; the "
                        "session's own nice value is %d (/proc/PID/autogroup).\n"),
                      facts->autogroup_nice);
    if (want->nice < facts->now.nice)
        return;
    if (!facts->we_have_sys_nice && facts->has_limits && want->nice > facts->now.nice &&
        facts->now.nice < nice_floor(facts))
        strbuf_puts(out, _("You cannot take it back: a smaller value takes CAP_SYS_NICE.\n"));
}

static void add_affinity(const struct tuning_facts *facts, const struct tuning *want,
                         struct strbuf *out)
{
    struct cpu_mask used = want->cpus;
    for (size_t i = 0; i < sizeof(used.bits) / sizeof(used.bits[0]); i++)
        used.bits[i] &= facts->allowed.bits[i];
    if (cpu_mask_count(&facts->allowed) > 0 && cpu_mask_count(&used) == 0)
        strbuf_puts(out, _("Its control group leaves it none of these: the group's processors "
                           "stay.\n"));
    if (facts->is_kernel)
        strbuf_puts(out, _("A kernel thread that belongs to one processor is refused.\n"));
}

static void add_io(const struct tuning_facts *facts, const struct tuning *want, struct strbuf *out)
{
    (void)facts;
    strbuf_puts(out, _("Only the I/O schedulers bfq and mq-deadline look at it "
                       "(/sys/block/*/queue/scheduler), and not at what is written later from "
                       "the page cache.\n"));
    if (want->io_class == IO_CLASS_IDLE)
        strbuf_puts(out, _("It gets the disk only while nobody else wants it.\n"));
}

static void add_policy(const struct tuning_facts *facts, const struct tuning *want,
                       struct strbuf *out)
{
    (void)facts;
    if (is_realtime(want->policy))
        strbuf_puts(out, _("It goes before every process without a realtime policy, and can keep "
                           "a processor for itself (but for sched_rt_runtime_us).\n"));
    if (want->policy == POLICY_IDLE)
        strbuf_puts(out, _("It runs almost only where a processor has nothing else to do.\n"));
}

static void add_threads(enum tuning_kind kind, const struct tuning_facts *facts, bool all_threads,
                        struct strbuf *out)
{
    (void)kind;
    if (facts->threads > 1 && all_threads)
        strbuf_printf(out, _("All %u threads get it; children made later inherit it.\n"),
                      facts->threads);
    else if (facts->threads > 1)
        strbuf_printf(out,
                      ngettext("Its first thread gets it; %u other thread keeps its own (Tab: "
                               "all).\n",
                               "Its first thread gets it; %u other threads keep their own (Tab: "
                               "all).\n",
                               facts->threads - 1),
                      facts->threads - 1);
    else
        strbuf_puts(out, _("Children that it has keep theirs; those made later inherit it.\n"));
}

bool tuning_forecast(enum tuning_kind kind, const struct tuning_facts *facts,
                     const struct tuning *want, bool all_threads, struct strbuf *out)
{
    static void (*const add[TUNING_COUNT])(const struct tuning_facts *, const struct tuning *,
                                           struct strbuf *) = {
        [TUNING_NICE] = add_nice,
        [TUNING_AFFINITY] = add_affinity,
        [TUNING_IO] = add_io,
        [TUNING_POLICY] = add_policy,
    };
    if (!is_allowed(kind, facts, want, out))
        return false;
    if (tuning_is_same(kind, &facts->now, want) && !all_threads) {
        strbuf_puts(out, _("Nothing changes: it has this value.\n"));
        return true;
    }
    add[kind](facts, want, out);
    add_threads(kind, facts, all_threads, out);
    return true;
}
