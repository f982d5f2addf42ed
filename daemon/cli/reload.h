// SPDX-License-Identifier: Apache-2.0
#pragma once

/* ringmill reload: has the running daemon read its config anew, and waits for what comes of it. */

#include "control/daemon.h"

enum exit_code reload_command(int argc, char **argv);
