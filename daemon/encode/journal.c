// SPDX-License-Identifier: Apache-2.0

/* The fields are written first and where each value came to lie is remembered; the readable line is
 * then put together from there. A value's JSON never holds a newline, so "NAME=value\n" is safe for
 * all but texts, which go out byte by byte and so have their length before them. */

#include "encode/journal.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/bounded_put.h"
#include "encode/escape.h"
#include "encode/journal_plan.h"
#include "encode/record_print.h"

enum { PREFIX_BYTES = 4 };

struct journal_encoder {
    struct encoder encoder;
    /* immutable after open */
    struct journal_plan plan;
    struct prepared_text head;   /* RINGMILL_SOURCE=exec, and RINGMILL_TYPE */
    struct prepared_text source; /* exec: */
    struct wall_offset own_wall; /* where the caller has none */
    ptrdiff_t event_max;
    /* owned by the consumer thread */
    struct text *values; /* of the current event; bytes is NULL: null */
    struct record_print_state state;
};

/* ---- fields ---------------------------------------------------------------------------------- */

static char *put_string(char *at, const char *end, const char *text)
{
    return put_bytes(at, end, text, strlen(text));
}

/* "NAME", a newline, the length of what will follow: to be known by put_length() only then. */
static char *put_binary_head(char *at, const char *end, const char *name)
{
    const uint64_t later = 0;

    at = put_string(at, end, name);
    at = put_char(at, end, '\n');
    return put_bytes(at, end, &later, sizeof(later));
}

static void put_length(char *value, const char *after)
{
    uint64_t length = htole64((uint64_t)(after - value));

    memcpy(value - sizeof(length), &length, sizeof(length));
}

static char *put_text(const struct journal_value *value, struct text text, char *at,
                      const char *end, struct text *ret)
{
    char *begin = put_binary_head(at, end, value->key);
    char *after = put_bytes(begin, end, text.bytes, text.length);

    if (!after)
        return NULL;
    put_length(begin, after);
    *ret = (struct text){begin, text.length};
    return put_char(after, end, '\n');
}

static char *put_rest(struct journal_encoder *journal, const struct journal_value *value,
                      const struct batch *batch, uint32_t index, char *at, const char *end,
                      struct text *ret)
{
    char *before = at, *begin, *after;

    begin = at = put_char(put_string(at, end, value->key), end, '=');
    after = at ? record_print_json(&value->value, &journal->state, batch, index, at, end) : NULL;
    if (!after)
        return NULL;
    if (after - begin == 4 && memcmp(begin, "null", 4) == 0) {
        *ret = (struct text){0};
        return before;
    }
    if (*begin == '"') {
        after -= 2;
        memmove(begin, begin + 1, (size_t)(after - begin));
    }
    *ret = (struct text){begin, (uint32_t)(after - begin)};
    return put_char(after, end, '\n');
}

static char *put_value(struct journal_encoder *journal, const struct journal_value *value,
                       const struct batch *batch, uint32_t index, char *at, const char *end,
                       struct text *ret)
{
    const struct encode_step *step = value->value.steps;
    struct text text;

    if (step->print != PRINT_TEXT)
        return put_rest(journal, value, batch, index, at, end, ret);
    text = batch_text(batch, step->field, index);
    *ret = text;
    return text.bytes ? put_text(value, text, at, end, ret) : at;
}

/* ---- the readable line ----------------------------------------------------------------------- */

/* Cut where no character is cut in two. */
static struct text shown(struct text text)
{
    if (text.length <= JOURNAL_TEXT_SHOWN)
        return text;
    text.length = JOURNAL_TEXT_SHOWN;
    while (text.length > JOURNAL_TEXT_SHOWN - 4 && (text.bytes[text.length] & 0xC0) == 0x80)
        text.length--;
    return text;
}

static bool wants_quotes(struct text text)
{
    return text.length == 0 || memchr(text.bytes, ' ', text.length) ||
           memchr(text.bytes, '"', text.length) || memchr(text.bytes, '=', text.length);
}

static char *put_shown(const struct journal_value *value, struct text text, char *at,
                       const char *end)
{
    struct text part = shown(text);
    bool is_text = value->value.steps->print == PRINT_TEXT;
    bool quotes = is_text && wants_quotes(part);

    at = put_prepared(at, end, &value->label);
    if (quotes)
        at = put_char(at, end, '"');
    if (at)
        at = is_text ? escape_put(at, end, part) : put_bytes(at, end, part.bytes, part.length);
    if (part.length < text.length)
        at = put_bytes(at, end, "...", 3);
    return quotes ? put_char(at, end, '"') : at;
}

static char *put_message(const struct journal_encoder *journal, char *at, const char *end)
{
    char *begin = put_binary_head(at, end, "MESSAGE");

    at = put_prepared(begin, end, &journal->source);
    for (uint32_t i = 0; at && i < journal->plan.n_values; i++) {
        const struct journal_value *value = &journal->plan.values[i];

        if (value->is_time || !journal->values[i].bytes)
            continue;
        if (at - begin > JOURNAL_MESSAGE_MAX - JOURNAL_TEXT_SHOWN) {
            at = put_bytes(at, end, " ...", 4);
            break;
        }
        at = put_shown(value, journal->values[i], at, end);
    }
    if (!at)
        return NULL;
    put_length(begin, at);
    return put_char(at, end, '\n');
}

/* ---- events ---------------------------------------------------------------------------------- */

static char *begin_event(const struct journal_encoder *journal, char *at, const char *end)
{
    const uint32_t later = 0;

    return put_prepared(put_bytes(at, end, &later, PREFIX_BYTES), end, &journal->head);
}

static char *end_event(char *begin, char *after)
{
    uint32_t length;

    if (!after)
        return NULL;
    length = htole32((uint32_t)(after - begin) - PREFIX_BYTES);
    memcpy(begin, &length, PREFIX_BYTES);
    return after;
}

static char *put_event(struct journal_encoder *journal, const struct batch *batch, uint32_t index,
                       char *begin, const char *end)
{
    char *at = begin_event(journal, begin, end);

    for (uint32_t i = 0; at && i < journal->plan.n_values; i++)
        at = put_value(journal, &journal->plan.values[i], batch, index, at, end,
                       &journal->values[i]);
    return end_event(begin, at ? put_message(journal, at, end) : NULL);
}

static uint32_t journal_encode(struct encoder *encoder, const struct batch *batch, uint32_t from,
                               char *out, size_t room, size_t *ret_used)
{
    struct journal_encoder *journal = (struct journal_encoder *)encoder;
    const char *end = out + room;
    char *at = out;
    uint32_t i = from;

    if (journal->state.names)
        resolver_begin(journal->state.names);
    for (; i < batch->selected; i++) {
        const char *limit = end - at > journal->event_max ? at + journal->event_max : end;
        char *after = put_event(journal, batch, batch->selection[i], at, limit);

        if (!after)
            break;
        at = after;
    }
    if (journal->state.names)
        resolver_end(journal->state.names);
    *ret_used = (size_t)(at - out);
    return i - from;
}

static char *put_time_field(struct journal_encoder *journal, const char *name, int64_t ktime,
                            char *at, const char *end)
{
    char *begin = put_string(at, end, name);
    char *after =
        begin ? record_print_ktime(&journal->state, QUOTING_JSON, begin, end, (uint64_t)ktime)
              : NULL;

    if (after && *begin == '"') {
        after -= 2;
        memmove(begin, begin + 1, (size_t)(after - begin));
    }
    return put_char(after, end, '\n');
}

static size_t journal_encode_loss(struct encoder *encoder, const struct loss *loss, char *out,
                                  size_t room)
{
    struct journal_encoder *journal = (struct journal_encoder *)encoder;
    const char *end = out + room;
    char *at = begin_event(journal, out, end);

    at = put_time_field(journal, "RINGMILL_TIME=", loss->until, at, end);
    at = put_string(at, end, "RINGMILL_LOST=");
    at = put_integer(at, end, loss->records, false);
    at = put_char(at, end, '\n');
    at = put_time_field(journal, "RINGMILL_SINCE=", loss->since, at, end);
    at = put_time_field(journal, "RINGMILL_UNTIL=", loss->until, at, end);
    at = put_prepared(put_string(at, end, "MESSAGE="), end, &journal->source);
    at = put_integer(put_char(at, end, ' '), end, loss->records, false);
    at = end_event(out, put_string(at, end, " records were lost here\n"));
    return at ? (size_t)(at - out) : 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void journal_close(struct encoder *encoder)
{
    struct journal_encoder *journal = (struct journal_encoder *)encoder;

    if (!journal)
        return;
    resolver_leave(journal->state.names);
    journal_plan_deinit(&journal->plan);
    prepared_text_deinit(&journal->head);
    prepared_text_deinit(&journal->source);
    free(journal->values);
    free(journal);
}

static int make_head(struct journal_encoder *journal, const char *source, const char *type)
{
    char *head;
    int length = type ? asprintf(&head, "RINGMILL_SOURCE=%s\nRINGMILL_TYPE=%s\n", source, type)
                      : asprintf(&head, "RINGMILL_SOURCE=%s\n", source);
    int r;

    if (length < 0)
        return -ENOMEM;
    r = prepared_text_set(&journal->head, head, (uint32_t)length);
    free(head);
    return r < 0 ? r : prepared_text_init(&journal->source, "", source, ":");
}

static int fill(struct journal_encoder *journal, const struct schema *schema, const char *source,
                const struct encoder_options *options, struct error *error)
{
    int r = journal_plan_init(&journal->plan, schema, options->resolver != NULL, error);

    if (r < 0)
        return r;
    journal->values = calloc(journal->plan.n_values + 1, sizeof(*journal->values));
    r = journal->values ? make_head(journal, source, options->type) : -ENOMEM;
    if (r == 0 && journal->plan.has_users)
        resolver_want_users(options->resolver);
    if (r == 0 && journal->plan.has_cgroups)
        resolver_want_cgroups(options->resolver);
    if (r == 0 && journal->plan.has_names)
        r = resolver_join(options->resolver, &journal->state.names);
    return r < 0 ? error_set(error, r, "out of memory") : 0;
}

static int journal_open(const struct schema *schema, const char *source,
                        const struct encoder_options *options, struct error *error,
                        struct encoder **ret_encoder)
{
    static const struct encoder_options none;
    struct journal_encoder *journal = calloc(1, sizeof(*journal));
    int r;

    if (!journal)
        return error_set(error, -ENOMEM, "out of memory");
    options = options ? options : &none;
    r = fill(journal, schema, source, options, error);
    if (r < 0) {
        journal_close(&journal->encoder);
        return r;
    }
    journal->encoder.ops = &journal_encoder_ops;
    journal->event_max = options->event_max ? options->event_max : PTRDIFF_MAX;
    journal->state.wall = options->wall;
    if (!journal->state.wall) {
        wall_offset_refresh(&journal->own_wall);
        journal->state.wall = &journal->own_wall;
    }
    *ret_encoder = &journal->encoder;
    return 0;
}

const struct encoder_ops journal_encoder_ops = {
    .name = "journal",
    .doc = "the fields of a journal entry",
    .framing = FRAMING_PREFIXED,
    .open = journal_open,
    .encode = journal_encode,
    .encode_loss = journal_encode_loss,
    .close = journal_close,
};
