// SPDX-License-Identifier: Apache-2.0

/* What an input of the fuzzer (fuzz/expr.c, which is linked in) costs without sanitizers: the least
 * of some runs, for all its records together. Fails when that is more than one record may cost.
 *
 *     expr-slowest FILE */

#include <err.h>
#include <stdint.h>
#include <stdio.h>

#include "expr/expr.h"

enum { INPUT_MAX = 65536, RUNS = 5, WITHOUT_JIT = 2 };

extern uint64_t fuzz_expr_took;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    static uint8_t data[INPUT_MAX];
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    size_t size = file ? fread(data, 1, sizeof(data), file) : 0;
    uint64_t least = UINT64_MAX, most = UINT64_C(1000000) * EXPR_RECORD_MS_MAX;

    if (size < 2)
        errx(2, "usage: expr-slowest FILE");
    fclose(file);
    for (int i = 0; i < RUNS; i++) {
        LLVMFuzzerTestOneInput(data, size);
        least = fuzz_expr_took < least ? fuzz_expr_took : least;
    }
    if (data[1] & WITHOUT_JIT)
        most *= 10;
    printf("%.3f ms of CPU time per record, of the %.0f that are allowed%s: ", (double)least / 1e6,
           (double)most / 1e6, data[1] & WITHOUT_JIT ? " without the JIT" : "");
    for (size_t i = 2; i < size; i++)
        printf(data[i] >= ' ' && data[i] < 127 ? "%c" : "\\x%02x", data[i]);
    putchar('\n');
    return least > most;
}
