#include "users.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"

enum user_state {
    USER_UNKNOWN, /* not in /etc/passwd; NSS was not asked */
    USER_ASKED,
    USER_SETTLED,
};

struct user {
    uid_t uid;
    enum user_state state;
    char *name;       /* NULL: none; the number stands for it */
    const char *copy; /* in the arena of the snapshot being made; NULL: not yet */
};

struct users {
    struct user *users; /* ascending uid */
    size_t count;
    size_t capacity;
    size_t unknown; /* in state USER_UNKNOWN */
    struct stat file;
    struct arena *strings;
};

/* A directory of a great site is not copied whole. */
enum {
    PASSWD_MAX = 100000
};

struct users *users_new(void)
{
    return calloc(1, sizeof(struct users));
}

static void forget_all(struct users *users)
{
    for (size_t i = 0; i < users->count; i++)
        free(users->users[i].name);
    users->count = 0;
    users->unknown = 0;
}

void users_free(struct users *users)
{
    if (!users)
        return;
    forget_all(users);
    free(users->users);
    free(users);
}

/* Index of the uid, or of where it belongs. */
static size_t position(const struct users *users, uid_t uid)
{
    size_t low = 0, high = users->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (users->users[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The entry, made where there was none; NULL without memory. */
static struct user *entry(struct users *users, uid_t uid)
{
    size_t at = position(users, uid);
    if (at < users->count && users->users[at].uid == uid)
        return &users->users[at];
    if (array_reserve(&users->users, &users->capacity, users->count + 1) < 0)
        return NULL;
    memmove(&users->users[at + 1], &users->users[at],
            (users->count - at) * sizeof(users->users[0]));
    users->count++;
    users->unknown++;
    users->users[at] = (struct user){.uid = uid, .state = USER_UNKNOWN};
    return &users->users[at];
}

static void settle(struct users *users, struct user *user, const char *name)
{
    if (user->state == USER_UNKNOWN)
        users->unknown--;
    user->state = USER_SETTLED;
    user->copy = NULL;
    free(user->name);
    user->name = name ? strdup(name) : NULL;
}

static void read_passwd(struct users *users)
{
    _cleanup_file_ FILE *file = fopen("/etc/passwd", "re");
    if (!file)
        return;
    struct passwd *line;
    for (int i = 0; i < PASSWD_MAX && (line = fgetpwent(file)); i++) {
        struct user *user = entry(users, line->pw_uid);
        if (user && user->state == USER_UNKNOWN) /* the first of two names counts, as in NSS */
            settle(users, user, line->pw_name);
    }
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void users_begin(struct users *users, struct arena *strings)
{
    users->strings = strings;
    struct stat now;
    if (stat("/etc/passwd", &now) == 0 && S_ISREG(now.st_mode) &&
        !is_same_file(&now, &users->file)) {
        forget_all(users);
        users->file = now;
        read_passwd(users);
    }
    for (size_t i = 0; i < users->count; i++)
        users->users[i].copy = NULL;
}

static const char *copy_name(const struct user *user, struct arena *strings)
{
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", user->uid);
    return arena_strdup(strings, user->name ? user->name : number);
}

const char *users_name(struct users *users, uid_t uid)
{
    struct user *user = entry(users, uid);
    if (user && !user->copy)
        user->copy = copy_name(user, users->strings);
    return user ? user->copy : NULL;
}

const char *users_name_into(struct users *users, uid_t uid, struct arena *strings)
{
    const struct user *user = entry(users, uid);
    return user ? copy_name(user, strings) : NULL;
}

bool users_next_unknown(struct users *users, uid_t *ret_uid)
{
    for (size_t i = 0; users->unknown > 0 && i < users->count; i++) {
        if (users->users[i].state != USER_UNKNOWN)
            continue;
        users->users[i].state = USER_ASKED;
        users->unknown--;
        *ret_uid = users->users[i].uid;
        return true;
    }
    return false;
}

void users_learn(struct users *users, uid_t uid, const char *name)
{
    struct user *user = entry(users, uid);
    if (user)
        settle(users, user, name);
}
