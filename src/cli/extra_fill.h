/*
 * extra_fill: what commands read of processes only where it is asked for
 * (model/extra.h), waited for; and what recordings do not hold.
 */
#ifndef REAPTOP_CLI_EXTRA_FILL_H
#define REAPTOP_CLI_EXTRA_FILL_H

#include "reaptop/base/error.h"
#include "reaptop/cli/progress.h"
#include "reaptop/model/filter.h"
#include "reaptop/source/feed.h"
#include "reaptop/source/reader.h"

/*
 * `parts` of these rows of the feed's snapshot, or with `rows` NULL of all. Of a recording
 * (`reader` NULL) they are marked as not recorded. Where the progress is stopped (NULL: nobody
 * does) the rest stays unread. 0, or -ENOMEM.
 */
int extra_fill_rows(struct feed *feed, struct reader *reader, const uint32_t *rows, size_t count,
                    uint32_t parts, struct progress *progress);

/* What the filter depends on, of the rows it depends on it for; `command` says on stderr how many
   may not be looked into (NULL: nobody does). */
int extra_fill_filter(const char *command, struct feed *feed, struct reader *reader,
                      const struct filter *filter, struct progress *progress);

/* -EINVAL with a sentence, where the filter asks for what no recording holds, nor what another
   machine (`is_remote`) sends of itself. */
int extra_check_recorded(const struct filter *filter, bool is_remote, struct error *error);

#endif
