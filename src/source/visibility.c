#include "reaptop/source/visibility.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cursor.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/source/procfs.h"

enum {
    MOUNTINFO_LIMIT = 1024 * 1024
};

/* The kernel's PROC_PID_INIT_INO and PROC_USER_INIT_INO. */
#define FIRST_PID_NAMESPACE  UINT64_C(0xEFFFFFFC)
#define FIRST_USER_NAMESPACE UINT64_C(0xEFFFFFFD)

/* The n-th word of a line, from 0; empty where there is none. */
static struct cursor word(struct cursor line, int n)
{
    struct cursor found = {0};
    do
        (void)cursor_word(&line, &found);
    while (n-- > 0);
    return found;
}

static void read_option(struct cursor option, struct proc_mount *mount)
{
    if (cursor_is(option, "subset=pid"))
        mount->is_subset = true;
    size_t length;
    if (!cursor_take(&option, "hidepid=") || (length = (size_t)(option.end - option.at)) == 0 ||
        length >= sizeof(mount->hidepid))
        return;
    bool is_off = cursor_is(option, "0") || cursor_is(option, "off");
    memcpy(mount->hidepid, option.at, length);
    mount->hidepid[is_off ? 0 : length] = '\0';
}

static struct proc_mount parse_options(struct cursor options)
{
    struct proc_mount mount = {0};
    while (options.at < options.end) {
        const char *comma = memchr(options.at, ',', (size_t)(options.end - options.at));
        read_option((struct cursor){options.at, comma ? comma : options.end}, &mount);
        options.at = comma ? comma + 1 : options.end;
    }
    return mount;
}

struct proc_mount parse_proc_mount(const char *text, size_t length)
{
    struct proc_mount mount = {0};
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line)) {
        const char *dash = memmem(line.at, (size_t)(line.end - line.at), " - ", 3);
        if (!dash)
            continue;
        struct cursor head = {line.at, dash}, tail = {dash + 3, line.end};
        struct cursor options = word(tail, 2);
        if (cursor_is(word(head, 4), "/proc") && cursor_is(word(tail, 0), "proc") &&
            options.at < options.end)
            mount = parse_options(options);
    }
    return mount;
}

static void add_sentence(struct strbuf *out, const char *sentence)
{
    if (out->length > 0)
        strbuf_puts(out, "; ");
    strbuf_puts(out, sentence);
}

static void describe_mount(bool sees_init, struct strbuf *out)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (procfs_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_LIMIT, &text) < 0)
        return;
    struct proc_mount mount = parse_proc_mount(strbuf_text(&text), text.length);
    if (!sees_init && mount.hidepid[0] != '\0') {
        if (out->length > 0)
            strbuf_puts(out, "; ");
        strbuf_printf(out, _("processes of other users are hidden: /proc has hidepid=%s"),
                      mount.hidepid);
    }
    if (mount.is_subset)
        add_sentence(out, _("/proc has subset=pid: no totals of processors and memory"));
}

static bool is_other_namespace(const char *path, uint64_t first)
{
    struct stat namespace;
    return stat(path, &namespace) == 0 && namespace.st_ino != first;
}

bool visibility_is_in_pid_namespace(void)
{
    return is_other_namespace("/proc/self/ns/pid", FIRST_PID_NAMESPACE);
}

bool visibility_is_in_user_namespace(void)
{
    return is_other_namespace("/proc/self/ns/user", FIRST_USER_NAMESPACE);
}

void visibility_describe(bool sees_init, struct strbuf *out)
{
    if (visibility_is_in_pid_namespace())
        add_sentence(out, _("inside a PID namespace: processes outside it are not seen"));
    if (!sees_init || access("/proc/stat", F_OK) < 0)
        describe_mount(sees_init, out);
}
