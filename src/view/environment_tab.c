#include "reaptop/view/environment_tab.h"

#include <string.h>

#include "reaptop/base/gettext.h"

static void add_variable(struct document *doc, const char *text, size_t length)
{
    const char *equals = memchr(text, '=', length);
    size_t name = equals ? (size_t)(equals - text) : length;
    document_begin(doc, 0);
    document_add_text(doc, STYLE_LABEL, text, name);
    if (!equals)
        return;
    document_add(doc, STYLE_DIM, "=");
    document_add_text(doc, STYLE_NORMAL, equals + 1, length - name - 1);
}

void environment_tab(struct document *doc, const char *bytes, size_t length)
{
    if (length == 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_DIM, _("The environment is empty."));
    }
    for (size_t at = 0; at < length;) {
        const char *end = memchr(bytes + at, '\0', length - at);
        size_t size = end ? (size_t)(end - bytes) - at : length - at;
        if (size > 0)
            add_variable(doc, bytes + at, size);
        at += size + 1;
    }
}
