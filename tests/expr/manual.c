// SPDX-License-Identifier: Apache-2.0

/* The examples of docs/expressions.md: what stands in blocks of ```expr, an expression and behind #
 * what it gives on the record that the manual shows. */

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr/expr.h"

#define PLACED(member) \
    .offset = offsetof(struct manual, member), .size = sizeof(((struct manual *)0)->member)
#define NAMED(array) .names = array, .n_names = sizeof(array) / sizeof(*array)

struct place {
    uint16_t offset, length;
};

struct manual {
    uint64_t ktime;
    uint32_t pid, uid;
    int32_t error;
    uint32_t state, flags;
    uint64_t latency, start, end;
    double load;
    uint8_t setuid;
    uint32_t saddr;
    uint8_t daddr[16], source_mac[6];
    uint16_t dport;
    struct {
        uint16_t port;
        uint8_t up;
    } hosts[2];
    uint32_t cgroup;
    char comm[16];
    struct place filename, args;
    char heap[32];
    uint16_t samples[3];
};

static const struct enum_name states[] = {
    {"TCP_ESTABLISHED", 1}, {"TCP_CLOSE", 7}, {"TCP_LISTEN", 10}};
static const struct enum_name flags[] = {{"O_WRONLY", 1}, {"O_RDWR", 2}, {"O_CREAT", 0x40}};
static const struct field host_members[] = {
    {.name = "port", .kind = FIELD_UINT, PLACED(hosts[0].port)},
    {.name = "up", .kind = FIELD_BOOL, PLACED(hosts[0].up)}};
static const struct field host = {
    .name = "", .kind = FIELD_STRUCT, PLACED(hosts[0]), .members = host_members, .n_members = 2};
static const struct field cgroup_members[] = {{.name = "id", .kind = FIELD_UINT, PLACED(cgroup)}};
static const struct field sample = {.name = "", .kind = FIELD_UINT, PLACED(samples[0])};

static struct field fields[] = {
    {.name = "ktime", .kind = FIELD_UINT, .meaning = MEANING_KTIME, PLACED(ktime)},
    {.name = "pid", .kind = FIELD_UINT, PLACED(pid)},
    {.name = "uid", .kind = FIELD_UINT, PLACED(uid)},
    {.name = "error", .kind = FIELD_INT, .is_signed = true, PLACED(error)},
    {.name = "state", .kind = FIELD_ENUM, PLACED(state), NAMED(states)},
    {.name = "flags", .kind = FIELD_ENUM, PLACED(flags), NAMED(flags)},
    {.name = "latency", .kind = FIELD_UINT, PLACED(latency)},
    {.name = "start", .kind = FIELD_UINT, PLACED(start)},
    {.name = "end", .kind = FIELD_UINT, PLACED(end)},
    {.name = "load", .kind = FIELD_FLOAT, PLACED(load)},
    {.name = "setuid", .kind = FIELD_BOOL, PLACED(setuid)},
    {.name = "saddr", .kind = FIELD_UINT, .meaning = MEANING_IPV4, PLACED(saddr)},
    {.name = "daddr", .kind = FIELD_BYTES, .meaning = MEANING_IPV6, PLACED(daddr)},
    {.name = "source_mac", .kind = FIELD_BYTES, .meaning = MEANING_MAC, PLACED(source_mac)},
    {.name = "dport", .kind = FIELD_UINT, .meaning = MEANING_PORT_BE, PLACED(dport)},
    {.name = "hosts",
     .kind = FIELD_ARRAY,
     PLACED(hosts),
     .members = &host,
     .count = 2,
     .stride = 4},
    {.name = "cgroup",
     .kind = FIELD_STRUCT,
     PLACED(cgroup),
     .members = cgroup_members,
     .n_members = 1},
    {.name = "comm", .kind = FIELD_CHARS, PLACED(comm)},
    {.name = "filename", .kind = FIELD_TEXT, PLACED(filename)},
    {.name = "args", .kind = FIELD_TEXTS, PLACED(args)},
    {.name = "samples",
     .kind = FIELD_ARRAY,
     .offset = offsetof(struct manual, samples),
     .members = &sample,
     .stride = 2},
    {.name = "missing", .kind = FIELD_UINT, .offset = sizeof(struct manual) + 8, .size = 4},
};
static const struct schema schema = {.type_name = "struct manual_event",
                                     .size = offsetof(struct manual, samples),
                                     .n_fields = sizeof(fields) / sizeof(*fields),
                                     .fields = fields};
static const struct expr_scope scope = {.schema = &schema};

static void record_init(struct manual *record)
{
    *record = (struct manual){
        .ktime = 5000000000,
        .pid = 4242,
        .error = -2,
        .state = 7,
        .flags = 0x41,
        .latency = 7000000,
        .start = 100,
        .end = 350,
        .load = 0.75,
        .setuid = 1,
        .saddr = htonl(0x0a010203),
        .source_mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56},
        .dport = htons(443),
        .hosts = {{80, 1}, {8080, 0}},
        .cgroup = 17,
        .comm = "nginx",
        .filename = {offsetof(struct manual, heap), 15},
        .args = {offsetof(struct manual, heap) + 16, 9},
        .heap = "/tmp/Report.TXT\0sh\0-c\0ls",
        .samples = {5, 6, 7},
    };
    record->daddr[0] = 0xfe;
    record->daddr[1] = 0x80;
    record->daddr[15] = 1;
}

static void batch_of(const struct manual *record, struct ringmill_view *view, struct batch *batch)
{
    *view = (struct ringmill_view){.data = record, .length = offsetof(struct manual, samples) + 6};
    *batch = (struct batch){.schema = &schema, .views = view, .count = 1};
    batch_select_all(batch);
}

static void show_text(const struct text *text, FILE *out)
{
    fputc('"', out);
    for (uint32_t i = 0; i < text->length; i++)
        fprintf(out, text->bytes[i] == '"' ? "\\%c" : "%c", text->bytes[i]);
    fputc('"', out);
}

static void show_bytes(const struct field *field, const struct column *column, FILE *out)
{
    char address[INET6_ADDRSTRLEN];
    const uint8_t *bytes = (const uint8_t *)column->texts[0].bytes;

    if (field->meaning == MEANING_IPV6)
        fputs(inet_ntop(AF_INET6, bytes, address, sizeof(address)), out);
    for (uint32_t i = 0; field->meaning == MEANING_MAC && i < 6; i++)
        fprintf(out, "%s%02x", i ? ":" : "", bytes[i]);
}

static void show(const struct field *field, const struct column *column, FILE *out)
{
    char address[INET_ADDRSTRLEN];

    if (column_is_null(column, 0))
        fputs("null", out);
    else if (field->kind == FIELD_CHARS)
        show_text(&column->texts[0], out);
    else if (field->kind == FIELD_BYTES)
        show_bytes(field, column, out);
    else if (field->kind == FIELD_FLOAT)
        fprintf(out, "%.17g", column->floats[0]);
    else if (field->kind == FIELD_BOOL)
        fputs(column->integers[0] ? "true" : "false", out);
    else if (field->meaning == MEANING_IPV4)
        fputs(inet_ntop(AF_INET, &column->integers[0], address, sizeof(address)), out);
    else
        fprintf(out, field->is_signed ? "%lld" : "%llu", (long long)column->integers[0]);
}

/* What the manual should say behind #. */
static void give(const char *text, char *ret, size_t size)
{
    static struct column column;
    FILE *out = fmemopen(ret, size, "w");
    struct expr_error error;
    struct expr *expr = NULL;
    struct ringmill_view view;
    struct manual record;
    struct batch batch;

    record_init(&record);
    batch_of(&record, &view, &batch);
    if (expr_compile_value(text, &scope, &error, &expr) < 0) {
        fprintf(out, "error: %s", error.text);
    } else {
        expr_values(expr, &batch, &column);
        show(expr_result(expr), &column, out);
    }
    fclose(out);
    expr_free(expr);
}

/* A condition keeps the record if its value is true. */
static void check_condition(const char *text, bool expected)
{
    struct expr_error error;
    struct expr *expr = NULL;
    struct ringmill_view view;
    struct manual record;
    struct batch batch;

    record_init(&record);
    batch_of(&record, &view, &batch);
    if (expr_compile(text, &scope, &error, &expr) < 0)
        fail_msg("%s: %s", text, error.text);
    expr_select(expr, &batch);
    assert_int_equal(batch.selected, expected);
    expr_free(expr);
}

static bool check_line(char *line)
{
    char given[1024], *comment = strstr(line, "  # ");

    if (!comment) {
        print_error("%s: nothing says what it gives\n", line);
        return false;
    }
    *comment = '\0';
    comment += 4;
    for (char *end = line + strlen(line); end > line && end[-1] == ' ';)
        *--end = '\0';
    give(line, given, sizeof(given));
    if (strcmp(given, comment) != 0) {
        print_error("%s: the manual says %s, it gives %s\n", line, comment, given);
        return false;
    }
    if (strcmp(given, "true") == 0 || strcmp(given, "false") == 0)
        check_condition(line, given[0] == 't');
    return true;
}

static void examples(void **state)
{
    FILE *manual = fopen(MANUAL, "re");
    char *line = NULL;
    size_t size = 0;
    unsigned checked = 0;
    bool inside = false, passed = true;

    (void)state;
    assert_non_null(manual);
    while (getline(&line, &size, manual) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "```", 3) == 0) {
            inside = strcmp(line, "```expr") == 0;
            continue;
        }
        if (inside) {
            passed = check_line(line) && passed;
            checked++;
        }
    }
    free(line);
    fclose(manual);
    print_message("%u examples\n", checked);
    assert_true(checked > 80);
    assert_true(passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
