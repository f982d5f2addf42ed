// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, int code, const char *format, ...)
{
    if (error) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(error->text, sizeof(error->text), format, arguments);
        va_end(arguments);
    }
    return code;
}

void error_prefix(struct error *error, const char *format, ...)
{
    char tail[ERROR_TEXT_MAX];
    va_list arguments;
    size_t used;

    if (!error)
        return;
    memcpy(tail, error->text, sizeof(tail));
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    used = strlen(error->text);
    snprintf(error->text + used, sizeof(error->text) - used, ": %s", tail);
}
