// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8
#include "bench/walker.h"

#include <arpa/inet.h>
#include <err.h>
#include <pcre2.h>
#include <string.h>

#include "record/field.h"

struct value {
    enum { NOTHING, INTEGER, TEXT, BOOL } type;
    int64_t integer;
    struct text text;
};

void walker_set_pattern(struct walker *walker, const char *pattern)
{
    PCRE2_SIZE at;
    int error;

    walker->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
    if (!walker->code)
        errx(1, "pcre2_compile");
    walker->data = pcre2_match_data_create_from_pattern(walker->code, NULL);
}

static struct value eval(const struct walker *walker, const struct ringmill_view *view);

static struct value truth(bool holds)
{
    return (struct value){.type = BOOL, .integer = holds};
}

static struct value read_field(const struct field *field, const struct ringmill_view *view)
{
    struct value value = {.type = NOTHING};

    if (!field_present(field, view))
        return value;
    if (field->kind == FIELD_CHARS) {
        value.type = TEXT;
        value.text = field_text(field, view);
    } else {
        value.type = INTEGER;
        value.integer = (int64_t)field_integer(field, view);
    }
    return value;
}

static int order(const struct value *left, const struct value *right)
{
    uint32_t shorter =
        left->text.length < right->text.length ? left->text.length : right->text.length;
    int difference;

    if (left->type == INTEGER)
        return left->integer < right->integer ? -1 : left->integer > right->integer;
    difference = memcmp(left->text.bytes, right->text.bytes, shorter);
    return difference ? difference : (int)left->text.length - (int)right->text.length;
}

static struct value compare(const struct walker *walker, const struct ringmill_view *view)
{
    struct value left = eval(walker->left, view), right = eval(walker->right, view);

    if (left.type == NOTHING || left.type != right.type)
        return truth(false);
    switch (walker->kind) {
    case WALKER_EQ:
        return truth(order(&left, &right) == 0);
    case WALKER_NE:
        return truth(order(&left, &right) != 0);
    case WALKER_GT:
        return truth(order(&left, &right) > 0);
    case WALKER_GE:
        return truth(order(&left, &right) >= 0);
    default:
        return truth(left.text.length >= right.text.length &&
                     memcmp(left.text.bytes, right.text.bytes, right.text.length) == 0);
    }
}

static struct value look_up(const struct walker *walker, const struct ringmill_view *view)
{
    struct value left = eval(walker->left, view);
    uint32_t address = ntohl((uint32_t)left.integer);

    if (left.type != INTEGER)
        return truth(false);
    for (uint32_t i = 0; i < walker->n; i++) {
        if (walker->kind == WALKER_LIST
                ? walker->integers[i] == left.integer
                : (address & walker->networks[i].mask) == walker->networks[i].address)
            return truth(true);
    }
    return truth(false);
}

static struct value eval(const struct walker *walker, const struct ringmill_view *view)
{
    struct value left;

    switch (walker->kind) {
    case WALKER_FIELD:
        return read_field(walker->field, view);
    case WALKER_INTEGER:
        return (struct value){.type = INTEGER, .integer = walker->integer};
    case WALKER_TEXT:
        return (struct value){.type = TEXT, .text = walker->text};
    case WALKER_AND:
        left = eval(walker->left, view);
        return left.integer ? eval(walker->right, view) : left;
    case WALKER_MATCH:
        left = eval(walker->left, view);
        return truth(left.type == TEXT &&
                     pcre2_match(walker->code, (PCRE2_SPTR)left.text.bytes, left.text.length, 0, 0,
                                 walker->data, NULL) >= 0);
    case WALKER_LIST:
    case WALKER_NETWORKS:
        return look_up(walker, view);
    default:
        return compare(walker, view);
    }
}

bool walker_holds(const struct walker *walker, const struct ringmill_view *view)
{
    return eval(walker, view).integer;
}
