#include "program_trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_sound(const struct lab_line *line, unsigned line_count)
{
    return line->line > 0 && line->line <= line_count && line->pid > 0 && line->tid > 0 &&
           line->parent >= 0 && line->process > 0 && line->nth > 0;
}

static int copy_output(const struct trace_memory *memory, struct lab_trace *trace)
{
    size_t size = memory->output_size < TRACE_OUTPUT ? memory->output_size : TRACE_OUTPUT;

    trace->output = malloc(size + 1);
    if (!trace->output)
        return -ENOMEM;
    memcpy(trace->output, memory->output, size);
    trace->output[size] = '\0';
    trace->output_size = size;
    trace->output_total = memory->output_total;
    return 0;
}

/* What was known of the output never becomes less. */
static void copy_lines(const struct trace_memory *memory, uint32_t count, unsigned line_count,
                       struct lab_trace *trace)
{
    uint32_t output = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct trace_record *record = &memory->records[i];
        struct lab_line line = {
            .line = atomic_load_explicit(&record->line, memory_order_acquire),
            .time_ns = record->time_ns,
            .pid = record->pid,
            .tid = record->tid,
            .parent = record->parent,
            .process = record->process,
            .nth = record->nth,
            .output = record->output,
        };
        if (!is_sound(&line, line_count)) {
            trace->refused++;
            continue;
        }
        if (line.output < output || line.output > trace->output_size)
            line.output = line.output < output || line.output == UINT32_MAX
                              ? output
                              : (uint32_t)trace->output_size;
        output = line.output;
        trace->lines[trace->count++] = line;
    }
}

int program_trace_read(const struct trace_memory *memory, unsigned line_count,
                       struct lab_trace *ret_trace)
{
    struct lab_trace trace = LAB_TRACE_INIT;
    uint32_t asked = atomic_load(&memory->next);
    uint32_t count = asked < TRACE_RECORDS ? asked : TRACE_RECORDS;

    trace.lines = calloc(count > 0 ? count : 1, sizeof(*trace.lines));
    int r = trace.lines ? copy_output(memory, &trace) : -ENOMEM;
    if (r < 0) {
        lab_trace_done(&trace);
        return r;
    }
    trace.lost = asked - count;
    copy_lines(memory, count, line_count, &trace);
    *ret_trace = trace;
    return 0;
}

void lab_trace_done(struct lab_trace *trace)
{
    free(trace->lines);
    free(trace->output);
    *trace = LAB_TRACE_INIT;
}
