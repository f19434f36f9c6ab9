#include "task_iterator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/visibility.h"

#ifdef HAVE_TASK_ITERATOR

#include "task_iterator.skel.h"

enum {
    BUFFER_SIZE = 64 * 1024, /* the kernel gives at most 8 pages at once */
    CPU_LIST_LIMIT = 4096
};

struct task_iterator {
    struct task_iterator_bpf *program;
    int link_fd;
    int fd; /* of the sweep under way; -EBADF: none */
    size_t start, end;
    char buffer[BUFFER_SIZE];
};

/* Where no tick interrupts a processor, a task's times are brought up to date only as they are
   read by the kernel itself. */
static bool has_tickless_processors(void)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    return procfs_read(AT_FDCWD, "/sys/devices/system/cpu/nohz_full", CPU_LIST_LIMIT, &text) == 0 &&
           text.length > 0 && text.data[0] >= '0' && text.data[0] <= '9';
}

static int load(struct task_iterator *iterator, bool has_cast)
{
    iterator->program = task_iterator_bpf__open();
    if (!iterator->program)
        return -errno;
    iterator->program->rodata->is_first_namespace = !visibility_is_in_pid_namespace();
    iterator->program->rodata->has_cast = has_cast;
    int r = task_iterator_bpf__load(iterator->program);
    if (r < 0) {
        task_iterator_bpf__destroy(iterator->program);
        iterator->program = NULL;
    }
    return r;
}

static int link_program(struct task_iterator *iterator)
{
    int r = load(iterator, true);
    if (r == -EINVAL || r == -EACCES) /* a kernel without bpf_rdonly_cast() */
        r = load(iterator, false);
    if (r < 0)
        return r;
    r = task_iterator_bpf__attach(iterator->program);
    iterator->link_fd = iterator->program->links.write_task_fd;
    return r < 0 ? r : 0;
}

int task_iterator_new(struct task_iterator **ret_iterator, struct error *error)
{
    if (has_tickless_processors())
        return error_set(error, -EOPNOTSUPP,
                         _("the kernel's task iterator: nohz_full is in use, and only /proc has "
                           "the times of such processors"));
    /* The buffer is not cleared: what is not written takes no memory. */
    struct task_iterator *iterator = malloc(sizeof(*iterator));
    if (iterator)
        iterator->program = NULL;
    int r = iterator ? link_program(iterator) : -ENOMEM;
    if (r < 0) {
        free(iterator);
        return error_set_errno(error, r, "%s", _("the kernel's task iterator"));
    }
    iterator->fd = -EBADF;
    iterator->start = iterator->end = 0;
    *ret_iterator = iterator;
    return 0;
}

void task_iterator_free(struct task_iterator *iterator)
{
    if (!iterator)
        return;
    iterator->fd = fd_close(iterator->fd);
    task_iterator_bpf__destroy(iterator->program);
    free(iterator);
}

int task_iterator_begin(struct task_iterator *iterator, bool with_threads)
{
    /* It brings our own run time up to date, as the kernel does when we read our stat. */
    struct timespec unused;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &unused);

    iterator->fd = fd_close(iterator->fd);
    iterator->start = iterator->end = 0;
    iterator->program->bss->with_threads = with_threads;
    union bpf_attr attributes = {.iter_create.link_fd = (uint32_t)iterator->link_fd};
    iterator->fd = (int)syscall(SYS_bpf, BPF_ITER_CREATE, &attributes, sizeof(attributes));
    return iterator->fd < 0 ? -errno : 0;
}

/* Reads on behind what is left of a record; 0 at the end. */
static ssize_t read_more(struct task_iterator *iterator)
{
    ssize_t got;
    memmove(iterator->buffer, iterator->buffer + iterator->start, iterator->end - iterator->start);
    iterator->end -= iterator->start;
    iterator->start = 0;
    do
        got = read(iterator->fd, iterator->buffer + iterator->end, BUFFER_SIZE - iterator->end);
    while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got > 0)
        iterator->end += (size_t)got;
    return got < 0 ? -errno : got;
}

/* NULL: it is not whole yet. */
static const struct task_record *whole_record(const struct task_iterator *iterator)
{
    const struct task_record *record = (const void *)(iterator->buffer + iterator->start);
    size_t left = iterator->end - iterator->start;
    return left >= sizeof(record->size) && left >= record->size ? record : NULL;
}

int task_iterator_next(struct task_iterator *iterator, const struct task_record **ret_record)
{
    const struct task_record *record;
    while (!(record = whole_record(iterator))) {
        ssize_t got = read_more(iterator);
        if (got > 0)
            continue;
        iterator->fd = fd_close(iterator->fd);
        return (int)got;
    }
    if (record->size < offsetof(struct task_record, name) || record->size > sizeof(*record))
        return -EBADMSG;
    iterator->start += record->size;
    *ret_record = record;
    return 1;
}

#else

int task_iterator_new(struct task_iterator **ret_iterator, struct error *error)
{
    (void)ret_iterator;
    return error_set(error, -ENOSYS,
                     _("the kernel's task iterator: reaptop was built without it (clang, bpftool "
                       "and libbpf's headers are needed)"));
}

void task_iterator_free(struct task_iterator *iterator)
{
    (void)iterator;
}

int task_iterator_begin(struct task_iterator *iterator, bool with_threads)
{
    (void)iterator;
    (void)with_threads;
    return -ENOSYS;
}

int task_iterator_next(struct task_iterator *iterator, const struct task_record **ret_record)
{
    (void)iterator;
    (void)ret_record;
    return -ENOSYS;
}

#endif
