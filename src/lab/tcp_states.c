#include "tcp_states.h"

#include <stdio.h>

#include "reaptop/base/cleanup.h"

int tcp_states(unsigned state, unsigned local_port, unsigned remote_port, char *ret_line,
               size_t size)
{
    char line[512];
    int count = 0;
    _cleanup_file_ FILE *stream = fopen("/proc/net/tcp", "re");

    while (stream && fgets(line, sizeof(line), stream)) {
        unsigned local, remote, is;
        if (sscanf(line, " %*d: %*x:%x %*x:%x %x", &local, &remote, &is) != 3 || is != state ||
            (local_port && local != local_port) || (remote_port && remote != remote_port))
            continue;
        (void)snprintf(ret_line, size, "%.40s", line);
        count++;
    }
    return count;
}

bool see_tcp(struct bench *bench, unsigned sight, unsigned state, unsigned local_port,
             unsigned remote_port)
{
    char line[128] = "";
    bool seen = until(bench, tcp_states(state, local_port, remote_port, line, sizeof(line)) > 0);

    return see(bench, sight, seen, "/proc/net/tcp: %s", seen ? line : _("no such line"));
}
