/*
 * interrupt: Ctrl-C and the like as a descriptor, so that they end a stream and
 * not the line that is being written.
 */
#ifndef REAPTOP_CLI_INTERRUPT_H
#define REAPTOP_CLI_INTERRUPT_H

/*
 * Blocks those of INT, TERM and HUP that were not ignored and gives a signalfd(2) that is readable
 * once one came; the caller closes it. A negative errno.
 */
int interrupt_open(void);

#endif
