// SPDX-License-Identifier: Apache-2.0

/* The names in /proc/kallsyms are there for every user; the addresses are not, and are not needed.
 * Which of the functions can be traced by ftrace is known to tracefs alone. */

#include "source/kernel_symbols.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define KALLSYMS  "/proc/kallsyms"
#define TRACEABLE "/sys/kernel/tracing/available_filter_functions"

enum { LINE_BYTES = KERNEL_SYMBOL_BYTES + 128, ROOM_FIRST = 64 };

/* ---- all functions --------------------------------------------------------------------------- */

/* The length of the name without what the compiler put after it; 0: it is not a copy. A part in
 * ".cold" is reached only from within the function. */
static size_t original_length(const char *name)
{
    static const char *const marks[] = {".constprop.", ".isra.", ".part.", ".llvm."};
    const char *dot = strchr(name, '.');

    for (size_t i = 0; dot && i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strncmp(dot, marks[i], strlen(marks[i])) == 0)
            return strstr(dot, ".cold") ? 0 : (size_t)(dot - name);
    return 0;
}

static void compare(const char *symbol, const char *const *names, size_t n,
                    struct kernel_symbol *symbols)
{
    size_t original = original_length(symbol);

    for (size_t i = 0; i < n; i++) {
        symbols[i].count += strcmp(symbol, names[i]) == 0;
        if (original > 0 && !symbols[i].copy[0] && strlen(names[i]) == original &&
            strncmp(symbol, names[i], original) == 0)
            snprintf(symbols[i].copy, sizeof(symbols[i].copy), "%s", symbol);
    }
}

int kernel_symbols_find(const char *const *names, size_t n, struct kernel_symbol *ret)
{
    _cleanup_(cleanup_fclose) FILE *file = fopen(KALLSYMS, "re");
    char line[LINE_BYTES];

    if (!file)
        return -errno;
    memset(ret, 0, n * sizeof(*ret));
    while (fgets(line, sizeof(line), file)) {
        char symbol[KERNEL_SYMBOL_BYTES], type; /* ADDRESS TYPE NAME, and the module */

        if (sscanf(line, "%*s %c %511s", &type, symbol) == 2 && strchr("tTwW", type))
            compare(symbol, names, n, ret);
    }
    return 0;
}

int kernel_symbol_require(const char *name, struct error *error)
{
    struct kernel_symbol symbol;

    if (kernel_symbols_find(&name, 1, &symbol) < 0)
        return error_set(error, -ENOTSUP,
                         "this kernel has no function \"%s\", or no program can be attached to it",
                         name);
    if (symbol.count > 0)
        return 0;
    if (symbol.copy[0])
        return error_set(error, -ENOTSUP,
                         "this kernel has no function \"%s\", only the copy \"%s\" that the "
                         "compiler has made of it; a kprobe can be attached to that one, but its "
                         "arguments may be others",
                         name, symbol.copy);
    return error_set(error, -ENOTSUP,
                     "this kernel has no function \"%s\": it has another name there, or the "
                     "compiler has inlined it",
                     name);
}

/* ---- those that ftrace can trace ------------------------------------------------------------- */

static int add(struct kernel_functions *functions, size_t *room, const char *name)
{
    if (functions->count == *room) {
        size_t more = *room ? *room * 2 : ROOM_FIRST;
        char **names = reallocarray(functions->names, more, sizeof(*names));

        if (!names)
            return -ENOMEM;
        functions->names = names;
        *room = more;
    }
    functions->names[functions->count] = strdup(name);
    return functions->names[functions->count] ? (functions->count++, 0) : -ENOMEM;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void remove_doubles(struct kernel_functions *functions)
{
    size_t kept = 0;

    if (functions->count > 0)
        qsort(functions->names, functions->count, sizeof(*functions->names), by_name);
    for (size_t i = 0; i < functions->count; i++) {
        char *name = functions->names[i];

        if (kept > 0 && strcmp(name, functions->names[kept - 1]) == 0) {
            functions->twice++;
            free(name);
        } else {
            functions->names[kept++] = name;
        }
    }
    functions->count = kept;
}

int kernel_functions_read(FILE *file, const char *pattern, bool modules,
                          struct kernel_functions *ret)
{
    struct kernel_functions functions = {0};
    char line[LINE_BYTES];
    size_t room = 0;
    int result = 0;

    while (result == 0 && fgets(line, sizeof(line), file)) {
        size_t length = strcspn(line, " \t\n"); /* NAME [MODULE] */

        if (line[length] != '\n' && !modules)
            continue;
        line[length] = '\0';
        /* the kernel's words for a place that was in a function when it was built */
        if (strncmp(line, "__ftrace_invalid_address__", 26) != 0 && fnmatch(pattern, line, 0) == 0)
            result = add(&functions, &room, line);
    }
    if (result < 0) {
        kernel_functions_deinit(&functions);
        return result;
    }
    remove_doubles(&functions);
    *ret = functions;
    return 0;
}

int kernel_functions_find(const char *pattern, bool modules, struct kernel_functions *ret)
{
    _cleanup_(cleanup_fclose) FILE *file = fopen(TRACEABLE, "re");

    return file ? kernel_functions_read(file, pattern, modules, ret) : -errno;
}

void kernel_functions_deinit(struct kernel_functions *functions)
{
    for (size_t i = 0; i < functions->count; i++)
        free(functions->names[i]);
    free(functions->names);
    *functions = (struct kernel_functions){0};
}
