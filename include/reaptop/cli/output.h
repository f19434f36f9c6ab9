/*
 * output: the command line's way out. Text is sanitised before it comes here.
 */
#ifndef REAPTOP_CLI_OUTPUT_H
#define REAPTOP_CLI_OUTPUT_H

#include <sys/types.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/view/document.h"

/*
 * Writes the whole text to standard output. Returns EXIT_DONE, or EXIT_FAULT
 * with a line on standard error (a full disk, no memory for the text); a
 * reader that went away (EPIPE) is EXIT_DONE without a word, as `| head` wants.
 */
int output_text(const struct strbuf *text);

/* document_print() and output_text(): wrapped where standard output is a terminal. */
int output_document(const struct document *document);

/*
 * Where a document has nothing but the reason why there is nothing: its first
 * line goes to standard error as `reaptop: command: PID: reason`. EXIT_FAULT.
 */
int output_refusal(const char *command, pid_t pid, const struct document *document);

#endif
