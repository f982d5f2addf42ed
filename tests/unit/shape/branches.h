// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A host whose branches only note what comes in, and then scribble on the batch as real ones do. */

#include "unit/record/support.h"

enum { BRANCHES_MAX = 4 };

struct noting_branch {
    struct branch base;
    char label[16];
    const struct config_node *list;
    const struct schema *schema;
    uint16_t selection[BATCH_MAX]; /* of the last run */
    uint32_t selected;
    bool copies;
};

struct branches {
    struct handler_host host;
    struct noting_branch branch[BRANCHES_MAX];
    uint32_t count;
};

static inline void note_run(struct branch *base, struct batch *batch, bool copies)
{
    struct noting_branch *branch = (struct noting_branch *)base;

    branch->selected = batch->selected;
    branch->copies = copies;
    branch->schema = batch->schema;
    memcpy(branch->selection, batch->selection, sizeof(branch->selection));
    memset(batch->selection, 0xa5, sizeof(batch->selection));
    batch->selected = 0;
    batch->schema = NULL;
    batch->failed = batch->forwarded = 77;
}

static inline struct branch *note_branch(const struct handler_host *host,
                                         const struct config_node *list, const char *label,
                                         struct diag *diag)
{
    struct branches *branches = (struct branches *)(uintptr_t)host;
    struct noting_branch *branch = &branches->branch[branches->count++];

    assert_in_range(branches->count, 1, BRANCHES_MAX);
    if (list->kind != CONFIG_LIST) {
        diag_add(diag, list, "no list");
        return NULL;
    }
    snprintf(branch->label, sizeof(branch->label), "%s", label);
    branch->list = list;
    branch->base.run = note_run;
    return &branch->base;
}

static inline void branches_init(struct branches *branches)
{
    memset(branches, 0, sizeof(*branches));
    branches->host = (struct handler_host){
        .schema = &note_schema, .source_name = "notes", .branch = note_branch};
}

/* What came into a branch, as in "1 3 ". */
static inline void expect_branch(const struct noting_branch *branch, const char *label, bool copies,
                                 const char *expected)
{
    char text[400] = "";

    for (uint32_t i = 0; i < branch->selected; i++) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof(text) - used, "%u ", branch->selection[i]);
    }
    assert_string_equal(text, expected);
    assert_string_equal(branch->label, label);
    assert_int_equal(branch->copies, copies);
    assert_ptr_equal(branch->schema, &note_schema);
}
