// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The one pass over a capture when it is opened. */

#include "capture/capture.h"

/* capture has bytes, mapped and begin; all else is filled, damage included. 0 or -ENOMEM. */
int scan_capture(struct capture *capture, const char *path);
