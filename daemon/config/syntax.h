// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What libyaml says about a file that is not YAML, as a message with a place. */

#include <stddef.h>
#include <yaml.h>

#include "config/diag.h"

/* Call after yaml_parser_parse() failed on that text. Adds one message and returns -EINVAL, or
 * -ENOMEM when that was the reason. */
int syntax_report(const yaml_parser_t *parser, const char *name, const char *text, size_t length,
                  struct diag *diag);
