// SPDX-License-Identifier: Apache-2.0

/* A key is never put together from its values just to be looked up: hashing goes over one column
 * after the other, each part's hash being the seed of the next, and equality goes over the parts.
 * So a record whose key is known costs one hash and one comparison, and no copy. */

#include "expr/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "expr/host.h"

enum part_kind { PART_INTEGER, PART_FLOAT, PART_TEXT };

enum { DIGEST_BYTES = sizeof(XXH128_hash_t) };

/* What null hashes to; any other number would do. */
static const uint64_t null_salt = UINT64_C(0x9e3779b97f4a7c15);

struct part {
    struct expr *expr;
    enum part_kind kind;
    uint32_t offset; /* in a stored key */
    uint32_t room;   /* of a text: bytes that a stored key has for it */
    struct column values;
};

/* How a text stands in a stored key. */
struct stored_text {
    uint32_t length; /* of all of it */
    char bytes[KEY_TEXT_MAX];
};

struct key {
    uint64_t seed;
    size_t size;
    uint64_t nulls[BATCH_MAX]; /* by the view's index: a bit for each part */
    uint32_t n_parts;
    struct part parts[];
};

static enum part_kind kind_of(const struct field *field)
{
    if (field->kind == FIELD_FLOAT)
        return PART_FLOAT;
    return field->kind == FIELD_CHARS || field->kind == FIELD_BYTES ? PART_TEXT : PART_INTEGER;
}

/* A text of a known size, such as char comm[16], takes no more than that. */
static size_t set_room(struct part *part)
{
    uint32_t size = expr_result(part->expr)->size;

    if (part->kind != PART_TEXT)
        return sizeof(uint64_t);
    part->room = size > 0 && size < KEY_TEXT_MAX ? size : KEY_TEXT_MAX;
    return (offsetof(struct stored_text, bytes) + part->room + 7) / 8 * 8;
}

void key_free(struct key *key)
{
    if (!key)
        return;
    for (uint32_t i = 0; i < key->n_parts; i++)
        expr_free(key->parts[i].expr);
    free(key);
}

int key_open(const struct setting_texts *by, const struct expr_scope *scope, uint64_t seed,
             struct diag *diag, struct key **ret_key)
{
    _cleanup_(cleanup_key_free) struct key *key =
        calloc(1, sizeof(*key) + by->count * sizeof(*key->parts));
    int result = 0;

    if (!key)
        return -ENOMEM;
    key->seed = seed;
    key->size = sizeof(uint64_t); /* which are null */
    for (uint32_t i = 0; i < by->count; i++) {
        struct part *part = &key->parts[i];
        struct expr_error error;
        int compiled = expr_compile_value(by->items[i], scope, &error, &part->expr);

        key->n_parts++;
        if (compiled < 0) {
            expr_report(&error, by->nodes[i], diag);
            result = compiled;
            continue;
        }
        part->kind = kind_of(expr_result(part->expr));
        part->offset = (uint32_t)key->size;
        key->size += set_room(part);
    }
    if (result == 0)
        *ret_key = TAKE_PTR(key);
    return result;
}

uint64_t key_seed(void)
{
    uint64_t seed;

    /* early in the boot the kernel may have none yet: better a weak one than to wait */
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
        seed = (uint64_t)clock_realtime() * null_salt;
    return seed;
}

size_t key_size(const struct key *key)
{
    return key->size;
}

/* ---- hashing --------------------------------------------------------------------------------- */

/* Values that compare as equal have the same bits. */
static uint64_t number(const struct part *part, uint32_t index)
{
    double value;
    uint64_t bits;

    if (part->kind == PART_INTEGER)
        return part->values.integers[index];
    value = part->values.floats[index] + 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* Most texts are names of a few letters, for which a call costs more than the work: those are
 * looked at as two numbers, which overlap, and with the length say which text it is. */
enum { WORDS_BYTES = 16 };

struct words {
    uint64_t low, high;
};

static inline struct words words_of(const char *bytes, uint32_t length)
{
    struct words words = {0};
    uint32_t low, high;

    if (length >= 8) {
        memcpy(&words.low, bytes, 8);
        memcpy(&words.high, bytes + length - 8, 8);
    } else if (length >= 4) {
        memcpy(&low, bytes, 4);
        memcpy(&high, bytes + length - 4, 4);
        words = (struct words){low, high};
    } else if (length > 0) {
        words.low = (uint64_t)(uint8_t)bytes[0] << 16 | (uint64_t)(uint8_t)bytes[length / 2] << 8 |
                    (uint8_t)bytes[length - 1];
    }
    return words;
}

/* As XXH3 does it: both halves of a 128-bit product. */
static inline uint64_t hash_words(uint64_t low, uint64_t high, uint64_t seed)
{
    unsigned __int128 product = (unsigned __int128)(low ^ seed) *
                                (high ^ UINT64_C(0xa0761d6478bd642f) ^ (seed << 32 | seed >> 32));

    return XXH64_avalanche((uint64_t)product ^ (uint64_t)(product >> 64));
}

static inline uint64_t hash_text(struct text text, uint64_t seed)
{
    struct words words;

    if (text.length > WORDS_BYTES)
        return XXH3_64bits_withSeed(text.bytes, text.length, seed);
    words = words_of(text.bytes, text.length);
    return hash_words(words.low + text.length, words.high, seed);
}

static void hash_part(const struct part *part, uint64_t bit, const struct batch *batch,
                      uint64_t *hashes, uint64_t *nulls)
{
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t index = batch->selection[i];
        uint64_t *hash = &hashes[index];

        if (column_is_null(&part->values, index)) {
            *hash = XXH3_64bits_withSeed(&null_salt, sizeof(null_salt), *hash);
            nulls[index] |= bit;
        } else if (part->kind == PART_TEXT) {
            *hash = hash_text(part->values.texts[index], *hash);
        } else {
            uint64_t bits = number(part, index);

            *hash = XXH3_64bits_withSeed(&bits, sizeof(bits), *hash);
        }
    }
}

void key_hash(struct key *key, const struct batch *batch, uint64_t hashes[BATCH_MAX])
{
    for (uint32_t i = 0; i < batch->selected; i++) {
        hashes[batch->selection[i]] = key->seed;
        key->nulls[batch->selection[i]] = 0;
    }
    for (uint32_t i = 0; i < key->n_parts; i++) {
        struct part *part = &key->parts[i];

        expr_values(part->expr, batch, &part->values);
        hash_part(part, UINT64_C(1) << i, batch, hashes, key->nulls);
    }
}

/* ---- stored keys ----------------------------------------------------------------------------- */

static inline bool same_bytes(const char *one, const char *other, uint32_t length)
{
    struct words a, b;

    if (length > WORDS_BYTES)
        return memcmp(one, other, length) == 0;
    a = words_of(one, length);
    b = words_of(other, length);
    return ((a.low ^ b.low) | (a.high ^ b.high)) == 0;
}

static bool text_equal(const struct key *key, const struct part *part, struct text text,
                       const struct stored_text *stored)
{
    const uint32_t kept = KEY_TEXT_MAX - DIGEST_BYTES;
    XXH128_hash_t digest;

    if (text.length != stored->length)
        return false;
    if (text.length <= part->room)
        return same_bytes(text.bytes, stored->bytes, text.length);
    if (part->room < KEY_TEXT_MAX)
        return memcmp(text.bytes, stored->bytes, part->room) == 0; /* no such text comes */
    digest = XXH3_128bits_withSeed(text.bytes, text.length, key->seed);
    return memcmp(text.bytes, stored->bytes, kept) == 0 &&
           memcmp(&digest, stored->bytes + kept, sizeof(digest)) == 0;
}

static void text_store(const struct key *key, const struct part *part, struct text text,
                       struct stored_text *stored)
{
    const uint32_t kept = KEY_TEXT_MAX - DIGEST_BYTES;
    XXH128_hash_t digest;

    stored->length = text.length;
    if (text.length <= part->room || part->room < KEY_TEXT_MAX) {
        memcpy(stored->bytes, text.bytes, text.length < part->room ? text.length : part->room);
        return;
    }
    digest = XXH3_128bits_withSeed(text.bytes, text.length, key->seed);
    memcpy(stored->bytes, text.bytes, kept);
    memcpy(stored->bytes + kept, &digest, sizeof(digest));
}

bool key_equal(const struct key *key, uint32_t index, const void *stored)
{
    uint64_t null = *(const uint64_t *)stored;

    if (null != key->nulls[index])
        return false;
    for (uint32_t i = 0; i < key->n_parts; i++) {
        const struct part *part = &key->parts[i];
        const char *at = (const char *)stored + part->offset;

        if (null >> i & 1)
            continue;
        if (part->kind == PART_TEXT
                ? !text_equal(key, part, part->values.texts[index], (const struct stored_text *)at)
                : number(part, index) != *(const uint64_t *)at)
            return false;
    }
    return true;
}

uint32_t key_parts(const struct key *key)
{
    return key->n_parts;
}

const struct field *key_field(const struct key *key, uint32_t part)
{
    return expr_result(key->parts[part].expr);
}

void key_fetch(const struct key *key, uint32_t part, const void *stored, uint32_t index,
               struct column *ret_values)
{
    const struct part *of = &key->parts[part];
    const char *at = (const char *)stored + of->offset;
    const struct stored_text *text = (const struct stored_text *)at;

    column_set_null(ret_values, index, *(const uint64_t *)stored >> part & 1);
    if (of->kind != PART_TEXT)
        ret_values->integers[index] = *(const uint64_t *)at; /* of a float: the same bits */
    else if (text->length <= of->room)
        ret_values->texts[index] = (struct text){text->bytes, text->length};
    else
        ret_values->texts[index] = (struct text){
            text->bytes, of->room < KEY_TEXT_MAX ? of->room : KEY_TEXT_MAX - DIGEST_BYTES};
}

void key_store(const struct key *key, uint32_t index, void *ret_stored)
{
    uint64_t null = key->nulls[index];

    *(uint64_t *)ret_stored = null;
    for (uint32_t i = 0; i < key->n_parts; i++) {
        const struct part *part = &key->parts[i];
        char *at = (char *)ret_stored + part->offset;

        if (null >> i & 1)
            continue;
        if (part->kind == PART_TEXT)
            text_store(key, part, part->values.texts[index], (struct stored_text *)at);
        else
            *(uint64_t *)at = number(part, index);
    }
}
