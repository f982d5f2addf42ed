// SPDX-License-Identifier: Apache-2.0

/* Addresses. An IPv4 address is an integer of its four bytes as they are in memory, so that a
 * u32 and bytes of four are the same thing; the others are bytes in place. */

#include <string.h>

#include "expr/function.h"
#include "expr/operand_load.h"

static int address_of_text(const struct call *call, const struct operand *operand, bool is_mac,
                           struct operand *ret)
{
    struct address address;
    const char *wrong = address_parse(operand->text.bytes, operand->text.length, &address);
    struct text bytes = {(const char *)address.bytes, address.size};
    char source[OPERAND_SOURCE_MAX];

    if (!wrong && address.is_network)
        wrong = "a network is allowed only after in, as in saddr in 10.0.0.0/8";
    if (!wrong && (address.size == 6) != is_mac)
        wrong = is_mac ? "not a MAC address" : "not an IP address";
    if (wrong)
        return compile_refuse(call->compile, operand->node, "%s: %s",
                              operand_source(call->compile, operand->node, source), wrong);
    *ret = (struct operand){.node = call->node, .type = TYPE_BYTES, .size = address.size};
    if (address.size == 4) {
        uint32_t raw;

        memcpy(&raw, address.bytes, sizeof(raw));
        ret->type = TYPE_IPV4;
        ret->integer = raw;
        return 0;
    }
    ret->meaning = is_mac ? MEANING_MAC : MEANING_IPV6;
    ret->text = program_keep_text(call->compile->expr, &bytes);
    return ret->text.bytes ? 0 : compile_no_memory(call->compile);
}

/* Makes any field of the right size an address. False: its type or size does not fit. */
static bool reread_field(struct operand *operand, bool is_mac)
{
    struct field *field = &operand->place.field;
    uint32_t size = field->kind == FIELD_ARRAY ? field->count * field->stride : field->size;

    if (operand->where != WHERE_PLACE || operand->type == TYPE_TEXT ||
        operand->type == TYPE_FLOAT || operand->type == TYPE_TEXTS || field->bits ||
        (field->column && field->kind != FIELD_BYTES && (is_mac || field->size != 4)))
        return false;
    if (!is_mac && size == 4) {
        operand->type = TYPE_IPV4;
        operand->is_signed = false;
        if (!field->column)
            operand->place.load = LOAD_U32;
        else
            operand->place.load = field->kind == FIELD_BYTES ? LOAD_COLUMN_IPV4 : LOAD_COLUMN;
    } else if (size == (is_mac ? 6 : 16)) {
        operand->type = TYPE_BYTES;
        operand->meaning = is_mac ? MEANING_MAC : MEANING_IPV6;
    } else {
        return false;
    }
    operand->field = NULL;
    operand->size = size;
    *field = (struct field){.name = "",
                            .kind = operand->type == TYPE_IPV4 ? FIELD_UINT : FIELD_BYTES,
                            .offset = field->offset,
                            .column = field->column,
                            .size = size};
    return true;
}

static int to_address(const struct call *call, bool is_mac, const char *wanted, struct operand *ret)
{
    struct operand operand;
    int r = call_any(call, 0, &operand);
    bool is_one;

    if (r < 0)
        return r;
    is_one = is_mac ? operand.meaning == MEANING_MAC
                    : operand.type == TYPE_IPV4 || operand.meaning == MEANING_IPV6;
    if (operand.type == TYPE_TEXT && operand_is_constant(&operand) && !operand.is_null)
        return address_of_text(call, &operand, is_mac, ret);
    if (operand.type == TYPE_NULL || (operand_is_constant(&operand) && operand.is_null)) {
        *ret = operand_null(call->node, TYPE_NULL);
        return 0;
    }
    if (!is_one && !reread_field(&operand, is_mac))
        return call_refuse(call, &operand, wanted);
    *ret = operand;
    ret->node = call->node;
    return 0;
}

int function_ip(const struct call *call, struct operand *ret)
{
    return to_address(call, false, "a field of 4 or 16 bytes or a constant text", ret);
}

int function_mac(const struct call *call, struct operand *ret)
{
    return to_address(call, true, "a field of 6 bytes or a constant text", ret);
}

static void run_net4(const struct step *step, const struct run *run, const uint16_t *selection,
                     uint32_t n)
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        out->present[k] = a->present[k];
        out->integers[k] = a->integers[k] & step->integer;
    }
}

static void run_net6(const struct step *step, const struct run *run, const uint16_t *selection,
                     uint32_t n)
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        char *copy = step->scratch + 16 * k;

        if (a->texts[k].bytes) {
            memcpy(copy, a->texts[k].bytes, 16);
            address_mask((uint8_t *)copy, 16, (uint32_t)step->integer);
        }
        out->texts[k] = (struct text){a->texts[k].bytes ? copy : NULL, 16};
    }
}

int function_net(const struct call *call, struct operand *ret)
{
    struct operand operand;
    struct step step = {.run = run_net4};
    uint32_t mask = UINT32_MAX;
    int64_t bits;
    int r = call_value(call, 0, &operand);
    bool constant, is_ipv6;

    if (r < 0)
        return r;
    is_ipv6 = operand.type == TYPE_BYTES && operand.meaning == MEANING_IPV6;
    if (operand.type != TYPE_IPV4 && !is_ipv6 && operand.type != TYPE_NULL)
        return call_refuse(call, &operand, "an IP address");
    constant = operand_is_constant(&operand);
    r = call_constant(call, 1, 0, is_ipv6 ? 128 : 32, "a number of bits", &bits);
    if (r < 0)
        return r;
    if (operand.type == TYPE_NULL) {
        *ret = operand_null(call->node, TYPE_NULL);
        return 0;
    }
    address_mask((uint8_t *)&mask, 4, (uint32_t)bits);
    step.integer = mask;
    *ret = (struct operand){.type = TYPE_IPV4, .size = 4};
    if (is_ipv6) {
        step.run = run_net6;
        step.integer = (uint64_t)bits;
        *ret = (struct operand){.type = TYPE_BYTES, .size = 16, .meaning = MEANING_IPV6};
        r = call_scratch(call, 16, &step);
    }
    if (r == 0)
        r = operand_load(call->compile, &operand);
    return r < 0 ? r : call_step(call, &step, &operand, constant, ret);
}
