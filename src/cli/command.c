#include "reaptop/cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kill_arguments.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/privilege.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/commands.h"

/* Its command runs in the application, which needs nothing else of it. */
static const struct option_info replay_options[] = {
    {"at", '\0', N_("TIME"), N_("begin at 14:03:07, or +30s after the recording's begin, held")},
    {"speed", '\0', N_("N"), N_("so many times as fast: 1/8, 1/2, 2, 64")},
    {"asciicast", '\0', N_("FILE"),
     N_("no screen: write what it would show for asciinema to play")},
    {"size", '\0', N_("COLSxROWS"), N_("of --asciicast's screen (default 100x30)")},
    {NULL, '\0', NULL, NULL},
};

const struct command commands[] = {
    {
        .name = "tree",
        .arguments = "[PID]",
        .summary = N_("the process tree, once: PID PPID STATE USER THR RSS COMMAND"),
        .options = tree_options,
        .run = command_tree,
        .privileges = PRIVILEGES_SWEEP,
    },
    {
        .name = "show",
        .arguments = "PID",
        .summary = N_("all that is known of one process, in one panel"),
        .details = N_("Of a recording (--from): what it holds of the process at its end or at "
                      "--at, its life until then, and what it does not hold. Of a process that "
                      "had ended by then: how it was seen last."),
        .options = show_options,
        .accepts = "HJ",
        .run = command_show,
        .privileges = PRIVILEGES_INSPECT | PRIVILEGES_SWEEP,
    },
    {
        .name = "files",
        .arguments = "PID",
        .summary = N_("descriptors of a process, each with the process at its other end"),
        .accepts = "J",
        .run = command_files,
        .privileges = PRIVILEGES_INSPECT,
    },
    {
        .name = "who",
        .arguments = "WHAT...",
        .summary = N_("who has a port, a file, a pipe, a socket or a unit"),
        .details = N_("WHAT is :PORT, tcp/PORT, udp/PORT, /path (open, mapped, or the directory, "
                      "root or program of a process), pipe:[N], socket:[N] or unit:NAME. Exit "
                      "status 1: nobody."),
        .accepts = "J",
        .run = command_who,
        .privileges = PRIVILEGES_INSPECT,
    },
    {
        .name = "why",
        .arguments = "PID",
        .summary = N_("why it is in its state, what it waits for, who must act"),
        .details = N_("A recording (--from) holds states and parents: they tell of the dead and "
                      "the stopped, and who must act; of a sleeper they do not tell what it waits "
                      "for."),
        .options = why_options,
        .accepts = "HJ",
        .run = command_why,
        .privileges = PRIVILEGES_INSPECT,
    },
    {
        .name = "maps",
        .arguments = "PID",
        .summary = N_("memory mappings with Rss, Pss, private, shared, swap and the totals"),
        .details = N_("What each kind of mapping takes, then every mapping, in KiB. The total is "
                      "the mappings' sum; smaps_rollup is the kernel's own, whose Pss is not cut "
                      "to KiB for each mapping."),
        .options = maps_options,
        .accepts = "J",
        .run = command_maps,
        .privileges = PRIVILEGES_INSPECT,
    },
    {
        .name = "pages",
        .arguments = "PID [START[-END] | PID2]",
        .summary = N_("page by page: present, swapped, frame, map count, kernel page flags"),
        .details = N_("START and END are hexadecimal, as maps prints them; START alone means up to "
                      "the end of its mapping. With PID2: the frames that the two share. Frame "
                      "numbers need CAP_SYS_ADMIN, map counts and flags need root; without them "
                      "what two processes share is inferred from the files they map."),
        .accepts = "J",
        .run = command_pages,
        .privileges = PRIVILEGES_INSPECT,
    },
    {
        .name = "send",
        .arguments = "SIGNAL TARGET...",
        .summary = N_("send a signal, with the forecast of what it does and what came of it"),
        .details =
            N_("TARGET is PID or PID:INODE, the inode of its pidfd, as kill(1) has it; a "
               "handle to each is open before anything is sent. -s SIGNAL, -SIGNAL, -9 and -l "
               "mean what they mean to kill(1); a number alone is no signal, because it is "
               "a PID to kill(1), and a negative number is refused: -g PID. -0 sends nothing: it "
               "asks whether the process is there and may be signalled. With -g, "
               "--session and -T a TARGET stands for its process group, its session or its "
               "subtree; what a subtree's members fork meanwhile gets the signal too. -w waits for "
               "the end after "
               "INT, QUIT, ABRT, TERM and KILL, and after any other signal until it was "
               "taken or discarded. Exit status: 64 where some targets failed."),
        .options = send_options,
        .accepts = "J",
        .prepare = kill_arguments,
        .run = command_send,
        .privileges = PRIVILEGES_INSPECT | PRIVILEGES_SWEEP | PRIVILEGE(CAP_KILL),
    },
    {
        .name = "run",
        .arguments = "[--] CMD [ARG]...",
        .summary =
            N_("run a command and narrate its life and its descendants' until all are reaped"),
        .details =
            N_("The narration goes to standard error, so that the command's own output "
               "stays clean, with -o to a file; --json makes it JSON Lines. Orphans are adopted "
               "and reaped. "
               "Exit status is CMD's, 128+N where signal N ended it, 127 where there is no "
               "such command, 126 where it cannot be executed. A signal sent to reaptop "
               "goes to CMD, and after its end to whom it left behind. When reaptop is "
               "killed, all of them are. With --syscalls, CMD and its descendants are traced "
               "(ptrace(2)): every call stops its caller twice, which slows it and is told "
               "at the end; a setuid program gains nothing then, and no debugger can attach. "
               "Sleeps, stops and signals stay as they are."),
        .options = run_options,
        .accepts = "dJ",
        .run = command_run,
        .stops_at_operand = true,
        .privileges = PRIVILEGES_WATCH | PRIVILEGE(CAP_KILL) | PRIVILEGES_EXECUTE,
        .starts_commands = true,
    },
    {
        .name = "events",
        .arguments = "[PID]",
        .summary = N_("the stream of life events: fork, exec, exit, zombie, reap, adopt …"),
        .details = N_("With a PID: of that process and its descendants, also after they were "
                      "orphaned, until the last of them is gone; with --signals, also of whom they "
                      "signal. Each event names its source. What was lost is told whatever is "
                      "asked for, and counted in the end on standard "
                      "error."),
        .options = events_options,
        .accepts = "HdnpuJ",
        .run = command_events,
        .privileges = PRIVILEGES_WATCH,
    },
    {
        .name = "record",
        .arguments = "FILE",
        .summary = N_("keep what happens in a file, for replay; - is standard output"),
        .details = N_("Recorded are every process with its name, state, parent, user, use of "
                      "processor and memory, the events that the kernel tells, the machine's "
                      "totals, and command lines, which may hold passwords: --no-args leaves "
                      "those out. Signals are events with --signals. Environments, open files, "
                      "memory and signal masks are not recorded. "
                      "FILE must not exist; only its owner may read it (mode 0600). It is written "
                      "at each refresh, so a crash of reaptop loses the last one at most; what "
                      "is cut replays to the cut. Until -n refreshes, or Ctrl-C. Over a network: "
                      "ssh HOST reaptop record - | reaptop replay -"),
        .options = record_options,
        .accepts = "dn",
        .run = command_record,
        .privileges = PRIVILEGES_WATCH | PRIVILEGES_WRITE,
    },
    {
        .name = "replay",
        .arguments = "FILE",
        .summary = N_("watch a recording on the same screen; - is standard input"),
        .details =
            N_("Time is under the keys: p holds it and plays on, in the time that was recorded; ) "
               "and ( change the speed, ] and [ step, } and { go to the selected process's next "
               "event or the one before, ; and : to those that the events region shows, of a "
               "kind, a user or a branch, B and D to birth and death, @ to a time. To go back, "
               "up to 64 MiB of what was there are kept. What comes down a pipe is shown as it "
               "comes and cannot be gone back in. A recording that was cut is shown to the cut. "
               "tree, show, why and events read one with --from FILE."),
        .options = replay_options,
        .privileges = PRIVILEGE(CAP_DAC_READ_SEARCH),
    },
    {
        .name = "metrics",
        .arguments = "",
        .summary = N_("OpenMetrics text of all processes, for node_exporter's textfile collector"),
        .details = N_("Processes by state, zombies by who must collect them, state D by where "
                      "the kernel holds them, frozen cgroups, births, PIDs and open files against "
                      "their limits. Once; with --delay again and again, and then also how long "
                      "zombies and processes in state D have been so, at least, and exits by "
                      "signal where the kernel reports them. -o replaces FILE as a whole, so that "
                      "a reader never finds half of it."),
        .options = metrics_options,
        .accepts = "dn",
        .run = command_metrics,
        .privileges = PRIVILEGES_WATCH | PRIVILEGES_WRITE,
    },
    {
        .name = "lab",
        .arguments = "[NAME | quiz [NAME] | play FILE]",
        .summary = N_("list the experiments, or run one, narrated; all runs every one"),
        .details =
            N_("An experiment forks real processes, takes them step by step through what "
               "it teaches, and says of each step whether it was seen in the kernel's own "
               "files. reaptop-lab(7) tells of each. Exit status 1 where something was "
               "not seen; what this user or kernel cannot show is skipped, with the "
               "reason. quiz asks the questions of all experiments, or of one, and the "
               "missed ones again; nothing is run. play FILE is free play from a script: each line "
               "is fork, "
               "vfork, exec, stop, continue, kill, wait, exit, trace, handle, malloc, pipe … "
               "and the number of the process that does it, counted by birth from 1. A recording "
               "that --record makes holds the experiment's processes, no others, and what "
               "was told; before and after each step it waits two seconds, or --delay; with -i, "
               "for you."),
        .options = lab_options,
        .accepts = "dJ",
        .run = command_lab,
        .privileges = PRIVILEGES_LAB,
    },
    {
        .name = "threads",
        .arguments = "PID",
        .summary = N_("threads of a process with state, priority, processor, switches and wait"),
        .details = N_("With --stacks: the functions that each thread is in, innermost first, as "
                      "#0 SYMBOL (FILE). Each thread is stopped for that by ptrace(2), one after "
                      "the other, while its registers and its stack are copied; the longest stop "
                      "is told. It can end epoll_wait(2) and the like early, with EINTR, see "
                      "signal(7), and what goes on afterwards is seen as restart_syscall. It needs "
                      "elfutils' libdw."),
        .options = threads_options,
        .accepts = "J",
        .run = command_threads,
        .privileges = PRIVILEGES_INSPECT,
    },
    {
        .name = "signals",
        .arguments = "[PID]",
        .summary = N_("all signals, or one process's pending, blocked, ignored and caught ones"),
        .accepts = "J",
        .run = command_signals,
        .privileges = PRIVILEGES_INSPECT,
    },
    {
        .name = "explain",
        .arguments = "TOPIC",
        .summary = N_("what a state letter, a signal, a column, a field, an errno or a term means"),
        .details = N_("With `states`, `signals`, `terms`, `fields`, `columns`, `errnos` or "
                      "`events`: all of that kind; `states` draws how one becomes another. Without "
                      "a topic: what "
                      "can be asked."),
        .accepts = "J",
        .run = command_explain,
    },
    {0},
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

/* The reason could not be put together; that there is one is said all the same. */
static void complain_without_memory(void)
{
    static const char text[] = "reaptop: there is no memory left, not even for the reason\n";
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
}

/* One line on standard error, whatever bytes are in it: arguments and names are untrusted. */
__attribute__((format(printf, 2, 0))) static void complain(const char *command, const char *format,
                                                           va_list arguments)
{
    struct strbuf raw = STRBUF_INIT, line = STRBUF_INIT;
    if (command)
        strbuf_printf(&raw, "%s: ", command);
    strbuf_vprintf(&raw, format, arguments);
    strbuf_puts(&line, "reaptop: ");
    text_append_visible(&line, strbuf_text(&raw), raw.length, SIZE_MAX);
    strbuf_putc(&line, '\n');
    if (raw.error < 0 || line.error < 0)
        complain_without_memory();
    else
        (void)fputs(strbuf_text(&line), stderr);
    strbuf_done(&raw);
    strbuf_done(&line);
}

int command_usage_error(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(command, format, arguments);
    va_end(arguments);
    return EXIT_USAGE;
}

int command_fail(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(NULL, format, arguments);
    va_end(arguments);
    return status;
}
