// SPDX-License-Identifier: Apache-2.0

/* One walk over the old tree writes the new one. Every edit is looked up by the full path that the
 * field had, so that all of them apply at once: {a: b, b: a} swaps two names. There are few edits
 * and few fields, so each is compared with all. */

#include "record/edit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/field_path.h"

struct editor {
    struct edit *edits;
    uint32_t n_edits;
    bool keeps; /* one of them is EDIT_KEEP */
    struct schema *schema;
    const struct config_node *node;
    struct diag *diag;
};

/* ---- names ----------------------------------------------------------------------------------- */

const struct field *edit_find(const struct handler_host *host, const char *path,
                              const struct config_node *node, struct diag *diag)
{
    const struct field_scope scope = {.schema = host->schema,
                                      .siblings = host->siblings,
                                      .host = host,
                                      .elements = FIELD_ELEMENTS_NONE};
    struct field_walk walk;
    struct error error;
    int r = field_path_find(path, &scope, &error, &walk);

    if (r < 0)
        diag_add(diag, node, "%s", error.text);
    return r == FIELD_FOUND ? walk.field : NULL;
}

bool edit_check_name(const char *name, const struct config_node *node, struct diag *diag)
{
    const char *const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    const char *const word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    if (*name && strchr(letters, *name) && name[strspn(name, word)] == '\0' &&
        strlen(name) <= EDIT_NAME_MAX)
        return true;
    diag_add_key(diag, node,
                 "a field's name has 1 to %d letters, digits and _, and does not begin with a "
                 "digit",
                 EDIT_NAME_MAX);
    return false;
}

int edit_check_repeats(const struct schema *schema, const struct config_node *node,
                       struct diag *diag)
{
    for (uint32_t i = 0; i < schema->n_fields && schema->hidden; i++)
        if (schema->fields[i].repeats) {
            diag_add(diag, node,
                     "%s still contains the original %s; drop %s as well, or move this step before "
                     "the aggregate",
                     schema->fields[i].name, schema->hidden, schema->fields[i].name);
            return -EINVAL;
        }
    return 0;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static struct edit *find_edit(const struct editor *editor, enum edit_kind kind, const char *path)
{
    for (uint32_t i = 0; i < editor->n_edits; i++)
        if (editor->edits[i].kind == kind && !editor->edits[i].absent &&
            strcmp(editor->edits[i].path, path) == 0)
            return &editor->edits[i];
    return NULL;
}

/* What a path says below a place; NULL: it leads elsewhere. The place's path is "" or ends in a
 * dot. */
static const char *below(const char *path, const char *place)
{
    size_t length = strlen(place);

    return strncmp(path, place, length) == 0 ? path + length : NULL;
}

static bool is_edited_below(const struct editor *editor, const char *place)
{
    for (uint32_t i = 0; i < editor->n_edits; i++)
        if (below(editor->edits[i].path, place))
            return true;
    return false;
}

/* One level of the tree, old and new. */
struct level {
    const struct field *from;
    uint32_t n_from;
    const char *place; /* "" or "src." */
    bool whole;        /* it or something around it is kept */
    struct field *to;
    uint32_t n_to;
};

static int copy_level(struct editor *editor, struct level *level);

static bool is_edited(const struct editor *editor, enum edit_kind kind, const char *place,
                      const char *name)
{
    char path[EDIT_PATH_MAX];

    snprintf(path, sizeof(path), "%s%s", place, name);
    return find_edit(editor, kind, path);
}

/* What hides a value hides its names, too, unless they are named themselves. */
static bool loses_its_value(const struct editor *editor, const struct level *level,
                            const struct field *name)
{
    if (!name->name_of || is_edited(editor, EDIT_KEEP, level->place, name->name) ||
        is_edited(editor, EDIT_REPLACE, level->place, name->name) ||
        is_edited(editor, EDIT_RENAME, level->place, name->name))
        return false;
    return is_edited(editor, EDIT_DROP, level->place, name->name_of) ||
           is_edited(editor, EDIT_REPLACE, level->place, name->name_of);
}

/* Names that are hidden, or called otherwise, are not shown beside the value again. */
static bool loses_a_name(const struct editor *editor, const struct level *level,
                         const struct field *value)
{
    for (uint32_t i = 0; i < level->n_from; i++) {
        const struct field *name = &level->from[i];

        if (name->name_of && strcmp(name->name_of, value->name) == 0 &&
            (is_edited(editor, EDIT_DROP, level->place, name->name) ||
             is_edited(editor, EDIT_REPLACE, level->place, name->name) ||
             is_edited(editor, EDIT_RENAME, level->place, name->name)))
            return true;
    }
    return false;
}

static int copy_members(struct editor *editor, struct field *field, const char *place, bool whole)
{
    struct level level = {field->members, field->n_members, place, whole, NULL, 0};
    int result;

    level.to = schema_keep_array(editor->schema, field->n_members, sizeof(*level.to));
    if (!level.to)
        return -ENOMEM;
    result = copy_level(editor, &level);
    field->members = level.to;
    field->n_members = level.n_to;
    return result;
}

static int copy_field(struct editor *editor, struct level *level, const struct field *from)
{
    struct field *to = &level->to[level->n_to];
    struct edit *edit;
    char place[EDIT_PATH_MAX];
    bool whole;
    int result = 0;

    /* one byte is left for the dot; what is longer than any edit's path is in none */
    snprintf(place, sizeof(place) - 1, "%s%s", level->place, from->name);
    if (find_edit(editor, EDIT_DROP, place) || loses_its_value(editor, level, from))
        return schema_hide(editor->schema, from, place);
    whole = level->whole || find_edit(editor, EDIT_KEEP, place);
    *to = *from;
    to->unnamed |= loses_a_name(editor, level, from);
    edit = find_edit(editor, EDIT_REPLACE, place);
    if (edit) {
        *to = edit->like;
        to->name = from->name;
        result = schema_hide(editor->schema, from, place);
    }
    edit = find_edit(editor, EDIT_RENAME, place);
    if (edit) {
        to->name = schema_keep(editor->schema, edit->name);
        edit->renamed = true;
    }
    strcat(place, ".");
    if (!find_edit(editor, EDIT_REPLACE, place) && to->n_members > 0 &&
        is_edited_below(editor, place)) {
        result = copy_members(editor, to, place, whole);
        if (to->n_members == 0)
            return result;
    }
    level->n_to++;
    return to->name ? result : -ENOMEM;
}

/* Of a level, all that no edit keeps. */
static int hide_rest(struct editor *editor, const struct level *level, const uint64_t *kept)
{
    char place[EDIT_PATH_MAX];
    int result = 0;

    for (uint32_t i = 0; i < level->n_from && result == 0; i++) {
        if (kept[i / 64] >> (i % 64) & 1)
            continue;
        snprintf(place, sizeof(place), "%s%s", level->place, level->from[i].name);
        result = schema_hide(editor->schema, &level->from[i], place);
    }
    return result;
}

/* In the order in which they are named. */
static int copy_kept(struct editor *editor, struct level *level)
{
    uint64_t *done = calloc(level->n_from / 64 + 1, sizeof(*done));
    int result = done ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < editor->n_edits && result == 0; i++) {
        const struct edit *edit = &editor->edits[i];
        const char *rest = edit->kind == EDIT_KEEP ? below(edit->path, level->place) : NULL;
        const struct field *field =
            rest ? field_among(level->from, level->n_from, rest, strcspn(rest, ".")) : NULL;
        uint32_t index = field ? (uint32_t)(field - level->from) : 0;

        if (!field || done[index / 64] >> (index % 64) & 1)
            continue;
        done[index / 64] |= UINT64_C(1) << (index % 64);
        result = copy_field(editor, level, field);
    }
    if (result == 0)
        result = hide_rest(editor, level, done);
    free(done);
    return result;
}

static int check_names(const struct editor *editor, const struct level *level)
{
    for (uint32_t i = 0; i < level->n_to; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(level->to[i].name, level->to[j].name) == 0) {
                diag_add(editor->diag, editor->node,
                         "two fields would have the name %s; rename one", level->to[i].name);
                return -EINVAL;
            }
    return 0;
}

static int copy_level(struct editor *editor, struct level *level)
{
    int result = 0;

    if (editor->keeps && !level->whole)
        result = copy_kept(editor, level);
    else
        for (uint32_t i = 0; i < level->n_from && result == 0; i++)
            result = copy_field(editor, level, &level->from[i]);
    return result == 0 ? check_names(editor, level) : result;
}

/* ---- edits ----------------------------------------------------------------------------------- */

/* Numbers the columns of what is replaced. What only another type has is here not. */
static int prepare(struct editor *editor, const struct handler_host *host)
{
    size_t before = diag_count(editor->diag);

    for (uint32_t i = 0; i < editor->n_edits; i++) {
        struct edit *edit = &editor->edits[i];

        editor->keeps |= edit->kind == EDIT_KEEP;
        edit->absent = !edit_find(host, edit->path, edit->node, editor->diag);
        if (edit->kind == EDIT_REPLACE && !edit->absent)
            edit->like.column = (uint16_t)++editor->schema->n_columns;
    }
    if (diag_count(editor->diag) > before)
        return -EINVAL;
    if (editor->schema->n_columns <= BATCH_COLUMNS_MAX)
        return 0;
    diag_add(editor->diag, editor->node,
             "too many added fields; the handlers of a pipeline can add at most %d",
             BATCH_COLUMNS_MAX);
    return -ENOSPC;
}

static int check_renames(const struct editor *editor)
{
    int result = 0;

    for (uint32_t i = 0; i < editor->n_edits; i++) {
        const struct edit *edit = &editor->edits[i];

        if (edit->kind != EDIT_RENAME || edit->absent || edit->renamed)
            continue;
        diag_add(editor->diag, edit->node,
                 "%s is not kept, so it cannot be renamed; add it to keep", edit->path);
        result = -EINVAL;
    }
    return result;
}

int edit_schema(const struct handler_host *host, struct edit *edits, uint32_t n_edits,
                uint32_t more, struct diag *diag, struct schema **ret_schema)
{
    const struct schema *from = host->schema;
    struct editor editor = {.edits = edits, .n_edits = n_edits, .diag = diag};
    struct level level = {from->fields, from->n_fields, "", false, NULL, 0};
    int result;

    editor.schema = schema_new(from->type_name, from->n_fields + more);
    if (!editor.schema)
        return -ENOMEM;
    editor.schema->size = from->size;
    editor.schema->n_columns = from->n_columns;
    editor.schema->hidden = from->hidden;
    editor.schema->hidden_bytes = from->hidden_bytes;
    editor.node = n_edits > 0 ? edits[0].node : NULL;
    level.to = editor.schema->fields;
    result = prepare(&editor, host);
    if (result == 0)
        result = copy_level(&editor, &level);
    if (result == 0)
        result = check_renames(&editor);
    editor.schema->n_fields = level.n_to;
    if (result < 0)
        schema_free(editor.schema);
    else
        *ret_schema = editor.schema;
    return result;
}
