// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/daemon.h"

/* `ringmill schema [--json] FILE|MAP [TYPE]`: the layout of a type, or which types there are. argv
 * begins with "schema". EXIT_CODE_ENVIRONMENT: no such file or map, or it has no types;
 * EXIT_CODE_CONFIG: it has no such type. */
enum exit_code schema_command(int argc, char **argv);
