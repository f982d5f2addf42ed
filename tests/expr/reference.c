// SPDX-License-Identifier: Apache-2.0

/* The language, slowly: 128-bit integers, byte loops, one record. */

#include <arpa/inet.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "expr/tree.h"
#include "unit/expr/sample.h"

static const wide most = UINT64_MAX;

/* ---- reading --------------------------------------------------------------------------------- */

static void set_bytes(struct value *value, const void *bytes, uint32_t length)
{
    value->length = length < sizeof(value->bytes) ? length : (uint32_t)sizeof(value->bytes);
    memcpy(value->bytes, bytes, value->length);
}

static void read_column(const struct leaf *leaf, const struct batch *batch, uint32_t index,
                        struct value *value)
{
    const struct column *column = batch->columns[leaf->index];

    value->null = column->null[index / 64] >> (index % 64) & 1;
    if (value->null)
        return;
    if (leaf->type == FLOAT)
        value->real = column->floats[index];
    else if (leaf->type == INTEGER && leaf->how == COLUMN && leaf->size == 2)
        value->number = ntohs((uint16_t)column->integers[index]);
    else if (leaf->type == INTEGER)
        value->number = (int64_t)column->integers[index];
    else if (leaf->type == BOOL)
        value->number = column->integers[index] != 0;
    else
        set_bytes(value, column->texts[index].bytes, column->texts[index].length);
    if (leaf->type == IPV4)
        for (int i = 0; i < 4; i++)
            value->number = value->number << 8 | (uint8_t)value->bytes[i];
}

enum { TINY = offsetof(struct sample, tiny), MOOD = offsetof(struct sample, mood) };

static void read_text(const struct leaf *leaf, const uint8_t *data, uint32_t length,
                      struct value *value)
{
    uint32_t at = leaf->offset, end = at + leaf->size;
    bool is_list = leaf->how == LISTED || leaf->how == WORDS_BY;
    uint32_t tiny = length > TINY ? data[TINY] : 0;

    if (leaf->how == TAIL) {
        end = length;
        value->null = at > length;
    } else if (leaf->how == CHARS || leaf->how == CALM_CHARS) {
        end = end < length ? end : length; /* what is there of a text counts */
        value->null = at >= length;
    } else if (leaf->how == TOLD || leaf->how == WORDS_BY) {
        value->null = at > length;
        if (value->null)
            return;
        end = end < length ? end : length;
        if (at + tiny < end)
            end = at + tiny;
    } else {
        value->null = at + 4 > length;
        if (value->null)
            return;
        end = data[at + 2] | data[at + 3] << 8;
        at = data[at] | data[at + 1] << 8;
        end += at;
    }
    value->null = value->null || end > length;
    if (value->null)
        return;
    for (uint32_t skip = is_list ? leaf->index : 0; skip; skip--) {
        while (at < end && data[at])
            at++;
        at += at < end;
    }
    value->null = is_list && at == end;
    while (at < end && data[at])
        value->bytes[value->length++] = (char)data[at++];
}

static void read_bits(const struct leaf *leaf, const uint8_t *data, uint32_t length,
                      struct value *value)
{
    uint32_t last = leaf->offset + (leaf->shift + leaf->size - 1) / 8;

    value->null = last >= length;
    for (uint32_t bit = leaf->size; bit > 0 && !value->null; bit--) {
        uint32_t at = leaf->shift + bit - 1;

        value->number = value->number * 2 + (data[leaf->offset + at / 8] >> (at % 8) & 1);
    }
    if (leaf->is_signed && value->number >> (leaf->size - 1) & 1)
        value->number -= (wide)1 << leaf->size;
}

static void read_plain(const struct leaf *leaf, const uint8_t *data, struct value *value)
{
    const uint8_t *at = data + leaf->offset;
    float narrow;

    if (leaf->type == FLOAT && leaf->size == 4) {
        memcpy(&narrow, at, 4);
        value->real = (double)narrow;
    } else if (leaf->type == FLOAT) {
        memcpy(&value->real, at, 8);
    } else if (leaf->type == INTEGER || leaf->type == BOOL) {
        for (uint32_t i = leaf->size; i > 0; i--)
            value->number = value->number * 256 + at[i - 1];
        if (leaf->is_signed && at[leaf->size - 1] & 0x80)
            value->number -= (wide)1 << (8 * leaf->size);
        if (leaf->how == PORT)
            value->number = at[0] * 256 + at[1];
        if (leaf->type == BOOL)
            value->number = value->number != 0;
    } else {
        set_bytes(value, at, leaf->size);
        for (int i = 0; leaf->type == IPV4 && i < 4; i++)
            value->number = value->number * 256 + at[i];
    }
}

static int32_t read_mood(const uint8_t *data, uint32_t length, int32_t missing)
{
    return length < MOOD + 4 ? missing
                             : (int32_t)(data[MOOD] | data[MOOD + 1] << 8 | data[MOOD + 2] << 16 |
                                         (uint32_t)data[MOOD + 3] << 24);
}

static void read_either(const struct leaf *leaf, const uint8_t *data, uint32_t length,
                        struct value *value)
{
    uint8_t family = length > TINY ? data[TINY] : 0;
    uint8_t bytes[16] = {0};
    bool mapped;

    value->null =
        leaf->offset + 16 > length || (family != 2 && family != 4 && family != 6 && family != 10);
    if (value->null)
        return;
    memcpy(bytes, data + leaf->offset, 16);
    mapped = memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
    if (family < 6 && !mapped) {
        memcpy(bytes + 12, data + leaf->offset, 4);
        memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    }
    set_bytes(value, bytes, 16);
}

static void read_leaf(const struct leaf *leaf, const struct batch *batch, uint32_t index,
                      struct value *value)
{
    const uint8_t *data = batch->views[index].data;
    uint32_t length = batch->views[index].length;

    value->is_signed = leaf->is_signed;
    switch (leaf->how) {
    case COLUMN:
        read_column(leaf, batch, index, value);
        break;
    case NOWHERE:
        value->null = true;
        break;
    case EITHER:
        read_either(leaf, data, length, value);
        break;
    case CALM_CHARS:
        if (read_mood(data, length, -1) == 0 || read_mood(data, length, -1) == 1)
            read_text(leaf, data, length, value);
        else
            value->null = true;
        break;
    case CHARS:
    case PLACED:
    case LISTED:
    case TOLD:
    case WORDS_BY:
        read_text(leaf, data, length, value);
        break;
    case TAIL:
        read_text(leaf, data, length, value);
        break;
    case BITS:
        read_bits(leaf, data, length, value);
        break;
    default:
        value->null = leaf->offset + leaf->size > length;
        if (leaf->how == CALM)
            value->null |= read_mood(data, length, -1) != 0 && read_mood(data, length, -1) != 1;
        if (leaf->how == FEW)
            value->null |= read_mood(data, length, 0) <= (int32_t)leaf->index;
        if (!value->null)
            read_plain(leaf, data, value);
    }
    if (leaf->type == FLOAT && isnan(value->real))
        value->null = true;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void check_fit(struct value *value)
{
    wide low = value->is_signed ? INT64_MIN : 0;
    wide high = value->is_signed ? INT64_MAX : most;

    if (value->number < low || value->number > high)
        value->null = true;
}

static wide shift_down(wide number, unsigned by)
{
    wide divisor = (wide)1 << by;

    return number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor);
}

static void shift(unsigned op, const struct value *a, const struct value *b, struct value *out)
{
    out->is_signed = a->is_signed;
    if (out->null || b->number < 0 || b->number > 63)
        out->null = true;
    else if (op == 'r')
        out->number = shift_down(a->number, (unsigned)b->number);
    else if (__builtin_mul_overflow(a->number, (wide)1 << b->number, &out->number))
        out->null = true;
}

static void integer_binary(unsigned op, const struct value *a, const struct value *b,
                           struct value *out)
{
    bool overflow = false;

    out->null = a->null || b->null;
    out->is_signed = op == '-'   ? true
                     : op == '&' ? a->is_signed && b->is_signed
                                 : a->is_signed || b->is_signed;
    if (op == 'l' || op == 'r')
        shift(op, a, b, out);
    if (out->null)
        return;
    switch (op) {
    case '+':
        out->number = a->number + b->number;
        break;
    case '-':
        out->number = a->number - b->number;
        break;
    case '*':
        overflow = __builtin_mul_overflow(a->number, b->number, &out->number);
        break;
    case '/':
    case '%':
        overflow = b->number == 0;
        if (!overflow)
            out->number = op == '/' ? a->number / b->number : a->number % b->number;
        break;
    case '&':
        out->number = a->number & b->number;
        break;
    case '|':
        out->number = a->number | b->number;
        break;
    case '^':
        out->number = a->number ^ b->number;
        break;
    }
    out->null = overflow;
    if (!overflow)
        check_fit(out);
}

static double as_real(const struct tree *tree, const struct value *value)
{
    if (tree->type == FLOAT)
        return value->real;
    return value->number < 0 ? (double)(int64_t)value->number : (double)(uint64_t)value->number;
}

static void float_binary(const struct tree *tree, const struct value *a, const struct value *b,
                         struct value *out)
{
    double x = as_real(tree->children[0], a), y = as_real(tree->children[1], b);

    out->null = a->null || b->null || (tree->op == '/' && y == 0);
    if (out->null)
        return;
    out->real = tree->op == '+' ? x + y : tree->op == '-' ? x - y : tree->op == '*' ? x * y : x / y;
    out->null = !isfinite(out->real);
}

/* -1, 0, 1; an integer and a float by value. */
static int compare_mixed(wide number, double real)
{
    double whole = floor(real);

    if (isinf(real) || fabs(real) > 1e30)
        return real > 0 ? -1 : 1;
    if (number != (wide)whole)
        return number < (wide)whole ? -1 : 1;
    return whole < real ? -1 : 0;
}

static void bucket(const struct tree *tree, struct value *out)
{
    wide size = out->number < 0 ? -out->number : out->number, power = 1;

    if (tree->shape == BUCKET) {
        wide rest = out->number % tree->number;

        out->number -= rest < 0 ? rest + tree->number : rest;
        check_fit(out);
        return;
    }
    while (power * 2 <= size)
        power *= 2;
    out->number = size == 0 ? 0 : out->number < 0 ? -power : power;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void change_case(struct value *value, bool lower)
{
    for (uint32_t i = 0; i < value->length; i++) {
        char c = value->bytes[i];

        if (lower && c >= 'A' && c <= 'Z')
            value->bytes[i] = (char)(c + 32);
        if (!lower && c >= 'a' && c <= 'z')
            value->bytes[i] = (char)(c - 32);
    }
}

static void strip(struct value *value)
{
    while (value->length > 1 && value->bytes[value->length - 1] == '/')
        value->length--;
}

static void take_base(struct value *value)
{
    uint32_t at;

    strip(value);
    for (at = value->length; at > 0 && value->bytes[at - 1] != '/'; at--)
        ;
    if (value->length <= 1)
        return;
    memmove(value->bytes, value->bytes + at, value->length - at);
    value->length -= at;
}

static void take_dir(struct value *value)
{
    strip(value);
    while (value->length > 0 && value->bytes[value->length - 1] != '/')
        value->length--;
    if (value->length == 0) {
        set_bytes(value, ".", 1);
        return;
    }
    if (value->length > 1)
        value->length--;
    strip(value);
}

static bool same_bytes(const struct value *a, const struct value *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool found_at(const struct value *text, const struct value *piece, uint32_t at)
{
    return at + piece->length <= text->length &&
           memcmp(text->bytes + at, piece->bytes, piece->length) == 0;
}

static bool relates(enum shape shape, const struct value *text, const struct value *piece)
{
    if (shape == STARTS)
        return found_at(text, piece, 0);
    if (shape == ENDS)
        return piece->length <= text->length && found_at(text, piece, text->length - piece->length);
    for (uint32_t at = 0; at <= text->length; at++) {
        if (found_at(text, piece, at))
            return true;
    }
    return false;
}

/* Step by step down the path; a "/" at the end of `above` says nothing. */
static bool is_in_cgroup(const struct value *path, const struct value *above)
{
    uint32_t at = 0;

    while (at < above->length && at < path->length && path->bytes[at] == above->bytes[at])
        at++;
    for (uint32_t rest = at; rest < above->length; rest++) {
        if (above->bytes[rest] != '/')
            return false;
    }
    while (at > 0 && above->bytes[at - 1] == '/')
        at--;
    return at == path->length || path->bytes[at] == '/';
}

static bool matches(const char *pattern, const struct value *value)
{
    char text[sizeof(value->bytes) + 1] = {0};
    regex_t regex;
    bool found;

    memcpy(text, value->bytes, value->length);
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        abort();
    found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static bool bit_of(const char *bytes, unsigned bit)
{
    return (uint8_t)bytes[bit / 8] >> (7 - bit % 8) & 1;
}

static void take_net(const struct tree *tree, struct value *value)
{
    if (tree->type == IPV4) {
        value->number -= value->number % ((wide)1 << (32 - (int)tree->number));
        return;
    }
    for (unsigned bit = (unsigned)tree->number; bit < 128; bit++)
        value->bytes[bit / 8] &= (char)~(0x80 >> bit % 8);
}

/* An IPv4 network of an IPv6 address means ::ffff:a.b.c.d. */
static bool in_network(const struct tree *network, const struct value *address, enum type type)
{
    char wanted[16] = {0};
    unsigned bits = (unsigned)network->number;

    if (type == IPV4) {
        uint32_t raw = htonl((uint32_t)network->children[0]->number);

        if (network->type != IPV4)
            return false;
        for (unsigned bit = 0; bit < bits; bit++) {
            if (bit_of((char *)&raw, bit) != (address->number >> (31 - bit) & 1))
                return false;
        }
        return true;
    }
    memcpy(wanted, network->children[0]->text, 16);
    if (network->type == IPV4) {
        uint32_t raw = htonl((uint32_t)network->children[0]->number);

        memset(wanted, 0, 16);
        memset(wanted + 10, 0xff, 2);
        memcpy(wanted + 12, &raw, 4);
        bits += 96;
    }
    for (unsigned bit = 0; bit < bits; bit++) {
        if (bit_of(wanted, bit) != bit_of(address->bytes, bit))
            return false;
    }
    return true;
}

/* ---- trees ----------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t digest(const struct tree *tree, const struct value *value)
{
    uint64_t bits;
    uint32_t raw;

    if (value->null)
        return 0x6e756c6c;
    switch (tree->type) {
    case INTEGER:
    case BOOL:
        return (uint64_t)value->number;
    case FLOAT:
        memcpy(&bits, &value->real, sizeof(bits));
        return bits;
    case IPV4:
        raw = htonl((uint32_t)value->number);
        return raw;
    default:
        return XXH3_64bits(value->bytes, value->length);
    }
}

static void hash(const struct tree *tree, const struct batch *batch, uint32_t index,
                 struct value *out)
{
    uint64_t sum = UINT64_C(0x72696e676d696c6c);

    for (unsigned i = 0; i < tree->n; i++) {
        struct value value;

        reference_value(tree->children[i], batch, index, &value);
        sum = mix(sum * 3 + digest(tree->children[i], &value));
    }
    *out = (struct value){.number = sum};
}

static void constant(const struct tree *tree, struct value *out)
{
    out->number = tree->number;
    out->is_signed = tree->number < 0;
    out->real = tree->real;
    set_bytes(out, tree->text, tree->length);
}

static void unary(const struct tree *tree, struct value *out)
{
    switch (tree->shape) {
    case NEGATE:
        out->is_signed = true;
        out->number = -out->number;
        out->real = -out->real;
        if (tree->type == INTEGER && !out->null)
            check_fit(out);
        if (tree->type == FLOAT && !isfinite(out->real))
            out->null = true;
        break;
    case COMPLEMENT:
        out->number = out->is_signed ? -out->number - 1 : most - out->number;
        break;
    case LEN:
        out->number = out->length;
        out->is_signed = false;
        break;
    case LOWER:
    case UPPER:
        change_case(out, tree->shape == LOWER);
        break;
    case BASENAME:
        take_base(out);
        break;
    case DIRNAME:
        take_dir(out);
        break;
    case NET:
        take_net(tree, out);
        break;
    case BUCKET:
    case LOG2:
        if (!out->null)
            bucket(tree, out);
        break;
    default:
        break;
    }
}

void reference_value(const struct tree *tree, const struct batch *batch, uint32_t index,
                     struct value *ret)
{
    struct value a = {0}, b = {0};

    *ret = (struct value){0};
    switch (tree->shape) {
    case FIELD:
    case IP:
        read_leaf(tree->leaf, batch, index, ret);
        return;
    case CONSTANT:
    case NAME:
        constant(tree, ret);
        if (tree->shape == NAME)
            ret->is_signed = tree->op;
        return;
    case HASH:
        hash(tree, batch, index, ret);
        return;
    case BINARY:
        reference_value(tree->children[0], batch, index, &a);
        reference_value(tree->children[1], batch, index, &b);
        if (tree->type == FLOAT)
            float_binary(tree, &a, &b, ret);
        else
            integer_binary(tree->op, &a, &b, ret);
        return;
    default:
        reference_value(tree->children[0], batch, index, ret);
        unary(tree, ret);
    }
}

static int order_of(const struct tree *tree, const struct value *a, const struct value *b)
{
    enum type left = tree->children[0]->type, right = tree->children[1]->type;

    if (left == FLOAT && right == FLOAT)
        return a->real < b->real ? -1 : a->real > b->real;
    if (left == FLOAT)
        return -compare_mixed(b->number, a->real);
    if (right == FLOAT)
        return compare_mixed(a->number, b->real);
    if (left == INTEGER || left == BOOL || left == IPV4)
        return a->number < b->number ? -1 : a->number > b->number;
    return !same_bytes(a, b);
}

static bool compare(const struct tree *tree, const struct value *a, const struct value *b)
{
    int order = order_of(tree, a, b);
    const bool results[] = {order == 0, order != 0, order<0, order <= 0, order> 0, order >= 0};

    return results[tree->op];
}

static bool in_list(const struct tree *tree, const struct value *value)
{
    for (unsigned i = 1; i < tree->n; i++) {
        struct value element = {0}, high = {0};

        constant(tree->children[i], &element);
        if (tree->ranges[i]) {
            constant(tree->children[++i], &high);
            if (value->number >= element.number && value->number <= high.number)
                return true;
        } else if (tree->children[0]->type == INTEGER ? value->number == element.number
                                                      : same_bytes(value, &element)) {
            return true;
        }
    }
    return false;
}

static bool holds_of_value(const struct tree *tree, const struct batch *batch, uint32_t index)
{
    struct value a, b = {0}, c = {0};
    struct tree low = *tree, high = *tree;

    reference_value(tree->children[0], batch, index, &a);
    if (tree->n > 1 && tree->shape != IN_LIST && tree->shape != IN_NETWORKS)
        reference_value(tree->children[1], batch, index, &b);
    if (tree->shape == HAS)
        return !a.null;
    if (tree->shape == IN_RANGE) {
        reference_value(tree->children[2], batch, index, &c);
        low.op = 5;
        high.op = 3;
        high.children[1] = tree->children[2];
        return !a.null && !b.null && !c.null && compare(&low, &a, &b) && compare(&high, &a, &c);
    }
    if (a.null || b.null)
        return false;
    switch (tree->shape) {
    case COMPARE:
        return compare(tree, &a, &b);
    case ALONE:
        return a.number != 0;
    case IN_LIST:
        return in_list(tree, &a);
    case IN_NETWORKS:
        for (unsigned i = 1; i < tree->n; i++) {
            if (in_network(tree->children[i], &a, tree->children[0]->type))
                return true;
        }
        return false;
    case MATCH:
        return matches(tree->text, &a) != tree->op;
    case IN_CGROUP:
        return is_in_cgroup(&a, &b);
    default:
        return relates(tree->shape, &a, &b);
    }
}

bool reference_holds(const struct tree *tree, const struct batch *batch, uint32_t index)
{
    if (tree->shape == NOT)
        return !reference_holds(tree->children[0], batch, index);
    if (tree->shape != AND && tree->shape != OR)
        return holds_of_value(tree, batch, index);
    for (unsigned i = 0; i < tree->n; i++) {
        if (reference_holds(tree->children[i], batch, index) != (tree->shape == AND))
            return tree->shape == OR;
    }
    return tree->shape == AND;
}
