/*
 * command_line: a typed line as words.
 */
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/gettext.h"
#include "reaptop/control/child.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Copies one word without its quotes; NULL with the reason in `error`. */
static const char *take_word(const char *at, char **to, struct error *error)
{
    char quote = '\0';
    for (; *at && (quote || !is_blank(*at)); at++) {
        if (quote == *at || (!quote && (*at == '\'' || *at == '"'))) {
            quote = quote ? '\0' : *at;
        } else if (*at == '\\' && quote != '\'' && (!quote || strchr("\\\"$`", at[1]))) {
            if (at[1] == '\0') {
                (void)error_set(error, -EINVAL, _("the line ends with a lone \\"));
                return NULL;
            }
            *(*to)++ = *++at;
        } else if (!quote && strchr(";|&<>()$`*?", *at)) {
            (void)error_set(error, -EINVAL,
                            _("'%c' means something to a shell only: use sh -c '…'"), *at);
            return NULL;
        } else {
            *(*to)++ = *at;
        }
    }
    if (quote) {
        (void)error_set(error, -EINVAL, _("the quote %c is not closed"), quote);
        return NULL;
    }
    *(*to)++ = '\0';
    return at;
}

int child_split(const char *line, char ***ret_argv, struct error *error)
{
    /* Words are never more than half the bytes, and their text never longer than the line. */
    size_t most = strlen(line) / 2 + 2;
    char **argv = calloc(1, most * sizeof(*argv) + strlen(line) + 1);
    if (!argv)
        return error_set_errno(error, -ENOMEM, "%.40s", line);

    char *to = (char *)(argv + most);
    size_t count = 0;
    while (line) {
        line += strspn(line, " \t\n");
        if (*line == '\0')
            break;
        argv[count++] = to;
        line = take_word(line, &to, error);
    }
    if (line && count == 0)
        (void)error_set(error, -EINVAL, _("there is no command"));
    if (!line || count == 0) {
        free(argv);
        return -EINVAL;
    }
    *ret_argv = argv;
    return 0;
}
