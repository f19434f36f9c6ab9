#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/model/process.h"
#include "reaptop/model/signal_policy.h"

static const struct {
    struct process process;
    enum signal_verdict verdict;
    const char *reason;
} judged[] = {
    {{.id.pid = 4711, .tgid = 4711}, SIGNAL_ALLOWED, NULL},
    {{.id.pid = 1, .tgid = 1}, SIGNAL_ASKS_AGAIN, "PID 1"},
    {{.id.pid = 100, .tgid = 100}, SIGNAL_ASKS_AGAIN, "reaptop itself"},
    {{.id.pid = 90, .tgid = 90}, SIGNAL_ASKS_AGAIN, "parent"},
    {{.id.pid = 2, .tgid = 2, .is_kernel = true}, SIGNAL_REFUSED, "kernel thread"},
    {{.id.pid = 102, .tgid = 101}, SIGNAL_REFUSED, "whole process"},
    {{.id.pid = (2 << PID_LOCAL_BITS) + 1, .tgid = (2 << PID_LOCAL_BITS) + 1},
     SIGNAL_ASKS_AGAIN,
     "PID 1"},
    {{.id.pid = 2 << PID_LOCAL_BITS, .tgid = 2 << PID_LOCAL_BITS}, SIGNAL_REFUSED, "a machine"},
    {{.id.pid = 100, .tgid = 100, .is_ended = true}, SIGNAL_REFUSED, "it has ended"},
};

Test(signal_policy, is_judged_with_its_reason)
{
    struct signal_asker asker = {.self = 100, .parent = 90};
    for (size_t i = 0; i < ELEMENTS(judged); i++) {
        const char *reason = "unset";
        cr_expect_eq(signal_policy_judge(&judged[i].process, asker, &reason), judged[i].verdict);
        if (judged[i].reason)
            cr_expect(reason && strstr(reason, judged[i].reason), "%s", judged[i].reason);
        else
            cr_expect_null(reason);
    }
}
