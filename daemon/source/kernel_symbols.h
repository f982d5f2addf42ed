// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The functions of the running kernel, by their names. The compiler may have inlined a function
 * into its callers, or made copies of it with other names, as in "NAME.constprop.0": what happens
 * there is not seen by a program that is attached to NAME. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum { KERNEL_SYMBOL_BYTES = 512 }; /* KSYM_NAME_LEN; longer names do not exist */

/* What the kernel has of a name. */
struct kernel_symbol {
    uint32_t count;                 /* of functions with that name */
    char copy[KERNEL_SYMBOL_BYTES]; /* a copy that the compiler made; "": none */
};

/* Looks for n names, all in one pass. 0, or -errno: the kernel's symbols cannot be read. */
int kernel_symbols_find(const char *const *names, size_t n, struct kernel_symbol *ret);

/* Whether the kernel has a function of that name: 0, or -ENOTSUP and a sentence. */
int kernel_symbol_require(const char *name, struct error *error);

/* Names of functions, each once. */
struct kernel_functions {
    char **names;
    size_t count;
    size_t twice; /* names that several functions have */
};

/* The functions that the kernel can trace and that fit a pattern of * and ?; those of modules, too,
 * if wanted. 0, or -errno: tracefs cannot be read, or there is no memory. */
int kernel_functions_find(const char *pattern, bool modules, struct kernel_functions *ret);
/* The same of an open file in the format of tracefs' available_filter_functions. */
int kernel_functions_read(FILE *file, const char *pattern, bool modules,
                          struct kernel_functions *ret);
/* Frees what either of them set; zeroed is empty. */
void kernel_functions_deinit(struct kernel_functions *functions);
