// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Random schemas of all kinds and meanings, and random and hostile records of all lengths. */

#include "record/column.h"
#include "record/schema.h"

enum { RECORD_COLUMNS_MAX = 16, RECORD_TEXT_MAX = 64 };

struct record {
    uint32_t length;
    uint8_t *bytes; /* of exactly that length, so that a read behind it is found */
    struct column columns[RECORD_COLUMNS_MAX];
    char texts[RECORD_COLUMNS_MAX][RECORD_TEXT_MAX]; /* behind the columns */
};

void random_seed(uint64_t seed); /* its lower 48 bits */
uint32_t random_roll(uint32_t sides);

/* The caller frees it. */
struct schema *random_schema(void);

/* Fills all of *record; the caller frees its bytes. */
void random_record(const struct schema *schema, struct record *record);
