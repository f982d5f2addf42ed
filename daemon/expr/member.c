// SPDX-License-Identifier: Apache-2.0

/* What follows `in` is constant, so all of it is laid out here: integers as intervals, joined
 * where they touch; what is one interval then is a range, what lies close together is a set of
 * bits, what are points only is a hash; addresses are a tree of networks; texts are a set. Only a
 * lone range may have bounds that are computed; it is two comparisons then. */

#include "expr/condition.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "expr/compare.h"
#include "expr/compile_value.h"
#include "expr/cost.h"
#include "expr/error_numbers.h"
#include "expr/predicate.h"
#include "expr/prefixes.h"
#include "expr/set.h"

struct bounds {
    wide lowest;
    wide highest;
};

/* What is looked for, and the elements, which are one of the three. */
struct member {
    struct compile *compile;
    const struct node *node;
    struct operand_context context;
    uint32_t first; /* step */
    struct operand left;
    uint32_t n;
    struct bounds *bounds;
    struct address *networks;
    struct text *texts;
};

static int refuse_element(const struct member *member, const struct node *node,
                          const struct operand *element)
{
    char source[OPERAND_SOURCE_MAX];

    if (!operand_is_constant(element))
        return compile_refuse(member->compile, node, "list elements must be constants; %s is %s",
                              operand_source(member->compile, element->node, source),
                              element->where == WHERE_PLACE ? "a field" : "not a constant");
    return mismatch_refuse(member->compile, node, "in", &member->left, element);
}

static int compile_constant(const struct member *member, const struct node *node,
                            struct operand *ret)
{
    int r = value_compile(member->compile, node, &member->context, ret);

    if (r == 0)
        r = operand_check_value(member->compile, ret);
    if (r == 0 && !operand_is_constant(ret))
        r = refuse_element(member, node, ret);
    return r;
}

/* ---- integers -------------------------------------------------------------------------------- */

/* A bound of a range, or a lone integer; TYPE_NULL is a null of any type. */
static int compile_bound(const struct member *member, const struct node *node, struct operand *ret)
{
    int r = compile_constant(member, node, ret);

    if (r == 0 && ret->type != TYPE_INTEGER && ret->type != TYPE_NULL)
        return refuse_element(member, node, ret);
    return r;
}

static int add_integer(struct member *member, const struct node *node)
{
    const struct node *low_node;
    struct operand low, high;
    int r;

    if (node->kind == NODE_RANGE) {
        low_node = compile_node(member->compile, node->first);
        r = compile_bound(member, low_node, &low);
        if (r == 0)
            r = compile_bound(member, compile_node(member->compile, low_node->next), &high);
    } else {
        r = compile_bound(member, node, &low);
        high = low;
    }
    if (r < 0 || low.is_null || high.is_null)
        return r;
    if (low.is_error && node->kind != NODE_RANGE) {
        wide numbers[ERROR_NUMBERS_MAX];
        uint32_t n = error_numbers(&member->left, &low, numbers);

        for (uint32_t i = 0; i < n; i++)
            member->bounds[member->n++] = (struct bounds){numbers[i], numbers[i]};
        return 0;
    }
    if (operand_wide(&low) > operand_wide(&high))
        return compile_refuse(
            member->compile, node,
            "the range is empty: its first bound is greater than its second; swap them");
    member->bounds[member->n++] = (struct bounds){operand_wide(&low), operand_wide(&high)};
    return 0;
}

static int compare_bounds(const void *a, const void *b)
{
    const struct bounds *left = a, *right = b;

    return left->lowest < right->lowest ? -1 : left->lowest > right->lowest;
}

/* Sorts the bounds and joins those that touch. */
static void join_bounds(struct member *member)
{
    struct bounds *bounds = member->bounds;
    uint32_t last = 0;

    qsort(bounds, member->n, sizeof(*bounds), compare_bounds);
    for (uint32_t i = 1; i < member->n; i++) {
        if (bounds[i].lowest > bounds[last].highest + 1)
            bounds[++last] = bounds[i];
        else if (bounds[i].highest > bounds[last].highest)
            bounds[last].highest = bounds[i].highest;
    }
    member->n = member->n ? last + 1 : 0;
}

/* What the operand's 64 bits can never be falls away. */
static void clip_bounds(struct member *member)
{
    wide least = member->left.is_signed ? INT64_MIN : 0;
    wide most = member->left.is_signed ? INT64_MAX : (wide)UINT64_MAX;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < member->n; i++) {
        struct bounds bounds = member->bounds[i];

        bounds.lowest = bounds.lowest > least ? bounds.lowest : least;
        bounds.highest = bounds.highest < most ? bounds.highest : most;
        if (bounds.lowest <= bounds.highest)
            member->bounds[kept++] = bounds;
    }
    member->n = kept;
}

static bool are_points(const struct member *member)
{
    for (uint32_t i = 0; i < member->n; i++) {
        if (member->bounds[i].lowest != member->bounds[i].highest)
            return false;
    }
    return true;
}

static bool is_close(const struct member *member)
{
    return member->bounds[member->n - 1].highest - member->bounds[0].lowest < SET_BITS_MAX;
}

static int make_points(struct member *member, struct term *term)
{
    _cleanup_(cleanup_free) uint64_t *points = calloc(member->n, sizeof(*points));

    if (!points)
        return compile_no_memory(member->compile);
    for (uint32_t i = 0; i < member->n; i++)
        points[i] = (uint64_t)member->bounds[i].lowest;
    term->run = member->n <= SET_FEW ? predicate_few : predicate_hashed;
    term->cost = member->n <= SET_FEW ? COST_FEW : COST_HASH;
    term->set = integer_set_new(member->compile->expr, points, member->n);
    return term->set ? 0 : compile_no_memory(member->compile);
}

static int make_intervals(struct member *member, struct term *term)
{
    _cleanup_(cleanup_free) struct interval *intervals = calloc(member->n, sizeof(*intervals));

    if (!intervals)
        return compile_no_memory(member->compile);
    term->lowest = (uint64_t)member->left.is_signed << 63;
    for (uint32_t i = 0; i < member->n; i++) {
        intervals[i].lowest = (uint64_t)member->bounds[i].lowest ^ term->lowest;
        intervals[i].highest = (uint64_t)member->bounds[i].highest ^ term->lowest;
    }
    if (is_close(member)) {
        term->run = predicate_bits;
        term->cost = COST_FEW;
        term->set = bit_set_new(member->compile->expr, intervals, member->n);
    } else {
        term->run = predicate_intervals;
        term->cost = COST_INTERVALS;
        term->set = interval_set_new(member->compile->expr, intervals, member->n);
    }
    return term->set ? 0 : compile_no_memory(member->compile);
}

static int find_integer(struct member *member, uint32_t *ret_term)
{
    struct compile *compile = member->compile;
    struct term term = {.passes = PASSES_SOME};
    int r = 0;

    join_bounds(member);
    clip_bounds(member);
    if (member->n == 1)
        return compare_range(compile, &member->left, member->bounds[0].lowest,
                             member->bounds[0].highest, false, member->first, ret_term);
    if (member->n == 0) {
        operand_drop(compile, &member->left);
        compile->expr->n_steps = member->first;
        return compare_add_truth(compile, false, ret_term);
    }
    if (are_points(member) && (member->n <= SET_FEW || !is_close(member)))
        r = make_points(member, &term);
    else
        r = make_intervals(member, &term);
    if (r < 0)
        return r;
    term.left = operand_place(&member->left);
    operand_drop(compile, &member->left);
    return compare_add(compile, &term, member->first, ret_term);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static int add_network(struct member *member, const struct node *node)
{
    bool is_ipv6 = member->left.type == TYPE_BYTES;
    struct address network = node->address;
    struct operand element;
    char source[OPERAND_SOURCE_MAX];
    int r;

    if (node->kind != NODE_ADDRESS) {
        r = compile_constant(member, node, &element);
        if (r < 0)
            return r;
        if (element.type == TYPE_NULL || element.is_null)
            return 0;
        if (element.type == TYPE_IPV4) {
            uint32_t raw = (uint32_t)element.integer;

            network = (struct address){.size = 4, .bits = 32};
            memcpy(network.bytes, &raw, sizeof(raw));
        } else if (element.type == TYPE_BYTES && element.meaning == MEANING_IPV6) {
            network = (struct address){.size = 16, .bits = 128};
            memcpy(network.bytes, element.text.bytes, 16);
        } else {
            return refuse_element(member, node, &element);
        }
    }
    if (network.size == 6)
        return compile_refuse(member->compile, node, "%s is a MAC address; write IP addresses",
                              operand_source(member->compile, node, source));
    if (network.size == 4 && is_ipv6)
        network = address_mapped(&network);
    if (network.size == (is_ipv6 ? 16 : 4)) /* no IPv4 address is in an IPv6 network */
        member->networks[member->n++] = network;
    return 0;
}

static int find_address(struct member *member, uint32_t *ret_term)
{
    struct compile *compile = member->compile;
    struct operand *left = &member->left;
    struct term term = {.run = predicate_networks, .cost = COST_NETWORKS, .passes = PASSES_SOME};
    bool crowded;
    int r = 0;

    term.set = prefixes_new(compile->expr, member->networks, member->n, &crowded);
    if (!term.set && crowded)
        return compile_refuse(compile, member->node,
                              "too many networks: they need more than %d nodes",
                              PREFIXES_NODES_MAX);
    if (!term.set)
        return compile_no_memory(compile);
    if (left->type == TYPE_BYTES) {
        term.run = predicate_networks6;
        r = operand_load(compile, left);
        term.a = left->reg;
    } else {
        term.left = operand_place(left);
    }
    operand_drop(compile, left);
    return r < 0 ? r : compare_add(compile, &term, member->first, ret_term);
}

/* ---- texts and bytes ------------------------------------------------------------------------- */

static int add_text(struct member *member, const struct node *node)
{
    struct operand element;
    int r = compile_constant(member, node, &element);

    if (r < 0)
        return r;
    if (element.type == TYPE_NULL || element.is_null)
        return 0;
    if (!compare_fits(&member->left, &element))
        return refuse_element(member, node, &element);
    member->texts[member->n++] = element.text;
    return 0;
}

static int find_text(struct member *member, uint32_t *ret_term)
{
    struct compile *compile = member->compile;
    struct term term = {.run = predicate_listed, .cost = COST_LISTED, .passes = PASSES_SOME};
    int r;

    term.set = text_set_new(compile->expr, member->texts, member->n);
    if (!term.set)
        return compile_no_memory(compile);
    r = operand_load(compile, &member->left);
    term.a = member->left.reg;
    operand_drop(compile, &member->left);
    return r < 0 ? r : compare_add(compile, &term, member->first, ret_term);
}

/* ---- all ------------------------------------------------------------------------------------- */

/* low <= left && left <= high */
static int find_between(struct member *member, const struct node *range, uint32_t *ret_term)
{
    struct compile *compile = member->compile;
    const struct node *left = compile_node(compile, member->node->first);
    const struct node *low = compile_node(compile, range->first);
    const struct node *high = compile_node(compile, low->next);
    struct term both = {.kind = TERM_ALL, .levels = 1, .passes = PASSES_SOME};
    uint32_t second;
    int r = compare_nodes(compile, range, OP_LE, low, left, &member->context, &both.first);

    if (r == 0)
        r = compare_nodes(compile, range, OP_LE, left, high, &member->context, &second);
    if (r < 0)
        return r;
    compile->expr->terms[both.first].next = second;
    both.cost = compile->expr->terms[both.first].cost + compile->expr->terms[second].cost;
    return compile_add_term(compile, &both, ret_term);
}

static int add_element(struct member *member, const struct node *node)
{
    const struct operand *left = &member->left;
    char words[OPERAND_WORDS_MAX];

    if (left->type == TYPE_INTEGER && node->kind != NODE_ADDRESS)
        return add_integer(member, node);
    if (node->kind == NODE_RANGE) {
        operand_describe(member->compile, left, words);
        return compile_refuse(member->compile, node,
                              "a range needs an integer on the left of in; %s", words);
    }
    if (left->type == TYPE_IPV4 || left->meaning == MEANING_IPV6)
        return add_network(member, node);
    if (node->kind == NODE_ADDRESS && node->address.is_network && left->type != TYPE_NULL) {
        operand_describe(member->compile, left, words);
        return compile_refuse(member->compile, node,
                              "a network needs an IP address on the left of in; %s", words);
    }
    return add_text(member, node);
}

/* Are both bounds constants? What their values took is given back. */
static int try_bounds(struct member *member, const struct node *range, bool *ret_constant)
{
    struct compile *compile = member->compile;
    const struct node *low_node = compile_node(compile, range->first);
    uint32_t first = compile->expr->n_steps;
    struct operand low, high;
    int r = value_compile(compile, low_node, &member->context, &low);

    if (r == 0)
        r = value_compile(compile, compile_node(compile, low_node->next), &member->context, &high);
    if (r < 0)
        return r;
    operand_drop(compile, &low);
    operand_drop(compile, &high);
    compile->expr->n_steps = first;
    *ret_constant = operand_is_constant(&low) && operand_is_constant(&high);
    return 0;
}

static int find(struct member *member, uint32_t *ret_term)
{
    const struct operand *left = &member->left;

    if (left->is_null) {
        member->compile->expr->n_steps = member->first;
        return compare_add_truth(member->compile, false, ret_term);
    }
    if (left->type == TYPE_INTEGER)
        return find_integer(member, ret_term);
    if (left->type == TYPE_IPV4 || left->meaning == MEANING_IPV6)
        return find_address(member, ret_term);
    return find_text(member, ret_term);
}

static int add_elements(struct member *member, const struct node *set)
{
    const struct compile *compile = member->compile;
    uint32_t n = 0;
    int r = 0;

    if (set->kind != NODE_LIST)
        return add_element(member, set);
    for (uint32_t at = set->first; at && r == 0; at = compile->tree->nodes[at].next) {
        if (n++ == EXPR_LIST_MAX)
            return compile_refuse(compile, compile_node(compile, at),
                                  "a list has at most %d elements", EXPR_LIST_MAX);
        r = add_element(member, compile_node(compile, at));
    }
    return r;
}

static int check_left(const struct member *member)
{
    const struct operand *left = &member->left;
    char words[OPERAND_WORDS_MAX];

    if (left->type == TYPE_INTEGER || left->type == TYPE_TEXT || left->type == TYPE_IPV4 ||
        left->type == TYPE_BYTES || left->type == TYPE_NULL)
        return 0;
    operand_describe(member->compile, left, words);
    return compile_refuse(member->compile, member->node,
                          "in needs an integer, text or address on its left; %s", words);
}

static int compile_members(struct member *member, const struct node *set, uint32_t *ret_term)
{
    struct compile *compile = member->compile;
    int r;

    if (set->kind != NODE_LIST && set->kind != NODE_RANGE && set->kind != NODE_ADDRESS)
        return compile_refuse(compile, set,
                              "in needs a list like [1, 2], a range like 1..5 or a network like "
                              "10.0.0.0/8 on its right");
    r = check_left(member);
    if (r == 0)
        r = add_elements(member, set);
    if (r == 0 && operand_is_constant(&member->left) && !member->left.is_null)
        r = operand_load(compile, &member->left);
    return r < 0 ? r : find(member, ret_term);
}

int member_compile(struct compile *compile, const struct node *node, uint32_t *ret_term)
{
    const struct node *left = compile_node(compile, node->first);
    const struct node *set = compile_node(compile, left->next);
    _cleanup_(cleanup_free) struct bounds *bounds =
        calloc(ERROR_NUMBERS_MAX * EXPR_LIST_MAX, sizeof(*bounds));
    _cleanup_(cleanup_free) struct address *networks = calloc(EXPR_LIST_MAX, sizeof(*networks));
    _cleanup_(cleanup_free) struct text *texts = calloc(EXPR_LIST_MAX, sizeof(*texts));
    struct member member = {.compile = compile,
                            .node = node,
                            .context = value_context(compile, node, &operand_context_none),
                            .first = compile->expr->n_steps,
                            .bounds = bounds,
                            .networks = networks,
                            .texts = texts};
    bool constant = true;
    int r;

    if (!bounds || !networks || !texts)
        return compile_no_memory(compile);
    if (set->kind == NODE_RANGE)
        r = try_bounds(&member, set, &constant);
    else
        r = 0;
    if (r == 0)
        r = value_compile(compile, left, &member.context, &member.left);
    if (r == 0)
        r = operand_check_value(compile, &member.left);
    if (r < 0)
        return r;
    if (set->kind != NODE_RANGE || (constant && member.left.type != TYPE_FLOAT))
        return compile_members(&member, set, ret_term);
    operand_drop(compile, &member.left);
    compile->expr->n_steps = member.first;
    return find_between(&member, set, ret_term);
}
