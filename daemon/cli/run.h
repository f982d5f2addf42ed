// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/daemon.h"

/* `ringmill run [--filter EXPR] [--count N] [--seconds S] NAME`: one source to standard output,
 * without a config file. argv begins with "run". */
enum exit_code run_command(int argc, char **argv);
