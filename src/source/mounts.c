#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "cursor.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/libc.h"
#include "reaptop/source/procfs.h"

enum {
    MOUNTS_TEXT_LIMIT = 8 << 20
};

void mounts_done(struct mounts *mounts)
{
    free(mounts->places);
    *mounts = MOUNTS_INIT;
}

static bool may_ask_a_server(struct cursor type)
{
    static const char *const types[] = {
        "nfs",  "nfs4", "cifs",  "smb3",   "9p",       "ceph", "afs",     "lustre", "virtiofs",
        "coda", "gfs2", "ocfs2", "autofs", "orangefs", "fuse", "fuseblk", "beegfs", "gpfs"};
    for (size_t i = 0; i < ELEMENTS(types); i++)
        if (cursor_is(type, types[i]))
            return true;
    return cursor_take(&type, "fuse.");
}

static bool parse_mount(struct cursor line, struct mount_place *ret_place)
{
    struct mount_place place = {0};
    struct cursor word;
    if (!cursor_int(&line, &place.id) || !cursor_int(&line, &place.parent) ||
        !cursor_u32(&line, 10, &place.major) || !cursor_take(&line, ":") ||
        !cursor_u32(&line, 10, &place.minor))
        return false;
    while (cursor_word(&line, &word)) {
        if (!cursor_is(word, "-"))
            continue;
        if (!cursor_word(&line, &word))
            return false;
        place.is_devpts = cursor_is(word, "devpts");
        place.may_ask_a_server = may_ask_a_server(word);
        *ret_place = place;
        return true;
    }
    return false;
}

static int compare_ids(const void *a, const void *b)
{
    const struct mount_place *one = a, *other = b;
    return (one->id > other->id) - (one->id < other->id);
}

int mounts_parse(const char *text, size_t length, struct mounts *mounts)
{
    struct cursor rest = cursor_of(text, length), line;
    struct mount_place place;
    while (cursor_line(&rest, &line)) {
        if (!parse_mount(line, &place))
            continue;
        if (array_reserve(&mounts->places, &mounts->capacity, mounts->count + 1) < 0)
            return -ENOMEM;
        mounts->places[mounts->count++] = place;
    }
    if (mounts->count > 0)
        qsort(mounts->places, mounts->count, sizeof(place), compare_ids);
    return 0;
}

int mounts_read(int pid_fd, struct mounts *mounts)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    mounts->count = 0;
    int r = procfs_read(pid_fd, "mountinfo", MOUNTS_TEXT_LIMIT, &text);
    return r < 0 ? r : mounts_parse(strbuf_text(&text), text.length, mounts);
}

/* Magic numbers of statfs(2), of those in may_ask_a_server() that a root can lie on. */
static bool is_remote(long magic)
{
    static const unsigned remote[] = {0x6969,     0xfe534d42, 0xff534d42, 0x517b,     0x01021997,
                                      0x00c36400, 0x5346414f, 0x0bd00bd0, 0x6a656a63, 0x73757245,
                                      0x01161970, 0x7461636f, 0x0187,     0x65735546, 0x20030528};
    for (size_t i = 0; i < ELEMENTS(remote); i++)
        if ((unsigned)magic == remote[i])
            return true;
    return false;
}

/* Of our root; the number as a descriptor's fdinfo has it, since Linux 5.8. */
static int read_root(struct mount_place *ret_place)
{
    struct libc_status status;
    struct statfs system;
    int r = libc_statx(AT_FDCWD, "/", &status);
    if (r < 0)
        return r;
    if (statfs("/", &system) < 0)
        return -errno;
    if (status.mount_id < 0)
        return -ENODATA;
    *ret_place = (struct mount_place){.id = (int32_t)status.mount_id,
                                      .major = status.major,
                                      .minor = status.minor,
                                      .may_ask_a_server = is_remote(system.f_type)};
    return 0;
}

int mounts_add_own(struct mounts *mounts)
{
    struct mount_place root;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = procfs_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTS_TEXT_LIMIT, &text);
    if (r >= 0)
        r = mounts_parse(strbuf_text(&text), text.length, mounts);
    if (r < 0 || read_root(&root) < 0 || mounts_find(mounts, root.id))
        return r;
    if (array_reserve(&mounts->places, &mounts->capacity, mounts->count + 1) < 0)
        return -ENOMEM;
    mounts->places[mounts->count++] = root;
    qsort(mounts->places, mounts->count, sizeof(root), compare_ids);
    return 0;
}

const struct mount_place *mounts_find(const struct mounts *mounts, int32_t id)
{
    const struct mount_place key = {.id = id};
    if (mounts->count == 0)
        return NULL;
    return bsearch(&key, mounts->places, mounts->count, sizeof(key), compare_ids);
}

static bool is_covered(const struct mounts *mounts, const struct mount_place *place)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (mounts->places[i].is_devpts && mounts->places[i].parent == place->id)
            return true;
    return false;
}

uint64_t mounts_devpts(const struct mounts *mounts)
{
    uint64_t found = 0;
    for (size_t i = 0; i < mounts->count; i++) {
        const struct mount_place *place = &mounts->places[i];
        uint64_t device = (uint64_t)place->major << 32 | place->minor;
        if (!place->is_devpts || device == found || is_covered(mounts, place))
            continue;
        if (found != 0)
            return 0;
        found = device;
    }
    return found;
}
