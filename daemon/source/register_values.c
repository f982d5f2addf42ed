// SPDX-License-Identifier: Apache-2.0

/* A block begins where a jump leads to, or with a function. Each has the values that its registers
 * may have at its beginning, and is read again whenever these become more, which ends, since a
 * register has REGISTER_VALUES_MAX values or is unknown. Then all blocks that were reached are read
 * once more, and their calls are passed on.
 *
 *      r2 = 24          r2 = 32
 *         └──────┬─────────┘
 *         r2 is 24 or 32: call bpf_ringbuf_reserve()
 */

#include "source/register_values.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/program_code.h"

_Static_assert(sizeof(const char *) == sizeof(uint64_t), "see struct register_value");

enum { STEPS_MAX = 1 << 24 }; /* instructions that are read in all; a hostile object needs more */

struct block {
    bool is_reached;
    bool is_queued;
    struct register_value registers[MAX_BPF_REG];
};

struct reading {
    struct program_code code;
    struct block *blocks;
    uint32_t *block_of; /* by instruction, from 1; 0: no block begins there */
    size_t *queue;      /* instructions, each at most once */
    uint32_t n_blocks;
    uint32_t n_queued;
    uint32_t n_steps;
    void (*take)(void *context, const struct helper_call *call); /* NULL: not yet */
    void *context;
};

/* ---- values ---------------------------------------------------------------------------------- */

static struct register_value one_value(enum register_content content, uint64_t value)
{
    return (struct register_value){.content = content, .count = 1, .constants = {value}};
}

/* All members of the union are words of the same size. */
static void add_value(struct register_value *to, uint64_t value)
{
    for (uint32_t i = 0; i < to->count; i++)
        if (to->constants[i] == value)
            return;
    if (to->count == REGISTER_VALUES_MAX)
        *to = (struct register_value){.result_of = to->result_of};
    else
        to->constants[to->count++] = value;
}

/* Whether `to` had to become more. */
static bool merge(struct register_value *to, const struct register_value *from)
{
    bool is_more = to->result_of != 0 && to->result_of != from->result_of;
    uint32_t before = to->count;

    if (is_more)
        to->result_of = 0;
    if (to->content == REGISTER_UNKNOWN)
        return is_more;
    if (to->content != from->content) {
        *to = (struct register_value){.result_of = to->result_of};
        return true;
    }
    for (uint32_t i = 0; i < from->count && to->content != REGISTER_UNKNOWN; i++)
        add_value(to, from->constants[i]);
    return is_more || to->count != before;
}

static uint64_t calculate(unsigned operation, uint64_t a, uint64_t b, bool is_wide, bool *ret_known)
{
    unsigned bits = is_wide ? 63 : 31;

    switch (operation) {
    case BPF_ADD:
        return a + b;
    case BPF_SUB:
        return a - b;
    case BPF_MUL:
        return a * b;
    case BPF_AND:
        return a & b;
    case BPF_OR:
        return a | b;
    case BPF_XOR:
        return a ^ b;
    case BPF_LSH:
        return a << (b & bits);
    case BPF_RSH:
        return (is_wide ? a : (uint32_t)a) >> (b & bits);
    case BPF_ARSH:
        return (uint64_t)(is_wide ? (int64_t)a >> (b & bits) : (int32_t)a >> (b & bits));
    default:
        *ret_known = false;
        return 0;
    }
}

/* An operation on a constant, or on an address in the frame, with one constant. */
static void change(struct register_value *value, unsigned operation, uint64_t operand, bool is_wide)
{
    struct register_value changed = {.content = value->content};
    bool is_known =
        value->content == REGISTER_CONSTANT || (value->content == REGISTER_FRAME && is_wide &&
                                                (operation == BPF_ADD || operation == BPF_SUB));

    for (uint32_t i = 0; i < value->count && is_known; i++) {
        uint64_t result = calculate(operation, value->constants[i], operand, is_wide, &is_known);

        add_value(&changed, is_wide ? result : (uint32_t)result);
    }
    *value = is_known ? changed : (struct register_value){0};
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static void queue(struct reading *reading, size_t at, struct block *block)
{
    block->is_reached = true;
    if (!block->is_queued)
        reading->queue[reading->n_queued++] = at;
    block->is_queued = true;
}

/* These registers reach the block at that instruction. */
static void reach(struct reading *reading, size_t at, const struct register_value *registers)
{
    struct block *block = &reading->blocks[reading->block_of[at] - 1];
    bool is_more = !block->is_reached;

    if (is_more)
        memcpy(block->registers, registers, sizeof(block->registers));
    for (int i = 0; i < MAX_BPF_REG; i++)
        is_more |= merge(&block->registers[i], &registers[i]);
    if (is_more)
        queue(reading, at, block);
}

/* A function begins with its own frame; it cannot be told which frame an argument leads to. */
static void reach_function(struct reading *reading, size_t at,
                           const struct register_value *arguments)
{
    struct register_value registers[MAX_BPF_REG] = {0};

    for (int i = BPF_REG_1; arguments && i <= BPF_REG_5; i++) {
        if (arguments[i].content != REGISTER_FRAME)
            registers[i] = arguments[i];
        registers[i].result_of = 0;
    }
    registers[BPF_REG_10] = one_value(REGISTER_FRAME, 0);
    reach(reading, at, registers);
}

static void note_depth(struct reading *reading, size_t at, const struct register_value *value,
                       int64_t offset)
{
    struct program_function *function = program_code_function(&reading->code, at);

    for (uint32_t i = 0; function && value->content == REGISTER_FRAME && i < value->count; i++)
        if (value->offsets[i] + offset < function->frame_depth)
            function->frame_depth = value->offsets[i] + offset;
}

/* ---- instructions ---------------------------------------------------------------------------- */

static void forget(struct register_value *registers, int first, int last)
{
    for (int i = first; i <= last; i++)
        registers[i] = (struct register_value){0};
}

static void pass_on(const struct reading *reading, size_t at,
                    const struct register_value *registers)
{
    const struct program_function *function = program_code_function(&reading->code, at);
    struct helper_call call = {
        .helper = reading->code.instructions[at].imm,
        .function = function ? function->name : "",
        .address = program_code_address(&reading->code, at),
        .frame_depth = function ? function->frame_depth : 0,
    };

    memcpy(call.arguments, &registers[BPF_REG_1], sizeof(call.arguments));
    reading->take(reading->context, &call);
}

static void call(struct reading *reading, size_t at, struct register_value *registers)
{
    const struct bpf_insn *code = &reading->code.instructions[at];
    struct register_value result = {0};

    if (code->src_reg == 0)
        result.result_of = program_code_address(&reading->code, at) + 1;
    if (code->src_reg == 0 && reading->take)
        pass_on(reading, at, registers);
    if (code->src_reg == 0 && code->imm == BPF_FUNC_map_lookup_elem &&
        registers[BPF_REG_1].content == REGISTER_MAP) {
        uint64_t result_of = result.result_of;

        result = registers[BPF_REG_1];
        result.result_of = result_of;
    }
    if (reading->code.targets[at])
        reach_function(reading, reading->code.targets[at] - 1, registers);
    forget(registers, BPF_REG_1, BPF_REG_5);
    registers[BPF_REG_0] = result;
}

static void operate(struct reading *reading, size_t at, struct register_value *registers)
{
    const struct bpf_insn *code = &reading->code.instructions[at];
    bool is_wide = BPF_CLASS(code->code) == BPF_ALU64, is_move = BPF_OP(code->code) == BPF_MOV;
    struct register_value operand = one_value(REGISTER_CONSTANT, (uint64_t)(int64_t)code->imm);
    struct register_value *to = &registers[code->dst_reg];

    if (BPF_SRC(code->code) == BPF_X)
        operand = registers[code->src_reg];
    if (code->off != 0)
        operand = (struct register_value){0};
    if (is_move && is_wide)
        *to = operand;
    else if (operand.content != REGISTER_CONSTANT || (!is_move && operand.count != 1))
        *to = (struct register_value){0};
    else if (is_move)
        change(&operand, BPF_ADD, 0, false), *to = operand;
    else
        change(to, BPF_OP(code->code), operand.constants[0], is_wide);
    note_depth(reading, at, to, 0);
}

static void load_wide(const struct reading *reading, size_t at, struct register_value *registers)
{
    const struct bpf_insn *code = &reading->code.instructions[at];
    struct register_value *to = &registers[code->dst_reg];
    uint64_t high = (uint32_t)code[1].imm;

    if (reading->code.maps[at])
        *to = one_value(REGISTER_MAP, (uint64_t)(uintptr_t)reading->code.maps[at]);
    else if (code->src_reg == 0 && !reading->code.targets[at])
        *to = one_value(REGISTER_CONSTANT, high << 32 | (uint32_t)code->imm);
    else
        *to = (struct register_value){0};
}

/* An atomic operation may give back what was there. */
static void store(struct reading *reading, size_t at, struct register_value *registers)
{
    const struct bpf_insn *code = &reading->code.instructions[at];

    note_depth(reading, at, &registers[code->dst_reg], code->off);
    if (BPF_CLASS(code->code) != BPF_STX || BPF_MODE(code->code) != BPF_ATOMIC)
        return;
    forget(registers, BPF_REG_0, BPF_REG_0);
    forget(registers, code->src_reg, code->src_reg);
}

/* False: what follows is not reached from here. */
static bool jump(struct reading *reading, size_t at, struct register_value *registers)
{
    unsigned operation = BPF_OP(reading->code.instructions[at].code);

    if (operation == BPF_CALL) {
        call(reading, at, registers);
        return true;
    }
    if (operation != BPF_EXIT && reading->code.targets[at])
        reach(reading, reading->code.targets[at] - 1, registers);
    return operation != BPF_EXIT && operation != BPF_JA;
}

/* False: what follows is not reached from here. */
static bool step(struct reading *reading, size_t at, struct register_value *registers)
{
    const struct bpf_insn *code = &reading->code.instructions[at];

    if (code->dst_reg >= MAX_BPF_REG || code->src_reg >= MAX_BPF_REG)
        return false;
    switch (BPF_CLASS(code->code)) {
    case BPF_ALU:
    case BPF_ALU64:
        operate(reading, at, registers);
        return true;
    case BPF_JMP:
    case BPF_JMP32:
        return jump(reading, at, registers);
    case BPF_LD:
        if (code->code == PROGRAM_CODE_WIDE)
            load_wide(reading, at, registers);
        else
            forget(registers, BPF_REG_0, BPF_REG_5);
        return true;
    case BPF_LDX:
        note_depth(reading, at, &registers[code->src_reg], code->off);
        forget(registers, code->dst_reg, code->dst_reg);
        return true;
    default:
        store(reading, at, registers);
        return true;
    }
}

static void read_block(struct reading *reading, size_t begin)
{
    struct register_value registers[MAX_BPF_REG];
    size_t end = program_code_section_end(&reading->code, begin);

    memcpy(registers, reading->blocks[reading->block_of[begin] - 1].registers, sizeof(registers));
    for (size_t at = begin; at < end; at++) {
        bool is_wide = reading->code.instructions[at].code == PROGRAM_CODE_WIDE;

        if (at > begin && reading->block_of[at]) {
            reach(reading, at, registers);
            return;
        }
        reading->n_steps++;
        if ((is_wide && at + 1 == end) || !step(reading, at, registers))
            return;
        at += is_wide;
    }
}

/* ---- the whole object ------------------------------------------------------------------------ */

static bool add_block(struct reading *reading, size_t at)
{
    if (!reading->block_of[at])
        reading->block_of[at] = ++reading->n_blocks;
    return reading->n_blocks <= REGISTER_BLOCKS_MAX;
}

static bool find_blocks(struct reading *reading)
{
    const struct program_code *code = &reading->code;
    bool fits = true;

    for (size_t at = 0; at < code->n_instructions && fits; at++)
        if (code->targets[at])
            fits = add_block(reading, code->targets[at] - 1);
    for (uint32_t i = 0; i < code->n_functions && fits; i++)
        fits = add_block(reading, code->functions[i].begin);
    reading->blocks = fits ? calloc(reading->n_blocks + 1, sizeof(*reading->blocks)) : NULL;
    reading->queue = fits ? calloc(reading->n_blocks + 1, sizeof(*reading->queue)) : NULL;
    return reading->blocks && reading->queue;
}

static bool read_all(struct reading *reading)
{
    for (uint32_t i = 0; i < reading->code.n_functions; i++)
        if (reading->code.functions[i].is_entry)
            reach_function(reading, reading->code.functions[i].begin, NULL);
    while (reading->n_queued > 0 && reading->n_steps < STEPS_MAX) {
        size_t at = reading->queue[--reading->n_queued];

        reading->blocks[reading->block_of[at] - 1].is_queued = false;
        read_block(reading, at);
    }
    return reading->n_queued == 0;
}

static void pass_on_all(struct reading *reading)
{
    for (size_t at = 0; at < reading->code.n_instructions; at++)
        if (reading->block_of[at] && reading->blocks[reading->block_of[at] - 1].is_reached)
            read_block(reading, at);
}

bool register_values_read(const void *elf, size_t size,
                          void (*take)(void *context, const struct helper_call *call),
                          void *context)
{
    struct reading reading = {0};
    bool is_read = program_code_open(elf, size, &reading.code);

    reading.block_of =
        is_read ? calloc(reading.code.n_instructions + 1, sizeof(*reading.block_of)) : NULL;
    is_read = reading.block_of && find_blocks(&reading) && read_all(&reading);
    if (is_read) {
        reading.take = take;
        reading.context = context;
        pass_on_all(&reading);
    }
    free(reading.blocks);
    free(reading.block_of);
    free(reading.queue);
    program_code_close(&reading.code);
    return is_read;
}
