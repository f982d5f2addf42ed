// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/plugin.h"

/* Makes the plug-in's table into that of a handler, all but its settings and rows. */
void adapter_init(struct plugin *plugin);
