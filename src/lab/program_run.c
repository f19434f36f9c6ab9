#include "reaptop/lab/program_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program_host.h"
#include "program_trace.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/lab/experiment.h"

struct program_run {
    struct helper guard;
    const char *name;
    struct trace_memory *memory;
    struct lab_trace trace;
    bool has_ended;
};

/* The descriptor of a new struct trace_memory, which is mapped in the run. */
static int make_memory(struct program_run *run)
{
    _cleanup_close_ int fd = memfd_create("lines", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, sizeof(*run->memory)) < 0)
        return -errno;
    void *memory = mmap(NULL, sizeof(*run->memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return -errno;
    run->memory = memory;
    run->memory->magic = TRACE_MAGIC;
    return take_fd(fd);
}

static void forget_memory(struct program_run *run)
{
    if (run->memory)
        (void)munmap(run->memory, sizeof(*run->memory));
    run->memory = NULL;
}

int program_run_start(const char *name, struct program_run **ret_run, struct error *error)
{
    if (!lab_program(name))
        return error_set(error, -ENOENT, _("no experiment is called %s"), name);
    struct program_run *run = calloc(1, sizeof(*run));
    if (!run)
        return error_set_errno(error, -ENOMEM, "lab");
    run->name = name;
    _cleanup_close_ int fd = make_memory(run);
    int r = fd < 0 ? fd
                   : helper_start(HELPER_LAB_GUARD, program_guard_main, (void *)(uintptr_t)name, fd,
                                  &run->guard);
    if (r < 0) {
        forget_memory(run);
        free(run);
        return error_set_errno(error, r, "fork");
    }
    *ret_run = run;
    return 0;
}

int program_run_fd(const struct program_run *run)
{
    return run->guard.fd;
}

int program_run_take(struct program_run *run)
{
    struct program_verdict verdict;
    if (run->has_ended)
        return 1;
    ssize_t n = recv(run->guard.fd, &verdict, sizeof(verdict), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        return -EPIPE;
    if (n != sizeof(verdict))
        return -EBADMSG;
    int r = program_trace_read(run->memory, lab_program_lines(run->name), &run->trace);
    if (r < 0)
        return r;
    forget_memory(run);
    run->trace.status = verdict.status;
    run->trace.is_timed_out = verdict.is_timed_out != 0;
    run->has_ended = true;
    return 1;
}

const struct lab_trace *program_run_trace(const struct program_run *run)
{
    return &run->trace;
}

static struct program_run *forget(struct program_run *run)
{
    forget_memory(run);
    lab_trace_done(&run->trace);
    free(run);
    return NULL;
}

struct program_run *program_run_stop(struct program_run *run)
{
    if (!run)
        return NULL;
    helper_end(&run->guard);
    return forget(run);
}

struct program_run *program_run_leave(struct program_run *run)
{
    if (!run)
        return NULL;
    helper_leave(&run->guard);
    return forget(run);
}
