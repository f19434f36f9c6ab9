#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

double now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* ---- families ---- */

static bool is_member(pid_t pid, const pid_t *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (members[i] == pid)
            return true;
    return false;
}

/* Children of one, by the kernel's own list: nothing else of /proc is walked. */
static size_t add_children(pid_t pid, pid_t *members, size_t count)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    const struct dirent *entry;
    while (tasks && (entry = readdir(tasks))) {
        int child;
        char list[352];
        (void)snprintf(list, sizeof list, "%s/%s/children", path, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(list, "re");
        while (file && count < FAMILY_MAX && fscanf(file, "%d", &child) == 1)
            if (!is_member(child, members, count))
                members[count++] = child;
        if (file)
            (void)fclose(file);
    }
    if (tasks)
        (void)closedir(tasks);
    return count;
}

size_t family_of(pid_t root, pid_t ret_members[static FAMILY_MAX])
{
    size_t count = 1;
    ret_members[0] = root;
    for (size_t i = 0; i < count; i++)
        count = add_children(ret_members[i], ret_members, count);
    return count;
}

static double cpu_ms_of(pid_t pid)
{
    clockid_t clock;
    struct timespec ts;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &ts) < 0)
        return 0;
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* cutime and cstime, fields 16 and 17 of stat. */
static double waited_ms(pid_t pid)
{
    char path[64], line[1024];
    long user = 0, system = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    const char *rest = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    if (rest)
        (void)sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld",
                     &user, &system);
    if (file)
        (void)fclose(file);
    return (double)(user + system) * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

double family_cpu_ms(pid_t root)
{
    pid_t members[FAMILY_MAX];
    size_t count = family_of(root, members);
    double sum = waited_ms(root);
    for (size_t i = 0; i < count; i++)
        sum += cpu_ms_of(members[i]);
    return sum;
}

double family_pss_kib(pid_t root)
{
    pid_t members[FAMILY_MAX];
    size_t count = family_of(root, members);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        char path[64], line[256];
        long kib;
        (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)members[i]);
        FILE *file = fopen(path, "re");
        while (file && fgets(line, sizeof line, file))
            if (sscanf(line, "Pss: %ld", &kib) == 1)
                sum += (double)kib;
        if (file)
            (void)fclose(file);
    }
    return sum;
}

/* ---- samples ---- */

void samples_add(struct samples *samples, double value)
{
    if (samples->count < ROUNDS_MAX)
        samples->values[samples->count++] = value;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double samples_median(struct samples *samples)
{
    qsort(samples->values, samples->count, sizeof samples->values[0], compare);
    return samples->count > 0 ? samples->values[samples->count / 2] : 0;
}

const char *samples_text(struct samples *samples, double unit, char text[static 40])
{
    double median = samples_median(samples) / unit;
    if (samples->count == 0)
        return "-";
    int decimals = median < 10 ? 2 : median < 100 ? 1 : 0;
    if (samples->count == 1)
        (void)snprintf(text, 40, "%.*f", decimals, median);
    else
        (void)snprintf(text, 40, "%.*f (%.*f-%.*f)", decimals, median, decimals,
                       samples->values[0] / unit, decimals,
                       samples->values[samples->count - 1] / unit);
    return text;
}
