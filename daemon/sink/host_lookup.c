// SPDX-License-Identifier: Apache-2.0

/* A lookup has two owners: the caller, and the thread inside getaddrinfo(). The last owner to
 * release it frees it, so nobody ever waits for the name servers, not even at the end of the
 * daemon. (With getaddrinfo_a() a running lookup can be neither cancelled nor released.) An eventfd
 * signals the answer, because waiting for an eventfd can be interrupted. */

#include "sink/host_lookup.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/thread.h"

struct host_lookup {
    /* immutable once asked */
    char *host;
    char *port;
    struct addrinfo hints;
    int fd; /* readable: there is an answer, see answered */

    /* owned by the thread until there is an answer, then by who asked */
    int code; /* of getaddrinfo() */
    struct addrinfo *found;

    atomic_bool answered; /* publishes code and found, which an eventfd alone does not guarantee */
    atomic_int owners;
};

static void let_go(struct host_lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->owners, 1) > 1)
        return;
    if (lookup->found)
        freeaddrinfo(lookup->found);
    if (lookup->fd >= 0)
        close(lookup->fd);
    free(lookup->host);
    free(lookup->port);
    free(lookup);
}

static void *lookup_main(void *data)
{
    struct host_lookup *lookup = data;
    const uint64_t one = 1;

    lookup->code = getaddrinfo(lookup->host, lookup->port, &lookup->hints, &lookup->found);
    atomic_store(&lookup->answered, true);
    if (write(lookup->fd, &one, sizeof(one)) < 0)
        abort(); /* cannot fail: the counter of our eventfd has room for 1 */
    let_go(lookup);
    return NULL;
}

static int begin(const char *host, const char *port, int type, struct host_lookup **ret)
{
    struct host_lookup *lookup = calloc(1, sizeof(*lookup));
    pthread_t thread;
    int result;

    if (!lookup)
        return -ENOMEM;
    lookup->owners = 1;
    lookup->hints = (struct addrinfo){.ai_socktype = type, .ai_flags = AI_NUMERICSERV};
    lookup->fd = eventfd(0, EFD_CLOEXEC);
    lookup->host = strdup(host);
    lookup->port = strdup(port);
    result = lookup->fd < 0 ? -errno : lookup->host && lookup->port ? 0 : -ENOMEM;
    if (result == 0) {
        lookup->owners = 2;
        result = thread_start(&thread, "lookup", lookup_main, lookup);
        if (result == 0)
            pthread_detach(thread);
        else
            lookup->owners = 1;
    }
    if (result < 0)
        let_go(lookup);
    else
        *ret = lookup;
    return result;
}

/* Numeric addresses need no name server and no thread. */
static bool parse_numeric(const char *host, const char *port, int type, struct addrinfo **ret_found)
{
    const struct addrinfo hints = {.ai_socktype = type,
                                   .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST};

    return getaddrinfo(host, port, &hints, ret_found) == 0;
}

int host_lookup_ask(struct host_lookup **lookup, const char *host, const char *port, int type,
                    int timeout_ms, struct addrinfo **ret_found)
{
    struct pollfd answer = {.events = POLLIN};
    int result;

    if (!*lookup && parse_numeric(host, port, type, ret_found))
        return 0;
    if (!*lookup) {
        result = begin(host, port, type, lookup);
        if (result < 0)
            return result;
    }
    answer.fd = (*lookup)->fd;
    result = poll(&answer, 1, timeout_ms);
    if (result <= 0 || !atomic_load(&(*lookup)->answered))
        return result < 0 ? -errno : -ETIMEDOUT;
    result = abs((*lookup)->code);
    if (result == 0) {
        *ret_found = (*lookup)->found;
        (*lookup)->found = NULL;
    }
    host_lookup_free(*lookup);
    *lookup = NULL;
    return result;
}

void host_lookup_free(struct host_lookup *lookup)
{
    if (lookup)
        let_go(lookup);
}
