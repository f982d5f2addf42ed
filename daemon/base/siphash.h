// SPDX-License-Identifier: Apache-2.0
#pragma once

/* SipHash-2-4 with 128 bits of output (Aumasson and Bernstein): a keyed pseudorandom function that
 * is made for short inputs. Who does not know the key can neither tell what was hashed by trying
 * nor make two inputs collide. */

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY_BYTES = 16, SIPHASH_BYTES = 16 };

/* Any thread. */
void siphash(const uint8_t key[static SIPHASH_KEY_BYTES], const void *bytes, size_t length,
             uint8_t out[static SIPHASH_BYTES]);
