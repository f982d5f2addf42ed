// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Names that a resolver knows before anybody asks: those of the users and groups in this machine's
 * own files, and of the processes that run. On the resolver thread. */

#include <stdatomic.h>
#include <stdint.h>

#include "base/name_cache.h"
#include "base/resolver.h"

struct resolver_prime {
    struct name_cache *cache;
    uint32_t names;          /* that the cache has room for */
    const atomic_bool *stop; /* when it becomes true, nothing more is entered */
    /* looks an id up that the cache does not have, and enters what it finds */
    void (*find)(void *data, enum resolver_kind kind, uint64_t id);
    void *data;
};

/* Enters the names. May take long: name services are asked for the processes' users. */
void resolver_prime(const struct resolver_prime *prime);
