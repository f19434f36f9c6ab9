#include "reaptop/control/target.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"

enum {
    TARGET_TEXT_MAX = 64
};

/* ---- words ---- */

static int refuse_text(const char *text, struct error *error)
{
    return error_set(error, -EINVAL, _("'%.40s' is not a process: give a PID or PID:INODE"), text);
}

static int parse_pid(const char *text, pid_t *ret_pid, struct error *error)
{
    int64_t pid;
    int r = number_parse(text, INT64_MIN, INT64_MAX, &pid);
    if (r == -ERANGE || (r == 0 && pid > INT_MAX))
        return error_set(error, -EINVAL, _("'%.40s' is larger than any PID"), text);
    if (r < 0)
        return refuse_text(text, error);
    if (pid == 0)
        return error_set(error, -EINVAL,
                         _("0 would mean our own process group: name a PID; -g takes its group"));
    if (pid == -1)
        return error_set(error, -EINVAL, _("-1 would mean every process: name a PID"));
    if (pid < 0)
        return error_set(error, -EINVAL, _("'%.40s' is negative: name a PID; -g takes its group"),
                         text);
    *ret_pid = (pid_t)pid;
    return 0;
}

/* An inode, or a start time: decimal digits that are not 0. */
static int parse_unsigned(const char *text, uint64_t *ret_number)
{
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return -EINVAL;
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    if (errno != 0 || number == 0)
        return -EINVAL;
    *ret_number = number;
    return 0;
}

int target_parse(const char *text, struct target *ret_target, struct error *error)
{
    char pid_text[TARGET_TEXT_MAX];
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    if (length >= sizeof(pid_text))
        return refuse_text(text, error);
    memcpy(pid_text, text, length);
    pid_text[length] = '\0';

    struct target target = {0};
    int r = parse_pid(pid_text, &target.pid, error);
    if (r < 0)
        return r;
    if (colon && parse_unsigned(colon + 1, &target.inode) < 0)
        return refuse_text(text, error);
    *ret_target = target;
    return 0;
}

int target_parse_started(const char *text, struct identity *ret_id)
{
    char pid_text[TARGET_TEXT_MAX];
    const char *at = strchr(text, '@');
    struct identity id = {0};
    if (!at || (size_t)(at - text) >= sizeof(pid_text))
        return -EINVAL;
    memcpy(pid_text, text, (size_t)(at - text));
    pid_text[at - text] = '\0';
    int r = parse_pid(pid_text, &id.pid, NULL);
    if (r == 0)
        r = parse_unsigned(at + 1, &id.start_ticks);
    if (r == 0)
        *ret_id = id;
    return r;
}

/* ---- who asks ---- */

struct signal_asker target_asker(void)
{
    return (struct signal_asker){.self = getpid(), .parent = getppid()};
}
