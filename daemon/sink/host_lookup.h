// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Looks up the addresses of a host name with a time limit. getaddrinfo() takes as long as the name
 * servers do not answer (half a minute is common) and cannot be cancelled, so it runs on its own
 * thread, and the caller waits only for a limited time. A lookup that is still running is waited
 * for again instead of being started a second time.
 *
 * One thread uses a lookup at a time. */

#include <netdb.h>
#include <stdint.h>

struct host_lookup; /* NULL: nothing was asked yet */

/* Waits timeout_ms at most. 0 and a list that the caller gives to freeaddrinfo(); a positive
 * number, whose negative is for gai_strerror(); -ETIMEDOUT: ask again later; -EINTR, -ENOMEM or
 * another errno. */
int host_lookup_ask(struct host_lookup **lookup, const char *host, const char *port, int type,
                    int timeout_ms, struct addrinfo **ret_found);

/* Abandons the lookup; its thread frees it when it ends. Accepts NULL. */
void host_lookup_free(struct host_lookup *lookup);
