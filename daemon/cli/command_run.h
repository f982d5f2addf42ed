// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/daemon.h"

/* `ringmill run [OPTIONS] (NAME | --object FILE | --map PIN)`: one source to standard output,
 * without a config file. argv begins with "run". */
enum exit_code run_command(int argc, char **argv);
