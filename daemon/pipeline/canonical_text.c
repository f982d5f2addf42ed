// SPDX-License-Identifier: Apache-2.0

/* Which of its texts are names of files only the owner of an entry knows. Here every absolute path
 * that leads to a regular file counts as one: at worst something is made again that need not be.
 * A file counts as unchanged while its inode, size and time of change are: reading all of it would
 * take long, and what replaces a file gives it another inode. */

#include "pipeline/canonical_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "expr/defs.h"

struct canonical_text {
    FILE *text;
    bool files;
    const struct config_node *defs; /* the section; NULL: none */
    bool listed[EXPR_DEFS_MAX];     /* by index in defs */
};

static void put_file(struct canonical_text *identity, const char *path)
{
    struct stat found;

    if (stat(path, &found) < 0 || !S_ISREG(found.st_mode))
        return;
    fprintf(identity->text, "@%ju:%ju:%jd:%jd.%09ld", (uintmax_t)found.st_dev,
            (uintmax_t)found.st_ino, (intmax_t)found.st_size, (intmax_t)found.st_mtim.tv_sec,
            found.st_mtim.tv_nsec);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text; (at = strstr(at, word)); at += length)
        if ((at == text || !is_word(at[-1])) && !is_word(at[length]))
            return true;
    return false;
}

static void put_scalar(struct canonical_text *identity, const struct config_node *node)
{
    fprintf(identity->text, "%s%" PRIu32 ":%s", node->quoted ? "'" : "", node->length, node->text);
    if (identity->files && node->text[0] == '/')
        put_file(identity, node->text);
}

static void put_node(struct canonical_text *identity, const struct config_node *node)
{
    if (node->kind == CONFIG_SCALAR) {
        put_scalar(identity, node);
        return;
    }
    fputc(node->kind == CONFIG_MAP ? '{' : '[', identity->text);
    for (const struct config_node *entry = node->first; entry; entry = entry->next) {
        if (entry->key)
            fprintf(identity->text, "%zu:%s=", strlen(entry->key), entry->key);
        put_node(identity, entry);
        fputc(',', identity->text);
    }
    fputc(node->kind == CONFIG_MAP ? '}' : ']', identity->text);
}

static void put_used_defs(struct canonical_text *identity, const struct config_node *node);

/* The definitions that the text mentions, with those that they mention themselves. */
static void put_defs(struct canonical_text *identity, const char *text)
{
    for (const struct config_node *def = identity->defs->first; def; def = def->next) {
        if (def->index >= EXPR_DEFS_MAX || identity->listed[def->index] ||
            !has_word(text, def->key))
            continue;
        identity->listed[def->index] = true;
        fprintf(identity->text, "\ndef %s ", def->key);
        put_node(identity, def);
        put_used_defs(identity, def);
    }
}

static void put_used_defs(struct canonical_text *identity, const struct config_node *node)
{
    if (node->kind == CONFIG_SCALAR)
        put_defs(identity, node->text);
    for (const struct config_node *entry = node->first; entry; entry = entry->next)
        put_used_defs(identity, entry);
}

static void put_all(struct canonical_text *identity, const struct config_node *entry,
                    enum identity_kind kind)
{
    const struct config_node *root = entry;
    const struct config_node *plugins;

    put_node(identity, entry);
    if (kind != IDENTITY_PIPELINE)
        return;
    while (root->parent)
        root = root->parent;
    plugins = config_map_get(root, "plugins");
    identity->defs = config_map_get(root, "defs");
    if (identity->defs && identity->defs->kind == CONFIG_MAP)
        put_used_defs(identity, entry);
    fputs("\nplugins ", identity->text);
    if (plugins)
        put_node(identity, plugins);
}

char *canonical_text_new(const struct config_node *entry, enum identity_kind kind)
{
    struct canonical_text identity = {.files = kind != IDENTITY_SINK};
    char *text = NULL;
    size_t length = 0;
    bool failed;

    identity.text = open_memstream(&text, &length);
    if (!identity.text)
        return NULL;
    put_all(&identity, entry, kind);
    failed = ferror(identity.text) != 0;
    if (fclose(identity.text) == 0 && !failed)
        return text;
    free(text);
    return NULL;
}
