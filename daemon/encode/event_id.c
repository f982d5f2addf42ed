// SPDX-License-Identifier: Apache-2.0

/* Read when an encoder is opened, in a container too: the kernel's boot id is the same everywhere
 * on a machine. Where /proc has none, zeros stand for it. */

#include "encode/event_id.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum { BOOT_ID_LENGTH = 36 };

static const char *const plain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

static void read_boot_id(char ret_id[BOOT_ID_LENGTH + 1])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (!file || fread(ret_id, 1, BOOT_ID_LENGTH, file) != BOOT_ID_LENGTH)
        memcpy(ret_id, "00000000-0000-0000-0000-000000000000", BOOT_ID_LENGTH);
    ret_id[BOOT_ID_LENGTH] = '\0';
    if (file)
        fclose(file);
}

char *event_id_new(const char *source)
{
    char boot_id[BOOT_ID_LENGTH + 1];
    char *id;

    read_boot_id(boot_id);
    if (asprintf(&id, "%s-%s-", boot_id, source) < 0)
        return NULL;
    for (char *at = id + strspn(id, plain); *at; at += strspn(at, plain))
        *at = '_';
    return id;
}
