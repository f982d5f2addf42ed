// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Option tables: each owner of config keys (a source, a handler, a sink) lists them as const rows,
 * and binding fills the owner's struct from a map of the tree by these rows. A test compares
 * the tables of the manual with these rows.
 *
 *     static const struct setting settings[] = {
 *         {"path", SETTING_PATH, offsetof(struct example_config, path), .required = true,
 *          .doc = "file to append to"},
 *         {"buffer", SETTING_SIZE, offsetof(struct example_config, buffer), 4096, 1 << 30, "64KiB",
 *          .doc = "bytes gathered before a write"},
 *         {0},
 *     };
 *     if (setting_bind(settings, node, &config, diag) > 0)
 *         return -EINVAL;
 *
 * Values may be quoted or not, in YAML's sense; only `key:`, `~` and `null`, unquoted, are missing
 * values, and an error. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/diag.h"
#include "config/node.h"
#include "config/scalar.h"

/* What is at a row's offset; then what its minimum and maximum limit. */
enum setting_type {
    SETTING_TEXT,     /* const char *; bytes (minimum 1: not empty) */
    SETTING_PATH,     /* const char *, absolute, shorter than PATH_MAX; no limits of the row's */
    SETTING_BOOL,     /* bool, true or false */
    SETTING_INTEGER,  /* int64_t; the value */
    SETTING_SIZE,     /* uint64_t of bytes, see scalar_size(); the value */
    SETTING_DURATION, /* uint64_t of nanoseconds, see scalar_duration(); the value */
    SETTING_RATE,     /* struct scalar_rate, see scalar_rate(); the count */
    SETTING_CHOICE,   /* int, the value of one of choices */
    SETTING_TEXTS,    /* struct setting_texts, none empty, of a scalar or a list; their number */
    SETTING_NAME,     /* const char *, not empty; its owner resolves it */
    SETTING_NAMES,    /* as SETTING_TEXTS; their owner resolves them */
    SETTING_NODE,     /* const struct config_node *, NULL when absent; its owner binds it */
};

/* One name of a SETTING_CHOICE; tables end with a row without a name. */
struct setting_choice {
    const char *name;
    int value;
};

/* Live as long as the tree; defaults, as long as the table. */
struct setting_texts {
    const char *const *items;
    const struct config_node *const *nodes; /* where each is; NULL for a default */
    uint32_t count;
};

/* A row; tables end with a row without a name. */
struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;   /* in the struct that is filled */
    int64_t minimum; /* so an integer below 0 needs a minimum below 0 */
    int64_t maximum; /* 0 with a minimum of 0 or more: none but the type's own */

    /* The default, as a text that would be valid in a file; NULL: all zeroes. */
    const char *fallback;
    bool required; /* and so without a default */
    const struct setting_choice *choices;
    const char *doc; /* one line, without a full stop; never NULL where required */
};

/* Rows and the struct they fill. */
struct setting_table {
    const struct setting *settings;
    void *target;
};

/* Writes the defaults of all rows. A default that is not valid is a bug, and aborts. */
void setting_defaults(const struct setting *settings, void *target);

/* Writes the defaults, then what the map says. Reports every error there is and returns how many
 * there were; the target's fields that had errors keep their defaults. Texts in target live as long
 * as the tree. One thread at a time per tree. */
size_t setting_bind(const struct setting *settings, const struct config_node *map, void *target,
                    struct diag *diag);

/* As setting_bind(), for one map whose keys are in several tables, such as the keys of all sinks
 * and those of one type. A key that is in two tables fills the target of the first. */
size_t setting_bind_tables(const struct setting_table *tables, size_t n_tables,
                           const struct config_node *map, struct diag *diag);

/* Whether the default, if there is one, is one that the row takes: for rows that are not ours. */
bool setting_fallback_is_valid(const struct setting *setting);

/* Binds one value to one row, for shorthands such as `filter: EXPRESSION`. Returns the number of
 * errors; the target's field stays untouched then. */
size_t setting_bind_value(const struct setting *setting, const struct config_node *node,
                          void *target, struct diag *diag);

/* What the row takes, for messages: "a size from 4KiB to 1GiB", "one of json, text".
 * Cut at size. */
void setting_describe(const struct setting *setting, char *buffer, size_t size);
