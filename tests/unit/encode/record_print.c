// SPDX-License-Identifier: Apache-2.0

/* Each kind and each meaning once, as docs/output.md shows it; and the edges. What all of them do
 * together is tests/encode/truth.c's. */

#include "encode/record_print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/encode/support.h"

/* ---- the manual ------------------------------------------------------------------------------ */

static const struct enum_name states[] = {{"TCP_ESTABLISHED", 1}, {"TCP_CLOSE", 7}};
static const struct field to_members[] = {
    {.name = "port", .kind = FIELD_UINT, .size = 2},
    {.name = "ttl", .kind = FIELD_UINT, .offset = 2, .size = 1}};
static const struct field u_members[] = {{.name = "word", .kind = FIELD_UINT, .size = 4},
                                         {.name = "byte", .kind = FIELD_UINT, .size = 1}};
static const struct field number = {.name = "", .kind = FIELD_UINT, .size = 2};

static const struct enum_name rights[] = {{"MAY_EXEC", 1}, {"MAY_READ", 2}, {"MAY_WRITE", 4}};

/* What the manual says of a sample of these bytes. */
static const struct {
    const char *json;
    struct field field;
    uint8_t bytes[20];
    uint32_t length; /* 0: the field's size */
} rows[] = {
    {"\"pid\":420", {.name = "pid", .kind = FIELD_UINT, .size = 4}, {0xa4, 1}, 0},
    {"\"ret\":-2",
     {.name = "ret", .kind = FIELD_INT, .is_signed = true, .size = 4},
     {0xfe, 0xff, 0xff, 0xff},
     0},
    {"\"ok\":true", {.name = "ok", .kind = FIELD_BOOL, .size = 1}, {1}, 0},
    {"\"flag\":5",
     {.name = "flag", .kind = FIELD_UINT, .size = 1, .bits = 3, .shift = 2},
     {0xf4},
     0},
    {"\"state\":\"TCP_CLOSE\"",
     {.name = "state", .kind = FIELD_ENUM, .size = 4, .names = states, .n_names = 2},
     {7},
     0},
    {"\"load\":0.1",
     {.name = "load", .kind = FIELD_FLOAT, .size = 8},
     {0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f},
     0},
    {"\"at\":\"0xffff888003a4c000\"",
     {.name = "at", .kind = FIELD_POINTER, .size = 8},
     {0x00, 0xc0, 0xa4, 0x03, 0x80, 0x88, 0xff, 0xff},
     0},
    {"\"comm\":\"true\"", {.name = "comm", .kind = FIELD_CHARS, .size = 16}, "true", 0},
    {"\"path\":\"/bin/true\"",
     {.name = "path", .kind = FIELD_TEXT, .size = 4},
     "\x04\0\x09\0/bin/true",
     13},
    {"\"args\":[\"ls\",\"-l\"]",
     {.name = "args", .kind = FIELD_TEXTS, .size = 4},
     "\x04\0\x06\0ls\0-l",
     10},
    {"\"to\":{\"port\":443,\"ttl\":64}",
     {.name = "to", .kind = FIELD_STRUCT, .size = 4, .members = to_members, .n_members = 2},
     {0xbb, 1, 64},
     0},
    {"\"u\":{\"word\":258,\"byte\":2}",
     {.name = "u", .kind = FIELD_UNION, .size = 4, .members = u_members, .n_members = 2},
     {2, 1},
     0},
    {"\"list\":[1,2,3]",
     {.name = "list",
      .kind = FIELD_ARRAY,
      .size = 6,
      .count = 3,
      .stride = 2,
      .members = &number,
      .n_members = 1},
     {1, 0, 2, 0, 3, 0},
     0},
    {"\"rest\":[7,8]",
     {.name = "rest", .kind = FIELD_ARRAY, .stride = 2, .members = &number, .n_members = 1},
     {7, 0, 8, 0, 9},
     5},
    {"\"wide\":\"0x1000000000000000f\"",
     {.name = "wide", .kind = FIELD_BYTES, .size = 16, .type_name = "unsigned __int128"},
     {[0] = 0x0f, [8] = 1},
     0},
    {"\"start\":\"2026-11-22T22:51:34.245146301Z\"",
     {.name = "start", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_KTIME},
     {0xbd, 0xfe, 0x61, 0x6f, 0xd0, 0x02, 0x00, 0x00},
     0},
    {"\"seen\":\"2026-11-22T22:51:34.000000001Z\"",
     {.name = "seen", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_UNIX_NS},
     {0x01, 0x1c, 0xe8, 0xf7, 0xc6, 0x7f, 0xea, 0x18},
     0},
    {"\"saddr\":\"192.0.2.1\"",
     {.name = "saddr", .kind = FIELD_UINT, .size = 4, .meaning = MEANING_IPV4},
     {192, 0, 2, 1},
     0},
    {"\"daddr\":\"2001:db8::1\"",
     {.name = "daddr", .kind = FIELD_BYTES, .size = 16, .meaning = MEANING_IPV6},
     {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
     0},
    {"\"mac\":\"02:00:5e:00:53:af\"",
     {.name = "mac", .kind = FIELD_BYTES, .size = 6, .meaning = MEANING_MAC},
     {2, 0, 0x5e, 0, 0x53, 0xaf},
     0},
    {"\"dport\":443",
     {.name = "dport", .kind = FIELD_UINT, .size = 2, .meaning = MEANING_PORT_BE},
     {1, 0xbb},
     0},
    {"\"error\":-2,\"error_name\":\"ENOENT\"",
     {.name = "error", .kind = FIELD_INT, .is_signed = true, .size = 4, .meaning = MEANING_ERRNO},
     {0xfe, 0xff, 0xff, 0xff},
     0},
    {"\"booted\":\"2026-11-22T22:51:34.245146301Z\"",
     {.name = "booted", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_BOOTTIME},
     {0xbd, 0xfe, 0x61, 0x6f, 0xd0, 0x02, 0x00, 0x00},
     0},
    {"\"sig\":9,\"sig_name\":\"SIGKILL\"",
     {.name = "sig", .kind = FIELD_INT, .is_signed = true, .size = 4, .meaning = MEANING_SIGNAL},
     {9},
     0},
    {"\"state\":7,\"state_name\":\"TCP_CLOSE\"",
     {.name = "state",
      .kind = FIELD_INT,
      .is_signed = true,
      .size = 4,
      .meaning = MEANING_TCP_STATE},
     {7},
     0},
    {"\"family\":10,\"family_name\":\"AF_INET6\"",
     {.name = "family", .kind = FIELD_UINT, .size = 2, .meaning = MEANING_FAMILY},
     {10},
     0},
    {"\"proto\":6,\"proto_name\":\"tcp\"",
     {.name = "proto", .kind = FIELD_UINT, .size = 1, .meaning = MEANING_IP_PROTO},
     {6},
     0},
    {"\"cap\":21,\"cap_name\":\"CAP_SYS_ADMIN\"",
     {.name = "cap",
      .kind = FIELD_INT,
      .is_signed = true,
      .size = 4,
      .meaning = MEANING_CAPABILITY},
     {21},
     0},
    {"\"caps\":33,\"caps_name\":\"CAP_CHOWN|CAP_KILL\"",
     {.name = "caps", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_CAPABILITIES},
     {0x21},
     0},
    {"\"flags\":1073741889,\"flags_name\":\"O_WRONLY|O_CREAT|0x40000000\"",
     {.name = "flags",
      .kind = FIELD_INT,
      .is_signed = true,
      .size = 4,
      .meaning = MEANING_OPEN_FLAGS},
     {0x41, [3] = 0x40},
     0},
    {"\"flags\":18,\"flags_name\":\"SYN|ACK\"",
     {.name = "flags", .kind = FIELD_UINT, .size = 1, .meaning = MEANING_TCP_FLAGS},
     {0x12},
     0},
    {"\"prot\":3,\"prot_name\":\"PROT_READ|PROT_WRITE\"",
     {.name = "prot", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_MMAP_PROT},
     {3},
     0},
    {"\"flags\":34,\"flags_name\":\"MAP_PRIVATE|MAP_ANONYMOUS\"",
     {.name = "flags", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_MMAP_FLAGS},
     {0x22},
     0},
    {"\"flags\":16657,\"flags_name\":\"CLONE_VM|CLONE_VFORK|SIGCHLD\"",
     {.name = "flags", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_CLONE_FLAGS},
     {0x11, 0x41},
     0},
    {"\"mode\":\"0100644\",\"mode_name\":\"-rw-r--r--\"",
     {.name = "mode", .kind = FIELD_UINT, .size = 2, .meaning = MEANING_MODE},
     {0xa4, 0x81},
     0},
    {"\"rights\":\"MAY_READ|MAY_WRITE\"",
     {.name = "rights",
      .kind = FIELD_ENUM,
      .size = 4,
      .names = rights,
      .n_names = 3,
      .meaning = MEANING_FLAGS},
     {6},
     0},
    {"\"flags\":\"0x1f\"",
     {.name = "flags", .kind = FIELD_UINT, .size = 4, .meaning = MEANING_HEX},
     {0x1f},
     0},
    {"\"digest\":\"00ff1e2d\"",
     {.name = "digest", .kind = FIELD_BYTES, .size = 4, .meaning = MEANING_BYTES},
     {0, 0xff, 0x1e, 0x2d},
     0},
};

static char *read_manual(void)
{
    FILE *file = fopen(RINGMILL_DOCS "/output.md", "r");
    char *text = calloc(1, 64 * 1024);

    assert_non_null(file);
    assert_true(fread(text, 1, 64 * 1024 - 1, file) > 0);
    fclose(file);
    return text;
}

/* As a cell of a table has it. */
static void quote_cell(const char *json, char out[256])
{
    char *to = out;

    *to++ = '`';
    for (; *json; json++) {
        if (*json == '|')
            *to++ = '\\';
        *to++ = *json;
    }
    strcpy(to, "`");
}

static void as_the_manual_says(void **state)
{
    char *manual = read_manual();
    char quoted[256], event[160];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct field field = rows[i].field;
        uint32_t length = rows[i].length ? rows[i].length : field.size;

        snprintf(event, sizeof(event), "{\"source\":\"x\",%s}\n", rows[i].json);
        assert_string_equal(encode_fields(&field, 1, rows[i].bytes, length), event);
        quote_cell(rows[i].json, quoted);
        if (!strstr(manual, quoted))
            fail_msg("docs/output.md does not show %s", quoted);
    }
    free(manual);
}

/* ---- edges ----------------------------------------------------------------------------------- */

static void zero_is_no_time(void **state)
{
    struct field fields[] = {
        {.name = "ktime", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_KTIME},
        {.name = "end", .kind = FIELD_INT, .is_signed = true, .size = 8, .meaning = MEANING_KTIME},
        {.name = "seen", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_UNIX_NS},
        {.name = "short", .kind = FIELD_UINT, .size = 4, .meaning = MEANING_KTIME}};
    const uint64_t zero = 0;

    (void)state;
    assert_string_equal(
        encode_fields(fields, 4, &zero, 8),
        "{\"time\":null,\"source\":\"x\",\"end\":null,\"seen\":null,\"short\":0}\n");
}

/* Beyond 2262 there are no dates; a signed time may be before 1970. */
static void a_time_is_right_or_null(void **state)
{
    static const struct wall_offset slept = {.offset = INT64_C(1000000000000000000),
                                             .slept = 5000000000};
    static const struct encoder_options options = {.wall = &slept};
    struct field fields[] = {
        {.name = "seen", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_UNIX_NS},
        {.name = "was",
         .kind = FIELD_INT,
         .is_signed = true,
         .size = 8,
         .meaning = MEANING_UNIX_NS},
        {.name = "run", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_KTIME},
        {.name = "booted", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_BOOTTIME}};
    static const struct {
        uint64_t bits;
        const char *json;
    } times[] = {
        {5000000000,
         "\"1970-01-01T00:00:05.000000000Z\",\"was\":\"1970-01-01T00:00:05.000000000Z\","
         "\"run\":\"2001-09-09T01:46:45.000000000Z\","
         "\"booted\":\"2001-09-09T01:46:40.000000000Z\""},
        {(uint64_t)-1000000000, "null,\"was\":\"1969-12-31T23:59:59.000000000Z\",\"run\":null,"
                                "\"booted\":null"},
        {INT64_MAX, "\"2262-04-11T23:47:16.854775807Z\",\"was\":\"2262-04-11T23:47:16.854775807Z\","
                    "\"run\":null,\"booted\":null"},
        {UINT64_C(1) << 63, "null,\"was\":\"1677-09-21T00:12:43.145224192Z\",\"run\":null,"
                            "\"booted\":null"},
        {UINT64_MAX, "null,\"was\":\"1969-12-31T23:59:59.999999999Z\",\"run\":null,"
                     "\"booted\":null"},
    };
    char expected[512];

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
        snprintf(expected, sizeof(expected), "{\"source\":\"x\",\"seen\":%s}\n", times[i].json);
        assert_string_equal(encode_by(&options, fields, 4, &times[i].bits, 8), expected);
    }
}

/* Where no bit or number has a name, the number stays; one that no name fits into follows. */
static void numbers_without_names(void **state)
{
    struct field fields[] = {
        {.name = "a", .kind = FIELD_INT, .is_signed = true, .size = 1, .meaning = MEANING_SIGNAL},
        {.name = "b", .kind = FIELD_UINT, .size = 1, .meaning = MEANING_TCP_STATE},
        {.name = "c",
         .kind = FIELD_INT,
         .is_signed = true,
         .size = 1,
         .meaning = MEANING_TCP_FLAGS},
        {.name = "d", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_MMAP_PROT},
        {.name = "e", .kind = FIELD_INT, .is_signed = true, .size = 1, .meaning = MEANING_MODE},
        {.name = "f",
         .kind = FIELD_ENUM,
         .size = 1,
         .names = rights,
         .n_names = 3,
         .meaning = MEANING_FLAGS}};
    const uint64_t high = 0xf8, zero = 0;

    (void)state;
    assert_string_equal(encode_fields(fields, 6, &high, 8),
                        "{\"source\":\"x\",\"a\":-8,\"a_name\":null,\"b\":248,\"b_name\":null,"
                        "\"c\":-8,\"c_name\":\"PSH|ACK|URG|ECE|CWR\",\"d\":248,"
                        "\"d_name\":null,\"e\":\"0370\",\"e_name\":\"-wxrwx---\","
                        "\"f\":248}\n");
    assert_string_equal(encode_fields(fields, 6, &zero, 8),
                        "{\"source\":\"x\",\"a\":0,\"a_name\":null,\"b\":0,\"b_name\":null,"
                        "\"c\":0,\"c_name\":null,\"d\":0,\"d_name\":\"PROT_NONE\","
                        "\"e\":\"0000\",\"e_name\":\"---------\",\"f\":0}\n");
}

static void hex_is_as_wide_as_its_field(void **state)
{
    struct field fields[] = {
        {.name = "a", .kind = FIELD_INT, .is_signed = true, .size = 1, .meaning = MEANING_HEX},
        {.name = "b", .kind = FIELD_INT, .is_signed = true, .size = 4, .meaning = MEANING_HEX},
        {.name = "c", .kind = FIELD_INT, .is_signed = true, .size = 8, .meaning = MEANING_HEX},
        {.name = "d",
         .kind = FIELD_INT,
         .is_signed = true,
         .size = 2,
         .bits = 11,
         .shift = 3,
         .meaning = MEANING_HEX}};
    const int64_t minus_one = -1;

    (void)state;
    assert_string_equal(encode_fields(fields, 4, &minus_one, 8),
                        "{\"source\":\"x\",\"a\":\"0xff\",\"b\":\"0xffffffff\","
                        "\"c\":\"0xffffffffffffffff\",\"d\":\"0x7ff\"}\n");
}

static void errors_and_numbers(void **state)
{
    struct field fields[] = {
        {.name = "a", .kind = FIELD_INT, .is_signed = true, .size = 4, .meaning = MEANING_ERRNO},
        {.name = "b", .kind = FIELD_UINT, .size = 4, .meaning = MEANING_ERRNO},
        {.name = "c", .kind = FIELD_INT, .is_signed = true, .size = 8, .meaning = MEANING_SYSCALL}};
    const int32_t minus_two = -2, zero[2] = {0}, far[2] = {-5000, -1};
    int32_t sample[2] = {minus_two, -1};

    (void)state;
    assert_string_equal(encode_fields(fields, 3, sample, 8),
                        "{\"source\":\"x\",\"a\":-2,\"a_name\":\"ENOENT\",\"b\":4294967294,"
                        "\"b_name\":\"ENOENT\",\"c\":-2,\"c_name\":null}\n");
    assert_non_null(strstr(encode_fields(fields, 2, zero, 8),
                           "\"a\":0,\"a_name\":null,\"b\":0,\"b_name\":null}"));
    assert_string_equal(encode_fields(fields, 3, far, 8),
                        "{\"source\":\"x\",\"a\":-5000,\"a_name\":null,\"b\":4294962296,"
                        "\"b_name\":null,\"c\":-5000,\"c_name\":null}\n");
}

static void no_numbers(void **state)
{
    struct field fields[] = {{.name = "a", .kind = FIELD_FLOAT, .size = 8},
                             {.name = "b", .kind = FIELD_FLOAT, .size = 4, .offset = 8},
                             {.name = "c", .kind = FIELD_FLOAT, .size = 2}};
    struct {
        double a;
        float b;
    } sample = {INFINITY, NAN};

    (void)state;
    assert_string_equal(encode_fields(fields, 3, &sample, sizeof(sample)),
                        "{\"source\":\"x\",\"a\":null,\"b\":null,\"c\":null}\n");
    sample.b = 0.5f;
    assert_non_null(strstr(encode_fields(fields, 3, &sample, sizeof(sample)), "\"b\":0.5,"));
}

/* hosts[2] { port, names[2], path }: of an array the elements that are wholly inside. */
static void nested_arrays(void **state)
{
    struct field chars = {.name = "", .kind = FIELD_CHARS, .offset = 2, .size = 3};
    struct field members[] = {
        {.name = "port", .kind = FIELD_UINT, .size = 2},
        {.name = "names",
         .kind = FIELD_ARRAY,
         .offset = 2,
         .size = 6,
         .count = 2,
         .stride = 3,
         .members = &chars,
         .n_members = 1},
        {.name = "path", .kind = FIELD_TEXT, .offset = 8, .size = 4},
    };
    struct field host = {
        .name = "", .kind = FIELD_STRUCT, .size = 12, .members = members, .n_members = 3};
    struct field fields[] = {{.name = "hosts",
                              .kind = FIELD_ARRAY,
                              .size = 24,
                              .count = 2,
                              .stride = 12,
                              .members = &host,
                              .n_members = 1},
                             {.name = "tail", .kind = FIELD_CHARS, .offset = 24}};
    static const char sample[] = "\x01\0ab\0cde\x18\0\x02\0"
                                 "\x02\0\0??\"\0\0\x19\0\x01\0hi";
    static const struct {
        uint32_t length;
        const char *event;
    } known[] = {
        {26, "{\"source\":\"x\",\"hosts\":[{\"port\":1,\"names\":[\"ab\",\"cde\"],\"path\":\"hi\"},"
             "{\"port\":2,\"names\":[\"\",\"\\\"\"],\"path\":\"i\"}],\"tail\":\"hi\"}\n"},
        {24, "{\"source\":\"x\",\"hosts\":[{\"port\":1,\"names\":[\"ab\",\"cde\"],\"path\":null},"
             "{\"port\":2,\"names\":[\"\",\"\\\"\"],\"path\":null}],\"tail\":\"\"}\n"},
        {17, "{\"source\":\"x\",\"hosts\":[{\"port\":1,\"names\":[\"ab\",\"cde\"],\"path\":null}],"
             "\"tail\":null}\n"},
        {11, "{\"source\":\"x\",\"hosts\":[],\"tail\":null}\n"},
        {0, "{\"source\":\"x\",\"hosts\":null,\"tail\":null}\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        char *exact = malloc(known[i].length + 1);

        memcpy(exact, sample, known[i].length);
        exact[known[i].length] = '!';
        assert_string_equal(encode_fields(fields, 2, exact, known[i].length), known[i].event);
        free(exact);
    }
}

/* A meaning said of an array is its elements', unless all its bytes are the one value. */
static void meanings_of_arrays(void **state)
{
    struct field word = {.name = "", .kind = FIELD_UINT, .size = 4};
    struct field fields[] = {{.name = "four",
                              .kind = FIELD_ARRAY,
                              .meaning = MEANING_IPV4,
                              .size = 16,
                              .count = 4,
                              .stride = 4,
                              .members = &word,
                              .n_members = 1},
                             {.name = "six",
                              .kind = FIELD_ARRAY,
                              .meaning = MEANING_IPV6,
                              .size = 16,
                              .count = 4,
                              .stride = 4,
                              .members = &word,
                              .n_members = 1}};
    const uint8_t sample[16] = {[10] = 255, 255, 192, 0, 2, 1};

    (void)state;
    assert_string_equal(encode_fields(fields, 2, sample, 16),
                        "{\"source\":\"x\",\"four\":[\"0.0.0.0\",\"0.0.0.0\",\"0.0.255.255\","
                        "\"192.0.2.1\"],\"six\":\"192.0.2.1\"}\n");
}

static void columns(void **state)
{
    static struct column numbers, texts, floats, times, bytes;
    const struct column *const all[] = {&numbers, &texts, &floats, &times, &bytes, NULL};
    struct field inner[] = {{.name = "f", .kind = FIELD_FLOAT, .size = 8, .column = 3}};
    struct field fields[] = {
        {.name = "ktime", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_KTIME, .column = 4},
        {.name = "n", .kind = FIELD_INT, .is_signed = true, .size = 8, .column = 1},
        {.name = "port", .kind = FIELD_UINT, .size = 2, .meaning = MEANING_PORT_BE, .column = 1},
        {.name = "t", .kind = FIELD_CHARS, .column = 2},
        {.name = "in", .kind = FIELD_STRUCT, .members = inner, .n_members = 1},
        {.name = "a", .kind = FIELD_BYTES, .size = 4, .meaning = MEANING_IPV4, .column = 5},
    };
    const struct encoder_options options = {.wall = &wall};
    struct schema schema;
    struct encoder *encoder = open_fields(&schema, fields, 6, &options);

    (void)state;
    numbers.integers[0] = 0xbb01;
    texts.texts[0] = (struct text){"a\"b", 3};
    floats.floats[0] = -2.5;
    times.integers[0] = 1000000000001;
    bytes.texts[0] = (struct text){"\x0a\0\0\1", 4};
    assert_string_equal(encode_sample(encoder, &schema, "", 0, all),
                        "{\"time\":\"2026-11-22T22:16:40.000000001Z\",\"source\":\"x\",\"n\":47873,"
                        "\"port\":443,\"t\":\"a\\\"b\",\"in\":{\"f\":-2.5},\"a\":\"10.0.0.1\"}\n");
    for (uint32_t i = 0; all[i]; i++)
        column_set_null((struct column *)all[i], 0, true);
    assert_string_equal(encode_sample(encoder, &schema, "", 0, all),
                        "{\"time\":null,\"source\":\"x\",\"n\":null,\"port\":null,\"t\":null,"
                        "\"in\":{\"f\":null},\"a\":null}\n");
    encoder_close(encoder);
}

/* ---- names ----------------------------------------------------------------------------------- */

static int look_up(void *data, enum resolver_kind kind, uint64_t id, char *name)
{
    (void)data;
    (void)id;
    memcpy(name, kind == RESOLVER_UID ? "ro\"ot" : "/a/\xff", 5);
    return kind == RESOLVER_UID ? 5 : 4;
}

/* The event that asks first has null; the name comes when the thread has found it. */
static void names_follow(void **state)
{
    const struct resolver_options names = {.look_up = look_up};
    struct resolver *resolver = resolver_new(&names);
    const struct encoder_options options = {.resolver = resolver};
    struct field fields[] = {
        {.name = "uid", .kind = FIELD_UINT, .size = 4, .meaning = MEANING_UID},
        {.name = "cgroup_id", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_CGROUP_ID}};
    const uint64_t sample = 7;
    struct schema schema;
    struct encoder *encoder = open_fields(&schema, fields, 2, &options);

    (void)state;
    assert_string_equal(encode_sample(encoder, &schema, &sample, 8, NULL),
                        "{\"source\":\"x\",\"uid\":7,\"uid_name\":null,\"cgroup_id\":7,"
                        "\"cgroup_path\":null}\n");
    assert_string_equal(encode_sample(encoder, &schema, &sample, 4, NULL),
                        "{\"source\":\"x\",\"uid\":7,\"uid_name\":null,\"cgroup_id\":null,"
                        "\"cgroup_path\":null}\n");
    assert_int_equal(resolver_start(resolver), 0);
    while (strstr(encode_sample(encoder, &schema, &sample, 8, NULL), "null"))
        ; /* the test's time limit ends what never comes */
    assert_string_equal(encode_sample(encoder, &schema, &sample, 8, NULL),
                        "{\"source\":\"x\",\"uid\":7,\"uid_name\":\"ro\\\"ot\",\"cgroup_id\":7,"
                        "\"cgroup_path\":\"/a/\\\\xff\"}\n");
    encoder_close(encoder);
    resolver_stop(resolver);
    resolver_free(resolver);
}

/* Addresses until symbols are known, up to the first 0 or the end of the sample. */
static void stacks_have_symbols(void **state)
{
    static const char kallsyms[] = "ffffffff81000100 t vfs_read\n"
                                   "ffffffff81000200 T ksys_read\n"
                                   "ffffffff81000300 D data\n";
    char path[] = "/tmp/kallsyms.XXXXXX";
    int fd = mkstemp(path);
    const struct resolver_options symbols = {.symbols = path};
    struct field address = {.name = "",
                            .kind = FIELD_UINT,
                            .size = 8,
                            .meaning = MEANING_KERNEL_SYMBOL,
                            .type_name = "__u64"};
    struct field fields[] = {{.name = "stack",
                              .kind = FIELD_ARRAY,
                              .size = 32,
                              .count = 4,
                              .stride = 8,
                              .members = &address,
                              .meaning = MEANING_KERNEL_STACK}};
    const uint64_t full[] = {UINT64_C(0xffffffff8100011f), UINT64_C(0xffffffff81000207),
                             UINT64_C(0xffffffff81000305), UINT64_C(0xffffffff8100011f)};
    const uint64_t cut[] = {UINT64_C(0xffffffff8100011f), UINT64_C(0xffffffff81000207), 0, 5};
    struct encoder_options options = {.resolver = NULL};
    struct resolver *resolver;
    struct encoder *encoder;
    struct schema schema;

    (void)state;
    assert_int_equal(write(fd, kallsyms, strlen(kallsyms)), strlen(kallsyms));
    close(fd);
    resolver = resolver_new(&symbols);
    unlink(path); /* it was opened */
    assert_string_equal(encode_by(&options, fields, 1, cut, sizeof(cut)),
                        "{\"source\":\"x\",\"stack\":[\"0xffffffff8100011f\","
                        "\"0xffffffff81000207\"]}\n");
    options.resolver = resolver;
    encoder = open_fields(&schema, fields, 1, &options);
    assert_non_null(strstr(encode_sample(encoder, &schema, full, sizeof(full), NULL), "0xf"));
    assert_int_equal(resolver_start(resolver), 0);
    while (!strstr(encode_sample(encoder, &schema, full, sizeof(full), NULL), "vfs_read") ||
           !strstr(encode_sample(encoder, &schema, full, sizeof(full), NULL), "ksys_read"))
        ; /* the test's time limit ends what never comes */
    assert_string_equal(encode_sample(encoder, &schema, full, sizeof(full), NULL),
                        "{\"source\":\"x\",\"stack\":[\"vfs_read+0x1f\",\"ksys_read+0x7\","
                        "\"0xffffffff81000305\",\"vfs_read+0x1f\"]}\n");
    assert_string_equal(encode_sample(encoder, &schema, full, 17, NULL),
                        "{\"source\":\"x\",\"stack\":[\"vfs_read+0x1f\",\"ksys_read+0x7\"]}\n");
    assert_string_equal(encode_sample(encoder, &schema, cut, sizeof(cut), NULL),
                        "{\"source\":\"x\",\"stack\":[\"vfs_read+0x1f\",\"ksys_read+0x7\"]}\n");
    assert_string_equal(encode_sample(encoder, &schema, cut + 2, 8, NULL),
                        "{\"source\":\"x\",\"stack\":[]}\n");
    encoder_close(encoder);
    resolver_stop(resolver);
    resolver_free(resolver);
}

/* By the process that the record names, of names that are given. */
static void user_stacks_have_symbols(void **state)
{
    const struct field pid = {.name = "pid", .kind = FIELD_UINT, .size = 4};
    struct field address = {.name = "",
                            .kind = FIELD_UINT,
                            .offset = 8,
                            .size = 8,
                            .meaning = MEANING_USER_SYMBOL,
                            .by = &pid,
                            .type_name = "__u64"};
    struct field fields[] = {{.name = "stack",
                              .kind = FIELD_ARRAY,
                              .offset = 8,
                              .size = 24,
                              .count = 3,
                              .stride = 8,
                              .members = &address,
                              .meaning = MEANING_USER_STACK}};
    uint64_t sample[] = {7, 0x401010, 0x401020, 0};
    struct resolver *resolver = resolver_new(NULL);
    struct encoder_options options = {.resolver = resolver};
    struct encoder *encoder;
    struct schema schema;

    (void)state;
    resolver_set_given(resolver);
    encoder = open_fields(&schema, fields, 1, &options);
    resolver_give_user(resolver, 7, 0x401010, "a+0x1 (x)", 9);
    resolver_give_user(resolver, 8, 0x401020, "b+0x1 (x)", 9);
    resolver_give(resolver, RESOLVER_KERNEL, 0x401020, "c+0x1", 5);
    assert_string_equal(encode_sample(encoder, &schema, sample, sizeof(sample), NULL),
                        "{\"source\":\"x\",\"stack\":[\"a+0x1 (x)\",\"0x401020\"]}\n");
    sample[0] = 8;
    assert_string_equal(encode_sample(encoder, &schema, sample, sizeof(sample), NULL),
                        "{\"source\":\"x\",\"stack\":[\"0x401010\",\"b+0x1 (x)\"]}\n");
    sample[0] = 0; /* the idle task has no program */
    assert_string_equal(encode_sample(encoder, &schema, sample, 24, NULL),
                        "{\"source\":\"x\",\"stack\":[\"0x401010\","
                        "\"0x401020\"]}\n");
    encoder_close(encoder);
    resolver_free(resolver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_manual_says),
        cmocka_unit_test(zero_is_no_time),
        cmocka_unit_test(a_time_is_right_or_null),
        cmocka_unit_test(numbers_without_names),
        cmocka_unit_test(hex_is_as_wide_as_its_field),
        cmocka_unit_test(errors_and_numbers),
        cmocka_unit_test(no_numbers),
        cmocka_unit_test(nested_arrays),
        cmocka_unit_test(meanings_of_arrays),
        cmocka_unit_test(columns),
        cmocka_unit_test(names_follow),
        cmocka_unit_test(stacks_have_symbols),
        cmocka_unit_test(user_stacks_have_symbols),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
