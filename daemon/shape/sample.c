// SPDX-License-Identifier: Apache-2.0

/* A number below 2^32 that is as good as drawn at random, from the key's hash or from a generator,
 * is kept when it is below 2^32 / N. So what a sample of 1 in 10 keeps is part of what one of
 * 1 in 5 by the same key keeps, here and, the seed being the same, on every other machine. Not
 * every N-th record is taken: what comes in turns would be seen always or never. */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "config/setting.h"
#include "expr/handler_expr.h"
#include "expr/key.h"
#include "record/derive.h"

struct sample_config {
    int64_t rate;
    struct setting_texts by;
    int64_t seed;
};

struct sample {
    struct handler base;
    struct schema *schema;
    uint32_t column; /* counted from 1 */
    uint64_t rate;
    uint64_t state;             /* of the generator */
    const struct field *before; /* the weight that records come in with; NULL: each is one */
    struct key *key;            /* NULL: by chance */
    struct column weights;
    uint64_t hashes[BATCH_MAX];
};

static const struct setting sample_settings[] = {
    {
        .name = "rate",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct sample_config, rate),
        .minimum = 1,
        .maximum = INT32_MAX,
        .required = true,
        .doc = "one record in this many passes",
    },
    {
        .name = "by",
        .type = SETTING_TEXTS,
        .offset = offsetof(struct sample_config, by),
        .minimum = 1,
        .maximum = KEY_PARTS_MAX,
        .doc = "whole keys are sampled: all records of a key pass, or none",
    },
    {
        .name = "seed",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct sample_config, seed),
        .maximum = INT64_MAX,
        .doc = "samples with the same seed choose the same keys; by default 0 with by, else random",
    },
    {0},
};

static void sample_close(struct handler *handler)
{
    struct sample *sample = (struct sample *)handler;

    if (!sample)
        return;
    key_free(sample->key);
    schema_free(sample->schema);
    free(sample);
}

static int open_schema(struct sample *sample, const struct config_node *config,
                       const struct handler_host *host, struct diag *diag)
{
    static const char *const name = "_weight";
    int column;

    sample->before = schema_find_meaning(host->schema, MEANING_WEIGHT);
    sample->schema = derive_schema(host->schema, 1);
    if (!sample->schema)
        return -ENOMEM;
    column = sample->before
                 ? derive_column(sample->schema, sample->before->name, &derive_weight, config, diag)
                 : derive_new_column(sample->schema, name, &derive_weight, config, diag);
    if (column < 0)
        return column;
    sample->column = (uint32_t)column;
    sample->base.schema = sample->schema;
    for (uint32_t i = 0; i < BATCH_MAX; i++)
        sample->weights.integers[i] = sample->rate;
    return 0;
}

static int open_key(struct sample *sample, const struct sample_config *bound,
                    const struct handler_host *host, struct diag *diag)
{
    const struct expr_scope scope = expr_scope_of(host);

    if (bound->by.count == 0)
        return 0;
    return key_open(&bound->by, &scope, (uint64_t)bound->seed, diag, &sample->key);
}

static int sample_open(const struct config_node *config, const struct handler_host *host,
                       struct diag *diag, struct handler **ret)
{
    struct sample_config bound;
    struct sample *sample;
    int result;

    if (setting_bind(sample_settings, config, &bound, diag) > 0)
        return -EINVAL;
    sample = calloc(1, sizeof(*sample));
    if (!sample)
        return -ENOMEM;
    sample->base.ops = &sample_ops;
    sample->rate = (uint64_t)bound.rate;
    sample->state = config_map_get(config, "seed") ? (uint64_t)bound.seed : key_seed();
    result = open_schema(sample, config, host, diag);
    if (result == 0)
        result = open_key(sample, &bound, host, diag);
    if (result < 0) {
        sample_close(&sample->base);
        return result;
    }
    *ret = &sample->base;
    return 0;
}

/* ---- on the way ------------------------------------------------------------------------------ */

/* splitmix64 (Vigna): every state, 0 included, is a good one to begin with. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void weigh(struct sample *sample, struct batch *batch)
{
    for (uint32_t i = 0; sample->before && i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        uint64_t before = batch_present(batch, sample->before, index)
                              ? batch_integer(batch, sample->before, index)
                              : 1;

        if (__builtin_mul_overflow(before, sample->rate, &sample->weights.integers[index]))
            sample->weights.integers[index] = UINT64_MAX;
    }
    batch->columns[sample->column - 1] = &sample->weights;
    batch->schema = sample->schema;
}

static void sample_process(struct handler *handler, struct batch *batch)
{
    struct sample *sample = (struct sample *)handler;
    uint32_t kept = 0;

    if (sample->key)
        key_hash(sample->key, batch, sample->hashes);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        uint64_t number = sample->key ? sample->hashes[index] : draw(&sample->state);

        if ((number >> 32) * sample->rate >> 32 == 0)
            batch->selection[kept++] = index;
    }
    batch->selected = kept;
    weigh(sample, batch);
}

static void sample_rows(const struct handler *handler, row_emit emit, void *data)
{
    const struct sample *sample = (const struct sample *)handler;
    struct expr_failures failures = {0};

    if (sample->key)
        key_add_failures(sample->key, &failures);
    expr_rows(&failures, emit, data);
}

const struct handler_ops sample_ops = {
    .name = "sample",
    .doc = "passes one record in N",
    .removes = BOOK_SAMPLED_OUT,
    .settings = sample_settings,
    .reads_fields = true,
    .reshapes = true,
    .open = sample_open,
    .process = sample_process,
    .rows = sample_rows,
    .close = sample_close,
};
