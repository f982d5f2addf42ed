// SPDX-License-Identifier: Apache-2.0
#pragma once

/* For the pins of sources in systemd's fd store: FOLDER/UNIT-DOMAIN, see fd_store.c. */

/* Processes of one domain see the same locks of rings. */
unsigned fd_store_domain(void);
