#include "reaptop/model/signal_policy.h"

#include <stddef.h>

#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"

bool signal_policy_is_target(const struct process *process)
{
    return !process_is_thread(process) && !process->is_ended;
}

enum signal_verdict signal_policy_judge(const struct process *process, struct signal_asker asker,
                                        const char **ret_reason)
{
    pid_t pid = process->id.pid;
    *ret_reason = process->is_ended    ? _("it has ended")
                  : process->is_kernel ? _("it is a kernel thread: no signal acts on it")
                  : pid_is_host(pid)   ? _("it is a machine, not a process")
                  : process_is_thread(process)
                      ? _("it is a thread: a signal is for its whole process")
                      : NULL;
    if (*ret_reason)
        return SIGNAL_REFUSED;
    *ret_reason = pid_local(pid) == 1   ? _("it is PID 1: its end ends its PID namespace")
                  : pid == asker.self   ? _("it is reaptop itself")
                  : pid == asker.parent ? _("it is reaptop's own parent")
                                        : NULL;
    return *ret_reason ? SIGNAL_ASKS_AGAIN : SIGNAL_ALLOWED;
}
