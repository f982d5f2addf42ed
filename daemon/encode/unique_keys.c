// SPDX-License-Identifier: Apache-2.0

/* Types that others have written may have as many members as they like, so names are looked up in
 * a tree and not in the list. */

#include "encode/unique_keys.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *left, const void *right)
{
    return strcmp(left, right);
}

void unique_keys_deinit(struct unique_keys *keys)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        tdelete(keys->names[i], &keys->tree, compare_keys);
        free(keys->names[i]);
    }
    free(keys->names);
}

const char *unique_keys_add(struct unique_keys *keys, const char *name)
{
    size_t length = strlen(name);
    char **more = realloc(keys->names, (keys->count + 1) * sizeof(*more));
    char *key = malloc(length + keys->count + 2);

    keys->names = more ? more : keys->names;
    if (!more || !key) {
        free(key);
        return NULL;
    }
    strcpy(key, name);
    while (tfind(key, &keys->tree, compare_keys)) {
        key[length++] = '_';
        key[length] = '\0';
    }
    if (!tsearch(key, &keys->tree, compare_keys)) {
        free(key);
        return NULL;
    }
    keys->names[keys->count++] = key;
    return key;
}
