/*
 * field_extra: the fields that are read only where they are asked for (model/extra.h).
 */
#ifndef REAPTOP_MODEL_FIELD_EXTRA_H
#define REAPTOP_MODEL_FIELD_EXTRA_H

#include "reaptop/model/field.h"

/* Of a field with a part. */
struct value field_extra_value(enum field field, const struct process *process);

#endif
