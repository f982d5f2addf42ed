// SPDX-License-Identifier: Apache-2.0
#include "encode/journal.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/encode/support.h"

enum { FIELDS_READ_MAX = 64 };

/* What journald makes of an event: each field once, in a static buffer. */
struct entry {
    char bytes[EVENT_ROOM];
    uint32_t count;
    struct {
        char name[80];
        const char *value;
        size_t length;
    } fields[FIELDS_READ_MAX];
};

/* As the protocol is described: NAME=value\n, or NAME\n, a little-endian u64, as many bytes, \n. */
static void read_entry(const char *bytes, size_t size, struct entry *entry)
{
    const char *end = entry->bytes + size, *at = entry->bytes;

    assert_true(size < sizeof(entry->bytes));
    memcpy(entry->bytes, bytes, size);
    entry->count = 0;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *equals = memchr(at, '=', (size_t)(newline - at));
        size_t name = (size_t)((equals ? equals : newline) - at);
        uint64_t length;

        assert_non_null(newline);
        assert_true(entry->count < FIELDS_READ_MAX && name > 0 && name <= 64);
        memcpy(entry->fields[entry->count].name, at, name);
        entry->fields[entry->count].name[name] = '\0';
        if (equals) {
            length = (uint64_t)(newline - equals - 1);
            entry->fields[entry->count].value = equals + 1;
        } else {
            memcpy(&length, newline + 1, sizeof(length));
            length = le64toh(length);
            entry->fields[entry->count].value = newline + 9;
            newline += 9 + length;
        }
        assert_true(newline < end && *newline == '\n');
        entry->fields[entry->count++].length = length;
        at = newline + 1;
    }
}

static const char *find(const struct entry *entry, const char *name)
{
    static char value[EVENT_ROOM];
    const char *found = NULL;

    for (uint32_t i = 0; i < entry->count; i++)
        if (strcmp(entry->fields[i].name, name) == 0) {
            assert_null(found);
            memcpy(value, entry->fields[i].value, entry->fields[i].length);
            value[entry->fields[i].length] = '\0';
            found = value;
        }
    return found;
}

static void expect(const struct entry *entry, const char *name, const char *value)
{
    const char *found = find(entry, name);

    if (!found)
        fail_msg("%s is missing", name);
    assert_string_equal(found, value);
}

static struct encoder *open_journal(struct schema *schema, struct field *fields, uint32_t n_fields)
{
    const struct encoder_options options = {.wall = &wall};
    struct encoder *encoder = NULL;
    struct error error = {0};

    *schema = (struct schema){.type_name = "struct x", .n_fields = n_fields, .fields = fields};
    if (journal_encoder_ops.open(schema, "x", &options, &error, &encoder) != 0)
        fail_msg("%s", error.text);
    return encoder;
}

static void encode(struct field *fields, uint32_t n_fields, const void *data, uint32_t length,
                   struct entry *entry)
{
    const struct ringmill_view view = {.data = data, .length = length};
    struct batch batch = {.views = &view, .count = 1};
    static char out[EVENT_ROOM];
    struct schema schema;
    struct encoder *encoder = open_journal(&schema, fields, n_fields);
    size_t used;

    batch.schema = &schema;
    batch_select_all(&batch);
    assert_int_equal(encoder_batch(encoder, &batch, 0, out, sizeof(out), &used), 1);
    assert_int_equal(framing_next(FRAMING_PREFIXED, out, used), used);
    read_entry(out + 4, used - 4, entry);
    encoder_close(encoder);
}

#define FIELDS(array) array, sizeof(array) / sizeof(*(array))

static void each_value_is_a_field(void **state)
{
    struct {
        uint64_t ktime;
        uint32_t pid;
        int32_t error;
        char comm[8];
        uint32_t address;
        uint16_t list[2];
    } sample = {1000000000000, 420, -2, "l\xFFs\n=", 0x0100007F, {7, 8}};
    struct field element = {.name = "", .kind = FIELD_UINT, .offset = 28, .size = 2};
    struct field fields[] = {
        {.name = "pid", .kind = FIELD_UINT, .offset = 8, .size = 4},
        {.name = "error", .kind = FIELD_INT, .is_signed = true, .offset = 12, .size = 4},
        {.name = "comm", .kind = FIELD_CHARS, .offset = 16, .size = 8},
        {.name = "addr", .kind = FIELD_UINT, .meaning = MEANING_IPV4, .offset = 24, .size = 4},
        {.name = "list",
         .kind = FIELD_ARRAY,
         .members = &element,
         .n_members = 1,
         .count = 2,
         .stride = 2,
         .offset = 28,
         .size = 4},
        {.name = "ktime", .kind = FIELD_UINT, .meaning = MEANING_KTIME, .offset = 0, .size = 8},
    };
    static struct entry entry;

    (void)state;
    encode(FIELDS(fields), &sample, sizeof(sample), &entry);
    expect(&entry, "RINGMILL_SOURCE", "x");
    expect(&entry, "RINGMILL_TIME", "2026-11-22T22:16:40.000000000Z");
    expect(&entry, "RINGMILL_PID", "420");
    expect(&entry, "RINGMILL_ERROR", "-2");
    expect(&entry, "RINGMILL_COMM", "l\xFFs\n="); /* byte by byte */
    expect(&entry, "RINGMILL_ADDR", "127.0.0.1");
    expect(&entry, "RINGMILL_LIST", "[7,8]");
    expect(&entry, "MESSAGE",
           "x: pid=420 error=-2 comm=\"l\\\\xffs\\n=\" addr=127.0.0.1 list=[7,8]");
    assert_int_equal(entry.count, 8);
}

/* The line is for terminals, the field for programs. */
static void the_line_has_no_controls(void **state)
{
    struct field fields[] = {{.name = "comm", .kind = FIELD_CHARS, .size = 8}};
    static struct entry entry;

    (void)state;
    encode(FIELDS(fields),
           "\xc2\x9b"
           "2J\xe2\x80\xa8",
           8, &entry);
    expect(&entry, "RINGMILL_COMM",
           "\xc2\x9b"
           "2J\xe2\x80\xa8");
    expect(&entry, "MESSAGE", "x: comm=\\u009b2J\\u2028");
}

static void what_is_not_there_is_no_field(void **state)
{
    struct field fields[] = {
        {.name = "pid", .kind = FIELD_UINT, .offset = 0, .size = 4},
        {.name = "late", .kind = FIELD_UINT, .offset = 4, .size = 4},
        {.name = "text", .kind = FIELD_CHARS, .offset = 8, .size = 8},
    };
    static struct entry entry;
    uint32_t pid = 1;

    (void)state;
    encode(FIELDS(fields), &pid, sizeof(pid), &entry);
    expect(&entry, "MESSAGE", "x: pid=1");
    assert_null(find(&entry, "RINGMILL_LATE"));
    assert_null(find(&entry, "RINGMILL_TEXT"));
}

static void a_long_text_is_whole_in_its_field_and_cut_in_the_line(void **state)
{
    static struct {
        char one[300];
        char more[30][256];
    } sample;
    struct field fields[31];
    static struct entry entry;
    const char *message;

    (void)state;
    memset(&sample, 'a', sizeof(sample));
    memcpy(sample.one + 255, "\xC3\xBC", 2); /* the cut would be in the middle of it */
    fields[0] = (struct field){.name = "one", .kind = FIELD_CHARS, .size = 300, .offset = 0};
    for (uint32_t i = 0; i < 30; i++)
        fields[i + 1] = (struct field){
            .name = "more", .kind = FIELD_CHARS, .size = 256, .offset = 300 + 256 * i};
    encode(FIELDS(fields), &sample, sizeof(sample), &entry);
    assert_int_equal(strlen(find(&entry, "RINGMILL_ONE")), 300);
    assert_int_equal(strlen(find(&entry, "RINGMILL_MORE_30")), 256);
    message = find(&entry, "MESSAGE");
    assert_non_null(strstr(message, "aaa... more=aaa"));
    assert_null(strchr(message, '\xC3'));
    assert_string_equal(message + strlen(message) - 4, " ...");
    assert_true(strlen(message) < JOURNAL_MESSAGE_MAX + JOURNAL_TEXT_SHOWN);
}

static void an_event_without_room_is_left_out(void **state)
{
    struct field fields[] = {{.name = "pid", .kind = FIELD_UINT, .offset = 0, .size = 4}};
    struct ringmill_view views[2];
    struct batch batch = {.views = views, .count = 2};
    struct schema schema;
    struct encoder *encoder = open_journal(&schema, FIELDS(fields));
    uint32_t pid = 1;
    char out[512];
    size_t all, used;

    (void)state;
    views[0] = views[1] = (struct ringmill_view){.data = &pid, .length = sizeof(pid)};
    batch.schema = &schema;
    batch_select_all(&batch);
    assert_int_equal(encoder_batch(encoder, &batch, 0, out, sizeof(out), &all), 2);
    for (size_t room = 0; room < all; room++) {
        memset(out, '#', sizeof(out));
        assert_int_equal(encoder_batch(encoder, &batch, 0, out, room, &used),
                         room < all / 2 ? 0 : 1);
        assert_int_equal(used, room < all / 2 ? 0 : all / 2);
        assert_int_equal(out[room], '#');
    }
    encoder_close(encoder);
}

static void a_loss_says_how_many_and_when(void **state)
{
    const struct loss loss = {.records = 12, .since = 1000000000000, .until = 1001000000000};
    struct field fields[] = {{.name = "pid", .kind = FIELD_UINT, .offset = 0, .size = 4}};
    struct schema schema;
    struct encoder *encoder = open_journal(&schema, FIELDS(fields));
    static struct entry entry;
    char out[512];
    size_t used = encoder_loss(encoder, &loss, out, sizeof(out));

    (void)state;
    assert_int_equal(framing_next(FRAMING_PREFIXED, out, used), used);
    read_entry(out + 4, used - 4, &entry);
    expect(&entry, "RINGMILL_LOST", "12");
    expect(&entry, "RINGMILL_SINCE", "2026-11-22T22:16:40.000000000Z");
    expect(&entry, "RINGMILL_UNTIL", "2026-11-22T22:16:41.000000000Z");
    expect(&entry, "MESSAGE", "x: 12 records were lost here");
    for (size_t room = 0; room < used; room++)
        assert_int_equal(encoder_loss(encoder, &loss, out, room), 0);
    encoder_close(encoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_is_a_field),
        cmocka_unit_test(the_line_has_no_controls),
        cmocka_unit_test(what_is_not_there_is_no_field),
        cmocka_unit_test(a_long_text_is_whole_in_its_field_and_cut_in_the_line),
        cmocka_unit_test(an_event_without_room_is_left_out),
        cmocka_unit_test(a_loss_says_how_many_and_when),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
