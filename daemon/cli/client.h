// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Asking a running daemon by its control socket. */

#include <stddef.h>

#include "base/error.h"

enum {
    CLIENT_SECONDS_MAX = 5,               /* to connect, to send, and between two pieces */
    CLIENT_ANSWER_MAX = 16 * 1024 * 1024, /* bytes */
};

/* Asks for the path by a method as "GET". Returns the HTTP status and the body, NUL-ended, which
 * the caller frees; or -errno and a sentence. */
int client_ask(const char *socket_path, const char *method, const char *path, struct error *error,
               char **ret_body);
