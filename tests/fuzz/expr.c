// SPDX-License-Identifier: Apache-2.0

/* Input: a byte that says how long the record is, then an expression. Whatever the bytes, compiling
 * ends in an expression that runs or in an error that points into the text; the record is an exact
 * allocation, so that any read behind its end is found. */

#include "expr/expr.h"

#include <stdlib.h>

#include "unit/expr/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct expr *expr, size_t length)
{
    const struct sample sample = sample_typical();
    void *exact = malloc(length + !length);
    const struct ringmill_view view = {.data = exact, .length = (uint32_t)length};
    struct batch batch = {.schema = &sample_schema, .views = &view, .count = 1};

    memcpy(exact, &sample, length);
    batch_select_all(&batch);
    expr_select(expr, &batch);
    if (batch.selected > 1)
        abort();
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct expr_error error = {0};
    struct expr *expr = NULL;
    char *text;

    if (size == 0)
        return 0;
    text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (expr_compile(text, &sample_scope, &error, &expr) == 0)
        run(expr, data[0] * sizeof(struct sample) / UINT8_MAX);
    else if (!error.text[0] || error.width == 0 || error.column > strlen(text))
        abort();
    expr_free(expr);
    free(text);
    return 0;
}
