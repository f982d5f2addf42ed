// SPDX-License-Identifier: Apache-2.0
#pragma once

struct page;

/* Adds what handlers expose of the records themselves. */
void exposed_write(struct page *page);
