// SPDX-License-Identifier: Apache-2.0
#pragma once

/* JSON lines: one object per record, one record per line. docs/output.md shows every kind of value.
 *
 *     {"time":"2026-11-22T22:16:40.123456789Z","source":"exec","pid":1,"args":["ls","-l"]}
 *
 *     time       the wall time of the field `ktime`, where there is one of MEANING_KTIME; that
 *                field is not printed again
 *     source     the name given at open
 *     type       the type given at open, if there is one
 *     fields     all others, in declaration order, under their names. Within an object each key is
 *                there once: one that is taken, by those above or by _lost, gets _ after its name
 *
 *     integers   decimal, all 64 bits exactly      structs, unions   objects of all their members
 *     bool       true or false                     arrays            arrays
 *     enums      the value's name, or its number   float             the shortest digits that read
 *     text       a string, see escape.h                              back to the same double; null
 *     list       an array of strings                                 if not finite
 *     pointer    "0x1f"                            bytes             "00ff1e", as in memory; a
 *                                                                    128-bit integer as "0x1f"
 *
 *     ktime, unix_ns     a time as above; null for 0
 *     ipv4, ipv6, mac    text                      port_be           in host order
 *     errno, syscall     the name, or the number   hex               "0x1f"
 *     uid, gid           the number, and after it the name in a key of its own: uid_name
 *     cgroup_id          the same: cgroup_path, where a _id gives way. Such a key is there whenever
 *                        the encoder has a resolver, and null as long as that does not know. The
 *                        elements of an array have no keys and no names
 *
 *     null       a field that is not wholly inside the sample, a text that leads outside, an array
 *                that begins after its end; an array that ends there has null elements instead. A
 *                flexible array has those elements that are wholly inside
 *
 * A meaning that does not fit its field's size is passed over. A loss is
 *
 *     {"time":until,"source":"exec","_lost":17,"_since":since,"_until":until}
 *
 * With `id: true`, _id follows source and type: see event_id.h. The flat form is the same but
 * for structs and unions: their members are in the event itself, under keys like to.port. What is
 * in an array stays as it is. */

#include "encode/encoder.h"

extern const struct encoder_ops json_encoder_ops;
extern const struct encoder_ops json_flat_encoder_ops;
