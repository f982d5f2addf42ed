// SPDX-License-Identifier: Apache-2.0
#pragma once

/* logfmt: one line per record, as go-logfmt reads and writes it.
 *
 *     time=2026-11-22T22:16:40.123456789Z source=exec pid=1 path="/tmp/a b" to.port=443
 *
 * Keys and values are those of json-flat. What quote.h says is quoted as there; null is null, and a
 * text that says null has quotes. Lists and arrays are one value, their JSON as a text. A loss is
 *
 *     time=... source=exec _lost=17 _since=... _until=...
 */

#include "encode/encoder.h"

extern const struct encoder_ops logfmt_encoder_ops;
