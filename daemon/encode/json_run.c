// SPDX-License-Identifier: Apache-2.0

/* One loop over the steps. An array's steps run over a view that begins at the element: its start
 * is moved on by the stride and its length cut by as much, so that all offsets and all checks of
 * length stay as they were compiled. Only what counts from the sample's start (texts elsewhere in
 * it) needs the whole view besides. */

#include "encode/json_run.h"

#include <endian.h>
#include <math.h>

#include "encode/address.h"
#include "encode/codes.h"
#include "encode/decimal.h"
#include "encode/escape.h"
#include "encode/hex.h"
#include "encode/put.h"
#include "record/field.h"

/* One record's way through the plan. */
struct walk {
    struct json_state *state;
    const struct batch *batch;
    const struct ringmill_view *view; /* of the whole sample */
    uint32_t index;
    const char *end;
};

/* Kept out of the loop over the steps, so that what is common there stays in registers. */
#define RARE __attribute__((noinline))

static char *run_steps(const struct walk *walk, const struct json_step *steps, uint32_t n_steps,
                       const struct ringmill_view *view, char *at);

static char *put_null(char *at, const char *end)
{
    return put_bytes(at, end, "null", 4);
}

/* A text that needs no escapes. */
static char *put_plain(char *at, const char *end, const char *bytes, size_t length)
{
    if (!at || (size_t)(end - at) < length + 2)
        return NULL;
    *at++ = '"';
    memcpy(at, bytes, length);
    at += length;
    *at++ = '"';
    return at;
}

static inline char *put_string(char *at, const char *end, struct text text)
{
    if (!at || end - at < 2)
        return NULL;
    *at++ = '"';
    at = escape_put(at, end, text);
    if (!at || at == end)
        return NULL;
    *at++ = '"';
    return at;
}

static char *put_texts(char *at, const char *end, struct text rest)
{
    struct text piece;
    char before = '[';

    while (at && text_next(&rest, &piece)) {
        at = put_char(at, end, before);
        at = put_string(at, end, piece);
        before = ',';
    }
    return before == '[' ? put_bytes(at, end, "[]", 2) : put_char(at, end, ']');
}

/* ---- integers -------------------------------------------------------------------------------- */

static RARE char *put_time(struct json_state *state, char *at, const char *end, int64_t ns)
{
    if (!at || end - at < CLOCK_RFC3339_LENGTH + 2)
        return NULL;
    *at++ = '"';
    clock_stamp(&state->stamper, ns, at);
    at += CLOCK_RFC3339_LENGTH;
    *at++ = '"';
    return at;
}

char *json_put_ktime(struct json_state *state, char *at, const char *end, uint64_t ktime)
{
    return ktime ? put_time(state, at, end, wall_offset_apply(state->wall, ktime))
                 : put_null(at, end);
}

static char *put_bool(char *at, const char *end, bool truth)
{
    return put_bytes(at, end, truth ? "true" : "false", truth ? 4 : 5);
}

static RARE char *put_enum(const struct json_step *step, char *at, const char *end, uint64_t bits)
{
    const struct snippet *name = names_find(&step->names, (int64_t)bits);

    return name ? put_snippet(at, end, name) : put_integer(at, end, bits, step->is_signed);
}

static RARE char *put_hex(char *at, const char *end, uint64_t bits)
{
    char digits[HEX_MAX];

    return put_plain(at, end, digits, (size_t)(hex_put(digits, bits) - digits));
}

static RARE char *put_code(const struct json_step *step, char *at, const char *end,
                           struct text name, uint64_t bits)
{
    return name.bytes ? put_plain(at, end, name.bytes, name.length)
                      : put_integer(at, end, bits, step->is_signed);
}

/* The kernel's own variables are int and long; what carries one as unsigned means the same. */
static int64_t errno_of(const struct json_step *step, uint64_t bits)
{
    return step->load == LOAD_U32 ? (int32_t)(uint32_t)bits : (int64_t)bits;
}

static RARE char *put_ipv4(char *at, const char *end, const void *bytes)
{
    char text[ADDRESS_MAX];

    return put_plain(at, end, text, (size_t)(address_put_ipv4(text, bytes) - text));
}

static RARE char *put_name(const struct walk *walk, const struct json_step *step, char *at,
                           uint64_t id)
{
    struct resolver_name name;

    if (step->is_signed && step->kind != RESOLVER_CGROUP)
        id = (uint32_t)id;
    if (!resolver_find(walk->state->names, step->kind, id, &name))
        return put_null(at, walk->end);
    return put_string(at, walk->end, (struct text){name.bytes, name.length});
}

static inline uint64_t load_integer(const struct walk *walk, const struct json_step *step,
                                    const struct ringmill_view *view)
{
    const uint8_t *from = (const uint8_t *)view->data + step->offset;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    switch ((enum json_load)step->load) {
    case LOAD_U8:
        return *from;
    case LOAD_U16:
        memcpy(&u16, from, 2);
        return u16;
    case LOAD_U32:
        memcpy(&u32, from, 4);
        return u32;
    case LOAD_64:
        memcpy(&u64, from, 8);
        return u64;
    case LOAD_S8:
        return (uint64_t)(int8_t)*from;
    case LOAD_S16:
        memcpy(&u16, from, 2);
        return (uint64_t)(int16_t)u16;
    case LOAD_S32:
        memcpy(&u32, from, 4);
        return (uint64_t)(int32_t)u32;
    case LOAD_BITS:
        return field_bits(step->field, from);
    case LOAD_COLUMN:
        break;
    }
    return batch_integer(walk->batch, step->field, walk->index);
}

static inline bool is_present(const struct walk *walk, const struct json_step *step,
                              const struct ringmill_view *view)
{
    return step->load == LOAD_COLUMN ? batch_present(walk->batch, step->field, walk->index)
                                     : view->length >= step->need;
}

static inline char *put_number(const struct walk *walk, const struct json_step *step,
                               const struct ringmill_view *view, char *at, const char *end)
{
    uint64_t bits;
    uint32_t narrow;

    if (!is_present(walk, step, view))
        return put_null(at, end);
    bits = load_integer(walk, step, view);
    switch ((enum json_print)step->print) {
    case PRINT_UNSIGNED:
        return put_integer(at, end, bits, false);
    case PRINT_SIGNED:
        return put_integer(at, end, bits, true);
    case PRINT_BOOL:
        return put_bool(at, end, bits != 0);
    case PRINT_ENUM:
        return put_enum(step, at, end, bits);
    case PRINT_KTIME:
        return json_put_ktime(walk->state, at, end, bits);
    case PRINT_UNIX_NS:
        return bits ? put_time(walk->state, at, end, (int64_t)bits) : put_null(at, end);
    case PRINT_HEX:
        return put_hex(at, end, bits & step->mask);
    case PRINT_PORT_BE:
        return put_integer(at, end, be16toh((uint16_t)bits), false);
    case PRINT_IPV4:
        narrow = (uint32_t)bits;
        return put_ipv4(at, end, &narrow);
    case PRINT_ERRNO:
        return put_code(step, at, end, codes_errno(errno_of(step, bits)), bits);
    case PRINT_SYSCALL:
        return put_code(step, at, end, codes_syscall(bits), bits);
    case PRINT_NAME:
        return put_name(walk, step, at, bits);
    default:
        return put_null(at, end);
    }
}

/* ---- all else -------------------------------------------------------------------------------- */

/* A text's place in an array's element is told in bytes from the sample's start. */
static RARE struct text text_of_element(const struct walk *walk, const struct json_step *step,
                                        const struct ringmill_view *view)
{
    const struct ringmill_view *whole = walk->view;
    struct field moved = *step->field;

    if (step->load == LOAD_COLUMN)
        return batch_text(walk->batch, step->field, walk->index);
    if (step->field->kind == FIELD_CHARS)
        return field_text(step->field, view);
    moved.offset += (uint32_t)((const char *)view->data - (const char *)whole->data);
    return field_text(&moved, whole);
}

static inline struct text text_of(const struct walk *walk, const struct json_step *step,
                                  const struct ringmill_view *view)
{
    return view == walk->view && step->load != LOAD_COLUMN ? field_text(step->field, view)
                                                           : text_of_element(walk, step, view);
}

/* The bytes of a value that is shown as such; of a flexible one all that the sample has. */
static struct text bytes_of(const struct walk *walk, const struct json_step *step,
                            const struct ringmill_view *view)
{
    struct text text = {0};

    if (step->load == LOAD_COLUMN)
        return batch_text(walk->batch, step->field, walk->index);
    if (view->length < step->need)
        return text;
    text.bytes = (const char *)view->data + step->offset;
    text.length = step->field->size ? step->field->size : view->length - step->offset;
    return text;
}

static char *put_float(const struct walk *walk, const struct json_step *step,
                       const struct ringmill_view *view, char *at)
{
    char digits[DECIMAL_MAX];
    double value;

    if (!is_present(walk, step, view))
        return put_null(at, walk->end);
    value = step->load == LOAD_COLUMN ? batch_float(walk->batch, step->field, walk->index)
                                      : field_float(step->field, view);
    if (!isfinite(value))
        return put_null(at, walk->end);
    return put_bytes(at, walk->end, digits, (size_t)(decimal_put(digits, value) - digits));
}

static char *put_hex_bytes(char *at, const char *end, struct text bytes)
{
    if (!at || (size_t)(end - at) < 2 * (size_t)bytes.length + 2)
        return NULL;
    *at++ = '"';
    at = hex_put_bytes(at, bytes.bytes, bytes.length);
    *at++ = '"';
    return at;
}

static char *put_wide(char *at, const char *end, struct text bytes)
{
    char digits[2 * JSON_WIDE_MAX + 2];

    return put_plain(at, end, digits,
                     (size_t)(hex_put_wide(digits, bytes.bytes, bytes.length) - digits));
}

static char *put_raw(const struct walk *walk, const struct json_step *step,
                     const struct ringmill_view *view, char *at)
{
    struct text bytes = bytes_of(walk, step, view);
    const uint8_t *from = (const uint8_t *)bytes.bytes;
    const char *end = walk->end;
    char text[ADDRESS_MAX];

    if (!from)
        return put_null(at, end);
    switch ((enum json_print)step->print) {
    case PRINT_RAW_IPV4:
        return put_ipv4(at, end, from);
    case PRINT_RAW_IPV6:
        return put_plain(at, end, text, (size_t)(address_put_ip(text, from) - text));
    case PRINT_RAW_MAC:
        return put_plain(at, end, text, (size_t)(address_put_mac(text, from) - text));
    case PRINT_WIDE:
        return put_wide(at, end, bytes);
    default:
        return put_hex_bytes(at, end, bytes);
    }
}

static char *put_array(const struct walk *walk, const struct json_step *step,
                       const struct ringmill_view *view, char *at)
{
    const struct json_array *array = &step->array;
    const struct json_step *element = step + 1;
    struct ringmill_view rest = *view;
    uint32_t count = array->count;

    if (view->length < step->need)
        return put_null(at, walk->end);
    if (count == 0 && array->stride > 0)
        count = (view->length - step->offset) / array->stride;
    if (step->field->counted)
        count = field_count(step->field, view);
    at = put_char(at, walk->end, '[');
    for (uint32_t i = 0; at && i < count; i++) {
        if (i > 0)
            at = put_char(at, walk->end, ',');
        at = run_steps(walk, element, array->n_steps, &rest, at);
        at = put_snippet(at, walk->end, &array->tail);
        uint32_t step_on = array->stride < rest.length ? array->stride : rest.length;
        rest.data = (const char *)rest.data + step_on;
        rest.length -= step_on;
    }
    return put_char(at, walk->end, ']');
}

static inline char *put_text(const struct walk *walk, const struct json_step *step,
                             const struct ringmill_view *view, char *at, const char *end)
{
    struct text text = text_of(walk, step, view);

    if (!text.bytes)
        return put_null(at, end);
    return step->print == PRINT_TEXT ? put_string(at, end, text) : put_texts(at, end, text);
}

static RARE char *put_other(const struct walk *walk, const struct json_step *step,
                            const struct ringmill_view *view, char *at)
{
    switch ((enum json_print)step->print) {
    case PRINT_FLOAT:
        return put_float(walk, step, view, at);
    case PRINT_ARRAY:
        return put_array(walk, step, view, at);
    case PRINT_NULL:
        return put_null(at, walk->end);
    default:
        return put_raw(walk, step, view, at);
    }
}

static char *run_steps(const struct walk *walk, const struct json_step *steps, uint32_t n_steps,
                       const struct ringmill_view *view, char *at)
{
    const struct json_step *behind = steps + n_steps;
    const char *end = walk->end; /* a copy that no write through a char pointer can change */

    for (const struct json_step *step = steps; at && step < behind; step++) {
        at = put_snippet(at, end, &step->before);
        if (step->print < PRINT_TEXT)
            at = put_number(walk, step, view, at, end);
        else if (step->print <= PRINT_TEXTS)
            at = put_text(walk, step, view, at, end);
        else
            at = put_other(walk, step, view, at);
        if (step->print == PRINT_ARRAY)
            step += step->array.n_steps;
    }
    return at;
}

char *json_run(const struct json_plan *plan, struct json_state *state, const struct batch *batch,
               uint32_t index, char *at, const char *end)
{
    const struct walk walk = {state, batch, &batch->views[index], index, end};

    at = run_steps(&walk, plan->steps, plan->n_steps, walk.view, at);
    return put_snippet(at, end, &plan->tail);
}
