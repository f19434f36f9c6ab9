#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/view/column_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is printed so that it reads back as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct column_set set, again;
    struct error error = ERROR_INIT;
    struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memset(&set, 0, sizeof(set));
    memset(&again, 0, sizeof(again));
    memcpy(text, data, size);
    text[size] = '\0';
    if (column_set_parse(text, &set, &error) == 0) {
        column_set_print(&set, &once);
        if (once.length > 0) {
            if (column_set_parse(strbuf_text(&once), &again, &error) < 0)
                abort();
            column_set_print(&again, &twice);
            if (strcmp(strbuf_text(&once), strbuf_text(&twice)) != 0)
                abort();
        }
        (void)column_set_cols(&set, 4194304);
    }
    strbuf_done(&once);
    strbuf_done(&twice);
    free(text);
    return 0;
}
