// SPDX-License-Identifier: Apache-2.0
#include "control/host_header.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/setting.h"

enum { HOST_MAX = 255 }; /* bytes of a name in DNS */

/* How long it is without its port. A bare IPv6 address has no port. */
static size_t length_without_port(const char *host)
{
    const char *colon = strrchr(host, ':');

    if (!colon || (host[0] != '[' && strchr(host, ':') != colon) ||
        colon[1 + strspn(colon + 1, "0123456789")] != '\0')
        return strlen(host);
    return (size_t)(colon - host);
}

static bool is_address(const char *name)
{
    struct in6_addr address;

    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

bool host_is_ours(const char *host, const struct setting_texts *names)
{
    size_t length = length_without_port(host);
    bool bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';
    char name[HOST_MAX + 1];

    if (length > HOST_MAX)
        return false;
    snprintf(name, sizeof(name), "%.*s", (int)length - 2 * bracketed, host + bracketed);
    if (is_address(name) || strcasecmp(name, "localhost") == 0)
        return true;
    for (uint32_t i = 0; i < names->count; i++)
        if (strcasecmp(name, names->items[i]) == 0)
            return true;
    return false;
}
