/*
 * bench: what reaptop costs beside its peers, in one run, in turn, with spread.
 *
 *     bench REAPTOP [PART...] [screens] [commands] [columns] [floors] [rounds=N] [seconds=N]
 * [uid=N]
 *
 * Of each part screens, commands, columns (up to 1,000 processes) or floors alone are measured
 * where they are named; with uid=N as that user, who grew the processes too. A part is a number of
 * processes (80, 1000, 10000, 30000), "threads" (1,000 in one process) or "churn" (5,000 births a
 * second; as root, in the first PID namespace). Without any: 80 1000 10000 threads churn. All but
 * churn runs, as root, in a PID namespace of its own, whose first process only waits. Prints tables
 * in Markdown. Programs that are not installed are named and left out.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "support/crowd.h"

enum {
    PARTS_MAX = 16,
    THREADS = 1000,
    MAPPINGS = 500,
    BIRTHS = 5000,
    FEW = 80,
    COLUMN_CROWD = 1000 /* among more, all columns take long */
};

/* What is measured of each number of processes. */
enum section {
    SCREENS,
    COMMANDS,
    COLUMNS,
    FLOORS,
    SECTIONS
};

static const char *const section_words[SECTIONS] = {"screens", "commands", "columns", "floors"};

struct plan {
    const char *reaptop;
    const char *parts[PARTS_MAX];
    size_t part_count;
    bool is_wanted[SECTIONS];
    int rounds, seconds;
    int uid; /* -1: as whoever started it */
};

/* ---- processes to look at ---- */

/* Forks one that prepares and then sleeps; its PID, once it is prepared. */
static pid_t grow(void (*prepare)(void), const char *name)
{
    int ready[2];
    char byte = 'r';
    if (pipe(ready) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)prctl(PR_SET_NAME, name);
        prepare();
        (void)!write(ready[1], &byte, 1);
        for (;;)
            (void)pause();
    }
    (void)close(ready[1]);
    (void)!read(ready[0], &byte, 1);
    (void)close(ready[0]);
    return pid;
}

static void end_grown(pid_t pid)
{
    if (pid <= 0)
        return;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

/* Neighbours of other protection stay mappings of their own. */
static void map_much(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < MAPPINGS; i++) {
        int protection = i % 2 ? PROT_READ : PROT_READ | PROT_WRITE;
        char *at = mmap(NULL, 8 * page, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at != MAP_FAILED && i % 2 == 0)
            memset(at, 1, 4 * page);
    }
}

static void *sleep_on(void *unused)
{
    for (;;)
        (void)pause();
    return unused;
}

static void start_threads(void)
{
    pthread_attr_t small;
    pthread_t thread;
    (void)pthread_attr_init(&small);
    (void)pthread_attr_setstacksize(&small, 64 * 1024);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_create(&thread, &small, sleep_on, NULL);
}

static void nothing(void)
{
}

/* ---- parts ---- */

static void measure_sections(const struct plan *plan, const char *title, pid_t quiet, pid_t mapped)
{
    if (plan->is_wanted[SCREENS])
        bench_screens(plan->reaptop, title, plan->seconds, plan->rounds);
    if (plan->is_wanted[COMMANDS])
        bench_commands(plan->reaptop, quiet, mapped, 2 * plan->rounds + 1);
    if (plan->is_wanted[FLOORS])
        bench_floors(mapped, plan->rounds);
}

static void measure_crowd(const struct plan *plan, long count)
{
    char title[64];
    pid_t crowd = crowd_start(count);
    if (crowd < 0) {
        (void)fprintf(stderr, "bench: %ld processes cannot be started, left out\n", count);
        return;
    }
    pid_t quiet = grow(nothing, "bench-quiet"), mapped = grow(map_much, "bench-mapped");
    (void)snprintf(title, sizeof title, "%ld sleeping processes", count);
    measure_sections(plan, title, quiet, mapped);
    if (plan->is_wanted[COLUMNS] && count <= COLUMN_CROWD)
        bench_columns(plan->reaptop, count, plan->rounds);
    end_grown(quiet);
    end_grown(mapped);
    crowd_end(crowd);
}

static void measure_threads(const struct plan *plan)
{
    pid_t crowd = crowd_start(FEW);
    pid_t threaded = grow(start_threads, "bench-threads"), mapped = grow(map_much, "bench-mapped");
    measure_sections(plan, "1,000 threads in one of 80 processes", threaded, mapped);
    end_grown(threaded);
    end_grown(mapped);
    crowd_end(crowd);
}

static bool is_churn(const char *part)
{
    return strcmp(part, "churn") == 0;
}

static void run_quiet_parts(const struct plan *plan)
{
    for (size_t i = 0; i < plan->part_count; i++) {
        if (strcmp(plan->parts[i], "threads") == 0)
            measure_threads(plan);
        else if (!is_churn(plan->parts[i]))
            measure_crowd(plan, strtol(plan->parts[i], NULL, 10));
    }
}

/* ---- a quiet PID namespace ---- */

/* Its first process: reaps, and is asleep otherwise. */
static int be_init(const struct plan *plan)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_NAME, "bench-init");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return 3;
    pid_t driver = fork();
    if (driver == 0) {
        (void)prctl(PR_SET_NAME, "bench-driver");
        if (plan->uid >= 0 && (setgid((gid_t)plan->uid) < 0 || setuid((uid_t)plan->uid) < 0))
            _exit(3);
        run_quiet_parts(plan);
        _exit(0);
    }
    int status = 0;
    for (pid_t got; (got = waitpid(-1, &status, 0)) != driver;)
        if (got < 0)
            return 3;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

static int run_apart(const struct plan *plan)
{
    int status = 0;
    (void)fflush(stdout);
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0) {
        printf("Not in a PID namespace of its own, which needs root: other processes run too.\n\n");
        run_quiet_parts(plan);
        return 0;
    }
    pid_t init = fork();
    if (init == 0)
        _exit(be_init(plan));
    (void)waitpid(init, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

/* ---- what is asked for ---- */

static bool take_section(struct plan *plan, const char *word)
{
    for (int i = 0; i < SECTIONS; i++)
        if (strcmp(word, section_words[i]) == 0)
            return plan->is_wanted[i] = true;
    return false;
}

static void want_usual(struct plan *plan)
{
    static const char *const usual[] = {"80", "1000", "10000", "threads", "churn"};
    bool is_any = false;
    for (int i = 0; i < SECTIONS; i++)
        is_any |= plan->is_wanted[i];
    for (int i = 0; !is_any && i < SECTIONS; i++)
        plan->is_wanted[i] = true;
    if (plan->part_count > 0)
        return;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        plan->parts[plan->part_count++] = usual[i];
}

static bool parse(struct plan *plan, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        char *end;
        int number;
        bool is_number = strtol(argv[i], &end, 10) > 0 && *end == '\0';
        if (sscanf(argv[i], "rounds=%d", &number) == 1)
            plan->rounds = number;
        else if (sscanf(argv[i], "seconds=%d", &number) == 1)
            plan->seconds = number;
        else if (sscanf(argv[i], "uid=%d", &number) == 1)
            plan->uid = number;
        else if (take_section(plan, argv[i]))
            continue;
        else if ((is_number || is_churn(argv[i]) || strcmp(argv[i], "threads") == 0) &&
                 plan->part_count < PARTS_MAX)
            plan->parts[plan->part_count++] = argv[i];
        else
            return false;
    }
    want_usual(plan);
    return argc > 1 && plan->rounds > 0 && 2 * plan->rounds + 1 <= ROUNDS_MAX && plan->seconds > 0;
}

static void print_machine(const struct plan *plan)
{
    struct utsname name;
    double load[3] = {0};
    char date[32];
    time_t now = time(NULL);
    (void)uname(&name);
    (void)getloadavg(load, 3);
    (void)strftime(date, sizeof date, "%Y-%m-%d", gmtime(&now));
    printf("%s, Linux %s, %ld processors, load %.1f when it began, uid %d; %d rounds of %d s, "
           "medians (least-most).\n\n",
           date, name.release, sysconf(_SC_NPROCESSORS_ONLN), load[0],
           plan->uid < 0 ? (int)getuid() : plan->uid, plan->rounds, plan->seconds);
}

int main(int argc, char **argv)
{
    struct plan plan = {
        .reaptop = argc > 1 ? argv[1] : NULL, .rounds = 5, .seconds = 10, .uid = -1};
    if (!parse(&plan, argc, argv)) {
        (void)fprintf(stderr,
                      "usage: bench REAPTOP [PROCESSES|threads|churn]... "
                      "[screens|commands|columns|floors]... [rounds=1..12] [seconds=N] [uid=N]\n");
        return 2;
    }
    print_machine(&plan);
    for (size_t i = 0; i < plan.part_count; i++)
        if (is_churn(plan.parts[i]))
            bench_churn(plan.reaptop, BIRTHS, plan.seconds);
    return run_apart(&plan);
}
