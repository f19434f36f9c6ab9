/*
 * collect: one collector for each tab of the inspector. All of this runs in
 * the pane's worker, where waiting and using memory harm nobody.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pane.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/files.h"
#include "reaptop/source/reader.h"
#include "reaptop/view/environment_tab.h"
#include "reaptop/view/files_tab.h"

enum {
    ENVIRONMENT_LIMIT = 256 * 1024
};

struct collection {
    struct identity id;
    struct reader *reader; /* made when first needed */
    struct document document;
};

/* Each fills collection->document; returns ACCESS_OK or why there is nothing. */
typedef enum access collector(struct collection *collection);

/* The worker's own reader, so that "blocked" is told per file and not of the whole pane. */
static int ready_reader(struct collection *collection)
{
    return collection->reader ? 0 : reader_new(&collection->reader, NULL);
}

static enum access collect_files(struct collection *collection)
{
    struct files *files = NULL;
    int r = files_new(collection->id, &files);
    while (r >= 0 && (r = files_step(files, 0)) > 0)
        ;
    if (r >= 0)
        files_tab(&collection->document, files_table(files));
    files_free(files);
    return access_from_errno(r, '\0');
}

static enum access collect_environment(struct collection *collection)
{
    _cleanup_(strbuf_done) struct strbuf bytes = STRBUF_INIT;
    int r = ready_reader(collection);
    if (r == 0)
        r = reader_read(collection->reader, collection->id, "environ", 0, ENVIRONMENT_LIMIT, 0,
                        &bytes);
    if (r < 0)
        return access_from_errno(r, '\0');
    environment_tab(&collection->document, strbuf_text(&bytes), bytes.length);
    return r == 1 ? ACCESS_TRUNCATED : ACCESS_OK;
}

static const struct {
    collector *collect;
    uint64_t interval_ns;
} collectors[TAB_COUNT] = {
    [TAB_FILES] = {collect_files, NS_PER_SEC},
    [TAB_ENVIRONMENT] = {collect_environment, 5 * NS_PER_SEC},
};

uint64_t pane_interval_ns(enum tab tab)
{
    return collectors[tab].interval_ns;
}

static bool wait_for_request(int fd, struct pane_request *ret_request)
{
    ssize_t got;
    do
        got = recv(fd, ret_request, sizeof(*ret_request), MSG_WAITALL);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(*ret_request) && ret_request->tab < TAB_COUNT;
}

_Noreturn void pane_serve(int fd)
{
    struct collection collection = {0};
    struct pane_request request;
    while (wait_for_request(fd, &request)) {
        document_clear(&collection.document);
        collection.id = request.id;
        collector *collect = collectors[request.tab].collect;
        enum access access = collect ? collect(&collection) : ACCESS_UNSUPPORTED;
        if (document_send(fd, &collection.document, access) < 0)
            break;
    }
    reader_free(collection.reader);
    _exit(0);
}
