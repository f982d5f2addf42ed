// SPDX-License-Identifier: Apache-2.0

/* Looking values up. Null is in nothing. */

#include "expr/operand_load.h"
#include "expr/predicate.h"
#include "expr/prefixes.h"
#include "expr/set.h"

enum set_kind { LOOKUP_FEW, LOOKUP_HASH, LOOKUP_INTERVALS, LOOKUP_BITS, LOOKUP_NETWORKS };

ALWAYS_INLINE bool is_few(const uint64_t few[SET_FEW], uint64_t bits)
{
    bool found = false;

    for (int i = 0; i < SET_FEW; i++)
        found |= few[i] == bits;
    return found;
}

ALWAYS_INLINE bool has_network(const struct prefixes *prefixes, uint64_t bits)
{
    uint32_t raw = (uint32_t)bits;
    uint8_t address[4];

    memcpy(address, &raw, sizeof(address));
    return prefixes_have(prefixes, address);
}

ALWAYS_INLINE uint32_t member_loop(const struct term *term, const struct run *run, bool wanted,
                                   uint16_t *selection, uint32_t n, enum load load,
                                   enum set_kind lookup)
{
    struct load_source source = load_source_of(&term->left, run, load);
    const void *set = term->set;
    const struct integer_set integers =
        lookup == LOOKUP_HASH ? *(const struct integer_set *)set : (struct integer_set){0};
    const uint64_t *few = lookup == LOOKUP_FEW ? ((const struct integer_set *)set)->slots : NULL;
    const uint64_t bias = term->lowest;
    const bool inverted = lookup == LOOKUP_FEW && term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        bool present;
        uint64_t bits = load_integer(&source, load, selection[k], k, &present);
        bool match = lookup == LOOKUP_FEW         ? is_few(few, bits)
                     : lookup == LOOKUP_HASH      ? integer_set_has(&integers, bits)
                     : lookup == LOOKUP_INTERVALS ? interval_set_has(set, bits ^ bias)
                     : lookup == LOOKUP_BITS      ? bit_set_has(set, bits ^ bias)
                                                  : has_network(set, bits);

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t predicate_few(const struct term *term, const struct run *run, bool wanted,
                       uint16_t *selection, uint32_t n)
{
#define LOOP(load) member_loop(term, run, wanted, selection, n, load, LOOKUP_FEW)
    LOAD_EACH(term->left.load, LOOP);
#undef LOOP
}

uint32_t predicate_hashed(const struct term *term, const struct run *run, bool wanted,
                          uint16_t *selection, uint32_t n)
{
#define LOOP(load) member_loop(term, run, wanted, selection, n, load, LOOKUP_HASH)
    LOAD_EACH(term->left.load, LOOP);
#undef LOOP
}

uint32_t predicate_intervals(const struct term *term, const struct run *run, bool wanted,
                             uint16_t *selection, uint32_t n)
{
#define LOOP(load) member_loop(term, run, wanted, selection, n, load, LOOKUP_INTERVALS)
    LOAD_EACH(term->left.load, LOOP);
#undef LOOP
}

uint32_t predicate_bits(const struct term *term, const struct run *run, bool wanted,
                        uint16_t *selection, uint32_t n)
{
#define LOOP(load) member_loop(term, run, wanted, selection, n, load, LOOKUP_BITS)
    LOAD_EACH(term->left.load, LOOP);
#undef LOOP
}

uint32_t predicate_networks(const struct term *term, const struct run *run, bool wanted,
                            uint16_t *selection, uint32_t n)
{
#define LOOP(load) member_loop(term, run, wanted, selection, n, load, LOOKUP_NETWORKS)
    LOAD_EACH(term->left.load, LOOP);
#undef LOOP
}

uint32_t predicate_networks6(const struct term *term, const struct run *run, bool wanted,
                             uint16_t *selection, uint32_t n)
{
    const struct text *texts = run->regs[term->a].texts;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        const uint8_t *address = (const uint8_t *)texts[k].bytes;
        bool match = address && prefixes_have(term->set, address);

        selection[kept] = selection[k];
        kept += match == wanted;
    }
    return kept;
}

uint32_t predicate_listed(const struct term *term, const struct run *run, bool wanted,
                          uint16_t *selection, uint32_t n)
{
    const struct text *texts = run->regs[term->a].texts;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        bool match = texts[k].bytes && text_set_has(term->set, &texts[k]);

        selection[kept] = selection[k];
        kept += match == wanted;
    }
    return kept;
}
