// SPDX-License-Identifier: Apache-2.0

/* A pointer that begins with the result of bpf_ringbuf_reserve(), or a variable at the place that
 * is copied, is exact. The compiler may have dropped the place; then it is the type of all
 * variables of that function that are as long, if they have one in common. */

#include "source/record_variables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/dwarf_locals.h"

struct record_variables {
    const struct record_lengths *lengths;
    struct record_type exact[RECORD_CALLS_MAX];
    struct record_type likely[RECORD_CALLS_MAX];
    bool is_open[RECORD_CALLS_MAX]; /* there are several likely ones */
    bool no_memory;
};

static void set_type(struct record_variables *variables, const struct dwarf_local *local,
                     struct record_type *to)
{
    if (to->name)
        return;
    to->name = strdup(local->type_name);
    to->length = local->size;
    to->is_union = local->is_union;
    snprintf(to->why, sizeof(to->why), "the type of the variable %.100s in %.100s()", local->name,
             local->function);
    variables->no_memory |= !to->name;
}

static void take_local(void *context, const struct dwarf_local *local)
{
    struct record_variables *variables = context;

    for (uint32_t i = 0; i < variables->lengths->n_calls; i++) {
        const struct record_call *call = &variables->lengths->calls[i];
        struct record_type *likely = &variables->likely[i];

        if (local->size != call->length || local->is_pointer == call->is_on_frame ||
            strcmp(local->function, call->function) != 0)
            continue;
        if (call->is_on_frame ? local->is_on_frame && local->depth == (uint64_t)call->from_depth
                              : call->is_result && dwarf_local_begins(local, call->result_of))
            set_type(variables, local, &variables->exact[i]);
        if (likely->name && strcmp(likely->name, local->type_name) != 0)
            variables->is_open[i] = true;
        set_type(variables, local, likely);
    }
}

/* NULL: nothing is known of that call. */
static const struct record_type *type_of(const struct record_variables *variables, uint32_t index)
{
    if (variables->exact[index].name)
        return &variables->exact[index];
    return variables->is_open[index] || !variables->likely[index].name ? NULL
                                                                       : &variables->likely[index];
}

static bool is_complete(const struct record_variables *variables)
{
    for (uint32_t i = 0; i < variables->lengths->n_calls; i++)
        if (!type_of(variables, i))
            return false;
    return true;
}

int record_variables_read(const struct record_lengths *lengths, const void *elf, size_t size,
                          struct record_variables **ret)
{
    struct record_variables *variables;
    int result;

    *ret = NULL;
    if (lengths->n_calls == 0 || lengths->n_calls > RECORD_CALLS_MAX)
        return 0;
    variables = calloc(1, sizeof(*variables));
    if (!variables)
        return -ENOMEM;
    variables->lengths = lengths;
    result = dwarf_locals_list(elf, size, NULL, take_local, variables);
    if (result == 0 && !variables->no_memory && is_complete(variables)) {
        *ret = variables;
        return 0;
    }
    result = variables->no_memory ? -ENOMEM : 0;
    record_variables_free(variables);
    return result;
}

void record_variables_free(struct record_variables *variables)
{
    if (!variables)
        return;
    for (uint32_t i = 0; i < RECORD_CALLS_MAX; i++) {
        free(variables->exact[i].name);
        free(variables->likely[i].name);
    }
    free(variables);
}

void record_variables_each(const struct record_variables *variables,
                           void (*take)(void *context, const struct record_type *type),
                           void *context)
{
    for (uint32_t i = 0; variables && i < variables->lengths->n_calls; i++)
        take(context, type_of(variables, i));
}
