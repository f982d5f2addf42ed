// SPDX-License-Identifier: Apache-2.0

/* Names beside fields of each width and sign, against plain comparisons in C. */

#include "expr/error_numbers.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "expr/expr.h"
#include "record/number_names.h"

struct record {
    int32_t error; /* errors by its name */
    int32_t s32;   /* by its meaning, as those that follow */
    uint32_t u32;
    int64_t s64;
    uint64_t u64;
    uint8_t u8;
    int32_t plain; /* nothing says what it is */
    uint32_t nr;
    uint8_t proto;
    uint64_t caps;
    uint32_t opened;
};

#define PLACED(member) \
    .offset = offsetof(struct record, member), .size = sizeof(((struct record *)0)->member)
#define SIGNED .kind = FIELD_INT, .is_signed = true

static struct field fields[] = {
    {.name = "error", SIGNED, PLACED(error)},
    {.name = "s32", SIGNED, .meaning = MEANING_ERRNO, PLACED(s32)},
    {.name = "u32", .kind = FIELD_UINT, .meaning = MEANING_ERRNO, PLACED(u32)},
    {.name = "s64", SIGNED, .meaning = MEANING_ERRNO, PLACED(s64)},
    {.name = "u64", .kind = FIELD_UINT, .meaning = MEANING_ERRNO, PLACED(u64)},
    {.name = "u8", .kind = FIELD_UINT, .meaning = MEANING_ERRNO, PLACED(u8)},
    {.name = "plain", SIGNED, PLACED(plain)},
    {.name = "nr", .kind = FIELD_UINT, .meaning = MEANING_SYSCALL, PLACED(nr)},
    {.name = "proto", .kind = FIELD_UINT, PLACED(proto)},
    {.name = "caps", .kind = FIELD_UINT, .meaning = MEANING_CAPABILITIES, PLACED(caps)},
    {.name = "opened", .kind = FIELD_UINT, .meaning = MEANING_OPEN_FLAGS, PLACED(opened)},
};

static const struct schema schema = {.type_name = "struct record",
                                     .size = sizeof(struct record),
                                     .n_fields = sizeof(fields) / sizeof(*fields),
                                     .fields = fields};
static const struct expr_scope scope = {.schema = &schema};

static bool holds(const char *text, const struct record *record)
{
    const struct ringmill_view view = {.data = record, .length = sizeof(*record)};
    struct batch batch = {.schema = &schema, .views = &view, .count = 1};
    struct expr_error error;
    struct expr *expr;

    if (expr_compile(text, &scope, &error, &expr) < 0)
        fail_msg("%s: %s", text, error.text);
    batch_select_all(&batch);
    expr_select(expr, &batch);
    expr_free(expr);
    return batch.selected == 1;
}

static void check(const char *text, const struct record *record, bool expected)
{
    if (holds(text, record) != expected)
        fail_msg("%s is not %s", text, expected ? "true" : "false");
}

/* A record that has the error in that form, everywhere. */
static struct record of(int64_t number)
{
    return (struct record){.error = (int32_t)number,
                           .s32 = (int32_t)number,
                           .u32 = (uint32_t)number,
                           .s64 = number,
                           .u64 = (uint64_t)number,
                           .u8 = (uint8_t)number};
}

static void an_error_has_either_sign(void **state)
{
    static const char *const names[] = {"error", "s32", "u32", "s64", "u64"};
    static const int64_t numbers[] = {2, -2, 13, -13, 0, 1, -1, 3};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        for (size_t k = 0; k < sizeof(numbers) / sizeof(*numbers); k++) {
            const struct record record = of(numbers[k]);
            int64_t number = numbers[k] < 0 ? -numbers[k] : numbers[k];
            bool either = number == ENOENT || number == EACCES;
            char text[64];

            snprintf(text, sizeof(text), "%s == ENOENT", names[i]);
            check(text, &record, number == ENOENT);
            snprintf(text, sizeof(text), "ENOENT != %s", names[i]);
            check(text, &record, number != ENOENT);
            snprintf(text, sizeof(text), "%s in [ENOENT, EACCES]", names[i]);
            check(text, &record, either);
            snprintf(text, sizeof(text), "!(%s in [ENOENT, EACCES])", names[i]);
            check(text, &record, !either);
        }
}

static void a_narrow_error_and_exact_ones(void **state)
{
    const struct record minus = of(-2), plus = of(2);

    (void)state;
    check("u8 == ENOENT", &plus, true);
    check("u8 == ENOENT", &minus, false);
    check("s32 == -ENOENT", &minus, true); /* a computed number is what it says */
    check("s32 == -ENOENT", &plus, false);
    check("s32 + 0 == ENOENT", &minus, true);
    check("s32 > ENOENT", &minus, false);
    check("s32 in EPERM..EIO", &plus, true);
    check("s32 in EPERM..EIO", &minus, false);
    check("s32 == EWOULDBLOCK || s32 == ENOENT", &plus, true);
}

static void names_beside_numbers(void **state)
{
    const struct record record = {.plain = SIGKILL,
                                  .nr = SYS_openat,
                                  .proto = 6,
                                  .caps = 1u << 21 | 1u << 12,
                                  .opened = 0x41};

    (void)state;
    check("plain == SIGKILL", &record, true);
    check("plain in [SIGTERM, SIGKILL]", &record, true);
    check("plain & SYN", &record, false);
    check("plain & O_WRONLY", &record, true);
    check("nr == openat", &record, true);
    check("nr in [open, openat2]", &record, false);
    check("proto == tcp", &record, true);
    check("proto == IPPROTO_UDP", &record, false);
    check("caps & CAP_SYS_ADMIN", &record, true);
    check("caps & (CAP_SYS_ADMIN | CAP_NET_ADMIN) == CAP_SYS_ADMIN | CAP_NET_ADMIN", &record, true);
    check("caps & CAP_BPF", &record, false);
    check("opened & O_CREAT && opened & O_ACCMODE == O_WRONLY", &record, true);
    check("plain & 0o11 == 0o11", &record, true);
}

static void refuse(const char *text, const char *sentence)
{
    struct expr_error error;
    struct expr *expr;

    assert_int_equal(expr_compile(text, &scope, &error, &expr), -EINVAL);
    assert_string_equal(error.text, sentence);
}

static void what_is_not_known_is_refused(void **state)
{
    (void)state;
    refuse("s32 == ENOENTT", "s32 has no value ENOENTT; did you mean ENOENT?");
    refuse("s32 == SIGKILL",
           "s32 has no value SIGKILL; its values are EPERM, ENOENT, ESRCH, EINTR, "
           "EIO, ENXIO, E2BIG, ENOEXEC, ...");
    refuse("s32 == \"ENOENT\"", "s32 is a number: write ENOENT without quotes");
    refuse("plain == \"SIGKILL\"", "plain is a number: write SIGKILL without quotes");
    /* a result may be a length, too */
    refuse("plain == ENOENT", "struct record has no field ENOENT; as a name it is only known next "
                              "to a field with the meaning errno");
    /* a capability, or its bit */
    refuse("plain == CAP_BPF",
           "struct record has no field CAP_BPF; as a name it is only known next to a field with "
           "the meaning capability");
}

/* What a handler computes is known by the same names. */
static void results_keep_their_names(void **state)
{
    struct expr_error error;
    struct expr *expr;
    struct number_set set;

    (void)state;
    assert_int_equal(expr_compile_value("opened", &scope, &error, &expr), 0);
    assert_true(number_set_of_field(expr_result(expr), &set));
    assert_true(set.is_flags);
    expr_free(expr);
    assert_int_equal(expr_compile_value("plain", &scope, &error, &expr), 0);
    assert_false(number_set_of_field(expr_result(expr), &set));
    expr_free(expr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_has_either_sign), cmocka_unit_test(a_narrow_error_and_exact_ones),
        cmocka_unit_test(names_beside_numbers),     cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(results_keep_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
