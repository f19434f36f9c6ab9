/*
 * floors: what the kernel alone asks for what a refresh reads.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

enum {
    TEXT_SIZE = 4096,
    DESCRIPTORS_MOST = 1 << 20
};

static double thread_cpu_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* A descriptor of every process's stat; how many. */
static size_t open_all(int *fds, size_t most)
{
    size_t count = 0;
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    while (proc && count < most && (entry = readdir(proc))) {
        char path[300];
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        (void)snprintf(path, sizeof path, "%s/stat", entry->d_name);
        int fd = openat(dirfd(proc), path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            fds[count++] = fd;
    }
    if (proc)
        (void)closedir(proc);
    return count;
}

static void open_read_close(void)
{
    char text[TEXT_SIZE];
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        char path[300];
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        (void)snprintf(path, sizeof path, "%s/stat", entry->d_name);
        int fd = openat(dirfd(proc), path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        (void)!read(fd, text, sizeof text);
        (void)close(fd);
    }
    if (proc)
        (void)closedir(proc);
}

static void read_kept(const int *fds, size_t count)
{
    char text[TEXT_SIZE];
    for (size_t i = 0; i < count; i++)
        (void)!pread(fds[i], text, sizeof text, 0);
}

/* Every page of every mapping of it, as pagemap has them. */
static size_t read_pagemap(pid_t pid)
{
    static uint64_t entries[8192];
    char path[64], line[1024];
    unsigned long start, end;
    size_t pages = 0, page_size = (size_t)sysconf(_SC_PAGESIZE);
    (void)snprintf(path, sizeof path, "/proc/%d/pagemap", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    while (fd >= 0 && maps && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx", &start, &end) != 2)
            continue;
        for (size_t at = start / page_size; at < end / page_size;) {
            size_t left = end / page_size - at, most = sizeof entries / sizeof entries[0];
            ssize_t got = pread(fd, entries, (left < most ? left : most) * sizeof entries[0],
                                (off_t)(at * sizeof entries[0]));
            if (got <= 0)
                break;
            at += (size_t)got / sizeof entries[0];
            pages += (size_t)got / sizeof entries[0];
        }
    }
    if (maps)
        (void)fclose(maps);
    if (fd >= 0)
        (void)close(fd);
    return pages;
}

void bench_floors(pid_t mapped, int rounds)
{
    struct samples opened = {.count = 0}, kept = {.count = 0}, paged = {.count = 0};
    struct rlimit limit = {DESCRIPTORS_MOST, DESCRIPTORS_MOST};
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    int *fds = calloc(DESCRIPTORS_MOST, sizeof *fds);
    size_t count = fds ? open_all(fds, DESCRIPTORS_MOST) : 0, pages = 0;
    for (int i = 0; i < rounds; i++) {
        double began = thread_cpu_ms();
        open_read_close();
        samples_add(&opened, thread_cpu_ms() - began);
        began = thread_cpu_ms();
        read_kept(fds, count);
        samples_add(&kept, thread_cpu_ms() - began);
        began = thread_cpu_ms();
        pages = read_pagemap(mapped);
        samples_add(&paged, thread_cpu_ms() - began);
    }
    char text[40];
    printf("| what the kernel asks | CPU ms |\n|---|---:|\n");
    printf("| open, read, close of stat, %zu processes | %s |\n", count,
           samples_text(&opened, 1, text));
    printf("| pread of kept descriptors of stat, %zu processes | %s |\n", count,
           samples_text(&kept, 1, text));
    printf("| pagemap of one process, %zu pages | %s |\n\n", pages, samples_text(&paged, 1, text));
    for (size_t i = 0; i < count; i++)
        (void)close(fds[i]);
    free(fds);
    (void)fflush(stdout);
}
