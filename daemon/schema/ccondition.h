// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The conditions of #if and #elif: integers, names, defined(NAME) and C's operators. A name that is
 * not a macro is 0, and so is whatever has parameters, as __has_include(...). */

#include <stdbool.h>
#include <stdint.h>

struct clex;
struct cmacros;

/* Reads the condition between two places of the text. 0; -EINVAL with a sentence and its place in
 * the lexer. */
int ccondition_read(struct clex *lex, const struct cmacros *macros, uint32_t from, uint32_t to,
                    bool *ret_holds);

/* Whether the name at that place is a macro there, or one that clang defines for BPF. */
bool ccondition_is_defined(const struct cmacros *macros, const char *text, uint32_t at,
                           uint32_t length);
