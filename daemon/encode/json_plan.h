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
 * An array is a step too; those of its element follow it and are run once for each. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/resolver.h"
#include "encode/json_value.h"
#include "encode/names.h"
#include "encode/snippet.h"
#include "record/schema.h"

enum { JSON_DEPTH_MAX = 64 }; /* structs, unions and arrays within each other */

struct json_array {
    uint32_t count; /* 0: as many as the sample's end allows */
    uint32_t stride;
    uint32_t n_steps;    /* of one element; they follow */
    struct snippet tail; /* of each element, behind its last value */
};

struct json_step {
    struct snippet before;
    uint8_t load;  /* enum json_load */
    uint8_t print; /* enum json_print */
    bool is_signed;
    uint32_t offset;
    uint64_t need; /* bytes that a sample has when the value is in it */
    const struct field *field;
    union {
        struct names names;      /* PRINT_ENUM */
        struct json_array array; /* PRINT_ARRAY */
        uint64_t mask;           /* PRINT_HEX */
        enum resolver_kind kind; /* PRINT_NAME */
    };
};

struct json_plan {
    struct json_step *steps;
    uint32_t n_steps;
    struct snippet tail;
    bool has_names; /* there is a PRINT_NAME */
};

struct json_plan_options {
    const char *source;
    const char *type;   /* NULL: events do not say it */
    bool resolve_names; /* ids get a second key with their names */
};

/* 0, -ENOMEM or -EINVAL with error filled; schema is borrowed. In all cases json_plan_deinit()
 * follows. */
int json_plan_init(struct json_plan *plan, const struct schema *schema,
                   const struct json_plan_options *options, struct error *error);
void json_plan_deinit(struct json_plan *plan); /* accepts a zeroed one */
