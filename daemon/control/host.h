// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whether a request on TCP is for us, by the name that it was sent to. */

#include <stdbool.h>

struct setting_texts;

/* host is as in a Host header: "localhost", "127.0.0.1:9464", "[::1]:9464". An address is always
 * ours: whoever has it needs no name to lead there. Of names, localhost is, and those of the list,
 * in any case and with any port. */
bool host_is_ours(const char *host, const struct setting_texts *names);
