// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The hint of a message about a config that was made of options, as the options to type. */

#include "config/diag.h"

/* "; say --type event", "; set --types-from to a file with this type". The caller frees it; NULL:
 * there is none. */
char *run_advice(const struct diag_message *message);
