/*
 * config_keys: the section [keys] of the configuration: an action's name and the
 * keys that do it, instead of the profile's.
 *
 *     [keys]
 *     signal = K F9
 *     kernel = none
 */
#ifndef REAPTOP_APP_CONFIG_KEYS_H
#define REAPTOP_APP_CONFIG_KEYS_H

#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/view/ui.h"

/*
 * Takes one line. -EINVAL where the action or a key is not known, or a key was
 * given to another action before: nothing changes then, and `error` (may be
 * NULL; kept where it holds a complaint) says which.
 */
int config_keys_line(struct settings *settings, const char *name, const char *value,
                     struct error *error);

/* Appends the section; nothing where no key was changed. */
void config_keys_write(const struct settings *settings, struct strbuf *out);

/*
 * Appends what lost its last key to the configuration ("l is files now: right has
 * no key"), a sentence for all; nothing where nothing did. An action that
 * the section names itself is never reported.
 */
void config_keys_clashes(const struct settings *settings, struct strbuf *out);

#endif
