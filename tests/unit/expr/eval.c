// SPDX-License-Identifier: Apache-2.0

/* Random well-typed expressions over random batches, against a slow evaluator that takes one record
 * at a time and shares nothing with the real one: it never sees the text, only the tree from which
 * the text was written. EXPR_SEED=N starts elsewhere. */

#include "expr/eval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr/expr.h"
#include "unit/expr/sample.h"

typedef __int128 wide;

enum { EXPRESSIONS = 20000, RECORDS = 32, NODES_MAX = 256, TEXT_MAX = 16384 };

enum shape { SHAPE_AND, SHAPE_OR, SHAPE_NOT, SHAPE_COMPARE, SHAPE_FLAG, SHAPE_TRUTH };

struct side {
    const struct field *field; /* NULL: a constant */
    uint32_t index;
    wide value; /* integer or bool */
    const char *text;
    const char *name; /* an enum value's, to be written instead of the number */
};

struct tree_node {
    enum shape shape;
    struct tree_node *children[4];
    unsigned n_children;
    unsigned op; /* == != < <= > >= */
    struct side left, right;
    bool truth;
};

static const char *const operators[] = {"==", "!=", "<", "<=", ">", ">="};
static const char *const vocabulary[] = {
    "", "a", "ls", "cron", "crons", "/etc/passwd", "sixteen-bytes-ab", "eleven-byte", "abcd"};
enum { WORDS = sizeof(vocabulary) / sizeof(*vocabulary) };

static struct tree_node nodes[NODES_MAX];
static unsigned n_nodes;
static uint64_t random_state;

static uint64_t random_next(void)
{
    uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static unsigned random_below(unsigned limit)
{
    return (unsigned)(random_next() % limit);
}

/* Mostly near a border of some width, so that clipping and signs matter. */
static wide random_integer(void)
{
    wide value = (wide)1 << (random_below(9) * 8);
    unsigned taste = random_below(6);

    if (taste == 0)
        return (wide)random_below(6) - 2;
    if (taste == 1)
        value >>= 1;
    if (taste == 2)
        value = -(value >> 1);
    value += (wide)random_below(5) - 2;
    if (value > UINT64_MAX)
        value = UINT64_MAX;
    return value < INT64_MIN ? INT64_MIN : value;
}

static const struct field *random_field(bool (*fits)(const struct field *))
{
    for (;;) {
        const struct field *field = &sample_fields[random_below(sample_schema.n_fields)];

        if (fits(field))
            return field;
    }
}

static bool is_integer(const struct field *field)
{
    return field->kind == FIELD_UINT || field->kind == FIELD_INT || field->kind == FIELD_ENUM;
}

static bool is_bool(const struct field *field)
{
    return field->kind == FIELD_BOOL;
}

static bool is_text(const struct field *field)
{
    return field->kind == FIELD_CHARS || field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS;
}

static struct side random_side(bool (*fits)(const struct field *), bool constant)
{
    struct side side = {0};

    if (!constant) {
        side.field = random_field(fits);
        side.index = random_below(4);
    } else if (fits == is_text) {
        side.text = vocabulary[random_below(WORDS)];
    } else {
        side.value = fits == is_bool ? random_below(2) : random_integer();
    }
    return side;
}

static void make_compare(struct tree_node *node)
{
    bool (*const kinds[])(const struct field *) = {is_integer, is_integer, is_bool, is_text};
    bool (*fits)(const struct field *) = kinds[random_below(4)];
    bool constant = random_below(3) > 0;

    node->shape = SHAPE_COMPARE;
    node->op = random_below(fits == is_integer ? 6 : 2);
    node->left = random_side(fits, random_below(20) == 0);
    node->right = random_side(fits, constant);
    if (node->left.field && node->left.field->kind == FIELD_ENUM && constant && random_below(2)) {
        const struct enum_name *name =
            &node->left.field->names[random_below(node->left.field->n_names)];

        if (strcmp(name->name, "u8") != 0) { /* which is a field */
            node->right.name = name->name;
            node->right.value =
                node->left.field->is_signed ? (wide)name->value : (wide)(uint64_t)name->value;
        }
    }
    if (random_below(2)) {
        struct side left = node->left;

        node->left = node->right;
        node->right = left;
    }
}

static struct tree_node *make_node(unsigned depth)
{
    struct tree_node *node = &nodes[n_nodes++];
    unsigned taste = random_below(10);

    *node = (struct tree_node){0};
    if (depth == 0 || n_nodes > NODES_MAX - 40 || taste < 3) {
        make_compare(node);
    } else if (taste < 9) {
        node->shape = taste < 5 ? SHAPE_AND : taste < 7 ? SHAPE_OR : SHAPE_NOT;
        node->n_children = node->shape == SHAPE_NOT ? 1 : 2 + random_below(3);
        for (unsigned i = 0; i < node->n_children; i++)
            node->children[i] = make_node(depth - 1);
    } else if (random_below(4)) {
        node->shape = SHAPE_FLAG;
        node->left.field = random_field(is_bool);
    } else {
        node->shape = SHAPE_TRUTH;
        node->truth = random_below(2);
    }
    return node;
}

static void write_side(FILE *out, const struct side *side, bool boolean)
{
    uint64_t magnitude = side->value < 0 ? (uint64_t)-side->value : (uint64_t)side->value;

    if (side->field && side->field->kind == FIELD_TEXTS)
        fprintf(out, "%s[%u]", side->field->name, side->index);
    else if (side->field || side->name)
        fprintf(out, "%s", side->field ? side->field->name : side->name);
    else if (side->text)
        fprintf(out, "\"%s\"", side->text);
    else if (boolean)
        fprintf(out, "%s", side->value ? "true" : "false");
    else
        fprintf(out, random_below(2) ? "%s0x%llx" : "%s%llu", side->value < 0 ? "-" : "",
                (unsigned long long)magnitude);
}

static bool compares_bools(const struct tree_node *node)
{
    const struct side *sides[] = {&node->left, &node->right};

    for (int i = 0; i < 2; i++) {
        if (sides[i]->field)
            return sides[i]->field->kind == FIELD_BOOL;
    }
    return false; /* two constants: 0 and 1 are written as integers, which is as good */
}

static void write_node(FILE *out, const struct tree_node *node, enum shape around)
{
    bool joined = node->shape == SHAPE_AND || node->shape == SHAPE_OR;
    bool needed = (joined && (around == SHAPE_NOT || node->shape == SHAPE_OR)) ||
                  (node->shape == SHAPE_COMPARE && around == SHAPE_NOT);
    bool parentheses = needed || random_below(4) == 0;

    fputs(parentheses ? "(" : "", out);
    switch (node->shape) {
    case SHAPE_AND:
    case SHAPE_OR:
        for (unsigned i = 0; i < node->n_children; i++) {
            fputs(i == 0 ? "" : node->shape == SHAPE_AND ? " && " : " || ", out);
            write_node(out, node->children[i], node->shape);
        }
        break;
    case SHAPE_NOT:
        fputs("!", out);
        write_node(out, node->children[0], SHAPE_NOT);
        break;
    case SHAPE_COMPARE:
        write_side(out, &node->left, compares_bools(node));
        fprintf(out, " %s ", operators[node->op]);
        write_side(out, &node->right, compares_bools(node));
        break;
    case SHAPE_FLAG:
        fputs(node->left.field->name, out);
        break;
    case SHAPE_TRUTH:
        fputs(node->truth ? "true" : "false", out);
        break;
    }
    fputs(parentheses ? ")" : "", out);
}

/* The slow side. */
struct value {
    bool null;
    wide number;
    char text[128];
};

static wide read_number(const struct field *field, const char *at)
{
    uint64_t bits = 0;

    for (uint32_t i = field->size; i > 0; i--)
        bits = bits << 8 | (uint8_t)at[i - 1];
    if (field->is_signed && bits >> (8 * field->size - 1))
        return (wide)bits - ((wide)1 << (8 * field->size));
    return field->kind == FIELD_BOOL ? bits != 0 : (wide)bits;
}

static void read_text(const struct side *side, const char *data, uint32_t length,
                      struct value *value)
{
    uint32_t at = (uint8_t)data[side->field->offset] | (uint8_t)data[side->field->offset + 1] << 8;
    uint32_t end =
        at + ((uint8_t)data[side->field->offset + 2] | (uint8_t)data[side->field->offset + 3] << 8);
    uint32_t used = 0;

    if (side->field->kind == FIELD_CHARS) {
        at = side->field->offset;
        end = at + side->field->size;
    }
    value->null = end > length;
    if (value->null)
        return;
    for (uint32_t skip = side->field->kind == FIELD_TEXTS ? side->index : 0; skip; skip--) {
        while (at < end && data[at])
            at++;
        at += at < end;
    }
    value->null = side->field->kind == FIELD_TEXTS && at == end;
    while (at < end && data[at])
        value->text[used++] = data[at++];
    value->text[used] = '\0';
}

static void read_side(const struct side *side, const char *data, uint32_t length,
                      struct value *value)
{
    *value = (struct value){.number = side->value};
    if (side->text)
        strcpy(value->text, side->text);
    if (!side->field)
        return;
    if (side->field->offset + side->field->size > length)
        value->null = true;
    else if (is_text(side->field))
        read_text(side, data, length, value);
    else
        value->number = read_number(side->field, data + side->field->offset);
}

static bool slow_compare(const struct tree_node *node, const char *data, uint32_t length)
{
    struct value left, right;
    int order;

    read_side(&node->left, data, length, &left);
    read_side(&node->right, data, length, &right);
    if (left.null || right.null)
        return false;
    order = strcmp(left.text, right.text);
    if (order == 0)
        order = left.number < right.number ? -1 : left.number > right.number;
    switch (node->op) {
    case 0:
        return order == 0;
    case 1:
        return order != 0;
    case 2:
        return order < 0;
    case 3:
        return order <= 0;
    case 4:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool slow_holds(const struct tree_node *node, const char *data, uint32_t length)
{
    struct value value;

    switch (node->shape) {
    case SHAPE_AND:
        for (unsigned i = 0; i < node->n_children; i++) {
            if (!slow_holds(node->children[i], data, length))
                return false;
        }
        return true;
    case SHAPE_OR:
        for (unsigned i = 0; i < node->n_children; i++) {
            if (slow_holds(node->children[i], data, length))
                return true;
        }
        return false;
    case SHAPE_NOT:
        return !slow_holds(node->children[0], data, length);
    case SHAPE_COMPARE:
        return slow_compare(node, data, length);
    case SHAPE_FLAG:
        read_side(&node->left, data, length, &value);
        return !value.null && value.number;
    case SHAPE_TRUTH:
        return node->truth;
    }
    return false;
}

static struct place16 random_place(void)
{
    uint32_t at = random_below(64);

    if (random_below(8) == 0)
        return (struct place16){(uint16_t)random_next(), (uint16_t)random_next()};
    return (struct place16){(uint16_t)(offsetof(struct sample, heap) + at),
                            (uint16_t)random_below(65 - at)};
}

static void random_word(char *out, uint32_t size)
{
    const char *word = vocabulary[random_below(WORDS)];

    strncpy(out, word, size);
}

static void random_sample(struct sample *sample)
{
    char heap[80] = {0};

    for (uint32_t i = 0; i < sample_schema.n_fields; i++) {
        const struct field *field = &sample_fields[i];
        uint64_t bits = (uint64_t)random_integer();

        if (field->kind == FIELD_BOOL)
            bits = random_below(3);
        if (is_integer(field) || is_bool(field))
            memcpy((char *)sample + field->offset, &bits, field->size);
    }
    for (uint32_t at = 0; at < 48; at += (uint32_t)strlen(heap + at) + 1)
        random_word(heap + at, 16);
    memcpy(sample->heap, heap, sizeof(sample->heap));
    random_word(sample->comm, sizeof(sample->comm));
    random_word(sample->tag, sizeof(sample->tag));
    random_word(sample->name, sizeof(sample->name));
    sample->path = random_place();
    sample->other = random_place();
    sample->args = random_place();
    if (random_below(2)) /* whole words */
        sample->path.offset = sample->args.offset = offsetof(struct sample, heap);
}

static void check_expression(const struct tree_node *root, const char *text)
{
    struct sample samples[RECORDS];
    struct ringmill_view views[RECORDS];
    struct batch batch = {.schema = &sample_schema, .views = views, .count = RECORDS};
    struct expr_error error;
    struct expr *expr = NULL;
    uint32_t k = 0;

    if (expr_compile(text, &sample_scope, &error, &expr) < 0)
        fail_msg("%s: column %u: %s", text, error.column, error.text);
    for (uint32_t i = 0; i < RECORDS; i++) {
        random_sample(&samples[i]);
        views[i] = (struct ringmill_view){.data = &samples[i], .length = sizeof(samples[i])};
        if (random_below(3) == 0)
            views[i].length = random_below(sizeof(samples[i]) + 1);
        if (random_below(4))
            batch.selection[batch.selected++] = (uint16_t)i;
    }
    struct batch before = batch;
    expr_select(expr, &batch);
    for (uint32_t i = 0; i < before.selected; i++) {
        uint16_t index = before.selection[i];
        bool holds = slow_holds(root, views[index].data, views[index].length);
        bool held = k < batch.selected && batch.selection[k] == index;

        if (holds != held)
            fail_msg("%s: record %u: got %d, expected %d", text, index, held, holds);
        k += held;
    }
    assert_int_equal(k, batch.selected);
    expr_free(expr);
}

static void same_as_slow(void **state)
{
    const char *seed = getenv("EXPR_SEED");
    char *text = malloc(TEXT_MAX);

    (void)state;
    random_state = seed ? strtoull(seed, NULL, 0) : 20261122;
    print_message("EXPR_SEED=%llu\n", (unsigned long long)random_state);
    for (int i = 0; i < EXPRESSIONS; i++) {
        FILE *out = fmemopen(text, TEXT_MAX, "w");
        struct tree_node *root;

        n_nodes = 0;
        root = make_node(random_below(5));
        write_node(out, root, SHAPE_OR);
        fclose(out);
        check_expression(root, text);
    }
    free(text);
}

/* The deepest expression that is allowed, over the largest batch; one deeper is refused. */
static void deepest(void **state)
{
    static struct ringmill_view views[BATCH_MAX];
    static const struct sample zero;
    struct batch batch = {.schema = &sample_schema, .views = views, .count = BATCH_MAX};
    struct expr_error error;
    struct expr *expr = NULL;
    char *text = NULL;
    size_t size;

    (void)state;
    for (int depth = EXPR_DEPTH_MAX; depth <= EXPR_DEPTH_MAX + 1; depth++) {
        FILE *out = open_memstream(&text, &size);

        for (int i = 0; i < depth; i++)
            fputs("u8 == 0 && flag || (", out);
        fputs("u8 == 0", out);
        for (int i = 0; i < depth; i++)
            fputs(")", out);
        fclose(out);
        if (depth > EXPR_DEPTH_MAX) {
            assert_true(expr_compile(text, &sample_scope, &error, &expr) < 0);
            assert_string_equal(error.text,
                                "operators and ( may stand at most 32 deep inside each other");
            assert_int_equal(error.column, EXPR_DEPTH_MAX * 20 + 19);
        } else {
            assert_int_equal(expr_compile(text, &sample_scope, &error, &expr), 0);
            for (int i = 0; i < BATCH_MAX; i++)
                views[i] =
                    (struct ringmill_view){.data = &zero, .length = i & 1 ? sizeof(zero) : 0};
            batch_select_all(&batch);
            expr_select(expr, &batch);
            assert_int_equal(batch.selected, BATCH_MAX / 2);
            expr_free(expr);
        }
        free(text);
    }
}

static char *repeated(const char *piece, size_t times)
{
    size_t length = strlen(piece);
    char *text = malloc(length * times + 16);

    for (size_t i = 0; i < times; i++)
        memcpy(text + i * length, piece, length);
    strcpy(text + times * length, "done");
    return text;
}

static void limits(void **state)
{
    struct expr_error error;
    struct expr *expr = NULL;
    char *text = repeated(" ", EXPR_TEXT_MAX);

    (void)state;
    assert_true(expr_compile(text, &sample_scope, &error, &expr) < 0);
    assert_string_equal(error.text, "an expression has at most 16384 bytes");
    free(text);
    text = repeated("1<2&&", 2000);
    assert_true(expr_compile(text, &sample_scope, &error, &expr) < 0);
    assert_string_equal(error.text, "an expression has at most 4096 operands and operators");
    free(text);
    text = repeated("1<2&&", 1300);
    assert_int_equal(expr_compile(text, &sample_scope, &error, &expr), 0);
    expr_free(expr);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_slow),
        cmocka_unit_test(deepest),
        cmocka_unit_test(limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
