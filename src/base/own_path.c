#include "reaptop/base/own_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reaptop/base/cleanup.h"

char *own_path(const char *variable, const char *under, const char *name)
{
    const char *set = getenv(variable), *home = getenv("HOME");
    char *path = NULL;
    int r = -1;
    if (set && set[0] == '/')
        r = asprintf(&path, "%s/reaptop/%s", set, name);
    else if (home && home[0] == '/')
        r = asprintf(&path, "%s/%s/reaptop/%s", home, under, name);
    return r < 0 ? NULL : path;
}

int own_path_make_parents(const char *path)
{
    _cleanup_free_ char *copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int r = mkdir(copy, 0700);
        *slash = '/';
        if (r < 0 && errno != EEXIST)
            return -errno;
    }
    return 0;
}
