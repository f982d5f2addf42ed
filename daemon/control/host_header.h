// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whether a request on TCP is for us, by the name that it was sent to. */

#include <stdbool.h>

struct setting_texts;

/* host is as in a Host header: "localhost", "127.0.0.1:9464", "[::1]:9464". An address is always
 * accepted, since DNS rebinding needs a name. Of names, localhost and those of the list are, in any
 * case and with any port. */
bool host_is_ours(const char *host, const struct setting_texts *names);
