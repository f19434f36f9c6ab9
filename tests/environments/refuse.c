/*
 * refuse: runs a command for which the kernel refuses some system calls, by a
 * seccomp filter that its children inherit.
 *
 *     refuse ERRNO CALL[,CALL]... COMMAND [ARGUMENT]...
 *
 * ERRNO is a number. Exit status 2 where a call is not known, 125 where the
 * filter is not granted.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    unsigned number;
} calls[] = {
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"pidfd_getfd", SYS_pidfd_getfd},
    {"ptrace", SYS_ptrace},
    {"process_vm_readv", SYS_process_vm_readv},
    {"bpf", SYS_bpf},
    {"perf_event_open", SYS_perf_event_open},
    {"io_uring_setup", SYS_io_uring_setup},
    {"clone3", SYS_clone3},
    {"close_range", SYS_close_range},
    {"statx", SYS_statx},
    {"openat2", SYS_openat2},
    {"kcmp", SYS_kcmp},
    {"netlink", SYS_socket}, /* of AF_NETLINK only */
};

enum {
    CALLS_MOST = 16,
    FAMILY_NETLINK = 16
};

/* Appends what answers `number` with the errno. */
static size_t add(struct sock_filter *filter, size_t at, unsigned number, unsigned answer)
{
    const struct sock_filter refusal = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | answer);
    const struct sock_filter number_again =
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    if (number != SYS_socket) {
        filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
        filter[at++] = refusal;
        return at;
    }
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                offsetof(struct seccomp_data, args[0]));
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FAMILY_NETLINK, 0, 1);
    filter[at++] = refusal;
    filter[at++] = number_again;
    return at;
}

int main(int argc, char **argv)
{
    struct sock_filter filter[8 + 5 * CALLS_MOST] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    size_t length = 1;
    if (argc < 4)
        return 2;
    unsigned answer = (unsigned)strtoul(argv[1], NULL, 10);
    for (char *word = strtok(argv[2], ","); word; word = strtok(NULL, ",")) {
        size_t i = 0;
        while (i < sizeof(calls) / sizeof(*calls) && strcmp(calls[i].name, word) != 0)
            i++;
        if (i == sizeof(calls) / sizeof(*calls) || length > 5 * CALLS_MOST) {
            (void)fprintf(stderr, "refuse: %s: not known\n", word);
            return 2;
        }
        length = add(filter, length, calls[i].number, answer);
    }
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {.len = (unsigned short)length, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
        perror("refuse");
        return 125;
    }
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    return 127;
}
