#include "reaptop/model/origin.h"

#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

/* The words of the form; all else in an origin is a name. */
static const char *const words[] = {
    N_(" fields "),
    N_(" field "),
    N_(" bits "),
    N_(" bit "),
    N_(" and "),
    N_(" to "),
    N_(" of a zombie, with ptrace access"),
};

/* The length of the word that `text` begins with, and how it is said; 0: none. */
static size_t word_at(const char *text, const char **ret_said)
{
    for (size_t i = 0; i < ELEMENTS(words); i++) {
        size_t length = strlen(words[i]);
        if (strncmp(text, words[i], length) == 0) {
            *ret_said = _(words[i]);
            return length;
        }
    }
    return 0;
}

void origin_add(struct strbuf *out, const char *origin)
{
    while (*origin != '\0') {
        const char *said = NULL;
        size_t length = word_at(origin, &said);
        if (length > 0)
            strbuf_puts(out, said);
        else
            strbuf_putc(out, *origin);
        origin += length > 0 ? length : 1;
    }
}
