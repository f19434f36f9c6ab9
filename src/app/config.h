/*
 * config: the settings a person saved (reaptop.conf, an INI file).
 *
 * $XDG_CONFIG_HOME/reaptop/reaptop.conf, else ~/.config/reaptop/reaptop.conf;
 * before it /etc/reaptop/reaptop.conf. Never the current directory. Written
 * only when the person asks for it.
 */
#ifndef REAPTOP_APP_CONFIG_H
#define REAPTOP_APP_CONFIG_H

#include <stddef.h>

#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/view/ui.h"

/*
 * Reads both files, the person's over the system's. What is wrong in one is
 * passed over: `error` holds the first complaint, "FILE:LINE: why", and its
 * code. A file that is not there is no complaint. 0 or that code.
 */
int config_load(struct settings *settings, struct error *error);

/* Writes the person's file whole, mode 0600: the old one stays until the new one is there. */
int config_save(const struct settings *settings, struct error *error);

/*
 * The text of one file into settings. A line that is wrong changes nothing;
 * `error` (its name as `file`) tells of the first. 0 or -EINVAL. Any bytes.
 */
int config_parse(const char *text, size_t length, const char *file, struct settings *settings,
                 struct error *error);

/*
 * The name in the file of settings_table[index], and into `form` what it is and
 * takes ("mouse: no, yes"); NULL where it is never saved. Static.
 */
const char *config_setting(size_t index, struct strbuf *form);

/* Appends a file that changes nothing: every setting with what it takes, all lines comments. */
void config_print_sample(const struct settings *settings, struct strbuf *out);

#endif
