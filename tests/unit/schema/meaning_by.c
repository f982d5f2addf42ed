// SPDX-License-Identifier: Apache-2.0
#include "schema/meaning_by.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "record/field_path.h"
#include "schema/ctext.h"
#include "schema/schema_table.h"

static struct schema *read_c(const char *text)
{
    struct schema *schema;
    struct error error;

    if (schema_from_ctext(text, NULL, &error, NULL, NULL, &schema) < 0)
        fail_msg("%s: %s", text, error.text);
    return schema;
}

static const struct field *find(const struct schema *schema, const char *path)
{
    const struct field_scope scope = {.schema = schema, .elements = FIELD_ELEMENTS_ALL};
    struct field_walk walk;
    struct error error;

    if (field_path_find(path, &scope, &error, &walk) != 0)
        fail_msg("%s", error.text);
    return walk.field;
}

/* What `ringmill schema` says of the field. */
static void reads_as(const struct schema *schema, const char *path, const char *expected)
{
    char reading[TABLE_READING_MAX];

    if (strcmp(table_reading(find(schema, path), reading), expected) != 0)
        fail_msg("%s reads as \"%s\", not \"%s\"", path, reading, expected);
}

struct case_of {
    const char *members; /* of struct event */
    const char *path, *as;
    const char *shown; /* the path whose reading is looked at; NULL: the same */
    const char *expected;
};

static struct schema *apply(const struct case_of *one, struct error *error, int *ret)
{
    const struct meaning_choice choice = {one->path, one->as, NULL};
    struct schema *schema;
    char text[1024];
    uint32_t wrong;

    snprintf(text, sizeof(text), "struct event { %s };", one->members);
    schema = read_c(text);
    *ret = meaning_apply(schema, &choice, one->as != NULL, error, &wrong);
    return schema;
}

static void check(const struct case_of *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct error error;
        int r;
        _cleanup_(cleanup_schema_free) struct schema *schema = apply(&cases[i], &error, &r);

        if (r < 0)
            fail_msg("%s: %s", cases[i].members, error.text);
        reads_as(schema, cases[i].shown ? cases[i].shown : cases[i].path, cases[i].expected);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof(*(cases)))

static void choices(void **state)
{
    static const char kinds[] = "unsigned kind; union { struct { unsigned a; } one; "
                                "struct { long b[2]; } two; } arm;";
    static const struct case_of cases[] = {
        {"unsigned n; char args[64];", "args", "texts:n", NULL, "list of texts by n"},
        {"char args[64];", "args", "texts", NULL, "list of texts"},
        {"unsigned char data[];  ", "data", "texts", NULL, "list of texts"},
        {"short n; unsigned char data[64];", "data", "text:n", NULL, "text by n"},
        {"int n : 5; long stack[8];", "stack", "count:n", NULL, "s64[8] by n"},
        {"int n; long stack[8];", "stack", "size:n", NULL, "s64[8] by n in bytes"},
        {"int fam; unsigned char who[16];", "who", "ip:fam", NULL, "ip by fam"},
        {"int n; unsigned long who[4];", "who", "user_stack:n", NULL, "user_stack by n"},
        {"int n; long who;", "who", "user_symbol:n", NULL, "user_symbol by n"},
        {"unsigned long ustack[4]; unsigned pid, tgid;", "pid", "hex", "ustack",
         "user_stack by tgid"},
        {"unsigned long user_stack[4]; int pid;", "pid", "hex", "user_stack", "user_stack by pid"},
        {"unsigned long ustack[4]; unsigned long pid;", "pid", "hex", "ustack", "u64[4]"},
        {"unsigned long ustack[4]; int pid;", "ustack", "none", NULL, "u64[4]"},
        {"unsigned long ustack[4]; struct { int pid; } h;", "h.pid", "hex", "ustack", "u64[4]"},
        {"struct { int n; char args[9]; } s; int n;", "s.args", "texts:n", NULL,
         "list of texts by n"},
        {"struct { char args[9]; } s; struct { int n; } h;", "s.args", "texts:h.n", NULL,
         "list of texts by n"},
        {kinds, "arm", "by:kind,1:one,2:two,0x7:two", "arm.one", "struct if kind = 1"},
        {kinds, "arm", "by:kind,1:one,2:two,0x7:two", "arm.two", "struct if kind = 2, 7"},
        {kinds, "arm", "by:kind,1:one,2:two,0x7:two", "arm.two.b[]", "s64 if kind = 2, 7"},
        {kinds, "arm", "by:kind,1:one", "arm.two.b", "s64[2], never by kind"},
        {"enum { UP = -1, DOWN } kind; union { int up; int down; };", "up", "by:kind,is:UP", NULL,
         "s32 if kind = UP"},
    };

    (void)state;
    CHECK(cases);
}

static void arms_within_arms(void **state)
{
    static const struct meaning_choice both[] = {{"arm.two.inner", "by:arm.two.sub,5:x", NULL},
                                                 {"arm", "by:kind,1:one,2:two", NULL}};
    _cleanup_(cleanup_schema_free) struct schema *schema =
        read_c("struct event { int kind; union { int one; struct { int sub; union { int x; long y; "
               "} inner; } two; } arm; };");
    const struct field_guard *guard;
    struct error error;
    uint32_t wrong;

    (void)state;
    assert_int_equal(meaning_apply(schema, both, 2, &error, &wrong), 0);
    guard = find(schema, "arm.two.inner.x")->guard;
    assert_non_null(guard);
    assert_string_equal(guard->tag->name, "kind");
    assert_string_equal(guard->outer->tag->name, "sub");
    assert_null(guard->outer->outer);
    guard = find(schema, "arm.two")->guard;
    assert_null(guard->outer);
    assert_ptr_equal(find(schema, "arm.two.sub")->guard, guard);
    assert_ptr_equal(find(schema, "arm.two.inner")->guard, guard);
}

static void conventions(void **state)
{
    static const struct case_of cases[] = {
        {"unsigned saddr[4]; unsigned short family;", NULL, NULL, "saddr", "ip by family"},
        {"unsigned char daddr[16]; int af;", NULL, NULL, "daddr", "ip by af"},
        {"unsigned char daddr[16]; int afx;", NULL, NULL, "daddr", "ipv6"},
        {"unsigned char daddr_v6[16]; int af;", NULL, NULL, "daddr_v6", "ipv6"},
        {"unsigned char key[16]; int af;", NULL, NULL, "key", "u8[16]"},
        {"struct { unsigned char addr[16]; unsigned char version; } src;", NULL, NULL, "src.addr",
         "ip by version"},
        {"unsigned version; struct { unsigned char addr[16]; } src;", NULL, NULL, "src.addr",
         "u8[16]"},
        {"unsigned family; struct { unsigned char addr[16]; } src;", NULL, NULL, "src.addr",
         "ip by family"},
        {"union { unsigned char v6[16]; unsigned v4; } addr_raw; unsigned char version;", NULL,
         NULL, "addr_raw", "ip by version"},
        {"union { unsigned saddr_v4; unsigned __int128 saddr_v6; }; int af;", NULL, NULL,
         "saddr_v4", "ipv4 if af = 2, 4"},
        {"union { unsigned saddr_v4; unsigned __int128 saddr_v6; }; int af;", NULL, NULL,
         "saddr_v6", "ipv6 if af = 10, 6"},
        {"unsigned saddr[4]; unsigned short family;", "saddr", "ipv6", NULL, "ipv6"},
        {"unsigned char saddr[16]; unsigned short family;", "saddr", "none", NULL, "u8[16]"},
        {"unsigned char comm[16];", NULL, NULL, "comm", "text"},
        {"unsigned char file_name[];", NULL, NULL, "file_name", "text"},
        {"unsigned char qname[16];", NULL, NULL, "qname", "u8[16]"},
        {"signed char name[16];", NULL, NULL, "name", "s8[16]"},
        {"unsigned char name[16];", "name", "none", NULL, "u8[16]"},
        {"unsigned char payload[16];", NULL, NULL, "payload", "u8[16]"},
    };

    (void)state;
    CHECK(cases);
}

static void mistakes(void **state)
{
    static const char kinds[] =
        "unsigned char kind; enum { UP, DOWN } way; char word[8]; int n; "
        "union { int one; long two; } arm; struct { char args[8]; } all[2];";
    static const struct case_of cases[] = {
        {kinds, "word", "texts:nn", NULL, "struct event has no field nn; did you mean n?"},
        {kinds, "word", "texts:word", NULL, "word is not an integer; \"texts:word\" needs one"},
        {kinds, "word", "texts:n,2", NULL,
         "\"texts:n,2\" is not a meaning; write one field after the colon, as in texts:args_size"},
        {kinds, "word", "count", NULL,
         "\"count\" is not a meaning; name the field that it depends on, as in count:n, "
         "ip:family or user_stack:pid"},
        {kinds, "word", "user_stack", NULL,
         "\"user_stack\" is not a meaning; name the field that it depends on, as in count:n, "
         "ip:family or user_stack:pid"},
        {kinds, "word", "user_stack:n", NULL,
         "word cannot be user_stack:n: it is char[8]; it must be an array of integers of 8 bytes"},
        {kinds, "word", "count:n", NULL,
         "word cannot be count:n: it is char[8]; it must be an array"},
        {kinds, "n", "texts:kind", NULL,
         "n cannot be texts:kind: it is int; it must be an array of single bytes"},
        {kinds, "word", "ip:n", NULL,
         "word cannot be ip:n: it is char[8]; it must be an array, struct or union of 16 bytes"},
        {kinds, "all[].args", "texts:n", NULL,
         "all[].args is in an array; the meaning \"texts:n\" is for fields outside of arrays"},
        {kinds, "arm", "by:kind", NULL,
         "\"by:kind\" is not a meaning; write the tag and its values, as in by:kind,1:open,2:close "
         "for a union or by:kind,is:1 for one of its members"},
        {kinds, "arm", "by:kind,1:tow", NULL, "arm has no member \"tow\"; did you mean two?"},
        {kinds, "arm", "by:kind,256:two", NULL, "kind cannot be 256; it is unsigned char"},
        {kinds, "arm", "by:kind,-1:two", NULL, "kind cannot be -1; it is unsigned char"},
        {kinds, "arm", "by:kind,x:two", NULL, "x is not a value of kind; write a number"},
        {kinds, "arm", "by:way,UPP:two", NULL,
         "UPP is not a value of way; allowed are UP, DOWN; did you mean \"UP\"?"},
        {kinds, "n", "by:kind,1:two", NULL,
         "n cannot be by:kind,1:two: it is int; it must be a union; for one arm write "
         "by:TAG,is:VALUE"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct error error;
        int r;
        _cleanup_(cleanup_schema_free) struct schema *schema = apply(&cases[i], &error, &r);

        if (r == 0 || strcmp(error.text, cases[i].expected) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].as, r ? error.text : "accepted",
                     cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices),
        cmocka_unit_test(arms_within_arms),
        cmocka_unit_test(conventions),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
