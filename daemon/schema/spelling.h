// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A type as C would say it, without a variable's name: "__u32", "struct flow_key", "char[16]",
 * "const char *", "void (*)()". */

#include <stddef.h>
#include <stdint.h>

struct btf;

enum {
    SPELLING_MAX = 256,      /* bytes with the NUL; a longer one is cut */
    SPELLING_LEVELS_MAX = 32 /* pointers, arrays and qualifiers on top of each other */
};

/* Writes into text, which has SPELLING_MAX bytes. Qualifiers of the whole are left out, those
 * after a pointer are not. */
void spelling_put(const struct btf *btf, uint32_t type_id, char *text);
