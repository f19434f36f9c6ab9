#include "operand.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

static int read_start(pid_t pid, uint64_t *ret_ticks)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    _cleanup_close_ int fd = procfs_open_process(pid, 0);
    struct stat_line line;
    if (fd < 0)
        return fd;
    int r = procfs_read(fd, "stat", STAT_TEXT_LIMIT, &text);
    if (r < 0)
        return r;
    r = parse_stat(strbuf_text(&text), text.length, &line);
    if (r == 0)
        *ret_ticks = line.start_ticks;
    return r;
}

enum {
    CANDIDATES_LISTED = 20
};

/* The kernel keeps 15 bytes of a name. */
static bool is_named(const struct stat_line *line, const char *name)
{
    return strncmp(line->comm, name, 15) == 0 &&
           (strlen(name) >= 15 || line->comm[strlen(name)] == '\0');
}

/* The only process of that name; where there are more they are listed. */
static int find_by_name(const char *command, const char *name, int64_t *ret_pid)
{
    _cleanup_dir_ DIR *proc = opendir("/proc");
    _cleanup_(strbuf_done) struct strbuf list = STRBUF_INIT;
    size_t count = 0;
    for (const struct dirent *entry; proc && (entry = readdir(proc)) != NULL;) {
        int64_t pid;
        struct stat_line line;
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) < 0 || pid == getpid() ||
            procfs_read_stat_of((pid_t)pid, &line) < 0 || !is_named(&line, name))
            continue;
        *ret_pid = pid;
        if (count++ < CANDIDATES_LISTED)
            strbuf_printf(&list, "%s%d", count > 1 ? " " : "", (int)pid);
    }
    if (count == 1)
        return EXIT_DONE;
    if (count == 0)
        return command_fail(EXIT_NO_MATCH, _("%s: %s: no process has this name"), command, name);
    return command_fail(EXIT_NO_MATCH, _("%s: %s: %zu processes have this name, give a PID: %s%s"),
                        command, name, count, strbuf_text(&list),
                        count > CANDIDATES_LISTED ? " ..." : "");
}

int operand_process(int argc, char **argv, struct identity *ret_id)
{
    int64_t pid;
    if (argc != 2)
        return command_usage_error(argv[0], _("needs one PID: reaptop %s PID"), argv[0]);
    bool is_name = argv[1][0] != '\0' && !strchr("-+.0123456789", argv[1][0]);
    if (!is_name && number_parse(argv[1], 1, INT_MAX, &pid) < 0)
        return command_usage_error(argv[0], _("%s: not a PID: reaptop %s PID"), argv[1], argv[0]);

    struct error error = ERROR_INIT;
    if (procfs_check(&error) < 0)
        return command_fail(EXIT_FAULT, "%s: %s", argv[0], error.message);
    if (is_name) {
        int status = find_by_name(argv[0], argv[1], &pid);
        if (status != EXIT_DONE)
            return status;
    }

    uint64_t start_ticks = 0;
    int r = read_start((pid_t)pid, &start_ticks);
    if (r == -EPERM || (r == -ESRCH && procfs_is_hidden((pid_t)pid)))
        return command_fail(EXIT_FAULT, _("%s: %s: /proc is mounted with hidepid and hides it"),
                            argv[0], argv[1]);
    if (r == -ESRCH)
        return command_fail(EXIT_NO_MATCH, _("%s: %s: no such process"), argv[0], argv[1]);
    if (r < 0)
        return command_fail(EXIT_FAULT, "%s: %s: %s", argv[0], argv[1], strerror(-r));
    *ret_id = (struct identity){.pid = (pid_t)pid, .start_ticks = start_ticks};
    return EXIT_DONE;
}

int operand_with_reader(int argc, char **argv, struct identity *ret_id, struct reader **ret_reader)
{
    struct error error = ERROR_INIT;
    int status = operand_process(argc, argv, ret_id);
    if (status == EXIT_DONE && reader_new(ret_reader, &error) < 0)
        return command_fail(EXIT_FAULT, "%s: %s", argv[0], error.message);
    return status;
}

int operand_failed(const char *command, pid_t pid, int error)
{
    if (error == -ESRCH)
        return command_fail(EXIT_NO_MATCH, _("%s: %d: no such process"), command, (int)pid);
    return command_fail(EXIT_FAULT, "%s: %d: %s", command, (int)pid, strerror(-error));
}

int operand_absent(const char *command, pid_t pid)
{
    pid_t process = procfs_process_of(pid);
    if (process > 0 && process != pid)
        return command_fail(EXIT_NO_MATCH, _("%s: %d is a thread of process %d, not a process"),
                            command, (int)pid, (int)process);
    return command_fail(EXIT_NO_MATCH, _("%s: there is no process %d"), command, (int)pid);
}

int operand_status(enum access access)
{
    switch (access) {
    case ACCESS_GONE:
        return EXIT_NO_MATCH;
    case ACCESS_DENIED:
    case ACCESS_BLOCKED:
    case ACCESS_FAILED:
    case ACCESS_UNSUPPORTED:
        return EXIT_FAULT;
    default:
        return EXIT_DONE;
    }
}
