#include "reference_tables.h"

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

/*
 * More words of a course: what lies below processes (programs, the processor) and what lectures
 * teach beside Linux (orders of scheduling, conditions of a deadlock). Where Linux does it another
 * way, the text says so.
 */
static const struct reference_text textbook[] = {
    /* ---- programs ---- */
    {.name = "program",
     .title = N_("a file that can be executed"),
     .meaning = N_("A program lies on the disk, most often in the ELF format, and does nothing; a "
                   "process is one run of it. Many processes can run one program, and execve(2) "
                   "changes a process's program."),
     .origin = "/proc/PID/exe",
     .manual = "elf(5)",
     .aliases = "executable|binary|ELF|program image|程序|可执行文件",
     .lab = "exec"},
    {.name = "loader",
     .title = N_("what makes a file into memory"),
     .meaning = N_("The kernel maps the program and the dynamic linker that it names, ld.so(8), "
                   "which then maps the libraries and fills in their addresses before main()."),
     .origin = "/proc/PID/maps",
     .manual = "execve(2), ld.so(8)",
     .aliases = "dynamic linker|ld.so|dynamic loader|shared library|动态链接器|装入程序|共享库",
     .lab = "layout"},
    {.name = "shebang",
     .title = N_("#!: the program that runs a script"),
     .meaning = N_("A file that begins with #! is executed by running the interpreter named behind "
                   "it, with the file as an argument. /proc/PID/exe shows the interpreter."),
     .origin = "/proc/PID/exe",
     .manual = "execve(2)",
     .aliases = "#!|interpreter|script|解释器|脚本",
     .lab = "exec"},
    {.name = "working directory",
     .title = N_("where relative paths begin"),
     .meaning = N_("fork(2) passes it on, execve(2) keeps it, chdir(2) changes it. A file system "
                   "that holds somebody's working directory cannot be unmounted."),
     .origin = "/proc/PID/cwd",
     .manual = "chdir(2)",
     .aliases = "current directory|current working directory|工作目录|当前目录"},
    {.name = "environment variable",
     .title = N_("NAME=VALUE, passed on by execve(2)"),
     .meaning = N_("A process gets a copy of its parent's environment and can change its own "
                   "only. /proc/PID/environ shows what it was at the exec."),
     .origin = "/proc/PID/environ",
     .manual = "environ(7)",
     .aliases = "environment variables|env|setenv|getenv|环境变量",
     .lab = "exec"},
    {.name = "auxiliary vector",
     .title = N_("what the kernel tells a new program"),
     .meaning = N_("Numbers behind the environment on the new stack: the page size, where the vDSO "
                   "is, whether the program gained privileges."),
     .origin = "/proc/PID/auxv",
     .manual = "getauxval(3)",
     .aliases = "auxv|aux vector|辅助向量",
     .lab = "layout"},
    {.name = "chroot",
     .title = N_("another root directory"),
     .meaning = N_("It changes what / means to a process, and no more: it is no container, and "
                   "root can leave it. Mount namespaces do it better."),
     .origin = "/proc/PID/root",
     .manual = "chroot(2)",
     .aliases = "root directory|pivot_root|根目录"},
    {.name = "start time",
     .title = N_("when the process was forked"),
     .meaning = N_("In clock ticks since the machine started. Together with the PID it tells one "
                   "process from a later one of the same number, unless both were born within "
                   "one tick. execve(2) keeps it."),
     .origin = "/proc/PID/stat field 22",
     .manual = "proc(5)",
     .aliases = "start_time|starttime|START|STIME|启动时间",
     .lab = "exec"},
    {.name = "fork bomb",
     .title = N_("children that fork children without end"),
     .meaning = N_("The table of PIDs or the memory fills up. RLIMIT_NPROC bounds the processes of "
                   "a user, pids.max those of a control group. Stop them all (SIGSTOP) before "
                   "killing: each one that dies makes room for another."),
     .origin = "/proc/PID/limits",
     .manual = "getrlimit(2), cgroups(7)",
     .aliases = "pids.max|叉子炸弹|fork炸弹"},

    /* ---- kernel and processor ---- */
    {.name = "kernel",
     .title = N_("the program that runs all others"),
     .meaning = N_("It alone runs in kernel mode. Linux is monolithic: drivers and file systems "
                   "are in the kernel; a microkernel has them as processes. If PID 1 ends, the "
                   "kernel stops everything (panic)."),
     .manual = "syscalls(2)",
     .aliases = "monolithic kernel|microkernel|operating system|OS|kernel panic|panic|内核|宏内核|"
                "微内核|操作系统",
     .lab = "boundary"},
    {.name = "processor",
     .title = N_("what executes instructions"),
     .meaning = N_("Linux counts each thing that can run a thread as a processor, a CPU: several "
                   "cores in a chip, and two in a core with hyper-threading. All of them use one "
                   "memory (SMP) and one run of the kernel."),
     .origin = "/proc/cpuinfo",
     .manual = "sched_setaffinity(2)",
     .aliases = "CPU|CPU core|multicore|multiprocessor|SMP|hyper-threading|hyperthreading|"
                "SMT|处理器|处理机|多处理器|多核|核",
     .lab = "affinity"},
    {.name = "register",
     .title = N_("the processor's own memory"),
     .meaning = N_("A few words that instructions work on: among them the program counter (where "
                   "the next instruction is) and the stack pointer. A context switch saves those "
                   "of one task and loads those of another."),
     .origin = "/proc/PID/syscall",
     .manual = "ptrace(2)",
     .aliases = "registers|program counter|instruction pointer|stack pointer|PC|寄存器|程序计数器|"
                "栈指针",
     .lab = "switches"},
    {.name = "kernel stack",
     .title = N_("the stack of a thread inside the kernel"),
     .meaning = N_("Each thread has a small one (16 KiB on x86-64) for its system calls and "
                   "faults. Where it sleeps in there is its wchan."),
     .origin = "/proc/PID/stack",
     .manual = "proc(5)",
     .aliases = "内核栈",
     .lab = "pipe"},
    {.name = "exception",
     .title = N_("an instruction that the processor cannot finish"),
     .meaning = N_("Unlike an interrupt it comes from the program itself: a page fault, a division "
                   "by zero, a breakpoint. The kernel mends it and lets the instruction run "
                   "again, or sends the thread a signal."),
     .manual = "signal(7)",
     .aliases = "processor exception|software interrupt|trap gate|异常|软件中断",
     .lab = "fault"},
    {.name = "clock tick",
     .title = N_("the timer interrupt, and a unit of time"),
     .meaning = N_("The kernel's timer interrupts HZ times a second (100 to 1000) where a "
                   "processor is busy; an idle one has none (tickless). Files in /proc count in "
                   "ticks of USER_HZ, 100 a second, whatever HZ is."),
     .origin = "/proc/PID/stat fields 14, 15 and 22",
     .manual = "time(7)",
     .aliases = "tick|ticks|jiffy|jiffies|HZ|USER_HZ|CLK_TCK|tickless|时钟滴答|时钟节拍|节拍",
     .lab = "modes"},
    {.name = "cache line",
     .title = N_("what processors fetch and own at once"),
     .meaning = N_("64 bytes most often. If two processors write to different words of one line, "
                   "it wanders between them: false sharing. The result is right, and late."),
     .origin = "/sys/devices/system/cpu/cpu0/cache",
     .manual = "sysconf(3)",
     .aliases = "cache|CPU cache|false sharing|cache coherence|缓存行|伪共享|高速缓存|缓存",
     .lab = "race"},
    {.name = "NUMA",
     .title = N_("memory that is nearer to some processors"),
     .meaning = N_("Each node has processors and memory. A page is most often taken from the node "
                   "of whoever touches it first; a task that moves away then reads from afar."),
     .origin = "/proc/PID/numa_maps",
     .manual = "numa(7)",
     .aliases = "NUMA node|non-uniform memory access|非统一内存访问",
     .lab = "affinity"},

    /* ---- memory ---- */
    {.name = "private mapping",
     .title = N_("MAP_PRIVATE: writes stay with the process"),
     .meaning = N_("The first write to a page makes a copy. In a shared mapping (MAP_SHARED) all "
                   "who map it see the write, and so does the file behind it. In maps the "
                   "fourth letter is p or s."),
     .origin = "/proc/PID/maps",
     .manual = "mmap(2)",
     .aliases = "MAP_PRIVATE|MAP_SHARED|shared mapping|file mapping|memory-mapped file|mapped file|"
                "私有映射|共享映射|内存映射文件",
     .lab = "shm"},
    {.name = "malloc",
     .title = N_("the C library's memory, not the kernel's"),
     .meaning = N_("malloc(3) gives out pieces of the heap (brk(2)) and of mappings (mmap(2)). "
                   "free(3) keeps most of it for the next malloc, so the process seldom becomes "
                   "smaller."),
     .origin = "/proc/PID/maps",
     .manual = "malloc(3)",
     .aliases = "free|calloc|realloc|allocator|memory allocation|动态内存|内存分配",
     .lab = "layout"},
    {.name = "stack overflow",
     .title = N_("a stack that runs into its guard page"),
     .meaning = N_("The main thread's stack grows up to RLIMIT_STACK; the kernel keeps a gap below "
                   "it. Another's does not grow: below it lies a page without permissions. "
                   "Touching either is a SIGSEGV."),
     .origin = "/proc/PID/limits",
     .manual = "getrlimit(2)",
     .aliases = "guard page|stack guard|stack limit|栈溢出|保护页",
     .lab = "fault"},
    {.name = "bus error",
     .title = N_("SIGBUS: the mapping is there, its data is not"),
     .meaning = N_("Most often a file was cut shorter than its mapping, or its disk failed. "
                   "SIGSEGV means that there is no mapping, or no permission."),
     .manual = "mmap(2), signal(7)",
     .aliases = "SIGBUS error|总线错误"},
    {.name = "page replacement",
     .title = N_("which page has to go"),
     .meaning = N_("When frames become scarce the kernel takes those that were not used for long: "
                   "about least recently used (LRU), from lists of active and inactive pages. "
                   "Clean pages of files are dropped, others written to swap; "
                   "/proc/sys/vm/swappiness is the taste."),
     .origin = "/proc/meminfo Active, Inactive",
     .manual = "proc(5)",
     .aliases = "LRU|least recently used|page eviction|reclaim|page reclaim|swappiness|kswapd|"
                "页面置换|页面置换算法|最近最少使用",
     .lab = "swap"},
    {.name = "madvise",
     .title = N_("advice to the kernel about pages"),
     .meaning = N_("MADV_DONTNEED gives frames back, MADV_PAGEOUT writes them out, MADV_HUGEPAGE "
                   "asks for huge ones, MADV_WILLNEED reads ahead."),
     .manual = "madvise(2)",
     .aliases = "MADV_DONTNEED|MADV_PAGEOUT",
     .lab = "swap"},
    {.name = "mlock",
     .title = N_("pages that must stay in memory"),
     .meaning = N_("They are never written to swap: for secrets, and for what must not wait for a "
                   "disk. VmLck counts them; RLIMIT_MEMLOCK bounds them."),
     .origin = "/proc/PID/status VmLck",
     .manual = "mlock(2)",
     .aliases = "mlockall|locked memory|pinned memory|VmLck|锁定内存"},
    {.name = "overcommit",
     .title = N_("more memory promised than there is"),
     .meaning = N_("Most of what is mapped is never touched, so the kernel promises more than it "
                   "has; /proc/sys/vm/overcommit_memory says how much. If all of it is wanted, "
                   "the OOM killer ends a process."),
     .origin = "/proc/meminfo Committed_AS",
     .manual = "proc(5)",
     .aliases = "overcommit_memory|Committed_AS|memory overcommit|过度承诺|内存超额",
     .lab = "demand"},
    {.name = "segmentation",
     .title = N_("memory in pieces of a meaning, not in pages"),
     .meaning = N_("A course's other way to manage memory: a segment each for code, data and "
                   "stack, with base and limit. Linux uses paging; on x86-64 segments are left "
                   "for thread-local storage. Only the name of SIGSEGV remains."),
     .origin = "/proc/PID/maps",
     .manual = "arch_prctl(2)",
     .aliases = "segment|segment register|分段|段式存储|段",
     .lab = "layout"},
    {.name = "ASLR",
     .title = N_("other addresses in each run"),
     .meaning = N_("Address space layout randomisation: execve(2) puts stack, heap, mappings and "
                   "most programs at random places, so that an attacker cannot guess them. "
                   "/proc/sys/kernel/randomize_va_space switches it off."),
     .origin = "/proc/PID/maps",
     .manual = "proc(5)",
     .aliases = "address space layout randomization|address space layout randomisation|"
                "randomize_va_space|PIE|地址空间布局随机化|地址空间随机化",
     .lab = "layout"},
    {.name = "%MEM",
     .title = N_("a column of ps and top: RES by all of RAM"),
     .meaning = N_("Shared pages count in each process that maps them, so the column may add up "
                   "to more than 100. PSS divides them."),
     .origin = "/proc/PID/statm, /proc/meminfo MemTotal",
     .manual = "ps(1)",
     .aliases = "MEM%|mem_percent|memory usage|内存使用率",
     .lab = "shm"},

    /* ---- scheduling ---- */
    {.name = "fair share",
     .title = N_("each gets what its weight is of all weights"),
     .meaning = N_("CFS, and EEVDF since Linux 6.6, count each task's run time divided by its "
                   "weight, its virtual run time; who has least of it, or is owed most, runs next. "
                   "The weight follows from the nice value."),
     .origin = "/proc/PID/sched se.vruntime",
     .manual = "sched(7)",
     .aliases = "vruntime|virtual runtime|fairness|fair scheduling|fair queuing|虚拟运行时间|"
                "公平调度|完全公平调度",
     .lab = "scheduler"},
    {.name = "round robin",
     .title = N_("a slice for each in turn"),
     .meaning = N_("Whose slice is over goes to the end of the queue. Linux does this among "
                   "SCHED_RR tasks of one priority; sched_rr_get_interval(2) tells the slice. "
                   "Ordinary tasks take turns too, by their weights."),
     .origin = "/proc/PID/stat field 41",
     .manual = "sched(7)",
     .aliases = "round-robin scheduling|RR|时间片轮转|轮转法|时间片轮转调度",
     .lab = "scheduler"},
    {.name = "first come, first served",
     .title = N_("who came first runs until it waits"),
     .meaning = N_("Simple, and a long job holds up all short ones. Linux has it as SCHED_FIFO, "
                   "within one real-time priority."),
     .origin = "/proc/PID/stat field 41",
     .manual = "sched(7)",
     .aliases = "FCFS|first come first served|FIFO scheduling|convoy effect|先来先服务|先到先服务",
     .lab = "priority"},
    {.name = "shortest job first",
     .title = N_("the least average waiting, if one knew"),
     .meaning = N_("Nobody knows how long a job will take, so Linux does not do it. Its nearest "
                   "kin is that who slept much runs soon after waking."),
     .manual = "sched(7)",
     .aliases = "SJF|shortest remaining time|shortest remaining time first|SRTF|短作业优先|"
                "最短作业优先|最短剩余时间优先",
     .lab = "scheduler"},
    {.name = "multilevel feedback queue",
     .title = N_("who uses up its slices sinks"),
     .meaning = N_("Queues of falling priority and growing slices; jobs that wait rise. Other "
                   "systems schedule so. Linux had something like it until 2.6.22; since "
                   "2.6.23 it shares by weight."),
     .manual = "sched(7)",
     .aliases = "MLFQ|multi-level feedback queue|multilevel queue|feedback queue|多级反馈队列|"
                "多级队列",
     .lab = "scheduler"},
    {.name = "turnaround time",
     .title = N_("from the start of a job to its end"),
     .meaning = N_("Waiting time is the part of it in the run queue (schedstat's second number), "
                   "response time that until the first answer, throughput the jobs that end in a "
                   "second. What helps one often costs another."),
     .origin = "/proc/PID/schedstat",
     .manual = "sched(7)",
     .aliases =
         "waiting time|response time|latency|throughput|scheduling latency|周转时间|等待时间|"
         "响应时间|吞吐量|延迟",
     .lab = "scheduler"},
    {.name = "CPU-bound",
     .title = N_("its speed is the processor's"),
     .meaning = N_("It computes and loses the processor against its will; an I/O-bound task mostly "
                   "waits, and gives it up of its own accord. The two counts of context switches "
                   "tell them apart."),
     .origin = "/proc/PID/status voluntary_ctxt_switches",
     .manual = "getrusage(2)",
     .aliases = "CPU bound|compute-bound|I/O-bound|I/O bound|IO bound|interactive|"
                "interactive process|CPU密集型|IO密集型|I/O密集型|交互式",
     .lab = "switches"},
    {.name = "iowait",
     .title = N_("idle, while a task waits for a disk"),
     .meaning = N_("A processor's time is counted as such if it had nothing to run and a task that "
                   "last ran on it waits for a block device. It is a kind of idle, and no measure "
                   "of the disk's load."),
     .origin = "/proc/stat",
     .manual = "proc(5)",
     .aliases = "wa|I/O wait|IO wait|等待I/O"},
    {.name = "hung task",
     .title = N_("in D for more than 120 seconds"),
     .meaning = N_("The kernel's khungtaskd looks for tasks that slept in D for long and writes "
                   "\"blocked for more than 120 seconds\" and their stack to the log. It ends "
                   "nobody."),
     .origin = "/dev/kmsg",
     .manual = "proc(5)",
     .aliases = "khungtaskd|blocked for more than 120 seconds|watchdog|soft lockup|看门狗",
     .lab = "disk-sleep"},
    {.name = "timer",
     .title = N_("a signal, or a readable descriptor, at a time"),
     .meaning = N_("alarm(2) and setitimer(2) send SIGALRM, a timer of setitimer(2) that counts "
                   "processor time SIGVTALRM or SIGPROF; timer_create(2) sends what one asks "
                   "for; timerfd_create(2) makes a descriptor readable."),
     .origin = "/proc/PID/timers",
     .manual = "timer_create(2)",
     .aliases = "alarm|setitimer|itimer|timer_create|timerfd|定时器|闹钟",
     .lab = "sources"},

    /* ---- synchronising ---- */
    {.name = "synchronisation",
     .title = N_("order between flows that run at once"),
     .meaning = N_("Mutual exclusion (one at a time) and waiting for something to become true: "
                   "locks, semaphores, condition variables, channels, join. Without it the result "
                   "depends on who comes first."),
     .manual = "pthreads(7)",
     .aliases = "synchronization|synchronizing|sync|process synchronization|thread synchronization|"
                "同步|进程同步|线程同步",
     .lab = "mutex"},
    {.name = "deadlock conditions",
     .title = N_("four, and one less is enough to be safe"),
     .meaning = N_("Mutual exclusion, hold and wait, no preemption, and a circle of waiting. "
                   "Trying and backing off breaks the second, a fixed order the last."),
     .manual = "pthreads(7)",
     .aliases = "Coffman conditions|circular wait|hold and wait|deadlock prevention|lock ordering|"
                "死锁条件|死锁的必要条件|循环等待|占有并等待|死锁预防",
     .lab = "deadlock"},
    {.name = "banker's algorithm",
     .title = N_("grant only what leaves a safe order"),
     .meaning = N_("If all say beforehand what they may want at most, a request is granted only if "
                   "all can still end in some order. Nobody knows that beforehand, so "
                   "kernels do not do it: they fix the order of their locks."),
     .manual = "pthreads(7)",
     .aliases = "bankers algorithm|deadlock avoidance|safe state|银行家算法|死锁避免|安全状态",
     .lab = "deadlock"},
    {.name = "dining philosophers",
     .title = N_("five, with five forks, and each needs two"),
     .meaning = N_("If each takes the left fork first, all wait for ever: a deadlock. If all put "
                   "it back and try again together, a livelock. One who takes the right fork "
                   "first breaks the circle."),
     .manual = "pthreads(7)",
     .aliases = "dining philosophers problem|philosophers|哲学家就餐|哲学家就餐问题|哲学家进餐",
     .lab = "deadlock"},
    {.name = "lock-free",
     .title = N_("somebody always gets on"),
     .meaning = N_("Threads read, compute, and write by compare-and-swap; who fails tries again. "
                   "Wait-free means that each gets on within a bound. A value that changed to B "
                   "and back to A is not noticed: the ABA problem."),
     .manual = "futex(7)",
     .aliases = "lockfree|wait-free|ABA problem|ABA|CAS loop|无锁|无等待|ABA问题",
     .lab = "atomic"},
    {.name = "memory order",
     .title = N_("in which order others see one's writes"),
     .meaning = N_("Compilers and processors reorder. Locks and atomic operations with acquire and "
                   "release forbid it: what came before the release is seen after the acquire. "
                   "volatile does not do this, and does not make anything atomic."),
     .manual = "membarrier(2)",
     .aliases = "memory barrier|memory fence|fence|memory model|memory ordering|happens-before|"
                "acquire|volatile|内存屏障|内存模型|内存序",
     .lab = "atomic"},
    {.name = "thundering herd",
     .title = N_("all are woken, and one can go on"),
     .meaning = N_("The others look, find nothing and sleep again. Wake one (a signal instead of a "
                   "broadcast, EPOLLEXCLUSIVE), where one is enough."),
     .origin = "/proc/PID/status voluntary_ctxt_switches",
     .manual = "epoll_ctl(2)",
     .aliases = "thundering herd problem|EPOLLEXCLUSIVE|惊群|惊群效应",
     .lab = "condition"},
    {.name = "cancellation",
     .title = N_("asking a thread to end"),
     .meaning = N_("pthread_cancel(3) ends a thread at its next cancellation point, such as "
                   "read(2) or sleep(3), after its cleanup handlers. glibc sends it signal 32 for "
                   "that."),
     .manual = "pthread_cancel(3)",
     .aliases = "pthread_cancel|cancellation point|thread cancellation|线程取消|取消点",
     .lab = "threads"},

    /* ---- sockets ---- */
    {.name = "bind",
     .title = N_("a socket's own address"),
     .meaning = N_("For TCP and UDP an address and a port; 127.0.0.1 (localhost, the loopback "
                   "interface) is reached from this machine only. Ports below 1024 want "
                   "CAP_NET_BIND_SERVICE; a port in use is EADDRINUSE."),
     .origin = "/proc/net/tcp",
     .manual = "bind(2)",
     .aliases = "localhost|loopback|port number|EADDRINUSE address|绑定|端口|端口号|回环",
     .lab = "tcp"},
    {.name = "connection reset",
     .title = N_("the other side ended it without order"),
     .meaning = N_("A packet with RST: the program closed with data unread, or was killed so, or "
                   "nobody listens there any more. read(2) fails with ECONNRESET, a further "
                   "write(2) with EPIPE."),
     .manual = "tcp(7)",
     .aliases = "RST|reset|connection refused|连接重置|连接被拒绝",
     .lab = "tcp-life"},
};

struct reference_table reference_textbook(void)
{
    return (struct reference_table){textbook, ELEMENTS(textbook)};
}
