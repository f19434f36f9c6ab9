/*
 * actions: the one list of what keys do: name, function, keys, help, when it
 * applies. Keys, help screen, footer and the manual page's table come from it.
 */
#ifndef REAPTOP_VIEW_ACTIONS_H
#define REAPTOP_VIEW_ACTIONS_H

#include "reaptop/base/strbuf.h"
#include "reaptop/view/key.h"

enum action {
    ACTION_NONE,
    /* moving */
    ACTION_UP,
    ACTION_DOWN,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_LINE_START,
    ACTION_LINE_END,
    /* looking */
    ACTION_INSPECT,
    ACTION_NEXT_TAB,
    ACTION_PREVIOUS_TAB,
    ACTION_WHY,
    ACTION_LAYOUT,
    ACTION_DIVIDER_BACK,
    ACTION_DIVIDER_ON,
    ACTION_EVENTS,
    ACTION_ENDED,
    ACTION_ENVIRONMENT,
    ACTION_FILES,
    ACTION_SYSTEM_CALL,
    ACTION_COMMAND_LINE,
    ACTION_STACKS,
    ACTION_FOLLOW,
    ACTION_COPY,
    ACTION_PAUSE,
    /* finding */
    ACTION_SEARCH,
    ACTION_SEARCH_NEXT,
    ACTION_SEARCH_PREVIOUS,
    ACTION_FILTER,
    ACTION_USER,
    ACTION_LEAVE,
    /* shaping */
    ACTION_TREE,
    ACTION_ORIGIN,
    ACTION_UNFOLD,
    ACTION_FOLD,
    ACTION_FOLD_PARENT,
    ACTION_FOLD_ALL,
    ACTION_SORT,
    ACTION_SORT_LEFT,
    ACTION_SORT_RIGHT,
    ACTION_SORT_MEMORY,
    ACTION_SORT_CPU,
    ACTION_SORT_TIME,
    ACTION_SORT_PID,
    ACTION_INVERT,
    ACTION_COLUMNS,
    ACTION_PRESET_OVERVIEW,
    ACTION_PRESET_MEMORY,
    ACTION_PRESET_SCHEDULING,
    ACTION_PRESET_IO,
    ACTION_PRESET_SIGNALS,
    ACTION_PRESET_FAMILY,
    ACTION_PRESET_CONTAINERS,
    ACTION_METERS,
    ACTION_THREADS,
    ACTION_KERNEL,
    ACTION_PATHS,
    ACTION_MERGED,
    /* acting */
    ACTION_TAG,
    ACTION_TAG_SUBTREE,
    ACTION_UNTAG,
    ACTION_SIGNAL,
    ACTION_NICE_LESS,
    ACTION_NICE_MORE,
    ACTION_AFFINITY,
    ACTION_IO_PRIORITY,
    ACTION_POLICY,
    ACTION_NEW_CHILD,
    ACTION_REAP,
    ACTION_LAB,
    /* a recording */
    ACTION_PLAY,
    ACTION_STEP,
    ACTION_STEP_BACK,
    ACTION_FASTER,
    ACTION_SLOWER,
    ACTION_NEXT_EVENT,
    ACTION_PREVIOUS_EVENT,
    ACTION_NEXT_SHOWN,
    ACTION_PREVIOUS_SHOWN,
    ACTION_BIRTH,
    ACTION_DEATH,
    ACTION_GO_TO_TIME,
    /* the program */
    ACTION_HELP,
    ACTION_PALETTE,
    ACTION_MANUAL,
    ACTION_SETUP,
    ACTION_REDRAW,
    ACTION_SUSPEND,
    ACTION_QUIT,
    ACTION_COUNT
};

enum action_group {
    GROUP_MOVE,
    GROUP_LOOK,
    GROUP_FIND,
    GROUP_SHAPE,
    GROUP_ACT,
    GROUP_REPLAY,
    GROUP_PROGRAM,
    GROUP_COUNT
};

enum action_flags {
    ACTION_NEEDS_PROCESS = 1U << 0, /* a process must be selected */
    ACTION_CHANGES = 1U << 1,       /* forbidden with --readonly */
    ACTION_NEEDS_TREE = 1U << 2,    /* means nothing in the flat list */
    ACTION_NEEDS_REPLAY = 1U << 3,  /* means nothing on a live machine */
    ACTION_NEEDS_ZOMBIE = 1U << 4,  /* means something for a zombie only */
    /* One key may do what needs these where they hold, and something else where they do not. */
    ACTION_CONDITIONS = ACTION_NEEDS_REPLAY | ACTION_NEEDS_ZOMBIE,
};

enum key_profile {
    PROFILE_DEFAULT,
    PROFILE_VIM,  /* h j k l move, n N go on with a search; signal is K, kernel threads are # */
    PROFILE_HTOP, /* every key that htop has does what it does there */
    PROFILE_COUNT
};

enum {
    ACTION_KEYS_MAX = 5
};

/* In the configuration, instead of the profile's keys. */
struct key_override {
    bool is_set;
    struct key keys[ACTION_KEYS_MAX]; /* KEY_NONE ends; none at all: it has no key */
};

struct ui;
struct scene;
struct settings;
struct intent;

/* One action: everything that is to be known of it stands in its row. */
struct action_info {
    const char *name; /* "tag-subtree": as the configuration and the manual page have it */
    /* Does it, or returns what the application has to do. Never NULL; several actions may share it.
     */
    struct intent (*act)(struct ui *ui, const struct scene *scene, enum action action);
    enum action_group group;
    unsigned flags; /* enum action_flags */
    int footer;     /* place in the footer, from 1 (of GROUP_REPLAY: among those); 0: not there */
    const char *label;                               /* N_(): the footer's word */
    const char *help;                                /* N_(): one line */
    struct key keys[PROFILE_COUNT][ACTION_KEYS_MAX]; /* KEY_NONE ends; first: it has none */
};

/* Indexed by enum action; [ACTION_NONE] is empty. */
extern const struct action_info actions[ACTION_COUNT];

/* Why the action cannot be done now, translated, static; NULL: it can. */
const char *action_refusal(const struct ui *ui, const struct scene *scene, enum action action);

/* "default", "vim", "htop". Static. */
const char *key_profile_name(enum key_profile profile);

/* "Move", translated. Static. */
const char *action_group_title(enum action_group group);

/* The action of that name; ACTION_NONE. */
enum action action_from_name(const char *name);

/*
 * What the key does, ACTION_NONE: nothing. The configuration's own keys go
 * before the profile's. `holds` says which conditions (ACTION_CONDITIONS) hold:
 * an action that needs one of them goes before one that needs none.
 */
enum action action_of_key(const struct settings *settings, unsigned holds, struct key key);

/* The keys that do it, where what it needs holds. How many. */
size_t action_keys_list(const struct settings *settings, enum action action,
                        struct key ret_keys[static ACTION_KEYS_MAX]);

/* The same as "k F9", as help and the manual page have them. */
void action_keys(const struct settings *settings, enum action action, struct strbuf *out);

#endif
