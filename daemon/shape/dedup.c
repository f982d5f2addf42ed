// SPDX-License-Identifier: Apache-2.0

/* A window begins with the record that passes, not with the last repeat: what repeats without a
 * pause is reported once a window, and not never. Time is the batch's: no clock is read here. */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "config/setting.h"
#include "expr/handler_expr.h"
#include "expr/key_table.h"
#include "record/derive.h"

struct dedup_config {
    struct setting_texts by;
    uint64_t window;
    int64_t keys;
};

/* What is remembered of a key. */
struct dedup_key {
    int64_t passed;      /* ns, monotonic: when a record of it did */
    uint64_t suppressed; /* since then */
};

struct dedup {
    struct handler base;
    struct schema *schema;
    uint32_t column; /* counted from 1 */
    int64_t window;
    struct key *key;
    struct key_table keys;
    counter unreported; /* suppressed records of keys that were forgotten */
    struct column suppressed;
    uint64_t hashes[BATCH_MAX];
};

static const struct setting dedup_settings[] = {
    {
        .name = "by",
        .type = SETTING_TEXTS,
        .offset = offsetof(struct dedup_config, by),
        .minimum = 1,
        .maximum = KEY_PARTS_MAX,
        .required = true,
        .doc = "records with equal values of these expressions are repeats",
    },
    {
        .name = "window",
        .type = SETTING_DURATION,
        .offset = offsetof(struct dedup_config, window),
        .minimum = 1000000,
        .fallback = "10s",
        .doc = "how long repeats are suppressed after a record that passed",
    },
    {
        .name = "keys",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct dedup_config, keys),
        .minimum = 1,
        .maximum = KEY_TABLE_MAX,
        .fallback = "65536",
        .doc = "how many keys are remembered at a time",
    },
    {0},
};

static void dedup_close(struct handler *handler)
{
    struct dedup *dedup = (struct dedup *)handler;

    if (!dedup)
        return;
    key_table_deinit(&dedup->keys);
    key_free(dedup->key);
    schema_free(dedup->schema);
    free(dedup);
}

static int open_parts(struct dedup *dedup, const struct config_node *config,
                      const struct dedup_config *bound, const struct handler_host *host,
                      struct diag *diag)
{
    const struct expr_scope scope = expr_scope_of(host);
    int column, result;

    dedup->schema = derive_schema(host->schema, 1);
    if (!dedup->schema)
        return -ENOMEM;
    column = derive_new_column(dedup->schema, "_suppressed", &derive_count, config, diag);
    result = key_open(&bound->by, &scope, key_seed(), diag, &dedup->key);
    if (column < 0 || result < 0)
        return column < 0 ? column : result;
    dedup->column = (uint32_t)column;
    dedup->base.schema = dedup->schema;
    return key_table_init(&dedup->keys, dedup->key, (uint32_t)bound->keys,
                          sizeof(struct dedup_key));
}

static int dedup_open(const struct config_node *config, const struct handler_host *host,
                      struct diag *diag, struct handler **ret)
{
    struct dedup_config bound;
    struct dedup *dedup;
    int result;

    if (setting_bind(dedup_settings, config, &bound, diag) > 0)
        return -EINVAL;
    dedup = calloc(1, sizeof(*dedup));
    if (!dedup)
        return -ENOMEM;
    dedup->base.ops = &dedup_ops;
    dedup->window = (int64_t)bound.window;
    result = open_parts(dedup, config, &bound, host, diag);
    if (result < 0) {
        dedup_close(&dedup->base);
        return result;
    }
    *ret = &dedup->base;
    return 0;
}

/* ---- on the way ------------------------------------------------------------------------------ */

/* What is remembered of the key of the record, which is added if it is new. */
static struct dedup_key *find_key(struct dedup *dedup, uint32_t index, bool *ret_known)
{
    void *entry;
    enum key_table_outcome outcome =
        key_table_get(&dedup->keys, index, dedup->hashes[index], &entry);
    struct dedup_key *key = entry;

    *ret_known = outcome == KEY_TABLE_FOUND;
    if (outcome == KEY_TABLE_EVICTED) {
        counter_add(&dedup->unreported, key->suppressed);
        key->suppressed = 0;
    }
    return key;
}

/* Notes the record under its key. False: it is a repeat, to be suppressed. */
static bool let_pass(struct dedup *dedup, uint32_t index, int64_t now)
{
    bool known;
    struct dedup_key *key = find_key(dedup, index, &known);

    if (known && now - key->passed < dedup->window) {
        key->suppressed++;
        return false;
    }
    dedup->suppressed.integers[index] = key->suppressed;
    key->passed = now;
    key->suppressed = 0;
    return true;
}

static void dedup_process(struct handler *handler, struct batch *batch)
{
    struct dedup *dedup = (struct dedup *)handler;
    uint32_t kept = 0;

    key_hash(dedup->key, batch, dedup->hashes);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];

        if (let_pass(dedup, index, batch->now))
            batch->selection[kept++] = index;
    }
    batch->selected = kept;
    batch->columns[dedup->column - 1] = &dedup->suppressed;
    batch->schema = dedup->schema;
}

static void dedup_rows(const struct handler *handler, row_emit emit, void *data)
{
    static const struct row untold = {
        .name = "untold",
        .unit = "",
        .kind = ROW_COUNT,
        .help = "Suppressed records of forgotten keys; no _suppressed counts them",
    };
    const struct dedup *dedup = (const struct dedup *)handler;

    key_table_rows(&dedup->keys, emit, data);
    emit(data, &untold, counter_get(&dedup->unreported));
}

const struct handler_ops dedup_ops = {
    .name = "dedup",
    .doc = "suppresses repeats",
    .removes = BOOK_DEDUPLICATED,
    .forgets = true,
    .settings = dedup_settings,
    .reads_fields = true,
    .reshapes = true,
    .open = dedup_open,
    .process = dedup_process,
    .rows = dedup_rows,
    .close = dedup_close,
};
