// SPDX-License-Identifier: Apache-2.0

/* What another field decides about. Such fields are few, and so is what they cost: no loop over
 * records is made for them. */

#include "record/field.h"

/* The other field's number; false: the sample does not reach it. What is below 0 is an error's
 * number where a length is expected. */
static bool read_by(const struct field *by, const struct ringmill_view *view, uint64_t *ret)
{
    if (!field_reached(by, view))
        return false;
    *ret = field_integer(by, view);
    return true;
}

static uint64_t length_of(const struct field *by, uint64_t number)
{
    return by->is_signed && (int64_t)number < 0 ? 0 : number;
}

static bool guard_holds(const struct field_guard *guard, const struct ringmill_view *view)
{
    uint64_t number;

    if (!read_by(guard->tag, view, &number))
        return false;
    for (uint32_t i = 0; i < guard->n_values; i++)
        if ((uint64_t)guard->values[i] == number)
            return true;
    return false;
}

bool field_applies(const struct field *field, const struct ringmill_view *view)
{
    if (field->nth && field_count_by(field, view, UINT32_MAX) < field->nth)
        return false;
    for (const struct field_guard *guard = field->guard; guard; guard = guard->outer)
        if (!guard_holds(guard, view))
            return false;
    return true;
}

struct text field_text_in_place(const struct field *field, const struct ringmill_view *view)
{
    struct text text = {(const char *)view->data + field->offset, field_extent(field, view)};
    uint64_t length;

    if (field->by) {
        if (!read_by(field->by, view, &length))
            return (struct text){0};
        length = length_of(field->by, length);
        text.length = length < text.length ? (uint32_t)length : text.length;
    } else if (field->kind == FIELD_TEXTS) {
        while (text.length > 0 && text.bytes[text.length - 1] == '\0')
            text.length--;
    }
    return text;
}

uint32_t field_count_by(const struct field *field, const struct ringmill_view *view, uint32_t most)
{
    uint64_t count = 0;

    if (read_by(field->by, view, &count))
        count = length_of(field->by, count) / (field->by_each ? field->by_each : 1);
    return count < most ? (uint32_t)count : most;
}

enum { PID_MAX = 4 * 1024 * 1024 }; /* the kernel has no higher ones */

/* AF_INET and AF_INET6, or the version of the protocol: all four differ. */
enum { FAMILY_INET = 2, FAMILY_INET6 = 10, VERSION_4 = 4, VERSION_6 = 6 };

static const char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};

/* An IPv4 address is in the first 4 bytes, or at the end of an IPv6 one that stands for it. */
static struct text ipv4_in(const char *bytes, char room[FIELD_ADDRESS_BYTES])
{
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
        return (struct text){bytes, FIELD_ADDRESS_BYTES};
    memcpy(room, mapped, sizeof(mapped));
    memcpy(room + sizeof(mapped), bytes, 4);
    return (struct text){room, FIELD_ADDRESS_BYTES};
}

struct text field_address(const struct field *field, const struct ringmill_view *view,
                          char room[FIELD_ADDRESS_BYTES])
{
    const char *bytes = (const char *)view->data + field->offset;
    uint64_t family;

    if (!field_present(field, view) || !read_by(field->by, view, &family))
        return (struct text){0};
    if (family == FAMILY_INET || family == VERSION_4)
        return ipv4_in(bytes, room);
    if (family == FAMILY_INET6 || family == VERSION_6)
        return (struct text){bytes, FIELD_ADDRESS_BYTES};
    return (struct text){0};
}

uint32_t field_process(const struct field *field, const struct ringmill_view *view)
{
    uint64_t pid;

    return field->by && read_by(field->by, view, &pid) && pid <= PID_MAX ? (uint32_t)pid : 0;
}
