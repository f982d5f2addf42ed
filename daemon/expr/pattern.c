// SPDX-License-Identifier: Apache-2.0

/* Many regular expressions are plain texts with anchors at most, and most others begin or end with
 * some: what can be told by comparing bytes is, and PCRE2 sees only texts that begin and end as
 * they must.
 *
 * Without the JIT the same limits hold in PCRE2's interpreter. It takes memory while it matches,
 * and gets it from blocks that were taken at the load. The JIT has a stack of its own, as large. */

#include "expr/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>

#include "expr/prefilter.h"

enum {
    STACK_LEAST = 32 * 1024, /* of the JIT; it grows */
    HEAP_BLOCK = PATTERN_HEAP_KIB_MAX * 1024,
    HEAP_BLOCKS = 2, /* it copies from the one into the other when it needs more */
};

/* Of the interpreter. */
struct heap {
    char (*blocks)[HEAP_BLOCK]; /* NULL: the load is not over, malloc() serves */
    bool taken[HEAP_BLOCKS];
};

struct pattern {
    struct prefilter prefilter;
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* of the JIT; NULL: it is not used */
    struct heap heap;
};

static bool jit_is_forbidden;

void pattern_forbid_jit(bool forbidden)
{
    jit_is_forbidden = forbidden;
}

static void release(void *bytes)
{
    struct pattern *pattern = bytes;

    pcre2_jit_stack_free(pattern->stack);
    pcre2_match_context_free(pattern->context);
    pcre2_match_data_free(pattern->data);
    pcre2_code_free(pattern->code);
    free(pattern->heap.blocks);
}

/* 0, or -EINVAL as pattern_new(). */
static int compile_code(const struct text *text, char wrong[PATTERN_ERROR_MAX], uint32_t *ret_at,
                        struct pattern *pattern)
{
    PCRE2_SIZE at;
    int code;

    /* (*UTF) must not turn on what the JIT then trusts: it would read past the end of texts that
     * are not. */
    pattern->code = pcre2_compile((PCRE2_SPTR)text->bytes, text->length,
                                  PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF, &code, &at, NULL);
    if (!pattern->code) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)wrong, PATTERN_ERROR_MAX);
        *ret_at = at < text->length ? (uint32_t)at : text->length;
        return -EINVAL;
    }
    return 0;
}

/* Where the JIT cannot run, or has no stack, the pattern is interpreted. */
static void prepare_jit(struct pattern *pattern)
{
    if (jit_is_forbidden || pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE) != 0)
        return;
    pattern->stack = pcre2_jit_stack_create(STACK_LEAST, PATTERN_HEAP_KIB_MAX * 1024, NULL);
    if (pattern->stack)
        pcre2_jit_stack_assign(pattern->context, NULL, pattern->stack);
}

static void *heap_take(PCRE2_SIZE size, void *data)
{
    struct heap *heap = data;

    if (!heap->blocks)
        return malloc(size);
    for (int i = 0; i < HEAP_BLOCKS && size <= HEAP_BLOCK; i++)
        if (!heap->taken[i]) {
            heap->taken[i] = true;
            return heap->blocks[i];
        }
    return NULL;
}

static void heap_give_back(void *block, void *data)
{
    struct heap *heap = data;

    for (int i = 0; heap->blocks && i < HEAP_BLOCKS; i++)
        if (block == heap->blocks[i]) {
            heap->taken[i] = false;
            return;
        }
    free(block);
}

/* 0 or -ENOMEM. */
static int prepare_interpreter(struct pattern *pattern)
{
    pcre2_general_context *general =
        pcre2_general_context_create(heap_take, heap_give_back, &pattern->heap);

    if (!general)
        return -ENOMEM;
    pattern->data = pcre2_match_data_create(1, general);
    pcre2_general_context_free(general);
    pattern->heap.blocks = malloc(HEAP_BLOCKS * sizeof(*pattern->heap.blocks));
    return pattern->data && pattern->heap.blocks ? 0 : -ENOMEM;
}

/* 0 or -ENOMEM. */
static int prepare_match(struct pattern *pattern)
{
    pattern->context = pcre2_match_context_create(NULL);
    if (!pattern->context)
        return -ENOMEM;
    pcre2_set_match_limit(pattern->context, PATTERN_STEPS_MAX);
    pcre2_set_heap_limit(pattern->context, PATTERN_HEAP_KIB_MAX);
    prepare_jit(pattern);
    if (!pattern->stack)
        return prepare_interpreter(pattern);
    pattern->data = pcre2_match_data_create(1, NULL);
    return pattern->data ? 0 : -ENOMEM;
}

int pattern_new(struct expr *expr, const struct text *text, char ret_wrong[PATTERN_ERROR_MAX],
                uint32_t *ret_at, struct pattern **ret)
{
    struct pattern *pattern = program_keep(expr, sizeof(*pattern), release);
    int r;

    if (!pattern)
        return -ENOMEM;
    r = compile_code(text, ret_wrong, ret_at, pattern);
    if (r < 0)
        return r;
    r = prepare_match(pattern);
    if (r < 0)
        return r;
    prefilter_read(text, &pattern->prefilter);
    *ret = pattern;
    return 0;
}

struct text pattern_prefix(const struct pattern *pattern, bool *ret_all)
{
    const struct prefilter *prefilter = &pattern->prefilter;

    *ret_all = prefilter->anchored && prefilter->whole && !prefilter->gap && !prefilter->ended &&
               prefilter->heads.n == 1;
    return (struct text){prefilter->heads.bytes[0],
                         prefilter->anchored ? literals_common(&prefilter->heads) : 0};
}

enum pattern_result pattern_match(const struct pattern *pattern, const struct text *text)
{
    int matches;

    switch (prefilter_decide(&pattern->prefilter, text)) {
    case PREFILTER_NO:
        return PATTERN_NO;
    case PREFILTER_YES:
        return PATTERN_YES;
    default:
        break;
    }
    if (text->length > PATTERN_TEXT_MAX)
        return PATTERN_LIMIT;
    matches = (pattern->stack ? pcre2_jit_match
                              : pcre2_match)(pattern->code, (PCRE2_SPTR)text->bytes, text->length,
                                             0, 0, pattern->data, pattern->context);
    return matches >= 0 ? PATTERN_YES : matches == PCRE2_ERROR_NOMATCH ? PATTERN_NO : PATTERN_LIMIT;
}
