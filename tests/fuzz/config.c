// SPDX-License-Identifier: Apache-2.0
/* Any bytes: load them, bind the root by a table of every type, print all messages. */

#include <stdlib.h>

#include "config/load.h"
#include "config/setting.h"

struct options {
    const char *label;
    const char *path;
    bool flag;
    int64_t level;
    uint64_t buffer;
    uint64_t wait;
    int format;
    struct setting_texts fields;
    const struct config_node *extra;
};

static const struct setting_choice formats[] = {{"json", 1}, {"text", 2}, {0}};

static const struct setting settings[] = {
    {"label", SETTING_TEXT, offsetof(struct options, label), 1, 8, .doc = "x"},
    {"path", SETTING_PATH, offsetof(struct options, path), .required = true, .doc = "x"},
    {"flag", SETTING_BOOL, offsetof(struct options, flag)},
    {"level", SETTING_INTEGER, offsetof(struct options, level), -1, 9, "3"},
    {"buffer", SETTING_SIZE, offsetof(struct options, buffer), 4096, 1 << 30, "64KiB"},
    {"wait", SETTING_DURATION, offsetof(struct options, wait), .fallback = "1s"},
    {"format", SETTING_CHOICE, offsetof(struct options, format), .choices = formats},
    {"fields", SETTING_NAMES, offsetof(struct options, fields), 1, 3, "comm"},
    {"extra", SETTING_NODE, offsetof(struct options, extra)},
    {0},
};

/* A caret under every entry's text, in the middle and at the end. */
static void point_into(const struct config_node *root, struct diag *diag)
{
    for (const struct config_node *entry = root->first; entry; entry = entry->next) {
        if (entry->kind != CONFIG_SCALAR)
            continue;
        diag_add_inside(diag, entry, entry->length / 2, "middle");
        diag_add_inside(diag, entry, entry->length, "end");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;
    _cleanup_(cleanup_fclose) FILE *sink = fopen("/dev/null", "w");
    struct options options;
    struct diag diag;
    int error;

    diag_init(&diag);
    error = config_load_text("fuzz.yaml", (const char *)data, size, &diag, &tree);
    if ((error == 0) != (diag_count(&diag) == 0) || (error >= 0) != (tree != NULL))
        abort();
    if (tree) {
        size_t before = diag_count(&diag);
        size_t errors = setting_bind(settings, tree->root, &options, &diag);

        if (errors != diag_count(&diag) - before || (errors == 0 && options.path[0] != '/'))
            abort();
        point_into(tree->root, &diag);
    }
    diag_print(&diag, sink);
    diag_deinit(&diag);
    return 0;
}
