// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A line of one's own making per record, by a template: see template.h.
 *
 *     template: "{time} {comm}[{pid}] {path}"
 *     2026-11-22T22:16:40.123456789Z cat[420] /etc/hosts
 *
 * Values are without quotes, null as -. Control characters are as in JSON, so that an event is
 * one line; quotes and backslashes as they are. The texts of a list have a space between them;
 * arrays and structs as a whole are JSON. A loss is
 *
 *     2026-11-22T22:16:41.000000000Z exec: 17 records lost since 2026-11-22T22:16:40.000000000Z
 */

#include "encode/encoder.h"

extern const struct encoder_ops text_encoder_ops;
