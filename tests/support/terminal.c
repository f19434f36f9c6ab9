#include "support/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum {
    RAW_LIMIT = 8 * 1024 * 1024,
    ENV_MAX = 64,
    AFTER_END_MS = 2000, /* a guard may act for a program that was killed */
    MODES_MS = 10
};

/* The shell tells: started (value is the PID), stopped, ended (a wait status). */
struct report {
    enum {
        REPORT_STARTED,
        REPORT_STOPPED,
        REPORT_ENDED
    } kind;
    int value;
};

struct terminal {
    int master, slave, shell_fd;
    pid_t shell, pid;
    int rows, cols;
    VTerm *vterm;
    VTermScreen *screen;
    bool alternate, mouse, cursor_visible;
    bool stopped, ended;
    int status;
    struct termios before;
    char *text, *raw;
    size_t raw_length, raw_capacity, bytes;
};

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const char *terminal_reaptop(void)
{
    static char path[PATH_MAX];
    const char *named = getenv("REAPTOP");
    return realpath(named && *named ? named : "build/reaptop", path) ? path : "build/reaptop";
}

/* ---- the shell's side --------------------------------------------------- */

static const char *const fixed_env[] = {
    "TERM=xterm-256color",
    "LANG=C.UTF-8",
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/nonexistent",
    "XDG_CONFIG_HOME=/nonexistent",
    NULL,
};
/* What the sanitizers of the program read. */
static const char *const passed_env[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", NULL};

static void set_environment(const char *const *env)
{
    const char *kept[8] = {0};
    for (size_t i = 0; passed_env[i]; i++)
        kept[i] = getenv(passed_env[i]);
    static char *entries[ENV_MAX];
    environ = entries;
    for (size_t i = 0; passed_env[i]; i++)
        if (kept[i])
            setenv(passed_env[i], kept[i], 1);
    for (size_t i = 0; fixed_env[i]; i++)
        putenv((char *)(uintptr_t)fixed_env[i]);
    for (size_t i = 0; env && env[i]; i++) {
        if (strchr(env[i], '='))
            putenv((char *)(uintptr_t)env[i]);
        else
            unsetenv(env[i]);
    }
}

static void close_from(int first)
{
    if (close_range((unsigned)first, ~0U, 0) < 0)
        for (int fd = first; fd < 1024; fd++)
            close(fd);
}

__attribute__((noreturn)) static void become_program(const struct terminal_options *options,
                                                     int slave)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    tcsetpgrp(slave, getpid());
    for (int sig = 1; sig < NSIG; sig++)
        if (sig != SIGKILL && sig != SIGSTOP)
            sigaction(sig, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    dup2(slave, STDIN_FILENO);
    dup2(options->stdout_fd > 0 ? options->stdout_fd : slave, STDOUT_FILENO);
    dup2(slave, STDERR_FILENO);
    close_from(3);
    for (int fd = 0; fd < 3; fd++)
        if (options->closed_fds & 1U << fd)
            close(fd);
    if (chdir(options->cwd ? options->cwd : "/") < 0)
        _exit(126);
    if (options->uid > 0 && geteuid() == 0 &&
        (setgroups(0, NULL) < 0 || setgid(options->uid) < 0 || setuid(options->uid) < 0))
        _exit(126);
    set_environment(options->env);
    execv(options->argv[0], (char *const *)(uintptr_t)options->argv);
    _exit(127);
}

static void report(int fd, struct report report)
{
    (void)send(fd, &report, sizeof report, MSG_NOSIGNAL);
}

/* Waits for the program and for the test's word; ends when the test closes its end. */
__attribute__((noreturn)) static void be_shell(const struct terminal_options *options, int slave,
                                               int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    ioctl(slave, TIOCSCTTY, 0);
    const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        sigaction(ignored[i], &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);

    pid_t pid = fork();
    if (pid == 0)
        become_program(options, slave);
    setpgid(pid, pid);
    report(fd, (struct report){REPORT_STARTED, pid});

    for (;;) {
        struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            _exit(1);
        char command = 0;
        if (fds[0].revents && read(fd, &command, 1) <= 0)
            break;
        if (command == 'c') {
            tcsetpgrp(slave, pid);
            kill(-pid, SIGCONT);
        } else if (command == 'h') {
            close(slave);
            slave = -1;
        }
        if (!(fds[1].revents & POLLIN))
            continue;
        struct signalfd_siginfo info;
        (void)!read(signals, &info, sizeof info);
        int status;
        while (waitpid(pid, &status, WNOHANG | WUNTRACED) == pid) {
            if (slave >= 0)
                tcsetpgrp(slave, getpgrp());
            report(fd, (struct report){WIFSTOPPED(status) ? REPORT_STOPPED : REPORT_ENDED, status});
        }
    }
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    _exit(0);
}

/* ---- the screen --------------------------------------------------------- */

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    struct terminal *t = user;
    if (property == VTERM_PROP_ALTSCREEN)
        t->alternate = value->boolean;
    else if (property == VTERM_PROP_CURSORVISIBLE)
        t->cursor_visible = value->boolean;
    else if (property == VTERM_PROP_MOUSE)
        t->mouse = value->number != VTERM_PROP_MOUSE_NONE;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static bool make_screen(struct terminal *t)
{
    t->vterm = vterm_new(t->rows, t->cols);
    if (!t->vterm)
        return false;
    vterm_set_utf8(t->vterm, 1);
    t->screen = vterm_obtain_screen(t->vterm);
    t->cursor_visible = true;
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
    return true;
}

static void keep_raw(struct terminal *t, const char *bytes, size_t length)
{
    t->bytes += length;
    if (t->raw_length + length > RAW_LIMIT)
        return;
    if (t->raw_length + length > t->raw_capacity) {
        size_t capacity = (t->raw_length + length) * 2;
        char *raw = realloc(t->raw, capacity);
        if (!raw)
            return;
        t->raw = raw;
        t->raw_capacity = capacity;
    }
    memcpy(t->raw + t->raw_length, bytes, length);
    t->raw_length += length;
}

/* True where something was read. */
static bool take_output(struct terminal *t)
{
    char buffer[65536];
    bool any = false;
    while (t->master >= 0) {
        ssize_t n = read(t->master, buffer, sizeof buffer);
        if (n <= 0)
            break;
        any = true;
        keep_raw(t, buffer, (size_t)n);
        vterm_input_write(t->vterm, buffer, (size_t)n);
        /* Answers to what the program asked the terminal. */
        size_t length = vterm_output_read(t->vterm, buffer, sizeof buffer);
        if (length)
            (void)!write(t->master, buffer, length);
    }
    return any;
}

static void take_reports(struct terminal *t)
{
    struct report report;
    while (recv(t->shell_fd, &report, sizeof report, MSG_DONTWAIT) == (ssize_t)sizeof report) {
        switch (report.kind) {
        case REPORT_STARTED:
            t->pid = report.value;
            break;
        case REPORT_STOPPED:
            t->stopped = true;
            break;
        case REPORT_ENDED:
            t->ended = true;
            t->status = report.value;
            break;
        }
    }
}

static bool wait_readable(struct terminal *t, int milliseconds)
{
    struct pollfd fds[] = {{.fd = t->master, .events = POLLIN},
                           {.fd = t->shell_fd, .events = POLLIN}};
    return poll(fds, 2, milliseconds) > 0;
}

void terminal_drain(struct terminal *t)
{
    take_reports(t);
    take_output(t);
}

bool terminal_read(struct terminal *t, int milliseconds)
{
    int64_t deadline = now_ms() + milliseconds;
    for (;;) {
        if (take_output(t))
            return true;
        take_reports(t);
        int64_t left = deadline - now_ms();
        if (left <= 0 || t->ended)
            return false;
        wait_readable(t, (int)left);
    }
}

/* ---- starting and ending ------------------------------------------------ */

struct terminal *terminal_start(const struct terminal_options *options)
{
    struct terminal *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    *t = (struct terminal){.master = -1, .slave = -1, .shell_fd = -1, .rows = options->rows};
    t->cols = options->cols;
    struct winsize size = {.ws_row = (unsigned short)t->rows, .ws_col = (unsigned short)t->cols};
    int pair[2];
    if (openpty(&t->master, &t->slave, NULL, NULL, &size) < 0 || !make_screen(t) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        perror("terminal");
        terminal_free(t);
        return NULL;
    }
    fcntl(t->master, F_SETFD, FD_CLOEXEC);
    fcntl(t->slave, F_SETFD, FD_CLOEXEC);
    fcntl(t->master, F_SETFL, O_NONBLOCK);
    tcgetattr(t->slave, &t->before);
    t->shell_fd = pair[0];

    t->shell = fork();
    if (t->shell == 0) {
        close(pair[0]);
        close(t->master);
        be_shell(options, t->slave, pair[1]);
    }
    close(pair[1]);
    if (t->shell < 0) {
        terminal_free(t);
        return NULL;
    }
    int64_t deadline = now_ms() + TERMINAL_DEADLINE_MS;
    while (!t->pid && now_ms() < deadline) {
        wait_readable(t, 100);
        take_reports(t);
    }
    if (t->pid > 0)
        return t;
    terminal_free(t);
    return NULL;
}

void terminal_free(struct terminal *t)
{
    if (!t)
        return;
    if (t->shell_fd >= 0)
        close(t->shell_fd);
    if (t->shell > 0)
        while (waitpid(t->shell, NULL, 0) < 0 && errno == EINTR)
            ;
    if (t->master >= 0)
        close(t->master);
    if (t->slave >= 0)
        close(t->slave);
    if (t->vterm)
        vterm_free(t->vterm);
    free(t->text);
    free(t->raw);
    free(t);
}

pid_t terminal_pid(const struct terminal *t)
{
    return t->pid;
}

void terminal_hang_up(struct terminal *t)
{
    take_output(t);
    (void)send(t->shell_fd, "h", 1, MSG_NOSIGNAL);
    close(t->slave);
    t->slave = -1;
    close(t->master);
    t->master = -1;
}

bool terminal_send(struct terminal *t, const char *keys)
{
    size_t length = strlen(keys);
    int64_t deadline = now_ms() + TERMINAL_DEADLINE_MS;
    while (length > 0 && now_ms() < deadline) {
        ssize_t n = write(t->master, keys, length);
        if (n > 0) {
            keys += n;
            length -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            terminal_read(t, 10);
        } else {
            break;
        }
    }
    return length == 0;
}

bool terminal_resize(struct terminal *t, int rows, int cols)
{
    terminal_drain(t);
    t->rows = rows;
    t->cols = cols;
    vterm_set_size(t->vterm, rows, cols);
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    return ioctl(t->master, TIOCSWINSZ, &size) == 0;
}

/* ---- waiting ------------------------------------------------------------ */

static bool await(struct terminal *t, bool (*predicate)(struct terminal *t, const void *data),
                  const void *data)
{
    int64_t deadline = now_ms() + TERMINAL_DEADLINE_MS;
    bool was_ended = false;
    for (;;) {
        take_output(t);
        take_reports(t);
        if (predicate(t, data))
            return true;
        if (t->ended && !was_ended) {
            /* What can still come comes from what the program left behind. */
            was_ended = true;
            deadline = now_ms() + AFTER_END_MS;
        }
        int64_t left = deadline - now_ms();
        if (left <= 0)
            return false;
        /* Modes change without a byte to read. */
        wait_readable(t, t->ended && left > MODES_MS ? MODES_MS : (int)left);
    }
}

static bool complain(struct terminal *t, const char *what, const char *text)
{
    fprintf(stderr, "terminal: waited for %s%s%s; the screen:\n%s\n", what, text,
            t->ended ? ", and the program ended" : "", terminal_text(t));
    return false;
}

bool terminal_wait(struct terminal *t, bool (*predicate)(struct terminal *t, const void *data),
                   const void *data)
{
    return await(t, predicate, data) || complain(t, "what the test asks for", "");
}

static bool has_text(struct terminal *t, const void *data)
{
    return terminal_find(t, data) >= 0;
}

static bool has_no_text(struct terminal *t, const void *data)
{
    return terminal_find(t, data) < 0;
}

static bool has_stopped(struct terminal *t, const void *data)
{
    (void)data;
    return t->stopped;
}

static bool has_ended(struct terminal *t, const void *data)
{
    (void)data;
    return t->ended;
}

bool terminal_wait_text(struct terminal *t, const char *text)
{
    return await(t, has_text, text) || complain(t, "text ", text);
}

bool terminal_wait_no_text(struct terminal *t, const char *text)
{
    return await(t, has_no_text, text) || complain(t, "the end of text ", text);
}

bool terminal_wait_stop(struct terminal *t)
{
    return await(t, has_stopped, NULL) || complain(t, "a stop", "");
}

bool terminal_continue(struct terminal *t)
{
    t->stopped = false;
    return send(t->shell_fd, "c", 1, MSG_NOSIGNAL) == 1;
}

int terminal_wait_end(struct terminal *t)
{
    if (!await(t, has_ended, NULL)) {
        complain(t, "the end", "");
        return -1;
    }
    take_output(t);
    return WIFEXITED(t->status) ? WEXITSTATUS(t->status) : 128 + WTERMSIG(t->status);
}

bool terminal_has_ended(const struct terminal *t)
{
    return t->ended;
}

/* ---- looking ------------------------------------------------------------ */

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static char *add_row(struct terminal *t, int row, char *out)
{
    char *end = out;
    for (int col = 0; col < t->cols; col++) {
        VTermScreenCell cell;
        if (!vterm_screen_get_cell(t->screen, (VTermPos){.row = row, .col = col}, &cell))
            break;
        if (cell.chars[0] == (uint32_t)-1)
            continue;
        if (!cell.chars[0]) {
            *out++ = ' ';
            continue;
        }
        for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            out += put_utf8(out, cell.chars[i]);
        if (cell.chars[0] != ' ')
            end = out;
    }
    return end;
}

/* The text buffer, with room for every cell filled to the last character. */
static char *text_room(struct terminal *t)
{
    size_t need = (size_t)t->rows * ((size_t)t->cols * VTERM_MAX_CHARS_PER_CELL * 4 + 1) + 1;
    char *text = realloc(t->text, need);
    if (text)
        t->text = text;
    return text;
}

const char *terminal_row(struct terminal *t, int row)
{
    char *text = text_room(t);
    if (!text)
        return "";
    *add_row(t, row, text) = '\0';
    return text;
}

const char *terminal_text(struct terminal *t)
{
    char *text = text_room(t);
    if (!text)
        return "";
    char *out = text;
    for (int row = 0; row < t->rows; row++) {
        out = add_row(t, row, out);
        *out++ = '\n';
    }
    *out = '\0';
    return text;
}

int terminal_find(struct terminal *t, const char *text)
{
    for (int row = 0; row < t->rows; row++)
        if (strstr(terminal_row(t, row), text))
            return row;
    return -1;
}

struct terminal_cell terminal_cell(struct terminal *t, int row, int col)
{
    struct terminal_cell result = {0};
    VTermScreenCell cell;
    if (!vterm_screen_get_cell(t->screen, (VTermPos){.row = row, .col = col}, &cell))
        return result;
    for (size_t i = 0; i < 6 && i < VTERM_MAX_CHARS_PER_CELL; i++)
        result.chars[i] = cell.chars[i];
    result.width = cell.width;
    result.bold = cell.attrs.bold;
    result.reverse = cell.attrs.reverse;
    result.underline = cell.attrs.underline;
    result.has_default_fg = VTERM_COLOR_IS_DEFAULT_FG(&cell.fg);
    result.has_default_bg = VTERM_COLOR_IS_DEFAULT_BG(&cell.bg);
    return result;
}

void terminal_cursor(const struct terminal *t, int *ret_row, int *ret_col, bool *ret_visible)
{
    VTermPos position;
    vterm_state_get_cursorpos(vterm_obtain_state(t->vterm), &position);
    *ret_row = position.row;
    *ret_col = position.col;
    *ret_visible = t->cursor_visible;
}

bool terminal_is_alternate(const struct terminal *t)
{
    return t->alternate;
}

bool terminal_has_mouse(const struct terminal *t)
{
    return t->mouse;
}

const char *terminal_raw(const struct terminal *t, size_t *ret_length)
{
    *ret_length = t->raw_length;
    return t->raw ? t->raw : "";
}

size_t terminal_bytes(const struct terminal *t)
{
    return t->bytes;
}

void terminal_modes(const struct terminal *t, struct termios *ret_before, struct termios *ret_now)
{
    *ret_before = t->before;
    *ret_now = t->before;
    tcgetattr(t->slave, ret_now);
}

bool terminal_modes_restored(const struct terminal *t)
{
    struct termios now;
    return tcgetattr(t->slave, &now) == 0 && now.c_iflag == t->before.c_iflag &&
           now.c_oflag == t->before.c_oflag && now.c_cflag == t->before.c_cflag &&
           now.c_lflag == t->before.c_lflag &&
           memcmp(now.c_cc, t->before.c_cc, sizeof now.c_cc) == 0;
}
