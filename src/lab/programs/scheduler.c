/* scheduler: who ran when: every switch of two processes that compute on one processor. */
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct record { /* one switch to or from a process, in the ring that the kernel writes */
    struct perf_event_header header;
    unsigned pid, tid;
    unsigned long long time_ns;
};

int main(void)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY};
    int processor = sched_getcpu(), fds[2], turns[2] = {0, 0}, taken = 0;
    unsigned long long at = 0, since = 0;
    pid_t pids[2];
    cpu_set_t set = {{0}};

    attr.size = sizeof(attr);
    attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
    attr.sample_id_all = attr.context_switch = attr.exclude_kernel = 1;
    CPU_SET(processor, &set);
    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            for (alarm(60);;) /* computes */
                ;
        sched_setaffinity(pids[i], sizeof(set), &set);
        fds[i] = (int)syscall(SYS_perf_event_open, &attr, pids[i], processor, -1, 0);
    }
    struct perf_event_mmap_page volatile *ring =
        mmap(NULL, 17 * (size_t)getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
    int refused = ring == MAP_FAILED || ioctl(fds[1], PERF_EVENT_IOC_SET_OUTPUT, fds[0]) < 0;
    while (!refused && (turns[0] < 5 || turns[1] < 5)) {
        struct record *record = (void *)((char *)ring + ring->data_offset + at % ring->data_size);
        while (at >= ring->data_head)
            usleep(1000);
        if (record->header.misc & PERF_RECORD_MISC_SWITCH_OUT && since > 0) {
            turns[(pid_t)record->pid == pids[1]]++;
            taken += (record->header.misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0;
            printf("%u ran for %.1f ms\n", record->pid, (double)(record->time_ns - since) / 1e6);
        }
        since = record->time_ns;
        at += record->header.size;
    }
    printf("%d and %d turns; taken away %d times\n", turns[0], turns[1], taken);
    kill(pids[0], SIGKILL);
    kill(pids[1], SIGKILL);
    while (wait(NULL) > 0)
        ;
    return refused ? 77 : taken > 5 ? 0 : 1; /* 77: kernel.perf_event_paranoid forbids it */
}
