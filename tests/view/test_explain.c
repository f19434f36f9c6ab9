#include "reaptop/view/explain.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/text.h"
#include "reaptop/model/signals.h"
#include "reaptop/view/columns.h"

static struct document doc;
static struct strbuf out;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void teardown(void)
{
    document_done(&doc);
    strbuf_done(&out);
}

TestSuite(explain, .init = setup, .fini = teardown);

static const char *printed(size_t cols)
{
    strbuf_clear(&out);
    cr_assert_eq(doc.error, 0);
    document_print(&doc, &out, cols);
    return strbuf_text(&out);
}

Test(explain, an_entry_says_what_whence_and_where_more)
{
    struct reference entry;
    cr_assert_eq(explain_find("PSS", &entry), 0);
    explain_entry(&doc, &entry);
    cr_assert_str_eq(printed(60), "PSS, term: proportional set size\n"
                                  "  As RSS, but a page shared by N processes counts as 1/N for\n"
                                  "    each. The sum over all processes counts each mapped page\n"
                                  "    once. It leaves out what no process maps: the kernel's\n"
                                  "    own memory, page tables, and files in the cache.\n"
                                  "from:        /proc/PID/smaps_rollup\n"
                                  "manual page: proc(5)\n"
                                  "see it:      reaptop lab cow\n");
}

Test(explain, every_column_title_is_a_topic)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        struct reference entry;
        cr_assert_eq(explain_find(columns[i].title, &entry), 0, "%s", columns[i].title);
    }
    struct reference entry = {.name = "untouched"};
    cr_assert_eq(explain_find("no such column", &entry), -ENOENT);
    cr_assert_str_eq(entry.name, "untouched");
    cr_assert_eq(explain_find("CPU%", &entry), 0);
    cr_assert_str_eq(entry.name, "cpu_percent");
}

Test(explain, the_signal_list_has_them_all)
{
    explain_signals(&doc);
    cr_assert_eq(doc.line_count, signals_count() + 1);
    const char *text = printed(0);
    cr_assert_not_null(strstr(text, "\n 15  TERM      terminate  polite request to end\n"));
    cr_assert_not_null(strstr(text, "\n 64  RTMAX     terminate  real-time:"));
}

Test(explain, the_diagram_has_each_state_once_and_marks_the_current_one)
{
    const char states[] = "RSDTtZX";
    explain_diagram(&doc, '\0');
    cr_assert_null(strstr(printed(0), ">>"));
    for (const char *state = states; *state; state++) {
        char box[16], marked[16];
        (void)snprintf(box, sizeof(box), "|   %c   |", *state);
        (void)snprintf(marked, sizeof(marked), "|>> %c <<|", *state);
        document_clear(&doc);
        explain_diagram(&doc, '\0');
        const char *first = strstr(printed(0), box);
        cr_assert_not_null(first, "%s", box);
        cr_assert_null(strstr(first + 1, box), "%s", box);

        document_clear(&doc);
        explain_diagram(&doc, *state);
        cr_assert_not_null(strstr(printed(0), marked), "%s", marked);
        cr_assert_null(strchr(strbuf_text(&out), '@'));
    }
}

Test(explain, the_diagram_fits_into_70_columns)
{
    explain_diagram(&doc, 'S');
    for (const char *line = printed(0); *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (length > 4 && strchr("+|", line[4]))
            cr_expect_leq(text_width(line, length), 70, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

Test(explain, lists_of_every_kind)
{
    for (int kind = 0; kind < REFERENCE_KIND_COUNT; kind++) {
        document_clear(&doc);
        explain_list(&doc, (enum reference_kind)kind);
        const char *text = printed(0);
        for (size_t i = 0; i < reference_count(); i++) {
            struct reference entry = reference_at(i);
            if ((int)entry.kind == kind)
                cr_expect_not_null(strstr(text, entry.name), "%s", entry.name);
        }
    }
}
