#include "family.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOKS = 2000,
    LOOK_MS = 5
};

/* '\0' where it is gone. */
static char read_state(pid_t pid, pid_t *ret_ppid)
{
    char path[64], text[512], state = '\0';
    int ppid = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    size_t got = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
    if (file)
        (void)fclose(file);
    text[got] = '\0';
    const char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest, ") %c %d", &state, &ppid) != 2)
        state = '\0';
    *ret_ppid = ppid;
    return state;
}

size_t family_children(pid_t pid, pid_t ret_children[static CHILDREN_MOST])
{
    size_t count = 0;
    DIR *directory = opendir("/proc");
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        pid_t child = (pid_t)strtol(entry->d_name, NULL, 10), ppid;
        if (child > 0 && count < CHILDREN_MOST && read_state(child, &ppid) != '\0' && ppid == pid)
            ret_children[count++] = child;
    }
    if (directory)
        (void)closedir(directory);
    return count;
}

bool family_comm(pid_t pid, char ret_comm[static COMM_SIZE])
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    FILE *file = fopen(path, "re");
    bool is_read = file && fgets(ret_comm, COMM_SIZE, file);
    if (file)
        (void)fclose(file);
    ret_comm[is_read ? strcspn(ret_comm, "\n") : 0] = '\0';
    return is_read;
}

pid_t family_find(pid_t pid, const char *comm)
{
    pid_t children[CHILDREN_MOST], found = 0;
    char name[COMM_SIZE];
    size_t count = family_children(pid, children);
    for (size_t i = 0; i < count && found == 0; i++)
        found = family_comm(children[i], name) && strcmp(name, comm) == 0
                    ? children[i]
                    : family_find(children[i], comm);
    return found;
}

pid_t family_await(pid_t pid, const char *comm)
{
    pid_t found = 0;
    for (int look = 0; look < LOOKS && (found = family_find(pid, comm)) == 0; look++)
        (void)poll(NULL, 0, LOOK_MS);
    return found;
}

bool family_await_end(pid_t pid)
{
    pid_t unused;
    for (int look = 0; look < LOOKS; look++) {
        char state = read_state(pid, &unused);
        if (state == '\0' || state == 'Z' || state == 'X')
            return true;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return false;
}
