// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `constants:`, values for an object's globals by name, those that are `const volatile` (.rodata)
 * and the first value of the others (.data, .bss); see source/btf_value.h. */

#include <stdint.h>

#include "base/error.h"
#include "config/diag.h"
#include "config/node.h"

struct bpf_object;
struct btf;

/* A global that can be set. */
struct global_variable {
    const char *name;
    const char *section;   /* ".rodata" and the like */
    const struct btf *btf; /* of its type */
    uint32_t type_id;      /* as declared */
    const void *bytes;     /* its value now */
    uint32_t size;
};

/* Sets the globals of an object that is not loaded yet. constants may be NULL. 0, or -EINVAL
 * after at least one message; all mistakes are reported. */
int constants_set(struct bpf_object *object, const struct config_node *constants,
                  struct diag *diag);

/* Sets an integer or bool that must be there and have room for the value. 0, or -EINVAL and a
 * sentence. */
int constants_set_number(struct bpf_object *object, const char *name, uint64_t value,
                         struct error *error);

/* Calls take for each global that can be set, but for the format texts of bpf_printk(). */
void constants_each(const struct bpf_object *object,
                    void (*take)(void *context, const struct global_variable *constant),
                    void *context);
