// SPDX-License-Identifier: Apache-2.0

/* Names lead to types here, and where they do not, the error says which ones would have. An object
 * often describes kernel structs beside its events, so those that a variable keeps on purpose
 * are offered first. BTF may come from any file: nothing here follows a chain without an end. */

#include "schema/btf_lookup.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "base/suggestion.h"
#include "schema/choice.h"
#include "schema/map_lookup.h"

#define TRACER "gadget_tracer_"
#define JOINT  "___" /* between the parts of a tracer's name */

const char *lookup_name(const struct btf *btf, const struct btf_type *type)
{
    const char *name = btf__name_by_offset(btf, type->name_off);

    return name && printable(name) ? name : "";
}

const struct btf_type *lookup_bare(const struct btf *btf, uint32_t id)
{
    const struct btf_type *type = btf__type_by_id(btf, id);

    for (int i = 0; i < LOOKUP_ALIASES_MAX; i++) {
        if (!type || !(btf_is_mod(type) || btf_is_typedef(type)))
            return type;
        type = btf__type_by_id(btf, type->type);
    }
    return NULL;
}

static bool is_group(const struct btf_type *type)
{
    return type && (btf_is_struct(type) || btf_is_union(type));
}

static bool is_candidate(const struct btf *btf, const struct btf_type *type)
{
    return is_group(type) && *lookup_name(btf, type) && type->size > 0;
}

bool lookup_is_empty(const struct btf *btf)
{
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++)
        if (is_group(btf__type_by_id(btf, id)) && btf__type_by_id(btf, id)->size > 0)
            return false;
    return true;
}

/* ---- by name ---- */

static const struct btf_type *find_kind(const struct btf *btf, const char *name, uint32_t kind)
{
    int id = btf__find_by_name_kind(btf, name, kind);

    return id < 0 ? NULL : lookup_bare(btf, (uint32_t)id);
}

static bool is_enum(const struct btf_type *type)
{
    return type && btf_is_any_enum(type) && btf_vlen(type) > 0;
}

static const struct btf_type *find_enum(const struct btf *btf, const char *name)
{
    static const uint32_t kinds[] = {BTF_KIND_ENUM, BTF_KIND_ENUM64, BTF_KIND_TYPEDEF};
    const struct btf_type *type = NULL;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !is_enum(type); i++)
        type = find_kind(btf, name, kinds[i]);
    return is_enum(type) ? type : NULL;
}

static const struct btf_type *find_type(const struct btf *btf, const struct choice_name *wanted)
{
    const struct btf_type *type = NULL;

    if (!*wanted->bare)
        return NULL;
    if (wanted->is_enum)
        return find_enum(btf, wanted->bare);
    if (choice_allows(wanted, false))
        type = find_kind(btf, wanted->bare, BTF_KIND_STRUCT);
    if (!type && choice_allows(wanted, true))
        type = find_kind(btf, wanted->bare, BTF_KIND_UNION);
    if (!type)
        type = find_kind(btf, wanted->bare, BTF_KIND_TYPEDEF);
    return is_group(type) ? type : NULL;
}

/* ---- the conventions ---- */

/* The struct that a pointer leads to; its name, or that of a typedef for it. */
static bool read_target(const struct btf *btf, uint32_t pointer_id, struct candidate *ret)
{
    const struct btf_type *pointer = lookup_bare(btf, pointer_id), *type, *step;
    const char *name = "";

    if (!pointer || !btf_is_ptr(pointer))
        return false;
    type = lookup_bare(btf, pointer->type);
    if (!is_group(type) || type->size == 0)
        return false;
    for (step = btf__type_by_id(btf, pointer->type); step != type;
         step = btf__type_by_id(btf, step->type))
        if (!*name && btf_is_typedef(step))
            name = lookup_name(btf, step);
    if (*lookup_name(btf, type))
        name = lookup_name(btf, type);
    *ret = (struct candidate){.type = type, .name = name, .kept = true, .map = ""};
    return *name;
}

/* The struct of `const struct X *unused_X`. */
static bool read_kept(const struct btf *btf, const struct btf_type *type, struct candidate *ret)
{
    return btf_is_var(type) && strstr(lookup_name(btf, type), "unused") &&
           read_target(btf, type->type, ret);
}

/* gadget_tracer_NAME___MAP___TYPE, but for the type itself, which may be missing from the BTF. */
static bool read_tracer(const struct btf *btf, const struct btf_type *type, struct candidate *ret)
{
    const char *name = btf_is_var(type) ? lookup_name(btf, type) : "";
    const char *map, *behind;

    if (strncmp(name, TRACER, strlen(TRACER)) != 0)
        return false;
    map = strstr(name + strlen(TRACER), JOINT);
    map = map ? map + strlen(JOINT) : "";
    behind = strstr(map, JOINT);
    if (!behind || behind == map || !behind[strlen(JOINT)])
        return false;
    *ret = (struct candidate){
        .name = behind + strlen(JOINT),
        .kept = true,
        .map = map,
        .map_length = (int)(behind - map),
    };
    return true;
}

/* The struct of __type(value, T) or __type(key, T) in a ring's own definition. */
static bool read_ring(const struct btf *btf, const struct btf_type *type, struct candidate *ret)
{
    const struct btf_type *outer, *ring = lookup_ring_definition(btf, type, &outer);
    const struct btf_member *value = ring ? lookup_member(btf, ring, "value") : NULL;
    const struct btf_member *key = ring ? lookup_member(btf, ring, "key") : NULL;

    if (!(value && read_target(btf, value->type, ret)) &&
        !(key && read_target(btf, key->type, ret)))
        return false;
    ret->map = lookup_name(btf, type);
    ret->map_length = (int)strlen(ret->map);
    return ret->map_length > 0;
}

/* What names a map is right for that map only. */
static bool (*const readers[])(const struct btf *btf, const struct btf_type *type,
                               struct candidate *ret) = {
    [LOOKUP_BY_RING] = read_ring,
    [LOOKUP_BY_TRACER] = read_tracer,
    [LOOKUP_BY_VARIABLE] = read_kept,
};

enum { READERS = sizeof(readers) / sizeof(readers[0]), READ_KEPT = READERS - 1 };

/* The kernel keeps LOOKUP_KERNEL_NAME bytes of a map's name, so such a name may be a cut one. */
static bool is_of_map(const struct candidate *candidate, const char *map_name)
{
    size_t length = (size_t)candidate->map_length;

    if (!map_name)
        return true;
    if (strlen(map_name) == LOOKUP_KERNEL_NAME && length > LOOKUP_KERNEL_NAME)
        length = LOOKUP_KERNEL_NAME;
    return strlen(map_name) == length && memcmp(map_name, candidate->map, length) == 0;
}

/* Whether a variable names a type by that convention, for that map. */
static bool reads(const struct btf *btf, uint32_t reader, uint32_t id, const char *map_name,
                  struct candidate *ret)
{
    return readers[reader](btf, btf__type_by_id(btf, id), ret) &&
           (reader == READ_KEPT || is_of_map(ret, map_name));
}

/* The one name that all hits have; NULL: none, or several. */
static const char *find_agreed(const struct btf *btf, uint32_t reader, const char *map_name,
                               bool *ret_any)
{
    const char *found = NULL;

    *ret_any = false;
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        struct candidate candidate;

        if (!reads(btf, reader, id, map_name, &candidate))
            continue;
        *ret_any = true;
        if (found && strcmp(found, candidate.name) != 0)
            return NULL;
        found = candidate.name;
    }
    return found;
}

/* A variable does not say which of several rings it is for. */
const char *lookup_convention(const struct btf *btf, const char *map_name,
                              enum lookup_convention *ret_convention)
{
    bool is_only = lookup_count_rings(btf) <= 1, any = false;
    const char *name = NULL;

    for (uint32_t reader = 0; reader < READERS && !any; reader++) {
        if (reader == READ_KEPT && !is_only)
            break;
        name = find_agreed(btf, reader, map_name, &any);
        if (any && ret_convention)
            *ret_convention = (enum lookup_convention)reader;
    }
    return name;
}

const char *lookup_context(const struct btf *btf, const char *function)
{
    int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
    const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
    struct candidate target;

    type = type ? btf__type_by_id(btf, type->type) : NULL;
    if (!type || !btf_is_func_proto(type) || btf_vlen(type) == 0 ||
        !read_target(btf, btf_params(type)[0].type, &target))
        return NULL;
    return target.name;
}

bool lookup_has_kept(const struct btf *btf)
{
    struct candidate candidate;

    for (uint32_t id = 1; id < btf__type_cnt(btf); id++)
        for (uint32_t reader = 0; reader < READERS; reader++)
            if (reads(btf, reader, id, NULL, &candidate))
                return true;
    return false;
}

/* ---- lists ---- */

struct collection {
    struct candidate *list;
    uint32_t count;
    uint32_t room;
};

static int collect(struct collection *to, const struct candidate *candidate)
{
    if (to->count == to->room) {
        uint32_t room = to->room ? 2 * to->room : 64;
        struct candidate *list = reallocarray(to->list, room, sizeof(*list));

        if (!list)
            return -ENOMEM;
        to->list = list;
        to->room = room;
    }
    to->list[to->count++] = *candidate;
    return 0;
}

static bool is_same_map(const struct candidate *a, const struct candidate *b)
{
    return a->map_length == b->map_length && memcmp(a->map, b->map, (size_t)a->map_length) == 0;
}

/* Among those that the conventions name, which come first and are few. One that names no map adds
 * nothing to a type. */
static bool is_collected(const struct collection *in, uint32_t n_kept,
                         const struct candidate *candidate)
{
    for (uint32_t i = 0; i < n_kept; i++)
        if (in->list[i].type == candidate->type &&
            (candidate->map_length == 0 || is_same_map(&in->list[i], candidate)))
            return true;
    return false;
}

/* A tracer gives a name, the others give the type itself. */
static int collect_once(const struct btf *btf, struct candidate *candidate, struct collection *to)
{
    struct choice_name wanted = {.bare = candidate->name};

    if (!candidate->type)
        candidate->type = find_type(btf, &wanted);
    return !candidate->type || is_collected(to, to->count, candidate) ? 0 : collect(to, candidate);
}

static int collect_conventions(const struct btf *btf, uint32_t reader, struct collection *to)
{
    uint32_t seen = 0;
    int r = 0;

    for (uint32_t id = 1; id < btf__type_cnt(btf) && r == 0 && seen < LOOKUP_KEPT_MAX; id++) {
        struct candidate candidate;

        if (!readers[reader](btf, btf__type_by_id(btf, id), &candidate))
            continue;
        seen++;
        r = collect_once(btf, &candidate, to);
    }
    return r;
}

static int collect_named(const struct btf *btf, struct collection *to)
{
    uint32_t n_kept = to->count;

    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        struct candidate candidate = {.type = btf__type_by_id(btf, id), .map = ""};

        if (!is_candidate(btf, candidate.type) || is_collected(to, n_kept, &candidate))
            continue;
        candidate.name = lookup_name(btf, candidate.type);
        if (collect(to, &candidate) < 0)
            return -ENOMEM;
    }
    return 0;
}

int lookup_candidates(const struct btf *btf, struct candidate **ret_list, uint32_t *ret_count)
{
    _cleanup_(cleanup_free) struct candidate *list = NULL;
    struct collection all = {0};
    int r = 0;

    for (uint32_t reader = 0; reader < READERS && r == 0; reader++)
        r = collect_conventions(btf, reader, &all);
    if (r == 0)
        r = collect_named(btf, &all);
    list = all.list;
    if (r < 0)
        return r;
    *ret_list = TAKE_PTR(list);
    *ret_count = all.count;
    return 0;
}

/* ---- refusals ---- */

static bool is_named_before(const struct candidate *list, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(list[i].name, list[index].name) == 0)
            return true;
    return false;
}

/* The candidates of the conventions, or else all of them, as far as there is room. */
static void list_names(const struct candidate *list, uint32_t count, size_t room, char *text)
{
    bool only_kept = count > 0 && list[0].kept;
    uint32_t listed = 0;
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < count && list[i].kept == only_kept && used < room; i++) {
        if (is_named_before(list, i))
            continue;
        if (listed++ == LOOKUP_CANDIDATES_MAX) {
            snprintf(text + used, room - used, ", ...");
            return;
        }
        used += (size_t)snprintf(text + used, room - used, "%s%s", used ? ", " : "", list[i].name);
    }
}

static bool is_only_declared(const struct btf *btf, const char *name)
{
    return *name && btf__find_by_name_kind(btf, name, BTF_KIND_FWD) >= 0;
}

static int refuse_name(const struct btf *btf, const struct choice_name *wanted, struct error *error)
{
    _cleanup_(cleanup_free) struct candidate *list = NULL;
    char names[ERROR_TEXT_MAX / 2];
    struct suggestion suggestion;
    uint32_t count;

    if (lookup_candidates(btf, &list, &count) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    if (count == 0)
        return error_set(error, -ENOENT, "the BTF has no struct");
    list_names(list, count, sizeof(names), names);
    if (!wanted)
        return choice_ask("BTF", names, list[0].name, count == 1, error);
    suggestion_init(&suggestion, wanted->bare);
    for (uint32_t i = 0; i < count; i++)
        suggestion_offer(&suggestion, list[i].name);
    error_set(error, -ENOENT, "%s \"%s\" %s; there are: %s", wanted->is_union ? "union" : "struct",
              wanted->bare,
              is_only_declared(btf, wanted->bare) ? "is declared in the BTF but not defined"
                                                  : "is not in the BTF",
              names);
    suggestion_hint(&suggestion, error);
    return -ENOENT;
}

static int refuse_enum(const struct btf *btf, const char *type_name, struct error *error)
{
    struct choice choice;

    choice_init(&choice, type_name);
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *type = btf__type_by_id(btf, id);
        bool named = is_enum(type) || (btf_is_typedef(type) && is_enum(lookup_bare(btf, id)) &&
                                       !*lookup_name(btf, lookup_bare(btf, id)));

        if (named && *lookup_name(btf, type))
            choice_offer(&choice, lookup_name(btf, type));
    }
    return choice_refuse(&choice, "the BTF", error);
}

int lookup_type(const struct btf *btf, const char *type_name, const char *map_name,
                struct error *error, struct candidate *ret)
{
    const char *name = type_name ? type_name : lookup_convention(btf, map_name, NULL);
    struct candidate found = {.kept = !type_name, .map = ""};
    struct choice_name wanted;

    if (!name)
        return refuse_name(btf, NULL, error);
    wanted = choice_parse(name);
    found.type = find_type(btf, &wanted);
    found.name = wanted.bare;
    if (!found.type)
        return wanted.is_enum ? refuse_enum(btf, name, error) : refuse_name(btf, &wanted, error);
    if (*lookup_name(btf, found.type))
        found.name = lookup_name(btf, found.type);
    *ret = found;
    return 0;
}
