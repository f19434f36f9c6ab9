/*
 * pane: the inspector's content, collected by a process of its own.
 *
 * Looking inside a process can block for ever (smaps of a process whose memory
 * lock is held), take seconds (100,000 descriptors) or much memory (65,000
 * mappings). So a worker process collects it and makes the document; the
 * screen only ever reads finished documents from a socket, and answers keys
 * meanwhile. The worker serves one process and tab after the other; it is
 * killed and replaced when it does not come back while something else is
 * wanted, or at all.
 */
#ifndef REAPTOP_APP_PANE_H
#define REAPTOP_APP_PANE_H

#include <stdbool.h>
#include <stdint.h>

#include "reaptop/base/helper.h"
#include "reaptop/model/access.h"
#include "reaptop/model/identity.h"
#include "reaptop/model/mapping.h"
#include "reaptop/view/document.h"
#include "reaptop/view/scene.h"

/* What the worker is asked for. */
struct pane_request {
    struct identity id;
    enum tab tab;
    uint64_t address;  /* Pages: in the mapping whose pages are wanted; 0: the worker's choice */
    uint64_t selected; /* the selected line's mark, whose details are wanted; 0: none */
    enum mapping_sort sort; /* Maps */
    struct identity peer;   /* Pages: whose frames are compared with these; NOBODY */
    uint64_t stacks_ns;     /* Threads: when user-space stacks were asked for; 0: they were not */
    size_t columns;         /* of the pane */
};

struct pane_source {
    struct pane_request wanted; /* what is looked at */
    struct helper worker;
    struct strbuf incoming;
    struct pane_request asked;
    uint64_t motion, asked_motion; /* pane_note(): the newest, and when it was asked */
    bool is_asked;                 /* an answer to that is due */
    uint64_t asked_ns;
    uint64_t received_ns; /* the worker last sent something, or was asked */
    uint64_t awake_ns;    /* the worker was last seen in another state than D, and not stopped */
    bool is_stopped;      /* it was, at the last look */
    uint64_t next_ns;     /* not asked again before */
    struct document document;
    bool has_document;
    bool is_partial;             /* it is what was known so far: the rest is being collected */
    enum access access;          /* why there is none */
    char left[HELPER_TEXT_SIZE]; /* what the worker said of a helper of its own; "": nothing new */
};

#define PANE_SOURCE_INIT ((struct pane_source){.worker = HELPER_INIT, .access = ACCESS_UNREAD})

void pane_done(struct pane_source *pane);

/*
 * Starts the worker, which pane_ask() else does when it is first needed: early, what it and its
 * own helper share with the screen is small (0.5 MiB of PSS for both instead of 2). Where it
 * cannot be started that is reported when it is needed.
 */
void pane_prepare(struct pane_source *pane);

/* Looks at that from now on; what was shown of another process or tab is forgotten. */
void pane_look(struct pane_source *pane, const struct pane_request *request);

/* Nothing is looked at. */
void pane_rest(struct pane_source *pane);

/*
 * What the newest sweep shows of the process looked at and of its children, as one number. While
 * it stays the same the Life tab is asked for every three seconds instead of every second: what a
 * sweep cannot show (a pending signal, a limit set by another process) is that old at most.
 */
void pane_note(struct pane_source *pane, uint64_t motion);

/* Asks for a fresh collection, if none is due and the last one was long enough ago. */
void pane_ask(struct pane_source *pane, uint64_t now_ns);

/*
 * Its descriptor is readable, or time has passed. True where the document is new. What is known
 * so far of a long collection is one, too, where nothing whole is shown.
 */
bool pane_take(struct pane_source *pane, uint64_t now_ns);

/* ---- collect.c: runs in the worker ---- */

/* Serves pane_requests until the other end of `fd` is closed. Does not return. */
_Noreturn void pane_serve(int fd);

/* How long to leave a process in peace between two collections for that tab. */
uint64_t pane_interval_ns(enum tab tab);

/* ---- document_wire.c: documents between two processes of one program ---- */

/*
 * Writes it whole, with what is to be said of a helper that the worker left behind, or "".
 * `is_partial`: it is what is known so far, and the whole follows. -EPIPE where nobody listens
 * any more.
 */
int document_send(int fd, const struct document *doc, enum access access, bool is_partial,
                  const char left[static HELPER_TEXT_SIZE]);

/*
 * Takes a document out of the bytes that have come so far. 1: taken, and its
 * bytes removed; 0: there is more to come; -EBADMSG: it is not one; -ENOMEM.
 */
int document_receive(struct strbuf *incoming, struct document *doc, enum access *ret_access,
                     bool *ret_is_partial, char ret_left[static HELPER_TEXT_SIZE]);

#endif
