// SPDX-License-Identifier: Apache-2.0
#include "record/value_name.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "record/kernel_names.h"

/* ---- which names there are ------------------------------------------------------------------- */

/* Of cgroup_id: container_id; of parent_cgroup_id: parent_container_id. */
#define OF_CONTAINER(which, word)                                                           \
    {                                                                                       \
        MEANING_CGROUP_ID,                                                                  \
        {                                                                                   \
            .form = VALUE_NAME_ID, .kind = (which), .hidden = true, .without = "cgroup_id", \
            .ending = word,                                                                 \
        }                                                                                   \
    }

/* The order is that of the output. */
static const struct {
    enum field_meaning meaning;
    struct value_name name;
} ids[] = {
    {MEANING_UID, {.form = VALUE_NAME_ID, .kind = RESOLVER_UID, .ending = "_name"}},
    {MEANING_GID, {.form = VALUE_NAME_ID, .kind = RESOLVER_GID, .ending = "_name"}},
    {MEANING_CGROUP_ID,
     {.form = VALUE_NAME_ID, .kind = RESOLVER_CGROUP, .without = "_id", .ending = "_path"}},
    OF_CONTAINER(RESOLVER_RUNTIME, "runtime"),
    OF_CONTAINER(RESOLVER_CONTAINER_ID, "container_id"),
    OF_CONTAINER(RESOLVER_CONTAINER, "container"),
    OF_CONTAINER(RESOLVER_IMAGE, "image"),
    OF_CONTAINER(RESOLVER_POD_UID, "pod_uid"),
    OF_CONTAINER(RESOLVER_POD, "pod"),
    OF_CONTAINER(RESOLVER_NAMESPACE, "namespace"),
    OF_CONTAINER(RESOLVER_UNIT, "systemd_unit"),
    OF_CONTAINER(RESOLVER_USER_UNIT, "systemd_user_unit"),
    OF_CONTAINER(RESOLVER_SLICE, "systemd_slice"),
};

enum { IDS = sizeof(ids) / sizeof(*ids) };

static bool is_integer(const struct field *field)
{
    return field->kind == FIELD_UINT || field->kind == FIELD_INT;
}

static bool find_id(enum field_meaning meaning, uint32_t nth, struct value_name *ret)
{
    for (uint32_t i = 0; i < IDS; i++) {
        if (ids[i].meaning != meaning || nth-- > 0)
            continue;
        *ret = ids[i].name;
        return true;
    }
    return false;
}

static bool find_enum(const struct field *field, struct value_name *ret)
{
    *ret = (struct value_name){.form = field->meaning == MEANING_FLAGS ? VALUE_NAME_FLAGS
                                                                       : VALUE_NAME_NUMBER,
                               .hidden = true,
                               .ending = "_name"};
    return field->n_names > 0;
}

static bool find_number(const struct field *field, struct value_name *ret)
{
    const struct number_set *numbers = number_set_of(field->meaning);

    *ret = (struct value_name){.form = field->meaning == MEANING_MODE ? VALUE_NAME_MODE
                                       : numbers && numbers->is_flags ? VALUE_NAME_FLAGS
                                                                      : VALUE_NAME_NUMBER,
                               .numbers = numbers,
                               .ending = "_name"};
    return numbers != NULL;
}

bool value_name_of(const struct field *field, uint32_t nth, struct value_name *ret)
{
    if (field->unnamed)
        return false;
    if (field->kind == FIELD_ENUM)
        return nth == 0 && find_enum(field, ret);
    if (!is_integer(field))
        return false;
    return find_id(field->meaning, nth, ret) || (nth == 0 && find_number(field, ret));
}

bool value_name_keeps_number(const struct field *field)
{
    return is_integer(field) && field->meaning != MEANING_MODE && number_set_of(field->meaning);
}

/* The end of the field's name gives way, be it all of it; without such an end there is a _ between
 * the two. */
char *value_name_key(const struct value_name *name, const char *field)
{
    size_t length = strlen(field), cut = name->without ? strlen(name->without) : 0;
    bool fits = cut > 0 && length >= cut && strcmp(field + length - cut, name->without) == 0;
    const char *ending = name->ending;
    char *key;

    if (fits && length == cut && *ending == '_')
        fits = false; /* nothing would be left */
    if (fits)
        length -= cut;
    return asprintf(&key, "%.*s%s%s", (int)length, field, fits || *ending == '_' ? "" : "_",
                    ending) < 0
               ? NULL
               : key;
}

/* ---- what they are --------------------------------------------------------------------------- */

/* Ids of users and groups have 32 bits, whichever type carries them. */
uint64_t value_name_id(const struct value_name *name, const struct field *field, uint64_t bits)
{
    return field->is_signed && !resolver_is_of_cgroup(name->kind) ? (uint32_t)bits : bits;
}

static uint64_t mask_of(const struct field *field)
{
    uint32_t bits = field->bits ? field->bits : field->size * 8;

    return bits == 0 || bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* The kernel's own variables are int and long; what carries one as unsigned means the same. */
static int64_t number_of(const struct field *field, uint64_t bits)
{
    bool is_error = field->meaning == MEANING_ERRNO && field->size == 4 && !field->bits;

    return is_error ? (int32_t)(uint32_t)bits : (int64_t)bits;
}

static const char *enum_name(const struct field *field, uint64_t bits)
{
    for (uint32_t i = 0; i < field->n_names; i++)
        if (field->names[i].value == (int64_t)bits)
            return field->names[i].name;
    return NULL;
}

static struct text flags_text(const struct value_name *name, const struct field *field,
                              uint64_t bits, char *room)
{
    const struct number_set own = number_set_of_enum(field);
    uint32_t length =
        number_set_put_flags(name->numbers ? name->numbers : &own, bits, mask_of(field), room);

    return (struct text){length ? room : NULL, length};
}

/* The letter of a file's type; 0: the mode has none, as that of open(2). */
static char type_letter(uint64_t mode)
{
    static const char letters[] = "\0pc?d?b?-?l?s???";

    return letters[(mode & S_IFMT) >> 12];
}

/* x, or what the set-id bit makes of it. */
static char execute_letter(uint64_t mode, uint64_t execute, uint64_t special, char letter)
{
    if (!(mode & special))
        return mode & execute ? 'x' : '-';
    return mode & execute ? letter : (char)(letter - 'a' + 'A');
}

static struct text mode_text(uint64_t mode, char *room)
{
    char *at = room;

    if (type_letter(mode))
        *at++ = type_letter(mode);
    *at++ = mode & S_IRUSR ? 'r' : '-';
    *at++ = mode & S_IWUSR ? 'w' : '-';
    *at++ = execute_letter(mode, S_IXUSR, S_ISUID, 's');
    *at++ = mode & S_IRGRP ? 'r' : '-';
    *at++ = mode & S_IWGRP ? 'w' : '-';
    *at++ = execute_letter(mode, S_IXGRP, S_ISGID, 's');
    *at++ = mode & S_IROTH ? 'r' : '-';
    *at++ = mode & S_IWOTH ? 'w' : '-';
    *at++ = execute_letter(mode, S_IXOTH, S_ISVTX, 't');
    return (struct text){room, (uint32_t)(at - room)};
}

struct text value_name_text(const struct value_name *name, const struct field *field, uint64_t bits,
                            char room[VALUE_NAME_MAX])
{
    const char *word;

    if (name->form == VALUE_NAME_FLAGS)
        return flags_text(name, field, bits, room);
    if (name->form == VALUE_NAME_MODE)
        return mode_text(bits & mask_of(field), room);
    word = name->numbers ? number_set_name(name->numbers, number_of(field, bits))
                         : enum_name(field, bits);
    return (struct text){word, word ? (uint32_t)strlen(word) : 0};
}
