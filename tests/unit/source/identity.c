// SPDX-License-Identifier: Apache-2.0

/* What makes an identity another one, and what does not. */

#include "source/identity.h"

#include <bpf/libbpf.h>
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "source/builtin.h"
#include "source/constants.h"
#include "unit/source/support.h"

static struct identity identify(const struct object *object)
{
    struct error error = {0};
    struct identity identity = {{0, 0}};

    assert_int_equal(identity_of(object, &error, &identity), 0);
    assert_true(identity.halves[0] != 0);
    return identity;
}

static bool same(struct identity left, struct identity right)
{
    return memcmp(&left, &right, sizeof(left)) == 0;
}

static struct identity identify_bytes(const void *bytes, size_t size)
{
    struct object *object = NULL;
    struct error error;
    struct identity identity;

    assert_int_equal(object_open("test", bytes, size, &error, &object), 0);
    identity = identify(object);
    object_free(object);
    return identity;
}

static void it_is_the_same_each_time(void **state)
{
    (void)state;
    for (const struct builtin *builtin = builtins; builtin->name; builtin++) {
        size_t size;
        const void *elf = builtin->elf(&size);

        assert_true(same(identify_bytes(elf, size), identify_bytes(elf, size)));
    }
}

static void what_is_chosen_counts(void **state)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    _cleanup_(cleanup_object_free) struct object *object = open_object("numbers", &bytes);
    struct identity whole = identify(object);

    (void)state;
    object->programs[0].attach = false;
    assert_false(same(whole, identify(object)));
    object->programs[0].attach = true;
    assert_true(same(whole, identify(object)));
    object->programs[0].arguments.tracepoint = "syscalls/sys_enter_getpgid";
    assert_false(same(whole, identify(object)));
    object->programs[0].arguments.tracepoint = NULL;
    bpf_map__set_max_entries(bpf_object__find_map_by_name(object->plan, "numbers"), 4096);
    assert_false(same(whole, identify(object)));
}

/* The program's tag would be the same. */
static void constants_count(void **state)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    _cleanup_(cleanup_object_free) struct object *object = open_object("numbers", &bytes);
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load("target: 17");
    struct identity whole = identify(object);
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(constants_set(object->plan, tree->root, &diag), 0);
    assert_false(same(whole, identify(object)));
}

static void instructions_count(void **state)
{
    size_t size;
    const void *elf = builtin_find("exit")->elf(&size);
    _cleanup_(cleanup_free) char *copy = malloc(size);
    struct identity whole = identify_bytes(elf, size);
    Elf64_Ehdr header;
    uint32_t changed = 0;

    (void)state;
    assert_non_null(copy);
    memcpy(&header, elf, sizeof(header));
    for (uint32_t i = 0; i < header.e_shnum; i++) {
        Elf64_Shdr section;

        memcpy(&section, (const char *)elf + header.e_shoff + i * sizeof(section), sizeof(section));
        if (!(section.sh_flags & SHF_EXECINSTR) || section.sh_size == 0)
            continue;
        for (uint64_t at = 4; at < section.sh_size; at += 64) { /* an immediate value */
            memcpy(copy, elf, size);
            copy[section.sh_offset + at] ^= 1;
            assert_false(same(whole, identify_bytes(copy, size)));
            changed++;
        }
    }
    assert_true(changed > 5);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_same_each_time),
        cmocka_unit_test(what_is_chosen_counts),
        cmocka_unit_test(constants_count),
        cmocka_unit_test(instructions_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
