#include "situations.h"

#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <unistd.h>

#include "situations_private.h"

static const struct situation_table *const tables[] = {
    &stream_situations,
    &file_situations,
    &memory_situations,
    &process_situations,
};

struct shared *shared;
int fds[2] = {-1, -1};
int ipc_id = -1;
bool ipc_is_semaphore;
char path[64];

const struct situation *situation_at(size_t index)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (index < tables[i]->count)
            return &tables[i]->rows[index];
        index -= tables[i]->count;
    }
    return NULL;
}

int situation_share(void)
{
    void *memory =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared = memory == MAP_FAILED ? NULL : memory;
    return shared ? 0 : -1;
}

int situation_make_path(void)
{
    const char *dir = "/tmp"; /* another user opens it too: TMPDIR is closed to him */
    static int turn;
    (void)snprintf(path, sizeof(path), "%.32s/situation-%d-%d", dir, (int)getpid(), turn++);
    return 0;
}

void situation_close_own(void)
{
    (void)close(fds[0]);
}

void situation_nothing(void)
{
}

pid_t situation_holder(void)
{
    return shared ? __atomic_load_n(&shared->holder, __ATOMIC_SEQ_CST) : 0;
}

void situation_clear(void)
{
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
        fds[i] = -1;
    }
    if (ipc_id >= 0)
        (void)(ipc_is_semaphore ? semctl(ipc_id, 0, IPC_RMID) : msgctl(ipc_id, IPC_RMID, NULL));
    ipc_id = -1;
    if (path[0] != '\0')
        (void)unlink(path);
    path[0] = '\0';
    if (shared)
        (void)munmap(shared, sizeof(*shared));
    shared = NULL;
}
