// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Listening sockets in systemd's fd store: who asks while the daemon is killed or restarted waits
 * in the socket's backlog and is answered by the next process. Sockets of socket units need none of
 * this, systemd has them anyway. Without systemd all of it does nothing. Main thread. */

#include "control/server.h"

/* The listening socket that an earlier process of this service has stored, if it has the address
 * that is wanted now: a path, or "ADDRESS:PORT"; NULL: none is. One that has another is taken out
 * of the store. -1: there is none. The caller owns it. */
int socket_store_take(enum server_kind kind, const char *address);
/* Stores it. systemd notices when it has it already. */
void socket_store_put(enum server_kind kind, int fd);
