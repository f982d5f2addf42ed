// SPDX-License-Identifier: Apache-2.0

/* Input: a byte that says how long the record is, a byte of choices, then an expression. Whatever
 * the bytes, compiling ends in an expression that runs or in an error that points into the text;
 * the record is an exact allocation, so that any read behind its end is found; and no record costs
 * more than is promised.
 *
 * With FUZZ_PARSER_ONLY in the environment nothing is run. With FUZZ_SLOWEST=FILE the input that
 * took most CPU time for its records is kept there. */

#include "expr/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "expr/pattern.h"
#include "unit/expr/sample.h"

enum {
    AS_VALUE = 1,
    WITHOUT_JIT = 2,
    LONGEST = SAMPLE_LENGTH + 4096, /* of a record: char[] and u16[] at its end are long, too */
    SANITIZED = 10,                 /* times as slow */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern uint64_t fuzz_expr_took; /* by the records of the last input, ns of CPU time */
uint64_t fuzz_expr_took;
static uint64_t slowest; /* the most so far */

static uint64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void keep_slowest(const uint8_t *data, size_t size)
{
    const char *path = getenv("FUZZ_SLOWEST");
    FILE *file;

    if (!path || fuzz_expr_took <= slowest)
        return;
    slowest = fuzz_expr_took;
    file = fopen(path, "w");
    if (!file || fwrite(data, size, 1, file) != 1 || fclose(file) != 0)
        abort();
}

/* All values are read, so that they must be there. */
static void look_at(const struct field *field, const struct batch *batch,
                    const struct column *column)
{
    static volatile char sink;

    for (uint32_t k = 0; k < batch->selected; k++) {
        uint16_t index = batch->selection[k];
        bool is_text = field->kind == FIELD_CHARS || field->kind == FIELD_BYTES;

        if (!is_text || column_is_null(column, index))
            continue;
        for (uint32_t i = 0; i < column->texts[index].length; i++)
            sink = column->texts[index].bytes[i];
    }
    (void)sink;
}

static void run(struct expr *expr, struct batch *batch, bool as_value)
{
    static struct column column;

    if (as_value) {
        expr_values(expr, batch, &column);
        look_at(expr_result(expr), batch, &column);
    } else {
        expr_select(expr, batch);
        if (batch->selected > batch->count)
            abort();
    }
}

static void run_timed(struct expr *expr, size_t length, unsigned choices)
{
    static struct sample_batch all;
    char *exact = malloc(length + !length);
    size_t known = length < SAMPLE_LENGTH ? length : SAMPLE_LENGTH;
    uint64_t most = UINT64_C(1000000) * EXPR_RECORD_MS_MAX * SANITIZED * SAMPLE_KINDS;

    sample_batch_init(&all);
    memset(exact, 'x', length);
    memcpy(exact, &all.samples[0], known);
    all.views[0] = (struct ringmill_view){.data = exact, .length = (uint32_t)length};
    fuzz_expr_took = cpu_ns();
    run(expr, &all.batch, choices & AS_VALUE);
    fuzz_expr_took = cpu_ns() - fuzz_expr_took;
    if (choices & WITHOUT_JIT)
        most *= 10;
    if (fuzz_expr_took > most)
        abort();
    free(exact);
}

/* The least of three: one may have been disturbed. */
static void measure(struct expr *expr, const uint8_t *data)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i == 0 || (i < 3 && least > slowest); i++) {
        run_timed(expr, (size_t)data[0] * LONGEST / UINT8_MAX, data[1]);
        least = fuzz_expr_took < least ? fuzz_expr_took : least;
    }
    fuzz_expr_took = least;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct expr_error error = {0};
    struct expr *expr = NULL;
    char *text;
    int r;

    if (size < 2)
        return 0;
    text = malloc(size - 1);
    memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';
    pattern_forbid_jit(data[1] & WITHOUT_JIT);
    r = data[1] & AS_VALUE ? expr_compile_value(text, &sample_scope, &error, &expr)
                           : expr_compile(text, &sample_scope, &error, &expr);
    if (r < 0 && (!error.text[0] || error.width == 0 || error.column > strlen(text)))
        abort();
    if (r == 0 && !getenv("FUZZ_PARSER_ONLY")) {
        measure(expr, data);
        keep_slowest(data, size);
    }
    expr_free(expr);
    free(text);
    return 0;
}
