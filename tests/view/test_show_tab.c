#include "reaptop/view/show_tab.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "reaptop/base/text.h"

static struct details details;
static struct document doc;
static struct strbuf out;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    details.process.id = (struct identity){42, 7, 0};
    details.process.tgid = 42;
    details.process.comm = "specimen";
    details.process.state = 'S';
    details.process.threads = 1;
    details.process.ppid = 812;
    details.ticks_per_second = 100;
    details.process.exit_status = -1;
}

static void teardown(void)
{
    details_done(&details);
    document_done(&doc);
    strbuf_done(&out);
}

TestSuite(show_tab, .init = setup, .fini = teardown);

static const char *shown(void)
{
    show_tab(&doc, &details, false);
    cr_assert_eq(doc.error, 0);
    document_print(&doc, &out, 0);
    return strbuf_text(&out);
}

Test(show_tab, what_was_denied_says_what_it_needs)
{
    for (int part = 0; part < PART_COUNT; part++)
        details.access[part] = ACCESS_DENIED;
    const char *text = shown();
    cr_expect_not_null(strstr(text, "program:                permission denied: needs the "
                                    "process's own user, or CAP_SYS_PTRACE\n"));
    cr_expect_not_null(strstr(text, "timer slack (ns):       permission denied: needs to be the "
                                    "process itself, or CAP_SYS_NICE\n"));
    cr_expect_null(strstr(text, " KiB"));
}

Test(show_tab, a_thread_is_not_passed_off_as_a_process)
{
    details.access[PART_STATUS] = ACCESS_OK;
    details.process.tgid = 41;
    cr_expect_eq(strncmp(shown(), "42 specimen  S sleeping  a thread of 41\n", 40), 0);
}

Test(show_tab, a_zombie_is_reported_as_one)
{
    for (int part = 0; part < PART_COUNT; part++)
        details.access[part] = ACCESS_ZOMBIE;
    details.process.state = 'Z';
    details.process.exit_status = 3 << 8;
    const char *text = shown();
    cr_expect_not_null(strstr(text, "exited with status 3; zombie; parent 812 has not collected"));
    cr_expect_null(strstr(text, "denied"));
}

Test(show_tab, a_zombie_leader_with_living_threads_is_distinguished)
{
    details.process.state = 'Z';
    details.process.threads = 4;
    const char *text = shown();
    cr_expect_not_null(strstr(text, "its first thread has ended, 3 live on"));
    cr_expect_null(strstr(text, "zombie"));
    cr_expect_null(strstr(text, "has not collected"));
}

Test(show_tab, a_group_missing_from_status_is_unknown_not_zero)
{
    details.access[PART_STATUS] = ACCESS_OK;
    const char *text = shown();
    cr_expect_not_null(strstr(text, "memory:                 this kernel does not have it\n"));
    cr_expect_not_null(strstr(text, "capabilities:           this kernel does not have it\n"));
}

Test(show_tab, no_byte_of_the_process_steers_the_terminal)
{
    static const char hostile[] = "\x1b]52;c;x\a\xc2\x9b\xe2\x80\xae\xff\n";
    details.process.comm = hostile;
    const enum details_part parts[] = {PART_ARGV, PART_EXE, PART_CWD, PART_ROOT, PART_CGROUP};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        details.access[parts[i]] = ACCESS_OK;
        details.text[parts[i]] = hostile;
        details.length[parts[i]] = sizeof(hostile) - 1;
    }
    details.is_related = true;
    details.child_count = details.ancestor_count = 1;
    details.children[0] = details.ancestors[0] = (struct relative){5, 'S', hostile, hostile};
    const char *text = shown();
    for (const char *at = text; *at != '\0'; at++)
        cr_assert(*at == '\n' || (unsigned char)*at >= 0x20, "byte %02x", (unsigned char)*at);
    cr_expect_null(strstr(text, "\xc2\x9b"));
    cr_expect_null(strstr(text, "\xe2\x80\xae"));
    cr_expect_null(strchr(text, '\xff'));
}

Test(show_tab, below_its_name_it_is_not_named_again)
{
    details.access[PART_STATUS] = ACCESS_OK;
    show_tab(&doc, &details, true);
    document_print(&doc, &out, 0);
    cr_expect_null(strstr(strbuf_text(&out), "42 specimen"), "%s", strbuf_text(&out));
    cr_expect_eq(strncmp(strbuf_text(&out), "user: ", 6), 0, "%s", strbuf_text(&out));
    document_clear(&doc);
    strbuf_clear(&out);
    details.process.is_kernel = true;
    show_tab(&doc, &details, true);
    document_print(&doc, &out, 0);
    cr_expect_not_null(strstr(strbuf_text(&out), "kernel thread\n"), "that is more than a name");
}

Test(show_tab, a_limit_says_how_much_of_it_is_in_use)
{
    details.access[PART_LIMITS] = details.access[PART_DESCRIPTORS] = ACCESS_OK;
    details.limits.known = 1U << LIMIT_OPEN_FILES | 1U << LIMIT_NICE;
    details.limits.values[LIMIT_OPEN_FILES] = (struct limit){1024, LIMIT_NONE};
    details.descriptor_count = 1000;
    show_tab(&doc, &details, false);
    document_print(&doc, &out, 0);
    cr_expect_not_null(strstr(
        strbuf_text(&out), "open files:             1024, at most unlimited files; 1000 in use"));
}

Test(show_tab, a_long_command_line_is_cut_and_says_so)
{
    static char argv[64 * 1024];
    memset(argv, 'a', sizeof(argv));
    details.access[PART_ARGV] = ACCESS_OK;
    details.text[PART_ARGV] = argv;
    details.length[PART_ARGV] = sizeof(argv);
    cr_expect_not_null(strstr(shown(), "aaa (longer than is shown)\n"));
}
