// SPDX-License-Identifier: Apache-2.0

/* A counter is found twice: by its types before anything is loaded, so that a wrong name is
 * reported as a mistake in the config; and by its fd afterwards. */

#include "source/lost.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/suggestion.h"
#include "schema/btf_lookup.h"

enum { NAME_BYTES = 256, MEMBERS_DEEP = 8, ENTRIES_MAX = 1 << 16, INTEGERS_MAX = 1 << 16 };
enum { RESET_LINES = 1, RESET_LINES_S = 60 };

/* ---- by types -------------------------------------------------------------------------------- */

static int refuse_type(const char *what, struct error *error)
{
    return error_set(
        error, -EINVAL,
        "\"%s\" cannot be a counter: it must be an integer of 32 or 64 bits, or an array of them",
        what);
}

/* Enters a struct by the first name of the path; NULL if it has no such member. */
static const struct btf_type *enter(const struct btf *btf, const struct btf_type *type,
                                    const char *name, uint32_t *offset)
{
    for (uint32_t i = 0; i < btf_vlen(type); i++) {
        const struct btf_member *member = btf_members(type) + i;

        if (strcmp(btf__name_by_offset(btf, member->name_off), name) != 0)
            continue;
        *offset += btf_member_bit_offset(type, i) / 8;
        return btf_member_bitfield_size(type, i) ? NULL : lookup_bare(btf, member->type);
    }
    return NULL;
}

/* path: "" or "member.member". */
static int read_type(const struct btf *btf, const struct btf_type *type, const char *path,
                     const char *what, struct error *error, struct lost_counter *counter)
{
    counter->count = 1;
    for (int deep = 0; *path && type && btf_is_composite(type) && deep < MEMBERS_DEEP; deep++) {
        char name[NAME_BYTES];
        size_t length = strcspn(path, ".");

        snprintf(name, sizeof(name), "%.*s", (int)length, path);
        type = enter(btf, type, name, &counter->offset);
        if (!type)
            return error_set(error, -ENOENT, "\"%s\": no member is named \"%s\"", what, name);
        path += length + (path[length] == '.');
    }
    while (type && btf_is_array(type) && counter->count <= INTEGERS_MAX) {
        counter->count *= btf_array(type)->nelems;
        type = lookup_bare(btf, btf_array(type)->type);
    }
    if (*path || !type || !btf_is_int(type) || (type->size != 4 && type->size != 8) ||
        counter->count == 0 || counter->count > INTEGERS_MAX)
        return refuse_type(what, error);
    counter->size = type->size;
    return 0;
}

static bool is_countable(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY ||
           bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int use_map(const struct bpf_object *object, const struct bpf_map *map, const char *path,
                   const char *what, struct error *error, struct lost_counter *counter)
{
    const struct btf *btf = bpf_object__btf(object);
    uint32_t size = bpf_map__value_size(map);
    uint32_t id = bpf_map__btf_value_type_id(map);

    if (!is_countable(map))
        return error_set(error, -EINVAL,
                         "map \"%s\" is not an array; a counter must be in a map of type ARRAY or "
                         "PERCPU_ARRAY, or in a global variable",
                         bpf_map__name(map));
    counter->map = bpf_map__name(map);
    if (btf && id)
        return read_type(btf, lookup_bare(btf, id), path, what, error, counter);
    if (*path || (size != 4 && size != 8))
        return refuse_type(what, error);
    counter->size = size;
    counter->count = 1;
    return 0;
}

/* ---- by name --------------------------------------------------------------------------------- */

struct counter_search {
    const char *name;
    const char *section; /* NULL: not found */
    const struct btf_type *variable;
    uint32_t offset;
    struct suggestion suggestion;
};

static bool holds_variables(const char *section)
{
    return strncmp(section, ".bss", 4) == 0 || strncmp(section, ".data", 5) == 0;
}

static void search_section(const struct btf *btf, const struct btf_type *section,
                           struct counter_search *search)
{
    for (uint32_t i = 0; i < btf_vlen(section); i++) {
        const struct btf_var_secinfo *place = btf_var_secinfos(section) + i;
        const struct btf_type *variable = btf__type_by_id(btf, place->type);

        if (!variable || !btf_is_var(variable))
            continue;
        suggestion_offer(&search->suggestion, lookup_name(btf, variable));
        if (strcmp(lookup_name(btf, variable), search->name) != 0)
            continue;
        search->section = lookup_name(btf, section);
        search->variable = variable;
        search->offset = place->offset;
    }
}

static int use_variable(const struct bpf_object *object, const char *name, const char *path,
                        const char *what, struct error *error, struct lost_counter *counter)
{
    const struct btf *btf = bpf_object__btf(object);
    struct counter_search search = {.name = name};
    const struct bpf_map *map;

    suggestion_init(&search.suggestion, name);
    bpf_object__for_each_map(map, object) if (is_countable(map) && !bpf_map__is_internal(map))
        suggestion_offer(&search.suggestion, bpf_map__name(map));
    for (uint32_t id = 1; btf && id < btf__type_cnt(btf); id++) {
        const struct btf_type *section = btf__type_by_id(btf, id);

        if (btf_is_datasec(section) && holds_variables(lookup_name(btf, section)))
            search_section(btf, section, &search);
    }
    if (!search.section)
        return error_set(error, -ENOENT,
                         "the object has no array and no global variable named \"%s\"; %s", name,
                         suggestion_words(&search.suggestion));
    counter->map = search.section;
    counter->is_section = true;
    counter->offset = search.offset;
    return read_type(btf, lookup_bare(btf, search.variable->type), path, what, error, counter);
}

int lost_find(const struct bpf_object *object, const char *what, struct error *error,
              struct lost_counter *ret_counter)
{
    struct lost_counter counter = {.fd = -1};
    size_t length = strcspn(what, ".");
    const char *path = what + length + (what[length] == '.');
    char name[NAME_BYTES];
    const struct bpf_map *map;
    int result;

    snprintf(name, sizeof(name), "%.*s", (int)length, what);
    map = *name ? bpf_object__find_map_by_name(object, name) : NULL;
    if (map)
        result = use_map(object, map, path, what, error, &counter);
    else
        result = use_variable(object, name, path, what, error, &counter);
    if (result == 0)
        *ret_counter = counter;
    return result;
}

bool lost_find_default(const struct bpf_object *object, const char *ring,
                       struct lost_counter *ret_counter)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof(name), "%s_lost", ring);
    return bpf_object__find_map_by_name(object, name) &&
           lost_find(object, name, NULL, ret_counter) == 0;
}

int lost_from_map(int map_fd, struct error *error, struct lost_counter *ret_counter)
{
    struct bpf_map_info info = {0};
    uint32_t size = sizeof(info);

    if (bpf_obj_get_info_by_fd(map_fd, &info, &size) < 0)
        return error_set(error, -errno, "cannot read the properties of the map: %s",
                         strerror(errno));
    if (info.type != BPF_MAP_TYPE_ARRAY && info.type != BPF_MAP_TYPE_PERCPU_ARRAY)
        return error_set(
            error, -EINVAL,
            "map \"%s\" is not an array; a counter must be in a map of type ARRAY or PERCPU_ARRAY",
            info.name);
    if (info.value_size != 4 && info.value_size % 8 != 0)
        return refuse_type(info.name, error);
    *ret_counter = (struct lost_counter){
        .fd = -1,
        .map = "",
        .size = info.value_size == 4 ? 4 : 8,
        .count = info.value_size == 4 ? 1 : info.value_size / 8,
    };
    return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static size_t round_up(size_t size, size_t to)
{
    return (size + to - 1) / to * to;
}

static int map_section(struct lost_counter *counter, struct error *error)
{
    size_t size = round_up(counter->value_size, (size_t)sysconf(_SC_PAGESIZE));
    void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, counter->fd, 0);

    if (memory == MAP_FAILED)
        return error_set(error, -errno, "cannot map the variables of section %s: %s", counter->map,
                         strerror(errno));
    counter->memory = memory;
    counter->memory_size = size;
    return 0;
}

/* Sums the integers of one value. Programs continue to add to them meanwhile. */
static uint64_t sum_value(const struct lost_counter *counter, const void *value)
{
    const char *at = (const char *)value + counter->offset;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < counter->count; i++, at += counter->size) {
        uint64_t number = 0; /* its low bytes come first on the machines that ringmill runs on */

        memcpy(&number, at, counter->size);
        sum += number;
    }
    return sum;
}

static int sum_entries(const struct lost_counter *counter, uint64_t *ret_sum)
{
    size_t step = counter->cpus > 1 ? round_up(counter->value_size, 8) : counter->value_size;
    uint64_t sum = 0;

    for (uint32_t key = 0; key < counter->entries; key++) {
        if (bpf_map_lookup_elem(counter->fd, &key, counter->memory) < 0)
            return -errno;
        for (uint32_t cpu = 0; cpu < counter->cpus; cpu++)
            sum += sum_value(counter, (const char *)counter->memory + cpu * step);
    }
    *ret_sum = sum;
    return 0;
}

static int read_sum(const struct lost_counter *counter, uint64_t *ret_sum)
{
    if (!counter->is_section)
        return sum_entries(counter, ret_sum);
    *ret_sum = sum_value(counter, counter->memory);
    return 0;
}

int lost_start(struct lost_counter *counter, int map_fd, struct error *error)
{
    struct bpf_map_info info = {0};
    uint32_t size = sizeof(info);
    int cpus = libbpf_num_possible_cpus() > 0 ? libbpf_num_possible_cpus() : 1;
    int result = 0;

    if (bpf_obj_get_info_by_fd(map_fd, &info, &size) < 0)
        return error_set(error, -errno,
                         "cannot read the properties of the counter of lost records: %s",
                         strerror(errno));
    if ((uint64_t)counter->offset + (uint64_t)counter->size * counter->count > info.value_size ||
        info.max_entries > ENTRIES_MAX)
        return error_set(error, -EINVAL, "the counter of lost records, map %s, is too %s",
                         info.name, info.max_entries > ENTRIES_MAX ? "large" : "small");
    counter->fd = map_fd;
    counter->value_size = info.value_size;
    counter->entries = info.max_entries;
    counter->cpus = info.type == BPF_MAP_TYPE_PERCPU_ARRAY ? (uint32_t)cpus : 1;
    counter->per_second_max = LOST_PER_SECOND_MAX * (uint32_t)cpus;
    counter->limit = (struct log_limit){.lines = RESET_LINES, .seconds = RESET_LINES_S};
    if (counter->is_section)
        result = map_section(counter, error);
    else
        counter->memory = calloc(counter->cpus, round_up(counter->value_size, 8));
    if (!counter->memory)
        return result < 0 ? result : error_set(error, -ENOMEM, "out of memory");
    result = read_sum(counter, &counter->last);
    counter->last_at = clock_monotonic();
    return result < 0 ? error_set(error, result, "cannot read the counter of lost records: %s",
                                  strerror(-result))
                      : 0;
}

void lost_resume(struct lost_counter *counter, uint64_t sum, int64_t at)
{
    counter->last = sum;
    counter->last_at = at;
}

/* The most that the counter may have grown since the last look, plus a second, because a look takes
 * time. For 32 bits it is less than half of their range: more cannot be told from going back. */
static uint64_t growth_max(const struct lost_counter *counter, int64_t now)
{
    uint64_t seconds = (uint64_t)(now - counter->last_at) / 1000000000 + 2;
    uint64_t max;

    if (__builtin_mul_overflow(seconds, counter->per_second_max, &max))
        max = INT64_MAX;
    return counter->size == 4 && max > INT32_MAX ? INT32_MAX : max;
}

/* Each 32-bit integer that wraps lowers the sum by 2^32: so the difference of two sums is right
 * modulo 2^32, however many integers there are. */
static uint64_t growth(const struct lost_counter *counter, uint64_t sum)
{
    uint64_t grown = sum - counter->last;

    return counter->size == 4 ? (uint32_t)grown : grown;
}

/* Takes over the sum that was read at that time. */
static void advance(struct lost_counter *counter, uint64_t sum, int64_t now, const char *source)
{
    uint64_t grown = growth(counter, sum);

    if (grown <= growth_max(counter, now)) {
        counter->so_far.records += grown;
    } else {
        counter->so_far.resets++;
        log_write_limited(
            &counter->limit, LOG_LEVEL_WARNING, "source", source,
            "the counter of lost records jumped from %" PRIu64 " to %" PRIu64
            ": another program has set it; the losses since the last check are unknown, "
            "and counting continues from the new value",
            counter->last, sum);
    }
    counter->last = sum;
    counter->last_at = now;
}

int lost_read(struct lost_counter *counter, const char *source, struct lost_count *ret_count)
{
    uint64_t sum = 0;
    int result = counter->memory ? read_sum(counter, &sum) : -ENODATA;

    if (result < 0)
        return result;
    advance(counter, sum, clock_monotonic(), source);
    *ret_count = counter->so_far;
    return 0;
}

int lost_forget(struct lost_counter *counter)
{
    int result = counter->memory ? read_sum(counter, &counter->last) : -ENODATA;

    if (result == 0)
        counter->last_at = clock_monotonic();
    return result;
}

uint64_t lost_between(const struct lost_counter *like, uint64_t from, int64_t at, uint64_t to)
{
    struct lost_counter counter = *like;
    uint64_t grown;

    lost_resume(&counter, from, at);
    grown = growth(&counter, to);
    return grown <= growth_max(&counter, clock_monotonic()) ? grown : 0;
}

void lost_stop(struct lost_counter *counter)
{
    if (counter->memory_size > 0)
        munmap(counter->memory, counter->memory_size);
    else
        free(counter->memory);
    counter->memory = NULL;
    counter->memory_size = 0;
}
