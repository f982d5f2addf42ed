// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Schemas and files for the tests of captures. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/capture.h"
#include "capture/capture_writer.h"
#include "record/batch.h"
#include "record/schema.h"
#include "sink/capture_encoder.h"

static const struct enum_name sample_names[] = {{"RED", 1}, {"GREEN", -2}, {"BLUE", 1LL << 40}};

/* struct inner { u32 x : 3; u8 y[4]; } at offset 32 */
static const struct field sample_inner[] = {
    {.name = "x", .kind = FIELD_UINT, .bits = 3, .shift = 5, .offset = 32, .size = 1},
    {.name = "y",
     .kind = FIELD_BYTES,
     .meaning = MEANING_IPV4,
     .offset = 36,
     .size = 4,
     .type_name = "__be32"},
};
static const struct field sample_element[] = {
    {.name = "",
     .kind = FIELD_STRUCT,
     .offset = 32,
     .size = 8,
     .n_members = 2,
     .members = sample_inner,
     .type_name = "struct inner"},
};
static const struct field sample_union[] = {
    {.name = "f", .kind = FIELD_FLOAT, .offset = 48, .size = 8},
    {.name = "p", .kind = FIELD_POINTER, .offset = 48, .size = 8},
};
static const struct field sample_tail[] = {
    {.name = "", .kind = FIELD_INT, .is_signed = true, .offset = 64, .size = 2}};

/* One of every kind. */
static const struct field sample_fields[] = {
    {.name = "ktime", .kind = FIELD_UINT, .meaning = MEANING_KTIME, .offset = 0, .size = 8},
    {.name = "state",
     .kind = FIELD_ENUM,
     .is_signed = true,
     .offset = 8,
     .size = 8,
     .names = sample_names,
     .n_names = 3,
     .type_name = "enum state"},
    {.name = "comm", .kind = FIELD_CHARS, .offset = 16, .size = 8},
    {.name = "path", .kind = FIELD_TEXT, .offset = 24, .size = 4},
    {.name = "args", .kind = FIELD_TEXTS, .offset = 28, .size = 4},
    {.name = "list",
     .kind = FIELD_ARRAY,
     .offset = 32,
     .size = 16,
     .count = 2,
     .stride = 8,
     .members = sample_element},
    {.name = "both",
     .kind = FIELD_UNION,
     .offset = 48,
     .size = 8,
     .n_members = 2,
     .members = sample_union},
    {.name = "yes", .kind = FIELD_BOOL, .offset = 56, .size = 1},
    {.name = "tail",
     .kind = FIELD_ARRAY,
     .offset = 64,
     .size = 0,
     .count = 0,
     .stride = 2,
     .members = sample_tail},
};

static const struct schema sample_schema = {
    .type_name = "struct sample",
    .size = 64,
    .n_fields = sizeof(sample_fields) / sizeof(sample_fields[0]),
    .fields = (struct field *)sample_fields,
};

static const struct field other_fields[] = {
    {.name = "number", .kind = FIELD_UINT, .offset = 0, .size = 8}};
static const struct schema other_schema = {
    .type_name = "struct other", .size = 8, .n_fields = 1, .fields = (struct field *)other_fields};

/* A folder of its own for a file, in memory: some tests write thousands of times. */
static inline const char *new_path(void)
{
    static char folder[64], path[96];

    strcpy(folder, "/dev/shm/ringmill-capture.XXXXXX");
    if (!mkdtemp(folder))
        abort();
    snprintf(path, sizeof(path), "%s/c.rmc", folder);
    return path;
}

static inline void remove_path(const char *path)
{
    char folder[96];

    unlink(path);
    snprintf(folder, sizeof(folder), "%s", path);
    *strrchr(folder, '/') = '\0';
    rmdir(folder);
}

/* Sample i of a test: some bytes that differ, of a length that differs. */
static inline uint32_t sample_length(uint32_t i)
{
    return 1 + i * 37 % 200;
}

static inline void fill_sample(uint8_t *sample, uint32_t i)
{
    for (uint32_t j = 0; j < sample_length(i); j++)
        sample[j] = (uint8_t)(i + j);
}

/* Encodes samples first to first + count - 1; returns the bytes. */
static inline size_t encode_samples(struct encoder *encoder, uint32_t first, uint32_t count,
                                    char *out, size_t room)
{
    size_t used = 0;

    for (uint32_t i = first; i < first + count; i++) {
        uint8_t sample[256];
        struct ringmill_view view = {.data = sample, .length = sample_length(i)};
        struct batch batch = {.views = &view, .count = 1};
        size_t more = 0;

        fill_sample(sample, i);
        batch_select_all(&batch);
        if (encoder_batch(encoder, &batch, 0, out + used, room - used, &more) != 1)
            return 0;
        used += more;
    }
    return used;
}
