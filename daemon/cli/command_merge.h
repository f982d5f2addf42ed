// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/daemon.h"

/* `ringmill merge`: rows of many machines, with their sketches, to rows of all. */
enum exit_code merge_command(int argc, char **argv);
