#include "reaptop/base/helper.h"

#include <signal.h>
#include <sys/socket.h>

#include "reaptop/base/gettext.h"
#include "reaptop/base/privilege.h"

const struct helper_info helper_kinds[HELPER_KIND_COUNT] = {
    [HELPER_READER] =
        {
            .name = "reaptop-reader",
            .starter = "screen, pane worker and commands, at their start; a second one for as "
                       "long as the first one is busy",
            .purpose = "reads the files that another process can make block, walks page maps, "
                       "asks for users' names",
            .is_internal = true,
            .is_renamed = true,
            .socket_type = SOCK_SEQPACKET,
            .death_signal = SIGKILL,
            .kill_ms = 200,
            .privileges = PRIVILEGES_READ,
        },
    [HELPER_PANE] =
        {
            .name = "reaptop-pane",
            .starter =
                "screen, at its start or when the inspector is opened; replaced when it does "
                "not answer",
            .purpose = "collects what the inspector shows",
            .is_internal = true,
            .is_renamed = true,
            .socket_type = SOCK_STREAM | SOCK_NONBLOCK,
            .death_signal = SIGKILL,
            .kill_ms = 100,
            .privileges = PRIVILEGES_INSPECT,
        },
    [HELPER_STACKS] =
        {
            .name = "reaptop-stacks",
            .starter = "pane worker and reaptop threads --stacks, when user-space stacks are asked "
                       "for",
            .purpose = "stops the process's threads by ptrace(2), one after the other, copies "
                       "registers and stack, lets go; then, with no capability left, finds the "
                       "frames in the copy (libdw)",
            .end = "when the stacks are sent",
            .is_internal = true,
            .is_renamed = true,
            .socket_type = SOCK_SEQPACKET,
            .death_signal = SIGKILL,
            .kill_ms = 200,
            .privileges = PRIVILEGE(CAP_DAC_READ_SEARCH) | PRIVILEGE(CAP_SYS_PTRACE),
        },
    [HELPER_RESTORER] =
        {
            .name = "reaptop-guard",
            .starter = "screen, at its start; replaced when it was killed",
            .purpose = "gives the terminal back when the screen is killed",
            .end = "when the screen ends",
            .is_internal = true,
            .is_renamed = true,
            .place = HELPER_IN_TERMINAL,
            .signals = HELPER_SIGNALS_BLOCKED,
            .socket_type = SOCK_STREAM,
            .close_ms = 200,
            .kill_ms = 200,
        },
    [HELPER_MANUAL] =
        {
            .name = "man",
            .starter = "screen, for the key that shows a manual page",
            .purpose = "shows it",
            .end = "when the reader leaves it",
            .place = HELPER_IN_TERMINAL,
            .death_signal = SIGTERM,
            .term_ms = 500,
            .kill_ms = 200,
        },
    [HELPER_RUN] =
        {
            .name = "reaptop",
            .starter = "reaptop run, at its start",
            .purpose = "starts the command and tells its life, while its starter ends what is "
                       "left if it is killed",
            .end = "with the last descendant of the command",
            .place = HELPER_BESIDE,
            .signals = HELPER_SIGNALS_KEPT,
            .keeps_descriptors = true,
            .socket_type = SOCK_STREAM,
            .privileges = PRIVILEGES_WATCH | PRIVILEGE(CAP_KILL) | PRIVILEGES_EXECUTE,
            .has_reserve = true,
        },
    [HELPER_LAB_GUARD] =
        {
            .name = "lab-guard",
            .starter = "screen and reaptop lab, for an experiment",
            .purpose = "ends and removes what the experiment leaves, whoever is killed",
            .end = "with lab-host",
            .is_renamed = true,
            .socket_type = SOCK_SEQPACKET | SOCK_NONBLOCK,
            .death_signal = SIGTERM,
            .close_ms = 3000,
            .term_ms = 5000,
            .kill_ms = 1000,
            .privileges = PRIVILEGES_LAB,
        },
    [HELPER_LAB_HOST] =
        {
            .name = "lab-host",
            .starter = "lab-guard, at its start",
            .purpose = "runs the experiment: it starts its processes and observes them",
            .end = "when the screen or lab-guard is gone",
            .is_renamed = true,
            .place = HELPER_BESIDE,
            .keeps_descriptors = true,
            .socket_type = SOCK_STREAM,
            .privileges = PRIVILEGES_LAB,
        },
    [HELPER_PLAY_GUARD] =
        {
            .name = "play-guard",
            .starter = "screen and reaptop lab, for free play",
            .purpose = "ends what free play leaves, whoever is killed",
            .end = "with play-host",
            .is_renamed = true,
            .socket_type = SOCK_SEQPACKET | SOCK_NONBLOCK,
            .close_ms = 1000,
            .kill_ms = 250,
            .privileges = PRIVILEGE(CAP_DAC_OVERRIDE), /* its control group */
        },
    [HELPER_PLAY_HOST] =
        {
            .name = "play-host",
            .starter = "play-guard, at its start",
            .purpose = "starts the first process of free play and hands on orders",
            .end = "when the screen or play-guard is gone",
            .is_renamed = true,
            .place = HELPER_BESIDE,
            .signals = HELPER_SIGNALS_KEPT,
            .keeps_descriptors = true,
            .socket_type = SOCK_STREAM,
            .privileges = PRIVILEGE(CAP_DAC_OVERRIDE), /* its control group */
        },
    [HELPER_COMMAND] =
        {
            .name = N_("the command"),
            .starter = "reaptop run, at its start",
            .purpose = "is what the user asked for",
            .place = HELPER_BESIDE,
            .socket_type = SOCK_STREAM,
            .death_signal = SIGKILL,
            .kill_ms = 2000,
            .privileges = PRIVILEGES_EXECUTE,
            .has_reserve = true,
        },
    [HELPER_CHILD] =
        {
            .name = N_("a command"),
            .starter = "screen, for the key that starts one",
            .purpose = "is what the user asked for",
            .socket_type = SOCK_STREAM,
            .death_signal = SIGKILL,
            .kill_ms = 2000,
            .privileges = PRIVILEGES_EXECUTE,
            .has_reserve = true,
        },
    [HELPER_SPECIMEN] =
        {
            .name = "a child",
            .starter = "screen, for the key that starts one",
            .purpose = "is a ready-made child to try signals on",
            .socket_type = SOCK_STREAM,
            .death_signal = SIGKILL,
            .kill_ms = 2000,
        },
    [HELPER_HOSTS] =
        {
            .name = "reaptop-hosts",
            .starter = "screen and commands, for --host",
            .purpose = "merges what the other machines send",
            .is_internal = true,
            .is_renamed = true,
            .socket_type = SOCK_STREAM,
            .death_signal = SIGTERM,
            .kill_ms = 200,
        },
    [HELPER_SSH] =
        {
            .name = "ssh",
            .starter = "reaptop-hosts, for each machine; again where it has ended",
            .purpose = "runs reaptop record - there",
            .end = "when that ends or the connection does",
            .socket_type = SOCK_STREAM | SOCK_NONBLOCK,
            .death_signal = SIGTERM,
            .term_ms = 200,
            .kill_ms = 200,
        },
    [HELPER_SSH_SEND] =
        {
            .name = "ssh",
            .starter = "screen, with --control, for the signal dialog: one for each machine that "
                       "a target is on",
            .purpose = "runs reaptop send --orders there",
            .end = "when that ends or the connection does",
            .socket_type = SOCK_STREAM | SOCK_NONBLOCK,
            .death_signal = SIGTERM,
            .kill_ms = 200,
        },
};
