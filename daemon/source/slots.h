// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The maps that stand in a map of maps from the start, by C initialisers:
 *
 *     struct ring one SEC(".maps"), two SEC(".maps");
 *     struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); ... __array(values, struct ring); }
 *         rings SEC(".maps") = {.values = {&one, &two}};
 *
 * libbpf puts them in, but does not tell; the object's relocations do. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Calls for each such entry, in the order of the file: outer[...] is inner. The names are valid
 * during the call. 0, or -EINVAL and a sentence when the ELF is damaged. */
int slots_each(const void *elf, size_t size,
               void (*call)(void *data, const char *outer, const char *inner), void *data,
               struct error *error);
