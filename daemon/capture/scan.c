// SPDX-License-Identifier: Apache-2.0

/* What counts as damage, and how far records are good then:
 *
 *     the file ends too early,      up to the record that is not all there: what is missing was
 *     and no checksum follows       never written (a writer that was killed, a copy that was cut)
 *     a checksum does not fit,      up to the last checksum that did fit: it is unknown which byte
 *     or anything else that a       between the two is wrong
 *     writer never writes
 *
 * Nothing of the file is believed before it was looked at: each length is bounded by what is left,
 * each type by capture_type_read(). */

#include "capture/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "capture/frame.h"
#include "ring/layout.h"

/* What is kept of the good part so far, so that a block that turns out bad can be forgotten. */
struct good {
    uint64_t position;
    uint64_t records;
    uint32_t n_types;
    size_t n_walls;
    size_t n_gaps;
    size_t n_namings;
    uint32_t sections;
};

struct scan {
    struct capture *capture;
    const char *path;
    uint64_t position;
    struct good good;                  /* at the last checksum */
    bool ended;                        /* the last section has its end */
    const struct capture_type *recent; /* of the last record; types may move when one comes */
    size_t walls_room, gaps_room, marks_room, namings_room;
    uint32_t boots;                     /* that sections came from, but for the first */
    uint8_t boot_id[CAPTURE_BOOT_SIZE]; /* the last section's */
};

/* A record that is about the others. */
struct control {
    uint64_t position;
    const void *bytes;
    uint32_t size;
};

/* ---- damage ---------------------------------------------------------------------------------- */

static void forget(struct scan *scan, const struct good *good)
{
    struct capture *capture = scan->capture;

    while (capture->n_types > good->n_types)
        schema_free(capture->types[--capture->n_types].schema);
    capture->n_walls = good->n_walls;
    if (capture->n_walls > 0)
        capture->walls[capture->n_walls - 1].latest = INT64_MAX;
    capture->n_gaps = good->n_gaps;
    capture->n_namings = good->n_namings;
    capture->records = good->records;
    capture->sections = good->sections;
    scan->position = good->position;
}

/* Returns 1: the scan is over. */
static int set_damage(struct scan *scan, uint64_t at, const char *what)
{
    struct capture *capture = scan->capture;

    capture->damaged = true;
    error_set(&capture->damage, -EBADMSG,
              "%s is damaged at byte %llu: %s; the %llu records before it are good", scan->path,
              (unsigned long long)at, what, (unsigned long long)capture->records);
    return 1;
}

static void set_unfinished(struct scan *scan)
{
    struct capture *capture = scan->capture;

    capture->damaged = capture->unfinished = true;
    error_set(&capture->damage, -EBADMSG,
              "%s ends at byte %llu without an end record: it is still being written, or its "
              "writer was killed; the %llu records in it are good",
              scan->path, (unsigned long long)scan->position, (unsigned long long)capture->records);
}

/* Something that no writer writes: all since the last checksum is in doubt. */
static int refuse(struct scan *scan, uint64_t at, const char *what)
{
    forget(scan, &scan->good);
    return set_damage(scan, at, what);
}

/* A checksum further on says that the file does not end here: then it was a length that led out of
 * it, somewhere since the last one. */
static bool has_later_check(const struct scan *scan)
{
    const struct capture *capture = scan->capture;
    uint64_t at = scan->good.position;

    /* a whole one: of what is cut in the middle, the end is missing, too */
    for (; at + CAPTURE_LINE <= capture->mapped; at += LAYOUT_HEADER) {
        struct capture_check check;
        struct frame frame;

        memcpy(&frame, capture->bytes + at, sizeof(frame));
        memcpy(&check, capture->bytes + at + sizeof(frame), sizeof(check));
        if (frame.length & LAYOUT_DISCARD && frame.tag == CAPTURE_CHECK &&
            check.covered == at - scan->good.position)
            return true;
    }
    return false;
}

/* The record at position is not all there. */
static int set_torn(struct scan *scan)
{
    if (has_later_check(scan))
        return refuse(scan, scan->position, "a length exceeds the file");
    scan->capture->unfinished = true;
    return set_damage(scan, scan->position, "the file ends within a record");
}

/* ---- what is kept ---------------------------------------------------------------------------- */

/* Room for one more of `size` bytes each; NULL when out of memory. */
static void *make_room(void *array, size_t count, size_t *room, size_t size)
{
    size_t more = *room ? 2 * *room : 16;
    void *moved;

    if (count < *room)
        return array;
    moved = reallocarray(array, more, size);
    if (moved)
        *room = more;
    return moved;
}

/* What is before a clock had been read when the clock was written. */
static int keep_wall(struct scan *scan, uint64_t position, const struct capture_clock *clock)
{
    struct capture *capture = scan->capture;
    size_t before = capture->n_walls;
    struct capture_wall *walls = before > 0 ? &capture->walls[before - 1] : NULL;

    if (walls && walls->boot == scan->boots && walls->offset == clock->wall &&
        walls->slept == clock->slept)
        return 0;
    if (walls && walls->boot == scan->boots)
        walls->latest = clock->monotonic;
    walls = make_room(capture->walls, capture->n_walls, &scan->walls_room, sizeof(*walls));
    if (!walls)
        return -ENOMEM;
    capture->walls = walls;
    walls[capture->n_walls++] = (struct capture_wall){position,         clock->wall, clock->slept,
                                                      clock->monotonic, INT64_MAX,   scan->boots};
    return 0;
}

static int keep_mark(struct scan *scan, uint64_t position)
{
    struct capture *capture = scan->capture;
    uint64_t *marks =
        make_room(capture->marks, capture->n_marks, &scan->marks_room, sizeof(*marks));

    if (!marks)
        return -ENOMEM;
    capture->marks = marks;
    marks[capture->n_marks++] = position;
    return 0;
}

/* At checksums only, which nothing takes back. */
static int mark_now_and_then(struct scan *scan)
{
    const struct capture *capture = scan->capture;
    uint64_t last = capture->n_marks ? capture->marks[capture->n_marks - 1] : capture->begin;

    return scan->position - last >= CAPTURE_MARK_BYTES ? keep_mark(scan, scan->position) : 0;
}

static int keep_gap(struct scan *scan, const struct control *control)
{
    const struct capture_loss *loss = control->bytes;
    struct capture *capture = scan->capture;
    uint32_t room = control->size - (uint32_t)sizeof(*loss);
    struct capture_gap *gaps;

    if (strnlen(loss->source, room) == room || strlen(loss->source) > CAPTURE_NAME_MAX)
        return refuse(scan, control->position, "a loss record has no source");
    gaps = make_room(capture->gaps, capture->n_gaps, &scan->gaps_room, sizeof(*gaps));
    if (!gaps)
        return -ENOMEM;
    capture->gaps = gaps;
    gaps[capture->n_gaps++] =
        (struct capture_gap){.position = control->position,
                             .source = loss->source,
                             .loss = {loss->records, loss->since, loss->until}};
    return 0;
}

static bool resolver_kind_of(uint32_t kind, enum resolver_kind *ret)
{
    if (kind % (1 << CAPTURE_KIND_BITS) == CAPTURE_ADDRESS) {
        *ret = RESOLVER_USER;
        return kind >> CAPTURE_KIND_BITS != 0;
    }
    if (kind < CAPTURE_USER || kind > CAPTURE_KERNEL)
        return false;
    *ret = kind == CAPTURE_USER     ? RESOLVER_UID
           : kind == CAPTURE_GROUP  ? RESOLVER_GID
           : kind == CAPTURE_KERNEL ? RESOLVER_KERNEL
                                    : RESOLVER_CGROUP;
    return true;
}

static int keep_naming(struct scan *scan, const struct control *control)
{
    const struct capture_id_name *name = control->bytes;
    bool known = name->length != CAPTURE_NO_TEXT;
    struct capture_naming naming = {.position = control->position, .id = name->id};
    struct capture *capture = scan->capture;
    struct capture_naming *namings;

    if (!resolver_kind_of(name->kind, &naming.kind) ||
        (known && (name->length > CAPTURE_ID_NAME_MAX || name->length == 0 ||
                   name->length > control->size - sizeof(*name))))
        return refuse(scan, control->position, "an invalid name record");
    if (naming.kind == RESOLVER_USER)
        naming.pid = name->kind >> CAPTURE_KIND_BITS;
    if (known) {
        naming.name = name->name;
        naming.length = name->length;
    }
    namings =
        make_room(capture->namings, capture->n_namings, &scan->namings_room, sizeof(*namings));
    if (!namings)
        return -ENOMEM;
    capture->namings = namings;
    namings[capture->n_namings++] = naming;
    return 0;
}

/* In the order in which they come; sorted in the end. There are few. */
static const struct capture_type *find_type(const struct scan *scan, uint32_t tag)
{
    for (uint32_t i = 0; i < scan->capture->n_types; i++)
        if (scan->capture->types[i].tag == tag)
            return &scan->capture->types[i];
    return NULL;
}

/* The tag follows from the description, so the same type again is the same bytes again. */
static bool is_same_type(const struct capture_type *one, const struct capture_type *other)
{
    return strcmp(one->source, other->source) == 0 &&
           strcmp(one->schema->type_name, other->schema->type_name) == 0 &&
           one->schema->n_fields == other->schema->n_fields &&
           one->schema->size == other->schema->size;
}

static int keep_type(struct scan *scan, const struct control *control)
{
    struct capture *capture = scan->capture;
    const struct capture_type *known;
    struct capture_type type;
    struct error error;
    int result = capture_type_read(control->bytes, control->size, &error, &type);

    if (result == -ENOMEM)
        return result;
    if (result < 0)
        return refuse(scan, control->position, error_join(&error));
    known = find_type(scan, type.tag);
    if (known || capture->n_types == CAPTURE_TYPES_MAX) {
        bool same = known && is_same_type(known, &type);

        schema_free(type.schema);
        if (same)
            return 0;
        return refuse(scan, control->position,
                      known ? "two types have the same tag" : "more than 256 types");
    }
    capture->types[capture->n_types++] = type;
    return 0;
}

/* ---- records that are about the others ------------------------------------------------------- */

/* No checksum covers what fills a checksum's own line. */
static bool ends_in_zeroes(const struct control *control, size_t from)
{
    const uint8_t *bytes = control->bytes;

    for (size_t i = from; i < control->size; i++)
        if (bytes[i])
            return false;
    return true;
}

static int check_hash(struct scan *scan, const struct control *control)
{
    const struct capture_check *check = control->bytes;
    uint64_t from = scan->good.position;
    uint64_t covered = control->position - from;

    if (check->covered != covered || !ends_in_zeroes(control, sizeof(*check)) ||
        check->hash != XXH3_64bits(scan->capture->bytes + from, covered))
        return refuse(scan, control->position, "the checksum does not match");
    scan->good = (struct good){.position = scan->position,
                               .records = scan->capture->records,
                               .n_types = scan->capture->n_types,
                               .n_walls = scan->capture->n_walls,
                               .n_gaps = scan->capture->n_gaps,
                               .n_namings = scan->capture->n_namings,
                               .sections = scan->capture->sections};
    return mark_now_and_then(scan);
}

static bool is_same_boot(const struct scan *scan, const uint8_t boot_id[CAPTURE_BOOT_SIZE])
{
    static const uint8_t unknown[CAPTURE_BOOT_SIZE];

    return memcmp(boot_id, scan->boot_id, CAPTURE_BOOT_SIZE) == 0 &&
           memcmp(boot_id, unknown, CAPTURE_BOOT_SIZE) != 0;
}

static int begin_section(struct scan *scan, const struct control *control)
{
    const struct capture_section *section = control->bytes;

    scan->ended = false;
    if (scan->capture->sections++ > 0 && !is_same_boot(scan, section->boot_id))
        scan->boots++;
    memcpy(scan->boot_id, section->boot_id, sizeof(scan->boot_id));
    return keep_wall(scan, control->position, &section->clock);
}

static uint32_t control_size(uint32_t kind)
{
    switch (kind) {
    case CAPTURE_SECTION:
        return sizeof(struct capture_section);
    case CAPTURE_CLOCK:
        return sizeof(struct capture_clock);
    case CAPTURE_LOSS:
        return sizeof(struct capture_loss);
    case CAPTURE_CHECK:
        return sizeof(struct capture_check);
    case CAPTURE_END:
        return sizeof(struct capture_end);
    case CAPTURE_NAME:
        return sizeof(struct capture_id_name);
    default:
        return 0;
    }
}

static int take_control(struct scan *scan, uint32_t kind, const struct control *control)
{
    if (control->size < control_size(kind))
        return refuse(scan, control->position, "a control record is too short");
    switch (kind) {
    case CAPTURE_SECTION:
        return begin_section(scan, control);
    case CAPTURE_TYPE:
        scan->recent = NULL;
        return keep_type(scan, control);
    case CAPTURE_CLOCK:
        return keep_wall(scan, control->position, control->bytes);
    case CAPTURE_LOSS:
        return keep_gap(scan, control);
    case CAPTURE_CHECK:
        return check_hash(scan, control);
    case CAPTURE_NAME:
        return keep_naming(scan, control);
    case CAPTURE_END:
        scan->ended = true;
        return 0;
    default:
        return 0;
    }
}

/* ---- the walk -------------------------------------------------------------------------------- */

static int take_record(struct scan *scan, uint64_t position, uint32_t tag)
{
    if (!scan->recent || scan->recent->tag != tag)
        scan->recent = find_type(scan, tag);
    if (!scan->recent)
        return refuse(scan, position, "a record of an unknown type");
    scan->capture->records++;
    return 0;
}

/* 0: go on; 1: it is over; -ENOMEM. */
static int step(struct scan *scan)
{
    struct capture *capture = scan->capture;
    uint64_t position = scan->position, left = capture->mapped - position;
    uint32_t header[2];
    uint64_t span;

    if (left < LAYOUT_HEADER)
        return set_torn(scan);
    memcpy(header, capture->bytes + position, sizeof(header));
    if (header[0] & LAYOUT_BUSY)
        return refuse(scan, position, "an unfinished record");
    span = layout_span(header[0] & LAYOUT_LENGTH);
    if (span > left)
        return set_torn(scan);
    scan->position = position + span;
    if (header[0] & LAYOUT_DISCARD) {
        struct control control = {position, capture->bytes + position + LAYOUT_HEADER,
                                  header[0] & LAYOUT_LENGTH};

        return take_control(scan, header[1], &control);
    }
    return take_record(scan, position, header[1]);
}

static int by_tag(const void *one, const void *other)
{
    uint32_t a = ((const struct capture_type *)one)->tag;
    uint32_t b = ((const struct capture_type *)other)->tag;

    return (a > b) - (a < b);
}

/* Any type of the same source will do: what a loss says of itself is its source. */
static void resolve_gaps(struct capture *capture)
{
    for (size_t i = 0; i < capture->n_gaps; i++) {
        struct capture_gap *gap = &capture->gaps[i];

        gap->type = UINT32_MAX;
        for (uint32_t j = 0; j < capture->n_types && gap->type == UINT32_MAX; j++)
            if (strcmp(capture->types[j].source, gap->source) == 0)
                gap->type = j;
    }
}

int capture_scan(struct capture *capture, const char *path)
{
    struct scan scan = {.capture = capture, .path = path, .position = capture->begin};
    int result = 0;

    /* all of them, so that none moves while the scan points to it */
    capture->types = calloc(CAPTURE_TYPES_MAX, sizeof(*capture->types));
    if (!capture->types)
        return -ENOMEM;
    while (result == 0 && scan.position < capture->mapped)
        result = step(&scan);
    if (result < 0)
        return result;
    if (result == 0 && (!scan.ended || scan.good.position != scan.position))
        set_unfinished(&scan);
    capture->end = scan.position > capture->begin ? scan.position : capture->begin;
    capture->checked = scan.good.position;
    if (capture->n_marks && capture->marks[capture->n_marks - 1] == capture->end)
        capture->n_marks--;
    qsort(capture->types, capture->n_types, sizeof(*capture->types), by_tag);
    resolve_gaps(capture);
    return keep_mark(&scan, capture->end);
}
