/*
 * specimen: what the ready-made children do once they are forked.
 */
#ifndef REAPTOP_CONTROL_SPECIMEN_H
#define REAPTOP_CONTROL_SPECIMEN_H

#include <stddef.h>

/*
 * In the child; does not return. It writes one byte to `ready_fd` when it is
 * what it should be. `lifeline_fd` is a pipe's read end that ends when reaptop
 * does.
 */
_Noreturn void specimen_become(size_t index, int ready_fd, int lifeline_fd);

#endif
