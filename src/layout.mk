# The order of the program's objects. The kernel maps a program's file in pieces of 64 KiB, and all
# of a piece that is touched counts. So what a refresh of the screen runs lies together, then what the
# inspector's worker runs for its first tab, then what runs once at the start; the archives follow
# with the rest. Which these are was found with `valgrind --tool=callgrind` of the screen among 80
# processes. An object that is missing here costs memory and nothing else.
ORDER_REFRESH := \
    app/app app/document_wire app/frame app/intents app/pane app/scan view/action_keys view/canvas \
    view/column_set view/columns view/document view/events_region view/events_shown view/footer view/grid \
    view/header view/inspector view/key view/life_tab view/meter_rows view/places view/rows view/screen \
    view/screen_layout view/style view/sync view/ui term/background term/colors term/keys term/rescue \
    term/restorer term/term term/themes source/arguments source/connector source/dead_state source/extras \
    source/feed source/feed_live source/libproc source/live source/live_iterator source/live_rows \
    source/live_stat source/parse_details source/parse_stat source/parse_status source/pidfs source/procfs \
    source/read_meters source/reader source/sigchld source/sweep_thread source/task_iterator source/task_record \
    source/totals source/trace source/tty_names source/users source/visibility source/watch model/access \
    model/ending model/event model/field model/field_extra model/filter model/history model/life model/life_diff \
    model/life_receive model/life_rows model/meters model/signals model/snapshot model/socket model/tree \
    base/arena base/array base/debug base/error base/gettext base/helper base/number base/own_path \
    base/privilege base/sort base/strbuf base/text

ORDER_WORKER := \
    source/reader_helper model/details source/read_details source/read_cgroup source/own_tables source/relatives \
    source/evidence source/evidence_children source/evidence_facts source/evidence_task source/evidence_locks \
    source/evidence_mappers source/quick_state source/vfork_wait source/read_tasks source/parse_syscall \
    source/parse_locks source/fdinfo source/mounts model/capability model/lock model/syscall_names model/tuning \
    model/why model/why_classify model/why_holders model/why_notes model/why_proof model/why_table \
    model/why_words model/tasks model/delivery

ORDER_START := \
    app/children app/collect app/config app/config_keys app/lab_pane app/own_file app/play_pane \
    app/remote_signal app/replay app/score app/signal app/tune_targets cli/options control/child control/send \
    view/edit view/filter_prompt view/signal_dialog

# One that was renamed is in its archive all the same.
ORDERED_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard \
    $(patsubst %,src/%.c,$(ORDER_REFRESH) $(ORDER_WORKER) $(ORDER_START))))
