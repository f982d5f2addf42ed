// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/daemon.h"

/* `ringmill observe`; argv begins with the command's name. */
enum exit_code observe_command(int argc, char **argv);
