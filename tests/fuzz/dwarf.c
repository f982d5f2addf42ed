// SPDX-License-Identifier: Apache-2.0

/* Input: an ELF file. Whatever the bytes, listing its types and reading some of them ends in
 * schemas whose fields lie inside of them, or in errors. tests/fuzz/seeds/dwarf makes files to
 * start with. */

#include "schema/dwarf.h"

#include <string.h>

#include "fuzz/checked_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAMES_MAX = 4 };

struct names {
    char *names[NAMES_MAX];
    uint32_t count;
};

static int take(void *context, const struct dwarf_candidate *candidate)
{
    struct names *names = context;

    if (candidate->size == 0)
        abort();
    names->names[names->count++] = strdup(candidate->name);
    return names->count == NAMES_MAX;
}

static void read_type(const void *elf, size_t size, const char *name)
{
    struct schema *schema = NULL;
    struct error error = {0};

    if (schema_from_dwarf(elf, size, name, &error, &schema) == 0)
        check_schema(schema);
    else if (!error.text[0])
        abort();
    schema_free(schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct names names = {0};
    void *elf = malloc(size + !size);

    memcpy(elf, data, size);
    schema_list_dwarf(elf, size, NULL, take, &names);
    read_type(elf, size, NULL);
    read_type(elf, size, "event");
    for (uint32_t i = 0; i < names.count; i++) {
        read_type(elf, size, names.names[i]);
        free(names.names[i]);
    }
    if (size > 0 && memcmp(elf, data, size) != 0)
        abort(); /* it is only read */
    free(elf);
    return 0;
}
