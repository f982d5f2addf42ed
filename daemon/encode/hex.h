// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Hexadecimal, small digits. */

#include <stddef.h>
#include <stdint.h>

enum { HEX_MAX = 18 }; /* bytes of the longest hex_put(): 0xffffffffffffffff */

/* 0x1f: the number without leading zeros, no NUL. Returns the byte behind the last one. */
char *hex_put(char *out, uint64_t value);

/* 1f2e3d: each byte as two digits, in their order in memory. Writes 2 * length bytes, no NUL;
 * returns the byte behind the last one. */
char *hex_put_bytes(char *out, const void *bytes, size_t length);

/* 0x1f of an integer of any size in host byte order. At most 2 * length + 2 bytes, and 0x0 for no
 * bytes at all. */
char *hex_put_wide(char *out, const void *bytes, size_t length);
