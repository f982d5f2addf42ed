// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The maps that a map of maps contains from the start, by C initialisers:
 *
 *     struct ring one SEC(".maps"), two SEC(".maps");
 *     struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); ... __array(values, struct ring); }
 *         rings SEC(".maps") = {.values = {&one, &two}};
 *
 * libbpf puts them in but does not report it, so the relocations of the object are read. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Calls `call` for each such entry, in the order of the file: outer[...] is inner. The names are
 * valid during the call. 0, or -EINVAL and a sentence if the ELF is damaged. */
int inner_maps_each(const void *elf, size_t size,
                    void (*call)(void *data, const char *outer, const char *inner), void *data,
                    struct error *error);
