// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/page.h"

/* Writes the families that handlers and sinks bring by their rows(). At most 64; more are left out.
 */
void own_rows_write(struct page *page);
