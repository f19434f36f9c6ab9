/*
 * own_path: where a person's own files are (XDG Base Directory Specification).
 */
#ifndef REAPTOP_BASE_OWN_PATH_H
#define REAPTOP_BASE_OWN_PATH_H

/*
 * $VARIABLE/reaptop/NAME where that is an absolute path, else
 * $HOME/UNDER/reaptop/NAME; NULL where neither is, or without memory. The
 * caller frees it.
 */
char *own_path(const char *variable, const char *under, const char *name);

/* Makes the missing directories above it, mode 0700. A negative errno. */
int own_path_make_parents(const char *path);

#endif
