#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>

#include "model/synthetic.h"
#include "reaptop/model/filter.h"

static const struct extra specimen_extra = {
    .access = {[EXTRA_CGROUP] = ACCESS_OK,
               [EXTRA_MEMORY] = ACCESS_OK,
               [EXTRA_OOM] = ACCESS_OK,
               [EXTRA_WCHAN] = ACCESS_OK,
               [EXTRA_SYSCALL] = ACCESS_OK,
               [EXTRA_IO] = ACCESS_DENIED,
               [EXTRA_EXE] = ACCESS_OK,
               [EXTRA_CWD] = ACCESS_OK,
               [EXTRA_FDS] = ACCESS_OK,
               [EXTRA_FILES] = ACCESS_OK,
               [EXTRA_PORTS] = ACCESS_OK,
               [EXTRA_ENVIRON] = ACCESS_TRUNCATED},
    .swap_kib = 2048,
    .oom_score = 667,
    .descriptors = 12,
    .wchan = "do_epoll_wait",
    .syscall = "epoll_wait",
    .cgroup = "/system.slice/postgresql.service",
    .unit = "postgresql.service",
    .exe = "/usr/bin/postgres",
    .cwd = "/srv",
    .files = "/dev/null\0/srv/base/1\0pipe:[77]",
    .files_size = sizeof("/dev/null\0/srv/base/1\0pipe:[77]"),
    .ports = "5432\0"
             "8080",
    .ports_size = sizeof("5432\0"
                         "8080"),
    .environment = "LANG=C\0PGDATA=/srv",
    .environment_size = sizeof("LANG=C\0PGDATA=/srv"),
};

static struct process specimen(void)
{
    return (struct process){
        .id = {.pid = 4711},
        .tgid = 4711,
        .ppid = 812,
        .state = 'D',
        .comm = "postgres",
        .user = "alice",
        .argv_access = ACCESS_OK,
        .argv = "/usr/bin/postgres -D /srv",
        .rss_kib = 150 * 1024,
        .cpu_percent = CPU_UNKNOWN,
        .nice = -5,
        .tty_name = "pts/3",
        .age_ns = UINT64_C(7200) * 1000000000,
        .extra = &specimen_extra,
    };
}

struct filter_case {
    char expression[64];
    int passes; /* -1: does not parse */
};

ParameterizedTestParameters(filter, expressions)
{
    static struct filter_case cases[] = {
        {"", 1},
        {"   ", 1},
        {"state=D", 1},
        {"state=X,D", 1},
        {"state!=Z,D", 0},
        {"state=Q", -1},
        {"user in root,alice", 1},
        {"user in root", 0},
        {"user in", 0},
        {"in", 1},
        {"comm!~ssh", 1},
        {"comm !~ post", 0},
        {"nosuch|postgres", 1},
        {"ssh | cron", 0},
        {"ssh|", -1},
        {"state=D && user=alice", 1},
        {"state=Z || user=alice", 1},
        {"state=Z||user=bob", 0},
        {"!(state=Z) && !ssh", 1},
        {"rss=150MB", 1},
        {"rss>149MiB", 1},
        {"rss>1XB", -1},
        {"age>1h", 1},
        {"age>2d", 0},
        {"age in 2h,7201s", 1},
        {"tty=pts/3", 1},
        {"tty!~pts", 0},
        {"port=8080", 1},
        {"port=80", 0},
        {"port in 22,5432", 1},
        {"port!=8080", 0},
        {"port!=22", 1},
        {"port>5432", 1},
        {"port<5432", 0},
        {"port=http", -1},
        {"port=70000", -1},
        {"file=/srv/base/1", 1},
        {"file=/srv", 0},
        {"file~base", 1},
        {"file!~base", 0},
        {"file!~log", 1},
        {"file=pipe:[77]", 1},
        {"cgroup~system.slice", 1},
        {"unit=postgresql", 1},
        {"unit=postgresql.service", 1},
        {"unit!=postgresql", 0},
        {"unit=post", 0},
        {"container=x", 0},
        {"container!=x", 1},
        {"exe=/usr/bin/postgres", 1},
        {"cwd=/srv", 1},
        {"env=LANG", 1},
        {"env=LAN", 0},
        {"env=LANG=C", 1},
        {"env=LANG=D", 0},
        {"env~data", 1},
        {"env!=HOME", 1},
        {"oom>600", 1},
        {"oom<=600", 0},
        {"fds=12", 1},
        {"fds>1x", -1},
        {"swap>1M", 1},
        {"wchan~epoll", 1},
        {"syscall=epoll_wait", 1},
        {"syscall in read,epoll_wait", 1},
        {"io_r>0", 0},
        {"io_r!=0", 1},
        {"pss>0", 0},
        {"not pss>0", 0},
        {"state=D or pss>0", 1},
        {"age>2x", -1},
        {"colour=1", -1},
        {"state=RD", 1},
        {"state=d", 0},
        {"state!=Z", 1},
        {"STATE = D and user = alice", 1},
        {"state=Z or user=alice", 1},
        {"state=Z user=alice", 0},
        {"not state=Z", 1},
        {"!state=D", 0},
        {"not not state=D", 1},
        {"not (state=Z or comm=sshd) and pid=4711", 1},
        {"rss>100M", 1},
        {"rss > 1g", 0},
        {"rss_kib>=153600", 1},
        {"nice<0", 1},
        {"nice=-5", 1},
        {"cpu>=0", 0},
        {"cpu!=3", 1},
        {"comm~GRES", 1},
        {"pid~71", 1},
        {"postgres", 1},
        {"/srv", 1},
        {"4711", 1},
        {"\"bin/postgres -D\"", 1},
        {"\"and\"", 0},
        {"kernel", 0},
        {"zombie or thread or ended", 0},
        {"state=D and", -1},
        {"and", 0},
        {"state=", -1},
        {"=D", -1},
        {"(state=D", -1},
        {"state=D)", -1},
        {"shoe=42", -1},
        {"pid=abc", -1},
        {"pid=nan", -1},
        {"pid=0x", -1},
        {"rss>5Q", -1},
        {"rss>5MM", -1},
        {"\"open", -1},
        {"(((((((((((((((((((((((((((((((((((((((((x", -1},
        {"<>", -1},
    };
    return cr_make_param_array(struct filter_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct filter_case *one, filter, expressions)
{
    struct process process = specimen();
    struct filter *filter = NULL;
    struct error error = ERROR_INIT;
    int r = filter_parse(one->expression, &filter, &error);
    if (one->passes < 0) {
        cr_expect_eq(r, -EINVAL, "'%s' should not parse", one->expression);
        cr_expect_null(filter);
        cr_expect(strlen(error.message) > 0);
    } else {
        cr_assert_eq(r, 0, "'%s': %s", one->expression, error.message);
        cr_expect_eq(filter_passes(filter, &process), one->passes, "'%s'", one->expression);
    }
    filter_free(filter);
}

Test(filter, says_where_and_what)
{
    struct error error = ERROR_INIT;
    struct filter *filter;
    cr_assert_eq(filter_parse("state=Z and shoe=42", &filter, &error), -EINVAL);
    cr_expect(strstr(error.message, "column 13"), "%s", error.message);
    cr_expect(strstr(error.message, "no field 'shoe'"), "%s", error.message);
    static const char *const named[] = {" ppid ", " state ", " nice ", " age ",
                                        " fds ",  " cpu ",   " rss ",  " env"};
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        cr_expect(strstr(error.message, named[i]), "it lacks '%s': %s", named[i], error.message);
}

Test(filter, endless_expressions_are_refused)
{
    char expression[4096] = "x";
    for (size_t i = 1; i + 5 < sizeof(expression); i += 5)
        strcpy(&expression[i], " or x");
    struct filter *filter = NULL;
    struct error error = ERROR_INIT;
    cr_expect_eq(filter_parse(expression, &filter, &error), -EINVAL);
}

/* What decides it without being read is not to be read, and the cheapest comes first. */
Test(filter, says_what_it_lacks)
{
    static const struct {
        const char *expression;
        enum verdict verdict;
        uint32_t lacks;
    } cases[] = {
        {"user=root and file~x", FILTER_FAILS, 0},
        {"user=alice and file~x", FILTER_UNDECIDED, EXTRA_BIT(EXTRA_FILES)},
        {"user=alice or file~x", FILTER_PASSES, 0},
        {"!(unit=a)", FILTER_UNDECIDED, EXTRA_BIT(EXTRA_CGROUP)},
        {"unit=a and file~x", FILTER_UNDECIDED, EXTRA_BIT(EXTRA_CGROUP) | EXTRA_BIT(EXTRA_FILES)},
        {"", FILTER_PASSES, 0},
    };
    struct process process = specimen();
    process.extra = NULL;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct filter *filter = NULL;
        uint32_t lacks = UINT32_MAX;
        cr_assert_eq(filter_parse(cases[i].expression, &filter, NULL), 0);
        cr_expect_eq(filter_judge(filter, &process, &lacks), cases[i].verdict, "%s",
                     cases[i].expression);
        cr_expect_eq(lacks, cases[i].lacks, "%s", cases[i].expression);
        filter_free(filter);
    }
}
