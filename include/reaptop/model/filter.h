/*
 * filter: which processes are shown. An expression as people type it:
 *
 *     state=Z and user=root
 *     rss > 100M or cpu>=50
 *     not (comm~ssh or kernel)
 *     postgres                      a bare word: in comm or in the command line
 *
 *     ssh|cron                      either word
 *     user in root,ada && !(state=Z)
 *
 * Operators: = != < <= > >= in, ~ and !~ (contains or not, case does not count),
 * joined by `and` or &&, `or` or ||, `not` or !, and parentheses. A comma list
 * passes where any of its values does (with != and !~: none of them); state=RD
 * means either letter. Numbers take K, M, G, T, also as MB or MiB, where the
 * field is in KiB, and s, m, h, d where it is in seconds. Of a field with many
 * values (port, file, env) any of them may pass, and with != and !~ none may;
 * env=NAME is any value of it, unit=cron is cron.service. The bare words `kernel`, `thread`,
 * `ended` and `zombie` test for those.
 */
#ifndef REAPTOP_MODEL_FILTER_H
#define REAPTOP_MODEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/error.h"

struct process;

struct filter;

/*
 * -EINVAL: `error` says what is wrong, at which column, and the right form;
 * -ENOMEM. An empty expression gives a filter that everything passes.
 */
int filter_parse(const char *expression, struct filter **ret_filter, struct error *error);
void filter_free(struct filter *filter);

/* It looks at command lines, which a sweep alone does not read. NULL does not. */
bool filter_reads_argv(const struct filter *filter);

/* The number-th user that it compares with = or !=, in its order; NULL: there are no more. */
const char *filter_user(const struct filter *filter, size_t number);

/* It looks at sums of branches: snapshot_subtrees(). NULL does not. */
bool filter_reads_subtrees(const struct filter *filter);

enum verdict {
    FILTER_FAILS,
    FILTER_PASSES,
    FILTER_UNDECIDED, /* it depends on what was not read of the process yet */
};

/* What it looks at beside what a sweep has: a set of EXTRA_BIT(). NULL: nothing. */
uint32_t filter_parts(const struct filter *filter);

/*
 * NULL passes everything. UNDECIDED: *ret_lacks has the parts that were not
 * read and may decide it; the lowest bit is the cheapest. Else it is 0.
 */
enum verdict filter_judge(const struct filter *filter, const struct process *process,
                          uint32_t *ret_lacks);

/* As filter_judge(); what is undecided does not pass. */
bool filter_passes(const struct filter *filter, const struct process *process);

#endif
