// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Network addresses as text, from their bytes in network order. No NUL; each returns the byte
 * behind the last one. */

#include <stdint.h>

enum { ADDRESS_MAX = 45 }; /* bytes of the longest */

char *address_put_ipv4(char *out, const uint8_t bytes[4]); /* 192.0.2.1 */

/* RFC 5952, and what inet_ntop() gives: 2001:db8::1, ::ffff:192.0.2.1 */
char *address_put_ipv6(char *out, const uint8_t bytes[16]);

/* The same, but an IPv4 address in IPv6's clothes (::ffff:192.0.2.1) as what it is: 192.0.2.1. So a
 * peer reads the same whichever kind of socket it is connected to. */
char *address_put_ip(char *out, const uint8_t bytes[16]);

char *address_put_mac(char *out, const uint8_t bytes[6]); /* 02:00:5e:00:53:af */
