// SPDX-License-Identifier: Apache-2.0

/* Where neither meaning nor enum says what a field's numbers are, its name does, in expressions
 * only: there a wrong guess can change no output, since a word without a meaning is an error. */

#include "record/number_names.h"

#include <stdio.h>
#include <string.h>

#include "record/kernel_names.h"

enum { ERRNO_MAX = 4095 };

const struct number_set *number_set_of(enum field_meaning meaning)
{
    static const struct number_set *const sets[MEANING_COUNT] = {
        [MEANING_ERRNO] = &kernel_errors,
        [MEANING_SYSCALL] = &kernel_syscalls,
        [MEANING_SIGNAL] = &kernel_signals,
        [MEANING_CAPABILITY] = &kernel_capabilities,
        [MEANING_CAPABILITIES] = &kernel_capability_sets,
        [MEANING_FAMILY] = &kernel_families,
        [MEANING_IP_PROTO] = &kernel_protocols,
        [MEANING_TCP_STATE] = &kernel_tcp_states,
        [MEANING_OPEN_FLAGS] = &kernel_open_flags,
        [MEANING_TCP_FLAGS] = &kernel_tcp_flags,
        [MEANING_MMAP_PROT] = &kernel_mmap_prot,
        [MEANING_MMAP_FLAGS] = &kernel_mmap_flags,
        [MEANING_CLONE_FLAGS] = &kernel_clone_flags,
        [MEANING_MODE] = &kernel_modes,
    };

    return meaning < MEANING_COUNT ? sets[meaning] : NULL;
}

struct number_set number_set_of_enum(const struct field *field)
{
    return (struct number_set){.words = field->names, .n_words = field->n_names, .is_flags = true};
}

/* Of names that several sets could claim. */
static const struct number_set *set_by_name(const struct field *field)
{
    static const struct {
        const char *name;
        const struct number_set *set;
    } known[] = {
        {"error", &kernel_errors},
        {"err", &kernel_errors},
        {"proto", &kernel_protocols},
        {"protocol", &kernel_protocols},
        {"l4_proto", &kernel_protocols},
        {"cap", &kernel_capabilities},
        {"capability", &kernel_capabilities},
        {"signal", &kernel_signals},
        {"sig", &kernel_signals},
        {"family", &kernel_families},
    };

    for (size_t i = 0; field->name && i < sizeof(known) / sizeof(*known); i++)
        if (strcmp(field->name, known[i].name) == 0)
            return known[i].set;
    return NULL;
}

bool number_set_of_field(const struct field *field, struct number_set *ret)
{
    const struct number_set *set = number_set_of(field->meaning);

    if (!set && field->kind == FIELD_ENUM && field->n_names > 0) {
        *ret = number_set_of_enum(field);
        return true;
    }
    if (!set && field->meaning == MEANING_NONE &&
        (field->kind == FIELD_UINT || field->kind == FIELD_INT))
        set = set_by_name(field);
    if (set)
        *ret = *set;
    return set != NULL;
}

bool number_set_next(const struct number_set *set, uint32_t *at, struct enum_name *ret)
{
    while (*at < set->n_numbers) {
        uint32_t number = (*at)++;

        if (!set->by_number[number])
            continue;
        ret->name = set->by_number[number];
        ret->value = set->is_flags ? INT64_C(1) << number : (int64_t)number;
        return true;
    }
    if (*at - set->n_numbers >= set->n_words)
        return false;
    *ret = set->words[(*at)++ - set->n_numbers];
    return true;
}

bool number_set_find(const struct number_set *set, const char *name, size_t length,
                     struct enum_name *ret)
{
    uint32_t at = 0;

    while (number_set_next(set, &at, ret))
        if (strlen(ret->name) == length && memcmp(ret->name, name, length) == 0)
            return true;
    return false;
}

bool number_names_find(const char *name, size_t length, struct enum_name *ret)
{
    static const struct number_set *const distinct[] = {
        &kernel_signals,    &kernel_families,    &kernel_tcp_states,
        &kernel_open_flags, &kernel_tcp_flags,   &kernel_mmap_prot,
        &kernel_mmap_flags, &kernel_clone_flags, &kernel_modes,
    };

    for (size_t i = 0; i < sizeof(distinct) / sizeof(*distinct); i++)
        if (number_set_find(distinct[i], name, length, ret))
            return true;
    return false;
}

const char *number_set_name(const struct number_set *set, int64_t number)
{
    if (set == &kernel_errors && number < 0 && number >= -ERRNO_MAX)
        number = -number;
    return number >= 0 && number < set->n_numbers ? set->by_number[number] : NULL;
}

/* ---- flags ----------------------------------------------------------------------------------- */

/* The text so far, and the bits that it does not say. */
struct flag_text {
    char *out;
    uint32_t length;
    uint64_t bits;
    uint64_t rest;
};

enum { NUMBER_MAX = 19 }; /* |0x and 16 digits */

static bool is_set(const struct number_set *set, const struct flag_text *text, uint64_t value)
{
    if (value == 0)
        return set->choice ? (text->bits & set->choice) == 0 : text->bits == 0;
    if (set->choice && (value & ~set->choice) == 0)
        return (text->bits & set->choice) == value;
    return (text->rest & value) == value;
}

/* Whether a field of that width can have the flag; an enum's own may be sign-extended. */
static bool fits(int64_t value, uint64_t mask)
{
    uint64_t outside = (uint64_t)value & ~mask;

    return outside == 0 || (outside == ~mask && ((uint64_t)value & mask) != 0);
}

static void put_flag(struct flag_text *text, const struct enum_name *flag)
{
    size_t length = strlen(flag->name);

    if (text->length + 1 + length + NUMBER_MAX >= NUMBER_TEXT_MAX)
        return;
    if (text->length > 0)
        text->out[text->length++] = '|';
    memcpy(text->out + text->length, flag->name, length);
    text->length += (uint32_t)length;
    text->rest &= ~(uint64_t)flag->value;
}

uint32_t number_set_put_flags(const struct number_set *set, uint64_t bits, uint64_t mask,
                              char out[NUMBER_TEXT_MAX])
{
    struct flag_text text = {.out = out, .bits = bits & mask, .rest = bits & mask};
    struct enum_name flag;
    uint32_t at = 0;

    while (number_set_next(set, &at, &flag))
        if (fits(flag.value, mask) && is_set(set, &text, (uint64_t)flag.value & mask))
            put_flag(&text, &flag);
    if (text.length > 0 && text.rest)
        text.length +=
            (uint32_t)sprintf(out + text.length, "|0x%llx", (unsigned long long)text.rest);
    return text.length;
}
