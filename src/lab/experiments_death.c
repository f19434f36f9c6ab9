/* Death and family: how processes end, and who is informed. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static struct role *grandparent, *parent, *child, *second_parent, *second_child;

/* waitpid(2) in a role, reported as the PID or a negative errno; the status behind it. */
static void report_wait(struct bench *bench, pid_t pid)
{
    int status = 0;
    pid_t reaped;

    do
        reaped = waitpid(pid, &status, 0);
    while (reaped < 0 && errno == EINTR);
    role_report(bench, reaped < 0 ? -errno : reaped);
    role_report(bench, status);
}

static void exit_when_asked(struct bench *bench)
{
    role_idle(bench);
    _exit(7);
}

/* "lab-host (24)": who somebody is. */
static const char *name_of(pid_t pid, char *text, size_t size)
{
    char comm[64] = "?";

    (void)observe_file(pid, "comm", comm, sizeof(comm));
    (void)snprintf(text, size, "%s (%d)", comm, pid);
    return text;
}

static void see_adopted(struct bench *bench, unsigned sight, pid_t orphan, pid_t adopter)
{
    char name[96];
    int64_t found = 0;
    bool seen = until(bench, (found = observe_stat(orphan, 4)) == adopter);

    (void)see(bench, sight, seen, _("/proc/%d/stat field 4: %" PRId64 ", which is %s"), orphan,
              found, found > 0 ? name_of((pid_t)found, name, sizeof(name)) : "?");
}

/* ---- zombie ---- */

static void zombie_child(struct bench *bench)
{
    if (is_broken(bench, 1))
        role_idle(bench);
    exit_when_asked(bench);
}

static void zombie_parent(struct bench *bench)
{
    (void)signal(SIGCHLD, SIG_DFL);
    pid_t pid = role_fork(bench, child, zombie_child);

    for (;;)
        switch (role_await(bench)) {
        case 's':
            if (is_broken(bench, 2))
                (void)waitpid(pid, NULL, 0);
            role_report(bench, kill(pid, SIGKILL) < 0 ? -errno : 0);
            break;
        case 'w':
            if (!is_broken(bench, 3))
                report_wait(bench, pid);
            break;
        }
}

static void zombie_die(struct bench *bench)
{
    child = role_new(bench, "child");
    parent = role_spawn(bench, "parent", zombie_parent);
    if (!role_meet(bench, child))
        return;
    int64_t before = observe_number(child->pid, "status", "VmSize");
    if (!is_broken(bench, 1))
        role_go(bench, child, 'x');
    if (!see_state(bench, 0, child->pid, "Z"))
        return;
    bool is_kept = until(bench, observe_stat(child->pid, 52) == 7 << 8);
    (void)see(bench, 1, is_kept, _("/proc/%d/stat field 52: %" PRId64 " (7 × 256: exit code 7)"),
              child->pid, observe_stat(child->pid, 52));
    int64_t after = observe_number(child->pid, "status", "VmSize");
    (void)see(bench, 2, before > 0 && after == INT64_MIN,
              _("/proc/%d/status: VmSize was %" PRId64 " kB, now there is no such line"),
              child->pid, before);
}

static void zombie_shoot(struct bench *bench)
{
    role_go(bench, parent, 's');
    (void)see_reported(bench, 0, parent, "kill(PID, SIGKILL)", 0);
    (void)see_state(bench, 1, child->pid, "Z");
}

static void zombie_reap(struct bench *bench)
{
    role_go(bench, parent, 'w');
    if (!see_reported(bench, 0, parent, _("waitpid() returned"), child->pid))
        return;
    (void)see_reported(bench, 1, parent, _("the status (7 × 256: exit code 7)"), 7 << 8);
    (void)see_gone(bench, 2, child->pid);
}

const struct lab_experiment experiment_zombie = {
    .name = "zombie",
    .chapter = LAB_DEATH,
    .place = 1,
    .title = N_("Dead, but not gone"),
    .question = N_("What is left of a process that has ended?"),
    .roles = {{"parent", N_("forks and does not wait")}, {"child", N_("exits with code 7")}},
    .steps =
        {
            {
                .does = N_("The child calls _exit(7). Its parent does not call wait()."),
                .question = N_("What does the process table have of the child now?"),
                .choices = {N_("nothing"), N_("an entry in state Z"), N_("an entry in state T")},
                .right = 1,
                .sees = {{N_("its state is Z, zombie"), "/proc/PID/stat field 3"},
                         {N_("its exit status is kept"), "/proc/PID/stat field 52"},
                         {N_("its memory is gone"), "/proc/PID/status VmSize"}},
                .explains = N_("A process that ended gives back its memory and its files at "
                               "once. What stays is its PID, its exit status and the sum of "
                               "what it used, until the parent asks for them. Such a process "
                               "is called a zombie."),
                .manual = "wait(2), proc(5)",
                .breaks = N_("the child does not exit"),
                .run = zombie_die,
            },
            {
                .does = N_("The parent sends SIGKILL to the zombie."),
                .question = N_("What happens?"),
                .choices = {N_("the zombie goes away"), N_("kill() fails with ESRCH"),
                            N_("kill() succeeds, and nothing changes")},
                .right = 2,
                .sees = {{N_("kill() returns 0"), N_("kill(2), as the process itself reports it")},
                         {N_("the child is still Z"), "/proc/PID/stat field 3"}},
                .explains = N_("A signal is delivered to running code, and a zombie has none. It "
                               "is already dead; it cannot be killed again."),
                .manual = "kill(2)",
                .breaks = N_("the parent waits for the child first"),
                .run = zombie_shoot,
            },
            {
                .does = N_("The parent calls waitpid()."),
                .question = N_("What does it get?"),
                .choices = {N_("the child's PID and exit status"), N_("ECHILD: it is too late"),
                            N_("it sleeps for ever")},
                .right = 0,
                .sees = {{N_("waitpid() returns the child's PID"),
                          N_("waitpid(2), as the process itself reports it")},
                         {N_("the status says exit code 7"),
                          N_("waitpid(2), as the process itself reports it")},
                         {N_("the child is in the process table no more"), "/proc/PID"}},
                .explains = N_("Waiting for a dead child takes its entry out of the process "
                               "table. This is called reaping. Only the parent can do it, so a "
                               "zombie that stays is a fault of its parent."),
                .manual = "waitpid(2)",
                .breaks = N_("the parent does not call waitpid()"),
                .run = zombie_reap,
            },
        },
    .reading = "wait(2), _exit(2), proc(5)",
};

/* ---- orphan ---- */

static void orphan_parent(struct bench *bench)
{
    (void)role_fork(bench, child, exit_when_asked);
    if (is_broken(bench, 1))
        role_idle(bench);
    exit_when_asked(bench);
}

static void orphan_leave(struct bench *bench)
{
    child = role_new(bench, "child");
    parent = role_spawn(bench, "parent", orphan_parent);
    if (!role_meet(bench, child))
        return;
    if (is_sight_broken(bench, 1, 1)) {
        role_go(bench, parent, 'x');
        (void)until_broken(bench, observe_stat(child->pid, 4) != parent->pid);
    }
    (void)see_parent(bench, 0, child->pid, parent->pid);
    if (!is_broken(bench, 1))
        role_go(bench, parent, 'x');
    see_adopted(bench, 1, child->pid, bench->host_pid);
    if (is_sight_broken(bench, 1, 3)) {
        role_go(bench, child, 'x');
        (void)until_broken(bench, observe_state(child->pid) == 'Z');
    }
    (void)see_state(bench, 2, child->pid, "S");
}

static void orphan_end(struct bench *bench)
{
    int status = 0;

    if (!is_broken(bench, 2))
        role_go(bench, child, 'x');
    int reaped = bench_reap(bench, child->pid, &status);
    (void)see(bench, 0, reaped > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7,
              _("waitpid(%d) in the adopter: %s, exit code %d"), child->pid,
              reaped > 0 ? _("reaped") : _("not reaped"), WEXITSTATUS(status));
    if (reaped > 0)
        (void)see_gone(bench, 1, child->pid);
}

const struct lab_experiment experiment_orphan = {
    .name = "orphan",
    .chapter = LAB_DEATH,
    .place = 2,
    .title = N_("The parent dies first"),
    .question = N_("Who is the parent of a process whose parent is dead?"),
    .roles = {{"parent", N_("exits before its child")}, {"child", N_("lives on")}},
    .steps =
        {
            {
                .does = N_("The parent exits. Its child sleeps on."),
                .question = N_("What is the child's PPID, its parent's PID, now?"),
                .choices = {N_("as before: the dead parent's PID"), N_("0"),
                            N_("another living process's PID")},
                .right = 2,
                .sees = {{N_("before: the PPID is the parent's PID"), "/proc/PID/stat field 4",
                          N_("the parent has exited before")},
                         {N_("after: it is the PID of the process that adopted it"),
                          "/proc/PID/stat field 4, /proc/PPID/comm"},
                         {N_("the child itself did not notice"), "/proc/PID/stat field 3",
                          N_("the child exits too")}},
                .explains = N_("A child whose parent is dead is an orphan. The kernel gives it to "
                               "the nearest subreaper among its ancestors: a process that has "
                               "asked to adopt. If there is none it goes to init, PID 1. Here "
                               "lab-host has asked, so that nothing of the lab gets lost."),
                .manual = "_exit(2), PR_SET_CHILD_SUBREAPER(2const)",
                .breaks = N_("the parent does not exit"),
                .run = orphan_leave,
            },
            {
                .does = N_("The orphan exits."),
                .question = N_("Who must wait for it?"),
                .choices = {N_("nobody: its parent is dead"), N_("its adopter"),
                            N_("its grandparent")},
                .right = 1,
                .sees = {{N_("the adopter's waitpid() gets its exit status"), "waitpid(2)"},
                         {N_("then it is gone"), "/proc/PID"}},
                .explains = N_("An adopter is a parent in every way. That is why init must wait "
                               "for all its children, including those it never forked."),
                .manual = "waitpid(2)",
                .breaks = N_("the orphan does not exit"),
                .run = orphan_end,
            },
        },
    .reading = "wait(2), PR_SET_CHILD_SUBREAPER(2const), init(1)",
};

/* ---- subreaper ---- */

static void subreaper_first(struct bench *bench)
{
    (void)role_fork(bench, child, exit_when_asked);
    exit_when_asked(bench);
}

static void subreaper_second(struct bench *bench)
{
    (void)role_fork(bench, second_child, exit_when_asked);
    exit_when_asked(bench);
}

static void subreaper_grandparent(struct bench *bench)
{
    if (!is_broken(bench, 1))
        (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)role_fork(bench, parent, subreaper_first);
    for (;;)
        if (role_await(bench) == 'c') {
            if (!is_broken(bench, 2))
                (void)prctl(PR_SET_CHILD_SUBREAPER, 0);
            role_report(bench, 0);
            (void)role_fork(bench, second_parent, subreaper_second);
        }
}

static void subreaper_adopt(struct bench *bench)
{
    parent = role_new(bench, "parent");
    child = role_new(bench, "child");
    second_parent = role_new(bench, "parent-2");
    second_child = role_new(bench, "child-2");
    grandparent = role_spawn(bench, "grandparent", subreaper_grandparent);
    if (!role_meet(bench, parent) || !role_meet(bench, child))
        return;
    role_go(bench, parent, 'x');
    see_adopted(bench, 0, child->pid, grandparent->pid);
}

static void subreaper_give_up(struct bench *bench)
{
    (void)role_ask(bench, grandparent, 'c');
    if (!role_meet(bench, second_parent) || !role_meet(bench, second_child))
        return;
    role_go(bench, second_parent, 'x');
    see_adopted(bench, 0, second_child->pid, bench->host_pid);
    if (is_sight_broken(bench, 2, 2))
        (void)kill(grandparent->pid, SIGKILL);
    bool is_left = is_sight_broken(bench, 2, 2) &&
                   until_broken(bench, observe_stat(child->pid, 4) != grandparent->pid);
    if (!is_left)
        (void)see_parent(bench, 1, child->pid, grandparent->pid);
}

const struct lab_experiment experiment_subreaper = {
    .name = "subreaper",
    .chapter = LAB_DEATH,
    .place = 3,
    .title = N_("A grandparent that adopts"),
    .question = N_("How can a process become the adopter of its descendants?"),
    .roles = {{"grandparent", N_("calls prctl(PR_SET_CHILD_SUBREAPER)")},
              {"parent", N_("exits")},
              {"child", N_("is adopted by the grandparent")},
              {"parent-2", N_("exits after the grandparent gave up")},
              {"child-2", N_("is adopted by lab-host")}},
    .steps =
        {
            {
                .does = N_("The grandparent has called prctl(PR_SET_CHILD_SUBREAPER, 1). Now the "
                           "parent exits."),
                .question = N_("Who adopts the child?"),
                .choices = {N_("init"), N_("the grandparent"), N_("nobody")},
                .right = 1,
                .sees = {{N_("the child's PPID is the grandparent's PID"),
                          "/proc/PID/stat field 4"}},
                .explains = N_("A subreaper adopts the orphans below it that no nearer one "
                               "takes. Service managers and container runtimes use it to keep "
                               "sight of what they started. /proc does not show who is a "
                               "subreaper: one sees adoptions."),
                .manual = "PR_SET_CHILD_SUBREAPER(2const)",
                .breaks = N_("the grandparent does not become a subreaper"),
                .run = subreaper_adopt,
            },
            {
                .does = N_("The grandparent gives the flag up and forks a second parent, which "
                           "forks a child and exits."),
                .question = N_("Who adopts the second child?"),
                .choices = {N_("the next subreaper up: lab-host"), N_("the grandparent again"),
                            N_("the first child")},
                .right = 0,
                .sees = {{N_("the second child's PPID is lab-host's PID"),
                          "/proc/PID/stat field 4"},
                         {N_("the first child stays with the grandparent"),
                          "/proc/PID/stat field 4", N_("the grandparent is ended")}},
                .explains = N_("The kernel looks at the moment the parent dies, and walks up until "
                               "it finds a subreaper. An adoption that has happened stays."),
                .manual = "PR_SET_CHILD_SUBREAPER(2const)",
                .breaks = N_("the grandparent keeps the flag"),
                .run = subreaper_give_up,
            },
        },
    .reading = "PR_SET_CHILD_SUBREAPER(2const), wait(2)",
};

/* ---- zombie-orphan ---- */

static void zombie_orphan_parent(struct bench *bench)
{
    (void)signal(SIGCHLD, SIG_DFL);
    (void)role_fork(bench, child, exit_when_asked);
    if (is_broken(bench, 2))
        role_idle(bench);
    exit_when_asked(bench);
}

static void zombie_orphan_adopter(struct bench *bench)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)role_fork(bench, parent, zombie_orphan_parent);
    for (;;)
        if (role_await(bench) == 'w' && !is_broken(bench, 3))
            report_wait(bench, child->pid);
}

static void zombie_orphan_die(struct bench *bench)
{
    parent = role_new(bench, "parent");
    child = role_new(bench, "child");
    grandparent = role_spawn(bench, "adopter", zombie_orphan_adopter);
    if (!role_meet(bench, parent) || !role_meet(bench, child))
        return;
    if (!is_broken(bench, 1))
        role_go(bench, child, 'x');
    (void)see_state(bench, 0, child->pid, "Z");
    if (is_sight_broken(bench, 1, 2)) {
        role_go(bench, parent, 'x');
        (void)until_broken(bench, observe_stat(child->pid, 4) != parent->pid);
    }
    (void)see_parent(bench, 1, child->pid, parent->pid);
}

static void zombie_orphan_leave(struct bench *bench)
{
    if (!is_broken(bench, 2))
        role_go(bench, parent, 'x');
    see_adopted(bench, 0, child->pid, grandparent->pid);
    if (is_sight_broken(bench, 2, 2)) {
        role_go(bench, grandparent, 'w');
        (void)until_broken(bench, observe_state(child->pid) == '\0');
    }
    (void)see_state(bench, 1, child->pid, "Z");
}

static void zombie_orphan_reap(struct bench *bench)
{
    role_go(bench, grandparent, 'w');
    if (!see_reported(bench, 0, grandparent, _("waitpid() in the adopter returned"), child->pid))
        return;
    (void)see_reported(bench, 1, grandparent, _("the status (7 × 256: exit code 7)"), 7 << 8);
    (void)see_gone(bench, 2, child->pid);
}

const struct lab_experiment experiment_zombie_orphan = {
    .name = "zombie-orphan",
    .chapter = LAB_DEATH,
    .place = 4,
    .title = N_("How to get rid of a zombie"),
    .question = N_("What becomes of a zombie whose parent dies?"),
    .roles = {{"adopter", N_("a subreaper; waits when told")},
              {"parent", N_("does not wait, then exits")},
              {"child", N_("exits first")}},
    .steps =
        {
            {
                .does = N_("The child exits. Its parent does not wait for it."),
                .question = N_("What is the child?"),
                .choices = {N_("an orphan"), N_("a zombie"), N_("gone")},
                .right = 1,
                .sees = {{N_("its state is Z"), "/proc/PID/stat field 3"},
                         {N_("its PPID is still the parent's PID"), "/proc/PID/stat field 4",
                          N_("the parent exits too")}},
                .explains = N_("The zombie waits for its parent, which is alive and does nothing."),
                .manual = "wait(2)",
                .breaks = N_("the child does not exit"),
                .run = zombie_orphan_die,
            },
            {
                .does = N_("The parent exits too, without having waited."),
                .question = N_("What happens to the zombie?"),
                .choices = {N_("it stays for ever"), N_("it goes away with its parent"),
                            N_("it is adopted, as any orphan")},
                .right = 2,
                .sees = {{N_("its PPID is the adopter's PID"), "/proc/PID/stat field 4"},
                         {N_("it is still Z: the adopter has not collected it yet"),
                          "/proc/PID/stat field 3", N_("the adopter waits")}},
                .explains = N_("Zombies are adopted as the living are. An adopter such as init "
                               "waits at once; ours waits a moment so that you can look."),
                .manual = "wait(2)",
                .breaks = N_("the parent does not exit"),
                .run = zombie_orphan_leave,
            },
            {
                .does = N_("The adopter calls waitpid()."),
                .question = N_("Which exit status does it get?"),
                .choices = {N_("the child's own, kept all the time"), N_("0: it was lost"),
                            N_("the dead parent's")},
                .right = 0,
                .sees = {{N_("waitpid() returns the child's PID"),
                          N_("waitpid(2), as the process itself reports it")},
                         {N_("the status says exit code 7"),
                          N_("waitpid(2), as the process itself reports it")},
                         {N_("the zombie is gone"), "/proc/PID"}},
                .explains = N_("So the way to remove a zombie is to make its parent wait, or to "
                               "end its parent. A signal to the zombie itself does nothing."),
                .manual = "waitpid(2)",
                .breaks = N_("the adopter does not wait"),
                .run = zombie_orphan_reap,
            },
        },
    .reading = "wait(2), PR_SET_CHILD_SUBREAPER(2const)",
};

/* ---- autoreap ---- */

static void autoreap_parent(struct bench *bench)
{
    pid_t pid = 0;

    if (!is_broken(bench, 1))
        (void)signal(SIGCHLD, SIG_IGN);
    for (;;)
        switch (role_await(bench)) {
        case 'f':
            if (is_broken(bench, 2))
                (void)signal(SIGCHLD, SIG_DFL);
            pid = role_fork(bench, child, exit_when_asked);
            role_report(bench, pid);
            break;
        case 'w':
            if (is_broken(bench, 3))
                pid = role_fork(bench, child, exit_when_asked);
            role_report(bench,
                        waitpid(pid, NULL, is_broken(bench, 3) ? WNOHANG : 0) < 0 ? -errno : 0);
            break;
        }
}

static void autoreap_ignore(struct bench *bench)
{
    child = role_new(bench, "child");
    parent = role_spawn(bench, "parent", autoreap_parent);
    (void)see_signals(bench, 0, parent->pid, "SigIgn", signal_bit(SIGCHLD), 0);
}

static void autoreap_watch(struct bench *bench)
{
    char letters[32] = "";
    bool has_zombie = false, has_x = false, is_gone = false;
    unsigned exits = 0;

    struct wait wait = wait_begin(bench);
    while (!has_x && !has_zombie && wait_turn(bench, &wait)) {
        int64_t pid = role_ask(bench, parent, 'f');
        if (pid <= 0 || !until(bench, child->pid == pid))
            return;
        if (exits++ == 0)
            bench_announce(bench, child->pid, child->name);
        has_x = role_watch_exit(bench, child, letters, sizeof(letters));
        /* Z is there for an instant too; only one that stays would be a zombie. */
        has_zombie = observe_state(child->pid) == 'Z';
        is_gone = observe_state(child->pid) == '\0';
    }
    (void)see(bench, 0, is_gone && !has_zombie,
              _("/proc/%d/stat read in a loop, field 3 in turn: %s, then ESRCH"), child->pid,
              letters);
    if (!has_x && bench_processors() < 2)
        see_skipped(bench, 1, _("catching X needs a second processor"));
    else if (!has_x && is_gone && !has_zombie)
        see_skipped(bench, 1, _("X lasts microseconds, and none of %u exits was caught in it"),
                    exits);
    else
        (void)see(bench, 1, has_x, _("exit %u of PID %d: %s"), exits, child->pid, letters);
}

static void autoreap_wait(struct bench *bench)
{
    role_go(bench, parent, 'w');
    (void)see_reported(bench, 0, parent, "waitpid()", -ECHILD);
}

const struct lab_experiment experiment_autoreap = {
    .name = "autoreap",
    .chapter = LAB_DEATH,
    .place = 5,
    .title = N_("A parent that does not want to know"),
    .question = N_("When does a dead child not become a zombie?"),
    .roles = {{"parent", N_("ignores SIGCHLD")}, {"child", N_("exits")}},
    .steps =
        {
            {
                .does = N_("The parent ignores SIGCHLD, the signal that tells of a child's end."),
                .question = N_("SIGCHLD is ignored by default. Does it matter to say so?"),
                .choices = {N_("no"), N_("yes: it means \"do not keep my dead children\"")},
                .right = 1,
                .sees = {{N_("SIGCHLD is in the ignored set"), "/proc/PID/status SigIgn"}},
                .explains = N_("The default action of SIGCHLD is to do nothing. Ignoring it by "
                               "sigaction(2) with SIG_IGN says more: the kernel shall reap the "
                               "children itself."),
                .manual = "sigaction(2)",
                .breaks = N_("the parent does not ignore SIGCHLD"),
                .run = autoreap_ignore,
            },
            {
                .does = N_("Children exit while we hold their stat file open and read it in a "
                           "loop."),
                .question = N_("Which state comes after S and R?"),
                .choices = {N_("Z, until the parent waits"), N_("X, for an instant, then nothing"),
                            N_("T")},
                .right = 1,
                .sees = {{N_("the child goes away by itself, without staying Z"),
                          "/proc/PID/stat field 3"},
                         {N_("X, dead, is caught in passing"), "/proc/PID/stat field 3"}},
                .explains = N_("X means dead: the kernel is taking the process out of its table. "
                               "It lasts microseconds. A reader that has the file open already "
                               "catches it in about half of all exits, so we tried until we did. "
                               "Z may show before it for an instant, until the kernel has asked "
                               "whether the parent wants to know."),
                .manual = "proc(5)",
                .breaks = N_("the parent takes the default back"),
                .run = autoreap_watch,
            },
            {
                .does = N_("The parent calls waitpid() for the last of them."),
                .question = N_("What does waitpid() say?"),
                .choices = {N_("exit code 0"), N_("ECHILD: no such child")},
                .right = 1,
                .sees = {{N_("waitpid() fails with ECHILD"),
                          N_("waitpid(2), as the process itself reports it")}},
                .explains = N_("The exit status is lost: nobody was to know. So a program that "
                               "wants its children's status must leave SIGCHLD at its default or "
                               "catch it."),
                .manual = "waitpid(2)",
                .breaks = N_("the parent has a living child"),
                .run = autoreap_wait,
            },
        },
    .reading = "sigaction(2), wait(2), proc(5)",
};
