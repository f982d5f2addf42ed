// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/daemon.h"

/* `ringmill replay`; argv begins with the command's name. */
enum exit_code replay_command(int argc, char **argv);
