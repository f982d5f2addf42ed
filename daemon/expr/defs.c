// SPDX-License-Identifier: Apache-2.0

/* A named expression that uses itself, over others or at once, would never end where it is used, so
 * the circle is found here, before anybody does: what is in one is taken out of the tree. */

#include "expr/defs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool name_is(const char *name, const struct text *text)
{
    return strlen(name) == text->length && memcmp(name, text->bytes, text->length) == 0;
}

const struct expr_def *expr_defs_find(const struct expr_defs *defs, const struct node *node)
{
    for (uint32_t i = 0; defs && !node->first && i < defs->n; i++) {
        if (name_is(defs->defs[i].name, &node->spelling))
            return &defs->defs[i];
    }
    return NULL;
}

bool expr_defs_refused(const struct expr_defs *defs, const struct node *node)
{
    const struct config_node *entry =
        defs && defs->section && !node->first ? defs->section->first : NULL;

    while (entry && !name_is(entry->key, &node->spelling))
        entry = entry->next;
    return entry && !expr_defs_find(defs, node);
}

static bool is_name(const char *key)
{
    static const char *const words[] = {"true", "false", "null", "in"};
    const char *const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(key, words[i]) == 0)
            return false;
    }
    return *key && !(*key >= '0' && *key <= '9') && strlen(key) <= EXPR_DEF_NAME_MAX &&
           key[strspn(key, letters)] == '\0';
}

static int read_one(const struct config_node *entry, struct diag *diag, struct expr_defs *defs)
{
    struct expr_def def = {.name = entry->key, .node = entry};
    struct expr_error error;
    int r;

    if (!is_name(entry->key)) {
        diag_add_key(diag, entry,
                     "a name has 1 to %d letters, digits and _, does not begin with a digit and is "
                     "not true, false, null or in",
                     EXPR_DEF_NAME_MAX);
        return 0;
    }
    if (entry->kind != CONFIG_SCALAR || config_node_is_null(entry)) {
        diag_add(diag, entry, "expected an expression, as in uid == 0");
        return 0;
    }
    r = tree_parse(entry->text, &error, &def.tree);
    if (r == -EINVAL)
        diag_add_inside(diag, entry, error.column, "%s", error.text);
    if (r == 0)
        defs->defs[defs->n++] = def;
    return r == -ENOMEM ? r : 0;
}

/* ---- circles --------------------------------------------------------------------------------- */

enum colour { WHITE, GREY, BLACK }; /* not seen, being followed, known to end */

struct cycle_search {
    const struct expr_defs *defs;
    struct diag *diag;
    enum colour colours[EXPR_DEFS_MAX];
};

/* Reports where it leads back to one that is being followed; true: it does. */
static bool report_circle(struct cycle_search *search, uint32_t index)
{
    const struct expr_def *def = &search->defs->defs[index];
    bool circular = false;

    search->colours[index] = GREY;
    for (uint32_t i = 1; i < def->tree.n_nodes && !circular; i++) {
        const struct node *node = &def->tree.nodes[i];
        const struct expr_def *used =
            node->kind == NODE_NAME ? expr_defs_find(search->defs, node) : NULL;
        uint32_t next = used ? (uint32_t)(used - search->defs->defs) : 0;

        if (!used || search->colours[next] == BLACK)
            continue;
        circular = search->colours[next] == GREY || report_circle(search, next);
        if (used == def)
            diag_add_inside(search->diag, def->node, node->column,
                            "circular definition: %s uses itself", def->name);
        else if (search->colours[next] == GREY)
            diag_add_inside(search->diag, def->node, node->column,
                            "circular definition: %s uses %s, which leads back to %s", def->name,
                            used->name, def->name);
    }
    search->colours[index] = BLACK;
    return circular;
}

static void refuse_circles(struct expr_defs *defs, struct diag *diag)
{
    struct cycle_search search = {.defs = defs, .diag = diag};
    bool circular = false;

    for (uint32_t i = 0; i < defs->n; i++) {
        if (search.colours[i] == WHITE)
            circular = report_circle(&search, i) || circular;
    }
    for (uint32_t i = 0; circular && i < defs->n; i++)
        tree_deinit(&defs->defs[i].tree);
    if (circular)
        defs->n = 0;
}

int expr_defs_new(const struct config_node *section, struct diag *diag, struct expr_defs **ret)
{
    _cleanup_(cleanup_expr_defs_free) struct expr_defs *defs = NULL;
    uint32_t count = section && section->kind == CONFIG_MAP ? section->count : 0;
    int r = 0;

    if (section && section->kind != CONFIG_MAP)
        diag_add(diag, section, "expected a map of expressions by name, found %s",
                 config_node_kind_name(section));
    if (count > EXPR_DEFS_MAX) {
        diag_add(diag, section, "too many expressions: %u; at most %d are allowed", count,
                 EXPR_DEFS_MAX);
        count = 0;
    }
    defs = calloc(1, sizeof(*defs) + count * sizeof(*defs->defs));
    if (!defs)
        return -ENOMEM;
    if (section && section->kind == CONFIG_MAP)
        defs->section = section;
    for (const struct config_node *entry = count ? section->first : NULL; entry && r == 0;
         entry = entry->next)
        r = read_one(entry, diag, defs);
    if (r < 0)
        return r;
    refuse_circles(defs, diag);
    *ret = TAKE_PTR(defs);
    return 0;
}

void expr_defs_free(struct expr_defs *defs)
{
    if (!defs)
        return;
    for (uint32_t i = 0; i < defs->n; i++)
        tree_deinit(&defs->defs[i].tree);
    free(defs);
}
