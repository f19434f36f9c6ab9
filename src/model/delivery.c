#include "reaptop/model/delivery.h"

#include <inttypes.h>
#include <signal.h>

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/event.h"
#include "reaptop/model/signals.h"

/* ---- causes ---- */

/* What the task that was running has to do with it. */
enum part {
    PART_SENT,   /* it sent the signal */
    PART_CHILD,  /* it is the child of which SIGCHLD reports */
    PART_DID_IT, /* what it did made the kernel send it */
    PART_NONE    /* it is the target itself, or was interrupted by chance */
};

struct cause {
    const char *name;
    const char *words; /* behind "by 812 sh" or "by the kernel" */
    enum part part;
    bool is_inferred;
};

static const struct cause causes[] = {
    [CAUSE_UNKNOWN] = {"unknown", "", PART_SENT, false},
    [CAUSE_OTHER] = {"other", "", PART_SENT, false},
    [CAUSE_KILL] = {"kill", "kill(2)", PART_SENT, false},
    [CAUSE_TGKILL] = {"tgkill", "tgkill(2)", PART_SENT, false},
    [CAUSE_SIGQUEUE] = {"sigqueue", "sigqueue(3)", PART_SENT, false},
    [CAUSE_ABORT] = {"abort", "abort(3)", PART_SENT, true},
    [CAUSE_POSIX_TIMER] = {"posix_timer", N_("a timer of timer_create(2) ran out"), PART_NONE,
                           false},
    [CAUSE_MESSAGE_QUEUE] = {"message_queue", N_("a message came to its empty queue"), PART_DID_IT,
                             false},
    [CAUSE_ASYNC_IO] = {"async_io", N_("its asynchronous I/O is done"), PART_NONE, false},
    [CAUSE_IO] = {"io", N_("a descriptor of it became ready"), PART_DID_IT, false},
    [CAUSE_CHILD_EXITED] = {"child_exited", N_("exited"), PART_CHILD, false},
    [CAUSE_CHILD_KILLED] = {"child_killed", N_("was killed by a signal"), PART_CHILD, false},
    [CAUSE_CHILD_DUMPED] = {"child_dumped", N_("was killed by a signal and dumped core"),
                            PART_CHILD, false},
    [CAUSE_CHILD_TRAPPED] = {"child_trapped", N_("was trapped"), PART_CHILD, false},
    [CAUSE_CHILD_STOPPED] = {"child_stopped", N_("stopped"), PART_CHILD, false},
    [CAUSE_CHILD_CONTINUED] = {"child_continued", N_("continued"), PART_CHILD, false},
    [CAUSE_NOT_MAPPED] = {"not_mapped", N_("it touched an address that is not mapped"), PART_NONE,
                          false},
    [CAUSE_NOT_ALLOWED] = {"not_allowed", N_("it touched memory in a way that is not allowed"),
                           PART_NONE, false},
    [CAUSE_UNALIGNED] = {"unaligned", N_("it touched an unaligned address"), PART_NONE, false},
    [CAUSE_BEHIND_FILE] = {"behind_file", N_("it touched a mapping behind its file's end"),
                           PART_NONE, false},
    [CAUSE_DIVISION] = {"division", N_("it divided by zero"), PART_NONE, false},
    [CAUSE_FAULT] = {"fault", N_("an instruction of its own failed"), PART_NONE, false},
    [CAUSE_SECCOMP] = {"seccomp", N_("seccomp forbids the system call that it made"), PART_NONE,
                       false},
    [CAUSE_TERMINAL_KEY] = {"terminal_key", NULL, PART_DID_IT, true},
    [CAUSE_HANGUP] = {"hangup",
                      N_("its terminal was hung up, or its session's leader or last parent ended"),
                      PART_DID_IT, true},
    [CAUSE_WINDOW_SIZE] = {"window_size", N_("its terminal's size changed"), PART_DID_IT, true},
    [CAUSE_BACKGROUND] = {"background", N_("it used its terminal from the background"), PART_NONE,
                          true},
    [CAUSE_ALARM] = {"alarm", N_("its alarm(2) or real-time setitimer(2) ran out"), PART_NONE,
                     true},
    [CAUSE_CPU_TIMER] = {"cpu_timer", N_("its setitimer(2) on processor time ran out"), PART_NONE,
                         true},
    [CAUSE_CPU_LIMIT] = {"cpu_limit", N_("it used up its processor time, RLIMIT_CPU"), PART_NONE,
                         true},
    [CAUSE_FILE_LIMIT] = {"file_limit", N_("it wrote beyond its file size limit, RLIMIT_FSIZE"),
                          PART_NONE, true},
    [CAUSE_BROKEN_PIPE] = {"broken_pipe", N_("it wrote to a pipe or socket without a reader"),
                           PART_NONE, true},
    [CAUSE_KERNEL] = {"kernel", N_("it does not say why"), PART_DID_IT, false},
    [CAUSE_OOM] = {"oom", N_("memory ran out, and its OOM killer chose this one"), PART_DID_IT,
                   false},
};

_Static_assert(ELEMENTS(causes) == CAUSE_COUNT, "words for each cause");

/* ---- from the kernel's numbers ---- */

struct code {
    int signal; /* 0: any */
    int code;
    enum signal_cause cause;
};

/* sigaction(2), si_code: the first that fits. */
static const struct code codes[] = {
    {SIGCHLD, CLD_EXITED, CAUSE_CHILD_EXITED},
    {SIGCHLD, CLD_KILLED, CAUSE_CHILD_KILLED},
    {SIGCHLD, CLD_DUMPED, CAUSE_CHILD_DUMPED},
    {SIGCHLD, CLD_TRAPPED, CAUSE_CHILD_TRAPPED},
    {SIGCHLD, CLD_STOPPED, CAUSE_CHILD_STOPPED},
    {SIGCHLD, CLD_CONTINUED, CAUSE_CHILD_CONTINUED},
    {SIGSEGV, SEGV_MAPERR, CAUSE_NOT_MAPPED},
    {SIGSEGV, SEGV_ACCERR, CAUSE_NOT_ALLOWED},
    {SIGBUS, BUS_ADRALN, CAUSE_UNALIGNED},
    {SIGBUS, BUS_ADRERR, CAUSE_BEHIND_FILE},
    {SIGFPE, FPE_INTDIV, CAUSE_DIVISION},
    {SIGFPE, FPE_FLTDIV, CAUSE_DIVISION},
    {SIGSYS, 1 /* SYS_SECCOMP */, CAUSE_SECCOMP},
    {SIGINT, SI_KERNEL, CAUSE_TERMINAL_KEY},
    {SIGQUIT, SI_KERNEL, CAUSE_TERMINAL_KEY},
    {SIGTSTP, SI_KERNEL, CAUSE_TERMINAL_KEY},
    {SIGHUP, SI_KERNEL, CAUSE_HANGUP},
    {SIGCONT, SI_KERNEL, CAUSE_HANGUP}, /* it follows that SIGHUP, for the stopped */
    {SIGWINCH, SI_KERNEL, CAUSE_WINDOW_SIZE},
    {SIGTTIN, SI_KERNEL, CAUSE_BACKGROUND},
    {SIGTTOU, SI_KERNEL, CAUSE_BACKGROUND},
    {SIGALRM, SI_KERNEL, CAUSE_ALARM},
    {SIGVTALRM, SI_KERNEL, CAUSE_CPU_TIMER},
    {SIGPROF, SI_KERNEL, CAUSE_CPU_TIMER},
    {SIGXCPU, SI_KERNEL, CAUSE_CPU_LIMIT},
    {SIGSEGV, SI_KERNEL, CAUSE_FAULT},
    {SIGBUS, SI_KERNEL, CAUSE_FAULT},
    {SIGILL, SI_KERNEL, CAUSE_FAULT},
    {SIGFPE, SI_KERNEL, CAUSE_FAULT},
    {SIGTRAP, SI_KERNEL, CAUSE_FAULT},
    {0, SI_KERNEL, CAUSE_KERNEL},
    {0, SI_USER, CAUSE_KILL},
    {0, SI_TKILL, CAUSE_TGKILL},
    {0, SI_QUEUE, CAUSE_SIGQUEUE},
    {0, SI_TIMER, CAUSE_POSIX_TIMER},
    {0, SI_MESGQ, CAUSE_MESSAGE_QUEUE},
    {0, SI_ASYNCIO, CAUSE_ASYNC_IO},
    {0, SI_SIGIO, CAUSE_IO},
};

static bool is_of_an_instruction(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
           signal == SIGTRAP;
}

enum signal_cause delivery_cause(int signal, int code, bool is_to_process, bool is_own)
{
    /* send_sig() of the kernel gives the writer's own thread the code of kill(2), which
       itself sends to the process, and tgkill(2) has another code. */
    if (code == SI_USER && is_own && !is_to_process && signal == SIGPIPE)
        return CAUSE_BROKEN_PIPE;
    if (code == SI_USER && is_own && !is_to_process && signal == SIGXFSZ)
        return CAUSE_FILE_LIMIT;
    if (code == SI_TKILL && is_own && signal == SIGABRT)
        return CAUSE_ABORT;
    for (size_t i = 0; i < ELEMENTS(codes); i++)
        if (codes[i].code == code && (codes[i].signal == 0 || codes[i].signal == signal))
            return codes[i].cause;
    if (code > 0 && is_of_an_instruction(signal))
        return CAUSE_FAULT;
    return code > 0 && signal == SIGIO ? CAUSE_IO : CAUSE_OTHER;
}

const char *delivery_cause_name(enum signal_cause cause)
{
    return causes[cause].name;
}

bool delivery_cause_is_inferred(enum signal_cause cause)
{
    return causes[cause].is_inferred;
}

bool delivery_is_by_process(enum signal_cause cause)
{
    return causes[cause].part == PART_SENT;
}

/* ---- fates ---- */

static const char *const fate_names[] = {
    [FATE_UNKNOWN] = "unknown", [FATE_SENT] = "sent",       [FATE_STRIPPED] = "stripped",
    [FATE_BLOCKED] = "blocked", [FATE_IGNORED] = "ignored", [FATE_DROPPED] = "dropped",
    [FATE_MERGED] = "merged",   [FATE_LOST] = "lost",       [FATE_DEFAULT] = "default",
    [FATE_HANDLED] = "handled", [FATE_SKIPPED] = "skipped",
};

_Static_assert(ELEMENTS(fate_names) == FATE_COUNT, "a name for each fate");

const char *delivery_fate_name(enum signal_fate fate)
{
    return fate_names[fate];
}

bool delivery_is_open(enum signal_fate fate)
{
    return fate == FATE_UNKNOWN || fate == FATE_SENT || fate == FATE_STRIPPED ||
           fate == FATE_BLOCKED;
}

/* ---- sentences ---- */

static const char *default_words(int signal)
{
    const struct signal_info *info = signal_find(signal);
    switch (info ? info->action : SIGNAL_TERMINATES) {
    case SIGNAL_TERMINATES:
        return _("default action, it ends");
    case SIGNAL_DUMPS_CORE:
        return _("default action, it ends and may dump core");
    case SIGNAL_STOPS:
        return _("default action, it stops");
    case SIGNAL_CONTINUES:
        return _("default action, it goes on if it was stopped");
    case SIGNAL_IS_IGNORED:
        break;
    }
    return _("default action, nothing");
}

static void describe_fate(const struct event *event, struct strbuf *out)
{
    switch (event->fate) {
    case FATE_SENT:
        strbuf_puts(out, _("not seen to arrive"));
        break;
    case FATE_STRIPPED:
        strbuf_puts(out, _("not seen to arrive, and the queue was full: without its details"));
        break;
    case FATE_BLOCKED:
        strbuf_puts(out, event->signal == SIGCONT
                             ? _("blocked: pending; it goes on all the same if it was stopped")
                             : _("blocked: pending"));
        break;
    case FATE_IGNORED:
        strbuf_puts(out, event->signal == SIGCONT ? _("no handler: it goes on if it was stopped")
                                                  : _("ignored"));
        break;
    case FATE_DROPPED:
        strbuf_puts(out, _("dropped: it was ending already (inferred)"));
        break;
    case FATE_MERGED:
        strbuf_puts(out, _("one was pending already: the two are one"));
        break;
    case FATE_LOST:
        strbuf_puts(out, _("lost: the queue was full"));
        break;
    case FATE_DEFAULT:
        strbuf_printf(out, _("delivered: %s"), default_words(event->signal));
        break;
    case FATE_HANDLED:
        strbuf_printf(out, _("delivered to its handler at 0x%" PRIx64), event->handler);
        break;
    case FATE_SKIPPED:
        strbuf_puts(out, _("delivered, and ignored by then"));
        break;
    case FATE_UNKNOWN:
    case FATE_COUNT:
        break;
    }
}

/* "812 sh", raw. */
static void put_task(const struct event *event, struct strbuf *out)
{
    strbuf_printf(out, "%d", (int)event->sender);
    if (event->detail[0])
        strbuf_printf(out, " %s", event->detail);
}

/* Ctrl-C and the like, as stty(1) has them unless they were changed. */
static const char *key_words(int signal)
{
    return signal == SIGINT    ? _("its terminal's interrupt key, Ctrl-C")
           : signal == SIGQUIT ? _("its terminal's quit key, Ctrl-\\")
                               : _("its terminal's stop key, Ctrl-Z");
}

static void describe_call(const struct event *event, struct strbuf *out)
{
    const struct cause *cause = &causes[event->cause];
    if (event->sender == event->id.pid)
        strbuf_puts(out, _("by itself"));
    else if (event->sender == 0)
        strbuf_puts(out, _("by the kernel"));
    else {
        strbuf_puts(out, _("by "));
        put_task(event, out);
    }
    if (event->cause == CAUSE_OTHER)
        strbuf_printf(out, _(", si_code %d"), (int)event->code);
    else
        strbuf_printf(out, ", %s", cause->words);
}

static void describe_kernel(const struct event *event, struct strbuf *out)
{
    const struct cause *cause = &causes[event->cause];
    strbuf_puts(out, _("by the kernel: "));
    if (cause->part == PART_CHILD) {
        strbuf_puts(out, _("its child "));
        put_task(event, out);
        strbuf_printf(out, " %s", _(cause->words));
        return;
    }
    strbuf_puts(out, cause->words ? _(cause->words) : key_words(event->signal));
    if (cause->part == PART_DID_IT && event->sender > 0 && event->sender != event->id.pid) {
        strbuf_puts(out, _(", while "));
        put_task(event, out);
        strbuf_puts(out, _(" ran"));
    }
}

void delivery_describe_sender(const struct event *event, struct strbuf *out)
{
    if (event->cause == CAUSE_UNKNOWN) {
        if (event->sender > 0)
            strbuf_printf(out, _("by %d"), (int)event->sender);
        return;
    }
    if (delivery_is_by_process(event->cause))
        describe_call(event, out);
    else
        describe_kernel(event, out);
    if (delivery_cause_is_inferred(event->cause))
        strbuf_puts(out, _(" (inferred)"));
}

void delivery_describe(const struct event *event, struct strbuf *out)
{
    if (event->kind == EVENT_DELIVERY)
        strbuf_printf(out, _("took SIG%s"), signal_name(event->signal));
    else
        strbuf_printf(out, _("was sent SIG%s"), signal_name(event->signal));
    if (event->kind == EVENT_DELIVERY && event->delay_ms > 0)
        strbuf_printf(out, _(" after %d.%03d s, sent"), event->delay_ms / MS_PER_SEC,
                      event->delay_ms % MS_PER_SEC);
    if (event->cause != CAUSE_UNKNOWN || event->sender > 0)
        strbuf_putc(out, ' ');
    delivery_describe_sender(event, out);
    /* One that reaptop sent: what came of it is in words already. */
    if (event->cause == CAUSE_UNKNOWN && event->detail[0])
        strbuf_printf(out, ": %s", event->detail);
    if (event->fate == FATE_UNKNOWN)
        return;
    strbuf_puts(out, "; ");
    describe_fate(event, out);
}
