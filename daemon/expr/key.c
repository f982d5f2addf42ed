// SPDX-License-Identifier: Apache-2.0

/* Hashing goes over one column after the other, each part's hash being the seed of the next. A key
 * of nothing but numbers and short names is packed meanwhile into the very words that would be
 * stored, since those are few and at hand; another one is never put together from its values just
 * to be looked up, and equality goes over the parts. So a record whose key is known costs one hash
 * and one comparison. */

#include "expr/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "expr/handler_expr.h"
#include "expr/operand_load.h"
#include "expr/short_text.h"

enum part_kind {
    PART_INTEGER,
    PART_FLOAT,
    PART_NAME, /* a text in the sample, in a field of a few bytes: read there, without a column */
    PART_TEXT,
};

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

/* How a text is in a stored key. */
struct stored_text {
    uint32_t length; /* of all of it */
    char bytes[KEY_TEXT_MAX];
};

struct key {
    uint64_t seed;
    size_t size;
    bool is_packed;
    uint32_t step;   /* words of a packed key */
    uint64_t *words; /* by the view's index: which parts are null, and the values */
    uint32_t n_parts;
    struct part parts[];
};

static enum part_kind kind_of(const struct expr *expr)
{
    const struct field *result = expr_result(expr), *field = expr_text_field(expr);

    if (result->kind == FIELD_FLOAT)
        return PART_FLOAT;
    if (result->kind != FIELD_CHARS && result->kind != FIELD_BYTES)
        return PART_INTEGER;
    return field && field->size >= WORDS_FIELD_LEAST && field->size <= WORDS_BYTES ? PART_NAME
                                                                                   : PART_TEXT;
}

/* A text of a known size, such as char path[32], takes no more than that. */
static size_t set_room(struct part *part)
{
    uint32_t size = expr_result(part->expr)->size;

    if (part->kind == PART_NAME)
        return sizeof(struct words);
    if (part->kind != PART_TEXT)
        return sizeof(uint64_t);
    part->room = size > 0 && size < KEY_TEXT_MAX ? size : KEY_TEXT_MAX;
    return (offsetof(struct stored_text, bytes) + part->room + 7) / 8 * 8;
}

/* Beside texts of any length no key is packed, and a name is a text, too. */
static void set_places(struct key *key)
{
    key->is_packed = true;
    for (uint32_t i = 0; i < key->n_parts; i++) {
        key->parts[i].kind = kind_of(key->parts[i].expr);
        key->is_packed &= key->parts[i].kind != PART_TEXT;
    }
    key->size = sizeof(uint64_t); /* which are null */
    for (uint32_t i = 0; i < key->n_parts; i++) {
        struct part *part = &key->parts[i];

        if (part->kind == PART_NAME && !key->is_packed)
            part->kind = PART_TEXT;
        part->offset = (uint32_t)key->size;
        key->size += set_room(part);
    }
    key->step = key->is_packed ? (uint32_t)(key->size / sizeof(uint64_t)) : 1;
}

void key_free(struct key *key)
{
    if (!key)
        return;
    for (uint32_t i = 0; i < key->n_parts; i++)
        expr_free(key->parts[i].expr);
    free(key->words);
    free(key);
}

void key_add_failures(const struct key *key, struct expr_failures *sum)
{
    for (uint32_t i = 0; i < key->n_parts; i++)
        expr_add_failures(key->parts[i].expr, sum);
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
    for (uint32_t i = 0; i < by->count; i++) {
        struct expr_error error;
        int compiled = expr_compile_value(by->items[i], scope, &error, &key->parts[i].expr);

        key->n_parts++;
        if (compiled < 0) {
            expr_report(&error, by->nodes[i], diag);
            result = compiled;
        }
    }
    if (result < 0)
        return result;
    set_places(key);
    key->words = calloc((size_t)BATCH_MAX * key->step, sizeof(*key->words));
    if (!key->words)
        return -ENOMEM;
    *ret_key = TAKE_PTR(key);
    return 0;
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

/* What the loops below need of key and batch, in locals of theirs: each store might else change it.
 * They are not inlined, so that they have all registers. The first word of a packed key says which
 * parts are null: a bit for each. */
struct sweep {
    const uint16_t *selection;
    uint32_t n;
    uint32_t step;
    uint64_t *words;
    uint64_t *hashes;
    uint64_t seed;
    uint64_t bit;   /* the part's */
    uint32_t place; /* of the part in a packed key */
};

#define NOINLINE __attribute__((noinline)) static

static struct sweep sweep_of(const struct key *key, uint32_t part, const struct batch *batch,
                             uint64_t *hashes)
{
    return (struct sweep){
        .selection = batch->selection,
        .n = batch->selected,
        .step = key->step,
        .words = key->words,
        .hashes = hashes,
        .seed = key->seed,
        .bit = UINT64_C(1) << part,
        .place = key->parts[part].offset / (uint32_t)sizeof(uint64_t),
    };
}

/* The first part finds nothing there yet. */
static inline uint64_t begin(const struct sweep *sweep, uint32_t index, uint64_t *packed)
{
    if (sweep->bit != 1)
        return sweep->hashes[index];
    *packed = 0;
    return sweep->seed;
}

NOINLINE uint64_t add_null(const struct sweep *sweep, uint64_t seed, uint64_t *packed)
{
    *packed |= sweep->bit;
    return XXH3_64bits_withSeed(&null_salt, sizeof(null_salt), seed);
}

static inline uint64_t hash_text(struct text text, uint64_t seed)
{
    if (text.length > WORDS_BYTES)
        return XXH3_64bits_withSeed(text.bytes, text.length, seed);
    return words_hash(words_of(text.bytes, text.length), seed);
}

NOINLINE void hash_texts(const struct part *part, const struct sweep sweep)
{
    for (uint32_t i = 0; i < sweep.n; i++) {
        uint32_t index = sweep.selection[i];
        uint64_t *packed = &sweep.words[(size_t)index * sweep.step];
        uint64_t seed = begin(&sweep, index, packed);

        sweep.hashes[index] = column_is_null(&part->values, index)
                                  ? add_null(&sweep, seed, packed)
                                  : hash_text(part->values.texts[index], seed);
    }
}

NOINLINE void hash_numbers(const struct part *part, bool is_packed, const struct sweep sweep)
{
    for (uint32_t i = 0; i < sweep.n; i++) {
        uint32_t index = sweep.selection[i];
        uint64_t *packed = &sweep.words[(size_t)index * sweep.step], bits = 0;
        uint64_t hash = begin(&sweep, index, packed);

        if (column_is_null(&part->values, index)) {
            hash = add_null(&sweep, hash, packed);
        } else {
            bits = number(part, index);
            hash = XXH3_64bits_withSeed(&bits, sizeof(bits), hash);
        }
        sweep.hashes[index] = hash;
        if (is_packed)
            packed[sweep.place] = bits;
    }
}

/* A text that the sample ends in. */
NOINLINE struct words cut_words(const struct field *field, const struct ringmill_view *view)
{
    char cut[LOAD_CUT_BYTES];

    return words_until_nul(load_cut(field, view, cut), LOAD_CUT_BYTES);
}

ALWAYS_INLINE void names_loop(const struct field *field, const struct ringmill_view *views,
                              const struct sweep sweep, bool ends)
{
    const uint32_t offset = field->offset, size = field->size, end = offset + size;

    for (uint32_t i = 0; i < sweep.n; i++) {
        uint32_t index = sweep.selection[i];
        const char *at = (const char *)views[index].data + offset;
        uint64_t *packed = &sweep.words[(size_t)index * sweep.step];
        uint64_t hash = begin(&sweep, index, packed);
        struct words words = {0};

        if (views[index].length >= end) {
            words = ends ? words_until_nul(at, size) : words_in(at, size);
            hash = words_hash(words, hash);
        } else if (ends && views[index].length > offset) {
            words = cut_words(field, &views[index]);
            hash = words_hash(words, hash);
        } else {
            hash = add_null(&sweep, hash, packed);
        }
        sweep.hashes[index] = hash;
        packed[sweep.place] = words.low;
        packed[sweep.place + 1] = words.high;
    }
}

NOINLINE void hash_names(const struct field *field, const struct ringmill_view *views,
                         const struct sweep sweep)
{
    names_loop(field, views, sweep, true);
}

NOINLINE void hash_bytes(const struct field *field, const struct ringmill_view *views,
                         const struct sweep sweep)
{
    names_loop(field, views, sweep, false);
}

static void hash_part(struct key *key, uint32_t i, const struct batch *batch, uint64_t *hashes)
{
    const struct sweep sweep = sweep_of(key, i, batch, hashes);
    const struct field *field = expr_text_field(key->parts[i].expr);
    struct part *part = &key->parts[i];

    if (part->kind != PART_NAME)
        expr_values(part->expr, batch, &part->values);
    if (part->kind == PART_TEXT)
        hash_texts(part, sweep);
    else if (part->kind != PART_NAME)
        hash_numbers(part, key->is_packed, sweep);
    else if (field->kind == FIELD_CHARS)
        hash_names(field, batch->views, sweep);
    else
        hash_bytes(field, batch->views, sweep);
}

void key_hash(struct key *key, const struct batch *batch, uint64_t hashes[BATCH_MAX])
{
    for (uint32_t i = 0; i < key->n_parts; i++)
        hash_part(key, i, batch, hashes);
}

/* ---- stored keys ----------------------------------------------------------------------------- */

struct packed_keys key_packed(const struct key *key)
{
    return key->is_packed ? (struct packed_keys){key->words, key->step} : (struct packed_keys){0};
}

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
    const struct packed_keys packed = key_packed(key);
    uint64_t null = *(const uint64_t *)stored;

    if (packed.words)
        return packed_key_equal(&packed, packed.step, index, stored);
    if (null != key->words[(size_t)index * key->step])
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

static struct text name_of(const struct part *part, const char *stored)
{
    const struct field *field = expr_text_field(part->expr);
    size_t length = field->kind == FIELD_CHARS ? strnlen(stored, field->size) : field->size;

    return (struct text){stored, (uint32_t)length};
}

void key_fetch(const struct key *key, uint32_t part, const void *stored, uint32_t index,
               struct column *ret_values)
{
    const struct part *of = &key->parts[part];
    const char *at = (const char *)stored + of->offset;
    const struct stored_text *text = (const struct stored_text *)at;

    column_set_null(ret_values, index, *(const uint64_t *)stored >> part & 1);
    if (of->kind == PART_NAME)
        ret_values->texts[index] = name_of(of, at);
    else if (of->kind != PART_TEXT)
        ret_values->integers[index] = *(const uint64_t *)at; /* of a float: the same bits */
    else if (text->length <= of->room)
        ret_values->texts[index] = (struct text){text->bytes, text->length};
    else
        ret_values->texts[index] = (struct text){
            text->bytes, of->room < KEY_TEXT_MAX ? of->room : KEY_TEXT_MAX - DIGEST_BYTES};
}

void key_store(const struct key *key, uint32_t index, void *ret_stored)
{
    uint64_t null = key->words[(size_t)index * key->step];

    if (key->is_packed) {
        memcpy(ret_stored, &key->words[(size_t)index * key->step], key->size);
        return;
    }
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
