/* thread-zombie: main() leaves by pthread_exit(); its task shows Z while another thread lives on.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char state_of_leader(void)
{
    char text[256] = "", path[64];
    snprintf(path, sizeof(path), "/proc/%d/stat", getpid());
    FILE *stat = fopen(path, "r");
    size_t length = stat ? fread(text, 1, sizeof(text) - 1, stat) : 0;

    if (stat)
        fclose(stat);
    text[length] = '\0';
    char *end = strrchr(text, ')');
    return end ? end[2] : '?';
}

static void *live_on(void *unused)
{
    char state;

    while ((state = state_of_leader()) != 'Z')
        usleep(1000);
    printf("process %d, first thread: state %c; this thread still runs and prints this\n", getpid(),
           state);
    fflush(stdout);
    _exit(0);
    return unused;
}

int main(void)
{
    pthread_t thread;

    alarm(60); /* if Z never comes: an end by SIGALRM, which is not 0 */
    if (pthread_create(&thread, NULL, live_on, NULL) != 0)
        return 1;
    pthread_exit(NULL);
}
