#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_syscall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct syscall_record record = {0};
    if (parse_syscall((const char *)data, size, &record) < 0)
        return 0;
    if (record.place == SYSCALL_INSIDE && record.number < 0)
        abort();
    syscall_append(&text, &record);
    if (text.error == 0 && text.length == 0)
        abort();
    return 0;
}
