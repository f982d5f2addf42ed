// SPDX-License-Identifier: Apache-2.0

/* Random well-typed trees, and how they are written: with as few parentheses as the language's
 * binding allows, or some more. Numbers are near the borders of widths and signs. */

#include <arpa/inet.h>
#include <float.h>
#include <string.h>

#include "expr/tree.h"
#include "unit/expr/sample.h"

enum { NODES_MAX = 512, NODES_SOFT = 60 };

uint64_t random_state;
static struct tree nodes[NODES_MAX];
static unsigned n_nodes;

#define AT(member) \
    .offset = offsetof(struct sample, member), .size = sizeof(((struct sample *)0)->member)

const struct leaf leaves[] = {
    {"u8", INTEGER, PLAIN, AT(u8)},
    {"s8", INTEGER, PLAIN, AT(s8), .is_signed = true},
    {"u16", INTEGER, PLAIN, AT(u16)},
    {"s16", INTEGER, PLAIN, AT(s16), .is_signed = true},
    {"u32", INTEGER, PLAIN, AT(u32)},
    {"s32", INTEGER, PLAIN, AT(s32), .is_signed = true},
    {"u64", INTEGER, PLAIN, AT(u64)},
    {"s64", INTEGER, PLAIN, AT(s64), .is_signed = true},
    {"net.state", INTEGER, PLAIN, AT(state), .of = "TCP_ESTABLISHED=1 TCP_SYN_SENT=2 TCP_CLOSE=7"},
    {"mood", INTEGER, PLAIN, AT(mood), .is_signed = true, .of = "GLOOMY=-1 CALM=0 GLAD=1"},
    {"big", INTEGER, PLAIN, AT(big), .of = "BIG_NONE=0 BIG_ALL=18446744073709551615"},
    {"flags", INTEGER, PLAIN, AT(flags), .of = "O_WRONLY=1 O_RDWR=2 O_CREAT=64 O_TRUNC=512"},
    {"pointer", INTEGER, PLAIN, AT(pointer)},
    {"when", INTEGER, PLAIN, AT(when)},
    {"port", INTEGER, PORT, AT(port)},
    {"hosts[0].id", INTEGER, PLAIN, AT(hosts[0].id)},
    {"hosts[2].ports[1]", INTEGER, PLAIN, AT(hosts[2].ports[1])},
    {"either.half[1]", INTEGER, PLAIN, AT(either.half[1])},
    {"either.whole", INTEGER, PLAIN, AT(either.whole)},
    {"numbers[0]", INTEGER, PLAIN, .offset = offsetof(struct sample, tail), .size = 2},
    {"numbers[4]", INTEGER, PLAIN, .offset = offsetof(struct sample, tail) + 8, .size = 2},
    {"numbers[900]", INTEGER, PLAIN, .offset = offsetof(struct sample, tail) + 1800, .size = 2},
    {"b3", INTEGER, BITS, .offset = offsetof(struct sample, bits), .size = 3},
    {"s5", INTEGER, BITS, .offset = offsetof(struct sample, bits), .size = 5, .is_signed = true,
     .shift = 3},
    {"wide", INTEGER, BITS, .offset = offsetof(struct sample, bits[1]), .size = 17, .shift = 1},
    {"c_int", INTEGER, COLUMN, .size = 8, .is_signed = true, .index = 0},
    {"c_port", INTEGER, COLUMN, .size = 2, .index = 5},
    {"elsewhere", INTEGER, NOWHERE, .size = 4},
    {"f64", FLOAT, PLAIN, AT(f64)},
    {"f32", FLOAT, PLAIN, AT(f32)},
    {"c_float", FLOAT, COLUMN, .size = 8, .index = 2},
    {"flag", BOOL, PLAIN, AT(flag)},
    {"done", BOOL, PLAIN, AT(done)},
    {"lit", BOOL, BITS, .offset = offsetof(struct sample, bits[1]), .size = 1},
    {"c_bool", BOOL, COLUMN, .size = 1, .index = 3},
    {"comm", TEXT, CHARS, AT(comm)},
    {"tag", TEXT, CHARS, AT(tag)},
    {"name", TEXT, CHARS, AT(name)},
    {"hosts[1].name", TEXT, CHARS, AT(hosts[1].name)},
    {"path", TEXT, PLACED, AT(path)},
    {"other", TEXT, PLACED, AT(other)},
    {"args[0]", TEXT, LISTED, AT(args), .index = 0},
    {"args[1]", TEXT, LISTED, AT(args), .index = 1},
    {"args[3]", TEXT, LISTED, AT(args), .index = 3},
    {"tail", TEXT, TAIL, .offset = offsetof(struct sample, tail), .size = 0},
    {"calm", INTEGER, CALM, AT(u64)},
    {"calm_tag", TEXT, CALM_CHARS, AT(tag)},
    {"calm_v4", IPV4, CALM, AT(v4)},
    {"told", TEXT, TOLD, AT(name)},
    {"words[0]", TEXT, WORDS_BY, AT(heap), .index = 0},
    {"words[2]", TEXT, WORDS_BY, AT(heap), .index = 2},
    {"few[0]", INTEGER, FEW, .offset = offsetof(struct sample, heap), .size = 2},
    {"few[1]", INTEGER, FEW, .offset = offsetof(struct sample, heap) + 2, .size = 2, .index = 1},
    {"home", IPV6, EITHER, AT(v6)},
    {"c_text", TEXT, COLUMN, .size = 0, .index = 1},
    {"elsetext", TEXT, NOWHERE, .size = 0},
    {"v4", IPV4, PLAIN, AT(v4)},
    {"v4b", IPV4, PLAIN, AT(v4b)},
    {"c_v4", IPV4, COLUMN, .size = 4, .index = 4},
    {"v6", IPV6, PLAIN, AT(v6)},
    {"elsev6", IPV6, NOWHERE, .size = 16},
    {"hw", MAC, PLAIN, AT(hw)},
    {"c_mac", MAC, COLUMN, .size = 6, .index = 6},
    {"id", BYTES, PLAIN, AT(id)},
};
const unsigned n_leaves = sizeof(leaves) / sizeof(*leaves);
static const struct leaf raw4 = {"raw4", IPV4, PLAIN, AT(raw4)};

static const char *const words[] = {"",
                                    "a",
                                    "ls",
                                    "cron",
                                    "Cron",
                                    "/etc/passwd",
                                    "/etc",
                                    "abcd",
                                    "/usr/",
                                    "tail",
                                    "sixteen-bytes-ab",
                                    "eleven-byte",
                                    "xxx",
                                    "/a/b",
                                    "/"};
enum { WORDS = sizeof(words) / sizeof(*words) };
/* both engines read these alike */
static const char *const patterns[] = {"^/etc",  "on$",    "^cron$",      "^/etc/(passwd|shadow)$",
                                       "a",      "",       "^[a-c]",      "x{2,3}",
                                       "^/.*/b", "[^a-z]", "(ls|cron)",   "^c?ron?",
                                       "^a*b",   "e.e",    "^/etc/p.*d$", "\\."};
enum { PATTERNS = sizeof(patterns) / sizeof(*patterns) };

uint64_t random_next(void)
{
    uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

unsigned random_below(unsigned limit)
{
    return (unsigned)(random_next() % limit);
}

static struct tree *new_tree(enum shape shape, enum type type)
{
    struct tree *tree = &nodes[n_nodes++];

    memset(tree, 0, sizeof(*tree));
    tree->shape = shape;
    tree->type = type;
    return tree;
}

static void adopt(struct tree *tree, struct tree *child)
{
    tree->children[tree->n++] = child;
}

static bool is_short_of_nodes(void)
{
    return n_nodes > NODES_SOFT;
}

/* ---- constants and fields -------------------------------------------------------------------- */

static wide random_integer(void)
{
    wide value = (wide)1 << (random_below(9) * 8);
    unsigned taste = random_below(7);

    if (taste == 0)
        return (wide)random_below(70) - 5;
    if (taste == 1)
        value >>= 1;
    if (taste == 2)
        value = -(value >> 1);
    value += (wide)random_below(5) - 2;
    if (value > UINT64_MAX)
        value = UINT64_MAX;
    return value < INT64_MIN ? INT64_MIN : value;
}

static struct tree *make_constant(enum type type)
{
    static const double reals[] = {
        0, 0.5, 1.5, 2, 255, 1e9, 4294967296, 9007199254740993.0, 1e300, 18446744073709551616.0};
    struct tree *tree = new_tree(CONSTANT, type);

    if (type == INTEGER)
        tree->number = random_integer();
    if (type == FLOAT)
        tree->real = reals[random_below(sizeof(reals) / sizeof(*reals))];
    if (type == BOOL)
        tree->number = random_below(2);
    if (type == IPV4)
        tree->number = random_below(2) ? 0x0a000001 : (wide)(random_next() & 0xff0000ff);
    if (type == TEXT)
        tree->length = (uint32_t)strlen(strcpy(tree->text, words[random_below(WORDS)]));
    if (type == IPV6 || type == MAC || type == BYTES) {
        tree->length = type == IPV6 ? 16 : type == MAC ? 6 : 5;
        tree->text[0] = (char)(random_below(2) ? 0xfe : 0);
        tree->text[1] = (char)(random_below(2) ? 0x80 : 0);
        tree->text[tree->length - 1] = (char)random_below(3);
    }
    return tree;
}

static struct tree *make_field(enum type type)
{
    struct tree *tree = new_tree(FIELD, type);

    do
        tree->leaf = &leaves[random_below(n_leaves)];
    while (tree->leaf->type != type);
    return tree;
}

static struct tree *make_name(const struct leaf *leaf)
{
    struct tree *tree = new_tree(NAME, INTEGER);
    const char *at = leaf->of;
    char *equals;
    unsigned long long magnitude;

    for (unsigned skip = random_below(3); skip && strchr(at, ' '); skip--)
        at = strchr(at, ' ') + 1;
    strncpy(tree->text, at, sizeof(tree->text) - 1);
    equals = strchr(tree->text, '=');
    *equals = '\0';
    magnitude = strtoull(equals + 1 + (equals[1] == '-'), NULL, 10);
    tree->number = equals[1] == '-' ? -(wide)magnitude : (wide)magnitude;
    tree->op = leaf->is_signed;
    return tree;
}

/* ---- values ---------------------------------------------------------------------------------- */

static struct tree *make_value(enum type type, unsigned depth);

static struct tree *make_unary(enum shape shape, enum type type, enum type of, unsigned depth)
{
    struct tree *tree = new_tree(shape, type);

    adopt(tree, make_value(of, depth));
    return tree;
}

static struct tree *make_binary(enum type type, unsigned depth)
{
    static const char ops[] = "+-*/%&|^lr";
    struct tree *tree = new_tree(BINARY, type);
    bool left_float = type == FLOAT && random_below(2);
    bool right_float = type == FLOAT && (!left_float || random_below(2));

    tree->op = (unsigned char)ops[random_below(type == FLOAT ? 4 : sizeof(ops) - 1)];
    adopt(tree, make_value(left_float ? FLOAT : INTEGER, depth));
    if (type == INTEGER && tree->children[0]->shape == FIELD && tree->children[0]->leaf->of &&
        strchr("&|^", (int)tree->op)) {
        adopt(tree, make_name(tree->children[0]->leaf));
    } else if (tree->op == 'l' || tree->op == 'r') {
        adopt(tree, make_constant(INTEGER));
        tree->children[1]->number = (wide)random_below(70) - 2;
    } else {
        adopt(tree, make_value(right_float ? FLOAT : INTEGER, depth));
    }
    return tree;
}

static struct tree *make_hash(unsigned depth)
{
    struct tree *tree = new_tree(HASH, INTEGER);

    for (unsigned i = random_below(4) + 1; i; i--)
        adopt(tree, make_value((enum type)random_below(TYPES - 1), depth));
    return tree;
}

static struct tree *make_integer(unsigned depth)
{
    struct tree *tree;

    switch (random_below(12)) {
    case 0:
        return make_unary(NEGATE, INTEGER, INTEGER, depth);
    case 1:
        return make_unary(COMPLEMENT, INTEGER, INTEGER, depth);
    case 2:
        return make_unary(LEN, INTEGER, TEXT, depth);
    case 3:
        return make_hash(depth);
    case 4:
        tree = make_unary(BUCKET, INTEGER, INTEGER, depth);
        do
            tree->number = random_integer();
        while (tree->number < 1 || tree->number > INT64_MAX);
        return tree;
    case 5:
        return make_unary(LOG2, INTEGER, INTEGER, depth);
    default:
        return make_binary(INTEGER, depth);
    }
}

static struct tree *make_net(enum type type, unsigned depth)
{
    struct tree *tree = make_unary(NET, type, type, depth);

    tree->number = random_below(type == IPV4 ? 33 : 129);
    return tree;
}

static struct tree *make_value(enum type type, unsigned depth)
{
    static const enum shape text_shapes[] = {LOWER, UPPER, BASENAME, DIRNAME};
    struct tree *tree;

    if (depth == 0 || is_short_of_nodes() || random_below(4) == 0)
        return random_below(3) ? make_field(type) : make_constant(type);
    switch (type) {
    case INTEGER:
        return make_integer(depth - 1);
    case FLOAT:
        return random_below(5) ? make_binary(FLOAT, depth - 1)
                               : make_unary(NEGATE, FLOAT, FLOAT, depth - 1);
    case TEXT:
        return make_unary(text_shapes[random_below(4)], TEXT, TEXT, depth - 1);
    case IPV4:
        if (random_below(3) == 0) {
            tree = new_tree(IP, IPV4);
            tree->leaf = &raw4;
            return tree;
        }
        return make_net(type, depth - 1);
    case IPV6:
        return make_net(type, depth - 1);
    default:
        return random_below(3) ? make_field(type) : make_constant(type);
    }
}

/* ---- conditions ------------------------------------------------------------------------------ */

static struct tree *make_compare(unsigned depth)
{
    struct tree *tree = new_tree(COMPARE, BOOL), *left;
    enum type type = random_below(3) ? INTEGER : (enum type)random_below(TYPES);
    enum type right = type;

    if (type == FLOAT || (type == INTEGER && random_below(8) == 0))
        right = random_below(2) ? INTEGER : FLOAT;
    tree->op = random_below(type == INTEGER || type == FLOAT ? 6 : 2);
    if (type == BYTES || type == BOOL)
        depth = 0;
    left = type == BYTES ? make_field(BYTES) : make_value(type, depth);
    adopt(tree, left);
    if (left->shape == FIELD && left->leaf->of && random_below(2))
        adopt(tree, make_name(left->leaf));
    else
        adopt(tree, make_value(right, depth));
    if (random_below(2)) {
        tree->children[0] = tree->children[1];
        tree->children[1] = left;
    }
    return tree;
}

static struct tree *make_list(unsigned depth)
{
    static const enum type types[] = {INTEGER, INTEGER, TEXT, MAC, BYTES};
    enum type type = types[random_below(5)];
    struct tree *tree = new_tree(IN_LIST, BOOL);
    unsigned n = random_below(3) ? random_below(6) + 1 : random_below(16) + 6;

    adopt(tree, type == BYTES ? make_field(BYTES) : make_value(type, depth));
    for (unsigned i = 0; i < n && tree->n < CHILDREN_MAX - 1; i++) {
        struct tree *low =
            tree->children[0]->shape == FIELD && tree->children[0]->leaf->of && random_below(2)
                ? make_name(tree->children[0]->leaf)
                : make_constant(type);

        adopt(tree, low);
        if (type != INTEGER || low->shape == NAME || random_below(4))
            continue;
        tree->ranges[tree->n - 1] = true;
        adopt(tree, make_constant(INTEGER));
        if (tree->children[tree->n - 1]->number < low->number) {
            tree->children[tree->n - 2] = tree->children[tree->n - 1];
            tree->children[tree->n - 1] = low;
        }
    }
    return tree;
}

static struct tree *make_range(unsigned depth)
{
    enum type type = random_below(4) ? INTEGER : FLOAT;
    struct tree *tree = new_tree(IN_RANGE, BOOL), *low, *high;

    adopt(tree, make_value(type, depth));
    low = random_below(2) ? make_constant(INTEGER) : make_field(type);
    high = low->shape == CONSTANT ? make_constant(INTEGER) : make_value(INTEGER, depth);
    if (low->shape == CONSTANT && high->shape == CONSTANT && low->number > high->number) {
        struct tree *other = low;

        low = high;
        high = other;
    }
    adopt(tree, low);
    adopt(tree, high);
    return tree;
}

static struct tree *make_networks(unsigned depth)
{
    struct tree *tree = new_tree(IN_NETWORKS, BOOL);

    adopt(tree, make_value(random_below(3) ? IPV4 : IPV6, depth));
    for (unsigned n = random_below(12) + 1; n; n--) {
        struct tree *network = new_tree(NET, random_below(3) ? IPV4 : IPV6);
        struct tree *address = make_constant(network->type);

        network->number = random_below(network->type == IPV4 ? 33 : 129);
        if (network->type == IPV4)
            address->number -= address->number % ((wide)1 << (32 - (int)network->number));
        for (unsigned bit = (unsigned)network->number; network->type == IPV6 && bit < 128; bit++)
            address->text[bit / 8] &= (char)~(0x80 >> bit % 8);
        adopt(network, address);
        adopt(tree, network);
    }
    return tree;
}

static struct tree *make_in_cgroup(unsigned depth)
{
    static const char *const paths[] = {"/",           "//",        "/etc", "/etc/",
                                        "/etc/passwd", "/etc/pass", "/usr", "/usr/",
                                        "/usr//",      "/a",        "/a/b", "/a/b//"};
    struct tree *tree = new_tree(IN_CGROUP, BOOL), *path;

    adopt(tree, make_value(TEXT, depth));
    path = new_tree(CONSTANT, TEXT);
    strcpy(path->text, paths[random_below(sizeof(paths) / sizeof(*paths))]);
    path->length = (uint32_t)strlen(path->text);
    adopt(tree, path);
    return tree;
}

static struct tree *make_leaf_condition(unsigned depth)
{
    struct tree *tree;

    switch (random_below(16)) {
    case 0:
        tree = new_tree(ALONE, BOOL);
        adopt(tree, make_value(BOOL, 0));
        return tree;
    case 1:
        tree = new_tree(ALONE, BOOL);
        adopt(tree, make_binary(INTEGER, depth));
        tree->children[0]->op = '&';
        return tree;
    case 2:
        tree = new_tree(HAS, BOOL);
        adopt(tree, make_value((enum type)random_below(TYPES - 1), depth));
        return tree;
    case 3:
        tree = new_tree((enum shape)(STARTS + random_below(3)), BOOL);
        adopt(tree, make_value(TEXT, depth));
        adopt(tree, make_value(TEXT, 0));
        return tree;
    case 4:
    case 5:
        return make_list(depth);
    case 6:
        return make_range(depth);
    case 7:
        return make_networks(depth);
    case 8:
        tree = new_tree(MATCH, BOOL);
        adopt(tree, make_value(TEXT, depth));
        tree->op = random_below(2);
        strcpy(tree->text, patterns[random_below(PATTERNS)]);
        return tree;
    case 9:
        return make_in_cgroup(depth);
    default:
        return make_compare(depth);
    }
}

static struct tree *make_condition(unsigned depth)
{
    unsigned taste = random_below(10);
    struct tree *tree;

    if (depth == 0 || is_short_of_nodes() || taste < 4)
        return make_leaf_condition(depth < 3 ? depth : 3);
    tree = new_tree(taste < 6 ? AND : taste < 8 ? OR : NOT, BOOL);
    for (unsigned n = tree->shape == NOT ? 1 : 2 + random_below(3); n; n--)
        adopt(tree, make_condition(depth - 1));
    return tree;
}

struct tree *tree_condition(unsigned depth)
{
    n_nodes = 0;
    return make_condition(depth);
}

struct tree *tree_value(unsigned depth)
{
    n_nodes = 0;
    return make_value((enum type)random_below(BOOL + 1), depth);
}

/* ---- writing --------------------------------------------------------------------------------- */

enum level { LEVEL_OR, LEVEL_AND, LEVEL_COMPARE, LEVEL_BINARY, LEVEL_UNARY = 9, LEVEL_ALL };

static int binary_level(unsigned op)
{
    static const char ops[] = "|^&l+*";
    unsigned like = op == 'r' ? 'l' : op == '-' ? '+' : op == '/' || op == '%' ? '*' : op;

    return LEVEL_BINARY + (int)(strchr(ops, (int)like) - ops);
}

static int level_of(const struct tree *tree)
{
    switch (tree->shape) {
    case OR:
        return LEVEL_OR;
    case AND:
        return LEVEL_AND;
    case COMPARE:
    case IN_LIST:
    case IN_RANGE:
    case IN_NETWORKS:
    case MATCH:
        return LEVEL_COMPARE;
    case ALONE:
        return level_of(tree->children[0]);
    case BINARY:
        return binary_level(tree->op);
    case NEGATE:
    case COMPLEMENT:
    case NOT:
        return LEVEL_UNARY;
    default:
        return LEVEL_ALL;
    }
}

static void write_at(FILE *out, const struct tree *tree, int least);

static void write_integer(FILE *out, wide number)
{
    unsigned long long size = (unsigned long long)(number < 0 ? -number : number);

    fputs(number < 0 ? "-" : "", out);
    if (size >= 1000 && size % 1000 == 0 && random_below(2))
        fprintf(out, "%lluus", size / 1000);
    else
        fprintf(out, random_below(2) ? "0x%llx" : "%llu", size);
}

static void write_text(FILE *out, const char *text, uint32_t length)
{
    fputc('"', out);
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] == '\\')
            fputs("\\\\", out);
        else if (text[i] >= 0x20 && text[i] < 0x7f && random_below(20))
            fputc(text[i], out);
        else
            fprintf(out, "\\x%02x", (uint8_t)text[i]);
    }
    fputc('"', out);
}

static void write_constant(FILE *out, const struct tree *tree)
{
    char address[INET6_ADDRSTRLEN];
    uint32_t raw = htonl((uint32_t)tree->number);

    switch (tree->type) {
    case INTEGER:
        write_integer(out, tree->number);
        break;
    case FLOAT:
        fprintf(out, "%.17e", tree->real);
        break;
    case BOOL:
        fputs(tree->number ? "true" : "false", out);
        break;
    case IPV4:
        fputs(inet_ntop(AF_INET, &raw, address, sizeof(address)), out);
        break;
    case IPV6:
        fputs(inet_ntop(AF_INET6, tree->text, address, sizeof(address)), out);
        break;
    case MAC:
        for (int i = 0; i < 6; i++)
            fprintf(out, "%s%02x", i ? ":" : "", (uint8_t)tree->text[i]);
        break;
    default:
        write_text(out, tree->text, tree->length);
    }
}

static void write_call(FILE *out, const struct tree *tree, const char *name)
{
    fprintf(out, "%s(", name);
    for (unsigned i = 0; i < tree->n; i++) {
        fputs(i ? ", " : "", out);
        write_at(out, tree->children[i], LEVEL_BINARY);
    }
    if (tree->shape == NET || tree->shape == BUCKET)
        fprintf(out, ", %llu", (unsigned long long)tree->number);
    fputs(tree->shape == LOG2 ? ", log2)" : ")", out);
}

static void write_list(FILE *out, const struct tree *tree)
{
    write_at(out, tree->children[0], LEVEL_BINARY);
    fputs(" in [", out);
    for (unsigned i = 1; i < tree->n; i++) {
        const struct tree *child = tree->children[i];

        fputs(i == 1 ? "" : tree->ranges[i - 1] ? ".." : ", ", out);
        if (tree->shape == IN_LIST) {
            write_at(out, child, LEVEL_BINARY);
            continue;
        }
        write_constant(out, child->children[0]);
        if (child->number != (child->type == IPV4 ? 32 : 128) || random_below(2))
            fprintf(out, "/%d", (int)child->number);
    }
    fputs("]", out);
}

static void write_joined(FILE *out, const struct tree *tree, const char *joint, int level)
{
    for (unsigned i = 0; i < tree->n; i++) {
        fputs(i ? joint : "", out);
        write_at(out, tree->children[i], level + 1);
    }
}

static const char *joint_of(const struct tree *tree, char buffer[8])
{
    static const char *const compares[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};

    if (tree->shape == COMPARE)
        return compares[tree->op];
    if (tree->op == 'l' || tree->op == 'r')
        return tree->op == 'l' ? " << " : " >> ";
    sprintf(buffer, random_below(2) ? " %c " : "%c", (char)tree->op);
    return buffer;
}

static void write_shape(FILE *out, const struct tree *tree)
{
    static const char *const functions[] = {
        [LEN] = "len",           [LOWER] = "lower",        [UPPER] = "upper",
        [BASENAME] = "basename", [DIRNAME] = "dirname",    [NET] = "net",
        [BUCKET] = "bucket",     [LOG2] = "bucket",        [HASH] = "hash",
        [HAS] = "has",           [STARTS] = "startswith",  [ENDS] = "endswith",
        [CONTAINS] = "contains", [IN_CGROUP] = "in_cgroup"};
    char buffer[8];

    switch (tree->shape) {
    case FIELD:
        fputs(tree->leaf->text, out);
        break;
    case IP:
        fprintf(out, "ip(%s)", tree->leaf->text);
        break;
    case CONSTANT:
        write_constant(out, tree);
        break;
    case NAME:
        fputs(tree->text, out);
        break;
    case AND:
        write_joined(out, tree, " && ", LEVEL_AND);
        break;
    case OR:
        write_joined(out, tree, " || ", LEVEL_OR);
        break;
    case ALONE:
        write_shape(out, tree->children[0]);
        break;
    case NOT:
    case NEGATE:
    case COMPLEMENT:
        fputs(tree->shape == NOT ? "!" : tree->shape == NEGATE ? "-" : "~", out);
        /* a minus before a constant would become a part of it */
        write_at(out, tree->children[0],
                 tree->children[0]->shape == CONSTANT && tree->shape == NEGATE ? LEVEL_ALL + 1
                                                                               : LEVEL_UNARY);
        break;
    case BINARY: /* of equals the left one comes first */
        write_at(out, tree->children[0], binary_level(tree->op));
        fputs(joint_of(tree, buffer), out);
        write_at(out, tree->children[1], binary_level(tree->op) + 1);
        break;
    case COMPARE:
        write_joined(out, tree, joint_of(tree, buffer), LEVEL_COMPARE);
        break;
    case IN_LIST:
    case IN_NETWORKS:
        write_list(out, tree);
        break;
    case IN_RANGE:
        write_at(out, tree->children[0], LEVEL_BINARY);
        fputs(" in ", out);
        write_at(out, tree->children[1], LEVEL_BINARY);
        fputs(" .. ", out);
        write_at(out, tree->children[2], LEVEL_BINARY);
        break;
    case MATCH:
        write_at(out, tree->children[0], LEVEL_BINARY);
        fputs(tree->op ? " !~ " : " =~ ", out);
        write_text(out, tree->text, (uint32_t)strlen(tree->text));
        break;
    default:
        write_call(out, tree, functions[tree->shape]);
    }
}

static void write_at(FILE *out, const struct tree *tree, int least)
{
    bool parentheses = level_of(tree) < least || random_below(8) == 0;

    fputs(parentheses ? "(" : "", out);
    write_shape(out, tree);
    fputs(parentheses ? ")" : "", out);
}

void tree_write(FILE *out, const struct tree *tree)
{
    write_at(out, tree, LEVEL_OR);
}
