// SPDX-License-Identifier: Apache-2.0

/* Once exhausted, the handler says so, and a daemon all of whose pipelines are exhausted has
 * nothing left to do: that is how `ringmill run --count` ends. */

#include "shape/limit.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/counter.h"
#include "config/setting.h"

struct limit_config {
    int64_t count;
};

struct limit {
    struct handler base;
    counter left; /* counts down; owned by the consumer thread */
};

static const struct setting limit_settings[] = {
    {
        .name = "count",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct limit_config, count),
        .minimum = 1,
        .maximum = INT64_MAX,
        .required = true,
        .doc = "how many records of each source pass before none does",
    },
    {0},
};

static int limit_open(const struct config_node *config, const struct handler_host *host,
                      struct diag *diag, struct handler **ret)
{
    struct limit_config bound;
    struct limit *limit;

    (void)host;
    if (setting_bind(limit_settings, config, &bound, diag) > 0)
        return -EINVAL;
    limit = calloc(1, sizeof(*limit));
    if (!limit)
        return -ENOMEM;
    limit->base.ops = &limit_ops;
    atomic_init(&limit->left, (uint64_t)bound.count);
    *ret = &limit->base;
    return 0;
}

static void limit_process(struct handler *handler, struct batch *batch)
{
    struct limit *limit = (struct limit *)handler;
    uint64_t left = counter_get(&limit->left);

    if (batch->selected >= left) {
        batch->selected = (uint32_t)left;
        limit->base.exhausted = true;
    }
    atomic_store_explicit(&limit->left, left - batch->selected, memory_order_relaxed);
}

static void limit_rows(const struct handler *handler, row_emit emit, void *data)
{
    static const struct row left = {
        .name = "left",
        .unit = "",
        .kind = ROW_LEVEL,
        .help = "Records that may still pass the limit",
    };

    emit(data, &left, counter_get(&((const struct limit *)handler)->left));
}

static void limit_close(struct handler *handler)
{
    free(handler);
}

const struct handler_ops limit_ops = {
    .name = "limit",
    .doc = "lets only so many records through",
    .removes = BOOK_LIMITED,
    .open = limit_open,
    .process = limit_process,
    .rows = limit_rows,
    .close = limit_close,
};
