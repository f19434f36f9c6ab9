#include "reference_tables.h"

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

#define STATE_ORIGIN "/proc/PID/stat field 3, /proc/PID/status State"

static const struct reference_text states[] = {
    {
        .name = "R",
        .title = N_("running or runnable"),
        .meaning = N_("It is on a processor now, or ready and waiting for its turn on one. The "
                      "kernel does not tell the two apart here."),
        .advice = N_("Nothing is wrong with R itself. If it stays there, look at its processor "
                     "time: user time means it computes, system time means it makes the kernel "
                     "work. If its time does not grow, other processes are before it: see nice "
                     "and scheduling policy; or its control group is out of its quota: see the "
                     "column THROTTLED."),
        .origin = STATE_ORIGIN,
        .manual = "sched(7)",
        .aliases = "running|runnable",
    },
    {
        .name = "S",
        .title = N_("interruptible sleep"),
        .meaning = N_("It waits for something: input, a child, a lock, a timer. A signal that it "
                      "does not block or ignore wakes it. Most processes are here most of the "
                      "time."),
        .advice = N_("Ask what it waits for: `reaptop why PID`, or its wchan and system call. A "
                     "server that waits for its next client is also S."),
        .origin = STATE_ORIGIN,
        .manual = "proc(5)",
        .aliases = "sleeping|interruptible",
    },
    {
        .name = "D",
        .title = N_("uninterruptible sleep"),
        .meaning = N_("It waits inside the kernel, usually for a disk, a network file system or a "
                      "lock of the kernel's, and no signal handler can run until that ends. Some "
                      "of these waits are killable: there a fatal signal does end them. A process "
                      "frozen by the old (version 1) cgroup freezer shows D too."),
        .advice =
            N_("Find out what it waits on: `reaptop why PID`, its wchan, and as root its "
               "kernel stack. Repair that: the server, the disk, the mount. Where the wait is not "
               "killable, SIGKILL stays pending until it ends; sending it again changes "
               "nothing."),
        .origin = STATE_ORIGIN,
        .manual = "proc(5)",
        .aliases = "uninterruptible|disk sleep",
    },
    {
        .name = "T",
        .title = N_("stopped"),
        .meaning = N_("A signal (SIGSTOP, or SIGTSTP, SIGTTIN, SIGTTOU from its terminal) stopped "
                      "it. It keeps its memory and its files and does nothing. Its parent is told "
                      "with SIGCHLD, unless it asked not to be (SA_NOCLDSTOP)."),
        .advice = N_("SIGCONT lets it go on; so do `fg` and `bg` in the shell that has it as a "
                     "job. Until then every signal but SIGKILL stays pending."),
        .origin = STATE_ORIGIN,
        .manual = "signal(7)",
        .aliases = "stopped",
    },
    {
        .name = "t",
        .title = N_("stopped by its tracer"),
        .meaning = N_("A debugger or another tracer holds it at a stop: a breakpoint, a system "
                      "call, or a signal that it inspects first."),
        .advice =
            N_("Only its tracer can let it go on: status names it as TracerPid. SIGCONT does "
               "not help. SIGKILL ends it. A tracer that ends lets it run, unless a signal has "
               "stopped it as well, or ends it where it asked for that "
               "(PTRACE_O_EXITKILL)."),
        .origin = STATE_ORIGIN,
        .manual = "ptrace(2)",
        .aliases = "traced|tracing stop",
    },
    {
        .name = "Z",
        .title = N_("zombie"),
        .meaning = N_("It has ended and its memory and files are gone. What is left is a PID and "
                      "an exit status, kept until its parent asks for it with wait(2). If it has "
                      "threads that still live, only its first thread has ended."),
        .advice =
            N_("It is dead already, so no signal does anything to it. Its parent must call wait(): "
               "look at the parent with `reaptop why PID`. If the parent is broken and ends, "
               "init adopts the zombie and reaps it, or a subreaper adopts it, which must wait for "
               "it in turn. A zombie costs no memory worth mention, only its PID."),
        .origin = STATE_ORIGIN,
        .manual = "wait(2)",
        .aliases = "defunct",
    },
    {
        .name = "X",
        .title = N_("dead"),
        .meaning = N_("It is being removed from the table at this moment. You see X only for an "
                      "instant, and most often where the parent ignores SIGCHLD, so that no zombie "
                      "is left. Of processes that are watched its moment is sought: see EVENTS "
                      "in reaptop(1)."),
        .advice = NULL,
        .origin = STATE_ORIGIN,
        .manual = "proc(5)",
        .aliases = "dead",
    },
    {
        .name = "P",
        .title = N_("parked"),
        .meaning = N_("A kernel thread that is set aside until it is needed again, for example "
                      "while its processor is switched off."),
        .advice = NULL,
        .origin = STATE_ORIGIN,
        .manual = "proc(5)",
        .aliases = "parked",
    },
    {
        .name = "I",
        .title = N_("idle kernel thread"),
        .meaning = N_("A kernel thread that waits for work. It sleeps as in D, but does not count "
                      "in the load average."),
        .advice = NULL,
        .origin = STATE_ORIGIN,
        .manual = "proc(5)",
        .aliases = "idle",
    },
};

struct reference_table reference_states(void)
{
    return (struct reference_table){states, ELEMENTS(states)};
}
