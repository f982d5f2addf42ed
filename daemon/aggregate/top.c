// SPDX-License-Identifier: Apache-2.0

/* The usual list of buckets by count costs three pointers for each entry. Here a hand goes round
 * the entries and takes the first whose count is the least one known; only when it finds none is
 * the least count looked for. In a stream of rare values nearly all entries are at that count, so
 * the hand moves by one or two. */

#include "aggregate/top.h"

#include <errno.h>
#include <string.h>

#include "aggregate/portable.h"

enum { PORTABLE_VERSION = 1, NUMBER_BYTES = 8, TEXT_BYTES = 64 };

struct entry {
    uint64_t hash;
    uint64_t count;
    uint64_t error;
    union {
        uint64_t number;
        struct {
            uint16_t length;
            char bytes[TOP_TEXT_MAX];
        } text;
    };
};

struct top {
    uint32_t used;
    uint32_t hand;
    uint64_t least; /* no entry's count is lower, once all are used */
};

struct top_shape top_shape(uint32_t entries, bool texts)
{
    uint32_t slots = 8;

    while (slots < 2 * entries)
        slots *= 2;
    return (struct top_shape){.entries = entries,
                              .slots = slots,
                              .texts = texts,
                              .entry_size = (uint32_t)offsetof(struct entry, number) +
                                            (texts ? TEXT_BYTES : NUMBER_BYTES)};
}

size_t top_size(const struct top_shape *shape)
{
    return sizeof(struct top) + shape->slots * sizeof(uint16_t) +
           (size_t)shape->entries * shape->entry_size;
}

static uint16_t *slots_of(const struct top *top)
{
    return (uint16_t *)(top + 1);
}

static struct entry *entry_at(const struct top_shape *shape, const struct top *top, uint32_t index)
{
    return (struct entry *)((char *)(slots_of(top) + shape->slots) +
                            (size_t)index * shape->entry_size);
}

/* Open addressing of its own: a sketch is one block without pointers, there may be one in each of a
 * million groups, and slots of base/hash_index.h would take four times the bytes. */

/* ---- slots ----------------------------------------------------------------------------------- */

static bool is_value(const struct top_shape *shape, const struct entry *entry, uint64_t number,
                     struct text text)
{
    uint32_t length = text.length < TOP_TEXT_MAX ? text.length : TOP_TEXT_MAX;

    if (!shape->texts)
        return entry->number == number;
    return entry->text.length == length && memcmp(entry->text.bytes, text.bytes, length) == 0;
}

/* The slot of the value, or the free one where it belongs. */
static uint32_t find_slot(const struct top_shape *shape, const struct top *top, uint64_t hash,
                          uint64_t number, struct text text)
{
    const uint16_t *slots = slots_of(top);
    uint32_t slot = (uint32_t)hash & (shape->slots - 1);

    for (; slots[slot]; slot = (slot + 1) & (shape->slots - 1)) {
        const struct entry *entry = entry_at(shape, top, slots[slot] - 1U);

        if (entry->hash == hash && is_value(shape, entry, number, text))
            break;
    }
    return slot;
}

/* Takes an entry out of the slots; what was pushed along moves back. */
static void unslot(const struct top_shape *shape, struct top *top, uint32_t index)
{
    uint16_t *slots = slots_of(top);
    uint32_t mask = shape->slots - 1, gap = (uint32_t)entry_at(shape, top, index)->hash & mask;

    while (slots[gap] != index + 1)
        gap = (gap + 1) & mask;
    for (uint32_t at = (gap + 1) & mask; slots[at]; at = (at + 1) & mask) {
        uint32_t home = (uint32_t)entry_at(shape, top, slots[at] - 1U)->hash & mask;

        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        slots[gap] = slots[at];
        gap = at;
    }
    slots[gap] = 0;
}

/* ---- counting -------------------------------------------------------------------------------- */

static void set_value(const struct top_shape *shape, struct entry *entry, uint64_t number,
                      struct text text)
{
    if (!shape->texts) {
        entry->number = number;
        return;
    }
    entry->text.length = (uint16_t)(text.length < TOP_TEXT_MAX ? text.length : TOP_TEXT_MAX);
    memcpy(entry->text.bytes, text.bytes, entry->text.length);
}

static void count_up(uint64_t *count, uint64_t more)
{
    if (__builtin_add_overflow(*count, more, count))
        *count = UINT64_MAX;
}

/* The entry with the least count, when all are used. */
static uint32_t find_least(const struct top_shape *shape, struct top *top)
{
    for (int round = 0;; round++) {
        uint64_t least = UINT64_MAX;

        for (uint32_t step = 0; step < shape->entries; step++) {
            uint32_t index = top->hand;
            uint64_t count = entry_at(shape, top, index)->count;

            top->hand = index + 1 < shape->entries ? index + 1 : 0;
            if (count <= top->least)
                return index;
            least = count < least ? count : least;
        }
        top->least = least;
    }
}

static struct entry *take_entry(const struct top_shape *shape, struct top *top, uint64_t hash,
                                uint64_t number, struct text text, uint32_t slot)
{
    uint32_t index = top->used;
    struct entry *entry;

    if (index < shape->entries) {
        entry = entry_at(shape, top, index);
        entry->count = entry->error = 0;
        top->used++;
    } else {
        index = find_least(shape, top);
        entry = entry_at(shape, top, index);
        unslot(shape, top, index);
        slot = find_slot(shape, top, hash, number, text); /* the gap may be nearer */
        entry->error = entry->count;
    }
    slots_of(top)[slot] = (uint16_t)(index + 1);
    entry->hash = hash;
    set_value(shape, entry, number, text);
    return entry;
}

void top_add(const struct top_shape *shape, struct top *top, uint64_t hash, uint64_t number,
             struct text text, uint64_t weight)
{
    uint32_t slot = find_slot(shape, top, hash, number, text);
    uint32_t index = slots_of(top)[slot];
    struct entry *entry =
        index ? entry_at(shape, top, index - 1) : take_entry(shape, top, hash, number, text, slot);

    count_up(&entry->count, weight);
}

uint64_t top_least(const struct top_shape *shape, const struct top *top)
{
    uint64_t least = UINT64_MAX;

    if (top->used < shape->entries)
        return 0;
    for (uint32_t i = 0; i < top->used; i++)
        if (entry_at(shape, top, i)->count < least)
            least = entry_at(shape, top, i)->count;
    return least;
}

static struct text text_of(const struct top_shape *shape, const struct entry *entry)
{
    struct text none = {0}, text = {entry->text.bytes, entry->text.length};

    return shape->texts ? text : none;
}

static struct entry *find(const struct top_shape *shape, const struct top *top,
                          const struct entry *like)
{
    uint64_t number = shape->texts ? 0 : like->number;
    uint32_t slot = find_slot(shape, top, like->hash, number, text_of(shape, like));
    uint32_t index = slots_of(top)[slot];

    return index ? entry_at(shape, top, index - 1) : NULL;
}

/* A value that one of them does not hold may have come there as often as its least. */
void top_merge(const struct top_shape *shape, struct top *into, const struct top *from)
{
    uint64_t into_least = top_least(shape, into), from_least = top_least(shape, from);

    for (uint32_t i = 0; i < into->used; i++) {
        struct entry *entry = entry_at(shape, into, i);
        const struct entry *other = find(shape, from, entry);

        count_up(&entry->count, other ? other->count : from_least);
        count_up(&entry->error, other ? other->error : from_least);
    }
    for (uint32_t i = 0; i < from->used; i++) {
        const struct entry *other = entry_at(shape, from, i);
        uint64_t count = other->count;
        struct entry *entry;

        count_up(&count, into_least);

        if (find(shape, into, other))
            continue;
        into->least = top_least(shape, into);
        if (into->used == shape->entries && count <= into->least)
            continue;
        entry = take_entry(shape, into, other->hash, shape->texts ? 0 : other->number,
                           text_of(shape, other),
                           find_slot(shape, into, other->hash, shape->texts ? 0 : other->number,
                                     text_of(shape, other)));
        entry->count = count;
        entry->error = other->error;
        count_up(&entry->error, into_least);
    }
    into->least = top_least(shape, into);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool ranks_before(const struct entry *one, const struct entry *other)
{
    return one->count != other->count ? one->count > other->count : one->hash < other->hash;
}

/* By selection: `count` is small. */
uint32_t top_get(const struct top_shape *shape, const struct top *top, struct top_item *items,
                 uint32_t count)
{
    const struct entry *last = NULL;
    uint32_t given = 0;

    for (; given < count && given < top->used; given++) {
        const struct entry *best = NULL;

        for (uint32_t i = 0; i < top->used; i++) {
            const struct entry *entry = entry_at(shape, top, i);

            if ((!last || ranks_before(last, entry)) && (!best || ranks_before(entry, best)))
                best = entry;
        }
        if (!best)
            break;
        items[given] = (struct top_item){best->count, best->error, shape->texts ? 0 : best->number,
                                         text_of(shape, best)};
        last = best;
    }
    return given;
}

/* ---- the portable form ----------------------------------------------------------------------- */

size_t top_portable_max(const struct top_shape *shape)
{
    size_t value = shape->texts ? TEXT_BYTES : PORTABLE_NUMBER_MAX;

    return PORTABLE_HEAD + 3 * PORTABLE_NUMBER_MAX +
           (size_t)shape->entries * (8 + 2 * PORTABLE_NUMBER_MAX + value);
}

static uint8_t *put_hash(uint8_t *at, uint64_t hash)
{
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)(hash >> 8 * i);
    return at;
}

size_t top_write(const struct top_shape *shape, const struct top *top, uint8_t *out)
{
    uint8_t *at = portable_head(out, 'T', PORTABLE_VERSION);

    at = portable_put(at, shape->entries);
    at = portable_put(at, shape->texts);
    at = portable_put(at, top->used);
    for (uint32_t i = 0; i < top->used; i++) {
        const struct entry *entry = entry_at(shape, top, i);

        at = put_hash(at, entry->hash);
        at = portable_put(at, entry->count);
        at = portable_put(at, entry->error);
        if (!shape->texts) {
            at = portable_put(at, entry->number);
            continue;
        }
        at = portable_put(at, entry->text.length);
        memcpy(at, entry->text.bytes, entry->text.length);
        at += entry->text.length;
    }
    return (size_t)(at - out);
}

static void read_entry(const struct top_shape *shape, struct portable *from, struct top *top)
{
    const uint8_t *hash_bytes = portable_take_bytes(from, 8);
    uint64_t hash = 0, count = portable_take(from), error = portable_take(from), number = 0;
    struct text text = {0};
    struct entry *entry;
    uint32_t slot;

    for (int i = 0; hash_bytes && i < 8; i++)
        hash |= (uint64_t)hash_bytes[i] << 8 * i;
    if (shape->texts) {
        uint64_t length = portable_take(from);

        from->damaged |= length > TOP_TEXT_MAX;
        text.length = (uint32_t)length;
        text.bytes = (const char *)portable_take_bytes(from, text.length);
    } else {
        number = portable_take(from);
    }
    if (from->damaged)
        return;
    slot = find_slot(shape, top, hash, number, text);
    if (slots_of(top)[slot]) { /* the same value twice */
        from->damaged = true;
        return;
    }
    entry = take_entry(shape, top, hash, number, text, slot);
    entry->count = count;
    entry->error = error;
}

int top_read(const struct top_shape *shape, const uint8_t *bytes, size_t length,
             struct top *ret_top)
{
    struct portable from = portable_open(bytes, length, 'T', PORTABLE_VERSION);
    uint64_t used;

    if (portable_take(&from) != shape->entries || portable_take(&from) != shape->texts)
        return -EINVAL;
    used = portable_take(&from);
    if (used > shape->entries)
        return -EINVAL;
    for (uint64_t i = 0; i < used && !from.damaged; i++)
        read_entry(shape, &from, ret_top);
    ret_top->least = top_least(shape, ret_top);
    return portable_whole(&from) ? 0 : -EINVAL;
}
