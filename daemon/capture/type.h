// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A type of records as a capture describes it: a schema, its source and its label. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "record/schema.h"

struct capture_type {
    uint32_t tag; /* the second word of its records */
    struct schema *schema;
    const char *source; /* kept by the schema, as is the label */
    const char *label;  /* NULL: its events have no type label */
    bool lost_unknown;  /* the source may have lost records that the capture does not count */
};

/* The description, to be written as a CAPTURE_TYPE record. label may be NULL; flags are of enum
 * capture_type_flag. The tag follows from all the rest, so the same type has the same tag in every
 * file. The caller frees *ret_bytes. 0, -ENOMEM, or -EINVAL and a sentence: a schema that a capture
 * cannot hold. */
int capture_type_write(const struct schema *schema, const char *source, const char *label,
                       uint32_t flags, struct error *error, void **ret_bytes, uint32_t *ret_size,
                       uint32_t *ret_tag);

/* Reads a description, which may hold any bytes: what it returns is a tree within bounds. The
 * caller frees the schema. 0, -ENOMEM, or -EBADMSG and a sentence. */
int capture_type_read(const void *bytes, size_t size, struct error *error,
                      struct capture_type *ret_type);
