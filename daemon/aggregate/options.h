// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What an aggregate's config says, before anything is opened. */

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/value.h"
#include "aggregate/window.h"
#include "config/setting.h"
#include "expr/key.h"

enum { OPTIONS_NAME_MAX = 64 };

enum emit { EMIT_ROWS, EMIT_SKETCHES };

enum overflow { OVERFLOW_OTHER, OVERFLOW_EVICT };

struct options {
    const struct config_node *window;
    const struct config_node *by;
    const struct config_node *values;
    int64_t groups;
    uint64_t memory;
    int overflow;
    const struct config_node *having;
    const struct config_node *order;
    int64_t limit;
    const struct config_node *expose;
    int emit;

    /* made of them */
    struct window_spec spec;
    uint32_t n_parts;
    const char *texts[KEY_PARTS_MAX];
    const struct config_node *nodes[KEY_PARTS_MAX];
    char names[KEY_PARTS_MAX][OPTIONS_NAME_MAX + 1];
    char order_name[OPTIONS_NAME_MAX + 1];
    bool descending;
    const char *prefix; /* of metrics; NULL: the pipeline's name */
    int64_t label_sets;
};

extern const struct setting options_settings[];
extern const struct setting options_expose_settings[];

/* Everything that can be said without a schema. 0 or -EINVAL after messages. Texts live as long as
 * the tree. */
int options_read(const struct config_node *config, struct diag *diag, struct options *ret_options);
