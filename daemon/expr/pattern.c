// SPDX-License-Identifier: Apache-2.0

/* Many regular expressions are a plain text with an anchor at most, and most others begin with one:
 * what can be told by comparing bytes is, and PCRE2 sees only texts that begin as they must.
 *
 * Without the JIT the same limits hold in PCRE2's interpreter; its memory is taken at the first
 * deep match, at most PATTERN_HEAP_KIB_MAX. The JIT has a stack of its own, as large. */

#include "expr/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <string.h>

enum { STACK_LEAST = 32 * 1024 }; /* of the JIT; it grows */

enum shape {
    SHAPE_PATTERN, /* PCRE2 decides, if the text begins as it must */
    SHAPE_PREFIX,  /* ^text */
    SHAPE_PIECE,   /* text */
};

struct pattern {
    enum shape shape;
    struct text must; /* what each match is, or begins with */
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* of the JIT; NULL: it is not used */
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
}

static bool is_plain(char c)
{
    return c && !strchr("\\^$.[]|()?*+{}", c);
}

/* A quantifier behind the last plain byte would make it optional. */
static bool quantifies(char c)
{
    return c && strchr("?*+{", c);
}

/* What can be told from the pattern's first bytes. An | may stand for another beginning. */
static void find_shape(const struct text *text, struct pattern *pattern, char *literal)
{
    bool anchored = text->length && text->bytes[0] == '^';
    uint32_t at = anchored, used = 0;

    pattern->must.bytes = literal;
    if (memchr(text->bytes, '|', text->length) || memchr(text->bytes, 0, text->length))
        return;
    while (at < text->length) {
        bool escaped = text->bytes[at] == '\\' && at + 1 < text->length &&
                       strchr("./-_\\$^*+?()[]{}", text->bytes[at + 1]);

        if (!escaped && !is_plain(text->bytes[at]))
            break;
        literal[used++] = text->bytes[at + escaped];
        at += 1 + escaped;
    }
    if (at < text->length && quantifies(text->bytes[at]) && used)
        used--;
    pattern->must = (struct text){literal, used};
    if (at == text->length)
        pattern->shape = anchored ? SHAPE_PREFIX : SHAPE_PIECE;
    else if (!anchored)
        pattern->must.length = 0;
}

/* 0, or -EINVAL as pattern_new(). */
static int compile_code(const struct text *text, char wrong[PATTERN_ERROR_MAX], uint32_t *ret_at,
                        struct pattern *pattern)
{
    PCRE2_SIZE at;
    int code;

    pattern->code = pcre2_compile((PCRE2_SPTR)text->bytes, text->length, PCRE2_NEVER_BACKSLASH_C,
                                  &code, &at, NULL);
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

int pattern_new(struct expr *expr, const struct text *text, char ret_wrong[PATTERN_ERROR_MAX],
                uint32_t *ret_at, struct pattern **ret)
{
    struct pattern *pattern = program_keep(expr, sizeof(*pattern), release);
    char *literal = program_keep(expr, text->length + 1, NULL);
    int r;

    if (!pattern || !literal)
        return -ENOMEM;
    r = compile_code(text, ret_wrong, ret_at, pattern);
    if (r < 0)
        return r;
    pattern->data = pcre2_match_data_create(1, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    if (!pattern->data || !pattern->context)
        return -ENOMEM;
    pcre2_set_match_limit(pattern->context, PATTERN_STEPS_MAX);
    pcre2_set_heap_limit(pattern->context, PATTERN_HEAP_KIB_MAX);
    prepare_jit(pattern);
    find_shape(text, pattern, literal);
    *ret = pattern;
    return 0;
}

enum pattern_result pattern_match(const struct pattern *pattern, const struct text *text)
{
    const struct text *must = &pattern->must;
    int matches;

    if (pattern->shape == SHAPE_PIECE)
        return memmem(text->bytes, text->length, must->bytes, must->length) != NULL;
    if (text->length < must->length || memcmp(text->bytes, must->bytes, must->length) != 0)
        return PATTERN_NO;
    if (pattern->shape == SHAPE_PREFIX)
        return PATTERN_YES;
    if (text->length > PATTERN_TEXT_MAX)
        return PATTERN_LIMIT;
    matches = (pattern->stack ? pcre2_jit_match
                              : pcre2_match)(pattern->code, (PCRE2_SPTR)text->bytes, text->length,
                                             0, 0, pattern->data, pattern->context);
    return matches >= 0 ? PATTERN_YES : matches == PCRE2_ERROR_NOMATCH ? PATTERN_NO : PATTERN_LIMIT;
}
