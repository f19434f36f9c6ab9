/*
 * act_list: actions that htop has a key for: sorting by one column, one pane,
 * the form of COMMAND.
 */
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "choices.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/field.h"
#include "reaptop/model/process.h"

enum {
    TEXT_MARGIN_COLS = 4
};

void open_tab(struct ui *ui, enum tab tab)
{
    ui->tab = tab;
    ui->lab_is_shown = false;
    ui->has_inspector = true;
    ui->focus = REGION_INSPECTOR;
}

ACT_FUNCTION(act_one_tab)
{
    open_tab(ui, action == ACTION_ENVIRONMENT ? TAB_ENVIRONMENT
                 : action == ACTION_FILES     ? TAB_FILES
                                              : TAB_KERNEL);
    return NO_INTENT;
}

/* Each press reads them once; what was read stays below the threads. */
ACT_FUNCTION(act_stacks)
{
    open_tab(ui, TAB_THREADS);
    ui->stacks_of = ui->cursor;
    ui->stacks_ns = scene->mono_ns;
    return NO_INTENT;
}

ACT_FUNCTION(act_command_line)
{
    const struct process *process = ui_selected(ui, scene);
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT, wrapped = DOCUMENT_INIT;
    char title[UI_MESSAGE_SIZE];
    document_begin(&doc, 0);
    const char *command_line = process_command_line(process);
    if (command_line)
        document_add_text(&doc, STYLE_NORMAL, command_line, strlen(command_line));
    else
        document_add(&doc, STYLE_UNKNOWN, _("no command line: %s"),
                     access_has_value(process->argv_access) ? _("it is empty")
                                                            : access_word(process->argv_access));
    if (process->argv_access == ACCESS_TRUNCATED)
        document_add(&doc, STYLE_UNKNOWN, " (%s)", _("truncated"));
    document_wrap(&doc, ui->cols > 2 * TEXT_MARGIN_COLS ? (size_t)(ui->cols - TEXT_MARGIN_COLS) : 1,
                  &wrapped);
    (void)snprintf(title, sizeof(title), _("Command line of %d %s"),
                   (int)pid_local(process->id.pid), process->comm);
    ui_show_text(ui, title, &wrapped);
    return NO_INTENT;
}

struct intent sort_by(struct ui *ui, const struct scene *scene, enum field field)
{
    ui->settings.sort = field;
    ui->settings.is_inverted = false;
    ui_notice(ui, scene, SEVERITY_INFO,
              ui->settings.shape == TREE_FLAT ? _("Sorted by %s")
                                              : _("Sorted by %s within each branch; t: over all"),
              fields[field].name);
    return INTENT(.kind = INTENT_REBUILD);
}

ACT_FUNCTION(act_sort_by)
{
    static const struct {
        enum action action;
        enum field field;
    } keys[] = {
        {ACTION_SORT_MEMORY, FIELD_RSS_KIB},
        {ACTION_SORT_CPU, FIELD_CPU_PERCENT},
        {ACTION_SORT_TIME, FIELD_TIME_TICKS},
        {ACTION_SORT_PID, FIELD_PID},
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].action == action)
            return sort_by(ui, scene, keys[i].field);
    return NO_INTENT;
}

ACT_FUNCTION(act_command_form)
{
    struct settings *settings = &ui->settings;
    if (action == ACTION_PATHS) {
        settings->shows_paths = !settings->shows_paths;
        ui_notice(ui, scene, SEVERITY_INFO, "%s",
                  settings->shows_paths ? _("COMMAND has the paths of programs")
                                        : _("COMMAND leaves out the paths of programs"));
    } else {
        settings->shows_plain_command = !settings->shows_plain_command;
        ui_notice(ui, scene, SEVERITY_INFO, "%s",
                  settings->shows_plain_command ? _("COMMAND is the command line alone")
                                                : _("COMMAND is the name and the arguments"));
    }
    return NO_INTENT;
}

ACT_FUNCTION(act_copy)
{
    open_choice(ui, scene, CHOICE_COPY);
    return NO_INTENT;
}
