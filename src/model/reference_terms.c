#include "reference_tables.h"

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

static const struct reference_text terms[] = {
    {.name = "process",
     .title = N_("a running program"),
     .meaning =
         N_("A program in execution: an address space, open files, credentials, and at least one "
            "thread. It has a PID, a parent, and ends as a zombie until that parent waits for it."),
     .origin = "/proc/PID",
     .manual = "fork(2)",
     .aliases = "进程",
     .lab = "fork"},
    {.name = "thread",
     .title = N_("one line of execution"),
     .meaning = N_("A task inside a process. Threads of a process share memory, files and signal "
                   "handlers; each has its own registers, stack, signal mask and TID. The "
                   "scheduler knows only threads."),
     .origin = "/proc/PID/task/TID",
     .manual = "pthreads(7)",
     .aliases = "task|lwp|线程|pthread|pthread_create|POSIX thread|posix threads",
     .lab = "threads"},
    {.name = "PID",
     .title = N_("process ID"),
     .meaning = N_("The number that names a process while it lives, and while it is a zombie. "
                   "Numbers count upward and wrap, so an old number can have a new owner: a pidfd "
                   "cannot be fooled that way."),
     .origin = "/proc/PID/stat field 1",
     .manual = "getpid(2)",
     .aliases = "process id|进程号|进程标识符|pid_max|PID wrap|process identifier",
     .lab = "pid-reuse"},
    {.name = "TID",
     .title = N_("thread ID"),
     .meaning = N_("The number of one thread. The first thread's TID is the process's PID, and "
                   "each TID has a directory under task."),
     .origin = "/proc/PID/task",
     .manual = "gettid(2)",
     .aliases = "thread id|线程号|线程标识符",
     .lab = "threads"},
    {.name = "thread group",
     .title = N_("all threads of a process"),
     .meaning = N_("The kernel's name for a process as the set of its threads. Its ID (TGID) is "
                   "what everybody else calls the PID."),
     .origin = "/proc/PID/status Tgid",
     .manual = "clone(2)",
     .aliases = "tgid",
     .lab = "threads"},
    {.name = "leader",
     .title = N_("first, or founding, member"),
     .meaning = N_("Of a thread group: the first thread, whose TID is the PID; it can end before "
                   "the others and then shows Z while they live. Of a process group or a session: "
                   "the process whose PID is its number."),
     .origin = "/proc/PID/stat",
     .manual = "credentials(7)",
     .aliases = "group leader|session leader|thread leader|main thread|主线程",
     .lab = "thread-zombie"},
    {.name = "parent",
     .title = N_("who made it, or adopted it"),
     .meaning =
         N_("The process that gets SIGCHLD when this one ends, and that must call wait() for "
            "it. At first the one that forked it; after that one's end, the adopter."),
     .origin = "/proc/PID/stat field 4",
     .manual = "getppid(2)",
     .aliases = "parent process|child|父进程|父进程号|子进程|child "
                "process|sibling|ancestor|descendant|process tree|进程树|祖先进程|后代进程",
     .lab = "orphan"},
    {.name = "fork",
     .title = N_("one process becomes two"),
     .meaning = N_("A system call that returns twice: 0 in the child, the child's PID in the "
                   "parent. The child starts with a copy of nearly everything: of the threads only "
                   "the one that called, and no pending signals, timers or fcntl(2) locks. Pages "
                   "are copied when somebody writes to them."),
     .manual = "fork(2)",
     .aliases = "创建进程",
     .lab = "fork"},
    {.name = "vfork",
     .title = N_("fork without a copy"),
     .meaning = N_("The child borrows its parent's memory, and the thread that called sleeps in "
                   "state D until the child execs or ends. posix_spawn(3) works like this."),
     .manual = "vfork(2)",
     .lab = "vfork"},
    {.name = "exec",
     .title = N_("a new program in the same process"),
     .meaning = N_(
         "execve(2) replaces a process's memory by another program. PID, parent, start time, open "
         "files without close-on-exec and ignored signals stay; handlers go back to the default."),
     .manual = "execve(2)",
     .aliases = "execve|执行|execvp|execlp|process image|映像",
     .lab = "exec"},
    {.name = "exit",
     .title = N_("a process ends"),
     .meaning = N_(
         "A process ends by exit(2), by returning from main, or by a signal. Its memory and files "
         "are released at once; its PID and exit status stay, as a zombie, for its parent."),
     .manual = "exit(3)",
     .aliases = "_exit|exit_group|atexit|终止",
     .lab = "zombie"},
    {.name = "exit status",
     .title = N_("what a process left behind"),
     .meaning = N_(
         "A number from 0 to 255 if it exited, 0 meaning success, or the signal that killed it. "
         "Only its parent, or a tracer before it, can ask for it with wait(2); shells show a death "
         "by signal N as 128+N."),
     .origin = "/proc/PID/stat field 52 of a zombie, with ptrace access",
     .manual = "wait(2)",
     .aliases = "exit code|退出状态|退出码",
     .lab = "zombie"},
    {.name = "wait",
     .title = N_("ask for a child's end"),
     .meaning = N_("wait(2), waitpid(2) and waitid(2) give a parent the exit status of a child "
                   "that has ended, and remove the zombie. That removal is called reaping."),
     .manual = "wait(2)",
     .aliases = "reap|reaping|等待子进程|回收|回收子进程",
     .lab = "zombie"},
    {.name = "zombie",
     .title = N_("dead, not yet collected by its parent"),
     .meaning = N_(
         "A process that has ended and whose parent has not collected it with wait(2). It has no "
         "memory, runs nothing and cannot be killed, since it is dead. It holds a PID and an exit "
         "status."),
     .advice =
         N_("Make the parent call wait(): it may do so on SIGCHLD, or when it gets to it. If the "
            "parent ends, the zombie's adopter reaps it. See `explain Z`."),
     .origin = "/proc/PID/stat field 3",
     .manual = "wait(2)",
     .aliases = "zombies|zombie process|僵尸进程|僵死进程",
     .lab = "zombie"},
    {.name = "orphan",
     .title = N_("its parent ended first"),
     .meaning = N_("A process that outlived its parent. The kernel gives it to the nearest living "
                   "subreaper among its ancestors, else to the init of its PID namespace, which "
                   "must call wait() for it some day."),
     .origin = "/proc/PID/stat field 4",
     .manual = "prctl(2)",
     .aliases = "orphans|adoption|adopt|orphan process|孤儿进程",
     .lab = "orphan"},
    {.name = "subreaper",
     .title = N_("adopts its descendants' orphans"),
     .meaning = N_("A process that asked, with PR_SET_CHILD_SUBREAPER, to be given the orphans "
                   "among its descendants, in place of init. Service managers and container "
                   "runtimes do. /proc does not show who is one; it is inferred from an adoption."),
     .manual = "prctl(2)",
     .aliases = "reaper|child subreaper",
     .lab = "subreaper"},
    {.name = "init",
     .title = N_("the first process"),
     .meaning =
         N_("PID 1 of a PID namespace. It adopts orphans. From inside its namespace it takes only "
            "signals that it has a handler for; from an ancestor namespace SIGKILL and SIGSTOP act "
            "too. When it ends, the kernel kills every process in its namespace."),
     .origin = "/proc/1",
     .manual = "pid_namespaces(7)",
     .aliases = "pid 1|init进程|init process|boot|booting|启动|系统启动",
     .lab = "pidns"},
    {.name = "autoreap",
     .title = N_("no zombie is left"),
     .meaning =
         N_("If a parent ignores SIGCHLD, or set SA_NOCLDWAIT, the kernel reaps its children "
            "itself as they end: they pass through Z and X in an instant, no zombie stays, and "
            "their exit status is lost. wait(2) blocks until all have ended and then says ECHILD."),
     .origin = "/proc/PID/status SigIgn",
     .manual = "wait(2)",
     .aliases = "SA_NOCLDWAIT",
     .lab = "autoreap"},
    {.name = "daemon",
     .title = N_("a process in the background"),
     .meaning =
         N_("A process without a controlling terminal that serves others. The old recipe is to "
            "fork twice with setsid(2) in between; service managers made that unnecessary."),
     .manual = "daemon(7)",
     .aliases = "守护进程|daemon process",
     .lab = "daemon"},
    {.name = "kernel thread",
     .title = N_("the kernel's own task"),
     .meaning =
         N_("A task without memory of its own that runs only kernel code. kthreadd, PID 2, is the "
            "parent of nearly all of them, and their names are shown in brackets. kill(2) to one "
            "succeeds and does nothing."),
     .origin = "/proc/PID/stat field 9, PF_KTHREAD",
     .manual = "proc(5)",
     .aliases = "kthread|kernel threads|内核线程",
     .lab = "states"},
    {.name = "session",
     .title = N_("the processes of one login or terminal"),
     .meaning = N_("A set of process groups, named by its leader's PID. At most one terminal "
                   "controls it. When that terminal hangs up, the leader gets SIGHUP."),
     .origin = "/proc/PID/stat field 6",
     .manual = "setsid(2)",
     .aliases = "sessions|会话",
     .lab = "group"},
    {.name = "process group",
     .title = N_("one job"),
     .meaning =
         N_("A set of processes that a shell makes for one pipeline, named by its leader's PID. "
            "The keyboard signals a whole group, and so does kill(2) with a negative number."),
     .origin = "/proc/PID/stat field 5",
     .manual = "setpgid(2)",
     .aliases = "pgrp|group|job|进程组|前台进程组|killpg",
     .lab = "group"},
    {.name = "orphaned process group",
     .title = N_("a job without its shell"),
     .meaning =
         N_("A process group none of whose members has a parent in another group of the same "
            "session. Nobody could continue it, so stops from the terminal do not stop it."),
     .origin = "/proc/PID/stat fields 4 to 6",
     .manual = "setpgid(2)",
     .aliases = "孤儿进程组",
     .lab = "stop"},
    {.name = "controlling terminal",
     .title = N_("the terminal of a session"),
     .meaning = N_("The terminal whose keys send signals to a session's foreground group, and "
                   "whose end sends SIGHUP."),
     .origin = "/proc/PID/stat field 7",
     .manual = "tty(4)",
     .aliases = "tty|terminal|终端|控制终端|pty|pseudo-terminal|伪终端",
     .lab = "sources"},
    {.name = "foreground",
     .title = N_("the group that may use the terminal"),
     .meaning = N_("The process group that gets Ctrl-C and may read from the terminal. Members of "
                   "the session's other groups, in the background, get SIGTTIN when they read."),
     .origin = "/proc/PID/stat field 8",
     .manual = "tcgetpgrp(3)",
     .aliases = "background|tpgid|前台|前台进程",
     .lab = "stop"},
    {.name = "state",
     .title = N_("what a process does right now"),
     .meaning =
         N_("One letter: R runs, S and D wait, T and t are stopped, Z and X have ended, I is an "
            "idle kernel thread, P a parked one. `explain states` draws how one becomes another."),
     .origin = "/proc/PID/stat field 3",
     .manual = "proc(5)",
     .aliases = "process state|进程状态|状态",
     .lab = "states"},
    {.name = "uninterruptible sleep",
     .title = N_("a wait that no handler interrupts"),
     .meaning = N_("State D. The wait ends when what is waited for comes; a killable one also ends "
                   "on a fatal signal."),
     .advice = N_("See `explain D`."),
     .origin = "/proc/PID/stat field 3",
     .manual = "proc(5)",
     .aliases = "killable|killable sleep|disk sleep|不可中断",
     .lab = "disk-sleep"},
    {.name = "signal",
     .title = N_("a short message to a process"),
     .meaning = N_("A number that the kernel delivers to a process: by its default action it ends, "
                   "stops or continues the process or does nothing; or the process has it caught, "
                   "blocked or ignored."),
     .origin = "/proc/PID/status",
     .manual = "signal(7)",
     .aliases = "信号|raise|tgkill|pthread_kill|software signal",
     .lab = "dispositions"},
    {.name = "disposition",
     .title = N_("what a process does with a signal"),
     .meaning = N_(
         "Caught: its handler runs. Ignored: nothing happens. Else the default action. "
         "Dispositions belong to the process, are copied by fork, and handlers are reset by exec."),
     .origin = "/proc/PID/status SigIgn, SigCgt",
     .manual = "signal(7)",
     .aliases = "caught|ignored|handler|SigCgt|SigIgn|信号处置|default "
                "action|SIG_IGN|SIG_DFL|默认动作|默认处理",
     .lab = "dispositions"},
    {.name = "signal mask",
     .title = N_("the signals a thread blocks"),
     .meaning = N_("A blocked signal is not lost: it stays pending until the thread unblocks it. "
                   "Each thread has its own mask, and a signal to the process goes to any thread "
                   "that does not block it. SIGKILL and SIGSTOP cannot be blocked."),
     .origin = "/proc/PID/task/TID/status SigBlk",
     .manual = "sigprocmask(2)",
     .aliases = "mask|blocked|blocked signals|SigBlk|信号掩码|信号屏蔽字|阻塞信号|blocked "
                "signal|sigprocmask|sigsuspend|pthread_sigmask|block a signal",
     .lab = "mask"},
    {.name = "pending",
     .title = N_("sent, not yet delivered"),
     .meaning = N_("A signal that waits, because it is blocked or because the process is stopped "
                   "or in D. SigPnd holds those for one thread, ShdPnd those for the process."),
     .origin = "/proc/PID/status SigPnd, ShdPnd",
     .manual = "sigpending(2)",
     .aliases = "pending signals|SigPnd|ShdPnd|未决信号|挂起信号|pending signal|sigpending",
     .lab = "mask"},
    {.name = "standard signal",
     .title = N_("signals 1 to 31"),
     .meaning = N_("Each has a fixed meaning, and is pending at most once, for a thread or for the "
                   "process: five that arrive while "
                   "it is blocked are delivered as one."),
     .origin = "/proc/PID/status",
     .manual = "signal(7)",
     .aliases = "coalesce",
     .lab = "coalesce"},
    {.name = "real-time signal",
     .title = N_("signals SIGRTMIN to SIGRTMAX"),
     .meaning =
         N_("They have no meaning of their own. Each one sent is queued, with its value, and they "
            "arrive in order, up to a limit (SigQ). The lower number is delivered first."),
     .origin = "/proc/PID/status SigQ",
     .manual = "signal(7)",
     .aliases = "realtime|RTMIN|RTMAX|real-time|实时信号|sigqueue|queued signal",
     .lab = "order"},
    {.name = "SigQ",
     .title = N_("queued signals and their limit"),
     .meaning = N_("How many signals are queued for this process's real user, and how many may be. "
                   "Beyond the limit sigqueue(3) fails with EAGAIN."),
     .origin = "/proc/PID/status SigQ",
     .manual = "getrlimit(2)",
     .aliases = "signal queue|RLIMIT_SIGPENDING",
     .lab = "coalesce"},
    {.name = "core dump",
     .title = N_("a dead process's memory, kept"),
     .meaning =
         N_("Some signals end a process with a core dump: its memory is written to a file, or "
            "handed to a program where core_pattern begins with |, for a debugger. RLIMIT_CORE of "
            "0 switches the file off; the program behind a pipe gets the memory all the same."),
     .origin = "/proc/sys/kernel/core_pattern",
     .manual = "core(5)",
     .aliases = "core|核心转储|abort"},
    {.name = "tracer",
     .title = N_("who watches another process's every step"),
     .meaning = N_("A process that attached with ptrace(2), such as gdb or strace. It sees each "
                   "signal but SIGKILL before the target does, and can stop, read and change it."),
     .origin = "/proc/PID/status TracerPid",
     .manual = "ptrace(2)",
     .aliases = "ptrace|TracerPid|traced|跟踪|debugger|gdb|breakpoint|single step|断点|单步|调试器",
     .lab = "traced"},
    {.name = "pidfd",
     .title = N_("a file descriptor that is a process"),
     .meaning =
         N_("It names one process for ever, even when its PID is given to another. A signal "
            "through it never reaches a stranger, and poll(2) on it tells when the process ends."),
     .origin = "pidfd_open(2)",
     .manual = "pidfd_open(2)",
     .aliases = "pidfd_open|pidfd_send_signal|process handle|进程句柄",
     .lab = "pid-reuse"},
    {.name = "PID namespace",
     .title = N_("PIDs of their own"),
     .meaning =
         N_("Processes in a PID namespace have numbers of their own, from 1 on, and see only "
            "those in it and in namespaces below it. From outside they have ordinary PIDs; "
            "NSpid lists one for each level."),
     .origin = "/proc/PID/status NSpid, /proc/PID/ns/pid",
     .manual = "pid_namespaces(7)",
     .aliases = "NSpid|pidns|进程命名空间",
     .lab = "pidns"},
    {.name = "namespace",
     .title = N_("a view of the system of one's own"),
     .meaning = N_("A kind of resource that a group of processes sees for itself: mounts, PIDs, "
                   "network, users, host name, and others. Containers are made of them. Two "
                   "processes share one where their links under ns hold the same inode."),
     .origin = "/proc/PID/ns",
     .manual = "namespaces(7)",
     .aliases = "namespaces|命名空间",
     .lab = "pidns"},
    {.name = "user namespace",
     .title = N_("user IDs and privileges of their own"),
     .meaning = N_("Inside one, a process can be root over what belongs to that namespace and "
                   "still be nobody outside."),
     .origin = "/proc/PID/ns/user, /proc/PID/uid_map",
     .manual = "user_namespaces(7)",
     .aliases = "userns"},
    {.name = "cgroup",
     .title = N_("a group with limits and accounts"),
     .meaning =
         N_("The control group that a process is in decides how much processor time, memory, and "
            "input and output it and its neighbours get. The freezer can stop a whole group."),
     .origin = "/proc/PID/cgroup",
     .manual = "cgroups(7)",
     .aliases = "cgroups|control group|控制组",
     .lab = "quota"},
    {.name = "credentials",
     .title = N_("whom a process acts for"),
     .meaning = N_("The real user ID says who started it, the effective one what it may do, the "
                   "saved one what it may go back to; groups likewise. kill(2) compares the "
                   "sender's real or effective with the target's real or saved user ID."),
     .origin = "/proc/PID/status Uid, Gid",
     .manual = "credentials(7)",
     .aliases = "uid|euid|suid|saved user id|凭证|effective user ID|real user ID|effective "
                "uid|real uid|有效用户ID|实际用户ID"},
    {.name = "capability",
     .title = N_("a piece of root's power"),
     .meaning = N_("Root's privileges, cut into about forty parts, such as CAP_KILL. The effective "
                   "set counts now, the permitted one may be made effective, the bounding one is "
                   "the most that exec can give, the ambient one survives exec."),
     .origin = "/proc/PID/status CapInh, CapPrm, CapEff, CapBnd, CapAmb",
     .manual = "capabilities(7)",
     .aliases = "capabilities|caps|权能|root|superuser|privilege|privileged|特权|超级用户"},
    {.name = "seccomp",
     .title = N_("a filter on system calls"),
     .meaning = N_("A process can give up system calls for ever. Mode 2 runs a filter at each "
                   "call; a forbidden one fails, or ends the process with SIGSYS."),
     .origin = "/proc/PID/status Seccomp",
     .manual = "seccomp(2)"},
    {.name = "no_new_privs",
     .title = N_("exec gives no privileges"),
     .meaning = N_("Once set, set-user-ID programs and file capabilities have no effect for this "
                   "process and its descendants."),
     .origin = "/proc/PID/status NoNewPrivs",
     .manual = "prctl(2)",
     .aliases = "NoNewPrivs"},
    {.name = "umask",
     .title = N_("permissions that new files lack"),
     .meaning = N_("The bits that are taken away from the permissions of each file that the "
                   "process creates."),
     .origin = "/proc/PID/status Umask",
     .manual = "umask(2)"},
    {.name = "limits",
     .title = N_("how much a process may take"),
     .meaning = N_("Resource limits: a soft one that counts now and a hard one up to which the "
                   "process may raise it. A child gets its parent's."),
     .origin = "/proc/PID/limits",
     .manual = "getrlimit(2)",
     .aliases = "rlimit|ulimit|resource limits|RLIMIT_NPROC|resource limit|setrlimit|资源限制"},
    {.name = "OOM score",
     .title = N_("who is ended when memory runs out"),
     .meaning = N_("When no memory is left the kernel kills the process with the highest score. "
                   "oom_score_adj, from -1000 (never) to 1000, shifts it."),
     .origin = "/proc/PID/oom_score, /proc/PID/oom_score_adj",
     .manual = "proc(5)",
     .aliases = "oom_score|oom_score_adj",
     .lab = "oom"},
    {.name = "virtual size",
     .title = N_("the address space, touched or not"),
     .meaning = N_("The sum of all mappings. Most of it may never have been touched and then takes "
                   "no memory."),
     .origin = "/proc/PID/status VmSize",
     .manual = "proc(5)",
     .aliases = "VSZ|VIRT|VmSize",
     .lab = "demand"},
    {.name = "RSS",
     .title = N_("resident set size"),
     .meaning = N_("How much of a process's memory is in RAM now. Pages that several processes "
                   "share count in full for each of them, so the sum over all is too large."),
     .origin = "/proc/PID/status VmRSS",
     .manual = "proc(5)",
     .aliases = "resident|resident set size|VmRSS|resident set",
     .lab = "demand"},
    {.name = "PSS",
     .title = N_("proportional set size"),
     .meaning = N_("As RSS, but a page shared by N processes counts as 1/N for each. The sum over "
                   "all processes counts each mapped page once. It leaves out what no process "
                   "maps: the kernel's own memory, page tables, and files in the cache."),
     .origin = "/proc/PID/smaps_rollup",
     .manual = "proc(5)",
     .aliases = "proportional set size|smaps|smaps_rollup",
     .lab = "cow"},
    {.name = "USS",
     .title = N_("unique set size"),
     .meaning = N_("The pages that nobody else shares: what is given back if the process ends."),
     .origin = "/proc/PID/smaps Private_Clean, Private_Dirty",
     .manual = "proc(5)",
     .aliases = "unique set size|private memory",
     .lab = "cow"},
    {.name = "mapping",
     .title = N_("a range of addresses with one use"),
     .meaning = N_("A piece of a process's address space: part of a file, or anonymous memory, "
                   "with permissions. Programs, libraries, heap and stacks are mappings."),
     .origin = "/proc/PID/maps",
     .manual = "mmap(2)",
     .aliases = "map|maps|mappings|vma|内存映射|mmap|memory mapping|memory map|munmap",
     .lab = "layout"},
    {.name = "heap",
     .title = N_("memory for malloc(3)"),
     .meaning = N_("The mapping behind the program's data that brk(2) moves. Large allocations "
                   "(128 KiB and more, by default) get mappings of their own."),
     .origin = "/proc/PID/maps [heap]",
     .manual = "brk(2)",
     .aliases = "brk|堆|sbrk",
     .lab = "layout"},
    {.name = "stack",
     .title = N_("memory for function calls"),
     .meaning = N_("Each thread has one. The first thread's grows downward by itself up to a "
                   "limit; other threads' have a fixed size."),
     .origin = "/proc/PID/maps [stack]",
     .manual = "pthread_attr_setstacksize(3)",
     .aliases = "栈|call stack|stack frame|栈帧",
     .lab = "threads"},
    {.name = "vdso",
     .title = N_("kernel code in user memory"),
     .meaning = N_("A small library that the kernel maps into every process, so that calls such as "
                   "clock_gettime(2) need not enter the kernel."),
     .origin = "/proc/PID/maps [vdso]",
     .manual = "vdso(7)",
     .lab = "layout"},
    {.name = "page",
     .title = N_("the unit of memory"),
     .meaning = N_("Usually 4 KiB of addresses. A page is absent, or present in a frame of RAM, or "
                   "swapped out."),
     .origin = "/proc/PID/pagemap",
     .manual = "proc(5)",
     .aliases = "pages|pagemap|页|页面|内存页|page size|分页",
     .lab = "demand"},
    {.name = "page frame",
     .title = N_("a page's place in RAM"),
     .meaning = N_("A piece of physical memory as large as a page, with a number (PFN). Pages of "
                   "two processes that lie in one frame are shared. The number is shown only with "
                   "CAP_SYS_ADMIN."),
     .origin = "/proc/PID/pagemap bits 0-54, /proc/kpageflags",
     .manual = "proc(5)",
     .aliases = "frame|pfn|page frame number|页框|物理页|页帧",
     .lab = "cow"},
    {.name = "page fault",
     .title = N_("a memory access that needs the kernel"),
     .meaning =
         N_("The page table has no entry that allows the access, so the processor enters the "
            "kernel. The page may be absent (new, in the cache, in swap) or present but not "
            "writable, as after fork: then a write makes a copy. Minor: nothing had to be read "
            "from a device. Major: something had. Where no mapping allows the access, SIGSEGV."),
     .origin = "/proc/PID/stat fields 10 and 12",
     .manual = "getrusage(2)",
     .aliases = "fault|minor fault|major fault|缺页|缺页异常|页错误|soft page fault|hard page "
                "fault|soft fault|hard fault",
     .lab = "demand"},
    {.name = "copy-on-write",
     .title = N_("shared until somebody writes"),
     .meaning = N_("After fork both processes use the same frames, write-protected. The first "
                   "write to such a page is a fault, and the writer gets a copy of its own. The "
                   "last one left with the old frame writes to it without a copy."),
     .origin = "/proc/PID/pagemap bit 56",
     .manual = "fork(2)",
     .aliases = "cow|写时复制|写时拷贝",
     .lab = "cow"},
    {.name = "swap",
     .title = N_("pages on disk"),
     .meaning = N_("Memory that is used little can be written to disk, to free its frame, and is "
                   "read back when touched: a major fault."),
     .origin = "/proc/PID/status VmSwap",
     .manual = "swapon(2)",
     .aliases =
         "swapped|VmSwap|交换|交换空间|换页|paging|swapping|swap space|swap partition|swap file",
     .lab = "swap"},
    {.name = "huge page",
     .title = N_("one page table entry for many frames"),
     .meaning = N_("512 adjoining frames (2 MiB on x86) mapped by one entry of the page table: "
                   "fewer faults, a smaller page table, and one entry of the TLB in place of 512."),
     .origin = "/proc/PID/smaps AnonHugePages, /proc/PID/status HugetlbPages",
     .manual = "madvise(2)",
     .aliases =
         "thp|hugepage|hugepages|大页|巨页|transparent huge page|transparent hugepage|透明大页",
     .lab = "hugepage"},
    {.name = "dirty",
     .title = N_("changed since it was read"),
     .meaning = N_("A page that was written to. A dirty page of a file must go back to disk before "
                   "its frame can be used for something else."),
     .origin = "/proc/PID/smaps Shared_Dirty, Private_Dirty",
     .manual = "proc(5)",
     .aliases = "soft-dirty|dirty page|脏页"},
    {.name = "file descriptor",
     .title = N_("a small number for an open file"),
     .meaning = N_("What open(2), pipe(2) and socket(2) return. Several descriptors, also of "
                   "several processes, can share one open file with its offset."),
     .origin = "/proc/PID/fd, /proc/PID/fdinfo",
     .manual = "open(2)",
     .aliases =
         "fd|descriptor|files|文件描述符|descriptor table|file descriptor table|文件描述符表",
     .lab = "pipe"},
    {.name = "pipe",
     .title = N_("bytes from one process to another"),
     .meaning =
         N_("A writer sleeps while the pipe is full, a reader while it is empty. When the last "
            "writer closes, readers see the end; when the last reader does, writers get SIGPIPE."),
     .origin = "/proc/PID/fd pipe:[inode]",
     .manual = "pipe(7)",
     .aliases = "pipes|管道|匿名管道|无名管道|unnamed pipe|anonymous pipe|PIPE_BUF",
     .lab = "pipe"},
    {.name = "FIFO",
     .title = N_("a pipe with a name"),
     .meaning = N_("A pipe in the file system. Opening it for reading waits for a writer, for "
                   "writing for a reader; O_NONBLOCK and O_RDWR do not wait."),
     .origin = "/proc/PID/fd",
     .manual = "fifo(7)",
     .aliases = "named pipe|命名管道|有名管道",
     .lab = "fifo"},
    {.name = "socket",
     .title = N_("an end of a connection"),
     .meaning = N_("Two-way communication between processes, on one machine (UNIX) or over the "
                   "network (TCP, UDP)."),
     .origin = "/proc/net/unix, /proc/net/tcp",
     .manual = "socket(7)",
     .aliases = "sockets|套接字",
     .lab = "unix-socket"},
    {.name = "epoll",
     .title = N_("wait for many descriptors"),
     .meaning = N_("A descriptor that holds a list of others and tells which are ready. A server "
                   "that sleeps in epoll_wait is usually idle, not stuck."),
     .origin = "/proc/PID/fdinfo tfd",
     .manual = "epoll(7)",
     .lab = "select"},
    {.name = "io_uring",
     .title = N_("requests that the kernel works off from a queue"),
     .meaning = N_("A program puts reads, writes and the like into a ring in memory that it shares "
                   "with the kernel, and later collects what came of them; it sleeps only when it "
                   "asks for results that are not there yet."),
     .manual = "syscalls(2)",
     .aliases = "io_uring_enter|submission queue|completion queue"},
    {.name = "futex",
     .title = N_("what locks are made of"),
     .meaning = N_("A number in memory on which threads can sleep in the kernel. Mutexes, "
                   "conditions, semaphores and joins use it when they must wait; without a wait "
                   "they make no system call."),
     .origin = "/proc/PID/syscall",
     .manual = "futex(7)",
     .aliases = "fast userspace mutex|快速用户态互斥",
     .lab = "mutex"},
    {.name = "deadlock",
     .title = N_("each waits for the other"),
     .meaning = N_("Two or more processes or threads, each holding what the next one waits for. "
                   "None can go on; `reaptop why` draws the circle."),
     .manual = "futex(7)",
     .aliases = "死锁",
     .lab = "deadlock"},
    {.name = "file lock",
     .title = N_("one at a time on a file"),
     .meaning = N_("flock(2) locks an open file, fcntl(2) a range for a process or, with "
                   "F_OFD_SETLK, for an open file. The kernel lists them with their owners; of an "
                   "open file's ranges it names none."),
     .origin = "/proc/locks",
     .manual = "fcntl(2)",
     .aliases = "flock|locks"},
    {.name = "lease",
     .title = N_("to be asked before others open a file"),
     .meaning = N_("Who has a lease (fcntl(2) F_SETLEASE) gets a signal when another process opens "
                   "or truncates the file in a way that the lease excludes. That one waits until "
                   "the lease is given up, or the kernel takes it away after "
                   "/proc/sys/fs/lease-break-time seconds."),
     .origin = "/proc/locks LEASE",
     .manual = "fcntl(2)",
     .aliases = "F_SETLEASE|leases"},
    {.name = "FUSE",
     .title = N_("a file system that a program serves"),
     .meaning = N_("Each access to a file of it is a request to a daemon, which has /dev/fuse open "
                   "and answers it, as sshfs does. A daemon that does not answer keeps all who ask "
                   "waiting, some of them in state D."),
     .origin = "/proc/mounts fuse",
     .manual = "fuse(4)",
     .aliases = "sshfs|/dev/fuse"},
    {.name = "race",
     .title = N_("the result depends on who is first"),
     .meaning = N_("Two threads or processes use the same thing without an agreed order, so an "
                   "update can be lost."),
     .manual = "pthreads(7)",
     .aliases = "race condition|data race|竞态条件|竞争条件|竞态",
     .lab = "race"},
    {.name = "wchan",
     .title = N_("the kernel function it sleeps in"),
     .meaning = N_("The name of the function in the kernel in which a task waits. It reads 0 where "
                   "the task does not wait, and where we may not know."),
     .origin = "/proc/PID/wchan",
     .manual = "proc(5)",
     .aliases = "wait channel|等待通道",
     .lab = "pipe"},
    {.name = "system call",
     .title = N_("a request to the kernel"),
     .meaning = N_("How a program opens files, makes processes, sends, waits. The call in which a "
                   "task sleeps says much about why."),
     .origin = "/proc/PID/syscall",
     .manual = "syscalls(2)",
     .aliases = "syscall|系统调用",
     .lab = "modes"},
    {.name = "nice",
     .title = N_("how modest a process is"),
     .meaning = N_("From -20 (takes more of the processor) to 19 (takes what others leave). Making "
                   "it smaller takes CAP_SYS_NICE, or an RLIMIT_NICE that allows it."),
     .origin = "/proc/PID/stat field 19",
     .manual = "sched(7)",
     .aliases = "niceness|谦让值|nice value|renice|nice值",
     .lab = "priority"},
    {.name = "priority",
     .title = N_("who runs first"),
     .meaning = N_("For ordinary tasks it follows from nice. Real-time tasks (FIFO, RR) have a "
                   "static one from 1 to 99 and run before all ordinary tasks."),
     .origin = "/proc/PID/stat fields 18 and 40",
     .manual = "sched(7)",
     .aliases = "优先级|static priority|dynamic priority|PR",
     .lab = "priority"},
    {.name = "scheduling policy",
     .title = N_("how the processor is shared"),
     .meaning = N_("OTHER shares fairly by nice; BATCH and IDLE are more modest; FIFO and RR are "
                   "real-time; DEADLINE runs by time contracts."),
     .origin = "/proc/PID/stat field 41",
     .manual = "sched(7)",
     .aliases = "policy|SCHED_OTHER|SCHED_FIFO|SCHED_RR|调度策略|SCHED_BATCH|SCHED_IDLE|SCHED_"
                "DEADLINE|batch|real-time scheduling|实时|实时调度",
     .lab = "priority"},
    {.name = "affinity",
     .title = N_("the processors it may run on"),
     .meaning = N_("A task runs only on the processors in its mask."),
     .origin = "/proc/PID/status Cpus_allowed_list",
     .manual = "sched_setaffinity(2)",
     .aliases = "cpu affinity|processor affinity|亲和性|CPU亲和性",
     .lab = "affinity"},
    {.name = "context switch",
     .title = N_("one task leaves the processor, another comes"),
     .meaning = N_("Voluntary: it had to wait for something. Involuntary: its time was up, or "
                   "somebody more urgent came. Many of the first kind point to input and output, "
                   "many of the second to computing."),
     .origin = "/proc/PID/status voluntary_ctxt_switches",
     .manual = "getrusage(2)",
     .aliases = "switches|context switches|voluntary|involuntary|上下文切换|voluntary context "
                "switch|involuntary context "
                "switch|voluntary_ctxt_switches|nonvoluntary_ctxt_switches|进程切换",
     .lab = "switches"},
    {.name = "load average",
     .title = N_("how many tasks run or wait in D"),
     .meaning = N_("The number of tasks in R or D, averaged over 1, 5 and 15 minutes. High load "
                   "with idle processors means tasks stuck in D."),
     .origin = "/proc/loadavg",
     .manual = "proc(5)",
     .aliases = "load|平均负载"},
    {.name = "user time",
     .title = N_("processor time in the program's own code"),
     .meaning = N_("Time that the processor spent in the process's code and its libraries. System "
                   "time is what it spent in the kernel on the process's behalf."),
     .origin = "/proc/PID/stat fields 14 and 15",
     .manual = "times(2)",
     .aliases = "utime|stime|system time|用户时间",
     .lab = "modes"},
    {.name = "comm",
     .title = N_("a task's short name"),
     .meaning = N_("At most 15 bytes, at first the program's file name. Any task may change its "
                   "own, so it proves nothing."),
     .origin = "/proc/PID/comm",
     .manual = "proc(5)",
     .lab = "exec"},
    {.name = "hidepid",
     .title = N_("processes of others are hidden"),
     .meaning =
         N_("A mount option of /proc. With 1 other users' directories are listed but closed, with "
            "2 they are not listed, with 4 only those that one may trace are there."),
     .origin = "/proc/mounts",
     .manual = "proc(5)"},
};

struct reference_table reference_terms(void)
{
    return (struct reference_table){terms, ELEMENTS(terms)};
}
