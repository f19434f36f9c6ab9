/* affinity: a process runs where its mask allows, and is moved when the mask changes. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>

static int pin(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof(set), &set);
}

int main(void)
{
    cpu_set_t allowed;
    int processors[2], found = 0;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
        return 1;
    for (int i = 0; i < CPU_SETSIZE && found < 2; i++)
        if (CPU_ISSET(i, &allowed))
            processors[found++] = i;
    if (found < 2) {
        printf("there is only one processor\n");
        return 77;
    }
    pin(processors[0]);
    int first = sched_getcpu();
    pin(processors[1]);
    int second = sched_getcpu();
    printf("allowed %d: on %d; allowed %d: on %d\n", processors[0], first, processors[1], second);
    return first == processors[0] && second == processors[1] ? 0 : 1;
}
