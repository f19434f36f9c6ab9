/* switches: waiting gathers voluntary switches, computing beside another involuntary ones. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static void burn(void)
{
    for (;;)
        ;
}

static struct rusage usage(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage;
}

int main(void)
{
    cpu_set_t set;

    struct rusage start = usage();
    for (int i = 0; i < 100; i++)
        usleep(100);
    struct rusage slept = usage();
    long voluntary = slept.ru_nvcsw - start.ru_nvcsw;
    printf("100 sleeps: %ld voluntary switches\n", voluntary);

    /* Two that compute on one processor take it from each other. */
    int processor = sched_getcpu();
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof(set), &set);
    pid_t rival = fork();
    if (rival == 0) {
        alarm(60);
        burn();
    }
    alarm(60); /* if it never happens: an end by SIGALRM, which is not 0 */
    struct rusage before = usage(), after;
    do
        for (volatile unsigned i = 0; i < 1000000; i++)
            ;
    while ((after = usage()).ru_nivcsw - before.ru_nivcsw < 10);
    kill(rival, SIGKILL);
    printf("computing beside %d on processor %d: %ld involuntary, %ld voluntary\n", rival,
           processor, after.ru_nivcsw - before.ru_nivcsw, after.ru_nvcsw - before.ru_nvcsw);
    return voluntary >= 100 && after.ru_nvcsw - before.ru_nvcsw < 5 ? 0 : 1;
}
