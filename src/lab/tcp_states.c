#include "tcp_states.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"

/* Indexed by the kernel's number; as ss(8) writes them. */
static const char *const names[] = {
    "0",         "ESTABLISHED", "SYN-SENT",   "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2",
    "TIME-WAIT", "CLOSED",      "CLOSE-WAIT", "LAST-ACK", "LISTEN",     "CLOSING",
};

/* What tcp_states() reads of a line: addresses in network order, ports as numbers. */
struct tcp_line {
    unsigned local, local_port, remote, remote_port, state;
};

static void print_line(const struct tcp_line *line, char *ret_text, size_t size)
{
    char local[INET_ADDRSTRLEN] = "?", remote[INET_ADDRSTRLEN] = "?";

    (void)inet_ntop(AF_INET, &line->local, local, sizeof(local));
    (void)inet_ntop(AF_INET, &line->remote, remote, sizeof(remote));
    (void)snprintf(ret_text, size, "%08X:%04X %08X:%04X %02X = %s:%u %s:%u %s", line->local,
                   line->local_port, line->remote, line->remote_port, line->state, local,
                   line->local_port, remote, line->remote_port,
                   line->state < ELEMENTS(names) ? names[line->state] : "?");
}

int tcp_states(unsigned state, unsigned local_port, unsigned remote_port, char *ret_line,
               size_t size)
{
    char text[512];
    int count = 0;
    _cleanup_file_ FILE *stream = fopen("/proc/net/tcp", "re");

    while (stream && fgets(text, sizeof(text), stream)) {
        struct tcp_line line;
        if (sscanf(text, " %*d: %x:%x %x:%x %x", &line.local, &line.local_port, &line.remote,
                   &line.remote_port, &line.state) != 5 ||
            line.state != state || (local_port && line.local_port != local_port) ||
            (remote_port && line.remote_port != remote_port))
            continue;
        print_line(&line, ret_line, size);
        count++;
    }
    return count;
}

bool see_tcp(struct bench *bench, unsigned sight, unsigned state, unsigned local_port,
             unsigned remote_port)
{
    char line[128] = "";
    bool seen = until(bench, tcp_states(state, local_port, remote_port, line, sizeof(line)) > 0);

    return see(bench, sight, seen, "%s", seen ? line : _("no such line"));
}
