#include "filter_users.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/strbuf.h"

enum {
    USERS_NAMED = 12
};

static void list_users(struct strbuf *out)
{
    const struct passwd *entry;
    size_t count = 0;
    setpwent();
    while ((entry = getpwent()) != NULL && count < USERS_NAMED)
        strbuf_printf(out, "%s%s", count++ > 0 ? ", " : "", entry->pw_name);
    if (entry)
        strbuf_puts(out, ", ...");
    endpwent();
}

int filter_check_users(const struct filter *filter, struct error *error)
{
    const char *name;
    for (size_t i = 0; (name = filter_user(filter, i)) != NULL; i++) {
        _cleanup_(strbuf_done) struct strbuf users = STRBUF_INIT;
        if (name[strspn(name, "0123456789")] == '\0' || getpwnam(name))
            continue;
        list_users(&users);
        return error_set(error, -EINVAL, _("filter: there is no user '%s'; users are: %s"), name,
                         strbuf_text(&users));
    }
    return 0;
}
