/*
 * send_orders: the part of `send` that takes its orders from standard input.
 */
#ifndef REAPTOP_CLI_SEND_ORDERS_H
#define REAPTOP_CLI_SEND_ORDERS_H

/* `send --orders` (cli/orders.h): until standard input ends. An exit status. */
int send_orders(void);

#endif
