#include <stddef.h>
#include <stdint.h>

#include "../../src/app/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ui ui;
    struct error error = ERROR_INIT;
    ui_init(&ui);
    (void)config_parse((const char *)data, size, "fuzz", &ui.settings, &error);
    ui_done(&ui);
    return 0;
}
