// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The typed layout of one source's samples. Built once at load, immutable afterwards, and read by
 * any thread. Whoever calls schema_new() owns the schema and everything below it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

enum field_kind {
    FIELD_UINT,    /* 1, 2, 4 or 8 bytes, host byte order; or a bitfield */
    FIELD_INT,     /* the same, signed */
    FIELD_BOOL,    /* 1 byte, or a bitfield: 0 is false, all else is true */
    FIELD_ENUM,    /* an integer of `size` bytes, `is_signed` or not, whose values have names */
    FIELD_FLOAT,   /* 4 or 8 bytes, IEEE 754 */
    FIELD_POINTER, /* 8 bytes: an address */
    FIELD_CHARS,   /* char[size]: text up to the first NUL, or all of it; size 0: char[], a text
                      that may go on until the sample's end */
    FIELD_TEXT,    /* struct ringmill_text: offset and length of a text elsewhere in the sample */
    FIELD_TEXTS,   /* struct ringmill_texts: the same for a run of NUL-ended texts. Of both there
                      are some in place, see in_place */
    FIELD_BYTES,   /* `size` bytes that are one value: an IPv6 or MAC address, a 128-bit integer */
    FIELD_STRUCT,  /* members, in declaration order */
    FIELD_UNION,   /* members, all of them readings of the same bytes */
    FIELD_ARRAY,   /* `count` elements, `stride` bytes apart */
};

/* What a value means beyond its layout; `as:` in a config names it. */
enum field_meaning {
    MEANING_NONE,
    MEANING_KTIME,     /* u64: ns of CLOCK_MONOTONIC, as bpf_ktime_get_ns() gives them */
    MEANING_BOOTTIME,  /* u64: ns of CLOCK_BOOTTIME, as bpf_ktime_get_boot_ns() gives them */
    MEANING_UNIX_NS,   /* u64: ns since 1970 */
    MEANING_IPV4,      /* u32 or FIELD_BYTES of 4, network byte order */
    MEANING_IPV6,      /* FIELD_BYTES of 16 */
    MEANING_IP,        /* FIELD_BYTES of 16, whose `by` says of which family: see field_address() */
    MEANING_MAC,       /* FIELD_BYTES of 6 */
    MEANING_PORT_BE,   /* u16, network byte order */
    MEANING_UID,       /* u32 */
    MEANING_GID,       /* u32 */
    MEANING_ERRNO,     /* an integer; a negative one stands for its magnitude, too */
    MEANING_SYSCALL,   /* an integer: a system call's number */
    MEANING_CGROUP_ID, /* u64, as bpf_get_current_cgroup_id() gives it */
    /* an integer whose value, or whose bits, have names, see record/number_names.h: */
    MEANING_SIGNAL,
    MEANING_CAPABILITY,
    MEANING_CAPABILITIES,
    MEANING_FAMILY,
    MEANING_IP_PROTO,
    MEANING_TCP_STATE,
    MEANING_OPEN_FLAGS,
    MEANING_TCP_FLAGS,
    MEANING_MMAP_PROT,
    MEANING_MMAP_FLAGS,
    MEANING_CLONE_FLAGS,
    MEANING_MODE,          /* shown in octal */
    MEANING_FLAGS,         /* FIELD_ENUM: its values are bits */
    MEANING_KERNEL_SYMBOL, /* u64: an address of the kernel's code */
    MEANING_KERNEL_STACK,  /* FIELD_ARRAY of such, up to the first 0 */
    MEANING_USER_SYMBOL,   /* u64: an address of the process whose number `by` has */
    MEANING_USER_STACK,    /* FIELD_ARRAY of such, up to the first 0; it has no `by` itself */
    MEANING_HEX,           /* an integer, better read in hexadecimal */
    MEANING_BYTES,         /* FIELD_BYTES: no text, no number */
    MEANING_WEIGHT,        /* a column: how many records this one stands for */
    MEANING_COUNT,         /* how many meanings there are */
};

struct enum_name {
    const char *name;
    int64_t value; /* unsigned 64-bit enums: the same bits */
};

/* An arm of a union: a record has it only if another field, the tag, has one of some values. */
struct field_guard {
    const struct field_guard *outer; /* of the arm that this arm is in; NULL: none */
    const struct field *tag;         /* an integer of the sample, not in an array */
    const int64_t *values;           /* n_values of them, as field_integer() gives them */
    uint32_t n_values;
};

/* A value's place. Offsets count from the sample's start; within an array they are those of its
 * element 0, and each index adds its stride, so that a whole path like hosts[2].port[1] is one
 * field with another offset:
 *
 *     hosts: ARRAY, offset 8, count 4, stride 12    element: STRUCT, offset 8
 *     hosts[2].port: offset 8 + 2 * 12 + port's place in the struct
 *
 * The members of an unnamed struct or union are among those of the one around it, as in C. */
struct field {
    const char *name; /* of an element: "" */
    enum field_kind kind;
    enum field_meaning meaning;
    bool is_signed;  /* FIELD_INT and signed FIELD_ENUM */
    uint8_t bits;    /* of a bitfield: 1 to 64; 0: not a bitfield, or a whole integer */
    uint8_t shift;   /* of a bitfield: its lowest bit within the byte at offset */
    uint16_t column; /* 0: in the sample; N: column N - 1 of the batch */
    uint32_t offset; /* bytes from the sample's start */
    uint32_t size;   /* bytes at offset; of a bitfield: those that it touches, 1 to 9;
                        of a flexible array or text: 0 */
    const struct enum_name *names; /* FIELD_ENUM: n_names of them, in declaration order */
    uint32_t n_names;
    uint32_t n_members;          /* FIELD_STRUCT, FIELD_UNION */
    const struct field *members; /* of them; FIELD_ARRAY: the one element */
    uint32_t count;              /* FIELD_ARRAY: elements; 0: as many as the sample's end allows */
    uint32_t stride;             /* FIELD_ARRAY: bytes from one to the next */
    bool counted;                /* FIELD_ARRAY: a u32 in the 8 bytes before it says how many of
                                    its elements there are */
    bool in_place; /* FIELD_TEXT, FIELD_TEXTS: the text lies at offset itself, in `size`
                      bytes; 0: up to the sample's end */
    /* NULL: every record has the field. All that is in an arm has its guard. */
    const struct field_guard *guard;
    /* An integer of the sample, not in an array, which says of a text in place how many bytes it
     * has, of a FIELD_ARRAY how many elements, of MEANING_IP which family, of MEANING_USER_SYMBOL
     * which process. */
    const struct field *by;
    uint32_t by_each; /* FIELD_ARRAY: by counts bytes, and so many are an element; 0: elements */
    uint32_t nth;     /* of a copy for the element of an array that by counts: its index + 1 */
    bool repeats;     /* it holds what the other fields say, too, in another form */
    bool exposed;     /* its values are in metrics already */
    bool unnamed;     /* its values' names are hidden: it has none */
    /* A column with the names of the values of another field: that one's name, in the same struct;
     * see record/name_columns.h. NULL: it is something else. */
    const char *name_of;
    const char *type_name; /* as C says it: "__u32", "struct flow_key", "enum state" */
};

struct schema {
    const char *type_name; /* "struct exec_event" */
    uint32_t size;         /* bytes of the fixed part; a sample may be shorter or longer */
    uint32_t n_fields;
    struct field *fields; /* in declaration order */
    uint32_t n_columns;   /* of the batches that have this schema */
    /* The first field that a handler has taken out or replaced, by its path; NULL: none. What it
     * held must not leave by any other way. */
    const char *hidden;
    const char *hidden_bytes; /* the first of those whose bytes are in the records */
};

/* A schema with room for n_fields zeroed fields, or NULL when out of memory. */
struct schema *schema_new(const char *type_name, uint32_t n_fields);
/* Accepts NULL. */
void schema_free(struct schema *schema);
DEFINE_CLEANUP(struct schema, schema_free);

/* A copy of the text that lives as long as the schema; NULL when out of memory. */
const char *schema_keep(struct schema *schema, const char *text);
/* A zeroed array that lives as long as the schema; NULL when out of memory. */
void *schema_keep_array(struct schema *schema, size_t count, size_t size);

/* Notes that the field of that path has been taken out or replaced. 0 or -ENOMEM. */
int schema_hide(struct schema *schema, const struct field *field, const char *path);

/* The one of n fields that has this name, which is not NUL-ended; NULL when there is none. */
const struct field *field_among(const struct field *fields, uint32_t n, const char *name,
                                size_t length);
/* The top-level field; NULL when there is none of that name. */
const struct field *schema_find(const struct schema *schema, const char *name);
/* Whether one of the first n schemas has a top-level field of that name. */
bool schema_among(const struct schema *const *schemas, uint32_t n, const char *name);
/* The first integer of that meaning; NULL when there is none. */
const struct field *schema_find_meaning(const struct schema *schema, enum field_meaning meaning);
/* Samples may go on after schema->size: by a flexible array, or by texts that have their place
 * there. */
bool schema_is_open_ended(const struct schema *schema);
/* The least bytes of a record of the type: it may end inside the text or the bytes at its end. */
uint32_t schema_least_length(const struct schema *schema);

/* "ktime", "ipv4"...; NULL for MEANING_NONE, MEANING_WEIGHT. */
const char *meaning_name(enum field_meaning meaning);
