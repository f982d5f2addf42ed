// SPDX-License-Identifier: Apache-2.0

/* In double quotes YAML takes any character, if it is escaped. */

#include "cli/quoted.h"

void quoted_put(const char *text, FILE *file)
{
    fputc('"', file);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at < 0x20 || *at == 0x7f)
            fprintf(file, "\\x%02x", *at);
        else
            fprintf(file, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    fputc('"', file);
}
