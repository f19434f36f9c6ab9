#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/sigset.h"

int interrupt_open(void)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t set;
    (void)sigemptyset(&set);
    sigset_add_unless_ignored(&set, ending, ELEMENTS(ending));
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}
