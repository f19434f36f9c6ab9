/*
 * children: processes spawned from the screen, and reaped from it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "state.h"

int children_init(struct app *app)
{
    size_t count = 0;
    while (specimens[count].name)
        count++;
    app->child_choices = calloc(count, sizeof(*app->child_choices));
    app->children = child_list_new();
    if (!app->child_choices || !app->children)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        app->child_choices[i] =
            (struct choice){.name = specimens[i].name, .summary = _(specimens[i].title)};
    app->scene.children = app->child_choices;
    app->scene.child_choice_count = count;
    return 0;
}

void children_done(struct app *app)
{
    child_list_free(app->children);
    free(app->child_choices);
    free(app->own_children);
    app->children = NULL;
    app->child_choices = NULL;
    app->own_children = NULL;
}

void children_show(struct app *app)
{
    /* A sweep may show the zombie before its descriptor has reported it. */
    (void)child_refresh(app->children);
    size_t count = child_count(app->children);
    app->scene.own_children = NULL;
    app->scene.own_child_count = 0;
    if (array_reserve(&app->own_children, &app->own_capacity, count) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct child *child = child_at(app->children, i);
        app->own_children[i] =
            (struct own_child){.pid = child->handle.id.pid, .is_zombie = child->is_ended};
    }
    app->scene.own_children = app->own_children;
    app->scene.own_child_count = count;
}

/* What we forked ourselves (helpers) is nobody's orphan. */
static void reserve_helpers(struct app *app)
{
    const struct snapshot *snapshot = app_snapshot(app);
    const struct identity *child;
    for (size_t at = 0; (child = snapshot_next_child(snapshot, app->scene.self_pid, &at));) {
        const struct history *history = life_find(app_life(app), *child);
        if (history && history->born_of.id.pid == app->scene.self_pid &&
            !child_find(app->children, *child))
            (void)child_reserve(app->children, child->pid);
    }
}

void children_adopt(struct app *app)
{
    if (!child_is_subreaper())
        return;
    reserve_helpers(app);
    (void)child_adopt(app->children, app_snapshot(app));
}

static void report_spawned(struct app *app, const struct child *child, const char *watch)
{
    ui_message(&app->ui, SEVERITY_GOOD, said_ns(app), _("started %d %s: %s"), child->handle.id.pid,
               child->title, watch);
    ui_select(&app->ui, child->handle.id);
    app->wants_sweep = true;
}

static bool may_change(struct app *app)
{
    if (app->scene.is_readonly)
        ui_message(&app->ui, SEVERITY_WARNING, said_ns(app),
                   _("reaptop runs read-only: nothing is spawned or reaped"));
    return !app->scene.is_readonly;
}

void children_spawn(struct app *app, const char *line)
{
    struct error error = ERROR_INIT;
    _cleanup_free_ char **argv = NULL;
    const struct child *child;
    if (!may_change(app))
        return;
    int r = child_split(line, &argv, &error);
    if (r == 0) {
        const struct child_spawn spawn = {.argv = argv, .is_apart = true};
        r = child_spawn(app->children, &spawn, &child, &error);
    }
    if (r < 0)
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s", error.message);
    else
        report_spawned(app, child, _("k signals it; w reaps it once it is a zombie"));
}

void children_spawn_specimen(struct app *app, size_t index)
{
    struct error error = ERROR_INIT;
    const struct child *child;
    if (!may_change(app))
        return;
    if (child_spawn_specimen(app->children, index, &child, &error) < 0)
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s", error.message);
    else
        report_spawned(app, child, _(specimens[index].watch));
}

/* Our own wait(2) is the surest source there is. */
static void receive_reap(struct app *app, struct identity id, const char *title, int32_t status)
{
    struct event event = {
        .kind = EVENT_REAP,
        .source = EVENT_FROM_WAIT,
        .mono_ns = clock_boot_ns(),
        .time_ns = clock_real_ns(),
        .id = id,
        .ppid = app->scene.self_pid,
        .exit_status = status,
    };
    (void)snprintf(event.comm, sizeof(event.comm), "%s", title);
    feed_receive(app->feed, &event, 1);
}

void children_reap(struct app *app, pid_t pid)
{
    if (!may_change(app))
        return;
    for (size_t i = 0; i < child_count(app->children); i++) {
        struct child child = *child_at(app->children, i);
        struct watch *watch = feed_watch(app->feed);
        int32_t status = 0;
        if (child.handle.id.pid != pid)
            continue;
        if (watch && watch_add(watch, child.handle.id, child.title) == 0)
            watch_look(watch, child.handle.id);
        if (child_reap(app->children, child.handle.id, &status) < 0)
            break;
        _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
        exit_status_describe(status, &words);
        ui_message(&app->ui, SEVERITY_GOOD, said_ns(app), _("reaped %d %s: it %s"), pid,
                   child.title, strbuf_text(&words));
        struct event dead;
        if (watch && watch_take_dead(watch, child.handle.id, &dead))
            feed_receive(app->feed, &dead, 1);
        receive_reap(app, child.handle.id, child.title, status);
        app->wants_sweep = true;
        return;
    }
    ui_message(&app->ui, SEVERITY_WARNING, said_ns(app),
               _("%d is not a dead child of ours: only its parent can wait for it"), pid);
}
