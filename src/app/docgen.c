/*
 * docgen: fills the generated parts of the manual pages and of the README from
 * the tables that the program itself runs on, so that none of them can drift.
 *
 *     docgen man/reaptop.1.in          a line `.\" @keys@` becomes that section
 *     docgen --completion bash         the shell's completion file
 *     docgen --configuration           a reaptop.conf of all settings, as comments
 *     docgen --markdown README.md      what stands between `<!-- keys -->` and
 *                                      `<!-- /keys -->` is written anew
 *
 * The result goes to standard output, in the language of the locale. A program of its own: it is
 * built and run by `make docs`, and not installed.
 */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "completion.h"
#include "config.h"
#include "doc_sections.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/cli/command.h"

static const struct doc_section *find_section(const struct doc_section *section, const char *name,
                                              size_t length)
{
    for (; section->name; section++)
        if (strlen(section->name) == length && strncmp(section->name, name, length) == 0)
            return section;
    return NULL;
}

/* What stands between the affixes, or NULL where the line is not of that form. */
static const char *between(const char *line, const char *prefix, const char *suffix,
                           size_t *ret_length)
{
    size_t length = strlen(line), before = strlen(prefix), behind = strlen(suffix);
    if (length < before + behind || strncmp(line, prefix, before) != 0 ||
        strcmp(line + length - behind, suffix) != 0)
        return NULL;
    *ret_length = length - before - behind;
    return line + before;
}

static int unknown_section(const char *name, size_t length)
{
    (void)fprintf(stderr, "docgen: there is no section \"%.*s\"\n", (int)length, name);
    return -ENOENT;
}

static int fill_page(FILE *in, struct strbuf *out)
{
    _cleanup_free_ char *line = NULL;
    size_t size = 0, length;
    while (getline(&line, &size, in) >= 0) {
        const char *name = between(line, ".\\\" @", "@\n", &length);
        if (!name) {
            strbuf_puts(out, line);
            continue;
        }
        const struct doc_section *section = find_section(mdoc_sections, name, length);
        if (!section)
            return unknown_section(name, length);
        section->write(out);
    }
    return 0;
}

static int fill_markdown(FILE *in, struct strbuf *out)
{
    _cleanup_free_ char *line = NULL;
    size_t size = 0, length;
    bool is_within = false;
    while (getline(&line, &size, in) >= 0) {
        if (is_within && !between(line, "<!-- /", " -->\n", &length))
            continue;
        is_within = false;
        strbuf_puts(out, line);
        const char *name = between(line, "<!-- ", " -->\n", &length);
        const struct doc_section *section =
            name ? find_section(markdown_sections, name, length) : NULL;
        if (section) {
            strbuf_putc(out, '\n');
            section->write(out);
            strbuf_putc(out, '\n');
            is_within = true;
        }
    }
    return is_within ? -EINVAL : 0;
}

static int fill_file(const char *path, bool is_markdown, struct strbuf *out)
{
    _cleanup_file_ FILE *in = fopen(path, "re");
    if (!in) {
        perror(path);
        return -errno;
    }
    return is_markdown ? fill_markdown(in, out) : fill_page(in, out);
}

static int write_sample(struct strbuf *out)
{
    struct ui ui;
    ui_init(&ui);
    config_print_sample(&ui.settings, out);
    return 0;
}

static int make(int argc, char **argv, struct strbuf *out)
{
    if (argc == 2 && strcmp(argv[1], "--configuration") == 0)
        return write_sample(out);
    if (argc == 3 && strcmp(argv[1], "--completion") == 0)
        return completion_write(argv[2], out);
    if (argc == 3 && strcmp(argv[1], "--markdown") == 0)
        return fill_file(argv[2], true, out);
    if (argc == 2)
        return fill_file(argv[1], false, out);
    (void)fprintf(stderr, "usage: docgen [--markdown] FILE, --completion SHELL, --configuration\n");
    return -EINVAL;
}

int main(int argc, char **argv)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    (void)setlocale(LC_CTYPE, "");
    (void)setlocale(LC_MESSAGES, "");
    gettext_begin("");
    int r = make(argc, argv, &out);
    if (r < 0 || out.error < 0)
        return r == -EINVAL ? EXIT_USAGE : EXIT_FAULT;
    return fwrite(out.data, 1, out.length, stdout) == out.length && fflush(stdout) == 0
               ? EXIT_DONE
               : EXIT_FAULT;
}
