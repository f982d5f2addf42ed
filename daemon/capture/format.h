// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The bytes of a capture file; docs/capture-format.md explains them. All numbers are in the byte
 * order of the machine that wrote the file, which the header tells.
 *
 *     struct capture_header
 *     record | record | ...        as in a ring: u32 length and flags, u32 tag, sample, padding
 *
 * A record with the discard bit is about the others; its second word is an enum capture_control.
 * That way a capture is a ring that does not go round, and the reader of rings skips what is not a
 * record.
 *
 * Control records and the header are padded to whole cache lines. So the records have the same
 * alignment as in a ring: where an 8-byte header ends a line, the sample begins with a
 * cache miss of its own. */

#include <stdint.h>

#define CAPTURE_MAGIC   "\x89RMCAP\r\n"
#define CAPTURE_ORDER   UINT32_C(0x01020304)
#define CAPTURE_VERSION 1

enum {
    CAPTURE_MAGIC_SIZE = 8,
    CAPTURE_BOOT_SIZE = 16,
    CAPTURE_TYPES_MAX = 256,
    CAPTURE_TYPE_MAX = 48 * 1024,  /* bytes of a type's description */
    CAPTURE_NAME_MAX = 255,        /* of a source's name and of a label */
    CAPTURE_ID_NAME_MAX = 496,     /* of a user\'s, a group\'s, a cgroup\'s */
    CAPTURE_DEPTH_MAX = 32,        /* structs within structs */
    CAPTURE_LINE = 64,             /* bytes of a cache line */
    CAPTURE_CHECK_BYTES = 1 << 20, /* about so often a writer puts a checksum */
};

#define CAPTURE_SAMPLE_MAX (UINT32_C(1) << 30)
#define CAPTURE_NO_TEXT    UINT32_MAX

struct capture_header {
    char magic[CAPTURE_MAGIC_SIZE];
    uint32_t order;   /* CAPTURE_ORDER */
    uint32_t version; /* CAPTURE_VERSION */
    uint32_t size;    /* of this header: where the first record is; a multiple of 8 */
    uint32_t reserved[11];
};

/* The second word of a record that is about the others. Unknown ones are passed over. */
enum capture_control {
    CAPTURE_SECTION = 1, /* a writer begins */
    CAPTURE_TYPE = 2,    /* what a tag stands for; before its first record */
    CAPTURE_CLOCK = 3,   /* when the following records were read, and the wall clock then */
    CAPTURE_LOSS = 4,    /* records that were lost */
    CAPTURE_CHECK = 5,   /* checksum of all since the check before, or since the file's start */
    CAPTURE_END = 6,     /* the writer ended regularly */
    CAPTURE_NAME = 7,    /* what an id in the following records is called */
};

/* What follows here are the beginnings of samples; zeroes may follow them. */
struct capture_section {
    uint8_t boot_id[CAPTURE_BOOT_SIZE]; /* as /proc/sys/kernel/random/boot_id; zero: unknown */
    struct capture_clock {
        int64_t monotonic; /* ns */
        int64_t wall;      /* ns to be added to CLOCK_MONOTONIC for the time since 1970 */
        int64_t slept; /* ns that CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC; 0: none, unknown */
    } clock;
};

struct capture_loss {
    uint64_t records;
    int64_t since; /* ns, monotonic */
    int64_t until;
    char source[]; /* which lost them; NUL-ended, at most CAPTURE_NAME_MAX bytes */
};

struct capture_check {
    uint64_t covered; /* bytes before this record */
    uint64_t hash;    /* XXH3_64bits of them */
};

struct capture_end {
    uint64_t begin; /* where this writer began: the position of its section */
};

enum { CAPTURE_KIND_BITS = 8 }; /* of capture_id_name.kind that are the kind */

enum capture_id_kind {
    CAPTURE_USER = 1,
    CAPTURE_GROUP = 2,
    CAPTURE_CGROUP = 3,  /* its path */
    CAPTURE_KERNEL = 4,  /* an address's symbol */
    CAPTURE_ADDRESS = 5, /* the same in a process, whose number is in the upper 24 bits of kind */
};

struct capture_id_name {
    uint32_t kind; /* enum capture_id_kind; and the process, see there */
    uint32_t
        length; /* bytes of the name, at most CAPTURE_ID_NAME_MAX; CAPTURE_NO_TEXT: none known */
    uint64_t id;
    char name[]; /* no NUL needed */
};

/* A type: this, then fields, names and texts, without gaps (and then zeroes). A text is an offset
 * into the texts, which end with a NUL; CAPTURE_NO_TEXT: none. */
struct capture_type_head {
    uint32_t tag;
    uint32_t size;      /* of the sample's fixed part */
    uint32_t n_top;     /* the first so many fields are those of the sample itself */
    uint32_t n_fields;  /* in all */
    uint32_t n_names;   /* of enum values, in all */
    uint32_t n_texts;   /* bytes */
    uint32_t source;    /* text: what events say where they are from */
    uint32_t type_name; /* text */
    uint32_t label;     /* text: what events say their type is; none: they do not say it */
    uint32_t flags;     /* of enum capture_type_flag; unknown ones are passed over */
};

enum capture_type_flag {
    CAPTURE_LOST_UNKNOWN = 1, /* the number of lost records of its source is unknown */
};

enum capture_kind {
    CAPTURE_KIND_UINT = 1,
    CAPTURE_KIND_INT = 2,
    CAPTURE_KIND_BOOL = 3,
    CAPTURE_KIND_ENUM = 4,
    CAPTURE_KIND_FLOAT = 5,
    CAPTURE_KIND_POINTER = 6,
    CAPTURE_KIND_CHARS = 7,
    CAPTURE_KIND_TEXT = 8,
    CAPTURE_KIND_TEXTS = 9,
    CAPTURE_KIND_BYTES = 10,
    CAPTURE_KIND_STRUCT = 11,
    CAPTURE_KIND_UNION = 12,
    CAPTURE_KIND_ARRAY = 13,
};

/* See struct field in record/schema.h. The members of each field lie together, after all fields
 * that are before it and their members: so fields are a tree and nothing else. */
struct capture_field {
    uint32_t name;      /* text */
    uint32_t type_name; /* text or none */
    uint32_t meaning;   /* text or none: "ktime", "ipv4"... */
    uint8_t kind;       /* enum capture_kind */
    uint8_t is_signed;
    uint8_t bits;
    uint8_t shift;
    uint32_t offset;
    uint32_t size;
    uint32_t count;
    uint32_t stride;
    uint32_t members; /* index of the first of n_members */
    uint32_t n_members;
    uint32_t names; /* index of the first of n_names */
    uint32_t n_names;
};

struct capture_name {
    int64_t value;
    uint32_t name; /* text */
    uint32_t reserved;
};
