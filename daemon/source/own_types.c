// SPDX-License-Identifier: Apache-2.0

/* The DWARF says in which file a type is declared. Without DWARF, and where CO-RE moves the type,
 * it counts as the kernel's if the running kernel has one of that name. */

#include "source/own_types.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "schema/btf_lookup.h"
#include "schema/dwarf.h"
#include "schema/map_lookup.h"
#include "source/core_types.h"
#include "source/program_code.h"

enum { NAME_BYTES = 256 };

struct own_listing {
    const struct btf *btf;
    struct program_code code;
    struct core_types core;
    struct btf *kernel; /* NULL: not loaded */
    bool kernel_tried;
    void (*take)(void *context, const struct own_type *type);
    void *context;
};

/* A name may have a flavor, as in task_struct___old. */
static bool is_kernel_name(struct own_listing *listing, const char *name)
{
    const char *flavor = strstr(name, "___");
    char bare[NAME_BYTES];

    if (!listing->kernel_tried)
        listing->kernel = btf__load_vmlinux_btf();
    listing->kernel_tried = true;
    snprintf(bare, sizeof(bare), "%.*s", flavor ? (int)(flavor - name) : (int)strlen(name), name);
    return listing->kernel && (btf__find_by_name_kind(listing->kernel, bare, BTF_KIND_STRUCT) > 0 ||
                               btf__find_by_name_kind(listing->kernel, bare, BTF_KIND_UNION) > 0 ||
                               btf__find_by_name_kind(listing->kernel, bare, BTF_KIND_TYPEDEF) > 0);
}

/* A header of the system, or the kernel's types in one file. */
static bool is_foreign_file(const char *path)
{
    const char *base = strrchr(path, '/');
    size_t length = strlen(path);
    const char *folder;

    base = base ? base + 1 : path;
    if (length < 2 || strcmp(path + length - 2, ".h") != 0)
        return false;
    if (strncmp(base, "vmlinux", strlen("vmlinux")) == 0 || strstr(path, "/usr/include/"))
        return true;
    for (folder = base > path ? base - 1 : path; folder > path && folder[-1] != '/';)
        folder--;
    return strncmp(folder, "linux/", 6) == 0 || strncmp(folder, "asm", 3) == 0;
}

/* Whether a program gets such a struct as its context. */
static bool is_context(const struct own_listing *listing, const char *name)
{
    for (uint32_t i = 0; listing->btf && i < listing->code.n_functions; i++) {
        const struct program_function *function = &listing->code.functions[i];
        const char *context =
            function->is_program ? lookup_context(listing->btf, function->name) : NULL;

        if (context && strcmp(context, name) == 0)
            return true;
    }
    return false;
}

static void add(struct own_listing *listing, const struct own_type *type)
{
    if (listing->btf && lookup_is_map_definition(listing->btf, type->name))
        return;
    if (!is_context(listing, type->name))
        listing->take(listing->context, type);
}

static int take_dwarf(void *context, const struct dwarf_candidate *candidate)
{
    struct own_listing *listing = context;

    bool is_doubtful =
        !candidate->file ||
        (listing->btf && core_types_have(&listing->core, listing->btf, candidate->name));

    if (!(candidate->file && is_foreign_file(candidate->file)) &&
        !(is_doubtful && is_kernel_name(listing, candidate->name)))
        add(listing,
            &(struct own_type){candidate->name, candidate->size, candidate->is_union, false});
    return 0;
}

static bool is_listed_before(const struct candidate *list, uint32_t index)
{
    for (uint32_t i = 0; i < index && list[i].kept; i++)
        if (strcmp(list[i].name, list[index].name) == 0)
            return true;
    return false;
}

static int list_btf(struct own_listing *listing)
{
    _cleanup_(cleanup_free) struct candidate *list = NULL;
    uint32_t count = 0;
    int result = listing->btf ? lookup_candidates(listing->btf, &list, &count) : 0;

    for (uint32_t i = 0; i < count; i++)
        if (!is_listed_before(list, i) && !is_kernel_name(listing, list[i].name))
            add(listing, &(struct own_type){list[i].name, list[i].type->size,
                                            btf_is_union(list[i].type), list[i].kept});
    return result < 0 ? result : OWN_TYPES_OF_BTF;
}

int own_types_list(const struct btf *btf, const void *elf, size_t size,
                   void (*take)(void *context, const struct own_type *type), void *context)
{
    struct own_listing listing = {.btf = btf, .take = take, .context = context};
    int result;

    program_code_open(elf, size, &listing.code);
    core_types_read(listing.code.file.elf, &listing.core);
    result = schema_list_dwarf(elf, size, NULL, take_dwarf, &listing);
    if (result == -ENOENT)
        result = list_btf(&listing);
    core_types_deinit(&listing.core);
    program_code_close(&listing.code);
    btf__free(listing.kernel);
    return result == -ENOMEM || result > 0 ? result : 0;
}
