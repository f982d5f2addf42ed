// SPDX-License-Identifier: Apache-2.0
#pragma once

/* CSV by RFC 4180, but for its line ends: \n alone, and never within a field. The first line of
 * every file and connection has the columns' names.
 *
 *     time,source,pid,path,to.port,_lost
 *     2026-11-22T22:16:40.123456789Z,exec,1,"/tmp/a, b",443,
 *
 * Columns and values are those of json-flat. Null is an empty field, an empty text is "". What
 * quote.h says is quoted; control characters are written as \n, \t, 001b with a backslash and a u
 * before it, as in JSON. Lists and arrays are one field, their JSON. _lost is empty but for losses,
 * which have nothing else but time and source:
 *
 *     2026-11-22T22:16:41.000000000Z,exec,,,,17
 *
 * All records of one sink must have the same columns. */

#include "encode/encoder.h"

extern const struct encoder_ops csv_encoder_ops;
