// SPDX-License-Identifier: Apache-2.0

/* From the samples, or from the batch's columns, into registers: one loop for each width, so that
 * what computes has none of them to know. */

#include "expr/operand_load.h"

#include <math.h>

const uint8_t load_nothing[LOAD_CUT_BYTES];

const char *load_cut(const struct field *field, const struct ringmill_view *view,
                     char cut[LOAD_CUT_BYTES])
{
    if (!field_present(field, view))
        return (const char *)load_nothing;
    memset(cut, 0, LOAD_CUT_BYTES);
    return memcpy(cut, (const char *)view->data + field->offset, field_extent(field, view));
}

enum load load_of(const struct field *field)
{
    if (field->column)
        return field->meaning == MEANING_PORT_BE ? LOAD_COLUMN_BE16
               : field->kind == FIELD_BYTES      ? LOAD_COLUMN_IPV4
                                                 : LOAD_COLUMN;
    if (field->bits)
        return LOAD_BITS;
    if (field->kind == FIELD_BOOL)
        return LOAD_BOOL;
    switch (field->size) {
    case 1:
        return field->is_signed ? LOAD_S8 : LOAD_U8;
    case 2:
        return field->meaning == MEANING_PORT_BE ? LOAD_BE16
               : field->is_signed                ? LOAD_S16
                                                 : LOAD_U16;
    case 4:
        return field->is_signed ? LOAD_S32 : LOAD_U32;
    default:
        return LOAD_64;
    }
}

ALWAYS_INLINE void integers_loop(const struct step *step, const struct run *run,
                                 const uint16_t *selection, uint32_t n, enum load load)
{
    struct load_source source = load_source_of(&step->place, run, load);
    const bool is_bool = step->place.field.kind == FIELD_BOOL;
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++) {
        bool present;
        uint64_t bits = load_integer(&source, load, selection[k], k, &present);

        out->integers[k] = is_bool ? bits != 0 : bits;
        out->present[k] = present;
    }
}

void load_run_integers(const struct step *step, const struct run *run, const uint16_t *selection,
                       uint32_t n)
{
#define LOOP(load) integers_loop(step, run, selection, n, load)
    LOAD_EACH(step->place.load, LOOP);
#undef LOOP
}

/* No NaN comes out: it is null. */
void load_run_floats(const struct step *step, const struct run *run, const uint16_t *selection,
                     uint32_t n)
{
    const struct field *field = &step->place.field;
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++) {
        bool present = batch_present(run->batch, field, selection[k]);
        double number = present ? batch_float(run->batch, field, selection[k]) : 0;

        out->floats[k] = number;
        out->present[k] = present && !isnan(number);
    }
}

static void column_texts(const struct step *step, const struct run *run, const uint16_t *selection,
                         uint32_t n)
{
    const struct column *column = run->batch->columns[step->place.field.column - 1];
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++) {
        uint16_t index = selection[k];

        out->texts[k] = column_is_null(column, index) ? (struct text){0} : column->texts[index];
    }
}

void load_run_texts(const struct step *step, const struct run *run, const uint16_t *selection,
                    uint32_t n)
{
    struct reg *out = &run->regs[step->out];

    if (step->place.field.column) {
        column_texts(step, run, selection, n);
        return;
    }
    for (uint32_t k = 0; k < n; k++)
        out->texts[k] = load_text(&step->place, &run->batch->views[selection[k]]);
}

void load_run_integer_constant(const struct step *step, const struct run *run,
                               const uint16_t *selection, uint32_t n)
{
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        out->integers[k] = step->integer;
        out->present[k] = 1;
    }
}

void load_run_float_constant(const struct step *step, const struct run *run,
                             const uint16_t *selection, uint32_t n)
{
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        out->floats[k] = step->number;
        out->present[k] = 1;
    }
}

void load_run_text_constant(const struct step *step, const struct run *run,
                            const uint16_t *selection, uint32_t n)
{
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++)
        out->texts[k] = step->text;
}

void load_run_nulls(const struct step *step, const struct run *run, const uint16_t *selection,
                    uint32_t n)
{
    struct reg *out = &run->regs[step->out];

    (void)selection;
    memset(out->texts, 0, n * sizeof(*out->texts));
    memset(out->present, 0, n);
}
