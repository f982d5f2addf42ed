// SPDX-License-Identifier: Apache-2.0
#include "base/resolver_prime.h"

#include <string.h>

#include "base/clock.h"
#include "base/id_name.h"

enum { SHARE = 4 }; /* users may take this part of the cache, groups another */

/* One file. */
struct local {
    const struct resolver_prime *prime;
    enum resolver_kind kind;
    uint32_t left; /* names that may still be entered */
};

/* A file is not a name service: what it says is shown, and looked up once more when it is. Of
 * several names of an id the first counts, as in a name service. */
static bool enter(void *data, uint64_t id, const char *name)
{
    struct local *local = data;
    struct name_entry entry = {.kind = local->kind, .id = id, .known = true}, before;
    struct name_cache *cache = local->prime->cache;
    size_t length = strlen(name);

    if (length > RESOLVER_NAME_MAX ||
        name_cache_get(cache, local->kind, id, clock_monotonic(), &before))
        return true;
    entry.length = (uint32_t)length;
    memcpy(entry.name, name, length);
    name_cache_put(cache, &entry, clock_monotonic());
    return --local->left > 0 && !atomic_load(local->prime->stop);
}

static void enter_file(const struct resolver_prime *prime, enum resolver_kind kind,
                       const char *path)
{
    struct local local = {prime, kind, prime->names / SHARE + 1};

    id_name_local(path, enter, &local);
}

static void find_once(const struct resolver_prime *prime, enum resolver_kind kind, uint64_t id)
{
    struct name_entry entry;

    if (!name_cache_get(prime->cache, kind, id, clock_monotonic(), &entry))
        prime->find(prime->data, kind, id);
}

/* Whoever logged in through a directory service is in no file. */
static bool enter_process(void *data, uint64_t uid, uint64_t gid)
{
    const struct resolver_prime *prime = data;

    find_once(prime, RESOLVER_UID, uid);
    find_once(prime, RESOLVER_GID, gid);
    return !atomic_load(prime->stop);
}

void resolver_prime(const struct resolver_prime *prime)
{
    enter_file(prime, RESOLVER_UID, "/etc/passwd");
    enter_file(prime, RESOLVER_GID, "/etc/group");
    id_name_processes(enter_process, (void *)prime);
}
