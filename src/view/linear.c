#include "reaptop/view/linear.h"

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

const enum column linear_columns[] = {COLUMN_STATE, COLUMN_PPID, COLUMN_USER, COLUMN_THREADS};
const size_t linear_column_count = ELEMENTS(linear_columns);

void linear_describe(const struct process *process, const enum column *shown, size_t count,
                     long ticks_per_second, struct strbuf *out)
{
    for (size_t i = 0; i < count; i++) {
        char text[COLUMN_TEXT_SIZE];
        if (shown[i] == COLUMN_PID || shown[i] == COLUMN_COMMAND)
            continue;
        int cols = field_part(columns[shown[i]].field) == EXTRA_NONE ? 1 : COLUMN_TEXT_SIZE;
        (void)column_format(shown[i], process, ticks_per_second, cols, text);
        if (shown[i] == COLUMN_STATE)
            strbuf_printf(out, ", %s", process_state_word(process));
        else
            strbuf_printf(out, ", %s %s", columns[shown[i]].title, text);
    }
}
