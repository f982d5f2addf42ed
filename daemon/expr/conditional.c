// SPDX-License-Identifier: Apache-2.0

#include "expr/conditional.h"

#include "expr/cost.h"
#include "expr/operand_load.h"

/* ---- copies ---------------------------------------------------------------------------------- */

static const struct field *keep_field(struct compile *compile, const struct field *field)
{
    struct field *copy = program_keep(compile->expr, sizeof(*copy), NULL);

    if (copy)
        *copy = (struct field){.name = "",
                               .kind = field->kind,
                               .is_signed = field->is_signed,
                               .bits = field->bits,
                               .shift = field->shift,
                               .offset = field->offset,
                               .size = field->size};
    return copy;
}

static const struct field_guard *keep_guard(struct compile *compile,
                                            const struct field_guard *guard)
{
    size_t size = guard->n_values * sizeof(*guard->values);
    struct field_guard *copy = program_keep(compile->expr, sizeof(*copy), NULL);
    int64_t *values = program_keep(compile->expr, size + 1, NULL);

    if (!copy || !values)
        return NULL;
    memcpy(values, guard->values, size);
    copy->values = values;
    copy->n_values = guard->n_values;
    copy->tag = keep_field(compile, guard->tag);
    return copy->tag ? copy : NULL;
}

static int keep(struct compile *compile, struct field *field)
{
    const struct field_guard *guard = field->guard;
    const struct field_guard **next = &field->guard;

    if (field->by) {
        field->by = keep_field(compile, field->by);
        if (!field->by)
            return compile_no_memory(compile);
    }
    for (; guard; guard = guard->outer) {
        const struct field_guard *copy = keep_guard(compile, guard);

        *next = copy;
        if (!copy)
            return compile_no_memory(compile);
        next = &((struct field_guard *)copy)->outer;
    }
    return 0;
}

/* ---- loads ----------------------------------------------------------------------------------- */

/* Takes the integers away that their record does not have. */
static void run_guard(const struct step *step, const struct run *run, const uint16_t *selection,
                      uint32_t n)
{
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++)
        out->present[k] &= field_applies(&step->place.field, &run->batch->views[selection[k]]);
}

static void run_addresses(const struct step *step, const struct run *run, const uint16_t *selection,
                          uint32_t n)
{
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++)
        out->texts[k] = field_address(&step->place.field, &run->batch->views[selection[k]],
                                      step->scratch + (size_t)k * FIELD_ADDRESS_BYTES);
}

static int load_address(struct compile *compile, struct operand *operand)
{
    struct step step = {.run = run_addresses, .place = operand->place, .cost = COST_LOAD_TEXT};
    int r = compile_take_register(compile, operand->node, &step.out);

    step.scratch_each = FIELD_ADDRESS_BYTES;
    step.scratch = program_keep(compile->expr, BATCH_MAX * FIELD_ADDRESS_BYTES, NULL);
    if (r == 0)
        r = step.scratch ? compile_add_step(compile, &step) : compile_no_memory(compile);
    operand->where = WHERE_REGISTER;
    operand->reg = step.out;
    return r;
}

int conditional_settle(struct compile *compile, struct operand *operand)
{
    struct field *field = &operand->place.field;
    bool is_address = field->meaning == MEANING_IP && !field->column;
    struct step guard = {.run = run_guard};
    int r;

    if (!field_is_conditional(field) && !field->by && !field->in_place)
        return 0;
    r = keep(compile, field);
    if (r < 0 || operand->type >= TYPE_TEXTS || field->kind == FIELD_TEXTS)
        return r; /* what reads these asks */
    if (is_address)
        return load_address(compile, operand);
    guard.place = operand->place;
    r = operand_load(compile, operand);
    if (r < 0 || !field_is_conditional(field) || operand->type == TYPE_FLOAT ||
        operand->type == TYPE_TEXT || operand->type == TYPE_BYTES)
        return r;
    guard.out = operand->reg;
    return compile_add_step(compile, &guard);
}
