// SPDX-License-Identifier: Apache-2.0
#include "schema/meaning.h"

#include <stdlib.h>

#include "unit/schema/support.h"

static void check(const struct field *field, enum field_meaning meaning, enum field_kind kind)
{
    if (field->meaning != meaning || field->kind != kind)
        fail_msg("%s %s: meaning %d, kind %d; expected %d, %d", field->type_name, field->name,
                 field->meaning, field->kind, meaning, kind);
}

/* struct event with one member; read, and given meanings. as NULL: no choice. */
static struct schema *apply(struct types *types, const char *name, int type, const char *as)
{
    const struct meaning_choice choice = {name, as, NULL};
    struct schema *schema;
    struct error error;
    uint32_t wrong;

    btf__add_struct(types->btf, "event", 64);
    btf__add_field(types->btf, name, type, 0, 0);
    schema = read_event(types);
    if (meaning_apply(schema, &choice, as != NULL, &error, &wrong) < 0)
        fail_msg("%s", error.text);
    return schema;
}

static int u8s(struct types *types, unsigned length)
{
    return add_array(types, types->u8, length);
}

/* A type of that name for another. */
static int named(struct types *types, const char *name, int type)
{
    return btf__add_typedef(types->btf, name, type);
}

/* Each case has BTF of its own, so that "event" is found. */
static void convention(const char *name, int (*type)(struct types *types),
                       enum field_meaning meaning, enum field_kind kind)
{
    struct schema *schema;
    void *types;

    setup(&types);
    schema = apply(types, name, type(types), NULL);
    check(&schema->fields[0], meaning, kind);
    schema_free(schema);
    teardown(&types);
}

static int u64_(struct types *types)
{
    return types->u64;
}

static int s64_(struct types *types)
{
    return types->s64;
}

static int u32_(struct types *types)
{
    return types->u32;
}

static int s32_(struct types *types)
{
    return types->s32;
}

static int u16_(struct types *types)
{
    return types->u16;
}

static int be16_(struct types *types)
{
    return named(types, "__be16", types->u16);
}

static int be32_(struct types *types)
{
    return named(types, "__be32", types->u32);
}

static int jiffies_(struct types *types)
{
    return btf__add_int(types->btf, "unsigned long", 8, 0);
}

static int uid_(struct types *types)
{
    return named(types, "uid_t", types->u32);
}

static int gadget_timestamp_(struct types *types)
{
    return named(types, "gadget_timestamp", types->u64);
}

static int gadget_errno_(struct types *types)
{
    return named(types, "gadget_errno", types->u32);
}

static int u8s_4(struct types *types)
{
    return u8s(types, 4);
}

static int u8s_6(struct types *types)
{
    return u8s(types, 6);
}

static int u8s_16(struct types *types)
{
    return u8s(types, 16);
}

static int u32s_4(struct types *types)
{
    return add_array(types, types->u32, 4);
}

static int u64s_4(struct types *types)
{
    return add_array(types, types->u64, 4);
}

static int u8_(struct types *types)
{
    return types->u8;
}

static int mode_(struct types *types)
{
    return named(types, "umode_t", types->u16);
}

static int enum_of(struct types *types, uint32_t last)
{
    int id = btf__add_enum(types->btf, "values", 4);

    btf__add_enum_value(types->btf, "ZERO", 0);
    btf__add_enum_value(types->btf, "ONE", 1);
    btf__add_enum_value(types->btf, "TWO", 2);
    if (last)
        btf__add_enum_value(types->btf, "LAST", last);
    return id;
}

static int bits_(struct types *types)
{
    return enum_of(types, 4);
}

/* 0, 1 and 2 may be counted. */
static int few_(struct types *types)
{
    return enum_of(types, 0);
}

static int states_(struct types *types)
{
    return enum_of(types, 3);
}

static int chars_16(struct types *types)
{
    return add_array(types, types->character, 16);
}

static int in_addr_(struct types *types)
{
    return add_struct_of(types, "in_addr", 4, PARTS({"s_addr", types->u32, 0, 0}));
}

static int in6_addr_(struct types *types)
{
    int bytes = u8s(types, 16);

    return add_struct_of(types, "in6_addr", 16, PARTS({"s6_addr", bytes, 0, 0}));
}

static void conventions(void **state)
{
    static const char *const times[] = {"ktime",     "ts",           "ts_ns",   "start_ts",
                                        "timestamp", "timestamp_ns", "time_ns", "end_timestamp"};
    static const char *const numbers[] = {"latency_ns", "duration_ns", "delta_ns",   "delta_ts",
                                          "tss",        "ts_us",       "run_time_ns"};
    static const char *const boots[] = {"boot_ns", "boottime_ns", "start_boottime",
                                        "start_boot_ns"};
    static const char *const users[] = {"uid", "euid", "suid", "fsuid", "loginuid"};

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        convention(times[i], u64_, MEANING_KTIME, FIELD_UINT);
        convention(times[i], u32_, MEANING_NONE, FIELD_UINT);
        convention(times[i], s64_, MEANING_NONE, FIELD_INT);
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        convention(numbers[i], u64_, MEANING_NONE, FIELD_UINT);
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        convention(users[i], u32_, MEANING_UID, FIELD_UINT);
        convention(users[i], u64_, MEANING_NONE, FIELD_UINT);
    }
    for (size_t i = 0; i < sizeof(boots) / sizeof(boots[0]); i++) {
        convention(boots[i], u64_, MEANING_BOOTTIME, FIELD_UINT);
        convention(boots[i], u32_, MEANING_NONE, FIELD_UINT);
    }
    convention("timestamp", gadget_timestamp_, MEANING_BOOTTIME, FIELD_UINT);
    convention("boot_ns", jiffies_, MEANING_NONE, FIELD_UINT);
    convention("boot_timestamp", u64_, MEANING_NONE, FIELD_UINT); /* of either clock */
    convention("boot_ts", u64_, MEANING_NONE, FIELD_UINT);
    convention("timestamp", jiffies_, MEANING_NONE, FIELD_UINT);
    convention("errno", be32_, MEANING_NONE, FIELD_UINT);
    convention("unix_ns", u64_, MEANING_UNIX_NS, FIELD_UINT);
    convention("owner", uid_, MEANING_UID, FIELD_UINT);
    convention("gid", u32_, MEANING_GID, FIELD_UINT);
    convention("pid", u32_, MEANING_NONE, FIELD_UINT);
    convention("errno", s32_, MEANING_ERRNO, FIELD_INT);
    convention("error_raw", gadget_errno_, MEANING_ERRNO, FIELD_UINT);
    convention("error", s32_, MEANING_NONE, FIELD_INT);
    convention("kstack", u64s_4, MEANING_KERNEL_STACK, FIELD_ARRAY);
    convention("stack", u64s_4, MEANING_NONE, FIELD_ARRAY);
    convention("kernel_stack", u32_, MEANING_NONE, FIELD_UINT); /* an id */
    convention("clone_flags", u64_, MEANING_CLONE_FLAGS, FIELD_UINT);
    convention("flags", u32_, MEANING_NONE, FIELD_UINT);
    convention("tcp_flags", u8_, MEANING_TCP_FLAGS, FIELD_UINT);
    convention("tcp_flags", u16_, MEANING_NONE, FIELD_UINT); /* with the header's length */
    convention("tcp_state", s32_, MEANING_TCP_STATE, FIELD_INT);
    convention("state", s32_, MEANING_NONE, FIELD_INT);
    convention("ip_proto", u8_, MEANING_IP_PROTO, FIELD_UINT);
    convention("sig", s32_, MEANING_NONE, FIELD_INT);
    convention("mode", u32_, MEANING_NONE, FIELD_UINT);
    convention("what", mode_, MEANING_MODE, FIELD_UINT);
    convention("rights", bits_, MEANING_FLAGS, FIELD_ENUM);
    convention("mood", few_, MEANING_NONE, FIELD_ENUM);
    convention("mood", states_, MEANING_NONE, FIELD_ENUM);
    convention("syscall_nr", u64_, MEANING_SYSCALL, FIELD_UINT);
    convention("syscall_id", s32_, MEANING_SYSCALL, FIELD_INT);
    convention("cgroup_id", u64_, MEANING_CGROUP_ID, FIELD_UINT);
    convention("cgroupid", u64_, MEANING_CGROUP_ID, FIELD_UINT);
    convention("cgroup_id", u32_, MEANING_NONE, FIELD_UINT);
}

static void conventions_of_addresses(void **state)
{
    (void)state;
    convention("saddr", u32_, MEANING_IPV4, FIELD_UINT);
    convention("daddr", be32_, MEANING_IPV4, FIELD_UINT);
    convention("skc_daddr", u32_, MEANING_IPV4, FIELD_UINT);
    convention("remote_addr", be32_, MEANING_IPV4, FIELD_UINT);
    convention("remote_addr", u32_, MEANING_NONE, FIELD_UINT);
    convention("saddr", u8s_4, MEANING_IPV4, FIELD_BYTES);
    convention("saddr", u8s_16, MEANING_IPV6, FIELD_BYTES);
    convention("saddr", u32s_4, MEANING_IPV6, FIELD_BYTES);
    convention("saddr_v6", u8s_16, MEANING_IPV6, FIELD_BYTES);
    convention("saddr", chars_16, MEANING_NONE, FIELD_CHARS); /* written out already */
    convention("saddr", u64_, MEANING_NONE, FIELD_UINT);
    convention("anything", in_addr_, MEANING_IPV4, FIELD_BYTES);
    convention("anything", in6_addr_, MEANING_IPV6, FIELD_BYTES);
    convention("dport", be16_, MEANING_PORT_BE, FIELD_UINT);
    convention("dport", u16_, MEANING_NONE, FIELD_UINT);
    convention("src_mac", u8s_6, MEANING_MAC, FIELD_BYTES);
    convention("h_dest", u8s_6, MEANING_MAC, FIELD_BYTES);
    convention("hash", u8s_6, MEANING_NONE, FIELD_ARRAY);
    convention("machine", u32_, MEANING_NONE, FIELD_UINT);
}

/* struct event { struct host { u64 ts; u32 saddr; } hosts[3]; u64 stamps_ts[2]; in6_addr peer; } */
static struct schema *nested(struct types *types)
{
    int host = add_struct_of(types, "host", 16,
                             PARTS({"ts", types->u64, 0, 0}, {"saddr", types->u32, 64, 0}));
    int hosts = add_array(types, host, 3), stamps = add_array(types, types->u64, 2);
    int peer = in6_addr_(types);

    add_struct_of(
        types, "event", 80,
        PARTS({"hosts", hosts, 0, 0}, {"stamps_ts", stamps, 384, 0}, {"peer", peer, 512, 0}));
    return read_event(types);
}

static void conventions_reach_members_and_elements(void **state)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = nested(*state);
    const struct field *host = schema->fields[0].members;

    assert_int_equal(meaning_apply(schema, NULL, 0, NULL, NULL), 0);
    check(&schema->fields[0], MEANING_NONE, FIELD_ARRAY);
    check(&host->members[0], MEANING_KTIME, FIELD_UINT);
    check(&host->members[1], MEANING_IPV4, FIELD_UINT);
    check(schema->fields[1].members, MEANING_KTIME, FIELD_UINT);
    check(&schema->fields[2], MEANING_IPV6, FIELD_BYTES);
    assert_int_equal(schema->fields[2].size, 16);
    assert_int_equal(schema->fields[2].n_members, 0);
}

static void choices_come_before_conventions(void **state)
{
    static const struct meaning_choice choices[] = {
        {"hosts[].ts", "none", NULL},
        {"hosts[].saddr", "hex", NULL},
        {"stamps_ts[]", "unix_ns", NULL},
        {"peer.s6_addr", "bytes", NULL},
    };
    _cleanup_(cleanup_schema_free) struct schema *schema = nested(*state);
    const struct field *host = schema->fields[0].members;
    struct error error;
    uint32_t wrong;

    if (meaning_apply(schema, choices, 4, &error, &wrong) < 0)
        fail_msg("%s", error.text);
    check(&host->members[0], MEANING_NONE, FIELD_UINT);
    check(&host->members[1], MEANING_HEX, FIELD_UINT);
    check(schema->fields[1].members, MEANING_UNIX_NS, FIELD_UINT);
    check(&schema->fields[2], MEANING_NONE, FIELD_STRUCT); /* or its member would be gone */
    check(&schema->fields[2].members[0], MEANING_BYTES, FIELD_BYTES);
}

static void chosen(const char *as, int (*type)(struct types *types), enum field_meaning meaning,
                   enum field_kind kind)
{
    struct schema *schema;
    void *types;

    setup(&types);
    schema = apply(types, "x", type(types), as);
    check(&schema->fields[0], meaning, kind);
    assert_false(schema->fields[0].kind == FIELD_UINT && schema->fields[0].is_signed);
    schema_free(schema);
    teardown(&types);
}

static void choices_make_one_value(void **state)
{
    (void)state;
    chosen("ktime", s64_, MEANING_KTIME, FIELD_UINT);
    chosen("unix_ns", s64_, MEANING_UNIX_NS, FIELD_INT); /* before 1970 */
    chosen("boottime", s64_, MEANING_BOOTTIME, FIELD_UINT);
    chosen("signal", s32_, MEANING_SIGNAL, FIELD_INT);
    chosen("flags", few_, MEANING_FLAGS, FIELD_ENUM);
    chosen("kernel_stack", u64s_4, MEANING_KERNEL_STACK, FIELD_ARRAY);
    chosen("kernel_symbol", u64_, MEANING_KERNEL_SYMBOL, FIELD_UINT);
    chosen("none", bits_, MEANING_NONE, FIELD_ENUM);
    chosen("uid", s32_, MEANING_UID, FIELD_UINT);
    chosen("errno", s32_, MEANING_ERRNO, FIELD_INT);
    chosen("hex", s32_, MEANING_HEX, FIELD_INT);
    chosen("ipv4", s32_, MEANING_IPV4, FIELD_UINT);
    chosen("ipv4", u8s_4, MEANING_IPV4, FIELD_BYTES);
    chosen("ipv6", u32s_4, MEANING_IPV6, FIELD_BYTES);
    chosen("ipv6", chars_16, MEANING_IPV6, FIELD_BYTES);
    chosen("mac", u8s_6, MEANING_MAC, FIELD_BYTES);
    chosen("port_be", u16_, MEANING_PORT_BE, FIELD_UINT);
    chosen("bytes", chars_16, MEANING_BYTES, FIELD_BYTES);
    chosen("bytes", in6_addr_, MEANING_BYTES, FIELD_BYTES);
    chosen("text", u8s_16, MEANING_NONE, FIELD_CHARS);
    chosen("none", u64_, MEANING_NONE, FIELD_UINT);
}

static int u8s_rest(struct types *types)
{
    return u8s(types, 0);
}

static void the_rest_of_a_sample_as_text(void **state)
{
    (void)state;
    chosen("text", u8s_rest, MEANING_NONE, FIELD_CHARS);
}

static void refuse(struct types *types, const char *path, const char *as, int code,
                   const char *text)
{
    const struct meaning_choice choices[] = {{"peer", "bytes", NULL}, {path, as, NULL}};
    _cleanup_(cleanup_schema_free) struct schema *schema = read_event(types);
    struct error error = {0};
    uint32_t wrong = 7;

    assert_int_equal(meaning_apply(schema, choices, 2, &error, &wrong), code);
    assert_string_equal(error.text, text);
    assert_int_equal(wrong, 1);
}

static void what_does_not_fit_is_refused(void **state)
{
    struct types *types = *state;

    schema_free(nested(types));
    refuse(types, "hosts[].ts", "ipv44", -ENOENT,
           "unknown meaning \"ipv44\"; allowed are ktime, boottime, unix_ns, ipv4, ipv6, ip, mac, "
           "port_be, uid, gid, errno, syscall, cgroup_id, signal, capability, capabilities, "
           "family, ip_proto, tcp_state, open_flags, tcp_flags, mmap_prot, mmap_flags, "
           "clone_flags, mode, flags, kernel_symbol, kernel_stack, user_symbol, user_stack, hex, "
           "bytes, text, texts, none; "
           "did you mean "
           "\"ipv4\"?");
    refuse(types, "hosts[].ts", "ipv4", -EINVAL,
           "hosts[].ts cannot be ipv4: it is unsigned long long of 8 bytes; it must be an integer, "
           "array or struct of 4 bytes");
    refuse(types, "hosts[].ts", "flags", -EINVAL,
           "hosts[].ts cannot be flags: it is unsigned long long of 8 bytes; it must be an enum; "
           "for an integer name one, as in flags:ENUM");
    refuse(types, "stamps_ts", "ktime", -EINVAL,
           "stamps_ts cannot be ktime: it is unsigned long long[2] of 16 bytes; it must be an "
           "integer of 8 bytes; for its elements write stamps_ts[]");
    refuse(types, "stamps_ts", "text", -EINVAL,
           "stamps_ts cannot be text: it is unsigned long long[2] of 16 bytes; it must be an array "
           "of single bytes");
    refuse(types, "host", "hex", -ENOENT, "struct event has no field host; did you mean hosts?");
    refuse(types, "hosts[].tss", "hex", -ENOENT, "hosts[] has no field tss; did you mean ts?");
    refuse(types, "hosts.ts", "hex", -ENOENT, "hosts is an array; write hosts[] for its elements");
    refuse(types, "hosts[1].ts", "hex", -ENOENT,
           "hosts is an array; write hosts[] for its elements");
    refuse(types, "hosts[][].ts", "hex", -ENOENT, "hosts[] is not an array");
    refuse(types, "hosts[]ts", "hex", -EINVAL, "expected . or [ after \"hosts[]\"");
    refuse(types, "", "hex", -EINVAL, "\"\" is not a field path; write a.b or a[2].c");
    refuse(types, "stamps_ts[].x", "hex", -ENOENT,
           "stamps_ts[] is not a struct; it has no field x");
}

static void bitfields_are_numbers_only(void **state)
{
    struct types *types = *state;
    const struct meaning_choice good = {"ts", "hex", NULL}, bad = {"ts", "ktime", NULL};
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    struct error error;
    uint32_t wrong;

    add_struct_of(types, "event", 16, PARTS({"ts", types->u64, 0, 60}));
    schema = read_event(types);
    assert_int_equal(meaning_apply(schema, NULL, 0, NULL, NULL), 0);
    check(&schema->fields[0], MEANING_NONE, FIELD_UINT);
    assert_int_equal(meaning_apply(schema, &bad, 1, &error, &wrong), -EINVAL);
    assert_string_equal(error.text, "ts cannot be ktime: it is unsigned long long, a bitfield of "
                                    "60 bits; it must be an integer of 8 bytes");
    assert_int_equal(meaning_apply(schema, &good, 1, &error, &wrong), 0);
    check(&schema->fields[0], MEANING_HEX, FIELD_UINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conventions),
        cmocka_unit_test(conventions_of_addresses),
        TEST(conventions_reach_members_and_elements),
        TEST(choices_come_before_conventions),
        cmocka_unit_test(choices_make_one_value),
        cmocka_unit_test(the_rest_of_a_sample_as_text),
        TEST(what_does_not_fit_is_refused),
        TEST(bitfields_are_numbers_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
