#include "reaptop/base/gettext.h"
#include "ui_private.h"

static enum event_group group_of(enum event_kind kind)
{
    switch (kind) {
    case EVENT_FORK:
    case EVENT_EXEC:
    case EVENT_EXIT:
    case EVENT_ZOMBIE:
    case EVENT_REAP:
    case EVENT_ADOPT:
        return EVENTS_LIFE;
    case EVENT_SIGNAL:
    case EVENT_DELIVERY:
    case EVENT_OOM:
    case EVENT_COREDUMP:
    case EVENT_PTRACE:
        return EVENTS_SIGNALS;
    case EVENT_NOTE:
    case EVENT_LOST:
        return EVENTS_ALL;
    default:
        return EVENTS_STATE;
    }
}

static bool is_of_kind(const struct ui *ui, enum event_kind kind)
{
    if (ui->events == EVENTS_ONE_KIND)
        return kind == ui->event_kind;
    return ui->events == EVENTS_ALL || group_of(kind) == ui->events;
}

/* Effective users; who was never seen with one is not shown. */
static bool is_of_user(const struct ui *ui, const struct scene *scene, struct identity id)
{
    const struct history *history = NULL;
    if (!ui->events_user)
        return true;
    if (scene->life)
        history = id.start_ticks ? life_find(scene->life, id) : life_find_pid(scene->life, id.pid);
    return history && history->has_uid && history->uid == ui->events_uid;
}

/* By birth: what the tree shows, and who it was that left it for another parent. */
static bool is_of_roots(const struct scene *scene, struct identity id)
{
    bool is_one = scene->root_count == 0 || !scene->life;
    for (size_t i = 0; i < scene->plumbing_count; i++)
        if (id.pid == scene->plumbing[i])
            return false;
    for (size_t i = 0; !is_one && i < scene->root_count; i++)
        is_one = life_descends(scene->life, id, (struct identity){.pid = scene->roots[i]});
    return is_one;
}

/* Of a helper of reaptop's, or of what such a one started. */
static bool is_of_helper(const struct scene *scene, const struct event *event)
{
    const struct history *life = NULL;
    if (!scene->is_helper)
        return false;
    if (scene->is_helper(event->id.pid, event->mono_ns) ||
        scene->is_helper(event->ppid, event->mono_ns))
        return true;
    if (scene->life && event->id.start_ticks != 0)
        life = life_find(scene->life, event->id);
    return life && scene->is_helper(life->born_of.id.pid, life->born_ns);
}

/* That events were lost is shown whatever was chosen: it may have been one of those. A note is
   nobody's, and it tells of all. */
bool ui_shows_event(const struct ui *ui, const struct scene *scene, const struct event *event)
{
    if (event->kind == EVENT_LOST || event->kind == EVENT_NOTE)
        return true;
    if (!ui->settings.shows_helpers && is_of_helper(scene, event))
        return false;
    if (!is_of_kind(ui, event->kind) || !is_of_user(ui, scene, event->id) ||
        !is_of_roots(scene, event->id))
        return false;
    return !ui->events_of_relatives ||
           (scene->life && life_descends(scene->life, event->id, ui->cursor));
}

const char *event_group_title(enum event_group group)
{
    static const char *const titles[EVENTS_GROUP_COUNT] = {
        [EVENTS_ALL] = N_("all"),
        [EVENTS_LIFE] = N_("birth and death"),
        [EVENTS_STATE] = N_("states and names"),
        [EVENTS_SIGNALS] = N_("signals and tracing"),
    };
    return _(titles[group]);
}
