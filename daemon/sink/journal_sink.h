// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sink/sink.h"

extern const struct sink_ops sink_journal;
