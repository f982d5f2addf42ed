// SPDX-License-Identifier: Apache-2.0

/* What the command lines of both programs share. */

#include "cli/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"

#define COUNT_MAX UINT64_C(1000000000000000)

bool argument_count(const char *option, const char *text, uint64_t *ret_count)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno || value == 0 || value > COUNT_MAX) {
        log_error("%s %s: expected a whole number from 1", option, text);
        return false;
    }
    *ret_count = value;
    return true;
}
