/*
 * own_file: small text files that belong to the person: settings, the lab's
 * score. Read with a bound, written whole.
 */
#ifndef REAPTOP_APP_OWN_FILE_H
#define REAPTOP_APP_OWN_FILE_H

#include "reaptop/base/strbuf.h"

enum {
    OWN_FILE_LIMIT = 64 * 1024
};

/*
 * Appends the text of a plain file; a FIFO or a device is not waited for.
 * -EINVAL: it is none; -EFBIG: more than OWN_FILE_LIMIT; or errno.
 */
int own_file_read(const char *path, struct strbuf *out);

/*
 * Writes it with mode 0600, its directories where they are missing; the old
 * one stays until the new one is there.
 */
int own_file_write(const char *path, const struct strbuf *text);

#endif
