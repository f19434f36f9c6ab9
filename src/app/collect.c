/*
 * collect: one collector for each tab of the inspector. All of this runs in
 * the pane's worker, where waiting and using memory harm nobody.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collect.h"
#include "pane.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/source/evidence.h"
#include "reaptop/source/quick_state.h"
#include "reaptop/source/read_details.h"
#include "reaptop/source/read_files.h"
#include "reaptop/source/read_maps.h"
#include "reaptop/source/read_tasks.h"
#include "reaptop/source/reader.h"
#include "reaptop/source/relatives.h"
#include "reaptop/source/user_stacks.h"
#include "reaptop/view/environment_tab.h"
#include "reaptop/view/files_tab.h"
#include "reaptop/view/kernel_tab.h"
#include "reaptop/view/life_tab.h"
#include "reaptop/view/maps_tab.h"
#include "reaptop/view/show_tab.h"
#include "reaptop/view/signals_tab.h"
#include "reaptop/view/stacks_tab.h"
#include "reaptop/view/threads_tab.h"
#include "reaptop/view/why_tab.h"

#define MAPS_INTERVAL_NS (3 * NS_PER_SEC)
#define MAPS_FRESH_NS    (MAPS_INTERVAL_NS - NS_PER_SEC)

/* A pause of the Life tab that is none of its rhythm. */
#define STRIP_GAP_NS (10 * NS_PER_SEC)

/* A key that was pressed longer ago was for a worker that is gone: nobody is stopped for it again.
 */
#define STACKS_FRESH_NS (10 * NS_PER_SEC)

enum {
    ENVIRONMENT_LIMIT = 256 * 1024,
    STRIP_COLUMNS = 120
};

struct collection {
    struct pane_request request;
    int fd;                 /* the screen's end is behind it */
    struct reader *reader;  /* of the worker: "blocked" is then reported per file, not per pane */
    struct details details; /* of the Life tab's process */
    struct relatives_reader *relatives; /* made when first needed */
    struct snapshot snapshot;
    struct mapping_list maps; /* of the last collection, to mark what changed since */
    struct identity maps_of;
    uint64_t maps_ns;       /* when they were read */
    struct task_list tasks; /* likewise, of the Threads and the Signals tab */
    struct identity tasks_of;
    enum tab tasks_for;
    struct user_stacks stacks; /* the last that were asked for */
    uint64_t stacks_ns;        /* the key that they answer; 0: none */
    int stacks_error;
    struct strips strips; /* of the Life tab's process */
    struct document document;
};

/* Each fills collection->document; returns ACCESS_OK or why there is nothing. */
typedef enum access collector(struct collection *collection);

/* ---- Life ---- */

static void collect_strips(struct collection *collection)
{
    _cleanup_(task_list_done) struct task_list tasks = TASK_LIST_INIT;
    if (tasks_read(collection->request.id, 0, &tasks) < 0)
        return; /* the rest of the tab says why */
    strips_sample(&collection->strips, &tasks, clock_boot_ns(), STRIP_GAP_NS);
    life_tab_threads(&collection->document, &collection->strips, collection->request.columns);
}

/* Who it is comes first, before its threads too. */
static void show_life(struct collection *collection)
{
    _cleanup_(document_done) struct document whole = DOCUMENT_INIT;
    show_tab(&whole, &collection->details, true);
    size_t head = document_head(&whole);
    document_append_lines(&collection->document, &whole, 0, head);
    collect_strips(collection);
    document_append_lines(&collection->document, &whole, head, SIZE_MAX);
}

static enum access collect_life(struct collection *collection)
{
    struct details *details = &collection->details;
    int r = details_refresh(collection->request.id, collection->reader, details);
    if (r == 0 && !collection->relatives)
        r = (collection->relatives = relatives_new()) ? 0 : -ENOMEM;
    if (r == 0)
        r = relatives_read(collection->relatives, details->process.id, &collection->snapshot);
    if (r < 0)
        return access_from_errno(r, '\0');
    (void)details_relate(details, &collection->snapshot); /* gone meanwhile: the rest stands */
    show_life(collection);
    return ACCESS_OK;
}

/* ---- Why, Kernel ---- */

static enum access collect_why(struct collection *collection)
{
    struct evidence *evidence = NULL;
    struct why_chain chain = {0};
    int r = evidence_new(collection->reader, collection->request.id, 0, &evidence);
    if (r == 0)
        r = evidence_gather(evidence);
    if (r == 0)
        r = why_build(evidence_why(evidence), true, &chain);
    if (r == 0)
        why_tab(&collection->document, &chain, true);
    why_chain_done(&chain);
    evidence_free(evidence);
    return access_from_errno(r, '\0');
}

static enum access collect_kernel(struct collection *collection)
{
    _cleanup_(arena_done) struct arena arena = ARENA_INIT;
    _cleanup_(strbuf_done) struct strbuf stack = STRBUF_INIT;
    struct why_task task = {0};
    int r = evidence_look(collection->reader, collection->request.id, 0, &arena, &task, &stack);
    if (r < 0)
        return access_from_errno(r, '\0');
    kernel_tab(&collection->document, &task,
               access_has_value(task.stack_access) ? strbuf_text(&stack) : NULL, stack.length);
    return ACCESS_OK;
}

/* ---- Maps, Pages ---- */

static enum access show_maps(struct collection *collection)
{
    const struct mapping_list *list = &collection->maps;
    size_t columns = collection->request.columns;
    const struct maps_tab tab = {
        .list = list,
        .sort = collection->request.sort,
        .has_selected = collection->request.selected != 0,
        .selected = maps_tab_address(collection->request.selected),
        .has_marks = true, /* the column stays where it is when the first change comes */
        .columns = columns < STRIP_COLUMNS ? columns : STRIP_COLUMNS,
    };
    if (access_has_value(list->access) || list->is_kernel)
        maps_tab_build(&tab, &collection->document);
    return list->access;
}

/* smaps stalls its process: another selected line is no reason to read it again. */
static enum access collect_maps(struct collection *collection)
{
    uint64_t now = clock_boot_ns();
    bool has_former = identity_is_same(collection->maps_of, collection->request.id);
    if (has_former && now - collection->maps_ns < MAPS_FRESH_NS)
        return show_maps(collection);

    struct mapping_list list = MAPPING_LIST_INIT;
    int r = maps_read(collection->reader, collection->request.id, MAPS_FIGURES, &list);
    if (r == 0 && has_former)
        r = mapping_list_diff(&collection->maps, &list);
    mapping_list_done(&collection->maps);
    collection->maps = list;
    collection->maps_of = collection->request.id;
    collection->maps_ns = now;
    return r < 0 ? access_from_errno(r, '\0') : show_maps(collection);
}

static enum access collect_pages(struct collection *collection)
{
    return pages_collect(collection->reader, &collection->request, collection->fd,
                         &collection->document);
}

/* ---- Signals, Threads ---- */

typedef void tasks_builder(struct document *doc, const struct task_list *list,
                           const struct task_list *previous);

static enum access collect_tasks(struct collection *collection, unsigned wants,
                                 tasks_builder *build)
{
    const struct pane_request *request = &collection->request;
    bool has_former = collection->tasks.count > 0 &&
                      identity_is_same(collection->tasks_of, request->id) &&
                      collection->tasks_for == request->tab;
    struct task_list tasks = TASK_LIST_INIT;
    int r = tasks_read(request->id, wants, &tasks);
    if (r < 0)
        return access_from_errno(r, '\0');
    build(&collection->document, &tasks, has_former ? &collection->tasks : NULL);
    task_list_done(&collection->tasks);
    collection->tasks = tasks;
    collection->tasks_of = request->id;
    collection->tasks_for = request->tab;
    return ACCESS_OK;
}

static enum access collect_signals(struct collection *collection)
{
    return collect_tasks(collection, TASKS_SIGNALS, signals_tab);
}

/* Once for each press of the key, since it stops the process for a moment. */
static void read_stacks(struct collection *collection)
{
    const struct pane_request *request = &collection->request;
    if (request->stacks_ns == collection->stacks_ns)
        return;
    bool is_fresh = clock_boot_ns() - request->stacks_ns < STACKS_FRESH_NS;
    collection->stacks_ns = request->stacks_ns;
    collection->stacks_error =
        is_fresh ? user_stacks_read(request->id, &collection->stacks) : -ESTALE;
}

static void show_stacks(struct collection *collection)
{
    struct document *doc = &collection->document;
    if (collection->request.stacks_ns == 0) {
        document_begin(doc, 0);
        document_begin(doc, 0);
        document_add(doc, STYLE_DIM, "%s",
                     _("b: the functions that each thread is in; it is stopped for a moment"));
        return;
    }
    read_stacks(collection);
    if (collection->stacks_error == 0) {
        stacks_tab(doc, &collection->stacks, &collection->tasks);
        return;
    }
    document_heading(doc, _("User-space stacks"));
    document_begin(doc, 0);
    document_add(doc, STYLE_WARNING, "%s",
                 collection->stacks_error == -ESTALE
                     ? _("they are not there any more: b reads them again")
                     : user_stacks_sentence(collection->stacks_error));
}

static enum access collect_threads(struct collection *collection)
{
    enum access access = collect_tasks(collection, TASKS_SIGNALS | TASKS_WAITS, threads_tab);
    if (access == ACCESS_OK)
        show_stacks(collection);
    return access;
}

/* ---- Files, Environment ---- */

static enum access collect_files(struct collection *collection)
{
    _cleanup_(descriptor_table_done) struct descriptor_table table = DESCRIPTOR_TABLE_INIT;
    int r = files_read(collection->reader, collection->request.id, &table);
    if (r == 0)
        files_tab(&collection->document, &table);
    return access_from_errno(r, '\0');
}

static enum access collect_environment(struct collection *collection)
{
    _cleanup_(strbuf_done) struct strbuf bytes = STRBUF_INIT;
    int r = reader_read(collection->reader, collection->request.id, "environ", 0, ENVIRONMENT_LIMIT,
                        0, &bytes);
    if (r < 0)
        return quick_access(collection->request.id, r);
    environment_tab(&collection->document, strbuf_text(&bytes), bytes.length);
    return r == 1 ? ACCESS_TRUNCATED : ACCESS_OK;
}

/* ---- serving ---- */

static const struct {
    collector *collect;
    uint64_t interval_ns;
} collectors[TAB_COUNT] = {
    [TAB_LIFE] = {collect_life, NS_PER_SEC},
    [TAB_WHY] = {collect_why, NS_PER_SEC},
    [TAB_MAPS] = {collect_maps, MAPS_INTERVAL_NS},
    [TAB_PAGES] = {collect_pages, 3 * NS_PER_SEC},
    [TAB_SIGNALS] = {collect_signals, NS_PER_SEC},
    [TAB_THREADS] = {collect_threads, NS_PER_SEC},
    [TAB_FILES] = {collect_files, NS_PER_SEC},
    [TAB_KERNEL] = {collect_kernel, NS_PER_SEC},
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
    struct collection collection = {.fd = fd};
    if (reader_new(&collection.reader, NULL) < 0)
        _exit(1);
    while (wait_for_request(fd, &collection.request)) {
        document_clear(&collection.document);
        collector *collect = collectors[collection.request.tab].collect;
        enum access access = collect ? collect(&collection) : ACCESS_UNSUPPORTED;
        char left[HELPER_TEXT_SIZE] = "";
        (void)helper_take_left(left);
        if (document_send(fd, &collection.document, access, false, left) < 0)
            break;
    }
    reader_free(collection.reader);
    _exit(0);
}
