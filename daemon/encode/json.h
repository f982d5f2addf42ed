// SPDX-License-Identifier: Apache-2.0
#pragma once

/* JSON lines: one object per record, one record per line.
 *
 *     {"time":"2026-11-22T22:16:40.123456789Z","source":"exec","pid":1,"args":["ls","-l"]}
 *
 *     time       the wall time of the field `ktime`, where there is one of MEANING_KTIME; that
 *                field is not printed again
 *     source     the name given at open
 *     fields     all others, in declaration order, under their names; one that is named time or
 *                source like the two above gets a _ behind its name
 *
 *     integers   decimal, all 64 bits exactly      enums   the value's name, or its number
 *     bool       true or false                     text    a string, see escape.h
 *     list       an array of strings               ktime   a time as above
 *     null       null: a field that is not wholly inside the sample, or a text that leads outside
 */

#include "encode/encoder.h"

extern const struct encoder_ops json_encoder_ops;
