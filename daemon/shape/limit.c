// SPDX-License-Identifier: Apache-2.0

/* Two limits under one name: of all records ever, and of so many in so much time.
 *
 * Once the first is exhausted, the handler says so, and a daemon all of whose pipelines are
 * exhausted has nothing left to do: that is how `ringmill run --count` ends. The second is a token
 * bucket, or with by: one for each key. Time is the batch's: no clock is read here. A key that had
 * to make room for another starts again when it comes back, with a full bucket.
 *
 * Of a source whose records have several types, all count together: the limit of the first type
 * counts for the others. Only keys are each type's own, since each makes them of other fields. */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/counter.h"
#include "config/setting.h"
#include "expr/handler_expr.h"
#include "expr/key_table.h"
#include "shape/bucket.h"

enum { LIMIT_RATE_MAX = 1000000000 };

struct limit_config {
    int64_t count;
    struct scalar_rate rate;
    int64_t burst;
    struct setting_texts by;
    int64_t keys;
};

struct limit {
    struct handler base;
    struct limit *common; /* whose remaining and bucket are counted; most often this one */
    bool counts;          /* else it has a rate */
    counter remaining;    /* counts down; owned by the consumer thread */
    struct bucket_rate rate;
    struct bucket bucket; /* of all, where there is no key */
    struct key *key;      /* NULL: no by: */
    struct key_table keys;
    uint64_t hashes[BATCH_MAX];
};

static const struct setting limit_settings[] = {
    {
        .name = "count",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct limit_config, count),
        .minimum = 1,
        .maximum = INT64_MAX,
        .doc = "how many records of each source pass in total, without those too long for an event",
    },
    {
        .name = "rate",
        .type = SETTING_RATE,
        .offset = offsetof(struct limit_config, rate),
        .minimum = 1,
        .maximum = LIMIT_RATE_MAX,
        .doc = "how many records of each source pass per unit of time",
    },
    {
        .name = "burst",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct limit_config, burst),
        .minimum = 1,
        .maximum = BUCKET_BURST_MAX,
        .doc = "how many may pass at once after a pause; by default the count of rate, at most "
               "1000000",
    },
    {
        .name = "by",
        .type = SETTING_TEXTS,
        .offset = offsetof(struct limit_config, by),
        .minimum = 1,
        .maximum = KEY_PARTS_MAX,
        .doc = "the rate applies to each key, made of these values",
    },
    {
        .name = "keys",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct limit_config, keys),
        .minimum = 1,
        .maximum = KEY_TABLE_MAX,
        .fallback = "65536",
        .doc = "how many keys are remembered at a time",
    },
    {0},
};

static void limit_close(struct handler *handler)
{
    struct limit *limit = (struct limit *)handler;

    if (!limit)
        return;
    key_table_deinit(&limit->keys);
    key_free(limit->key);
    free(limit);
}

/* Either count: alone, or rate: with what belongs to it. */
static int check(const struct config_node *config, struct diag *diag)
{
    static const char *const with_rate[] = {"burst", "by", "keys"};
    const struct config_node *count = config_map_get(config, "count");
    const struct config_node *rate = config_map_get(config, "rate");
    const struct config_node *keys = config_map_get(config, "keys");
    size_t before = diag_count(diag);

    if (count && rate)
        diag_add_key(diag, rate, "count and rate exclude each other; remove one");
    if (!count && !rate)
        diag_add(diag, config,
                 "missing key: write count, as in {count: 1000}, or rate, as in {rate: 100/s}");
    for (size_t i = 0; count && !rate && i < sizeof(with_rate) / sizeof(with_rate[0]); i++) {
        const struct config_node *node = config_map_get(config, with_rate[i]);

        if (node)
            diag_add_key(diag, node, "this key requires rate:");
    }
    if (rate && keys && !config_map_get(config, "by"))
        diag_add_key(diag, keys, "this key requires by:");
    return diag_count(diag) > before ? -EINVAL : 0;
}

static int open_rate(struct limit *limit, const struct limit_config *bound,
                     const struct handler_host *host, struct diag *diag)
{
    int64_t burst = bound->burst ? bound->burst : (int64_t)bound->rate.count;
    const struct expr_scope scope = expr_scope_of(host);
    int result;

    if (burst > BUCKET_BURST_MAX)
        burst = BUCKET_BURST_MAX;
    limit->rate = bucket_rate(&bound->rate, (uint32_t)burst);
    bucket_fill(&limit->bucket, &limit->rate, 0);
    if (bound->by.count == 0)
        return 0;
    result = key_open(&bound->by, &scope, key_seed(), diag, &limit->key);
    if (result < 0)
        return result;
    return key_table_init(&limit->keys, limit->key, (uint32_t)bound->keys, sizeof(struct bucket));
}

static int limit_open(const struct config_node *config, const struct handler_host *host,
                      struct diag *diag, struct handler **ret)
{
    struct limit_config bound;
    struct limit *limit;
    int result;

    if (setting_bind(limit_settings, config, &bound, diag) > 0 || check(config, diag) < 0)
        return -EINVAL;
    limit = calloc(1, sizeof(*limit));
    if (!limit)
        return -ENOMEM;
    limit->base.ops = &limit_ops;
    limit->common = host->first ? (struct limit *)host->first : limit;
    limit->base.common = host->first;
    limit->counts = bound.count > 0;
    atomic_init(&limit->remaining, (uint64_t)bound.count);
    result = limit->counts ? 0 : open_rate(limit, &bound, host, diag);
    if (result < 0) {
        limit_close(&limit->base);
        return result;
    }
    *ret = &limit->base;
    return 0;
}

/* ---- on the way ------------------------------------------------------------------------------ */

static void count_down(struct limit *limit, struct batch *batch)
{
    counter *common = &limit->common->remaining;
    uint64_t left = counter_get(common);

    if (batch->selected >= left) {
        batch->selected = (uint32_t)left;
        limit->common->base.exhausted = true;
    }
    atomic_store_explicit(common, left - batch->selected, memory_order_relaxed);
}

/* Those that no sink got do not count. */
static void limit_give_back(struct handler *handler, uint32_t records)
{
    struct limit *common = ((struct limit *)handler)->common;

    if (!common->counts || records == 0)
        return;
    counter_add(&common->remaining, records);
    common->base.exhausted = false;
}

static struct bucket *bucket_of(struct limit *limit, uint32_t index, int64_t now)
{
    void *bucket;

    if (!limit->key)
        return &limit->common->bucket;
    if (key_table_get(&limit->keys, index, limit->hashes[index], &bucket) != KEY_TABLE_FOUND)
        bucket_fill(bucket, &limit->rate, now);
    return bucket;
}

static void limit_process(struct handler *handler, struct batch *batch)
{
    struct limit *limit = (struct limit *)handler;
    uint32_t kept = 0;

    if (limit->counts) {
        count_down(limit, batch);
        return;
    }
    if (limit->key)
        key_hash(limit->key, batch, limit->hashes);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];

        if (bucket_take(bucket_of(limit, index, batch->now), &limit->rate, batch->now))
            batch->selection[kept++] = index;
    }
    batch->selected = kept;
}

static void limit_rows(const struct handler *handler, row_emit emit, void *data)
{
    static const struct row left = {
        .name = "left",
        .unit = "",
        .kind = ROW_LEVEL,
        .help = "Records that may still pass the limit",
    };
    const struct limit *limit = (const struct limit *)handler;

    if (limit->counts)
        emit(data, &left, counter_get(&limit->common->remaining));
    if (limit->key)
        key_table_rows(&limit->keys, emit, data);
}

const struct handler_ops limit_ops = {
    .name = "limit",
    .doc = "limits how many records pass, in total or per unit of time",
    .removes = BOOK_LIMITED,
    .settings = limit_settings,
    .reads_fields = true,
    .forgets = true,
    .open = limit_open,
    .process = limit_process,
    .give_back = limit_give_back,
    .rows = limit_rows,
    .close = limit_close,
};
