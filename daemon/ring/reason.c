// SPDX-License-Identifier: Apache-2.0
/* The public counterpart of base/error: users of the library get their own struct, so that the one
 * of the daemon may change without breaking them. */
#include "ring/reason.h"

#include <stdarg.h>
#include <stdio.h>

int reason_set(struct ringmill_error *reason, int code, const char *format, ...)
{
    if (reason) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(reason->text, sizeof(reason->text), format, arguments);
        va_end(arguments);
    }
    return code;
}
