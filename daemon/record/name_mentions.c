// SPDX-License-Identifier: Apache-2.0

/* A word in a text, whatever it means there. If it was not meant as a field, it costs a column. */

#include <ctype.h>
#include <string.h>

#include "config/node.h"
#include "record/name_columns.h"

enum { DEFS_MAX = 256 }; /* named expressions that are looked through; a config has no more */

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text; at && (at = strstr(at, word)); at++)
        if ((at == text || !is_letter(at[-1])) && !is_letter(at[length]))
            return true;
    return false;
}

static bool node_has(const struct config_node *node, const char *word)
{
    if (node->kind == CONFIG_SCALAR)
        return has_word(node->text, word);
    for (const struct config_node *entry = node->first; entry; entry = entry->next)
        if ((entry->key && has_word(entry->key, word)) || node_has(entry, word))
            return true;
    return false;
}

/* The word itself, or an expression's name whose text reaches the word. Of expressions that use
 * each other in a circle, which are refused elsewhere, each is looked at once. */
static bool is_reached(const struct name_mentions *about, const char *word,
                       uint64_t seen[DEFS_MAX / 64])
{
    if (node_has(about->config, word))
        return true;
    for (const struct config_node *def = about->defs ? about->defs->first : NULL; def;
         def = def->next) {
        uint64_t bit = UINT64_C(1) << (def->index % 64);

        if (!def->key || def->index >= DEFS_MAX || seen[def->index / 64] & bit ||
            !node_has(def, word))
            continue;
        seen[def->index / 64] |= bit;
        if (is_reached(about, def->key, seen))
            return true;
    }
    return false;
}

bool name_mentions_word(const struct name_mentions *about, const char *key)
{
    uint64_t seen[DEFS_MAX / 64] = {0};

    return is_reached(about, key, seen);
}
