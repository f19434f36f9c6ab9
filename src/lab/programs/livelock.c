/* livelock: two polite threads hand one spoon to and fro and nobody eats, until one insists. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int owner, handed, insists;
static atomic_int hungry[2] = {1, 1}, meals[2];

static void *eat(void *argument)
{
    int me = argument != NULL;

    while (hungry[me]) {
        if (owner != me) {
            sched_yield(); /* busy: R, not asleep */
            continue;
        }
        if (hungry[1 - me] && !(insists && me == 0)) {
            handed++;
            owner = 1 - me;
            continue;
        }
        meals[me]++;
        hungry[me] = 0;
        owner = 1 - me;
    }
    return NULL;
}

int main(void)
{
    pthread_t one, two;

    if (pthread_create(&one, NULL, eat, NULL) != 0 ||
        pthread_create(&two, NULL, eat, (void *)1) != 0)
        return 1;
    while (handed < 100)
        sched_yield();
    int meals_before = meals[0] + meals[1];
    printf("the spoon was handed on %d times; %d meals\n", handed, meals_before);
    insists = 1; /* the symmetry is broken */
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    printf("the first insists: %d and %d meals\n", meals[0], meals[1]);
    return meals_before == 0 && meals[0] == 1 && meals[1] == 1 ? 0 : 1;
}
