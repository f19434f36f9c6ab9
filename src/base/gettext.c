#include "reaptop/base/gettext.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/base/text.h"

static const char domain[] = "reaptop";

bool gettext_has_catalog;

/* The directory "locale" beside the program, where its owner alone can have put files there. */
static bool find_beside_program(char ret_path[static PATH_MAX])
{
    struct stat program, directory;
    ssize_t length = readlink("/proc/self/exe", ret_path, PATH_MAX - sizeof("locale"));
    if (getauxval(AT_SECURE) || length <= 0)
        return false;
    ret_path[length] = '\0';
    char *slash = strrchr(ret_path, '/');
    if (!slash || stat("/proc/self/exe", &program) < 0)
        return false;
    strcpy(slash + 1, "locale");
    return lstat(ret_path, &directory) == 0 && S_ISDIR(directory.st_mode) &&
           directory.st_uid == program.st_uid && (directory.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

void gettext_begin(const char *installed)
{
    char beside[PATH_MAX];
    const char *locale = setlocale(LC_MESSAGES, NULL);
    if (!locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0 || text_is_ascii_only())
        return;
    (void)bindtextdomain(domain, find_beside_program(beside) ? beside : installed);
    (void)textdomain(domain);
    const char *header = ""; /* the empty message's translation */
    gettext_has_catalog = *gettext(header) != '\0';
    if (!gettext_has_catalog)
        gettext_end();
}

void gettext_end(void)
{
    gettext_has_catalog = false;
    (void)textdomain("messages"); /* the C library's default, for ngettext(3) */
}
