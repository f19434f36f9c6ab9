#include "htop_row.h"

#include <string.h>

#include "reaptop/base/gettext.h"
#include "reaptop/view/actions.h"
#include "reaptop/view/ui.h"

void htop_row_done(struct htop_row *row)
{
    strbuf_done(&row->keys);
    strbuf_done(&row->here);
    strbuf_done(&row->does_it);
}

bool htop_row(const struct htop_key *known, struct htop_row *row)
{
    const struct settings settings = {.profile = PROFILE_DEFAULT};
    for (int i = 0; i < HTOP_KEYS_MAX && known->keys[i].kind != KEY_NONE; i++) {
        char name[KEY_NAME_SIZE];
        enum action here = action_of_key(&settings, 0, known->keys[i]);
        if (here == known->action && here != ACTION_NONE)
            continue;
        bool is_replays = here && (actions[here].flags & ACTION_NEEDS_REPLAY);
        const char *word = here ? _(actions[here].help) : _("nothing");
        strbuf_printf(&row->keys, "%s%s", row->keys.length > 0 ? " " : "",
                      key_label(known->keys[i], name));
        if (!strstr(strbuf_text(&row->here), word))
            strbuf_printf(&row->here, "%s%s%s", row->here.length > 0 ? "; " : "",
                          is_replays ? _("in a replay: ") : "", word);
    }
    if (known->action)
        action_keys(&settings, known->action, &row->does_it);
    if (known->instead)
        strbuf_printf(&row->does_it, "%s%s", row->does_it.length > 0 ? "; " : "",
                      _(known->instead));
    else if (row->does_it.length == 0)
        strbuf_printf(&row->does_it, ": %s", actions[known->action].name);
    return row->keys.length > 0;
}
