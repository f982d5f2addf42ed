// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Several values as one key, as in `by: [comm, net(saddr, 24)]`. For a whole batch the values are
 * computed and hashed, column by column; a key is then compared in place with one that was stored
 * before, and its bytes are copied only when it is stored itself. Null is a value like any other.
 *
 *     stored   [which are null][number][number][length, bytes of a text]...    of one fixed size
 *
 * A text longer than the room for it is stored as its beginning and a 128-bit hash of all of it.
 *
 * A key serves one thread at a time. It takes no memory after it is open. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/setting.h"
#include "expr/expr.h"

enum {
    KEY_PARTS_MAX = 16,
    KEY_TEXT_MAX = 128, /* bytes of each text that a stored key holds in full */
};

struct key;

/* seed goes into all hashes; a fixed one makes them the same in every process, and key_seed() makes
 * a random one, so that nobody can aim records at one bucket. scope is borrowed during the
 * call. 0 and a key that the caller owns; -EINVAL or -ENOMEM after a message in diag. */
int key_open(const struct setting_texts *by, const struct expr_scope *scope, uint64_t seed,
             struct diag *diag, struct key **ret_key);
/* Accepts NULL. */
void key_free(struct key *key);
DEFINE_CLEANUP(struct key, key_free);
/* A random seed for key_open(). */
uint64_t key_seed(void);

/* Adds the failures of its expressions to the sum. Any thread. */
void key_add_failures(const struct key *key, struct expr_failures *sum);

/* Computes the key of each selected view. hashes are by the view's index. */
void key_hash(struct key *key, const struct batch *batch, uint64_t hashes[BATCH_MAX]);

/* Bytes of a stored key; a multiple of 8. */
size_t key_size(const struct key *key);

/* The keys of a batch as they would be stored, where a key is only numbers and short names: `step`
 * words for each view, at least two, by the view's index. Else words is NULL. */
struct packed_keys {
    const uint64_t *words;
    uint32_t step;
};

/* The words that the last key_hash() left. */
struct packed_keys key_packed(const struct key *key);

/* key_equal() of such a key. Loops over records give `step` as a constant where it is 2 or 3, which
 * is one number or one name: that leaves no loop here. */
static inline bool packed_key_equal(const struct packed_keys *packed, uint32_t step, uint32_t index,
                                    const void *stored)
{
    const uint64_t *words = packed->words + (size_t)index * packed->step, *other = stored;
    uint64_t differ = (words[0] ^ other[0]) | (words[1] ^ other[1]);

    if (step > 2)
        differ |= words[2] ^ other[2];
    for (uint32_t i = 3; i < step; i++)
        differ |= words[i] ^ other[i];
    return differ == 0;
}

/* How many values a key has. */
uint32_t key_parts(const struct key *key);
/* What the value is, as expr_result() says it. */
const struct field *key_field(const struct key *key, uint32_t part);
/* Reads the value of a stored key into the column at index. A text points into the stored key; of
 * one that is longer than KEY_TEXT_MAX only the beginning is known. */
void key_fetch(const struct key *key, uint32_t part, const void *stored, uint32_t index,
               struct column *ret_values);

/* Whether the key of the view of that index is the stored one. Call after key_hash() for the same
 * batch. Stored keys are aligned for a uint64_t. */
bool key_equal(const struct key *key, uint32_t index, const void *stored);
/* Stores the key of the view of that index: key_size() bytes. As key_equal(). */
void key_store(const struct key *key, uint32_t index, void *ret_stored);
