/*
 * commands: programs that print once and end, in turn; CPU time of all that they
 * were made of (wait4(2)), the time until they ended, and the memory of the largest.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

/* In arguments: who is looked at. */
#define QUIET  "QUIET"
#define MAPPED "MAPPED"
#define OURS   "REAPTOP"

struct command {
    const char *argv[8];
    int peer; /* index of the one that it is compared with; -1: it is one */
};

static const struct command commands[] = {
    {{"/usr/bin/ps", "-ef"}, -1},
    {{"/usr/bin/pstree", "-p"}, -1},
    {{OURS, "tree"}, 0},
    {{OURS, "tree", "--json"}, 2},
    {{"/usr/bin/pmap", "-X", MAPPED}, -1},
    {{OURS, "maps", MAPPED}, 4},
    {{"/usr/bin/lsof", "-p", QUIET, "+E"}, -1},
    {{OURS, "files", QUIET}, 6},
    {{"/usr/bin/ps", "-Lf", QUIET}, -1},
    {{OURS, "threads", QUIET}, 8},
    {{OURS, "show", QUIET}, -1},
    {{OURS, "why", QUIET}, -1},
};

enum {
    COMMANDS = sizeof commands / sizeof commands[0],
    ONCE_MS = 20000 /* what takes longer is measured once */
};

enum {
    CPU,
    WALL,
    RSS,
    MEASURES
};

static double rusage_ms(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

static const char *put_in(const char *argument, const char *reaptop, const char *quiet,
                          const char *mapped)
{
    return strcmp(argument, QUIET) == 0    ? quiet
           : strcmp(argument, MAPPED) == 0 ? mapped
           : strcmp(argument, OURS) == 0   ? reaptop
                                           : argument;
}

static void run(const char *const *argv)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    (void)execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Helpers that it leaves behind come to us (PR_SET_CHILD_SUBREAPER), and are counted. */
static void measure(const char *const *argv, struct samples *samples)
{
    struct rusage usage;
    double cpu = 0, wall = 0;
    long largest_kib = 0;
    double began = now_ms();
    pid_t pid = fork(), got;
    if (pid == 0)
        run(argv);
    while ((got = wait4(-1, NULL, 0, &usage)) > 0) {
        cpu += rusage_ms(&usage);
        if (got == pid)
            wall = now_ms() - began;
        if (usage.ru_maxrss > largest_kib)
            largest_kib = usage.ru_maxrss;
    }
    samples_add(&samples[CPU], cpu);
    samples_add(&samples[WALL], wall);
    samples_add(&samples[RSS], (double)largest_kib);
}

static void fill(const struct command *command, const char *reaptop, pid_t quiet, pid_t mapped,
                 const char *argv[9])
{
    static char quiet_text[16], mapped_text[16];
    (void)snprintf(quiet_text, sizeof quiet_text, "%d", (int)quiet);
    (void)snprintf(mapped_text, sizeof mapped_text, "%d", (int)mapped);
    int i = 0;
    for (; i < 8 && command->argv[i]; i++)
        argv[i] = put_in(command->argv[i], reaptop, quiet_text, mapped_text);
    argv[i] = NULL;
}

static void print_table(struct samples samples[COMMANDS][MEASURES])
{
    char text[40];
    printf("| command | CPU ms | ends after ms | largest process MiB | CPU to its peer |\n"
           "|---|---:|---:|---:|---:|\n");
    for (int i = 0; i < COMMANDS; i++) {
        const struct command *command = &commands[i];
        const char *name = strrchr(command->argv[0], '/');
        if (samples[i][CPU].count == 0)
            continue;
        printf("| `%s", name ? name + 1 : "reaptop");
        for (int j = 1; command->argv[j]; j++)
            printf(" %s", put_in(command->argv[j], "", "PID", "PID"));
        printf("` |");
        printf(" %s |", samples_text(&samples[i][CPU], 1, text));
        printf(" %s |", samples_text(&samples[i][WALL], 1, text));
        printf(" %s |", samples_text(&samples[i][RSS], 1024, text));
        double peer = command->peer < 0 ? 0 : samples_median(&samples[command->peer][CPU]);
        if (peer > 0)
            printf(" %.2f |\n", samples_median(&samples[i][CPU]) / peer);
        else
            printf(" |\n");
    }
    printf("\n");
    (void)fflush(stdout);
}

/* In a process of its own: it takes in whatever ends below it. */
static void compare(const char *reaptop, pid_t quiet, pid_t mapped, int rounds)
{
    static struct samples samples[COMMANDS][MEASURES];
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < COMMANDS; i++) {
            const char *argv[9];
            if (samples_median(&samples[i][WALL]) > (double)ONCE_MS)
                continue;
            fill(&commands[i], reaptop, quiet, mapped, argv);
            if (access(argv[0], X_OK) == 0)
                measure(argv, samples[i]);
            else if (round == 0)
                (void)fprintf(stderr, "bench: %s is not installed, left out\n", argv[0]);
        }
    print_table(samples);
}

void bench_commands(const char *reaptop, pid_t quiet, pid_t mapped, int rounds)
{
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        compare(reaptop, quiet, mapped, rounds);
        _exit(0);
    }
    (void)waitpid(pid, NULL, 0);
}
