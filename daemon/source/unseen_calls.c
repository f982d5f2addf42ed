// SPDX-License-Identifier: Apache-2.0

/* A program that never runs looks like one that has nothing to report. What the compiler did to the
 * function is seen in the kernel's symbols, unless it inlined the function. */

#include "source/unseen_calls.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "source/kernel_symbols.h"
#include "source/object.h"

struct traced {
    const struct object_program *program;
    char function[KERNEL_SYMBOL_BYTES];
};

bool unseen_calls_possible(const struct object *object)
{
    char function[KERNEL_SYMBOL_BYTES];

    for (uint32_t i = 0; i < object->n_programs; i++) {
        const struct object_program *program = &object->programs[i];

        if (program->chosen && program->attach &&
            hook_traces_function(program->hook, &program->arguments, function, sizeof(function)))
            return true;
    }
    return false;
}

static size_t list_traced(const struct object *object, struct traced *ret)
{
    size_t count = 0;

    for (uint32_t i = 0; i < object->n_programs; i++) {
        const struct object_program *program = &object->programs[i];

        ret[count].program = program;
        count += program->attached &&
                 hook_traces_function(program->hook, &program->arguments, ret[count].function,
                                      sizeof(ret[count].function));
    }
    return count;
}

static void report(const struct object *object, const struct traced *traced,
                   const struct kernel_symbol *symbol)
{
    if (symbol->copy[0])
        log_about(LOG_LEVEL_WARNING, "source", object->name,
                  "program %s does not see all calls of %s: the compiler has made the copy %s for "
                  "some callers",
                  traced->program->name, traced->function, symbol->copy);
    if (symbol->count > 1)
        log_about(LOG_LEVEL_WARNING, "source", object->name,
                  "program %s is attached to one of %u functions that are named %s",
                  traced->program->name, symbol->count, traced->function);
}

void unseen_calls_report(const struct object *object)
{
    _cleanup_(cleanup_free) struct traced *traced = calloc(object->n_programs + 1, sizeof(*traced));
    size_t count = traced ? list_traced(object, traced) : 0;
    _cleanup_(cleanup_free) struct kernel_symbol *symbols = calloc(count + 1, sizeof(*symbols));
    _cleanup_(cleanup_free) const char **names = calloc(count + 1, sizeof(*names));

    if (count == 0 || !symbols || !names)
        return;
    for (size_t i = 0; i < count; i++)
        names[i] = traced[i].function;
    if (kernel_symbols_find(names, count, symbols) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        report(object, &traced[i], &symbols[i]);
}
