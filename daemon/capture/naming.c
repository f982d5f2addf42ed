// SPDX-License-Identifier: Apache-2.0

/* A name is found out a moment after its id was seen first, and events until then say null. A
 * replay is to say the same, so it is not enough to write names somewhere: each is where it
 * became known. What was written is remembered in a small table without chains; an id that pushes
 * another out costs a line of the file, no more.
 *
 * Ids in arrays are passed over, but for stacks: their names are not in the capture. */

#include "capture/naming.h"

#include <string.h>
#include <xxhash.h>

#include "capture/frame.h"
#include "record/field.h"
#include "record/value_name.h"

/* The addresses in a field; false: it has none. */
static bool has_addresses(const struct field *field, enum resolver_kind *ret)
{
    bool is_integer = field->kind == FIELD_UINT || field->kind == FIELD_INT;
    bool is_user = field->meaning == MEANING_USER_STACK || field->meaning == MEANING_USER_SYMBOL;

    *ret = is_user ? RESOLVER_USER : RESOLVER_KERNEL;
    if (field->kind == FIELD_ARRAY)
        return field_is_stack(field);
    return is_integer && (is_user || field->meaning == MEANING_KERNEL_SYMBOL);
}

static void add_id(struct naming *naming, const struct field *field, enum resolver_kind kind)
{
    if (naming->n_ids == NAMING_FIELDS_MAX)
        return;
    naming->ids[naming->n_ids].kind = kind;
    naming->ids[naming->n_ids++].field = field;
}

static void find_ids(struct naming *naming, const struct field *fields, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct value_name name;
        enum resolver_kind kind;

        if (has_addresses(&fields[i], &kind))
            add_id(naming, &fields[i], kind);
        for (uint32_t nth = 0; value_name_of(&fields[i], nth, &name); nth++)
            if (name.form == VALUE_NAME_ID && name.kind <= RESOLVER_CGROUP)
                add_id(naming, &fields[i], name.kind);
        if (fields[i].kind == FIELD_STRUCT || fields[i].kind == FIELD_UNION)
            find_ids(naming, fields[i].members, fields[i].n_members);
    }
}

int naming_init(struct naming *naming, const struct schema *schema, struct resolver *resolver)
{
    memset(naming, 0, sizeof(*naming));
    find_ids(naming, schema->fields, schema->n_fields);
    for (uint32_t i = 0; i < naming->n_ids && resolver; i++) {
        if (naming->ids[i].kind == RESOLVER_USER)
            resolver_want_users(resolver);
        if (naming->ids[i].kind == RESOLVER_CGROUP)
            resolver_want_cgroups(resolver);
    }
    return naming->n_ids && resolver ? resolver_join(resolver, &naming->port) : 0;
}

void naming_deinit(struct naming *naming)
{
    resolver_leave(naming->port);
}

void naming_begin(struct naming *naming)
{
    if (naming->port)
        resolver_begin(naming->port);
}

void naming_end(struct naming *naming)
{
    if (naming->port)
        resolver_end(naming->port);
}

static uint32_t written_kind(enum resolver_kind kind, uint32_t pid)
{
    if (kind == RESOLVER_USER)
        return CAPTURE_ADDRESS | pid << CAPTURE_KIND_BITS;
    return kind == RESOLVER_UID      ? CAPTURE_USER
           : kind == RESOLVER_GID    ? CAPTURE_GROUP
           : kind == RESOLVER_KERNEL ? CAPTURE_KERNEL
                                     : CAPTURE_CGROUP;
}

/* Returns the byte after, or NULL. name NULL: none is known. */
static char *put(char *at, const char *end, const struct naming_id *id,
                 const struct resolver_name *name)
{
    struct capture_id_name head = {.kind = written_kind(id->kind, id->pid),
                                   .length = name ? name->length : CAPTURE_NO_TEXT,
                                   .id = id->id};
    uint32_t size = (uint32_t)sizeof(head) + (name ? name->length : 0);
    struct frame frame = frame_control(CAPTURE_NAME, frame_padded(size));
    size_t whole = sizeof(frame) + frame_padded(size);

    if ((size_t)(end - at) < whole)
        return NULL;
    memset(at, 0, whole);
    memcpy(at, &frame, sizeof(frame));
    memcpy(at + sizeof(frame), &head, sizeof(head));
    if (name)
        memcpy(at + sizeof(frame) + sizeof(head), name->bytes, name->length);
    return at + whole;
}

/* As encoders of events read an id. */
static uint64_t id_of(const struct field *field, enum resolver_kind kind,
                      const struct ringmill_view *view)
{
    uint64_t id = field_integer(field, view);

    return field->is_signed && kind < RESOLVER_CGROUP ? (uint32_t)id : id;
}

static bool find_name(struct naming *naming, const struct naming_id *id, struct resolver_name *ret)
{
    return id->kind == RESOLVER_USER ? resolver_find_user(naming->port, id->pid, id->id, ret)
                                     : resolver_find(naming->port, id->kind, id->id, ret);
}

static char *put_id(struct naming *naming, const struct naming_id *id, char *at, const char *end)
{
    uint64_t hash = 0;
    struct naming_written *written =
        &naming->written[(id->id + id->pid + 85 * (uint64_t)id->kind) % NAMING_WRITTEN_MAX];
    struct resolver_name name;
    bool known = find_name(naming, id, &name);

    if (known)
        hash = XXH3_64bits(name.bytes, name.length) | 1;
    if (naming->n_last == NAMING_RECORD_MAX)
        return at;
    if (written->valid && written->id.kind == id->kind && written->id.pid == id->pid &&
        written->id.id == id->id && written->hash == hash)
        return at;
    at = put(at, end, id, known ? &name : NULL);
    if (at) {
        *written = (struct naming_written){*id, hash, true};
        naming->last[naming->n_last++] = written;
    }
    return at;
}

static char *put_stack(struct naming *naming, const struct field *field,
                       const struct ringmill_view *view, char *at, const char *end)
{
    bool is_user = field->meaning == MEANING_USER_STACK;
    struct naming_id id = {is_user ? RESOLVER_USER : RESOLVER_KERNEL,
                           is_user ? field_process(field->members, view) : 0, 0};
    uint32_t depth = is_user && id.pid == 0 ? 0 : field_depth(field, view);
    const char *from = (const char *)view->data + field->offset;

    for (uint32_t i = 0; i < depth && at; i++) {
        memcpy(&id.id, from + 8 * (size_t)i, sizeof(id.id));
        at = put_id(naming, &id, at, end);
    }
    return at;
}

static char *put_field(struct naming *naming, uint32_t index, const struct ringmill_view *view,
                       char *at, const char *end)
{
    const struct field *field = naming->ids[index].field;
    struct naming_id id = {.kind = naming->ids[index].kind};

    if (field->kind == FIELD_ARRAY)
        return put_stack(naming, field, view, at, end);
    if (!field_present(field, view))
        return at;
    id.id = id_of(field, id.kind, view);
    if (id.kind == RESOLVER_USER)
        id.pid = field_process(field, view);
    return id.kind == RESOLVER_USER && (id.pid == 0 || id.id == 0) ? at
                                                                   : put_id(naming, &id, at, end);
}

char *naming_put(struct naming *naming, const struct ringmill_view *view, char *at, const char *end)
{
    naming->n_last = 0;
    if (!naming->port)
        return at;
    for (uint32_t i = 0; i < naming->n_ids && at; i++)
        at = put_field(naming, i, view, at, end);
    if (!at)
        naming_undo(naming);
    return at;
}

void naming_forget(struct naming *naming)
{
    memset(naming->written, 0, sizeof(naming->written));
    naming->n_last = 0;
}

void naming_undo(struct naming *naming)
{
    while (naming->n_last > 0)
        naming->last[--naming->n_last]->valid = false;
}
