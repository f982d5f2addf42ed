// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A name's addresses, without waiting for ever. getaddrinfo() takes as long as the name servers
 * leave it alone with its question (half a minute is common) and cannot be called off, so it runs
 * on a thread of its own, and whoever asks waits only for so long. A question that is still open is
 * waited for again instead of being asked once more.
 *
 * One thread uses a lookup at a time. */

#include <netdb.h>
#include <stdint.h>

struct lookup; /* NULL: nothing was asked yet */

/* Waits timeout_ms at most. 0 and a list that the caller gives to freeaddrinfo(); a positive
 * number: -it is for gai_strerror(); -ETIMEDOUT: ask again later; -EINTR; -ENOMEM and the like. */
int lookup_ask(struct lookup **lookup, const char *host, const char *port, int type, int timeout_ms,
               struct addrinfo **ret_found);

/* Leaves the question to its thread; accepts NULL. */
void lookup_free(struct lookup *lookup);
