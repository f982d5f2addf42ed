// SPDX-License-Identifier: Apache-2.0

/* Each section with instructions is read once, from its beginning to its end, with what each
 * register is known to hold. Where a jump may lead to, nothing is known: compilers load the ring
 * and a constant length right before the call. */

#include "source/record_lengths.h"

#include <libelf.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/map_symbols.h"

#define WIDE (BPF_LD | BPF_IMM | BPF_DW) /* two instructions: a constant of 64 bits, or a map */

enum content { UNKNOWN, CONSTANT, MAP };

struct content_of_register {
    enum content content;
    uint64_t constant;
    const char *map;
};

struct call_scan {
    struct map_symbols file;
    const char *ring;
    bool is_only;
    struct record_lengths *lengths;

    /* of one section */
    const struct bpf_insn *code;
    size_t n_code;
    const char **maps; /* by instruction: the map that it loads; NULL: none */
    bool *targets;     /* by instruction: a jump leads to it */
    struct content_of_register registers[MAX_BPF_REG];
};

/* ---- calls ----------------------------------------------------------------------------------- */

static void add_length(struct record_lengths *lengths, uint32_t length)
{
    uint32_t at = 0;

    while (at < lengths->count && lengths->list[at] < length)
        at++;
    if (at < lengths->count && lengths->list[at] == length)
        return;
    if (lengths->count == RECORD_LENGTHS_MAX) {
        lengths->varies = true;
        return;
    }
    memmove(&lengths->list[at + 1], &lengths->list[at], (lengths->count - at) * sizeof(length));
    lengths->list[at] = length;
    lengths->count++;
}

static void read_call(struct call_scan *scan, int32_t helper)
{
    const struct content_of_register *map = &scan->registers[BPF_REG_1];
    const struct content_of_register *length = &scan->registers[BPF_REG_2];

    if (helper == BPF_FUNC_ringbuf_output)
        length = &scan->registers[BPF_REG_3];
    else if (helper != BPF_FUNC_ringbuf_reserve && helper != BPF_FUNC_ringbuf_reserve_dynptr)
        return;
    if (map->content == MAP && strcmp(map->map, scan->ring) != 0)
        return;
    if (length->content != CONSTANT || length->constant == 0 || length->constant > UINT32_MAX ||
        (map->content != MAP && !scan->is_only))
        scan->lengths->varies = true;
    else
        add_length(scan->lengths, (uint32_t)length->constant);
}

/* ---- instructions ---------------------------------------------------------------------------- */

static void forget(struct call_scan *scan, int first, int last)
{
    for (int i = first; i <= last; i++)
        scan->registers[i] = (struct content_of_register){0};
}

static void write_register(struct call_scan *scan, const struct bpf_insn *code)
{
    struct content_of_register *to = &scan->registers[code->dst_reg];

    if (code->dst_reg >= MAX_BPF_REG)
        return;
    if (BPF_OP(code->code) != BPF_MOV)
        *to = (struct content_of_register){0};
    else if (BPF_SRC(code->code) == BPF_K)
        *to = (struct content_of_register){.content = CONSTANT, .constant = (uint32_t)code->imm};
    else
        *to = code->src_reg < MAX_BPF_REG && code->off == 0 ? scan->registers[code->src_reg]
                                                            : (struct content_of_register){0};
}

static void load_wide(struct call_scan *scan, size_t at)
{
    const struct bpf_insn *code = &scan->code[at];
    uint64_t high = at + 1 < scan->n_code ? (uint32_t)code[1].imm : 0;

    if (code->dst_reg >= MAX_BPF_REG)
        return;
    scan->registers[code->dst_reg] = (struct content_of_register){
        .content = scan->maps[at]  ? MAP
                   : code->src_reg ? UNKNOWN
                                   : CONSTANT,
        .constant = high << 32 | (uint32_t)code->imm,
        .map = scan->maps[at],
    };
}

static void jump(struct call_scan *scan, const struct bpf_insn *code)
{
    if (BPF_OP(code->code) == BPF_CALL) {
        if (code->src_reg == 0)
            read_call(scan, code->imm);
        forget(scan, BPF_REG_0, BPF_REG_5);
    } else if (BPF_OP(code->code) == BPF_EXIT || BPF_OP(code->code) == BPF_JA) {
        forget(scan, BPF_REG_0, BPF_REG_10);
    }
}

static void read_code(struct call_scan *scan)
{
    forget(scan, BPF_REG_0, BPF_REG_10);
    for (size_t i = 0; i < scan->n_code; i++) {
        const struct bpf_insn *code = &scan->code[i];

        if (scan->targets[i])
            forget(scan, BPF_REG_0, BPF_REG_10);
        switch (BPF_CLASS(code->code)) {
        case BPF_ALU:
        case BPF_ALU64:
            write_register(scan, code);
            break;
        case BPF_JMP:
            jump(scan, code);
            break;
        case BPF_LD:
        case BPF_LDX:
            if (code->code == WIDE)
                load_wide(scan, i++);
            else if (BPF_CLASS(code->code) == BPF_LD)
                forget(scan, BPF_REG_0, BPF_REG_5);
            else if (code->dst_reg < MAX_BPF_REG)
                forget(scan, code->dst_reg, code->dst_reg);
            break;
        case BPF_STX: /* an atomic one may give back what was there */
            if (BPF_MODE(code->code) == BPF_ATOMIC) {
                forget(scan, BPF_REG_0, BPF_REG_0);
                if (code->src_reg < MAX_BPF_REG)
                    forget(scan, code->src_reg, code->src_reg);
            }
            break;
        default:
            break;
        }
    }
}

/* ---- sections -------------------------------------------------------------------------------- */

static void find_targets(struct call_scan *scan)
{
    for (size_t i = 0; i < scan->n_code; i++) {
        const struct bpf_insn *code = &scan->code[i];
        unsigned operation = BPF_OP(code->code), kind = BPF_CLASS(code->code);
        int64_t target = (int64_t)i + 1 + code->off;

        if (code->code == WIDE) {
            i++;
            continue;
        }
        if ((kind != BPF_JMP && kind != BPF_JMP32) || operation == BPF_CALL ||
            operation == BPF_EXIT)
            continue;
        if (kind == BPF_JMP32 && operation == BPF_JA)
            target = (int64_t)i + 1 + code->imm;
        if (target >= 0 && target < (int64_t)scan->n_code)
            scan->targets[target] = true;
    }
}

static void find_maps(struct call_scan *scan, size_t section)
{
    Elf_Scn *other = NULL;

    while ((other = elf_nextscn(scan->file.elf, other))) {
        Elf_Data *relocations;
        GElf_Shdr header;
        GElf_Rel relocation;

        if (!gelf_getshdr(other, &header) || header.sh_type != SHT_REL || header.sh_info != section)
            continue;
        relocations = elf_getdata(other, NULL);
        for (int i = 0; relocations && gelf_getrel(relocations, i, &relocation); i++) {
            size_t at = relocation.r_offset / sizeof(struct bpf_insn);

            if (at < scan->n_code && scan->code[at].code == WIDE)
                scan->maps[at] =
                    map_symbols_target(&scan->file, &relocation, (uint32_t)scan->code[at].imm);
        }
    }
}

static void read_section(struct call_scan *scan, Elf_Scn *section)
{
    _cleanup_(cleanup_free) const char **maps = NULL;
    _cleanup_(cleanup_free) bool *targets = NULL;
    const Elf_Data *data = elf_getdata(section, NULL);

    scan->n_code = data && data->d_buf ? data->d_size / sizeof(struct bpf_insn) : 0;
    if (scan->n_code == 0)
        return;
    scan->code = data->d_buf;
    scan->maps = maps = calloc(scan->n_code, sizeof(*maps));
    scan->targets = targets = calloc(scan->n_code, sizeof(*targets));
    if (!maps || !targets) {
        scan->lengths->varies = true;
        return;
    }
    find_maps(scan, elf_ndxscn(section));
    find_targets(scan);
    read_code(scan);
}

void record_lengths_read(const void *elf, size_t size, const char *ring, bool is_only,
                         struct record_lengths *ret)
{
    struct call_scan scan = {.ring = ring, .is_only = is_only, .lengths = ret};
    Elf_Scn *section = NULL;

    *ret = (struct record_lengths){0};
    if (map_symbols_open(elf, size, NULL, &scan.file) < 0)
        return;
    while (scan.file.maps > 0 && (section = elf_nextscn(scan.file.elf, section))) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) && header.sh_type == SHT_PROGBITS &&
            header.sh_flags & SHF_EXECINSTR)
            read_section(&scan, section);
    }
    map_symbols_close(&scan.file);
}
