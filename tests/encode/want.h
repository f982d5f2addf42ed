// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What one value has to be in JSON, worked out in other ways than the daemon's: dates, addresses
 * and names by the C library, texts by code points. Each ends the program when it is something
 * else. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/schema.h"

/* What is added to CLOCK_MONOTONIC. */
#define TRUTH_WALL  INT64_C(1795385800000000000)
#define TRUTH_SLEPT INT64_C(7000000001)

/* What is being looked at, for the message. */
extern const char *now_at;
extern const char *now_text;

void lie(const char *expected);

void want_null(json_object *value);
void want_text(json_object *value, const char *expected, size_t length);
void want_words(json_object *value, const char *expected);
void want_string(json_object *value, const uint8_t *bytes, size_t length);
void want_list(json_object *value, const uint8_t *bytes, size_t length);
void want_float(json_object *value, double expected);
void want_integer(json_object *value, const struct field *field, enum field_meaning meaning,
                  uint64_t bits);
/* As ls(1) shows a mode. */
void want_mode_name(json_object *value, uint64_t mode);
void want_bytes(json_object *value, const struct field *field, enum field_meaning meaning,
                const uint8_t *at);
/* False: the bytes together are no one value of that meaning. */
bool want_raw(json_object *value, const struct field *field, enum field_meaning meaning,
              const uint8_t *at, size_t length);

/* A text as escape.h promises it once it is read back; out has room for 4 * length + 1. */
size_t spell(const uint8_t *bytes, size_t length, char *out);
