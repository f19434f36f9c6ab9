/*
 * Go's model of scheduling in small: user-level tasks (G), kernel threads that run
 * them (M), and one permission to run (P, GOMAXPROCS being 1). A task hands P on
 * before it calls something that may sleep.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "contexts.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/number.h"

enum {
    TASKS = 6,
    TURNS = 10,
    TASK_STACK = 65536
};

enum left {
    LEFT_YIELDED,  /* it gave way, and its thread still has P */
    LEFT_RETURNED, /* it is back from a call, and its thread has no P */
};

struct task {
    ucontext_t context, *machine; /* the thread that runs it now */
    enum left left;
    volatile int turns;
    volatile int must_call;
};

static struct role *process;
static struct bench *go_bench;
static int call[2]; /* the pipe that the first task reads */
static struct task tasks[TASKS];

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t released;
    struct task *ready[TASKS];
    unsigned ready_count;
    bool is_taken; /* P */
    unsigned idle; /* threads that wait for P */
} go = {.mutex = PTHREAD_MUTEX_INITIALIZER, .released = PTHREAD_COND_INITIALIZER};

static void start_machine(void);

static void make_ready(struct task *task)
{
    (void)pthread_mutex_lock(&go.mutex);
    go.ready[go.ready_count++] = task;
    (void)pthread_mutex_unlock(&go.mutex);
}

static struct task *next_task(void)
{
    struct task *task = NULL;

    (void)pthread_mutex_lock(&go.mutex);
    if (go.ready_count > 0) {
        task = go.ready[0];
        go.ready_count--;
        for (unsigned i = 0; i < go.ready_count; i++)
            go.ready[i] = go.ready[i + 1];
    }
    (void)pthread_mutex_unlock(&go.mutex);
    return task;
}

static void take_processor(void)
{
    (void)pthread_mutex_lock(&go.mutex);
    go.idle++;
    while (go.is_taken)
        (void)pthread_cond_wait(&go.released, &go.mutex);
    go.idle--;
    go.is_taken = true;
    (void)pthread_mutex_unlock(&go.mutex);
}

/* P goes to a thread that waits for it, or else to a new one. */
static void hand_on_processor(void)
{
    (void)pthread_mutex_lock(&go.mutex);
    go.is_taken = false;
    bool must_start = go.idle == 0;
    (void)pthread_cond_signal(&go.released);
    (void)pthread_mutex_unlock(&go.mutex);
    if (must_start)
        start_machine();
}

/* Runs tasks in turn for as long as its thread has P. */
static void run_tasks(ucontext_t *here)
{
    for (unsigned turn = 1;; turn++) {
        struct task *task = next_task();
        if (!task || turn % TASKS == 0)
            (void)poll(NULL, 0, 1); /* so that the tasks do not fill a processor */
        if (!task)
            continue;
        task->machine = here;
        context_switch(here, &task->context);
        enum left left = task->left;
        make_ready(task);
        if (left == LEFT_RETURNED)
            return;
    }
}

static void *machine(void *unused)
{
    ucontext_t here;

    do {
        take_processor();
        run_tasks(&here);
    } while (!role_is_alone(go_bench));
    return unused;
}

static void start_machine(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, machine, NULL) != 0)
        abort();
}

static void leave(struct task *task, enum left left)
{
    task->left = left;
    context_switch(&task->context, task->machine);
}

/* A call that may sleep, and with it the thread that runs the task. */
static void read_pipe(struct task *task)
{
    char byte;
    bool hands_on = !is_left_out(go_bench, 2, 2) && !is_sight_broken(go_bench, 2, 3);

    if (hands_on)
        hand_on_processor();
    while (read(call[0], &byte, 1) < 0)
        ;
    if (hands_on)
        leave(task, LEFT_RETURNED);
}

static void run_task(int index)
{
    struct task *task = &tasks[index];

    for (;;) {
        task->turns++;
        if (task->must_call) {
            task->must_call = false;
            read_pipe(task);
        } else if (index != 2 || !is_left_out(go_bench, 1, 2)) {
            leave(task, LEFT_YIELDED);
        } else if (task->turns % (1 << 24) == 0 && role_is_alone(go_bench)) {
            _Exit(0);
        }
    }
}

static void make_task(int index)
{
    struct task *task = &tasks[index];

    context_make(&task->context, malloc(TASK_STACK), TASK_STACK, NULL, run_task, index);
    make_ready(task);
}

static void go_process(struct bench *bench)
{
    go_bench = bench;
    for (int i = 0; i < TASKS; i++)
        make_task(i);
    start_machine();
    if (is_sight_broken(bench, 1, 1))
        start_machine();
    role_report(bench, 0);
    for (;;)
        if (role_await(bench) == 'c' && !is_sight_broken(bench, 2, 1))
            tasks[0].must_call = true;
}

/* ---- what the host sees ---- */

/* The thread of the process that sleeps in one of those kernel functions; 0: none. */
static pid_t thread_in(struct bench *bench, const char *functions, long syscall_number,
                       char *ret_text, size_t size)
{
    char path[64];
    struct dirent *entry;

    (void)snprintf(path, sizeof(path), "/proc/%d/task", process->pid);
    _cleanup_dir_ DIR *list = opendir(path);
    while (list && (entry = readdir(list))) {
        int64_t tid;
        if (number_parse(entry->d_name, 1, INT32_MAX, &tid) == 0 &&
            bench_is_asleep(bench, (pid_t)tid, functions, syscall_number, ret_text, size))
            return (pid_t)tid;
    }
    return 0;
}

/* What bench_peek() says. */
static int read_turns(int turns[TASKS])
{
    int r = 0;
    for (size_t i = 0; i < TASKS && r == 0; i++)
        r = bench_peek(process->pid, &tasks[i].turns, &turns[i], sizeof(turns[i]));
    return r;
}

/* Have all tasks from `first` on had TURNS turns since `before`? */
static bool have_run(size_t first, const int before[TASKS], int now[TASKS])
{
    if (read_turns(now) < 0)
        return false;
    for (size_t i = first; i < TASKS; i++)
        if (now[i] < before[i] + TURNS)
            return false;
    return true;
}

static bool see_turns(struct bench *bench, unsigned sight, size_t first, const int before[TASKS])
{
    int now[TASKS] = {0};
    if (see_unreadable(bench, sight, read_turns(now)))
        return false;
    bool seen = until(bench, have_run(first, before, now));

    return see(bench, sight, seen, _("turns of the six tasks: %d %d %d %d %d %d"), now[0], now[1],
               now[2], now[3], now[4], now[5]);
}

static void see_threads(struct bench *bench, unsigned sight, int64_t count)
{
    int64_t found = 0;
    bool seen = until(bench, (found = observe_number(process->pid, "status", "Threads")) == count);

    (void)see(bench, sight, seen, "/proc/%d/status: Threads: %" PRId64, process->pid, found);
}

static void go_tasks(struct bench *bench)
{
    static const int none[TASKS];

    if (see_no_contexts(bench, 2) || pipe2(call, O_CLOEXEC) < 0)
        return;
    int64_t started;
    process = role_spawn(bench, "process", go_process);
    if (!role_receive(bench, process, &started))
        return;
    see_threads(bench, 0, 2);
    (void)see_turns(bench, 1, 0, none);
}

static pid_t sleeping_thread;

static void go_call(struct bench *bench)
{
    char text[256] = "";
    int before[TASKS] = {0};

    if (see_no_contexts(bench, 3))
        return;
    if (!is_broken(bench, 2))
        role_go(bench, process, 'c');
    (void)until(bench, (sleeping_thread = thread_in(bench, "pipe_read|pipe_wait", SYS_read, text,
                                                    sizeof(text))) > 0);
    (void)see(bench, 0, sleeping_thread > 0, "%s",
              sleeping_thread > 0 ? text : _("no thread sleeps in it"));
    see_threads(bench, 1, 3);
    (void)read_turns(before);
    (void)see_turns(bench, 2, 1, before);
}

static void go_return(struct bench *bench)
{
    char text[256] = "";
    int before[TASKS] = {0}, now[TASKS] = {0};
    pid_t idle = 0;

    if (see_no_contexts(bench, 3))
        return;
    int r = read_turns(before);
    if (bench->broken_step != 3 && write(call[1], "!", 1) < 0)
        return;
    if (!see_unreadable(bench, 0, r)) {
        bool seen = until(bench, have_run(0, before, now));
        (void)see(bench, 0, seen, _("turns of the first task: %d before, %d after"), before[0],
                  now[0]);
    }
    bool is_idle =
        until(bench, (idle = thread_in(bench, "futex", SYS_futex, text, sizeof(text))) > 0);
    (void)see(bench, 1, is_idle, "%s", is_idle ? text : _("no thread sleeps in it"));
    if (is_sight_broken(bench, 3, 3))
        (void)kill(process->pid, SIGKILL),
            (void)until_broken(bench, observe_number(process->pid, "status", "Threads") < 3);
    see_threads(bench, 2, 3);
}

#define MEMORY "process_vm_readv(2)"

const struct lab_experiment experiment_go_model = {
    .name = "go-model",
    .chapter = LAB_THREADS,
    .place = 7,
    .title = N_("Many tasks on few threads, as Go has them"),
    .question = N_("What does the kernel see of a program with thousands of user-level tasks?"),
    .roles = {{"process", N_("runs six tasks of its own (Go: G) on kernel threads (M)")}},
    .steps =
        {
            {
                .does = N_("A program has six tasks and one permission to run (Go calls it P; "
                           "GOMAXPROCS counts them). Whoever has it runs the tasks in turn."),
                .question = N_("How many threads does the kernel know?"),
                .choices = {N_("one for each task, and the first"),
                            N_("two: the first, and the one that runs the tasks")},
                .right = 1,
                .sees = {{N_("the process has two threads"), "/proc/PID/status Threads",
                          N_("a second thread is started for the tasks")},
                         {N_("all six tasks have had ten turns"), MEMORY,
                          N_("the third task never gives way")}},
                .explains = N_("Changing from task to task is a few instructions of the program; "
                               "the kernel has no part in it, and ps(1) and this screen show no "
                               "trace of it. A goroutine is such a task."),
                .manual = "makecontext(3)",
                .breaks = N_("the third task never gives way"),
                .run = go_tasks,
            },
            {
                .does = N_("The first task reads an empty pipe. Before the call it hands its "
                           "permission to another thread."),
                .question = N_("What do the other five tasks do?"),
                .choices = {N_("they wait: their thread sleeps"),
                            N_("they go on, on a new thread")},
                .right = 1,
                .sees = {{N_("a thread sleeps in pipe_read"), "/proc/TID/wchan",
                          N_("the task does not read")},
                         {N_("there is a third thread"), "/proc/PID/status Threads",
                          N_("the permission is kept during the call")},
                         {N_("the other five tasks have had ten more turns"), MEMORY,
                          N_("the permission is kept during the call")}},
                .explains = N_("The kernel puts threads to sleep, not tasks. Go's runtime does the "
                               "same when a system call takes long; a network read does not take "
                               "a thread there, since it waits in epoll."),
                .manual = "pthread_create(3)",
                .breaks = N_("the task does not read"),
                .run = go_call,
            },
            {
                .does = N_("A byte arrives, and the read returns."),
                .question = N_("What becomes of the thread that was asleep?"),
                .choices = {N_("it runs its task on, beside the new one"), N_("it ends"),
                            N_("it puts its task into the queue and waits")},
                .right = 2,
                .sees = {{N_("the first task gets its turns again"), MEMORY,
                          N_("no byte is written")},
                         {N_("a thread without permission sleeps in a futex"), "/proc/TID/wchan",
                          N_("no byte is written")},
                         {N_("there are still three threads"), "/proc/PID/status Threads",
                          N_("the process is ended")}},
                .explains = N_("So the number of threads follows the number of calls that sleep "
                               "at once, not GOMAXPROCS, which limits those that run Go code. It "
                               "has been the number of processors since Go 1.5, no longer 1."),
                .manual = "futex(7)",
                .breaks = N_("no byte is written"),
                .run = go_return,
            },
        },
    .reading = "makecontext(3), pthreads(7), futex(7)",
};
