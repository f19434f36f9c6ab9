/* modes: computing counts as user time, system calls as system time. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

struct times {
    double user, system;
};

static struct times times(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (struct times){(double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
                          (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6};
}

static char buffer[1 << 20];

int main(void)
{
    struct times start = times(), now;
    int zero = open("/dev/zero", O_RDONLY);

    do /* adds numbers in registers */
        for (volatile unsigned i = 0; i < 10000000; i++)
            ;
    while ((now = times()).user - start.user < 0.2);
    double user = now.user - start.user, system = now.system - start.system;
    printf("computing:    user %.2f s, system %.2f s\n", user, system);
    int computing = user > system;

    start = times();
    do /* the kernel fills the buffer */
        for (int i = 0; i < 100; i++)
            if (read(zero, buffer, sizeof(buffer)) < 0)
                return 1;
    while ((now = times()).system - start.system < 0.2);
    user = now.user - start.user;
    system = now.system - start.system;
    printf("system calls: user %.2f s, system %.2f s\n", user, system);
    return computing && system > user ? 0 : 1;
}
