/*
 * opens: which files the default view opens, by strace(1).
 *
 *     opens REAPTOP
 *
 * Exit 1 where one is among them that makes the kernel walk another process's
 * memory, or that waits for it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "support/terminal.h"

enum {
    WATCHED_MS = 4000
};

static bool is_forbidden(const char *line)
{
    static const char *const names[] = {"maps\"", "smaps_rollup\"", "pagemap\"", "environ\""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(line, names[i]) && !strstr(line, "/proc/self/"))
            return true;
    return false;
}

static bool run_traced(const char *reaptop, const char *path)
{
    const char *const argv[] = {"/usr/bin/strace",           "-f",    "-qq", "-o", path, "-e",
                                "trace=open,openat,openat2", reaptop, "-d",  "1",  NULL};
    struct terminal *t =
        terminal_start(&(struct terminal_options){.rows = 50, .cols = 200, .argv = argv});
    bool has_run = t && terminal_wait_text(t, "PID");
    for (double until = now_ms() + (double)WATCHED_MS; has_run && now_ms() < until;)
        (void)terminal_read(t, 100);
    terminal_send(t, "q");
    has_run = has_run && terminal_wait_end(t) >= 0;
    terminal_free(t);
    return has_run;
}

int main(int argc, char **argv)
{
    char path[] = "/tmp/reaptop-bench.XXXXXX", *line = NULL;
    size_t size = 0;
    long opens = 0, forbidden = 0;
    if (argc != 2) {
        (void)fprintf(stderr, "usage: opens REAPTOP\n");
        return 2;
    }
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    bool has_run = file && run_traced(argv[1], path);
    while (file && getline(&line, &size, file) > 0) {
        opens++;
        if (is_forbidden(line) && ++forbidden <= 5)
            printf("opened: %s", line);
    }
    free(line);
    if (file)
        (void)fclose(file);
    (void)unlink(path);
    printf("Opens of maps, smaps_rollup, pagemap and environ by the default view: %ld of %ld "
           "(0 is right).\n",
           forbidden, opens);
    return has_run && opens > 0 && forbidden == 0 ? 0 : 1;
}
