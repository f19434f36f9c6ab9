#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/source/visibility.h"
#include "tty_names.h"
#include "users.h"

static const struct {
    const char *text;
    const char *hidepid;
    bool is_subset;
} mounts[] = {
    {"22 27 0:21 / /proc rw,relatime - proc proc rw\n", "", false},
    {"22 27 0:21 / /proc rw - proc proc rw,hidepid=invisible\n", "invisible", false},
    {"22 27 0:21 / /proc rw - proc proc rw,gid=4,hidepid=2,subset=pid", "2", true},
    {"22 27 0:21 / /proc rw - proc proc rw,hidepid=0\n", "", false},
    /* with optional fields, and a propagation peer whose name holds the separator's dash */
    {"22 27 0:21 / /proc rw shared:5 master:1 - proc - rw,subset=pid\n", "", true},
    /* the last one covers those before it */
    {"22 27 0:21 / /proc rw - proc proc rw,hidepid=2\n"
     "63 22 0:39 / /proc rw - proc proc rw\n",
     "", false},
    /* somebody else's /proc, and no procfs at all */
    {"22 27 0:21 / /jail/proc rw - proc proc rw,hidepid=2\n", "", false},
    {"22 27 0:21 / /proc rw - tmpfs none rw,hidepid=2\n", "", false},
    {"22 27 0:21 / /proc rw - proc proc rw,hidepid=a-word-longer-than-any-kernel-has\n", "", false},
    {"", "", false},
    {"\n\n", "", false},
    {" - ", "", false},
    {"a b c d /proc - proc", "", false},
    {"a b c d /proc - proc x ", "", false},
};

Test(visibility, mount_options)
{
    for (size_t i = 0; i < ELEMENTS(mounts); i++) {
        struct proc_mount mount = parse_proc_mount(mounts[i].text, strlen(mounts[i].text));
        cr_expect_str_eq(mount.hidepid, mounts[i].hidepid, "%s", mounts[i].text);
        cr_expect_eq(mount.is_subset, mounts[i].is_subset, "%s", mounts[i].text);
    }
    for (size_t length = 0; length <= strlen(mounts[2].text); length++)
        (void)parse_proc_mount(mounts[2].text, length);
}

static const struct {
    uint32_t device;
    const char *name;
} terminals[] = {
    {0, NULL},           {0x8800, "pts/0"},       {0x8803, "pts/3"}, {0x88ff, "pts/255"},
    {0x8900, "pts/256"}, {0x00108801, "pts/257"}, {0x0401, "tty1"},  {0x0440, "ttyS0"},
    {0x0501, "console"}, {0xfffff, "4095:255"},
};

Test(tty_names, devices)
{
    struct tty_names names = {0};
    struct arena strings = ARENA_INIT;
    for (size_t i = 0; i < ELEMENTS(terminals); i++) {
        const char *name = tty_name(&names, terminals[i].device, &strings);
        if (terminals[i].name)
            cr_expect_str_eq(name, terminals[i].name);
        else
            cr_expect_null(name);
    }
    arena_done(&strings);
}

Test(tty_names, more_unknown_devices_than_are_kept)
{
    struct tty_names names = {0};
    struct arena strings = ARENA_INIT;
    for (uint32_t i = 0; i < 3 * TTY_NAMES_MAX; i++)
        cr_expect_not_null(tty_name(&names, 0xff000 + (i & 0xff), &strings));
    arena_done(&strings);
}

Test(users, names_numbers_and_what_nss_says)
{
    struct users *users = users_new();
    struct arena strings = ARENA_INIT;
    uid_t unknown;
    cr_assert_not_null(users);
    users_begin(users, &strings);
    cr_expect_str_eq(users_name(users, 0), "root");
    cr_expect_eq(users_name(users, 0), users_name(users, 0), "one copy a snapshot");
    cr_expect(!users_next_unknown(users, &unknown));

    cr_expect_str_eq(users_name(users, 3999999998U), "3999999998");
    cr_expect_str_eq(users_name(users, 3999999999U), "3999999999");
    cr_assert(users_next_unknown(users, &unknown));
    cr_expect_eq(unknown, 3999999998U);
    cr_assert(users_next_unknown(users, &unknown));
    cr_expect_eq(unknown, 3999999999U);
    cr_expect(!users_next_unknown(users, &unknown), "each is asked for once");

    users_learn(users, 3999999998U, "from-a-directory");
    users_learn(users, 3999999999U, NULL);
    users_begin(users, &strings);
    cr_expect_str_eq(users_name(users, 3999999998U), "from-a-directory");
    cr_expect_str_eq(users_name(users, 3999999999U), "3999999999");
    cr_expect_str_eq(users_name_into(users, 0, &strings), "root");
    users_free(users);
    arena_done(&strings);
}
