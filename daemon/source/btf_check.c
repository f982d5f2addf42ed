// SPDX-License-Identifier: Apache-2.0

/* Each type is checked once: every id and name that it uses must exist, and no chain of typedefs
 * and qualifiers may be endless. Compilers write valid objects, so damage is rare; but a config
 * must not be able to crash the daemon with a partly downloaded file. */

#include "source/btf_check.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "schema/btf_lookup.h"
#include "source/libbpf_log.h"

DEFINE_CLEANUP(struct btf, btf__free);

/* ---- the section ----------------------------------------------------------------------------- */

static const char *section_name(const char *elf, const Elf64_Ehdr *header, uint32_t offset)
{
    Elf64_Shdr names;

    if (header->e_shstrndx >= header->e_shnum)
        return NULL;
    memcpy(&names, elf + header->e_shoff + header->e_shstrndx * sizeof(names), sizeof(names));
    if (names.sh_type != SHT_STRTAB || offset >= names.sh_size ||
        !memchr(elf + names.sh_offset + offset, '\0', names.sh_size - offset))
        return NULL;
    return elf + names.sh_offset + offset;
}

static bool find_section(const char *elf, const char *wanted, Elf64_Shdr *ret_section)
{
    Elf64_Ehdr header;

    memcpy(&header, elf, sizeof(header));
    for (uint32_t i = 0; i < header.e_shnum; i++) {
        const char *name;

        memcpy(ret_section, elf + header.e_shoff + i * sizeof(*ret_section), sizeof(*ret_section));
        name = section_name(elf, &header, ret_section->sh_name);
        if (name && strcmp(name, wanted) == 0 && ret_section->sh_type == SHT_PROGBITS)
            return true;
    }
    return false;
}

/* ---- types ----------------------------------------------------------------------------------- */

static bool good_id(const struct btf *btf, uint32_t id)
{
    return id < btf__type_cnt(btf);
}

static bool good_name(const struct btf *btf, uint32_t offset)
{
    return btf__name_by_offset(btf, offset) != NULL;
}

static bool good_members(const struct btf *btf, const struct btf_type *type)
{
    for (uint32_t i = 0; i < btf_vlen(type); i++)
        if (!good_id(btf, btf_members(type)[i].type) ||
            !good_name(btf, btf_members(type)[i].name_off))
            return false;
    return true;
}

static bool good_values(const struct btf *btf, const struct btf_type *type)
{
    for (uint32_t i = 0; i < btf_vlen(type); i++)
        if (!good_name(btf, btf_is_enum64(type) ? btf_enum64(type)[i].name_off
                                                : btf_enum(type)[i].name_off))
            return false;
    return true;
}

static bool good_parameters(const struct btf *btf, const struct btf_type *type)
{
    for (uint32_t i = 0; i < btf_vlen(type); i++)
        if (!good_id(btf, btf_params(type)[i].type) ||
            !good_name(btf, btf_params(type)[i].name_off))
            return false;
    return good_id(btf, type->type);
}

static bool good_variables(const struct btf *btf, const struct btf_type *type)
{
    for (uint32_t i = 0; i < btf_vlen(type); i++) {
        const struct btf_type *variable = btf__type_by_id(btf, btf_var_secinfos(type)[i].type);

        if (!variable || !(btf_is_var(variable) || btf_is_func(variable)))
            return false;
    }
    return true;
}

static bool good_type(const struct btf *btf, uint32_t id)
{
    const struct btf_type *type = btf__type_by_id(btf, id);

    if (!type || !good_name(btf, type->name_off))
        return false;
    switch (btf_kind(type)) {
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
        return good_members(btf, type);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
        return good_values(btf, type);
    case BTF_KIND_FUNC_PROTO:
        return good_parameters(btf, type);
    case BTF_KIND_DATASEC:
        return good_variables(btf, type);
    case BTF_KIND_ARRAY:
        return good_id(btf, btf_array(type)->type) && good_id(btf, btf_array(type)->index_type);
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_CONST:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG:
        return lookup_bare(btf, id) != NULL;
    case BTF_KIND_PTR:
    case BTF_KIND_FUNC:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
        return good_id(btf, type->type);
    default:
        return true;
    }
}

int btf_check(const void *elf, size_t size, struct error *error)
{
    _cleanup_(cleanup_btf__free) struct btf *btf = NULL;
    struct libbpf_log log; /* keeps libbpf's warnings off stderr */
    Elf64_Shdr section;

    (void)size; /* elf_check() has checked that all sections are inside */
    if (!find_section(elf, ".BTF", &section))
        return 0;
    libbpf_log_begin(&log);
    btf = btf__new((const char *)elf + section.sh_offset, (uint32_t)section.sh_size);
    libbpf_log_end(&log);
    if (!btf)
        return error_set(error, -EINVAL, "is damaged: its BTF cannot be read");
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++)
        if (!good_type(btf, id))
            return error_set(error, -EINVAL, "is damaged: type %u of its BTF is invalid", id);
    return 0;
}
