/*
 * completion: what bash, zsh and fish complete behind `reaptop`, written from
 * the tables of commands, options, signals, experiments and reference entries, so
 * that it cannot miss one. docgen writes the files at build time.
 */
#ifndef REAPTOP_APP_COMPLETION_H
#define REAPTOP_APP_COMPLETION_H

#include "reaptop/base/strbuf.h"

/* The shells' names are "bash", "zsh" and "fish". -EINVAL: another. -ENOMEM. */
int completion_write(const char *shell, struct strbuf *out);

#endif
