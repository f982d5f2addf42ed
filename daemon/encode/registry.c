// SPDX-License-Identifier: Apache-2.0

/* The registry: a new format is a file pair and a row here. */

#include "encode/registry.h"

#include <string.h>

#include "encode/csv.h"
#include "encode/json.h"
#include "encode/logfmt.h"
#include "encode/raw.h"
#include "encode/text.h"

const struct encoder_ops *const encoder_kinds[] = {
    &json_encoder_ops,
    &json_flat_encoder_ops,
    &logfmt_encoder_ops,
    &csv_encoder_ops,
    &text_encoder_ops,
    &raw_encoder_ops,
    NULL,
};

const struct encoder_ops *encoder_find(const char *name)
{
    for (const struct encoder_ops *const *kind = encoder_kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}
