// SPDX-License-Identifier: Apache-2.0
#pragma once

/* ringmill reload: makes the running daemon reload its config, and waits for the outcome. */

#include "control/daemon.h"

enum exit_code reload_command(int argc, char **argv);
