#include "reaptop/model/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/sort.h"
#include "reaptop/model/process.h"

/* ---- sets of identities ---- */

void identity_set_done(struct identity_set *set)
{
    free(set->ids);
    *set = (struct identity_set){0};
}

void identity_set_clear(struct identity_set *set)
{
    set->count = 0;
}

/* Where the PID is, or would go. */
static size_t set_position(const struct identity_set *set, pid_t pid)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ids[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool identity_set_has(const struct identity_set *set, struct identity id)
{
    size_t at = set_position(set, id.pid);
    return at < set->count && identity_is_same(set->ids[at], id);
}

int identity_set_add(struct identity_set *set, struct identity id)
{
    size_t at = set_position(set, id.pid);
    if (at < set->count && set->ids[at].pid == id.pid) {
        set->ids[at] = id; /* a PID's earlier owner is gone */
        return 0;
    }
    int r = array_reserve(&set->ids, &set->capacity, set->count + 1);
    if (r < 0)
        return r;
    memmove(&set->ids[at + 1], &set->ids[at], (set->count - at) * sizeof(*set->ids));
    set->ids[at] = id;
    set->count++;
    return 0;
}

void identity_set_remove(struct identity_set *set, struct identity id)
{
    size_t at = set_position(set, id.pid);
    if (at >= set->count || !identity_is_same(set->ids[at], id))
        return;
    set->count--;
    memmove(&set->ids[at], &set->ids[at + 1], (set->count - at) * sizeof(*set->ids));
}

/* ---- descendants ---- */

static pid_t parent_pid(const struct process *process)
{
    return process_is_thread(process) ? process->tgid : process->ppid;
}

static int compare_parents(const void *a, const void *b, void *context)
{
    const struct process *processes = context;
    const struct process *left = &processes[*(const uint32_t *)a];
    const struct process *right = &processes[*(const uint32_t *)b];
    pid_t mine = parent_pid(left), other = parent_pid(right);
    if (mine != other)
        return mine < other ? -1 : 1;
    return (left->id.pid > right->id.pid) - (left->id.pid < right->id.pid);
}

/* Where the children of that PID begin among the indexes that are ordered by parent. */
static size_t first_child_of(const struct snapshot *snapshot, const uint32_t *by_parent, pid_t pid)
{
    size_t low = 0, high = snapshot->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (parent_pid(&snapshot->processes[by_parent[middle]]) < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t find_once(uint32_t *found, size_t count, bool *is_found, uint32_t at)
{
    if (is_found[at])
        return count;
    is_found[at] = true;
    found[count] = at;
    return count + 1;
}

/* What is found is the queue of what is looked below: depth costs no stack. */
int tree_descendants(const struct snapshot *snapshot, const pid_t *roots, size_t root_count,
                     uint32_t **ret_found, size_t *ret_count)
{
    struct process *processes = snapshot->processes;
    _cleanup_free_ uint32_t *by_parent = calloc(snapshot->count + 1, sizeof(*by_parent));
    _cleanup_free_ uint32_t *found = calloc(snapshot->count + 1, sizeof(*found));
    _cleanup_free_ bool *is_found = calloc(snapshot->count + 1, sizeof(*is_found));
    if (!by_parent || !found || !is_found)
        return -ENOMEM;
    for (uint32_t i = 0; i < snapshot->count; i++)
        by_parent[i] = i;
    qsort_r(by_parent, snapshot->count, sizeof(*by_parent), compare_parents, processes);

    size_t count = 0;
    for (size_t i = 0; i < root_count; i++) {
        const struct process *root = snapshot_find(snapshot, roots[i]);
        if (root)
            count = find_once(found, count, is_found, (uint32_t)(root - processes));
    }
    for (size_t at = 0; at < count; at++) {
        pid_t pid = processes[found[at]].id.pid;
        for (size_t i = first_child_of(snapshot, by_parent, pid);
             i < snapshot->count && parent_pid(&processes[by_parent[i]]) == pid; i++)
            count = find_once(found, count, is_found, by_parent[i]);
    }
    *ret_found = take_pointer(found);
    *ret_count = count;
    return 0;
}

/* ---- building ---- */

enum {
    GENERATIONS_MOST = 64 /* looked back to find one that lives */
};

/* What is known of one process of the snapshot while the tree is made. */
struct node {
    uint32_t parent;      /* index in the snapshot; ROW_NONE: a root */
    uint32_t first_child; /* in `order`: children stand together */
    uint32_t child_count;
    uint32_t descendants;
    uint32_t helpers;   /* left out below it */
    bool is_candidate;  /* not ruled out by kind */
    bool passes;        /* itself passes the filter */
    bool is_shown;      /* passes, or holds something that does */
    bool is_below_root; /* of the asked roots; only where there are any */
};

struct builder {
    const struct snapshot *snapshot;
    const struct life *life;
    const struct tree_options *options;
    struct node *nodes;
    uint32_t *order; /* shown processes, grouped by parent, sorted */
    uint32_t *walk;  /* every candidate, parents before children */
    uint32_t count;
    uint32_t root_count;
};

void tree_done(struct tree *tree)
{
    free(tree->rows);
    *tree = TREE_INIT;
}

static uint32_t index_of(const struct builder *builder, pid_t pid)
{
    const struct process *process = pid > 0 ? snapshot_find(builder->snapshot, pid) : NULL;
    return process ? (uint32_t)(process - builder->snapshot->processes) : ROW_NONE;
}

/* Its parent by birth or, where that is gone, the nearest of that one's own that is there. */
static uint32_t ancestor_by_birth(const struct builder *builder, struct identity id)
{
    for (int generation = 0; generation < GENERATIONS_MOST; generation++) {
        const struct history *history = life_find(builder->life, id);
        if (!history || history->born_of.id.pid <= 0)
            return ROW_NONE;
        id = history->born_of.id;
        uint32_t at = index_of(builder, id.pid);
        if (at != ROW_NONE && identity_is_same(builder->snapshot->processes[at].id, id))
            return at;
    }
    return ROW_NONE;
}

static uint32_t parent_of(const struct builder *builder, uint32_t at)
{
    const struct process *process = &builder->snapshot->processes[at];
    if (process_is_thread(process))
        return index_of(builder, process->tgid);
    if (builder->options->shape == TREE_FLAT)
        return ROW_NONE;

    uint32_t parent = index_of(builder, process->ppid);
    if (builder->options->shape == TREE_BY_ORIGINAL_PARENT && builder->life) {
        uint32_t by_birth = ancestor_by_birth(builder, process->id);
        parent = by_birth != ROW_NONE ? by_birth : parent;
    }
    return parent == at ? ROW_NONE : parent;
}

static bool is_wanted_kind(const struct builder *builder, const struct process *process)
{
    if (process->is_kernel && !builder->options->shows_kernel)
        return false;
    return !process_is_thread(process) || builder->options->shows_threads;
}

static bool is_helper(const struct builder *builder, pid_t pid)
{
    const struct tree_options *options = builder->options;
    for (size_t i = 0; i < options->helper_count; i++) {
        const struct process *process = NULL;
        if (options->helpers[i] == pid)
            process = snapshot_find(builder->snapshot, pid);
        if (process && process->ppid == options->self)
            return true;
    }
    return false;
}

/* A helper, its threads, and what it started in turn. */
static bool is_of_helpers(const struct builder *builder, const struct process *process)
{
    return builder->options->helper_count > 0 &&
           (is_helper(builder, process->tgid) || is_helper(builder, process->ppid));
}

static void count_helper(struct builder *builder, const struct process *process)
{
    uint32_t self = index_of(builder, builder->options->self);
    if (self != ROW_NONE && !process_is_thread(process))
        builder->nodes[self].helpers++;
}

static void link_parents(struct builder *builder)
{
    for (uint32_t i = 0; i < builder->count; i++) {
        struct node *node = &builder->nodes[i];
        const struct process *process = &builder->snapshot->processes[i];
        bool is_helpers = is_of_helpers(builder, process);
        if (is_helpers)
            count_helper(builder, process);
        node->is_candidate = !is_helpers && is_wanted_kind(builder, process);
        node->parent = node->is_candidate ? parent_of(builder, i) : ROW_NONE;
    }
    for (uint32_t i = 0; i < builder->count; i++) {
        struct node *node = &builder->nodes[i];
        if (node->parent != ROW_NONE && !builder->nodes[node->parent].is_candidate)
            node->parent = ROW_NONE;
    }
}

/*
 * Breaks PPID circles: follows each chain upward once, marking the chain's
 * nodes with the walk's number; meeting one's own mark closes a circle.
 */
static int break_circles(struct builder *builder)
{
    _cleanup_free_ uint32_t *seen_in = calloc(builder->count + 1, sizeof(*seen_in));
    if (!seen_in)
        return -ENOMEM;
    for (uint32_t i = 0; i < builder->count; i++) {
        uint32_t at = i;
        while (seen_in[at] == 0) {
            seen_in[at] = i + 1;
            uint32_t parent = builder->nodes[at].parent;
            if (parent == ROW_NONE)
                break;
            if (seen_in[parent] == i + 1) {
                builder->nodes[at].parent = ROW_NONE;
                break;
            }
            at = parent;
        }
    }
    return 0;
}

/* Groups the nodes that `is_member` by parent: order[] holds roots first, then each one's children.
 */
static void group_children(struct builder *builder, uint32_t *order, bool only_shown)
{
    struct node *nodes = builder->nodes;
    builder->root_count = 0;
    for (uint32_t i = 0; i < builder->count; i++)
        nodes[i].child_count = 0;
    for (uint32_t i = 0; i < builder->count; i++) {
        if (!nodes[i].is_candidate || (only_shown && !nodes[i].is_shown))
            continue;
        if (nodes[i].parent == ROW_NONE)
            builder->root_count++;
        else
            nodes[nodes[i].parent].child_count++;
    }

    uint32_t next = builder->root_count, next_root = 0;
    for (uint32_t i = 0; i < builder->count; i++) {
        nodes[i].first_child = next;
        next += nodes[i].child_count;
        nodes[i].child_count = 0;
    }
    for (uint32_t i = 0; i < builder->count; i++) {
        if (!nodes[i].is_candidate || (only_shown && !nodes[i].is_shown))
            continue;
        if (nodes[i].parent == ROW_NONE) {
            order[next_root++] = i;
        } else {
            struct node *parent = &nodes[nodes[i].parent];
            order[parent->first_child + parent->child_count++] = i;
        }
    }
}

/* Lists every candidate so that parents come before their children. */
static uint32_t walk_breadth_first(struct builder *builder)
{
    uint32_t filled = 0;
    for (uint32_t i = 0; i < builder->root_count; i++)
        builder->walk[filled++] = builder->order[i];
    for (uint32_t done = 0; done < filled; done++) {
        const struct node *node = &builder->nodes[builder->walk[done]];
        for (uint32_t c = 0; c < node->child_count; c++)
            builder->walk[filled++] = builder->order[node->first_child + c];
    }
    return filled;
}

/* An orphan's PPID leads to its adopter; its life knows whose child it was. */
static void mark_born_below(struct builder *builder, pid_t pid)
{
    const struct snapshot *snapshot = builder->snapshot;
    const struct process *root = snapshot_find(snapshot, pid);
    struct identity id = root ? root->id : (struct identity){.pid = pid};
    for (uint32_t i = 0; i < builder->count; i++)
        if (!builder->nodes[i].is_below_root)
            builder->nodes[i].is_below_root =
                life_descends(builder->life, snapshot->processes[i].id, id);
}

/* By PPID and by birth, whatever the shape; where the shape has more below them, that too. */
static int mark_roots(struct builder *builder)
{
    const struct tree_options *options = builder->options;
    _cleanup_free_ uint32_t *found = NULL;
    size_t count = 0;
    int r = options->root_count == 0 ? 0
                                     : tree_descendants(builder->snapshot, options->roots,
                                                        options->root_count, &found, &count);
    for (size_t i = 0; r == 0 && i < count; i++)
        builder->nodes[found[i]].is_below_root = true;
    for (size_t i = 0; r == 0 && builder->life && i < options->root_count; i++)
        mark_born_below(builder, options->roots[i]);
    return r;
}

/* Who is shown: what passes, and the ancestors that lead to it. */
static void choose_shown(struct builder *builder, uint32_t walked)
{
    const struct tree_options *options = builder->options;
    struct node *nodes = builder->nodes;
    for (uint32_t i = 0; i < walked; i++) {
        struct node *node = &nodes[builder->walk[i]];
        const struct process *process = &builder->snapshot->processes[builder->walk[i]];
        bool is_inside = node->parent != ROW_NONE && nodes[node->parent].is_below_root;
        node->is_below_root |= options->root_count == 0 || is_inside;
        node->passes = node->is_below_root && filter_passes(options->filter, process);
        node->is_shown = node->passes;
    }
    for (uint32_t i = walked; i-- > 0;) {
        const struct node *node = &nodes[builder->walk[i]];
        if (node->parent == ROW_NONE || !node->is_shown)
            continue;
        struct node *parent = &nodes[node->parent];
        /* Above an asked root there is no context: the root is where the tree begins. */
        if (parent->is_below_root)
            parent->is_shown = true;
    }
    for (uint32_t i = 0; i < walked; i++) {
        struct node *node = &nodes[builder->walk[i]];
        if (node->parent != ROW_NONE && !nodes[node->parent].is_shown)
            node->parent = ROW_NONE;
    }
    for (uint32_t i = walked; i-- > 0;) {
        const struct node *node = &nodes[builder->walk[i]];
        if (node->parent != ROW_NONE && node->is_shown)
            nodes[node->parent].descendants += node->passes + node->descendants;
    }
}

static int compare_indexes(const void *a, const void *b, void *context)
{
    const struct builder *builder = context;
    const struct process *left = &builder->snapshot->processes[*(const uint32_t *)a];
    const struct process *right = &builder->snapshot->processes[*(const uint32_t *)b];
    const struct field_info *info = &fields[builder->options->sort];

    /* Threads stand before child processes, so that a process and its threads stay together. */
    if (process_is_thread(left) != process_is_thread(right))
        return process_is_thread(left) ? -1 : 1;

    int order = field_compare(builder->options->sort, left, right);
    if (order == 0)
        return (left->id.pid > right->id.pid) - (left->id.pid < right->id.pid);
    if (field_value(builder->options->sort, left).type == VALUE_UNKNOWN ||
        field_value(builder->options->sort, right).type == VALUE_UNKNOWN)
        return order; /* unknown comes last in either direction */
    return info->is_descending != builder->options->is_inverted ? -order : order;
}

static void sort_siblings(struct builder *builder)
{
    uint32_t *scratch = builder->walk; /* done with */
    sort_indexes(builder->order, builder->root_count, scratch, compare_indexes, builder);
    for (uint32_t i = 0; i < builder->count; i++) {
        const struct node *node = &builder->nodes[i];
        if (node->is_shown && node->child_count > 1)
            sort_indexes(&builder->order[node->first_child], node->child_count, scratch,
                         compare_indexes, builder);
    }
}

/* One row; its children follow unless it is folded. */
static void add_row(const struct builder *builder, struct tree *tree, uint32_t at,
                    uint32_t parent_row, bool is_last)
{
    const struct node *node = &builder->nodes[at];
    const struct identity_set *folded = builder->options->folded;
    tree->rows[tree->count++] = (struct tree_row){
        .process = at,
        .parent_row = parent_row,
        .depth = parent_row == ROW_NONE ? 0 : tree->rows[parent_row].depth + 1,
        .descendants = node->descendants,
        .helpers = node->helpers,
        .is_last = is_last,
        .has_children = node->child_count > 0,
        .is_folded = node->child_count > 0 && folded &&
                     identity_set_has(folded, builder->snapshot->processes[at].id),
        .is_context = !node->passes,
    };
}

struct pending_row {
    uint32_t process;
    uint32_t parent_row;
    bool is_last;
};

/* Pushes siblings so that the first of them is popped first. */
static size_t push_siblings(struct pending_row *stack, size_t top, const uint32_t *siblings,
                            uint32_t count, uint32_t parent_row)
{
    for (uint32_t i = count; i-- > 0;)
        stack[top++] = (struct pending_row){
            .process = siblings[i], .parent_row = parent_row, .is_last = i + 1 == count};
    return top;
}

static int lay_out(struct builder *builder, struct tree *tree)
{
    _cleanup_free_ struct pending_row *stack = calloc(builder->count + 1, sizeof(*stack));
    if (!stack || array_reserve(&tree->rows, &tree->capacity, builder->count) < 0)
        return -ENOMEM;

    size_t top = push_siblings(stack, 0, builder->order, builder->root_count, ROW_NONE);
    while (top > 0) {
        struct pending_row next = stack[--top];
        uint32_t row = (uint32_t)tree->count;
        add_row(builder, tree, next.process, next.parent_row, next.is_last);
        if (!tree->rows[row].is_folded) {
            const struct node *node = &builder->nodes[next.process];
            top = push_siblings(stack, top, &builder->order[node->first_child], node->child_count,
                                row);
        }
    }
    return 0;
}

int tree_build(struct tree *tree, const struct snapshot *snapshot, const struct life *life,
               const struct tree_options *options)
{
    tree->count = 0;
    _cleanup_free_ struct node *nodes = calloc(snapshot->count + 1, sizeof(*nodes));
    _cleanup_free_ uint32_t *order = calloc(snapshot->count + 1, sizeof(*order));
    _cleanup_free_ uint32_t *walk = calloc(snapshot->count + 1, sizeof(*walk));
    if (!nodes || !order || !walk)
        return -ENOMEM;

    struct builder builder = {
        .snapshot = snapshot,
        .life = life,
        .options = options,
        .nodes = nodes,
        .order = order,
        .walk = walk,
        .count = (uint32_t)snapshot->count,
    };
    link_parents(&builder);
    int r = break_circles(&builder);
    if (r == 0)
        r = mark_roots(&builder);
    if (r < 0)
        return r;
    group_children(&builder, order, false);
    choose_shown(&builder, walk_breadth_first(&builder));
    group_children(&builder, order, true);
    sort_siblings(&builder);
    return lay_out(&builder, tree);
}

uint32_t tree_find(const struct tree *tree, const struct snapshot *snapshot, struct identity id)
{
    for (size_t i = 0; i < tree->count; i++)
        if (identity_is_same(snapshot->processes[tree->rows[i].process].id, id))
            return (uint32_t)i;
    return ROW_NONE;
}

bool tree_has_threads(const struct tree *tree, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < tree->count; i++)
        if (snapshot->processes[tree->rows[i].process].threads > 1)
            return true;
    return false;
}
