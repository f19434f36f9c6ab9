#include "faults/fault_scenarios.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/terminal.h"

static char directory[] = "/tmp/reaptop-faults-XXXXXX", self_text[16], recording[48], made[48],
            script[48], ssh[48], out[48], port[16];
static char recording_env[64], reaptop_env[4200], ssh_env[64];

const char *const scenario_env[] = {recording_env, reaptop_env, ssh_env, NULL};

#define KEYS_TABS                                                                                  \
    "\r", "1", "2", "3", "4", "5", "6", "7", "8", "9", TERMINAL_ESCAPE, "?", TERMINAL_ESCAPE
#define KEYS_ACT                                                                                   \
    "n", TERMINAL_DOWN TERMINAL_ENTER, "k", TERMINAL_ESCAPE, "n", TERMINAL_ENTER, "true\r", "w"
/* Signal 0 to the child just started: it only asks whether one may be sent. */
#define KEYS_SEND "n", TERMINAL_DOWN TERMINAL_ENTER, "k", "0\r", "y", TERMINAL_ESCAPE
#define KEYS_LAB  "L", TERMINAL_ENTER, TERMINAL_ENTER, TERMINAL_ENTER
#define KEYS_PLAY                                                                                  \
    "L", TERMINAL_END TERMINAL_ENTER, TERMINAL_ENTER, "f", "f", TERMINAL_DOWN, "k", TERMINAL_ESCAPE
#define KEYS_STACKS "\r", "b", "b", TERMINAL_ESCAPE, "b"
#define KEYS_ENDED  "n", TERMINAL_ENTER, "true\r", "w", "x", "t", TERMINAL_ENTER, TERMINAL_ESCAPE
#define KEYS_REST                                                                                  \
    "H", "K", "u", TERMINAL_ESCAPE, TERMINAL_F1, TERMINAL_ESCAPE, "S", TERMINAL_ESCAPE, "A",       \
        TERMINAL_ESCAPE, "\\state=S\r", "E", "z\r", ":", TERMINAL_ESCAPE, "V", "i",                \
        TERMINAL_ESCAPE, "a", TERMINAL_ESCAPE
#define KEYS_REPLAY "]", "[", "p", ")", ";", "B", "D", "@+1s\r", "}", "\r", TERMINAL_ESCAPE

const struct scenario scenarios[SCENARIOS] = {
    {.name = "tree", .argv = {"tree"}, .is_quick = true},
    {.name = "show", .argv = {"show", self_text}, .is_quick = true},
    {.name = "files", .argv = {"files", self_text}, .is_quick = true},
    {.name = "who", .argv = {"who", "/dev/null"}},
    {.name = "who port", .argv = {"who", port}},
    {.name = "why", .argv = {"why", self_text}, .is_quick = true},
    {.name = "maps", .argv = {"maps", self_text}},
    {.name = "pages", .argv = {"pages", self_text}},
    {.name = "threads", .argv = {"threads", self_text}},
    {.name = "stacks", .argv = {"threads", "--stacks", self_text}, .is_quick = true},
    {.name = "signals", .argv = {"signals", self_text}},
    {.name = "send", .argv = {"send", "0", self_text}, .is_quick = true},
    {.name = "run", .argv = {"run", "true"}, .is_quick = true, .narrates = true},
    {.name = "run -o", .argv = {"run", "-o", out, "true"}, .narrates = true},
    {.name = "syscalls", .argv = {"run", "--syscalls", "true"}, .narrates = true},
    {.name = "events", .argv = {"events", "-n2", "-d100ms"}, .is_quick = true, .narrates = true},
    {.name = "tracing",
     .argv = {"events", "-n", "2", "-d", "100ms", "--signals"},
     .narrates = true},
    {.name = "record",
     .argv = {"record", "-n2", "-d100ms", "-"},
     .is_quick = true,
     .narrates = true},
    {.name = "record to", .argv = {"record", "-n2", "-d100ms", made}, .narrates = true},
    {.name = "from", .argv = {"tree", "--from", recording}, .is_quick = true},
    {.name = "metrics", .argv = {"metrics"}},
    {.name = "watch", .argv = {"metrics", "-n2", "-d100ms", "-o", out}},
    {.name = "hosts", .argv = {"tree", "--host", "one,two"}},
    {.name = "lab", .argv = {"lab", "fork"}},
    {.name = "play", .argv = {"lab", "play", script}},
    {.name = "explain", .argv = {"explain", "states"}},
    {.name = "screen", .argv = {"-d", "200ms"}, .keys = {KEYS_TABS}, .is_quick = true},
    {.name = "acting", .argv = {"-d", "200ms"}, .keys = {KEYS_ACT}},
    {.name = "sending", .argv = {"-d", "200ms"}, .keys = {KEYS_SEND}},
    {.name = "lab screen", .argv = {"-d", "200ms"}, .keys = {KEYS_LAB}},
    {.name = "play screen", .argv = {"-d", "200ms"}, .keys = {KEYS_PLAY}},
    {.name = "stack screen", .argv = {"-d", "200ms"}, .keys = {KEYS_STACKS}},
    {.name = "ended", .argv = {"-d", "200ms"}, .keys = {KEYS_ENDED}},
    {.name = "dialogs", .argv = {"-d", "200ms"}, .keys = {KEYS_REST}},
    {.name = "replay", .argv = {"replay", recording}, .keys = {KEYS_REPLAY}},
};

static int write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, strlen(text));
    (void)close(fd);
    return written < 0 ? -1 : 0;
}

/* A port of ours, on which nothing comes. */
static int listen_to_nobody(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 1) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return -1;
    (void)snprintf(port, sizeof(port), "tcp/%u", (unsigned)ntohs(address.sin_port));
    return 0;
}

static void make_paths(const char *reaptop)
{
    (void)snprintf(recording, sizeof(recording), "%s/recording", directory);
    (void)snprintf(made, sizeof(made), "%s/made", directory);
    (void)snprintf(script, sizeof(script), "%s/play", directory);
    (void)snprintf(ssh, sizeof(ssh), "%s/ssh", directory);
    (void)snprintf(out, sizeof(out), "%s/out", directory);
    (void)snprintf(recording_env, sizeof(recording_env), "RECORDING=%s", recording);
    (void)snprintf(reaptop_env, sizeof(reaptop_env), "REAPTOP=%s", reaptop);
    (void)snprintf(ssh_env, sizeof(ssh_env), "REAPTOP_SSH=%s", ssh);
}

int scenarios_prepare(const char *reaptop, char *ret_log, size_t size)
{
    char command[4400];
    (void)snprintf(self_text, sizeof(self_text), "%d", (int)getpid());
    if (listen_to_nobody() < 0 || !mkdtemp(directory))
        return -1;
    make_paths(reaptop);
    (void)snprintf(ret_log, size, "%s/log", directory);
    (void)snprintf(command, sizeof(command), "%s record -n 2 -d 100ms - >%s 2>/dev/null", reaptop,
                   recording);
    if (write_file(ret_log, "", 0600) < 0 ||
        write_file(script, "fork\nhandle 2\nusr1 2\nmalloc 2\nkill 2\nwait\n", 0600) < 0 ||
        write_file(ssh, "#!/bin/sh\nexec cat \"$RECORDING\"\n", 0700) < 0)
        return -1;
    return system(command) == 0 ? 0 : -1;
}

void scenarios_remove(void)
{
    char log[48];
    (void)snprintf(log, sizeof(log), "%s/log", directory);
    const char *const all[] = {recording, made, script, ssh, out, log};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        (void)unlink(all[i]);
    (void)rmdir(directory);
}
