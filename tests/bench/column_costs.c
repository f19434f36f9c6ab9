/*
 * columns: what each column of the list costs to read, in `tree --flat -o PID,COLUMN`, beside the
 * list of PIDs alone; CPU time of all processes that it was made of (wait4(2)).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

enum {
    COLUMNS_MOST = 80,
    NAME_SIZE = 24
};

static char names[COLUMNS_MOST][NAME_SIZE];

static void become(const char *reaptop, const char *list, int out, int err)
{
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    (void)execl(reaptop, reaptop, "tree", "--flat", "-o", list, (char *)NULL);
    _exit(127);
}

/* The error that names all columns is where they are taken from: "… out of: PID PPID …". */
static size_t read_names(const char *reaptop)
{
    static char text[4096];
    int fds[2];
    size_t length = 0, count = 0;
    ssize_t got;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return 0;
    pid_t pid = fork();
    if (pid == 0)
        become(reaptop, "?", fds[1], fds[1]);
    (void)close(fds[1]);
    while ((got = read(fds[0], text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)got;
    (void)close(fds[0]);
    (void)waitpid(pid, NULL, 0);
    text[length] = '\0';
    char *list = strstr(text, "out of: "), *rest = NULL;
    if (!list)
        return 0;
    for (char *word = strtok_r(list + strlen("out of: "), " \n", &rest);
         word && count < COLUMNS_MOST; word = strtok_r(NULL, " \n", &rest))
        (void)snprintf(names[count++], NAME_SIZE, "%s", word);
    return count;
}

/* Helpers that it leaves behind come to us (PR_SET_CHILD_SUBREAPER), and are counted. */
static double cpu_ms(const char *reaptop, const char *list)
{
    struct rusage usage;
    double sum = 0;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        become(reaptop, list, null, null);
    }
    while (wait4(-1, NULL, 0, &usage) > 0)
        sum += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
    return sum;
}

static void compare(const char *reaptop, long processes, int rounds)
{
    static struct samples alone, of_each[COLUMNS_MOST];
    char list[NAME_SIZE + 8], text[40];
    size_t count = read_names(reaptop);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int round = 0; round < rounds; round++) {
        samples_add(&alone, cpu_ms(reaptop, "PID"));
        for (size_t i = 0; i < count; i++) {
            (void)snprintf(list, sizeof list, "PID,%.*s", NAME_SIZE - 1, names[i]);
            samples_add(&of_each[i], cpu_ms(reaptop, list));
        }
    }
    printf(
        "### Columns, among %ld processes\n\n| column | CPU ms | more than PID alone, us a process "
        "|\n|---|---:|---:|\n",
        processes);
    printf("| PID alone | %s | |\n", samples_text(&alone, 1, text));
    for (size_t i = 0; i < count; i++) {
        double more_us = (samples_median(&of_each[i]) - samples_median(&alone)) * 1e3;
        printf("| %s | %s | %.0f |\n", names[i], samples_text(&of_each[i], 1, text),
               more_us / (double)processes);
    }
    printf("\n");
    (void)fflush(stdout);
}

void bench_columns(const char *reaptop, long processes, int rounds)
{
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        compare(reaptop, processes, rounds);
        _exit(0);
    }
    (void)waitpid(pid, NULL, 0);
}
