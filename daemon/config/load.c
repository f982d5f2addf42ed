// SPDX-License-Identifier: Apache-2.0
/* Turns libyaml's events into the tree. The functions recurse along the file's nesting, which a
 * limit keeps shallow. A mistake that does not hide the
 * rest (a duplicate key, an anchor) becomes a message and the reading continues; syntax errors and
 * limits end it. Nothing here knows any key. */

#include "config/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "config/syntax.h"
#include "config/utf8.h"

static const char *const byte_order_mark = "\xef\xbb\xbf";

struct yaml_loader {
    yaml_parser_t parser;
    struct config_tree *tree;
    struct diag *diag;
    const char *text; /* the file */
    size_t length;
    size_t nodes;
    size_t duplicates; /* keys reported as duplicate */
};

static int load_node(struct yaml_loader *loader, const yaml_event_t *event,
                     struct config_node *node, unsigned depth);

static uint32_t from_one(size_t count)
{
    return (uint32_t)count + 1;
}

static void refuse(struct yaml_loader *loader, const yaml_mark_t *mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a message at a place of libyaml's. */
static void refuse(struct yaml_loader *loader, const yaml_mark_t *mark, const char *format, ...)
{
    char text[DIAG_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    diag_add_place(loader->diag, loader->tree->name, from_one(mark->line), from_one(mark->column),
                   "%s", text);
}

static int out_of_memory(struct diag *diag, const char *name)
{
    diag_add_place(diag, name, 0, 0, "out of memory");
    return -ENOMEM;
}

static int next_event(struct yaml_loader *loader, yaml_event_t *event)
{
    if (!yaml_parser_parse(&loader->parser, event))
        return syntax_report(&loader->parser, loader->tree->name, loader->text, loader->length,
                             loader->diag);
    return 0;
}

static struct config_node *new_node(struct yaml_loader *loader, const yaml_event_t *event,
                                    int *ret_error)
{
    struct config_node *node;

    if (loader->nodes == CONFIG_NODES_MAX) {
        refuse(loader, &event->start_mark,
               "too many values; at most %d keys and values are allowed", CONFIG_NODES_MAX);
        *ret_error = -EINVAL;
        return NULL;
    }
    node = config_tree_alloc(loader->tree, sizeof(*node));
    if (!node) {
        *ret_error = out_of_memory(loader->diag, loader->tree->name);
        return NULL;
    }
    loader->nodes++;
    node->tree = loader->tree;
    node->line = from_one(event->start_mark.line);
    node->column = from_one(event->start_mark.column);
    return node;
}

static void refuse_decoration(struct yaml_loader *loader, const yaml_event_t *event,
                              const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        refuse(loader, &event->start_mark, "anchors (&%s) are not supported; write the value out",
               (const char *)anchor);
    if (tag)
        refuse(loader, &event->start_mark,
               "tags (%s) are not supported; write the value without the tag, or quote it if the ! "
               "is part of it",
               (const char *)tag);
}

/* The column where the text begins; 0 where the file has it in another form (escapes, several
 * lines), which is seen by the width. */
static uint32_t find_text_column(const yaml_event_t *event)
{
    yaml_scalar_style_t style = event->data.scalar.style;
    size_t quote = style == YAML_PLAIN_SCALAR_STYLE ? 0 : 1;
    size_t width = utf8_count((const char *)event->data.scalar.value, event->data.scalar.length);

    if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE ||
        event->start_mark.line != event->end_mark.line ||
        event->end_mark.column - event->start_mark.column != width + 2 * quote)
        return 0;
    return from_one(event->start_mark.column + quote);
}

static int load_scalar(struct yaml_loader *loader, const yaml_event_t *event,
                       struct config_node *node)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;

    refuse_decoration(loader, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (length > CONFIG_SCALAR_MAX) {
        refuse(loader, &event->start_mark, "text too long: %zu bytes; at most %d are allowed",
               length, CONFIG_SCALAR_MAX);
        return -EINVAL;
    }
    if (memchr(value, '\0', length))
        refuse(loader, &event->start_mark, "a text must not contain a NUL character");
    node->kind = CONFIG_SCALAR;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text_column = find_text_column(event);
    node->length = (uint32_t)length;
    node->text = config_tree_keep(loader->tree, value, length);
    return node->text ? 0 : out_of_memory(loader->diag, loader->tree->name);
}

static void append(struct config_node *parent, struct config_node *last, struct config_node *node)
{
    node->parent = parent;
    node->index = parent->count++;
    if (last)
        last->next = node;
    else
        parent->first = node;
}

static int load_list(struct yaml_loader *loader, struct config_node *list, unsigned depth)
{
    struct config_node *last = NULL;

    for (;;) {
        _cleanup_(yaml_event_delete) yaml_event_t event = {0};
        struct config_node *item;
        int error = next_event(loader, &event);

        if (error < 0)
            return error;
        if (event.type == YAML_SEQUENCE_END_EVENT)
            return 0;
        item = new_node(loader, &event, &error);
        if (!item)
            return error;
        append(list, last, item);
        last = item;
        error = load_node(loader, &event, item, depth + 1);
        if (error < 0)
            return error;
    }
}

static int compare_keys(const void *a, const void *b)
{
    const struct config_node *const *left = a;
    const struct config_node *const *right = b;
    int order = strcmp((*left)->key, (*right)->key);

    if (order != 0)
        return order;
    return (*left)->index < (*right)->index ? -1 : 1;
}

/* Invalid keys are "" here and have been reported. The keys are sorted, since comparing all pairs
 * would take minutes for a large map. */
static int report_duplicates(struct yaml_loader *loader, const struct config_node *map)
{
    _cleanup_(cleanup_free) const struct config_node **sorted =
        calloc(map->count + 1, sizeof(*sorted));
    const struct config_node *first = NULL;
    uint32_t count = 0;

    if (!sorted)
        return out_of_memory(loader->diag, loader->tree->name);
    for (const struct config_node *entry = map->first; entry; entry = entry->next)
        sorted[count++] = entry;
    qsort(sorted, count, sizeof(*sorted), compare_keys);
    for (uint32_t i = 0; i < count; i++) {
        if (!first || !*first->key || strcmp(first->key, sorted[i]->key) != 0) {
            first = sorted[i];
            continue;
        }
        loader->duplicates++;
        diag_add_key(loader->diag, sorted[i], "duplicate key; first defined on line %u",
                     first->key_line);
    }
    return 0;
}

/* Gives the key as a node, to be taken over by its value's. A bad one is reported and replaced. */
static int load_key(struct yaml_loader *loader, const yaml_event_t *event, unsigned depth,
                    struct config_node **ret_key)
{
    int error = 0;
    struct config_node *key = new_node(loader, event, &error);

    if (!key)
        return error;
    error = load_node(loader, event, key, depth + 1);
    if (error < 0)
        return error;
    if (key->kind != CONFIG_SCALAR) {
        refuse(loader, &event->start_mark, "a key must be text, found %s",
               config_node_kind_name(key));
        key->text = "";
    } else if (key->length == 0 && event->type == YAML_SCALAR_EVENT) {
        refuse(loader, &event->start_mark, "the key is empty; expected a name before the colon");
    } else if (!key->quoted && strcmp(key->text, "<<") == 0) {
        refuse(loader, &event->start_mark, "merge keys (<<) are not supported; write the keys out");
    }
    *ret_key = key;
    return 0;
}

static int load_entry(struct yaml_loader *loader, struct config_node *map, struct config_node *last,
                      const struct config_node *key, unsigned depth, struct config_node **ret_entry)
{
    _cleanup_(yaml_event_delete) yaml_event_t event = {0};
    struct config_node *entry;
    int error = next_event(loader, &event);

    if (error < 0)
        return error;
    entry = new_node(loader, &event, &error);
    if (!entry)
        return error;
    entry->key = key->text;
    entry->key_line = key->line;
    entry->key_column = key->column;
    append(map, last, entry);
    error = load_node(loader, &event, entry, depth + 1);
    if (error < 0)
        return error;
    *ret_entry = entry;
    return 0;
}

static int load_map(struct yaml_loader *loader, struct config_node *map, unsigned depth)
{
    struct config_node *last = NULL;

    for (;;) {
        _cleanup_(yaml_event_delete) yaml_event_t event = {0};
        struct config_node *key = NULL;
        int error = next_event(loader, &event);

        if (error < 0)
            return error;
        if (event.type == YAML_MAPPING_END_EVENT)
            return report_duplicates(loader, map);
        error = load_key(loader, &event, depth, &key);
        if (error < 0)
            return error;
        error = load_entry(loader, map, last, key, depth, &last);
        if (error < 0)
            return error;
    }
}

/* Fills the node from the event that begins it and from the events up to the one that ends it. */
static int load_node(struct yaml_loader *loader, const yaml_event_t *event,
                     struct config_node *node, unsigned depth)
{
    if (event->type == YAML_ALIAS_EVENT) {
        refuse(loader, &event->start_mark, "aliases (*%s) are not supported; write the value out",
               (const char *)event->data.alias.anchor);
        node->text = "";
        return 0;
    }
    if (event->type == YAML_SCALAR_EVENT)
        return load_scalar(loader, event, node);
    if (depth > CONFIG_DEPTH_MAX) {
        refuse(loader, &event->start_mark, "nested too deeply; at most %d levels are allowed",
               CONFIG_DEPTH_MAX);
        return -EINVAL;
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        refuse_decoration(loader, event, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
        node->kind = CONFIG_LIST;
        return load_list(loader, node, depth);
    }
    refuse_decoration(loader, event, event->data.mapping_start.anchor,
                      event->data.mapping_start.tag);
    node->kind = CONFIG_MAP;
    return load_map(loader, node, depth);
}

static int load_root(struct yaml_loader *loader)
{
    _cleanup_(yaml_event_delete) yaml_event_t event = {0};
    struct config_node *root;
    int error = next_event(loader, &event);

    if (error < 0)
        return error;
    root = new_node(loader, &event, &error);
    if (!root)
        return error;
    error = load_node(loader, &event, root, 1);
    if (error < 0)
        return error;
    if (config_node_is_null(root) && event.type == YAML_SCALAR_EVENT) {
        diag_add(loader->diag, root, "the file is empty; write lines of \"key: value\"");
        return -EINVAL;
    }
    loader->tree->root = root;
    return 0;
}

/* Skips one event without content. */
static int pass_event(struct yaml_loader *loader, yaml_event_type_t *ret_type,
                      yaml_mark_t *ret_mark)
{
    _cleanup_(yaml_event_delete) yaml_event_t event = {0};
    int error = next_event(loader, &event);

    if (error < 0)
        return error;
    *ret_type = event.type;
    *ret_mark = event.start_mark;
    return 0;
}

static int load_stream(struct yaml_loader *loader)
{
    yaml_event_type_t type;
    yaml_mark_t mark;
    int error = pass_event(loader, &type, &mark); /* the stream's start */

    if (error == 0)
        error = pass_event(loader, &type, &mark);
    if (error < 0)
        return error;
    if (type == YAML_STREAM_END_EVENT) {
        mark = (yaml_mark_t){0};
        refuse(loader, &mark, "the file is empty; write lines of \"key: value\"");
        return -EINVAL;
    }
    error = load_root(loader);
    if (error == 0)
        error = pass_event(loader, &type, &mark); /* the document's end */
    if (error == 0)
        error = pass_event(loader, &type, &mark);
    if (error < 0)
        return error;
    if (type != YAML_STREAM_END_EVENT) {
        refuse(loader, &mark, "a second document begins here; only one is allowed in a file");
        return -EINVAL;
    }
    return 0;
}

int config_load_text(const char *name, const char *text, size_t length, struct diag *diag,
                     struct config_tree **ret)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = config_tree_new(name);
    struct yaml_loader loader = {.tree = tree, .diag = diag};
    size_t before = diag_count(diag);
    int error;

    if (!tree)
        return out_of_memory(diag, name);
    if (length > CONFIG_FILE_MAX) {
        diag_add_place(diag, name, 0, 0, "too large; at most %d bytes are allowed",
                       CONFIG_FILE_MAX);
        return -EINVAL;
    }
    if (!yaml_parser_initialize(&loader.parser))
        return out_of_memory(diag, name);
    if (length >= strlen(byte_order_mark) &&
        memcmp(text, byte_order_mark, strlen(byte_order_mark)) == 0) {
        text += strlen(byte_order_mark);
        length -= strlen(byte_order_mark);
    }
    loader.text = text;
    loader.length = length;
    yaml_parser_set_encoding(&loader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&loader.parser, (const unsigned char *)text, length);
    error = load_stream(&loader);
    yaml_parser_delete(&loader.parser);
    if (error < 0)
        return error;
    if (diag_count(diag) - before > loader.duplicates)
        return -EINVAL;
    *ret = TAKE_PTR(tree);
    return loader.duplicates > 0 ? CONFIG_FLAWED : CONFIG_GOOD;
}

/* Reads up to room bytes; not by the file's size, so that a pipe works, too. */
static ssize_t read_all(int fd, char *buffer, size_t room)
{
    size_t length = 0;

    while (length < room) {
        ssize_t got = read(fd, buffer + length, room - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

int config_load_file(const char *path, struct diag *diag, struct config_tree **ret)
{
    _cleanup_(cleanup_free) char *buffer = malloc(CONFIG_FILE_MAX + 1);
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length;

    if (fd < 0) {
        int error = -errno;

        diag_add_place(diag, path, 0, 0, "cannot be opened: %s", strerror(-error));
        return error;
    }
    if (!buffer)
        return out_of_memory(diag, path);
    length = read_all(fd, buffer, CONFIG_FILE_MAX + 1);
    if (length < 0) {
        diag_add_place(diag, path, 0, 0, "cannot be read: %s", strerror((int)-length));
        return (int)length;
    }
    return config_load_text(path, buffer, (size_t)length, diag, ret);
}
