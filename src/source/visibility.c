#include "reaptop/source/visibility.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/source/procfs.h"

enum {
    MOUNTINFO_LIMIT = 1024 * 1024
};

/* The kernel's PROC_PID_INIT_INO and PROC_USER_INIT_INO. */
#define FIRST_PID_NAMESPACE  UINT64_C(0xEFFFFFFC)
#define FIRST_USER_NAMESPACE UINT64_C(0xEFFFFFFD)

/* The n-th blank-separated word (from 0) of [at, end); its length, 0 where there is none. */
static size_t word(const char *at, const char *end, int n, const char **ret_word)
{
    for (;;) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        if (n == 0) {
            *ret_word = at;
            return (size_t)((blank ? blank : end) - at);
        }
        if (!blank)
            return 0;
        at = blank + 1;
        n--;
    }
}

static bool word_is(const char *at, const char *end, int n, const char *expected)
{
    const char *found = at;
    size_t length = word(at, end, n, &found);
    return length == strlen(expected) && memcmp(found, expected, length) == 0;
}

static void read_option(const char *option, size_t length, struct proc_mount *mount)
{
    static const char hidepid[] = "hidepid=";
    const size_t prefix = sizeof(hidepid) - 1;
    if (length > prefix && length - prefix < sizeof(mount->hidepid) &&
        memcmp(option, hidepid, prefix) == 0) {
        memcpy(mount->hidepid, option + prefix, length - prefix);
        mount->hidepid[length - prefix] = '\0';
        if (strcmp(mount->hidepid, "0") == 0 || strcmp(mount->hidepid, "off") == 0)
            mount->hidepid[0] = '\0';
    } else if (length == strlen("subset=pid") && memcmp(option, "subset=pid", length) == 0) {
        mount->is_subset = true;
    }
}

static struct proc_mount parse_options(const char *at, const char *end)
{
    struct proc_mount mount = {0};
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        read_option(at, (size_t)(stop - at), &mount);
        at = comma ? comma + 1 : end;
    }
    return mount;
}

struct proc_mount parse_proc_mount(const char *text, size_t length)
{
    struct proc_mount mount = {0};
    const char *end = text + length;
    while (length > 0 && text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        const char *dash = memmem(text, (size_t)(stop - text), " - ", 3);
        const char *options = NULL;
        size_t options_length;
        if (dash && word_is(text, dash, 4, "/proc") && word_is(dash + 3, stop, 0, "proc") &&
            (options_length = word(dash + 3, stop, 2, &options)) > 0)
            mount = parse_options(options, options + options_length);
        text = newline ? newline + 1 : end;
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
