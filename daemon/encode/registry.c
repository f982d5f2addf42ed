// SPDX-License-Identifier: Apache-2.0
/* One const table: a new format is one row here and its file pair. */

#include "encode/registry.h"

#include <stdio.h>
#include <string.h>

#include "encode/json.h"

static const struct encoder_ops *const encoders[] = {
    &json_encoder_ops,
};

enum { N_ENCODERS = sizeof(encoders) / sizeof(*encoders) };

const struct encoder_ops *encoder_find(const char *name)
{
    for (size_t i = 0; i < N_ENCODERS; i++) {
        if (strcmp(encoders[i]->name, name) == 0)
            return encoders[i];
    }
    return NULL;
}

const char *encoder_name(size_t index)
{
    return index < N_ENCODERS ? encoders[index]->name : NULL;
}

void encoder_names(char out[ENCODER_NAMES_MAX])
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < N_ENCODERS && used < ENCODER_NAMES_MAX; i++)
        used += (size_t)snprintf(out + used, ENCODER_NAMES_MAX - used, "%s%s", i ? ", " : "",
                                 encoders[i]->name);
}
