#include "reaptop/source/vfork_wait.h"

#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/source/procfs.h"

enum {
    WCHAN_LIMIT = 128
};

bool vfork_is_awaited(int dir_fd, pid_t tid)
{
    /* The call itself, under the names that kernels gave it, or the wait inlined into it or not. */
    static const char *const functions[] = {"kernel_clone", "do_fork", "wait_for_vfork_done"};
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    char path[64];
    (void)snprintf(path, sizeof(path), "task/%d/wchan", (int)tid);
    if (procfs_read(dir_fd, path, WCHAN_LIMIT, &text) < 0)
        return false;
    for (size_t i = 0; i < ELEMENTS(functions); i++)
        if (strstr(strbuf_text(&text), functions[i]))
            return true;
    return false;
}
