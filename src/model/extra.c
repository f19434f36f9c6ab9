#include "reaptop/model/extra.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "reaptop/base/array.h"

const char *extra_part_origin(enum extra_part part)
{
    static const char *const origins[EXTRA_PART_COUNT] = {
        [EXTRA_CGROUP] = "/proc/PID/cgroup",
        [EXTRA_QUOTA] = "/proc/PID/cgroup, cpu.max and cpu.stat",
        [EXTRA_MEMORY] = "/proc/PID/status",
        [EXTRA_SWITCHES] = "/proc/PID/status",
        [EXTRA_SIGNALS] = "/proc/PID/status",
        [EXTRA_OOM] = "/proc/PID/oom_score",
        [EXTRA_WCHAN] = "/proc/PID/wchan",
        [EXTRA_SYSCALL] = "/proc/PID/syscall",
        [EXTRA_IO] = "/proc/PID/io",
        [EXTRA_SECURITY] = "/proc/PID/attr/current",
        [EXTRA_EXE] = "/proc/PID/exe",
        [EXTRA_CWD] = "/proc/PID/cwd",
        [EXTRA_NS] = "/proc/PID/ns",
        [EXTRA_FDS] = "/proc/PID/fd",
        [EXTRA_FILES] = "/proc/PID/fd",
        [EXTRA_PORTS] = "/proc/PID/fd",
        [EXTRA_ENVIRON] = "/proc/PID/environ",
        [EXTRA_PSS] = "/proc/PID/smaps_rollup",
    };
    return part < EXTRA_PART_COUNT ? origins[part] : "/proc/PID/stat";
}

/* ---- what a control group's path says ---- */

enum {
    ID_LEAST = 12, /* digits of a container's ID that are shown; fewer are no ID */
};

struct part {
    const char *at;
    size_t length;
};

/* The component that ends before `end`; its end for the next call in *end. */
static bool previous_component(const char *path, const char **end, struct part *ret)
{
    while (*end > path && (*end)[-1] == '/')
        (*end)--;
    const char *start = *end;
    while (start > path && start[-1] != '/')
        start--;
    *ret = (struct part){start, (size_t)(*end - start)};
    *end = start;
    return ret->length > 0;
}

static bool ends_with(struct part part, const char *suffix)
{
    size_t length = strlen(suffix);
    return part.length > length && memcmp(part.at + part.length - length, suffix, length) == 0;
}

static bool begins_with(struct part part, const char *prefix)
{
    size_t length = strlen(prefix);
    return part.length > length && memcmp(part.at, prefix, length) == 0;
}

void cgroup_unit(const char *path, struct strbuf *out)
{
    static const char *const suffixes[] = {".service", ".scope", ".socket",
                                           ".mount",   ".swap",  ".slice"};
    struct part part;
    for (const char *end = path + strlen(path); previous_component(path, &end, &part);)
        for (size_t i = 0; i < ELEMENTS(suffixes); i++)
            if (ends_with(part, suffixes[i])) {
                strbuf_append(out, part.at, part.length);
                return;
            }
}

static size_t hex_digits(struct part part)
{
    size_t count = 0;
    while (count < part.length && isxdigit((unsigned char)part.at[count]))
        count++;
    return count;
}

/* "docker-0123….scope": systemd's way, of podman, containerd and cri-o too. */
static bool add_scope(struct part part, struct strbuf *out)
{
    static const struct {
        const char *prefix, *who;
    } makers[] = {
        {"docker-", "docker"}, {"libpod-", "podman"},      {"cri-containerd-", "containerd"},
        {"crio-", "cri-o"},    {"nerdctl-", "containerd"},
    };
    for (size_t i = 0; i < ELEMENTS(makers); i++) {
        if (!begins_with(part, makers[i].prefix))
            continue;
        size_t length = strlen(makers[i].prefix);
        struct part id = {part.at + length, part.length - length};
        if (hex_digits(id) < ID_LEAST)
            continue;
        strbuf_printf(out, "%s %.*s", makers[i].who, ID_LEAST, id.at);
        return true;
    }
    return false;
}

/* "lxc.payload.NAME", "machine-NAME.scope": what has a name instead of an ID. */
static bool add_named(struct part part, struct strbuf *out)
{
    if (begins_with(part, "lxc.payload.")) {
        size_t length = strlen("lxc.payload.");
        strbuf_printf(out, "lxc %.*s", (int)(part.length - length), part.at + length);
        return true;
    }
    if (begins_with(part, "machine-") && ends_with(part, ".scope")) {
        size_t length = strlen("machine-");
        strbuf_printf(out, "machine %.*s", (int)(part.length - length - strlen(".scope")),
                      part.at + length);
        return true;
    }
    return false;
}

/* "/docker/0123…", "/kubepods/…/0123…", "/lxc/NAME": the way without systemd. */
static bool add_below(struct part parent, struct part part, bool is_in_pod, struct strbuf *out)
{
    bool is_id = part.length >= ID_LEAST && hex_digits(part) == part.length;
    if (is_id && parent.length == 6 && memcmp(parent.at, "docker", 6) == 0)
        strbuf_printf(out, "docker %.*s", ID_LEAST, part.at);
    else if (is_id && is_in_pod)
        strbuf_printf(out, "kubernetes %.*s", ID_LEAST, part.at);
    else if (parent.length == 3 && memcmp(parent.at, "lxc", 3) == 0)
        strbuf_printf(out, "lxc %.*s", (int)part.length, part.at);
    else
        return false;
    return true;
}

void cgroup_container(const char *path, struct strbuf *out)
{
    bool is_in_pod = strstr(path, "kubepods") != NULL;
    struct part part, parent;
    const char *end = path + strlen(path);
    for (bool has_part = previous_component(path, &end, &part); has_part; part = parent) {
        const char *before = end;
        has_part = previous_component(path, &before, &parent);
        if (add_scope(part, out) || add_named(part, out) ||
            (has_part && add_below(parent, part, is_in_pod, out)))
            return;
        end = before;
    }
}
