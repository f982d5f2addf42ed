// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a row's portable form: what is taken can be merged with itself, gives rows, and
 * those can be written in any format. */

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "cli/merger.h"
#include "encode/csv.h"
#include "encode/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUTPUT_BYTES = 1024 * 1024, GROUPS = 3 };

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void print(const struct encoder_ops *ops, struct merger *merger, const struct batch *batch)
{
    static char output[OUTPUT_BYTES];
    void *config = calloc(1, ops->config_size + 1);
    const struct encoder_options options = {.config = config};
    struct encoder *encoder = NULL;
    struct error error;
    size_t used = 0;

    require(config && ops->open(merger_schema(merger), merger_source(merger), &options, &error,
                                &encoder) == 0);
    encoder_batch(encoder, batch, 0, output, sizeof(output), &used);
    require(used > 0);
    encoder_close(encoder);
    free(config);
}

/* The first byte says how much of the rest is another row. */
static void merge(const uint8_t *data, size_t size, bool whole)
{
    struct merger *merger = merger_new(GROUPS, whole);
    size_t other = size > 0 ? (size_t)data[0] * size / 256 : 0, first = size - other;
    struct error error = {.text = ""};
    struct batch batch;

    require(merger);
    for (int i = 0; i < 2; i++)
        if (size > 0 && merger_add(merger, "here", data + 1, first - 1, &error) < 0)
            require(error.text[0] != '\0');
    if (merger_add(merger, "there", data + first, other, &error) < 0)
        require(error.text[0] != '\0');
    while (merger_next(merger, &batch)) {
        require(batch.selected > 0);
        print(&json_encoder_ops, merger, &batch);
        print(&csv_encoder_ops, merger, &batch);
    }
    merger_free(merger);
}

static void check_base64(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 3);
    char *text = malloc(base64_length(size) + 1);
    int64_t length;

    require(bytes && text);
    require(base64_put(text, data, size) == text + base64_length(size));
    require(base64_read(text, base64_length(size), bytes) == (int64_t)size);
    require(size == 0 || memcmp(bytes, data, size) == 0);
    length = base64_read((const char *)data, size, bytes);
    if (length >= 0) {
        base64_put(text, bytes, (size_t)length);
        require(base64_length((size_t)length) == size);
        require(size == 0 || memcmp(text, data, size) == 0);
    }
    free(text);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_base64(data, size);
    merge(data, size, false);
    merge(data, size, true);
    return 0;
}
