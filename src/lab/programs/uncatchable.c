/* uncatchable: no handler and no SIG_IGN for SIGKILL and SIGSTOP. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    const int numbers[] = {SIGTERM, SIGKILL, SIGSTOP};
    int refused = 0;

    for (int i = 0; i < 3; i++) {
        struct sigaction action = {.sa_handler = SIG_IGN};
        int r = sigaction(numbers[i], &action, NULL);
        printf("sigaction(%d, SIG_IGN): %s\n", numbers[i], r < 0 ? strerror(errno) : "0");
        if (r < 0 && errno == EINVAL && numbers[i] != SIGTERM)
            refused++;
    }
    return refused == 2 ? 0 : 1;
}
