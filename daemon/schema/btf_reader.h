// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the files that read BTF share while they build one schema: `btf` reads structs, unions and
 * arrays, `leaf` what has no parts. Foreign BTF may claim anything, so all that grows is counted
 * here against a limit. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "record/schema.h"

struct btf;
struct btf_type;

enum {
    READER_MEMBERS_MAX = 64 * 1024,      /* of one schema, all levels together */
    READER_NAMES_MAX = 16 * 1024 * 1024, /* bytes of all names together */
    READER_DEPTH_MAX = 32,               /* structs, unions and arrays within each other */
    READER_BITS_MAX = 64,                /* of a bitfield that is a number */
    READER_SKIP = 1,                     /* returned: nothing of it can be shown */
};

/* What is known of a type once it was met; made only when it is needed. */
struct reader_known {
    const char *spelling;
    const struct enum_name *names;
    bool width_seen;
    bool is_wide; /* of an enum: one of its values has bit 31 */
};

struct btf_reader {
    const struct btf *btf;
    struct schema *schema;
    struct error *error;
    struct reader_known *known; /* by type id */
    uint32_t members;           /* looked at so far */
    size_t names;               /* bytes kept so far */
    bool has_texts;             /* a struct ringmill_text was met */
};

/* Where one value is, before it is known what it is. */
struct type_place {
    const struct btf_type *owner; /* the struct or union around it */
    const char *name;
    uint32_t type_id;
    const struct btf_type *type; /* of type_id, without typedefs and qualifiers */
    uint32_t offset;             /* bytes from the sample's start */
    uint64_t room;               /* bytes from there to the owner's end */
    uint32_t depth;
    bool tail; /* what follows it is the sample's end: an array may go on until there */
};

/* A copy of the text for the schema, or NULL: out of memory, or too many names (-ENOMEM, -E2BIG in
 * *ret_code, with a sentence). */
const char *reader_keep(struct btf_reader *reader, const char *text, int *ret_code);

/* The C spelling of a type, kept. */
int reader_spell(struct btf_reader *reader, uint32_t type_id, const char **ret_spelling);

/* Sets kind, size and names of a value without parts: an integer, enum, float or pointer. 0,
 * READER_SKIP or -errno with a sentence. */
int leaf_read(struct btf_reader *reader, const struct type_place *place, struct field *field);

/* As leaf_read(), for a bitfield of `bits` bits that begins `bit` bits after the place's offset. */
int leaf_read_bits(struct btf_reader *reader, const struct type_place *place, uint32_t bit,
                   uint32_t bits, struct field *field);

/* Whether an array of it is a text: char, signed char and what stands for them, but for s8 and the
 * like, which say that numbers are meant. */
bool leaf_is_char(const struct btf *btf, uint32_t type_id);
