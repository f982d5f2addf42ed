// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The instructions of all programs of a BPF object, one section after the other, with what its
 * relocations say of them. All indexes and lengths of the file are checked here. */

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/map_symbols.h"

#define PROGRAM_CODE_WIDE (BPF_LD | BPF_IMM | BPF_DW) /* two instructions: 64 bits, or a map */

struct program_function {
    uint64_t begin; /* first: see base/sorted.h */
    uint64_t end;
    const char *name;    /* the file's */
    bool is_program;     /* it is in a section of its own kind, not in .text */
    bool is_entry;       /* a program, or called in another way than by a call instruction */
    int64_t frame_depth; /* for the caller to fill in */
};

struct program_code {
    struct bpf_insn *instructions;
    size_t n_instructions;

    /* By instruction. */
    const char **maps; /* the map that it loads; NULL: none */
    size_t
        *targets; /* from 1, where it jumps to, or the function that it calls or loads; 0: none */

    struct program_function *functions; /* sorted by place */
    uint32_t n_functions;
    size_t *sections; /* where each begins, and the end of the last */
    uint32_t n_sections;
    struct map_symbols file;
};

/* elf must outlive it. False: damaged, or no memory. Whatever it returns, it is to be closed. */
bool program_code_open(const void *elf, size_t size, struct program_code *ret);
/* Accepts a zeroed one. */
void program_code_close(struct program_code *code);

/* The function that an instruction is part of; NULL: none. */
struct program_function *program_code_function(const struct program_code *code, size_t at);
/* Where the section of that instruction ends. */
size_t program_code_section_end(const struct program_code *code, size_t at);
/* The address of an instruction in its section. */
uint64_t program_code_address(const struct program_code *code, size_t at);
