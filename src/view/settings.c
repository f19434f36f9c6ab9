#include "settings.h"

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

enum setting {
    SETTING_PROFILE,
    SETTING_COLOR,
    SETTING_ASCII,
    SETTING_MOUSE,
    SETTING_DELAY,
    SETTING_SHAPE,
    SETTING_THREADS,
    SETTING_KERNEL,
    SETTING_EVENTS,
    SETTING_SCORE,
    SETTING_SIGNALS,
    SETTING_SUBREAPER,
    SETTING_SAVE,
    SETTING_COUNT
};

static const char *const setting_titles[SETTING_COUNT] = {
    [SETTING_PROFILE] = N_("keys"),
    [SETTING_COLOR] = N_("colours"),
    [SETTING_ASCII] = N_("ASCII only"),
    [SETTING_MOUSE] = N_("mouse"),
    [SETTING_DELAY] = N_("refresh every"),
    [SETTING_SHAPE] = N_("order"),
    [SETTING_THREADS] = N_("threads"),
    [SETTING_KERNEL] = N_("kernel threads"),
    [SETTING_EVENTS] = N_("events"),
    [SETTING_SCORE] = N_("keep the lab's score"),
    [SETTING_SIGNALS] = N_("who signals whom (tracepoints, root)"),
    [SETTING_SUBREAPER] = N_("adopt orphaned descendants (subreaper)"),
    [SETTING_SAVE] = N_("Save these settings"),
};

static const uint64_t delays_ms[] = {100, 200, 500, 1000, 1500, 2000, 3000, 5000, 10000, 60000};

size_t setup_count(void)
{
    return SETTING_COUNT;
}

const char *setup_title(size_t index)
{
    return _(setting_titles[index]);
}

static const char *yes_or_no(bool value)
{
    return value ? _("yes") : _("no");
}

void setup_value(const struct ui *ui, size_t index, struct strbuf *out)
{
    static const char *const colors[COLOR_MODE_COUNT] = {
        N_("what the terminal has"), N_("none"), "8", "16", "256",
    };
    static const char *const shapes[] = {
        N_("tree by parent"),
        N_("tree by original parent"),
        N_("flat list"),
    };
    const struct settings *settings = &ui->settings;
    switch ((enum setting)index) {
    case SETTING_PROFILE:
        strbuf_puts(out, key_profile_name(settings->profile));
        break;
    case SETTING_COLOR:
        strbuf_puts(out, _(colors[settings->color]));
        break;
    case SETTING_ASCII:
        strbuf_puts(out, yes_or_no(settings->ascii));
        break;
    case SETTING_MOUSE:
        strbuf_puts(out, yes_or_no(settings->mouse));
        break;
    case SETTING_DELAY:
        strbuf_printf(out, "%.1f s", (double)settings->delay_ns / 1e9);
        break;
    case SETTING_SHAPE:
        strbuf_puts(out, _(shapes[settings->shape]));
        break;
    case SETTING_THREADS:
        strbuf_puts(out, yes_or_no(settings->shows_threads));
        break;
    case SETTING_KERNEL:
        strbuf_puts(out, yes_or_no(settings->shows_kernel));
        break;
    case SETTING_EVENTS:
        strbuf_puts(out, yes_or_no(settings->shows_events));
        break;
    case SETTING_SCORE:
        strbuf_puts(out, yes_or_no(settings->keeps_score));
        break;
    case SETTING_SIGNALS:
        strbuf_puts(out, yes_or_no(settings->traces_signals));
        break;
    case SETTING_SUBREAPER:
        strbuf_puts(out, yes_or_no(settings->is_subreaper));
        break;
    case SETTING_SAVE:
    case SETTING_COUNT:
        break;
    }
}

static uint64_t step_delay(uint64_t delay_ns, int step)
{
    size_t at = 0;
    while (at + 1 < ELEMENTS(delays_ms) && delays_ms[at] * 1000000 < delay_ns)
        at++;
    if (step > 0 && at + 1 < ELEMENTS(delays_ms))
        at++;
    else if (step < 0 && at > 0)
        at--;
    return delays_ms[at] * 1000000;
}

static int step_round(int value, int step, int count)
{
    return (value + count + step) % count;
}

bool setup_is_command(size_t index)
{
    return index == SETTING_SAVE;
}

struct intent setup_change(struct ui *ui, const struct scene *scene, size_t index, int step)
{
    struct settings *settings = &ui->settings;
    switch ((enum setting)index) {
    case SETTING_PROFILE:
        settings->profile =
            (enum key_profile)step_round((int)settings->profile, step, PROFILE_COUNT);
        return NO_INTENT;
    case SETTING_COLOR:
        settings->color = (enum color_mode)step_round((int)settings->color, step, COLOR_MODE_COUNT);
        break;
    case SETTING_ASCII:
        settings->ascii = !settings->ascii;
        break;
    case SETTING_MOUSE:
        settings->mouse = !settings->mouse;
        break;
    case SETTING_DELAY:
        settings->delay_ns = step_delay(settings->delay_ns, step);
        break;
    case SETTING_SHAPE:
        settings->shape = (enum tree_shape)step_round((int)settings->shape, step, TREE_FLAT + 1);
        return INTENT(.kind = INTENT_REBUILD);
    case SETTING_THREADS:
        settings->shows_threads = !settings->shows_threads;
        return INTENT(.kind = INTENT_SWEEP);
    case SETTING_KERNEL:
        settings->shows_kernel = !settings->shows_kernel;
        return INTENT(.kind = INTENT_REBUILD);
    case SETTING_EVENTS:
        settings->shows_events = !settings->shows_events;
        return NO_INTENT;
    case SETTING_SCORE:
        settings->keeps_score = !settings->keeps_score;
        break;
    case SETTING_SIGNALS:
        settings->traces_signals = !settings->traces_signals && !scene->replay;
        break;
    case SETTING_SUBREAPER:
        if (scene->is_readonly || scene->replay) {
            report(ui, scene, SEVERITY_WARNING,
                   _("Read-only: nothing can be signalled, started or changed"));
            return NO_INTENT;
        }
        settings->is_subreaper = !settings->is_subreaper;
        break;
    case SETTING_SAVE:
        return INTENT(.kind = INTENT_SAVE);
    case SETTING_COUNT:
        return NO_INTENT;
    }
    return INTENT(.kind = INTENT_SETTINGS);
}
