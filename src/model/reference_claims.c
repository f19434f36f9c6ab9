#include "reference_tables.h"

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

/*
 * What is often said of processes and is wrong, or was true once: what is so, since when, and
 * where it can be seen.
 */
static const struct reference_text claims[] = {
    {.name = "init is its own parent",
     .title = N_("no: the parent of PID 1 is 0"),
     .meaning = N_("Field 4 of /proc/1/stat is 0: PID 1 was started by the kernel's first task "
                   "(swapper, PID 0), which has no entry in /proc. Only that task is its own "
                   "parent. The init of another PID namespace shows 0 inside it too."),
     .origin = "/proc/1/stat field 4",
     .manual = "proc(5)",
     .aliases = "parent of init|who is the parent of init|init是自己的父进程",
     .lab = "pidns"},
    {.name = "D cannot be killed",
     .title = N_("in part: many of these waits end on SIGKILL"),
     .meaning = N_("A wait in D ignores signals that are caught. Since Linux 2.6.25 there are "
                   "killable waits, which show D as well and end on a fatal signal: network file "
                   "systems and vfork(2) use them. reaptop why tells which kind it is."),
     .origin = "/proc/PID/stat field 3",
     .manual = "signal(7)",
     .aliases =
         "D is unkillable|uninterruptible means unkillable|D state cannot be killed|D状态杀不死",
     .lab = "disk-sleep"},
    {.name = "all orphans go to init",
     .title = N_("not since Linux 3.4: a subreaper among the ancestors comes first"),
     .meaning = N_("A process that called prctl(PR_SET_CHILD_SUBREAPER) adopts the orphans below "
                   "it. Service managers, container runtimes and desktop sessions do, so the PPID "
                   "of an orphan is seldom 1."),
     .origin = "/proc/PID/stat field 4",
     .manual = "prctl(2)",
     .aliases = "orphans are adopted by init|orphans go to init|孤儿进程由init收养",
     .lab = "subreaper"},
    {.name = "a detached child goes to X",
     .title = N_("no: it is adopted and lives on"),
     .meaning = N_("A child that leaves its session and executes another program keeps its state, "
                   "R or S. X is the moment in which a dead process is taken away; it lasts "
                   "microseconds, and hardly anybody sees it."),
     .origin = "/proc/PID/stat field 3",
     .manual = "proc(5)",
     .aliases =
         "a detached child that execs goes to X|detached child|detached process|X is a detached "
         "process|dead state|X state|X状态",
     .lab = "states"},
    {.name = "SIGKILL removes a zombie",
     .title = N_("no: it is dead already"),
     .meaning = N_("A zombie has ended; only its entry is left, until its parent waits. Make the "
                   "parent wait (SIGCHLD may remind it) or end the parent: the adopter waits."),
     .origin = "/proc/PID/stat field 3",
     .manual = "wait(2)",
     .aliases = "kill -9 zombie|kill a zombie|杀死僵尸进程",
     .lab = "zombie"},
    {.name = "zombies use memory",
     .title = N_("next to none: their memory is gone before they are Z"),
     .meaning = N_("What is left is one entry of the process table, with the exit status, and its "
                   "PID. Resident memory is 0; a limit on processes still counts it."),
     .origin = "/proc/PID/status",
     .manual = "wait(2)",
     .aliases = "zombie memory|僵尸进程占用内存",
     .lab = "zombie"},
    {.name = "an ignored SIGCHLD leaves zombies",
     .title = N_("not on Linux: such children are reaped by the kernel"),
     .meaning =
         N_("POSIX.1-1990 left it open; since POSIX.1-2001, and on Linux since 2.6, ignoring "
            "SIGCHLD means that children leave no zombie and wait(2) fails with ECHILD at their "
            "end. The default action, which does nothing either, still leaves them."),
     .origin = "wait(2)",
     .manual = "wait(2)",
     .aliases = "SIGCHLD ignored|SIG_IGN SIGCHLD|忽略SIGCHLD",
     .lab = "autoreap"},
    {.name = "all system calls are atomic",
     .title = N_("no: many are done in part, or interrupted"),
     .meaning =
         N_("write(2) may take fewer bytes than were given, read(2) returns what is there, and a "
            "signal ends a sleep with EINTR. Promised are single things: writes of up to PIPE_BUF "
            "(4096) bytes to a pipe do not mix, and O_APPEND places each write at the end."),
     .origin = "write(2)",
     .manual = "pipe(7)",
     .aliases = "system calls are atomic|syscalls are atomic|atomic system call|系统调用是原子的",
     .lab = "fifo"},
    {.name = "datagrams go one way",
     .title = N_("no: both sides send and receive"),
     .meaning =
         N_("SOCK_DGRAM keeps boundaries and has no connection; that is all. A pair from "
            "socketpair(2), or two bound sockets, talk in both directions. One-way is a pipe."),
     .origin = "/proc/net/udp",
     .manual = "socket(2)",
     .aliases =
         "datagram one way|datagrams are unidirectional|datagram is unidirectional|数据报是单向的",
     .lab = "socket-types"},
    {.name = "O(1) scheduler",
     .title = N_("gone since Linux 2.6.23"),
     .meaning = N_("Its two arrays, active and expired, were Linux 2.6.0 to 2.6.22. CFS followed, "
                   "a tree ordered by virtual run time, and since 6.6 EEVDF, which also weighs "
                   "deadlines. Shares follow from the weight of each nice value."),
     .origin = "/proc/PID/sched",
     .manual = "sched(7)",
     .aliases = "active and expired arrays|O(1)|expired array|active array|O(1)调度器",
     .lab = "scheduler"},
    {.name = "GOMAXPROCS is 1",
     .title = N_("not since Go 1.5"),
     .meaning =
         N_("Until 2015 a Go program ran on one processor at a time unless told otherwise. Since "
            "then it is the number of processors, and since Go 1.25 the limit of its cgroup where "
            "that is lower. Threads that are blocked in a system call do not count."),
     .origin = "/proc/PID/status Threads",
     .manual = "sched(7)",
     .aliases = "GOMAXPROCS 1|GOMAXPROCS=1|GOMAXPROCS default",
     .lab = "go-model"},
    {.name = "fork copies the memory",
     .title = N_("it copies the page table; pages only when written to"),
     .meaning = N_("Parent and child share the frames, marked so that a write faults and copies. "
                   "Large processes still fork slowly, because the page tables are copied: that is "
                   "what vfork(2) and posix_spawn(3) avoid."),
     .origin = "/proc/PID/pagemap bit 56",
     .manual = "fork(2)",
     .aliases = "fork copies everything|fork is slow|fork复制内存",
     .lab = "cow"},
    {.name = "the last owner copies too",
     .title = N_("no: whoever is left alone writes to the same frame"),
     .meaning = N_("After the other process has left or has its own copy, a write is a minor fault "
                   "that only gives back the right to write. Since Linux 5.19 the kernel keeps a "
                   "mark for it. Bit 56 of pagemap says that nobody else maps the frame."),
     .origin = "/proc/PID/pagemap bit 56",
     .manual = "proc(5)",
     .aliases = "copy on write copies twice|last owner|写时复制复制两次",
     .lab = "cow"},
    {.name = "the child runs first",
     .title = N_("no order is promised, and none was ever to be relied on"),
     .meaning = N_("Linux has changed it more than once. Parent and child are two tasks of the "
                   "scheduler and may run at the same time on two processors. Use a pipe, a signal "
                   "or wait(2) for an order."),
     .origin = "fork(2)",
     .manual = "fork(2)",
     .aliases = "child runs first|parent runs first|父进程先运行|子进程先运行",
     .lab = "fork"},
    {.name = "R means on a processor",
     .title = N_("it means: able to run"),
     .meaning =
         N_("R is shown of a task that runs and of one that waits for a processor. At most as many "
            "run as there are processors. /proc/PID/schedstat has the time spent waiting."),
     .origin = "/proc/PID/stat field 3",
     .manual = "proc(5)",
     .aliases = "running means on cpu|R is running|R表示正在运行",
     .lab = "states"},
    {.name = "signals are queued",
     .title = N_("real-time ones are; standard ones count once"),
     .meaning = N_(
         "Of a standard signal (1 to 31) that is pending already another one is dropped. Real-time "
         "signals (34 to 64) are queued each with its value, up to a limit for each user."),
     .origin = "/proc/PID/status SigQ",
     .manual = "signal(7)",
     .aliases = "signals get lost|信号排队",
     .lab = "coalesce"},
    {.name = "SIGKILL ends at once",
     .title = N_("as soon as the task can take it"),
     .meaning = N_("Nothing can catch it, but a task in an uninterruptible wait dies when that "
                   "ends, one in a frozen v1 cgroup when it is thawed, and the init of a PID "
                   "namespace is not touched from inside. In a v2 cgroup a frozen task dies."),
     .origin = "/proc/PID/status ShdPnd",
     .manual = "signal(7)",
     .aliases = "kill -9 always works|SIGKILL always works|kill -9一定有效",
     .lab = "freeze"},
    {.name = "each thread has a PID",
     .title = N_("in ps(1) no: not since Linux 2.6"),
     .meaning = N_("LinuxThreads (until 2003) gave each thread a process of its own. With NPTL all "
                   "threads share one PID, the thread group's, and each has a TID in "
                   "/proc/PID/task. getpid(2) says the first, gettid(2) the second."),
     .origin = "/proc/PID/task",
     .manual = "pthreads(7)",
     .aliases = "LinuxThreads|threads have PIDs|每个线程有一个PID",
     .lab = "threads"},
    {.name = "fork copies all threads",
     .title = N_("no: only the one that called it"),
     .meaning =
         N_("The child has one thread. Locks that others held stay locked in it for ever, so it "
            "should call only what is safe in a signal handler until it executes another program."),
     .origin = "/proc/PID/status Threads",
     .manual = "fork(2)",
     .aliases = "fork in a threaded program|fork复制所有线程",
     .lab = "threads"},
    {.name = "a mutex always calls the kernel",
     .title = N_("no: only when somebody must wait"),
     .meaning = N_("Since Linux 2.6 a lock is a number in the program's own memory. Taking a free "
                   "one is a compare-and-swap; futex(2) is called to sleep and to wake sleepers."),
     .origin = "/proc/PID/wchan",
     .manual = "futex(7)",
     .aliases = "mutexes are system calls|locks are system calls|互斥锁总要进入内核",
     .lab = "mutex"},
    {.name = "malloc uses memory",
     .title = N_("it reserves addresses; touching uses memory"),
     .meaning = N_("Virtual size grows with the call, resident size with the first touch of each "
                   "page, a minor fault each. free(3) may keep pages for the next malloc(3)."),
     .origin = "/proc/PID/statm",
     .manual = "malloc(3)",
     .aliases = "malloc allocates memory|VIRT is memory use|malloc分配物理内存",
     .lab = "demand"},
    {.name = "PIDs end at 32768",
     .title = N_("that is an old default"),
     .meaning = N_(
         "kernel.pid_max may be up to 4194304 on 64-bit machines, and often is. Numbers count "
         "upward and wrap, so the same number comes back later, and sooner where there are few."),
     .origin = "/proc/sys/kernel/pid_max",
     .manual = "proc(5)",
     .aliases = "maximum PID|largest PID|pid_max 32768|最大PID",
     .lab = "pid-reuse"},
    {.name = "swapping moves whole processes",
     .title = N_("no: single pages"),
     .meaning = N_("Unix once wrote whole processes out. Linux takes pages that were not used "
                   "lately, of whatever process; pagemap shows which (bit 62). Pages of files are "
                   "dropped or written back, not swapped."),
     .origin = "/proc/PID/pagemap bit 62",
     .manual = "proc(5)",
     .aliases = "processes are swapped out|swapped out process|整个进程被换出",
     .lab = "swap"},
    {.name = "kernel threads are children of init",
     .title = N_("not since Linux 2.6.22: of kthreadd"),
     .meaning =
         N_("PID 2, kthreadd, starts them; PID 1 and PID 2 are both children of PID 0. Where the "
            "kernel's threads are not visible, as in a PID namespace, there is neither."),
     .origin = "/proc/2/stat",
     .manual = "proc(5)",
     .aliases = "parent of kernel threads|内核线程的父进程",
     .lab = "states"},
    {.name = "a context switch empties the TLB",
     .title = N_("not always: entries may carry a tag"),
     .meaning = N_("On x86 the kernel uses such tags (PCID) since Linux 4.14, and arm64 has had "
                   "them from the start. Threads of one process share the address space, so a "
                   "switch among them changes nothing there."),
     .origin = "/proc/PID/status voluntary_ctxt_switches",
     .manual = "sched(7)",
     .aliases = "context switch flushes the TLB|TLB flush|上下文切换清空TLB",
     .lab = "switches"},
    {.name = "a daemon must fork twice",
     .title = N_("only where nobody else starts it"),
     .meaning = N_("Twice, with setsid(2) between, leaves terminal and session for good. A service "
                   "manager starts daemons with neither, and prefers that they stay in the "
                   "foreground and do not fork at all."),
     .origin = "/proc/PID/stat fields 4 to 7",
     .manual = "daemon(3)",
     .aliases = "double fork|daemons fork twice|守护进程必须fork两次",
     .lab = "daemon"},
};

struct reference_table reference_claims(void)
{
    return (struct reference_table){claims, ELEMENTS(claims)};
}
