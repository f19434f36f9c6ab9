/* Threads and scheduling. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contexts.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "thread_roles.h"

static struct role *returning, *returning_thread, *leaving, *leaving_thread, *models[3], *one, *two,
    *fifo;

enum {
    STACKS_APART = 65536 /* more than the frames of one thread take here */
};

/* Entries of /proc/PID/task, as "12 13 14". */
static int list_tasks(pid_t pid, char *ret_text, size_t size)
{
    char path[64];
    int count = 0;
    size_t length = 0;
    struct dirent *entry;

    ret_text[0] = '\0';
    (void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
    _cleanup_dir_ DIR *directory = opendir(path);
    while (directory && (entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (length < size)
            length += (size_t)snprintf(ret_text + length, size - length, " %s", entry->d_name);
    }
    return count;
}

static bool see_tasks(struct bench *bench, unsigned sight, pid_t pid, int expected)
{
    char text[256] = "";
    bool seen = until(bench, list_tasks(pid, text, sizeof(text)) == expected);

    return see(bench, sight, seen, "/proc/%d/task:%s", pid, text);
}

/* ---- threads ---- */

static void *never_ending(void *nothing)
{
    for (;;)
        (void)pause();
    return nothing;
}

static void *ends_at_once(void *value)
{
    return value;
}

static void threads_worker(struct bench *bench)
{
    role_report(bench, (int64_t)(intptr_t)__builtin_frame_address(0));
    role_idle(bench);
}

static void threads_manager(struct bench *bench)
{
    pthread_t thread;
    void *value = NULL;

    for (;;) {
        if (role_await(bench) != 'j')
            return;
        (void)pthread_create(&thread, NULL, ends_at_once,
                             (void *)(intptr_t)(is_broken(bench, 2) ? 1 : 77));
        (void)pthread_join(thread, &value);
        role_report(bench, (int64_t)(intptr_t)value);
        (void)pthread_create(&thread, NULL,
                             is_sight_broken(bench, 2, 2) ? ends_at_once : never_ending, NULL);
        if (!is_sight_broken(bench, 2, 2))
            (void)pthread_cancel(thread);
        (void)pthread_join(thread, &value);
        role_report(bench, value == PTHREAD_CANCELED);
        if (is_sight_broken(bench, 2, 3)) {
            (void)pthread_create(&thread, NULL, ends_at_once, NULL);
            role_report(bench, -pthread_join(thread, NULL));
            continue;
        }
        (void)pthread_create(&thread, NULL, never_ending, NULL);
        (void)pthread_detach(thread);
        role_report(bench, -pthread_join(thread, NULL));
        (void)pthread_cancel(thread);
    }
}

/*
 * Their stacks lie in mappings of their own, or far apart in one: glibc 2.43 parts
 * stacks by guards within a mapping (madvise(2), MADV_GUARD_INSTALL), not by mappings.
 */
static void see_stacks(struct bench *bench, unsigned sight, const int64_t stack[2])
{
    char first[256] = "", second[256] = "";
    uint64_t a = (uint64_t)stack[0], b = (uint64_t)stack[1];
    bool mapped = observe_mapping(process->pid, a, first, sizeof(first)) &&
                  observe_mapping(process->pid, b, second, sizeof(second));
    bool is_apart = strcmp(first, second) != 0 || (a < b ? b - a : a - b) >= STACKS_APART;
    (void)see(bench, sight, mapped && is_apart,
              _("stacks of %d and %d: 0x%" PRIx64 " in %.40s; 0x%" PRIx64 " in %.40s"),
              threads[0]->pid, threads[1]->pid, a, first, b, second);
}

static void threads_look(struct bench *bench)
{
    int64_t stack[2] = {0};
    char expected[32];

    thread_roles_add(bench, "worker1", threads_worker);
    if (!is_broken(bench, 1))
        thread_roles_add(bench, "worker2", threads_worker);
    thread_roles_add(bench, "manager", threads_manager);
    if (!thread_roles_start(bench))
        return;
    if (!see_tasks(bench, 0, process->pid, 4))
        return;
    (void)snprintf(expected, sizeof(expected), "%d", process->pid);
    (void)see_value(bench, 1, threads[0]->pid, "status", "Tgid", expected);
    for (size_t i = 0; i < 2; i++)
        if (!role_receive(bench, threads[i], &stack[i]))
            return;
    see_stacks(bench, 2, stack);
    int64_t size = observe_number(threads[0]->pid, "status", "VmSize");
    (void)see(bench, 3, size > 0 && size == observe_number(threads[1]->pid, "status", "VmSize"),
              _("VmSize of both: %" PRId64 " kB"), size);
}

static void threads_join(struct bench *bench)
{
    struct role *manager = threads[2];

    role_go(bench, manager, 'j');
    (void)see_reported(bench, 0, manager, _("pthread_join() gave the value"), 77);
    (void)see_answer(bench, 1, manager, _("pthread_join() gave PTHREAD_CANCELED"), 1);
    (void)see_reported(bench, 2, manager, _("pthread_join() of the detached one"), -EINVAL);
}

static void ends_in_main(struct bench *bench)
{
    (void)role_thread(bench, returning_thread, role_idle);
    while (role_await(bench) != 'x')
        ;
    if (is_broken(bench, 3))
        pthread_exit(NULL);
    _exit(0);
}

static void leaves_main(struct bench *bench)
{
    (void)role_thread(bench, leaving_thread, role_idle);
    while (role_await(bench) != 'x')
        ;
    if (is_sight_broken(bench, 3, 3))
        _exit(0);
    pthread_exit(NULL);
}

static void threads_end(struct bench *bench)
{
    int status;

    returning_thread = role_new(bench, "thread-a");
    leaving_thread = role_new(bench, "thread-b");
    returning = role_spawn(bench, "returning", ends_in_main);
    leaving = role_spawn(bench, "leaving", leaves_main);
    if (!role_meet(bench, returning_thread) || !role_meet(bench, leaving_thread))
        return;
    role_go(bench, returning, 'x');
    if (!is_sight_broken(bench, 3, 2))
        role_go(bench, leaving, 'x');
    (void)bench_reap(bench, returning->pid, &status);
    (void)see_gone(bench, 0, returning_thread->pid);
    (void)see_state(bench, 1, leaving->pid, "Z");
    if (is_sight_broken(bench, 3, 3))
        (void)until_broken(bench, observe_state(leaving_thread->pid) != 'S');
    (void)see_state(bench, 2, leaving_thread->pid, "S");
}

const struct lab_experiment experiment_threads = {
    .name = "threads",
    .chapter = LAB_THREADS,
    .place = 1,
    .title = N_("Several threads in one process"),
    .question = N_("What do threads share, and what has each for itself?"),
    .roles = {{"process", N_("its first thread")},
              {"worker1", N_("a second thread")},
              {"worker2", N_("a third thread")},
              {"manager", N_("a thread that starts and ends others")},
              {"returning", N_("a process whose main() returns")},
              {"thread-a", N_("its other thread")},
              {"leaving", N_("a process whose main() calls pthread_exit()")},
              {"thread-b", N_("its other thread")}},
    .steps =
        {
            {
                .does = N_("A process starts three more threads."),
                .question = N_("How many entries has it in the process list?"),
                .choices = {N_("four"), N_("one, with four tasks below it")},
                .right = 1,
                .sees = {{N_("four tasks are below the process"), "/proc/PID/task"},
                         {N_("each task names the process it belongs to"), "/proc/TID/status Tgid"},
                         {N_("each thread has a stack of its own"), "/proc/PID/maps"},
                         {N_("all have the same memory"), "/proc/TID/status VmSize"}},
                .explains = N_("The kernel calls a thread a task and gives it a number, its TID. "
                               "The threads of a process have one address space, one set of "
                               "descriptors and one PID, which is the TID of the first. Registers, "
                               "stack and signal mask are each one's own."),
                .manual = "pthreads(7), clone(2)",
                .breaks = N_("one thread is not started"),
                .run = threads_look,
            },
            {
                .does = N_("A thread is joined, another cancelled, a third detached."),
                .question = N_("What does pthread_join() do with a detached thread?"),
                .choices = {N_("waits for it"), N_("fails with EINVAL"), N_("kills it")},
                .right = 1,
                .sees = {{N_("joining gives what the thread returned"),
                          N_("pthread_join(3), as the process itself reports it")},
                         {N_("joining a cancelled thread says so"),
                          N_("pthread_join(3), as the process itself reports it"),
                          N_("the thread ends by itself")},
                         {N_("joining a detached thread fails"),
                          N_("pthread_join(3), as the process itself reports it"),
                          N_("the thread is not detached, and ends")}},
                .explains = N_("pthread_join() is to a thread what wait() is to a process: it "
                               "waits for the end and takes the result. pthread_detach() says that "
                               "nobody will. pthread_cancel() asks a thread to end at its next "
                               "cancellation point."),
                .manual = "pthread_join(3), pthread_cancel(3)",
                .breaks = N_("the thread returns something else"),
                .run = threads_join,
            },
            {
                .does = N_("In one process main() returns; in another it calls pthread_exit(). "
                           "Both have a second thread."),
                .question = N_("Which second thread lives on?"),
                .choices = {N_("both"), N_("the one of the returning process"),
                            N_("the one of the process that called pthread_exit()")},
                .right = 2,
                .sees = {{N_("where main() returned, the other thread is gone"), "/proc/TID"},
                         {N_("after pthread_exit() the leader is Z"), "/proc/PID/stat field 3",
                          N_("main() does not leave")},
                         {N_("and the other thread lives"), "/proc/TID/stat field 3",
                          N_("main() returns")}},
                .explains = N_("Returning from main() calls exit(), which ends the whole process. "
                               "pthread_exit() ends only the thread that calls it."),
                .manual = "pthread_exit(3), exit_group(2)",
                .breaks = N_("it calls pthread_exit() instead of returning"),
                .run = threads_end,
            },
        },
    .reading = "pthreads(7), pthread_join(3), clone(2)",
};

/* ---- thread-models ---- */

enum {
    FIBERS = 4,
    FIBER_STACK = 65536
};

/* Flows that the kernel knows nothing of: contexts with stacks of their own. */
static struct fiber {
    ucontext_t self, back;
    char stack[FIBER_STACK] __attribute__((aligned(16)));
    bool is_done;
} fibers[FIBERS];

static atomic_int fiber_turns;

static void fiber_main(int index)
{
    for (int turn = 0; turn < 3; turn++) {
        atomic_fetch_add(&fiber_turns, 1);
        context_switch(&fibers[index].self, &fibers[index].back); /* yields */
    }
    fibers[index].is_done = true;
}

static void fiber_prepare(int index)
{
    context_make(&fibers[index].self, fibers[index].stack, sizeof(fibers[index].stack),
                 &fibers[index].back, fiber_main, index);
}

/* Runs fibers first … first + count - 1 in turn on the calling thread until all are done. */
static void fibers_run(int first, int count)
{
    bool any = true;

    while (any) {
        any = false;
        for (int i = first; i < first + count; i++)
            if (!fibers[i].is_done) {
                any = true;
                context_switch(&fibers[i].back, &fibers[i].self);
            }
    }
}

static void *model_idle(void *nothing)
{
    atomic_fetch_add(&fiber_turns, 3);
    return never_ending(nothing);
}

static void *model_half(void *first)
{
    fibers_run((int)(intptr_t)first, FIBERS / 2);
    return never_ending(NULL);
}

static void start(void *(*run)(void *), intptr_t argument)
{
    pthread_t thread;

    (void)pthread_create(&thread, NULL, run, (void *)argument);
}

static void report_turns(struct bench *bench)
{
    while (atomic_load(&fiber_turns) < FIBERS * 3)
        (void)sched_yield();
    role_report(bench, atomic_load(&fiber_turns));
    role_idle(bench);
}

static void model_one_to_one(struct bench *bench)
{
    for (int i = 0; i < FIBERS - is_broken(bench, 1); i++)
        start(model_idle, 0);
    report_turns(bench);
}

static void model_many_to_one(struct bench *bench)
{
    for (int i = 0; i < FIBERS; i++)
        fiber_prepare(i);
    if (is_broken(bench, 2))
        start(never_ending, 0);
    fibers_run(0, FIBERS - is_sight_broken(bench, 2, 2));
    report_turns(bench);
}

static void model_many_to_many(struct bench *bench)
{
    for (int i = 0; i < FIBERS; i++)
        fiber_prepare(i);
    start(model_half, 0);
    if (!is_sight_broken(bench, 3, 2))
        start(model_half, FIBERS / 2);
    if (is_broken(bench, 3))
        start(never_ending, 0);
    report_turns(bench);
}

static void see_model(struct bench *bench, unsigned step, const char *name,
                      void (*play)(struct bench *), int tasks)
{
    models[step] = role_spawn(bench, name, play);
    /* Once all flows have run, all tasks are there. */
    (void)see_reported(bench, 1, models[step], _("turns taken by 4 flows, 3 each"), FIBERS * 3);
    (void)see_tasks(bench, 0, models[step]->pid, tasks);
}

static void models_kernel(struct bench *bench)
{
    see_model(bench, 0, "one-to-one", model_one_to_one, 1 + FIBERS);
}

static void models_user(struct bench *bench)
{
    if (see_no_contexts(bench, 2))
        return;
    see_model(bench, 1, "many-to-one", model_many_to_one, 1);
}

static void models_mixed(struct bench *bench)
{
    if (see_no_contexts(bench, 2))
        return;
    see_model(bench, 2, "many-to-many", model_many_to_many, 3);
}

const struct lab_experiment experiment_thread_models = {
    .name = "thread-models",
    .chapter = LAB_THREADS,
    .place = 2,
    .title = N_("Threads that the kernel does not see"),
    .question = N_("Does the kernel know every flow of a program?"),
    .roles = {{"one-to-one", N_("four flows, four threads")},
              {"many-to-one", N_("four flows, no thread but its own")},
              {"many-to-many", N_("four flows on two threads")}},
    .steps =
        {
            {
                .does = N_("A program runs four flows, each as a thread of its own."),
                .question = N_("How many tasks does the kernel see?"),
                .choices = {N_("one"), N_("four"), N_("five, with the first thread")},
                .right = 2,
                .sees = {{N_("five tasks"), "/proc/PID/task"},
                         {N_("all flows have run"), "what the process itself reports"}},
                .explains = N_("One to one: Linux's pthreads. The kernel schedules each thread, so "
                               "they run on all processors, and one that sleeps does not stop "
                               "the others."),
                .manual = "pthreads(7)",
                .breaks = N_("one thread is not started"),
                .run = models_kernel,
            },
            {
                .does = N_("A program switches between four flows by itself, with swapcontext()."),
                .question = N_("How many tasks does the kernel see?"),
                .choices = {N_("one"), N_("four"), N_("five")},
                .right = 0,
                .sees = {{N_("one task"), "/proc/PID/task"},
                         {N_("all flows have run"), "what the process itself reports",
                          N_("one flow is not run")}},
                .explains = N_("Many to one: coroutines, green threads. Switching is cheap, but "
                               "they share one processor, and a system call that sleeps stops "
                               "them all."),
                .manual = "makecontext(3)",
                .breaks = N_("a thread is started as well"),
                .run = models_user,
            },
            {
                .does = N_("A program runs its four flows on two threads."),
                .question = N_("How many tasks does the kernel see?"),
                .choices = {N_("one"), N_("three, with the first thread"), N_("five")},
                .right = 1,
                .sees = {{N_("three tasks"), "/proc/PID/task"},
                         {N_("all flows have run"), "what the process itself reports",
                          N_("one of the two threads is not started")}},
                .explains = N_("Many to many: the runtimes of some languages do this. So a "
                               "process list shows their threads, and not what they work on."),
                .manual = "makecontext(3), pthreads(7)",
                .breaks = N_("one more thread is started"),
                .run = models_mixed,
            },
        },
    .reading = "pthreads(7), makecontext(3), clone(2)",
};

/* ---- switches ---- */

static int echo[2][2];

static void switches_burner(struct bench *bench)
{
    if (is_broken(bench, 1))
        role_idle(bench);
    role_burn(bench);
}

/*
 * Each read waits for the other's write: a voluntary switch, unless the answer
 * came while the processor was busy with somebody else.
 */
static void switches_talker(struct bench *bench, int in, int out, bool first)
{
    struct sched_param none = {0};
    char byte = 'x';

    /* Nobody is preempted by one that wakes up under SCHED_BATCH: each waits of its own accord. */
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)role_await(bench);
    if (is_broken(bench, 2))
        role_burn(bench);
    for (int turn = 0; turn < 3000; turn++) {
        if (first && write(out, &byte, 1) != 1)
            break;
        if (read(in, &byte, 1) != 1)
            break;
        if (!first && write(out, &byte, 1) != 1)
            break;
    }
    role_idle(bench);
}

static void switches_one(struct bench *bench)
{
    switches_talker(bench, echo[0][0], echo[1][1], true);
}

static void switches_two(struct bench *bench)
{
    switches_talker(bench, echo[1][0], echo[0][1], false);
}

static void see_switches(struct bench *bench, unsigned sight, const struct role *role,
                         bool voluntary)
{
    int64_t by_choice = 0, by_force = 0;
    bool seen = until(
        bench,
        (by_choice = observe_number(role->pid, "status", "voluntary_ctxt_switches")) >= 0 &&
            (by_force = observe_number(role->pid, "status", "nonvoluntary_ctxt_switches")) >= 0 &&
            (voluntary ? by_choice >= 300 && by_choice > by_force
                       : by_force >= 5 && by_force > by_choice));

    (void)see(bench, sight, seen,
              _("/proc/%d/status: voluntary %" PRId64 ", nonvoluntary %" PRId64), role->pid,
              by_choice, by_force);
}

static void switches_compute(struct bench *bench)
{
    one = role_spawn(bench, "burner1", switches_burner);
    two = role_spawn(bench, "burner2", switches_burner);
    (void)bench_pin(one->pid, 0);
    (void)bench_pin(two->pid, 0);
    see_switches(bench, 0, one, false);
    see_switches(bench, 1, two, false);
}

static void switches_talk(struct bench *bench)
{
    (void)kill(one->pid, SIGKILL);
    (void)kill(two->pid, SIGKILL);
    if (pipe2(echo[0], O_CLOEXEC) < 0 || pipe2(echo[1], O_CLOEXEC) < 0)
        return;
    one = role_spawn(bench, "talker1", switches_one);
    two = role_spawn(bench, "talker2", switches_two);
    role_go(bench, one, 'g');
    role_go(bench, two, 'g');
    see_switches(bench, 0, one, true);
    see_switches(bench, 1, two, true);
}

const struct lab_experiment experiment_switches = {
    .name = "switches",
    .chapter = LAB_THREADS,
    .place = 3,
    .title = N_("Who gives the processor up, and who loses it"),
    .question = N_("What do the two counts of context switches tell?"),
    .roles = {{"burner1", N_("computes")},
              {"burner2", N_("computes on the same processor")},
              {"talker1", N_("writes a byte and waits for the answer")},
              {"talker2", N_("answers")}},
    .steps =
        {
            {
                .does = N_("Two processes compute on one and the same processor."),
                .question = N_("Which count grows?"),
                .choices = {N_("the voluntary one"), N_("the involuntary one"), N_("neither")},
                .right = 1,
                .sees = {{N_("the first is switched away against its will"),
                          "/proc/PID/status nonvoluntary_ctxt_switches"},
                         {N_("and so is the second"),
                          "/proc/PID/status nonvoluntary_ctxt_switches"}},
                .explains = N_("A context switch takes the processor from one task and gives it "
                               "to another. A task that computes never gives it up; when its "
                               "share is used, the kernel takes it: an involuntary switch."),
                .manual = "proc(5), sched(7)",
                .breaks = N_("they do not compute"),
                .run = switches_compute,
            },
            {
                .does = N_("Two processes send a byte to and fro, again and again. They run under "
                           "SCHED_BATCH, so that one that wakes up does not take the processor "
                           "from the other."),
                .question = N_("Which count grows now?"),
                .choices = {N_("the voluntary one"), N_("the involuntary one"), N_("neither")},
                .right = 0,
                .sees = {{N_("the first gave it up of its own accord, 300 times at least"),
                          "/proc/PID/status voluntary_ctxt_switches"},
                         {N_("and so did the second"), "/proc/PID/status voluntary_ctxt_switches"}},
                .explains = N_("Who waits in a system call gives the processor up: a voluntary "
                               "switch. Many of these mean that a process waits for others; many "
                               "involuntary ones mean that it wants more processor than it gets."),
                .manual = "proc(5), getrusage(2)",
                .breaks = N_("they compute instead"),
                .run = switches_talk,
            },
        },
    .reading = "proc(5), sched(7), getrusage(2)",
};

/* ---- priority ---- */

enum {
    FAIR_NS = 300000000, /* of processor time for the favoured one */
    FIFO_NS = 100000000,
    WEIGHT_NICE_0 = 1024, /* sched_prio_to_weight in kernel/sched/core.c */
    WEIGHT_NICE_19 = 15,
};

static void priority_burner(struct bench *bench)
{
    (void)role_await(bench);
    role_burn(bench);
}

static void priority_nice(struct bench *bench)
{
    (void)setpriority(PRIO_PROCESS, 0, is_broken(bench, 1) ? 0 : 19);
    role_report(bench, 0);
    priority_burner(bench);
}

static void priority_fifo(struct bench *bench)
{
    struct sched_param parameter = {.sched_priority = 1};
    struct timespec start_time, now;

    role_report(bench, is_broken(bench, 2)                                 ? 0
                       : sched_setscheduler(0, SCHED_FIFO, &parameter) < 0 ? -errno
                                                                           : 0);
    (void)role_await(bench);
    /* A quarter of a second of processor time, no more: others want to live. */
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start_time);
    do
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while ((now.tv_sec - start_time.tv_sec) * MS_PER_SEC +
               (now.tv_nsec - start_time.tv_nsec) / (long)NS_PER_MS <
           250);
    role_idle(bench);
}

/* The first field of /proc/PID/schedstat: time on a processor; -1 without CONFIG_SCHED_INFO. */
static int64_t cpu_ns(pid_t pid)
{
    char text[128];

    return observe_file(pid, "schedstat", text, sizeof(text)) ? strtoll(text, NULL, 10) : -1;
}

static void priority_share(struct bench *bench)
{
    int64_t ready, favoured = 0, nice = 0;

    one = role_spawn(bench, "nice-0", priority_burner);
    two = role_spawn(bench, "nice-19", priority_nice);
    if (!role_receive(bench, two, &ready) || !bench_set_nice_0(bench, one->pid, 2))
        return;
    (void)see_stat(bench, 0, two->pid, 19, 19);
    /* Both on one processor, and the host elsewhere if there is an elsewhere. */
    (void)bench_pin(one->pid, 1);
    (void)bench_pin(two->pid, 1);
    role_go(bench, two, 'g');
    role_go(bench, one, 'g');
    (void)until(bench, (favoured = cpu_ns(one->pid)) >= FAIR_NS);
    nice = cpu_ns(two->pid);
    (void)see(bench, 1, favoured >= FAIR_NS && nice > 0 && favoured > nice * 4,
              _("time on the processor: nice 0 %" PRId64 " ns, nice 19 %" PRId64
                " ns: %.1f to 1; weights %d and %d: %.1f to 1"),
              favoured, nice, (double)favoured / (double)(nice > 0 ? nice : 1), WEIGHT_NICE_0,
              WEIGHT_NICE_19, (double)WEIGHT_NICE_0 / (double)WEIGHT_NICE_19);
}

static void priority_real_time(struct bench *bench)
{
    int64_t allowed;

    (void)kill(two->pid, SIGKILL);
    fifo = role_spawn(bench, "fifo", priority_fifo);
    (void)bench_pin(fifo->pid, 1);
    if (!role_receive(bench, fifo, &allowed))
        return;
    if (allowed == -EPERM) {
        see_skipped(bench, 0, _("SCHED_FIFO needs CAP_SYS_NICE or RLIMIT_RTPRIO"));
        see_skipped(bench, 1, _("SCHED_FIFO needs CAP_SYS_NICE or RLIMIT_RTPRIO"));
        return;
    }
    (void)see(bench, 0,
              observe_stat(fifo->pid, 41) == SCHED_FIFO && observe_stat(fifo->pid, 40) == 1,
              _("/proc/%d/stat fields 40 and 41: priority %" PRId64 ", policy %" PRId64), fifo->pid,
              observe_stat(fifo->pid, 40), observe_stat(fifo->pid, 41));
    int64_t before = cpu_ns(one->pid), start = cpu_ns(fifo->pid), got = 0;
    role_go(bench, fifo, 'g');
    (void)until(bench, (got = cpu_ns(fifo->pid) - start) >= FIFO_NS);
    int64_t other = cpu_ns(one->pid) - before;
    (void)see(
        bench, 1, got >= FIFO_NS && other * 2 < got,
        _("time on the processor: SCHED_FIFO %" PRId64 " ns, nice 0 meanwhile %" PRId64 " ns"), got,
        other);
}

const struct lab_experiment experiment_priority = {
    .name = "priority",
    .chapter = LAB_THREADS,
    .place = 4,
    .title = N_("Who gets the processor"),
    .question = N_("What does a nice value change?"),
    .roles = {{"nice-0", N_("computes at the usual nice value")},
              {"nice-19", N_("computes at the lowest priority")},
              {"fifo", N_("computes under SCHED_FIFO for a moment")}},
    .steps =
        {
            {
                .does = N_("Two processes compute on one processor, one with nice 0, the other "
                           "with nice 19."),
                .question = N_("What does the nicer one get?"),
                .choices = {N_("nothing"), N_("a small share"), N_("half")},
                .right = 1,
                .sees = {{N_("its nice value is 19"), "/proc/PID/stat field 19"},
                         {N_("nice 0 gets more than four times as much"),
                          "/proc/PID/schedstat field 1"}},
                .explains =
                    N_("The nice value (-20 to 19) is a weight: each step is worth about "
                       "a quarter more or less processor time, when several want it. "
                       "Alone, a nice process runs as fast as any. In a third of a second the "
                       "shares come near the weights, no more."),
                .manual = "sched(7), nice(2)",
                .breaks = N_("it does not change its nice value"),
                .run = priority_share,
            },
            {
                .does = N_("nice-19 is ended. A third process joins nice-0 on that processor under "
                           "SCHED_FIFO, for a quarter of a second. We look after its first 100 "
                           "ms, which are 100,000,000 ns."),
                .question = N_("What is left for nice 0?"),
                .choices = {N_("half"), N_("next to nothing"), N_("a quarter")},
                .right = 1,
                .sees = {{N_("its policy is SCHED_FIFO"), "/proc/PID/stat fields 40 and 41"},
                         {N_("it gets the processor"), "/proc/PID/schedstat field 1"}},
                .explains = N_("A real-time task runs before every ordinary one until it sleeps. "
                               "The kernel keeps 5% back for the others, so that a mistake can "
                               "still be undone."),
                .manual = "sched(7)",
                .breaks = N_("it keeps the usual policy"),
                .run = priority_real_time,
            },
        },
    .reading = "sched(7), nice(2), sched_setscheduler(2)",
};

/* ---- modes ---- */

static void modes_computing(struct bench *bench)
{
    if (is_broken(bench, 1))
        role_idle(bench);
    role_burn(bench);
}

static void modes_calling(struct bench *bench)
{
    static char buffer[65536];
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

    if (is_broken(bench, 2))
        role_burn(bench);
    for (unsigned long turn = 1;; turn++) {
        if (read(fd, buffer, sizeof(buffer)) < 0)
            _exit(1);
        if (turn % 65536 == 0 && role_is_alone(bench))
            _exit(0);
    }
}

static void see_mode(struct bench *bench, unsigned sight, const struct role *role, bool in_kernel)
{
    int64_t user = 0, system = 0;
    bool seen =
        until(bench,
              (user = observe_stat(role->pid, 14)) + (system = observe_stat(role->pid, 15)) >= 20 &&
                  (in_kernel ? system > user : user > system));

    (void)see(bench, sight, seen,
              _("/proc/%d/stat fields 14 and 15: in user mode (utime) %" PRId64
                " ticks, in kernel mode (stime) %" PRId64 " ticks"),
              role->pid, user, system);
}

static void modes_compute(struct bench *bench)
{
    one = role_spawn(bench, "computing", modes_computing);
    see_mode(bench, 0, one, false);
}

static void modes_call(struct bench *bench)
{
    two = role_spawn(bench, "calling", modes_calling);
    see_mode(bench, 0, two, true);
}

const struct lab_experiment experiment_modes = {
    .name = "modes",
    .chapter = LAB_THREADS,
    .place = 5,
    .title = N_("User time and system time"),
    .question = N_("Where does a process spend its processor time?"),
    .roles = {{"computing", N_("adds numbers")}, {"calling", N_("calls read() all the time")}},
    .steps =
        {
            {
                .does = N_("A process computes in a loop and calls nobody."),
                .question = N_("Which time grows?"),
                .choices = {N_("utime"), N_("stime"), N_("both alike")},
                .right = 0,
                .sees = {{N_("most of it is user time"), "/proc/PID/stat fields 14 and 15"}},
                .explains = N_("A processor runs a program in user mode, in which it may touch "
                               "only the program's own memory. That time is counted as utime, in "
                               "ticks, of which there are 100 a second."),
                .manual = "proc(5), times(2)",
                .breaks = N_("it does not compute"),
                .run = modes_compute,
            },
            {
                .does = N_("A process reads from /dev/zero in a loop."),
                .question = N_("Which time grows?"),
                .choices = {N_("utime"), N_("stime"), N_("both alike")},
                .right = 1,
                .sees = {{N_("most of it is system time"), "/proc/PID/stat fields 14 and 15"}},
                .explains = N_("A system call switches the processor to kernel mode, which may do "
                               "everything. The kernel's work for a process is counted as stime. "
                               "Much stime means: look at its system calls, with strace(1)."),
                .manual = "proc(5), syscalls(2)",
                .breaks = N_("it computes instead"),
                .run = modes_call,
            },
        },
    .reading = "proc(5), times(2), syscalls(2)",
};
