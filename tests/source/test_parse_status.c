#include "reaptop/source/parse_status.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/procfs.h"
#include "support/test_child.h"

#define HEAD "State:\tS (sleeping)\nTgid:\t9\nPid:\t9\nPPid:\t1\n"

static const char ordinary[] = "Name:\tsleep\n"
                               "Umask:\t0022\n"
                               "State:\tS (sleeping)\n"
                               "Tgid:\t4711\n"
                               "Ngid:\t0\n"
                               "Pid:\t4712\n"
                               "PPid:\t4279\n"
                               "TracerPid:\t77\n"
                               "Uid:\t1000\t1001\t1002\t4294967294\n"
                               "Gid:\t100\t101\t102\t103\n"
                               "FDSize:\t256\n"
                               "Groups:\t4 24 27 \n"
                               "NStgid:\t4711\t2\n"
                               "NSpid:\t4712\t3\n"
                               "Kthread:\t0\n"
                               "VmPeak:\t    3060 kB\n"
                               "VmSize:\t    3059 kB\n"
                               "VmLck:\t       1 kB\n"
                               "VmPin:\t       2 kB\n"
                               "VmHWM:\t    1777 kB\n"
                               "VmRSS:\t    1776 kB\n"
                               "RssAnon:\t     112 kB\n"
                               "RssFile:\t    1664 kB\n"
                               "RssShmem:\t       3 kB\n"
                               "VmData:\t     360 kB\n"
                               "VmStk:\t     132 kB\n"
                               "VmExe:\t      20 kB\n"
                               "VmLib:\t    1528 kB\n"
                               "VmPTE:\t      44 kB\n"
                               "VmSwap:\t       4 kB\n"
                               "Threads:\t5\n"
                               "SigQ:\t2/96365\n"
                               "SigPnd:\t0000000000000001\n"
                               "ShdPnd:\t0000000000004000\n"
                               "SigBlk:\t8000000000000200\n"
                               "SigIgn:\t0000000000001000\n"
                               "SigCgt:\tfffffffe7ffbfeff\n"
                               "CapInh:\t0000000000000000\n"
                               "CapPrm:\t000001ffffffffff\n"
                               "CapEff:\t0000000000003000\n"
                               "CapBnd:\t000001fffeffffff\n"
                               "CapAmb:\t0000000000000400\n"
                               "NoNewPrivs:\t1\n"
                               "Seccomp:\t2\n"
                               "Seccomp_filters:\t3\n"
                               "Cpus_allowed_list:\t0-1,4\n"
                               "voluntary_ctxt_switches:\t150\n"
                               "nonvoluntary_ctxt_switches:\t545\n";

Test(parse_status, ordinary)
{
    struct status s;
    cr_assert_eq(parse_status(ordinary, strlen(ordinary), &s), 0);
    cr_assert_eq(s.known, STATUS_HAS_IDS | STATUS_HAS_MEMORY | STATUS_HAS_SIGNALS |
                              STATUS_HAS_CAPS | STATUS_HAS_SECCOMP | STATUS_HAS_NO_NEW_PRIVS |
                              STATUS_HAS_SWITCHES | STATUS_HAS_NSPID | STATUS_HAS_TRACER |
                              STATUS_HAS_GROUPS | STATUS_HAS_UMASK | STATUS_HAS_THREADS);
    cr_assert_eq(s.state, 'S');
    cr_assert_eq(s.tgid, 4711);
    cr_assert_eq(s.pid, 4712);
    cr_assert_eq(s.ppid, 4279);
    cr_assert_eq(s.tracer_pid, 77);
    cr_assert_eq(s.umask, 022);
    cr_assert_eq(s.uid[0], 1000);
    cr_assert_eq(s.uid[1], 1001);
    cr_assert_eq(s.uid[2], 1002);
    cr_assert_eq(s.uid[3], UINT32_MAX - 1);
    cr_assert_eq(s.gid[0], 100);
    cr_assert_eq(s.gid[3], 103);
    cr_assert_eq(s.group_count, 3);
    cr_assert_eq(s.groups[2], 27);
    cr_assert_eq(s.ns_pid_count, 2);
    cr_assert_eq(s.ns_pid[0], 4712);
    cr_assert_eq(s.ns_pid[1], 3);
    cr_assert_eq(s.vm_peak_kib, 3060);
    cr_assert_eq(s.vm_size_kib, 3059);
    cr_assert_eq(s.vm_locked_kib, 1);
    cr_assert_eq(s.vm_pinned_kib, 2);
    cr_assert_eq(s.vm_hwm_kib, 1777);
    cr_assert_eq(s.vm_rss_kib, 1776);
    cr_assert_eq(s.rss_anon_kib, 112);
    cr_assert_eq(s.rss_file_kib, 1664);
    cr_assert_eq(s.rss_shmem_kib, 3);
    cr_assert_eq(s.vm_data_kib, 360);
    cr_assert_eq(s.vm_stack_kib, 132);
    cr_assert_eq(s.vm_exe_kib, 20);
    cr_assert_eq(s.vm_lib_kib, 1528);
    cr_assert_eq(s.vm_pte_kib, 44);
    cr_assert_eq(s.vm_swap_kib, 4);
    cr_assert_eq(s.threads, 5);
    cr_assert_eq(s.sig_queued, 2);
    cr_assert_eq(s.sig_queue_limit, 96365);
    cr_assert_eq(s.pending, 1);
    cr_assert_eq(s.shared_pending, 0x4000);
    cr_assert_eq(s.blocked, UINT64_C(0x8000000000000200));
    cr_assert_eq(s.ignored, 0x1000);
    cr_assert_eq(s.caught, UINT64_C(0xfffffffe7ffbfeff));
    cr_assert_eq(s.cap_inheritable, 0);
    cr_assert_eq(s.cap_permitted, UINT64_C(0x1ffffffffff));
    cr_assert_eq(s.cap_effective, 0x3000);
    cr_assert_eq(s.cap_bounding, UINT64_C(0x1fffeffffff));
    cr_assert_eq(s.cap_ambient, 0x400);
    cr_assert(s.no_new_privs);
    cr_assert_eq(s.seccomp, 2);
    cr_assert_eq(s.voluntary_switches, 150);
    cr_assert_eq(s.involuntary_switches, 545);
}

/* Hostile and odd lines behind a good head: which groups stay known. */
Test(parse_status, a_group_is_known_only_whole)
{
    const struct {
        const char *lines;
        uint32_t known;
    } cases[] = {
        {"", 0},
        {"Threads:\t1\n", STATUS_HAS_THREADS},
        {"Threads:\t1", STATUS_HAS_THREADS},
        {"Threads:\t\n", 0},
        {"Threads:\n", 0},
        {"Threads\n", 0},
        {"Threads:\t-1\n", 0},
        {"Threads:\t1x\n", 0},
        {"Threads:\t4294967296\n", 0},
        {"Threads:\t99999999999999999999999999\n", 0},
        {"threads:\t1\n", 0},
        {" Threads:\t1\n", 0},
        {"Threads:\t1\nThreads:\tx\n", STATUS_HAS_THREADS},
        {"Threads:\tx\nThreads:\t1\n", 0},
        {":\n::\n:\t:\nThreads:\t1\n", STATUS_HAS_THREADS},
        {"TracerPid:\t2147483648\n", 0},
        {"TracerPid:\t2147483647\n", STATUS_HAS_TRACER},
        {"Uid:\t0\t0\t0\t0\n", 0},
        {"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", STATUS_HAS_IDS},
        {"Uid:\t0\t0\t0\nGid:\t0\t0\t0\t0\n", 0},
        {"Uid:\t0\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", 0},
        {"NSpid:\t\n", 0},
        {"NSpid:\t5\t1\n", STATUS_HAS_NSPID},
        {"Groups:\t\n", STATUS_HAS_GROUPS},
        {"Groups:\t1 x\n", 0},
        {"SigPnd:\t1\nShdPnd:\t0\nSigBlk:\t0\nSigIgn:\t0\nSigCgt:\t0\n", 0},
        {"SigQ:\t0/1\nSigPnd:\t1\nShdPnd:\t0\nSigBlk:\t0\nSigIgn:\t0\nSigCgt:\t0\n",
         STATUS_HAS_SIGNALS},
        {"SigQ:\t0/1\nSigPnd:\t1\nShdPnd:\t0\nSigBlk:\t0\nSigIgn:\t0\nSigCgt:\tg\n", 0},
        {"SigQ:\t0/1\nSigPnd:\t1\nShdPnd:\t0\nSigBlk:\t0\nSigIgn:\t0\n"
         "SigCgt:\t10000000000000000\n",
         0},
        {"SigQ:\t0\nSigPnd:\t1\nShdPnd:\t0\nSigBlk:\t0\nSigIgn:\t0\nSigCgt:\t0\n", 0},
        {"SigQ:\t0 / 1\nSigPnd:\t1\nShdPnd:\t0\nSigBlk:\t0\nSigIgn:\t0\nSigCgt:\t0\n", 0},
        {"NoNewPrivs:\t2\n", 0},
        {"NoNewPrivs:\t5\n", 0},
        {"NoNewPrivs:\t0\n", STATUS_HAS_NO_NEW_PRIVS},
        {"Umask:\t0029\n", 0},
        {"Umask:\t17777\n", 0},
        {"VmRSS:\t 1 kB\n", 0},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text), "%s%s", HEAD, cases[i].lines);
        struct status s;
        cr_assert_eq(parse_status(text, strlen(text), &s), 0, "%s", cases[i].lines);
        cr_expect_eq(s.known, cases[i].known, "%x after %s", s.known, cases[i].lines);
    }
}

Test(parse_status, what_is_not_a_status_is_refused)
{
    const char *const texts[] = {
        "",
        "\n",
        ":",
        "State:\tS",
        "State:\tS\nTgid:\t9\nPid:\t9\n",
        "State:\t\nTgid:\t9\nPid:\t9\nPPid:\t1\n",
        "State:\t\x1b[31m\nTgid:\t9\nPid:\t9\nPPid:\t1\n",
        "State:\tS\nTgid:\t9\nPid:\t-9\nPPid:\t1\n",
    };
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        struct status s = {.pid = 55};
        cr_expect_eq(parse_status(texts[i], strlen(texts[i]), &s), -EBADMSG, "%s", texts[i]);
        cr_expect_eq(s.pid, 55);
    }
    struct status s = {.pid = 55};
    cr_expect_eq(parse_status(NULL, 0, &s), -EBADMSG);
}

Test(parse_status, more_groups_and_namespaces_than_are_kept)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    strbuf_puts(&text, HEAD "Groups:\t");
    for (int i = 0; i < 1000; i++)
        strbuf_printf(&text, "%d ", i);
    strbuf_puts(&text, "\nNSpid:\t");
    for (int i = 0; i < STATUS_NSPID_MAX + 1; i++)
        strbuf_printf(&text, "%d\t", i);
    struct status s;
    cr_assert_eq(parse_status(text.data, text.length, &s), 0);
    cr_assert_eq(s.group_count, 1000);
    cr_assert_eq(s.groups[STATUS_GROUPS_MAX - 1], STATUS_GROUPS_MAX - 1);
    cr_assert_not(s.known & STATUS_HAS_NSPID);
    cr_assert_eq(s.ns_pid_count, 0);
}

/* Cut anywhere, and with any byte replaced, it is still an answer or a refusal. */
Test(parse_status, total_over_cuts_and_changed_bytes)
{
    size_t length = strlen(ordinary);
    for (size_t cut = 0; cut <= length; cut++) {
        _cleanup_free_ char *copy = malloc(cut + 1);
        memcpy(copy, ordinary, cut);
        struct status s;
        int r = parse_status(copy, cut, &s);
        cr_assert(r == 0 || r == -EBADMSG);
    }
    const unsigned char bytes[] = {0, '\n', ':', '\t', '9', 'f', 0xff, 0x1b, '-'};
    _cleanup_free_ char *copy = malloc(length);
    for (size_t at = 0; at < length; at++) {
        for (size_t i = 0; i < ELEMENTS(bytes); i++) {
            memcpy(copy, ordinary, length);
            copy[at] = (char)bytes[i];
            struct status s;
            int r = parse_status(copy, length, &s);
            cr_assert(r == 0 || r == -EBADMSG);
        }
    }
}

Test(parse_status, single_values)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    size_t length = strlen(ordinary);
    cr_assert_eq(parse_status_value(ordinary, length, "Cpus_allowed_list", 64, &out), 0);
    cr_assert_str_eq(strbuf_text(&out), "0-1,4");
    strbuf_clear(&out);
    cr_assert_eq(parse_status_value(ordinary, length, "Cpus_allowed_list", 3, &out), 1);
    cr_assert_str_eq(strbuf_text(&out), "0-1");
    cr_assert_eq(parse_status_value(ordinary, length, "Cpus_allowed", 64, &out), -ENOENT);
    cr_assert_eq(parse_status_value(NULL, 0, "Name", 64, &out), -ENOENT);
}

/* ---- against the kernel ---- */

static void read_status(pid_t pid, struct status *ret_status, struct strbuf *text)
{
    _cleanup_close_ int dir = procfs_open_process(pid, 0);
    cr_assert_geq(dir, 0);
    cr_assert_eq(procfs_read(dir, "status", STATUS_TEXT_LIMIT, text), 0);
    cr_assert_eq(parse_status(text->data, text->length, ret_status), 0);
}

static void nothing(int signal)
{
    (void)signal;
}

static void set_masks(void *argument)
{
    (void)argument;
    for (int number = 1; number <= SIGRTMAX; number++)
        (void)signal(number, SIG_DFL);

    sigset_t blocked;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR1);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigaddset(&blocked, SIGRTMIN + 1);
    (void)sigaddset(&blocked, SIGRTMAX);
    struct sigaction ignore = {.sa_handler = SIG_IGN}, handle = {.sa_handler = nothing};
    if (sigprocmask(SIG_SETMASK, &blocked, NULL) == 0 && sigaction(SIGHUP, &ignore, NULL) == 0 &&
        sigaction(SIGRTMIN + 2, &ignore, NULL) == 0 && sigaction(SIGINT, &handle, NULL) == 0 &&
        sigaction(SIGRTMIN + 3, &handle, NULL) == 0)
        specimen_ready();
    specimen_stay();
}

static signal_set set_of(const int *numbers, size_t count)
{
    signal_set set = 0;
    for (size_t i = 0; i < count; i++)
        set |= signal_bit(numbers[i]);
    return set;
}

#define SET(...) set_of((const int[]){__VA_ARGS__}, sizeof((int[]){__VA_ARGS__}) / sizeof(int))

static void just_stay(void *argument)
{
    (void)argument;
    specimen_ready();
    specimen_stay();
}

Test(parse_status, masks_of_a_real_child)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    pid_t child = specimen_start(set_masks, NULL);
    cr_assert_gt(child, 0);

    struct status before, after;
    read_status(child, &before, &text);
    cr_expect_eq(before.blocked, SET(SIGUSR1, SIGTERM, SIGRTMIN + 1, SIGRTMAX));
    /*
     * 32 and 33 are the C library's: it may handle them once there are threads,
     * and its posix_spawn(3), which make uses, leaves them ignored.
     */
    cr_expect_eq(before.ignored & ~SET(32, 33), SET(SIGHUP, SIGRTMIN + 2));
    cr_expect_eq(before.caught & ~SET(32, 33), SET(SIGINT, SIGRTMIN + 3), "%llx",
                 (unsigned long long)before.caught);
    cr_expect_eq(before.shared_pending, 0);

    for (int i = 0; i < 5; i++) {
        union sigval value = {.sival_int = i};
        cr_expect_eq(kill(child, SIGUSR1), 0);
        cr_expect_eq(sigqueue(child, SIGRTMIN + 1, value), 0);
    }
    read_status(child, &after, &text);
    cr_expect_eq(after.shared_pending, SET(SIGUSR1, SIGRTMIN + 1));
    cr_expect_eq(after.pending, 0);
    cr_expect_geq(after.sig_queued, 6, "one SIGUSR1 and five real-time ones are queued");
    cr_expect_leq(after.sig_queued, after.sig_queue_limit);
    specimen_end(child);
}

/* Every hexadecimal set, bit by bit, as a second reader sees the same text. */
Test(parse_status, bit_by_bit_for_every_process)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    _cleanup_(strbuf_done) struct strbuf value = STRBUF_INIT;
    size_t checked = 0;
    for (pid_t pid = 1; pid < 5000; pid++) {
        _cleanup_close_ int dir = procfs_open_process(pid, 0);
        struct status s;
        if (dir < 0 || procfs_read(dir, "status", STATUS_TEXT_LIMIT, &text) != 0)
            continue;
        cr_assert_eq(parse_status(text.data, text.length, &s), 0);
        const struct {
            const char *key;
            uint64_t bits;
        } sets[] = {
            {"SigPnd", s.pending},       {"ShdPnd", s.shared_pending},
            {"SigBlk", s.blocked},       {"SigIgn", s.ignored},
            {"SigCgt", s.caught},        {"CapInh", s.cap_inheritable},
            {"CapPrm", s.cap_permitted}, {"CapEff", s.cap_effective},
            {"CapBnd", s.cap_bounding},  {"CapAmb", s.cap_ambient},
        };
        for (size_t i = 0; i < ELEMENTS(sets); i++) {
            char printed[32];
            strbuf_clear(&value);
            cr_assert_eq(parse_status_value(text.data, text.length, sets[i].key, 64, &value), 0);
            (void)snprintf(printed, sizeof(printed), "%016llx", (unsigned long long)sets[i].bits);
            cr_expect_str_eq(strbuf_text(&value), printed, "%s of %d", sets[i].key, pid);
        }
        checked++;
    }
    cr_assert_gt(checked, 0);
}

Test(parse_status, a_zombie_has_no_memory_and_says_so)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    pid_t child = specimen_start(just_stay, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(specimen_wait_dead(child), 0);

    struct status s;
    read_status(child, &s, &text);
    cr_expect_eq(s.state, 'Z');
    cr_expect_not(s.known & STATUS_HAS_MEMORY);
    cr_expect(s.known & STATUS_HAS_SIGNALS);
    specimen_end(child);
}
