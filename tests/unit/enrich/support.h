// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Files of a test, in a folder of its own. */

#include <stdio.h>
#include <unistd.h>

#include "unit/record/support.h"

static char folder[] = "/tmp/ringmill-enrich.XXXXXX";

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    char command[100];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

/* The path stays valid until the next call. */
static inline const char *write_bytes(const char *name, const char *bytes, size_t size)
{
    static char path[sizeof(folder) + 40];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    return path;
}

static inline const char *write_file(const char *name, const char *text)
{
    return write_bytes(name, text, strlen(text));
}
