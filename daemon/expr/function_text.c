// SPDX-License-Identifier: Apache-2.0

/* Functions on texts. What is a piece of its argument points into it; only lower() and upper() make
 * new bytes, packed one after the other in memory that was taken when they were compiled. */

#include <string.h>

#include "expr/compare.h"
#include "expr/cost.h"
#include "expr/function.h"
#include "expr/operand_load.h"
#include "expr/predicate.h"

/* ---- pieces ---------------------------------------------------------------------------------- */

static uint32_t without_slashes(const struct text *text)
{
    uint32_t length = text->length;

    while (length > 1 && text->bytes[length - 1] == '/')
        length--;
    return length;
}

/* As basename(1), but of an empty text it is empty. */
static struct text base_of(const struct text *text)
{
    struct text base = {text->bytes, without_slashes(text)};
    const char *slash = base.length ? memrchr(base.bytes, '/', base.length) : NULL;

    if (slash && base.length > 1) {
        base.length -= (uint32_t)(slash + 1 - base.bytes);
        base.bytes = slash + 1;
    }
    return base;
}

/* As dirname(1). */
static struct text dir_of(const struct text *text)
{
    struct text dir = {text->bytes, without_slashes(text)};
    const char *slash = dir.length ? memrchr(dir.bytes, '/', dir.length) : NULL;

    if (!slash)
        return (struct text){".", 1};
    dir.length = (uint32_t)(slash - dir.bytes);
    if (dir.length == 0)
        dir.length = 1;
    dir.length = without_slashes(&dir);
    return dir;
}

ALWAYS_INLINE void pieces_loop(const struct step *step, const struct run *run, uint32_t n,
                               struct text (*piece_of)(const struct text *))
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++)
        out->texts[k] = a->texts[k].bytes ? piece_of(&a->texts[k]) : (struct text){0};
}

static void run_basename(const struct step *step, const struct run *run, const uint16_t *selection,
                         uint32_t n)
{
    (void)selection;
    pieces_loop(step, run, n, base_of);
}

static void run_dirname(const struct step *step, const struct run *run, const uint16_t *selection,
                        uint32_t n)
{
    (void)selection;
    pieces_loop(step, run, n, dir_of);
}

/* ---- copies ---------------------------------------------------------------------------------- */

ALWAYS_INLINE void case_loop(const struct step *step, const struct run *run, uint32_t n, char from)
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];
    char *at = step->scratch;

    for (uint32_t k = 0; k < n; k++) {
        struct text text = a->texts[k];

        if (text.length > step->scratch_each) {
            counter_add(&run->expr->failures.copies, 1);
            text.bytes = NULL;
        }
        out->texts[k] = (struct text){text.bytes ? at : NULL, text.length};
        for (uint32_t i = 0; text.bytes && i < text.length; i++) {
            char c = text.bytes[i];

            *at++ = (uint8_t)(c - from) < 26 ? c ^ 0x20 : c;
        }
    }
}

static void run_lower(const struct step *step, const struct run *run, const uint16_t *selection,
                      uint32_t n)
{
    (void)selection;
    case_loop(step, run, n, 'A');
}

static void run_upper(const struct step *step, const struct run *run, const uint16_t *selection,
                      uint32_t n)
{
    (void)selection;
    case_loop(step, run, n, 'a');
}

/* ---- lengths --------------------------------------------------------------------------------- */

static void run_length(const struct step *step, const struct run *run, const uint16_t *selection,
                       uint32_t n)
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        struct text text = a->texts[k]; /* which is where the integer goes */

        out->integers[k] = text.length;
        out->present[k] = text.bytes != NULL;
    }
}

/* How many texts a list holds. */
static void run_count_texts(const struct step *step, const struct run *run,
                            const uint16_t *selection, uint32_t n)
{
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++) {
        struct text rest = field_text(&step->place.field, &run->batch->views[selection[k]]), piece;

        out->present[k] = rest.bytes != NULL;
        out->integers[k] = 0;
        while (text_next(&rest, &piece))
            out->integers[k]++;
    }
}

/* How many whole elements of an array the sample holds. */
static void run_count_elements(const struct step *step, const struct run *run,
                               const uint16_t *selection, uint32_t n)
{
    const struct field *field = &step->place.field;
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &run->batch->views[selection[k]];

        out->present[k] = field_present(field, view);
        out->integers[k] = field_count(field, view);
    }
}

static int count_place(const struct call *call, const struct operand *operand, step_run *run,
                       struct operand *ret)
{
    struct step step = {.run = run, .place = operand->place};
    int r = compile_take_register(call->compile, call->node, &step.out);

    if (r == 0)
        r = compile_add_step(call->compile, &step);
    ret->reg = step.out;
    ret->where = WHERE_REGISTER;
    return r;
}

int function_len(const struct call *call, struct operand *ret)
{
    struct step step = {.run = run_length};
    struct operand operand;
    bool constant;
    int r = call_any(call, 0, &operand);

    if (r < 0)
        return r;
    *ret = (struct operand){.node = call->node, .type = TYPE_INTEGER};
    constant = operand_is_constant(&operand);
    if (constant && operand.is_null) {
        ret->is_null = true;
        return 0;
    }
    if (operand.type == TYPE_TEXTS)
        return count_place(call, &operand, run_count_texts, ret);
    if (operand.type == TYPE_ARRAY)
        return count_place(call, &operand, run_count_elements, ret);
    if (operand.type != TYPE_TEXT && operand.type != TYPE_BYTES)
        return call_refuse(call, &operand, "a text, bytes, list or array");
    r = operand_load(call->compile, &operand);
    return r < 0 ? r : call_step(call, &step, &operand, constant, ret);
}

/* ---- texts to texts -------------------------------------------------------------------------- */

static int text_to_text(const struct call *call, struct step *step, bool copies,
                        struct operand *ret)
{
    struct operand operand;
    uint32_t most = EXPR_COPY_MAX;
    bool constant;
    int r = call_text(call, 0, &operand);

    if (r < 0)
        return r;
    constant = operand_is_constant(&operand);
    if (operand.where == WHERE_PLACE && operand.place.field.kind == FIELD_CHARS &&
        operand.place.field.size && operand.place.field.size < most)
        most = operand.place.field.size;
    if (copies)
        r = call_scratch(call, most, step);
    if (r == 0)
        r = operand_load(call->compile, &operand);
    if (r < 0)
        return r;
    *ret = (struct operand){.type = TYPE_TEXT};
    return call_step(call, step, &operand, constant, ret);
}

int function_lower(const struct call *call, struct operand *ret)
{
    return text_to_text(call, &(struct step){.run = run_lower, .cost = COST_COPY}, true, ret);
}

int function_upper(const struct call *call, struct operand *ret)
{
    return text_to_text(call, &(struct step){.run = run_upper, .cost = COST_COPY}, true, ret);
}

int function_basename(const struct call *call, struct operand *ret)
{
    return text_to_text(call, &(struct step){.run = run_basename, .cost = COST_PIECE}, false, ret);
}

int function_dirname(const struct call *call, struct operand *ret)
{
    return text_to_text(call, &(struct step){.run = run_dirname, .cost = COST_PIECE}, false, ret);
}

/* ---- texts in texts -------------------------------------------------------------------------- */

static bool starts(const struct text *text, const struct text *piece)
{
    return text->length >= piece->length && memcmp(text->bytes, piece->bytes, piece->length) == 0;
}

static bool ends(const struct text *text, const struct text *piece)
{
    return text->length >= piece->length &&
           memcmp(text->bytes + text->length - piece->length, piece->bytes, piece->length) == 0;
}

static bool holds(const struct text *text, const struct text *piece)
{
    return memmem(text->bytes, text->length, piece->bytes, piece->length) != NULL;
}

ALWAYS_INLINE uint32_t pairs_loop(const struct term *term, const struct run *run, bool wanted,
                                  uint16_t *selection, uint32_t n,
                                  bool (*matches)(const struct text *, const struct text *))
{
    const struct text *left = run->regs[term->a].texts, *right = run->regs[term->b].texts;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        bool match = left[k].bytes && right[k].bytes && matches(&left[k], &right[k]);

        selection[kept] = selection[k];
        kept += match == wanted;
    }
    return kept;
}

static uint32_t predicate_starts(const struct term *term, const struct run *run, bool wanted,
                                 uint16_t *selection, uint32_t n)
{
    return pairs_loop(term, run, wanted, selection, n, starts);
}

static uint32_t predicate_ends(const struct term *term, const struct run *run, bool wanted,
                               uint16_t *selection, uint32_t n)
{
    return pairs_loop(term, run, wanted, selection, n, ends);
}

static uint32_t predicate_holds(const struct term *term, const struct run *run, bool wanted,
                                uint16_t *selection, uint32_t n)
{
    return pairs_loop(term, run, wanted, selection, n, holds);
}

static int text_in_text(const struct call *call, predicate_run *run, uint32_t cost,
                        uint32_t *ret_term)
{
    struct term term = {.run = run, .cost = cost, .passes = PASSES_SOME};
    struct operand left, right;
    bool constant;
    int r = call_text(call, 0, &left);

    if (r == 0)
        r = call_text(call, 1, &right);
    if (r < 0)
        return r;
    if (run == predicate_starts && compare_is_plain_text(&left) && operand_is_constant(&right) &&
        !right.is_null && right.text.length)
        return compare_prefix(call->compile, &left, &right.text, call->first, ret_term);
    constant = operand_is_constant(&left) && operand_is_constant(&right);
    r = operand_load(call->compile, &left);
    if (r == 0)
        r = operand_load(call->compile, &right);
    if (r < 0)
        return r;
    term.a = left.reg;
    term.b = right.reg;
    operand_drop(call->compile, &left);
    operand_drop(call->compile, &right);
    return compare_add_predicate(call->compile, &term, call->first, constant, ret_term);
}

int function_startswith(const struct call *call, uint32_t *ret_term)
{
    return text_in_text(call, predicate_starts, COST_PREFIX, ret_term);
}

int function_endswith(const struct call *call, uint32_t *ret_term)
{
    return text_in_text(call, predicate_ends, COST_PREFIX, ret_term);
}

int function_contains(const struct call *call, uint32_t *ret_term)
{
    return text_in_text(call, predicate_holds, COST_SEARCH, ret_term);
}
