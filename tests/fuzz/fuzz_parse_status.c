#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/source/parse_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct status status;
    if (parse_status((const char *)data, size, &status) == 0 &&
        (status.ns_pid_count > STATUS_NSPID_MAX || status.pid < 0 || status.state == '\0'))
        abort();
    struct strbuf value = STRBUF_INIT;
    (void)parse_status_value((const char *)data, size, "Cpus_allowed_list", 64, &value);
    if (value.length > 64)
        abort();
    strbuf_done(&value);
    return 0;
}
