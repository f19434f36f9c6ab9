#include "unwind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBDW

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>

/* Loaded at run time, and only in the helper that unwinds: nothing else needs it. */
#define LIBDW_SONAME "libdw.so.1"

#define FUNCTIONS(each)                                                                            \
    each(dwfl_begin) each(dwfl_end) each(dwfl_errmsg) each(dwfl_report_begin)                      \
        each(dwfl_report_elf) each(dwfl_report_end) each(dwfl_attach_state)                        \
            each(dwfl_getthread_frames) each(dwfl_frame_pc) each(dwfl_thread_state_registers)      \
                each(dwfl_addrmodule) each(dwfl_module_addrinfo)                                   \
                    each(dwfl_standard_find_debuginfo)

#define MEMBER(name) __typeof__(name) *name;
static struct {
    FUNCTIONS(MEMBER)
} libdw;

struct unwind {
    Dwfl *dwfl;
    Dwfl_Callbacks callbacks;
    const struct unwind_thread *thread; /* that is unwound now */
};

bool unwind_is_built(void)
{
    return true;
}

/* `ret_function` is where a pointer to a function is, which ISO C does not make from a void *. */
static bool find(void *library, const char *name, void *ret_function)
{
    void *found = dlsym(library, name);
    memcpy(ret_function, &found, sizeof(found));
    return found;
}

#define FIND(name) &&find(library, #name, &libdw.name)
static int load(void)
{
    void *library = dlopen(LIBDW_SONAME, RTLD_NOW | RTLD_LOCAL);
    return library FUNCTIONS(FIND) ? 0 : -ELIBACC;
}

/* ---- what libdw asks for ---- */

/* Each module is reported with its file. */
static int find_no_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
                       char **ret_path, Elf **ret_elf)
{
    (void)module, (void)userdata, (void)name, (void)base, (void)ret_path, (void)ret_elf;
    return -1;
}

/* Threads are asked for by their number, not one after the other. */
static pid_t next_thread(Dwfl *dwfl, void *data, void **ret_thread)
{
    (void)dwfl, (void)data, (void)ret_thread;
    return 0;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *data, void **ret_thread)
{
    const struct unwind *unwind = data;
    (void)dwfl;
    *ret_thread = data;
    return unwind->thread && unwind->thread->tid == tid;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *ret_word, void *data)
{
    const struct unwind_thread *thread = ((struct unwind *)data)->thread;
    uint64_t at = address - thread->stack_start, word;
    (void)dwfl;
    if (address < thread->stack_start || thread->stack_length < sizeof(word) ||
        at > thread->stack_length - sizeof(word))
        return false;
    memcpy(&word, thread->stack + at, sizeof(word));
    *ret_word = word;
    return true;
}

static bool set_registers(Dwfl_Thread *of, void *data)
{
    const struct unwind_thread *thread = ((struct unwind *)data)->thread;
    Dwarf_Word words[UNWIND_REGISTERS];
    for (size_t i = 0; i < UNWIND_REGISTERS; i++)
        words[i] = thread->registers[i];
    return libdw.dwfl_thread_state_registers(of, 0, UNWIND_REGISTERS, words);
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
    .next_thread = next_thread,
    .get_thread = get_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
};

/* ---- the process ---- */

static void report_module(Dwfl *dwfl, struct unwind_module *module)
{
    if (module->fd >= 0 &&
        !libdw.dwfl_report_elf(dwfl, module->path, module->path, module->fd, module->base, false))
        (void)close(module->fd); /* else it is libdw's */
    module->fd = -1;
}

int unwind_new(pid_t pid, struct unwind_module *modules, size_t count, struct unwind **ret_unwind)
{
    int r = load();
    struct unwind *unwind = r == 0 ? calloc(1, sizeof(*unwind)) : NULL;
    if (!unwind)
        return r < 0 ? r : -ENOMEM;
    (void)unsetenv("DEBUGINFOD_URLS"); /* libdw would ask servers for what it does not find */
    unwind->callbacks = (Dwfl_Callbacks){.find_elf = find_no_elf,
                                         .find_debuginfo = libdw.dwfl_standard_find_debuginfo};
    unwind->dwfl = libdw.dwfl_begin(&unwind->callbacks);
    if (unwind->dwfl) {
        libdw.dwfl_report_begin(unwind->dwfl);
        for (size_t i = 0; i < count; i++)
            report_module(unwind->dwfl, &modules[i]);
        (void)libdw.dwfl_report_end(unwind->dwfl, NULL, NULL);
    }
    if (!unwind->dwfl ||
        !libdw.dwfl_attach_state(unwind->dwfl, NULL, pid, &thread_callbacks, unwind)) {
        unwind_free(unwind);
        return -EIO;
    }
    *ret_unwind = unwind;
    return 0;
}

void unwind_free(struct unwind *unwind)
{
    if (unwind && unwind->dwfl)
        libdw.dwfl_end(unwind->dwfl);
    free(unwind);
}

/* ---- one thread ---- */

struct taker {
    Dwfl *dwfl;
    unwind_frame *take;
    void *data;
    bool has_enough;
};

/* A call returns to the instruction behind it, which may be the next function's. */
static int take_frame(Dwfl_Frame *frame, void *data)
{
    struct taker *taker = data;
    const char *name = NULL;
    Dwarf_Addr pc;
    bool is_activation;
    GElf_Off offset = 0;
    GElf_Sym symbol;
    if (!libdw.dwfl_frame_pc(frame, &pc, &is_activation))
        return DWARF_CB_ABORT;
    Dwarf_Addr inside = is_activation ? pc : pc - 1;
    Dwfl_Module *module = libdw.dwfl_addrmodule(taker->dwfl, inside);
    if (module)
        name = libdw.dwfl_module_addrinfo(module, inside, &offset, &symbol, NULL, NULL, NULL);
    taker->has_enough = !taker->take(taker->data, pc, name, offset + (pc - inside));
    return taker->has_enough ? DWARF_CB_ABORT : DWARF_CB_OK;
}

int unwind_frames(struct unwind *unwind, const struct unwind_thread *thread, unwind_frame *take,
                  void *data, const char **ret_reason)
{
    struct taker taker = {unwind->dwfl, take, data, false};
    unwind->thread = thread;
    int r = libdw.dwfl_getthread_frames(unwind->dwfl, thread->tid, take_frame, &taker);
    unwind->thread = NULL;
    if (r == 0 || taker.has_enough)
        return 0;
    *ret_reason = libdw.dwfl_errmsg(-1);
    return -ENODATA;
}

#else

bool unwind_is_built(void)
{
    return false;
}

int unwind_new(pid_t pid, struct unwind_module *modules, size_t count, struct unwind **ret_unwind)
{
    (void)pid, (void)modules, (void)count, (void)ret_unwind;
    return -EOPNOTSUPP;
}

void unwind_free(struct unwind *unwind)
{
    (void)unwind;
}

int unwind_frames(struct unwind *unwind, const struct unwind_thread *thread, unwind_frame *take,
                  void *data, const char **ret_reason)
{
    (void)unwind, (void)thread, (void)take, (void)data, (void)ret_reason;
    return -EOPNOTSUPP;
}

#endif
