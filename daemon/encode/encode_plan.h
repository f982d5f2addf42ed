// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema's tree, laid flat when an encoder is opened. One step is a piece of text that never
 * changes and then a value; a struct is nothing but text around its members' steps.
 *
 *     {pid, to {addr, port}, name}        {"source":"x","pid":  pid
 *                                         ,"to":{"addr":        to.addr
 *                                         ,"port":              to.port
 *                                         },"name":             name
 *                                         }\n                   (the tail)
 *
 * An array is a step too; those of its element follow it and are run once for each. All text
 * formats have such plans and differ in what is between the values, which a style says, and in
 * how texts are quoted. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "encode/enum_names.h"
#include "encode/prepared_text.h"
#include "encode/value_format.h"
#include "record/number_names.h"
#include "record/schema.h"
#include "record/value_name.h"

enum { ENCODE_DEPTH_MAX = 64 }; /* structs, unions and arrays within each other */

/* Steps that belong together: of an array's element, of a struct that is one value, of a value that
 * only some records have. */
struct encode_array {
    uint32_t count; /* 0: as many as the sample's end allows */
    uint32_t stride;
    uint32_t n_steps;          /* of one element; they follow */
    struct prepared_text tail; /* of each element, after its last value */
};

struct encode_step {
    struct prepared_text before;
    uint8_t load;  /* enum value_load */
    uint8_t print; /* enum value_print */
    bool is_signed;
    uint32_t offset;
    uint64_t need; /* bytes that a sample has when the value is in it */
    const struct field *field;
    union {
        struct enum_names names;   /* PRINT_ENUM */
        struct encode_array array; /* PRINT_ARRAY, PRINT_OBJECT, PRINT_GUARD */
        uint64_t mask;             /* PRINT_HEX */
        struct value_name name;    /* PRINT_NAME, PRINT_VALUE_NAME */
        /* PRINT_NUMBER, PRINT_FLAGS; NULL: the enum's */
        const struct number_set *numbers;
    };
};

/* Whether `array` is in use: further steps belong to this one. */
static inline bool encode_step_has_steps(const struct encode_step *step)
{
    return step->print >= PRINT_ARRAY && step->print <= PRINT_GUARD;
}

struct encode_plan {
    struct encode_step *steps;
    uint32_t n_steps;
    struct prepared_text tail;
    bool has_names;   /* there is a PRINT_NAME, or a PRINT_SYMBOL that is looked up */
    bool has_users;   /* there is a PRINT_USER_SYMBOL that is looked up */
    bool has_cgroups; /* there is a PRINT_NAME of the id of a cgroup */
    bool has_lists;   /* there are lists or structs in quotes, for which the printer needs room */
    /* where columns are named once, in a line of their own */
    char *header; /* a line, NUL-ended; NULL: none */
    uint32_t n_columns;
    struct field *fields; /* n_fields of them: copies that steps point to */
    uint32_t n_fields;
};

/* The text around the values. */
struct encode_style {
    enum quoting quoting;
    bool nested;    /* structs are values of their own; else their members are, as struct.member */
    bool in_header; /* keys are in the header */
    bool bare_keys; /* keys hold nothing that would need quotes */
    const char *begin;
    const char *before_key;
    const char *after_key;
    const char *between; /* values, before the next key */
    const char *end;
};

/* The style of json.h, and of what is within an array in all formats. */
extern const struct encode_style encode_style_json;

struct encode_plan_options {
    const struct encode_style *style;
    const char *source;
    const char *type;   /* NULL: events do not say it */
    const char *id;     /* what events' ids begin with; NULL: they have none */
    bool resolve_names; /* ids get a second key with their names */
    bool in_place;      /* there are no second keys: numbers with names are shown by these */
};

/* Makes the plan of a schema, which must outlive it. 0, -ENOMEM or -EINVAL with error filled; in
 * all cases the caller calls encode_plan_deinit(). */
int encode_plan_init(struct encode_plan *plan, const struct schema *schema,
                     const struct encode_plan_options *options, struct error *error);
/* Frees what the plan holds; accepts a zeroed one. */
void encode_plan_deinit(struct encode_plan *plan);

/* The field that is the event's time; NULL: records have none. */
const struct field *encode_plan_find_time(const struct schema *schema);
