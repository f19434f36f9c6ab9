/*
 * doc_sections: the generated parts of the manual pages (mdoc_sections.c) and of README.md
 * and SECURITY.md (markdown_sections.c), each made from a table that the program runs on.
 */
#ifndef REAPTOP_APP_DOC_SECTIONS_H
#define REAPTOP_APP_DOC_SECTIONS_H

#include "reaptop/base/strbuf.h"

struct doc_section {
    const char *name; /* as the page marks its place; NULL ends the table */
    void (*write)(struct strbuf *out);
};

extern const struct doc_section mdoc_sections[], markdown_sections[];

#endif
