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
        error->hint[0] = '\0';
        error->hint_key = NULL;
        error->is_example = false;
    }
    return code;
}

void error_prefix(struct error *error, const char *format, ...)
{
    char tail[ERROR_TEXT_MAX];
    va_list arguments;

    if (!error)
        return;
    memcpy(tail, error->text, sizeof(tail));
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    error_append(error, ": %s", tail);
}

static void append(char *text, size_t size, const char *format, va_list arguments)
{
    size_t used = strlen(text);

    vsnprintf(text + used, size - used, format, arguments);
}

void error_append(struct error *error, const char *format, ...)
{
    va_list arguments;

    if (!error)
        return;
    va_start(arguments, format);
    append(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
}

void error_hint(struct error *error, const char *format, ...)
{
    va_list arguments;

    if (!error)
        return;
    if (error->hint[0] && strlen(error->hint) < ERROR_HINT_MAX - strlen("; "))
        strcat(error->hint, "; ");
    va_start(arguments, format);
    append(error->hint, sizeof(error->hint), format, arguments);
    va_end(arguments);
}

static void set_hint(struct error *error, const char *key, bool is_example, const char *format,
                     va_list arguments)
{
    error->hint_key = key;
    error->is_example = is_example;
    vsnprintf(error->hint, ERROR_HINT_MAX, format, arguments);
}

void error_hint_setting(struct error *error, const char *key, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error)
        set_hint(error, key, false, format, arguments);
    va_end(arguments);
}

void error_hint_example(struct error *error, const char *key, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error)
        set_hint(error, key, true, format, arguments);
    va_end(arguments);
}

const char *error_join(struct error *error)
{
    char lines[ERROR_TEXT_MAX];
    size_t used = strcspn(error->text, "\n");

    if (!error->hint[0])
        return error->text;
    memcpy(lines, error->text + used, sizeof(lines) - used);
    error->text[used] = '\0';
    if (error->hint_key)
        error_append(error, "; %sset %s: %s%s", error->is_example ? "for example, " : "",
                     error->hint_key, error->hint, lines);
    else
        error_append(error, "; %s%s", error->hint, lines);
    error->hint[0] = '\0';
    error->hint_key = NULL;
    return error->text;
}
