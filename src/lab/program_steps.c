#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/lab/experiment.h"

/*
 * Which lines of src/lab/programs/NAME.c do what a step of the experiment does: those that hold
 * one of "a|b". NULL: none, the program leaves that step out. A program is one process's side of
 * the experiment or a shorter way to the same evidence, so this is its meaning; which lines a run
 * executes is lab/program_run.h's.
 */
static const struct {
    const char *name;
    const char *lines[LAB_STEPS_MAX];
} programs[] = {
    {"fork", {"pid_t pid = fork();", "number = 2;|parent: fork() returned"}},
    {"cow", {"write_all(memory, page);|pid_t pid = fork();", "long first = write_all", "again = "}},
    {"exec", {"open(\"/dev/null\"", "execv(program, arguments);", "int is_kept|int is_closed"}},
    {"layout", {"show(\"", "sbrk(65536) != before|char *after"}},
    {"isolation", {"value = 2;|from_child[0], &told", "parent: at|child:  at"}},
    {"boundary", {"MAP_FIXED, -1, 0);", "(void)*kernel;|write(ends[1]"}},
    {"vfork",
     {"long before = tables|memset(memory|long after = tables", "clone(borrow|variable = 42;"}},
    {"zombie", {"_exit(42);|waitid(", "kill(pid, SIGKILL);|char killed", "waitpid(pid|char gone"}},
    {"orphan",
     {"while (getppid()|pids[1] = getppid();|_exit(read(ready[0]", "_exit(write(answer[1]"}},
    {"subreaper", {"PR_SET_CHILD_SUBREAPER|_exit(0);|wait(&status)"}},
    {"zombie-orphan", {"_exit(42);|waitid(", "kill(parent, SIGKILL);", "waitpid(zombie"}},
    {"autoreap",
     {"signal(SIGCHLD, SIG_IGN);", "pid_t pid = fork();|_exit(42);|kill(pid, 0)", "waitpid(pid"}},
    {"daemon", {"pid_t first = fork();", "setsid();", "if (fork() > 0)|_exit(0);|told.parent"}},
    {"thread-zombie",
     {"pthread_create(|pthread_exit(NULL);|state_of_leader()) != 'Z'", "    _exit(0);"}},
    {"pidns",
     {"unshare(CLONE_NEWPID) < 0|pid_t first = fork();|pid_t second = fork();|numbers[0] =", NULL,
      "kill(first, SIGKILL);|ssize_t end"}},
    {"pid-reuse",
     {"pid_t pid = next_child();|growing += pid", NULL, "int handle|long after = syscall"}},
    {"states", {"'R'|'S'", "'D'|clone(", "'T'|raise(SIGSTOP);", "_exit(0);"}},
    {"stop", {"kill(pid, SIGSTOP);|WUNTRACED);", "kill(pid, SIGCONT);|WCONTINUED);"}},
    {"traced", {"PTRACE_TRACEME|char before", "kill(pid, SIGCONT);|char after", "PTRACE_CONT"}},
    {"disk-sleep",
     {"clone(sleep_long|int are_d", "kill(one, SIGUSR1);|int waits", NULL,
      "kill(two, SIGTERM);|waitpid(two"}},
    {"dispositions", {"signal(SIGTERM, handlers[i]);|handlers[])", "raise(SIGTERM);|waitpid(pid"}},
    {"uncatchable", {"sigaction(numbers[i]"}},
    {"mask", {"SIG_BLOCK|kill(getpid()|int waits", "SIG_UNBLOCK|delivered = number;"}},
    {"coalesce",
     {"SIG_BLOCK|kill(getpid()", "SIG_UNBLOCK|standard++;", "sigqueue(getpid()",
      "SIG_UNBLOCK|real_time++"}},
    {"order", {"kill(getpid(), sent[i]);|sigwaitinfo(", "kill(getpid(), sent[i]);|sigwaitinfo("}},
    {"sources",
     {"kill(getpid(), SIGUSR1);|siginfo_t user", NULL,
      "setitimer(|siginfo_t timer|_exit(0);|siginfo_t ended|write(ends[1]|siginfo_t broken"}},
    {"group", {"setpgid(pid, group);|kill(-leader|waitpid(member|left = waitpid"}},
    {"notify",
     {"signal(SIGUSR1, pass_on);|write(pipes[i][1]|SIGUSR1 once", "is_stopped[0] = 1;|once more",
      "SIG_BLOCK|signalfd(-1|ssize_t first"}},
    {"pipe",
     {NULL, "write(ends[1], \"ab\"|ssize_t together", "n = write(ends[1]|int full",
      "close(ends[1]);|ssize_t end", "close(ends[0]);|ssize_t broken"}},
    {"pipeline",
     {"pipe(ends) < 0|dup2(|pid_t pid = fork();", "execvp(|second = start",
      "second = start|read(ends[2]", "kill(target, found|waitpid(target"}},
    {"fifo",
     {"mkfifo(|int alone|int fd = open(path, O_WRONLY);",
      "fd = open(path, O_RDONLY);|read(fd|write(fd", NULL}},
    {"mqueue", {"msgget(|msgsnd(", "msgrcv(", "mq_send(|mq_receive("}},
    {"shm", {"*shared = *private", NULL}},
    {"semaphore",
     {"sem_wait(semaphore)|char state = state_of", "sem_post(semaphore);|sem_getvalue", NULL}},
    {"unix-socket",
     {"socketpair(|\"ping\"|\"pong\", 4", "O_NONBLOCK|int empty", "SO_PEERCRED, &peer"}},
    {"tcp",
     {"bind(listener|listen(listener|accept(", "connect(client|accept(",
      "\"hello\", 5|ssize_t partial|write(client, much|int is_full", "shutdown(|ssize_t end"}},
    {"socket-types",
     {"SOCK_STREAM, 64|send(|recv(ends", "SOCK_DGRAM, 64|send(|recv(ends",
      "SOCK_SEQPACKET, 1|send(|recv(ends", "SOCK_RAW, IPPROTO"}},
    {"tcp-life",
     {"&refused", "int empty|SOCK_NONBLOCK, &error|is_done = poll", "close(first);|ssize_t end",
      "close(server);", "SO_RCVTIMEO|int timed_out|SO_LINGER|int reset"}},
    {"race",
     {NULL, "plain = plain + 1;|twice(count_plain);", NULL,
      "pthread_mutex_lock(&mutex);|locked = locked + "
      "1;|pthread_mutex_unlock(&mutex);|twice(count_locked);"}},
    {"mutex",
     {"pthread_mutex_lock(&mutex);|char state = state_of", "pthread_mutex_unlock(&mutex);"}},
    {"rwlock",
     {"pthread_rwlock_rdlock(&lock);|a reader is inside",
      "pthread_rwlock_wrlock(&lock);|a writer is inside"}},
    {"condition",
     {"pthread_cond_wait(&ticket_given|pthread_cond_signal(&ticket_given);|give(1, 1)",
      "pthread_cond_broadcast(&ticket_given);|give(2, 3)"}},
    {"deadlock",
     {"lock_in_order(&orders|lock_in_order, "
      "|pthread_mutex_timedlock|pthread_barrier_wait(&both_hold_one);",
      "pthread_mutex_trylock|lock_with_back_off(&|lock_with_back_off, ", NULL}},
    {"atomic",
     {"&expected, 5|&expected, 9", "int one = atomic_load|atomic_store|int lost",
      "atomic_compare_exchange_strong(&number, &expected, expected",
      "expected, expected + 1|int expected = atomic_load|failures++"}},
    {"once", {"pthread_once(&once|runs++;", "ready = 1;|seen_ready += ready"}},
    {"waitgroup", {"static int left|--left == 0|pthread_cond_wait(", "pthread_cond_broadcast("}},
    {"channel",
     {NULL, NULL,
      "count == 2|pthread_cond_wait(&changed|values[count++]|send_value(i)|receive_value() =="}},
    {"select",
     {"count = select(|write(two[1]|ssize_t got", "close(one[1]); /*|poll(&end|ssize_t at_end"}},
    {"pool",
     {"made == 2|malloc(4096)|*second = get()", "put(second);|char *again",
      "char *buffer = get();|put(buffer);"}},
    {"livelock", {"handed++;|owner = 1 - me;|handed < 100", "insists = 1;|meals[me]++"}},
    {"starvation", {"PREFER_READER|pthread_rwlock_wrlock|tryrdlock", "PREFER_WRITER|tryrdlock"}},
    {"threads",
     {"pthread_create(&first|pthread_create(&second|told->tid|told->stack",
      "pthread_join(|pthread_cancel(", NULL}},
    {"thread-models", {"pthread_create(|int known", "swapcontext(|threads_meanwhile = ", NULL}},
    {"switches",
     {"burn();|for (volatile|ru_nivcsw - before.ru_nivcsw < 10", "usleep(100);|long voluntary"}},
    {"priority", {"setpriority(|start(processor, 0)|first = ran|second = ran", NULL}},
    {"modes", {"for (volatile|.user - start.user < 0.2", "read(zero|.system - start.system < 0.2"}},
    {"affinity", {"pin(processors[0]);|int first", "pin(processors[1]);|int second"}},
    {"go-model",
     {"pthread_mutex_lock(&permission);|swapcontext(|task = queue[|queue[put++ % 3] = task",
      "pthread_mutex_unlock(&permission); |pthread_create(&thread, NULL, machine, "
      "NULL);|read(call[0]",
      "write(call[1]|tasks[0].turns < 100"}},
    {"freeze",
     {"\"cgroup.procs\"|\"cgroup.events\"|frozen 1", "kill(worker, SIGTERM);|long ran|pid_t ended",
      "THAWED|waitpid(worker, &status", NULL}},
    {"scheduler",
     {"SYS_perf_event_open|struct record *record|turns[(pid_t)|taken +=|ran for", NULL, NULL,
      NULL}},
    {"quota", {"cpu.max|cpu.cfs|throttled = strtol|runnable +=", NULL}},
    {"demand",
     {"char *memory = mmap|sizes(&size[1]",
      "memory[i * page] = 1;|sizes(&size[2]|minor faults while"}},
    {"swap", {"MADV_PAGEOUT);|uint64_t out", "char value|uint64_t in"}},
    {"hugepage", {"2 * HUGE, MADV_HUGEPAGE|MADV_COLLAPSE) < 0|long after", NULL}},
    {"fault",
     {"long first|(void)memory[i];", "madvise(mapped|posix_fadvise(|mincore(|touch(mapped",
      "mprotect(|long forbidden", "munmap(|long unmapped"}},
    {"oom", {"memory.max|memset(memory|waitpid(greedy|long kills", NULL, NULL}},
};

/* Does the line hold one of "a|b"? */
static bool holds_one(const char *line, size_t length, const char *words)
{
    while (words) {
        const char *bar = strchr(words, '|');
        size_t size = bar ? (size_t)(bar - words) : strlen(words);
        if (size > 0 && memmem(line, length, words, size))
            return true;
        words = bar ? bar + 1 : NULL;
    }
    return false;
}

bool lab_program_line_is_of(const char *name, unsigned step, const char *line, size_t length)
{
    for (size_t i = 0; i < ELEMENTS(programs); i++)
        if (strcmp(programs[i].name, name) == 0)
            return step < LAB_STEPS_MAX && holds_one(line, length, programs[i].lines[step]);
    return false;
}
