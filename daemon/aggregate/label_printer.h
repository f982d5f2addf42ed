// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A group's key as labels: `comm="cron",net="192.0.2.0"`. Values look as they do in rows, in the
 * format `text`: ids without names, null as -. Owned by the consumer thread. */

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "record/batch.h"

struct key;
struct label_printer;

/* names: of the key's parts, whose columns are those from first_column on. wall is borrowed. NULL:
 * out of memory. */
struct label_printer *label_printer_new(const struct key *key, const char *const *names,
                                        uint32_t first_column, const struct wall_offset *wall);

/* Accepts NULL. */
void label_printer_free(struct label_printer *printer);
DEFINE_CLEANUP(struct label_printer, label_printer_free);

/* Bytes of the longest labels, with their NUL, where a value has value_max bytes at most. */
size_t label_printer_room(const char *const *names, uint32_t n_names, size_t value_max);

/* Writes those of the view of that index: label_printer_room() bytes at most. Longer values are
 * cut, between two characters. Gives out back. */
const char *label_printer_put(struct label_printer *printer, const struct batch *batch,
                              uint32_t index, size_t value_max, char *out);
