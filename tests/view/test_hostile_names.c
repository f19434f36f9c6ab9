/*
 * Names made at random of what steers terminals: no piece of them is on the
 * screen. The judge decodes UTF-8 by itself and has a table of its own.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/base/array.h"
#include "reaptop/model/process.h"
#include "support/rounds.h"

enum {
    ROWS = 20, /* three names each: comm, arguments, user */
    PIECES = 6
};

static const char *const pieces[] = {
    "a",
    "字",
    "é",
    " ",
    "\033[2J",
    "\033]52;c;aGk=\a",
    "\x9b",
    "\xc2\x9b",
    "\xc2\x85",
    "\n",
    "\r",
    "\t",
    "\b",
    "\x7f",
    "\xe2\x80\xae",
    "\xe2\x80\xac",
    "\xe2\x80\x8b",
    "\xe2\x80\x8f",
    "\xe2\x80\xa8",
    "\xe2\x81\xa6",
    "\xef\xbb\xbf",
    "\xd8\x80",
    "\xdb\x9d",
    "\xe0\xa3\xa2",
    "\xf0\x93\x90\xb0",
    "\xf0\x91\x82\xbd",
    "\xf3\xa0\x80\x81",
    "\xff",
    "\xc0\xaf",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\xe4\xb8",
    "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
    ") R 1 (",
    "%s%n",
    "\xee\x80\x80",
};

static const struct range {
    uint32_t first, last;
} forbidden[] = {
    {0x00, 0x09},       {0x0b, 0x1f},       {0x7f, 0x9f},           {0xad, 0xad},
    {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},         {0x70f, 0x70f},
    {0x890, 0x891},     {0x8e2, 0x8e2},     {0x180e, 0x180e},       {0x200b, 0x200f},
    {0x2028, 0x202e},   {0x2060, 0x206f},   {0xd800, 0xdfff},       {0xe000, 0xf8ff},
    {0xfeff, 0xfeff},   {0xfff9, 0xfffb},   {0x110bd, 0x110bd},     {0x110cd, 0x110cd},
    {0x13430, 0x1345f}, {0xe0000, 0xe0fff}, {0x110000, UINT32_MAX},
};

/* One code point; UINT32_MAX where it is no UTF-8. */
static uint32_t decode(const unsigned char **at)
{
    unsigned char lead = *(*at)++;
    int more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : -1;
    if (more < 0)
        return UINT32_MAX;
    uint32_t point = more == 0 ? lead : lead & (0x3fU >> more);
    for (; more > 0; more--, (*at)++) {
        if ((**at & 0xc0) != 0x80)
            return UINT32_MAX;
        point = point << 6 | (**at & 0x3f);
    }
    return point;
}

/* A newline ends a line of the dump. */
static void expect_nothing_foreign(const char *screen)
{
    const unsigned char *at = (const unsigned char *)screen;
    while (*at) {
        uint32_t point = decode(&at);
        for (size_t i = 0; i < ELEMENTS(forbidden); i++)
            cr_assert(point < forbidden[i].first || point > forbidden[i].last, "U+%04X\n%s",
                      (unsigned)point, screen);
    }
}

static void make_name(uint64_t *random, char name[static 128])
{
    name[0] = '\0';
    for (int i = 0; i < PIECES; i++) {
        *random = *random * 6364136223846793005U + 1442695040888963407U;
        (void)strcat(name, pieces[(*random >> 33) % ELEMENTS(pieces)]);
    }
}

Test(hostile_names, leave_nothing_foreign_on_the_screen)
{
    uint64_t random = 1;
    long screens = rounds(20);
    for (long i = 0; i < screens; i++) {
        char names[ROWS][3][128];
        struct fixture *s = fixture_new(ROWS + 4, 60 + (int)(i % 140));
        fixture_add(s, 1, 0, 'S', "init");
        for (int row = 0; row < ROWS; row++) {
            for (int k = 0; k < 3; k++)
                make_name(&random, names[row][k]);
            fixture_add_argv(s, 100 + row, 1, 'S', names[row][0], names[row][1])->user =
                names[row][2];
        }
        fixture_tick(s);
        expect_nothing_foreign(fixture_screen(s));
        fixture_free(s);
    }
    rounds_report(screens * ROWS * 3);
}
