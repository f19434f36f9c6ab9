#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>

#include "reaptop/base/number.h"

struct number_case {
    char text[32];
    int status;
    int64_t value;
};

ParameterizedTestParameters(number, decimal)
{
    static struct number_case cases[] = {
        {"0", 0, 0},         {"12", 0, 12},       {"-5", 0, -5},
        {"100", 0, 100},     {"101", -ERANGE, 0}, {"-6", -ERANGE, 0},
        {"", -EINVAL, 0},    {"-", -EINVAL, 0},   {" 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},  {"12x", -EINVAL, 0}, {"+1", -EINVAL, 0},
        {"0x1", -EINVAL, 0}, {"1.0", -EINVAL, 0}, {"99999999999999999999", -ERANGE, 0},
    };
    return cr_make_param_array(struct number_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct number_case *one, number, decimal)
{
    int64_t value = 77;
    int r = number_parse(one->text, -5, 100, &value);
    cr_expect_eq(r, one->status, "'%s': %d", one->text, r);
    cr_expect_eq(value, r == 0 ? one->value : 77, "untouched on failure");
}

ParameterizedTestParameters(number, time)
{
    static struct number_case cases[] = {
        {"1", 0, 1000000000},    {"1.5", 0, 1500000000},   {"1.5s", 0, 1500000000},
        {"500ms", 0, 500000000}, {"2m", 0, 120000000000},  {"0", 0, 0},
        {".5", 0, 500000000},    {"", -EINVAL, 0},         {".", -EINVAL, 0},
        {"s", -EINVAL, 0},       {"1..5", -EINVAL, 0},     {"1h", -EINVAL, 0},
        {"inf", -EINVAL, 0},     {"nan", -EINVAL, 0},      {"1e3", -EINVAL, 0},
        {"-1", -ERANGE, 0},      {"99999999", -ERANGE, 0}, {"1 s", -EINVAL, 0},
    };
    return cr_make_param_array(struct number_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct number_case *one, number, time)
{
    uint64_t ns = 77;
    int r = number_parse_time(one->text, &ns);
    cr_expect_eq(r, one->status, "'%s': %d", one->text, r);
    cr_expect_eq(ns, r == 0 ? (uint64_t)one->value : 77);
}

Test(number, hexadecimal)
{
    uint64_t value = 77;
    cr_expect_eq(number_parse_hex("ff", &value), 0);
    cr_expect_eq(value, 255);
    cr_expect_eq(number_parse_hex("0xffffffffffffffff", &value), 0);
    cr_expect_eq(value, UINT64_MAX);
    cr_expect_eq(number_parse_hex("0x", &value), -EINVAL);
    cr_expect_eq(number_parse_hex("0x0x1", &value), -EINVAL);
    cr_expect_eq(number_parse_hex("10000000000000000", &value), -ERANGE);
    cr_expect_eq(value, UINT64_MAX);
}
