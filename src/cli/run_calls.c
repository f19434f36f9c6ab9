#include "run_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/json.h"
#include "reaptop/model/syscall_names.h"

enum {
    DEPTH_SHOWN = 12
};

int run_calls_init(struct run_calls *calls, FILE *out, bool every, bool is_json)
{
    *calls = (struct run_calls){.trace = call_trace_new(every), .is_json = is_json, .out = out};
    return calls->trace ? 0 : -ENOMEM;
}

void run_calls_done(struct run_calls *calls)
{
    for (size_t i = 0; i < calls->count; i++)
        traced_done(&calls->lines[i]);
    free(calls->lines);
    call_trace_free(calls->trace);
    *calls = (struct run_calls){0};
}

void run_calls_take(struct run_calls *calls)
{
    if (!calls->trace)
        return;
    for (;;) {
        struct traced line = TRACED_INIT;
        if (call_trace_take(calls->trace, &line) <= 0)
            return;
        if (line.kind == TRACED_CALL && calls->is_left_out &&
            calls->is_left_out(line.comm, line.number, line.arguments)) {
            calls->left_out++;
            traced_done(&line);
            continue;
        }
        if (array_reserve(&calls->lines, &calls->capacity, calls->count + 1) < 0) {
            traced_done(&line);
            return;
        }
        calls->lines[calls->count++] = line;
    }
}

/* ---- one line ---- */

static const char *kind_name(enum traced_kind kind)
{
    return kind == TRACED_CALL ? "call" : kind == TRACED_SIGNAL ? "arrives" : "lost";
}

static uint64_t real_time(uint64_t mono_ns)
{
    return clock_real_ns() - (clock_boot_ns() - mono_ns);
}

static void append_visible(struct strbuf *out, const struct strbuf *bytes)
{
    text_append_visible(out, strbuf_text(bytes), bytes->length, SIZE_MAX);
}

static void append_text(struct strbuf *out, const struct traced *line)
{
    uint64_t time = real_time(line->mono_ns);
    char clock[CLOCK_TEXT_SIZE];
    int depth = (int)(line->depth < DEPTH_SHOWN ? line->depth : DEPTH_SHOWN);

    strbuf_printf(out, "%s %-8s %*s%d ", clock_text_ms(time, clock_utc_offset_s(time), clock),
                  kind_name(line->kind), depth * 2, "", line->tid);
    text_append_visible(out, line->comm, strlen(line->comm), SIZE_MAX);
    strbuf_putc(out, ' ');
    append_visible(out, &line->text);
    if (line->has_returned) {
        strbuf_puts(out, " = ");
        append_visible(out, &line->result);
    }
    if (line->words.length > 0) {
        strbuf_puts(out, line->kind == TRACED_CALL ? ": " : " ");
        append_visible(out, &line->words);
    }
    strbuf_putc(out, '\n');
}

static void print_json(const struct run_calls *calls, const struct traced *line)
{
    json_t *object = json_object();
    const char *name = line->kind == TRACED_CALL ? syscall_name(line->number) : NULL;

    json_put(object, "schema", json_string("reaptop/call/1"));
    json_put(object, "time", json_real((double)real_time(line->mono_ns) / NS_PER_SEC));
    json_put(object, "mono_ns", json_unsigned(line->mono_ns));
    json_put(object, "event", json_string(kind_name(line->kind)));
    json_put(object, "pid", json_integer(line->pid));
    json_put(object, "tid", json_integer(line->tid));
    json_put(object, "comm", json_text(line->comm, strlen(line->comm)));
    json_put(object, "call", name ? json_string(name) : json_null());
    json_put(object, "text", json_text(strbuf_text(&line->text), line->text.length));
    json_put(object, "returned", line->has_returned ? json_integer(line->value) : json_null());
    json_put(object, "words", json_text(strbuf_text(&line->words), line->words.length));
    (void)json_print(object, calls->out);
    json_decref(object);
}

void run_calls_print(struct run_calls *calls, uint64_t before_ns)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    size_t printed = 0;

    for (; printed < calls->count && calls->lines[printed].mono_ns < before_ns; printed++) {
        if (calls->is_json)
            print_json(calls, &calls->lines[printed]);
        else
            append_text(&out, &calls->lines[printed]);
        traced_done(&calls->lines[printed]);
    }
    if (printed == 0)
        return;
    calls->count -= printed;
    memmove(calls->lines, calls->lines + printed, calls->count * sizeof(*calls->lines));
    (void)fputs(strbuf_text(&out), calls->out);
    (void)fflush(calls->out);
}

void run_calls_print_cost(const struct run_calls *calls, const char *command)
{
    _cleanup_(strbuf_done) struct strbuf rest = STRBUF_INIT;

    if (!calls->trace || calls->is_json)
        return;
    struct call_trace_cost cost = call_trace_cost(calls->trace);
    call_trace_append_rest(calls->trace, &rest);
    (void)command_fail(
        0,
        _("%s: %llu system calls of %llu processes were traced, %llu are shown. Each "
          "stopped its caller twice, %.1f ms in all: times are longer than without"),
        command, (unsigned long long)cost.calls, (unsigned long long)cost.processes,
        (unsigned long long)(cost.shown - calls->left_out), (double)cost.handling_ns / NS_PER_MS);
    if (calls->left_out > 0)
        (void)command_fail(0, _("%s: %llu by which reaptop itself leads them are left out"),
                           command, (unsigned long long)calls->left_out);
    if (rest.length > 0)
        (void)command_fail(0, _("%s: not shown (--all-syscalls): %s"), command, strbuf_text(&rest));
}
