#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/number.h"
#include "reaptop/control/child.h"
#include "reaptop/control/target.h"
#include "reaptop/model/signals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a person types: a command, a TARGET, a number, a time, a signal. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = ERROR_INIT;
    struct target target;
    char **argv = NULL;
    int64_t number;
    uint64_t value;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (child_split(text, &argv, &error) == 0) {
        size_t length = 0;
        for (size_t i = 0; argv[i]; i++)
            length += strlen(argv[i]);
        if (length > size)
            abort();
        free(argv);
    }
    if (target_parse(text, &target, &error) == 0 && target.pid <= 0)
        abort();
    if (number_parse(text, -5, 1000, &number) == 0 && (number < -5 || number > 1000))
        abort();
    (void)number_parse_hex(text, &value);
    (void)number_parse_time(text, &value);
    (void)signal_from_text(text);
    free(text);
    return 0;
}
