// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A template's text to a plan.
 *
 *     {time} {comm}[{pid}] {to.port} {hops[1].name} {{ and }} stand for themselves
 *
 * Names are the keys of the event in json-flat (so ktime is time, and a field called source is
 * source_), also those of structs and arrays as a whole; [n] is an array's element. time, type and
 * _id are always known, and null where the records have none. */

#include "encode/encode_plan.h"

enum { TEMPLATE_FIELDS_MAX = 256 };

/* options->id is not NULL. siblings: as encoder_options has them. 0, -ENOMEM or -EINVAL with error
 * filled, and then *ret_offset is where in text the mistake is. In all cases encode_plan_deinit()
 * follows. */
int template_init(struct encode_plan *plan, const char *text, const struct schema *schema,
                  const struct encode_plan_options *options, const struct schema *const *siblings,
                  struct error *error, size_t *ret_offset);
