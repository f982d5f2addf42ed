// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A row as bytes for other machines: which group of which window it is, and the states of its
 * values; all that is needed to merge it with others, whatever the row itself looks like. Its form
 * is in docs/sketches.md. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate/groups.h"
#include "aggregate/value.h"
#include "base/clock.h"
#include "record/batch.h"

enum {
    ROW_FORM_MAX = 40 * 1024, /* bytes; in base64 they fit into an event of 64 KiB */
    ROW_FORM_NAME_MAX = 64,
    ROW_FORM_CALL_MAX = 1024,
    ROW_FORM_BYTES_MAX = 64, /* of a value that is bytes: an address, a number of 128 bits */
};

/* What is the same in all rows of an aggregate. All is borrowed. */
struct row_form_head {
    const char *source;
    const struct schema *schema; /* of the rows: the key's parts are from column 2 on */
    uint32_t n_keys;
    const struct value *values;
    uint32_t n_values;
    const struct wall_offset *wall;
    bool overlaps; /* a record may be in several rows of a group: windows hop, or run on */
};

struct row_form_window {
    int64_t start, end; /* ns since 1970 */
    bool partial;
};

/* Bytes at most. */
size_t row_form_max(const struct row_form_head *head);
/* Of a row whose columns are filled. Returns the bytes. */
size_t row_form_write(const struct row_form_head *head, const struct row_form_window *window,
                      const struct group *group, const struct column *columns, uint32_t row,
                      uint8_t *out);

/* ---- reading --------------------------------------------------------------------------------- */

struct row_form_key {
    char name[ROW_FORM_NAME_MAX + 1];
    struct field field; /* a column's */
    bool null;
    uint64_t bits;
    struct text text;
};

struct row_form_value {
    char name[ROW_FORM_NAME_MAX + 1];
    char call[ROW_FORM_CALL_MAX + 1];
    bool has_argument;
    struct field argument;
    uint32_t shares; /* N: the state of value N - 1; 0: it has its own */
    struct text form;
};

struct row_form {
    char source[ROW_FORM_NAME_MAX + 1];
    struct row_form_window window;
    bool other, overlaps;
    uint32_t n_keys, n_values;
    struct row_form_key keys[KEY_PARTS_MAX];
    struct row_form_value values[VALUES_MAX];
};

/* Texts point into the bytes. 0; -EPROTO: it is of another version; -EINVAL: it is damaged. */
int row_form_read(const uint8_t *bytes, size_t length, struct row_form *ret_form);
