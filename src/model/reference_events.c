#include "reference_tables.h"

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/event.h"

#define CONNECTOR_OR_DIFF N_("the kernel's proc connector, else two refreshes compared")
#define CONNECTOR_ONLY    N_("the kernel's proc connector")

static const struct reference_text events[] = {
    [EVENT_FORK] = {.name = "fork",
                    .title = N_("a process was born"),
                    .meaning = N_("A process made another one with fork(2), vfork(2) or clone(2). "
                                  "Its parent is shown with it."),
                    .origin = CONNECTOR_OR_DIFF,
                    .manual = "fork(2)"},
    [EVENT_EXEC] = {.name = "exec",
                    .title = N_("it became another program"),
                    .meaning =
                        N_("The same process, with the same PID and parent, now runs another "
                           "program: its memory was replaced and its handlers were reset."),
                    .origin = CONNECTOR_OR_DIFF,
                    .manual = "execve(2)"},
    [EVENT_EXIT] = {.name = "exit",
                    .title = N_("it ended"),
                    .meaning =
                        N_("The process ended by exit(2) or by a signal. It is a zombie now, "
                           "until its parent, and before it a tracer, waits for it, unless the "
                           "parent ignores SIGCHLD."),
                    .origin = N_("the proc connector, a pidfd, or wait(2) for our own children"),
                    .manual = "exit(2)"},
    [EVENT_ZOMBIE] =
        {.name = "zombie",
         .title = N_("it is a zombie"),
         .meaning = N_(
             "It has ended, and its parent, or a tracer before it, has not collected it yet: the "
             "kernel told its end while it was still in the table, or it "
             "was seen in state Z. One that is reaped before either, or "
             "whose parent ignores SIGCHLD, is not told as a zombie."),
         .origin = N_("the proc connector's exit, a pidfd, or /proc/PID/stat field 3"),
         .manual = "wait(2)"},
    [EVENT_REAP] = {.name = "reap",
                    .title = N_("it left the process table"),
                    .meaning = N_(
                        "Its parent collected it, or did not have to since it ignores SIGCHLD, or "
                        "nobody saw who did. Its PID may be given to somebody else from now on."),
                    .origin =
                        N_("a pidfd's POLLHUP, wait(2) for our own children, else two refreshes "
                           "compared"),
                    .manual = "wait(2)"},
    [EVENT_ADOPT] = {.name = "adopt",
                     .title = N_("its parent ended, another took it"),
                     .meaning =
                         N_("An orphan gets a new parent: the nearest living subreaper among "
                            "its ancestors, else the init of its PID namespace. The change "
                            "is observed, the reason for it inferred."),
                     .origin = N_("/proc/PID/stat field 4, two refreshes compared"),
                     .manual = "prctl(2)"},
    [EVENT_STATE] = {.name = "state",
                     .title = N_("its state changed"),
                     .meaning = N_("Two refreshes saw two different states. What happened between "
                                   "them was not seen."),
                     .origin = N_("/proc/PID/stat field 3, two refreshes compared"),
                     .manual = "proc(5)"},
    [EVENT_COMM] = {.name = "comm",
                    .title = N_("it changed its name"),
                    .meaning = N_("Its name was set without exec: by itself, or by another thread "
                                  "of its process."),
                    .origin = CONNECTOR_OR_DIFF,
                    .manual = "prctl(2)"},
    [EVENT_UID] = {.name = "uid",
                   .title = N_("its user changed"),
                   .meaning = N_("It acts with another user ID from now on, for example a daemon "
                                 "that gave up root."),
                   .origin = CONNECTOR_OR_DIFF,
                   .manual = "credentials(7)"},
    [EVENT_GID] = {.name = "gid",
                   .title = N_("its group changed"),
                   .meaning = N_("It acts with another group ID from now on."),
                   .origin = CONNECTOR_ONLY,
                   .manual = "credentials(7)"},
    [EVENT_SID] = {.name = "sid",
                   .title = N_("it started a session"),
                   .meaning = N_("It called setsid(2): it leads a new session and a new process "
                                 "group, and has no controlling terminal."),
                   .origin = CONNECTOR_OR_DIFF,
                   .manual = "setsid(2)"},
    [EVENT_PTRACE] = {.name = "ptrace",
                      .title = N_("a tracer came or went"),
                      .meaning = N_("A debugger or another tracer attached to the process, or let "
                                    "it go."),
                      .origin = CONNECTOR_ONLY,
                      .manual = "ptrace(2)"},
    [EVENT_COREDUMP] = {.name = "coredump",
                        .title = N_("a signal that dumps core ends it"),
                        .meaning = N_("A signal ends it whose default action is to dump core. Its "
                                      "limit and /proc/sys/kernel/core_pattern decide whether a "
                                      "core file is written; then it is a zombie."),
                        .origin = CONNECTOR_ONLY,
                        .manual = "core(5)"},
    [EVENT_SIGNAL] = {.name = "signal",
                      .title = N_("a signal was sent"),
                      .meaning = N_("One that reaptop sent itself, or one that the kernel's signal "
                                    "tracepoints told of, with its sender, its cause and what "
                                    "became of it: ignored, blocked and pending, or delivered, "
                                    "to the default action or to a handler. Where the kernel "
                                    "sends and does not say why, as for Ctrl-C, a hangup or a "
                                    "broken pipe, the cause follows from the signal and is "
                                    "marked as inferred. Told by root's tracefs only: "
                                    "events --signals, or F2 on the screen."),
                      .origin = N_("our own call, or tracefs signal:signal_generate and "
                                   "signal:signal_deliver"),
                      .manual = "signal(7)"},
    [EVENT_DELIVERY] = {.name = "delivery",
                        .title = N_("a signal arrived, long after it was sent"),
                        .meaning =
                            N_("It was blocked, or its target was not running; now the target "
                               "took it. A signal that arrives within 100 ms is told once, as "
                               "sent. Where its sending was not seen, it is told without."),
                        .origin = "tracefs signal:signal_deliver",
                        .manual = "signal(7)"},
    [EVENT_OOM] = {.name = "oom",
                   .title = N_("the OOM killer chose it"),
                   .meaning = N_("Memory ran out, on the machine or in its control group, and the "
                                 "kernel ends this process with SIGKILL to get some back. Who "
                                 "asked for memory at that moment need not be the one who took "
                                 "most of it."),
                   .origin = "tracefs oom:mark_victim",
                   .manual = "proc(5)"},
    [EVENT_NOTE] = {.name = "note",
                    .title = N_("a line that was written into the recording"),
                    .meaning = N_("Nothing happened to a process: somebody tells what is seen. "
                                  "lab --record NAME puts the experiment's narration into its "
                                  "recording so, a line each, at the time when it was said."),
                    .origin = N_("the recording"),
                    .manual = "reaptop-lab(7)"},
    [EVENT_LOST] = {.name = "lost",
                    .title = N_("events were lost"),
                    .meaning = N_("The kernel made more events than we could take, and dropped "
                                  "some. A full refresh follows, so the tree is right again; what "
                                  "came and went in between is not known."),
                    .origin = N_("the proc connector's ENOBUFS and its sequence numbers"),
                    .manual = "netlink(7)"},
};

_Static_assert(ELEMENTS(events) == EVENT_KIND_COUNT, "an explanation for each kind of event");

struct reference_table reference_events(void)
{
    return (struct reference_table){events, ELEMENTS(events)};
}
