/*
 * tcp_states: the sockets of /proc/net/tcp, by state and port. The file prints
 * both in hexadecimal; its columns are in proc(5).
 */
#ifndef REAPTOP_LAB_TCP_STATES_H
#define REAPTOP_LAB_TCP_STATES_H

#include "bench.h"

/* As in the kernel's include/net/tcp_states.h. */
enum {
    TCP_IS_ESTABLISHED = 1,
    TCP_IS_SYN_SENT = 2,
    TCP_IS_FIN_WAIT2 = 5,
    TCP_IS_TIME_WAIT = 6,
    TCP_IS_CLOSE_WAIT = 8,
    TCP_IS_LAST_ACK = 9,
    TCP_IS_LISTEN = 10
};

/*
 * How many sockets have that state and those ports (0: any). Of the last one: its addresses, ports
 * and state as the file has them, and behind them the same in decimal and words.
 */
int tcp_states(unsigned state, unsigned local_port, unsigned remote_port, char *ret_line,
               size_t size);

/* There is at least one such socket, now or before the deadline. */
bool see_tcp(struct bench *bench, unsigned sight, unsigned state, unsigned local_port,
             unsigned remote_port);

#endif
