// SPDX-License-Identifier: Apache-2.0

/* One loop over the steps. An array's steps run over a view that begins at the element: its start
 * is moved on by the stride and its length cut by as much, so that all offsets and all checks of
 * length stay as they were compiled. Only what counts from the sample's start (texts elsewhere in
 * it) needs the whole view besides.
 *
 * The loop is inlined twice: for JSON, and for all other formats, which put their arrays into
 * quotes by way of some room of the encoder's. */

#include "encode/record_print.h"

#include <endian.h>
#include <math.h>
#include <stdio.h>

#include "encode/address.h"
#include "encode/bounded_put.h"
#include "encode/escape.h"
#include "encode/float_text.h"
#include "encode/hex.h"
#include "record/field.h"
#include "record/kernel_names.h"

/* One record's way through the plan. */
struct record_walk {
    struct record_print_state *state;
    const struct batch *batch;
    const struct ringmill_view *view; /* of the whole sample */
    uint32_t index;
    const char *end;
};

/* Kept out of the loop over the steps, so that what is common there stays in registers. */
#define RARE   __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))

static char *run_json(const struct record_walk *walk, const struct encode_step *steps,
                      uint32_t n_steps, const struct ringmill_view *view, char *at);
static char *run_other(const struct record_walk *walk, enum quoting quoting,
                       const struct encode_step *steps, uint32_t n_steps,
                       const struct ringmill_view *view, char *at);

/* Where to write what takes `most` bytes with its quotes: the event itself where it has them left,
 * else spare, from which settle() copies. */
static inline char *find_room(char *at, const char *end, size_t most, char *spare)
{
    return at && (size_t)(end - at) >= most ? at : spare;
}

static inline char *settle(char *at, const char *end, const char *spare, const char *from,
                           const char *after)
{
    size_t length = (size_t)(after - from);

    return from == spare ? put_bytes(at, end, spare, length) : at + length;
}

static inline char *put_quote(enum quoting quoting, char *to)
{
    if (quoting == QUOTING_JSON)
        *to++ = '"';
    return to;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* The text up to its first NUL. */
INLINE char *put_string(char *at, const char *end, struct text text)
{
    if (!at || end - at < 2)
        return NULL;
    *at++ = '"';
    at = escape_put_until_nul(at, end, text);
    if (!at || at == end)
        return NULL;
    *at++ = '"';
    return at;
}

static char *put_list(char *at, const char *end, struct text list)
{
    if (list.length == 0)
        return put_bytes(at, end, "[]", 2);
    at = put_bytes(at, end, "[\"", 2);
    if (at)
        at = escape_put_list(at, end, list);
    return put_bytes(at, end, "\"]", 2);
}

/* For eyes. */
static char *put_words(char *at, const char *end, struct text rest)
{
    struct text piece;
    bool first = true;

    while (at && text_next(&rest, &piece)) {
        if (!first)
            at = put_char(at, end, ' ');
        if (at)
            at = escape_put_bare(at, end, piece);
        first = false;
    }
    return at;
}

/* ---- integers -------------------------------------------------------------------------------- */

static RARE char *put_time(struct record_print_state *state, enum quoting quoting, char *at,
                           const char *end, int64_t ns)
{
    char spare[CLOCK_RFC3339_LENGTH + 2];
    char *from = find_room(at, end, sizeof(spare), spare), *to = put_quote(quoting, from);

    clock_stamp(&state->stamper, ns, to);
    return settle(at, end, spare, from, put_quote(quoting, to + CLOCK_RFC3339_LENGTH));
}

/* An unsigned time that is not reached before 2262 has no date. */
static RARE char *put_moment(struct record_print_state *state, enum quoting quoting,
                             const struct encode_step *step, char *at, const char *end,
                             int64_t offset, uint64_t bits)
{
    int64_t ns;

    if (bits == 0 || (!step->is_signed && bits > INT64_MAX) ||
        __builtin_add_overflow((int64_t)bits, offset, &ns))
        return quote_null(quoting, at, end);
    return put_time(state, quoting, at, end, ns);
}

char *record_print_ktime(struct record_print_state *state, enum quoting quoting, char *at,
                         const char *end, uint64_t ktime)
{
    return ktime ? put_time(state, quoting, at, end, wall_offset_apply(state->wall, ktime))
                 : quote_null(quoting, at, end);
}

static char *put_bool(char *at, const char *end, bool truth)
{
    return put_bytes(at, end, truth ? "true" : "false", truth ? 4 : 5);
}

static RARE char *put_enum(const struct encode_step *step, char *at, const char *end, uint64_t bits)
{
    const struct prepared_text *name = enum_names_find(&step->names, (int64_t)bits);

    return name ? put_prepared(at, end, name) : put_integer(at, end, bits, step->is_signed);
}

static RARE char *put_hex(enum quoting quoting, char *at, const char *end, uint64_t bits)
{
    char spare[HEX_MAX + 2];
    char *from = find_room(at, end, sizeof(spare), spare), *to = put_quote(quoting, from);

    return settle(at, end, spare, from, put_quote(quoting, hex_put(to, bits)));
}

static RARE char *put_code(enum quoting quoting, const struct encode_step *step, char *at,
                           const char *end, const struct number_set *set, int64_t number,
                           uint64_t bits)
{
    const char *name = number_set_name(set, number);

    return name ? quote_plain(quoting, at, end, name, strlen(name))
                : put_integer(at, end, bits, step->is_signed);
}

/* The names of an enum may hold any byte. */
static RARE char *put_flags(enum quoting quoting, const struct encode_step *step, char *at,
                            const char *end, uint64_t bits)
{
    const struct number_set own = number_set_of_enum(step->field);
    char words[NUMBER_TEXT_MAX];
    struct text text = {words, 0};

    text.length = number_set_put_flags(step->numbers ? step->numbers : &own, bits,
                                       value_mask_of(step->field), words);
    return text.length ? quote_text(quoting, at, end, text)
                       : put_integer(at, end, bits, step->is_signed);
}

/* As chmod(1) and stat(1) write it. */
static RARE char *put_mode(enum quoting quoting, const struct encode_step *step, char *at,
                           const char *end, uint64_t bits)
{
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "0%03llo",
                          (unsigned long long)(bits & value_mask_of(step->field)));

    return quote_plain(quoting, at, end, digits, (size_t)length);
}

/* The kernel's own variables are int and long; what carries one as unsigned means the same. */
static int64_t errno_of(const struct encode_step *step, uint64_t bits)
{
    return step->load == LOAD_U32 ? (int32_t)(uint32_t)bits : (int64_t)bits;
}

/* put is one of address.h's, and known where this is used. */
INLINE char *put_address(enum quoting quoting, char *at, const char *end, const uint8_t *bytes,
                         char *(*put)(char *out, const uint8_t *bytes))
{
    char spare[ADDRESS_MAX + 2];
    char *from = find_room(at, end, sizeof(spare), spare), *to = put_quote(quoting, from);

    return settle(at, end, spare, from, put_quote(quoting, put(to, bytes)));
}

static RARE char *put_ipv4(enum quoting quoting, char *at, const char *end, uint32_t address)
{
    uint8_t bytes[4];

    memcpy(bytes, &address, sizeof(bytes));
    return put_address(quoting, at, end, bytes, address_put_ipv4);
}

static RARE char *put_name(const struct record_walk *walk, enum quoting quoting,
                           const struct encode_step *step, char *at, uint64_t bits)
{
    uint64_t id = value_name_id(&step->name, step->field, bits);
    struct resolver_name name;

    if (!resolver_find(walk->state->names, step->name.kind, id, &name))
        return quote_null(quoting, at, walk->end);
    return quote_text(quoting, at, walk->end, (struct text){name.bytes, name.length});
}

static RARE char *put_value_name(enum quoting quoting, const struct encode_step *step, char *at,
                                 const char *end, uint64_t bits)
{
    char room[VALUE_NAME_MAX];
    struct text name = value_name_text(&step->name, step->field, bits, room);

    return name.bytes ? quote_text(quoting, at, end, name) : quote_null(quoting, at, end);
}

static RARE char *put_symbol(const struct record_walk *walk, enum quoting quoting, char *at,
                             const char *end, uint64_t address)
{
    struct resolver_name name;

    if (!walk->state->names || address == 0 ||
        !resolver_find(walk->state->names, RESOLVER_KERNEL, address, &name))
        return put_hex(quoting, at, end, address);
    return quote_text(quoting, at, end, (struct text){name.bytes, name.length});
}

/* The number of the process is read from the whole sample, wherever the address is. */
static RARE char *put_user_symbol(const struct record_walk *walk, enum quoting quoting,
                                  const struct encode_step *step, char *at, uint64_t address)
{
    uint32_t pid = address ? field_process(step->field, walk->view) : 0;
    struct resolver_name name;

    if (!walk->state->names || pid == 0 ||
        !resolver_find_user(walk->state->names, pid, address, &name))
        return put_hex(quoting, at, walk->end, address);
    return quote_text(quoting, at, walk->end, (struct text){name.bytes, name.length});
}

INLINE uint64_t load_integer(const struct record_walk *walk, const struct encode_step *step,
                             const struct ringmill_view *view)
{
    const uint8_t *from = (const uint8_t *)view->data + step->offset;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    switch ((enum value_load)step->load) {
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

INLINE bool is_present(const struct record_walk *walk, const struct encode_step *step,
                       const struct ringmill_view *view)
{
    return step->load == LOAD_COLUMN ? batch_present(walk->batch, step->field, walk->index)
                                     : view->length >= step->need;
}

INLINE char *put_number(const struct record_walk *walk, enum quoting quoting,
                        const struct encode_step *step, const struct ringmill_view *view, char *at,
                        const char *end)
{
    uint64_t bits;

    if (!is_present(walk, step, view))
        return quote_null(quoting, at, end);
    bits = load_integer(walk, step, view);
    switch ((enum value_print)step->print) {
    case PRINT_UNSIGNED:
        return put_integer(at, end, bits, false);
    case PRINT_SIGNED:
        return put_integer(at, end, bits, true);
    case PRINT_BOOL:
        return put_bool(at, end, bits != 0);
    case PRINT_ENUM:
        return put_enum(step, at, end, bits);
    case PRINT_KTIME:
        return put_moment(walk->state, quoting, step, at, end, walk->state->wall->offset, bits);
    case PRINT_BOOTTIME:
        return put_moment(walk->state, quoting, step, at, end,
                          wall_offset_of_boottime(walk->state->wall), bits);
    case PRINT_UNIX_NS:
        return put_moment(walk->state, quoting, step, at, end, 0, bits);
    case PRINT_HEX:
        return put_hex(quoting, at, end, bits & step->mask);
    case PRINT_PORT_BE:
        return put_integer(at, end, be16toh((uint16_t)bits), false);
    case PRINT_IPV4:
        return put_ipv4(quoting, at, end, (uint32_t)bits);
    case PRINT_ERRNO:
        return put_code(quoting, step, at, end, &kernel_errors, errno_of(step, bits), bits);
    case PRINT_NUMBER:
        return put_code(quoting, step, at, end, step->numbers, (int64_t)bits, bits);
    case PRINT_FLAGS:
        return put_flags(quoting, step, at, end, bits);
    case PRINT_MODE:
        return put_mode(quoting, step, at, end, bits);
    case PRINT_SYMBOL:
        return put_symbol(walk, quoting, at, end, bits);
    case PRINT_USER_SYMBOL:
        return put_user_symbol(walk, quoting, step, at, bits);
    case PRINT_NAME:
        return put_name(walk, quoting, step, at, bits);
    case PRINT_VALUE_NAME:
        return put_value_name(quoting, step, at, end, bits);
    default:
        return quote_null(quoting, at, end);
    }
}

/* ---- all else -------------------------------------------------------------------------------- */

/* A text's place in an array's element is reported in bytes from the sample's start. */
static RARE struct text text_of_element(const struct record_walk *walk,
                                        const struct encode_step *step,
                                        const struct ringmill_view *view)
{
    const struct ringmill_view *whole = walk->view;
    struct field moved = *step->field;

    if (step->load == LOAD_COLUMN)
        return batch_text(walk->batch, step->field, walk->index);
    if (step->field->kind == FIELD_CHARS || step->field->in_place)
        return field_own_text(step->field, view);
    moved.offset += (uint32_t)((const char *)view->data - (const char *)whole->data);
    return field_own_text(&moved, whole);
}

INLINE struct text text_of(const struct record_walk *walk, const struct encode_step *step,
                           const struct ringmill_view *view)
{
    return view == walk->view && step->load != LOAD_COLUMN ? field_own_text(step->field, view)
                                                           : text_of_element(walk, step, view);
}

/* The bytes of a value that is shown as such; of a flexible one all that the sample has. */
static struct text bytes_of(const struct record_walk *walk, const struct encode_step *step,
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

static char *put_float(const struct record_walk *walk, enum quoting quoting,
                       const struct encode_step *step, const struct ringmill_view *view, char *at)
{
    char digits[FLOAT_TEXT_MAX];
    double value;

    if (!is_present(walk, step, view))
        return quote_null(quoting, at, walk->end);
    value = step->load == LOAD_COLUMN ? batch_float(walk->batch, step->field, walk->index)
                                      : field_float(step->field, view);
    if (!isfinite(value))
        return quote_null(quoting, at, walk->end);
    return put_bytes(at, walk->end, digits, (size_t)(float_text_put(digits, value) - digits));
}

static char *put_hex_bytes(enum quoting quoting, char *at, const char *end, struct text bytes)
{
    if (!at || (size_t)(end - at) < 2 * (size_t)bytes.length + 2)
        return NULL;
    at = hex_put_bytes(put_quote(quoting, at), bytes.bytes, bytes.length);
    return put_quote(quoting, at);
}

static char *put_wide(enum quoting quoting, char *at, const char *end, struct text bytes)
{
    char digits[2 * VALUE_WIDE_MAX + 2];

    return quote_plain(quoting, at, end, digits,
                       (size_t)(hex_put_wide(digits, bytes.bytes, bytes.length) - digits));
}

static RARE char *put_ip(const struct record_walk *walk, enum quoting quoting,
                         const struct encode_step *step, char *at)
{
    char room[FIELD_ADDRESS_BYTES];
    struct text address = field_address(step->field, walk->view, room);

    return address.bytes
               ? put_address(quoting, at, walk->end, (const uint8_t *)address.bytes, address_put_ip)
               : quote_null(quoting, at, walk->end);
}

static char *put_raw(const struct record_walk *walk, enum quoting quoting,
                     const struct encode_step *step, const struct ringmill_view *view, char *at)
{
    struct text bytes = bytes_of(walk, step, view);
    const uint8_t *from = (const uint8_t *)bytes.bytes;
    const char *end = walk->end;

    if (!from)
        return quote_null(quoting, at, end);
    switch ((enum value_print)step->print) {
    case PRINT_RAW_IPV4:
        return put_address(quoting, at, end, from, address_put_ipv4);
    case PRINT_RAW_IPV6:
        return put_address(quoting, at, end, from, address_put_ip);
    case PRINT_RAW_MAC:
        return put_address(quoting, at, end, from, address_put_mac);
    case PRINT_WIDE:
        return put_wide(quoting, at, end, bytes);
    default:
        return put_hex_bytes(quoting, at, end, bytes);
    }
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* As JSON; view->length reaches the array. */
static char *put_array(const struct record_walk *walk, const struct encode_step *step,
                       const struct ringmill_view *view, char *at)
{
    const struct encode_array *array = &step->array;
    const struct encode_step *element = step + 1;
    struct ringmill_view rest = *view;
    uint32_t count = field_count(step->field, view);

    if (step->field && field_is_stack(step->field))
        count = field_depth(step->field, view);
    at = put_char(at, walk->end, '[');
    for (uint32_t i = 0; at && i < count; i++) {
        if (i > 0)
            at = put_char(at, walk->end, ',');
        at = run_json(walk, element, array->n_steps, &rest, at);
        at = put_prepared(at, walk->end, &array->tail);
        uint32_t step_on = array->stride < rest.length ? array->stride : rest.length;
        rest.data = (const char *)rest.data + step_on;
        rest.length -= step_on;
    }
    return put_char(at, walk->end, ']');
}

/* A list or a struct, as JSON, into the encoder's room; NULL: it is longer than that. */
static char *render(const struct record_walk *walk, const struct encode_step *step,
                    const struct ringmill_view *view)
{
    struct record_walk inner = *walk;
    char *at = walk->state->room;

    inner.end = at + walk->state->room_size;
    if (step->print == PRINT_TEXTS)
        return put_list(at, inner.end, text_of(walk, step, view));
    if (step->print == PRINT_ARRAY)
        return put_array(&inner, step, view, at);
    at = run_json(&inner, step + 1, step->array.n_steps, view, at);
    return put_prepared(at, inner.end, &step->array.tail);
}

/* Where the format is not JSON. */
static RARE char *put_rendered(const struct record_walk *walk, enum quoting quoting,
                               const struct encode_step *step, const struct ringmill_view *view,
                               char *at)
{
    struct text list = {walk->state->room, 0};
    const char *after;

    if (!at)
        return NULL;
    if (step->print == PRINT_ARRAY && view->length < step->need)
        return quote_null(quoting, at, walk->end);
    if (step->print == PRINT_TEXTS && !text_of(walk, step, view).bytes)
        return quote_null(quoting, at, walk->end);
    if (step->print == PRINT_TEXTS && quoting == QUOTING_TEXT)
        return put_words(at, walk->end, text_of(walk, step, view));
    after = render(walk, step, view);
    if (!after)
        return NULL;
    list.length = (uint32_t)(after - list.bytes);
    return quote_text(quoting, at, walk->end, list);
}

/* ---- the loop -------------------------------------------------------------------------------- */

INLINE char *put_text(const struct record_walk *walk, enum quoting quoting,
                      const struct encode_step *step, const struct ringmill_view *view, char *at,
                      const char *end)
{
    struct text text;

    if (quoting != QUOTING_JSON && step->print == PRINT_TEXTS)
        return put_rendered(walk, quoting, step, view, at);
    if (quoting == QUOTING_JSON && view == walk->view && step->load != LOAD_COLUMN)
        text = field_span(step->field, view); /* the NUL is found on the way */
    else
        text = text_of(walk, step, view);
    if (!text.bytes)
        return quote_null(quoting, at, end);
    if (quoting != QUOTING_JSON)
        return quote_text(quoting, at, end, text);
    return step->print == PRINT_TEXT ? put_string(at, end, text) : put_list(at, end, text);
}

/* The map's id makes a position the only one of its kind: a ring that is made again begins at 0. */
static char *put_position(const struct record_walk *walk, char *at)
{
    at = put_integer(at, walk->end, walk->batch->ring_id, false);
    at = put_char(at, walk->end, '.');
    return put_integer(at, walk->end, walk->view->position, false);
}

/* Null, unless the record has it. */
static RARE char *put_guarded(const struct record_walk *walk, enum quoting quoting,
                              const struct encode_step *step, const struct ringmill_view *view,
                              char *at)
{
    const struct encode_array *group = &step->array;

    if (!field_applies(step->field, walk->view))
        return quote_null(quoting, at, walk->end);
    at = quoting == QUOTING_JSON ? run_json(walk, step + 1, group->n_steps, view, at)
                                 : run_other(walk, quoting, step + 1, group->n_steps, view, at);
    return put_prepared(at, walk->end, &group->tail);
}

static RARE char *put_rest(const struct record_walk *walk, enum quoting quoting,
                           const struct encode_step *step, const struct ringmill_view *view,
                           char *at)
{
    switch ((enum value_print)step->print) {
    case PRINT_FLOAT:
        return put_float(walk, quoting, step, view, at);
    case PRINT_ARRAY:
    case PRINT_OBJECT:
        if (quoting != QUOTING_JSON)
            return put_rendered(walk, quoting, step, view, at);
        return view->length < step->need ? quote_null(quoting, at, walk->end)
                                         : put_array(walk, step, view, at);
    case PRINT_GUARD:
        return put_guarded(walk, quoting, step, view, at);
    case PRINT_RAW_IP:
        return put_ip(walk, quoting, step, at);
    case PRINT_POSITION:
        return put_position(walk, at);
    case PRINT_NULL:
        return quote_null(quoting, at, walk->end);
    default:
        return put_raw(walk, quoting, step, view, at);
    }
}

INLINE char *run_steps(const struct record_walk *walk, enum quoting quoting,
                       const struct encode_step *steps, uint32_t n_steps,
                       const struct ringmill_view *view, char *at)
{
    const struct encode_step *after = steps + n_steps;
    const char *end = walk->end; /* a copy that no write through a char pointer can change */

    for (const struct encode_step *step = steps; at && step < after; step++) {
        at = put_prepared(at, end, &step->before);
        if (step->print < PRINT_TEXT)
            at = put_number(walk, quoting, step, view, at, end);
        else if (step->print <= PRINT_TEXTS)
            at = put_text(walk, quoting, step, view, at, end);
        else
            at = put_rest(walk, quoting, step, view, at);
        if (encode_step_has_steps(step))
            step += step->array.n_steps;
    }
    return at;
}

static char *run_json(const struct record_walk *walk, const struct encode_step *steps,
                      uint32_t n_steps, const struct ringmill_view *view, char *at)
{
    return run_steps(walk, QUOTING_JSON, steps, n_steps, view, at);
}

static char *run_other(const struct record_walk *walk, enum quoting quoting,
                       const struct encode_step *steps, uint32_t n_steps,
                       const struct ringmill_view *view, char *at)
{
    return run_steps(walk, quoting, steps, n_steps, view, at);
}

char *record_print_json(const struct encode_plan *plan, struct record_print_state *state,
                        const struct batch *batch, uint32_t index, char *at, const char *end)
{
    const struct record_walk walk = {state, batch, &batch->views[index], index, end};

    at = run_json(&walk, plan->steps, plan->n_steps, walk.view, at);
    return put_prepared(at, end, &plan->tail);
}

char *record_print_other(const struct encode_plan *plan, struct record_print_state *state,
                         enum quoting quoting, const struct batch *batch, uint32_t index, char *at,
                         const char *end)
{
    const struct record_walk walk = {state, batch, &batch->views[index], index, end};

    at = run_other(&walk, quoting, plan->steps, plan->n_steps, walk.view, at);
    return put_prepared(at, end, &plan->tail);
}
