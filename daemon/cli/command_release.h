// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `ringmill release`: ends what outlives the daemon. */

#include "control/daemon.h"

enum exit_code release_command(int argc, char **argv);
