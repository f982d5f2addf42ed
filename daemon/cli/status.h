// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/daemon.h"

/* `ringmill status [--json] [--socket PATH]`: how the running daemon is. argv begins with "status".
 * EXIT_CODE_FAILED: it is unwell; EXIT_CODE_ENVIRONMENT: none answers. */
enum exit_code status_command(int argc, char **argv);
