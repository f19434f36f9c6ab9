#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>

#include "model/synthetic.h"
#include "reaptop/model/filter.h"

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
        {"age<1h", 1},
        {"age>2d", 0},
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
