#include "reaptop/cli/json.h"

#include <errno.h>
#include <string.h>

#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"

int json_output(json_t *doc)
{
    int r = json_print(doc, stdout);
    json_decref(doc);
    if (r == 0 || r == -EPIPE)
        return EXIT_DONE;
    return command_fail(EXIT_FAULT, "%s: %s", _("standard output"), strerror(-r));
}
