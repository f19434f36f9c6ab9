#include "support/rounds.h"

#include <stdio.h>
#include <stdlib.h>

long rounds(long usual)
{
    const char *text = getenv("REAPTOP_ROUNDS");
    long times = text ? strtol(text, NULL, 10) : 1;
    return times > 0 ? usual * times : usual;
}

void rounds_report(long done)
{
    if (getenv("REAPTOP_ROUNDS"))
        (void)fprintf(stderr, "rounds: %ld\n", done);
}
