// SPDX-License-Identifier: Apache-2.0

/* To see the final instructions, the object would have to be loaded, which creates its rings again.
 * But they follow from the file and the kernel, and kept programs do not outlive the kernel. So the
 * code is hashed as it is in the file, with each place that is filled in later and the name of what
 * will be put there. The tag of a program is not enough: it leaves out the data.
 *
 * Names are hashed instead of numbers, since the numbers of symbols, sections and types change with
 * everything else in the file. */

#include "source/identity.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "source/object.h"

enum { PATH_STEPS_MAX = 64 };

struct hash {
    XXH3_state_t state;
};

static void add_bytes(struct hash *hash, const void *bytes, size_t size)
{
    uint64_t length = size; /* hashed so that moving bytes between two parts changes the hash */

    XXH3_128bits_update(&hash->state, &length, sizeof(length));
    XXH3_128bits_update(&hash->state, bytes, size);
}

static void add_text(struct hash *hash, const char *text)
{
    add_bytes(hash, text ? text : "", text ? strlen(text) : 0);
}

static void add_number(struct hash *hash, uint64_t number)
{
    XXH3_128bits_update(&hash->state, &number, sizeof(number));
}

/* ---- code ------------------------------------------------------------------------------------ */

struct program_file {
    Elf *elf;
    size_t section_names;
    Elf_Data *symbols;
    size_t n_symbols;
    size_t symbol_names;
    const struct btf *btf;
};

static const char *section_name(const struct program_file *file, size_t index)
{
    Elf_Scn *section = elf_getscn(file->elf, index);
    GElf_Shdr header;
    const char *name = NULL;

    if (section && gelf_getshdr(section, &header))
        name = elf_strptr(file->elf, file->section_names, header.sh_name);
    return name ? name : "";
}

static bool is_code(const GElf_Shdr *header)
{
    return header->sh_type == SHT_PROGBITS && header->sh_flags & SHF_EXECINSTR;
}

static bool is_filled(const struct program_file *file, const GElf_Shdr *relocations)
{
    Elf_Scn *section = elf_getscn(file->elf, relocations->sh_info);
    GElf_Shdr header;

    if (relocations->sh_type != SHT_REL || !section || !gelf_getshdr(section, &header))
        return false;
    return is_code(&header) || strcmp(section_name(file, relocations->sh_info), ".maps") == 0;
}

static void add_relocation(struct hash *hash, const struct program_file *file,
                           const GElf_Rel *relocation)
{
    GElf_Sym symbol;
    const char *name;

    add_number(hash, relocation->r_offset);
    add_number(hash, GELF_R_TYPE(relocation->r_info));
    if (!file->symbols || !gelf_getsym(file->symbols, (int)GELF_R_SYM(relocation->r_info), &symbol))
        return;
    name = elf_strptr(file->elf, file->symbol_names, symbol.st_name);
    add_text(hash, name);
    add_text(hash, section_name(file, symbol.st_shndx));
    add_number(hash, symbol.st_value);
}

static void add_section(struct hash *hash, const struct program_file *file, Elf_Scn *section)
{
    GElf_Shdr header;
    GElf_Rel relocation;
    Elf_Data *data;

    if (!gelf_getshdr(section, &header) || !(is_code(&header) || is_filled(file, &header)))
        return;
    data = elf_getdata(section, NULL);
    add_text(hash, section_name(file, elf_ndxscn(section)));
    if (data && is_code(&header))
        add_bytes(hash, data->d_buf ? data->d_buf : "", data->d_buf ? data->d_size : 0);
    else
        for (int i = 0; data && gelf_getrel(data, i, &relocation); i++)
            add_relocation(hash, file, &relocation);
}

/* ---- the kernel's structs -------------------------------------------------------------------- */

/* Of a section .BTF.ext: see Documentation/bpf/btf.rst. */
struct ext_header {
    uint16_t magic;
    uint8_t version, flags;
    uint32_t header_length;
    uint32_t function_offset, function_length;
    uint32_t line_offset, line_length;
    uint32_t core_offset, core_length;
};

struct core_record {
    uint32_t instruction; /* its offset in the section */
    uint32_t type;
    uint32_t access; /* "0:2:1", in the strings of the BTF */
    uint32_t kind;   /* what is asked of it: an offset, a size, or whether it exists */
};

static const struct btf_type *skip(const struct btf *btf, uint32_t *id)
{
    const struct btf_type *type = btf__type_by_id(btf, *id);

    while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
        *id = type->type;
        type = btf__type_by_id(btf, *id);
    }
    return type;
}

/* Adds one step into a type: the name of a member or of an enumerator. */
static void add_step(struct hash *hash, const struct btf *btf, uint32_t *id, uint32_t index)
{
    const struct btf_type *type = skip(btf, id);

    add_number(hash, index);
    if (!type)
        return;
    if (btf_is_composite(type) && index < btf_vlen(type)) {
        add_text(hash, btf__name_by_offset(btf, btf_members(type)[index].name_off));
        *id = btf_members(type)[index].type;
    } else if (btf_is_array(type)) {
        *id = btf_array(type)->type;
    } else if (btf_is_enum(type) && index < btf_vlen(type)) {
        add_text(hash, btf__name_by_offset(btf, btf_enum(type)[index].name_off));
    }
}

static void add_core(struct hash *hash, const struct btf *btf, const struct core_record *record)
{
    const struct btf_type *type = btf__type_by_id(btf, record->type);
    const char *access = btf__name_by_offset(btf, record->access);
    uint32_t id = record->type;
    bool first = type && !btf_is_enum(type) && !btf_is_enum64(type); /* that of an array of them */

    add_number(hash, record->instruction);
    add_number(hash, record->kind);
    add_number(hash, type ? btf_kind(type) : 0);
    add_text(hash, type ? btf__name_by_offset(btf, type->name_off) : "");
    for (int steps = 0; access && *access && steps < PATH_STEPS_MAX; steps++) {
        char *end;
        unsigned long index = strtoul(access, &end, 10);

        if (first)
            add_number(hash, index);
        else
            add_step(hash, btf, &id, (uint32_t)index);
        first = false;
        access = *end ? end + 1 : end;
    }
}

static void add_core_section(struct hash *hash, const struct btf *btf, const char *at, size_t size)
{
    uint32_t record_size, name, count;

    if (size < sizeof(record_size))
        return;
    memcpy(&record_size, at, sizeof(record_size));
    at += sizeof(record_size);
    size -= sizeof(record_size);
    while (record_size >= sizeof(struct core_record) && size >= sizeof(name) + sizeof(count)) {
        memcpy(&name, at, sizeof(name));
        memcpy(&count, at + sizeof(name), sizeof(count));
        at += sizeof(name) + sizeof(count);
        size -= sizeof(name) + sizeof(count);
        add_text(hash, btf__name_by_offset(btf, name));
        for (; count > 0 && size >= record_size; count--, at += record_size, size -= record_size) {
            struct core_record record;

            memcpy(&record, at, sizeof(record));
            add_core(hash, btf, &record);
        }
    }
}

static void add_core_records(struct hash *hash, const struct program_file *file, Elf_Scn *section)
{
    Elf_Data *data = elf_getdata(section, NULL);
    struct ext_header header;
    uint64_t begin;

    if (!data || !data->d_buf || data->d_size < sizeof(header) || !file->btf)
        return;
    memcpy(&header, data->d_buf, sizeof(header));
    begin = (uint64_t)header.header_length + header.core_offset;
    if (header.header_length >= sizeof(header) && begin + header.core_length <= data->d_size)
        add_core_section(hash, file->btf, (const char *)data->d_buf + begin, header.core_length);
}

static void find_symbols(struct program_file *file)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(file->elf, section))) {
        GElf_Shdr header;

        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB ||
            header.sh_entsize == 0)
            continue;
        file->symbols = elf_getdata(section, NULL);
        file->n_symbols = header.sh_size / header.sh_entsize;
        file->symbol_names = header.sh_link;
    }
}

static int add_code(struct hash *hash, const struct object *object, struct error *error)
{
    struct program_file file = {.btf = object_btf(object)};
    Elf_Scn *section = NULL;

    elf_version(EV_CURRENT);
    /* libelf does not write, but its parameter is not const */
    file.elf = elf_memory((char *)(uintptr_t)object->bytes, object->size);
    if (!file.elf || elf_getshdrstrndx(file.elf, &file.section_names) < 0) {
        elf_end(file.elf);
        return error_set(error, -EINVAL, "cannot be read: %s", elf_errmsg(-1));
    }
    find_symbols(&file);
    while ((section = elf_nextscn(file.elf, section))) {
        add_section(hash, &file, section);
        if (strcmp(section_name(&file, elf_ndxscn(section)), ".BTF.ext") == 0)
            add_core_records(hash, &file, section);
    }
    elf_end(file.elf);
    return 0;
}

/* ---- what it works on, and where ------------------------------------------------------------- */

/* Adds the identity of a file, since another file may later have the same name. */
static void add_path(struct hash *hash, const char *path)
{
    struct stat stat_;

    add_text(hash, path);
    if (path && strchr(path, '/') && stat(path, &stat_) == 0) {
        add_number(hash, stat_.st_dev);
        add_number(hash, stat_.st_ino);
    }
}

static void add_place(struct hash *hash, const struct hook_arguments *arguments)
{
    for (uint32_t i = 0; i < arguments->interface.count; i++) {
        add_text(hash, arguments->interface.items[i]);
        add_number(hash, if_nametoindex(arguments->interface.items[i]));
    }
    add_number(hash, (uint64_t)arguments->direction);
    add_path(hash, arguments->cgroup);
    add_path(hash, arguments->binary);
    add_text(hash, arguments->symbol);
    add_number(hash, (uint64_t)arguments->offset);
    add_number(hash, (uint64_t)arguments->pid);
    add_text(hash, arguments->usdt);
    add_number(hash, (uint64_t)arguments->perf);
    add_text(hash, arguments->tracepoint);
    add_text(hash, arguments->section);
    add_number(hash, (uint64_t)arguments->cookie);
    add_text(hash, arguments->netfilter);
    add_text(hash, arguments->target);
}

static void add_programs(struct hash *hash, const struct object *object)
{
    for (uint32_t i = 0; i < object->n_programs; i++) {
        const struct object_program *program = &object->programs[i];

        add_text(hash, program->name);
        add_text(hash, bpf_program__section_name(program->program));
        add_number(hash, program->chosen);
        add_number(hash, program->attach);
        if (program->chosen && program->attach)
            add_place(hash, &program->arguments);
    }
}

static void add_map(struct hash *hash, const struct bpf_map *map)
{
    size_t size = 0;
    const void *value = bpf_map__initial_value((struct bpf_map *)(uintptr_t)map, &size);

    add_text(hash, bpf_map__name(map));
    add_number(hash, bpf_map__type(map));
    add_number(hash, bpf_map__key_size(map));
    add_number(hash, bpf_map__value_size(map));
    add_number(hash, bpf_map__max_entries(map));
    add_number(hash, bpf_map__map_flags(map));
    if (value)
        add_bytes(hash, value, size);
}

static void add_values(struct hash *hash, const struct map_values *values)
{
    for (uint32_t i = 0; i < values->count; i++) {
        const struct map_value *value = &values->items[i];

        add_text(hash, value->map);
        add_bytes(hash, value->key, value->key_size);
        add_bytes(hash, value->value, value->value_size);
        add_text(hash, value->program);
    }
}

static void add_templates(struct hash *hash, const struct map_templates *templates)
{
    for (uint32_t i = 0; i < templates->count; i++) {
        const struct map_template *item = &templates->items[i];

        add_text(hash, item->map);
        add_number(hash, item->type);
        add_number(hash, item->key_size);
        add_number(hash, item->value_size);
        add_number(hash, item->max_entries);
    }
}

int identity_of(const struct object *object, struct error *error, struct identity *ret)
{
    struct hash *hash = aligned_alloc(_Alignof(struct hash), sizeof(*hash));
    const struct bpf_map *map;
    XXH128_hash_t sum;
    int result;

    if (!hash)
        return error_set(error, -ENOMEM, "out of memory");
    XXH3_128bits_reset(&hash->state);
    add_programs(hash, object);
    bpf_object__for_each_map(map, object->plan) add_map(hash, map);
    add_values(hash, &object->values);
    add_templates(hash, &object->templates);
    result = add_code(hash, object, error);
    sum = XXH3_128bits_digest(&hash->state);
    free(hash);
    if (result == 0)
        *ret = (struct identity){{sum.low64, sum.high64}};
    return result;
}
