/*
 * orders: how the screen has signals sent on another machine (--host with --control): by the
 * reaptop there, `ssh HOST reaptop send --orders`, which holds a handle to each target from the
 * moment it is named. Orders are lines of its standard input:
 *
 *     hold PID@START_TICKS     the next target, 0 first; whoever else has the PID is not held
 *     forecast TARGET SIGNAL   what that signal would do to it now
 *     send SIGNAL              to all that are held; again: to those that live on
 *
 * Answers are lines of its standard output, JSON objects: {"schema":"reaptop/orders/1"} first,
 * then {"target":N,"seen":{…}} for each target when it is held and whenever something became of
 * it, and {"target":N,"forecast":{…}}. They hold facts; whoever reads them has the words. It ends
 * when its standard input does, and with it the handles.
 */
#ifndef REAPTOP_CLI_ORDERS_H
#define REAPTOP_CLI_ORDERS_H

#include <jansson.h>

#include "reaptop/control/send.h"

enum {
    ORDERS_WATCHED_S = 5 /* so long what came of a signal is watched there */
};

enum orders_answer {
    ORDERS_NOTHING, /* the first line, or one that is not understood */
    ORDERS_SEEN,
    ORDERS_FORECAST
};

struct orders_line {
    size_t target;
    struct send_target seen; /* id.inode, comm and what send_note() takes */
    struct forecast forecast;
};

/* One line of its output. Total: whatever the bytes are. */
enum orders_answer orders_parse(const char *line, size_t length, struct orders_line *ret_line);

/* The same the other way; NULL without memory. */
json_t *orders_seen_json(size_t target, const struct send_target *seen);
json_t *orders_forecast_json(size_t target, const struct forecast *forecast);

#endif
