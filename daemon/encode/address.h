// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Network addresses as text, from their bytes in network order. out has room for ADDRESS_MAX bytes,
 * all of which may be scribbled on. No NUL; each returns the byte after the last one. */

#include <stdint.h>

enum { ADDRESS_MAX = 45 }; /* bytes of the longest */

/* 192.0.2.1 */
char *address_put_ipv4(char *out, const uint8_t bytes[4]);

/* RFC 5952, and what inet_ntop() gives: 2001:db8::1, ::ffff:192.0.2.1 */
char *address_put_ipv6(char *out, const uint8_t bytes[16]);

/* As address_put_ipv6(), but IPv4-mapped addresses (::ffff:192.0.2.1) are written as IPv4:
 * 192.0.2.1. So a peer looks the same on both kinds of sockets. */
char *address_put_ip(char *out, const uint8_t bytes[16]);

/* 02:00:5e:00:53:af */
char *address_put_mac(char *out, const uint8_t bytes[6]);
