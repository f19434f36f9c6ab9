/*
 * shim: a preloaded library that lets one call of one kind fail.
 *
 *     FAULT=open FAULT_AT=7 FAULT_ERRNO=24 LD_PRELOAD=faults.so reaptop tree
 *
 * FAULT is malloc, open, read, poll, fork or exec (each with its kin); calls are
 * counted from main() on, in each process for itself. FAULT_AT=7+ lets the seventh
 * and all later ones fail. FAULT_COUNT names a file to which the number of calls is
 * written at the end, FAULT_LOG one that is told when a call failed.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum kind {
    KIND_NONE,
    KIND_MALLOC,
    KIND_OPEN,
    KIND_READ,
    KIND_POLL,
    KIND_FORK,
    KIND_EXEC
};

static enum kind chosen; /* none before main() */
static long fails_at, calls;
static int fault_errno;
static bool is_lasting;
static int log_fd = -1;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool fails(enum kind kind)
{
    if (kind != chosen)
        return false;
    long call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    if (call != fails_at && !(is_lasting && fails_at > 0 && call > fails_at))
        return false;
    if (log_fd >= 0 && call == fails_at)
        (void)!write(log_fd, "INJECTED\n", 9);
    errno = fault_errno;
    return true;
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

#define NEXT(name) (__extension__(__typeof__(&name)) next(#name))

/* ---- the calls ---- */

void *malloc(size_t size)
{
    return fails(KIND_MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(KIND_MALLOC) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(KIND_MALLOC) ? NULL : __libc_realloc(old, size);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails(KIND_OPEN) ? -1 : NEXT(open)(path, flags, mode);
}

int openat(int dir_fd, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails(KIND_OPEN) ? -1 : NEXT(openat)(dir_fd, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    return fails(KIND_OPEN) ? NULL : NEXT(fopen)(path, mode);
}

ssize_t read(int fd, void *buffer, size_t size)
{
    return fails(KIND_READ) ? -1 : NEXT(read)(fd, buffer, size);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    return fails(KIND_READ) ? -1 : NEXT(pread)(fd, buffer, size, offset);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    return fails(KIND_POLL) ? -1 : NEXT(poll)(fds, count, timeout_ms);
}

pid_t fork(void)
{
    return fails(KIND_FORK) ? -1 : NEXT(fork)();
}

int execvp(const char *file, char *const argv[])
{
    return fails(KIND_EXEC) ? -1 : NEXT(execvp)(file, argv);
}

/* ---- counting from main() on ---- */

typedef int main_function(int argc, char **argv, char **envp);
static main_function *real_main;

static long number_of(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : otherwise;
}

static enum kind kind_of(const char *name)
{
    static const char *const names[] = {"", "malloc", "open", "read", "poll", "fork", "exec"};
    for (int i = KIND_MALLOC; name && i <= KIND_EXEC; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum kind)i;
    return KIND_NONE;
}

static int counted_main(int argc, char **argv, char **envp)
{
    const char *at = getenv("FAULT_AT"), *log = getenv("FAULT_LOG");
    fails_at = number_of("FAULT_AT", 0);
    is_lasting = at && strchr(at, '+');
    if (log) /* far from the numbers that the program expects */
        log_fd = fcntl(NEXT(open)(log, O_WRONLY | O_APPEND | O_CLOEXEC), F_DUPFD_CLOEXEC, 900);
    fault_errno = (int)number_of("FAULT_ERRNO", ENOMEM);
    chosen = kind_of(getenv("FAULT"));
    int status = real_main(argc, argv, envp);
    chosen = KIND_NONE;
    const char *path = getenv("FAULT_COUNT");
    FILE *file = path ? NEXT(fopen)(path, "we") : NULL;
    if (file) {
        (void)fprintf(file, "%ld\n", calls);
        (void)fclose(file);
    }
    return status;
}

int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    real_main = main;
    return NEXT(__libc_start_main)(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
