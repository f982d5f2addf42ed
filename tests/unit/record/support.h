// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the tests of handlers share: a schema of a number and a text of any length, records of it,
 * and opening a handler from a text as it would stand in a config. */

#include <ringmill/ring.h>

#include "record/handler.h"
#include "unit/config/support.h"

/* The text stands right behind the fixed part. */
struct note {
    uint32_t id;
    uint16_t text_offset;
    uint16_t text_length;
};

static struct field note_fields[] = {
    {.name = "id", .kind = FIELD_UINT, .offset = 0, .size = 4},
    {.name = "text", .kind = FIELD_TEXT, .offset = 4, .size = 4},
};

static const struct schema note_schema = {
    .type_name = "struct note",
    .size = sizeof(struct note),
    .n_fields = 2,
    .fields = note_fields,
};

/* Records with an id and a text of x each; freed by notes_deinit(). */
struct notes {
    struct ringmill_view views[BATCH_MAX];
    struct batch batch;
};

static inline void notes_add(struct notes *notes, uint32_t id, uint32_t text_length)
{
    struct note note = {id, sizeof(note), (uint16_t)text_length};
    char *bytes = malloc(sizeof(note) + text_length);

    assert_non_null(bytes);
    memcpy(bytes, &note, sizeof(note));
    memset(bytes + sizeof(note), 'x', text_length);
    notes->views[notes->batch.count++] =
        (struct ringmill_view){.data = bytes, .length = (uint32_t)sizeof(note) + text_length};
}

static inline void notes_init(struct notes *notes)
{
    memset(notes, 0, sizeof(*notes));
    notes->batch.schema = &note_schema;
    notes->batch.views = notes->views;
}

/* `count` records with ids from 0 and a text of 3 bytes, all selected. */
static inline void notes_init_many(struct notes *notes, uint32_t count)
{
    notes_init(notes);
    for (uint32_t i = 0; i < count; i++)
        notes_add(notes, i, 3);
    batch_select_all(&notes->batch);
}

static inline void notes_deinit(struct notes *notes)
{
    for (uint32_t i = 0; i < notes->batch.count; i++)
        free((void *)notes->views[i].data);
    notes_init(notes);
}

/* A handler and the tree it was read from. */
struct opened {
    struct config_tree *tree;
    struct handler *handler;
};

/* config is what stands behind "handler: ". */
static inline struct opened open_handler(const struct handler_ops *ops, const char *config,
                                         const struct handler_host *host)
{
    struct opened opened = {0};
    struct diag diag;
    char text[1024];

    diag_init(&diag);
    snprintf(text, sizeof(text), "%s: %s\n", ops->name, config);
    opened.tree = load(text);
    assert_int_equal(ops->open(opened.tree->root->first, host, &diag, &opened.handler), 0);
    assert_ptr_equal(opened.handler->ops, ops);
    expect_messages(&diag, "");
    return opened;
}

static inline void close_handler(struct opened *opened)
{
    opened->handler->ops->close(opened->handler);
    config_tree_free(opened->tree);
}

static inline void refuse_handler(const struct handler_ops *ops, const char *config,
                                  const struct handler_host *host, int error, const char *expected)
{
    struct handler *handler = NULL;
    struct config_tree *tree;
    struct diag diag;
    char text[1024];

    diag_init(&diag);
    snprintf(text, sizeof(text), "%s: %s\n", ops->name, config);
    tree = load(text);
    assert_int_equal(ops->open(tree->root->first, host, &diag, &handler), error);
    assert_null(handler);
    expect_messages(&diag, expected);
    config_tree_free(tree);
}
