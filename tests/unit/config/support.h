// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the tests of config/ share: loading a text, and comparing all messages with what is expected
 * to the letter. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config/load.h"

/* Frees what it compares. */
static inline void expect_messages(struct diag *diag, const char *expected)
{
    char *printed = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&printed, &length);

    assert_non_null(file);
    diag_print(diag, file);
    fclose(file);
    assert_string_equal(printed, expected);
    free(printed);
    diag_deinit(diag);
}

/* The caller frees the tree. */
static inline struct config_tree *load(const char *text)
{
    struct config_tree *tree = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(config_load_text("t.yaml", text, strlen(text), &diag, &tree), 0);
    expect_messages(&diag, "");
    return tree;
}

/* Keys stand twice: there is a tree all the same. */
static inline void find_flaws(const char *text, const char *expected)
{
    struct config_tree *tree = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(config_load_text("t.yaml", text, strlen(text), &diag, &tree), CONFIG_FLAWED);
    assert_non_null(tree);
    expect_messages(&diag, expected);
    config_tree_free(tree);
}

static inline void refuse_bytes(const char *text, size_t length, const char *expected)
{
    struct config_tree *tree = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(config_load_text("t.yaml", text, length, &diag, &tree), -EINVAL);
    assert_null(tree);
    expect_messages(&diag, expected);
}

static inline void refuse(const char *text, const char *expected)
{
    refuse_bytes(text, strlen(text), expected);
}
