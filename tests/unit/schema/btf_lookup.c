// SPDX-License-Identifier: Apache-2.0
#include "schema/btf_lookup.h"
#include "schema/choice.h"
#include "schema/map_lookup.h"

#include <linux/bpf.h>
#include <stdlib.h>

#include "unit/schema/support.h"

static void assert_found(struct types *types, const char *name, const char *map, const char *found)
{
    struct candidate candidate;
    struct error error = {0};

    if (lookup_type(types->btf, name, map, &error, &candidate) < 0)
        fail_msg("%s", error.text);
    assert_string_equal(candidate.name, found);
}

static void assert_not_found(struct types *types, const char *name, const char *map,
                             const char *text)
{
    struct candidate candidate;
    struct error error = {0};

    int code = lookup_type(types->btf, name, map, &error, &candidate);

    assert_int_equal(code, error.hint_key ? CHOICE_OPEN : -ENOENT);
    assert_string_equal(error_join(&error), text);
}

static void names_of_all_forms_are_found(void **state)
{
    struct types *types = *state;
    int id = btf__add_struct(types->btf, "flow", 4);
    struct candidate candidate;

    btf__add_typedef(types->btf, "flow_t", btf__add_typedef(types->btf, "flow_tt", id));
    btf__add_union(types->btf, "both", 8);
    btf__add_struct(types->btf, "both", 4);
    assert_found(types, "flow", NULL, "flow");
    assert_found(types, "struct flow", NULL, "flow");
    assert_found(types, "flow_t", NULL, "flow");
    assert_int_equal(lookup_type(types->btf, "both", NULL, NULL, &candidate), 0);
    assert_int_equal(candidate.type->size, 4);
    assert_int_equal(lookup_type(types->btf, "union both", NULL, NULL, &candidate), 0);
    assert_int_equal(candidate.type->size, 8);
}

/* A list of types ends on a terminal. */
static void types_whose_names_are_not_text_are_not_offered(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "flow\xe2\x80\xae", 4);
    btf__add_struct(types->btf, "fl\x1b[2Jow", 4);
    btf__add_struct(types->btf, "flow", 4);
    assert_not_found(types, "other", NULL, "struct \"other\" is not in the BTF; there are: flow");
}

static void other_kinds_of_type_are_not_found(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "flow", 4);
    btf__add_typedef(types->btf, "number", types->u32);
    btf__add_fwd(types->btf, "hidden", BTF_FWD_STRUCT);
    assert_not_found(types, "number", NULL, "struct \"number\" is not in the BTF; there are: flow");
    assert_not_found(types, "union flow", NULL,
                     "union \"flow\" is not in the BTF; there are: flow; did you mean \"flow\"?");
    assert_not_found(types, "struct hidden", NULL,
                     "struct \"hidden\" is declared in the BTF but not defined; there are: flow");
    assert_not_found(types, "", NULL, "struct \"\" is not in the BTF; there are: flow");
    assert_not_found(types, "struct ", NULL, "struct \"\" is not in the BTF; there are: flow");
}

static void without_a_name_the_only_kept_struct_is_taken(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "task_struct", 8);
    keep(types, "flow");
    assert_found(types, NULL, NULL, "flow");
    assert_found(types, NULL, "events", "flow");
    assert_string_equal(lookup_convention(types->btf, "events", NULL), "flow");
}

static void a_kept_typedef_of_an_unnamed_struct(void **state)
{
    struct types *types = *state;
    int unnamed = btf__add_struct(types->btf, NULL, 4);

    add_variable(types, "_unused", btf__add_typedef(types->btf, "flow_t", unnamed));
    assert_found(types, NULL, NULL, "flow_t");
}

static void without_a_name_there_must_be_one_kept_struct(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "task_struct", 8);
    assert_not_found(
        types, NULL, NULL,
        "which type do the records have? found in BTF: task_struct; set type: task_struct");
    keep(types, "flow");
    keep(types, "drop");
    assert_null(lookup_convention(types->btf, NULL, NULL));
    assert_not_found(
        types, NULL, NULL,
        "which type do the records have? found in BTF: flow, drop; for example, set type: flow");
}

static void add_tracer(struct types *types, const char *name)
{
    add_variable(types, name, 0);
}

static void tracers_name_the_type_of_each_map(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "task_struct", 8);
    btf__add_struct(types->btf, "flow", 8);
    btf__add_struct(types->btf, "drop_event", 8);
    add_tracer(types, "gadget_tracer_flows___flow_ring___flow");
    add_tracer(types, "gadget_tracer_drops___drop_ring___drop_event");
    assert_found(types, NULL, "flow_ring", "flow");
    assert_found(types, NULL, "drop_ring", "drop_event");
    assert_not_found(types, NULL, "ring",
                     "which type do the records have? found in BTF: flow, drop_event; for example, "
                     "set type: flow");
    assert_null(lookup_convention(types->btf, NULL, NULL));
    keep(types, "other");
    assert_found(types, NULL, "ring", "other");
    assert_found(types, NULL, "drop_ring", "drop_event");
}

static void a_tracer_may_name_a_type_that_is_not_there(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "flaw", 8);
    add_tracer(types, "gadget_tracer_flows___ring___flow");
    assert_string_equal(lookup_convention(types->btf, "ring", NULL), "flow");
    assert_string_equal(lookup_convention(types->btf, NULL, NULL), "flow");
    assert_not_found(types, NULL, "ring",
                     "struct \"flow\" is not in the BTF; there are: flaw; did you mean \"flaw\"?");
}

/* The definition of a ring as <bpf/bpf_helpers.h> writes it, in section .maps. */
static int add_ring(struct types *types, const char *name, const char *member, int of)
{
    int number = btf__add_ptr(types->btf, add_array(types, types->s32, BPF_MAP_TYPE_RINGBUF));
    int pointer = of ? btf__add_ptr(types->btf, of) : 0;
    int id = btf__add_struct(types->btf, NULL, 16);

    btf__add_field(types->btf, "type", number, 0, 0);
    if (of)
        btf__add_field(types->btf, member, pointer, 64, 0);
    return btf__add_var(types->btf, name, BTF_VAR_GLOBAL_ALLOCATED, id);
}

static void add_section(struct types *types, int first, int second)
{
    btf__add_datasec(types->btf, ".maps", 32);
    btf__add_datasec_var_info(types->btf, first, 0, 16);
    btf__add_datasec_var_info(types->btf, second, 16, 16);
}

static void a_ring_names_the_type_of_its_records(void **state)
{
    struct types *types = *state;
    int flow = btf__add_struct(types->btf, "flow", 8);
    int drop = btf__add_typedef(types->btf, "drop_t", btf__add_struct(types->btf, NULL, 8));

    keep(types, "other");
    add_ring(types, "flows", "value", flow);
    add_ring(types, "drops", "key", drop);
    add_ring(types, "numbers", "value", types->u64);
    assert_found(types, NULL, "flows", "flow");
    assert_found(types, NULL, "drops", "drop_t");
    assert_found(types, NULL, "numbers", "other");
    assert_found(types, NULL, "elsewhere", "other");
}

static void a_variable_does_not_say_which_of_two_rings(void **state)
{
    struct types *types = *state;
    int first = add_ring(types, "flows", NULL, 0), second = add_ring(types, "drops", NULL, 0);

    keep(types, "flow");
    add_section(types, first, second);
    assert_int_equal(lookup_count_rings(types->btf), 2);
    assert_null(lookup_convention(types->btf, "flows", NULL));
    assert_null(lookup_convention(types->btf, "drops", NULL));
}

static void other_variables_are_no_tracers(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "flow", 8);
    add_tracer(types, "gadget_tracer_flows");
    add_tracer(types, "gadget_tracer_flows___ring");
    add_tracer(types, "gadget_tracer_flows______flow");
    add_tracer(types, "gadget_tracer_flows___ring___");
    add_tracer(types, "gadget_mapper_flows___ring___flow");
    add_tracer(types, "unused_pointer");
    btf__add_var(types->btf, "unused_number", BTF_VAR_GLOBAL_ALLOCATED, types->u32);
    assert_null(lookup_convention(types->btf, NULL, NULL));
}

static void unknown_name_lists_structs(void **state)
{
    struct types *types = *state;

    assert_not_found(types, "struct event", NULL, "the BTF has no struct");
    btf__add_struct(types->btf, "flow", 8);
    btf__add_struct(types->btf, "opaque", 0);
    btf__add_struct(types->btf, "drop", 8);
    assert_not_found(types, "struct event", NULL,
                     "struct \"event\" is not in the BTF; there are: flow, drop");
}

static void unknown_name_lists_ten_structs_at_most(void **state)
{
    struct types *types = *state;

    for (int i = 0; i < 12; i++) {
        char name[16];

        snprintf(name, sizeof(name), "s%d", i);
        btf__add_struct(types->btf, name, 8);
    }
    btf__add_struct(types->btf, "events", 8);
    assert_not_found(types, "event", NULL,
                     "struct \"event\" is not in the BTF; there are: s0, s1, s2, s3, s4, s5, s6, "
                     "s7, s8, s9, ...; did you mean \"events\"?");
}

static void unknown_name_lists_kept_structs_first(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "task_struct", 8);
    keep(types, "flow");
    assert_not_found(types, "event", NULL, "struct \"event\" is not in the BTF; there are: flow");
}

static void candidates_come_in_order(void **state)
{
    struct types *types = *state;
    const struct {
        const char *name;
        bool kept;
        const char *map;
    } expected[] = {
        {"drop", true, "drops"}, {"drop", true, "others"}, {"flow", true, ""},
        {"task", false, ""},     {"both", false, ""},
    };
    struct candidate *list = NULL;
    uint32_t count;

    btf__add_struct(types->btf, "task", 8);
    btf__add_struct(types->btf, NULL, 8);
    btf__add_struct(types->btf, "empty", 0);
    keep(types, "flow");
    keep(types, "drop");
    btf__add_union(types->btf, "both", 8);
    add_tracer(types, "gadget_tracer_a___drops___drop");
    add_tracer(types, "gadget_tracer_b___drops___drop");
    add_tracer(types, "gadget_tracer_c___others___drop");
    add_tracer(types, "gadget_tracer_d___others___missing");
    assert_int_equal(lookup_candidates(types->btf, &list, &count), 0);
    assert_int_equal(count, 5);
    for (uint32_t i = 0; i < count; i++) {
        assert_string_equal(list[i].name, expected[i].name);
        assert_int_equal(list[i].kept, expected[i].kept);
        assert_int_equal(list[i].map_length, strlen(expected[i].map));
        assert_memory_equal(list[i].map, expected[i].map, strlen(expected[i].map));
    }
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_of_all_forms_are_found),
        TEST(types_whose_names_are_not_text_are_not_offered),
        TEST(other_kinds_of_type_are_not_found),
        TEST(without_a_name_the_only_kept_struct_is_taken),
        TEST(a_kept_typedef_of_an_unnamed_struct),
        TEST(without_a_name_there_must_be_one_kept_struct),
        TEST(tracers_name_the_type_of_each_map),
        TEST(a_tracer_may_name_a_type_that_is_not_there),
        TEST(a_ring_names_the_type_of_its_records),
        TEST(a_variable_does_not_say_which_of_two_rings),
        TEST(other_variables_are_no_tracers),
        TEST(unknown_name_lists_structs),
        TEST(unknown_name_lists_ten_structs_at_most),
        TEST(unknown_name_lists_kept_structs_first),
        TEST(candidates_come_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
