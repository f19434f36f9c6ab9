#include "reaptop/source/freezer.h"

#include <fcntl.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/procfs.h"

enum {
    TEXT_LIMIT = 16384
};

/* Reads /sys/fs/cgroup/ROOT/PATH/FILE; PATH ends with its line. */
static bool file_says(const char *root, const char *path, const char *file, const char *words)
{
    _cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT, text = STRBUF_INIT;
    _cleanup_close_ int root_fd = open("/sys/fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
    strbuf_printf(&name, "%s%.*s/%s", root, (int)strcspn(path, "\n"), path, file);
    return root_fd >= 0 && procfs_read(root_fd, strbuf_text(&name), TEXT_LIMIT, &text) >= 0 &&
           strstr(strbuf_text(&text), words);
}

/* The path in the line "N:CONTROLLERS:/path" of that controller; NULL: there is none. */
static const char *path_of(const char *lines, const char *controller)
{
    for (const char *line = lines; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path)
            return NULL;
        size_t length = (size_t)(path - names - 1);
        if (length == strlen(controller) && strncmp(names + 1, controller, length) == 0)
            return path + 1;
    }
    return NULL;
}

enum forecast_frozen freezer_state(int dir_fd)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (procfs_read(dir_fd, "cgroup", TEXT_LIMIT, &text) < 0)
        return NOT_FROZEN;
    const char *v1 = path_of(strbuf_text(&text), "freezer"), *v2 = path_of(strbuf_text(&text), "");
    /* Where both versions are mounted, the second is in "unified". */
    if (v1 && file_says("freezer", v1, "freezer.state", "FROZEN"))
        return FROZEN_V1;
    if (v2 && (file_says(".", v2, "cgroup.events", "frozen 1") ||
               file_says("unified", v2, "cgroup.events", "frozen 1")))
        return FROZEN_V2;
    return NOT_FROZEN;
}
