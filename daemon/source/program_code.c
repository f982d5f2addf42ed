// SPDX-License-Identifier: Apache-2.0

/* libbpf has these instructions too, but gives them out relocated for the kernel: maps as numbers
 * that nobody knows yet. */

#include "source/program_code.h"

#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/sorted.h"

/* ---- sections -------------------------------------------------------------------------------- */

static bool is_code(Elf_Scn *section)
{
    GElf_Shdr header;

    return gelf_getshdr(section, &header) && header.sh_type == SHT_PROGBITS &&
           header.sh_flags & SHF_EXECINSTR;
}

static size_t count_instructions(Elf_Scn *section)
{
    const Elf_Data *data = is_code(section) ? elf_getdata(section, NULL) : NULL;

    return data && data->d_buf ? data->d_size / sizeof(struct bpf_insn) : 0;
}

/* sections[] is by the file's own index meanwhile: n_sections is one more than the last. */
static bool read_sections(struct program_code *code)
{
    Elf_Scn *section = NULL;
    size_t count, at = 0;

    if (elf_getshdrnum(code->file.elf, &count) < 0)
        return false;
    code->sections = calloc(count + 1, sizeof(*code->sections));
    if (!code->sections)
        return false;
    while ((section = elf_nextscn(code->file.elf, section)))
        code->n_instructions += count_instructions(section);
    code->instructions = calloc(code->n_instructions + 1, sizeof(*code->instructions));
    code->maps = calloc(code->n_instructions + 1, sizeof(*code->maps));
    code->targets = calloc(code->n_instructions + 1, sizeof(*code->targets));
    if (!code->instructions || !code->maps || !code->targets)
        return false;
    code->n_sections = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        size_t n_here = (section = elf_getscn(code->file.elf, i)) ? count_instructions(section) : 0;

        code->sections[i] = at;
        if (n_here > 0 && n_here <= code->n_instructions - at)
            memcpy(&code->instructions[at], elf_getdata(section, NULL)->d_buf,
                   n_here * sizeof(struct bpf_insn));
        at += n_here;
    }
    code->sections[count] = at;
    return at == code->n_instructions;
}

/* The last section that begins there or before, of which several may be empty. */
static uint32_t section_of(const struct program_code *code, size_t at)
{
    uint32_t low = 0, high = code->n_sections;

    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;

        if (code->sections[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t program_code_section_end(const struct program_code *code, size_t at)
{
    return code->sections[section_of(code, at) + 1];
}

uint64_t program_code_address(const struct program_code *code, size_t at)
{
    return (at - code->sections[section_of(code, at)]) * sizeof(struct bpf_insn);
}

/* From 1, the instruction at so many bytes of a section, and so many instructions after it; 0: it
 * is outside the section. */
static size_t place_of(const struct program_code *code, size_t section, uint64_t bytes,
                       int64_t after)
{
    int64_t at = (int64_t)(bytes / sizeof(struct bpf_insn)) + after;
    size_t n_here;

    if (section >= code->n_sections)
        return 0;
    n_here = code->sections[section + 1] - code->sections[section];
    return at >= 0 && (uint64_t)at < n_here ? code->sections[section] + (size_t)at + 1 : 0;
}

/* ---- functions ------------------------------------------------------------------------------- */

static int compare_places(const void *a, const void *b)
{
    const struct program_function *left = a, *right = b;

    return (left->begin > right->begin) - (left->begin < right->begin);
}

static bool is_in_text(const struct program_code *code, size_t at)
{
    Elf_Scn *section = elf_getscn(code->file.elf, section_of(code, at));
    GElf_Shdr header;
    const char *name;
    size_t names;

    if (elf_getshdrstrndx(code->file.elf, &names) < 0 || !gelf_getshdr(section, &header))
        return false;
    name = elf_strptr(code->file.elf, names, header.sh_name);
    return name && strcmp(name, ".text") == 0;
}

static bool read_functions(struct program_code *code)
{
    const struct map_symbols *file = &code->file;
    GElf_Sym symbol;

    code->functions = calloc(file->n_symbols + 1, sizeof(*code->functions));
    if (!code->functions)
        return false;
    for (size_t i = 0; i < file->n_symbols && gelf_getsym(file->symbols, (int)i, &symbol); i++) {
        size_t begin = place_of(code, symbol.st_shndx, symbol.st_value, 0);
        const char *name = elf_strptr(file->elf, file->names, symbol.st_name);
        size_t room = begin ? program_code_section_end(code, begin - 1) - (begin - 1) : 0;
        size_t length = symbol.st_size / sizeof(struct bpf_insn);

        if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || room == 0 || length == 0)
            continue;
        code->functions[code->n_functions++] = (struct program_function){
            .begin = begin - 1,
            .end = begin - 1 + (length < room ? length : room),
            .name = name ? name : "",
            .is_program = !is_in_text(code, begin - 1),
            .is_entry = true,
        };
    }
    qsort(code->functions, code->n_functions, sizeof(*code->functions), compare_places);
    return true;
}

struct program_function *program_code_function(const struct program_code *code, size_t at)
{
    uint32_t n = sorted_count_to(code->functions, code->n_functions, sizeof(*code->functions), at);

    return n > 0 && at < code->functions[n - 1].end ? &code->functions[n - 1] : NULL;
}

/* ---- where instructions lead to -------------------------------------------------------------- */

static bool is_function_call(const struct bpf_insn *instruction)
{
    return instruction->code == (BPF_JMP | BPF_CALL) && instruction->src_reg == BPF_PSEUDO_CALL;
}

static bool is_jump(const struct bpf_insn *instruction)
{
    unsigned kind = BPF_CLASS(instruction->code), operation = BPF_OP(instruction->code);

    return (kind == BPF_JMP || kind == BPF_JMP32) && operation != BPF_CALL && operation != BPF_EXIT;
}

static void find_jumps(struct program_code *code)
{
    for (size_t at = 0; at < code->n_instructions; at++) {
        const struct bpf_insn *instruction = &code->instructions[at];
        bool is_far = instruction->code == (BPF_JMP32 | BPF_JA);
        int64_t by = is_far || is_function_call(instruction) ? instruction->imm : instruction->off;
        uint32_t section = section_of(code, at);

        if (is_jump(instruction) || is_function_call(instruction))
            code->targets[at] = place_of(
                code, section, (at - code->sections[section]) * sizeof(*instruction), by + 1);
        at += instruction->code == PROGRAM_CODE_WIDE;
    }
}

/* A call has the distance from the symbol to the instruction before the function; an address that
 * is loaded has bytes. */
static void relocate(struct program_code *code, size_t at, const GElf_Rel *relocation)
{
    const struct bpf_insn *instruction = &code->instructions[at];
    GElf_Sym symbol;

    if (instruction->code == PROGRAM_CODE_WIDE && code->file.maps > 0)
        code->maps[at] = map_symbols_target(&code->file, relocation, (uint32_t)instruction->imm);
    if (code->maps[at] ||
        !gelf_getsym(code->file.symbols, (int)GELF_R_SYM(relocation->r_info), &symbol))
        return;
    if (is_function_call(instruction))
        code->targets[at] =
            place_of(code, symbol.st_shndx, symbol.st_value, (int64_t)instruction->imm + 1);
    else if (instruction->code == PROGRAM_CODE_WIDE)
        code->targets[at] =
            place_of(code, symbol.st_shndx, symbol.st_value + (uint32_t)instruction->imm, 0);
}

static void read_relocations(struct program_code *code)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(code->file.elf, section))) {
        Elf_Data *relocations;
        GElf_Shdr header;
        GElf_Rel relocation;

        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_REL)
            continue;
        relocations = elf_getdata(section, NULL);
        for (int i = 0; relocations && gelf_getrel(relocations, i, &relocation); i++) {
            size_t at = place_of(code, header.sh_info, relocation.r_offset, 0);

            if (at)
                relocate(code, at - 1, &relocation);
        }
    }
}

/* Functions of .text are called only; those whose calls are seen get what they are called with. */
static void find_entries(struct program_code *code)
{
    for (size_t at = 0; at < code->n_instructions; at++) {
        struct program_function *function =
            is_function_call(&code->instructions[at]) && code->targets[at]
                ? program_code_function(code, code->targets[at] - 1)
                : NULL;

        if (function && function->begin == code->targets[at] - 1 && !function->is_program)
            function->is_entry = false;
    }
    for (size_t at = 0; at < code->n_instructions; at++) {
        struct program_function *function =
            code->instructions[at].code == PROGRAM_CODE_WIDE && code->targets[at]
                ? program_code_function(code, code->targets[at] - 1)
                : NULL;

        if (function)
            function->is_entry = true;
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

bool program_code_open(const void *elf, size_t size, struct program_code *ret)
{
    *ret = (struct program_code){0};
    if (map_symbols_open(elf, size, NULL, &ret->file) < 0 || !ret->file.symbols ||
        !read_sections(ret) || !read_functions(ret))
        return false;
    find_jumps(ret);
    read_relocations(ret);
    find_entries(ret);
    return true;
}

void program_code_close(struct program_code *code)
{
    free(code->instructions);
    free(code->maps);
    free(code->targets);
    free(code->functions);
    free(code->sections);
    map_symbols_close(&code->file);
}
