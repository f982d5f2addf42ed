// SPDX-License-Identifier: Apache-2.0
/* How deep a path lies, as a new field; what lies deeper than wanted is dropped. As a handler:
 * depth: {field: path, at_most: 4}. Built by: cc -shared -fPIC -o depth.so plugin.c */
#include <errno.h>
#include <ringmill/handler.h>
#include <stdlib.h>

struct depth {
    const struct ringmill_handler_host *host;
    const struct ringmill_field *field;
    uint64_t at_most;
    struct ringmill_values *added, paths;
};

static int open_depth(const struct ringmill_handler_host *host,
                      const struct ringmill_option_value *options, void **ret_state)
{
    struct depth *depth = *ret_state = calloc(1, sizeof(*depth));

    if (!depth)
        return -ENOMEM;
    *depth = (struct depth){.host = host, .at_most = (uint64_t)options[1].integer};
    depth->field = host->field(host, "field", options[0].text);
    depth->added = host->add_field(host, "depth", RINGMILL_KIND_UNSIGNED);
    return depth->field && depth->added ? 0 : (free(depth), -EINVAL);
}

static void process_depth(void *state, struct ringmill_records *batch)
{
    struct depth *depth = state;

    depth->host->read(batch, depth->field, &depth->paths);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t index = batch->indexes[i];
        uint64_t *slashes = &depth->added->integers[index];

        *slashes = 0;
        for (uint32_t at = 0; at < depth->paths.texts[index].length; at++)
            *slashes += depth->paths.texts[index].bytes[at] == '/';
        ringmill_set_null(depth->added, index, ringmill_is_null(&depth->paths, index));
        if (*slashes > depth->at_most)
            ringmill_drop(batch, index);
    }
}

static const struct ringmill_option options[] = {
    {"field", RINGMILL_OPTION_TEXT, .required = true, .doc = "the text with the path"},
    {"at_most", RINGMILL_OPTION_INTEGER, .fallback = "64", .doc = "what lies deeper is dropped"},
    {0},
};

RINGMILL_EXPORT const struct ringmill_handler ringmill_handler_table = {
    .abi = RINGMILL_HANDLER_ABI,
    .name = "depth",
    .doc = "counts the folders of a path",
    .options = options,
    .open = open_depth,
    .process = process_depth,
    .close = free,
};
