#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choices.h"
#include "copy.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/field.h"
#include "reaptop/model/snapshot.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect_users(struct ui *ui, const struct scene *scene)
{
    for (size_t i = 0; i < ui->name_count; i++)
        free(ui->names[i]);
    ui->name_count = 0;
    size_t most = scene->snapshot->count;
    _cleanup_free_ const char **names = calloc(most + 1, sizeof(*names));
    size_t count = names ? snapshot_users(scene->snapshot, names, most) : 0;
    if (array_reserve(&ui->names, &ui->name_capacity, count + 1) < 0)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        ui->names[ui->name_count] = strdup(names[i]);
        if (ui->names[ui->name_count])
            ui->name_count++;
    }
    if (ui->name_count > 1)
        qsort(ui->names, ui->name_count, sizeof(*ui->names), compare_names);
}

void open_choice(struct ui *ui, const struct scene *scene, enum choice_kind kind)
{
    struct modal *modal = ui_push(ui, MODAL_CHOICE);
    if (!modal)
        return;
    modal->choice = kind;
    if (kind == CHOICE_SORT)
        modal->list.at = ui->settings.sort;
    if (kind == CHOICE_EVENT_KIND)
        modal->list.at = ui->events == EVENTS_ONE_KIND
                             ? (size_t)EVENTS_GROUP_COUNT + (size_t)ui->event_kind
                             : (size_t)ui->events;
    if (kind == CHOICE_USER || kind == CHOICE_EVENT_USER)
        collect_users(ui, scene);
    const char *user = kind == CHOICE_USER         ? ui->user
                       : kind == CHOICE_EVENT_USER ? ui->events_user
                                                   : NULL;
    for (size_t i = 0; user && i < ui->name_count; i++)
        if (strcmp(ui->names[i], user) == 0)
            modal->list.at = i + 1;
}

const char *choice_title(enum choice_kind kind)
{
    switch (kind) {
    case CHOICE_SORT:
        return _("Sort by");
    case CHOICE_USER:
        return _("Processes of");
    case CHOICE_EVENT_USER:
        return _("Events of processes of");
    case CHOICE_EVENT_KIND:
        return _("Events");
    case CHOICE_CHILD:
        return _("New child");
    case CHOICE_COPY:
        return _("Copy");
    case CHOICE_LAB:
        break;
    }
    return _("Experiment");
}

size_t choice_count(const struct ui *ui, const struct scene *scene, enum choice_kind kind)
{
    switch (kind) {
    case CHOICE_SORT:
        return FIELD_COUNT;
    case CHOICE_USER:
    case CHOICE_EVENT_USER:
        return ui->name_count + 1;
    case CHOICE_EVENT_KIND:
        return (size_t)EVENTS_GROUP_COUNT + (size_t)EVENT_LOST; /* which is shown in any case */
    case CHOICE_CHILD:
        return scene->child_choice_count + 1;
    case CHOICE_COPY:
        return copy_count();
    case CHOICE_LAB:
        break;
    }
    return scene->experiment_count;
}

struct choice choice_get(const struct ui *ui, const struct scene *scene, enum choice_kind kind,
                         size_t index)
{
    switch (kind) {
    case CHOICE_SORT:
        return (struct choice){.name = fields[index].name, .summary = _(fields[index].summary)};
    case CHOICE_EVENT_KIND:
        return (struct choice){
            .name = index < EVENTS_GROUP_COUNT
                        ? event_group_title((enum event_group)index)
                        : event_kind_name((enum event_kind)(index - EVENTS_GROUP_COUNT))};
    case CHOICE_USER:
    case CHOICE_EVENT_USER:
        return (struct choice){.name = index == 0 ? _("everybody") : ui->names[index - 1]};
    case CHOICE_CHILD:
        if (index == 0)
            return (struct choice){.name = _("command"), .summary = _("a command line to type")};
        return scene->children[index - 1];
    case CHOICE_COPY:
        return copy_choice(ui, scene, index);
    case CHOICE_LAB:
        break;
    }
    return scene->experiments[index];
}
