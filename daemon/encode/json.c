// SPDX-License-Identifier: Apache-2.0

/* All that does not change from record to record is text by the end of open: each field's key with
 * its comma, quotes and colon, each enum value's name with its quotes. A record is then a walk over
 * a small array that copies prefixes and formats values.
 *
 * Room is checked as it is used. Each put_ function returns the byte behind what it wrote, or NULL
 * when that does not fit, and accepts the NULL of the one before: so a record that does not fit is
 * found out once, at its end, and the chunk keeps what was complete. */

#include "encode/json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "encode/digits.h"
#include "encode/escape.h"
#include "encode/names.h"
#include "record/field.h"

enum value_kind {
    VALUE_NULL,
    VALUE_UNSIGNED,
    VALUE_SIGNED,
    VALUE_BOOL,
    VALUE_ENUM,
    VALUE_TIME,
    VALUE_TEXT,
    VALUE_TEXTS,
};

struct json_field {
    struct snippet key; /* ,"pid": */
    enum value_kind kind;
    const struct field *field;
    struct names names; /* VALUE_ENUM */
};

struct json_encoder {
    struct encoder encoder;
    /* immutable after open */
    const struct wall_offset *wall;
    struct wall_offset own_wall; /* where the caller has none */
    ptrdiff_t event_max;
    const struct field *time; /* NULL: records have none */
    struct snippet head;      /* {"time": or {"source":"exec" */
    struct snippet source;    /* ,"source":"exec" behind the time */
    struct json_field *fields;
    uint32_t n_fields;
    /* owned by the consumer thread */
    struct clock_stamper stamper;
};

static char *put_bytes(char *at, const char *end, const char *bytes, size_t length)
{
    if (!at || (size_t)(end - at) < length)
        return NULL;
    memcpy(at, bytes, length);
    return at + length;
}

/* Snippets have room behind them, so that whole blocks can be copied where the chunk has it too. */
static inline char *put_snippet(char *at, const char *end, const struct snippet *snippet)
{
    if (!at)
        return NULL;
    if (end - at < (ptrdiff_t)snippet_room(snippet->length))
        return put_bytes(at, end, snippet->bytes, snippet->length);
    for (uint32_t i = 0; i < snippet->length; i += SNIPPET_BLOCK)
        memcpy(at + i, snippet->bytes + i, SNIPPET_BLOCK);
    return at + snippet->length;
}

static char *put_null(char *at, const char *end)
{
    return put_bytes(at, end, "null", 4);
}

static inline char *put_integer(char *at, const char *end, uint64_t bits, bool is_signed)
{
    char spare[DIGITS_MAX];
    char *behind;

    if (at && end - at >= DIGITS_MAX)
        return is_signed ? digits_put_signed(at, (int64_t)bits) : digits_put(at, bits);
    behind = is_signed ? digits_put_signed(spare, (int64_t)bits) : digits_put(spare, bits);
    return put_bytes(at, end, spare, (size_t)(behind - spare));
}

static char *put_bool(char *at, const char *end, bool truth)
{
    return put_bytes(at, end, truth ? "true" : "false", truth ? 4 : 5);
}

static char *put_enum(char *at, const char *end, const struct json_field *field, uint64_t bits)
{
    const struct snippet *name = names_find(&field->names, (int64_t)bits);

    return name ? put_snippet(at, end, name) : put_integer(at, end, bits, field->field->is_signed);
}

static char *put_time(struct json_encoder *json, char *at, const char *end, uint64_t ktime)
{
    if (!at || end - at < CLOCK_RFC3339_LENGTH + 2)
        return NULL;
    *at++ = '"';
    clock_stamp(&json->stamper, wall_offset_apply(json->wall, ktime), at);
    at += CLOCK_RFC3339_LENGTH;
    *at++ = '"';
    return at;
}

static char *put_string(char *at, const char *end, struct text text)
{
    if (!at || end - at < 2)
        return NULL;
    *at++ = '"';
    at = escape_put(at, end, text);
    if (!at || at == end)
        return NULL;
    *at++ = '"';
    return at;
}

static char *put_texts(char *at, const char *end, struct text rest)
{
    struct text piece;
    char before = '[';

    while (at && text_next(&rest, &piece)) {
        at = put_bytes(at, end, &before, 1);
        at = put_string(at, end, piece);
        before = ',';
    }
    return before == '[' ? put_bytes(at, end, "[]", 2) : put_bytes(at, end, "]", 1);
}

static char *put_field(struct json_encoder *json, const struct json_field *field,
                       const struct ringmill_view *view, char *at, const char *end)
{
    struct text text;
    uint64_t bits;

    if (field->kind >= VALUE_TEXT) {
        text = field_text(field->field, view);
        if (!text.bytes)
            return put_null(at, end);
        return field->kind == VALUE_TEXT ? put_string(at, end, text) : put_texts(at, end, text);
    }
    if (!field_present(field->field, view))
        return put_null(at, end);
    bits = field_integer(field->field, view);
    switch (field->kind) {
    case VALUE_NULL:
        return put_null(at, end);
    case VALUE_SIGNED:
        return put_integer(at, end, bits, true);
    case VALUE_BOOL:
        return put_bool(at, end, bits != 0);
    case VALUE_ENUM:
        return put_enum(at, end, field, bits);
    case VALUE_TIME:
        return put_time(json, at, end, bits);
    default:
        return put_integer(at, end, bits, false);
    }
}

static char *put_record(struct json_encoder *json, const struct ringmill_view *view, char *at,
                        const char *end)
{
    at = put_snippet(at, end, &json->head);
    if (json->time) {
        at = field_present(json->time, view)
                 ? put_time(json, at, end, field_integer(json->time, view))
                 : put_null(at, end);
        at = put_snippet(at, end, &json->source);
    }
    for (uint32_t i = 0; at && i < json->n_fields; i++) {
        at = put_snippet(at, end, &json->fields[i].key);
        at = put_field(json, &json->fields[i], view, at, end);
    }
    return put_bytes(at, end, "}\n", 2);
}

static uint32_t json_encode(struct encoder *encoder, const struct batch *batch, uint32_t from,
                            char *out, size_t room, size_t *ret_used)
{
    struct json_encoder *json = (struct json_encoder *)encoder;
    const char *end = out + room;
    char *at = out;
    uint32_t i = from;

    for (; i < batch->selected; i++) {
        const char *limit = end - at > json->event_max ? at + json->event_max : end;
        char *behind = put_record(json, &batch->views[batch->selection[i]], at, limit);

        if (!behind)
            break;
        at = behind;
    }
    *ret_used = (size_t)(at - out);
    return i - from;
}

static size_t json_encode_loss(struct encoder *encoder, const struct loss *loss, char *out,
                               size_t room)
{
    (void)encoder;
    (void)loss;
    (void)out;
    (void)room;
    return 0;
}

static void json_close(struct encoder *encoder)
{
    struct json_encoder *json = (struct json_encoder *)encoder;

    if (!json)
        return;
    for (uint32_t i = 0; i < json->n_fields; i++) {
        snippet_deinit(&json->fields[i].key);
        names_deinit(&json->fields[i].names);
    }
    snippet_deinit(&json->head);
    snippet_deinit(&json->source);
    free(json->fields);
    free(json);
}

static bool is_time(const struct field *field)
{
    return field->meaning == MEANING_KTIME && field->kind == FIELD_UINT && field->size == 8;
}

static enum value_kind kind_of(const struct field *field)
{
    switch (field->kind) {
    case FIELD_UINT:
        return is_time(field) ? VALUE_TIME : VALUE_UNSIGNED;
    case FIELD_INT:
        return VALUE_SIGNED;
    case FIELD_BOOL:
        return VALUE_BOOL;
    case FIELD_ENUM:
        return VALUE_ENUM;
    case FIELD_CHARS:
    case FIELD_TEXT:
        return VALUE_TEXT;
    case FIELD_TEXTS:
        return VALUE_TEXTS;
    default:
        return VALUE_NULL;
    }
}

static int open_field(struct json_encoder *json, const struct field *field)
{
    struct json_field *out = &json->fields[json->n_fields++];
    bool taken =
        strcmp(field->name, "source") == 0 || (json->time && strcmp(field->name, "time") == 0);
    int r;

    out->field = field;
    out->kind = kind_of(field);
    r = snippet_init(&out->key, ",\"", field->name, taken ? "_\":" : "\":");
    if (r == 0 && out->kind == VALUE_ENUM)
        r = names_init(&out->names, field);
    return r;
}

static int open_heads(struct json_encoder *json, const char *source)
{
    if (!json->time)
        return snippet_init(&json->head, "{\"source\":\"", source, "\"");
    if (snippet_init(&json->head, "{\"time\":", "", "") < 0)
        return -ENOMEM;
    return snippet_init(&json->source, ",\"source\":\"", source, "\"");
}

static int fill(struct json_encoder *json, const struct schema *schema, const char *source)
{
    int r;

    json->fields = calloc(schema->n_fields + 1, sizeof(*json->fields));
    if (!json->fields)
        return -ENOMEM;
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        if (is_time(&schema->fields[i]) && strcmp(schema->fields[i].name, "ktime") == 0)
            json->time = &schema->fields[i];
    }
    r = open_heads(json, source);
    for (uint32_t i = 0; r == 0 && i < schema->n_fields; i++) {
        if (&schema->fields[i] != json->time)
            r = open_field(json, &schema->fields[i]);
    }
    return r;
}

static int json_open(const struct schema *schema, const char *source,
                     const struct encoder_options *options, struct error *error,
                     struct encoder **ret_encoder)
{
    struct json_encoder *json = calloc(1, sizeof(*json));

    if (!json || fill(json, schema, source) < 0) {
        if (json)
            json_close(&json->encoder);
        return error_set(error, -ENOMEM, "out of memory");
    }
    json->encoder.ops = &json_encoder_ops;
    json->wall = options ? options->wall : NULL;
    json->event_max = options && options->event_max ? options->event_max : PTRDIFF_MAX;
    if (!json->wall) {
        wall_offset_refresh(&json->own_wall);
        json->wall = &json->own_wall;
    }
    *ret_encoder = &json->encoder;
    return 0;
}

const struct encoder_ops json_encoder_ops = {
    .name = "json",
    .open = json_open,
    .encode = json_encode,
    .encode_loss = json_encode_loss,
    .close = json_close,
};
