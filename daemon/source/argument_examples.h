// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What to write for the arguments that a program lacks: values that fit this object and this
 * machine where that is known, else a word in capitals. */

#include <stdbool.h>
#include <stdint.h>

#include "config/setting.h"
#include "source/hook.h"
#include "source/programs.h"

struct object;
struct bpf_map;

enum { ARGUMENT_KEYS_MAX = 256, ARGUMENT_EXAMPLES_MAX = 1024 }; /* bytes of texts */

/* The bit of one of hook_settings. */
uint32_t argument_key(const struct setting *setting);

/* Writes the names of the keys, as in "binary", "pid". Returns text. */
const char *arguments_list_keys(uint32_t keys, const char *between, char text[ARGUMENT_KEYS_MAX]);

/* Writes what is missing, as in "interface", and "symbol" or "offset"; "": nothing. */
void arguments_list_needs(uint32_t missing, char needs[PROGRAM_NEEDS_MAX]);

/* Writes an example for each group of missing keys, as in interface: eth0; "": nothing. */
void arguments_list_examples(const struct object *object, const struct hook_arguments *arguments,
                             uint32_t missing, char text[ARGUMENT_EXAMPLES_MAX]);

/* Whether an iterator can go over the elements of a map. */
bool arguments_can_iterate(const struct bpf_map *map);
