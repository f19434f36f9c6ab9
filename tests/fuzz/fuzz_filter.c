#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/model/filter.h"
#include "reaptop/model/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is applied to a process, twice with the same answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char comm[] = "cat", argv[] = "cat -A /tmp", user[] = "ada";
    const struct process process = {
        .id = {.pid = 4711}, .comm = comm, .argv = argv, .user = user, .state = 'S', .ppid = 1};
    struct filter *filter = NULL;
    struct error error = ERROR_INIT;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (filter_parse(text, &filter, &error) == 0) {
        if (filter_passes(filter, &process) != filter_passes(filter, &process))
            abort();
        (void)filter_reads_argv(filter);
        (void)filter_reads_subtrees(filter);
        filter_free(filter);
    } else if (error.message[0] == '\0') {
        abort(); /* a refusal has its reason */
    }
    free(text);
    return 0;
}
