/*
 * scene: everything that the view shows and did not make, as borrowed const
 * pointers. The application fills one before each frame; nothing in it is kept.
 */
#ifndef REAPTOP_VIEW_SCENE_H
#define REAPTOP_VIEW_SCENE_H

#include "reaptop/model/event.h"
#include "reaptop/model/life.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/model/tree.h"
#include "reaptop/view/document.h"

enum tab {
    TAB_LIFE,
    TAB_WHY,
    TAB_MAPS,
    TAB_PAGES,
    TAB_SIGNALS,
    TAB_FILES,
    TAB_THREADS,
    TAB_KERNEL,
    TAB_ENVIRONMENT,
    TAB_COUNT
};

/* "Life", translated. Static. */
const char *tab_title(enum tab tab);

/* One inspector tab's content. Only the tab that ui_wants_tab() names need be filled. */
struct pane {
    const struct document *document; /* NULL: not there (yet) */
    enum access access;              /* why there is none, or that it is cut short */
    const char *note;                /* more than access_sentence() says; NULL: nothing */
};

/* One line of a list that the application owns: an experiment, a ready-made child. */
struct choice {
    const char *name;    /* raw bytes allowed; of a heading: translated */
    bool is_heading;     /* stands above those that follow; cannot be chosen */
    const char *summary; /* translated; NULL: none */
    const char *refusal; /* why it cannot be chosen now; NULL: it can */
    const char *note;    /* a word at the end of the line; NULL: none */
};

struct own_child {
    pid_t pid;
    bool is_zombie; /* `w` can reap it now */
};

struct meters;

/* What is read of processes only because the filter, the order or a column asks for it. */
struct scan {
    const char *what;   /* read now: "/proc/PID/fd"; NULL: all is known */
    size_t known, rows; /* while `what`: how many processes are done, of how many */
    size_t denied;      /* may not be looked into */
    uint64_t cost_ns;   /* since the last refresh */
};

struct scene {
    const struct snapshot *snapshot; /* never NULL */
    const struct tree *tree;         /* never NULL */
    bool lacks_argv;                 /* of rows not shown: a search may find more yet */
    struct scan scan;
    const struct meters *meters;    /* NULL: they were not read */
    const struct tree *lineage;     /* by birth, where ui.has_lineage; else not looked at */
    const struct life *life;        /* NULL: none */
    const struct event_log *events; /* NULL: none */
    bool has_notes;                 /* among them somebody says what is seen: they have more room */
    const pid_t *roots;             /* the tree and the events are of these and their */
    size_t root_count;              /* descendants; 0: of all */
    const pid_t *plumbing;          /* processes without events: those that run an experiment */
    size_t plumbing_count;
    const char *roots_title; /* "of the experiment", translated; NULL: not to be shown */
    uint64_t mono_ns;        /* now, on the snapshot's clock (CLOCK_BOOTTIME) */
    uint64_t linger_ns;      /* how long new and changed rows stay marked */
    long ticks_per_second;
    int utc_offset_s; /* of local time, for the events' clock */
    pid_t self_pid;   /* reaptop's own */
    /* Was that PID a helper of reaptop's at that time (CLOCK_BOOTTIME)? NULL: there is none. */
    bool (*is_helper)(pid_t pid, uint64_t boot_ns);

    struct identity inspected; /* whom the panes below are about */
    struct pane panes[TAB_COUNT];

    const struct own_child *own_children;
    size_t own_child_count;
    const struct choice *children; /* what `n` offers beside a command line */
    size_t child_choice_count;
    const struct choice *experiments; /* what `L` offers */
    size_t experiment_count;
    const struct document *lab; /* a running experiment's narration; NULL: none runs */
    const char *lab_title;
    size_t lab_anchor;   /* where the sights of its last step begin; 0: none yet */
    size_t lab_end;      /* its lines up to where the program follows; 0: none does */
    bool lab_waits;      /* Enter takes the next step */
    bool lab_is_program; /* the lines that its program executed are shown, lab_end - 1 is marked */
    const char
        *lab_keys; /* the free bench's or its program's, each an INTENT_LAB_KEY; NULL: none */
    size_t lab_choice_count; /* predictions that the keys 1, 2 … make; 0: none asked */

    const char *const *notices; /* translated lines that stay: the snapshot's and others */
    size_t notice_count;
    const char *event_source; /* translated: "kernel events", "polling" */
    const char
        *sweep_source;  /* translated: "kernel iterator"; NULL: /proc, or it is not reported */
    const char *replay; /* what is replayed, and where in it; NULL: live */
    bool is_readonly;   /* nothing may be signalled, spawned, changed */
    bool is_remote;     /* `replay` is of other machines as they are now */
    bool has_control;   /* with is_remote: signals may be sent there */
    bool ascii;         /* no line drawing, no characters outside ASCII of our own */
    bool linear;        /* neither rules nor bars, one thing a line */

    /*
     * What would happen if that process got that signal: appends lines. NULL:
     * nothing is forecast. `data` is handed through.
     */
    void (*forecast)(const void *data, struct identity target, int signal, struct document *doc);
    const void *forecast_data;

    /*
     * What a term means ("S", "RSS", "SIGTERM", "MAPS"): appends lines, false
     * where nothing is known. NULL: no reference.
     */
    bool (*explain)(const char *topic, struct document *doc);
};

#endif
