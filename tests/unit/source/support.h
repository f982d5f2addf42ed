// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the tests of source/ share: opening a source by its config, and an object by its name. In
 * texts, @ stands for the folder of the test objects (tests/bpf/objects). */

#include "source/elf.h"
#include "source/object.h"
#include "source/source.h"
#include "unit/config/support.h"

/* The caller frees it. */
static inline char *at_objects(const char *text)
{
    char *made = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&made, &length);

    assert_non_null(file);
    for (; *text; text++)
        fprintf(file, *text == '@' ? "%s" : "%.1s", *text == '@' ? TEST_OBJECTS : text);
    fclose(file);
    return made;
}

/* config is a whole file: "NAME: {...}". */
static inline void refuse_source(const char *config, const char *expected)
{
    _cleanup_(cleanup_free) char *text = at_objects(config), *messages = at_objects(expected);
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(text);
    struct source *source = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(source_open(tree->root->first, &diag, &source), -EINVAL);
    assert_null(source);
    expect_messages(&diag, messages);
}

/* The caller frees both. */
static inline struct source *accept_source(const char *config, struct config_tree **ret_tree)
{
    _cleanup_(cleanup_free) char *text = at_objects(config);
    struct source *source = NULL;
    struct diag diag;

    *ret_tree = load(text);
    diag_init(&diag);
    source_open((*ret_tree)->root->first, &diag, &source);
    expect_messages(&diag, "");
    assert_non_null(source);
    return source;
}

/* An object and its bytes; the caller frees both. */
static inline struct object *open_object(const char *name, void **ret_bytes)
{
    struct object *object = NULL;
    struct error error = {0};
    char path[512];
    size_t size;

    snprintf(path, sizeof(path), "%s/%s.bpf.o", TEST_OBJECTS, name);
    assert_int_equal(elf_read(path, &error, ret_bytes, &size), 0);
    assert_int_equal(elf_check(*ret_bytes, size, &error), 0);
    if (object_open(name, *ret_bytes, size, &error, &object) < 0)
        fail_msg("%s", error.text);
    return object;
}

/* The object that counters and constants are looked for in; a test's fixture. */
struct field_values {
    void *bytes;
    struct object *object;
};

static inline int setup_numbers(void **state)
{
    struct field_values *numbers = calloc(1, sizeof(*numbers));

    numbers->object = open_object("numbers", &numbers->bytes);
    *state = numbers;
    return 0;
}

static inline int teardown_numbers(void **state)
{
    struct field_values *numbers = *state;

    object_free(numbers->object);
    free(numbers->bytes);
    free(numbers);
    return 0;
}
