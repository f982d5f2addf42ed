// SPDX-License-Identifier: Apache-2.0

/* Names are hashed, too: a struct with other members of the same sizes is a different one. */

#include "source/record_layout.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "record/schema.h"
#include "source/source.h"

static uint64_t add_number(uint64_t hash, uint64_t number)
{
    return XXH3_64bits_withSeed(&number, sizeof(number), hash);
}

static uint64_t add_text(uint64_t hash, const char *text)
{
    return XXH3_64bits_withSeed(text ? text : "", text ? strlen(text) : 0, hash);
}

/* Recursion is bounded by the depth of C structs. */
static uint64_t add_field(uint64_t hash, const struct field *field)
{
    uint32_t parts = field->kind == FIELD_ARRAY ? 1 : field->n_members;

    hash = add_text(hash, field->name);
    hash = add_number(hash, (uint64_t)field->kind << 1 | field->is_signed);
    hash = add_number(hash, (uint64_t)field->bits << 8 | field->shift);
    hash = add_number(hash, (uint64_t)field->offset << 32 | field->size);
    hash = add_number(hash, (uint64_t)field->count << 32 | field->stride);
    for (uint32_t i = 0; field->members && i < parts; i++)
        hash = add_field(hash, &field->members[i]);
    return hash;
}

static uint64_t add_type(uint64_t hash, const struct stream_type *type)
{
    hash = add_number(hash, (uint64_t)type->value);
    hash = add_number(hash, type->schema->size);
    for (uint32_t i = 0; i < type->schema->n_fields; i++)
        hash = add_field(hash, &type->schema->fields[i]);
    return hash;
}

static uint64_t add_stream(uint64_t hash, const struct stream *stream)
{
    hash = add_text(hash, stream->name);
    hash = add_number(hash, (uint64_t)stream->selector);
    if (stream->selector == STREAM_BY_FIELD)
        hash = add_field(hash, &stream->selected_by);
    for (uint32_t i = 0; i < stream->n_types; i++)
        hash = add_type(hash, &stream->types[i]);
    return hash;
}

uint64_t record_layout(const struct source *source)
{
    uint64_t hash = add_number(0, source->n_streams);

    for (uint32_t i = 0; i < source->n_streams; i++)
        hash = add_stream(hash, &source->streams[i]);
    return hash;
}
