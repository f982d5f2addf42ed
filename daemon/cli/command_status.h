// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/daemon.h"

/* `ringmill status [--json] [--socket PATH]`: shows the state of the running daemon. argv begins
 * with "status". EXIT_CODE_FAILED: it is unhealthy; EXIT_CODE_ENVIRONMENT: no daemon answers. */
enum exit_code status_command(int argc, char **argv);
