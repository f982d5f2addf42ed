// SPDX-License-Identifier: Apache-2.0

/* Counts, sums and extremes are exact, and stay so: what is written is the whole state, 128 bits
 * and all. */

#include "aggregate/value_portable.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "aggregate/distinct.h"
#include "aggregate/moments.h"
#include "aggregate/portable.h"
#include "aggregate/value_plain.h"
#include "aggregate/value_sketch.h"
#include "aggregate/value_state.h"

enum { VERSION = 1, FLOAT_BYTES = 8 };

struct portable_form {
    const struct value_ops *ops;
    char letter;
    size_t (*max)(const struct value *value);
    size_t (*write)(const struct value *value, const void *state, uint8_t *out);
    int (*read)(const struct value *value, const uint8_t *bytes, size_t length, void *state);
};

/* ---- parts ----------------------------------------------------------------------------------- */

static int verdict(const struct portable *from)
{
    return portable_whole(from) ? 0 : -EINVAL;
}

static uint8_t *put_sum(const struct value *value, const void *state, uint8_t *at)
{
    const struct float_sum *floats = state;
    const struct sum *sum = state;

    if (value->type == VALUE_FLOAT) {
        at = portable_put_float(at, floats->total);
        at = portable_put_float(at, floats->rest);
        return portable_put(at, floats->count);
    }
    at = portable_put(at, (uint64_t)sum->total);
    at = portable_put_signed(at, (int64_t)(sum->total >> 64));
    at = portable_put(at, sum->count);
    return portable_put(at, sum->saturated);
}

static void take_sum(const struct value *value, struct portable *from, void *state)
{
    struct float_sum *floats = state;
    struct sum *sum = state;
    uint64_t low;

    if (value->type == VALUE_FLOAT) {
        floats->total = portable_take_float(from);
        floats->rest = portable_take_float(from);
        floats->count = portable_take(from);
        return;
    }
    low = portable_take(from);
    sum->total = (wide)((unsigned __int128)portable_take_signed(from) << 64 | low);
    sum->count = portable_take(from);
    sum->saturated = portable_take(from);
    from->damaged |= sum->saturated > 1;
}

/* ---- forms ----------------------------------------------------------------------------------- */

static size_t few(const struct value *value)
{
    (void)value;
    return PORTABLE_HEAD + 4 * PORTABLE_NUMBER_MAX + 2 * FLOAT_BYTES;
}

static size_t count_write(const struct value *value, const void *state, uint8_t *out)
{
    (void)value;
    return (size_t)(portable_put(portable_head(out, 'C', VERSION), *(const uint64_t *)state) - out);
}

static int count_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'C', VERSION);

    (void)value;
    *(uint64_t *)state = portable_take(&from);
    return verdict(&from);
}

static size_t sum_write(const struct value *value, const void *state, uint8_t *out)
{
    return (size_t)(put_sum(value, state, portable_head(out, 'S', VERSION)) - out);
}

static int sum_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'S', VERSION);

    take_sum(value, &from, state);
    return verdict(&from);
}

static size_t stddev_write(const struct value *value, const void *state, uint8_t *out)
{
    const struct spread *spread = state;
    uint8_t *at = portable_head(out, 'V', VERSION);

    (void)value;
    at = portable_put_float(at, spread->weight);
    at = portable_put_float(at, spread->mean);
    return (size_t)(portable_put_float(at, spread->squares) - out);
}

static int stddev_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'V', VERSION);
    struct spread *spread = state;

    (void)value;
    spread->weight = portable_take_float(&from);
    spread->mean = portable_take_float(&from);
    spread->squares = portable_take_float(&from);
    return verdict(&from);
}

static size_t extreme_write(const struct value *value, const void *state, uint8_t *out)
{
    const struct extreme *extreme = state;
    uint8_t *at = portable_head(out, 'X', VERSION);

    (void)value;
    at = portable_put(at, extreme->seen);
    return (size_t)(portable_put(at, extreme->bits) - out);
}

static int extreme_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'X', VERSION);
    struct extreme *extreme = state;

    (void)value;
    extreme->seen = portable_take(&from);
    extreme->bits = portable_take(&from);
    from.damaged |= extreme->seen > 1;
    return verdict(&from);
}

static size_t kept_max(const struct value *value)
{
    return few(value) + VALUE_TEXT_MAX;
}

static size_t kept_write(const struct value *value, const void *state, uint8_t *out)
{
    const struct kept_value *kept = state;
    uint8_t *at = portable_head(out, 'K', VERSION);

    at = portable_put(at, kept->seen);
    if (value->type != VALUE_TEXT)
        return (size_t)(portable_put(at, kept->bits) - out);
    at = portable_put(at, kept->length);
    memcpy(at, kept->bytes, kept->length);
    return (size_t)(at - out) + kept->length;
}

static int kept_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'K', VERSION);
    struct kept_value *kept = state;
    uint64_t seen = portable_take(&from), number = portable_take(&from);
    const uint8_t *text;

    kept->seen = (uint32_t)(seen > 0);
    if (value->type != VALUE_TEXT) {
        kept->bits = number;
        return verdict(&from);
    }
    if (number > VALUE_TEXT_MAX ||
        (value->of.kind == FIELD_BYTES && seen > 0 && number != value->of.size))
        return -EINVAL;
    text = portable_take_bytes(&from, number);
    if (!text)
        return -EINVAL;
    kept->length = (uint32_t)number;
    memcpy(kept->bytes, text, number);
    return verdict(&from);
}

static size_t hist_max(const struct value *value)
{
    return few(value) + (value->n_bounds + 2) * (size_t)PORTABLE_NUMBER_MAX;
}

static size_t hist_write(const struct value *value, const void *state, uint8_t *out)
{
    const uint64_t *counts = state;
    uint8_t *at = portable_put(portable_head(out, 'H', VERSION), value->n_bounds + 1);

    for (uint32_t i = 0; i <= value->n_bounds; i++)
        at = portable_put(at, counts[i]);
    return (size_t)(at - out);
}

static int hist_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'H', VERSION);
    uint64_t *counts = state;

    if (portable_take(&from) != value->n_bounds + 1)
        return -EINVAL;
    for (uint32_t i = 0; i <= value->n_bounds; i++)
        counts[i] = portable_take(&from);
    return verdict(&from);
}

static size_t quantile_max(const struct value *value)
{
    return quantile_portable_max(&value->quantile);
}

static size_t quantile_write_value(const struct value *value, const void *state, uint8_t *out)
{
    return quantile_write(&value->quantile, state, out);
}

static int quantile_read_value(const struct value *value, const uint8_t *bytes, size_t length,
                               void *state)
{
    return quantile_read(&value->quantile, bytes, length, state);
}

static size_t distinct_max(const struct value *value)
{
    return distinct_portable_max(value->bits);
}

static size_t distinct_write_value(const struct value *value, const void *state, uint8_t *out)
{
    return distinct_write(state, value->bits, out);
}

static int distinct_read_value(const struct value *value, const uint8_t *bytes, size_t length,
                               void *state)
{
    return distinct_read(value->bits, bytes, length, state);
}

static size_t top_max(const struct value *value)
{
    return top_portable_max(&value->top);
}

static size_t top_write_value(const struct value *value, const void *state, uint8_t *out)
{
    return top_write(&value->top, state, out);
}

static int top_read_value(const struct value *value, const uint8_t *bytes, size_t length,
                          void *state)
{
    return top_read(&value->top, bytes, length, state);
}

static const struct portable_form forms[] = {
    {&count_value, 'C', few, count_write, count_read},
    {&rate_value, 'C', few, count_write, count_read},
    {&sum_value, 'S', few, sum_write, sum_read},
    {&mean_value, 'S', few, sum_write, sum_read},
    {&stddev_value, 'V', few, stddev_write, stddev_read},
    {&min_value, 'X', few, extreme_write, extreme_read},
    {&max_value, 'X', few, extreme_write, extreme_read},
    {&first_value, 'K', kept_max, kept_write, kept_read},
    {&last_value, 'K', kept_max, kept_write, kept_read},
    {&hist_value, 'H', hist_max, hist_write, hist_read},
    {&quantile_value, 'Q', quantile_max, quantile_write_value, quantile_read_value},
    {&distinct_value, 'D', distinct_max, distinct_write_value, distinct_read_value},
    {&top_value, 'T', top_max, top_write_value, top_read_value},
};

static const struct portable_form *form_of(const struct value *value)
{
    const struct portable_form *form = forms;

    while (form->ops != value->ops)
        form++;
    return form;
}

size_t value_portable_max(const struct value *value)
{
    return form_of(value)->max(value);
}

/* Of the values that are one moment of this machine's clock, which says nothing elsewhere. */
static bool is_ktime(const struct value *value)
{
    const struct portable_form *form = form_of(value);

    return value->of.meaning == MEANING_KTIME && (form->letter == 'X' || form->letter == 'K');
}

size_t value_portable_write(const struct value *value, const void *state,
                            const struct wall_offset *wall, uint8_t *out)
{
    struct extreme extreme;
    struct kept_value kept = {0};

    if (!is_ktime(value) || !wall)
        return form_of(value)->write(value, state, out);
    if (form_of(value)->letter == 'X') {
        extreme = *(const struct extreme *)state;
        extreme.bits = (uint64_t)wall_offset_apply(wall, extreme.bits);
        return extreme_write(value, &extreme, out);
    }
    memcpy(&kept, state, value->size);
    kept.bits = (uint64_t)wall_offset_apply(wall, kept.bits);
    return kept_write(value, &kept, out);
}

int value_portable_read(const struct value *value, const uint8_t *bytes, size_t length,
                        void *ret_state)
{
    const struct portable_form *form = form_of(value);

    if (length >= PORTABLE_HEAD && bytes[0] == 'R' && bytes[1] == 'M' &&
        bytes[2] == (uint8_t)form->letter && bytes[3] != VERSION)
        return -EPROTO;
    return form->read(value, bytes, length, ret_state);
}

struct field value_portable_argument(const struct value *value)
{
    struct field argument = value->of;

    if (argument.kind == FIELD_ENUM)
        argument.kind = argument.is_signed ? FIELD_INT : FIELD_UINT;
    if (argument.kind == FIELD_POINTER) {
        argument.kind = FIELD_UINT;
        argument.meaning = MEANING_HEX;
    }
    if (argument.meaning == MEANING_KTIME)
        argument.meaning = is_ktime(value) ? MEANING_UNIX_NS : MEANING_NONE;
    return argument;
}
