// SPDX-License-Identifier: Apache-2.0

/* A copy of a record is a copy of its place in the selection: branches read the same views. */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/setting.h"

struct tee_config {
    const struct config_node *handlers;
};

struct tee {
    struct handler base;
    struct branch *branch;
    uint16_t selection[BATCH_MAX]; /* as it came in */
};

static const struct setting tee_settings[] = {
    {
        .name = "handlers",
        .type = SETTING_NODE,
        .offset = offsetof(struct tee_config, handlers),
        .required = true,
        .doc = "the branch's steps, as in a pipeline; the last one must be forward or route",
    },
    {0},
};

static int tee_open(const struct config_node *config, const struct handler_host *host,
                    struct diag *diag, struct handler **ret)
{
    _cleanup_(cleanup_free) struct tee *tee = NULL;
    struct tee_config bound;

    if (setting_bind(tee_settings, config, &bound, diag) > 0)
        return -EINVAL;
    tee = calloc(1, sizeof(*tee));
    if (!tee)
        return -ENOMEM;
    tee->base.ops = &tee_ops;
    tee->branch = host->branch(host, bound.handlers, "tee", diag);
    if (!tee->branch)
        return -EINVAL;
    *ret = &TAKE_PTR(tee)->base;
    return 0;
}

static void tee_process(struct handler *handler, struct batch *batch)
{
    struct tee *tee = (struct tee *)handler;
    const struct schema *schema = batch->schema;
    uint32_t selected = batch->selected;

    memcpy(tee->selection, batch->selection, selected * sizeof(*tee->selection));
    tee->branch->run(tee->branch, batch, true);
    memcpy(batch->selection, tee->selection, selected * sizeof(*tee->selection));
    batch->selected = selected;
    batch->schema = schema;
    batch->failed = 0;
    batch->forwarded = 0;
}

static void tee_close(struct handler *handler)
{
    free(handler);
}

const struct handler_ops tee_ops = {
    .name = "tee",
    .doc = "sends a copy of each record to a branch",
    .removes = BOOK_FILTERED, /* it takes none away */
    .settings = tee_settings,
    .open = tee_open,
    .process = tee_process,
    .close = tee_close,
};
